"""The checker of the other tests is itself checked: it notices every kind of broken promise."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_base.sqlite import ConstraintError
from saraban_node.appliance import Appliance
from saraban_node.books import letters, search
from saraban_sync.errors import SarabanError
from saraban_sync.registers import Register
from tests.offices import SOMSRI, a_letter, an_office, put_file, register
from tests.promises import BrokenPromise, kept

BROKEN = {
    "a line is gone": "DELETE FROM entry WHERE number = 128",
    "a number was changed": "UPDATE entry SET number = 777 WHERE number = 3",
    "a subject was changed": "UPDATE entry SET subject = 'อื่น' WHERE number = 1",
    "a time was changed": "UPDATE entry SET registered_at = '2026-01-01T00:00:00.000Z'",
    "nothing is cancelled any more": "UPDATE entry SET state = 'issued', void_reason = ''",
    "what was done was changed": "UPDATE entry SET action = 'อื่น' WHERE number = 1",
    "the counter is ahead": "UPDATE number_range SET floor = 100 WHERE register = 'incoming'",
    "a range was shut": "UPDATE number_range SET open = 0 WHERE register = 'incoming'",
    "a range is gone": "DELETE FROM number_range WHERE register = 'incoming'",
    "a file's row is gone": "DELETE FROM entry_file WHERE position = 0",
    "a file's row names another file": "UPDATE entry_file SET sha256 = hex(zeroblob(32))",
    "a form points nowhere": "UPDATE form_sent SET entry = 9999",
    "a line's history is gone": "DELETE FROM happening",
    "a line is not in the index": (
        "INSERT INTO entry_search (entry_search, rowid, search_text)"
        " SELECT 'delete', seq, search_text FROM entry WHERE number = 2"
    ),
    "the index is behind its mark": "UPDATE search_mark SET through = 0",
    "a letter's text for search was changed": "UPDATE entry SET search_text = 'อื่น'",
    "a part waits that is no part": "UPDATE unsent_chunk SET place = 99",
}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Appliance]:
    """Letters with a form, a file, a note and a cancellation, all of them in the index."""
    made = an_office(tmp_path / "node")
    for number in range(3):
        ref = put_file(made, f"%PDF {number}".encode())
        register(made, a_letter(number, files=(ref,)), form=f"f-{number}")
    with made.db.write() as write:
        entry = letters.register_letter(write, made.journal, a_letter(4), actor=SOMSRI)
        letters.note_entry(write, made.journal, entry.id, action="ทราบ", actor=SOMSRI)
        letters.void_entry(write, made.journal, entry.id, reason="ซ้ำ", actor=SOMSRI)
        for number in range(search.PAGE):
            letter = a_letter(number, Register.OUTGOING)
            letters.register_letter(write, made.journal, letter, actor=SOMSRI)
    yield made
    made.close()


def test_a_whole_register_keeps_its_promises(node: Appliance) -> None:
    stored = kept(node)

    assert len(stored.numbers) == 4 + search.PAGE
    assert len(stored.files) == 3


@pytest.mark.parametrize("sql", BROKEN.values(), ids=BROKEN)
def test_a_broken_promise_is_noticed(node: Appliance, sql: str) -> None:
    with node.db.write() as write:
        write.cursor.execute("PRAGMA defer_foreign_keys = 1")
        write.cursor.execute(sql)

    with pytest.raises((BrokenPromise, SarabanError, ConstraintError)):
        kept(node)
