"""Several nodes of one office: each is shown what the others wrote, once and in order."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_central import directory
from saraban_central.post import mates
from saraban_central.post.router import Router
from saraban_central.records import MAY_READ
from saraban_central.store.interface import Conflict, Writing
from saraban_sync.body import FileRef
from saraban_sync.events import (
    EntryNoted,
    EntryVoided,
    Event,
    FilesAdded,
    LetterRegistered,
    LetterSent,
    PersonAdded,
    PersonChanged,
    parse_event,
)
from saraban_sync.number_events import (
    EmergencyClosed,
    EmergencyCorrelated,
    EmergencyOpened,
    EmergencyRegistered,
    NumberReserved,
    NumbersReturned,
    NumbersSkipped,
    RangeRequested,
    ReservationEnded,
)
from saraban_sync.registers import Register
from saraban_sync.wire import CENTRE, mailbox_database
from tests.central_district import SOMSRI, YEAR, District, Office

IN, OUT = Register.INCOMING, Register.OUTGOING


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture
def front(district: District) -> Office:
    return district.office("school", "โรงเรียนบ้านดอย")


@pytest.fixture
def back(district: District, front: Office) -> Office:
    return district.mate(front, "school-2")


def _got_all(office: Office) -> list[Event]:
    found = office.centre.store.page(mailbox_database(office.node), limit=10_000)
    return [parse_event(one.payload, one.signature) for one in found if one.sender != CENTRE]


def _got(office: Office) -> list[Event]:
    """What came, less the names of persons."""
    return [event for event in _got_all(office) if not isinstance(event.body, PersonAdded)]


def _route(district: District) -> None:
    for _ in range(2):
        Router(district.centre).run()


def test_every_event_of_a_register_is_shown_to_the_other_node_in_order(
    district: District, front: Office, back: Office
) -> None:
    (person,) = [event for event in front.events if isinstance(event.body, PersonAdded)]
    entry = front.register(1)
    shown = [
        person,
        entry,
        front.do(
            PersonChanged(person=SOMSRI, name="สมศรี มีสุข", roles=("clerk",), active=True)
        ),
        front.do(
            LetterSent(entry=entry.id, offices=("area",), year=YEAR, number=1, subject="x")
        ),
        front.do(EntryNoted(entry=entry.id, action="เสนอ")),
        front.do(EntryVoided(entry=entry.id, reason="ลงซ้ำ")),
        kept := front.do(
            NumberReserved(register=OUT, year=YEAR, number=1, holder="a", purpose="b",
                           expires="2026-11-30")
        ),
        front.do(ReservationEnded(reservation=kept.id, how="expired")),
        front.do(NumbersSkipped(register=IN, year=YEAR, first=2, last=4, why="restored")),
        front.do(NumbersReturned(register=OUT, year=YEAR, first=2, last=20)),
        front.do(EmergencyOpened(outage=1, cause="x")),
        line := front.do(
            EmergencyRegistered(outage=1, emergency=1, register=IN, year=YEAR, subject="ด่วน")
        ),
        front.do(EmergencyCorrelated(entry=line.id, register=IN, year=YEAR, number=5)),
        front.do(EmergencyClosed(outage=1, total=1)),
    ]  # fmt: skip
    front.do(RangeRequested(register=IN, year=YEAR, size=50, left=3))
    own = back.register(21)

    _route(district)

    assert _got_all(back) == shown
    assert {event.type for event in shown} == mates.SHOWN
    assert _got(front) == [own]


def test_a_node_that_joins_later_is_told_everything_from_the_beginning(
    district: District, front: Office
) -> None:
    first = front.register(1)
    _route(district)

    back = district.mate(front, "school-2")
    second = front.register(2)
    _route(district)

    assert _got(back) == [first, second]


def test_a_long_journal_is_passed_on_page_by_page(
    district: District, front: Office, back: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mates, "PAGE", 3)
    events = [front.register(number) for number in range(1, 15)]

    _route(district)

    assert _got(back) == events


def test_other_offices_see_nothing_of_it(district: District, front: Office, back: Office) -> None:
    other = district.office("other")
    front.register(1)

    _route(district)

    assert _got(other) == []


def test_a_revoked_node_is_told_nothing_more_but_what_it_wrote_is_shown(
    district: District, front: Office, back: Office
) -> None:
    written = back.register(21)
    directory.revoke(district.centre, "school-2")
    front.register(1)

    _route(district)

    assert _got(back) == []
    assert _got(front) == [written]


def test_files_of_a_colleagues_letter_may_be_read(
    district: District, front: Office, back: Office
) -> None:
    file = FileRef(name="a.pdf", media="application/pdf", size=3, sha256="a" * 64)
    body = LetterRegistered(register=IN, year=YEAR, number=1, subject="x", files=(file,))
    front.do(body)

    _route(district)

    assert district.centre.store.record(MAY_READ, f"school-2/{file.sha256}") is not None


class _Stop(Exception):
    pass


@pytest.mark.parametrize("nth", range(1, 6))
def test_a_crash_at_any_commit_loses_and_doubles_nothing(
    district: District, front: Office, back: Office, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    monkeypatch.setattr(mates, "PAGE", 2)
    events = [front.register(number) for number in range(1, 6)]
    own = [back.register(number) for number in range(21, 24)]
    commit = district.centre.store.commit
    count = 0

    def failing(*writes: Writing) -> list[Conflict]:
        nonlocal count
        count += 1
        if count == nth:
            raise _Stop
        return commit(*writes)

    with monkeypatch.context() as patch:
        patch.setattr(district.centre.store, "commit", failing)
        with contextlib.suppress(_Stop):
            Router(district.centre).run()

    _route(district)

    assert _got(back) == events
    assert _got(front) == own


# Abandoned tails and forks


def test_what_a_restored_database_does_not_know_comes_to_its_own_mailbox(
    district: District, front: Office
) -> None:
    base = front.register(1)
    lost = [front.register(number) for number in (2, 3)]
    front.do(RangeRequested(register=IN, year=YEAR, size=50, left=3))
    _route(district)
    assert _got(front) == []

    front.set_back(base)
    front.do(NumbersSkipped(register=IN, year=YEAR, first=2, last=9, why="restored"))
    _route(district)

    assert _got(front) == lost


def test_what_was_done_with_lines_that_are_still_there_comes_back_too(
    district: District, front: Office
) -> None:
    file = FileRef(name="a.pdf", media="application/pdf", size=3, sha256="a" * 64)
    entry = front.register(1, register=OUT)
    lost = [
        front.do(LetterSent(entry=entry.id, offices=("area",), year=YEAR, number=1, subject="x")),
        front.do(FilesAdded(entry=entry.id, files=(file,))),
        front.do(EntryVoided(entry=entry.id, reason="ลงซ้ำ")),
        front.do(PersonAdded(person="p-new", username="new", name="คนใหม่", roles=("clerk",))),
    ]

    front.set_back(entry)
    _route(district)

    assert _got_all(front) == lost


def test_a_letter_to_their_own_office_comes_to_its_registry_node_alone(
    district: District, front: Office, back: Office
) -> None:
    third = district.mate(front, "school-3")
    letter = back.send(21, "school")

    _route(district)

    assert letter in _got(front)
    assert [event.type for event in _got(third)] == ["letter.registered"]


def test_a_long_tail_comes_whole(
    district: District, front: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mates, "PAGE", 2)
    base = front.register(1)
    lost = [front.register(number) for number in range(2, 9)]
    front.set_back(base)

    _route(district)
    _route(district)

    assert _got(front) == lost


def test_an_epoch_that_leaves_nothing_behind_sends_nothing(
    district: District, front: Office
) -> None:
    base = front.register(1)
    front.set_back(base, by_hand=False)

    _route(district)

    assert _got(front) == []


def test_a_second_restore_before_the_first_one_brings_both_tails(
    district: District, front: Office
) -> None:
    base = front.register(1)
    first = front.register(2)
    front.set_back(base)
    skipped = front.do(NumbersSkipped(register=IN, year=YEAR, first=2, last=9, why="restored"))
    second = front.register(10)
    front.set_back(base)

    _route(district)

    assert _got(front) == [first, skipped, second]


def test_two_machines_with_one_name_both_deliver_what_they_wrote(
    district: District, front: Office
) -> None:
    """The second one's letters were signed under the old name and bear the same ids."""
    base = front.register(1)
    own = front.register(2, subject="ของเครื่องแรก")
    twin = district.fork(
        front,
        base,
        "school-2",
        LetterRegistered(register=OUT, year=YEAR, number=1, subject="ของเครื่องที่สอง"),
    )
    (diverging, _) = twin.events

    _route(district)

    assert own.id == diverging.id
    assert _got(front) == [diverging]
    assert _got(twin) == [own]
