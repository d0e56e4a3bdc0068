"""Twins and a restored centre from the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from saraban_central.__main__ import cli
from saraban_central.centre import open_centre
from saraban_central.cli import common
from saraban_central.cli.common import guarded
from saraban_sync.registers import Register
from tests.central_district import YEAR, District, HandClock
from tests.played_machine import a_machine

Central = Callable[..., Result]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> HandClock:
    hand = HandClock()
    monkeypatch.setattr(common, "open_centre", lambda folder: open_centre(folder, clock=hand))
    return hand


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A centre that has found two machines with one name; closed again."""
    district = District(tmp_path)
    school = a_machine(district)
    district.office("area-1").take(Register.INCOMING, 5)
    copy = school.copy()
    school.come()
    copy.come()
    district.close()
    return district.centre.folder


@pytest.fixture
def central(folder: Path) -> Central:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, [*arguments, "--folder", str(folder)])

    return run


def _json(result: Result) -> Any:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def test_twins_are_listed_and_settled(central: Central) -> None:
    (found,) = _json(central("twins", "list", "--json"))["twins"]
    assert (found["node"], found["office"], found["why"], found["alike"]) == (
        "school-1", "school-1", "token", False,
    )  # fmt: skip
    assert [one["machine"] for one in found["machines"]] == ["3F8A-07C2", "B41D-9E60"]
    assert {one["standing"] for one in found["machines"]} == {"here"}
    assert "3F8A-07C2" in central("twins").output

    kept = _json(central("twins", "keep", "school-1", "3f8a-07c2", "--json"))
    assert [one["state"] for one in kept["machines"]] == ["kept", ""]
    code = _json(central("twins", "fork-code", "school-1", "--json"))
    assert (code["node"], len(code["code"])) == ("school-1-2", 19)
    gone = _json(central("twins", "gone", "school-1", "B41D-9E60", "--json"))
    assert [one["state"] for one in gone["machines"]] == ["kept", "gone"]


def test_every_step_says_in_words_what_comes_next(central: Central) -> None:
    assert "รอตัดสินใจ" in central("twins", "list").output
    assert "ตัวตนของเครื่อง" in central("twins", "keep", "school-1", "3F8A-07C2").output
    assert "school-1-annex" in central("twins", "fork-code", "school-1", "--name",
                                       "school-1-annex").output  # fmt: skip
    assert "is gone" in central("twins", "gone", "school-1", "b41d-9e60").output


def test_a_restored_centre_stops_granting_until_a_series_is_reopened(central: Central) -> None:
    asked = central("restored")
    assert asked.exit_code == 1

    done = _json(central("restored", "--yes", "--json"))
    assert (done["generation"], done["closed"]) == (2, ["area-1", "school-1"])
    grant = ("grant", "--node", "area-1", "--register", "incoming", "--size", "5", "--json")
    assert central(*grant).exit_code != 0

    opened = _json(
        central("numbers", "reopen", "area-1", "--register", "incoming", "--year", str(YEAR),
                "--guard", "100", "--json")
    )  # fmt: skip
    assert opened["barred"] == [{"first": 26, "last": 125}]
    assert _json(central(*grant))["first"] == 126
    assert len(_json(central("twins", "--json"))["twins"]) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["twins", "keep", "school-9", "3F8A-07C2"], "SRB-212"),
        (["twins", "keep", "area-1", "3F8A-07C2"], "SRB-260"),
        (["twins", "keep", "school-1", "FFFF-FFFF"], "SRB-261"),
        (["twins", "gone", "area-1", "3F8A-07C2"], "SRB-260"),
        (["twins", "fork-code", "school-9"], "SRB-212"),
        (["twins", "fork-code", "school-1", "FFFF-FFFF"], "SRB-261"),
        (["numbers", "reopen", "area-1", "--register", "memo", "--guard", "5"], "SRB-266"),
        (["numbers", "reopen", "area-1", "--register", "memo", "--guard", "-5"], "SRB-265"),
        (["numbers", "reopen", "area-9", "--register", "memo", "--guard", "5"], "SRB-210"),
        (["grant", "--node", "school-1", "--register", "incoming"], "SRB-275"),
    ],
)
def test_what_cannot_be_done_is_said_in_thai_and_english(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: str
) -> None:
    with pytest.raises(SystemExit):
        guarded(lambda: cli([*arguments, "--folder", str(folder)], standalone_mode=False))

    lines = capsys.readouterr().err.splitlines()
    assert [line.partition("  ")[0] for line in lines] == [code, code]
