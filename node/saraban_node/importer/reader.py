"""The way in: reads a register file, whatever it is, and gives its letters row by row.

What the file is, is told from its bytes and not from its name. Which register its letters belong
to is told by, in this order: a column for it, the heads (``เลขทะเบียนรับ`` or ``เลขทะเบียนส่ง``), a
title, the sheet's name, the person who imports, the file's name. A file that contradicts the person
is refused, because a number issued in the wrong register cannot be taken back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from saraban_node.importer import heads, reasons
from saraban_node.importer.csv_file import open_csv
from saraban_node.importer.errors import (
    CannotOpenFile,
    EmptyFile,
    NoHeads,
    NotASpreadsheet,
    OldExcelFile,
    PasswordProtected,
    RegisterContradiction,
    UnknownRegister,
    UnreadableText,
)
from saraban_node.importer.heads import Field
from saraban_node.importer.letter import BadRow, ImportedLetter, Row
from saraban_node.importer.rows import read_rows
from saraban_node.importer.table import Sheet, Table, filled, find_table, looks_like_a_table
from saraban_node.importer.xlsx_file import open_workbook
from saraban_sync.registers import Register

__all__ = ["MAX_ROWS", "BadRow", "ImportedLetter", "Row", "read_letters"]

MAX_ROWS: Final = 100_000
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_OTHER_KINDS: Final = {b"%PDF": "PDF", b"{\\rtf": "RTF", b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG"}


def read_letters(path: Path, *, register: Register | None = None) -> Iterator[Row | BadRow]:
    """Read the letters of a register file, one row after the other.

    Everything that is wrong with the file as a whole is found before the first row is given, as far
    as it can be.

    Args:
        path: a CSV or XLSX file with the columns of the incoming or the outgoing register.
        register: what the person says the file is; None lets the file say it.

    Raises:
        ImportProblem: the file cannot be read; nothing of it was given, unless it broke off.
    """
    try:
        with _sheets(path) as sheets:
            for count, row in enumerate(_rows(path, sheets, register)):
                if count >= MAX_ROWS:
                    yield _too_many(row)
                    return
                yield row
    except OSError as wrong:
        raise CannotOpenFile(str(wrong), name=path.name) from wrong
    except UnicodeError as wrong:
        raise UnreadableText(str(wrong), name=path.name, seen="?") from wrong


@contextmanager
def _sheets(path: Path) -> Iterator[list[Sheet]]:
    if not path.is_file():
        raise CannotOpenFile("no such file", name=path.name)
    with path.open("rb") as stream:
        begin = stream.read(8)
        if begin == _OLE:
            rest = stream.read(64 * 1024 * 1024)
            kind = PasswordProtected if _ENCRYPTED in rest else OldExcelFile
            raise kind("an OLE container", name=path.name)
    if not begin:
        raise EmptyFile("no bytes", name=path.name)
    for mark, kind_name in _OTHER_KINDS.items():
        if begin.startswith(mark):
            raise NotASpreadsheet(kind_name, name=path.name, seen=kind_name)
    if begin.startswith(b"PK"):
        with open_workbook(path) as sheets:
            yield sheets
    else:
        yield [open_csv(path)]


def _rows(path: Path, sheets: list[Sheet], asked: Register | None) -> Iterator[Row | BadRow]:
    found = [(sheet, find_table(sheet, path.name)) for sheet in sheets]
    tables = [table for _, table in found if table is not None]
    if not tables:
        if not any(filled(line) for sheet in sheets for line in sheet.lines()):
            raise EmptyFile("no line with anything on it", name=path.name)
        raise NoHeads("no head row", name=path.name)
    chosen = [(table, _register(table, path, asked)) for table in tables]
    for table, register in chosen:
        yield from read_rows(table, register, only=asked)
    for sheet in (sheet for sheet, table in found if table is None):
        if looks_like_a_table(sheet):
            yield BadRow(
                1, *reasons.SHEET_WITHOUT_HEADS, column="", seen=sheet.name, sheet=sheet.name
            )


def _register(table: Table, path: Path, asked: Register | None) -> Register | None:
    signs = (
        table.columns.register,
        table.title.register,
        heads.register_of_sheet(table.sheet.name),
    )
    said = {sign for sign in signs if sign is not None}
    if asked is not None and said - {asked}:
        raise RegisterContradiction(f"{said} in {table.sheet.name!r}", name=path.name)
    if len(said) > 1:
        raise UnknownRegister("heads, title and sheet name disagree", name=path.name)
    register = asked or next(iter(said), None) or heads.register_named(path.stem)
    if register is None and Field.REGISTER not in table.columns.places:
        raise UnknownRegister("no sign of the register", name=path.name)
    return register


def _too_many(row: Row | BadRow) -> BadRow:
    return BadRow(row.line, *reasons.TOO_MANY_ROWS, column="", seen="", sheet=row.sheet)
