"""Full disks, killed programs, and backups that are not what they should be, met by a restore."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from saraban_base.backup import errors
from saraban_base.clock import SystemClock
from saraban_base.errors import DatabaseTooNew
from saraban_base.sqlite import Database
from saraban_node import appliance
from saraban_node.backup import restore, service, swap
from saraban_node.backup.restore import From
from saraban_node.backup.restore_errors import CannotSwap
from tests.backup_office import make_school, register_letter, subjects

KILLS = int(os.environ.get("RESTORE_KILLS", "1"))
"""How often a restore is killed; the moments differ each time."""
NAME = "school-a-0001-20260101T000000000Z"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("school") / "node"
    node = make_school(folder)
    for count in range(3):
        register_letter(node, f"ก่อนสำรอง {count}")
    service.back_up(node)
    register_letter(node, "หลังสำรอง")
    node.close()
    return folder


@pytest.fixture(scope="module")
def archived(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What borg brings out of both archives."""
    work = tmp_path_factory.mktemp("archived")
    source = From(repository=made / "repo", passphrase_file=made / "keys" / "backup-passphrase")
    repository = source.opened(work / "borg")
    restore._bring_back(
        repository, restore.chosen(repository, "latest"), work, ignore_lock=False, tell=print
    )
    return work


@pytest.fixture
def tampered(
    archived: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Path], None]], restore.Restored]:
    """Restore an archive with which something was done before it was stored."""

    def run(harm: Callable[[Path], None]) -> restore.Restored:
        def bring(_repository: object, _name: str, work: Path, **_more: object) -> None:
            shutil.copytree(archived / "copy", work / "copy")
            shutil.copytree(archived / "files", work / "files")
            harm(work / "copy")

        monkeypatch.setattr(restore, "_bring_back", bring)
        monkeypatch.setattr(restore, "chosen", lambda *_all, **_more: NAME)
        source = From(repository=made / "repo", passphrase_file=made / "keys" / "backup-passphrase")
        return restore.restore_to(tmp_path / "back", NAME, source=source, clock=SystemClock())

    return run


def _put(copy: Path, database: bytes) -> None:
    (copy / "node.db").write_bytes(database)


def _newer(copy: Path) -> None:
    _write(copy, "INSERT INTO migration VALUES ('9999-from-the-future.sql', '2030-01-01')")


def _write(copy: Path, sql: str) -> None:
    node = Database.open(copy / "node.db", migrations=appliance.MIGRATIONS, clock=SystemClock())
    with node.write() as write:
        write.cursor.execute(sql)
    node.checkpoint()
    node.close()


def test_a_newer_programs_backup_is_called_that_and_leaves_nothing(
    tampered: Callable[[Callable[[Path], None]], restore.Restored], tmp_path: Path
) -> None:
    with pytest.raises(DatabaseTooNew, match="9999-from-the-future"):
        tampered(_newer)

    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        (lambda copy: (copy / "node.db").unlink(), "database"),
        (lambda copy: (copy / "node.db").write_bytes(b""), "database"),
        (lambda copy: (copy / "keys" / "signing").unlink(), "signing"),
        (lambda copy: (copy / "manifest.json").unlink(), "manifest|signing"),
    ],
    ids=["no database", "an empty database", "no key", "no manifest"],
)
def test_a_backup_that_is_not_whole_never_becomes_a_node(
    tampered: Callable[[Callable[[Path], None]], restore.Restored],
    tmp_path: Path,
    harm: Callable[[Path], None],
    what: str,
) -> None:
    with pytest.raises(errors.RestoredBad, match=what):
        tampered(harm)

    assert not (tmp_path / "back" / "node.db").exists()


def test_a_database_that_was_copied_without_its_newest_part_is_noticed(
    tampered: Callable[[Callable[[Path], None]], restore.Restored], made: Path, tmp_path: Path
) -> None:
    """A copy of the file alone lacks what SQLite still keeps beside it."""
    shutil.copytree(made, tmp_path / "node")
    node = appliance.open_appliance(tmp_path / "node")
    for count in range(3):
        register_letter(node, f"ยังอยู่ใน WAL {count}")
    alone = (tmp_path / "node" / "node.db").read_bytes()

    with pytest.raises(errors.RestoredBad, match="manifest"):
        tampered(lambda copy: _put(copy, alone))

    assert (tmp_path / "node" / "node.db-wal").stat().st_size > 0
    node.close()


def test_no_room_for_a_restore_is_said_and_nothing_of_it_stays(made: Path, tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("cannot mount a small file system here")
    source = From(repository=made / "repo", passphrase_file=made / "keys" / "backup-passphrase")
    try:
        with pytest.raises(errors.RepositoryFull) as caught:
            restore.restore_to(place / "node", "latest", source=source, clock=SystemClock())
        assert str(place) in caught.value.sentence("th")
        assert list(place.iterdir()) == []
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_what_cannot_be_moved_into_place_leaves_the_old_folder_where_it_was(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(made, tmp_path / "node")
    (tmp_path / "new").mkdir()
    move = Path.rename

    def rename(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise OSError(16, "Device or resource busy")
        return move(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(CannotSwap) as caught:
        swap.swap(tmp_path / "new", tmp_path / "node", SystemClock().now())

    assert "busy" in caught.value.sentence("en")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["new", "node"]
    assert (tmp_path / "node" / "node.db").exists()


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_restore_that_is_killed_has_changed_nothing_or_all(
    made: Path, tmp_path: Path, seed: int
) -> None:
    shutil.copytree(made, tmp_path / "node")
    command = [
        sys.executable, "-m", "saraban_node", "restore", "--yes", "--reason", "x",
        "--folder", str(tmp_path / "node"),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(random.Random(seed).uniform(0.3, 6.0))
    process.send_signal(signal.SIGKILL)
    process.wait()

    moved = list(tmp_path.glob("node.before-restore-*"))
    whole = moved[0] if moved else tmp_path / "node"
    node = appliance.open_appliance(whole)
    assert subjects(node)[-1] == "หลังสำรอง"
    node.close()
    if not moved:
        again = subprocess.run(command, capture_output=True, text=True, check=False)
        assert again.returncode == 0, again.stderr
        node = appliance.open_appliance(tmp_path / "node")
        assert subjects(node)[-1] == "ก่อนสำรอง 2"
        node.close()
