"""A number that two machines gave is explained at the centre once one of the letters is void."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_central.audit.findings import Finding
from saraban_central.audit.kinds import Severity
from saraban_central.cli.number_words import proof_lines
from saraban_central.numbering import proof
from saraban_central.numbering.proof import SeriesProof
from saraban_central.post.router import Router
from saraban_central.records import ALARMS
from saraban_sync.body import Former
from saraban_sync.events import EntryVoided, Event, LetterRegistered, PersonAdded
from saraban_sync.ids import PersonId
from saraban_sync.number_events import NumberReserved, ReservationEnded
from saraban_sync.registers import Register
from saraban_sync.states import State
from tests.central_district import YEAR, District, Office, audited, only

IN = Register.INCOMING


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture
def school(district: District) -> Office:
    return district.office("school", "โรงเรียนบ้านดอย")


def _twins(district: District, school: Office) -> tuple[Event, Office, Event]:
    """Let both machines give number 2; gives the letters of both and the second machine."""
    base = school.register(1)
    mine = school.register(2, subject="ของเครื่องแรก")
    district.clock.forward(minutes=1)
    twin = district.fork(
        school, base, "school-2",
        LetterRegistered(register=IN, year=YEAR, number=2, subject="ของเครื่องที่สอง"),
    )  # fmt: skip
    Router(district.centre).run()
    return mine, twin, twin.events[0]


def _book(district: District) -> SeriesProof:
    (office,) = proof.prove(district.centre).offices
    return next(one for one in office.series if one.series.register is IN)


def test_the_finding_is_explained_by_the_one_who_voided_the_later_letter(
    district: District, school: Office
) -> None:
    mine, twin, theirs = _twins(district, school)
    assert only(audited(district)).severity is Severity.CRITICAL

    district.clock.forward(minutes=4)
    twin.do(EntryVoided(entry=theirs.id, reason="เลขซ้ำกับอีกเครื่อง"))

    finding: Finding = only(audited(district))
    assert (finding.kind, finding.severity) == ("number-twice-void", Severity.NOTICE)
    assert (finding.node, finding.number, finding.event) == ("school-2", 2, theirs.id)
    for letter in (f"school {mine.id}", f"school-2 {theirs.id}"):
        assert letter in finding.thai
        assert letter in finding.english
    assert "สมศรี ใจดี ยกเลิก" in finding.thai
    assert "22/11/2569 09:05 น. เหตุผล: เลขซ้ำกับอีกเครื่อง" in finding.thai
    assert "on 2026-11-22 09:05: เลขซ้ำกับอีกเครื่อง" in finding.english


def test_the_proof_is_whole_again_and_shows_the_number_as_given_twice(
    district: District, school: Office
) -> None:
    mine, twin, theirs = _twins(district, school)
    assert not proof.prove(district.centre).whole

    voided = twin.do(EntryVoided(entry=theirs.id, reason="เลขซ้ำ"))
    found = proof.prove(district.centre)

    assert found.whole
    (twice,) = _book(district).settled
    assert twice.number == 2
    assert [(one.node, one.event, one.state, one.at) for one in twice.letters] == [
        ("school", mine.id, State.ISSUED, mine.at),
        ("school-2", theirs.id, State.VOID, voided.at),
    ]
    text = "\n".join(proof_lines(found))
    assert "! 2  ออกซ้ำ" in text
    assert f"school-2 {theirs.id}  2  ยกเลิก · void" in text
    assert "เลขซ้ำ  ของเครื่องที่สอง" in text
    (office,) = proof.as_dict(found)["offices"]
    (shown,) = next(one for one in office["series"] if one["register"] == "incoming")["settled"]
    assert [one["state"] for one in shown["letters"]] == ["issued", "void"]


def test_an_act_that_was_taken_over_names_the_person_who_did_it(
    district: District, school: Office
) -> None:
    """The machine that gave the letter was restored; its journal has the act by the program."""
    mine, _, theirs = _twins(district, school)
    mali = PersonAdded(person=PersonId("p-mali"), username="mali", name="มะลิ", roles=("clerk",))
    school.do(mali)
    former = Former(event="0001-0000000099", at="2026-11-22T02:03:00.000Z", actor=mali.person)
    district.clock.forward(days=1)

    school.do(EntryVoided(entry=mine.id, reason="เลขซ้ำ", former=former))

    finding: Finding = only(audited(district))
    assert "มะลิ ยกเลิก" in finding.thai
    assert "22/11/2569 09:03 น." in finding.thai
    assert f"school-2 {theirs.id}" in finding.thai


def test_a_third_letter_on_the_number_stays_a_double(district: District, school: Office) -> None:
    _, twin, theirs = _twins(district, school)
    twin.do(EntryVoided(entry=theirs.id, reason="เลขซ้ำ"))
    again = school.register(2, subject="อีกฉบับ")

    kinds = {(one.kind, one.event) for one in audited(district).findings}

    assert ("number-twice", again.id) in kinds
    assert not proof.prove(district.centre).whole


def test_a_reservation_that_ran_out_settles_it_too(district: District, school: Office) -> None:
    base = school.register(1)
    school.register(2)
    district.clock.forward(minutes=1)
    twin = district.fork(
        school, base, "school-2",
        NumberReserved(
            register=IN, year=YEAR, number=2, holder="ครู", purpose="x", expires="2026-11-22"
        ),
    )  # fmt: skip
    assert only(audited(district)).kind == "number-twice"

    twin.do(ReservationEnded(reservation=twin.events[0].id, how="expired"))

    assert only(audited(district)).kind == "number-twice-expired"
    assert proof.prove(district.centre).whole


def test_the_alarm_of_the_door_is_not_told_beside_it(district: District, school: Office) -> None:
    """The letter that came second to the centre need not be the one that was given later."""
    mine, twin, theirs = _twins(district, school)
    alarms = [one.value for one in district.centre.store.records(ALARMS)]
    assert [(one.kind, one.event) for one in alarms] == [("number-used-twice", mine.id)]
    assert [one.event for one in audited(district).findings] == [theirs.id]

    twin.do(EntryVoided(entry=theirs.id, reason="เลขซ้ำ"))

    assert [one.kind for one in audited(district).findings] == ["number-twice-void"]
