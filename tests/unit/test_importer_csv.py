"""CSV files are read however Excel, LibreOffice or another program wrote them."""

import tracemalloc
from pathlib import Path

import pytest

from saraban_node.importer import reader, reasons
from saraban_node.importer.csv_file import MAX_BYTES
from saraban_node.importer.errors import (
    CannotOpenFile,
    FileTooLarge,
    ImportProblem,
    NotASpreadsheet,
    OldExcelFile,
    PasswordProtected,
    UnreadableText,
)
from saraban_node.importer.letter import BadRow, Row
from saraban_node.importer.reader import read_letters
from saraban_node.importer.table import MAX_LINES
from saraban_sync.errors import SarabanError
from tests.register_files import HEADS, bad_rows, csv_file, letters_of, only_bad, row


def refused(path: Path) -> ImportProblem:
    with pytest.raises(ImportProblem) as problem:
        list(read_letters(path))
    assert path.name in problem.value.sentence("th")
    assert path.name in problem.value.sentence("en")
    return problem.value


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "cp874", "tis-620", "iso8859_11"]
)
@pytest.mark.parametrize(
    "delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"]
)
def test_thai_comes_through_in_every_usual_encoding_and_with_every_delimiter(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    subject = "ขอเชิญประชุมผู้ปกครอง ณ อาคารอเนกประสงค์ ๑๔ น้ำแข็ง"
    path = csv_file(tmp_path, [HEADS, row(subject)], encoding=encoding, delimiter=delimiter)

    assert letters_of(path)[0].subject == subject


def test_quotes_commas_and_line_breaks_inside_a_text_are_kept_apart(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        'เลขรับ,เรื่อง,จาก\r\n1,"ส่งโต๊ะ, เก้าอี้ ""ใหม่""\r\nและจอ 24""","ก"\r\n2, "ข",ค\r\n',
    )

    assert [one.subject for one in letters_of(path)] == [
        'ส่งโต๊ะ, เก้าอี้ "ใหม่" และจอ 24"',
        "ข",
    ]


def test_the_line_number_is_the_one_a_text_editor_shows(tmp_path: Path) -> None:
    path = csv_file(tmp_path, 'หัวกระดาษ\n\nเลขรับ,เรื่อง\n1,"ก\nข\nค"\n\n2,\n3,ง\n')

    assert [one.line for one in read_letters(path)] == [4, 8, 9]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_every_kind_of_line_end_counts_as_one_line(tmp_path: Path, end: str) -> None:
    path = csv_file(tmp_path, end.join(("เลขรับ,เรื่อง", "1,ก", "", "2,ข")))

    assert [one.line for one in read_letters(path)] == [2, 4]


def test_excels_own_first_line_names_the_delimiter(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "sep=;\r\nเลขรับ;เรื่อง\r\n1;ก, ข\r\n")

    assert [
        (one.line, one.letter.subject) for one in read_letters(path) if isinstance(one, Row)
    ] == [(3, "ก, ข")]


def test_numbers_kept_as_text_for_excel_lose_only_their_wrapping(tmp_path: Path) -> None:
    path = csv_file(tmp_path, 'เลขรับ,ที่,เรื่อง\n="007",="04990/1",ก\n')

    (letter,) = letters_of(path)

    assert (letter.old_number, letter.letter_no) == ("007", "04990/1")


def test_an_open_quotation_mark_spoils_its_own_row_only(tmp_path: Path) -> None:
    rows = "".join(f'{number},"เรื่องที่ {number}, จริง"\n' for number in range(3, 100))
    path = csv_file(tmp_path, f'เลขรับ,เรื่อง\n1,"ก\n2,ข\n{rows}')

    bad = only_bad(path, reasons.OPEN_QUOTE)

    assert (bad.line, bad.column, bad.seen) == (2, "", '1,"ก')
    assert len(list(read_letters(path))) == 99


def test_an_open_quotation_mark_at_the_end_of_the_file_is_seen(tmp_path: Path) -> None:
    assert only_bad(csv_file(tmp_path, 'เลขรับ,เรื่อง\n1,ก\n2,"ข'), reasons.OPEN_QUOTE).line == 3


def test_a_quotation_mark_in_a_wrong_place_is_sent_back(tmp_path: Path) -> None:
    only_bad(csv_file(tmp_path, 'เลขรับ,เรื่อง\n1,"ก"ข"ค"\n'), reasons.BAD_QUOTES)


def test_an_inch_mark_inside_a_plain_text_is_no_quotation(tmp_path: Path) -> None:
    path = csv_file(tmp_path, 'เลขรับ,เรื่อง\n1,จอภาพ 24" ใหม่\n2,ข\n')

    assert letters_of(path)[0].subject == 'จอภาพ 24" ใหม่'


def test_a_comma_without_quotation_marks_is_noticed(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "เลขรับ,เรื่อง,จาก\n1,ส่งโต๊ะ, เก้าอี้, และจอ,สพป.\n2,ข,ค,,,\n")

    assert only_bad(path, reasons.EXTRA_CELLS).seen == "และจอ"


def test_a_line_without_end_is_bad_and_the_next_one_is_read(tmp_path: Path) -> None:
    path = csv_file(tmp_path, f"เลขรับ,เรื่อง\n1,{'ก' * 250_000}\n2,ข\n")

    assert only_bad(path, reasons.LONG_LINE).line == 2
    assert [one.line for one in read_letters(path)] == [2, 3]


def test_a_long_line_inside_an_open_quotation_leaves_the_rest_readable(tmp_path: Path) -> None:
    path = csv_file(tmp_path, f'เลขรับ,เรื่อง\n1,"ก\n2,{"ข" * 250_000}\n3,ค\n')

    assert [bad.reason_en for bad in bad_rows(path)] == [
        reasons.OPEN_QUOTE.english,
        reasons.LONG_LINE.english,
    ]


def test_nul_characters_are_refused(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-16", "cp874"):
        problem = refused(csv_file(tmp_path, "เลขรับ,เรื่อง\n1,ก\0ข\n", encoding=encoding))
        assert isinstance(problem, UnreadableText)


def test_unknown_bytes_are_refused_and_one_broken_byte_is_not_taken_for_thai(
    tmp_path: Path,
) -> None:
    path = tmp_path / "letters.csv"
    text = "เลขรับ,เรื่อง\n1,ขอเชิญประชุมผู้ปกครอง\n".encode()

    for data in (b"\x81\x82\xfc\xff" * 10, text + b"2,\xe0\xb8\n", text[:-3] + b"\n"):
        path.write_bytes(data)
        assert isinstance(refused(path), UnreadableText)


@pytest.mark.parametrize(
    ("begin", "kind"),
    [
        (b"%PDF-1.7\n", NotASpreadsheet),
        (b"<html><table><tr><td>\xe0\xb9\x80\xe0\xb8\xa3", NotASpreadsheet),
        (b'\xef\xbb\xbf<?xml version="1.0"?><Workbook>', NotASpreadsheet),
        (b"\x89PNG\r\n\x1a\n", NotASpreadsheet),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504, OldExcelFile),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            PasswordProtected,
        ),
    ],
    ids=["pdf", "html", "xml", "png", "xls", "encrypted"],
)
@pytest.mark.parametrize("name", ["letters.xlsx", "letters.csv", "letters.xls"])
def test_another_kind_of_file_is_known_by_its_bytes_whatever_its_name(
    tmp_path: Path, begin: bytes, kind: type[SarabanError], name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(begin)

    assert isinstance(refused(path), kind)


def test_a_missing_file_or_a_folder_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()

    assert isinstance(refused(tmp_path / "missing.csv"), CannotOpenFile)
    assert isinstance(refused(tmp_path / "folder.csv"), CannotOpenFile)


def test_a_file_of_200_megabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = csv_file(tmp_path, [HEADS, row()])
    with path.open("r+b") as stream:
        stream.truncate(200 * 1024 * 1024)

    assert path.stat().st_size > MAX_BYTES
    assert isinstance(refused(path), FileTooLarge)


def test_rows_come_one_by_one_in_little_memory(tmp_path: Path) -> None:
    line = ",".join(map(str, row("ขอส่งรายงานผลการดำเนินงานโครงการอาหารกลางวัน" * 3)))
    path = csv_file(tmp_path, ",".join(HEADS) + "\n" + f"{line}\n" * 20_000)
    assert path.stat().st_size > 8_000_000

    tracemalloc.start()
    rows = read_letters(path)
    for _ in range(300):
        next(rows)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 16_000_000


def test_rows_beyond_the_limit_are_named_and_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_ROWS", 3)
    path = csv_file(tmp_path, [HEADS, *(row(f"เรื่องที่ {number}") for number in range(9))])

    *good, last = read_letters(path)

    assert len(good) == 3
    assert isinstance(last, BadRow)
    assert (last.line, last.reason_en) == (5, reasons.TOO_MANY_ROWS.english)


def test_millions_of_blank_lines_end_at_excels_own_limit(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "เลขรับ,เรื่อง\n" + "\n" * (MAX_LINES + 10) + "1,ก\n")

    assert only_bad(path, reasons.TOO_MANY_ROWS).line == MAX_LINES + 1
