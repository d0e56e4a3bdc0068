"""Whatever an office does with its numbers, the proof says what became of each, and is whole."""

import tempfile
from datetime import timedelta
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import given, settings

from saraban_node.appliance import Appliance
from saraban_node.books import entries, letters
from saraban_node.books.entries import Entry
from saraban_node.journal import SYSTEM
from saraban_node.numbering import emergency, numbers, outages, prove, reservations
from saraban_sync.number_events import NumbersReturned, NumbersSkipped
from saraban_sync.registers import Register, thai_date
from saraban_sync.states import State
from tests.offices import SOMSRI, YEAR, HandClock, Numbers, a_letter, an_office, grant, register

BOOK = Register.OUTGOING
ACTS = (
    "register", "register", "reserve", "reserve-for-a-day", "finish", "cancel", "void", "skip",
    "return", "grant", "a-day-passes", "emergency", "settle",
)  # fmt: skip
Acts = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 99)), max_size=30)


class Office:
    """A real office, and a list of what became of each number."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        ranges = [Numbers(Register.INCOMING, YEAR, 5), Numbers(BOOK, YEAR, 8)]
        self.node: Appliance = an_office(folder, clock=self.clock, ranges=ranges)
        self.last = 8
        self.states: dict[int, State] = {number: State.UNUSED for number in range(1, 9)}
        self.lines: dict[int, Entry] = {}
        self.emergencies = 0

    def do(self, act: str, choice: int) -> None:
        """Do one act if it is possible now."""
        left = [number for number, state in self.states.items() if state is State.UNUSED]
        match act:
            case "register" if left:
                self._now(register(self.node, a_letter(choice, BOOK)), State.ISSUED)
            case "reserve" | "reserve-for-a-day" if left:
                self._now(self._reserve(1 if act.endswith("day") else 30), State.RESERVED)
            case "finish" | "cancel" if (one := self._any(State.RESERVED, choice)) is not None:
                self._end(one, finish=act == "finish")
            case "void" if (one := self._any(State.ISSUED, choice)) is not None:
                with self.node.db.write() as write:
                    letters.void_entry(write, self.node.journal, one.id, reason="ผิด", actor=SOMSRI)
                self.states[one.number] = State.VOID
            case "skip" | "return" if left:
                self._give_up(left, choice, skipped=act == "skip")
            case "grant":
                grant(self.node, Numbers(BOOK, YEAR, self.last + 3, first=self.last + 1))
                for number in range(self.last + 1, self.last + 4):
                    self.states[number] = State.UNUSED
                self.last += 3
            case "a-day-passes":
                self.clock.forward(days=1)
                self._expire()
            case "emergency" if not left:
                self._in_emergency(choice)
            case "settle":
                self._settle(left)
            case _:
                pass

    def _now(self, entry: Entry, state: State) -> None:
        self.states[entry.number] = state
        self.lines[entry.number] = entry

    def _any(self, state: State, choice: int) -> Entry | None:
        found = [number for number, one in self.states.items() if one is state]
        return self.lines[found[choice % len(found)]] if found else None

    def _reserve(self, days: int) -> Entry:
        with self.node.db.write() as write:
            return reservations.reserve(
                write, self.node.journal, register=BOOK, holder="ก", purpose="ข",
                expires=thai_date(write.now) + timedelta(days=days), actor=SOMSRI,
            )  # fmt: skip

    def _end(self, one: Entry, *, finish: bool) -> None:
        if finish:
            letter = a_letter(1, BOOK, subject="ข", reservation=one.id)
            self._now(register(self.node, letter), State.ISSUED)
            return
        with self.node.db.write() as write:
            reservations.cancel(write, self.node.journal, one.id, reason="ไม่ใช้", actor=SOMSRI)
        self.states[one.number] = State.VOID

    def _give_up(self, left: list[int], choice: int, *, skipped: bool) -> None:
        """Give up the next numbers of a range, as lifting a fence or the end of a year does."""
        with self.node.db.read() as cursor:
            held = next(one for one in numbers.held(cursor) if one.register is BOOK and one.left)
        last = min(held.last, held.next + choice % 3)
        body = (
            NumbersSkipped(register=BOOK, year=YEAR, first=held.next, last=last, why="restored")
            if skipped
            else NumbersReturned(register=BOOK, year=YEAR, first=held.next, last=last)
        )
        with self.node.db.write() as write:
            self.node.journal.append(write, body, actor=SYSTEM)
        for number in range(held.next, last + 1):
            self.states[number] = State.SKIPPED if skipped else State.RETURNED

    def _expire(self) -> None:
        with self.node.db.write() as write:
            reservations.expire_due(write, self.node.journal)
        today = thai_date(self.clock.now())
        for number, state in self.states.items():
            expires = self.lines[number].expires if state is State.RESERVED else None
            if expires is not None and expires < today:
                self.states[number] = State.EXPIRED

    def _in_emergency(self, choice: int) -> None:
        with self.node.db.write() as write:
            if outages.current(write.cursor) is None:
                emergency.open_outage(write, self.node.journal, cause="สายขาด", actor=SOMSRI)
            emergency.register(write, self.node.journal, a_letter(choice, BOOK), actor=SOMSRI)
        self.emergencies += 1

    def _settle(self, left: list[int]) -> None:
        with self.node.db.write() as write:
            waiting = emergency.waiting(write.cursor)
            emergency.settle(write, self.node.journal, actor=SYSTEM)
        with self.node.db.read() as cursor:
            for number, _ in zip(left, waiting, strict=False):
                line = entries.by_number(cursor, BOOK, YEAR, number)
                assert line is not None
                self._now(line, State.ISSUED)


@settings(max_examples=40)
@given(Acts)
def test_the_proof_says_of_each_number_what_became_of_it(acts: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        office = Office(Path(folder) / "node")
        for act, choice in acts:
            office.do(act, choice)
        with office.node.db.read() as cursor:
            proof = prove.prove(cursor)
            twice = prove.from_journal(cursor, proof, key=office.node.journal.key.public)
        office.node.close()

    assert twice.whole
    book = next(one for one in twice.series if one.register is BOOK)
    states = {
        number: run.state for run in book.account.runs for number in range(run.first, run.last + 1)
    }
    assert states == office.states
    odd = {number for one in book.notable for number in range(one.first, one.last + 1)}
    plain = {State.UNUSED, State.ISSUED}
    assert {number for number, state in states.items() if state not in plain} <= odd
    assert sum(one.total for one in twice.emergency) == office.emergencies
