"""The technician's command for the clock: what it shows, asks, writes and exits with."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from saraban_node import appliance
from saraban_node.__main__ import cli
from saraban_node.appliance import Appliance
from saraban_node.clocks.errors import ClockBehind
from tests.clock_office import NEW_YEAR, numbered, office_of_four_years
from tests.offices import MORNING, YEAR, HandClock, a_letter, events_of, register

Command = Callable[..., Result]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def node(tmp_path: Path, clock: HandClock) -> Iterator[Appliance]:
    made = office_of_four_years(tmp_path / "node", clock)
    register(made, a_letter(1))
    yield made
    made.close()


@pytest.fixture
def command(node: Appliance, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command on the test's clock."""

    really_open = appliance.open_appliance

    def open_by_hand(folder: Path, **_: object) -> Appliance:
        return really_open(folder, clock=clock)

    monkeypatch.setattr(appliance, "open_appliance", open_by_hand)
    monkeypatch.setenv("SUDO_USER", "somchai")

    def run(*arguments: str, types: str = "") -> Result:
        words = ["clock", *arguments, "--folder", str(node.folder)]
        return CliRunner().invoke(cli, words, input=types)

    return run


def told(result: Result) -> Any:
    return json.loads(result.stdout)


def test_a_good_clock_needs_nobody(command: Command) -> None:
    result = command("status", "--json")
    said = told(result)

    assert result.exit_code == 0
    assert (said["good"], said["source"], said["doubt_s"], said["needs"]) == (
        True, "human", 300, None,
    )  # fmt: skip
    assert "วันที่ 22 พฤศจิกายน 2569 เวลา 09.00 น." in command("status").stdout


def test_a_clock_that_was_set_is_shown_with_what_it_should_be(
    command: Command, clock: HandClock
) -> None:
    clock.put(NEW_YEAR)
    result = command("status", "--json")
    said = told(result)

    assert result.exit_code == 1
    assert (said["good"], said["quality"], said["source"]) == (False, "stepped", None)
    assert said["expected"] == "2026-11-22T02:00:00.000Z"
    assert said["needs"] == {"opens_year": YEAR + 1, "administrator": True}
    assert "1 มกราคม 2570" in said["th"]


def test_a_technician_looks_and_confirms_and_registering_goes_on(
    command: Command, clock: HandClock, node: Appliance
) -> None:
    clock.put(NEW_YEAR + timedelta(hours=9))
    refused = command("confirm", types="n\n")
    before = events_of(node, "clock.confirmed")
    done = command("confirm", types="y\n")

    assert refused.exit_code != 0
    assert before == []
    assert "วันที่ 1 มกราคม 2570 เวลา 09.00 น." in done.stderr
    assert done.exit_code == 0
    assert [event.actor for event in events_of(node, "clock.confirmed")] == ["cli:somchai"]
    assert numbered(register(node, a_letter(2))) == (YEAR + 1, 1)


def test_a_script_that_has_checked_confirms_without_a_question(
    command: Command, clock: HandClock
) -> None:
    clock.put(MORNING + timedelta(days=1))
    done = command("confirm", "--yes", "--json")

    assert done.exit_code == 0
    assert told(done)["source"] == "human"


def test_what_cannot_be_right_is_refused_in_a_sentence(command: Command, clock: HandClock) -> None:
    clock.put(MORNING.replace(year=1999))

    assert isinstance(command("confirm", "--yes").exception, ClockBehind)
