"""Each machine writes its own letter before an emergency number, and what it wrote stays so."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from saraban_node import meta
from saraban_node.appliance import Appliance
from saraban_node.journal import SYSTEM
from saraban_node.web.emergency_marks import EmergencyMarks
from saraban_sync.journal_events import JournalForked
from tests.offices import an_office, events_of


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Appliance]:
    made = an_office(tmp_path / "node")
    yield made
    made.close()


def marks(node: Appliance) -> EmergencyMarks:
    with node.db.read() as cursor:
        return EmergencyMarks(cursor)


def test_the_first_machine_writes_the_bare_letter_and_a_colleague_its_number(
    node: Appliance,
) -> None:
    found = marks(node)

    assert found.own == "ฉ"
    assert found.of(SimpleNamespace(seq=3)) == "ฉ"
    assert found.of(SimpleNamespace(node="school-a-2")) == "ฉ2"
    assert found.of(SimpleNamespace(node="", entry="0001-0000000003")) == "ฉ"
    assert found.of(None) == "ฉ"


def test_a_renamed_machine_keeps_the_letter_of_what_it_wrote_before(node: Appliance) -> None:
    base = events_of(node)[-1]
    forked = JournalForked(
        office=node.office, key=node.journal.key.public, program="test", origin=node.node,
        base=base.id,
    )  # fmt: skip
    with node.db.write() as write:
        event = node.journal.append(write, forked, actor=SYSTEM)
        meta.put(write, meta.ORIGIN, base.id)
        meta.put(write, meta.NODE, "school-a-3")

    found = marks(node)

    assert found.own == "ฉ3"
    assert found.of(SimpleNamespace(seq=event.seq - 1)) == "ฉ"
    assert found.of(SimpleNamespace(seq=event.seq + 1)) == "ฉ3"
    assert found.of(SimpleNamespace(seq=0, entry=base.id)) == "ฉ"
