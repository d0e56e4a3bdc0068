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
from saraban_node.line import contact, sync_state
from saraban_sync.registers import Register
from tests.offices import YEAR, HandClock, Numbers, a_letter, an_office, grant, register

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
    def run(*arguments: str, types: str = "") -> Result:
        return CliRunner().invoke(cli, [*arguments, "--folder", str(office.folder)], input=types)

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
            "--unknown", f"outgoing/{YEAR}", "--guard", "5", "--yes", "--json",
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
    stated = ("--alone", "--all-unknown", "--paper", "incoming=4")
    done = node("fence", "lift", "--by-hand", "--yes", *stated)

    assert done.exit_code == 0, done.output
    assert f"outgoing {YEAR}: 1–60" in done.stdout
    with office.db.read() as cursor:
        assert fence.status(office, cursor).unclaimed


def test_a_technician_sees_what_will_be_given_up_and_nothing_is_done_without_a_yes(
    node: Node, office: Appliance
) -> None:
    """One word forgotten, and every number left would be gone for ever."""
    asked = node("fence", "lift", "--by-hand", types="n\n")
    unasked = node("fence", "lift", "--by-hand")

    for result in (asked, unasked):
        assert result.exit_code == 1
        assert "incoming 2569: 5–60 (56)  หมดทั้งช่วง" in result.stderr
        assert "--alone" in result.stderr
    with office.db.read() as cursor:
        assert meta.get(cursor, meta.FENCED) == meta.RESTORED

    stated = ("--alone", "--paper", "incoming=7", "--paper", "outgoing=0")
    done = node("fence", "lift", "--by-hand", *stated, types="y\n")

    assert "incoming 2569: 5–27 (23)  ออกต่อที่ · goes on at 28" in done.stderr
    assert "Without --alone" not in done.stderr
    assert "ข้าม · passed over" in done.stdout
    assert register(office, a_letter(9)).number == 28
    assert "ออกเลขได้อยู่แล้ว" in node("fence", "lift", "--by-hand").stdout


def test_next_years_numbers_are_not_shown_as_given_up_when_none_of_them_can_have_been_used(
    node: Node, office: Appliance
) -> None:
    with office.db.write() as write:
        meta.remove(write, meta.FENCED)
    grant(office, Numbers(Register.INCOMING, YEAR + 1, 60))
    with office.db.write() as write:
        meta.fence(write, meta.RESTORED)
    stated = ("--alone", "--paper", "incoming=7", "--paper", "outgoing=0")

    shown = node("fence", "lift", "--by-hand", *stated).stderr
    done = _json(node("fence", "lift", "--by-hand", "--yes", *stated, "--json"))

    assert "incoming 2570: – (0)  ออกต่อที่ · goes on at 1" in shown
    assert {one["year"] for one in done["skipped"]} == {YEAR}


@pytest.mark.parametrize(
    ("why", "said", "step"),
    [
        (meta.RESTORED, "", "fence lift --alone --paper incoming/2569=... --paper outgoing/2569"),
        (meta.TWIN, "", "โทรบอกรหัสเครื่อง"),
        (meta.TWIN, "resume", "saraban-node fence lift"),
        (meta.SUPERSEDED, "fork", "saraban-node fork --code"),
    ],
)
def test_the_fence_says_which_step_comes_next(
    node: Node, office: Appliance, why: str, said: str, step: str
) -> None:
    with office.db.write() as write:
        meta.remove(write, meta.FENCED)
        meta.fence(write, why)
        sync_state.put(write, contact.SAID, said)

    assert step in node("fence").stdout


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (("--by-hand", "--alone"), NotStated),
        (("--by-hand", "--alone", "--paper", "incoming=3", "--unknown", "outgoing"), PaperTooLow),
        (("--alone", "--all-unknown", "--yes"), NotEnrolled),
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
