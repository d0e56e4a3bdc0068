"""Numbers: taken from granted ranges, in order, each once.

    granted by the centre ──accept──> range: first … next … last ──take──> number

The next number of a range is the one after the greatest that stands in the register, or after what
was skipped. The database itself refuses doubles (a unique index over register, year and number);
the rules here never ask it to.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from saraban_base.sqlite import Cursor, Write, one, rows, value
from saraban_node import meta
from saraban_node.books.labels import REGISTER_ENGLISH, REGISTER_THAI
from saraban_node.errors import Fenced, NoRangeLeft
from saraban_sync import ranges
from saraban_sync.errors import RangeProblem
from saraban_sync.events import Event
from saraban_sync.grants import Grant
from saraban_sync.number_events import (
    GapExplained,
    Mark,
    NumbersReturned,
    NumbersSkipped,
    RangeRequested,
    RangeTold,
)
from saraban_sync.ranges import NumberRange
from saraban_sync.registers import Register

_NEXT: Final = (
    "max(floor, 1 + coalesce((SELECT number FROM entry WHERE entry.register = range.register"
    " AND entry.year = range.year AND number BETWEEN first AND last AND number > 0"
    " ORDER BY number DESC LIMIT 1), 0))"
)
"""The next number of a row of ``number_range AS range``; one after the last when all are used."""


@dataclass(frozen=True, kw_only=True)
class HeldRange:
    """A range this node holds, and how far it is used."""

    grant: str
    register: Register
    year: int
    first: int
    last: int
    next: int
    open: bool
    """False when none of it will be taken any more."""
    opening: bool
    """Whether the numbers before it stand in a paper book."""
    seq: int
    """Place in the journal of the event that took it."""

    @property
    def left(self) -> int:
        """Numbers that can still be given."""
        return self.last - self.next + 1 if self.open else 0


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What somebody found out about skipped numbers."""

    seq: int
    first: int
    last: int
    text: str
    letter: str
    """Node and event of the letter that bears the number; empty if none does."""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Numbers that will never be used, and why."""

    seq: int
    register: Register
    year: int
    first: int
    last: int
    state: str
    """``skipped`` or ``returned``."""
    why: str
    guard: int
    marks: tuple[Mark, ...]
    explanations: tuple[Explanation, ...] = ()


def next_number(cursor: Cursor, register: Register, year: int) -> int:
    """Tell which number the next letter gets; using it is the projection's part.

    Args:
        cursor: the transaction in which the number will be used.
        register: the book.
        year: Buddhist year.

    Raises:
        Fenced: the database may give no numbers.
        NoRangeLeft: the node holds no number of this series any more.
    """
    # No ORDER BY: SQLite would prepare the statement anew each time its parameters are bound.
    usable = rows(
        cursor,
        f"SELECT {_NEXT}, (SELECT value FROM meta WHERE key = ?)"  # noqa: S608 - a constant
        " FROM number_range AS range WHERE register = ? AND year = ? AND open",
        (meta.FENCED, register, year),
    )
    fenced = usable[0][1] if usable else meta.get(cursor, meta.FENCED)
    if fenced:
        raise Fenced
    if not usable:
        raise NoRangeLeft(
            f"no number left in {register} {year}",
            register_th=REGISTER_THAI[register],
            register_en=REGISTER_ENGLISH[register],
            year=year,
        )
    return int(min(usable)[0])


def use(write: Write, register: Register, year: int, number: int) -> None:
    """Take a number; it must be the next one of its range. Its line is written right after this.

    Raises:
        RangeProblem: no open range of this node has it as its next number.
    """
    _, last = _range_with_next(write, register, year, number)
    if number == last:
        _close(write, register, year, last)


def accept(write: Write, seq: int, grant: Grant) -> None:
    """Put a granted range among those held.

    Args:
        write: the transaction.
        seq: place in the journal of the event that takes it.
        grant: the centre's word.

    Raises:
        RangeProblem: it overlaps one that is already held.
    """
    new = HeldRange(
        grant=grant.grant, register=grant.register, year=grant.year, first=grant.first,
        last=grant.last, next=grant.first, open=True, opening=grant.opening, seq=seq,
    )  # fmt: skip
    _hold(write, new)


def accept_told(write: Write, seq: int, body: RangeTold) -> None:
    """Put a range that was read over the telephone among those held.

    Raises:
        RangeProblem: it is reversed, or overlaps another that is already held.
    """
    told = ranges.checked(body.first, body.last)
    new = HeldRange(
        grant=body.grant, register=body.register, year=body.year, first=told.first,
        last=told.last, next=told.first, open=True, opening=False, seq=seq,
    )  # fmt: skip
    _hold(write, new)


def note_request(write: Write, event: Event, body: RangeRequested) -> None:
    """Keep what was asked of the centre."""
    write.cursor.execute(
        "INSERT INTO range_request VALUES (?, ?, ?, ?, ?)",
        (event.seq, body.register, body.year, body.size, event.at),
    )


def set_aside(write: Write, seq: int, body: NumbersSkipped | NumbersReturned) -> None:
    """Give up numbers for ever; they are the next ones of their range.

    Args:
        write: the transaction.
        seq: the event's place in the journal.
        body: which numbers.

    Raises:
        RangeProblem: they are not the next ones of a range of this node.
    """
    _, last = _range_with_next(write, body.register, body.year, body.first)
    if not body.first <= body.last <= last:
        raise RangeProblem(f"{body.first}..{body.last}", first=body.first, last=body.last)
    skipped = body if isinstance(body, NumbersSkipped) else None
    write.cursor.execute(
        "INSERT INTO number_gap VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            seq, body.register, body.year, body.first, body.last,
            "skipped" if skipped else "returned",
            skipped.why if skipped else "year-end",
            skipped.guard if skipped else 0,
            msgspec.json.encode(skipped.marks if skipped else ()).decode(),
        ),
    )  # fmt: skip
    write.cursor.execute(
        "UPDATE number_range SET floor = ? WHERE register = ? AND year = ? AND last = ?",
        (body.last + 1, body.register, body.year, last),
    )
    if body.last == last:
        _close(write, body.register, body.year, last)


def explain(write: Write, seq: int, body: GapExplained) -> None:
    """Keep what was found out about skipped numbers."""
    write.cursor.execute(
        "INSERT INTO gap_explanation VALUES (?, ?, ?, ?, ?, ?, ?)",
        (seq, body.register, body.year, body.first, body.last, body.text, body.letter),
    )


def close_ranges(write: Write) -> None:
    """Take no number of the present ranges any more, and wait for none that was asked for.

    They were granted to another name, and whoever asked under that name is not answered.
    """
    write.cursor.execute("UPDATE number_range SET open = 0")
    write.cursor.execute("DELETE FROM range_request")


def is_held(cursor: Cursor, grant: str) -> bool:
    """Tell whether a grant was accepted before."""
    return one(cursor, "SELECT 1 FROM number_range WHERE grant_id = ?", (grant,)) is not None


def held(cursor: Cursor) -> list[HeldRange]:
    """List the ranges of this node by year and register."""
    return [
        HeldRange(
            grant=row[0], register=Register(row[1]), year=row[2], first=row[3], last=row[4],
            next=row[5], open=bool(row[6]), opening=bool(row[7]), seq=row[8],
        )
        for row in rows(
            cursor,
            f"SELECT grant_id, register, year, first, last, {_NEXT}, open, opening, seq"  # noqa: S608
            " FROM number_range AS range ORDER BY year DESC, register, first",
        )
    ]  # fmt: skip


def left(cursor: Cursor, register: Register, year: int) -> int:
    """Count the numbers this node can still give in a series."""
    found = value(
        cursor,
        f"SELECT coalesce(sum(last - {_NEXT} + 1), 0) FROM number_range AS range"  # noqa: S608
        " WHERE register = ? AND year = ? AND open",
        (register, year),
    )
    return int(found)


def registers_in_use(cursor: Cursor, *years: int) -> list[Register]:
    """List the registers of which this node was ever granted numbers in one of some years."""
    found = rows(
        cursor,
        "SELECT DISTINCT register FROM number_range WHERE year IN (SELECT value FROM json_each(?))",
        (msgspec.json.encode(years).decode(),),
    )
    used = {str(row[0]) for row in found}
    return [register for register in Register if register in used]


def greatest(cursor: Cursor, register: Register, year: int) -> int:
    """Give the greatest number that has a line; 0 when none has."""
    found = value(
        cursor,
        "SELECT number FROM entry WHERE register = ? AND year = ? AND number > 0"
        " ORDER BY number DESC LIMIT 1",
        (register, year),
    )
    return int(found or 0)


def newest_year(cursor: Cursor) -> int:
    """Give the latest Buddhist year of which a number was given; 0 when none was."""
    found = value(
        cursor,
        "SELECT max(year) FROM (SELECT"
        " (SELECT max(year) FROM entry WHERE register = book.register AND number > 0) AS year"
        " FROM (SELECT DISTINCT register FROM number_range) AS book"
        " UNION ALL SELECT max(year) FROM entry WHERE emergency > 0)",
    )  # a step into an index for each book
    return int(found or 0)


def gaps(cursor: Cursor, register: Register | None = None, year: int | None = None) -> list[Gap]:
    """List the numbers that will never be used, of one series or of all, in order."""
    found = rows(
        cursor,
        "SELECT seq, register, year, first, last, state, why, guard, marks FROM number_gap"
        " WHERE (:register IS NULL OR register = :register) AND (:year IS NULL OR year = :year)"
        " ORDER BY year, register, first",
        {"register": register, "year": year},
    )
    return [
        Gap(
            seq=row[0], register=Register(row[1]), year=row[2], first=row[3], last=row[4],
            state=row[5], why=row[6], guard=row[7],
            marks=tuple(msgspec.json.decode(row[8], type=list[Mark])),
            explanations=_explanations(cursor, row[1], row[2], row[3], row[4]),
        )
        for row in found
    ]  # fmt: skip


def unexplained(cursor: Cursor) -> dict[tuple[Register, int], list[int]]:
    """Find numbers of held ranges that nothing accounts for, by register and year.

    Numbers are used in order and every used one is a line or a signed gap; so there is none unless
    the file was changed behind the program's back.
    """
    result: dict[tuple[Register, int], list[int]] = {}
    for register, year in rows(cursor, "SELECT DISTINCT register, year FROM number_range"):
        series = (register, year)
        granted = rows(
            cursor, "SELECT first, last FROM number_range WHERE register=? AND year=?", series
        )
        used = [
            int(row[0])
            for row in rows(
                cursor,
                "SELECT number FROM entry WHERE register = ? AND year = ? AND number > 0",
                series,
            )
        ]
        for gap in gaps(cursor, Register(register), int(year)):
            used += range(gap.first, gap.last + 1)
        missing = ranges.unexplained([NumberRange(*row) for row in granted], used)
        if missing:
            result[Register(register), int(year)] = missing
    return result


def _hold(write: Write, new: HeldRange) -> None:
    held_already = [
        NumberRange(*row)
        for row in rows(
            write.cursor,
            "SELECT first, last FROM number_range WHERE register = ? AND year = ?",
            (new.register, new.year),
        )
    ]
    ranges.add(held_already, ranges.checked(new.first, new.last))
    write.cursor.execute(
        "INSERT INTO number_range (grant_id, register, year, first, last, floor, open, opening,"
        " seq) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)",
        (
            new.grant, new.register, new.year, new.first, new.last, new.first, new.opening, new.seq,
        ),
    )  # fmt: skip


def _range_with_next(write: Write, register: Register, year: int, number: int) -> tuple[int, int]:
    found = rows(
        write.cursor,
        f"SELECT {_NEXT}, last FROM number_range AS range"  # noqa: S608 - a constant
        " WHERE register = ? AND year = ? AND open AND first <= ? AND last >= ?",
        (register, year, number, number),
    )
    if not found or found[0][0] != number:
        raise RangeProblem(f"{number} of {register} {year} is not next", first=number, last=number)
    return int(found[0][0]), int(found[0][1])


def _close(write: Write, register: Register, year: int, last: int) -> None:
    write.cursor.execute(
        "UPDATE number_range SET open = 0 WHERE register = ? AND year = ? AND last = ?",
        (register, year, last),
    )


def _explanations(
    cursor: Cursor, register: str, year: int, first: int, last: int
) -> tuple[Explanation, ...]:
    found = rows(
        cursor,
        "SELECT seq, first, last, text, letter FROM gap_explanation WHERE register = ?"
        " AND year = ? AND first <= ? AND last >= ? ORDER BY seq",
        (register, year, last, first),
    )
    return tuple(
        Explanation(seq=row[0], first=row[1], last=row[2], text=row[3], letter=row[4])
        for row in found
    )
