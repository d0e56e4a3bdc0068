"""The registers of all offices, read only: a page of a book, one letter, what was done with it."""

from typing import Final, NamedTuple

from saraban_base.sqlite import Cursor, one, rows, value
from saraban_sync.registers import Register


class Line(NamedTuple):
    """A line of a register."""

    node: str
    event: str
    office: str
    register: str
    year: int
    number: int
    state: str
    """``issued`` or ``void``."""
    subject: str
    sender: str
    recipient: str
    letter_no: str
    letter_date: str
    action: str
    remark: str
    urgency: str
    files: int
    source_node: str
    source_event: str
    imported: int
    at: str
    stored_at: str
    actor: str
    void_reason: str
    voided_at: str


class Book(NamedTuple):
    """A register of one year and how much is in it."""

    register: Register
    year: int
    issued: int
    void: int
    greatest: int


class Act(NamedTuple):
    """Something that happened in an office."""

    seq: int
    event: str
    type: str
    at: str
    stored_at: str
    actor: str
    entry: str
    register: str
    """Of the entry it concerns; empty when it concerns none."""
    year: int
    number: int
    subject: str
    letter_node: str
    """The sender's node, of a letter between offices; empty for anything else."""
    letter_event: str


_FIELDS: Final = ", ".join(Line._fields)
ALL: Final = 2**62
"""Greater than every number and every place in a journal."""


def page(
    cursor: Cursor,
    office: str,
    register: Register,
    year: int,
    *,
    before: int = ALL,
    limit: int = 50,
) -> list[Line]:
    """Give lines of a book, the greatest number first.

    Args:
        cursor: reads the read model.
        office: whose book.
        register: which book.
        year: Buddhist year.
        before: only numbers below this one.
        limit: greatest number of lines.
    """
    found = rows(
        cursor,
        f"SELECT {_FIELDS} FROM entry"  # noqa: S608 - constants
        " WHERE office = ? AND register = ? AND year = ? AND number < ?"
        " ORDER BY number DESC, at DESC LIMIT ?",
        (office, register, year, before, limit),
    )
    return [Line(*row) for row in found]


def line(cursor: Cursor, node: str, event: str) -> Line | None:
    """Give one line."""
    row = one(
        cursor,
        f"SELECT {_FIELDS} FROM entry WHERE node = ? AND event = ?",  # noqa: S608 - constants
        (node, event),
    )
    return Line(*row) if row else None


def books(cursor: Cursor, office: str) -> list[Book]:
    """List the books of an office, the latest year first."""
    found = rows(
        cursor,
        "SELECT register, year, sum(state = 'issued'), sum(state = 'void'), max(number) FROM entry"
        " WHERE office = ? GROUP BY register, year ORDER BY year DESC, register",
        (office,),
    )
    return [Book(Register(row[0]), *row[1:]) for row in found]


_ACTS: Final = (
    "SELECT h.seq, h.event, h.type, h.at, h.stored_at, coalesce(a.name, h.actor), h.entry,"
    " coalesce(e.register, ''), coalesce(e.year, 0), coalesce(e.number, 0),"
    " coalesce(e.subject, (SELECT max(d.subject) FROM delivery d"
    " WHERE d.source_node = h.letter_node AND d.source_event = h.letter_event), ''),"
    " h.letter_node, h.letter_event FROM happening h"
    " LEFT JOIN actor a ON a.node = h.node AND a.person = h.actor"
    " LEFT JOIN entry e ON e.node = h.node AND e.event = h.entry"
)


def history(cursor: Cursor, node: str, event: str) -> list[Act]:
    """Tell what was done with a letter, in order."""
    found = rows(
        cursor,
        f"{_ACTS} WHERE h.node = ? AND h.entry = ? AND h.entry <> '' ORDER BY h.seq",
        (node, event),
    )
    return [Act(*row) for row in found]


def timeline(cursor: Cursor, node: str, *, before: int = ALL, limit: int = 50) -> list[Act]:
    """Tell what happened at a node, the latest first."""
    found = rows(
        cursor,
        f"{_ACTS} WHERE h.node = ? AND h.seq < ? ORDER BY h.seq DESC LIMIT ?",
        (node, before, limit),
    )
    return [Act(*row) for row in found]


class Span(NamedTuple):
    """Numbers of one node's series."""

    node: str
    register: Register
    year: int
    first: int
    last: int


_SPAN: Final = " FROM entry WHERE node = ? AND register = ? AND year = ? AND number BETWEEN ? AND ?"


def greatest(cursor: Cursor, span: Span) -> int | None:
    """Give the greatest number used in a span; None if none is."""
    found: int | None = value(cursor, "SELECT max(number)" + _SPAN, span)
    return found


def count(cursor: Cursor, span: Span) -> int:
    """Count the different numbers used in a span."""
    return int(value(cursor, "SELECT count(DISTINCT number)" + _SPAN, span))
