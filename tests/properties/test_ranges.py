"""Ranges of one series never overlap, and every number of them can be accounted for."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from saraban_sync import ranges
from saraban_sync.errors import RangeProblem
from saraban_sync.ranges import NumberRange

Ends = st.tuples(st.integers(-3, 60), st.integers(-3, 60))
Sizes = st.lists(st.integers(1, 9), max_size=8)


def _granted(sizes: list[int]) -> list[NumberRange]:
    """Grant ranges one after the other, as the centre does."""
    held: list[NumberRange] = []
    for size in sizes:
        held = ranges.add(held, ranges.next_range(held, size))
    return held


@given(st.lists(Ends, max_size=12))
def test_whatever_is_asked_for_no_number_is_ever_granted_twice(
    asked: list[tuple[int, int]],
) -> None:
    held: list[NumberRange] = []
    for first, last in asked:
        before = list(held)
        try:
            held = ranges.add(held, ranges.checked(first, last))
        except RangeProblem:
            assert held == before

    numbers = [number for one in held for number in range(one.first, one.last + 1)]
    assert len(numbers) == len(set(numbers))
    assert all(number >= 1 for number in numbers)
    assert held == sorted(held)


@given(Ends, Ends)
def test_two_ranges_overlap_exactly_when_they_share_a_number(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    a, b = NumberRange(*one), NumberRange(*other)
    if a.first > a.last or b.first > b.last:
        return

    shared = set(range(a.first, a.last + 1)) & set(range(b.first, b.last + 1))

    assert ranges.overlap(a, b) == ranges.overlap(b, a) == bool(shared)


@given(Ends)
def test_a_range_that_is_reversed_or_below_one_is_refused(ends: tuple[int, int]) -> None:
    first, last = ends
    if 1 <= first <= last:
        assert ranges.checked(first, last) == (first, last)
    else:
        with pytest.raises(RangeProblem):
            ranges.checked(first, last)


@given(Sizes)
def test_ranges_granted_in_a_row_leave_no_hole_between_them(sizes: list[int]) -> None:
    held = _granted(sizes)

    numbers = [number for one in held for number in range(one.first, one.last + 1)]
    assert numbers == list(range(1, sum(sizes) + 1))


@given(Sizes, st.data())
def test_numbers_used_in_order_are_all_explained(sizes: list[int], data: st.DataObject) -> None:
    held = _granted(sizes)
    used = [
        number
        for one in held
        for number in range(one.first, data.draw(st.integers(one.first - 1, one.last)) + 1)
    ]

    assert ranges.unexplained(held, used) == []


@given(Sizes, st.sets(st.integers(1, 80)))
def test_what_is_unexplained_is_what_was_passed_over_or_never_granted(
    sizes: list[int], used: set[int]
) -> None:
    held = _granted(sizes)

    found = ranges.unexplained(held, used)

    missing = {n for one in held for n in one_missing(one, used)}
    strangers = {n for n in used if not any(n in one for one in held)}
    assert found == sorted(missing | strangers)
    assert ranges.unexplained(held, used | missing) == sorted(strangers)


def one_missing(held: NumberRange, used: set[int]) -> set[int]:
    """The numbers of one range below its greatest used one that are not used."""
    inside = [number for number in used if number in held]
    return set(range(held.first, max(inside, default=0))) - used
