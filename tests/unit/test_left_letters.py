"""Emergency letters that waited when a machine was copied get one number, at one machine."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_node import appliance
from saraban_node.appliance import Appliance
from saraban_node.books.entries import Entry
from saraban_node.identity.errors import TwinFound
from saraban_node.journal import SYSTEM
from saraban_node.line import colleagues, strict
from saraban_node.numbering import emergency, left_letters, outages, prove
from saraban_node.numbering.left_letters import Left
from saraban_sync.grants import DirectoryEntry
from saraban_sync.ids import PersonId
from saraban_sync.journal_events import JournalForked
from saraban_sync.number_events import EmergencyCorrelated
from saraban_sync.registers import Register
from tests.offices import (
    CENTRE_KEY,
    SOMSRI,
    YEAR,
    HandClock,
    Numbers,
    a_letter,
    an_office,
    events_of,
    grant,
    put_in_directory,
    register,
)
from tests.played_centre import PlayedCentre
from tests.promises import kept

IN = Register.INCOMING
WELCOME = {
    "node": "school-a-2", "office": "school-a", "office_name": "โรงเรียนบ้านดอย",
    "prefix": "ศธ 04123.45", "secret": "n" * 43, "centre_key": CENTRE_KEY.public, "epoch": 5,
    "generation": 3,
}  # fmt: skip
Machines = tuple[Appliance, Appliance]


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machines]:
    """One that keeps the name and one that was forked: ฉ 1 and ฉ 2 of both, ฉ 3 of each."""
    centre = PlayedCentre(welcome=dict(WELCOME))
    monkeypatch.setattr(strict, "post_once", centre.enrol)
    keeper = an_office(
        tmp_path / "keeper", ranges=[Numbers(IN, YEAR, 1)],
        settings={"centre_url": "http://centre.test"},
    )  # fmt: skip
    register(keeper, a_letter(1))
    with keeper.db.write() as write:
        emergency.open_outage(write, keeper.journal, cause="สายขาด", actor=SOMSRI)
    for n in (1, 2):
        take(keeper, n)
    centre.line(keeper).run_cycle()
    keeper.db.checkpoint()
    shutil.copytree(keeper.folder, tmp_path / "forked")
    forked = appliance.open_appliance(tmp_path / "forked", clock=HandClock())
    take(keeper, 3)
    centre.line(keeper).run_cycle()
    take(forked, 4)
    with pytest.raises(TwinFound):
        centre.line(forked).run_cycle()
    centre.line(forked).fork("abcd-efgh-jkmn-pqrs", actor=SOMSRI)
    forked.close()
    forked = appliance.open_appliance(forked.folder, clock=HandClock())
    yield keeper, forked
    kept(forked)
    keeper.close()
    forked.close()


def take(node: Appliance, n: int) -> Entry:
    with node.db.write() as write:
        return emergency.register(write, node.journal, a_letter(n), actor=SOMSRI)


def settle(node: Appliance, actor: PersonId = SYSTEM) -> int:
    with node.db.write() as write:
        return emergency.settle(write, node.journal, actor=actor)


def left(node: Appliance) -> list[Left]:
    with node.db.read() as cursor:
        return [one for _, one in sorted(left_letters.left(cursor).items())]


def waiting(node: Appliance) -> list[int]:
    with node.db.read() as cursor:
        assert emergency.waiting_count(cursor) == len(emergency.waiting(cursor))
        assert sum(one.waiting for one in prove.prove(cursor).emergency) == len(
            emergency.waiting(cursor)
        )
        return [one.emergency for one in emergency.waiting(cursor)]


def numbered(node: Appliance) -> list[str]:
    """Give the letters to which a machine has given numbers."""
    bodies = [event.body for event in events_of(node, "emergency.correlated")]
    return [one.entry for one in bodies if isinstance(one, EmergencyCorrelated)]


def tell(forked: Appliance, keeper: Appliance) -> None:
    """Let the forked machine hear what the other one has numbered."""
    for event in events_of(keeper, "emergency.correlated"):
        with forked.db.write() as write:
            colleagues.take(write, forked.journal, event, keeper.node)


def in_directory(node: Appliance, *entries: DirectoryEntry) -> None:
    for entry in entries:
        put_in_directory(node, entry)


def names_keeper(keeper: Appliance, *, gone: bool) -> DirectoryEntry:
    return _entry(keeper.node, 2 + gone, active=not gone, key=keeper.journal.key.public)


def names_forked(forked: Appliance, code: str = "school-a-2") -> DirectoryEntry:
    (begun,) = events_of(forked, "journal.forked")
    assert isinstance(begun.body, JournalForked)
    return _entry(
        code, 4, origin=begun.body.origin, base=begun.body.base, key=forked.journal.key.public
    )


def _entry(node: str, version: int, **more: object) -> DirectoryEntry:
    return DirectoryEntry(
        kind="node", version=version, code=node, name="", at="2026-11-22T02:00:00.000Z",
        generation=9, office="school-a", **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_forked_machine_numbers_only_its_own_letters(machines: Machines) -> None:
    keeper, forked = machines
    assert (waiting(keeper), waiting(forked)) == ([1, 2, 3], [3])
    for node, first in ((keeper, 2), (forked, 50)):
        grant(node, Numbers(IN, YEAR, first + 9, first))

    given = [settle(keeper), settle(forked, SOMSRI)]

    assert given == [3, 1]
    assert not set(numbered(keeper)[:2]) & set(numbered(forked))
    assert (waiting(keeper), waiting(forked)) == ([], [])


def test_it_says_where_the_others_wait_and_which_number_they_got(machines: Machines) -> None:
    keeper, forked = machines
    assert left(forked) == [Left("school-a"), Left("school-a")]
    grant(keeper, Numbers(IN, YEAR, 11, 2))
    settle(keeper)

    tell(forked, keeper)

    assert left(forked) == [Left("school-a", 2, YEAR), Left("school-a", 3, YEAR)]
    assert left(keeper) == []


def test_its_emergency_is_over_without_them(machines: Machines) -> None:
    _, forked = machines
    for book in (IN, Register.OUTGOING):
        grant(forked, Numbers(book, YEAR, 59, 50))

    settle(forked)

    with forked.db.read() as cursor:
        assert outages.current(cursor) is None


def test_letters_of_a_machine_that_is_gone_are_numbered_when_a_person_asks(
    machines: Machines,
) -> None:
    """Not by itself: what the other machine has numbered may still be on its way."""
    keeper, forked = machines
    grant(keeper, Numbers(IN, YEAR, 2, 2))
    settle(keeper)
    grant(forked, Numbers(IN, YEAR, 59, 50))
    in_directory(forked, names_forked(forked), names_keeper(keeper, gone=False))
    assert (settle(forked), waiting(forked)) == (1, [])

    in_directory(forked, names_keeper(keeper, gone=True))
    tell(forked, keeper)

    assert waiting(forked) == [2]
    assert settle(forked) == 0
    assert settle(forked, SOMSRI) == 1
    assert left(forked) == [Left("school-a", 2, YEAR)]
    assert not set(numbered(keeper)) & set(numbered(forked))


def test_of_two_forked_machines_one_takes_over_what_a_gone_one_left(machines: Machines) -> None:
    keeper, forked = machines
    grant(forked, Numbers(IN, YEAR, 59, 50))
    sister = names_forked(forked, "school-a-1")

    in_directory(forked, names_forked(forked), sister, names_keeper(keeper, gone=True))

    assert settle(forked, SOMSRI) == 1
    assert left(forked) == [Left("school-a"), Left("school-a")]


def test_a_machine_hears_what_a_forked_one_has_numbered_in_its_place(machines: Machines) -> None:
    keeper, forked = machines
    grant(forked, Numbers(IN, YEAR, 59, 50))
    in_directory(forked, names_forked(forked), names_keeper(keeper, gone=True))
    assert settle(forked, SOMSRI) == 3
    in_directory(keeper, names_forked(forked))

    tell(keeper, forked)
    grant(keeper, Numbers(IN, YEAR, 11, 2))

    assert settle(keeper) == 1
    assert left(keeper) == [Left("school-a-2", 50, YEAR), Left("school-a-2", 51, YEAR)]
