"""Backups by themselves: at their times, at the next chance, never two at once, no storm."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from saraban_base.backup import errors
from saraban_node import journal, meta
from saraban_node.appliance import Appliance
from saraban_node.backup import records, service, standing
from saraban_node.backup.places import places_of
from saraban_node.backup.schedule import Scheduler
from saraban_node.config import BackupPlace, NodeConfig
from saraban_node.journal import SYSTEM
from saraban_sync.backup_events import BackupDrilled, BackupFinished
from saraban_sync.ids import PersonId
from saraban_sync.registers import BANGKOK
from tests.offices import HandClock, an_office

NOON = datetime(2026, 11, 27, 12, 0, tzinfo=BANGKOK)


@dataclass
class Desk:
    """A node with a hand clock, whose backups are only written down, or fail."""

    node: Appliance
    clock: HandClock
    scheduler: Scheduler
    made: list[list[str] | None] = field(default_factory=list)
    fails: bool = False
    drilled: int = 0

    def back_up(self, _node: Appliance, names: list[str] | None, **_: Any) -> None:
        """Stand in for a backup."""
        self.made.append(names)
        for name in names or ["disk"]:
            with self.node.db.write() as write:
                last = journal.head(write.cursor).id or ""
                body = BackupFinished(
                    archive="a", repository="r", last_event="" if self.fails else last, entries=1,
                    good=not self.fails, place=name, problem="SRB-403 full" if self.fails else "",
                )  # fmt: skip
                self.node.journal.append(write, body, actor=SYSTEM)
        if self.fails:
            raise errors.RepositoryFull("full", repository="r")

    def drill(self, _node: Appliance) -> None:
        """Stand in for a drill."""
        self.drilled += 1
        with self.node.db.write() as write:
            body = BackupDrilled(archive="a", place="disk", result="good", key="machine")
            self.node.journal.append(write, body, actor=SYSTEM)

    def look(self, **later: float) -> bool:
        """Let time pass and look."""
        self.clock.forward(**later)
        try:
            return self.scheduler.look()
        except errors.BackupProblem:
            return True


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    clock = HandClock(NOON)
    node = an_office(tmp_path / "node", clock=clock)
    places = (
        BackupPlace(name="disk", kind="disk", path=str(tmp_path / "disk")),
        BackupPlace(name="stick", kind="disk", path=str(tmp_path / "plugged" / "repo")),
    )
    node = replace(node, config=NodeConfig(backup_places=places, drill_every_days=7))
    made = Desk(node, clock, Scheduler(node))
    made.scheduler.drill = made.drill
    monkeypatch.setattr(service, "back_up", made.back_up)
    yield made
    node.close()


def test_a_backup_is_made_once_at_each_of_its_times(desk: Desk) -> None:
    looks = [desk.look(), desk.look(minutes=14), desk.look(minutes=2), desk.look(minutes=30)]

    assert looks == [False, False, True, False]
    assert desk.made == [["disk"]]
    assert desk.look(hours=4)


def test_a_time_that_was_missed_is_made_up_at_the_next_chance(desk: Desk) -> None:
    """The machine was off at a quarter past twelve and over the weekend."""
    assert desk.look(days=2, hours=-3)
    assert not desk.look(minutes=1)


def test_a_stick_that_comes_late_gets_its_backup_when_it_comes(desk: Desk, tmp_path: Path) -> None:
    desk.look(minutes=20)
    assert desk.made == [["disk"]]

    (tmp_path / "plugged").mkdir()
    desk.look(minutes=10)

    assert desk.made[1:] == [["stick"]]


def test_after_a_failure_it_is_tried_again_later_and_later(desk: Desk) -> None:
    desk.fails = True
    desk.clock.forward(minutes=16)
    tried = [minute for minute in range(3 * 60) if desk.look(minutes=1)]

    assert tried == [0, 15, 45, 105]
    desk.fails = False
    assert desk.look(hours=2)
    with desk.node.db.read() as cursor:
        assert records.failures(cursor, "disk") == 0


def test_waiting_after_failures_has_an_end() -> None:
    assert standing.wait_after(1) == timedelta(minutes=15)
    assert standing.wait_after(100) == timedelta(hours=4)


def test_a_person_who_asks_does_not_wait_for_the_time(desk: Desk) -> None:
    desk.scheduler.now(PersonId("p-somsri"))
    assert desk.scheduler.asked

    assert desk.look()

    assert desk.made == [None]
    assert not desk.scheduler.asked


def test_nothing_is_backed_up_by_itself_without_times_or_behind_a_fence(desk: Desk) -> None:
    without = Scheduler(replace(desk.node, config=NodeConfig(backup_times=())))
    with desk.node.db.write() as write:
        meta.fence(write, meta.RESTORED)

    assert not desk.look(hours=5)
    assert not without.look()


def test_a_clock_that_fell_back_keeps_nobody_from_backups(desk: Desk) -> None:
    desk.look(minutes=20)
    desk.clock.moment -= timedelta(days=300)

    assert desk.look(minutes=20)
    assert not desk.look(minutes=5)


def test_a_backup_that_runs_already_is_not_started_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def running(*_: Any, **__: Any) -> None:
        raise errors.BackupRunning("held")

    monkeypatch.setattr(service, "back_up", running)

    assert desk.look(minutes=20)
    assert not desk.look(minutes=1)


def test_a_drill_comes_a_day_after_the_first_backup_and_then_every_week(desk: Desk) -> None:
    looks = {}
    for hour in range(24 * 20):
        desk.look(hours=1)
        looks[hour] = desk.drilled

    first = next(hour for hour, count in looks.items() if count == 1)
    second = next(hour for hour, count in looks.items() if count == 2)
    assert 24 <= first <= 27
    assert 24 * 7 <= second - first <= 24 * 7 + 2


def test_a_drill_that_writes_nothing_down_is_not_tried_every_minute(desk: Desk) -> None:
    tried = []

    def stumble(_: Appliance) -> None:
        tried.append(desk.clock.now())
        raise errors.BackupRunning("held")

    desk.look(minutes=20)
    desk.scheduler.drill = stumble
    desk.clock.forward(hours=26)
    for _ in range(130):
        desk.look(minutes=1)

    assert len(tried) == 3


def test_the_thread_backs_up_when_asked_and_tells_that_something_was_written(desk: Desk) -> None:
    heard: list[bool] = []
    scheduler = replace(desk.scheduler, wrote=lambda: heard.append(True), first=30.0)
    scheduler.start()

    scheduler.now(PersonId("p-somsri"))
    until = 0
    while not heard and until < 500:
        until += 1
        time.sleep(0.01)

    scheduler.stop()
    assert heard == [True]
    assert desk.made == [None]


def test_what_is_at_risk_is_counted_in_letters(desk: Desk) -> None:
    with desk.node.db.read() as cursor:
        risk = standing.risk(cursor)
        states = standing.states(cursor, places_of(desk.node.folder, desk.node.config))

    assert (risk.since_backup, risk.nowhere) == (0, 0)
    assert [(one.place.name, one.good, one.failures) for one in states] == [
        ("disk", None, 0),
        ("stick", None, 0),
    ]
