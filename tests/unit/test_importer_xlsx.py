"""Workbooks are read with the mess that real ones have; one test for each kind of mess."""

import re
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.styles import Border, PatternFill, Side
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.datavalidation import DataValidation

from saraban_node.importer import reasons
from saraban_node.importer.errors import (
    EmptyFile,
    FormulasNotCalculated,
    NoHeads,
    RegisterContradiction,
    SecretRegister,
    UnknownRegister,
)
from saraban_node.importer.letter import BadRow, Row
from saraban_node.importer.reader import read_letters
from saraban_sync.registers import Register, Urgency
from tests.register_files import (
    HEADS,
    SHEET,
    bad_rows,
    letters_of,
    only_bad,
    rewritten,
    row,
    with_shared_strings,
    workbook,
)

INCOMING, OUTGOING = Register.INCOMING, Register.OUTGOING
OUT_HEADS = ("Sending no.", "Letter no.", "Date", "Subject", "Office codes", "Urgency")
THE_DAY = date(2026, 6, 7)


def test_date_cells_in_both_eras_and_dates_as_text_or_number_are_the_same_day(
    tmp_path: Path,
) -> None:
    days = (THE_DAY, datetime(2026, 6, 7, 14, 5), date(2569, 6, 7), 46180, "46180", "๗ มิ.ย. ๖๙")  # noqa: DTZ001
    path = workbook(tmp_path, [HEADS, *(row(day=day) for day in days)])

    assert [one.letter_date for one in letters_of(path)] == [THE_DAY] * len(days)


def test_a_year_of_two_digits_that_excel_took_for_1969_is_sent_back(tmp_path: Path) -> None:
    bad = only_bad(workbook(tmp_path, [HEADS, row(day=date(1969, 6, 7))]), reasons.SHORT_YEAR)

    assert (bad.line, bad.column, bad.sheet) == (2, "ลงวันที่", "Sheet1")


def test_a_thai_date_format_on_the_cell_changes_nothing(tmp_path: Path) -> None:
    def in_thai(book: Workbook) -> None:
        book.worksheets[0]["C2"].number_format = "[$-D07041E]d mmmm yyyy;@"

    path = workbook(tmp_path, [HEADS, row(day=46180)], change=in_thai)

    assert letters_of(path)[0].letter_date == THE_DAY


def test_days_counted_from_1904_are_read_as_cells_and_not_guessed_as_numbers(
    tmp_path: Path,
) -> None:
    def from_1904(book: Workbook) -> None:
        book.epoch = CALENDAR_MAC_1904

    path = workbook(tmp_path, [HEADS, row(day=THE_DAY), row(day=44718)], change=from_1904)

    (good, bad) = read_letters(path)

    assert isinstance(good, Row)
    assert good.letter.letter_date == THE_DAY
    assert isinstance(bad, BadRow)


def test_a_letter_number_that_excel_took_for_a_date_or_shortened_is_sent_back(
    tmp_path: Path,
) -> None:
    rows = [HEADS, row(letter_no=date(2026, 4, 12)), row(letter_no=time(4, 12)), row(no=THE_DAY)]

    assert {bad.reason_en for bad in bad_rows(workbook(tmp_path, rows))} == {
        reasons.EXCEL_DATE.english
    }


def test_numbers_are_written_without_the_point_that_excel_adds(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADS, row(2569, no=123.0, letter_no=45), row(1.5, sender=True)])

    first, second = letters_of(path)

    assert (first.old_number, first.letter_no, first.subject) == ("123", "45", "2569")
    assert (second.subject, second.sender) == ("1.5", "TRUE")


def test_a_date_in_a_remark_is_kept_as_a_date_in_words(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADS, row(remark=THE_DAY)])

    assert letters_of(path)[0].remark == "7 มิถุนายน 2569"


def test_line_breaks_and_hidden_characters_in_cells_become_plain_text(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADS, row("ขอเชิญ\nประชุม\tผู้\u200bปกครอง\u00a0ครู_x000D_ใหม่")])

    assert letters_of(path)[0].subject == "ขอเชิญ ประชุม ผู้ปกครอง ครู ใหม่"


def test_texts_in_several_colours_and_in_excels_own_table_of_texts_are_whole(
    tmp_path: Path,
) -> None:
    path = rewritten(workbook(tmp_path, [HEADS, row("ขอเชิญ ประชุม")]), with_shared_strings)

    (letter,) = letters_of(path)

    assert (letter.subject, letter.remark) == ("ขอเชิญ ประชุม", "ตัวอย่าง")


def test_merged_titles_blank_rows_and_repeated_heads_are_passed_over(tmp_path: Path) -> None:
    def merged(book: Workbook) -> None:
        book.worksheets[0].merge_cells("A1:H1")
        book.worksheets[0].merge_cells("A7:H7")

    title = "ทะเบียนหนังสือรับ วันที่ ๗ เดือน มิถุนายน พ.ศ. ๒๕๖๙"
    rows = [(title,), (), HEADS, row("ก"), (), (None, " "), (title,), HEADS, row("ข")]
    path = workbook(tmp_path, rows, change=merged)

    assert [
        (one.line, one.letter.subject) for one in read_letters(path) if isinstance(one, Row)
    ] == [
        (4, "ก"),
        (9, "ข"),
    ]
    assert letters_of(path)[1].received_on == THE_DAY


def test_a_title_spread_over_many_cells_is_read_as_one(tmp_path: Path) -> None:
    title = ("ทะเบียนหนังสือรับ", None, "วันที่", 7, "เดือน", "มิถุนายน", "พ.ศ.", "๒๕๖๙")
    path = workbook(tmp_path, [title, ("ที่", "เรื่อง"), ("ศธ 1/2", "ก")])

    (letter,) = letters_of(path)

    assert (letter.register, letter.received_on) == (INCOMING, THE_DAY)


def test_heads_in_two_merged_rows_and_in_small_letters_are_read(tmp_path: Path) -> None:
    rows = [
        ("เลขทะเบียน\nรับ", "หนังสือ", None, "เรื่อง"),
        (None, "ที่", "ลงวันที่", None),
        (1, "ศธ 1/2", THE_DAY, "ก"),
    ]

    (letter,) = letters_of(workbook(tmp_path, rows))

    assert (letter.letter_no, letter.letter_date) == ("ศธ 1/2", THE_DAY)


def test_empty_coloured_columns_and_notes_beside_the_table_do_no_harm(tmp_path: Path) -> None:
    def coloured(book: Workbook) -> None:
        for line in book.worksheets[0]["A1:AZ300"]:
            for cell in line:
                cell.fill = PatternFill("solid", "FFFF00")
                cell.border = Border(left=Side(style="thin"))

    path = workbook(tmp_path, [HEADS, (*row("ก"), None, None, "ถามครูสมศรี")], change=coloured)

    assert len(letters_of(path)) == 1


def test_a_table_that_begins_in_the_middle_of_the_sheet_keeps_its_line_numbers(
    tmp_path: Path,
) -> None:
    rows = [(), (), (None, None, *HEADS), (), (None, None, *row("ก")), (None, None, *row(""))]

    assert [one.line for one in read_letters(workbook(tmp_path, rows))] == [5, 6]


def test_both_registers_in_one_workbook_each_on_its_sheet(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        {
            "รับ": [HEADS, row("ก")],
            "ส่ง": [OUT_HEADS, (1, "ศธ 1/2", "7/6/69", "ข", "area-1", "most urgent"), (2,)],
            "อ่านก่อน": [("คำอธิบายไฟล์นี้",)],
        },
    )

    first, second, third = read_letters(path)

    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert isinstance(third, BadRow)
    assert (first.sheet, first.letter.register) == ("รับ", INCOMING)
    assert (second.sheet, second.letter.register) == ("ส่ง", OUTGOING)
    assert (second.letter.offices, second.letter.urgency) == (("area-1",), Urgency.MOST_URGENT)
    assert (third.sheet, third.line) == ("ส่ง", 3)


def test_the_sheets_name_alone_can_tell_the_register(tmp_path: Path) -> None:
    heads, cells = ("ที่", "เรื่อง"), ("ศธ 1/2", "ก")

    assert letters_of(workbook(tmp_path, {"ส่ง 2569": [heads, cells]}))[0].register is OUTGOING
    with pytest.raises(UnknownRegister):
        list(read_letters(workbook(tmp_path, [heads, cells])))
    with pytest.raises(SecretRegister):
        list(read_letters(workbook(tmp_path, {"รับ (ลับ)": [heads, cells]})))


def test_nothing_is_given_when_any_sheet_is_of_the_other_register(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"รับ": [HEADS, row()], "ส่ง": [OUT_HEADS, (1, "", "", "ข")]})

    with pytest.raises(RegisterContradiction):
        next(read_letters(path, register=INCOMING))


def test_a_sheet_with_a_table_but_no_heads_is_reported_and_hidden_sheets_are_not_read(
    tmp_path: Path,
) -> None:
    def hide(book: Workbook) -> None:
        book["ซ่อน"].sheet_state = "hidden"

    sheets = {"รับ": [HEADS, row("ก")], "เก่า": [row("ข")], "ซ่อน": [HEADS, row("ค")]}
    path = workbook(tmp_path, sheets, change=hide)

    bad = only_bad(path, reasons.SHEET_WITHOUT_HEADS)

    assert (bad.sheet, bad.seen) == ("เก่า", "เก่า")
    assert len(list(read_letters(path))) == 2


def test_an_empty_workbook_and_one_without_heads_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(EmptyFile):
        list(read_letters(workbook(tmp_path, [(), (None, " ")])))
    with pytest.raises(NoHeads):
        list(read_letters(workbook(tmp_path, [row(), row()])))


def test_errors_of_excel_are_sent_back(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADS, row("#REF!"), row(day="#N/A"), row(letter_no="#NAME?")])

    assert [bad.reason_en for bad in bad_rows(path)] == [
        reasons.EXCEL_ERROR.english,
        reasons.NOT_A_DATE.english,
        reasons.EXCEL_ERROR.english,
    ]


def _stored(value: str) -> Any:
    def change(parts: dict[str, bytes]) -> None:
        stored = rb'<c r="F2" t="str"><f>"a"</f><v>' + value.encode() + b"</v></c>"
        parts[SHEET] = re.sub(rb'<c r="F2"[^>]*>.*?</c>', stored, parts[SHEET])

    return change


def test_a_formula_gives_the_value_that_excel_stored(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADS, row('=CONCATENATE("ขอเชิญ","ประชุม")')])

    assert letters_of(rewritten(path, _stored("ขอเชิญประชุม")))[0].subject == "ขอเชิญประชุม"


def test_formulas_that_were_never_calculated_are_not_taken_for_empty_cells(
    tmp_path: Path,
) -> None:
    def without_value(parts: dict[str, bytes]) -> None:
        parts[SHEET] = re.sub(rb"<v ?/>|<v></v>", b"", parts[SHEET])

    path = workbook(tmp_path, [HEADS, row("=A1")])

    for change in (lambda _: None, without_value):
        with pytest.raises(FormulasNotCalculated) as problem:
            list(read_letters(rewritten(path, change)))
        assert "F2" in problem.value.sentence("th")


def test_a_formula_whose_text_is_empty_is_an_empty_cell(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADS, row('=IF(1,"","")')])

    only_bad(rewritten(path, _stored("")), reasons.NO_SUBJECT)


def test_what_openpyxl_warns_about_is_no_concern_of_the_clerk(tmp_path: Path) -> None:
    def with_extension(parts: dict[str, bytes]) -> None:
        end = b"</worksheet>"
        extension = b'<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"/></extLst>'
        parts[SHEET] = parts[SHEET].replace(end, extension + end)

    def with_list(book: Workbook) -> None:
        choice = DataValidation("list", formula1='"ด่วน,ด่วนมาก"')
        book.worksheets[0].add_data_validation(choice)
        choice.add("H2")

    path = workbook(tmp_path, [HEADS, row("ก")], change=with_list)

    assert len(letters_of(rewritten(path, with_extension))) == 1


def test_a_sheet_that_lies_about_its_size_is_still_read_to_the_end(tmp_path: Path) -> None:
    def lie(parts: dict[str, bytes]) -> None:
        parts[SHEET] = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', parts[SHEET])

    path = rewritten(workbook(tmp_path, [HEADS, row("ก"), row("ข")]), lie)

    assert len(letters_of(path)) == 2


def test_columns_beyond_the_hundredth_are_not_read(tmp_path: Path) -> None:
    path = workbook(tmp_path, [(*HEADS, *[None] * 100, "ชั้นความเร็ว"), (*row(), *[None] * 100, "?")])

    assert len(letters_of(path)) == 1


def test_the_name_of_the_file_means_nothing(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADS, row()])
    renamed = path.rename(tmp_path / "letters.csv")

    assert len(letters_of(renamed)) == 1
