"""How far the books were numbered stands outside the database too, and nobody ever waits for it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_node import appliance, meta
from saraban_node.appliance import Appliance
from saraban_node.errors import Fenced
from saraban_node.identity import machine, marks
from saraban_node.identity.marks import Keeper
from saraban_sync.registers import Register
from tests.offices import YEAR, HandClock, a_letter, an_office, register

INCOMING = (Register.INCOMING, YEAR)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Appliance]:
    (tmp_path / "stick").mkdir()
    made = an_office(tmp_path / "node", settings={"mark_folder": str(tmp_path / "stick")})
    yield made
    made.close()


def reopened(folder: Path) -> Appliance:
    return appliance.open_appliance(folder, clock=HandClock(), machine=machine.here(folder))


def fenced(node: Appliance) -> str:
    with node.db.read() as cursor:
        return meta.get(cursor, meta.FENCED)


def test_marks_are_kept_in_the_folder_and_on_the_stick(node: Appliance, tmp_path: Path) -> None:
    register(node, a_letter(1))
    register(node, a_letter(2))

    assert marks.keep(node.db, node.marks)

    for file in (tmp_path / "node" / "marks.json", tmp_path / "stick" / "marks-school-a.json"):
        assert marks.read("school-a", [file]) == {INCOMING: 2}
        assert json.loads(file.read_text())["numbers"] == {f"incoming/{YEAR}": 2}


def test_a_mark_never_goes_down(node: Appliance) -> None:
    file = node.marks[0]
    higher = {"last": "0001-0000000001", "hash": "a" * 64, "numbers": {f"incoming/{YEAR}": 7}}
    file.write_text(json.dumps({"node": "school-a", **higher}))
    register(node, a_letter(1))

    marks.keep(node.db, node.marks)

    assert marks.read("school-a", [file]) == {INCOMING: 7}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 50,
        b"[1,2]",
        b'{"node":"school-b","last":"0001-0000000001","hash":"x","numbers":{"incoming/2569":9}}',
        b'{"node":"school-a","last":"0001-0000000001","hash":"","numbers":{"incoming/2569":"9"}}',
        b'{"node":"school-a"}',
    ],
)
def test_a_damaged_or_foreign_mark_file_says_nothing(node: Appliance, content: bytes) -> None:
    node.marks[0].write_bytes(content)

    assert marks.read("school-a", node.marks) == {}
    with node.db.read() as cursor:
        assert not marks.fallen_back(cursor, node.marks)
    assert marks.keep(node.db, node.marks)


def test_a_stick_that_is_not_there_stops_nothing(node: Appliance, tmp_path: Path) -> None:
    (tmp_path / "stick").rmdir()
    register(node, a_letter(1))

    assert marks.keep(node.db, node.marks)
    assert register(node, a_letter(2)).number == 2


def test_a_disk_that_refuses_the_marks_stops_nothing(node: Appliance, tmp_path: Path) -> None:
    (tmp_path / "stick").rmdir()
    (tmp_path / "stick").write_text("no folder")
    (node.folder / "marks.json").mkdir()
    register(node, a_letter(1))

    assert not marks.keep(node.db, node.marks)
    assert register(node, a_letter(2)).number == 2


def test_the_keeper_writes_soon_after_a_number_and_once_more_at_the_end(
    node: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "_EVERY", 0.01)
    keeper = Keeper(node.db, node.marks)
    keeper.start()
    register(node, a_letter(1))
    keeper.stop()

    assert marks.read("school-a", node.marks[:1]) == {INCOMING: 1}


def test_an_old_file_put_in_the_databases_place_is_noticed_when_it_is_opened(
    node: Appliance, tmp_path: Path
) -> None:
    """Copied over the database with cp, so that not even its place on the disk changes."""
    register(node, a_letter(1))
    node.db.backup_to(tmp_path / "yesterday.db")
    for n in range(2, 6):
        register(node, a_letter(n))
    marks.keep(node.db, node.marks)
    node.close()
    for name in ("node.db-wal", "node.db-shm"):
        (node.folder / name).unlink(missing_ok=True)
    (node.folder / "node.db").write_bytes((tmp_path / "yesterday.db").read_bytes())

    old = reopened(node.folder)

    assert fenced(old) == meta.RESTORED
    with pytest.raises(Fenced):
        register(old, a_letter(6))
    old.close()


def test_marks_that_lag_behind_are_no_reason_to_stop(node: Appliance) -> None:
    register(node, a_letter(1))
    marks.keep(node.db, node.marks)
    register(node, a_letter(2))
    node.close()

    again = reopened(node.folder)

    assert not fenced(again)
    again.close()


def test_what_lies_around_a_restored_folder_is_put_together(tmp_path: Path) -> None:
    old = an_office(tmp_path / "node.old")
    for n in range(3):
        register(old, a_letter(n))
    marks.keep(old.db, old.marks)
    old.close()
    other = an_office(tmp_path / "other", code="school-b")
    for n in range(9):
        register(other, a_letter(n))
    marks.keep(other.db, other.marks)
    other.close()
    (tmp_path / "node").mkdir()

    marks.gather("school-a", tmp_path / "node")

    assert marks.read("school-a", [tmp_path / "node" / "marks.json"]) == {INCOMING: 3}


def test_a_browser_that_remembers_more_stops_the_numbering(node: Appliance, tmp_path: Path) -> None:
    for n in range(3):
        register(node, a_letter(n))
    sealed = marks.seal(node.journal, f"incoming.{YEAR}.3")
    assert marks.unseal(node.journal, sealed) == f"incoming.{YEAR}.3"
    assert not marks.browser_says(node.db, {INCOMING: 3})

    assert marks.browser_says(node.db, {INCOMING: 5, (Register.OUTGOING, YEAR): 0})

    assert fenced(node) == meta.RESTORED
    with node.db.read() as cursor:
        assert marks.noted(cursor) == {INCOMING: {"browser": 5}}
    assert not marks.browser_says(node.db, {INCOMING: 5})


@pytest.mark.parametrize("change", ["x{}", "{}9", "{0}", "", "."])
def test_what_this_node_did_not_seal_says_nothing(node: Appliance, change: str) -> None:
    sealed = marks.seal(node.journal, f"incoming.{YEAR}.3")
    changed = change.format(sealed) if change != "{0}" else sealed.replace(".3", ".300")

    assert marks.unseal(node.journal, changed) == ""


def test_marks_do_not_travel_in_a_copy_of_the_database_alone(
    node: Appliance, tmp_path: Path
) -> None:
    register(node, a_letter(1))
    marks.keep(node.db, node.marks)
    node.close()
    (tmp_path / "copy").mkdir()
    for name in ("node.db", "node.toml"):
        shutil.copy(node.folder / name, tmp_path / "copy" / name)

    assert marks.read("school-a", [tmp_path / "copy" / "marks.json"]) == {}
