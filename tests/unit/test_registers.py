"""What a clerk sees of a register: pages, filters, likely duplicates, remembered senders."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_node.appliance import Appliance
from saraban_node.books import letters, registers
from saraban_node.books.registers import RegisterQuery
from saraban_sync.registers import Register, Urgency
from tests.offices import SOMSRI, YEAR, HandClock, a_letter, an_office, register


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def node(tmp_path: Path, clock: HandClock) -> Iterator[Appliance]:
    made = an_office(tmp_path / "node", clock=clock)
    yield made
    made.close()


def test_a_page_of_the_register_shows_the_newest_first_and_goes_on_where_it_ended(
    node: Appliance, clock: HandClock
) -> None:
    for number in range(7):
        register(node, a_letter(number, urgency=list(Urgency)[number % 4]))
        clock.forward(days=1)
    query = RegisterQuery(register=Register.INCOMING, year=YEAR, limit=3)

    with node.db.read() as cursor:
        first = registers.page(cursor, query)
        second = registers.page(
            cursor, RegisterQuery(register=Register.INCOMING, year=YEAR, limit=3, before=5)
        )
        urgent = registers.page(
            cursor, RegisterQuery(register=Register.INCOMING, year=YEAR, urgency="most-urgent")
        )
        days = registers.page(
            cursor,
            RegisterQuery(
                register=Register.INCOMING,
                year=YEAR,
                first_day="2026-11-23",
                last_day="2026-11-24",
            ),
        )
        empty = registers.page(cursor, RegisterQuery(register=Register.OUTGOING, year=YEAR))

    assert [entry.number for entry in first] == [7, 6, 5]
    assert [entry.number for entry in second] == [4, 3, 2]
    assert [entry.number for entry in urgent] == [4]
    assert [entry.number for entry in days] == [3, 2]
    assert empty == []


def test_a_letter_that_came_before_from_the_same_sender_is_pointed_out(node: Appliance) -> None:
    first = register(node, a_letter(1, sender="สพป.", letter_no="ศธ 1/2"))
    register(node, a_letter(2, sender="อบต.", letter_no="ศธ 1/2"))
    voided = register(node, a_letter(3, sender="สพป.", letter_no="ศธ 1/2"))
    with node.db.write() as write:
        letters.void_entry(write, node.journal, voided.id, reason="ซ้ำ", actor=SOMSRI)

    with node.db.read() as cursor:
        book = Register.INCOMING
        same = registers.likely_duplicates(cursor, book, "ศธ 1/2", "สพป.")
        anybody = registers.likely_duplicates(cursor, book, "ศธ 1/2", "")
        nothing = registers.likely_duplicates(cursor, book, "", "สพป.")

    assert [entry.number for entry in same] == [first.number]
    assert [entry.number for entry in anybody] == [2, 1]
    assert nothing == []


def test_senders_are_remembered_the_frequent_ones_first(node: Appliance) -> None:
    for sender in ("อบต.", "สพป.", "สพป.", "", "วัด"):
        register(node, a_letter(1, sender=sender))

    with node.db.read() as cursor:
        assert registers.senders(cursor, Register.INCOMING) == ["สพป.", "วัด", "อบต."]
        assert registers.size(cursor, Register.INCOMING, YEAR) == 5
        assert registers.years(cursor, Register.INCOMING) == [YEAR]
