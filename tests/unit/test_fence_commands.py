"""The commands about who a machine is: each does one thing, and says so in its exit code."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from saraban_node import appliance, meta
from saraban_node.__main__ import cli
from saraban_node.appliance import Appliance
from saraban_node.errors import NotEnrolled
from saraban_node.identity import fence, machine
from saraban_node.identity.errors import NotStated, PaperTooLow
from saraban_node.identity.machine import Machine
from saraban_sync.registers import Register
from tests.offices import YEAR, HandClock, Numbers, a_letter, an_office, register

Node = Callable[..., Result]
HERE = Machine("3f8a07c2" + "0" * 56)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Appliance]:
    """A restored office; commands run on the day and the machine of the test."""
    clock = HandClock()
    ranges = [Numbers(book, YEAR, 60) for book in (Register.INCOMING, Register.OUTGOING)]
    made = an_office(tmp_path / "node", clock=clock, ranges=ranges)
    for n in range(4):
        register(made, a_letter(n))
    with made.db.write() as write:
        meta.fence(write, meta.RESTORED)
    opened = appliance.open_appliance
    monkeypatch.setattr(
        appliance, "open_appliance", lambda at, **more: opened(at, clock=clock, **more)
    )
    monkeypatch.setattr(machine, "here", lambda _: HERE)
    yield made
    made.close()


@pytest.fixture
def node(office: Appliance) -> Node:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, [*arguments, "--folder", str(office.folder)])

    return run


def _json(result: Result, code: int = 0) -> Any:
    assert result.exit_code == code, (result.output, result.exception)
    return json.loads(result.stdout)


def test_a_machine_tells_its_code(node: Node) -> None:
    assert _json(node("machine", "--json")) == {
        "node": "school-a", "machine": "3F8A-07C2", "belongs_to": "3F8A-07C2", "same": True,
    }  # fmt: skip
    assert node("machine").stdout.strip() == "school-a  3F8A-07C2"


def test_the_fence_says_why_it_stands_and_how_far_each_book_is_known(node: Node) -> None:
    said = _json(node("fence", "status", "--json"), code=1)

    assert (said["fenced"], said["machine"], said["by_hand"]) == ("restored", "3F8A-07C2", True)
    assert said["series"][0] == {
        "register": "incoming", "year": YEAR, "next": 5, "last": 60, "left": 56, "known": 4,
        "marks": {"backup": 4}, "guard": 20,
    }  # fmt: skip
    plain = node("fence")
    assert plain.exit_code == 1
    assert "กู้คืนมาจากชุดสำรอง" in plain.stdout


def test_the_fence_is_lifted_with_what_stands_on_paper(node: Node, office: Appliance) -> None:
    done = _json(
        node(
            "fence", "lift", "--by-hand", "--alone", "--paper", "incoming=7",
            "--unknown", f"outgoing/{YEAR}", "--guard", "5", "--json",
        )
    )  # fmt: skip

    assert (done["epoch"], done["already"]) == (2, False)
    assert done["skipped"] == [
        {"register": "incoming", "year": YEAR, "first": 5, "last": 12},
        {"register": "outgoing", "year": YEAR, "first": 1, "last": 60},
    ]
    assert register(office, a_letter(9)).number == 13
    again = _json(node("fence", "lift", "--by-hand", "--all-unknown", "--json"))
    assert again["already"]
    assert _json(node("fence", "--json"))["fenced"] == ""


def test_what_is_not_named_can_be_unknown_all_at_once(node: Node, office: Appliance) -> None:
    done = node("fence", "lift", "--by-hand", "--alone", "--all-unknown", "--paper", "incoming=4")

    assert done.exit_code == 0, done.output
    assert f"outgoing {YEAR}: 1–60" in done.stdout
    with office.db.read() as cursor:
        assert fence.status(office, cursor).unclaimed


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (("--by-hand", "--alone"), NotStated),
        (("--by-hand", "--alone", "--paper", "incoming=3", "--unknown", "outgoing"), PaperTooLow),
        (("--alone", "--all-unknown"), NotEnrolled),
    ],
)
def test_what_cannot_be_is_refused_and_the_fence_stands(
    node: Node, office: Appliance, arguments: tuple[str, ...], wrong: type[Exception]
) -> None:
    refused = node("fence", "lift", *arguments)

    assert isinstance(refused.exception, wrong)
    with office.db.read() as cursor:
        assert meta.get(cursor, meta.FENCED) == meta.RESTORED


@pytest.mark.parametrize("paper", ["incoming", "incoming=x", "inbox=5", "incoming/year=5"])
def test_a_book_or_number_that_is_none_is_told_as_such(node: Node, paper: str) -> None:
    refused = node("fence", "lift", "--by-hand", "--alone", "--paper", paper)

    assert refused.exit_code == 2


def test_a_machine_that_knows_no_centre_is_not_forked(node: Node, office: Appliance) -> None:
    with office.db.write() as write:
        meta.remove(write, meta.FENCED)

    assert isinstance(node("fork", "--code", "abcd").exception, NotEnrolled)
