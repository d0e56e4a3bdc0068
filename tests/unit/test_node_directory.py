"""What a node believes of the directory when the centre was set back in between."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_base.sqlite import Database
from saraban_node.line import directory
from saraban_sync.grants import DirectoryEntry
from tests.offices import an_office


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    office = an_office(tmp_path)
    yield office.db
    office.close()


def _put(db: Database, name: str, version: int, generation: int) -> None:
    entry = DirectoryEntry(
        kind="office", code="area-1", name=name, prefix="ศธ", version=version,
        generation=generation, at="2026-11-22T02:00:00.000Z",
    )  # fmt: skip
    with db.write() as write:
        directory.put(write, entry)


def _name(db: Database) -> str:
    with db.read() as cursor:
        return directory.office_name(cursor, "area-1")


def test_a_newer_version_counts_and_an_older_one_does_not(db: Database) -> None:
    _put(db, "ใหม่", 7, 1)
    _put(db, "เก่า", 6, 1)

    assert _name(db) == "ใหม่"


def test_what_a_centre_says_after_it_was_set_back_counts_more_than_what_it_said_before(
    db: Database,
) -> None:
    _put(db, "ก่อนกู้คืน", 57, 1)
    _put(db, "หลังกู้คืน", 31, 2)
    _put(db, "ก่อนกู้คืน", 58, 1)

    assert _name(db) == "หลังกู้คืน"
