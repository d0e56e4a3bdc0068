"""Ranges of numbers: arithmetic only.

A range is first to last of one series, granted to one node. Ranges of one series never overlap;
that is checked where they are granted, where they are used, and by the auditor.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from saraban_sync.errors import RangeProblem


class NumberRange(NamedTuple):
    """Numbers ``first`` to ``last``, both included."""

    first: int
    last: int

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.first <= number <= self.last


def checked(first: int, last: int) -> NumberRange:
    """Make a range.

    Raises:
        RangeProblem: it is empty, reversed or begins below 1.
    """
    if not 1 <= first <= last:
        raise RangeProblem(f"{first}..{last}", first=first, last=last)
    return NumberRange(first, last)


def overlap(one: NumberRange, other: NumberRange) -> bool:
    """Tell whether two ranges of one series share a number."""
    return one.first <= other.last and other.first <= one.last


def add(held: Sequence[NumberRange], new: NumberRange) -> list[NumberRange]:
    """Add a range to those already granted in a series.

    Raises:
        RangeProblem: it overlaps one of them.
    """
    if any(overlap(one, new) for one in held):
        raise RangeProblem(f"{new} overlaps {held}", first=new.first, last=new.last)
    return sorted([*held, new])


def next_range(held: Iterable[NumberRange], size: int) -> NumberRange:
    """Give the next ``size`` numbers after everything granted so far.

    Raises:
        RangeProblem: ``size`` is less than 1.
    """
    first = max((one.last for one in held), default=0) + 1
    return checked(first, first + size - 1)


def unexplained(held: Iterable[NumberRange], used: Iterable[int]) -> list[int]:
    """Find the numbers of granted ranges that were passed over without a word.

    Within each range numbers are taken in order, so every number up to the greatest used one must
    be used. A number used outside every range is unexplained too.

    Args:
        held: the granted ranges of one series.
        used: numbers that the register holds in any state (issued, void, reserved).
    """
    seen = sorted(set(used))
    missing: list[int] = []
    outside: set[int] = set(seen)
    for one in held:
        taken = seen[bisect_left(seen, one.first) : bisect_right(seen, one.last)]
        outside.difference_update(taken)
        if taken:
            missing += set(range(one.first, taken[-1] + 1)).difference(taken)
    return sorted({*missing, *outside})
