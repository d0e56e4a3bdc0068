"""Whatever becomes of an office's ranges, every number is given once, in its own book and year.

Ranges come in any order, also below others and for the year to come, by paper or by telephone;
numbers are skipped or returned in the middle; the office changes its mind about circulars; the year
ends while numbers are reserved and letters wait in the emergency register. What must come next is
worked out here from the ranges alone.
"""

import shutil
import tempfile
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from saraban_base.sqlite import rows
from saraban_node import appliance, projections
from saraban_node.appliance import Appliance
from saraban_node.books import entries, letters
from saraban_node.books.entries import Entry
from saraban_node.errors import (
    EmergencyClosedNow,
    EmergencyOpenAlready,
    NoRangeLeft,
    NumbersLeft,
    ReservationOver,
)
from saraban_node.journal import SYSTEM
from saraban_node.numbering import emergency, numbers, prove, reservations
from saraban_sync.errors import RangeProblem
from saraban_sync.grants import DirectoryEntry
from saraban_sync.ids import EventId
from saraban_sync.number_events import NumbersReturned, NumbersSkipped, RangeTold
from saraban_sync.registers import Circulars, Register, instant, thai_date
from tests.offices import (
    MORNING,
    SOMSRI,
    YEAR,
    HandClock,
    Numbers,
    a_letter,
    an_office,
    grant,
    put_in_directory,
)
from tests.promises import kept

IN, OUT, CIRCULAR = Register.INCOMING, Register.OUTGOING, Register.CIRCULAR
BOOKS = (IN, OUT, CIRCULAR)
Books = st.sampled_from(BOOKS)
Series = tuple[Register, int]
_MEMORY = Path("/dev/shm")


class Rest(NamedTuple):
    """What is left of a range, as the centre would count it."""

    next: int
    last: int


class OfficeThroughTheYear(RuleBasedStateMachine):
    """What can become of the ranges of one office in two years."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None))
        self.clock = HandClock()
        self.year = YEAR
        self.rests: dict[Series, list[Rest]] = defaultdict(list)
        self.granted: dict[Series, set[int]] = defaultdict(set)
        self.gone: dict[Series, set[int]] = defaultdict(set)
        self.given: dict[tuple[Register, int, int], EventId] = {}
        self.circulars: dict[int, set[Register]] = defaultdict(set)
        """The books in which circulars of a year stand."""
        self.choice, self.version = Circulars.SHARED, 0
        self.reserved: dict[EventId, tuple[Register, int, int]] = {}
        self.waiting: dict[EventId, Series] = {}
        self.apart: dict[int, int] = defaultdict(int)
        """The last emergency number of each year."""
        self.letters = 0
        self.node: Appliance

    @initialize()
    def begin(self) -> None:
        self.node = an_office(self.folder / "node", clock=self.clock, ranges=[])

    @rule(
        book=Books, ahead=st.booleans(), first=st.integers(1, 60), size=st.integers(1, 6),
        spoken=st.booleans(),
    )  # fmt: skip
    def a_range_comes(
        self, book: Register, ahead: bool, first: int, size: int, spoken: bool
    ) -> None:
        """It may lie below others; one that shares a number with another changes nothing."""
        series, last = (book, self.year + ahead), first + size - 1
        wanted = set(range(first, last + 1))
        try:
            if spoken:
                body = RangeTold(
                    grant=f"t-{book}-{series[1]}-{first}", register=book, year=series[1],
                    first=first, last=last, code="0" * 20,
                )  # fmt: skip
                with self.node.db.write() as write:
                    self.node.journal.append(write, body, actor=SOMSRI)
            else:
                grant(self.node, Numbers(book, series[1], last, first))
        except RangeProblem:
            assert wanted & self.granted[series]
            return
        assert not wanted & self.granted[series]
        self.granted[series] |= wanted
        self.rests[series].append(Rest(first, last))

    @rule(book=Books, circular=st.booleans())
    def register(self, book: Register, circular: bool) -> None:
        """A letter gets the lowest number that is left in its book."""
        where, written_so = self.book_of(book, circular)
        expected = self.next_of((where, self.year))
        try:
            entry = self.write(book, circular)
        except NoRangeLeft:
            assert expected is None
            return
        assert (entry.register, entry.year, entry.number) == (where, self.year, expected)
        assert entry.circular == written_so
        self.took(entry)

    @rule(book=st.sampled_from((OUT, CIRCULAR)), days=st.integers(0, 60))
    def reserve(self, book: Register, days: int) -> None:
        expected = self.next_of((book, self.year))
        try:
            with self.node.db.write() as write:
                entry = reservations.reserve(
                    write, self.node.journal, register=book, holder="ครูมะลิ", purpose="ขอเลข",
                    expires=thai_date(write.now) + timedelta(days=days), actor=SOMSRI,
                )  # fmt: skip
        except NoRangeLeft:
            assert expected is None
            return
        assert (entry.year, entry.number) == (self.year, expected)
        self.took(entry)
        self.reserved[entry.id] = (book, entry.year, entry.number)

    @precondition(lambda self: self.reserved)
    @rule(data=st.data(), circular=st.booleans(), cancel=st.booleans())
    def end_a_reservation(self, data: st.DataObject, circular: bool, cancel: bool) -> None:
        """It is finished in the book and year in which it was reserved, or given up."""
        which = data.draw(st.sampled_from(sorted(self.reserved)))
        book, year, number = self.reserved[which]
        try:
            if cancel:
                with self.node.db.write() as write:
                    reservations.cancel(
                        write, self.node.journal, which, reason="ไม่ใช้", actor=SOMSRI
                    )
                del self.reserved[which]
                return
            entry = self.write(book, circular, reservation=which)
        except ReservationOver:
            return
        assert (entry.register, entry.year, entry.number) == (book, year, number)
        self.given[book, year, number] = entry.id
        self.note_circular(entry)
        del self.reserved[which]

    @rule(book=Books, ahead=st.integers(-1, 1), count=st.integers(1, 9), back=st.booleans())
    def give_numbers_up(self, book: Register, ahead: int, count: int, back: bool) -> None:
        """Numbers are skipped or returned: the next ones of one range, and never beyond its end."""
        series = (book, self.year + ahead)
        rest = next((one for one in self.open(series)), None)
        first = rest.next if rest else 1
        last = first + count - 1
        body: NumbersReturned | NumbersSkipped = NumbersReturned(
            register=book, year=series[1], first=first, last=last
        )
        if not back:
            body = NumbersSkipped(
                register=book, year=series[1], first=first, last=last, why="restored"
            )
        try:
            with self.node.db.write() as write:
                self.node.journal.append(write, body, actor=SOMSRI)
        except RangeProblem:
            assert rest is None or last > rest.last
            return
        assert rest is not None
        self.use(series, rest, count)
        self.gone[series] |= set(range(first, first + count))

    @rule(circulars=st.sampled_from(Circulars))
    def choose(self, circulars: Circulars) -> None:
        """The office changes its mind about circulars."""
        self.choice, self.version = circulars, self.version + 1
        entry = DirectoryEntry(
            kind="office", version=self.version, code=self.node.office, name="โรงเรียน",
            at=instant(self.clock.now()), generation=1, circulars=circulars,
        )  # fmt: skip
        put_in_directory(self.node, entry)

    @rule(book=Books, circular=st.booleans())
    def register_in_an_emergency(self, book: Register, circular: bool) -> None:
        """Only a letter whose book has no numbers is numbered apart."""
        with self.node.db.write() as write:
            try:
                emergency.open_outage(write, self.node.journal, cause="สายขาด", actor=SOMSRI)
            except NumbersLeft:
                assert all(self.open((one, self.year)) for one in (IN, OUT))
            except EmergencyOpenAlready:
                pass
        where, _ = self.book_of(book, circular)
        self.letters += 1
        letter = a_letter(self.letters, book, circular=circular)
        try:
            with self.node.db.write() as write:
                entry = emergency.register(write, self.node.journal, letter, actor=SOMSRI)
        except EmergencyClosedNow:
            return
        except NumbersLeft:
            assert self.open((where, self.year))
            return
        assert not self.open((where, self.year))
        self.apart[self.year] += 1
        assert (entry.register, entry.emergency) == (where, self.apart[self.year])
        self.waiting[entry.id] = (where, self.year)

    @rule(limit=st.integers(1, 4))
    def settle(self, limit: int) -> None:
        """As many as may, of any book that has numbers, each in its own year."""
        ready = [one for one, series in self.waiting.items() if self.open(series)]
        with self.node.db.write() as write:
            given = emergency.settle(write, self.node.journal, actor=SYSTEM, limit=limit)
        assert bool(given) == bool(ready)
        with self.node.db.read() as cursor:
            found = [entries.by_id(cursor, one) for one in sorted(self.waiting)]
        for entry in found:
            if entry is not None and entry.number:
                series = self.waiting.pop(entry.id)
                assert (entry.register, entry.year) == series
                assert entry.number == self.next_of(series)
                self.took(entry)
                given -= 1
        assert given == 0

    @precondition(lambda self: self.year == YEAR)
    @rule()
    def the_year_ends(self) -> None:
        self.clock.until(MORNING.replace(month=12, day=31, hour=17))
        self.year += 1

    @rule(days=st.integers(1, 9))
    def days_pass(self, days: int) -> None:
        if self.year > YEAR or self.clock.moment + timedelta(days=days) < MORNING.replace(
            month=12, day=31
        ):
            self.clock.forward(days=days)
        with self.node.db.write() as write:
            reservations.expire_due(write, self.node.journal)

    @rule()
    def start_again_and_make_the_registers_again(self) -> None:
        self.node.close()
        self.node = appliance.open_appliance(self.folder / "node", clock=self.clock)
        with self.node.db.write() as write:
            projections.rebuild(write)

    @precondition(lambda self: hasattr(self, "node"))
    @invariant()
    def every_number_is_where_it_was_given(self) -> None:
        with self.node.db.read() as cursor:
            found = rows(cursor, "SELECT register, year, number, id FROM entry WHERE number > 0")
            written = [
                row[0]
                for row in rows(
                    cursor,
                    "SELECT year || letter_no FROM entry WHERE number > 0"
                    " AND register IN ('outgoing', 'circular')",
                )
            ]
            for series, open_now in self.rests.items():
                left = sum(one.last - one.next + 1 for one in open_now if one.next <= one.last)
                assert numbers.left(cursor, *series) == left
        assert {(Register(b), y, n): id_ for b, y, n, id_ in found} == self.given
        assert len(written) == len(set(written)), "two letters of a year bear the same ที่"

    def teardown(self) -> None:
        """Hold the node to everything, at the end of each story."""
        try:
            if hasattr(self, "node"):
                kept(self.node)
                with self.node.db.read() as cursor:
                    proof = prove.from_journal(
                        cursor, prove.prove(cursor), key=self.node.journal.key.public
                    )
                assert proof.whole, proof
                self.node.close()
        finally:
            shutil.rmtree(self.folder)

    def open(self, series: Series) -> list[Rest]:
        """Give the ranges of a series of which numbers are left, the lowest first."""
        return sorted(one for one in self.rests[series] if one.next <= one.last)

    def next_of(self, series: Series) -> int | None:
        """Give the number that must come next."""
        return next((one.next for one in self.open(series)), None)

    def book_of(self, book: Register, circular: bool) -> tuple[Register, bool]:
        """Say where a letter must be numbered: the year's first circular decides for all."""
        if book is IN or (book is OUT and not circular):
            return book, False
        begun = self.circulars[self.year]
        own = self.choice is Circulars.OWN if len(begun) != 1 else begun == {CIRCULAR}
        return (CIRCULAR if own else OUT), True

    def write(self, book: Register, circular: bool, **fields: object) -> Entry:
        self.letters += 1
        letter = a_letter(self.letters, book, circular=circular, **fields)
        with self.node.db.write() as write:
            return letters.register_letter(write, self.node.journal, letter, actor=SOMSRI)

    def took(self, entry: Entry) -> None:
        """Note that a line has the next number of its book."""
        series = (entry.register, entry.year)
        self.use(series, self.open(series)[0], 1)
        self.given[entry.register, entry.year, entry.number] = entry.id
        self.note_circular(entry)

    def note_circular(self, entry: Entry) -> None:
        if entry.register is CIRCULAR or (entry.register is OUT and entry.circular):
            self.circulars[entry.year].add(entry.register)

    def use(self, series: Series, rest: Rest, count: int) -> None:
        self.rests[series].remove(rest)
        self.rests[series].append(Rest(rest.next + count, rest.last))


TestOfficeThroughTheYear = OfficeThroughTheYear.TestCase
TestOfficeThroughTheYear.settings = settings(stateful_step_count=40)
