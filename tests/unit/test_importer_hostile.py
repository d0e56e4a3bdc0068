"""A file made to harm the office's computer is refused before anything of it unfolds."""

import io
import random
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from saraban_node.importer import xlsx_guard
from saraban_node.importer.errors import (
    DamagedWorkbook,
    FileTooLarge,
    ImportProblem,
    NotASpreadsheet,
    PasswordProtected,
    UnsafeWorkbook,
)
from saraban_node.importer.reader import read_letters
from saraban_node.importer.xlsx_guard import check_workbook
from tests.register_files import (
    HEADS,
    SHEET,
    STRINGS,
    rewritten,
    row,
    with_shared_strings,
    workbook,
)

MAIN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
Change = Callable[[dict[str, bytes]], object]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return workbook(tmp_path, [HEADS, row()])


def refused(path: Path) -> ImportProblem:
    """Read a file that must be refused, in little memory."""
    tracemalloc.start()
    with pytest.raises(ImportProblem) as problem:
        list(read_letters(path))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 40_000_000
    assert path.name in problem.value.sentence("th")
    return problem.value


def sheet(content: bytes, before: bytes = b"") -> Change:
    whole = before + MAIN + content
    return lambda parts: parts.__setitem__(SHEET, whole)


def zeros(length: int) -> bytes:
    return b" " * length


def noise(length: int) -> bytes:
    return bytes(random.Random(1).choices(b"abcdefghijklmnop ", k=length))


BILLION_LAUGHS = (
    b'<!DOCTYPE a [<!ENTITY a "ha">'
    + b"".join(
        b'<!ENTITY %c "%s">' % (letter + 1, b"&%c;" % letter * 10) for letter in range(97, 107)
    )
    + b"]>"
)
BOMBS: dict[str, Change] = {
    "unfolds a thousand times": sheet(zeros(20_000_000)),
    "unfolds to more than the limit": lambda parts: parts.update(
        (f"xl/{n}.xml", noise(700_000) + zeros(56_000_000)) for n in range(3)
    ),
    "a billion laughs": sheet(b"<sheetData>&k;</sheetData></worksheet>", BILLION_LAUGHS),
    "quadratic growth": sheet(
        b"<sheetData>" + b"&a;" * 50_000, b'<!DOCTYPE a [<!ENTITY a "%s">]>' % noise(60_000)
    ),
    "an entity from a file": sheet(
        b"<c>&a;</c></worksheet>", b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    ),
    "a definition from elsewhere": sheet(
        b"</worksheet>", b'<!DOCTYPE worksheet SYSTEM "http://127.0.0.1:9/a.dtd">'
    ),
    "entities written in UTF-16": lambda parts: parts.update(
        {STRINGS: '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "b">]><a>&a;</a>'.encode("utf-16")}
    ),
    "entities in a part nobody names": lambda parts: parts.update(
        {"docProps/core.xml": b'<!DOCTYPE a [<!ENTITY a "b">]><a>&a;</a>'}
    ),
    "entities in a part that is no XML by name": lambda parts: parts.update(
        {"xl/media/image1.png": b'<!DOCTYPE a [<!ENTITY a "b">]><a>&a;</a>'}
    ),
    "elements without end": sheet(b"<x/>" * 200_000),
    "a row without end": sheet(b'<sheetData><row r="1">' + b"<c/>" * 200_000),
    "nested without end": sheet(b"<a>" * 1_000),
    "a tag without end": sheet(b'<a b="' + noise(8_000_000)),
    "a comment without end": sheet(b"<!-- " + noise(8_000_000)),
    "too many parts": lambda parts: parts.update((f"xl/{n}", b"") for n in range(2_100)),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(book: Path, name: str) -> None:
    assert isinstance(refused(rewritten(book, BOMBS[name])), UnsafeWorkbook)


def test_an_honest_large_register_is_no_bomb(tmp_path: Path) -> None:
    """Blank rows with borders are what packs best in real files."""
    cells = b"".join(b'<c r="%c1" s="1"/>' % letter for letter in range(65, 81))
    rows = b"".join(b'<row r="%d">%s</row>' % (number, cells) for number in range(1, 20_001))
    path = workbook(tmp_path, [HEADS, row()])
    rewritten(path, sheet(b"<sheetData>" + rows + b"</sheetData></worksheet>"))

    with path.open("rb") as stream:
        check_workbook(stream, path.name)


def test_a_register_with_a_formula_in_every_row_is_no_bomb(book: Path) -> None:
    chain = MAIN.replace(b"worksheet", b"calcChain") + b"".join(
        b'<c r="H%d" i="1"/>' % number for number in range(1, 160_000)
    )
    rewritten(book, lambda parts: parts.update({"xl/calcChain.xml": chain + b"</calcChain>"}))

    assert len(list(read_letters(book))) == 1


def test_a_bomb_that_lies_about_its_size_cannot_unfold_further(book: Path) -> None:
    rewritten(book, sheet(noise(200_000) + zeros(3_000_000)))
    data = bytearray(book.read_bytes())
    with zipfile.ZipFile(book) as archive:
        size = archive.getinfo(SHEET).file_size
    true, said = struct.pack("<L", size), struct.pack("<L", 500_000)
    book.write_bytes(bytes(data).replace(true, said))

    assert isinstance(refused(book), DamagedWorkbook)


def test_a_file_over_the_limit_is_refused_before_it_is_read(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_guard, "MAX_BYTES", 1_000)

    assert isinstance(refused(book), FileTooLarge)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_compression_that_excel_never_uses_is_refused(book: Path, method: int) -> None:
    with zipfile.ZipFile(book, "a") as archive:
        archive.writestr("xl/extra.xml", b"<a/>", compress_type=method)

    assert isinstance(refused(book), UnsafeWorkbook)


def test_two_parts_of_one_name_are_refused(book: Path) -> None:
    with zipfile.ZipFile(book, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, b"<a/>")

    assert isinstance(refused(book), UnsafeWorkbook)


def test_a_zip64_directory_is_refused(book: Path) -> None:
    data = book.read_bytes()
    end = data.rfind(b"PK\x05\x06")
    book.write_bytes(data[:end] + b"PK\x06\x07" + b"\0" * 16 + data[end:])

    assert isinstance(refused(book), UnsafeWorkbook)


def test_encrypted_parts_ask_for_the_password_to_be_taken_off(book: Path) -> None:
    data = bytearray(book.read_bytes())
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    book.write_bytes(bytes(data))

    assert isinstance(refused(book), PasswordProtected)


def test_another_zip_file_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "letters.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<a/>")

    assert isinstance(refused(path), NotASpreadsheet)


def test_a_file_that_broke_off_or_lost_a_byte_is_called_damaged(book: Path) -> None:
    whole = book.read_bytes()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        begin = archive.getinfo(SHEET).header_offset
    flipped = bytearray(whole)
    flipped[begin + 120] ^= 0xFF

    for data in (whole[:-200], whole[: len(whole) // 2], bytes(flipped), b"PK\x03\x04"):
        book.write_bytes(data)
        assert isinstance(refused(book), DamagedWorkbook)


@pytest.mark.parametrize(
    "rows",
    [
        b'<row r="3"/><row r="2"/>', b'<row r="2"/><row r="2"/>', b'<row r="99999999999"/>',
        b'<row r="-1"/>', b'<row r="0"/>', b'<row r="a"/>', b'<row r="1048577"/>',
    ],
)  # fmt: skip
def test_rows_out_of_order_are_not_passed_over_in_silence(book: Path, rows: bytes) -> None:
    change = sheet(b"<sheetData>" + rows + b"</sheetData></worksheet>")

    assert isinstance(refused(rewritten(book, change)), DamagedWorkbook)


@pytest.mark.parametrize("part", [SHEET, STRINGS, "xl/workbook.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("content", [b"", b"<a", b"not xml", b"<a/>"], ids=repr)
def test_a_part_that_is_not_what_it_should_be_is_one_clear_problem(
    book: Path, part: str, content: bytes
) -> None:
    rewritten(book, with_shared_strings)
    rewritten(book, lambda parts: parts.__setitem__(part, content))

    refused(book)


def test_external_links_are_never_followed(book: Path) -> None:
    relation = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="rId99" Target="http://127.0.0.1:9/a.xlsx" TargetMode="External" Type="'
        b'http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath"/>'
        b"</Relationships>"
    )
    rewritten(
        book,
        lambda parts: parts.update(
            {
                "xl/externalLinks/externalLink1.xml": b"<externalLink/>",
                "xl/externalLinks/_rels/externalLink1.xml.rels": relation,
                "xl/worksheets/_rels/sheet1.xml.rels": relation,
            }
        ),
    )

    assert len(list(read_letters(book))) == 1
