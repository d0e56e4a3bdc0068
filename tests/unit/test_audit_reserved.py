"""Reserved, given up, told and emergency numbers: right ones are no finding, wrong ones are."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs

from saraban_central.audit.numbers import check_numbers
from saraban_central.audit.tally import Tally
from saraban_central.numbering import by_hand
from saraban_central.numbering.granting import Granting
from saraban_central.post.router import Router
from saraban_central.records import SERIES
from saraban_central.store.interface import Put
from saraban_sync.events import Event, LetterRegistered, LetterSent
from saraban_sync.ids import OfficeCode
from saraban_sync.number_events import (
    EmergencyClosed,
    EmergencyCorrelated,
    EmergencyOpened,
    EmergencyRegistered,
    GapExplained,
    NumberReserved,
    NumbersReturned,
    NumbersSkipped,
    RangeRequested,
    RangeTold,
    ReservationEnded,
)
from saraban_sync.registers import Register
from tests.central_district import YEAR, District, Office, audited, only

IN, OUT = Register.INCOMING, Register.OUTGOING


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture
def school(district: District) -> Office:
    return district.office("school", "โรงเรียนบ้านดอย")


def _reserve(office: Office, number: int, *, year: int = YEAR) -> Event:
    return office.do(
        NumberReserved(
            register=OUT, year=year, number=number, holder="ครูสมชาย", purpose="ขออนุญาต",
            expires="2026-12-31",
        )
    )  # fmt: skip


def _finish(office: Office, reservation: str, number: int) -> Event:
    body = LetterRegistered(
        register=OUT, year=YEAR, number=number, subject="ขออนุญาต", reservation=reservation
    )
    return office.do(body)


def _line(office: Office, emergency: int, register: Register = IN) -> Event:
    return office.do(
        EmergencyRegistered(
            outage=1, emergency=emergency, register=register, year=YEAR, subject="ด่วน"
        )
    )


# What is right


def test_reserved_numbers_in_every_state_are_no_finding(district: District, school: Office) -> None:
    used, void, old, open_ = (_reserve(school, number) for number in (1, 2, 3, 4))
    school.register(5, register=OUT)
    _finish(school, used.id, 1)
    school.do(ReservationEnded(reservation=void.id, how="void", reason="เลิก"))
    school.do(ReservationEnded(reservation=old.id, how="expired"))
    assert open_.id

    report = audited(district)

    assert report.findings == ()
    (office,) = report.offices
    assert office.states == {"issued": 2, "void": 1, "expired": 1, "reserved": 1, "unused": 35}
    assert (office.entries, office.void) == (5, 1)


def test_a_reserved_number_of_last_year_may_be_finished_after_it(
    district: District, school: Office
) -> None:
    kept = _reserve(school, 1)
    district.clock.moment = datetime(2027, 1, 4, 3, 0, tzinfo=UTC)
    _finish(school, kept.id, 1)

    assert audited(district).findings == ()


def test_an_emergency_is_no_finding(district: District, school: Office) -> None:
    area = district.office("area")
    letter = area.send(1, "school")
    school.receive(letter, area)
    school.do(EmergencyOpened(outage=1, cause="ไม่มีสัญญาณ"))
    arrived = school.do(
        EmergencyRegistered(
            outage=1, emergency=1, register=IN, year=YEAR, subject="x", source=letter.source
        )
    )
    sent = _line(school, 2, OUT)
    waits = _line(school, 3)
    district.clock.forward(days=5)
    school.do(EmergencyCorrelated(entry=arrived.id, register=IN, year=YEAR, number=1))
    school.do(EmergencyCorrelated(entry=sent.id, register=OUT, year=YEAR, number=1))
    out = school.do(
        LetterSent(entry=sent.id, offices=("area",), year=YEAR, number=1, subject="ด่วน")
    )
    area.receive(out, school)
    area.book(out, school, 1)
    school.do(EmergencyClosed(outage=1, total=3))
    assert waits.id
    Router(district.centre).run()

    report = audited(district)

    assert report.findings == ()
    assert report.letters_registered == 2


def test_gaps_and_what_was_found_out_are_no_finding(district: District, school: Office) -> None:
    school.register(1)
    school.do(NumbersSkipped(register=IN, year=YEAR, first=2, last=9, why="restored", guard=3))
    school.do(GapExplained(register=IN, year=YEAR, first=3, last=3, text="พบหนังสือ"))
    school.register(10)
    school.do(NumbersReturned(register=IN, year=YEAR, first=11, last=20))
    school.do(NumbersReturned(register=OUT, year=YEAR, first=1, last=20))

    assert audited(district).findings == ()


def test_requests_and_ranges_by_telephone_are_no_finding(
    district: District, school: Office
) -> None:
    school.do(RangeRequested(register=IN, year=YEAR, size=50, left=3))
    spoken = by_hand.grant_by_phone(district.centre, "school", OUT, YEAR, size=50, by="a")
    school.do(
        RangeTold(
            grant=spoken.grant.grant, register=OUT, year=YEAR, first=21, last=70,
            code=spoken.code,
        )
    )  # fmt: skip
    Router(district.centre).run()
    Granting(district.centre).run()
    for number in range(1, 22):
        school.register(number, register=OUT)

    assert audited(district).findings == ()


def test_several_nodes_of_an_office_are_each_unbroken(district: District, school: Office) -> None:
    back = district.mate(school, "school-2")
    school.register(1)
    back.register(21)
    school.register(2)
    back.register(22)

    assert audited(district).findings == ()


# What must not be


def test_a_letter_on_no_reservation_is_found(district: District, school: Office) -> None:
    event = _finish(school, "0001-0000000099", 1)

    finding = only(audited(district))

    assert (finding.kind, finding.event, finding.number) == ("reservation-unknown", event.id, 1)


def test_a_letter_on_another_number_than_the_reserved_one_is_found(
    district: District, school: Office
) -> None:
    kept = _reserve(school, 1)
    event = _finish(school, kept.id, 2)

    finding = only(audited(district))

    assert (finding.kind, finding.event) == ("reservation-unknown", event.id)


@pytest.mark.parametrize("how", ["void", "expired"])
def test_a_letter_on_a_reservation_that_is_over_is_found(
    district: District, school: Office, how: str
) -> None:
    kept = _reserve(school, 1)
    school.do(ReservationEnded(reservation=kept.id, how=how))  # type: ignore[arg-type]
    event = _finish(school, kept.id, 1)

    finding = only(audited(district))

    assert (finding.kind, finding.event) == ("reservation-over", event.id)


def test_two_letters_on_one_reservation_are_found(district: District, school: Office) -> None:
    kept = _reserve(school, 1)
    _finish(school, kept.id, 1)
    district.clock.forward(minutes=1)
    event = _finish(school, kept.id, 1)

    kinds = [(one.kind, one.event) for one in audited(district).findings]

    assert kinds == [("number-twice", event.id), ("reservation-over", event.id)]


def test_the_end_of_no_reservation_is_found(district: District, school: Office) -> None:
    entry = school.register(1)
    event = school.do(ReservationEnded(reservation=entry.id, how="expired"))

    finding = only(audited(district))

    assert (finding.kind, finding.event) == ("reservation-unknown", event.id)


def test_a_reserved_number_that_is_also_a_letters_is_found(
    district: District, school: Office
) -> None:
    _reserve(school, 1)
    district.clock.forward(minutes=1)
    event = school.register(1, register=OUT)

    finding = only(audited(district))

    assert (finding.kind, finding.event) == ("number-twice", event.id)


def test_a_number_reserved_in_another_year_is_found(district: District, school: Office) -> None:
    event = _reserve(school, 1, year=YEAR - 1)

    kinds = {(one.kind, one.event) for one in audited(district).findings}

    assert kinds == {("year", event.id), ("number-outside", event.id)}


def test_a_number_used_after_it_was_given_up_is_found(district: District, school: Office) -> None:
    school.do(NumbersSkipped(register=IN, year=YEAR, first=1, last=9, why="restored"))
    event = school.register(5)

    finding = only(audited(district))

    assert (finding.kind, finding.event, finding.number) == ("number-after-gap", event.id, 5)


def test_numbers_given_up_that_were_never_granted_are_found(
    district: District, school: Office
) -> None:
    school.do(NumbersSkipped(register=IN, year=YEAR, first=21, last=30, why="restored"))

    finding = only(audited(district))

    assert (finding.kind, finding.number, finding.last) == ("gap-outside", 21, 30)


def test_a_number_for_what_is_not_in_the_emergency_register_is_found(
    district: District, school: Office
) -> None:
    entry = school.register(1)
    event = school.do(EmergencyCorrelated(entry=entry.id, register=IN, year=YEAR, number=2))

    finding = only(audited(district))

    assert (finding.kind, finding.event) == ("emergency-unknown", event.id)


def test_an_emergency_number_given_twice_is_found(district: District, school: Office) -> None:
    _line(school, 1)
    event = _line(school, 1)

    finding = only(audited(district))

    assert (finding.kind, finding.event) == ("emergency-twice", event.id)


def test_an_emergency_number_that_is_missing_is_found(district: District, school: Office) -> None:
    _line(school, 1)
    event = _line(school, 4)

    finding = only(audited(district))

    assert (finding.kind, finding.event) == ("emergency-missing", event.id)
    assert "2–3" in finding.thai


def test_a_range_told_that_nobody_granted_is_found(district: District, school: Office) -> None:
    event = school.do(
        RangeTold(grant="x", register=IN, year=YEAR, first=21, last=70, code="0" * 20)
    )

    finding = only(audited(district))

    assert (finding.kind, finding.event, finding.last) == ("range-told", event.id, 70)


def test_a_request_that_two_ranges_answer_is_found(district: District, school: Office) -> None:
    school.take(IN, 10)
    held = district.centre.store.record(SERIES, f"school/incoming/{YEAR}")
    assert held is not None
    twice = tuple(structs.replace(one, request="school/x/y") for one in held.value.grants)
    series = structs.replace(held.value, grants=twice)
    district.centre.store.commit(Put(SERIES, held.key, series, held.revision))

    finding = only(audited(district))

    assert finding.kind == "request-twice"


def test_a_forked_machine_may_number_a_common_entry_with_what_the_other_gave_up(
    school: Office,
) -> None:
    entry = _line(school, 1)
    gap = school.do(NumbersSkipped(register=IN, year=YEAR, first=3, last=5, why="restored"))
    numbered = school.do(EmergencyCorrelated(entry=entry.id, register=IN, year=YEAR, number=3))
    tally = Tally(OfficeCode("school"), forks={"school-2": ("school", entry.id)})
    tally.take(entry, "school")
    tally.take(gap, "school")
    tally.take(numbered, "school-2")
    found = check_numbers(tally, {}).findings
    assert "number-after-gap" not in {one.kind for one in found}
    outside = next(one for one in found if one.kind == "number-outside")
    assert (outside.node, outside.event) == ("school-2", numbered.id)
