"""A number that was given twice, and what became of each of its letters.

The proof counts it as explained once all but one of them, or all, are struck; it is never hidden.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from saraban_base.sqlite import Cursor
from saraban_node import meta
from saraban_node.books import entries, history
from saraban_node.books.entries import Entry
from saraban_node.books.history import Happening
from saraban_node.line import colleagues, elsewhere
from saraban_node.line.elsewhere import Elsewhere
from saraban_sync.registers import Register
from saraban_sync.states import STRUCK, Problem, State

_STRIKES: Final = ("entry.voided", "reservation.ended")


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """One of the letters, or reservations, that a number was given to."""

    node: str
    """In whose journal it stands."""
    event: str
    state: State
    subject: str
    at: datetime
    """When it was struck, if it was; otherwise when it was registered."""
    who: str
    """The person who did that."""
    why: str
    """Of a struck one the reason that was written down."""


@dataclass(frozen=True, kw_only=True)
class Settled:
    """Such a number."""

    number: int
    letters: tuple[Bearer, ...]


def settled(
    cursor: Cursor, register: Register, year: int, problems: Iterable[Problem]
) -> tuple[Settled, ...]:
    """Name the letters of numbers that were given twice.

    Args:
        cursor: where to read.
        register: the book.
        year: Buddhist year.
        problems: what the account of the series has settled.
    """
    return tuple(
        Settled(number=number, letters=tuple(_bearers(cursor, register, year, number, problem)))
        for problem in problems
        for number in range(problem.first, problem.last + 1)
    )


def _bearers(
    cursor: Cursor, register: Register, year: int, number: int, problem: Problem
) -> Iterator[Bearer]:
    # A fact's name is that of the signer and the event, and of a stranger's also of the journal.
    names = {fact.event.partition(" ")[2] for fact in problem.facts}
    own = entries.by_number(cursor, register, year, number)
    if own is not None and not names.isdisjoint(("", own.id)):
        yield _own(cursor, own)
    for line in colleagues.select(
        cursor,
        "WHERE register = :register AND year = :year AND number = :number"
        " ORDER BY registered_at, node, event",
        {"register": register, "year": year, "number": number},
    ):
        if f"{line.event} in {line.node}" in names:
            yield _other(elsewhere.of_line(cursor, line))


def _own(cursor: Cursor, entry: Entry) -> Bearer:
    state = State(entry.state)
    strike = _strike(state, history.of_entry(cursor, entry.seq))
    return Bearer(
        node=meta.get(cursor, meta.NODE), event=entry.id, state=state, subject=entry.subject,
        at=strike.at if strike else entry.registered_at,
        who=strike.who if strike else entry.registered_by,
        why=strike.text if strike else "",
    )  # fmt: skip


def _other(found: Elsewhere) -> Bearer:
    line, state = found.line, State(found.line.state)
    strike = _strike(state, found.acts)
    return Bearer(
        node=line.node, event=line.event, state=state, subject=line.subject,
        at=strike.at if strike else line.registered_at, who=strike.who if strike else found.who,
        why=strike.text if strike else line.reason,
    )  # fmt: skip


def _strike(state: State, acts: Iterable[Happening]) -> Happening | None:
    """Give the act that struck a line."""
    if state not in STRUCK:
        return None
    return next((one for one in acts if one.kind in _STRIKES), None)
