"""Cuts the sheets of an XLSX file into lines of cells: the only module that knows openpyxl.

Values only: formulas give what Excel last stored, links and macros are left alone. Rows come one
after the other, so that a large file needs little memory. Hidden sheets are passed over, because a
person who looks at the file does not see them; hidden rows are read, because a filter hides rows.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils.datetime import WINDOWS_EPOCH

from saraban_node.importer.errors import DamagedWorkbook
from saraban_node.importer.table import MAX_COLUMNS, MAX_LINES, Line, Sheet
from saraban_node.importer.xlsx_guard import check_workbook

_ROWS_AT_ONCE: Final = 200
_CONTROL: Final = re.compile(r"_x00(?:0[0-9A-Fa-f]|1[0-9A-Fa-f])_")
"""How XLSX writes control characters, a line break for one."""


@contextmanager
def open_workbook(path: Path) -> Iterator[list[Sheet]]:
    """Open a workbook and give its visible sheets; they can be read until the block ends.

    Raises:
        ImportProblem: it is no workbook, a damaged one, or one that does harm.
    """
    with path.open("rb") as stream:
        check_workbook(stream, path.name)
        stream.seek(0)
        book = _load(stream, path.name)
        try:
            serials = book.epoch == WINDOWS_EPOCH
            yield [
                Sheet(name=sheet.title, lines=partial(_lines, sheet, path.name), serials=serials)
                for sheet in book.worksheets
                if sheet.sheet_state == "visible"
            ]
        finally:
            book.close()


def _load(stream: Any, name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        except Exception as wrong:
            raise DamagedWorkbook(f"openpyxl: {wrong!r}", name=name) from wrong


def _lines(sheet: Any, name: str) -> Iterator[Line]:
    # What a sheet says of its own size is often wrong; openpyxl would leave rows out.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=MAX_LINES, max_col=MAX_COLUMNS, values_only=True)
    number = 0
    while block := _block(rows, name):
        for row in block:
            number += 1
            if any(cell is not None for cell in row):
                yield Line(number, tuple(map(_cell, row)))


def _block(rows: Iterator[tuple[Any, ...]], name: str) -> list[tuple[Any, ...]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as "Data Validation extension is not supported"
        try:
            return list(islice(rows, _ROWS_AT_ONCE))
        except Exception as wrong:
            raise DamagedWorkbook(f"openpyxl: {wrong!r}", name=name) from wrong


def _cell(value: Any) -> Any:
    return _CONTROL.sub(" ", value) if isinstance(value, str) and "_x00" in value else value
