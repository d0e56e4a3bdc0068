"""Finds the table on a sheet: what its titles say and where its heads stand.

lines ── titles, anything ──> head row ──> rows (saraban_node.importer.rows)
             │                    │
             └ say the register,  └ says which column is which
               the day, the year
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Final

from saraban_node.importer import cells as read
from saraban_node.importer import heads
from saraban_node.importer.dates import Cell, day_in_title, year_in_title
from saraban_node.importer.errors import DoubledColumn, SecretRegister
from saraban_node.importer.heads import Columns, Doubled
from saraban_node.importer.reasons import Reason
from saraban_sync.registers import Register

MAX_COLUMNS: Final = 100
MAX_LINES: Final = 1_048_576
"""Excel's own limit; blank lines count."""
_LINES_BEFORE_HEADS: Final = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file: its number as a person sees it, and its cells."""

    number: int
    cells: tuple[Cell, ...]
    fault: Reason | None = None
    """Why the line could not be cut into cells."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook, or a CSV file as a whole."""

    name: str
    lines: Callable[[], Iterator[Line]]
    serials: bool = True
    """Whether a bare number may be Excel's count of days."""
    narrow: bool = False
    """Whether a cell beyond the last head means that the row was cut wrongly."""


@dataclass(frozen=True, slots=True)
class Title:
    """What the lines above the rows say."""

    register: Register | None = None
    day: date | None = None
    year: int | None = None
    """Christian year."""


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whose heads were found."""

    sheet: Sheet
    start: int
    """Number of the last head line."""
    columns: Columns
    title: Title


def find_table(sheet: Sheet, file: str) -> Table | None:
    """Find the head row of a sheet; None if it has none among its first lines.

    Args:
        sheet: where to look.
        file: name of the file, for messages.

    Raises:
        DoubledColumn: two columns mean the same.
        SecretRegister: a title says that this is a register of secret letters.
    """
    title = Title()
    if heads.names_secret_register(sheet.name):
        raise SecretRegister(f"sheet {sheet.name!r}", name=file)
    lines = islice((line for line in sheet.lines() if filled(line)), _LINES_BEFORE_HEADS)
    try:
        for line in lines:
            columns = heads.find_columns(line.cells)
            if columns is not None:
                below = next(lines, None)
                if below is not None and (more := _second_heads(columns, below)):
                    return Table(sheet, below.number, columns.joined(more), title)
                return Table(sheet, line.number, columns, title)
            title = titled(title, line, file)
    except Doubled as wrong:
        raise DoubledColumn(str(wrong), name=file, first=wrong.first, second=wrong.second) from None
    return None


def looks_like_a_table(sheet: Sheet) -> bool:
    """Tell whether a sheet has rows of three cells or more, so that leaving it out must be said."""
    lines = islice(sheet.lines(), _LINES_BEFORE_HEADS)
    return any(sum(not read.blank(cell) for cell in line.cells) >= 3 for line in lines)


def filled(line: Line) -> bool:
    """Tell whether there is anything on a line."""
    return line.fault is not None or any(not read.blank(cell) for cell in line.cells)


def titled(title: Title, line: Line, file: str) -> Title:
    """Add what a line above the heads, or a title between the rows, says.

    Raises:
        SecretRegister: it is the title of a register of secret letters.
    """
    text = " ".join(read.shown(cell) for cell in line.cells if not read.blank(cell))
    if not heads.register_named(text) and not heads.is_title(text):
        # A line above the heads that is no title may still tell the year or the day.
        return replace(title, year=title.year or year_in_title(text))
    if heads.names_secret_register(text):
        raise SecretRegister(f"title {text!r}", name=file)
    day = day_in_title(text)
    year = day.year if day else year_in_title(text)
    return Title(heads.register_named(text) or title.register, day, year or title.year)


def _second_heads(columns: Columns, line: Line) -> Columns | None:
    """Read the second of two head rows; a repetition of the first is left to the rows."""
    more = heads.find_columns(line.cells, whole=False)
    return more if more and not set(more.names) <= set(columns.names) else None
