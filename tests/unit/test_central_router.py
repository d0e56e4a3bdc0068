"""Letters between offices: carried once, to the right place, and never on a false number."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from saraban_central import directory, enrolment
from saraban_central.errors import Raced
from saraban_central.post import mailbox
from saraban_central.post.router import PAGE, Router
from saraban_central.records import ALARMS, FOLLOWED, ROUTED, WAITING, Alarm
from saraban_central.store.interface import Conflict, Writing
from saraban_sync.events import EntryNoted, Event, LetterRegistered, LetterSent, parse_event
from saraban_sync.ids import event_id
from saraban_sync.registers import Register
from saraban_sync.signing import SigningKey
from saraban_sync.wire import CENTRE, Document, mailbox_database
from tests.central_district import YEAR, District, Office


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


def _mailbox(office: Office) -> list[Document]:
    """What came from other nodes, grants left out."""
    found = office.centre.store.page(mailbox_database(office.node), limit=10_000)
    numbers = [int(document.id) for document in found]
    assert numbers == list(range(1, len(found) + 1)), "a mailbox counts without a hole"
    return [document for document in found if document.sender != CENTRE]


def _got(office: Office) -> list[tuple[str, str]]:
    return [
        (document.sender, parse_event(document.payload, document.signature).id)
        for document in _mailbox(office)
    ]


def _alarms(district: District) -> list[Alarm]:
    return [kept.value for kept in district.centre.store.records(ALARMS)]


# Carrying


def test_a_letter_goes_to_every_office_it_is_addressed_to_once(district: District) -> None:
    school, area, other = (district.office(code) for code in ("school-1", "area-1", "other-1"))
    letter = school.send(1, "area-1", "other-1", "area-1")

    for _ in range(3):
        Router(district.centre).run()

    assert _got(area) == _got(other) == [("school-1", letter.id)]
    assert _got(school) == []
    (document,) = _mailbox(area)
    assert (document.payload, document.signature) == (letter.payload, letter.signature)


def test_a_letter_to_oneself_stays_at_home(district: District) -> None:
    school = district.office("school-1")
    school.send(1, "school-1")

    Router(district.centre).run()

    assert _got(school) == []


def test_receipts_travel_back_to_the_sender(district: District) -> None:
    school, area = district.office("school-1"), district.office("area-1")
    letter = school.send(1, "area-1")
    arrived = area.receive(letter, school)
    area.book(letter, school, 1)
    receipt = area.events[-1]

    Router(district.centre).run()

    assert _got(area) == [("school-1", letter.id)]
    assert _got(school) == [("area-1", arrived.id), ("area-1", receipt.id)]


def test_receipts_travel_to_the_machine_that_sent_the_letter(district: District) -> None:
    """Of an office with several, and of two that had one name, the one whose letter it is."""
    school, area = district.office("school-1"), district.office("area-1")
    desk = district.mate(school, "school-1-desk", size=0)
    desk.take(Register.OUTGOING, 20)
    letter = desk.send(21, "area-1")
    base = school.events[-1]
    schools_letter = school.send(1, "area-1")
    entry = LetterRegistered(register=Register.OUTGOING, year=YEAR, number=1, subject="x")
    place = event_id(base.epoch, base.seq + 1)
    sent = LetterSent(entry=place, offices=("area-1",), year=YEAR, number=1, subject="x")
    twin = district.fork(school, base, "school-1-twin", entry, sent)
    twins_letter = twin.events[1]
    assert twins_letter.id == schools_letter.id

    for one, number in ((letter, 1), (twins_letter, 2)):
        area.receive(one, school)
        area.book(one, school, number)
    for _ in range(2):
        Router(district.centre).run()

    def got(office: Office) -> list[str]:
        events = [parse_event(one.payload, one.signature) for one in _mailbox(office)]
        return [event.type for event in events if event.node == "area-1"]

    assert got(school) == []
    assert got(desk) == got(twin) == ["letter.arrived", "receipt.given"]


def test_a_receipt_for_a_machine_that_is_gone_goes_to_the_one_that_takes_letters(
    district: District,
) -> None:
    school, area = district.office("school-1"), district.office("area-1")
    desk = district.mate(school, "school-1-desk", size=0)
    desk.take(Register.OUTGOING, 20)
    letter = desk.send(21, "area-1")
    directory.revoke(district.centre, desk.node)

    arrived = area.receive(letter, school)
    Router(district.centre).run()

    assert ("area-1", arrived.id) in _got(school)


def test_what_concerns_nobody_else_goes_nowhere(district: District) -> None:
    school, area = district.office("school-1"), district.office("area-1")
    school.register(1)
    school.do(EntryNoted(entry="0001-0000000003", action="เสนอผู้อำนวยการ"))

    Router(district.centre).run()

    assert _got(area) == _got(school) == []


def test_a_letter_is_taken_by_the_registry_node_of_an_office_with_several(
    district: District,
) -> None:
    school, area = district.office("school-1"), district.office("area-1")
    code = enrolment.make_code(district.centre, "area-1", node="area-1-desk").code
    enrolment.enrol(district.centre, code=code, key=SigningKey.generate().public)
    school.send(1, "area-1")

    Router(district.centre).run()

    assert len(_got(area)) == 1
    found = district.centre.store.page(mailbox_database("area-1-desk"))
    assert not [one for one in found if b"letter.sent" in one.payload]


def test_a_letter_to_an_office_without_a_node_waits_until_one_enrols(district: District) -> None:
    school = district.office("school-1")
    directory.add_office(district.centre, "late-1", name="โรงเรียนมาทีหลัง", prefix="ศธ 9")
    letters = [school.send(number, "late-1") for number in (1, 2)]
    router = Router(district.centre)
    router.run()
    assert district.centre.store.count(WAITING) == 2

    code = enrolment.make_code(district.centre, "late-1").code
    enrolment.enrol(district.centre, code=code, key=SigningKey.generate().public)
    for _ in range(2):
        router.run()

    found = district.centre.store.page(mailbox_database("late-1"))
    assert [parse_event(d.payload, d.signature).id for d in found] == [e.id for e in letters]
    assert district.centre.store.count(WAITING) == 0


def test_a_letter_for_a_revoked_node_waits_for_its_successor(district: District) -> None:
    school, area = district.office("school-1"), district.office("area-1")
    directory.revoke(district.centre, area.node)
    school.send(1, "area-1")
    Router(district.centre).run()

    code = enrolment.make_code(district.centre, "area-1", node="area-1-new").code
    enrolment.enrol(district.centre, code=code, key=SigningKey.generate().public)
    Router(district.centre).run()

    assert _got(area) == []
    found = district.centre.store.page(mailbox_database("area-1-new"))
    assert len([one for one in found if b"letter.sent" in one.payload]) == 1


def test_an_office_the_directory_does_not_know_is_an_alarm_and_the_others_get_the_letter(
    district: District,
) -> None:
    school, area = district.office("school-1"), district.office("area-1")
    letter = school.send(1, "area-1", "nowhere", "../etc", "x" * 5000)

    Router(district.centre).run()

    assert len(_got(area)) == 1
    (alarm,) = _alarms(district)
    assert (alarm.kind, alarm.event) == ("unknown-office", letter.id)
    assert "nowhere" in alarm.detail
    assert len(alarm.detail) <= 400


def test_more_letters_than_fit_one_page_arrive_in_the_order_they_were_sent(
    district: District,
) -> None:
    school, area = district.office("school-1", size=PAGE + 10), district.office("area-1")
    letters = [school.send(number, "area-1") for number in range(1, PAGE + 5)]

    Router(district.centre).run()

    assert _got(area) == [("school-1", letter.id) for letter in letters]


# Numbers


def _letter(school: Office, entry: Event, number: int, **more: Any) -> Event:
    return school.do(
        LetterSent(
            entry=entry.id, offices=("area-1",), year=YEAR, number=number, subject="ขอเชิญ", **more
        )
    )


def test_a_number_that_was_never_granted_is_an_alarm_and_its_letter_is_not_carried(
    district: District,
) -> None:
    school, area = district.office("school-1", size=10), district.office("area-1")
    entry = school.register(11, register=Register.OUTGOING)
    _letter(school, entry, 11)
    good = school.send(1, "area-1")

    Router(district.centre).run()

    alarms = _alarms(district)
    assert [(a.kind, a.register, a.year, a.number) for a in alarms] == [
        ("number-outside-grant", "outgoing", YEAR, 11),
        ("letter-without-entry", "outgoing", YEAR, 11),
    ]
    assert alarms[0].event == entry.id
    assert _got(area) == [("school-1", good.id)]


def test_a_number_used_twice_is_an_alarm_and_only_the_first_letter_is_carried(
    district: District,
) -> None:
    school, area = district.office("school-1"), district.office("area-1")
    first = school.send(5, "area-1")
    again = school.register(5, register=Register.OUTGOING)
    _letter(school, again, 5)

    Router(district.centre).run()

    assert next((a.kind, a.event) for a in _alarms(district)) == ("number-used-twice", again.id)
    assert _got(area) == [("school-1", first.id)]


def test_a_number_of_another_offices_range_is_outside(district: District) -> None:
    school, area = district.office("school-1", size=0), district.office("area-1")
    school.register(3)
    area.register(3)

    Router(district.centre).run()

    assert [(a.node, a.kind) for a in _alarms(district)] == [("school-1", "number-outside-grant")]


def test_a_number_of_the_other_register_or_year_is_another_number(district: District) -> None:
    school = district.office("school-1")
    school.register(5)
    school.register(5, register=Register.OUTGOING)
    school.register(5, year=YEAR + 1)

    Router(district.centre).run()

    assert [(a.kind, a.year) for a in _alarms(district)] == [("number-outside-grant", YEAR + 1)]


@pytest.mark.parametrize("case", ["no entry", "incoming", "other number", "other year", "a note"])
def test_a_letter_that_rests_on_no_entry_of_its_own_is_not_carried(
    district: District, case: str
) -> None:
    school, area = district.office("school-1"), district.office("area-1")
    register = Register.INCOMING if case == "incoming" else Register.OUTGOING
    entry = school.register(1, register=register)
    if case == "a note":
        entry = school.do(EntryNoted(entry=entry.id, action="เสนอ"))
    body = LetterSent(
        entry="0001-0000009999" if case == "no entry" else entry.id,
        offices=("area-1",),
        year=YEAR - 1 if case == "other year" else YEAR,
        number=2 if case == "other number" else 1,
        subject="ขอเชิญ",
    )
    school.do(body)

    Router(district.centre).run()

    assert [alarm.kind for alarm in _alarms(district)] == ["letter-without-entry"]
    assert _got(area) == []


def test_numbers_are_remembered_from_page_to_page_and_from_run_to_run(
    district: District,
) -> None:
    school = district.office("school-1", size=PAGE * 2)
    for number in range(1, PAGE + 20):
        school.register(number)
    Router(district.centre).run()
    again = school.register(7)

    Router(district.centre).run()

    assert [(a.kind, a.event, a.number) for a in _alarms(district)] == [
        ("number-used-twice", again.id, 7)
    ]
    followed = district.centre.store.record(FOLLOWED, school.node)
    assert followed is not None
    assert followed.value.upto == again.id
    assert [one.runs for one in followed.value.numbers] == [((1, PAGE + 19),)]


# Exactly once


class _Stop(BaseException):
    """The machine stops here."""


def _all(district: District) -> dict[str, list[tuple[str, str]]]:
    return {code: _got(office) for code, office in district.offices.items()}


def _busy(district: District) -> dict[str, list[tuple[str, str]]]:
    """A district with letters and receipts in flight; gives what must be in each mailbox."""
    school, area, _other = (district.office(code) for code in ("school-1", "area-1", "other-1"))
    letters = [school.send(number, "area-1", "other-1") for number in range(1, 6)]
    for number, letter in enumerate(letters, 1):
        area.receive(letter, school)
        area.book(letter, school, number)
    back = [e for e in area.events if e.type in ("letter.arrived", "receipt.given")]
    return {
        "school-1": [("area-1", event.id) for event in back],
        "area-1": [("school-1", event.id) for event in letters],
        "other-1": [("school-1", event.id) for event in letters],
    }


@pytest.mark.parametrize("before", [True, False], ids=["before the commit", "after the commit"])
@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_a_router_that_stops_at_any_commit_goes_on_where_it_was(
    district: District, monkeypatch: pytest.MonkeyPatch, nth: int, before: bool
) -> None:
    expected = _busy(district)
    commit = district.centre.store.commit
    count = 0

    def failing(*writes: Writing) -> list[Conflict]:
        nonlocal count
        count += 1
        if count == nth and before:
            raise _Stop
        done = commit(*writes)
        if count == nth:
            raise _Stop
        return done

    with monkeypatch.context() as patch:
        patch.setattr(district.centre.store, "commit", failing)
        with contextlib.suppress(_Stop):
            Router(district.centre).run()

    Router(district.centre).run()

    assert _all(district) == expected
    assert district.centre.store.count(ROUTED, "letter.sent/") == 10


def test_a_router_that_another_was_faster_than_decides_again(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = _busy(district)
    commit = district.centre.store.commit
    raced = 0

    def racing(*writes: Writing) -> list[Conflict]:
        nonlocal raced
        if raced < 3:
            raced += 1
            raise Raced
        return commit(*writes)

    monkeypatch.setattr(district.centre.store, "commit", racing)
    Router(district.centre).run()

    assert _all(district) == expected


def test_several_routers_at_once_deliver_everything_once(district: District) -> None:
    expected = _busy(district)
    routers = [threading.Thread(target=Router(district.centre).run) for _ in range(4)]
    for router in routers:
        router.start()
    for router in routers:
        router.join()

    found = _all(district)
    assert {code: sorted(got) for code, got in found.items()} == {
        code: sorted(got) for code, got in expected.items()
    }


def test_a_route_that_was_served_is_never_served_again_even_if_the_place_is_lost(
    district: District,
) -> None:
    """What a store without transactions may leave behind after a crash."""
    expected = _busy(district)
    Router(district.centre).run()
    district.tamper("DELETE FROM record WHERE shelf = 'followed'")

    Router(district.centre).run()

    assert _all(district) == expected
    assert _alarms(district) == []


def test_a_delivery_to_a_mailbox_that_does_not_exist_is_a_mistake_of_ours(
    district: District,
) -> None:
    item = mailbox.Item("x", b"{}", "s", "centre")

    with pytest.raises(LookupError):
        mailbox.deliveries(district.centre.store, "nobody", [item], district.centre.now())
