"""Walks one journal from its first event: order, signatures, hashes, epochs, times.

Within an epoch a journal is a line. A new epoch goes on after the event it names as its base; what
stands between the two is the tail that a restored database did not know, and no fault. A forked
journal begins after the last event it shares with the one it comes from.

Each fault is reported once, where it is: after an event that proves nothing the next one is not
blamed for naming the hash that the true event had.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from saraban_central.audit.evidence import Rules
from saraban_central.audit.findings import Finding, Place, found
from saraban_central.audit.proving import Proof
from saraban_sync.errors import DocumentTooLarge, NotAnIdentifier, Unintelligible
from saraban_sync.events import GENESIS, Event, check_size, parse_event, payload_hash
from saraban_sync.grants import DirectoryEntry
from saraban_sync.ids import parse_event_id
from saraban_sync.journal_events import EpochStarted
from saraban_sync.registers import parse_instant

CHAIN_KINDS: Final = frozenset(
    {"signature", "chain", "events-missing", "end-missing", "rewritten", "fork", "foreign"}
)
"""Findings after which a journal does not count as proven."""


class Remembered(NamedTuple):
    """An event of this journal that somebody else has noted, with its hash."""

    event: str
    hash: str
    at: str
    """When it was noted."""


class ChainCheck:
    """Checks the events of one node as they are handed in, in the order of their ids.

    Args:
        node: the node as the signed directory has it.
        rules: how patient to be.
        came: when the centre took events in: last event and moment, in order; may be empty.
        now: the moment of the audit.
    """

    def __init__(
        self, node: DirectoryEntry, rules: Rules, came: Iterable[tuple[str, str]], now: datetime
    ) -> None:
        self.findings: list[Finding] = []
        self.events = 0
        self.newer = 0
        self.unproven: set[str] = set()
        self.gaps: list[tuple[int, int]] = []
        self.head = ("", GENESIS)
        self._node = node
        self._rules = rules
        self._came = list(came)
        self._now = now
        self._next = 1
        self._prev: str | None = GENESIS
        self._epoch = 1
        if node.origin and node.base:
            self._epoch, before = _place(node.base)
            self._next, self._prev = before + 1, node.base_hash
        self._forked = not node.origin
        self._before: datetime | None = None
        self._ahead = False
        self._hashes: dict[str, str] = {}
        self._watched: frozenset[str] = frozenset()

    def watch(self, events: Iterable[str]) -> None:
        """Remember the hashes of these events on the way, for :meth:`compare`."""
        self._watched = frozenset(events)

    def take(self, proof: Proof) -> Event | None:
        """Check the next document; gives the event when its bytes prove it."""
        name = proof.document.id
        self.events += 1
        try:
            epoch, seq = parse_event_id(name)
        except NotAnIdentifier:
            self._say("unreadable", name[:64])
            return None
        if epoch > self._epoch:
            self._turn_back(proof)
        self._gap(name, seq)
        own_hash = payload_hash(proof.document.payload)
        self.head = (name, own_hash)
        if name in self._watched:
            self._hashes[name] = own_hash
        event = self._proven(name, proof, own_hash)
        if event is None:
            return None
        if self._prev is not None and event.prev != self._prev:
            self._say("chain", name, event.at)
        self._prev = own_hash
        self._check_epoch(name, event)
        self._check_time(name, event)
        if event.body is None:
            self.newer += 1
        return event

    def compare(self, kind: str, noted: Remembered) -> None:
        """Compare with what somebody else has noted of an event that was watched.

        Args:
            kind: what to report when the event here is another one.
            noted: the event, its hash, and since when.
        """
        if not noted.event or noted.event > self.head[0]:
            return  # not here yet; what once was here is for `ended`
        if self._hashes.get(noted.event) == noted.hash or noted.event in self.unproven:
            return
        seq = parse_event_id(noted.event)[1]
        if any(first <= seq <= last for first, last in self.gaps):
            return
        self._say(kind, noted.event, noted.at, seq=seq, before=noted.at)

    def ended(self, known: str) -> None:
        """Say if the journal once went further: ``known`` is an event that the centre once had."""
        if known > self.head[0]:
            last, have = parse_event_id(known)[1], self._next - 1
            self.gaps.append((have + 1, last))
            self._say("end-missing", known, have=have, last=last)

    def finish(self) -> None:
        """Report what is only known at the end."""
        if self.newer:
            self._say("newer", "", count=self.newer)

    def _turn_back(self, proof: Proof) -> None:
        """Go back to the event after which a new epoch begins, if it is one that was here."""
        event = _read(proof) if proof.signer else None
        if event is None or not isinstance(event.body, EpochStarted):
            return
        base = event.body.base
        if base not in self._hashes or base == self.head[0]:
            return  # what does not follow is told as such
        self._next, self._prev = parse_event_id(base)[1] + 1, self._hashes[base]
        self._before = None

    def _gap(self, name: str, seq: int) -> None:
        if seq > self._next:
            self.gaps.append((self._next, seq - 1))
            self._say("events-missing", name, first=self._next, last=seq - 1)
            self._prev = None
        elif seq < self._next:
            self._say("chain", name)
            self._prev = None
        self._next = seq + 1

    def _proven(self, name: str, proof: Proof, own_hash: str) -> Event | None:
        if not proof.signer:
            self._unproven("signature", name)
            return None
        event = _read(proof)
        if event is None:
            # Signed, so the chain goes through it even though nobody here can read it.
            self._say("unreadable", name)
            self.unproven.add(name)
            self._prev = own_hash
            return None
        own = proof.signer == self._node.code
        if event.node != proof.signer or event.id != name or (self._forked and not own):
            self._unproven("foreign", name, other=f"{event.node} {event.id}")
            return None
        self._forked = self._forked or own
        return event

    def _unproven(self, kind: str, name: str, /, **facts: object) -> None:
        self._say(kind, name, "", **facts)
        self.unproven.add(name)
        self._prev = None

    def _check_epoch(self, name: str, event: Event) -> None:
        if not self._epoch <= event.epoch <= max(self._node.epoch, self._epoch):
            self._say("epoch", name, event.at)
        self._epoch = event.epoch

    def _check_time(self, name: str, event: Event) -> None:
        at = parse_instant(event.at)
        before, self._before = self._before, at
        if before is not None and before - at > timedelta(seconds=self._rules.back_s):
            seconds = int((before - at).total_seconds())
            self._say("clock-back", name, event.at, seconds=seconds)
        ahead = at - self._taken_in(name)
        if ahead <= timedelta(seconds=self._rules.ahead_s):
            self._ahead = False
        elif not self._ahead:  # one finding for a clock that stays fast
            self._ahead = True
            self._say("clock-ahead", name, event.at, seconds=int(ahead.total_seconds()))

    def _taken_in(self, name: str) -> datetime:
        while self._came and self._came[0][0] < name:
            self._came.pop(0)
        return parse_instant(self._came[0][1]) if self._came else self._now

    def _say(self, kind: str, event: str, since: str = "", /, **facts: object) -> None:
        place = Place(self._node.office, self._node.code, event, since)
        self.findings.append(found(kind, place, **facts))


def _read(proof: Proof) -> Event | None:
    try:
        check_size(proof.document.payload)
        return parse_event(proof.document.payload, proof.document.signature)
    except (Unintelligible, DocumentTooLarge):
        return None


def _place(event: str) -> tuple[int, int]:
    try:
        return parse_event_id(event)
    except NotAnIdentifier:
        return 0, 0
