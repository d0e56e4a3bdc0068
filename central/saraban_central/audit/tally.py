"""What the verified events of one office say about its numbers: every line, gap, range and doubt.

    events, journal by journal ──take──> lines and gaps by series ──facts──> completeness.account

A line is named after the journal that has its event: two machines that had one name may both have
written an event under one id. Journals must be read after those from which they were forked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from saraban_central.audit.lines import Doubt, Explained, Given, Line, Name
from saraban_sync.body import Former
from saraban_sync.errors import NotAnIdentifier
from saraban_sync.events import EntryVoided, Event, LetterRegistered, PersonAdded, PersonChanged
from saraban_sync.ids import OfficeCode, parse_event_id
from saraban_sync.journal_events import EpochStarted
from saraban_sync.number_events import (
    EmergencyCorrelated,
    EmergencyRegistered,
    GapExplained,
    NumberReserved,
    NumbersReturned,
    NumbersSkipped,
    ReservationEnded,
)
from saraban_sync.registers import Series, parse_instant, thai_date
from saraban_sync.states import Fact, State


@dataclass
class Tally:
    """The numbers of one office.

    Args:
        office: whose.
        forks: of each forked node, the node it was forked from and the last event they share.
    """

    office: OfficeCode
    forks: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    lines: dict[Series, list[Line]] = field(default_factory=dict)
    gaps: dict[Series, list[Given]] = field(default_factory=dict)
    explained: dict[Series, list[Explained]] = field(default_factory=dict)
    emergency: dict[tuple[str, int], list[Line]] = field(default_factory=dict)
    """The emergency register of each journal and year."""
    doubts: list[Doubt] = field(default_factory=list)
    cuts: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Of each journal: new epochs that left something behind, and after which event they began."""
    people: dict[tuple[str, str], str] = field(default_factory=dict)
    """Names of persons, by journal and person."""
    _named: dict[Name, Line] = field(default_factory=dict)
    _numbered: set[tuple[Name, int]] = field(default_factory=set)
    """Letters of emergency registers, with each ordinary number that they got."""
    _paper: dict[tuple[str, int, int], list[Line]] = field(default_factory=dict)
    """Lines of emergency registers as letters name them: by node, year and number."""
    _homes: dict[str, str] = field(default_factory=dict)
    """Of an office with forked nodes: the journal in which each event was read first, by hash."""
    _copies: dict[Name, Name] = field(default_factory=dict)
    """Events that stand in another journal too: their names there and here."""
    _last: dict[str, str] = field(default_factory=dict)
    _again: dict[Name, list[Line]] = field(default_factory=dict)
    """Of an emergency line that more than one life of a machine has numbered: the later ones."""

    @property
    def entries(self) -> int:
        """How many lines the registers have; a reserved number and its letter are one."""
        return sum(not line.taken for line in self._named.values())

    @property
    def void(self) -> int:
        """How many lines were cancelled."""
        return sum(line.state is State.VOID for line in self._named.values())

    def take(self, event: Event, journal: str) -> None:
        """Read the next verified event of a journal."""
        before = self._last.get(journal, "")
        self._last[journal] = event.id
        match event.body:
            case EpochStarted(base=base) if base != before:
                self.cuts.setdefault(journal, []).append((event.id, base))
            case PersonAdded(person=person, name=name) | PersonChanged(person=person, name=name):
                self.people[journal, person] = name
            case _ if self._is_a_copy(event, journal):
                self._bring_along(event, journal)
            case LetterRegistered() as body:
                self._registered(event, journal, body)
            case NumberReserved() as body:
                line = self._line(event, journal, Series(self.office, body.register, body.year))
                line.number, line.state, line.subject = body.number, State.RESERVED, body.purpose
                line.reservation, line.holder, line.expires = True, body.holder, body.expires
                self._keep(line)
            case ReservationEnded() as body:
                self._ended(event, journal, body)
            case EntryVoided() as body:
                self._void(event, journal, body)
            case EmergencyRegistered() as body:
                line = self._line(event, journal, Series(self.office, body.register, body.year))
                line.subject, line.emergency = body.subject, body.emergency
                self._named[line.name] = line
                self.emergency.setdefault((journal, body.year), []).append(line)
                self._paper.setdefault((line.node, body.year, line.emergency), []).append(line)
            case EmergencyCorrelated() as body:
                self._correlated(event, journal, body)
            case NumbersSkipped() | NumbersReturned() as body:
                self._gap(event, journal, body)
            case GapExplained() as body:
                series = Series(self.office, body.register, body.year)
                found = Explained(
                    series, body.first, body.last, body.text, body.letter, event.at, event.actor
                )
                self.explained.setdefault(series, []).append(found)
            case _:
                pass  # says nothing about numbers

    def series(self) -> list[Series]:
        """List the series of which anything is known."""
        return sorted(self.lines.keys() | self.gaps.keys())

    def facts(self, series: Series) -> Iterator[Fact]:
        """Give what is known about the numbers of a series, in the words of the proof."""
        for line in self.lines.get(series, ()):
            yield Fact(
                line.number, line.number, line.state, line.user, line.name, line.claim, line.at,
                line.who,
            )  # fmt: skip
        for gap in self.gaps.get(series, ()):
            yield Fact(
                gap.first, gap.last, gap.state, gap.node, gap.name, "", gap.at, gap.who, gap.why
            )  # fmt: skip

    def line(self, name: Name) -> Line | None:
        """Give a line by its name."""
        return self._named.get(name)

    def named(self, journal: str, event: str) -> Line | None:
        """Give the line that a journal speaks of."""
        return self._named.get(self.name(journal, event))

    def bearing(self, journal: str, event: str, year: int, number: int) -> Line | None:
        """Give the line that a journal speaks of, if it has had that number."""
        line = self.named(journal, event)
        every = [line, *self._again.get(line.name, ())] if line else []
        return next((one for one in every if (one.series.year, one.number) == (year, number)), None)

    def name(self, journal: str, event: str) -> Name:
        """Name an event that a journal speaks of: it may be from before the fork."""
        while journal in self.forks and event <= self.forks[journal][1]:
            journal = self.forks[journal][0]
        name = f"{journal} {event}"
        return self._copies.get(name, name)

    def emergency_of(self, journal: str, year: int) -> list[tuple[int, int]]:
        """Give epoch and number of an emergency register, with what came before a fork.

        A number that another machine gave under the same name, before this one left it, is there
        twice.
        """
        found = [
            (_epoch(one.event), one.emergency)
            for one in self.emergency[journal, year]
            for _ in (one, *self._given_elsewhere(one))
        ]
        while journal in self.forks:
            journal, base = self.forks[journal]
            found += [
                (_epoch(one.event), one.emergency)
                for one in self.emergency.get((journal, year), ())
                if one.event <= base
            ]
        return found

    def _given_elsewhere(self, line: Line) -> list[Line]:
        """List the lines with one emergency number in journals that were read before."""
        same = self._paper[line.node, line.series.year, line.emergency]
        return [one for one in same[: same.index(line)] if one.journal != line.journal]

    def person(self, journal: str, person: str) -> str:
        """Give a person's name; the name in the journal when nobody has said it."""
        known = self.people.get((journal, person))
        if known is None and journal in self.forks:
            return self.person(self.forks[journal][0], person)
        return known or person

    def parted(self, journal: str, earlier: str, later: str) -> bool:
        """Tell whether a database that wrote ``later`` did not know ``earlier``."""
        return any(base < earlier < began <= later for began, base in self.cuts.get(journal, ()))

    def _bring_along(self, event: Event, journal: str) -> None:
        """A copied machine brings along what the other one sends too: its emergency register."""
        line = self.named(journal, event.id)
        if line is not None and isinstance(event.body, EmergencyRegistered):
            self.emergency.setdefault((journal, event.body.year), []).append(line)

    def _is_a_copy(self, event: Event, journal: str) -> bool:
        """Tell whether the very same event stands in a journal that was read before."""
        if not self.forks:
            return False
        first = self._homes.setdefault(event.hash, journal)
        if first == journal:
            return False
        self._copies[f"{journal} {event.id}"] = f"{first} {event.id}"
        return True

    def _line(self, event: Event, journal: str, series: Series) -> Line:
        return Line(
            series=series, number=0, state=State.ISSUED, journal=journal, node=event.node,
            user=event.node, event=event.id, at=event.at, who=event.actor, subject="",
            order=event.id,
        )  # fmt: skip

    def _keep(self, line: Line) -> None:
        self._named[line.name] = line
        self.lines.setdefault(line.series, []).append(line)

    def _registered(self, event: Event, journal: str, body: LetterRegistered) -> None:
        line = self._line(event, journal, Series(self.office, body.register, body.year))
        line.number, line.subject, line.imported = body.number, body.subject, body.imported
        if body.reservation:
            line.claim = self.name(journal, body.reservation)
            self._claim(event, journal, body.reservation, line)
        self._keep(line)

    def _claim(self, event: Event, journal: str, reservation: str, line: Line) -> None:
        reserved = self._named.get(line.claim)
        same = reserved is not None and (reserved.series, reserved.number) == (
            line.series, line.number,
        )  # fmt: skip
        if reserved is None or not reserved.reservation or not same:
            line.claim = ""
            self.doubts.append(Doubt("reservation-unknown", event, journal, reservation, line))
            return
        line.user = reserved.user
        if any(self._knew(journal, event.id, *ended) for ended in reserved.over):
            self.doubts.append(Doubt("reservation-over", event, journal, reservation, line))
        else:
            reserved.taken = reserved.taken or line.name
            reserved.over += ((journal, event.id),)

    def _knew(self, journal: str, later: str, ended_in: str, earlier: str) -> bool:
        """Tell whether a journal had an event when it wrote a later one: not after they parted."""
        if self._copies.get(f"{journal} {earlier}") == f"{ended_in} {earlier}":
            return True
        while journal != ended_in and journal in self.forks:
            journal, later = self.forks[journal]
        same = journal == ended_in and earlier <= later
        return same and not self.parted(journal, earlier, later)

    def _ended(self, event: Event, journal: str, body: ReservationEnded) -> None:
        line = self.named(journal, body.reservation)
        if line is None or not line.reservation:
            self.doubts.append(Doubt("reservation-unknown", event, journal, body.reservation))
            return
        state = State.VOID if body.how == "void" else State.EXPIRED
        _strike(line, state, event, body.reason)
        line.over += ((journal, event.id),)

    def _void(self, event: Event, journal: str, body: EntryVoided) -> None:
        line = self.named(journal, body.entry)
        if line is None:
            self.doubts.append(Doubt("void-unknown", event, journal, body.entry))
        else:
            _strike(line, State.VOID, body.former or event, body.reason)
            line.over += ((journal, event.id),)

    def _correlated(self, event: Event, journal: str, body: EmergencyCorrelated) -> None:
        series = Series(self.office, body.register, body.year)
        found = self.named(journal, body.entry)
        if found is None or not found.emergency or found.series != series:
            self.doubts.append(Doubt("emergency-unknown", event, journal, body.entry))
            line = self._line(event, journal, series)
            line.number = body.number
            self._keep(line)
            return
        if (found.name, body.number) in self._numbered:
            return  # a copy, made before, gave the same letter the same number
        self._numbered.add((found.name, body.number))
        if found.number:  # numbered again by a database that did not know the first one
            line = self._line(event, journal, series)
            line.number, line.subject, line.at = body.number, found.subject, found.at
            line.emergency, line.numbered_at = found.emergency, event.at
            self._keep(line)
            self._again.setdefault(found.name, []).append(line)
            return
        found.number, found.numbered_at, found.order = body.number, event.at, event.id
        found.user, found.numbered_in = event.node, journal
        self.lines.setdefault(series, []).append(found)

    def _gap(self, event: Event, journal: str, body: NumbersSkipped | NumbersReturned) -> None:
        series = Series(self.office, body.register, body.year)
        skipped = body if isinstance(body, NumbersSkipped) else None
        gap = Given(
            series, body.first, body.last, State.SKIPPED if skipped else State.RETURNED,
            skipped.why if skipped else "year-end", journal, event.node, event.id, event.at,
            event.actor, skipped.guard if skipped else 0, skipped.marks if skipped else (),
        )  # fmt: skip
        self.gaps.setdefault(series, []).append(gap)


def is_late(line: Line, reserved: Line | None) -> bool:
    """Tell whether a letter was registered on a later day than its number was reserved."""
    if reserved is None:
        return False
    return thai_date(parse_instant(line.at)) > thai_date(parse_instant(reserved.at))


def _strike(line: Line, state: State, act: Event | Former, reason: str) -> None:
    if not line.struck_at:
        line.state, line.struck_at, line.struck_by = state, act.at, act.actor
        line.reason = reason


def _epoch(event: str) -> int:
    try:
        return parse_event_id(event)[0]
    except NotAnIdentifier:
        return 1
