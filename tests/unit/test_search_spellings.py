"""A letter is found however its words were typed, then or now, and no question does any harm."""

from collections.abc import Iterator

import pytest

from saraban_base.sqlite import rows
from saraban_node.appliance import Appliance
from saraban_node.books import letters, search
from saraban_sync.registers import Register
from tests.offices import SOMSRI, a_letter, an_office, register

STORED = {
    "circular": ("ศธ ๐๔๐๐๑/ว ๑๒๓", "ขอเชิญประชุมผู้บริหารสถานศึกษา"),
    "water": ("อบต 71/5", "การใช้น้ํามันเชื้อเพลิงและการแก้ไข"),
    "typed": ("พิเศษ 9", "เเจ้งกําหนดการเเข่งขัน"),
    "hidden": ("ที่ 5", "โครง\u200bการ\ufeffอาหารกลาง\u200cวัน"),
    "latin": ("MOE-77", "Microsoft TEAMS ครั้งที่ 2"),
    "quotes": ('ที่ "1"', "โครงการ 'โรงเรียนสุจริต' (100%) a_b *ด่วน* AND OR NOT"),
    "short": ("ก 1", "ขอ อบต ตา ยา"),
}
FOUND = [
    ("ศธ 04001/ว123", "circular"),
    ("ศธ ๐๔๐๐๑/ว ๑๒๓", "circular"),
    ("ศธ04001/ว 123", "circular"),
    ("04001/ว123", "circular"),
    ("ว๑๒๓ ประชุม", "circular"),
    ("น้ำมัน", "water"),
    ("น้ํามัน", "water"),
    ("นํ้ามัน", "water"),
    ("แก้ไข", "water"),
    ("เเก้ไข", "water"),
    ("แจ้งกำหนดการแข่งขัน", "typed"),
    ("เเจ้งกําหนด", "typed"),
    ("โครงการอาหารกลางวัน", "hidden"),
    ("อาหาร\u200bกลางวัน", "hidden"),
    ("microsoft teams", "latin"),
    ("TEAMS ครั้งที่ ๒", "latin"),
    ("moe-๗๗", "latin"),
    ("'โรงเรียนสุจริต'", "quotes"),
    ("100%", "quotes"),
    ("a_b", "quotes"),
    ("*ด่วน*", "quotes"),
    ("AND OR NOT", "quotes"),
    ('"1"', "quotes"),
    ("ตา", "short"),
    ("ยา ขอ", "short"),
    ("อบต ตา", "short"),
    ("ฮ ฮ", None),
]
HARMLESS = [
    '"', '""', "'", "';--", "*", "**", "(", "((()", "AND", "OR", "NOT", "NEAR(", "^a", ":", "x:y",
    "-", "+", "{a b}", "%", "_", "\\", "\x00", "\u200b", "a" * 5_000, "ก " * 5_000, "'" * 99,
    "search_text : 1", "rowid:1", "'; DROP TABLE entry; --", "😀", "\ud800", "\ufdd0",
]  # fmt: skip


@pytest.fixture(scope="module", params=["not yet in the index", "in the index"])
def office(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Appliance]:
    """The letters above, once read one by one and once through the index."""
    node = an_office(tmp_path_factory.mktemp("office") / "node")
    for letter_no, subject in STORED.values():
        register(node, a_letter(0, letter_no=letter_no, subject=subject, sender="", recipient=""))
    if request.param == "in the index":
        with node.db.write() as write:
            for _ in range(search.PAGE):
                other = letters.NewLetter(register=Register.OUTGOING, subject="xxx", letter_no="y")
                letters.register_letter(write, node.journal, other, actor=SOMSRI)
    yield node
    node.close()


def answers(node: Appliance, asked: str) -> list[str]:
    with node.db.read() as cursor:
        found = search.find(cursor, asked)
        numbers = dict(rows(cursor, "SELECT seq, number FROM entry WHERE register = 'incoming'"))
    return [list(STORED)[numbers[seq] - 1] for seq in found if seq in numbers]


@pytest.mark.parametrize(("asked", "name"), FOUND)
def test_a_letter_is_found_by_any_spelling_of_its_words(
    office: Appliance, asked: str, name: str | None
) -> None:
    assert answers(office, asked) == ([] if name is None else [name])


@pytest.mark.parametrize("asked", HARMLESS)
def test_signs_that_mean_something_to_a_search_machine_are_only_signs(
    office: Appliance, asked: str
) -> None:
    answers(office, asked)

    assert answers(office, "น้ำมัน") == ["water"]


def test_an_empty_question_finds_nothing(office: Appliance) -> None:
    assert [answers(office, asked) for asked in ("", "  ", "\u200b")] == [[], [], []]


def test_every_word_must_be_there(office: Appliance) -> None:
    assert answers(office, "ประชุม น้ำมัน") == []
    assert answers(office, "สถานศึกษา ผู้บริหาร ว123") == ["circular"]


def test_a_number_and_year_find_the_line(office: Appliance) -> None:
    assert answers(office, "3/2569") == ["typed"]
    assert answers(office, "๓/๒๕๖๙") == ["typed"]
