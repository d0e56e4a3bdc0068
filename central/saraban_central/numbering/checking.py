"""What the router checks of numbers while a journal passes: each event once, in its own order.

An event that is wrong was admitted all the same, for it is evidence; here it becomes an alarm. What
the checks must remember from one page of a journal to the next is kept in the centre's own notes.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from saraban_central.centre import Centre
from saraban_central.identity import lineage
from saraban_central.numbering import by_hand
from saraban_central.numbering.grants import series_key
from saraban_central.numbering.numbers import Run, contains, with_number, with_run
from saraban_central.records import (
    CORRELATED,
    FOLLOWED,
    NODES,
    RESERVATIONS_OVER,
    SERIES,
    Correlated,
    Followed,
    Node,
    Numbers,
    ReservationOver,
)
from saraban_central.store.interface import Keep, Writing
from saraban_sync.events import Event, LetterRegistered, LetterSent, parse_event, payload_hash
from saraban_sync.journal_events import EpochStarted
from saraban_sync.number_events import (
    EmergencyCorrelated,
    EmergencyRegistered,
    NumberReserved,
    NumbersReturned,
    NumbersSkipped,
    RangeTold,
    ReservationEnded,
)
from saraban_sync.registers import SENDABLE
from saraban_sync.wire import journal_database

_Series = tuple[str, int]


class Place(NamedTuple):
    """A number of a register; all zero when a problem is about none."""

    register: str = ""
    year: int = 0
    number: int = 0


NOWHERE: Final = Place()


class Problem(NamedTuple):
    """Something that must not be: the kind of an alarm, and what it is about."""

    kind: str
    place: Place = NOWHERE
    detail: str = ""


class NumberCheck:
    """Checks one page of a journal, after what was remembered of the pages before."""

    def __init__(self, centre: Centre, node: Node, held: Followed | None) -> None:
        self._centre = centre
        self._store = centre.store
        self._node = node
        self._used = _by_series(held.numbers if held else ())
        self._gaps = _by_series(held.gaps if held else ())
        self._granted: dict[tuple[str, str, int], list[Run]] = {}
        self._twins: dict[_Series, list[Run]] | None = None
        self._events: dict[str, Event] = {}
        self._over: dict[str, str] = {}
        self._correlated: dict[str, Correlated] = {}
        self._last = held.upto if held else ""

    def take(self, event: Event) -> Iterator[Problem]:
        """Check the next event of the journal."""
        before, self._last = self._last, event.id
        match event.body:
            case LetterRegistered() as body:
                self._events[event.id] = event
                yield from self._registered(event, body)
            case NumberReserved() as body:
                self._events[event.id] = event
                yield from self._use(event, Place(body.register.value, body.year, body.number))
            case ReservationEnded(reservation=name):
                if self._reservation(name) is None:
                    yield Problem("reservation-unknown", detail=name[:40])
                self._end(name, event)
            case EmergencyRegistered():
                self._events[event.id] = event
            case EmergencyCorrelated() as body:
                yield from self._correlate(event, body)
            case NumbersSkipped() | NumbersReturned() as body:
                yield from self._give_up(event, body)
            case EpochStarted(base=base) if base != before:
                self._gaps = {}  # a restored database does not know what it gave up after its base
            case RangeTold() as body if event.node == self._node.node:
                if kind := by_hand.told_problem(self._centre, event, body):
                    place = Place(body.register.value, body.year, body.first)
                    yield Problem(kind, place, body.grant[:100])
            case _:
                pass  # uses no number

    def followed(self, upto: str) -> Followed:
        """Give what must be remembered for the next page."""
        return Followed(upto=upto, numbers=_flat(self._used), gaps=_flat(self._gaps))

    def writes(self) -> list[Writing]:
        """Plan to keep what cannot be seen from the numbers alone."""
        over = (
            Keep(RESERVATIONS_OVER, key, ReservationOver(event=event))
            for key, event in self._over.items()
        )
        given = (
            Keep(CORRELATED, f"{self._node.node}/{name}", found)
            for name, found in self._correlated.items()
        )
        return [*over, *given]

    def entry_of(self, body: LetterSent) -> str:
        """Name the entry on which a sent letter rests; empty if it rests on none."""
        event = self._event(body.entry)
        match event.body if event else None:
            case LetterRegistered(register=register, year=year, number=number):
                found = Place(register, year, number)
            case EmergencyRegistered():
                found = self._given_to(body.entry)
            case EmergencyCorrelated(register=register, year=year, number=number):
                found = Place(register, year, number)
            case _:
                return ""
        fits = (found.year, found.number) == (body.year, body.number)
        return body.entry if fits and found.register in SENDABLE else ""

    def events_of(self, entry: str) -> list[str]:
        """Name the events that made a line and gave it its number."""
        found = self._correlation(entry)
        return [entry, found.event] if found else [entry]

    def _registered(self, event: Event, body: LetterRegistered) -> Iterator[Problem]:
        place = Place(body.register.value, body.year, body.number)
        if not body.reservation:
            yield from self._use(event, place)
            return
        reserved = self._reservation(body.reservation)
        if reserved is None or self._is_over(body.reservation, event):
            yield Problem("reservation-unknown", place, body.reservation[:40])
        elif Place(reserved.register.value, reserved.year, reserved.number) != place:
            yield Problem("reservation-unknown", place, body.reservation[:40])
            yield from self._use(event, place)
        elif self._is_finished_elsewhere(body.reservation, event):
            yield Problem("number-used-twice", place)
        self._end(body.reservation, event)

    def _use(self, event: Event, place: Place) -> Iterator[Problem]:
        series = (place.register, place.year)
        used = self._used.setdefault(series, [])
        if not contains(self._ranges(event.node, *series), place.number):
            yield Problem("number-outside-grant", place)
            return
        by_twins = contains(self._used_by_twins(series), place.number)
        if contains(used, place.number) or (by_twins and not self._is_a_copy(event)):
            yield Problem("number-used-twice", place)
        elif contains(self._gaps.get(series, ()), place.number):
            yield Problem("number-after-skip", place)
        if not contains(used, place.number):
            self._used[series] = with_number(used, place.number)

    def _correlate(self, event: Event, body: EmergencyCorrelated) -> Iterator[Problem]:
        place = Place(body.register.value, body.year, body.number)
        line = self._event(body.entry)
        match line.body if line else None:
            case EmergencyRegistered(register=register, year=year) if (
                register is body.register and year == body.year
            ):
                pass
            case _:
                yield Problem("emergency-unknown", place, body.entry[:40])
        self._events[event.id] = event
        self._correlated[body.entry] = Correlated(event=event.id, **place._asdict())
        if not self._is_given_by_a_copy(body.entry, place):
            yield from self._use(event, place)

    def _give_up(self, event: Event, body: NumbersSkipped | NumbersReturned) -> Iterator[Problem]:
        series = (body.register.value, body.year)
        granted = [
            run
            for name in {event.node, *lineage.names(self._store, self._node)}
            for run in self._ranges(name, *series)
        ]
        if not any(first <= body.first <= body.last <= last for first, last in granted):
            detail = f"{body.first}–{body.last}"
            yield Problem("gap-outside-grant", Place(*series, body.first), detail)
            return
        gaps = self._gaps.setdefault(series, [])
        self._gaps[series] = with_run(gaps, (body.first, body.last))

    def _given_to(self, entry: str) -> Place:
        """Give the ordinary number of a letter of the emergency register."""
        found = self._correlation(entry)
        return Place(found.register, found.year, found.number) if found else NOWHERE

    def _correlation(self, entry: str) -> Correlated | None:
        if found := self._correlated.get(entry):
            return found
        journal = lineage.journal_of(self._store, self._node, entry)
        for name in (self._node.node, journal):
            if kept := self._store.record(CORRELATED, f"{name}/{entry}"):
                return kept.value
        return None

    def _is_given_by_a_copy(self, entry: str, place: Place) -> bool:
        """Tell whether a machine of the same descent gave the same letter the same number."""
        journal = lineage.journal_of(self._store, self._node, entry)
        for name in self._others():
            kept = self._store.record(CORRELATED, f"{name}/{entry}")
            if kept and Place(kept.value.register, kept.value.year, kept.value.number) == place:
                other = self._store.record(NODES, name)
                if other and lineage.journal_of(self._store, other.value, entry) == journal:
                    return True
        return False

    def _reservation(self, name: str) -> NumberReserved | None:
        event = self._event(name)
        return event.body if event and isinstance(event.body, NumberReserved) else None

    def _is_over(self, reservation: str, event: Event) -> bool:
        """Tell whether the node that rests a letter on a reservation knew that it was over.

        Two machines that have parted may each finish or end what was reserved before.
        """
        return any(
            end < event.id and lineage.knew(self._store, self._node, event.id, end, journal)
            for journal, end in self._ends(reservation)
        )

    def _is_finished_elsewhere(self, reservation: str, event: Event) -> bool:
        """Tell whether another machine has written another letter on a reservation."""
        for journal, end in self._ends(reservation):
            document = self._store.get(journal_database(journal), [end]).get(end)
            if document is not None and document.payload != event.payload:
                other = parse_event(document.payload, document.signature)
                if isinstance(other.body, LetterRegistered):
                    return True
        return False

    def _ends(self, reservation: str) -> list[tuple[str, str]]:
        """List what is known to have used or ended a reservation, each with its journal."""
        start = self._over_key(reservation)
        noted = {
            kept.key: kept.value.event for kept in self._store.records(RESERVATIONS_OVER, start)
        }
        return [
            (key.removeprefix(start), end)
            for key, end in {**self._over, **noted}.items()
            if key.startswith(start)
        ]

    def _end(self, reservation: str, event: Event) -> None:
        self._over.setdefault(f"{self._over_key(reservation)}{self._node.node}", event.id)

    def _over_key(self, reservation: str) -> str:
        journal = lineage.journal_of(self._store, self._node, reservation)
        return f"{journal}/{reservation[:40]}/"

    def _event(self, name: str) -> Event | None:
        return self._events.get(name) or lineage.event_of(self._store, self._node, name)

    def _ranges(self, node: str, register: str, year: int) -> list[Run]:
        key = (node, register, year)
        if key not in self._granted:
            held = self._store.record(SERIES, series_key(self._node.office, register, year))
            self._granted[key] = sorted(
                (g.first, g.last) for g in (held.value.grants if held else ()) if g.node == node
            )
        return self._granted[key]

    def _used_by_twins(self, series: _Series) -> list[Run]:
        """Numbers used by machines that had, or have, one name with this one."""
        if self._twins is None:
            self._twins = {}
            for other in self._others():
                followed = self._store.record(FOLLOWED, other)
                for one in followed.value.numbers if followed else ():
                    for run in one.runs:
                        runs = self._twins.setdefault((one.register, one.year), [])
                        self._twins[one.register, one.year] = with_run(runs, run)
        return self._twins.get(series, [])

    def _is_a_copy(self, event: Event) -> bool:
        """Tell whether a machine of the same descent has sent this very event too."""
        documents = (
            self._store.get(journal_database(name), [event.id]).get(event.id)
            for name in self._others()
        )
        return any(one is not None and payload_hash(one.payload) == event.hash for one in documents)

    def _others(self) -> list[str]:
        """Name the nodes from which this one was forked, and those that were forked from it."""
        forks = {
            kept.key for kept in self._store.records(NODES) if kept.value.origin == self._node.node
        }
        return sorted(forks.union(lineage.names(self._store, self._node)[1:]))


def _by_series(numbers: tuple[Numbers, ...]) -> dict[_Series, list[Run]]:
    return {(one.register, one.year): list(one.runs) for one in numbers}


def _flat(runs: dict[_Series, list[Run]]) -> tuple[Numbers, ...]:
    return tuple(
        Numbers(register=register, year=year, runs=tuple(found))
        for (register, year), found in sorted(runs.items())
        if found
    )
