"""Whatever an office does in whatever order, its numbers keep their promises.

The machine plays an office: registering, reserving, cancelling, noting, adding files, days that
pass, numbers that run out, the emergency register, new ranges, mistakes, the program started again,
the registers made again. After each step the numbers are looked at, at the end everything is
(tests.promises): unique, in order, without a gap, frozen, found by search, and the same when made
again from the journal.
"""

import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from saraban_base.sqlite import Write, rows
from saraban_node import appliance, projections
from saraban_node.appliance import Appliance
from saraban_node.books import entries, letters
from saraban_node.books.entries import Entry
from saraban_node.errors import EmergencyOpenAlready, NoRangeLeft, NumbersLeft, ReservationOver
from saraban_node.journal import SYSTEM
from saraban_node.numbering import emergency, numbers, outages, reservations
from saraban_sync.errors import RangeProblem, SarabanError
from saraban_sync.ids import EventId
from saraban_sync.registers import Register, thai_date
from tests.offices import (
    MORNING,
    SOMSRI,
    YEAR,
    HandClock,
    Numbers,
    a_letter,
    an_office,
    grant,
    put_file,
)
from tests.promises import kept

KEPT = (Register.INCOMING, Register.OUTGOING, Register.ORDER)
Books = st.sampled_from(KEPT)
Words = st.text(st.sampled_from("กขคงจชำแ ๑๒12ํา\u200b่'\"*()"), max_size=30)
Act = Callable[[Write, Entry], object]
MOST = 12
"""Numbers of the first range; small, so that it runs out."""
_MEMORY = Path("/dev/shm")


class OfficeAtWork(RuleBasedStateMachine):
    """What an office can do; ``self.given`` is what clerks have been told."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None))
        self.clock = HandClock()
        self.given: dict[tuple[Register, int], EventId] = {}
        self.forms: dict[str, EventId] = {}
        self.journal: list[str] = []
        self.last = dict.fromkeys(KEPT, 0)
        self.granted = dict.fromkeys(KEPT, MOST)
        self.reserved: dict[EventId, tuple[Register, int]] = {}
        self.emergencies: dict[int, EventId] = {}
        self.node: Appliance

    @initialize()
    def begin(self) -> None:
        ranges = [Numbers(register, YEAR, MOST) for register in KEPT]
        self.node = an_office(self.folder / "node", clock=self.clock, ranges=ranges)

    @rule(book=Books, words=Words, with_file=st.booleans(), form=st.sampled_from("abc "))
    def register(self, book: Register, words: str, with_file: bool, form: str) -> None:
        """Register a letter; a form that was sent before gives its own line again."""
        self.clock.forward(seconds=1)
        files = (put_file(self.node, words.encode() + b"%PDF"),) if with_file else ()
        letter = a_letter(len(self.given), book, remark=words, files=files)
        key = form.strip() or None
        try:
            with self.node.db.write() as write:
                entry = letters.register_letter(
                    write, self.node.journal, letter, actor=SOMSRI, form=key
                )
        except NoRangeLeft:
            assert self.last[book] == self.granted[book]
            return
        if key in self.forms:
            assert entry.id == self.forms[key]
            return
        if key:
            self.forms[key] = entry.id
        assert entry.number == self.last[book] + 1
        self.last[book] = entry.number
        self.given[book, entry.number] = entry.id

    @rule(book=st.sampled_from(KEPT[1:]), days=st.integers(0, 3))
    def reserve(self, book: Register, days: int) -> None:
        """Keep a number for a letter to come."""
        try:
            with self.node.db.write() as write:
                entry = reservations.reserve(
                    write, self.node.journal, register=book, holder="ครูมะลิ", purpose="ขอเลข",
                    expires=thai_date(write.now) + timedelta(days=days), actor=SOMSRI,
                )  # fmt: skip
        except NoRangeLeft:
            assert self.last[book] == self.granted[book]
            return
        assert entry.number == self.last[book] + 1
        self.last[book] = entry.number
        self.given[book, entry.number] = entry.id
        self.reserved[entry.id] = (book, entry.number)

    @precondition(lambda self: self.reserved)
    @rule(data=st.data(), cancel=st.booleans())
    def end_a_reservation(self, data: st.DataObject, cancel: bool) -> None:
        """Write its letter, or cancel it; one that is over can be neither."""
        kept_id = data.draw(st.sampled_from(sorted(self.reserved)))
        book, number = self.reserved[kept_id]
        try:
            with self.node.db.write() as write:
                if cancel:
                    entry = reservations.cancel(
                        write, self.node.journal, kept_id, reason="ไม่ใช้", actor=SOMSRI
                    )
                else:
                    entry = letters.register_letter(
                        write, self.node.journal, a_letter(number, book, reservation=kept_id),
                        actor=SOMSRI,
                    )  # fmt: skip
        except ReservationOver:
            return
        assert entry.number == number
        assert entry.reserved_at is not None
        self.given[book, number] = entry.id
        del self.reserved[kept_id]

    @precondition(lambda self: self.clock.moment.month == MORNING.month)
    @rule(days=st.integers(1, 2))
    def days_pass(self, days: int) -> None:
        """Reservations run out, and are found to have run out."""
        self.clock.forward(days=days)
        with self.node.db.write() as write:
            reservations.expire_due(write, self.node.journal)

    @rule()
    def open_the_emergency_register(self) -> None:
        """Only when numbers have run out."""
        exhausted = any(self.last[book] == self.granted[book] for book in KEPT)
        try:
            with self.node.db.write() as write:
                emergency.open_outage(write, self.node.journal, cause="สายขาด", actor=SOMSRI)
        except NumbersLeft:
            assert not exhausted
        except EmergencyOpenAlready:
            pass

    @rule(book=Books)
    def register_in_the_emergency_register(self, book: Register) -> None:
        """Take the next number of the emergency series, if it is open and no other can be had."""
        try:
            with self.node.db.write() as write:
                entry = emergency.register(
                    write, self.node.journal, a_letter(len(self.emergencies), book), actor=SOMSRI
                )
        except SarabanError:
            return
        assert self.last[book] == self.granted[book]
        assert entry.emergency == len(self.emergencies) + 1
        self.emergencies[entry.emergency] = entry.id

    @rule()
    def settle_the_emergency(self) -> None:
        """Letters of the emergency register get ordinary numbers as far as there are some."""
        with self.node.db.write() as write:
            emergency.settle(write, self.node.journal, actor=SYSTEM)
        with self.node.db.read() as cursor:
            for number, entry_id in self.emergencies.items():
                entry = entries.by_emergency(cursor, YEAR, number)
                assert entry is not None
                assert entry.id == entry_id
                if entry.number and (entry.register, entry.number) not in self.given:
                    self.given[entry.register, entry.number] = entry.id
                    self.last[entry.register] = max(self.last[entry.register], entry.number)
            left = {entry.register for entry in emergency.waiting(cursor)}
            assert all(not numbers.left(cursor, book, YEAR) for book in left)
            assert (
                outages.current(cursor) is None
                or left
                or any(not numbers.left(cursor, book, YEAR) for book in KEPT)
            )

    @rule(book=Books, words=Words)
    def void(self, book: Register, words: str) -> None:
        """Cancel the newest number, or fail to."""
        self._try(book, lambda write, entry: letters.void_entry(
            write, self.node.journal, entry.id, reason=words, actor=SOMSRI
        ))  # fmt: skip

    @rule(book=Books, words=Words)
    def note(self, book: Register, words: str) -> None:
        """Write down what was done with the newest letter."""
        self._try(book, lambda write, entry: letters.note_entry(
            write, self.node.journal, entry.id, action=words, actor=SOMSRI
        ))  # fmt: skip

    @rule(book=Books, content=st.binary(min_size=1, max_size=20))
    def add_file(self, book: Register, content: bytes) -> None:
        """Put a file to the newest letter."""
        ref = put_file(self.node, content)
        self._try(book, lambda write, entry: letters.add_files(
            write, self.node.journal, entry.id, files=(ref,), actor=SOMSRI
        ))  # fmt: skip

    @rule(book=Books, first=st.integers(1, 60), size=st.integers(1, 5))
    def receive_a_range(self, book: Register, first: int, size: int) -> None:
        """Take in a range; one that overlaps is refused and changes nothing."""
        overlaps = first <= self.granted[book]
        if not overlaps:
            first = self.granted[book] + 1  # an office with one node draws ranges in a row
        more = Numbers(book, YEAR, first + size - 1, first)
        try:
            grant(self.node, more)
        except RangeProblem:
            assert overlaps
            return
        assert not overlaps
        self.granted[book] = more.last

    @rule(book=Books)
    def a_power_cut_in_the_middle(self, book: Register) -> None:
        """Begin to register, and do not come to the end of it."""
        try:
            with self.node.db.write() as write:
                letters.register_letter(write, self.node.journal, a_letter(999, book), actor=SOMSRI)
                raise KeyboardInterrupt
        except (KeyboardInterrupt, NoRangeLeft):
            pass

    @rule()
    def start_again(self) -> None:
        """Close the program and open it again."""
        self.node.close()
        self.node = appliance.open_appliance(self.folder / "node", clock=self.clock)

    @rule()
    def make_the_registers_again(self) -> None:
        """Rebuild all projections, and keep them."""
        with self.node.db.write() as write:
            projections.rebuild(write)

    @precondition(lambda self: hasattr(self, "node"))
    @invariant()
    def every_number_is_who_it_was(self) -> None:
        """I1, I2, I3 at a glance: the lines in order, and what the clerks were told."""
        with self.node.db.read() as cursor:
            found = rows(cursor, "SELECT register, number, id FROM entry WHERE number > 0")
            apart = rows(cursor, "SELECT emergency, id FROM entry WHERE emergency > 0")
            hashes = [row[0] for row in rows(cursor, "SELECT hash FROM journal ORDER BY seq")]
        assert hashes[: len(self.journal)] == self.journal
        self.journal = hashes
        assert {(Register(book), number): id_ for book, number, id_ in found} == self.given
        assert dict(apart) == self.emergencies
        for book in KEPT:
            given = sorted(number for of_book, number, _ in found if of_book == book)
            assert given == list(range(1, self.last[book] + 1))

    def teardown(self) -> None:
        """Hold the node to everything, at the end of each story."""
        try:
            if hasattr(self, "node"):
                kept(self.node)
                self.node.close()
        finally:
            shutil.rmtree(self.folder)

    def _try(self, book: Register, act: Act) -> None:
        with self.node.db.read() as cursor:
            entry = entries.by_number(cursor, book, YEAR, self.last[book])
        if entry is None:
            return
        try:
            with self.node.db.write() as write:
                act(write, entry)
        except SarabanError:
            pass  # refused: nothing may have changed, as the invariant sees


TestOfficeAtWork = OfficeAtWork.TestCase
TestOfficeAtWork.settings = settings(stateful_step_count=30)
