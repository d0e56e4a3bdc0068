"""Backing up an office and bringing it back: what counts, what is written down, what is refused."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from saraban_base.backup import errors, locks
from saraban_base.sqlite import value
from saraban_node import appliance, journal, meta
from saraban_node.appliance import Appliance
from saraban_node.backup import restore, service
from saraban_node.backup.restore import From
from saraban_node.backup.service import BackupResult
from saraban_node.cli import backup as commands
from saraban_node.cli.restore import restore as restore_command
from saraban_node.config import BackupPlace, NodeConfig
from saraban_node.errors import Fenced
from saraban_sync.backup_events import BackupFinished
from tests.backup_office import make_school, put_file, register_letter, subjects

PAPER = b"%PDF-1.7 " + b"paper " * 60_000


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    node = make_school(tmp_path_factory.mktemp("school") / "โรงเรียน")
    paper = put_file(node, PAPER)
    for count in range(12):
        register_letter(node, f"ขอเชิญประชุม ครั้งที่ {count}", files=(paper,) if count == 3 else ())
    yield node
    node.close()


@pytest.fixture(scope="module")
def told() -> list[str]:
    return []


@pytest.fixture(scope="module")
def backed_up(school: Appliance, told: list[str]) -> BackupResult:
    return service.back_up(school, tell=told.append)


@pytest.fixture(scope="module")
def source(school: Appliance, backed_up: BackupResult) -> From:
    return From(repository=backed_up.repository, passphrase_file=school.keys / "backup-passphrase")


@pytest.fixture(scope="module")
def restored(school: Appliance, source: From) -> dict[str, Any]:
    """What the command said of a restore on a machine that has nothing but stick and passphrase."""
    done = _run(
        "restore", "--to", school.folder.with_name("กู้คืน"), "--repository", source.repository,
        "--passphrase-file", source.passphrase_file, "--folder", "/nowhere", "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _run(*arguments: str | Path) -> Result:
    command = commands.backup if arguments[0] == "backup" else restore_command
    return CliRunner().invoke(command, [str(one) for one in arguments[1:]])


def _last_event(node: Appliance) -> BackupFinished:
    with node.db.read() as cursor:
        event = journal.event_of(cursor, journal.head(cursor).seq)
    assert event is not None
    assert isinstance(event.body, BackupFinished)
    return event.body


def test_a_backup_tells_each_step_in_both_languages(
    backed_up: BackupResult, told: list[str]
) -> None:
    assert backed_up.report.good
    steps = {line.partition("% ")[2] for line in told}
    assert {one.partition(" · ")[2] for one in steps} >= {
        "Copying the database", "Checking the copy", "Storing the letter files at repo",
        "Storing the database at repo",
    }  # fmt: skip
    assert all(thai and english for thai, _, english in (one.partition(" · ") for one in steps))


def test_a_good_backup_is_a_fact_in_the_journal(school: Appliance, backed_up: BackupResult) -> None:
    with school.db.read() as cursor:
        last = service.last_backup(cursor, good_only=True)

    assert last is not None
    assert (last.archive, last.entries, last.good, last.problem) == (backed_up.name, 12, True, "")
    assert last.last_event == backed_up.manifest.last_event == "0001-0000000015"


def test_a_backup_leaves_no_copy_of_the_keys_behind(
    school: Appliance, backed_up: BackupResult
) -> None:
    assert backed_up.report.good
    assert not (school.folder / "backup" / "snapshot").exists()


def test_a_restored_office_has_every_letter_and_every_file(
    school: Appliance, restored: dict[str, Any]
) -> None:
    node = appliance.open_appliance(Path(restored["folder"]))
    with node.db.read() as cursor:
        name = str(value(cursor, "SELECT sha256 FROM entry_file"))
    content = node.files.path(name).read_bytes()
    found = subjects(node)
    node.close()

    assert restored["good"]
    assert found == subjects(school)
    assert content == PAPER


def test_a_restored_office_gives_no_number(restored: dict[str, Any]) -> None:
    node = appliance.open_appliance(Path(restored["folder"]))
    with node.db.read() as cursor:
        why = meta.get(cursor, meta.FENCED)

    with pytest.raises(Fenced):
        register_letter(node, "ฉบับถัดไป")

    node.close()
    assert why == restore.RESTORED


def test_a_restored_office_writes_nothing_into_its_journal_while_it_is_fenced(
    restored: dict[str, Any], tmp_path: Path
) -> None:
    """The centre may hold events that this copy lacks; a new one would take the place of those."""
    node = appliance.open_appliance(Path(restored["folder"]))
    stick = BackupPlace(name="stick", kind="disk", path=str(tmp_path / "stick" / "repo"))
    node = replace(node, config=NodeConfig(backup_places=(stick,)))

    with pytest.raises(errors.RepositoryMissing):
        service.back_up(node)

    with node.db.read() as cursor:
        last = journal.head(cursor)
    node.close()
    assert last.id == restored["last_event"]


def test_a_restored_office_keeps_its_keys_and_goes_on_as_the_same_node(
    school: Appliance, restored: dict[str, Any]
) -> None:
    for name in ("signing", "backup-passphrase"):
        path = Path(restored["folder"]) / "keys" / name
        assert path.read_bytes() == (school.keys / name).read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    assert (Path(restored["folder"]) / "node.toml").exists()
    assert not (Path(restored["folder"]) / ".restoring").exists()


def test_a_restore_never_goes_over_anything(
    school: Appliance, source: From, restored: dict[str, Any]
) -> None:
    before = (school.folder / "node.db").read_bytes()
    assert restored["good"]

    for folder in (school.folder, Path(restored["folder"])):
        with pytest.raises(errors.TargetNotEmpty):
            restore.restore_to(folder, "latest", source=source, clock=school.clock)

    assert (school.folder / "node.db").read_bytes() == before


def test_a_restore_that_fails_leaves_the_folder_as_it_was(
    school: Appliance, source: From, tmp_path: Path
) -> None:
    with pytest.raises(errors.NoSuchArchive):
        restore.restore_to(
            tmp_path / "new", "school-a-0001-none", source=source, clock=school.clock
        )

    assert not (tmp_path / "new").exists()


def test_two_backups_of_a_node_do_not_run_at_once(school: Appliance) -> None:
    (school.folder / "backup").mkdir(exist_ok=True)
    with school.db.read() as cursor:
        before = journal.head(cursor)

    with (
        locks.one_backup_at_a_time(school.folder / "backup" / "lock"),
        pytest.raises(errors.BackupRunning),
    ):
        service.back_up(school)

    with school.db.read() as cursor:
        assert journal.head(cursor) == before


def test_a_backup_with_the_stick_not_plugged_in_is_written_down_as_failed(tmp_path: Path) -> None:
    node = make_school(tmp_path / "node", repository=tmp_path / "stick" / "repo")

    with pytest.raises(errors.RepositoryMissing):
        service.back_up(node)

    body = _last_event(node)
    node.close()
    assert not body.good
    assert body.problem.startswith("SRB-401")
    assert not (tmp_path / "stick").exists()


def test_a_new_database_in_the_place_of_a_full_one_is_not_called_a_good_backup(
    source: From, tmp_path: Path
) -> None:
    """Somebody set the node up again over the same repository."""
    node = make_school(tmp_path / "node", repository=source.repository)
    shutil.copyfile(source.passphrase_file, node.keys / "backup-passphrase")

    with pytest.raises(errors.Shrunken):
        service.back_up(node)

    body = _last_event(node)
    node.close()
    assert body.problem.startswith("SRB-412")


def test_a_letters_file_lost_from_the_disk_is_said_before_anything_is_stored(
    source: From, tmp_path: Path
) -> None:
    node = make_school(tmp_path / "node", repository=source.repository)
    shutil.copyfile(source.passphrase_file, node.keys / "backup-passphrase")
    paper = put_file(node, b"paper")
    register_letter(node, "มีแฟ้มแนบ", files=(paper,))
    node.files.path(paper.sha256).unlink()

    with pytest.raises(errors.SnapshotBad):
        service.back_up(node)

    body = _last_event(node)
    node.close()
    assert not body.good
    assert "letter files" in body.problem
    assert not (tmp_path / "node" / "backup" / "snapshot").exists()


def test_the_command_lists_backups_as_json(school: Appliance, backed_up: BackupResult) -> None:
    done = _run("backup", "--folder", school.folder, "--list", "--json")

    listed = json.loads(done.stdout)
    assert done.exit_code == 0
    assert [one["name"] for one in listed["places"][0]["backups"]] == [backed_up.name]
    assert listed["places"][0]["backups"][0]["entries"] == 12


def test_the_command_tells_what_came_back_and_the_last_numbers(restored: dict[str, Any]) -> None:
    assert (restored["good"], restored["fenced"], restored["entries"]) == (True, "restored", 12)
    assert [one["last"] for one in restored["registers"]] == [12]
    assert all(check["good"] for check in restored["checks"])
