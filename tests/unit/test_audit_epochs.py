"""Restored and forked machines: what they leave behind is no fault, and a true fault is one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_central.audit.findings import Finding
from saraban_central.audit.keeping import Auditing
from saraban_central.post.router import Router
from saraban_sync.body import Body
from saraban_sync.events import EntryVoided, LetterRegistered, LetterSent
from saraban_sync.journal_events import EpochStarted
from saraban_sync.number_events import (
    EmergencyCorrelated,
    EmergencyRegistered,
    NumberReserved,
    NumbersSkipped,
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


def _skip(office: Office, first: int, last: int, why: str = "restored") -> None:
    office.do(NumbersSkipped(register=IN, year=YEAR, first=first, last=last, why=why))  # type: ignore[arg-type]


def _kinds(district: District) -> list[str]:
    Router(district.centre).run()
    return [one.kind for one in audited(district).findings]


def test_a_restored_machine_that_left_letters_behind_is_proven_whole(
    district: District, school: Office
) -> None:
    base = school.register(1)
    for number in (2, 3):
        school.register(number)
    district.clock.forward(hours=2)
    school.set_back(base)
    _skip(school, 2, 9)
    school.register(10)

    Router(district.centre).run()
    report = audited(district)

    assert report.findings == ()
    assert report.clean
    (office,) = report.offices
    assert office.states == {"issued": 4, "skipped": 6, "unused": 30}


def test_a_machine_restored_twice_is_proven_whole(district: District, school: Office) -> None:
    base = school.register(1)
    school.register(2)
    first = school.set_back(base)
    _skip(school, 2, 5)
    school.set_back(base)
    _skip(school, 2, 9)
    school.register(10)
    school.set_back(school.events[-1])
    school.register(11)

    assert first.epoch == 2
    assert _kinds(district) == []


def test_an_audit_before_and_after_a_restore_finds_nothing_rewritten(
    district: District, school: Office
) -> None:
    base = school.register(1)
    school.register(2)
    audits = Auditing(district.centre)
    assert audits.run("system").clean

    school.set_back(base)
    _skip(school, 2, 9)

    for _ in range(2):
        assert audits.run("system").findings == ()


def test_an_epoch_that_does_not_follow_its_base_is_found(
    district: District, school: Office
) -> None:
    base, other = school.register(1), school.register(2)
    school.set_back(base)
    school.seq, school.prev = base.seq, other.hash
    school.epoch = 3
    event = school.do(EpochStarted(reason="restored", base=base.id))

    kinds = {(one.kind, one.event) for one in audited(district).findings}

    assert ("chain", event.id) in kinds
    assert ("epoch", event.id) in kinds


def test_an_epoch_that_begins_nowhere_is_found(district: District, school: Office) -> None:
    school.register(1)
    school.epoch, school.seq = 2, 50
    event = school.do(EpochStarted(reason="restored", base="0001-0000000050"))

    assert {(one.kind, one.event) for one in audited(district).findings} >= {
        ("events-missing", event.id)
    }


def test_an_event_altered_in_what_was_left_behind_is_found(
    district: District, school: Office
) -> None:
    base = school.register(1)
    lost = school.register(2, subject="เรื่องเดิม")
    school.register(3)
    school.set_back(base)
    _skip(school, 2, 9)
    district.tamper_event(lost, lambda text: text.replace("เรื่องเดิม", "เรื่องใหม่"))

    kinds = [(one.kind, one.event) for one in audited(district).findings]

    assert kinds == [("signature", lost.id)]


def test_a_number_given_again_after_a_restore_is_found(district: District, school: Office) -> None:
    base = school.register(1)
    school.register(2, subject="ก่อนกู้คืน")
    district.clock.forward(hours=1)
    school.set_back(base)
    second = school.register(2, subject="หลังกู้คืน")

    finding = only(audited(district))

    assert (finding.kind, finding.event, finding.number) == ("number-twice", second.id, 2)


def test_a_number_that_is_missing_after_a_restore_is_found(
    district: District, school: Office
) -> None:
    base = school.register(1)
    school.set_back(base)
    school.register(5)

    finding = only(audited(district))

    assert (finding.kind, finding.number, finding.last) == ("number-missing", 2, 4)


def test_emergency_numbers_of_a_restored_machine_keep_away_from_those_before(
    district: District, school: Office
) -> None:
    for number in (1, 2):
        school.do(
            EmergencyRegistered(outage=1, emergency=number, register=IN, year=YEAR, subject="x")
        )
    base = school.events[-2]
    school.set_back(base)
    school.do(EmergencyRegistered(outage=1, emergency=30, register=IN, year=YEAR, subject="x"))

    assert _kinds(district) == []


def test_an_emergency_letter_of_december_may_be_numbered_again_after_a_restore_in_january(
    district: District, school: Office
) -> None:
    line = school.do(
        EmergencyRegistered(outage=1, emergency=1, register=IN, year=YEAR, subject="x")
    )
    district.clock.forward(days=60)
    school.do(EmergencyCorrelated(entry=line.id, register=IN, year=YEAR, number=1))
    school.set_back(line)
    _skip(school, 1, 9)
    school.do(EmergencyCorrelated(entry=line.id, register=IN, year=YEAR, number=10))

    assert _kinds(district) == []


# Forks


def test_a_forked_machine_is_proven_whole(district: District, school: Office) -> None:
    area = district.office("area")
    shared = school.register(1, register=OUT)
    kept = school.do(
        NumberReserved(register=OUT, year=YEAR, number=2, holder="ก", purpose="ข",
                       expires="2026-12-31")
    )  # fmt: skip
    line = school.do(
        EmergencyRegistered(outage=1, emergency=1, register=IN, year=YEAR, subject="x")
    )
    school.send(3, "area", subject="ของเครื่องแรก")
    twin = district.fork(
        school,
        line,
        "school-2",
        LetterRegistered(register=OUT, year=YEAR, number=4, subject="ของเครื่องที่สอง"),
        LetterSent(
            entry="0001-0000000008", offices=("area",), year=YEAR, number=4,
            subject="ของเครื่องที่สอง",
        ),
        EmergencyRegistered(outage=1, emergency=2, register=IN, year=YEAR, subject="x"),
    )  # fmt: skip
    twin.do(EntryVoided(entry=shared.id, reason="ผิด"))
    twin.do(ReservationEnded(reservation=kept.id, how="expired"))
    twin.do(NumbersSkipped(register=OUT, year=YEAR, first=5, last=20, why="forked"))
    twin.take(OUT, 10)
    twin.register(21, register=OUT)
    school.do(NumbersSkipped(register=OUT, year=YEAR, first=4, last=20, why="twin"))
    for number, office in enumerate((school, twin), 1):
        letter = next(event for event in office.events if event.type == "letter.sent")
        area.receive(letter, school)
        area.book(letter, school, number)

    Router(district.centre).run()
    report = audited(district)

    assert report.findings == ()
    assert report.clean
    states = next(one.states for one in report.offices if one.office == "school")
    assert states["issued"] == 3
    assert (states["void"], states["expired"], states["skipped"]) == (1, 1, 16)


def test_a_number_that_both_machines_gave_is_found(district: District, school: Office) -> None:
    base = school.register(1)
    school.register(2, subject="ของเครื่องแรก")
    twin = district.fork(
        school, base, "school-2",
        LetterRegistered(register=IN, year=YEAR, number=2, subject="ของเครื่องที่สอง"),
    )  # fmt: skip
    Router(district.centre).run()

    finding: Finding = only(audited(district))

    assert (finding.kind, finding.node, finding.number) == ("number-twice", "school-2", 2)
    assert finding.event == twin.events[0].id


def test_of_two_machines_with_one_name_the_one_that_was_first_is_named_by_its_journal(
    district: District, school: Office
) -> None:
    """Both letters were signed under one name and may even bear one event's number."""
    base = school.register(1)
    twin = district.fork(
        school, base, "school-2",
        LetterRegistered(register=IN, year=YEAR, number=2, subject="ของเครื่องที่สอง"),
    )  # fmt: skip
    district.clock.forward(minutes=1)
    later = school.register(2, subject="ของเครื่องแรก")
    Router(district.centre).run()

    (finding,) = [one for one in audited(district).findings if one.kind == "number-twice"]

    assert (finding.node, finding.event) == ("school", later.id)
    assert f"ครั้งแรกที่ school-2 {twin.events[0].id}" in finding.thai


def test_letters_that_were_there_before_the_copying_may_come_from_both_machines(
    district: District, school: Office
) -> None:
    base = school.register(1)
    before: tuple[Body, ...] = (
        LetterRegistered(register=IN, year=YEAR, number=2, subject="x"),
        NumberReserved(register=OUT, year=YEAR, number=1, holder="ก", purpose="ข",
                       expires="2026-12-31"),
        EmergencyRegistered(outage=1, emergency=1, register=IN, year=YEAR, subject="x"),
    )  # fmt: skip
    later = EmergencyRegistered(outage=1, emergency=2, register=IN, year=YEAR, subject="x")
    for body in before:
        school.do(body)
    copied = school.events[-2]
    twin = district.fork(school, base, "school-2", *before, later)
    assert twin.events[1].hash == copied.hash

    twin.do(LetterRegistered(register=OUT, year=YEAR, number=1, subject="x", reservation=copied.id))
    assert _kinds(district) == []


def test_an_emergency_letter_that_both_machines_gave_the_same_number_is_no_double(
    district: District, school: Office
) -> None:
    line = school.do(
        EmergencyRegistered(outage=1, emergency=1, register=IN, year=YEAR, subject="x")
    )
    number = EmergencyCorrelated(entry=line.id, register=IN, year=YEAR, number=1)
    school.do(number)
    district.clock.forward(minutes=1)
    district.fork(school, line, "school-2", number)

    assert _kinds(district) == []


def test_an_emergency_number_that_both_machines_gave_is_found(
    district: District, school: Office
) -> None:
    base = school.register(1)
    given = EmergencyRegistered(outage=1, emergency=1, register=IN, year=YEAR, subject="x")
    school.do(given)
    district.clock.forward(minutes=1)
    twin = district.fork(school, base, "school-2", given)

    finding = only(audited(district))

    assert (finding.kind, finding.node) == ("emergency-twice", "school-2")
    assert finding.event == twin.events[0].id


def test_an_event_under_the_old_name_after_the_fork_is_found(
    district: District, school: Office
) -> None:
    base = school.register(1)
    old = (school.node, school.key)
    twin = district.fork(school, base, "school-2")
    twin.node, twin.key = old
    event = twin.register(2)

    kinds = {(one.kind, one.event) for one in audited(district).findings}

    assert ("foreign", event.id) in kinds


def test_a_forked_journal_that_does_not_follow_its_base_is_found(
    district: District, school: Office
) -> None:
    base, other = school.register(1), school.register(2)
    twin = district.fork(school, base, "school-2")
    district.lose_events(twin, 1, 99)
    twin.journal = twin.node
    twin.seq, twin.prev = base.seq, other.hash
    event = twin.register(3)

    kinds = {(one.kind, one.node, one.event) for one in audited(district).findings}

    assert ("chain", "school-2", event.id) in kinds
