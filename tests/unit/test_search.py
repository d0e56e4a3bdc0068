"""Every letter is found, the one of a minute ago as well as the one of last year."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from saraban_base.sqlite import Cursor, rows, value
from saraban_node import projections
from saraban_node.appliance import Appliance
from saraban_node.books import entries, letters, search
from saraban_node.books.letters import NewLetter
from saraban_sync import thai
from saraban_sync.registers import Register
from tests.letters import letters as realistic
from tests.offices import SOMSRI, an_office, register

LETTERS = 300
"""More than two pages of the index, and some lines that are not in it yet."""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Appliance]:
    node = an_office(tmp_path / "node")
    yield node
    node.close()


@pytest.fixture
def full(office: Appliance) -> Appliance:
    with office.db.write() as write:
        for fields in realistic(4, LETTERS):
            letter = replace(NewLetter(**fields), offices=())
            letters.register_letter(write, office.journal, letter, actor=SOMSRI)
    return office


def _through(cursor: Cursor) -> int:
    return int(value(cursor, "SELECT through FROM search_mark"))


def _by_reading(cursor: Cursor, question: str) -> list[int]:
    words = search.question(question).words
    every = " AND ".join("instr(search_text, ?) > 0" for _ in words)
    found = rows(cursor, f"SELECT seq FROM entry WHERE {every} ORDER BY seq DESC", words)
    return [row[0] for row in found]


def _fill_a_page(node: Appliance) -> None:
    with node.db.write() as write:
        for number in range(search.PAGE):
            letter = NewLetter(register=Register.INCOMING, subject=f"เรื่องที่ {number}")
            letters.register_letter(write, node.journal, letter, actor=SOMSRI)


def _index_fits(node: Appliance) -> None:
    with node.db.write() as write:
        write.cursor.execute(
            "INSERT INTO entry_search (entry_search, rank) VALUES ('integrity-check', 1)"
        )


def test_the_index_answers_as_reading_every_line_does(full: Appliance) -> None:
    chance = random.Random(8)
    with full.db.read() as cursor:
        assert 0 < _through(cursor) < LETTERS
        texts = [row[0] for row in rows(cursor, "SELECT search_text FROM entry")]
        for _ in range(400):
            text = chance.choice(texts)
            start, length = chance.randrange(len(text)), chance.choice((1, 2, 3, 4, 7, 30))
            question = text[start : start + length] + " " + chance.choice(text.split())

            found = search.find(cursor, question, limit=1_000)

            assert found == _by_reading(cursor, question), question
    _index_fits(full)


def test_older_pages_follow_without_a_gap(full: Appliance) -> None:
    with full.db.read() as cursor:
        wanted = _by_reading(cursor, "โรงเรียน")
        found: list[int] = []
        while page := search.find(cursor, "โรงเรียน", limit=7, before=(found or [0])[-1]):
            found += page

    assert len(wanted) > 100
    assert found == wanted


def test_a_letter_is_found_in_the_transaction_that_registers_it(office: Appliance) -> None:
    with office.db.write() as write:
        letter = NewLetter(register=Register.INCOMING, subject="ขอเชิญร่วมงานวันแม่แห่งชาติ")
        entry = letters.register_letter(write, office.journal, letter, actor=SOMSRI)

        assert search.find(write.cursor, "วันแม่") == [entry.seq]


@pytest.mark.parametrize("place", [5, LETTERS - 1], ids=["in the index", "not yet in the index"])
def test_a_note_is_found_and_what_stood_there_too(full: Appliance, place: int) -> None:
    with full.db.write() as write:
        seq = rows(write.cursor, "SELECT seq FROM entry ORDER BY seq")[place][0]
        entry = entries.by_seq(write.cursor, seq)
        assert entry is not None
        letters.note_entry(
            write, full.journal, entry.id, action="มอบนางสาวจันทร์ฉายไปแทน", actor=SOMSRI
        )

    with full.db.read() as cursor:
        assert search.find(cursor, "จันทร์ฉาย") == [seq]
        assert seq in search.find(cursor, entry.subject, limit=LETTERS)
    _index_fits(full)


def test_the_longest_subject_is_found_by_all_of_itself(office: Appliance) -> None:
    subject = "".join(chr(0x0E01 + n * 7 % 46) for n in range(letters.MAX_SUBJECT))
    entry = register(office, subject)
    _fill_a_page(office)

    with office.db.read() as cursor:
        assert _through(cursor) >= entry.seq
        assert search.find(cursor, subject) == [entry.seq]


@pytest.mark.parametrize("sign", ['"', "'", "%", "*", "AND", "NEAR(", "-", "^", "\\", "(๑)"])
def test_signs_that_mean_something_to_a_database_are_text(office: Appliance, sign: str) -> None:
    entry = register(office, f"แบบฟอร์มรหัส{sign}ก๑ฉบับใหม่")
    _fill_a_page(office)

    with office.db.read() as cursor:
        assert search.find(cursor, f"รหัส{sign}ก1") == [entry.seq]


def test_rebuilding_makes_the_same_index(full: Appliance) -> None:
    with full.db.write() as write:
        before = search.find(write.cursor, "โรงเรียน", limit=LETTERS)
        projections.rebuild(write)

        assert search.find(write.cursor, "โรงเรียน", limit=LETTERS) == before
        assert _through(write.cursor) > 0
    _index_fits(full)


def test_the_line_a_clerk_is_shown_is_the_line_that_is_kept(office: Appliance) -> None:
    for fields in realistic(6, 30):
        shown = register(office, replace(NewLetter(**fields), offices=()))

        with office.db.read() as cursor:
            assert entries.by_seq(cursor, shown.seq) == shown
            assert entries.by_id(cursor, shown.id) == shown


def test_digits_and_spelling_make_no_difference(office: Appliance) -> None:
    entry = register(office, "ประชุมน้ํามัน เเละ ๑๒๓  บาท")

    with office.db.read() as cursor:
        for asked in ("น้ำมัน", "และ", "123", "๑๒๓ บาท"):
            assert search.find(cursor, asked) == [entry.seq], asked
    assert thai.tidy("  ก  ข ") == "ก ข"
