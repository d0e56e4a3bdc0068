"""Pages of a register: one book and year, newest first, filtered, in pieces."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from saraban_base.sqlite import Cursor, rows, value
from saraban_node.books import entries, search
from saraban_node.books.entries import Entry
from saraban_sync.registers import Register

MAX_PAGE: Final = 200
_LOOK_AT: Final = 200
_NOTABLE: Final = ("reserved", "void", "expired")
_DAY: Final = (
    "date(coalesce(nullif(reserved_at, ''), nullif(numbered_at, ''), registered_at), '+7 hours')"
)
"""The day of a number: when it was taken, whenever its letter was registered."""
_DUPLICATES: Final = 5


@dataclass(frozen=True, kw_only=True)
class RegisterQuery:
    """What to show of a register."""

    register: Register
    year: int
    text: str = ""
    """Words that must occur."""
    state: str = ""
    """``reserved``, ``issued``, ``void``, ``expired`` or empty for all."""
    urgency: str = ""
    before: int | None = None
    """Show only numbers below this one: the next page."""
    first_day: str = ""
    """ISO date, Thailand's calendar; show numbers that were taken on it or later."""
    last_day: str = ""
    limit: int = 50


def page(cursor: Cursor, query: RegisterQuery) -> list[Entry]:
    """Give the lines of one page, the highest number first."""
    bindings: dict[str, object] = {
        "register": query.register,
        "year": query.year,
        "limit": min(query.limit, MAX_PAGE),
    }
    conditions = ["WHERE register = :register AND year = :year AND number > 0"]
    if query.state in _NOTABLE:  # in the words of the index of notable lines
        conditions.append("AND state <> 'issued'")
    for name, column in (("state", "state"), ("urgency", "urgency")):
        if wanted := getattr(query, name):
            bindings[name] = wanted
            conditions.append(f"AND {column} = :{name}")
    if query.before is not None:
        bindings["before"] = query.before
        conditions.append("AND number < :before")
    _days(query, conditions, bindings)
    for place, word in enumerate(search.question(query.text).words):
        bindings[f"word{place}"] = word
        conditions.append(f"AND instr(search_text, :word{place}) > 0")
    conditions.append("ORDER BY number DESC LIMIT :limit")
    return entries.select(cursor, " ".join(conditions), bindings)


def emergency_page(
    cursor: Cursor, year: int, *, before: int | None = None, limit: int = 50
) -> list[Entry]:
    """Give the lines of the emergency register of a year, the newest first.

    Args:
        cursor: where to read.
        year: Buddhist year.
        before: show only emergency numbers below this one: the next page.
        limit: greatest number of lines.
    """
    return entries.select(
        cursor,
        "WHERE year = :year AND emergency > 0 AND (:before IS NULL OR emergency < :before)"
        " ORDER BY emergency DESC LIMIT :limit",
        {"year": year, "before": before, "limit": min(limit, MAX_PAGE)},
    )


def reserved(cursor: Cursor, *, limit: int = MAX_PAGE) -> list[Entry]:
    """List the reserved numbers that wait for their letter, the one that runs out next first."""
    return entries.select(
        cursor,
        "WHERE state = 'reserved' ORDER BY expires, register, number LIMIT :limit",
        {"limit": limit},
    )


def reserved_until(cursor: Cursor, day: date) -> int:
    """Count the reserved numbers that run out on a day or before."""
    found = value(
        cursor,
        "SELECT count(*) FROM entry WHERE state = 'reserved' AND expires <= ?",
        (day.isoformat(),),
    )
    return int(found)


def years(cursor: Cursor, register: Register) -> list[int]:
    """List the Buddhist years in which a register has lines or ranges, newest first."""
    # A number lies in a range; without one there are only letters of the emergency register.
    # Of colleagues' lines one is looked at for each year, not all of them.
    found = rows(
        cursor,
        "WITH RECURSIVE theirs (year) AS (SELECT max(year) FROM colleague_line WHERE register = :r"
        " UNION ALL SELECT (SELECT max(year) FROM colleague_line WHERE register = :r"
        " AND year < theirs.year) FROM theirs WHERE year IS NOT NULL)"
        " SELECT year FROM number_range WHERE register = :r"
        " UNION SELECT year FROM entry WHERE register = :r AND emergency > 0"
        " UNION SELECT year FROM theirs WHERE year IS NOT NULL ORDER BY year DESC",
        {"r": register},
    )
    return [int(row[0]) for row in found]


def size(cursor: Cursor, register: Register, year: int) -> int:
    """Count the lines of a register and year."""
    return int(
        value(
            cursor,
            "SELECT count(*) FROM entry WHERE register = ? AND year = ? AND number > 0",
            (register, year),
        )
    )


def senders(cursor: Cursor, register: Register, *, limit: int = 100) -> list[str]:
    """List senders of recent letters, for the form to remember."""
    found = rows(
        cursor,
        "SELECT sender FROM (SELECT sender, seq FROM entry WHERE register = ? AND number > 0"
        " AND sender <> '' ORDER BY year DESC, number DESC LIMIT 500)"
        " GROUP BY sender ORDER BY count(*) DESC, max(seq) DESC LIMIT ?",
        (register, limit),
    )
    return [str(row[0]) for row in found]


def likely_duplicates(
    cursor: Cursor, register: Register, letter_no: str, sender: str
) -> list[Entry]:
    """Find lines that may be the same paper: the same number of the letter from the same sender."""
    if not letter_no:
        return []
    found = [
        entry
        for seq in search.find(cursor, letter_no, limit=_LOOK_AT)
        if (entry := entries.by_seq(cursor, seq)) is not None
    ]
    same = [
        entry
        for entry in found
        if (entry.register, entry.letter_no, entry.state) == (register, letter_no, "issued")
        and sender in ("", entry.sender)
    ]
    return same[:_DUPLICATES]


def _days(query: RegisterQuery, conditions: list[str], bindings: dict[str, object]) -> None:
    # Moments are UTC; Thailand's day begins seven hours earlier.
    if query.first_day:
        bindings["first"] = query.first_day
        conditions.append(f"AND {_DAY} >= :first")
    if query.last_day:
        bindings["last"] = query.last_day
        conditions.append(f"AND {_DAY} <= :last")
