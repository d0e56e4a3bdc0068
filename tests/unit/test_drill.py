"""Drills: a backup that comes back, one that is no good, and a drill that could not be run."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from saraban_base.backup import errors, locks
from saraban_base.backup.protocol import Archive
from saraban_node import journal, meta
from saraban_node.appliance import Appliance
from saraban_node.backup import drill, halves, listing, passphrase_change, records, service
from saraban_node.backup.drill import DrillResult
from saraban_node.backup.drill_errors import (
    BackupVanished,
    DrilledBad,
    NoRoomForDrill,
    NothingToDrill,
)
from saraban_node.config import BackupPlace, NodeConfig
from saraban_node.errors import Fenced
from saraban_node.journal import SYSTEM
from saraban_sync.backup_events import BackupDrilled, BackupFinished
from tests.backup_office import make_school, put_file, register_letter


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    home = tmp_path_factory.mktemp("school")
    (home / "disk").mkdir()
    node = make_school(home / "โรงเรียน", repository=home / "disk" / "repo")
    paper = put_file(node, os.urandom(400_000))
    for count in range(6):
        register_letter(node, f"ขอเชิญประชุม ครั้งที่ {count}", files=(paper,) if count == 3 else ())
    yield node
    node.close()


@pytest.fixture(scope="module")
def repository(school: Appliance) -> Path:
    return service.back_up(school).repository


@pytest.fixture(scope="module")
def good(school: Appliance, repository: Path) -> DrillResult:
    register_letter(school, "หลังสำรอง")
    return drill.run(school)


def _last(node: Appliance) -> BackupDrilled:
    with node.db.read() as cursor:
        event = journal.event_of(cursor, journal.head(cursor).seq)
    assert event is not None
    assert isinstance(event.body, BackupDrilled)
    return event.body


def test_a_good_backup_comes_back_whole_and_that_is_in_the_journal(
    school: Appliance, good: DrillResult
) -> None:
    assert good.problem is None
    assert (good.result, good.entries, good.files) == ("good", 6, 1)
    names = [one.name for one in good.checks]
    assert {"chain", "numbers", "files", "keys", "ours", "search"} <= set(names)
    with school.db.read() as cursor:
        told = records.drills(cursor, limit=9)[-1]
    assert (told.result, told.place, told.key, told.entries) == ("good", "disk", "machine", 6)


def test_nothing_of_a_drill_stays_on_the_disk(school: Appliance, good: DrillResult) -> None:
    assert good.result == "good"
    assert not (school.folder / "backup" / "drill").exists()


def test_the_recovery_sheet_opens_the_backup_in_a_drill(
    school: Appliance, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both halves give the passphrase; the file on the machine is not asked."""
    assert repository.is_dir()
    asked: list[str] = []
    passphrase = (school.keys / "backup-passphrase").read_text().strip()
    both = halves.split(passphrase, "7K3D9Q", bytes(halves.pad_length(passphrase)))

    def look(one: drill._Drill, file: Path) -> None:
        asked.append(file.read_text().strip())
        assert school.keys not in file.parents
        assert one.key == "sheet"

    monkeypatch.setattr(drill, "_bring_back_and_look", look)

    assert drill.run(school, halves=both).result == "good"
    assert asked == [passphrase]
    assert _last(school).key == "sheet"


def test_a_wrong_key_says_nothing_about_the_backup(school: Appliance, repository: Path) -> None:
    assert repository.is_dir()
    both = halves.split("x" * 43, "7K3D9Q", bytes(halves.pad_length("x" * 43)))

    done = drill.run(school, halves=both)

    assert isinstance(done.problem, errors.WrongPassphrase)
    assert done.result == "not-run"
    assert _last(school).problem.startswith("SRB-402 ")


def test_one_flipped_byte_in_the_repository_makes_the_backup_bad(
    school: Appliance, repository: Path
) -> None:
    largest = max((repository / "data" / "0").iterdir(), key=lambda one: one.stat().st_size)
    whole = largest.read_bytes()
    rotten = bytearray(whole)
    rotten[len(rotten) // 2] ^= 1
    largest.write_bytes(rotten)
    try:
        done = drill.run(school)
    finally:
        largest.write_bytes(whole)

    assert isinstance(done.problem, errors.RepositoryDamaged)
    assert done.result == "bad"
    assert not (school.folder / "backup" / "drill").exists()


def test_a_place_that_is_away_says_nothing_about_the_backup(
    school: Appliance, repository: Path
) -> None:
    disk = repository.parent
    disk.rename(disk.with_name("away"))
    try:
        done = drill.run(school)
    finally:
        disk.with_name("away").rename(disk)

    assert isinstance(done.problem, errors.RepositoryMissing)
    assert done.result == "not-run"
    assert _last(school).result == "not-run"


def test_a_full_disk_says_nothing_about_the_backup_and_is_not_filled_further(
    school: Appliance, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert repository.is_dir()
    usage = SimpleNamespace(free=drill.RESERVE)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage)

    done = drill.run(school)

    assert isinstance(done.problem, NoRoomForDrill)
    assert done.result == "not-run"


@pytest.fixture(scope="module")
def archived(school: Appliance, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What borg brings out of both archives."""
    place = drill._place(school, "disk")
    scratch = tmp_path_factory.mktemp("archived") / "drill"
    name = listing.list_backups(place.repository())[0].name
    work = drill._Drill(school, place, "machine", print, scratch=scratch, archive=name)
    assert repository == place.path
    drill._bring_back(work, place.repository())
    return scratch


def _no_letter_file(scratch: Path) -> None:
    shutil.rmtree(scratch / "files")


def _rotten_database(scratch: Path) -> None:
    database = bytearray((scratch / "copy" / "node.db").read_bytes())
    database[len(database) // 2 + 100] ^= 0xFF
    (scratch / "copy" / "node.db").write_bytes(database)


def _no_keys(scratch: Path) -> None:
    shutil.rmtree(scratch / "copy" / "keys")


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (_no_letter_file, "letter files"),
        (_rotten_database, "database"),
        (_no_keys, "the node's keys"),
    ],
)
def test_a_backup_that_fails_its_checks_is_bad(
    school: Appliance,
    archived: Path,
    harm: Callable[[Path], None],
    named: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def bring(work: drill._Drill, _repository: object) -> None:
        shutil.copytree(archived, work.scratch)
        harm(work.scratch)

    monkeypatch.setattr(drill, "_bring_back", bring)

    done = drill.run(school)

    assert isinstance(done.problem, DrilledBad)
    assert done.result == "bad"
    assert named in done.problem.detail
    assert _last(school).problem.startswith("SRB-438 ")


def test_a_backup_of_another_history_is_bad(
    school: Appliance, archived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older copy under the name of the recorded one would pass every other check."""

    def bring(work: drill._Drill, _repository: object) -> None:
        shutil.copytree(archived, work.scratch)

    real = drill._chosen
    monkeypatch.setattr(drill, "_bring_back", bring)
    monkeypatch.setattr(
        drill, "_chosen", lambda *all_: replace(real(*all_), last_event="0001-000001")
    )

    done = drill.run(school)

    assert done.result == "bad"
    assert "not with 0001-000001" in str(done.problem and done.problem.detail)


def _archives(name: str, *ids: str) -> tuple[Archive, ...]:
    parts = (listing.FILES_PART, listing.DATABASE_PART)
    return tuple(
        Archive(name=name + part, id=one, time="") for part, one in zip(parts, ids, strict=True)
    )


def _chosen(school: Appliance, *archives: Archive) -> tuple[str, records.BackupRecord]:
    with school.db.read() as cursor:
        said = records.last(cursor, good_only=True, place="disk")
    assert said is not None
    work = drill._Drill(
        school, drill._place(school, "disk"), "machine", print, Path(), archive=said.archive
    )
    found = drill._chosen(work, archives, said)
    return work.archive, found


def test_a_recorded_backup_that_is_gone_or_another_one_is_bad(
    school: Appliance, repository: Path
) -> None:
    assert repository.is_dir()
    with pytest.raises(BackupVanished) as gone:
        _chosen(school)
    with school.db.read() as cursor:
        said = records.last(cursor, good_only=True, place="disk")
    assert said is not None
    with pytest.raises(DrilledBad):
        _chosen(school, *_archives(said.archive, "11" * 32, "22" * 32))
    assert drill.is_about_the_backup(gone.value)


def test_after_a_restore_a_newer_backup_than_the_journal_knows_is_drilled(
    school: Appliance, repository: Path
) -> None:
    assert repository.is_dir()
    newer = "school-a-0001-20990101T000000000Z"

    name, found = _chosen(school, *_archives(newer, "11" * 32, "22" * 32))

    assert name == newer
    assert found.last_event == ""


def test_without_a_backup_there_is_nothing_to_drill_and_that_is_told(tmp_path: Path) -> None:
    node = make_school(tmp_path / "node")

    done = drill.run(node)

    assert isinstance(done.problem, NothingToDrill)
    assert done.result == "not-run"
    node.close()


def test_of_several_places_the_one_that_was_tried_out_longest_ago_is_next(tmp_path: Path) -> None:
    node = make_school(tmp_path / "node")
    places = tuple(
        BackupPlace(name=name, kind="disk", path=str(tmp_path / name))
        for name in ("first", "second")
    )
    node = replace(node, config=NodeConfig(backup_places=places))
    for name in ("first", "second"):
        body = BackupFinished(
            archive="a", repository="r", last_event="", entries=1, good=True, place=name
        )
        passphrase_change.append(node, body, SYSTEM)

    chosen = [drill.run(node).place for _ in range(3)]

    assert chosen == ["first", "second", "first"]
    node.close()


def test_no_drill_runs_beside_a_backup_or_behind_a_fence(school: Appliance, tmp_path: Path) -> None:
    with (
        locks.one_backup_at_a_time(school.folder / "backup" / "lock"),
        pytest.raises(errors.BackupRunning),
    ):
        drill.run(school)
    node = make_school(tmp_path / "node")
    with node.db.write() as write:
        meta.fence(write, meta.RESTORED)
    with pytest.raises(Fenced):
        drill.run(node)
    node.close()


def test_what_a_killed_drill_left_is_removed_at_the_next_start_but_not_under_a_running_one(
    tmp_path: Path,
) -> None:
    node = make_school(tmp_path / "node")
    left = node.folder / "backup" / "drill" / "copy" / "keys"
    left.mkdir(parents=True)

    with locks.one_backup_at_a_time(node.folder / "backup" / "lock"):
        drill.discard_remains(node)
        assert left.is_dir()
    drill.discard_remains(node)

    assert not (node.folder / "backup" / "drill").exists()
    node.close()
