"""Looks at an XLSX file before anything opens it: is it whole, and can it do harm?

An XLSX file is a ZIP archive of XML parts. A few kilobytes can be made to unfold to gigabytes: by
compression, by XML entities, by millions of empty elements. So first the archive's directory is
checked (how many parts, how large, how much they shrank, how they are packed), then every part is
passed once through the XML parser with nothing kept, counting. Only what passes is given to
openpyxl, whose memory is bounded by these counts.
"""

import io
import struct
import zipfile
import zlib
from typing import IO, BinaryIO, Final
from xml.parsers import expat

from saraban_node.importer.errors import (
    DamagedWorkbook,
    FileTooLarge,
    FormulasNotCalculated,
    ImportProblem,
    NotASpreadsheet,
    PasswordProtected,
    UnsafeWorkbook,
)
from saraban_node.importer.table import MAX_LINES

MAX_BYTES: Final = 32 * 1024 * 1024
MAX_PARTS: Final = 2_000
MAX_UNPACKED: Final = 160 * 1024 * 1024
MAX_RATIO: Final = 100
_SMALL_PART: Final = 1024 * 1024
"""A part under this size may have been packed as well as it likes."""
_MAX_DIRECTORY: Final = 1024 * 1024
_MAX_DEPTH: Final = 64
_MAX_IN_ROW: Final = 100_000
_MAX_STRINGS: Final = 1_200_000
_MAX_ELSEWHERE: Final = 150_000
_MAX_LISTED: Final = 1_000_000
_MAX_TOKEN: Final = 2 * 1024 * 1024
_BLOCK: Final = 64 * 1024
_END: Final = b"PK\x05\x06"
_END_LENGTH: Final = 22
_LOCATOR_64: Final = b"PK\x06\x07"
_LOCATOR_LENGTH: Final = 20
_ENCRYPTED: Final = 0x1
_SHEETS: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LISTS: Final = {f"{_SHEETS}}}calcChain", f"{_SHEETS}}}pivotCacheRecords"}
"""Parts with an element for each formula or row, which openpyxl leaves closed."""
_ROW: Final = f"{_SHEETS}}}row"
_STRING: Final = f"{_SHEETS}}}si"
_CELL: Final = f"{_SHEETS}}}c"
_FORMULA: Final = f"{_SHEETS}}}f"
_VALUE: Final = f"{_SHEETS}}}v"


def check_workbook(stream: BinaryIO, name: str) -> None:
    """Let a file pass that is a whole and harmless workbook.

    Args:
        stream: the file; it is read through.
        name: what the person calls it.

    Raises:
        ImportProblem: it is not; the class and its sentence say what to do.
    """
    try:
        _check_end(stream, name)
        with zipfile.ZipFile(stream) as archive:
            _check_directory(archive, name)
            for part in archive.infolist():
                with archive.open(part) as content:
                    _Part(part.filename, name).read(content)
    except ImportProblem:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error) as wrong:
        raise DamagedWorkbook(f"archive: {wrong}", name=name) from wrong
    except (ValueError, NotImplementedError, RuntimeError) as wrong:
        raise DamagedWorkbook(f"archive: {wrong}", name=name) from wrong


def _check_end(stream: BinaryIO, name: str) -> None:
    """Check the archive's last record before its directory is read into memory."""
    size = stream.seek(0, io.SEEK_END)
    if size > MAX_BYTES:
        raise FileTooLarge(f"{size} bytes", name=name, limit="32 MB")
    start = stream.seek(max(0, size - 0xFFFF - _END_LENGTH - _LOCATOR_LENGTH))
    tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_LENGTH:
        raise DamagedWorkbook(f"no directory after {start}", name=name)
    if tail[max(0, at - _LOCATOR_LENGTH) : at].startswith(_LOCATOR_64):
        raise UnsafeWorkbook("a ZIP64 archive", name=name)
    count, directory = struct.unpack("<10xHL6x", tail[at : at + _END_LENGTH])
    if count > MAX_PARTS or directory > _MAX_DIRECTORY:
        raise UnsafeWorkbook(f"{count} parts, directory of {directory} bytes", name=name)


def _check_directory(archive: zipfile.ZipFile, name: str) -> None:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if len(parts) > MAX_PARTS or len(names) < len(parts):
        raise UnsafeWorkbook(f"{len(parts)} parts, {len(names)} names", name=name)
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise PasswordProtected("encrypted parts", name=name)
    if "[Content_Types].xml" not in names or not any(n.startswith("xl/") for n in names):
        raise NotASpreadsheet("another kind of ZIP archive", name=name, seen="ZIP")
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        raise UnsafeWorkbook("a rare compression", name=name)
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED:
        raise UnsafeWorkbook(f"unfolds to {unpacked} bytes", name=name)
    for part in parts:
        if part.file_size > _SMALL_PART and part.file_size > MAX_RATIO * part.compress_size:
            raise UnsafeWorkbook(f"{part.filename} unfolds {MAX_RATIO} times", name=name)


class _Part:
    """Passes one part through the XML parser and counts."""

    def __init__(self, part: str, name: str) -> None:
        self._part = part
        self._name = name
        self._depth = 0
        self._in_row = 0
        self._row_depth = 0
        self._strings = 0
        self._elsewhere = 0
        self._most_elsewhere = _MAX_ELSEWHERE
        self._last_row = 0
        self._cell: dict[str, str] = {}
        self._formula = False
        self._calculated = False
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def read(self, content: IO[bytes]) -> None:
        """Read the whole part; also proves its checksum."""
        fed = 0
        well_formed = True
        while block := content.read(_BLOCK):
            fed += len(block)
            if not well_formed:
                continue
            try:
                self._parser.Parse(block, False)
            except expat.ExpatError:
                # A picture, or XML that openpyxl cannot read either: it stops at the same place.
                well_formed = False
            if well_formed and fed - self._parser.CurrentByteIndex > _MAX_TOKEN:
                self._refuse("one tag is too long")

    def _refuse(self, seen: str) -> None:
        raise UnsafeWorkbook(f"{self._part}: {seen}", name=self._name)

    def _doctype(self, *_: object) -> None:
        self._refuse("declares a document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._refuse("nested too deep")
        if self._row_depth:
            self._in_row += 1
            if self._in_row > _MAX_IN_ROW:
                self._refuse("too many cells in a row")
            if name == _CELL:
                self._cell = attributes
                self._formula = False
            elif name == _FORMULA:
                self._formula = True
                # A text may be calculated and empty; a number has digits.
                self._calculated = False
            elif name == _VALUE and self._formula:
                self._calculated = self._cell.get("t") == "str"
                self._parser.CharacterDataHandler = self._value
        elif name == _ROW:
            self._begin_row(attributes.get("r"))
        elif name == _STRING:
            self._row_depth = self._depth
            self._in_row = 0
            self._strings += 1
            if self._strings > _MAX_STRINGS:
                self._refuse("too many texts")
        else:
            self._elsewhere += 1
            if self._depth == 1 and name in _LISTS:
                self._most_elsewhere = _MAX_LISTED
            if self._elsewhere > self._most_elsewhere:
                self._refuse("too many elements")

    def _value(self, _: str) -> None:
        self._calculated = True

    def _begin_row(self, number: str | None) -> None:
        self._row_depth = self._depth
        self._in_row = 0
        row = self._last_row + 1
        if number is not None:
            if not (number.isascii() and number.isdigit() and len(number) < 9):
                raise DamagedWorkbook(f"{self._part}: row {number[:20]!r}", name=self._name)
            row = int(number)
        # openpyxl passes over rows that stand out of order without a word.
        if not self._last_row < row <= MAX_LINES:
            raise DamagedWorkbook(f"{self._part}: row {row} out of order", name=self._name)
        self._last_row = row

    def _end(self, name: str) -> None:
        if name == _VALUE:
            self._parser.CharacterDataHandler = None
        elif name == _CELL and self._row_depth and self._formula and not self._calculated:
            cell = self._cell.get("r", "?")
            raise FormulasNotCalculated(cell, name=self._name, cell=cell)
        if self._depth == self._row_depth:
            self._row_depth = 0
        self._depth -= 1
