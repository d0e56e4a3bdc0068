"""Carries letters: follows every journal and puts what concerns another office into its mailbox.

    letter.sent ──> mailbox of the registry node of each office it is addressed to
    letter.arrived, receipt.given ──> mailbox of the node that sent the letter; of its office's
                                      registry node when that one is no longer in use
    what touches a register ──> mailboxes of the office's other nodes (:mod:`.mates`)

A journal is read in its own order, a page at a time. What a page gives rise to (mailbox documents,
alarms, permissions to read files) is one commit together with the place up to which the journal was
read, so after a crash the router goes on exactly where it was (see :mod:`.mailbox`
for what holds exactly-once without transactions). A letter for an office that has no node yet waits
and is delivered when one enrols.

Because each journal passes here once and in order, this is also where its numbers are checked: a
number that was never granted to its node, or that the node has used before, is an alarm, and a
letter that rests on such an entry is not carried.
"""

import logging
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from saraban_central import directory
from saraban_central.centre import Centre
from saraban_central.identity import learned
from saraban_central.identity.lineage import journal_of, writer_of
from saraban_central.numbering.checking import NumberCheck, Place, Problem
from saraban_central.numbering.granting import note_request
from saraban_central.post.delivery import Delivery, files_of
from saraban_central.post.mates import Mates
from saraban_central.records import (
    ALARMS,
    FOLLOWED,
    OFFICES,
    TAILS,
    WAITING,
    Alarm,
    Followed,
    Node,
    Tail,
    Waiting,
)
from saraban_central.store.interface import START, Keep, Kept, Put, Remove, Writing
from saraban_sync.errors import Unintelligible
from saraban_sync.events import Event, LetterArrived, LetterSent, ReceiptGiven, parse_event
from saraban_sync.ids import OfficeCode
from saraban_sync.journal_events import EpochStarted
from saraban_sync.number_events import RangeRequested
from saraban_sync.registers import Register
from saraban_sync.wire import DIRECTORY, Document, journal_database

log = logging.getLogger(__name__)

PAGE: Final = 200


class Router:
    """Reads journals and fills mailboxes; several may run, the store decides between them."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._directory_seen = START
        self._mates = Mates(centre)

    def run(self) -> int:
        """Carry everything there is to carry.

        Returns:
            the number of events read.
        """
        store = self._centre.store
        position = info.position if (info := store.database(DIRECTORY)) else START
        nodes = {node.node: node for node in directory.nodes(store)}
        registry = directory.registry_nodes(nodes.values())
        upto = {kept.key: kept.value.upto for kept in store.records(FOLLOWED)}
        ends = {info.name: info.last for info in store.databases("journal-")}
        read = 0
        for name, node in nodes.items():
            if ends.get(journal_database(name), "") > upto.get(name, ""):
                read += self._follow(node, registry)
        if position != self._directory_seen:
            self._deliver_waiting(registry)
            self._directory_seen = position
        self._mates.run(list(nodes.values()), ends)
        return read

    def _follow(self, node: Node, registry: dict[OfficeCode, Node]) -> int:
        read = 0
        while page := self._centre.decide(lambda: self._page(node, registry)):
            read += page
        log.info("router.read node=%s events=%d", node.node, read)
        return read

    def _page(self, node: Node, registry: dict[OfficeCode, Node]) -> int:
        store = self._centre.store
        held = store.record(FOLLOWED, node.node)
        after = held.value.upto if held else ""
        documents = store.page(journal_database(node.node), after=after, limit=PAGE)
        if documents:
            events = list(_readable(node.node, documents))
            # What a centre that was set back has forgotten comes first: numbers rest on it.
            if forgotten := learned.learn(self._centre, node, events):
                store.commit(*forgotten)
            plan = _Plan(self._centre, node, registry, held)
            for event in events:
                plan.take(event)
            store.commit(*plan.writes(documents[-1].id))
        return len(documents)

    def _deliver_waiting(self, registry: dict[OfficeCode, Node]) -> None:
        for office, target in registry.items():
            while self._centre.decide(partial(self._waiting_page, office, target)):
                continue

    def _waiting_page(self, office: OfficeCode, target: Node) -> int:
        store = self._centre.store
        waiting = store.records(WAITING, f"{office}/", limit=PAGE)
        delivery = Delivery()
        for kept in waiting:
            journal = kept.value.node
            found = store.get(journal_database(journal), [kept.value.event])
            for document in found.values():
                event = parse_event(document.payload, document.signature)
                delivery.add(event, target.node, journal=journal)
        if waiting:
            store.commit(
                *delivery.writes(self._centre),
                *(Remove(WAITING, kept.key) for kept in waiting),
            )
        return len(waiting)


def _readable(node: str, documents: Iterable[Document]) -> Iterator[Event]:
    for document in documents:
        try:
            yield parse_event(document.payload, document.signature)
        except Unintelligible:  # admitted by another version of this program
            log.warning("router.unreadable node=%s event=%s", node, document.id)


class _Plan:
    """What one page of a journal gives rise to."""

    def __init__(
        self,
        centre: Centre,
        node: Node,
        registry: dict[OfficeCode, Node],
        held: Kept[Followed] | None,
    ) -> None:
        self._centre = centre
        self._node = node
        self._registry = registry
        self._revision = held.revision if held else None
        self._last = held.value.upto if held else ""
        self._check = NumberCheck(centre, node, held.value if held else None)
        self._alarms: dict[str, Alarm] = {}
        self._waiting: dict[str, Waiting] = {}
        self._also: list[Writing] = []
        self._delivery = Delivery()

    def take(self, event: Event) -> None:
        """Look at the next event of the journal."""
        before, self._last = self._last, event.id
        self._delivery.allow(self._node.node, files_of(event))
        for problem in self._check.take(event):
            self._alarm(event, problem)
        match event.body:
            case LetterSent() as body:
                self._send(event, body)
            case RangeRequested() as body if event.node == self._node.node:
                self._also += note_request(self._centre, event, body, self._node.office)
            case EpochStarted(base=base) if base != before:
                tail = Tail(after=base[:40], before=event.id)
                self._also.append(Keep(TAILS, f"{self._node.node}/{event.id}", tail))
            case LetterArrived() | ReceiptGiven() as body:
                self._return(event, body)

    def writes(self, upto: str) -> list[Writing]:
        """Give it all; the place in the journal comes last, so that what went before is done."""
        return [
            *self._delivery.writes(self._centre),
            *(Keep(ALARMS, key, alarm) for key, alarm in self._alarms.items()),
            *(Keep(WAITING, key, waiting) for key, waiting in self._waiting.items()),
            *self._check.writes(),
            *self._also,
            Put(FOLLOWED, self._node.node, self._check.followed(upto), self._revision),
        ]

    def _send(self, event: Event, body: LetterSent) -> None:
        entry = self._check.entry_of(body)
        if not entry or self._is_alarmed(entry):
            place = Place(Register.OUTGOING.value, body.year, body.number)
            self._alarm(event, Problem("letter-without-entry", place, body.entry[:40]))
            return
        known = {o for o in set(body.offices) if self._centre.store.record(OFFICES, o)}
        if unknown := sorted(set(body.offices) - known):
            self._alarm(event, Problem("unknown-office", detail=", ".join(unknown)[:400]))
        for office in sorted(known):
            self._carry(event, OfficeCode(office))

    def _return(self, event: Event, body: LetterArrived | ReceiptGiven) -> None:
        sender = writer_of(self._centre.store, body.source, body.sender_office)
        if sender is None or not sender.active:
            self._carry(event, OfficeCode(body.sender_office))
        elif sender.node != self._node.node:
            self._delivery.add(event, sender.node, journal=self._node.node)

    def _carry(self, event: Event, office: OfficeCode) -> None:
        target = self._registry.get(office)
        if target is None:
            waiting = Waiting(
                node=self._node.node, event=event.id, office=office[:40], at=self._centre.now()
            )
            self._waiting[f"{office[:40]}/{self._node.node}/{event.id}"] = waiting
        elif target.node != self._node.node:
            self._delivery.add(event, target.node, journal=self._node.node)

    def _is_alarmed(self, entry: str) -> bool:
        """Tell whether the line of a letter, or the event that gave it its number, is false."""
        store = self._centre.store
        for name in self._check.events_of(entry):
            start = f"{journal_of(store, self._node, name)}/{name}/"
            if any(key.startswith(start) for key in self._alarms) or store.count(ALARMS, start):
                return True
        return False

    def _alarm(self, event: Event, problem: Problem) -> None:
        log.warning("router.alarm kind=%s node=%s event=%s", problem.kind, event.node, event.id)
        self._alarms[f"{self._node.node}/{event.id}/{problem.kind}"] = Alarm(
            kind=problem.kind, node=self._node.node, event=event.id, at=self._centre.now(),
            register=problem.place.register, year=problem.place.year, number=problem.place.number,
            detail=problem.detail,
        )  # fmt: skip
