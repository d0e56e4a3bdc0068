"""A repository whose writer is killed at any moment, whose stick is pulled out, or whose bytes rot.

How often is said by ``BACKUP_KILLS``; the moments come from a fixed seed.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from saraban_base.backup import errors, locks
from saraban_base.backup.repository import Repository

KILLS = int(os.environ.get("BACKUP_KILLS", "3"))
LONGEST = 1.6
"""Seconds within which a verb on so little data usually ends."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository with two archives; to be copied."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "passphrase").write_text("just a passphrase\n")
    (folder / "paper").write_bytes(os.urandom(2_000_000))
    repository = Repository(folder / "repo", folder / "passphrase", folder / "borg")
    repository.ensure_created()
    for name in ("a-1", "a-2"):
        repository.create(name, source=folder, paths=("paper",))
    return repository


def _copy(made: Repository, folder: Path) -> Repository:
    shutil.copytree(made.path, folder / "repo")
    shutil.copytree(made.base_dir, folder / "borg")
    return replace(made, path=folder / "repo", base_dir=folder / "borg")


def _store(repository: Repository) -> None:
    repository.create("a-3", source=repository.base_dir.parent, paths=("more",))


def _prune(repository: Repository) -> None:
    repository.delete(("a-2",))
    repository.compact()


def _bring_back(repository: Repository) -> None:
    (repository.base_dir.parent / "out").mkdir(exist_ok=True)
    repository.extract("a-1", repository.base_dir.parent / "out")


def _kill_some_child(stop: threading.Event) -> None:
    """Kill whatever child of this process is a borg child now, and what that one started."""
    children = Path(f"/proc/{os.getpid()}/task")
    while not stop.is_set():
        for listed in children.glob("*/children"):
            with contextlib.suppress(OSError):
                for pid in listed.read_text().split():
                    words = Path(f"/proc/{pid}/cmdline").read_bytes()
                    if b"saraban_base.backup.borg_child" in words:
                        os.killpg(int(pid), signal.SIGKILL)
                        return
        time.sleep(0.002)


@pytest.mark.parametrize("turn", range(KILLS))
def test_a_kill_at_any_moment_leaves_the_earlier_backups_whole(
    made: Repository, tmp_path: Path, turn: int
) -> None:
    moments = random.Random(turn)
    (tmp_path / "more").write_bytes(moments.randbytes(20_000_000))
    repository = _copy(made, tmp_path)
    verbs: tuple[Callable[[Repository], None], ...] = (_store, _prune, _bring_back)
    verb = verbs[turn % len(verbs)]
    stop = threading.Event()
    killer = threading.Timer(moments.uniform(0.0, LONGEST), _kill_some_child, (stop,))
    killer.start()

    with contextlib.suppress(errors.BackupProblem):
        verb(repository)
    stop.set()
    killer.join()

    repository.check(verify_data=True)
    assert locks.holders(repository.path) == []
    _bring_back(repository)
    assert (tmp_path / "out" / "paper").read_bytes() == made.path.with_name("paper").read_bytes()


@pytest.mark.parametrize("kind", ["segment", "config", "index", "hints", "integrity", "nonce"])
def test_one_flipped_byte_never_brings_back_anything_wrong(
    made: Repository, tmp_path: Path, kind: str
) -> None:
    """What can be worked out anew is; what cannot is an error with a sentence."""
    repository = _copy(made, tmp_path)
    if kind == "segment":
        found = [path for path in (repository.path / "data").rglob("*") if path.is_file()]
        damaged = max(found, key=lambda path: path.stat().st_size)
    else:
        damaged = sorted(repository.path.glob(f"{kind}*"))[-1]
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 0x10
    damaged.write_bytes(content)

    if kind in {"segment", "config"}:
        with pytest.raises((errors.RepositoryDamaged, errors.RepositoryReplaced)):
            _bring_back(repository)
    else:
        _bring_back(repository)
        came = (tmp_path / "out" / "paper").read_bytes()
        assert came == made.path.with_name("paper").read_bytes()


@pytest.fixture
def plugged(made: Repository, tmp_path: Path) -> Iterator[Path]:
    """A copied repository on a file system that can be taken away."""
    if os.geteuid() != 0:
        pytest.skip("taking a file system away needs root")
    _copy(made, tmp_path)
    stick = tmp_path / "stick"
    stick.mkdir()
    if subprocess.run(["mount", "--bind", str(tmp_path), str(stick)], check=False).returncode:
        pytest.skip("cannot mount here")
    yield stick
    subprocess.run(["umount", "--lazy", str(stick)], check=False, capture_output=True)


def test_a_stick_pulled_out_while_it_is_written_is_said_and_its_backups_are_whole(
    made: Repository, plugged: Path, tmp_path: Path
) -> None:
    there = replace(made, path=plugged / "repo", base_dir=tmp_path / "borg")
    (tmp_path / "more").write_bytes(os.urandom(40_000_000))
    before = _size(tmp_path / "repo")

    def pull() -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and _size(tmp_path / "repo") < before + 5_000_000:
            time.sleep(0.01)
        subprocess.run(["umount", "--lazy", str(plugged)], check=True)

    hand = threading.Thread(target=pull)
    hand.start()
    with pytest.raises(errors.BackupProblem) as caught:
        _store(there)
    hand.join()

    assert caught.value.code in {"SRB-401", "SRB-405"}
    assert not (plugged / "repo").exists()
    again = replace(there, path=tmp_path / "repo")
    again.check(verify_data=True)
    _bring_back(again)


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total
