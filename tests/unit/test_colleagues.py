"""The other nodes of the office: what they write is shown here, whichever way round it comes."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from saraban_base.sqlite import rows
from saraban_node import meta
from saraban_node.appliance import Appliance
from saraban_node.journal import SYSTEM
from saraban_node.line import colleagues
from saraban_node.line.colleagues import ColleagueLine
from saraban_node.numbering import numbers
from saraban_sync.events import EntryNoted, EntryVoided, Event, LetterRegistered
from saraban_sync.grants import DirectoryEntry
from saraban_sync.number_events import (
    EmergencyCorrelated,
    EmergencyOpened,
    EmergencyRegistered,
    NumberReserved,
    NumbersSkipped,
    ReservationEnded,
)
from saraban_sync.registers import Register
from saraban_sync.signing import SigningKey
from tests.offices import (
    YEAR,
    FarOffice,
    a_letter,
    an_office,
    carry,
    events_of,
    introduce,
    put_in_directory,
    register,
)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Appliance]:
    made = an_office(tmp_path / "node")
    yield made
    made.close()


@pytest.fixture
def mate(node: Appliance) -> FarOffice:
    """The second node of the same office."""
    second = FarOffice(code="school-a-2", name="โรงเรียนบ้านดอย")
    put_in_directory(node, office_node("school-a-2", "school-a", second.key.public))
    return second


def office_node(name: str, office: str, key: str) -> DirectoryEntry:
    return DirectoryEntry(
        kind="node", version=9, code=name, name="", office=office, key=key, at="", generation=1
    )


def a_line(number: int, **more: Any) -> LetterRegistered:
    return LetterRegistered(
        register=Register.OUTGOING, year=YEAR, number=number, subject=f"เรื่องที่ {number}", **more
    )


def lines(node: Appliance, number: int | None = None) -> list[ColleagueLine]:
    with node.db.read() as cursor:
        found = colleagues.select(cursor, "ORDER BY number, event", {})
    return [line for line in found if number in (None, line.number)]


def set_aside(node: Appliance) -> list[str]:
    with node.db.read() as cursor:
        return [row[0] for row in rows(cursor, "SELECT problem FROM set_aside")]


def test_a_letter_of_the_other_node_stands_in_the_offices_register(
    node: Appliance, mate: FarOffice
) -> None:
    event = mate.write(a_line(101, sender="งานธุรการ", letter_no="ศธ 04123.45/101"))
    carry(event, node)
    carry(event, node, place=2)

    (line,) = lines(node)
    assert (line.node, line.event, line.number, line.state) == (
        "school-a-2",
        event.id,
        101,
        "issued",
    )
    assert (line.subject, line.letter_no) == ("เรื่องที่ 101", "ศธ 04123.45/101")
    assert not set_aside(node)


def a_life(mate: FarOffice) -> list[Event]:
    """A reserved number that got its letter, one that was given up, a void and an emergency."""
    kept = mate.write(
        NumberReserved(
            register=Register.OUTGOING, year=YEAR, number=101, holder="ครูมาลี",
            purpose="คำสั่งไปราชการ", expires="2026-11-30",
        )
    )  # fmt: skip
    lost = mate.write(
        NumberReserved(
            register=Register.OUTGOING, year=YEAR, number=102, holder="ครูสมชาย",
            purpose="ประกาศ", expires="2026-11-23",
        )
    )  # fmt: skip
    letter = mate.write(a_line(101, reservation=kept.id))
    ended = mate.write(ReservationEnded(reservation=lost.id, how="expired"))
    wrong = mate.write(a_line(103))
    void = mate.write(EntryVoided(entry=wrong.id, reason="พิมพ์ผิด"))
    opened = mate.write(EmergencyOpened(outage=1, cause="เลขหมด"))
    urgent = mate.write(
        EmergencyRegistered(
            outage=1, emergency=1, register=Register.OUTGOING, year=YEAR, subject="น้ำท่วม"
        )
    )
    later = mate.write(
        EmergencyCorrelated(
            entry=urgent.id, register=Register.OUTGOING, year=YEAR, number=104,
            letter_no="ศธ 04123.45/104",
        )
    )  # fmt: skip
    noted = mate.write(EntryNoted(entry=letter.id, action="เก็บแฟ้ม"))
    return [kept, lost, letter, ended, wrong, void, opened, urgent, later, noted]


def test_whatever_order_their_events_come_in_the_register_is_the_same(
    tmp_path: Path, mate: FarOffice
) -> None:
    life = a_life(mate)
    seen = []
    turns = itertools.islice(itertools.permutations(life), 0, 3_628_800, 518_401)
    for place, order in enumerate([life, life[::-1], *turns]):
        node = an_office(tmp_path / f"node-{place}")
        put_in_directory(node, office_node("school-a-2", "school-a", mate.key.public))
        for event in (*order, order[0]):
            carry(event, node, place=event.seq)
        assert not set_aside(node)
        seen.append(lines(node))
        node.close()

    assert all(found == seen[0] for found in seen)
    shown = [(line.number, line.emergency, line.state, line.action) for line in seen[0]]
    assert shown == [
        (101, 0, "reserved", ""),
        (101, 0, "issued", "เก็บแฟ้ม"),
        (102, 0, "expired", ""),
        (103, 0, "void", ""),
        (104, 1, "issued", ""),
    ]
    assert seen[0][0].replaced_by == seen[0][1].event
    assert seen[0][4].letter_no == "ศธ 04123.45/104"


def test_another_offices_register_is_none_of_ours(node: Appliance) -> None:
    far = FarOffice()
    introduce(node, far)

    carry(far.write(a_line(5)), node)

    assert not lines(node)
    assert len(set_aside(node)) == 1


def test_a_line_that_the_other_node_did_not_sign_is_set_aside(
    node: Appliance, mate: FarOffice
) -> None:
    forger = replace(mate, key=SigningKey.from_bytes(bytes(range(100, 132))), last=None)

    carry(forger.write(a_line(7)), node)

    assert not lines(node)
    assert len(set_aside(node)) == 1


def a_past_life(node: Appliance) -> FarOffice:
    """The same node on the day before it was restored: same name, same key."""
    before = events_of(node)[-1]
    return FarOffice(code=node.node, key=node.journal.key, last=before)


def skip(node: Appliance, first: int, last: int) -> None:
    with node.db.write() as write:
        body = NumbersSkipped(
            register=Register.OUTGOING, year=YEAR, first=first, last=last, why="restored", guard=0
        )
        node.journal.append(write, body, actor=SYSTEM)


def gap(node: Appliance) -> numbers.Gap:
    with node.db.read() as cursor:
        return numbers.gaps(cursor, Register.OUTGOING, YEAR)[0]


def test_a_line_of_the_life_before_explains_the_number_that_was_given_up(node: Appliance) -> None:
    past = a_past_life(node)
    one, two = past.write(a_line(1)), past.write(a_line(2))
    skip(node, 1, 20)

    carry(two, node, place=1)
    carry(one, node, place=2)
    carry(two, node, place=3)

    assert [(e.first, e.last, e.letter) for e in gap(node).explanations] == [
        (2, 2, f"school-a {two.id}"),
        (1, 1, f"school-a {one.id}"),
    ]
    assert "เรื่องที่ 2" in gap(node).explanations[0].text
    assert len(events_of(node, "gap.explained")) == 2


def test_lines_that_came_before_the_number_was_given_up_explain_it_too(node: Appliance) -> None:
    past = a_past_life(node)
    carry(past.write(a_line(1)), node)
    skip(node, 1, 20)

    with node.db.write() as write:
        assert colleagues.explain(write, node.journal) == 1
        assert colleagues.explain(write, node.journal) == 0

    assert len(gap(node).explanations) == 1


def test_a_fenced_database_explains_nothing(node: Appliance) -> None:
    past = a_past_life(node)
    carry(past.write(a_line(1)), node)
    skip(node, 1, 20)
    with node.db.write() as write:
        meta.fence(write, meta.TWIN)

        assert colleagues.explain(write, node.journal) == 0


def test_an_event_that_stands_in_the_own_journal_is_no_colleagues(node: Appliance) -> None:
    register(node, a_letter(1, Register.OUTGOING))
    own = events_of(node, "letter.registered")[0]

    carry(own, node)

    assert not lines(node)
    assert not set_aside(node)


def test_two_machines_of_one_name_are_kept_apart_by_the_journal_they_stand_in(
    node: Appliance, mate: FarOffice
) -> None:
    """A forked journal begins with what was signed under the old name."""
    keeper = FarOffice(code="school-a-3", key=SigningKey.from_bytes(bytes(range(7, 39))))
    put_in_directory(node, office_node("school-a-3", "school-a", keeper.key.public))
    loser = replace(keeper)
    kept, lost = keeper.write(a_line(201)), loser.write(a_line(201, remark="อีกเครื่อง"))

    carry(kept, node, place=1)
    carry(lost, node, place=2, sender="school-a-2")
    carry(mate.write(EntryVoided(entry=lost.id, reason="เลขซ้ำ")), node, place=3)

    assert kept.id == lost.id
    assert [(line.node, line.state) for line in lines(node, 201)] == [
        ("school-a-2", "void"),
        ("school-a-3", "issued"),
    ]
    assert not set_aside(node)
