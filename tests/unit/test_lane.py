"""Letters that are registered in the same moment share one commit and nothing else."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from importlib import resources
from pathlib import Path

import apsw
import pytest

from saraban_base.lane import Lane
from saraban_base.refusals import FieldMissing
from saraban_base.sqlite import Database, Write
from saraban_node.appliance import Appliance
from saraban_node.books import letters
from saraban_node.books.entries import Entry
from saraban_node.books.letters import NewLetter
from saraban_node.errors import SubjectMissing
from saraban_sync.errors import SarabanError
from saraban_sync.registers import Register
from tests.offices import SOMSRI, HandClock, an_office
from tests.promises import kept


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Appliance]:
    made = an_office(tmp_path / "node")
    yield made
    made.close()


@pytest.fixture
def lane(node: Appliance) -> Iterator[Lane]:
    made = Lane(node.db)
    yield made
    made.close()


def letter(node: Appliance, lane: Lane, subject: str) -> "Future[Entry]":
    asked = NewLetter(register=Register.INCOMING, subject=subject)
    return lane.submit(
        lambda write: letters.register_letter(write, node.journal, asked, actor=SOMSRI)
    )


def gate(lane: Lane) -> threading.Event:
    """Hold the lane up until the event is set, so that what comes after waits together."""
    opened, began = threading.Event(), threading.Event()

    def wait(_: Write) -> None:
        began.set()
        opened.wait(10)

    lane.submit(wait)
    began.wait(10)
    return opened


def test_letters_that_wait_together_get_their_numbers_in_order(node: Appliance, lane: Lane) -> None:
    opened = gate(lane)
    waiting = [letter(node, lane, f"เรื่องที่ {n}") for n in range(30)]
    opened.set()

    assert [one.result(10).number for one in waiting] == list(range(1, 31))
    moments = {one.result().registered_at for one in waiting}
    assert len(moments) == 1, "one transaction, one moment"
    assert kept(node).numbers


def test_who_is_refused_takes_nothing_of_the_others(node: Appliance, lane: Lane) -> None:
    opened = gate(lane)
    first, wrong, last = (letter(node, lane, text) for text in ("แรก", " ", "สุดท้าย"))
    opened.set()

    assert (first.result(10).number, last.result(10).number) == (1, 2)
    with pytest.raises(SubjectMissing):
        wrong.result(10)
    kept(node)


def test_half_a_letter_that_is_refused_late_leaves_no_trace(node: Appliance, lane: Lane) -> None:
    def half(write: Write) -> None:
        asked = NewLetter(register=Register.INCOMING, subject="ครึ่งเดียว")
        letters.register_letter(write, node.journal, asked, actor=SOMSRI)
        raise FieldMissing("afterwards")

    opened = gate(lane)
    refused, good = lane.submit(half), letter(node, lane, "ถัดไป")
    opened.set()

    with pytest.raises(FieldMissing):
        refused.result(10)
    assert good.result(10).number == 1
    kept(node)


def test_a_fault_of_the_program_in_one_harms_no_other(node: Appliance, lane: Lane) -> None:
    def broken(write: Write) -> None:
        asked = NewLetter(register=Register.INCOMING, subject="ก่อนพัง")
        letters.register_letter(write, node.journal, asked, actor=SOMSRI)
        raise ZeroDivisionError

    opened = gate(lane)
    first, fault, last = letter(node, lane, "แรก"), lane.submit(broken), letter(node, lane, "ท้าย")
    opened.set()

    assert sorted([first.result(10).number, last.result(10).number]) == [1, 2]
    with pytest.raises(ZeroDivisionError):
        fault.result(10)
    kept(node)


def test_nobody_hears_of_a_number_that_the_disk_did_not_take(tmp_path: Path) -> None:
    migrations = resources.files("saraban_central") / "migrations"
    db = Database.open(tmp_path / "x.db", migrations=migrations, clock=HandClock())
    lane = Lane(db)

    def full(write: Write) -> int:
        write.cursor.execute("PRAGMA max_page_count = 1")
        list(write.cursor.execute("CREATE TABLE big AS SELECT zeroblob(10000000)"))
        return 1

    with pytest.raises(SarabanError) as refused:
        lane.submit(full).result(10)

    assert refused.value.code == "SRB-012"
    assert isinstance(refused.value.__cause__, apsw.FullError)
    lane.close()
    db.close()


def test_what_was_accepted_is_written_before_the_lane_ends(node: Appliance) -> None:
    lane = Lane(node.db)
    waiting = [letter(node, lane, f"เรื่องที่ {n}") for n in range(100)]

    lane.close()

    assert [one.result(0).number for one in waiting] == list(range(1, 101))
    with pytest.raises(RuntimeError):
        letter(node, lane, "สายไป")
