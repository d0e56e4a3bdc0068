"""Heads are known in the many ways offices write them, and tell the register."""

import pytest

from saraban_node.importer import heads
from saraban_node.importer.heads import LOOSE, PLAIN, Doubled, Field, find_columns, register_named
from saraban_sync.registers import Register

INCOMING, OUTGOING = Register.INCOMING, Register.OUTGOING


def places(*cells: str) -> dict[Field, int]:
    found = find_columns(cells)
    assert found is not None
    return dict(found.places)


def test_the_columns_of_the_two_official_forms_are_known() -> None:
    form_13 = ("เลขทะเบียนรับ", "ที่", "ลงวันที่", "จาก", "ถึง", "เรื่อง", "การปฏิบัติ", "หมายเหตุ")
    fields = (
        Field.OLD_NUMBER, Field.LETTER_NO, Field.LETTER_DATE, Field.SENDER,
        Field.RECIPIENT, Field.SUBJECT, Field.ACTION, Field.REMARK,
    )  # fmt: skip

    assert places(*form_13) == {field: place for place, field in enumerate(fields)}
    assert places("เลขทะเบียนส่ง", *form_13[1:]) == places(*form_13)


@pytest.mark.parametrize(
    ("head", "field"),
    [(name, field) for field, names in PLAIN.items() for name in names],
    ids=lambda part: f"{part}",
)
def test_each_known_head_is_found_in_capitals_with_spaces_and_marks(
    head: str, field: Field
) -> None:
    written = f"  {head.upper()}\u200b.:* "
    if field is Field.SUBJECT:
        assert places(written, "หมายเหตุ")[field] == 0
    else:
        assert places("เรื่อง", written)[field] == 1


@pytest.mark.parametrize("head", LOOSE)
def test_a_head_that_depends_on_others_takes_the_first_free_meaning(head: str) -> None:
    assert places("เรื่อง", head)[LOOSE[head][0]] == 1


def test_a_head_may_be_in_two_languages_or_explain_itself_in_brackets() -> None:
    assert places("เรื่อง / Subject", "ลงวันที่ (ว/ด/ป)", "จาก From", "ถึง\n(หน่วยงาน)") == {
        Field.SUBJECT: 0,
        Field.LETTER_DATE: 1,
        Field.SENDER: 2,
        Field.RECIPIENT: 3,
    }


def test_sara_ae_typed_as_two_sara_e_and_tone_marks_in_either_order_are_the_same() -> None:
    assert places("เรื่อง", "ผลการดําเนินการ") == {Field.SUBJECT: 0, Field.ACTION: 1}


def test_one_date_is_the_letters_and_beside_it_another_is_the_day_of_receiving() -> None:
    assert places("วันที่", "เรื่อง") == {Field.LETTER_DATE: 0, Field.SUBJECT: 1}
    assert places("วันที่", "ลงวันที่", "เรื่อง") == {
        Field.RECEIVED_ON: 0,
        Field.LETTER_DATE: 1,
        Field.SUBJECT: 2,
    }


def test_a_running_number_is_the_old_number_only_when_no_better_one_is_there() -> None:
    assert places("ลำดับที่", "เรื่อง")[Field.OLD_NUMBER] == 0
    assert places("ลำดับที่", "เลขทะเบียนรับ", "เรื่อง")[Field.OLD_NUMBER] == 1
    assert places("ที่", "เลขที่หนังสือ", "เรื่อง") == {
        Field.OLD_NUMBER: 0,
        Field.LETTER_NO: 1,
        Field.SUBJECT: 2,
    }


def test_columns_that_are_not_known_are_passed_over() -> None:
    assert places("เวลา", "เรื่อง", "ลายเซ็นผู้รับ", "จาก") == {Field.SUBJECT: 1, Field.SENDER: 3}


@pytest.mark.parametrize(
    "cells",
    [
        ("ทะเบียนหนังสือรับ", "", ""),
        ("เลขทะเบียนรับ", "ที่", "ลงวันที่"),
        ("1", "ศธ 04990/1", "เรื่อง การประชุม"),
        ("เรื่อง", 5),
        ("เรื่อง", "ไม่รู้จัก"),
        (None, "", "\u200b"),
        (),
    ],
)
def test_a_row_without_the_subject_and_another_known_head_is_no_head_row(
    cells: tuple[str, ...],
) -> None:
    assert find_columns(cells) is None


def test_the_subject_alone_may_be_the_only_column() -> None:
    assert places("เรื่อง") == {Field.SUBJECT: 0}


def test_two_columns_of_the_same_meaning_are_not_guessed_between() -> None:
    with pytest.raises(Doubled) as doubled:
        find_columns(("เรื่อง", "ลงวันที่", "วันที่หนังสือ"))

    assert (doubled.value.first, doubled.value.second) == ("ลงวันที่", "วันที่หนังสือ")


@pytest.mark.parametrize(
    ("title", "register"),
    [
        ("ทะเบียนหนังสือรับ วันที่ ๗ เดือน มิถุนายน พ.ศ. ๒๕๖๙", INCOMING),
        ("ทะเบียน หนังสือ ส่ง", OUTGOING),
        ("ทะเบียนรับหนังสือราชการ", INCOMING),
        ("Incoming register 2569", INCOMING),
        ("หนังสือออก 2569", OUTGOING),
        ("ทะเบียนหนังสือรับ-ส่ง หนังสือส่ง", None),
        ("ทะเบียนหนังสือรับรอง", None),
        ("ทะเบียนนักเรียน", None),
        ("สำหรับครู", None),
    ],
)
def test_a_title_tells_the_register_unless_it_names_both_or_none(
    title: str, register: Register | None
) -> None:
    assert register_named(title) is register


@pytest.mark.parametrize(
    ("name", "register"),
    [("รับ", INCOMING), ("ส่ง 2569", OUTGOING), ("รับ-ส่ง", None), ("สำหรับส่ง", OUTGOING),
     ("หนังสือรับรอง", None), ("Sheet1", None), ("outgoing", OUTGOING)],
)  # fmt: skip
def test_a_sheet_named_received_or_sent_tells_the_register(
    name: str, register: Register | None
) -> None:
    assert heads.register_of_sheet(name) is register


@pytest.mark.parametrize(
    ("title", "secret"),
    [("ทะเบียนหนังสือรับ (ลับ)", True), ("ทขล.1", True), ("Secret register", True),
     ("ทะเบียนหนังสือส่งกลับ", False), ("Secretary's register", False)],
)  # fmt: skip
def test_a_register_of_secret_letters_is_known_by_its_title(title: str, secret: bool) -> None:
    assert heads.names_secret_register(title) is secret
