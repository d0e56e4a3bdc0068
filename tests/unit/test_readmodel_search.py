"""A letter is found in all registers, however its words were typed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_central.readmodel import searching
from saraban_central.readmodel.searching import Wish
from saraban_sync.events import EntryNoted, EntryVoided
from saraban_sync.registers import Register
from tests.central_district import YEAR, District, Office


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture
def school(district: District) -> Office:
    return district.office("school")


def numbers(district: District, text: str, **filters: object) -> list[int]:
    district.centre.readmodel.catch_up(district.centre.store)
    with district.centre.readmodel.read() as cursor:
        return [hit.number for hit in searching.find(cursor, Wish(text, **filters))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "typed",
    [
        "ศธ 04001/ว123",
        "ศธ ๐๔๐๐๑/ว ๑๒๓",
        "ศธ 04001/ว 123",
        "04001/ว123",
        "ประชุม",
        "ประชุม ผู้บริหาร",
        "ทําบุญ",  # nikhahit and sara aa instead of sara am
        "ท\u200bำบุญ",
        "เเผน",  # two sara e instead of sara ae
        "แผน",
        "ว 123",
        f"1/{YEAR}",
        "๑/๒๕๖๙",
        "นาย ก",
    ],
)
def test_however_it_is_typed_the_letter_is_found(
    district: District, school: Office, typed: str
) -> None:
    school.register(
        1, subject="ประชุมผู้บริหาร ทำบุญ และแผนงาน", letter_no="ศธ ๐๔๐๐๑/ว ๑๒๓", sender="นาย ก"
    )
    school.register(2, subject="เรื่องอื่น", letter_no="ศธ 09999/7")

    assert numbers(district, typed) == [1]


@pytest.mark.parametrize("typed", ['"', "'; DROP TABLE entry; --", "*", "NOT", "AND OR", "%", "a*"])
def test_signs_of_the_query_language_are_only_letters(
    district: District, school: Office, typed: str
) -> None:
    school.register(1)

    assert numbers(district, typed) == []


def test_hits_are_narrowed_by_office_register_and_year(district: District, school: Office) -> None:
    other = district.office("other")
    school.register(1)
    other.register(2)
    other.register(3, register=Register.OUTGOING)

    assert sorted(numbers(district, "ประชุม")) == [1, 2, 3]
    assert sorted(numbers(district, "ประชุม", office="other")) == [2, 3]
    assert numbers(district, "ประชุม", office="other", register="outgoing") == [3]
    assert numbers(district, "ประชุม", year=2568) == []
    assert sorted(numbers(district, "")) == [1, 2, 3]


def test_what_was_done_with_a_letter_is_found_too(district: District, school: Office) -> None:
    entry = school.register(1)
    assert numbers(district, "วิชาการ") == []
    school.do(EntryNoted(entry=entry.id, action="มอบฝ่ายวิชาการ"))
    assert numbers(district, "วิชาการ") == [1]
    school.do(EntryVoided(entry=entry.id, reason="ลงทะเบียนซ้ำ"))
    assert numbers(district, "ซ้ำ") == [1]


def test_hits_come_newest_first_and_in_pages(district: District, school: Office) -> None:
    for number in range(1, 6):
        school.register(number)
        district.clock.forward(minutes=1)
    district.centre.readmodel.catch_up(district.centre.store)

    with district.centre.readmodel.read() as cursor:
        first = searching.find(cursor, Wish("ประชุม"), limit=2)
        second = searching.find(cursor, Wish("ประชุม"), limit=2, offset=2)

    assert [hit.number for hit in (*first, *second)] == [5, 4, 3, 2]
