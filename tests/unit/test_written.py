"""A number is understood however people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saraban_sync.registers import Register
from saraban_sync.thai import thai_digits
from saraban_sync.written import MAX_NUMBER, Written, read, squeezed

PREFIX = "ศธ 04123.45"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("123", Written(123)),
        ("๑๒๓", Written(123)),
        (" 123 ", Written(123)),
        ("123/2569", Written(123, 2569)),
        ("๑๒๓/๒๕๖๙", Written(123, 2569)),
        ("123 / 2569", Written(123, 2569)),
        ("123/69", Written(123, 2569)),
        ("123/2026", Written(123, 2569)),
        ("ศธ 04123.45/123", Written(123, prefix="ศธ 04123.45")),
        ("ศธ ๐๔๑๒๓.๔๕/๑๒๓", Written(123, prefix="ศธ 04123.45")),
        ("ศธ 04123.45/2569", Written(2569, prefix="ศธ 04123.45")),
        ("ศธ 04123.45/ว 123", Written(123, prefix="ศธ 04123.45", circular=True)),
        ("ศธ 04123.45/ว123", Written(123, prefix="ศธ 04123.45", circular=True)),
        ("ศธ04123.45/ว๑๒๓", Written(123, prefix="ศธ04123.45", circular=True)),
        ("ที่ ศธ 04123.45/123", Written(123, prefix="ศธ 04123.45")),
        ("ศธ 04123.45/123/2569", Written(123, 2569, prefix="ศธ 04123.45")),
        ("ศธ 04123.45/123 ลงวันที่ 5 มิถุนายน 2569", Written(123, 2569, prefix="ศธ 04123.45")),
        ("ศธ 04123.45/123 ลว. ๕ มิ.ย. ๒๕๖๙", Written(123, 2569, prefix="ศธ 04123.45")),
        ("ว 45", Written(45, circular=True)),
        ("หนังสือเวียนที่ 45/2569", Written(45, 2569, circular=True)),
        ("รับที่ 123", Written(123, register=Register.INCOMING)),
        ("รับที่ ๑๒๓/๒๕๖๙", Written(123, 2569, Register.INCOMING)),
        ("เลขทะเบียนรับ 123", Written(123, register=Register.INCOMING)),
        ("เลขรับที่: 123 ปี 2569", Written(123, 2569, Register.INCOMING)),
        ("ส่งที่ 7", Written(7, register=Register.OUTGOING)),
        ("คำสั่งที่ 12/2569", Written(12, 2569, Register.ORDER)),
        ("คําสั่งที่ 12/2569", Written(12, 2569, Register.ORDER)),
        ("ประกาศ 3/2569", Written(3, 2569, Register.ANNOUNCEMENT)),
        ("หนังสือรับรองที่ 8/2569", Written(8, 2569, Register.CERTIFICATE)),
        ("บันทึกข้อความที่ 9", Written(9, register=Register.MEMO)),
        ("เกียรติบัตรเลขที่ ๑๐๐/๒๕๖๙", Written(100, 2569, Register.AWARD)),
        ("ฉ 3/2569", Written(3, 2569, emergency="")),
        ("ฉ๓/๒๕๖๙", Written(3, 2569, emergency="")),
        ("ฉ2 3/2569", Written(3, 2569, emergency="2")),
        ("ฉ 3", Written(3, emergency="")),
        ("ทะเบียนฉุกเฉินที่ 3/2569", Written(3, 2569, emergency="")),
        ("No. 15", Written(15)),
        ("#15", Written(15)),
        ("123.", Written(123)),
    ],
)
def test_it_is_read_as_it_was_meant(text: str, meant: Written) -> None:
    assert read(text)[0] == meant


def test_digits_before_the_stroke_may_be_a_prefix_too() -> None:
    assert read("12/45") == [Written(12, 2545), Written(45, prefix="12")]
    assert read("12/345") == [Written(345, prefix="12")]
    assert read("123/4567") == [Written(4567, prefix="123")]


@pytest.mark.parametrize(
    "text",
    ["", "ไม่มีเลข", "ศธ/", "0", "ศธ 04123.45/0", "1/2/3/4", "9" * 30, "1" * 500, "-5 -", "\x00"],
)
def test_what_is_no_number_is_not_taken_for_one(text: str) -> None:
    assert read(text) == []


@given(st.text(max_size=60))
def test_anything_can_be_typed(text: str) -> None:
    assert all(1 <= one.number <= MAX_NUMBER for one in read(text))


@given(
    st.integers(1, 99_999),
    st.one_of(st.none(), st.integers(2560, 2620)),
    st.booleans(),
    st.booleans(),
)
def test_what_the_register_writes_is_read_back(
    number: int, year: int | None, circular: bool, thai: bool
) -> None:
    text = f"{PREFIX}/{'ว ' if circular else ''}{number}" + (f"/{year}" if year else "")

    found = read(thai_digits(text) if thai else text)[0]

    assert found == Written(number, year, prefix=PREFIX, circular=circular)


def test_two_spellings_of_one_number_are_equal() -> None:
    assert squeezed("ศธ ๐๔๐๐๑/ว ๑๒๓") == squeezed("ศธ 04001/ว123")
