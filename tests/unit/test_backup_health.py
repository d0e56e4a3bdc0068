"""What the machine says of its backups when somebody asks how it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_node import health, journal
from saraban_node.appliance import Appliance
from saraban_node.journal import SYSTEM
from saraban_sync.backup_events import BackupDrilled, BackupFinished
from saraban_sync.body import Body
from tests.offices import HandClock, an_office


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def node(tmp_path: Path, clock: HandClock) -> Iterator[Appliance]:
    made = an_office(tmp_path / "node", clock=clock)
    yield made
    made.close()


def write(node: Appliance, body: Body) -> None:
    with node.db.write() as writing:
        node.journal.append(writing, body, actor=SYSTEM)


def backed_up(node: Appliance, *, good: bool = True) -> None:
    with node.db.read() as cursor:
        last = journal.head(cursor).id or ""
    problem = "" if good else "SRB-403 no room"
    body = BackupFinished(archive="a", repository="r", last_event=last, entries=0, good=good,
                          place="repo", problem=problem)  # fmt: skip
    write(node, body)


def said(node: Appliance) -> dict[str, tuple[bool, str]]:
    found = health.look(node, thorough=False)
    return {one.name: (one.good, one.english) for one in found if one.name.startswith("backup")}


def test_a_backup_is_good_news_for_two_days(node: Appliance, clock: HandClock) -> None:
    assert not said(node)["backup"][0]
    backed_up(node)
    assert said(node)["backup"][0]

    clock.forward(days=2, hours=1)

    assert not said(node)["backup"][0]


def test_a_place_where_backups_keep_failing_is_named_with_the_code(node: Appliance) -> None:
    backed_up(node)
    backed_up(node, good=False)
    assert "backup.repo" not in said(node)

    for _ in range(2):
        backed_up(node, good=False)

    good, words = said(node)["backup.repo"]
    assert not good
    assert "3 times" in words
    assert "SRB-403" in words


def test_a_drill_that_could_not_run_is_not_called_a_bad_backup(node: Appliance) -> None:
    backed_up(node)
    write(node, BackupDrilled(archive="a", place="repo", result="not-run", key="machine"))
    assert said(node)["backup.drill"][0]

    write(node, BackupDrilled(archive="a", place="repo", result="bad", key="machine"))

    assert not said(node)["backup.drill"][0]
