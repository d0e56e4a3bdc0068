"""What is kept at a place and what is deleted; how far a backup is, as others can read it."""

import os
from pathlib import Path

import msgspec
import pytest

from saraban_base.backup import errors
from saraban_base.backup.protocol import Archive
from saraban_base.backup.repository import Repository
from saraban_base.backup.retention import Keep
from saraban_node.backup import progress, service, storing
from saraban_node.backup.listing import halves
from tests.backup_office import make_school

ONE_DAY = Keep(daily=1, weekly=0, monthly=0, yearly=0)


class Shelf(Repository):
    """A repository that only writes down what it was asked to delete."""

    gone: list[str]

    def delete(self, names: tuple[str, ...]) -> tuple[Archive, ...]:
        """Write them down."""
        object.__setattr__(self, "gone", list(names))
        return ()

    def compact(self) -> tuple[Archive, ...]:
        """Do nothing."""
        return ()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    made = Shelf(tmp_path, tmp_path, tmp_path)
    object.__setattr__(made, "gone", [])
    return made


def archives(*days: str, node: str = "school-a", events: int = 1) -> tuple[Archive, ...]:
    found = []
    for count, day in enumerate(days):
        name = f"{node}-0001-{day}T090000000Z"
        comment = f"saraban1 epoch=1 events={events + count}"
        found += [
            Archive(name=f"{name}-files", id=f"{name}f", time=day),
            Archive(name=f"{name}-db", id=f"{name}d", time=day, comment=comment),
        ]
    return tuple(found)


def name(day: str) -> str:
    return f"school-a-0001-{day}T090000000Z"


def test_older_backups_go_and_the_last_of_the_day_stays(shelf: Shelf) -> None:
    there = archives("20261125", "20261126", "20261127")

    storing.tidy(shelf, there, "school-a", ONE_DAY, last_good=name("20261127"))

    parts = [f"{name(day)}-{part}" for day in ("20261125", "20261126") for part in ("db", "files")]
    assert sorted(shelf.gone) == parts
    assert all(one.endswith("-db") for one in shelf.gone[:2])


def test_a_wrong_clock_never_costs_the_newest_backup(shelf: Shelf) -> None:
    """The clock stood a year ahead for a day; the newest backup by its journal is dated earlier."""
    there = archives("20271125", "20261126", "20261127")

    storing.tidy(shelf, there, "school-a", ONE_DAY, last_good=name("20261127"))

    assert sorted(shelf.gone) == [f"{name('20261126')}-db", f"{name('20261126')}-files"]


def test_nothing_goes_when_the_new_backup_is_not_whole(shelf: Shelf) -> None:
    there = archives("20261125", "20261126")

    storing.tidy(shelf, there, "school-a", ONE_DAY, last_good=name("20261127"))

    assert shelf.gone == []


def test_backups_of_another_machine_and_unknown_archives_are_left_alone(shelf: Shelf) -> None:
    there = (
        *archives("20261125", node="school-b"),
        Archive(name="by-hand", id="x", time=""),
        *archives("20261127"),
    )

    storing.tidy(shelf, there, "school-a", ONE_DAY, last_good=name("20261127"))

    assert shelf.gone == []


def test_the_half_that_a_stopped_backup_left_goes_with_the_next_good_one(shelf: Shelf) -> None:
    half = archives("20261126")[:1]
    there = (*half, *archives("20261127"))

    storing.tidy(shelf, there, "school-a", ONE_DAY, last_good=name("20261127"))

    assert halves(there, "school-a") == tuple(shelf.gone) == (half[0].name,)


def test_a_backup_that_failed_leaves_its_reason_for_the_page(tmp_path: Path) -> None:
    node = make_school(tmp_path / "node", repository=tmp_path / "stick" / "repo")

    with pytest.raises(errors.RepositoryMissing):
        service.back_up(node)

    ended = progress.read(node.folder)
    node.close()
    assert ended is not None
    assert (ended.good, ended.code) == (False, "SRB-401")
    assert str(tmp_path / "stick") in ended.problem_th


def test_a_backup_whose_process_is_gone_is_not_shown_as_running(tmp_path: Path) -> None:
    state = progress.Progress(started_at="", actor="", pid=os.getpid(), born="1")
    node = tmp_path / "backup"
    node.mkdir()
    (node / progress.FILE).write_bytes(msgspec.json.encode(state))

    seen = progress.read(tmp_path)

    assert seen is not None
    assert seen.broken_off
    assert not seen.running


def test_a_backup_stops_when_the_program_ends_and_its_share_never_falls(tmp_path: Path) -> None:
    """An earlier step that reads more than it was weighed does not run ahead of the next one."""
    (tmp_path / "backup").mkdir()
    ending = False
    keeper = progress.Keeper(
        tmp_path, actor="p", now=lambda: "t", total=4_000_000, tell=lambda _: None,
        stopped=lambda: ending,
    )  # fmt: skip
    shares = []
    for moved in (500_000, 9_000_000):
        keeper.step("ก", "a", weight=2_000_000)
        keeper.watch(moved)
        seen = progress.read(tmp_path)
        assert seen is not None
        shares.append(seen.share)

    ending = True
    with pytest.raises(errors.BackupCancelled):
        keeper.watch(1)
    assert shares == [0.0, 0.5]
