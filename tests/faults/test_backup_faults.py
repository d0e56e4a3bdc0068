"""Power cuts, killed processes, full and rotten sticks: what a backup survives and says."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec.structs import replace as replace_in

from saraban_base.backup import errors, locks
from saraban_base.backup.repository import Repository
from saraban_node import appliance
from saraban_node.appliance import Appliance
from saraban_node.backup import restore, service, snapshot
from saraban_node.backup.restore import From
from saraban_node.backup.service import BackupResult
from saraban_sync.errors import SarabanError
from tests.backup_office import make_school, register_letter, subjects

LOADS = int(os.environ.get("BACKUP_LOADS", "1"))
"""How many backups are taken under load."""
_BREATH = 0.002 if LOADS == 1 else 0.08
"""Seconds between two letters; the numbers must last for all backups."""
LARGE = 40_000_000
"""Random bytes that take borg long enough to be hit while it stores them."""
NODE_PROCESS = """
import sys
from pathlib import Path
from saraban_base.backup.repository import Repository
folder = Path(sys.argv[1])
Repository(folder / "repo", folder / "passphrase", folder / "borg").create(
    "a-1", source=folder, paths=("large",)
)
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "large"
    path.write_bytes(os.urandom(LARGE))
    return path


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository to be copied."""
    folder = tmp_path_factory.mktemp("empty")
    (folder / "passphrase").write_text("just a passphrase\n")
    made = Repository(folder / "repo", folder / "passphrase", folder / "borg")
    made.ensure_created()
    return made


@pytest.fixture
def repository(empty: Repository, tmp_path: Path) -> Repository:
    shutil.copytree(empty.path, tmp_path / "repo")
    shutil.copyfile(empty.passphrase_file, tmp_path / "passphrase")
    (tmp_path / "borg").mkdir()
    shutil.copyfile(empty.base_dir / "host-id", tmp_path / "borg" / "host-id")
    return Repository(tmp_path / "repo", tmp_path / "passphrase", tmp_path / "borg")


def _holder_of_lock(repository: Path, seconds: float = 30) -> int:
    """Wait until borg stores something, and give the process that does it."""
    before = _stored(repository)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        held = locks.holders(repository)
        if held and _stored(repository) > before + 1_000_000:
            return held[0].pid
        time.sleep(0.005)
    raise AssertionError("borg never began to store")


def _stored(repository: Path) -> int:
    sizes = []
    for path in (repository / "data").rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            sizes.append(path.stat().st_size)
    return sum(sizes)


def _killed_while_storing(repository: Repository, large: Path) -> None:
    """Let the child be killed in the middle, as a power cut or a full memory would."""
    caught: list[errors.BackupProblem] = []

    def store() -> None:
        try:
            repository.create("a-1", source=large.parent, paths=("large",))
        except errors.BackupProblem as wrong:
            caught.append(wrong)

    thread = threading.Thread(target=store)
    thread.start()
    os.kill(_holder_of_lock(repository.path), signal.SIGKILL)
    thread.join(60)
    assert [type(wrong) for wrong in caught] == [errors.BackupCancelled]


def test_a_killed_backup_leaves_a_usable_repository_and_the_next_one_clears_its_lock(
    repository: Repository, large: Path
) -> None:
    _killed_while_storing(repository, large)
    assert locks.holders(repository.path)
    told: list[str] = []

    after = replace(repository, tell=told.append)
    after.create("a-2", source=repository.base_dir, paths=("host-id",))

    assert "ปลดล็อก" in told[0]
    after.check(verify_data=True)


def test_a_lock_is_cleared_even_if_its_process_number_was_given_to_another_program(
    repository: Repository,
) -> None:
    """borg alone would take the number for a sign of life and wait for ever."""
    host = (repository.base_dir / "host-id").read_text().strip()
    (repository.path / "lock.exclusive").mkdir()
    (repository.path / "lock.exclusive" / f"{host}.{os.getpid()}-0").touch()
    told: list[str] = []

    assert replace(repository, tell=told.append).archives() == ()
    assert str(os.getpid()) in told[0]


def test_a_lock_left_on_borgs_own_cache_keeps_nobody_from_backups(repository: Repository) -> None:
    """The number of its process belongs to another program now, and borg takes it for alive."""
    repository.create("a-0", source=repository.base_dir, paths=("host-id",))
    host = (repository.base_dir / "host-id").read_text().strip()
    (cache,) = (repository.base_dir / ".cache" / "borg").glob("?" * 64)
    (cache / "lock.exclusive").mkdir()
    (cache / "lock.exclusive" / f"{host}.{os.getpid()}-0").touch()
    told: list[str] = []

    replace(repository, tell=told.append, lock_wait=1).create(
        "a-1", source=repository.base_dir, paths=("host-id",)
    )

    assert len(told) == 1
    assert not (cache / "lock.exclusive").exists()


def test_a_lock_of_another_machine_is_respected_until_a_person_says_otherwise(
    repository: Repository,
) -> None:
    (repository.path / "lock.exclusive").mkdir()
    (repository.path / "lock.exclusive" / "other@1.4711-0").touch()

    with pytest.raises(errors.RepositoryLocked) as caught:
        replace(repository, lock_wait=1).archives()

    assert "other@1 pid 4711" in caught.value.sentence("en")
    assert repository.archives(ignore_lock=True) == ()
    repository.break_lock()
    assert locks.holders(repository.path) == []


def test_when_the_node_is_killed_its_backup_stops_and_unlocks_by_itself(
    repository: Repository, large: Path, tmp_path: Path
) -> None:
    os.link(large, tmp_path / "large")
    with subprocess.Popen([sys.executable, "-c", NODE_PROCESS, str(tmp_path)]) as node:
        child = _holder_of_lock(repository.path)
        node.kill()
    until = time.monotonic() + 20
    while Path(f"/proc/{child}").exists() and time.monotonic() < until:
        time.sleep(0.05)

    assert not Path(f"/proc/{child}").exists()
    assert locks.holders(repository.path) == []


@pytest.fixture
def small_stick(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB."""
    place = tmp_path / "stick"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    options = ["-t", "tmpfs", "-o", "size=8m", "tmpfs"]
    mounted = subprocess.run(["mount", *options, str(place)], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a small file system here: {mounted.stderr.decode()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_stick_is_said_and_the_earlier_backups_on_it_stay_good(
    small_stick: Path, tmp_path: Path, large: Path
) -> None:
    (tmp_path / "passphrase").write_text("just a passphrase\n")
    stick = Repository(small_stick / "repo", tmp_path / "passphrase", tmp_path / "borg")
    stick.ensure_created()
    stick.create("a-1", source=tmp_path, paths=("passphrase",))

    with pytest.raises(errors.RepositoryFull) as caught:
        stick.create("a-2", source=large.parent, paths=("large",))

    assert str(small_stick) in caught.value.sentence("th")
    assert [one.name for one in stick.archives()] == ["a-1"]
    stick.check(verify_data=True)


def test_no_half_made_repository_remains_on_a_full_stick(small_stick: Path, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text("just a passphrase\n")
    stick = Repository(small_stick / "repo", tmp_path / "passphrase", tmp_path / "borg")
    with contextlib.suppress(OSError), (small_stick / "photos").open("wb", buffering=0) as photos:
        while photos.write(bytes(4096)) == 4096:
            pass

    with pytest.raises(errors.RepositoryFull):
        stick.ensure_created()

    assert not stick.path.exists()
    (small_stick / "photos").unlink()
    stick.ensure_created()
    assert stick.exists()


def test_no_room_for_the_copy_is_said_and_nothing_of_it_stays(
    small_stick: Path, tmp_path: Path
) -> None:
    """The node's own disk is full: no copy of the keys may lie there, and letters come first."""
    node = make_school(small_stick / "node", repository=tmp_path / "repo")
    register_letter(node, "ก่อนเต็ม")
    size = (node.folder / "node.db").stat().st_size
    with contextlib.suppress(OSError), (small_stick / "photos").open("wb", buffering=0) as photos:
        while shutil.disk_usage(small_stick).free > size // 2:
            photos.write(bytes(4096))

    with pytest.raises(SarabanError) as caught:
        service.back_up(node)

    assert caught.value.code in {"SRB-012", "SRB-403"}
    assert not (node.folder / "backup" / "snapshot").exists()
    (small_stick / "photos").unlink()
    register_letter(node, "หลังมีที่ว่าง")
    node.close()


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    node = make_school(tmp_path_factory.mktemp("school") / "node")
    for count in range(30):
        register_letter(node, f"ก่อนสำรอง {count}")
    yield node
    node.close()


@pytest.fixture(scope="module", params=range(LOADS))
def busy(school: Appliance) -> BackupResult:
    """A backup made while a clerk went on registering."""
    stop = threading.Event()

    def register() -> None:
        count = 0
        while not stop.is_set():
            register_letter(school, f"ระหว่างสำรอง {count}")
            count += 1
            stop.wait(_BREATH)

    with ThreadPoolExecutor(1) as clerks:
        clerk = clerks.submit(register)
        try:
            made = service.back_up(school)
        finally:
            stop.set()
        clerk.result()
    return made


@pytest.fixture
def stick(school: Appliance, busy: BackupResult, tmp_path: Path) -> From:
    """A copy of that backup's repository, to do harm to."""
    shutil.copytree(busy.repository, tmp_path / "repo")
    return From(repository=tmp_path / "repo", passphrase_file=school.keys / "backup-passphrase")


def test_a_backup_taken_while_letters_are_registered_restores_to_one_moment(
    school: Appliance, busy: BackupResult, stick: From, tmp_path: Path
) -> None:
    back = restore.restore_to(tmp_path / "back", busy.name, source=stick, clock=school.clock)

    assert back.report.good
    node = appliance.open_appliance(back.folder)
    there, here = subjects(node), subjects(school)
    node.close()
    assert 30 <= len(there) == busy.manifest.entries < len(here)
    assert there == here[: len(there)]


def test_a_backup_from_a_rotten_stick_never_becomes_a_node(
    school: Appliance, stick: From, tmp_path: Path
) -> None:
    for segment in (stick.repository / "data").rglob("[0-9]*"):
        if segment.is_file() and segment.stat().st_size > 10_000:
            data = bytearray(segment.read_bytes())
            for place in range(5_000, len(data), 5_000):
                data[place] ^= 0x01
            segment.write_bytes(data)

    with pytest.raises(errors.RepositoryDamaged):
        restore.restore_to(tmp_path / "back", "latest", source=stick, clock=school.clock)

    assert not (tmp_path / "back").exists()


def test_what_does_not_pass_its_checks_after_a_restore_is_kept_for_inspection_only(
    school: Appliance, busy: BackupResult, stick: From, tmp_path: Path
) -> None:
    """An archive that says of itself what is not so: a hand in the repository."""
    repository = Repository(stick.repository, stick.passphrase_file, tmp_path / "borg")
    copy = tmp_path / "copy"
    manifest = snapshot.take(school.db, school.folder, copy, now=school.clock.now(), program="0")
    snapshot.write_manifest(copy, replace_in(manifest, events=manifest.events + 1))
    forged = busy.name.replace("-0001-", "-0002-")
    repository.create(forged + "-files", source=school.folder, paths=("files",))
    repository.create(forged + "-db", source=copy, paths=snapshot.parts(copy))

    with pytest.raises(errors.RestoredBad) as caught:
        restore.restore_to(tmp_path / "back", forged, source=stick, clock=school.clock)

    assert "manifest" in str(caught.value)
    assert not (tmp_path / "back" / "node.db").exists()
    assert (tmp_path / "back" / ".restoring" / "copy" / "node.db").exists()
