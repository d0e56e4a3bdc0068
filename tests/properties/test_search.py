"""Search gives what reading the whole register would give, and no question can hurt it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given
from msgspec.structs import replace

from saraban_base.sqlite import Cursor, rows
from saraban_node.appliance import Appliance
from saraban_node.books import letters, registers, search
from saraban_node.books.registers import RegisterQuery
from saraban_sync import thai
from saraban_sync.registers import Register
from tests.letters import letters as realistic
from tests.offices import SOMSRI, YEAR, an_office

LETTERS = 300
_WORDS = (
    "ประชุม", "ครู", "งบประมาณ", "ด่วน", "ศธ", "๐๔๐๐๑", "04001", "/ว", "ว123", "ที่", "แจ้ง", "เเจ้ง",
    "กำหนด", "กํา", "หนด", "การ", "๒๕๖๙", "2569", "โรง", "รง", "ก", "า", "1", "๑/", "นักเรียน", "ขอ",
)  # fmt: skip
_TROUBLE = (
    '"',
    "'",
    "*",
    "(",
    ")",
    "AND",
    "OR",
    "NOT",
    "NEAR",
    "^",
    ":",
    "-",
    "+",
    "{",
    "%",
    "_",
    "\\",
)

Questions = st.lists(st.sampled_from(_WORDS + _TROUBLE), min_size=1, max_size=4).flatmap(
    lambda words: st.sampled_from([" ".join(words), "".join(words)])
)
Anything = st.text(max_size=30)


@pytest.fixture(scope="module")
def node() -> Iterator[Appliance]:
    """A school with three hundred letters of real variety, some with a note."""
    folder = Path(tempfile.mkdtemp())
    made = an_office(folder / "node")
    with made.db.write() as write:
        for number, fields in enumerate(realistic(3, LETTERS)):
            letter = replace(letters.NewLetter(**fields), offices=())
            entry = letters.register_letter(write, made.journal, letter, actor=SOMSRI)
            if number % 9 == 0:
                letters.note_entry(
                    write, made.journal, entry.id, action="มอบครูสมใจ ดำเนินการ", actor=SOMSRI
                )
    yield made
    made.close()
    shutil.rmtree(folder)


def _read_all(cursor: Cursor, asked: str) -> list[int]:
    """Find by reading every line: all words must be in it somewhere."""
    words = thai.normalise(asked).split()[: search.MAX_WORDS]
    return [
        seq
        for seq, text in rows(cursor, "SELECT seq, search_text FROM entry ORDER BY seq DESC")
        if words and all(word in text for word in words)
    ]


@given(asked=st.one_of(Questions, Anything))
def test_search_answers_as_reading_the_whole_register_does(node: Appliance, asked: str) -> None:
    with node.db.read() as cursor:
        assert search.find(cursor, asked, limit=LETTERS) == _read_all(cursor, asked)


@given(asked=Questions, size=st.integers(1, 40))
def test_pages_of_answers_put_together_are_the_whole_answer(
    node: Appliance, asked: str, size: int
) -> None:
    with node.db.read() as cursor:
        pages: list[int] = []
        while found := search.find(cursor, asked, limit=size, before=pages[-1] if pages else None):
            pages += found

        assert pages == _read_all(cursor, asked)


@given(asked=st.one_of(Questions, Anything), book=st.sampled_from(list(Register)))
def test_the_filter_of_a_register_finds_what_search_finds_in_it(
    node: Appliance, asked: str, book: Register
) -> None:
    with node.db.read() as cursor:
        query = RegisterQuery(register=book, year=YEAR, text=asked, limit=registers.MAX_PAGE)
        shown = [entry.seq for entry in registers.page(cursor, query)]
        everything = thai.normalise(asked) == ""
        of_book = [
            seq for (seq,) in rows(
                cursor, "SELECT seq FROM entry WHERE register = ? ORDER BY seq DESC", (book,)
            )
        ]  # fmt: skip

        wanted = of_book if everything else _read_all(cursor, asked)
        assert shown == [seq for seq in wanted if seq in of_book][: registers.MAX_PAGE]


@given(st.data())
def test_any_piece_of_a_letter_s_text_finds_the_letter(
    node: Appliance, data: st.DataObject
) -> None:
    with node.db.read() as cursor:
        stored = rows(cursor, "SELECT seq, subject, sender, letter_no FROM entry")
        seq, *texts = data.draw(st.sampled_from(stored))
        text = data.draw(st.sampled_from([one for one in texts if one]))
        start = data.draw(st.integers(0, len(text) - 1))
        piece = text[start : start + data.draw(st.integers(1, 30))]
        if not thai.normalise(piece) or thai.normalise(piece) not in thai.normalise(text):
            return  # cut between a letter and its mark, which then stands alone

        assert seq in search.find(cursor, piece, limit=LETTERS)
