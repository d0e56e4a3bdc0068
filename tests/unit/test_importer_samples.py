"""The samples show every kind of row, and the reference page says what the program reads."""

import io
import re
import zipfile
from pathlib import Path

import pytest

from saraban_node.importer import reasons
from saraban_node.importer.heads import LOOSE, PLAIN
from saraban_node.importer.letter import BadRow, Row
from saraban_node.importer.reader import read_letters
from saraban_sync.registers import Register, Urgency
from scripts.make_sample_letters import FILE, workbook
from tests.offices import BOOKS
from tests.register_files import letters_of

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "scripts" / "sample-letters"
PAGE = (ROOT / "docs" / "reference" / "import-formats.md").read_text(encoding="utf-8")
NOT_IN_CSV = {
    reasons.EXCEL_DATE,
    reasons.SHEET_WITHOUT_HEADS,
    reasons.TOO_MANY_ROWS,  # would need a hundred thousand rows
    reasons.LONG_LINE,  # would need a hundred thousand characters
    reasons.OTHER_REGISTER,  # depends on the choice of the person
    reasons.UNKNOWN_KIND,  # needs a file that does not say its register
}


def cells(table_head: str) -> list[list[str]]:
    """The rows of the page's table under this head line."""
    table = PAGE.partition(table_head + "\n")[2].partition("\n\n")[0]
    return [line.strip("| ").split(" | ") for line in table.splitlines()[1:]]


def quoted(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", text))


def parts(packed: bytes) -> dict[str, bytes]:
    """What is in a workbook; the packing itself depends on the machine's zlib."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(
    ("name", "register", "least"),
    [("incoming.csv", Register.INCOMING, 40), ("outgoing.csv", Register.OUTGOING, 25)],
)
def test_a_sample_register_is_good_from_the_first_to_the_last_row(
    name: str, register: Register, least: int
) -> None:
    letters = letters_of(SAMPLES / name)

    assert len(letters) >= least
    assert {one.register for one in letters} == {register}
    assert {one.urgency for one in letters} == set(Urgency)
    assert len({one.subject for one in letters}) == len(letters)
    assert None not in {one.letter_date for one in letters}


def test_the_sample_workbook_holds_both_registers_and_is_the_one_the_script_makes() -> None:
    letters = letters_of(FILE)

    assert {one.register for one in letters} == set(BOOKS)
    assert len(letters) >= 15
    assert parts(FILE.read_bytes()) == parts(workbook()), "run scripts/make-sample-letters"


@pytest.mark.parametrize("name", ["incoming.csv", "outgoing.csv", "both-registers.xlsx"])
def test_every_sample_letter_is_marked_as_a_sample(name: str) -> None:
    for one in letters_of(SAMPLES / name):
        assert "ตัวอย่าง" in one.remark
        assert "(ตัวอย่าง)" in one.sender


def test_some_outgoing_samples_go_to_the_area_office_of_the_demonstration() -> None:
    sent = [one.offices for one in letters_of(SAMPLES / "outgoing.csv")]

    assert {offices for offices in sent if offices} == {("area-1",)}
    assert 5 <= sent.count(("area-1",)) < len(sent)


def test_the_bad_sample_shows_every_reason_a_csv_file_can_have_between_good_rows() -> None:
    rows = list(read_letters(SAMPLES / "with-bad-rows.csv"))

    shown = {(one.reason_th, one.reason_en) for one in rows if isinstance(one, BadRow)}
    assert set(reasons.ALL) - shown == NOT_IN_CSV
    assert [one.line for one in rows if isinstance(one, Row)] == [2, 22]


def test_the_page_lists_exactly_the_heads_that_are_read() -> None:
    listed = {
        quoted(name)[0]: quoted(heads) for name, _, heads in cells("| column | meaning | heads |")
    }

    assert listed == {field.value: names for field, names in PLAIN.items()}


def test_the_page_lists_exactly_the_heads_that_depend_on_others() -> None:
    title = "| head | means the first of these that no other head has taken |"
    listed = {quoted(head)[0]: quoted(fields) for head, fields in cells(title)}

    assert listed == {
        head: tuple(field.value for field in fields) for head, fields in LOOSE.items()
    }


def test_the_page_lists_exactly_the_reasons_of_bad_rows() -> None:
    assert [tuple(row) for row in cells("| ภาษาไทย | English |")] == list(reasons.ALL)
