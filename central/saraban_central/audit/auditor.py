"""The auditor: one walk over every journal, from the store's own bytes.

    directory (signed) ── keys, epochs ──┐
    grants (signed) ───── ranges ────────┤
    journals ── chain, signature ── facts ┼─> findings ─> report (signed)
    the door's shelves ──────────────────┘

One office's facts are dropped before the next is read; only what offices say about each other's
letters is kept to the end.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import NamedTuple

import msgspec

from saraban_base.clock import Clock
from saraban_central.audit.chain import CHAIN_KINDS, ChainCheck, Remembered
from saraban_central.audit.deliveries import reconcile
from saraban_central.audit.door import check_door
from saraban_central.audit.errors import AuditStopped
from saraban_central.audit.evidence import (
    Directory,
    Held,
    Letters,
    Rules,
    read_directory,
    read_grants,
)
from saraban_central.audit.findings import Finding, Place, found, worst_first
from saraban_central.audit.kinds import Severity
from saraban_central.audit.numbers import NumbersResult, check_grants, check_numbers, state_counts
from saraban_central.audit.proving import Prover
from saraban_central.audit.reading import JournalReader
from saraban_central.audit.report import VERSION, NodeResult, OfficeResult, Report
from saraban_central.audit.tally import Tally
from saraban_central.records import ALARMS, CONTACTS, FOLLOWED, IDENTITY, INTAKE
from saraban_central.store.interface import Store
from saraban_sync.errors import NotAnIdentifier, Unintelligible
from saraban_sync.events import parse_event, payload_hash
from saraban_sync.grants import DirectoryEntry, Grant
from saraban_sync.ids import OfficeCode, parse_event_id
from saraban_sync.journal_events import EpochStarted
from saraban_sync.registers import Series, instant
from saraban_sync.wire import journal_database


class OfficeReading(NamedTuple):
    """What the journals of one office say, and whether they prove it."""

    tally: Tally
    nodes: tuple[NodeResult, ...]
    grants: dict[Series, list[Grant]]
    """The centre's, and those that only the journals have."""
    numbers: NumbersResult


@dataclass
class Reading:
    """Reads journals, checks them, and gathers what is found.

    Args:
        store: the centre's store.
        centre: the centre's public key.
        now: the moment of the reading.
        rules: how patient to be.
        heads: the last event of each journal that an earlier audit proved.
        stop: asked now and then; the reading ends when it says so.
        directory: the signed directory.
        held: the signed grants.
        prover: checks signatures.
    """

    store: Store
    centre: str
    now: datetime
    rules: Rules
    heads: Mapping[str, Remembered]
    stop: Callable[[], bool]
    directory: Directory
    held: Held
    prover: Prover
    letters: Letters = field(default_factory=Letters)
    findings: list[Finding] = field(default_factory=list)
    events: int = 0

    def office(self, code: str) -> OfficeReading:
        """Read all journals of one office and account for its numbers.

        Raises:
            AuditStopped: ``stop`` said so.
        """
        tally = Tally(OfficeCode(code), self.directory.forks(code))
        grants = {key: list(own) for key, own in self.held.by_series.items() if key.office == code}
        nodes = tuple(self._node(node, tally, grants) for node in self.directory.nodes_of(code))
        numbers = check_numbers(tally, grants)
        self.findings += numbers.findings
        return OfficeReading(tally, nodes, grants, numbers)

    def _node(
        self, node: DirectoryEntry, tally: Tally, grants: dict[Series, list[Grant]]
    ) -> NodeResult:
        code, database = node.code, journal_database(node.code)
        chain = ChainCheck(node, self.rules, self._came(code), self.now)
        reader = JournalReader(node.office, code, self.centre, self.held, tally, self.letters)
        said, remembered = self._said(code), self.heads.get(code)
        chain.watch(
            [*(noted.event for noted in (said, remembered) if noted), *self._bases(node, database)]
        )
        for proof in self.prover.journal(self.store, database, self.directory.keys(node)):
            if self.stop():
                raise AuditStopped("asked to end")
            event = chain.take(proof)
            if event is not None:
                reader.read(event)
        chain.ended(max(self._followed(code), remembered.event if remembered else ""))
        if remembered:
            chain.compare("rewritten", remembered)
        if said:
            chain.compare("fork", said)
        chain.finish()
        self.letters.unproven.update((code, name) for name in chain.unproven)
        self.letters.gaps[code] = chain.gaps
        for grant in reader.unlisted:
            grants.setdefault(grant.series, []).append(grant)
        self.findings += chain.findings + reader.findings
        self.events += chain.events
        broken = any(one.kind in CHAIN_KINDS for one in chain.findings)
        return NodeResult(
            node=code, active=node.active, events=chain.events, last=chain.head[0],
            hash=chain.head[1], chain_ok=not broken,
        )  # fmt: skip

    def _bases(self, node: DirectoryEntry, database: str) -> list[str]:
        """Name the events after which epochs begin, so that their hashes are kept on the way."""
        found = []
        for epoch in range(2, node.epoch + 1):
            for document in self.store.page(database, first=f"{epoch:04d}-", limit=1):
                try:
                    body = parse_event(document.payload, document.signature).body
                except Unintelligible:
                    continue
                if isinstance(body, EpochStarted):
                    found.append(body.base)
        return found

    def _said(self, node: str) -> Remembered | None:
        """What the node itself said its last event was; nothing when it said nonsense."""
        contact = self.store.record(CONTACTS, node)
        if contact is None or not _is_event(contact.value.last_event):
            return None
        said = contact.value
        if self._is_in_a_fork(node, said.last_event, said.last_hash):
            return None  # that machine has left the name since, and has a journal of its own
        return Remembered(said.last_event, said.last_hash, said.at)

    def _is_in_a_fork(self, node: str, event: str, hash_: str) -> bool:
        """Tell whether an event stands in the journal of a node that was forked from this one."""
        return any(
            payload_hash(document.payload) == hash_
            for other in self.directory.nodes.values()
            if other.code != node and node in self.directory.keys(other)
            for document in self.store.get(journal_database(other.code), [event]).values()
        )

    def _came(self, node: str) -> list[tuple[str, str]]:
        """When the centre took events in: up to which one, and the moment."""
        notes = self.store.records(INTAKE, f"{node}/")
        return [(kept.key.removeprefix(f"{node}/"), kept.value.at) for kept in notes]

    def _followed(self, node: str) -> str:
        followed = self.store.record(FOLLOWED, node)
        return followed.value.upto if followed and _is_event(followed.value.upto) else ""

    def papers(self) -> None:
        """Check what the centre itself has signed, and that nobody else has a journal here."""
        self.findings += self.directory.findings + self.held.findings
        for series, grants in self.held.by_series.items():
            self.findings += check_grants(series, grants)
        known = {journal_database(node) for node in self.directory.nodes}
        self.findings += [
            found("journal-unknown", Place("", info.name.removeprefix("journal-")))
            for info in self.store.databases("journal-")
            if info.name not in known
        ]


def reading(
    store: Store,
    *,
    centre: str,
    now: datetime,
    prover: Prover,
    rules: Rules | None = None,
    heads: Mapping[str, Remembered] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Reading:
    """Begin to read: the signed directory and the signed grants come first."""
    return Reading(
        store, centre, now, rules or Rules(), heads or {}, stop, read_directory(store, centre),
        read_grants(store, centre), prover,
    )  # fmt: skip


def audit(
    store: Store,
    *,
    centre: str,
    clock: Clock,
    by: str,
    rules: Rules | None = None,
    heads: Mapping[str, Remembered] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Report:
    """Audit the whole district.

    Args:
        store: the centre's store.
        centre: the centre's public key, from its key file.
        clock: for the moment of the audit and how long it took.
        by: who asked for it.
        rules: how patient to be.
        heads: the last event of each journal that an earlier audit proved.
        stop: asked now and then; the audit ends when it says so.

    Raises:
        AuditStopped: ``stop`` said so.
    """
    began, now, rules = clock.monotonic(), clock.now(), rules or Rules()
    with Prover() as prover:
        work = reading(
            store, centre=centre, now=now, prover=prover, rules=rules, heads=heads, stop=stop
        )
        work.papers()
        offices = [
            _result(code, name, work.office(code)) for code, name in _offices(work.directory)
        ]
    letters = reconcile(work.letters, work.directory, rules, now)
    work.findings += letters.findings
    work.findings += check_door(store, work.directory, work.findings)
    identity = store.record(IDENTITY, "centre")
    return Report(
        v=VERSION, centre=centre, generation=identity.value.generation if identity else 0,
        at=instant(now), by=by, program=version("saraban"),
        milliseconds=int((clock.monotonic() - began) * 1000), events=work.events,
        entries=sum(one.entries for one in offices), letters_sent=letters.sent,
        letters_arrived=letters.arrived, letters_registered=letters.registered,
        unexplained_numbers=sum(one.unexplained_numbers for one in offices),
        chain_ok=not work.directory.findings and all(one.chain_ok for one in offices),
        conflicts=sum(1 for kept in store.records(ALARMS) if kept.value.kind == "conflict"),
        offices=tuple(_counted(offices, work.findings)),
        findings=tuple(sorted(work.findings, key=worst_first)),
    )  # fmt: skip


def _result(code: str, name: str, read: OfficeReading) -> OfficeResult:
    return OfficeResult(
        office=code, name=name, nodes=read.nodes, entries=read.tally.entries,
        void=read.tally.void, unexplained_numbers=read.numbers.unexplained,
        chain_ok=all(one.chain_ok for one in read.nodes), critical=0, serious=0, notice=0,
        states={
            state.value: count
            for state, count in sorted(state_counts(read.numbers.accounts.values()).items())
        },
    )  # fmt: skip


def _offices(directory: Directory) -> Iterable[tuple[str, str]]:
    codes = {node.office for node in directory.nodes.values()} | directory.offices.keys()
    for code in sorted(codes):
        entry = directory.offices.get(code)
        yield code, entry.name if entry else code


def _counted(offices: Iterable[OfficeResult], findings: Iterable[Finding]) -> list[OfficeResult]:
    counts = Counter((one.office, one.severity) for one in findings)
    return [
        msgspec.structs.replace(
            one,
            critical=counts[one.office, Severity.CRITICAL],
            serious=counts[one.office, Severity.SERIOUS],
            notice=counts[one.office, Severity.NOTICE],
        )
        for one in offices
    ]


def _is_event(text: str) -> bool:
    try:
        parse_event_id(text)
    except NotAnIdentifier:
        return False
    return True
