"""A node that is in the wrong hands can add to its backups at the centre, and empty nothing.

The attacker has the node's passphrase and its ssh key, and speaks to the centre as borg does.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from saraban_base.clock import SystemClock
from saraban_central.backup_host import (
    borg,
    compaction,
    doors,
    keeping,
    looking,
    recovery,
    segments,
)
from saraban_central.backup_host.errors import (
    CompactionRefused,
    HostProblem,
    InUse,
    NothingToRecover,
)
from saraban_central.backup_host.host import BORG
from tests.kept_backups import Keeping, SchoolBorg

KILLS = int(os.environ.get("COMPACT_KILLS", "1"))
"""How often compaction is killed; a long run takes a hundred."""


class Template(NamedTuple):
    """A repository with two backups, made once and copied for each test."""

    repository: Path
    first: tuple[str, ...]
    second: tuple[str, ...]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    keeping_ = Keeping(tmp_path_factory.mktemp("kept"))
    try:
        node = keeping_.borg
        node.init()
        first = (node.create("one-db", node.write("paper", 300_000)),)
        second = (node.create("two-db", node.write("letter", 30_000)),)
        yield Template(keeping_.repository, first, second)
    finally:
        keeping_.close()


@pytest.fixture
def kept(template: Template, tmp_path: Path) -> Iterator[Keeping]:
    made = Keeping(tmp_path, template.repository)
    made.tell("one", *template.first)
    made.tell("two", *template.second)
    looking.check(made.centre, "school")
    made.district.clock.moment = SystemClock().now()
    yield made
    made.close()


def attack(node: SchoolBorg, *acts: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.attack_work", node.url, *acts],
        env=node.environment(), check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def found(kept: Keeping) -> list[str]:
    return [one.name for one in looking.check(kept.centre, "school").findings]


def listed(kept: Keeping) -> list[str]:
    """What a new machine with the node's passphrase finds in the repository."""
    home = kept.borg.home / f"new-machine-{os.urandom(4).hex()}"
    home.mkdir()
    fresh = SchoolBorg(home, kept.borg.url, kept.borg.rsh)
    done = fresh.run("list", "--short", "REPO")
    return done.stdout.split()


def test_a_node_that_deletes_all_its_backups_is_found_and_they_come_back(kept: Keeping) -> None:
    before = sorted(path.name for path in (kept.repository / "data" / "0").iterdir())
    kept.borg.run("delete", "REPO::one-db", "two-db")

    assert found(kept) == ["vanished"]
    with pytest.raises(CompactionRefused, match="vanished") as refused:
        compaction.compact(kept.centre, "school", by="admin")
    assert "two" in refused.value.sentence("en")
    wanted = recovery.plan(kept.centre, "school")
    done = recovery.recover(kept.centre, "school")

    assert wanted.come_back == ("one", "two")
    assert done.backups == ("one", "two")
    assert listed(kept) == ["one-db", "two-db"]
    assert found(kept) == []
    assert sorted(path.name for path in (kept.repository / "data" / "0").iterdir()) == before
    moved = {path.name for path in (done.aside / "data").iterdir()}
    assert moved, "what the node did is kept for inspection"
    assert moved.isdisjoint(before)


def test_data_deleted_or_overwritten_under_a_backup_is_found_and_comes_back(
    kept: Keeping, template: Template
) -> None:
    seen = looking.check(kept.centre, "school")
    session = seen.history.transaction(seen.history.came[bytes.fromhex(template.first[0])])
    assert session is not None
    papers = [key.hex() for key in session.added if key.hex() not in template.first]

    attack(kept.borg, f"delete={papers[0]}", f"overwrite={papers[1]}")

    assert found(kept) == ["replaced"], "the older backup of the day need not be kept"
    with pytest.raises(CompactionRefused, match="replaced"):
        compaction.compact(kept.centre, "school", by="admin")
    assert recovery.recover(kept.centre, "school").backups == ("one", "two")
    borg.check(kept.repository)
    assert found(kept) == []


def test_an_overwritten_key_is_told_and_its_copy_put_back(kept: Keeping) -> None:
    good = keeping.versions(kept.host.kept("school"))[-1]
    attack(kept.borg, "key")

    assert found(kept) == ["key-changed"]
    with pytest.raises(NothingToRecover):
        recovery.plan(kept.centre, "school")
    recovery.recover(kept.centre, "school", key=good.kept_at)

    assert listed(kept) == ["one-db", "two-db"]


def test_compaction_frees_what_was_deleted_long_ago_and_nothing_else(
    kept: Keeping, template: Template
) -> None:
    kept.borg.run("delete", "REPO::one-db")
    size = looking.check(kept.centre, "school").history.size
    with pytest.raises(CompactionRefused, match="fresh-deletion"):
        compaction.compact(kept.centre, "school", by="admin")
    kept.district.clock.moment = SystemClock().now() + timedelta(days=31)
    with pytest.raises(CompactionRefused, match="no-drill"):
        compaction.compact(kept.centre, "school", by="admin")
    kept.drill("two")

    done = compaction.compact(kept.centre, "school", by="admin")

    assert done.bytes_before == size
    assert done.bytes_after < size - 250_000
    assert listed(kept) == ["two-db"]
    assert found(kept) == []
    looked = looking.check(kept.centre, "school").looked
    assert (looked.backups, looked.compacted_by) == (1, "admin")


def test_nobody_compacts_while_a_session_of_the_node_runs(kept: Keeping) -> None:
    door = kept.host.door("school")
    holding = subprocess.Popen(
        ["flock", "--shared", "--no-fork", str(door), "sleep", "60"], stdout=subprocess.DEVNULL
    )
    try:
        _until_held(door)

        with pytest.raises(InUse):
            compaction.compact(kept.centre, "school", by="admin", patience=0)
        with pytest.raises(InUse):
            recovery.recover(kept.centre, "school", to=1, patience=0)
    finally:
        holding.terminate()
        holding.wait()


def test_the_lock_of_a_session_that_was_cut_is_cleared_and_one_that_is_held_is_not(
    kept: Keeping,
) -> None:
    lock = kept.repository / "lock.exclusive"
    lock.mkdir()
    # After a power cut the number belongs to another program: to this one, say.
    (lock / f"old-name@1234.{os.getpid()}-0").touch()
    assert borg.clear_dead_lock(kept.repository) == ""
    assert not lock.exists()

    by_hand = subprocess.Popen(
        [str(BORG), "with-lock", str(kept.repository), "sleep", "60"],
        env=kept.borg.environment(), start_new_session=True,
    )  # fmt: skip
    try:
        for _ in range(400):
            if lock.exists() and any(lock.iterdir()):
                break
            time.sleep(0.02)
        with pytest.raises(InUse, match=str(by_hand.pid)):
            compaction.compact(kept.centre, "school", by="admin")
    finally:
        os.killpg(by_hand.pid, signal.SIGTERM)
        by_hand.wait()


def _until_held(door: Path) -> None:
    for _ in range(200):
        try:
            with doors.closed(door, node="school", patience=0):
                pass
        except InUse:
            return
        time.sleep(0.02)
    raise AssertionError("the door was never held")


def test_a_repository_that_is_gone_turned_back_or_another_one_is_told_until_it_is_accepted(
    kept: Keeping, tmp_path: Path
) -> None:
    aside = tmp_path / "aside"
    kept.repository.rename(aside)
    assert found(kept) == ["missing", "vanished"]

    shutil.copytree(aside, kept.repository)
    config = kept.repository / "config"
    config.write_text(config.read_text().replace("id = ", "id = 0000"))
    assert "other" in found(kept)

    shutil.rmtree(kept.repository)
    shutil.copytree(aside, kept.repository)
    for _, path in segments.files(kept.repository)[-4:]:
        path.unlink()
    assert {"turned-back", "vanished"} <= set(found(kept))

    assert looking.accept(kept.centre, "school", by="admin") == ("two",)
    assert found(kept) == []


def test_a_recovery_that_was_cut_short_is_done_again(
    kept: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = looking.check(kept.centre, "school").history
    attack(kept.borg, f"delete={next(iter(story.came)).hex()}")
    for moves in (1, 2, 1):  # in the index, after it, after the newest segment
        with monkeypatch.context() as patched:
            _stop_after(patched, moves)
            with pytest.raises(KeyboardInterrupt):
                recovery.recover(kept.centre, "school", to=story.last)

    assert found(kept) == ["turned-back"]
    done = recovery.recover(kept.centre, "school")

    assert done.backups == ("one", "two")
    assert found(kept) == []


def _stop_after(patched: pytest.MonkeyPatch, moves: int) -> None:
    rename, left = Path.rename, [moves]

    def cut(self: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return rename(self, target)

    patched.setattr(Path, "rename", cut)


def test_one_flipped_byte_in_any_kind_of_file_is_found_or_mended(kept: Keeping) -> None:
    """Index, hints and their checksums are made anew from the segments; the rest is told."""
    made = ["index", "hints", "integrity"]
    for path in kept.repository.iterdir():
        if path.name.partition(".")[0] in made:
            _flip(path, path.stat().st_size // 2)
            made.remove(path.name.partition(".")[0])
    _flip(kept.repository / "config", (kept.repository / "config").read_bytes().index(b"key") + 40)
    assert not made

    looking.check(kept.centre, "school", deep=True)
    mended = looking.check(kept.centre, "school", deep=True)
    biggest = max((kept.repository / "data" / "0").iterdir(), key=lambda one: one.stat().st_size)
    _flip(biggest, biggest.stat().st_size // 2)
    broken = looking.check(kept.centre, "school", deep=True)

    assert mended.findings == ()
    assert len(keeping.versions(kept.host.kept("school"))) == 2, "the flipped key, and the good one"
    assert [one.name for one in broken.findings] == ["damaged"]


def _flip(path: Path, place: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[place] ^= 1
    path.write_bytes(raw)


def test_a_compaction_that_is_killed_loses_nothing(
    template: Template, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    dice = random.Random(4)
    for number in range(KILLS):
        with subtests.test(str(number)):
            kept = Keeping(tmp_path / str(number), template.repository)
            kept.tell("two", *template.second)
            kept.borg.run("delete", "REPO::one-db")
            live = set(looking.check(kept.centre, "school").history.live)
            running = subprocess.Popen(
                [str(BORG), "compact", "--threshold", "0", str(kept.repository)],
                env={"PATH": os.environ["PATH"], "BORG_BASE_DIR": str(tmp_path / "base")},
            )
            time.sleep(dice.uniform(0.3, 1.2))
            running.kill()
            running.wait()

            kept.district.clock.moment = SystemClock().now() + timedelta(days=31)
            kept.drill("two")
            compaction.compact(kept.centre, "school", by="admin")

            assert set(looking.check(kept.centre, "school").history.live) == live
            kept.close()


def test_a_place_without_a_repository_is_not_compacted(tmp_path: Path) -> None:
    kept = Keeping(tmp_path)
    try:
        assert found(kept) == []
        with pytest.raises(HostProblem):
            compaction.compact(kept.centre, "school", by="admin")
    finally:
        kept.close()
