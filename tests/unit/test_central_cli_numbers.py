"""Commands about numbers: what an administrator does at the telephone, and with a stick."""

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
from saraban_central.post.router import Router
from saraban_central.records import SERIES
from saraban_central.store.interface import Remove
from saraban_sync import range_files
from saraban_sync.ids import NodeId
from saraban_sync.number_events import RangeRequested
from saraban_sync.registers import Register
from tests.central_district import YEAR, District, HandClock

Central = Callable[..., Result]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> HandClock:
    hand = HandClock()
    monkeypatch.setattr(common, "open_centre", lambda folder: open_centre(folder, clock=hand))
    return hand


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A centre with a school that asks for numbers twice: once over the line, once on a stick."""
    district = District(tmp_path)
    school = district.office("school-1")
    school.do(
        RangeRequested(register=Register.INCOMING, year=YEAR, size=9_000, left=3, per_day="4.25")
    )
    Router(district.centre).run()
    event = school.write(
        RangeRequested(register=Register.OUTGOING, year=YEAR, size=50, left=1, per_day="0.50")
    )
    (tmp_path / "request.json").write_bytes(range_files.write_request(NodeId("school-1"), (event,)))
    district.close()
    return district.centre.folder


@pytest.fixture
def central(folder: Path) -> Central:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["numbers", *arguments, "--folder", str(folder)])

    return run


def _json(result: Result) -> Any:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def test_a_waiting_request_is_listed_granted_and_then_gone(central: Central) -> None:
    (waiting,) = _json(central("requests", "--json"))["requests"]
    assert (waiting["size"], waiting["why"], waiting["left"]) == (9_000, "much", 3)
    assert "เกินจำนวน" in central("requests").output

    made = _json(central("grant-request", waiting["request"], "--size", "300", "--json"))

    assert (made["first"], made["last"]) == (21, 320)
    assert _json(central("requests", "--json"))["requests"] == []
    assert "no requests" in central("requests").output
    (done,) = _json(central("requests", "--all", "--json"))["requests"]
    assert (done["state"], done["grant"]) == ("granted", made["grant"])
    assert made["grant"] in central("requests", "--all").output


def test_a_request_is_declined_with_a_reason(central: Central) -> None:
    (waiting,) = _json(central("requests", "--json"))["requests"]

    gone = _json(central("decline", waiting["request"], "--reason", "ปิดเทอม", "--json"))

    assert (gone["state"], gone["reason"]) == ("declined", "ปิดเทอม")
    assert "ปิดเทอม" in central("requests", "--all").output


def test_a_request_file_is_looked_at_and_answered(central: Central, tmp_path: Path) -> None:
    request, answer = str(tmp_path / "request.json"), tmp_path / "answer.json"

    seen = _json(central("request-file", request, "--json"))
    assert [(one["register"], one["state"]) for one in seen["requests"]] == [("outgoing", "new")]
    assert "outgoing" in central("request-file", request).output
    done = _json(central("answer", request, "-o", str(answer), "--json"))

    assert [(one["first"], one["last"]) for one in done["grants"]] == [(21, 70)]
    assert range_files.ANSWER.encode() in answer.read_bytes()
    seen = _json(central("request-file", request, "--json"))
    assert [one["state"] for one in seen["requests"]] == ["granted"]


def test_an_answer_that_leaves_something_out_says_so(
    central: Central, tmp_path: Path, clock: HandClock
) -> None:
    request, answer = str(tmp_path / "request.json"), str(tmp_path / "answer.json")
    clock.forward(days=500)

    result = central("answer", request, "-o", answer, "--json")

    assert result.exit_code == 1
    (refused,) = json.loads(result.stdout)["refused"]
    assert (refused["code"], refused["register"]) == ("SRB-230", "outgoing")
    assert "SRB-230" in central("answer", request, "-o", answer).output


def test_a_range_is_read_out_over_the_telephone(central: Central) -> None:
    told = _json(
        central("grant-by-phone", "--node", "school-1", "--register", "incoming", "--year",
                str(YEAR), "--size", "40", "--json")
    )  # fmt: skip

    assert (told["first"], told["last"]) == (21, 70)
    assert told["groups"].replace(" ", "") == told["code"]
    again = central("grant-by-phone", "--node", "school-1", "--grant", told["grant"])
    assert again.output.splitlines()[0] == told["groups"]
    assert "21–70" in again.output


def test_all_numbers_are_proven(central: Central) -> None:
    found = _json(central("prove", "--json"))

    assert (found["whole"], found["total"]) == (True, 40)
    told = central("prove", "--office", "school-1", "--register", "incoming").output
    assert told.startswith("✓ 20 เลข")
    assert "ยังไม่ใช้ · unused 20" in told


def test_a_range_that_the_centre_lost_is_named_in_the_proof(
    central: Central, tmp_path: Path
) -> None:
    centre = open_centre(tmp_path / "centre", clock=HandClock())
    kept = centre.store.record(SERIES, f"school-1/incoming/{YEAR}")
    assert kept is not None
    centre.store.commit(Remove(SERIES, kept.key))
    centre.close()

    found = _json(central("prove", "--json"))

    assert found["whole"]  # the node's own journal still holds the signed grant
    assert [one["kind"] for one in found["offices"][0]["findings"]] == ["grant-unknown"]


def test_the_life_of_a_number_is_shown(central: Central) -> None:
    found = _json(central("show", "รับที่ ๑/๒๕๖๙", "--json"))

    assert [one["state"] for one in found["candidates"]] == ["unused"]
    assert found["passport"]["grant"]["node"] == "school-1"
    assert "unused" in central("show", "รับที่ 1").output
    both = central("show", "1").output.splitlines()
    assert len(both) == 2
    nothing = central("show", "รับที่ 999")
    assert (nothing.exit_code, "no such number" in nothing.output) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["grant-by-phone", "--node", "school-1"],
        ["grant-by-phone", "--node", "school-1", "--register", "memo", "--grant", "x"],
        ["grant-by-phone", "--register", "memo"],
        ["decline", "x"],
        ["answer", "nowhere.json", "-o", "x"],
    ],
)
def test_a_command_that_is_not_complete_says_how_it_is_used(
    central: Central, arguments: list[str]
) -> None:
    result = central(*arguments)

    assert result.exit_code == 2
    assert "Usage:" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["grant-request", "school-9/1"], "SRB-235"),
        (["decline", "school-1", "--reason", " "], "SRB-237"),
        (["grant-by-phone", "--node", "school-9", "--register", "memo"], "SRB-212"),
        (["grant-by-phone", "--node", "school-1", "--grant", "x"], "SRB-238"),
        (["grant-by-phone", "--node", "school-1", "--register", "memo", "--size", "9999"],
         "SRB-382"),
        (["request-file", "bad.json"], "SRB-383"),
        (["prove", "--office", "nowhere"], "SRB-210"),
        (["show", "ไม่มีเลข"], "SRB-240"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_thai_and_english(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.json").write_bytes(b"{}")

    with pytest.raises(SystemExit):
        guarded(
            lambda: cli(["numbers", *arguments, "--folder", str(folder)], standalone_mode=False)
        )

    lines = capsys.readouterr().err.splitlines()
    assert [line.partition("  ")[0] for line in lines] == [code, code]
