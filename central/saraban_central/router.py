"""Carries letters: follows every journal and puts what concerns another office into its mailbox.

    letter.sent ──> mailbox of the registry node of each office it is addressed to
    letter.arrived, receipt.given ──> mailbox of the registry node of the letter's sender

A journal is read in its own order, a page at a time. What a page gives rise to (mailbox documents,
alarms, permissions to read files) is one commit together with the place up to which the journal was
read, so after a crash the router goes on exactly where it was (see :mod:`saraban_central.mailbox`
for what holds exactly-once without transactions). A letter for an office that has no node yet waits
and is delivered when one enrols.

Because each journal passes here once and in order, this is also where its numbers are checked: a
number that was never granted to its node, or that the node has used before, is an alarm, and a
letter that rests on such an entry is not carried.
"""

import logging
import re
from collections.abc import Iterable
from functools import partial
from typing import Final, NamedTuple

from saraban_central import directory, mailbox
from saraban_central.centre import Centre
from saraban_central.grants import series_key
from saraban_central.mailbox import Item
from saraban_central.numbers import Run, contains, with_number
from saraban_central.records import (
    ALARMS,
    FOLLOWED,
    MAY_READ,
    OFFICES,
    SERIES,
    WAITING,
    Alarm,
    Followed,
    MayRead,
    Node,
    Numbers,
    Waiting,
)
from saraban_central.store.interface import START, Keep, Kept, Put, Remove, Writing
from saraban_sync.errors import Unintelligible
from saraban_sync.events import (
    Event,
    FileRef,
    FilesAdded,
    LetterRegistered,
    LetterSent,
    letter_office,
    parse_event,
)
from saraban_sync.ids import OfficeCode
from saraban_sync.registers import Register
from saraban_sync.wire import DIRECTORY, Document, journal_database

log = logging.getLogger(__name__)

PAGE: Final = 200
_CHUNK: Final = re.compile(r"[0-9a-f]{64}")


class Router:
    """Reads journals and fills mailboxes; several may run, the store decides between them."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._directory_seen = START

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
            plan = _Plan(self._centre, node, registry, held)
            for document in documents:
                plan.take(document)
            store.commit(*plan.writes(documents[-1].id))
        return len(documents)

    def _deliver_waiting(self, registry: dict[OfficeCode, Node]) -> None:
        for office, target in registry.items():
            while self._centre.decide(partial(self._waiting_page, office, target)):
                continue

    def _waiting_page(self, office: OfficeCode, target: Node) -> int:
        store = self._centre.store
        waiting = store.records(WAITING, f"{office}/", limit=PAGE)
        delivery = _Delivery()
        for kept in waiting:
            found = store.get(journal_database(kept.value.node), [kept.value.event])
            for document in found.values():
                delivery.add(parse_event(document.payload, document.signature), target.node)
        if waiting:
            store.commit(
                *delivery.writes(self._centre),
                *(Remove(WAITING, kept.key) for kept in waiting),
            )
        return len(waiting)


class _Place(NamedTuple):
    register: str
    year: int
    number: int


_NOWHERE: Final = _Place("", 0, 0)


class _Delivery:
    """What goes to which mailbox, and which files may be read there."""

    def __init__(self) -> None:
        self._items: dict[str, list[Item]] = {}
        self._readable: dict[str, set[str]] = {}

    def add(self, event: Event, target: str) -> None:
        item = Item(
            route=mailbox.route(event.type, event.node, event.id, target),
            payload=event.payload,
            signature=event.signature,
            sender=event.node,
        )
        self._items.setdefault(target, []).append(item)
        self.allow(target, _files(event))

    def allow(self, node: str, files: Iterable[FileRef]) -> None:
        names = {name for file in files for name in (file.chunks or (file.sha256,))}
        self._readable.setdefault(node, set()).update(filter(_CHUNK.fullmatch, names))

    def writes(self, centre: Centre) -> list[Writing]:
        now = centre.now()
        writes: list[Writing] = []
        for target, items in sorted(self._items.items()):
            writes += mailbox.deliveries(centre.store, target, items, now)
        for node, names in sorted(self._readable.items()):
            writes += [Keep(MAY_READ, f"{node}/{name}", MayRead(at=now)) for name in sorted(names)]
        return writes


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
        before = held.value.numbers if held else ()
        self._numbers: dict[tuple[str, int], list[Run]] = {
            (one.register, one.year): list(one.runs) for one in before
        }
        self._granted: dict[tuple[str, int], list[Run]] = {}
        self._entries: dict[str, LetterRegistered] = {}
        self._alarms: dict[str, Alarm] = {}
        self._waiting: dict[str, Waiting] = {}
        self._delivery = _Delivery()

    def take(self, document: Document) -> None:
        """Look at the next event of the journal."""
        try:
            event = parse_event(document.payload, document.signature)
        except Unintelligible:  # admitted by another version of this program
            log.warning("router.unreadable node=%s event=%s", self._node.node, document.id)
            return
        self._delivery.allow(self._node.node, _files(event))
        match event.body:
            case LetterRegistered() as body:
                self._register(event, body)
            case LetterSent() as body:
                self._send(event, body)
            case _:
                if (office := letter_office(event)) is not None:
                    self._carry(event, office)

    def writes(self, upto: str) -> list[Writing]:
        """Give it all; the place in the journal comes last, so that what went before is done."""
        numbers = tuple(
            Numbers(register=register, year=year, runs=tuple(runs))
            for (register, year), runs in sorted(self._numbers.items())
        )
        return [
            *self._delivery.writes(self._centre),
            *(Keep(ALARMS, key, alarm) for key, alarm in self._alarms.items()),
            *(Keep(WAITING, key, waiting) for key, waiting in self._waiting.items()),
            Put(
                FOLLOWED,
                self._node.node,
                Followed(upto=upto, numbers=numbers),
                self._revision,
            ),
        ]

    def _register(self, event: Event, body: LetterRegistered) -> None:
        self._entries[event.id] = body
        series = (body.register.value, body.year)
        used = self._numbers.setdefault(series, [])
        place = _Place(*series, body.number)
        if not contains(self._ranges(*series), body.number):
            self._alarm("number-outside-grant", event, place)
        elif contains(used, body.number):
            self._alarm("number-used-twice", event, place)
        else:
            self._numbers[series] = with_number(used, body.number)

    def _send(self, event: Event, body: LetterSent) -> None:
        if not self._rests_on_entry(body):
            place = _Place(Register.OUTGOING.value, body.year, body.number)
            self._alarm("letter-without-entry", event, place, detail=body.entry[:40])
            return
        known = {o for o in set(body.offices) if self._centre.store.record(OFFICES, o)}
        if unknown := sorted(set(body.offices) - known):
            self._alarm("unknown-office", event, detail=", ".join(unknown)[:400])
        for office in sorted(known):
            self._carry(event, OfficeCode(office))

    def _carry(self, event: Event, office: OfficeCode) -> None:
        target = self._registry.get(office)
        if target is None:
            waiting = Waiting(
                node=event.node, event=event.id, office=office[:40], at=self._centre.now()
            )
            self._waiting[f"{office[:40]}/{event.node}/{event.id}"] = waiting
        elif target.node != self._node.node:
            self._delivery.add(event, target.node)

    def _rests_on_entry(self, body: LetterSent) -> bool:
        entry = self._entries.get(body.entry) or self._entry_before(body.entry)
        if entry is None or entry.register is not Register.OUTGOING:
            return False
        start = f"{self._node.node}/{body.entry}/"
        alarmed = any(key.startswith(start) for key in self._alarms)
        alarmed = alarmed or self._centre.store.count(ALARMS, start) > 0
        return not alarmed and (entry.year, entry.number) == (body.year, body.number)

    def _entry_before(self, event_id: str) -> LetterRegistered | None:
        found = self._centre.store.get(journal_database(self._node.node), [event_id])
        for document in found.values():
            body = parse_event(document.payload, document.signature).body
            return body if isinstance(body, LetterRegistered) else None
        return None

    def _ranges(self, register: str, year: int) -> list[Run]:
        series = (register, year)
        if series not in self._granted:
            key = series_key(self._node.office, register, year)
            held = self._centre.store.record(SERIES, key)
            grants = held.value.grants if held else ()
            self._granted[series] = sorted(
                (g.first, g.last) for g in grants if g.node == self._node.node
            )
        return self._granted[series]

    def _alarm(
        self,
        kind: str,
        event: Event,
        place: _Place = _NOWHERE,
        *,
        detail: str = "",
    ) -> None:
        log.warning("router.alarm kind=%s node=%s event=%s", kind, event.node, event.id)
        self._alarms[f"{event.node}/{event.id}/{kind}"] = Alarm(
            kind=kind, node=event.node, event=event.id, at=self._centre.now(),
            register=place.register, year=place.year, number=place.number, detail=detail,
        )  # fmt: skip


def _files(event: Event) -> tuple[FileRef, ...]:
    match event.body:
        case LetterRegistered(files=files) | LetterSent(files=files) | FilesAdded(files=files):
            return files
        case _:
            return ()
