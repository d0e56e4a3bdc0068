"""What has not reached the centre yet, and what is no longer there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_node.appliance import Appliance
from saraban_node.books import letters
from saraban_node.line import deliveries, outbox
from saraban_node.line.deliveries import Delivery, Stage
from saraban_sync.events import Event
from saraban_sync.ids import OfficeCode
from saraban_sync.registers import Register
from tests.offices import (
    SOMSRI,
    HandClock,
    a_letter,
    an_office,
    events_of,
    introduce,
    put_file,
    register,
)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def school(tmp_path: Path, clock: HandClock) -> Iterator[Appliance]:
    node = an_office(tmp_path / "school", clock=clock)
    yield node
    node.close()


@pytest.fixture
def area(tmp_path: Path, school: Appliance, clock: HandClock) -> Iterator[Appliance]:
    """The area office, a real node too; each knows the other."""
    node = an_office(tmp_path / "area", code="area-1", name="สพป. เขต ๑", clock=clock)
    for one in (school, node):
        introduce(one, school, node)
    yield node
    node.close()


def send(school: Appliance, n: int = 1) -> Event:
    """Send a letter with a file to the area office; gives the event that travels."""
    ref = put_file(school, f"%PDF {n}".encode())
    letter = a_letter(n, Register.OUTGOING, offices=(OfficeCode("area-1"),), files=(ref,))
    register(school, letter)
    return events_of(school, "letter.sent")[-1]


def delivery(node: Appliance, seq: int) -> Delivery:
    with node.db.read() as cursor:
        (found,) = deliveries.of_entry(cursor, seq)
    return found


def test_when_the_centre_has_lost_something_the_letters_go_back_to_not_stored(
    school: Appliance, area: Appliance
) -> None:
    first, second = send(school, 1), send(school, 2)
    with school.db.write() as write:
        deliveries.stored_through(write, second.seq)
    assert delivery(school, second.seq - 1).stage is Stage.STORED

    with school.db.write() as write:
        deliveries.stored_through(write, first.seq)

    assert delivery(school, first.seq - 1).stage is Stage.STORED
    assert delivery(school, second.seq - 1).stage is Stage.HERE
    with school.db.read() as cursor:
        assert outbox.waiting_letters(cursor) == 1
        assert outbox.waiting_events(cursor) == 2


def test_parts_of_files_wait_small_files_first_and_each_part_once(school: Appliance) -> None:
    big = put_file(school, bytes(600_000), "ใหญ่.pdf")
    small = put_file(school, b"%PDF small", "เล็ก.pdf")
    register(school, a_letter(1, files=(big, small)))
    entry = register(school, a_letter(2, files=(big,)))
    with school.db.write() as write:
        letters.add_files(write, school.journal, entry.id, files=(small,), actor=SOMSRI)

    with school.db.read() as cursor:
        waiting = outbox.parts(cursor, limit=50)
    with school.db.write() as write:
        outbox.sent(write, [part.chunk for part in waiting[:2]])

    assert waiting[0].sha256 == small.sha256
    assert len(waiting) == 1 + len(set(big.chunks))
    with school.db.read() as cursor:
        assert outbox.parts_left(cursor) == len(waiting) - 2
