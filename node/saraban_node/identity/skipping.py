"""Which numbers are given up when a fence is lifted: arithmetic only.

    range 101 … 200, next 131, last known 140, guard 20
    131 … 140  may have been given          141 … 160  for safety          161 …  goes on here

What is known may lie far ahead of a range, or behind it; the guard goes over into the next range of
the series as the numbers themselves would have.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Rest(NamedTuple):
    """What is left of an open range."""

    next: int
    last: int


class Skip(NamedTuple):
    """Numbers to be given up, and how many of them only for safety."""

    first: int
    last: int
    guard: int


def skips(rests: Sequence[Rest], *, known: int | None, guard: int) -> tuple[list[Skip], int]:
    """Choose the numbers of one series that are given up.

    Args:
        rests: what is left of the open ranges.
        known: the greatest number that may have been given; None when nobody knows.
        guard: how many more are given up for safety.

    Returns:
        What is given up, and how much of the guard found no number to lie on.
    """
    found: list[Skip] = []
    for rest in sorted(rests):
        if known is None:
            found.append(Skip(rest.next, rest.last, 0))
            continue
        given = min(max(known, rest.next - 1), rest.last)
        more = min(guard, rest.last - given)
        guard -= more
        if given + more >= rest.next:
            found.append(Skip(rest.next, given + more, more))
    return found, 0 if known is None else guard
