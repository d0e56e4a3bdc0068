"""The command line of the centre: each command does one thing, and says so in its exit code."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import httpx
import pytest
from click.testing import CliRunner, Result

from saraban_central.__main__ import cli
from saraban_central.audit.report import read_report
from saraban_central.centre import open_centre
from saraban_central.cli import common
from saraban_central.cli.common import guarded
from saraban_sync.body import Signed
from saraban_sync.errors import SarabanError
from saraban_sync.events import EntryNoted
from saraban_sync.registers import Register
from tests.central_district import District, HandClock

Central = Callable[..., Result]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> HandClock:
    """The commands run on the day on which the test's offices work."""
    hand = HandClock()
    monkeypatch.setattr(common, "open_centre", lambda folder: open_centre(folder, clock=hand))
    return hand


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "centre"


@pytest.fixture
def central(folder: Path) -> Central:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, [*arguments, "--folder", str(folder)])

    return run


def _json(result: Result) -> Any:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def test_a_centre_is_set_up_from_the_command_line(central: Central, folder: Path) -> None:
    made = _json(central("init", "--name", "เขต 1", "--port", "0", "--json"))
    office = _json(
        central("office", "add", "school-1", "--name", "โรงเรียน ก", "--prefix", "ศธ 1", "--json")
    )
    code = _json(central("enrol", "--office", "school-1", "--json"))
    person = _json(central("person", "add", "admin", "--name", "สมศรี ใจดี", "--json"))

    assert made["folder"] == str(folder)
    assert office == {
        "office": "school-1", "name": "โรงเรียน ก", "prefix": "ศธ 1", "circulars": "shared",
    }  # fmt: skip
    assert code["node"] == "school-1"
    assert len(code["code"]) == 19
    assert len(person["password"]) >= 12
    offices = _json(central("office", "list", "--json"))["offices"]
    assert [(one["office"], one["registry_node"]) for one in offices] == [("school-1", "")]
    people = _json(central("person", "list", "--json"))["people"]
    assert [(one["username"], one["roles"]) for one in people] == [("admin", ["admin"])]


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """A centre with a school that has registered something; closed again."""
    district = District(tmp_path)
    school = district.office("school-1")
    school.register(1)
    school.do(EntryNoted(entry=school.events[-1].id, action="เสนอ"))
    district.close()
    return district.centre.folder


def test_an_offices_circulars_get_a_series_of_their_own(central: Central, served: Path) -> None:
    changed = _json(central("office", "set", "school-1", "--circulars", "own", "--json"))
    again = _json(central("office", "set", "school-1", "--circulars", "own", "--json"))
    made = _json(
        central("office", "add", "school-2", "--name", "ข", "--prefix", "ศธ 2", "--circulars",
                "own", "--json")
    )  # fmt: skip

    assert changed["circulars"] == again["circulars"] == made["circulars"] == "own"
    offices = _json(central("office", "list", "--json"))["offices"]
    assert [one["circulars"] for one in offices] == ["own", "own"]


def test_numbers_are_granted_to_an_office_or_a_node(central: Central, served: Path) -> None:
    by_office = _json(
        central("grant", "--office", "school-1", "--register", "incoming", "--year", "2569",
                "--size", "30", "--json")
    )  # fmt: skip
    by_node = _json(
        central("grant", "--node", "school-1", "--register", "outgoing", "--first", "500",
                "--year", "2569", "--json")
    )  # fmt: skip

    assert (by_office["node"], by_office["first"], by_office["last"]) == ("school-1", 21, 50)
    assert (by_node["register"], by_node["first"], by_node["last"]) == ("outgoing", 500, 999)


def test_the_nodes_are_listed_and_one_is_revoked(central: Central, served: Path) -> None:
    (node,) = _json(central("nodes", "--json"))["nodes"]
    assert (node["node"], node["active"], node["events"]) == ("school-1", True, 6)

    asked = central("nodes", "revoke", "school-1")
    assert asked.exit_code == 1
    assert _json(central("nodes", "--json"))["nodes"][0]["active"]

    assert not _json(central("nodes", "revoke", "school-1", "--yes", "--json"))["active"]
    assert not _json(central("nodes", "--json"))["nodes"][0]["active"]


def test_an_audit_proves_everything_and_writes_its_signed_report(
    central: Central, served: Path, tmp_path: Path
) -> None:
    report, table = tmp_path / "report.json", tmp_path / "findings.csv"
    found = _json(central("audit", "--json", "--report", str(report), "--csv", str(table)))

    assert (found["clean"], found["chain_ok"], found["unexplained_numbers"]) == (True, True, 0)
    assert (found["offices"], found["nodes"], found["events"]) == (1, 1, 6)
    signed = Signed(**json.loads(report.read_text(encoding="utf-8")))
    key = _json(CliRunner().invoke(cli, ["status", "--folder", str(served), "--json"]))["key"]
    assert read_report(signed, key).events == 6
    assert table.read_bytes().startswith(b"\xef\xbb\xbf")


def test_an_audit_that_finds_a_forgery_fails(central: Central, tmp_path: Path) -> None:
    district = District(tmp_path)
    school = district.office("school-1")
    entry = school.register(1, register=Register.INCOMING)
    district.tamper_event(entry, lambda text: text.replace('"number":1', '"number":2'))
    district.close()

    result = central("audit", "--json")

    assert result.exit_code == 1
    assert not json.loads(result.stdout)["chain_ok"]


def test_a_rebuild_tells_how_much_it_read(central: Central, served: Path) -> None:
    assert _json(central("rebuild", "--json")) == {"events": 6}


def test_the_status_is_good_as_long_as_nobody_is_needed(
    central: Central, served: Path, clock: HandClock
) -> None:
    quiet = central("status", "--json")
    clock.forward(hours=25)
    loud = central("status", "--json")

    assert (quiet.exit_code, json.loads(quiet.stdout)["good"]) == (0, True)
    state = json.loads(loud.stdout)
    assert (loud.exit_code, state["good"], state["silent"]) == (1, False, 1)
    assert (state["events"], state["unrouted_events"]) == (6, 6)
    (node,) = _json(central("nodes", "--json"))["nodes"]
    assert node["problems"] == ["silent"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["office", "add", "school-9", "--name", "ก"],
        ["enrol"],
        ["grant", "--register", "incoming"],
        ["grant", "--office", "a", "--node", "b", "--register", "incoming"],
        ["grant", "--office", "school-1", "--register", "secret"],
        ["person", "add", "x", "--name", "ก", "--role", "king"],
        ["nodes", "revoke"],
        ["nonsense"],
    ],
)
def test_a_command_that_is_not_complete_says_how_it_is_used(
    central: Central, served: Path, arguments: list[str]
) -> None:
    result = central(*arguments)

    assert result.exit_code == 2
    assert "Usage:" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["office", "add", "School", "--name", "ก", "--prefix", "ศธ"], "SRB-106"),
        (["office", "add", "school-1", "--name", "ก", "--prefix", "ศธ"], "SRB-211"),
        (["office", "set", "school-9", "--circulars", "own"], "SRB-210"),
        (["enrol", "--office", "school-9"], "SRB-210"),
        (["enrol", "--office", "school-1", "--node", "school-1"], "SRB-213"),
        (["grant", "--office", "school-9", "--register", "incoming"], "SRB-210"),
        (["grant", "--node", "school-9", "--register", "incoming"], "SRB-212"),
        (["grant", "--node", "school-1", "--register", "incoming", "--year", "2000"], "SRB-230"),
        (["grant", "--node", "school-1", "--register", "incoming", "--size", "0"], "SRB-231"),
        (["grant", "--node", "school-1", "--register", "incoming", "--first", "5"], "SRB-232"),
        (["nodes", "revoke", "school-9", "--yes"], "SRB-212"),
        (["init"], "SRB-204"),
    ],
)
def test_what_cannot_be_done_is_said_in_thai_and_english(
    served: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: str
) -> None:
    with pytest.raises(SystemExit) as end:
        guarded(lambda: cli([*arguments, "--folder", str(served)], standalone_mode=False))

    assert end.value.code == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition("  ")[0] for line in lines] == [code, code]
    assert any("\u0e00" < letter < "\u0e7f" for letter in lines[0])


def test_every_command_explains_itself() -> None:
    groups = [(name, one) for name, one in cli.commands.items() if isinstance(one, click.Group)]
    inner = [f"{name} {part}" for name, one in groups for part in one.commands]
    for name in ("", *cli.commands, *inner):
        result = CliRunner().invoke(cli, [*name.split(), "--help"])
        assert result.exit_code == 0
        assert "--help" in result.output
        if name not in ("", "office", "person", "numbers", "backup-host"):
            assert "--json" in result.output, name
            assert "--folder" in result.output, name


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_serving_centre_ends_cleanly_when_asked(tmp_path: Path, asked: signal.Signals) -> None:
    folder = str(tmp_path / "centre")
    assert CliRunner().invoke(cli, ["init", "--folder", folder]).exit_code == 0
    command = [sys.executable, "-m", "saraban_central", "serve", "--folder", folder]
    process = subprocess.Popen(
        [*command, "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = json.loads(process.stdout.readline())["address"]
    assert httpx.get(f"{address}/healthz").status_code == 200
    began = time.monotonic()

    process.send_signal(asked)

    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert time.monotonic() - began < 8
    assert not (tmp_path / "centre" / "central.db-wal").exists()


def test_an_error_nobody_foresaw_is_not_hidden() -> None:
    def fail() -> None:
        raise SarabanError("broken")

    with pytest.raises(SystemExit):
        guarded(fail)
