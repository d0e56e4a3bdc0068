"""How long numbers last, and what an office asks for, and when."""

from datetime import date
from fractions import Fraction

import pytest

from saraban_sync.policy import Policy, Stock, Wish, ahead, first_size, forecast, wishes
from saraban_sync.registers import Register

IN, OUT = Register.INCOMING, Register.OUTGOING
JUNE, OCTOBER = date(2026, 6, 9), date(2026, 10, 1)
DAY = 86_400


def _stock(left: int, used: int = 0, **more: int) -> Stock:
    return Stock(IN, 2569, granted=more.pop("granted", 500), left=left, used=used, **more)


def test_a_school_that_uses_four_numbers_a_day_has_seventy_five_days() -> None:
    said = forecast(_stock(300, used=112))

    assert (said.per_day, said.per_day_text, said.days_left) == (Fraction(4), "4.00", 75)
    assert (said.mark, said.enough) == (100, True)


def test_numbers_that_nobody_uses_have_no_end_in_sight() -> None:
    assert forecast(_stock(300)).days_left is None


@pytest.mark.parametrize(
    ("silence_days", "bridge"), [(0, 14), (7, 14), (8, 16), (30, 60), (400, 120)]
)
def test_numbers_must_last_through_twice_the_longest_silence(
    silence_days: int, bridge: int
) -> None:
    said = forecast(_stock(300, used=280), silence_s=silence_days * DAY)

    assert said.bridge_days == bridge
    assert said.mark == max(100, 10 * bridge)
    assert said.enough == (10 * bridge <= 300)


def test_the_first_morning_of_an_office_is_no_measure_of_its_year() -> None:
    assert forecast(_stock(450, used=50, days=1)).per_day == Fraction(50, 7)


def test_a_school_asks_when_it_reaches_its_low_water_mark() -> None:
    assert wishes([_stock(100)], today=JUNE) == []
    assert wishes([_stock(99, used=112)], today=JUNE, silence_s=DAY) == [
        Wish(IN, 2569, size=500, left=99, per_day="4.00", silence_s=DAY)
    ]


def test_a_busy_office_asks_for_as_many_blocks_as_it_needs() -> None:
    """A hundred a day for sixty days: 6,000 numbers, and one block beyond."""
    (wish,) = wishes([_stock(1_000, used=2_800)], today=JUNE, silence_s=30 * DAY)
    assert wish.size == 10 * 500

    (wish,) = wishes([_stock(4_000, used=2_800)], today=JUNE, silence_s=30 * DAY)
    assert wish.size == 5 * 500


def test_what_is_on_its_way_is_not_asked_for_again() -> None:
    assert wishes([_stock(20, asked=500)], today=JUNE) == []


def test_a_register_that_was_never_granted_is_left_alone() -> None:
    assert wishes([_stock(0, granted=0)], today=JUNE) == []
    assert wishes([], today=JUNE) == []


def test_a_register_with_no_number_left_is_asked_for() -> None:
    (wish,) = wishes([_stock(0, used=3)], today=JUNE)

    assert (wish.size, wish.left) == (500, 0)


def test_next_years_first_range_is_asked_for_from_october() -> None:
    assert not ahead(date(2026, 9, 30))
    assert wishes([_stock(400)], today=date(2026, 9, 30)) == []
    assert ahead(OCTOBER)

    (wish,) = wishes([_stock(400, used=28)], today=OCTOBER)

    assert (wish.year, wish.size, wish.left, wish.per_day) == (2570, 500, 0, "1.00")


@pytest.mark.parametrize(
    "held", [Stock(IN, 2570, granted=50, left=50), Stock(IN, 2570, granted=0, left=0, asked=50)]
)
def test_next_years_range_is_asked_for_once(held: Stock) -> None:
    assert wishes([_stock(400), held], today=OCTOBER) == []


def test_next_years_range_is_asked_for_again_when_all_of_it_was_given_up() -> None:
    """A machine that was restored in November must have numbers on 1 January, line or not."""
    (wish,) = wishes([_stock(400), Stock(IN, 2570, granted=500, left=0)], today=OCTOBER)

    assert (wish.year, wish.size, wish.left) == (2570, 500, 0)


def test_a_fast_register_gets_a_larger_first_range() -> None:
    assert first_size(_stock(0, used=28)) == 500
    assert first_size(_stock(0, used=2_800)) == 1_500
    assert first_size(_stock(0, used=2_800), silence_s=30 * DAY) == 5_000


def test_a_register_of_last_year_is_provided_for_when_the_year_has_turned() -> None:
    last_year = Stock(OUT, 2569, granted=500, left=30, used=280)

    (wish,) = wishes([last_year], today=date(2027, 1, 5))

    assert (wish.register, wish.year, wish.size, wish.per_day) == (OUT, 2570, 500, "10.00")


def test_registers_are_provided_for_each_for_itself() -> None:
    low = [_stock(3), Stock(OUT, 2569, granted=500, left=7)]

    assert [(one.register, one.left) for one in wishes(low, today=JUNE)] == [(IN, 3), (OUT, 7)]


def test_an_office_may_set_its_own_blocks() -> None:
    small = Policy(block=50, low=10)

    assert wishes([_stock(11)], today=JUNE, policy=small) == []
    (wish,) = wishes([_stock(9)], today=JUNE, policy=small)
    assert wish.size == 50
