"""The passport of a number: found however it is written, with all the evidence the centre has."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_central.errors import NumberUnclear, UnknownOffice
from saraban_central.numbering import by_hand, grants, lookup, passport
from saraban_central.numbering.granting import Granting
from saraban_central.numbering.lookup import Candidate, Narrow
from saraban_central.numbering.passport import Passport
from saraban_central.post.router import Router
from saraban_central.readmodel import registers
from saraban_sync.events import (
    EntryVoided,
    Event,
    LetterRegistered,
    LetterSent,
    RangeAccepted,
)
from saraban_sync.number_events import (
    EmergencyRegistered,
    GapExplained,
    NumberReserved,
    NumbersSkipped,
    RangeRequested,
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


def _look(district: District, text: str, **narrow: object) -> list[Candidate]:
    district.centre.readmodel.catch_up(district.centre.store)
    with district.centre.readmodel.read() as cursor:
        where = Narrow(**narrow)  # type: ignore[arg-type]
        return lookup.candidates(district.centre, cursor, text, where)


def _passport(district: District, number: int, register: Register = IN) -> Passport:
    district.centre.readmodel.catch_up(district.centre.store)
    with district.centre.readmodel.read() as cursor:
        return passport.of_number(district.centre, cursor, "school", register, YEAR, number)


# Finding


def _circular(school: Office) -> Event:
    body = LetterRegistered(
        register=OUT, year=YEAR, number=1, subject="แจ้งเวียน", circular=True,
        letter_no="ศธ 04123.45/ว 1",
    )  # fmt: skip
    return school.do(body)


@pytest.mark.parametrize(
    "text",
    ["ศธ 04123.45/ว 1", "ศธ ๐๔๑๒๓.๔๕/ว๑", "ว 1", "ว๑/๒๕๖๙", "ส่งที่ 1/2569", "1/2569", "ที่ ว 1/69"],
)
def test_a_number_is_found_however_it_is_written(
    district: District, school: Office, text: str
) -> None:
    event = _circular(school)

    found = [one for one in _look(district, text) if one.event]

    assert [(one.office, one.register, one.number, one.event) for one in found] == [
        ("school", OUT, 1, event.id)
    ]


def test_a_number_that_several_offices_have_is_offered_for_each(
    district: District, school: Office
) -> None:
    other = district.office("other")
    school.register(1)
    other.register(1)

    found = _look(district, "รับที่ 1/2569")

    assert [(one.office, one.state) for one in found] == [("other", "issued"), ("school", "issued")]
    assert [one.office for one in _look(district, "1", office="school", register=IN)] == ["school"]
    assert _look(district, "1", year=YEAR + 1) == []


def test_a_granted_number_without_a_line_is_found(district: District, school: Office) -> None:
    school.do(NumbersSkipped(register=IN, year=YEAR, first=1, last=9, why="restored"))

    states = [one.state for one in _look(district, "รับที่ 5")]
    assert states == ["skipped"]
    assert [one.state for one in _look(district, "รับที่ 15")] == ["unused"]
    assert _look(district, "รับที่ 500") == []


def test_an_emergency_number_is_found(district: District, school: Office) -> None:
    line = school.do(
        EmergencyRegistered(outage=1, emergency=3, register=IN, year=YEAR, subject="ด่วน")
    )

    for text in ("ฉ 3/2569", "ฉ๓/๒๕๖๙", "ทะเบียนฉุกเฉิน 3"):
        (one,) = _look(district, text)
        assert (one.number, one.emergency, one.event) == (0, 3, line.id)


def test_a_letter_of_a_stranger_is_found_by_what_stands_on_it(
    district: District, school: Office
) -> None:
    event = school.register(1, letter_no="สธ 0201/ว 99")

    found = _look(district, "ที่ สธ ๐๒๐๑/ว๙๙")

    assert [one.event for one in found] == [event.id]


def test_what_holds_no_number_is_said_so(district: District, school: Office) -> None:
    with pytest.raises(NumberUnclear) as wrong:
        _look(district, "เรื่องขอเชิญประชุม")
    assert "ขอเชิญ" in wrong.value.sentence("th")


# Its life


def test_a_letters_number_has_its_whole_life(district: District, school: Office) -> None:
    mate = district.mate(school, "school-2", size=0)
    school.do(RangeRequested(register=OUT, year=YEAR, size=50, left=3))
    Router(district.centre).run()
    Granting(district.centre).run()
    grant = f"school-outgoing-{YEAR}-21"
    held = by_hand.granted_to(district.centre.store, "school", grant)
    assert held is not None
    school.do(RangeAccepted(grant=grants.paper(held)))
    area = district.office("area")
    kept = school.do(
        NumberReserved(
            register=OUT, year=YEAR, number=21, holder="ครูสมชาย", purpose="ขออนุญาต",
            expires="2026-11-30",
        )
    )  # fmt: skip
    district.clock.forward(minutes=3)
    letter = school.do(
        LetterRegistered(register=OUT, year=YEAR, number=21, subject="ขออนุญาต", reservation=kept.id)
    )
    sent = school.do(
        LetterSent(entry=letter.id, offices=("area",), year=YEAR, number=21, subject="ขออนุญาต")
    )
    Router(district.centre).run()
    area.receive(sent, school)
    area.book(sent, school, 1)
    assert mate.node

    found = _passport(district, 21, OUT)

    assert (found.state, found.problems) == (State.ISSUED, ())
    assert found.grant is not None
    assert found.grant.grant.grant == grant
    assert found.grant.request is not None
    assert (found.grant.request.left, found.grant.grant.by) == (3, "system")
    assert found.grant.taken is not None
    (line,) = found.lines
    assert (line.event, line.reserved_for) == (letter.id, "ครูสมชาย")
    assert [step.act.type for step in found.steps] == [
        "number.reserved", "letter.registered", "letter.sent",
    ]  # fmt: skip
    assert all(step.signed and step.signer == "school" for step in found.steps)
    assert [step.hash for step in found.steps] == [kept.hash, letter.hash, sent.hash]
    assert all(step.clock and step.clock.boot == "0a1b2c3d" for step in found.steps)
    assert [[one.node for one in step.passed] for step in found.steps] == [
        ["school-2"], ["school-2"], ["area", "school-2"],
    ]  # fmt: skip
    (receiver,) = found.receivers
    assert (receiver.stage, receiver.registered_number) == ("registered", 1)
    assert receiver.receipt_at
    assert found.alarms == ()


def test_a_skipped_number_tells_why_and_what_was_found_out(
    district: District, school: Office
) -> None:
    gap = school.do(NumbersSkipped(register=IN, year=YEAR, first=1, last=9, why="restored"))
    word = school.do(GapExplained(register=IN, year=YEAR, first=5, last=5, text="พบในแฟ้ม"))

    found = _passport(district, 5)

    assert found.state is State.SKIPPED
    assert [one.event for one in found.gaps] == [gap.id]
    assert [step.act.event for step in found.steps] == [gap.id, word.id]
    assert found.gaps[0].explanations[0].text == "พบในแฟ้ม"
    assert _passport(district, 12).state is State.UNUSED


def test_a_number_of_two_letters_says_so(district: District, school: Office) -> None:
    school.register(1)
    second = school.register(1, subject="อีกเรื่อง")
    Router(district.centre).run()
    found = _passport(district, 1)
    assert ([one.trouble for one in found.problems], found.settled) == ([Trouble.TWICE], False)

    school.do(EntryVoided(entry=second.id, reason="ซ้ำ"))
    Router(district.centre).run()
    found = _passport(district, 1)

    assert len(found.lines) == 2
    assert (found.problems, found.settled) == ((), True)
    assert [one.kind for one in found.alarms] == ["number-used-twice"]


def test_a_number_nobody_granted_and_one_passed_over_are_told_apart(
    district: District, school: Office
) -> None:
    school.register(3)

    assert _passport(district, 2).state is State.MISSING
    assert [one.trouble for one in _passport(district, 2).problems] == [Trouble.MISSING]
    assert _passport(district, 500).state is None
    with pytest.raises(UnknownOffice), district.centre.readmodel.read() as cursor:
        passport.of_number(district.centre, cursor, "nowhere", IN, YEAR, 1)


def test_an_altered_event_is_shown_as_such(district: District, school: Office) -> None:
    event = school.register(1, subject="เรื่องเดิม")
    district.centre.readmodel.catch_up(district.centre.store)
    district.tamper_event(event, lambda text: text.replace("เรื่องเดิม", "เรื่องใหม่"))

    (step,) = _passport(district, 1).steps

    assert not step.signed
    assert step.signer == "school"
    district.tamper_event(event, lambda text: text[:-3])
    (step,) = _passport(district, 1).steps
    assert (step.signed, step.signer, step.hash) == (False, "", "")


def test_a_letter_that_has_only_an_emergency_number_has_a_passport_too(
    district: District, school: Office
) -> None:
    line = school.do(
        EmergencyRegistered(outage=1, emergency=1, register=IN, year=YEAR, subject="ด่วน")
    )
    district.centre.readmodel.catch_up(district.centre.store)
    with district.centre.readmodel.read() as cursor:
        found_line = registers.line(cursor, "school", line.id)
        assert found_line is not None
        found = passport.of_line(district.centre, cursor, found_line)

    assert (found.number, found.state, found.grant) == (0, State.ISSUED, None)
    assert [step.act.type for step in found.steps] == ["emergency.registered"]
    school.register(1)
    district.centre.readmodel.catch_up(district.centre.store)
    with district.centre.readmodel.read() as cursor:
        numbered = registers.page(cursor, "school", IN, YEAR)[0]
        assert passport.of_line(district.centre, cursor, numbered).number == 1
