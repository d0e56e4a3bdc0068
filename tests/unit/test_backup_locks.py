"""Who holds a backup's lock, and whether that somebody still exists."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from saraban_base.backup import locks
from saraban_base.backup.errors import BackupRunning
from saraban_base.backup.locks import Holder

HOST = "saraban0123"


def _dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def _lock(repository: Path, host: str, pid: int) -> None:
    folder = repository / "lock.exclusive"
    folder.mkdir(parents=True)
    (folder / f"{host}.{pid}-0").touch()


def test_only_one_backup_of_a_node_runs_at_a_time(tmp_path: Path) -> None:
    with (
        locks.one_backup_at_a_time(tmp_path / "lock"),
        pytest.raises(BackupRunning),
        locks.one_backup_at_a_time(tmp_path / "lock"),
    ):
        pass

    with locks.one_backup_at_a_time(tmp_path / "lock"):
        assert (tmp_path / "lock").exists()


def test_a_lock_file_left_by_a_power_cut_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("left behind")

    with locks.one_backup_at_a_time(tmp_path / "lock"):
        pass


def test_the_holders_of_a_repository_are_named(tmp_path: Path) -> None:
    _lock(tmp_path, HOST, 4711)
    (tmp_path / "lock.roster").write_text(json.dumps({"shared": [["other", 12, 0]]}))

    assert locks.holders(tmp_path) == [Holder("other", 12), Holder(HOST, 4711)]


def test_an_unreadable_lock_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "lock.exclusive").mkdir()
    (tmp_path / "lock.exclusive" / "strange").touch()
    (tmp_path / "lock.roster").write_text("{broken")

    assert locks.holders(tmp_path) == []


def test_a_holder_whose_process_ended_is_gone() -> None:
    assert locks.gone(Holder(HOST, _dead_pid()), host=HOST)


def test_a_holder_whose_number_another_program_has_since_got_is_gone() -> None:
    """After a power cut process numbers begin anew."""
    assert locks.gone(Holder(HOST, os.getpid()), host=HOST)


def test_a_holder_on_another_machine_is_never_declared_gone() -> None:
    assert not locks.gone(Holder("other", _dead_pid()), host=HOST)


def test_a_running_borg_is_not_gone() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "print('here', flush=True); input()", "/usr/bin/borg"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as borg:
        assert borg.stdout is not None
        borg.stdout.readline()

        assert not locks.gone(Holder(HOST, borg.pid), host=HOST)
