"""Which numbers a node has used: runs, so that a year of letters is a handful of pairs.

Ranges are granted to one node each and never overlap, so a number inside a node's own range can
only be used twice by that node itself; one outside is an alarm whoever else may have used it. It
is therefore enough to remember the numbers of each journal for itself.
"""

from bisect import bisect_right
from collections.abc import Sequence

Run = tuple[int, int]


def contains(runs: Sequence[Run], number: int) -> bool:
    """Tell whether a number is in one of the runs."""
    place = bisect_right(runs, (number, 1 << 62)) - 1
    return place >= 0 and runs[place][0] <= number <= runs[place][1]


def with_number(runs: Sequence[Run], number: int) -> list[Run]:
    """Give the runs with one more number; runs that now touch become one.

    Raises:
        ValueError: the number is there already.
    """
    if contains(runs, number):
        raise ValueError(f"{number} was used before")
    place = bisect_right(runs, (number, 1 << 62))
    first = last = number
    start, end = place, place
    if place > 0 and runs[place - 1][1] == number - 1:
        first, start = runs[place - 1][0], place - 1
    if place < len(runs) and runs[place][0] == number + 1:
        last, end = runs[place][1], place + 1
    return [*runs[:start], (first, last), *runs[end:]]


def with_run(runs: Sequence[Run], run: Run) -> list[Run]:
    """Give the runs with all numbers of one more; it may touch or cover others."""
    first, last = run
    apart = [one for one in runs if one[1] < first - 1 or one[0] > last + 1]
    near = [one for one in runs if not (one[1] < first - 1 or one[0] > last + 1)]
    whole = (min([first, *(one[0] for one in near)]), max([last, *(one[1] for one in near)]))
    return sorted([*apart, whole])
