"""Reads the rows of a table: each becomes a letter, or a bad row with its reason."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Final, TypeVar

from saraban_node.importer import cells, heads, reasons
from saraban_node.importer.dates import Cell, read_day
from saraban_node.importer.errors import SecretRegister
from saraban_node.importer.heads import Columns, Doubled, Field
from saraban_node.importer.letter import BadRow, ImportedLetter, Row
from saraban_node.importer.reasons import BadCell, Reason
from saraban_node.importer.table import Line, Table, filled, titled
from saraban_sync.registers import Register

_MAY_BE_MARKED: Final = (Field.LETTER_NO, Field.URGENCY, Field.SUBJECT, Field.REMARK)
_LEAST_COLUMN_NUMBERS: Final = 4

_T = TypeVar("_T")


def read_rows(
    table: Table, register: Register | None, *, only: Register | None = None
) -> Iterator[Row | BadRow]:
    """Read the rows below the heads.

    Args:
        table: the sheet and its heads.
        register: the register of the rows; None when a column of each row says it.
        only: refuse rows of another register than this.
    """
    reader = _Reader(table, register, only)
    for line in table.sheet.lines():
        if line.number > table.start and filled(line):
            row = reader.read(line)
            if row is not None:
                yield row


class _Reader:
    """Reads line after line and remembers the titles and heads that it passes."""

    def __init__(self, table: Table, register: Register | None, only: Register | None) -> None:
        self._sheet = table.sheet
        self._columns = table.columns
        self._title = table.title
        self._register = register
        self._only = only
        self._stopped: Reason | None = None  # why no row is taken until other heads or titles

    def read(self, line: Line) -> Row | BadRow | None:
        if line.fault is not None:
            bad = self._bad(line, line.fault, 0)
            return replace(bad, column="")
        try:
            if self._passes(line):
                return None
            if self._stopped is not None:
                return self._bad(line, self._stopped, None)
            return Row(line.number, self._letter(line), self._sheet.name)
        except BadCell as wrong:
            return self._bad(line, wrong.reason, wrong.place)

    def _passes(self, line: Line) -> bool:
        """Tell whether the line is no row, and take in what it says of the rows below."""
        try:
            again = self._heads_again(line)
            if again is not None:
                self._take_heads(again)
                return True
            if self._is_title(line):
                self._title = titled(self._title, line, "")
                self._register = self._title.register or self._register
                self._go_on_from(reasons.SECRET)
                return True
        except (Doubled, SecretRegister) as wrong:
            secret = isinstance(wrong, SecretRegister) or self._stopped is reasons.SECRET
            self._stopped = reasons.SECRET if secret else reasons.DOUBLED_HEADS
            raise BadCell(self._stopped) from wrong
        return _numbers_columns(line)

    def _take_heads(self, again: Columns) -> None:
        if Field.SUBJECT not in again.places:  # the second of two head rows
            self._columns = self._columns.joined(again)
            return
        if not again.places.items() <= self._columns.places.items():
            self._columns = again
        self._go_on_from(reasons.DOUBLED_HEADS)
        self._register = again.register or self._register

    def _go_on_from(self, reason: Reason) -> None:
        if self._stopped is reason:
            self._stopped = None

    def _heads_again(self, line: Line) -> Columns | None:
        """Read the line as heads; nearly every line is a row, so the cheap questions come first."""
        if not any(isinstance(cell, str) and heads.is_known(cell) for cell in line.cells):
            return None
        again = heads.find_columns(line.cells) or heads.find_columns(line.cells, whole=False)
        return again if again is not None and len(again.places) > 1 else None

    def _is_title(self, line: Line) -> bool:
        held = [place for place, cell in enumerate(line.cells) if not cells.blank(cell)]
        alone = len(held) == 1
        first = cells.shown(line.cells[held[0]])
        return heads.is_title(first) and (alone or self._cell(line, Field.SUBJECT) is None)

    def _letter(self, line: Line) -> ImportedLetter:
        for field in _MAY_BE_MARKED:
            self._at(line, field, cells.check_not_marked_secret)
        self._at(line, Field.SECRECY, cells.check_secrecy)
        self._check_width(line)
        register = self._register_of(line)
        letter_no = self._at(line, Field.LETTER_NO, cells.read_number)
        return ImportedLetter(
            register=register,
            old_number=self._at(line, Field.OLD_NUMBER, cells.read_number),
            letter_no=letter_no,
            letter_date=self._at(line, Field.LETTER_DATE, self._day),
            sender=self._at(line, Field.SENDER, cells.read_text),
            recipient=self._at(line, Field.RECIPIENT, cells.read_text),
            subject=self._at(line, Field.SUBJECT, _subject),
            action=self._at(line, Field.ACTION, cells.read_text),
            remark=self._at(line, Field.REMARK, cells.read_text),
            urgency=self._at(line, Field.URGENCY, lambda cell: cells.read_urgency(cell, letter_no)),
            offices=self._at(line, Field.OFFICES, lambda cell: _offices(cell, register)),
            received_on=self._received(line, register),
        )

    def _register_of(self, line: Line) -> Register:
        said = self._at(line, Field.REGISTER, cells.read_register)
        # Without a register of the whole table this column decides; with one, it may hold
        # something else altogether, such as the kind of letter (ภายนอก, บันทึกข้อความ).
        register = said or self._register
        place = self._columns.places.get(Field.REGISTER)
        if register is None:
            raise BadCell(reasons.UNKNOWN_KIND, place)
        if self._only is not None and register is not self._only:
            raise BadCell(reasons.OTHER_REGISTER, place)
        return register

    def _received(self, line: Line, register: Register) -> date | None:
        if register is not Register.INCOMING:
            return None
        # A register runs through one calendar year, so the year of its title is that of its days.
        year = self._title.year
        day = self._at(
            line,
            Field.RECEIVED_ON,
            lambda cell: read_day(cell, year=year, serials=self._sheet.serials),
        )
        return day or self._title.day

    def _day(self, cell: Cell) -> date | None:
        return read_day(cell, serials=self._sheet.serials)

    def _check_width(self, line: Line) -> None:
        if self._sheet.narrow:
            for place in range(self._columns.width, len(line.cells)):
                if not cells.blank(line.cells[place]):
                    raise BadCell(reasons.EXTRA_CELLS, place)

    def _at(self, line: Line, field: Field, reader: Callable[[Cell], _T]) -> _T:
        try:
            return reader(self._cell(line, field))
        except BadCell as wrong:
            raise BadCell(wrong.reason, self._columns.places.get(field)) from wrong

    def _cell(self, line: Line, field: Field) -> Cell:
        place = self._columns.places.get(field)
        cell = None if place is None or place >= len(line.cells) else line.cells[place]
        return None if cells.blank(cell) else cell

    def _bad(self, line: Line, reason: Reason, place: int | None) -> BadRow:
        column = seen = ""
        if place is not None:
            column = self._columns.names.get(place, "")
            seen = cells.shown(line.cells[place]) if place < len(line.cells) else ""
        return BadRow(line.number, reason.thai, reason.english, column, seen, self._sheet.name)


def _subject(cell: Cell) -> str:
    subject = cells.read_text(cell)
    if not subject:
        raise BadCell(reasons.NO_SUBJECT)
    return subject


def _offices(cell: Cell, register: Register) -> tuple[str, ...]:
    offices = cells.read_offices(cell)
    if offices and register is Register.INCOMING:
        raise BadCell(reasons.OFFICES_INCOMING)
    return offices


def _numbers_columns(line: Line) -> bool:
    """Tell whether the line only numbers the columns, ``(1) (2) (3) …``, as on printed forms."""
    counted = 0
    for cell in line.cells:
        if not cells.blank(cell):
            counted += 1
            if heads.head_key(cells.shown(cell)) != str(counted):
                return False
    return counted >= _LEAST_COLUMN_NUMBERS
