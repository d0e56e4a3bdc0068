"""What a register looks like in real life, row by row, in CSV files."""

from datetime import date
from pathlib import Path

import pytest

from saraban_node.importer import reasons
from saraban_node.importer.errors import (
    DoubledColumn,
    EmptyFile,
    NoHeads,
    RegisterContradiction,
    SecretRegister,
    UnknownRegister,
)
from saraban_node.importer.letter import ImportedLetter, Row
from saraban_node.importer.reader import read_letters
from saraban_node.importer.reasons import Reason
from saraban_sync.registers import Register, Urgency
from tests.register_files import HEADS, bad_rows, csv_file, letters_of, only_bad, row

INCOMING, OUTGOING = Register.INCOMING, Register.OUTGOING


def test_every_column_of_a_row_reaches_the_letter(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "เลขรับ,วันที่รับ,เลขที่หนังสือ,ลงวันที่,จาก,ถึง,เรื่อง,การดำเนินการ,ชั้นความเร็ว,หมายเหตุ\n"
        "๑๒,๘ มิ.ย. ๖๙,ศธ 04990/ว 45,๗ มิถุนายน ๒๕๖๙,สพป. (ตัวอย่าง),ผอ.,"
        "ขอเชิญประชุม,มอบงานวิชาการ,ด่วนมาก,ตัวอย่าง\n",
    )

    assert list(read_letters(path)) == [
        Row(
            2,
            ImportedLetter(
                register=INCOMING,
                subject="ขอเชิญประชุม",
                sender="สพป. (ตัวอย่าง)",
                recipient="ผอ.",
                letter_no="ศธ 04990/ว 45",
                letter_date=date(2026, 6, 7),
                action="มอบงานวิชาการ",
                remark="ตัวอย่าง",
                urgency=Urgency.VERY_URGENT,
                old_number="๑๒",
                received_on=date(2026, 6, 8),
            ),
        )
    ]


def test_an_outgoing_letter_names_the_offices_it_goes_to_each_once(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "เลขทะเบียนส่ง;เรื่อง;ส่งถึงหน่วยงาน\n1;ก;area-1\n"
        '2;ข;"Area-1, school-๒\nschool-2 และ school-3"\n3;ค;-\n',
    )

    letters = letters_of(path)

    assert [one.offices for one in letters] == [
        ("area-1",),
        ("area-1", "school-2", "school-3"),
        (),
    ]
    assert {one.register for one in letters} == {OUTGOING}


def test_only_the_subject_is_required(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "เลขรับ,เรื่อง,จาก\n,มีแต่เรื่อง,\n")

    assert letters_of(path) == [ImportedLetter(register=INCOMING, subject="มีแต่เรื่อง")]


def test_a_bad_row_says_where_and_why_and_does_not_stop_the_rest(tmp_path: Path) -> None:
    rows = [HEADS, row("ก"), row("ข", day="31/6/2569"), row(""), row("ง")]
    path = csv_file(tmp_path, rows)

    (second, third) = bad_rows(path)

    assert (second.line, second.column, second.seen) == (3, "ลงวันที่", "31/6/2569")
    assert (second.reason_th, second.reason_en) == reasons.IMPOSSIBLE_DATE
    assert (third.line, third.column, third.reason_en) == (4, "เรื่อง", reasons.NO_SUBJECT.english)
    assert [one.line for one in read_letters(path) if isinstance(one, Row)] == [2, 5]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"subject": "#REF!"}, reasons.EXCEL_ERROR),
        ({"subject": "#######"}, reasons.EXCEL_ERROR),
        ({"subject": "เรื่อง\ufffdเสีย"}, reasons.UNREADABLE_TEXT),
        ({"subject": "ย" * 4001}, reasons.TOO_LONG),
        ({"sender": "〃"}, reasons.DITTO),
        ({"sender": "''"}, reasons.DITTO),
        ({"letter_no": "4.99012E+15"}, reasons.ROUNDED_NUMBER),
        ({"no": "#N/A"}, reasons.EXCEL_ERROR),
        ({"subject": "(ลับ) สอบสวน"}, reasons.SECRET),
        ({"subject": "ลับมาก"}, reasons.SECRET),
        ({"letter_no": "ลับ ที่ ศธ 04990/1"}, reasons.SECRET),
        ({"letter_no": "ด่วนที่สุด/ลับที่สุด ที่ ศธ 04990/1"}, reasons.SECRET),
        ({"remark": "ลั\u200bบ"}, reasons.SECRET),
    ],
    ids=str,
)
def test_a_cell_that_cannot_be_trusted_makes_the_row_bad(
    tmp_path: Path, change: dict[str, str], reason: Reason
) -> None:
    only_bad(csv_file(tmp_path, [HEADS, row(**change)]), reason)


def test_words_that_only_sound_secret_are_no_mark_of_secrecy(tmp_path: Path) -> None:
    subjects = ("ลับมีดให้คม", "กลับบ้าน", "การรักษาความลับของทางราชการ", "เลี้ยงต้อนรับ ลับแล")

    path = csv_file(tmp_path, [HEADS, *(row(subject) for subject in subjects)])

    assert [one.subject for one in letters_of(path)] == list(subjects)


@pytest.mark.parametrize("secrecy", ["ลับ", "ลับมาก", "ลับที่สุด", "1", "secret", "ปกปิด", "ใช่"])
def test_what_the_column_of_secrecy_does_not_call_open_is_refused(
    tmp_path: Path, secrecy: str
) -> None:
    path = csv_file(tmp_path, f"เลขรับ,เรื่อง,ชั้นความลับ\n1,ก,{secrecy}\n2,ข,ปกติ\n3,ค,\n4,ง,ไม่ลับ\n")

    assert only_bad(path, reasons.SECRET).line == 2


@pytest.mark.parametrize(
    ("written", "urgency"),
    [
        *(("", Urgency.NORMAL), ("-", Urgency.NORMAL), ("1", Urgency.NORMAL)),
        *(("ด่วน", Urgency.URGENT), ("๒", Urgency.URGENT), ("Urgent", Urgency.URGENT)),
        *(("ด่วน มาก", Urgency.VERY_URGENT), ("VERY URGENT", Urgency.VERY_URGENT)),
        *(("ด่วนที่สุด", Urgency.MOST_URGENT), ("most-urgent", Urgency.MOST_URGENT)),
    ],
)  # fmt: skip
def test_urgency_is_read_in_words_and_in_the_levels_of_other_programs(
    tmp_path: Path, written: str, urgency: Urgency
) -> None:
    path = csv_file(tmp_path, f"เลขรับ,เรื่อง,ชั้นความเร็ว\n1,ก,{written}\n")

    assert letters_of(path)[0].urgency is urgency


def test_an_unknown_urgency_is_sent_back_and_one_before_the_number_is_seen(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "เลขรับ,เรื่อง,ชั้นความเร็ว\n1,ก,ด่วนภายใน 15 มิ.ย.\n")
    only_bad(path, reasons.UNKNOWN_URGENCY)

    path = csv_file(tmp_path, [HEADS, row(letter_no="ด่วนที่สุด ที่ ศธ 04990/1")])
    assert letters_of(path)[0].urgency is Urgency.MOST_URGENT


def test_a_bad_office_code_or_one_on_an_incoming_letter_is_sent_back(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "เลขส่ง,เรื่อง,รหัสหน่วยงาน\n1,ก,โรงเรียน 2\n")
    assert only_bad(path, reasons.BAD_OFFICE).seen == "โรงเรียน 2"

    path = csv_file(tmp_path, "เลขรับ,เรื่อง,รหัสหน่วยงาน\n1,ก,area-1\n")
    only_bad(path, reasons.OFFICES_INCOMING)


def test_page_breaks_with_titles_heads_and_numbered_columns_are_passed_over(tmp_path: Path) -> None:
    title = "ทะเบียนหนังสือรับ วันที่ {} เดือน มิถุนายน พ.ศ. ๒๕๖๙"
    numbers = tuple(f"({number})" for number in range(1, 9))
    path = csv_file(
        tmp_path,
        [
            ("โรงเรียนบ้านดอยฟ้า (ตัวอย่าง)",), (title.format("๗"),), (), HEADS, numbers, row("ก"),
            ("",) * 12, row("ข"), (title.format("๘"),), HEADS, row("ค"), (), (),
        ],
    )  # fmt: skip

    letters = letters_of(path)

    assert [one.subject for one in letters] == ["ก", "ข", "ค"]
    assert [one.received_on for one in letters] == [date(2026, 6, d) for d in (7, 7, 8)]


def test_a_new_head_row_with_another_order_is_followed(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "เลขรับ,เรื่อง,จาก\n1,ก,ข\nเลขรับ,จาก,เรื่อง,เวลา\n2,ค,ง,9\n")

    assert [(one.subject, one.sender) for one in letters_of(path)] == [("ก", "ข"), ("ง", "ค")]


def test_rows_below_heads_that_are_not_clear_are_not_guessed(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "เลขรับ,เรื่อง\n1,ก\nเลขรับ,เรื่อง,เรื่อง\n2,ข\nเลขรับ,เรื่อง\n3,ค\n")

    assert [(bad.line, bad.reason_en) for bad in bad_rows(path)] == [
        (3, reasons.DOUBLED_HEADS.english),
        (4, reasons.DOUBLED_HEADS.english),
    ]


def test_rows_below_a_title_of_a_secret_register_are_refused(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "เลขรับ,เรื่อง\n1,ก\nทะเบียนหนังสือรับ (ลับ),\nเลขรับ,เรื่อง\n2,ข\nทะเบียนหนังสือรับ,\n3,ค\n",
    )

    assert [bad.line for bad in bad_rows(path)] == [3, 5]


def test_heads_written_in_two_rows_are_read_together(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "เลขทะเบียนรับ,หนังสือ,,เรื่อง\n,ที่,ลงวันที่,\n1,ศธ 1/2,7/6/2569,ก\n")

    (letter,) = letters_of(path)

    assert (letter.letter_no, letter.letter_date) == ("ศธ 1/2", date(2026, 6, 7))


def test_heads_in_two_rows_may_be_repeated_at_page_breaks(tmp_path: Path) -> None:
    two = "เลขทะเบียนรับ,หนังสือ,,เรื่อง\n,ที่,ลงวันที่,\n"
    path = csv_file(tmp_path, f"{two}1,ศธ 1/2,7/6/2569,ก\n{two}2,ศธ 1/3,8/6/2569,ข\n")

    assert [one.letter_no for one in letters_of(path)] == ["ศธ 1/2", "ศธ 1/3"]


def test_a_day_of_receiving_without_a_year_is_in_the_registers_year(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "ทะเบียนหนังสือรับ ปี ๒๕๖๙,\nเลขรับ,วันที่รับ,ลงวันที่,เรื่อง\n1,7 มิ.ย.,6/6/69,ก\n2,7/6/69,6 มิ.ย.,ข\n",
    )

    (good, bad) = read_letters(path)

    assert isinstance(good, Row)
    assert good.letter.received_on == date(2026, 6, 7)
    assert bad == only_bad(path, reasons.NO_YEAR)


def test_a_column_says_for_each_row_whether_it_was_received_or_sent(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "ประเภท,เรื่อง\nรับ,ก\nหนังสือส่ง,ข\nincoming,ค\nภายนอก,ง\n")

    rows = list(read_letters(path))

    assert [one.letter.register for one in rows if isinstance(one, Row)] == [
        INCOMING,
        OUTGOING,
        INCOMING,
    ]
    assert only_bad(path, reasons.UNKNOWN_KIND).line == 5


def test_the_kind_of_letter_in_that_column_does_no_harm_when_the_register_is_known(
    tmp_path: Path,
) -> None:
    path = csv_file(tmp_path, "เลขส่ง,ประเภท,เรื่อง\n1,ภายนอก,ก\n2,บันทึกข้อความ,ข\n")

    assert {one.register for one in letters_of(path)} == {OUTGOING}


def test_a_row_of_the_other_register_is_refused_when_one_was_chosen(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "ประเภท,เรื่อง\nรับ,ก\nส่ง,ข\n")

    (bad,) = bad_rows(path, INCOMING)

    assert (bad.line, bad.reason_en) == (3, reasons.OTHER_REGISTER.english)


def test_the_register_is_told_by_title_by_file_name_or_by_the_person(tmp_path: Path) -> None:
    titled = csv_file(tmp_path, "ทะเบียนหนังสือส่ง,\nที่,เรื่อง\nศธ 1/2,ก\n")
    assert letters_of(titled)[0].register is OUTGOING

    plain = csv_file(tmp_path, "ที่,เรื่อง\nศธ 1/2,ก\n")
    assert letters_of(plain, OUTGOING)[0].register is OUTGOING

    named = plain.rename(tmp_path / "ทะเบียนหนังสือรับ 2569.csv")
    assert letters_of(named)[0].register is INCOMING
    assert letters_of(named, OUTGOING)[0].register is OUTGOING


def test_a_file_that_does_not_say_its_register_is_refused_whole(tmp_path: Path) -> None:
    with pytest.raises(UnknownRegister):
        list(read_letters(csv_file(tmp_path, "ที่,เรื่อง\nศธ 1/2,ก\n")))


def test_a_file_that_contradicts_itself_or_the_person_is_refused_whole(tmp_path: Path) -> None:
    with pytest.raises(UnknownRegister):
        list(read_letters(csv_file(tmp_path, "ทะเบียนหนังสือส่ง\nเลขทะเบียนรับ,เรื่อง\n1,ก\n")))
    with pytest.raises(RegisterContradiction):
        list(read_letters(csv_file(tmp_path, [HEADS, row()]), register=OUTGOING))


@pytest.mark.parametrize("text", ["", "\ufeff", "\n\n , ,\n\u200b\n"])
def test_an_empty_file_is_called_empty(tmp_path: Path, text: str) -> None:
    with pytest.raises(EmptyFile):
        list(read_letters(csv_file(tmp_path, text)))


def test_a_file_without_heads_with_doubled_or_with_secret_ones_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoHeads):
        list(read_letters(csv_file(tmp_path, [row(), row()])))
    with pytest.raises(DoubledColumn) as doubled:
        list(read_letters(csv_file(tmp_path, "เรื่อง,ลงวันที่,วันที่หนังสือ\n")))
    assert "วันที่หนังสือ" in doubled.value.sentence("th")
    with pytest.raises(SecretRegister):
        list(read_letters(csv_file(tmp_path, "ทะเบียนหนังสือรับลับ\nเลขรับ,เรื่อง\n1,ก\n")))
