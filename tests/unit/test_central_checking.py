"""Numbers are checked while a journal passes: what must not be is an alarm, all else is none."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from saraban_central.numbering import by_hand
from saraban_central.post import router
from saraban_central.post.router import Router
from saraban_central.records import ALARMS, FOLLOWED, Alarm
from saraban_sync.events import Event, LetterRegistered, LetterSent, parse_event
from saraban_sync.number_events import (
    EmergencyCorrelated,
    EmergencyRegistered,
    NumberReserved,
    NumbersReturned,
    NumbersSkipped,
    RangeTold,
    ReservationEnded,
)
from saraban_sync.registers import Register
from saraban_sync.wire import CENTRE, mailbox_database
from tests.central_district import YEAR, District, Office

IN, OUT = Register.INCOMING, Register.OUTGOING


@pytest.fixture(params=[1, 200], ids=["page of one", "page of all"])
def district(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[District]:
    """What is remembered within a page is remembered from page to page."""
    monkeypatch.setattr(router, "PAGE", request.param)
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture
def school(district: District) -> Office:
    return district.office("school", "โรงเรียนบ้านดอย")


def _alarms(district: District) -> list[Alarm]:
    Router(district.centre).run()
    return [kept.value for kept in district.centre.store.records(ALARMS)]


def _only(district: District, kind: str, event: Event) -> Alarm:
    (alarm,) = _alarms(district)
    assert (alarm.kind, alarm.event) == (kind, event.id)
    return alarm


def _got(office: Office) -> list[str]:
    found = office.centre.store.page(mailbox_database(office.node), limit=10_000)
    return [parse_event(one.payload, one.signature).id for one in found if one.sender != CENTRE]


def _reserve(office: Office, number: int, *, register: Register = OUT, year: int = YEAR) -> Event:
    return office.do(
        NumberReserved(
            register=register, year=year, number=number, holder="ครูสมชาย", purpose="ขออนุญาต",
            expires="2026-11-30",
        )
    )  # fmt: skip


def _finish(office: Office, reservation: str, number: int, *, register: Register = OUT) -> Event:
    return office.do(
        LetterRegistered(
            register=register, year=YEAR, number=number, subject="ขออนุญาต",
            reservation=reservation,
        )
    )  # fmt: skip


# What is right


def test_a_reserved_number_and_its_letter_are_one_use(district: District, school: Office) -> None:
    kept = _reserve(school, 1)
    _finish(school, kept.id, 1)
    gone = _reserve(school, 2)
    school.do(ReservationEnded(reservation=gone.id, how="void", reason="เลิก"))
    old = _reserve(school, 3)
    school.do(ReservationEnded(reservation=old.id, how="expired"))

    assert _alarms(district) == []
    held = district.centre.store.record(FOLLOWED, "school")
    assert held is not None
    (numbers,) = held.value.numbers
    assert numbers.runs == ((1, 3),)


def test_a_letter_of_the_emergency_register_gets_its_number_and_is_carried(
    district: District, school: Office
) -> None:
    area = district.office("area")
    line = school.do(
        EmergencyRegistered(
            outage=1, emergency=1, register=OUT, year=YEAR, subject="ด่วน", offices=("area",)
        )
    )
    found = school.do(EmergencyCorrelated(entry=line.id, register=OUT, year=YEAR, number=1))
    letters = [
        school.do(LetterSent(entry=entry, offices=("area",), year=YEAR, number=1, subject="ด่วน")).id
        for entry in (line.id, found.id)
    ]

    assert _alarms(district) == []
    assert _got(area) == letters


def test_circulars_of_an_office_with_a_series_of_their_own_are_carried(
    district: District, school: Office
) -> None:
    area = district.office("area")
    school.take(Register.CIRCULAR, 10)
    entry = school.register(1, register=Register.CIRCULAR)
    letter = school.do(
        LetterSent(entry=entry.id, offices=("area",), year=YEAR, number=1, subject="เวียน")
    )

    assert _alarms(district) == []
    assert _got(area) == [letter.id]


def test_numbers_that_were_given_up_are_no_alarm(district: District, school: Office) -> None:
    school.register(1)
    school.do(NumbersSkipped(register=IN, year=YEAR, first=2, last=9, why="restored", guard=3))
    school.register(10)
    school.do(NumbersReturned(register=IN, year=YEAR, first=11, last=20))
    school.do(NumbersReturned(register=OUT, year=YEAR, first=1, last=20))

    assert _alarms(district) == []


def test_a_number_given_up_by_one_database_may_be_used_by_an_older_one(
    district: District, school: Office
) -> None:
    """Restored, numbers given up, and then restored again from before that."""
    base = school.register(1)
    school.set_back(base)
    school.do(NumbersSkipped(register=IN, year=YEAR, first=2, last=9, why="restored"))
    school.set_back(base)
    school.do(NumbersSkipped(register=IN, year=YEAR, first=2, last=5, why="restored"))
    school.register(6)

    assert _alarms(district) == []


# What must not be


def test_a_reservation_is_used_once(district: District, school: Office) -> None:
    kept = _reserve(school, 1)
    _finish(school, kept.id, 1)
    again = _finish(school, kept.id, 1)

    alarm = _only(district, "reservation-unknown", again)
    assert (alarm.register, alarm.year, alarm.number) == ("outgoing", YEAR, 1)


@pytest.mark.parametrize("how", ["void", "expired"])
def test_a_reservation_that_ended_cannot_be_used(
    district: District, school: Office, how: str
) -> None:
    kept = _reserve(school, 1)
    school.do(ReservationEnded(reservation=kept.id, how=how))  # type: ignore[arg-type]
    late = _finish(school, kept.id, 1)

    _only(district, "reservation-unknown", late)


@pytest.mark.parametrize(
    "name",
    [
        lambda school: "0001-0000000099",
        lambda school: "nonsense",
        lambda school: school.events[0].id,
    ],
    ids=["nowhere", "no event", "no reservation"],
)
def test_a_letter_on_a_reservation_that_is_none_is_an_alarm(
    district: District, school: Office, name: Callable[[Office], str]
) -> None:
    event = _finish(school, name(school), 1)

    _only(district, "reservation-unknown", event)


def test_a_letter_cannot_take_another_number_than_the_reserved_one(
    district: District, school: Office
) -> None:
    kept = _reserve(school, 1)
    event = _finish(school, kept.id, 2)

    _only(district, "reservation-unknown", event)


def test_ending_a_reservation_that_is_none_is_an_alarm(district: District, school: Office) -> None:
    event = school.do(ReservationEnded(reservation="0001-0000000099", how="expired"))

    _only(district, "reservation-unknown", event)


def test_a_reserved_number_counts_as_used(district: District, school: Office) -> None:
    _reserve(school, 1)
    event = school.register(1, register=OUT)

    _only(district, "number-used-twice", event)


def test_a_reserved_number_must_have_been_granted(district: District, school: Office) -> None:
    event = _reserve(school, 77)

    _only(district, "number-outside-grant", event)


def test_a_number_that_was_given_up_is_never_given_again(
    district: District, school: Office
) -> None:
    school.do(NumbersSkipped(register=IN, year=YEAR, first=1, last=9, why="restored"))
    event = school.register(5)

    _only(district, "number-after-skip", event)


@pytest.mark.parametrize(("first", "last"), [(15, 25), (30, 40), (9, 5)])
def test_numbers_that_were_never_granted_cannot_be_given_up(
    district: District, school: Office, first: int, last: int
) -> None:
    event = school.do(
        NumbersSkipped(register=IN, year=YEAR, first=first, last=last, why="restored")
    )

    _only(district, "gap-outside-grant", event)


def test_a_number_for_a_line_that_is_not_in_the_emergency_register_is_an_alarm(
    district: District, school: Office
) -> None:
    entry = school.register(1)
    event = school.do(EmergencyCorrelated(entry=entry.id, register=IN, year=YEAR, number=2))

    _only(district, "emergency-unknown", event)


def test_an_emergency_letter_cannot_change_its_register(district: District, school: Office) -> None:
    line = school.do(
        EmergencyRegistered(outage=1, emergency=1, register=IN, year=YEAR, subject="ด่วน")
    )
    event = school.do(EmergencyCorrelated(entry=line.id, register=OUT, year=YEAR, number=1))

    _only(district, "emergency-unknown", event)


def test_an_emergency_letter_is_not_carried_before_it_has_its_number(
    district: District, school: Office
) -> None:
    area = district.office("area")
    line = school.do(
        EmergencyRegistered(outage=1, emergency=1, register=OUT, year=YEAR, subject="ด่วน")
    )
    event = school.do(
        LetterSent(entry=line.id, offices=("area",), year=YEAR, number=1, subject="ด่วน")
    )

    _only(district, "letter-without-entry", event)
    assert _got(area) == []


def test_an_emergency_letter_with_a_false_number_is_not_carried(
    district: District, school: Office
) -> None:
    area = district.office("area")
    line = school.do(
        EmergencyRegistered(outage=1, emergency=1, register=OUT, year=YEAR, subject="ด่วน")
    )
    school.do(EmergencyCorrelated(entry=line.id, register=OUT, year=YEAR, number=77))
    school.do(LetterSent(entry=line.id, offices=("area",), year=YEAR, number=77, subject="ด่วน"))

    kinds = sorted(alarm.kind for alarm in _alarms(district))
    assert kinds == ["letter-without-entry", "number-outside-grant"]
    assert _got(area) == []


def test_letters_of_other_registers_are_not_carried(district: District, school: Office) -> None:
    area = district.office("area")
    entry = school.register(1, register=IN)
    event = school.do(
        LetterSent(entry=entry.id, offices=("area",), year=YEAR, number=1, subject="รับ")
    )

    _only(district, "letter-without-entry", event)
    assert _got(area) == []


# Two machines that had one name


def test_a_number_that_both_of_two_machines_gave_is_an_alarm(
    district: District, school: Office
) -> None:
    base = school.register(1)
    school.register(2, subject="ของเครื่องแรก")
    twin = district.fork(
        school,
        base,
        "school-2",
        LetterRegistered(register=IN, year=YEAR, number=2, subject="ของเครื่องที่สอง"),
    )

    (alarm,) = _alarms(district)
    assert (alarm.kind, alarm.node, alarm.number) == ("number-used-twice", "school-2", 2)
    assert alarm.event == twin.events[0].id


def test_numbers_that_only_one_of_them_gave_are_none(district: District, school: Office) -> None:
    base = school.register(1)
    school.register(2)
    twin = district.fork(
        school,
        base,
        "school-2",
        LetterRegistered(register=IN, year=YEAR, number=3, subject="ของเครื่องที่สอง"),
    )
    twin.do(NumbersSkipped(register=IN, year=YEAR, first=4, last=20, why="forked"))
    school.do(NumbersSkipped(register=IN, year=YEAR, first=3, last=20, why="twin"))

    assert _alarms(district) == []


def test_a_forked_node_may_send_what_was_registered_under_its_old_name(
    district: District, school: Office
) -> None:
    area = district.office("area")
    entry = school.register(1, register=OUT)
    kept = _reserve(school, 2)
    twin = district.fork(school, kept, "school-2")
    letter = twin.do(
        LetterSent(entry=entry.id, offices=("area",), year=YEAR, number=1, subject="ส่ง")
    )
    _finish(school, kept.id, 2)
    second = _finish(twin, kept.id, 2)

    (alarm,) = _alarms(district)
    assert (alarm.kind, alarm.event) == ("number-used-twice", second.id)
    assert letter.id in _got(area)


# Ranges told over the telephone


def _told(office: Office, code: str, first: int, last: int, grant: str) -> Event:
    return office.do(
        RangeTold(grant=grant, register=IN, year=YEAR, first=first, last=last, code=code)
    )


def test_a_range_told_over_the_telephone_is_as_good_as_any(
    district: District, school: Office
) -> None:
    spoken = by_hand.grant_by_phone(district.centre, "school", IN, YEAR, size=50, by="pornthip")
    _told(school, spoken.code, 21, 70, spoken.grant.grant)
    school.register(21)

    assert _alarms(district) == []


def test_a_range_that_nobody_granted_is_an_alarm(district: District, school: Office) -> None:
    event = _told(school, "1" * 20, 21, 70, f"school-incoming-{YEAR}-21")

    alarm = _only(district, "range-told-unknown", event)
    assert (alarm.register, alarm.number) == ("incoming", 21)


def test_a_range_of_another_node_is_an_alarm(district: District, school: Office) -> None:
    other = district.office("other")
    spoken = by_hand.grant_by_phone(district.centre, "school", IN, YEAR, size=50, by="pornthip")
    event = _told(other, spoken.code, 21, 70, spoken.grant.grant)

    _only(district, "range-told-unknown", event)


def test_a_code_that_is_not_this_ranges_is_an_alarm(district: District, school: Office) -> None:
    spoken = by_hand.grant_by_phone(district.centre, "school", IN, YEAR, size=50, by="pornthip")
    event = _told(school, "1" * 20, 21, 70, spoken.grant.grant)

    _only(district, "range-told-code", event)


def test_a_code_is_good_even_if_the_nodes_secret_was_changed_since(
    district: District, school: Office
) -> None:
    spoken = by_hand.grant_by_phone(district.centre, "school", IN, YEAR, size=50, by="pornthip")
    district.tamper("UPDATE record SET value = replace(value, '\"sha256\":\"', '\"sha256\":\"00')"
                    " WHERE shelf = 'credential'")  # fmt: skip
    _told(school, spoken.code, 21, 70, spoken.grant.grant)

    assert _alarms(district) == []
