"""จองเลข: a number kept for a letter to come, its own day, and what becomes of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from saraban_node import meta, projections
from saraban_node.appliance import Appliance
from saraban_node.books import entries, history, letters, registers, search
from saraban_node.books.entries import Entry
from saraban_node.books.registers import RegisterQuery
from saraban_node.clocks.errors import ClockUntrusted
from saraban_node.errors import (
    AlreadyVoid,
    NotWhileReserved,
    ReasonMissing,
    ReservationOver,
    ReservationWrong,
)
from saraban_node.numbering import reservations
from saraban_sync.registers import Register, thai_date
from tests.offices import (
    MORNING,
    SOMSRI,
    YEAR,
    HandClock,
    Numbers,
    a_letter,
    an_office,
    events_of,
    register,
)
from tests.promises import kept

BOOK = Register.OUTGOING


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def node(tmp_path: Path, clock: HandClock) -> Iterator[Appliance]:
    books = (Register.INCOMING, BOOK, Register.ORDER)
    ranges = [Numbers(book, year, 20) for book in books for year in (YEAR, YEAR + 1)]
    made = an_office(tmp_path / "node", clock=clock, ranges=ranges)
    yield made
    kept(made)
    made.close()


def reserve(node: Appliance, book: Register = BOOK, *, days: int = 7, **fields: str) -> Entry:
    said = {"holder": "ครูมะลิ", "purpose": "ขออนุญาตไปราชการ", **fields}
    with node.db.write() as write:
        return reservations.reserve(
            write, node.journal, register=book, expires=thai_date(write.now) + timedelta(days=days),
            actor=SOMSRI, **said,
        )  # fmt: skip


def finish(node: Appliance, reserved: Entry, book: Register = BOOK) -> Entry:
    return register(node, a_letter(1, book, subject="ขออนุญาตไปราชการ", reservation=reserved.id))


def test_a_reserved_number_is_the_next_one_and_nobody_else_gets_it(node: Appliance) -> None:
    reserved = reserve(node)
    other = register(node, a_letter(1, BOOK))

    assert (reserved.number, reserved.state, other.number) == (1, "reserved", 2)
    assert reserved.letter_no == "ศธ 04123.45/1"
    assert (reserved.holder, reserved.expires) == ("ครูมะลิ", date(2026, 11, 29))


def test_a_letter_on_a_reserved_number_shows_both_times(node: Appliance, clock: HandClock) -> None:
    reserved = reserve(node)
    clock.forward(days=3)

    entry = finish(node, reserved)

    assert (entry.number, entry.state, entry.year) == (1, "issued", YEAR)
    assert entry.reserved_at == MORNING
    assert entry.registered_at == MORNING + timedelta(days=3)
    assert entry.letter_no == "ศธ 04123.45/1"
    assert (entry.holder, entry.reserved_by) == ("ครูมะลิ", SOMSRI)
    with node.db.read() as cursor:
        assert [one.kind for one in history.of_entry(cursor, entry.seq)] == [
            "number.reserved", "letter.registered",
        ]  # fmt: skip
        assert entries.by_id(cursor, reserved.id) is None


def test_last_years_reserved_number_is_finished_in_last_years_register(
    node: Appliance, clock: HandClock
) -> None:
    clock.until(MORNING + timedelta(days=38))  # 30 December
    reserved = reserve(node)
    clock.forward(days=5)

    entry = finish(node, reserved)
    new = register(node, a_letter(2, BOOK))

    assert (entry.year, entry.number) == (YEAR, 1)
    assert (new.year, new.number) == (YEAR + 1, 1)


def test_a_reservation_is_cancelled_with_a_reason_and_its_number_stays(node: Appliance) -> None:
    reserved = reserve(node)
    with node.db.write() as write:
        ended = reservations.cancel(
            write, node.journal, reserved.id, reason="ไม่ได้เดินทาง", actor=SOMSRI
        )

    assert (ended.state, ended.void_reason, ended.number) == ("void", "ไม่ได้เดินทาง", 1)
    assert register(node, a_letter(1, BOOK)).number == 2
    with pytest.raises(ReservationOver) as wrong:
        finish(node, reserved)
    assert "ถูกยกเลิกแล้ว" in wrong.value.sentence("th")


def test_without_a_reason_a_reservation_stays(node: Appliance) -> None:
    reserved = reserve(node)
    with node.db.write() as write, pytest.raises(ReasonMissing):
        reservations.cancel(write, node.journal, reserved.id, reason=" ", actor=SOMSRI)
    assert finish(node, reserved).number == 1


def test_a_reservation_runs_out_on_the_day_after_its_last(
    node: Appliance, clock: HandClock
) -> None:
    reserved = reserve(node, days=2)
    clock.forward(days=2)
    with node.db.write() as write:
        assert reservations.expire_due(write, node.journal) == 0
    clock.forward(days=1)
    with node.db.write() as write:
        assert reservations.expire_due(write, node.journal) == 1
        assert reservations.expire_due(write, node.journal) == 0

    with node.db.read() as cursor:
        entry = entries.by_id(cursor, reserved.id)
        assert entry is not None
        assert entry.state == "expired"
        assert registers.reserved(cursor) == []
    with pytest.raises(ReservationOver):
        finish(node, reserved)


def test_a_reservation_over_its_last_day_is_over_before_anybody_has_said_so(
    node: Appliance, clock: HandClock
) -> None:
    reserved = reserve(node, days=1)
    clock.forward(days=2)

    with pytest.raises(ReservationOver) as wrong:
        finish(node, reserved)

    assert "last day" in wrong.value.sentence("en")


def test_a_reserved_number_takes_one_letter_only(node: Appliance) -> None:
    reserved = reserve(node)
    finish(node, reserved)
    before = events_of(node)

    with pytest.raises(ReservationOver) as wrong:
        finish(node, reserved)

    assert events_of(node) == before
    assert "a letter has it" in wrong.value.sentence("en")


def test_a_reserved_number_of_another_register_is_refused(node: Appliance) -> None:
    reserved = reserve(node, Register.ORDER)
    with pytest.raises(ReservationOver):
        finish(node, reserved)
    assert finish(node, reserved, Register.ORDER).letter_no == f"1/{YEAR}"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"holder": ""}, "for whom"),
        ({"purpose": " "}, "what for"),
        ({"days": -1}, "within"),
        ({"days": 400}, "within"),
        ({"book": Register.INCOMING}, "when a letter comes"),
    ],
)
def test_a_reservation_that_says_too_little_takes_no_number(
    node: Appliance, fields: dict[str, object], said: str
) -> None:
    with pytest.raises(ReservationWrong) as wrong:
        reserve(node, **fields)  # type: ignore[arg-type] # the parameters name the fields
    assert said in wrong.value.sentence("en")
    assert register(node, a_letter(1, BOOK)).number == 1


def test_a_reserved_number_is_found_by_its_purpose_and_holder(node: Appliance) -> None:
    reserved = reserve(node)
    with node.db.read() as cursor:
        assert search.find(cursor, "ครูมะลิ") == [reserved.seq]
    entry = finish(node, reserved)
    with node.db.read() as cursor:
        assert search.find(cursor, "ไปราชการ") == [entry.seq]


def test_a_reserved_number_in_the_index_gives_way_to_its_letter(tmp_path: Path) -> None:
    node = an_office(tmp_path / "busy")
    reserved = reserve(node)
    for number in range(search.PAGE):
        register(node, a_letter(number))
    entry = finish(node, reserved)
    with node.db.read() as cursor:
        assert search.find(cursor, "ขออนุญาต") == [entry.seq]
        assert search.find(cursor, "ครูมะลิ") == []
    kept(node)
    node.close()


def test_what_has_no_letter_yet_cannot_be_noted_or_cancelled_as_one(node: Appliance) -> None:
    reserved = reserve(node)
    with node.db.write() as write, pytest.raises(NotWhileReserved):
        letters.void_entry(write, node.journal, reserved.id, reason="ผิด", actor=SOMSRI)
    with node.db.write() as write, pytest.raises(NotWhileReserved):
        letters.note_entry(write, node.journal, reserved.id, action="ทราบ", actor=SOMSRI)


def test_a_letter_on_a_reserved_number_is_cancelled_like_any_other(node: Appliance) -> None:
    entry = finish(node, reserve(node))
    with node.db.write() as write:
        gone = letters.void_entry(write, node.journal, entry.id, reason="ผิด", actor=SOMSRI)
    assert gone.state == "void"
    with node.db.write() as write, pytest.raises(AlreadyVoid):
        letters.void_entry(write, node.journal, entry.id, reason="ผิด", actor=SOMSRI)


def test_a_letter_on_a_reserved_number_waits_for_a_clock_that_can_be_trusted(
    node: Appliance, clock: HandClock
) -> None:
    """A clock that fell back years would let a number be used after its last day, and before it
    was reserved."""
    reserved = reserve(node, days=1)
    clock.forward(days=3)
    clock.has_rtc = False
    clock.reboot()
    clock.put(MORNING - timedelta(days=400))
    before = events_of(node)

    with pytest.raises(ClockUntrusted):
        finish(node, reserved)

    assert events_of(node) == before


def test_a_number_stands_under_the_day_on_which_it_was_reserved(
    node: Appliance, clock: HandClock
) -> None:
    """A day's page of the register has all numbers of that day, whenever their letters came."""
    reserved = reserve(node)
    day = thai_date(clock.now()).isoformat()
    clock.forward(days=3)
    entry = finish(node, reserved)
    query = RegisterQuery(register=BOOK, year=YEAR, first_day=day, last_day=day)
    with node.db.read() as cursor:
        assert [one.id for one in registers.page(cursor, query)] == [entry.id]
        for state in ("void", "expired", "reserved"):
            assert registers.page(cursor, replace(query, state=state)) == []


def test_what_a_reserved_number_was_told_to_be_does_not_change_with_the_settings(
    node: Appliance,
) -> None:
    reserved = reserve(node)
    with node.db.write() as write:
        meta.put(write, meta.PREFIX, "ศธ 99999")
        projections.rebuild(write)
    with node.db.read() as cursor:
        found = entries.by_id(cursor, reserved.id)
    assert found is not None
    assert found.letter_no == "ศธ 04123.45/1"
    assert finish(node, reserved).letter_no == "ศธ 04123.45/1"
