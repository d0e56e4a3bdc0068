"""Numbers of this node's own ranges that another machine has given: they are not given again.

    ours      … 24 │ next 25 ──────────────────── 500
    another   … 24   25   26   27                       one that had our name, and has its own now
                     └─skipped─┘ next 28

Two machines that worked under one name had the same ranges. What the other one numbered comes
through the mailbox once it has a name of its own; whoever kept the name may not have come so far.
Until then nobody knows how far the other one came, and the rest of the ranges is given up.
"""

from collections.abc import Iterable
from typing import Final

from saraban_base.sqlite import Cursor, Write, rows
from saraban_node import meta
from saraban_node.appliance import Appliance
from saraban_node.journal import SYSTEM, Journal
from saraban_node.line import colleagues, sync_state
from saraban_node.numbering import numbers, requests
from saraban_node.numbering.numbers import HeldRange
from saraban_sync.number_events import Mark, NumbersSkipped
from saraban_sync.registers import Register, buddhist_year

_DONE: Final = "apart"
"""Note: the twin because of which the ranges were given up."""


def pass_over(write: Write, own: Journal) -> None:
    """Give up the next numbers of each book as far as another machine is known to have given them.

    Args:
        write: the transaction that has taken in what others wrote.
        own: this node's journal.
    """
    if meta.get(write.cursor, meta.FENCED):
        return
    open_now = [one for one in numbers.held(write.cursor) if one.open]
    given = _given(write.cursor, {(one.register, one.year) for one in open_now})
    found = [one for one in open_now if one.next <= given.get((one.register, one.year), 0)]
    for one in found:
        most = given[one.register, one.year]
        _skip(write, own, one, most, marks=(Mark(source="centre", number=most),))
    if found:
        colleagues.explain(write, own)


def give_up(node: Appliance, twin: str) -> None:
    """Give up the rest of all ranges that another machine of this name may have numbered from.

    New ones are asked for. For one twin this is done once, and nothing is done when there is none.

    Args:
        node: the appliance.
        twin: what the centre calls it; empty when there is none.
    """
    if not twin:
        return
    with node.db.write() as write:
        if meta.get(write.cursor, meta.FENCED) or sync_state.get(write.cursor, _DONE) == twin:
            return
        year = buddhist_year(write.now)
        for one in numbers.held(write.cursor):
            if one.open and one.year <= year:
                _skip(write, node.journal, one, one.last, marks=())
        sync_state.put(write, _DONE, twin)
        requests.ask_due(write, node.journal, node.config)


def _given(
    cursor: Cursor, books: Iterable[tuple[Register, int]]
) -> dict[tuple[Register, int], int]:
    """Give the greatest number of our open ranges that stands in another's line, by book."""
    found = {}
    for register, year in books:
        ((most,),) = rows(
            cursor,
            "SELECT coalesce(max(number), 0) FROM colleague_line AS line"
            " WHERE register = ? AND year = ? AND state NOT IN ('skipped', 'returned') AND EXISTS"
            " (SELECT 1 FROM number_range AS range WHERE range.register = line.register"
            " AND range.year = line.year AND open AND line.number BETWEEN first AND range.last)",
            (register, year),
        )
        found[register, year] = int(most)
    return found


def _skip(
    write: Write, own: Journal, one: HeldRange, through: int, *, marks: tuple[Mark, ...]
) -> None:
    """Numbers of a series are given in order: an earlier range was used up before a later one."""
    body = NumbersSkipped(
        register=one.register, year=one.year, first=one.next, last=min(through, one.last),
        why=meta.TWIN, marks=marks,
    )  # fmt: skip
    own.append(write, body, actor=SYSTEM)
