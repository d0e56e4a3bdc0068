"""What must hold after every step, looked at where something has just happened.

Paper is written here too: from the events that a machine has added to its journal, for whatever a
clerk is shown stands there. Each event is read once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from saraban_base.sqlite import Cursor, rows
from saraban_node.numbering import prove
from saraban_sync import events
from saraban_sync.events import Event, LetterRegistered
from saraban_sync.ids import parse_event_id
from saraban_sync.number_events import (
    EmergencyCorrelated,
    EmergencyRegistered,
    NumberReserved,
    NumbersReturned,
    NumbersSkipped,
)
from saraban_sync.registers import Register
from saraban_sync.states import Account, Problem, Trouble
from saraban_sync.wire import journal_database
from tests.world.headquarters import Headquarters
from tests.world.machines import Machine
from tests.world.paper import Paper, Series, Word
from tests.world.silence import Silence

EMERGENCY: Final = "emergency"
_ALL: Final = 100_000
_SINCE: Final = "SELECT seq, hash, payload, signature FROM journal WHERE seq >= ? ORDER BY seq"
_REASONS: Final = {"restored", "copied", "twin", "forked", "superseded"}


class Broken(AssertionError):
    """Something that must hold does not."""


@dataclass
class Watch:
    """Looks at machines and at the centre, and writes the paper.

    Args:
        paper: what clerks are told.
        silence: what the centre has forgotten without a word.
        nobody_knows: tells of a number that a machine gives, and of what was said with it before,
            whether neither the machine nor the centre can know of that any more.
    """

    paper: Paper
    silence: Silence
    nobody_knows: Callable[[Machine, Series, int, Word], bool]
    promised: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """By journal: id and revision of every event that the centre has acknowledged."""
    owed: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """The same of those that it has forgotten since."""

    def machine(self, machine: Machine) -> list[Event]:
        """Look at a machine on which something was done.

        Returns:
            The events that are new.

        Raises:
            Broken: something does not hold.
            GivenTwice: a number was given twice.
        """
        with machine.node.db.read() as cursor:
            new = self._new_events(machine, cursor)
            books = {book for event in new if (book := book_of(event)) is not None}
            for event in new:
                self._write(machine, event)
                _gaps_are_signed(event)
            self._numbers_add_up(machine, cursor, books)
        return new

    def centre(self, centre: Headquarters) -> None:
        """Look at the centre: what it has acknowledged is there, and what came is acknowledged.

        Raises:
            Broken: an event is gone.
        """
        store = centre.centre.store
        for info in store.databases(journal_database("")):
            held = self.promised.setdefault(info.name, [])
            last = held[-1][0] if held else ""
            if info.documents != len(held):
                held += [(d.id, d.revision) for d in store.page(info.name, after=last, limit=_ALL)]
            if info.documents != len(held):
                raise Broken(f"{info.name}: {info.documents} events, {len(held)} acknowledged")

    def forgotten(self, centre: Headquarters) -> None:
        """Note that the centre was set back; what it has forgotten must come again."""
        store = centre.centre.store
        for name, held in self.promised.items():
            there = {one.id: one.revision for one in store.page(name, limit=_ALL)}
            self.owed.setdefault(name, []).extend(
                one for one in held if there.get(one[0]) != one[1]
            )
            self.promised[name] = [one for one in held if there.get(one[0]) == one[1]]

    def account(self, machine: Machine, register: Register, year: int, found: Account) -> None:
        """Look at a machine's account of a series: nothing is wrong but what paper has twice.

        Raises:
            Broken: something is unexplained.
        """
        series = Series(machine.office, register, year)
        wrong = [one for one in found.problems if not self._excused(series, one)]
        if wrong:
            raise Broken(f"desk {machine.desk}: {series} {wrong}")

    def _new_events(self, machine: Machine, cursor: Cursor) -> list[Event]:
        """Read what was added; nothing before it may have changed."""
        known = machine.events
        found = rows(cursor, _SINCE, (max(len(known), 1),))
        if known:
            if not found or found[0][1] != known[-1]:
                raise Broken(f"desk {machine.desk}: event {len(known)} is not what it was")
            found = found[1:]
        known += [row[1] for row in found]
        return [events.parse_event(row[2].encode(), row[3]) for row in found]

    def _write(self, machine: Machine, event: Event) -> None:
        """Write down what a clerk was told with an event."""
        root = event.hash
        match event.body:
            case LetterRegistered() as body:
                claims = self._hash_of(machine, body.reservation) if body.reservation else ""
                self._tell(machine, body.register, body.year, body.number, event, root, claims)
            case NumberReserved() as body:
                self._tell(machine, body.register, body.year, body.number, event, root)
            case EmergencyCorrelated() as body:
                root = self._hash_of(machine, body.entry)
                self._tell(machine, body.register, body.year, body.number, event, root)
            case EmergencyRegistered() as body:
                self._tell(machine, EMERGENCY, body.year, body.emergency, event, root)
            case _:
                pass

    def _tell(
        self, machine: Machine, book: str, year: int, number: int, event: Event, root: str,
        claims: str = "",
    ) -> None:  # fmt: skip
        owner = machine.name if book == EMERGENCY else machine.office
        word = Word(machine.desk, root, claims)
        series = Series(owner, book, year)
        desks = frozenset(machine.rivals)
        if book == EMERGENCY:
            # By a guard of twenty it keeps away from what a life before may have given and nobody
            # has heard of; no more than that is promised of the emergency register.
            desks |= machine.forgot

        def excused(other: Word) -> bool:
            if other.desk in desks or self.silence.excuses(series, number):
                return True
            return self.nobody_knows(machine, series, number, other)

        self.paper.tell(series, number, word, event.hash, excused=excused)

    @staticmethod
    def _hash_of(machine: Machine, event: str) -> str:
        _, seq = parse_event_id(event)
        return machine.events[seq - 1]

    def _numbers_add_up(
        self, machine: Machine, cursor: Cursor, books: Iterable[tuple[Register, int]]
    ) -> None:
        for register, year in sorted(books):
            self.account(machine, register, year, prove.account_of(cursor, register, year))

    def _excused(self, series: Series, problem: Problem) -> bool:
        """What stands twice on paper, or was granted twice in silence, is so in a proof."""
        told = self.paper.told[series]
        numbers = range(problem.first, problem.last + 1)
        if problem.trouble is Trouble.TWICE and all(len(told.get(n, ())) > 1 for n in numbers):
            return True
        of_grants = problem.trouble is not Trouble.MISSING
        return of_grants and all(self.silence.excuses(series, number) for number in numbers)


def book_of(event: Event) -> tuple[Register, int] | None:
    """Tell of which book an event changes the numbers."""
    match event.body:
        case (
            LetterRegistered() | NumberReserved() | EmergencyCorrelated() | NumbersSkipped()
            | NumbersReturned() as body
        ):  # fmt: skip
            return body.register, body.year
        case _:
            return None


def _gaps_are_signed(event: Event) -> None:
    """A gap says why, and who knew of which number when it was made."""
    body = event.body
    if not isinstance(body, NumbersSkipped):
        return
    if body.why not in _REASONS or not event.actor or body.first > body.last:
        raise Broken(f"{event.node} {event.id}: a gap without a reason: {body}")
