"""The centre proves every number of every granted range, and names day and person for odd ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_central.audit.errors import AuditStopped
from saraban_central.errors import UnknownNode, UnknownOffice
from saraban_central.numbering import proof
from saraban_central.numbering.proof import Notable, OfficeProof, Proof, SeriesProof, Wanted
from saraban_sync.body import Body
from saraban_sync.events import EntryVoided, Event, LetterRegistered
from saraban_sync.number_events import (
    EmergencyCorrelated,
    EmergencyRegistered,
    GapExplained,
    Mark,
    NumberReserved,
    NumbersReturned,
    NumbersSkipped,
    ReservationEnded,
)
from saraban_sync.registers import Register
from saraban_sync.states import State, Trouble
from tests.central_district import YEAR, District, Office

IN, OUT = Register.INCOMING, Register.OUTGOING


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture
def school(district: District) -> Office:
    return district.office("school", "โรงเรียนบ้านดอย")


def _prove(district: District, **wanted: object) -> Proof:
    return proof.prove(district.centre, Wanted(**wanted))  # type: ignore[arg-type]


def _office(found: Proof) -> OfficeProof:
    (office,) = found.offices
    return office


def _series(found: Proof, register: Register = IN) -> SeriesProof:
    return next(one for one in _office(found).series if one.series.register is register)


def _notable(found: Proof, register: Register = IN) -> dict[int, Notable]:
    return {one.first: one for one in _series(found, register).notable}


def test_every_number_of_every_range_is_in_one_state(district: District, school: Office) -> None:
    for number in (1, 2, 3):
        entry = school.register(number)
    school.do(EntryVoided(entry=entry.id, reason="ลงซ้ำ"))
    school.do(NumbersSkipped(register=IN, year=YEAR, first=4, last=9, why="restored"))
    school.do(NumbersReturned(register=OUT, year=YEAR, first=1, last=20))

    found = _prove(district)

    assert found.whole
    assert (found.total, found.events) == (40, len(school.events))
    assert _series(found).account.counts == {
        State.ISSUED: 2, State.VOID: 1, State.SKIPPED: 6, State.UNUSED: 11,
    }  # fmt: skip
    assert _series(found, OUT).account.counts == {State.RETURNED: 20}


def test_day_and_person_are_named_for_everything_odd(district: District, school: Office) -> None:
    kept = _reserve(school, 1)
    _reserve(school, 2)
    old = _reserve(school, 3)
    district.clock.forward(days=1)
    done = school.do(
        LetterRegistered(register=OUT, year=YEAR, number=1, subject="เสร็จ", reservation=kept.id)
    )
    ended = school.do(ReservationEnded(reservation=old.id, how="void", reason="เลิก"))
    void = school.register(4, register=OUT)
    voided = school.do(EntryVoided(entry=void.id, reason="ลงซ้ำ"))
    gap = school.do(
        NumbersSkipped(
            register=OUT, year=YEAR, first=5, last=9, why="restored", guard=2,
            marks=(Mark(source="paper", number=6),),
        )
    )  # fmt: skip
    school.do(GapExplained(register=OUT, year=YEAR, first=6, last=6, text="พบหนังสือ"))

    odd = _notable(_prove(district), OUT)

    assert sorted(odd) == [1, 2, 3, 4, 5]
    late = odd[1]
    assert (late.late, late.state, late.at) == (True, State.ISSUED, done.at)
    assert (late.reserved_at, late.reserved_by, late.holder) == (kept.at, "สมศรี ใจดี", "ครูสมชาย")
    assert (odd[2].state, odd[2].expires) == (State.RESERVED, "2026-11-30")
    assert (odd[3].state, odd[3].at, odd[3].who, odd[3].why) == (
        State.VOID, ended.at, "สมศรี ใจดี", "เลิก",
    )  # fmt: skip
    assert (odd[4].at, odd[4].why, odd[4].subject) == (voided.at, "ลงซ้ำ", void_subject(void))
    assert (odd[5].last, odd[5].why, odd[5].guard, odd[5].at) == (9, "restored", 2, gap.at)
    assert [one.text for one in odd[5].explanations] == ["พบหนังสือ"]
    assert [(one.source, one.number) for one in odd[5].marks] == [("paper", 6)]


def test_the_emergency_register_is_proven_too(district: District, school: Office) -> None:
    lines = [
        school.do(EmergencyRegistered(outage=1, emergency=n, register=IN, year=YEAR, subject="x"))
        for n in (1, 2)
    ]
    school.do(EmergencyCorrelated(entry=lines[0].id, register=IN, year=YEAR, number=1))

    found = _prove(district)

    (emergency,) = _office(found).emergency
    assert (emergency.total, emergency.waiting, emergency.account.whole) == (2, 1, True)
    assert _notable(found)[1].emergency == 1
    assert found.whole


@pytest.mark.parametrize(
    ("numbers", "trouble"),
    [((1, 3), Trouble.MISSING), ((1, 1), Trouble.TWICE), ((1, 77), Trouble.OUTSIDE)],
)
def test_what_cannot_be_explained_is_not_whole(
    district: District, school: Office, numbers: tuple[int, ...], trouble: Trouble
) -> None:
    for number in numbers:
        school.register(number)

    found = _prove(district)

    assert not found.whole
    assert [one.trouble for one in _series(found).account.problems] == [trouble]
    assert proof.troubles(_office(found)) == 1
    assert len(_office(found).findings) == 1


def test_an_altered_journal_is_not_whole(district: District, school: Office) -> None:
    event = school.register(1, subject="เรื่องเดิม")
    district.tamper_event(event, lambda text: text.replace("เรื่องเดิม", "เรื่องใหม่"))

    found = _prove(district)

    assert not found.whole
    assert not _office(found).nodes[0].chain_ok


def test_one_office_register_or_year_can_be_proven_alone(
    district: District, school: Office
) -> None:
    district.office("other")
    school.register(1)

    assert [one.office for one in _prove(district).offices] == ["other", "school"]
    alone = _prove(district, office="school", register=IN, year=YEAR)
    assert [one.series.register for one in _office(alone).series] == [IN]
    assert _office(_prove(district, office="school", year=YEAR + 1)).series == ()
    with pytest.raises(UnknownOffice):
        _prove(district, office="nowhere")
    with pytest.raises(UnknownNode):
        _prove(district, node="nobody")


def test_one_node_of_an_office_can_be_proven_alone(district: District, school: Office) -> None:
    back = district.mate(school, "school-2")
    school.register(1)
    void = back.register(21)
    back.do(EntryVoided(entry=void.id, reason="ผิด"))
    back.register(23)

    found = _prove(district, node="school-2")

    series = _series(found)
    assert [(one.first, one.last) for one in series.ranges] == [(21, 40)]
    assert series.account.counts == {
        State.VOID: 1, State.MISSING: 1, State.ISSUED: 1, State.UNUSED: 17,
    }  # fmt: skip
    assert [one.first for one in series.notable] == [21]
    assert _prove(district, node="school").whole


def test_a_skipped_number_found_on_a_letter_was_issued(district: District, school: Office) -> None:
    base = school.register(1)
    school.register(2)
    school.set_back(base)
    school.do(NumbersSkipped(register=IN, year=YEAR, first=2, last=9, why="restored"))

    series = _series(_prove(district))

    assert series.account.whole
    assert series.account.counts[State.ISSUED] == 2
    assert [(one.first, one.last) for one in series.account.overruled] == [(2, 2)]


def test_a_proof_ends_when_it_is_asked_to(district: District, school: Office) -> None:
    with pytest.raises(AuditStopped):
        proof.prove(district.centre, stop=lambda: True)


def test_a_proof_is_written_for_programs(district: District, school: Office) -> None:
    _reserve(school, 1)

    written = proof.as_dict(_prove(district))

    assert written["whole"]
    (office,) = written["offices"]
    series = next(one for one in office["series"] if one["register"] == "outgoing")
    assert series["states"] == {"reserved": 1, "unused": 19}
    assert series["notable"][0]["holder"] == "ครูสมชาย"
    assert office["nodes"][0]["last"] == school.events[-1].id


def _reserve(office: Office, number: int) -> Event:
    body: Body = NumberReserved(
        register=OUT, year=YEAR, number=number, holder="ครูสมชาย", purpose="ขออนุญาต",
        expires="2026-11-30",
    )  # fmt: skip
    return office.do(body)


def void_subject(event: Event) -> str:
    assert isinstance(event.body, LetterRegistered)
    return event.body.subject
