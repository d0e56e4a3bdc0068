"""Taking events into a journal: every document is judged, the good ones in one transaction.

    as they came ── sorted by id ── judge each against the head
        ├──> admitted: becomes the new head
        ├──> known: it is here already
        ├──> pending: kept until the gap before it closes
        └──> refused, quarantined: set aside

One bad document never blocks those around it. What an earlier request left pending is judged again
together with what came now, so a gap may be closed by any request.

A forked node's journal begins after an event of the journal under the name it had before; what its
machine wrote under that name comes first, signed by the key of that name.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Final, NamedTuple

import msgspec

from saraban_central.centre import Centre
from saraban_central.gateway import aside
from saraban_central.gateway.answers import encode
from saraban_central.gateway.aside import Bad
from saraban_central.gateway.documents import claimed_id, signed_document
from saraban_central.records import (
    ALARMS,
    INTAKE,
    NODES,
    PENDING,
    Alarm,
    Intake,
    Node,
    Pending,
)
from saraban_central.store.interface import Conflict, Insert, Keep, Kept, Remove, Store, Writing
from saraban_sync.admission import EMPTY, Head, Judgement, Origin, Verdict, examine, place
from saraban_sync.errors import Unintelligible
from saraban_sync.events import Event, payload_hash
from saraban_sync.ids import NodeId, parse_event_id
from saraban_sync.journal_events import EpochStarted
from saraban_sync.wire import Document, journal_database

_PAGE: Final = 500
_SLICE: Final = 64
_CHECKERS: Final = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="check")
_WAITS: Final = Judgement(Verdict.PENDING, "an event before it has not come")
_TOO_MANY: Final = Judgement(
    Verdict.REFUSED, "pending: too many events wait for one that has not come"
)


class Outcome(NamedTuple):
    """What became of one document of a request."""

    id: str
    verdict: Verdict
    reason: str
    document: Document | None = None


class _Candidate(NamedTuple):
    document: Document
    found: Judgement | Event
    """What is known of it without the journal."""
    raw: bytes
    place: int
    """Which document of the request; -1 for one that waited here."""
    key: str = ""
    """Under which it waited."""


class _Unread(NamedTuple):
    place: int
    bad: Bad


class _Signers(NamedTuple):
    """Whose signatures count in a journal."""

    node: Node
    origin: Origin | None


def admit(centre: Centre, node: Node, sent: Sequence[msgspec.Raw]) -> list[Outcome]:
    """Judge documents that a node sent for its journal, and keep what is good.

    Everything is durable when this returns, in one transaction; of two requests at once for one
    journal the later one judges again.

    Returns:
        one outcome for each document, in the order in which they were sent.
    """
    signers = _Signers(node, origin_of(centre.store, node))
    candidates, unread = _read(signers, sent)
    return centre.decide(lambda: _Admission(centre, signers).run(candidates, unread))


class _Admission:
    """One look at a journal's head, and everything that follows from it."""

    def __init__(self, centre: Centre, signers: _Signers) -> None:
        self._centre = centre
        self._signers = signers
        self._node = node = signers.node
        self._journal = journal_database(node.node)
        last = centre.store.page(self._journal, descending=True, limit=1)
        self._after = last[0].id if last else ""
        start = signers.origin.base if signers.origin else EMPTY
        self._head = head_of(last[0]) if last else start
        self._hashes: dict[str, str] = {node.base: node.base_hash} if node.base else {}
        self._admitted: list[Document] = []
        self._done: list[tuple[_Candidate, Judgement]] = []

    def run(self, candidates: list[_Candidate], unread: list[_Unread]) -> list[Outcome]:
        left = self._judge(candidates)
        left = self._judge_waiting(left)
        waiting = self._bound([one for one in left if not one.key])
        self._commit(waiting, unread)
        return self._outcomes(waiting, unread)

    def _judge(self, candidates: list[_Candidate]) -> list[_Candidate]:
        """Judge in the order of ids; give those that still wait for another."""
        candidates = sorted(candidates, key=lambda one: one.document.id)
        self._look_up(name for one in candidates for name in _names(one))
        left: list[_Candidate] = []
        for one in candidates:
            judged = one.found
            if isinstance(judged, Event):
                judged = place(judged, head=self._head, known=self._hashes.get)
            if judged.verdict is Verdict.PENDING:
                left.append(one)
                continue
            self._done.append((one, judged))
            if judged.verdict is Verdict.ADMITTED and judged.event is not None:
                event, hash_ = judged.event, judged.event.hash
                self._head = Head(event.epoch, event.seq, hash_)
                self._hashes[event.id] = hash_
                self._admitted.append(one.document)
        return left

    def _judge_waiting(self, left: list[_Candidate]) -> list[_Candidate]:
        """Judge what waited from earlier requests, as far as that can lead anywhere now."""
        after = ""
        prefix = f"{self._node.node}/"
        while kept := self._centre.store.records(PENDING, prefix, after=after, limit=_PAGE):
            after = kept[-1].key
            places = [parse_event_id(one.value.id) for one in kept]
            if min(seq for _, seq in places) > self._head.seq + 1 and not self._is_closed(places):
                break
            left = self._judge([*left, *_candidates(self._signers, kept)])
            if any(one.key for one in left):
                break
        return left

    def _is_closed(self, places: list[tuple[int, int]]) -> bool:
        """Tell whether some of what waits can never come in, because its epoch is closed."""
        return any(epoch < self._head.epoch for epoch, _ in places)

    def _bound(self, waiting: list[_Candidate]) -> list[_Candidate]:
        if not waiting:
            return []
        store = self._centre.store
        there = store.count(PENDING, f"{self._node.node}/")
        room = max(0, self._centre.config.pending_documents - there)
        if len(waiting) > room:  # those that wait here already take no room
            there_already = [one for one in waiting if store.record(PENDING, self._key(one))]
            self._done += [(one, _WAITS) for one in there_already]
            waiting = [one for one in waiting if one not in there_already]
        self._done += [(one, _TOO_MANY) for one in waiting[room:]]
        return waiting[:room]

    def _commit(self, waiting: list[_Candidate], unread: list[_Unread]) -> None:
        writes: list[Writing] = []
        if self._admitted:
            first, last = self._admitted[0].id, self._admitted[-1].id
            writes.append(Insert(self._journal, self._admitted, after=self._after))
            intake = Intake(at=self._centre.now(), first=first)
            writes.append(Keep(INTAKE, f"{self._node.node}/{last}", intake))
        writes += [Remove(PENDING, one.key) for one, _ in self._done if one.key]
        writes += [self._keep(one) for one in waiting]
        bad = [one.bad for one in unread]
        bad += [
            _bad(one, judged)
            for one, judged in self._done
            if judged.verdict in (Verdict.REFUSED, Verdict.QUARANTINED)
        ]
        writes += aside.notes(self._centre, self._node.node, bad)
        if writes:
            self._alarm(self._centre.store.commit(*writes))

    def _alarm(self, conflicts: list[Conflict]) -> None:
        """Cry out if the store holds another document than the one that was just judged new."""
        alarms = [
            Keep(
                ALARMS,
                f"{self._node.node}/{one.id}/conflict",
                Alarm(
                    kind="conflict", node=self._node.node, event=one.id, at=self._centre.now(),
                    detail=f"{one.held} is held, {one.came} came",
                ),
            )
            for one in conflicts
        ]  # fmt: skip
        if alarms:
            self._centre.store.commit(*alarms)

    def _keep(self, one: _Candidate) -> Writing:
        document = one.document
        record = Pending(
            id=document.id,
            payload=document.payload.decode("utf-8"),
            signature=document.signature,
            came_at=self._centre.now(),
        )
        return Keep(PENDING, self._key(one), record)

    def _key(self, one: _Candidate) -> str:
        return f"{self._node.node}/{one.document.id}/{one.document.revision}"

    def _outcomes(self, waiting: list[_Candidate], unread: list[_Unread]) -> list[Outcome]:
        found = {
            one.place: Outcome(one.document.id, said.verdict, said.reason, one.document)
            for one, said in self._done
        }
        for one in waiting:
            found[one.place] = Outcome(one.document.id, *_WAITS[:2], one.document)
        for place_, bad in unread:
            found[place_] = Outcome(bad.id, bad.verdict, bad.reason)
        return [found[number] for number in sorted(found) if number >= 0]

    def _look_up(self, ids: Iterable[str]) -> None:
        """Fetch at once those that can be here already: none comes after the head."""
        wanted = {name for name in ids if name <= self._after and name not in self._hashes}
        for name, document in self._centre.store.get(self._journal, wanted).items():
            self._hashes[name] = payload_hash(document.payload)


def head_of(document: Document) -> Head:
    """Give the head of a journal whose last document this is."""
    epoch, seq = parse_event_id(document.id)
    return Head(epoch, seq, payload_hash(document.payload))


def origin_of(store: Store, node: Node) -> Origin | None:
    """Tell where a journal was forked from, if it was."""
    before = store.record(NODES, node.origin) if node.origin else None
    if before is None:
        return None
    base = EMPTY
    if node.base:
        base = Head(*parse_event_id(node.base), node.base_hash)
    return Origin(NodeId(before.value.node), before.value.key, base)


def _names(one: _Candidate) -> Iterator[str]:
    """Name the events whose place in the journal decides on this one."""
    yield one.document.id
    if isinstance(one.found, Event) and isinstance(one.found.body, EpochStarted):
        yield one.found.body.base


def _bad(one: _Candidate, judged: Judgement) -> Bad:
    # Only a document whose signature fitted is quarantined or has been read as an event.
    signed = judged.verdict is Verdict.QUARANTINED or judged.event is not None
    return Bad(one.document.id, judged.verdict, judged.reason, one.raw, signed)


def _read(signers: _Signers, sent: Sequence[msgspec.Raw]) -> tuple[list[_Candidate], list[_Unread]]:
    documents: list[tuple[int, Document]] = []
    unread: list[_Unread] = []
    for number, raw in enumerate(sent):
        try:
            documents.append((number, signed_document(raw)))
        except Unintelligible as wrong:
            reason = f"document: {wrong.detail}"
            bad = Bad(claimed_id(raw), Verdict.REFUSED, reason, bytes(raw))
            unread.append(_Unread(number, bad))
    examined = _examined(signers, [document for _, document in documents])
    candidates = [
        _Candidate(document, found, bytes(sent[number]), number)
        for (number, document), found in zip(documents, examined, strict=True)
    ]
    return candidates, unread


def _examined(signers: _Signers, documents: Sequence[Document]) -> list[Judgement | Event]:
    """Check signatures on all processors: the library works without Python's lock."""
    node, origin = signers

    def slice_(start: int) -> list[Judgement | Event]:
        return [
            examine(document, node=NodeId(node.node), key=node.key, epoch=node.epoch, origin=origin)
            for document in documents[start : start + _SLICE]
        ]

    starts = range(0, len(documents), _SLICE)
    done = map(slice_, starts) if len(starts) < 2 else _CHECKERS.map(slice_, starts)
    return list(chain.from_iterable(done))


def _candidates(signers: _Signers, kept: Sequence[Kept[Pending]]) -> list[_Candidate]:
    documents = [
        Document(
            id=one.value.id,
            payload=one.value.payload.encode("utf-8"),
            signature=one.value.signature,
        )
        for one in kept
    ]
    return [
        _Candidate(document, found, encode(document.as_json()), -1, one.key)
        for one, document, found in zip(kept, documents, _examined(signers, documents), strict=True)
    ]
