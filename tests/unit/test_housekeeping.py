"""What the appliance does by itself: end, settle, ask, give back; and when it rests."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from saraban_node import health, housekeeping, meta
from saraban_node.appliance import Appliance
from saraban_node.books import entries
from saraban_node.books.entries import Entry
from saraban_node.findings import Finding
from saraban_node.housekeeping import Housekeeper, Kept, keep_house
from saraban_node.journal import SYSTEM
from saraban_node.numbering import emergency, numbers, outages
from saraban_node.numbering import reservations as reserving
from saraban_sync.number_events import ReservationEnded
from saraban_sync.registers import Register, thai_date
from tests.offices import (
    SOMSRI,
    YEAR,
    HandClock,
    Numbers,
    a_letter,
    an_office,
    events_of,
    grant,
    register,
)
from tests.promises import kept

BOOK = Register.OUTGOING
SUMMER = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
NEW_YEAR = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
"""Midnight in Thailand."""


@pytest.fixture
def clock() -> HandClock:
    return HandClock(SUMMER)


@pytest.fixture
def node(tmp_path: Path, clock: HandClock) -> Iterator[Appliance]:
    ranges = [Numbers(book, YEAR, 200) for book in (Register.INCOMING, BOOK)]
    made = an_office(tmp_path / "node", clock=clock, ranges=ranges)
    yield made
    kept(made)
    made.close()


def reserve(node: Appliance, *, days: int = 7) -> Entry:
    with node.db.write() as write:
        return reserving.reserve(
            write, node.journal, register=BOOK, holder="ครูมะลิ", purpose="ขอไปราชการ",
            expires=thai_date(write.now) + timedelta(days=days), actor=SOMSRI,
        )  # fmt: skip


def vouch(node: Appliance) -> None:
    """Somebody looks at the clock."""
    with node.db.write() as write:
        node.journal.clock.vouched(write)


def findings(node: Appliance) -> dict[str, Finding]:
    return {one.name: one for one in health.look(node, thorough=False)}


def test_with_nothing_due_nothing_is_written(node: Appliance) -> None:
    before = len(events_of(node))

    assert keep_house(node) == Kept()
    assert len(events_of(node)) == before


def test_reservations_end_the_day_after_their_last(node: Appliance, clock: HandClock) -> None:
    for days in (1, 1, 2):
        reserve(node, days=days)
    clock.forward(days=1)
    last_day = keep_house(node)
    clock.forward(days=1)

    done = keep_house(node)

    assert (last_day.expired, done.expired, done.wrote) == (0, 2, True)
    assert [event.actor for event in events_of(node, "reservation.ended")] == [SYSTEM, SYSTEM]


def test_many_reservations_end_in_short_acts(node: Appliance, clock: HandClock) -> None:
    """However many there are, a clerk who registers meanwhile waits for a few of them only."""
    for _ in range(50):
        reserve(node, days=1)
    clock.forward(days=2)

    done = keep_house(node)

    assert done.expired == 50
    bodies = [event.body for event in events_of(node, "reservation.ended")]
    assert all(isinstance(body, ReservationEnded) and body.how == "expired" for body in bodies)


def test_numbers_are_asked_for(node: Appliance) -> None:
    for n in range(155):
        register(node, a_letter(n, BOOK))

    done = keep_house(node)

    assert [(one.register, one.year) for one in done.asked] == [(BOOK, YEAR)]
    assert keep_house(node).asked == ()


def test_the_emergency_is_settled_when_numbers_have_come(node: Appliance, clock: HandClock) -> None:
    for n in range(200):
        register(node, a_letter(n, BOOK))
    with node.db.write() as write:
        emergency.open_outage(write, node.journal, cause="สายขาด", actor=SOMSRI)
        for n in range(30):
            emergency.register(write, node.journal, a_letter(n, BOOK), actor=SOMSRI)
    before = keep_house(node)
    grant(node, Numbers(BOOK, YEAR, 600, first=201))

    after = keep_house(node)

    assert (before.settled, after.settled) == (0, 30)
    with node.db.read() as cursor:
        assert outages.current(cursor) is None
        assert entries.by_number(cursor, BOOK, YEAR, 230) is not None


def test_the_rest_of_last_year_is_given_back_after_a_month(
    node: Appliance, clock: HandClock
) -> None:
    register(node, a_letter(1, BOOK))
    clock.until(NEW_YEAR + timedelta(days=30) - timedelta(minutes=1))
    vouch(node)
    before = keep_house(node)
    clock.forward(minutes=1)

    done = keep_house(node)

    assert before.returned == ()
    assert {(one.register, one.next, one.last) for one in done.returned} == {
        (Register.INCOMING, 1, 200), (BOOK, 2, 200),
    }  # fmt: skip
    with node.db.read() as cursor:
        assert numbers.left(cursor, BOOK, YEAR) == 0
        assert [one.state for one in numbers.gaps(cursor, BOOK, YEAR)] == ["returned"]
    assert keep_house(node).returned == ()


def test_a_reserved_number_keeps_the_rest_of_its_book(node: Appliance, clock: HandClock) -> None:
    """It may still be cancelled and another be needed; the other book goes back."""
    reserve(node, days=360)
    clock.until(NEW_YEAR + timedelta(days=40))
    vouch(node)

    done = keep_house(node)

    assert [one.register for one in done.returned] == [Register.INCOMING]


def test_numbers_of_this_year_are_never_given_back(node: Appliance, clock: HandClock) -> None:
    clock.until(NEW_YEAR - timedelta(minutes=1))
    vouch(node)

    assert keep_house(node).returned == ()


def test_nothing_is_given_back_on_the_word_of_a_battery_clock(
    node: Appliance, clock: HandClock
) -> None:
    """It may be a year ahead, and what is returned is gone for ever."""
    clock.until(NEW_YEAR + timedelta(days=40))
    vouch(node)
    register_one_of_the_new_year(node)
    clock.reboot(days=1)

    assert keep_house(node).returned == ()

    vouch(node)
    assert len(keep_house(node).returned) == 2


def register_one_of_the_new_year(node: Appliance) -> None:
    grant(node, Numbers(BOOK, YEAR + 1, 200))
    register(node, a_letter(1, BOOK))


def test_a_fenced_node_rests(node: Appliance, clock: HandClock) -> None:
    reserve(node, days=1)
    clock.forward(days=3)
    with node.db.write() as write:
        meta.put(write, meta.FENCED, meta.RESTORED)

    assert keep_house(node) == Kept(resting="fenced")

    with node.db.write() as write:
        meta.remove(write, meta.FENCED)


def test_a_node_that_does_not_know_the_day_rests(node: Appliance, clock: HandClock) -> None:
    reserve(node, days=1)
    clock.put(SUMMER + timedelta(days=300))

    assert keep_house(node) == Kept(resting="clock")


def test_the_house_is_kept_in_the_background(node: Appliance, clock: HandClock) -> None:
    reserve(node, days=1)
    clock.forward(days=3)
    heard: list[bool] = []
    keeper = Housekeeper(node, wrote=lambda: heard.append(True), every=0.01)

    keeper.start()
    deadline = time.monotonic() + 30
    while not heard and time.monotonic() < deadline:
        time.sleep(0.01)
    keeper.stop()

    assert heard
    assert len(events_of(node, "reservation.ended")) == 1


def test_reservations_that_run_out_soon_are_brought_to_mind(
    node: Appliance, clock: HandClock
) -> None:
    soon = reserve(node, days=2)
    reserve(node, days=9)

    with node.db.read() as cursor:
        due = housekeeping.due_reservations(cursor, now=node.clock.now())

    assert [one.id for one in due] == [soon.id]
    assert not findings(node)["reservations"].good
    assert f"{soon.number}/{YEAR}" in findings(node)["reservations"].thai


# What the status page says.


def test_the_status_says_for_how_many_days_numbers_last(node: Appliance) -> None:
    for n in range(70):
        register(node, a_letter(n, BOOK))

    found = findings(node)["numbers.outgoing"]

    assert not found.good  # ten a day, as far as is known: 130 last for 13 of the 14 days wanted
    assert "130" in found.thai
    assert "13 วัน" in found.thai
    assert "13 days" in found.english


def test_numbers_that_were_asked_for_in_time_are_no_alarm(node: Appliance) -> None:
    for n in range(70):
        register(node, a_letter(n, BOOK))
    keep_house(node)

    found = findings(node)["numbers.outgoing"]

    assert found.good
    assert "ขอเพิ่มแล้ว 500 เลข (คำขอยังไม่ถึงส่วนกลาง)" in found.thai


def test_the_last_numbers_are_an_alarm_even_when_more_were_asked_for(node: Appliance) -> None:
    for n in range(160):
        register(node, a_letter(n, BOOK))
    keep_house(node)

    assert not findings(node)["numbers.outgoing"].good


def test_a_book_without_numbers_of_the_new_year_is_named(node: Appliance, clock: HandClock) -> None:
    clock.until(datetime(2026, 12, 2, 2, 0, tzinfo=UTC))
    grant(node, Numbers(BOOK, YEAR + 1, 100))
    december = findings(node)["numbers.next-year"]
    grant(node, Numbers(Register.INCOMING, YEAR + 1, 100))

    assert not december.good
    assert "ทะเบียนหนังสือรับ" in december.thai
    assert "ทะเบียนหนังสือส่ง" not in december.thai
    assert "numbers.next-year" not in findings(node)


def test_after_new_year_a_book_without_numbers_is_named(node: Appliance, clock: HandClock) -> None:
    clock.until(NEW_YEAR + timedelta(hours=9))

    assert not findings(node)["numbers.this-year"].good


def test_an_open_emergency_register_is_named(node: Appliance) -> None:
    for n in range(200):
        register(node, a_letter(n, BOOK))
    with node.db.write() as write:
        emergency.open_outage(write, node.journal, cause="สายขาดจากพายุ", actor=SOMSRI)

    found = findings(node)["emergency"]

    assert not found.good
    assert "สายขาดจากพายุ" in found.thai


def test_a_thorough_look_proves_every_number(node: Appliance) -> None:
    register(node, a_letter(1, BOOK))
    good = {one.name: one for one in health.look(node)}["numbers.proof"]
    with node.db.write() as write:
        write.cursor.execute("UPDATE entry SET number = 7 WHERE register = 'outgoing'")

    bad = {one.name: one for one in health.look(node)}["numbers.proof"]

    assert (good.good, bad.good) == (True, False)
    assert "400" in good.thai
    with node.db.write() as write:
        write.cursor.execute("UPDATE entry SET number = 1 WHERE register = 'outgoing'")


def test_a_clock_that_cannot_be_trusted_is_named(node: Appliance, clock: HandClock) -> None:
    trusted = findings(node)["clock"]
    clock.put(SUMMER + timedelta(days=300))

    assert (trusted.good, findings(node)["clock"].good) == (True, False)
