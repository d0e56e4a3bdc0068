"""The commands for numbers: each does one thing, and says so in its exit code."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from saraban_node import appliance, keys
from saraban_node.__main__ import cli
from saraban_node.appliance import Appliance
from saraban_node.line import colleagues
from saraban_node.numbering import numbers
from saraban_node.numbering.errors import NotGivenUp
from saraban_sync import phone, range_files
from saraban_sync.errors import BrokenChain
from saraban_sync.events import LetterRegistered
from saraban_sync.grants import sign_grant
from saraban_sync.number_events import NumbersSkipped
from saraban_sync.registers import Register, Series
from tests.offices import (
    CENTRE_KEY,
    SOMSRI,
    YEAR,
    FarOffice,
    HandClock,
    Numbers,
    a_grant,
    a_letter,
    an_office,
    register,
)

BOOK = Register.OUTGOING
Node = Callable[..., Result]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def office(
    tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Appliance]:
    """An office; commands run on the day on which the test's letters are written."""
    ranges = [Numbers(book, YEAR, 60) for book in (Register.INCOMING, BOOK)]
    made = an_office(tmp_path / "node", clock=clock, ranges=ranges)
    opened = appliance.open_appliance
    monkeypatch.setattr(appliance, "open_appliance", lambda at, **_: opened(at, clock=clock))
    yield made
    made.close()


@pytest.fixture
def node(office: Appliance) -> Node:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, [*arguments, "--folder", str(office.folder)])

    return run


def told(result: Result) -> Any:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def test_it_lists_how_long_numbers_last(office: Appliance, node: Node) -> None:
    for n in range(14):
        register(office, a_letter(n, BOOK))

    (incoming, outgoing) = told(node("numbers", "list", "--json"))["series"]

    assert (incoming["left"], incoming["days_left"]) == (60, None)
    assert (outgoing["left"], outgoing["per_day"], outgoing["days_left"]) == (46, "2.00", 23)
    assert "ทะเบียนหนังสือส่ง" in node("numbers", "list").stdout


def test_it_proves_every_number(office: Appliance, node: Node) -> None:
    register(office, a_letter(1, BOOK))

    proof = told(node("numbers", "prove", "--journal", "--json"))

    assert (proof["whole"], proof["total"], proof["verified"]) == (True, 120, 4)
    (incoming, outgoing) = proof["series"]
    assert outgoing["counts"] == {"issued": 1, "unused": 59}
    assert (incoming["agrees_with_journal"], outgoing["agrees_with_journal"]) == (True, True)
    text = node("numbers", "prove", "--register", "outgoing", "--year", str(YEAR)).stdout
    assert "✓ 60 เลข ทุกเลขมีคำอธิบาย" in text


def test_it_names_day_and_person_of_what_is_odd(office: Appliance, node: Node) -> None:
    reserved = told(
        node(
            "numbers", "reserve", "--register", "outgoing", "--holder", "ครูมะลิ",
            "--purpose", "ขอไปราชการ", "--json",
        )
    )  # fmt: skip
    cancelled = told(node("numbers", "cancel", reserved["id"], "--reason", "ไม่ไปแล้ว", "--json"))

    text = node("numbers", "prove").stdout

    assert (reserved["state"], reserved["expires"]) == ("reserved", "2026-11-29")
    assert cancelled["state"] == "void"
    assert "1 ยกเลิก · void  2026-11-22" in text
    assert "ไม่ไปแล้ว" in text


def test_a_number_that_nothing_explains_ends_with_exit_code_one(
    office: Appliance, node: Node
) -> None:
    for n in range(3):
        register(office, a_letter(n, BOOK))
    with office.db.write() as write:
        write.cursor.execute("DELETE FROM entry WHERE register = 'outgoing' AND number = 2")

    result = node("numbers", "prove")

    assert result.exit_code == 1
    assert "2 เลขที่ขาดหายโดยไม่มีคำอธิบาย · passed over without a word" in result.stdout


def test_a_journal_that_was_changed_is_said_to_be_broken(office: Appliance, node: Node) -> None:
    register(office, a_letter(1, BOOK))
    with office.db.write() as write:
        write.cursor.execute("DROP TRIGGER journal_keeps_events_as_they_are")
        write.cursor.execute("UPDATE journal SET actor = 'p-mali' WHERE seq = 4")

    assert isinstance(node("numbers", "prove", "--journal").exception, BrokenChain)


def test_it_shows_the_life_of_a_number_however_it_is_written(office: Appliance, node: Node) -> None:
    register(office, a_letter(1, BOOK))

    shown = told(node("numbers", "show", "ศธ", "๐๔๑๒๓.๔๕/๑", "--json"))
    text = node("numbers", "show", "ศธ 04123.45/1").stdout

    assert shown["passport"]["number"] == 1
    assert shown["passport"]["steps"][0]["clock"]["boot"] == "0a1b2c3d"
    assert "สถานะ · state: ออกแล้ว · issued" in text
    assert "letter.registered" in text


def test_several_numbers_that_may_be_meant_are_listed(office: Appliance, node: Node) -> None:
    for book in (Register.INCOMING, BOOK):
        register(office, a_letter(1, book))

    several = told(node("numbers", "show", "1", "--json"))
    one = told(node("numbers", "show", "1", "--register", "incoming", "--json"))

    assert (len(several["candidates"]), several["passport"]) == (2, None)
    assert one["passport"]["register"] == "incoming"
    assert node("numbers", "show", "999").exit_code == 1
    assert "ไม่พบเลขนี้" in node("numbers", "show", "999").stdout


def test_a_number_that_two_machines_gave_is_one_life_with_both_letters(
    office: Appliance, node: Node
) -> None:
    register(office, a_letter(1, BOOK))
    theirs = FarOffice(code="school-a-2").write(
        LetterRegistered(register=BOOK, year=YEAR, number=1, subject="ของอีกเครื่อง")
    )
    with office.db.write() as write:
        colleagues.take(write, office.journal, theirs, "school-a-2")

    proved = node("numbers", "prove")
    shown = node("numbers", "show", "--register", "outgoing", "1/2569").stdout

    assert proved.exit_code == 1
    assert "saraban-node numbers show --register outgoing 1/2569" in proved.stdout
    assert a_letter(1, BOOK).subject in shown
    assert "ของอีกเครื่อง" in shown
    assert "✗ หนังสือสองฉบับใช้เลขเดียวกัน · two letters bear one number" in shown


def test_why_numbers_were_passed_over_is_said_in_thai_first(office: Appliance, node: Node) -> None:
    with office.db.write() as write:
        body = NumbersSkipped(register=BOOK, year=YEAR, first=1, last=3, why="restored")
        office.journal.append(write, body, actor=SOMSRI)
    node("numbers", "explain", "--register", "outgoing", "2", "3", "--text", "ในตู้ ๓")

    lines = node("numbers", "prove").stdout.splitlines()

    (gap,) = [number for number, line in enumerate(lines) if "กู้คืนจากชุดสำรอง · restored" in line]
    assert lines[gap + 1].strip() == "2–3: ในตู้ ๓"


def test_numbers_travel_on_a_stick(office: Appliance, node: Node, tmp_path: Path) -> None:
    question, answer = tmp_path / "request.json", tmp_path / "answer.json"
    asked = told(
        node(
            "numbers", "request", "--register", "outgoing", "--size", "100",
            "--file", str(question), "--json",
        )
    )  # fmt: skip
    paper = sign_grant(CENTRE_KEY, a_grant(office, Numbers(BOOK, YEAR, 160, first=61)))
    answer.write_bytes(range_files.write_answer(office.node, (paper,)))

    taken = told(node("numbers", "accept", str(answer), "--json"))
    again = node("numbers", "accept", str(answer))

    assert asked["asked"] == [{"register": "outgoing", "year": YEAR, "size": 100}]
    assert range_files.asker(question.read_bytes()) == office.node
    assert taken["accepted"] == [{"register": "outgoing", "year": YEAR, "first": 61, "last": 160}]
    assert "these were taken before" in again.stdout


def test_the_forecast_asks_when_nobody_names_a_book(office: Appliance, node: Node) -> None:
    for n in range(14):
        register(office, a_letter(n, BOOK))

    asked = told(node("numbers", "request", "--json"))["asked"]

    books = {(one["register"], one["year"]) for one in asked}
    assert books == {("outgoing", YEAR), ("outgoing", YEAR + 1), ("incoming", YEAR + 1)}
    assert "nothing needs to be asked for" in node("numbers", "request").stdout


def test_numbers_are_told_over_the_telephone(office: Appliance, node: Node) -> None:
    (office.keys / keys.CENTRE_SECRET).write_text("a-secret\n", encoding="ascii")
    key = phone.shared_key(hashlib.sha256(b"a-secret").hexdigest())
    series = Series(office.office, BOOK, YEAR)
    code = phone.groups(phone.write_code(key, office.node, series, first=61, size=100))

    taken = told(node("numbers", "accept-code", "--register", "outgoing", *code.split(), "--json"))

    assert (taken["first"], taken["last"]) == (61, 160)
    with office.db.read() as cursor:
        assert numbers.left(cursor, BOOK, YEAR) == 160


def test_what_was_found_out_about_a_gap_is_written_down(office: Appliance, node: Node) -> None:
    skip = NumbersSkipped(register=BOOK, year=YEAR, first=1, last=5, why="restored")
    with office.db.write() as write:
        office.journal.append(write, skip, actor=SOMSRI)

    said = told(
        node(
            "numbers", "explain", "--register", "outgoing", "2", "3", "--text", "อยู่ในแฟ้มสำเนา",
            "--json",
        )
    )  # fmt: skip
    refused = node("numbers", "explain", "--register", "outgoing", "5", "6", "--text", "ไม่มี")

    assert (said["first"], said["last"]) == (2, 3)
    assert isinstance(refused.exception, NotGivenUp)
    assert "2–3: อยู่ในแฟ้มสำเนา" in node("numbers", "prove").stdout
    assert "2–3: อยู่ในแฟ้มสำเนา" in node("numbers", "show", "3", "--register", "outgoing").stdout


def test_the_house_is_kept_on_demand(office: Appliance, node: Node, clock: HandClock) -> None:
    node(
        "numbers", "reserve", "--register", "outgoing", "--holder", "ก", "--purpose", "ข",
        "--days", "1",
    )  # fmt: skip
    clock.forward(days=2)

    done = told(node("housekeeping", "--json"))

    assert (done["resting"], done["expired"]) == ("", 1)
    clock.put(clock.now().replace(year=2030))
    assert told(node("housekeeping", "--json"))["resting"] == "clock"
    assert "nothing was done" in node("housekeeping").stdout
