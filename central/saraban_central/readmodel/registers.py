"""The registers of all offices, read only: a page of a book, one letter, what was done with it."""

from typing import Final, NamedTuple

import msgspec

from saraban_base.sqlite import Cursor, one, rows, value
from saraban_sync.events import ClockState
from saraban_sync.registers import Register, parse_instant, thai_date


class Line(NamedTuple):
    """A line of a register."""

    node: str
    event: str
    office: str
    register: str
    year: int
    number: int
    """0 while it has only an emergency number."""
    emergency: int
    state: str
    """``reserved``, ``issued``, ``void``, ``expired``, or ``used`` for a reservation whose letter
    has a line of its own."""
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
    circular: int
    at: str
    stored_at: str
    actor: str
    clock: str
    void_reason: str
    voided_at: str
    reservation_node: str
    reservation: str
    holder: str
    expires: str
    numbered_at: str
    numbered_by: str
    tail: int
    """1 when a restored database does not know the line any more."""
    reserved_at: str
    """Of a letter on a reserved number: when that was reserved; of a reservation, when it was."""
    reserved_for: str
    """Who asked for the reserved number."""

    @property
    def clock_state(self) -> ClockState:
        """What the machine knew of its clock."""
        return msgspec.json.decode(self.clock, type=ClockState)

    @property
    def late(self) -> bool:
        """Whether the letter was registered on a later day than its number was reserved."""
        if not self.reservation or not self.reserved_at:
            return False
        reserved, registered = parse_instant(self.reserved_at), parse_instant(self.at)
        return thai_date(registered) > thai_date(reserved)

    @property
    def day_at(self) -> str:
        """The moment whose day the number belongs to."""
        return self.reserved_at or self.at


class Book(NamedTuple):
    """A register of one year and how much is in it."""

    register: Register
    year: int
    issued: int
    void: int
    reserved: int
    expired: int
    greatest: int

    @property
    def total(self) -> int:
        """How many lines it has."""
        return self.issued + self.void + self.reserved + self.expired


class Act(NamedTuple):
    """Something that happened in an office."""

    node: str
    """In whose journal it stands."""
    event: str
    type: str
    at: str
    stored_at: str
    actor: str
    entry_node: str
    entry: str
    register: str
    """Of the entry it concerns; empty when it concerns none."""
    year: int
    number: int
    subject: str
    letter_node: str
    """The sender's node, of a letter between offices; empty for anything else."""
    letter_event: str


_RESERVED: Final = ("reserved_at", "reserved_for")
_FIELDS: Final = ", ".join(f"e.{name}" for name in Line._fields if name not in _RESERVED)
_LINES: Final = (
    f"SELECT {_FIELDS}, CASE WHEN e.reservation <> '' THEN coalesce(r.at, '')"  # noqa: S608 - constants
    " WHEN e.holder <> '' THEN e.at ELSE '' END,"
    " CASE WHEN e.reservation <> '' THEN coalesce(r.holder, '') ELSE e.holder END FROM entry e"
    " LEFT JOIN entry r ON e.reservation <> '' AND r.node = e.reservation_node"
    " AND r.event = e.reservation"
)
ALL: Final = 2**62
"""Greater than every number."""
NEWEST: Final = "~"
"""Greater than every event."""


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
        f"{_LINES} WHERE e.office = ? AND e.register = ? AND e.year = ? AND e.number < ?"
        " AND e.number > 0 AND e.state <> 'used' ORDER BY e.number DESC, e.at DESC LIMIT ?",
        (office, register, year, before, limit),
    )
    return [Line(*row) for row in found]


def emergency(cursor: Cursor, office: str, year: int) -> list[Line]:
    """Give the lines of an office's emergency register, in order."""
    found = rows(
        cursor,
        f"{_LINES} WHERE e.office = ? AND e.year = ? AND e.emergency > 0"
        " ORDER BY e.node, e.emergency, e.at",
        (office, year),
    )
    return [Line(*row) for row in found]


def line(cursor: Cursor, node: str, event: str) -> Line | None:
    """Give one line."""
    row = one(cursor, f"{_LINES} WHERE e.node = ? AND e.event = ?", (node, event))
    return Line(*row) if row else None


def with_number(
    cursor: Cursor, number: int, *, office: str = "", register: str = "", year: int = 0
) -> list[Line]:
    """Give all lines with a number, the latest first; more than one in a series is a mistake."""
    found = rows(
        cursor,
        f"{_LINES} WHERE e.number = :number AND e.state <> 'used'"
        " AND (:office = '' OR e.office = :office)"
        " AND (:register = '' OR e.register = :register) AND (:year = 0 OR e.year = :year)"
        " ORDER BY e.at DESC LIMIT 200",
        {"number": number, "office": office, "register": register, "year": year},
    )
    return [Line(*row) for row in found]


def with_emergency(cursor: Cursor, emergency: int, *, office: str) -> list[Line]:
    """Give the lines of an office with an emergency number, the latest first."""
    found = rows(
        cursor,
        f"{_LINES} WHERE e.emergency = ? AND e.emergency > 0 AND e.office = ? ORDER BY e.at DESC",
        (emergency, office),
    )
    return [Line(*row) for row in found]


def books(cursor: Cursor, office: str) -> list[Book]:
    """List the books of an office, the latest year first."""
    found = rows(
        cursor,
        "SELECT register, year, sum(state = 'issued'), sum(state = 'void'),"
        " sum(state = 'reserved'), sum(state = 'expired'), max(number) FROM entry"
        " WHERE office = ? AND number > 0 AND state <> 'used'"
        " GROUP BY register, year ORDER BY year DESC, register",
        (office,),
    )
    return [Book(Register(row[0]), *row[1:]) for row in found]


_ACTS: Final = (
    "SELECT h.node, h.event, h.type, h.at, h.stored_at, coalesce(a.name, b.name, h.actor),"
    " h.entry_node, h.entry, coalesce(e.register, ''), coalesce(e.year, 0), coalesce(e.number, 0),"
    " coalesce(e.subject, (SELECT max(d.subject) FROM delivery d"
    " WHERE d.source_node = h.letter_node AND d.source_event = h.letter_event), ''),"
    " h.letter_node, h.letter_event FROM happening h"
    " LEFT JOIN journal j ON j.node = h.node"
    " LEFT JOIN actor a ON a.node = h.node AND a.person = h.actor"
    " LEFT JOIN actor b ON b.node = j.origin AND b.person = h.actor"
    " LEFT JOIN entry e ON h.entry <> '' AND e.node = h.entry_node AND e.event = h.entry"
)


def history(cursor: Cursor, node: str, event: str) -> list[Act]:
    """Tell what was done with a letter, in order; with how its number was reserved, if it was."""
    found = rows(
        cursor,
        f"{_ACTS} WHERE h.entry <> '' AND (h.entry_node, h.entry) IN (SELECT ?, ? UNION ALL"  # noqa: S608
        " SELECT reservation_node, reservation FROM entry WHERE node = ? AND event = ?)"
        " ORDER BY h.event, h.node",
        (node, event, node, event),
    )
    return [Act(*row) for row in found]


def act(cursor: Cursor, node: str, event: str) -> Act | None:
    """Tell of one event."""
    row = one(cursor, f"{_ACTS} WHERE h.node = ? AND h.event = ?", (node, event))
    return Act(*row) if row else None


def timeline(cursor: Cursor, node: str, *, before: str = NEWEST, limit: int = 50) -> list[Act]:
    """Tell what happened at a node, the latest first."""
    found = rows(
        cursor,
        f"{_ACTS} WHERE h.node = ? AND h.event < ? ORDER BY h.event DESC LIMIT ?",
        (node, before, limit),
    )
    return [Act(*row) for row in found]


class Span(NamedTuple):
    """Numbers of one series of an office."""

    office: str
    register: Register
    year: int
    first: int
    last: int


_SPAN: Final = (
    " FROM entry WHERE office = ? AND register = ? AND year = ? AND number BETWEEN ? AND ?"
)


def greatest(cursor: Cursor, span: Span) -> int | None:
    """Give the greatest number used in a span; None if none is."""
    found: int | None = value(cursor, "SELECT max(number)" + _SPAN, span)
    return found


def count(cursor: Cursor, span: Span) -> int:
    """Count the different numbers used in a span."""
    return int(value(cursor, "SELECT count(DISTINCT number)" + _SPAN, span))
