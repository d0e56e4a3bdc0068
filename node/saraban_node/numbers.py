"""Numbers: taken from granted ranges, in order, each once.

    granted by the centre ──accept──> range: first … next … last ──take──> number

The database itself refuses doubles (``UNIQUE (register, year, number)`` on the entries); the rules
here never ask it to.
"""

from dataclasses import dataclass

from saraban_base.sqlite import Cursor, Write, one, rows, value
from saraban_node import meta
from saraban_node.errors import Fenced, NoRangeLeft
from saraban_node.labels import REGISTER_ENGLISH, REGISTER_THAI
from saraban_sync import ranges
from saraban_sync.errors import RangeProblem
from saraban_sync.grants import Grant
from saraban_sync.ranges import NumberRange
from saraban_sync.registers import Register


@dataclass(frozen=True, kw_only=True)
class HeldRange:
    """A range this node holds, and how far it is used."""

    grant: str
    register: Register
    year: int
    first: int
    last: int
    next: int

    @property
    def left(self) -> int:
        """Numbers not yet given."""
        return self.last - self.next + 1


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
        "SELECT next, (SELECT value FROM meta WHERE key = ?) FROM number_range"
        " WHERE register = ? AND year = ? AND next <= last",
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
    """Mark a number as given; it must be the next one of its range.

    Raises:
        RangeProblem: no range of this node has it as its next number.
    """
    write.cursor.execute(
        "UPDATE number_range SET next = next + 1 WHERE register = ? AND year = ? AND next = ?"
        " AND next <= last",
        (register, year, number),
    )
    if write.cursor.connection.changes() != 1:
        raise RangeProblem(f"{number} of {register} {year} is not next", first=number, last=number)


def accept(write: Write, grant: Grant) -> None:
    """Put a granted range among those held.

    Raises:
        RangeProblem: it overlaps one that is already held.
    """
    held = [
        NumberRange(*row)
        for row in rows(
            write.cursor,
            "SELECT first, last FROM number_range WHERE register = ? AND year = ?",
            (grant.register, grant.year),
        )
    ]
    ranges.add(held, grant.range)
    write.cursor.execute(
        "INSERT INTO number_range (grant_id, register, year, first, last, next)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (grant.grant, grant.register, grant.year, grant.first, grant.last, grant.first),
    )


def is_held(cursor: Cursor, grant: str) -> bool:
    """Tell whether a grant was accepted before."""
    return one(cursor, "SELECT 1 FROM number_range WHERE grant_id = ?", (grant,)) is not None


def held(cursor: Cursor) -> list[HeldRange]:
    """List the ranges of this node by year and register."""
    return [
        HeldRange(
            grant=row[0],
            register=Register(row[1]),
            year=row[2],
            first=row[3],
            last=row[4],
            next=row[5],
        )
        for row in rows(
            cursor,
            "SELECT grant_id, register, year, first, last, next FROM number_range"
            " ORDER BY year DESC, register, first",
        )
    ]


def left(cursor: Cursor, register: Register, year: int) -> int:
    """Count the numbers this node can still give in a series."""
    return int(
        value(
            cursor,
            "SELECT coalesce(sum(last - next + 1), 0) FROM number_range"
            " WHERE register = ? AND year = ?",
            (register, year),
        )
    )


def unexplained(cursor: Cursor) -> dict[tuple[Register, int], list[int]]:
    """Find numbers of held ranges that no entry accounts for, by register and year.

    Numbers are used in order and every used one is an entry, issued or void; so there is none
    unless the file was changed behind the program's back.
    """
    result: dict[tuple[Register, int], list[int]] = {}
    for register, year in rows(cursor, "SELECT DISTINCT register, year FROM number_range"):
        series = (register, year)
        granted = rows(
            cursor, "SELECT first, last FROM number_range WHERE register=? AND year=?", series
        )
        used = rows(cursor, "SELECT number FROM entry WHERE register = ? AND year = ?", series)
        missing = ranges.unexplained(
            [NumberRange(*row) for row in granted], [int(row[0]) for row in used]
        )
        if missing:
            result[Register(register), int(year)] = missing
    return result
