"""The files for systemd start commands that exist, at the times that the settings have."""

import re
from pathlib import Path

import pytest

from saraban_node.__main__ import cli
from saraban_node.cli.backup import PARTLY
from saraban_node.config import NodeConfig

FOLDER = Path(__file__).parents[2] / "packaging" / "systemd"
GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "run-by-systemd.md"


@pytest.mark.parametrize("name", ["saraban-node.service", "saraban-backup.service"])
def test_a_service_starts_a_command_that_is_there(name: str) -> None:
    found = re.search(r"^ExecStart=\S+/saraban-node (\S+)$", (FOLDER / name).read_text(), re.M)

    assert found
    assert found[1] in cli.commands
    assert name in GUIDE.read_text(encoding="utf-8")


def test_the_timer_keeps_the_times_that_the_node_would_keep_itself() -> None:
    text = (FOLDER / "saraban-backup.timer").read_text()

    times = re.findall(r"^OnCalendar=\*-\*-\* (\d\d:\d\d):00 Asia/Bangkok$", text, re.M)
    assert tuple(times) == NodeConfig().backup_times
    assert "Persistent=true" in text


def test_a_backup_at_some_places_only_is_no_failure_of_the_service() -> None:
    text = (FOLDER / "saraban-backup.service").read_text()

    assert f"SuccessExitStatus={PARTLY}" in text
