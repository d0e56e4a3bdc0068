"""What offices say of each other's letters is compared; every fault is found and located."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_central import directory
from saraban_central.audit.findings import KINDS
from saraban_sync.body import Source
from saraban_sync.events import LetterArrived, LetterRegistered, LetterSent, ReceiptGiven
from saraban_sync.registers import Register, instant
from tests.central_district import YEAR, District, Office, audited, only


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture
def area(district: District) -> Office:
    return district.office("area", "สำนักงานเขตพื้นที่การศึกษา")


@pytest.fixture
def school(district: District) -> Office:
    return district.office("school", "โรงเรียนบ้านดอย")


def test_a_letter_that_waits_to_be_registered_is_found_after_three_days(
    district: District, area: Office, school: Office
) -> None:
    letter = area.send(1, "school")
    arrived = school.receive(letter, area)
    district.clock.forward(days=2)
    assert audited(district).clean
    assert not audited(district).findings
    district.clock.forward(days=1)

    finding = only(audited(district))

    assert (finding.kind, finding.office, finding.event) == ("late", "school", arrived.id)
    assert "3 วัน" in finding.thai
    assert "ศธ 04123/1" in finding.thai


def test_a_letter_that_never_arrived_is_found_at_its_sender(
    district: District, area: Office, school: Office
) -> None:
    letter = area.send(1, "school")
    district.clock.forward(days=5)

    finding = only(audited(district))

    assert (finding.kind, finding.office, finding.event) == ("not-arrived", "area", letter.id)
    assert finding.since == letter.at


def test_a_letter_to_an_unknown_office_or_one_without_a_machine_is_found(
    district: District, area: Office
) -> None:
    directory.add_office(district.centre, "new", name="โรงเรียนใหม่", prefix="ศธ 1")
    area.send(1, "nowhere", "new")

    unknown, waiting = audited(district).findings

    assert (unknown.kind, unknown.office) == ("unknown-office", "area")
    assert (waiting.kind, waiting.office) == ("no-machine", "area")


def test_a_letter_that_is_not_the_one_that_was_sent_is_found(
    district: District, area: Office, school: Office
) -> None:
    letter = area.send(1, "school")
    source = Source(node="area", event=letter.id, hash="a" * 64)
    event = school.do(LetterArrived(source=source, sender_office="area"))
    entry = school.write(registered_from(source, 1))
    school.tell(entry)

    finding = only(audited(district))

    assert (finding.kind, finding.office, finding.event) == ("sent-altered", "school", event.id)


def test_a_letter_that_nobody_sent_is_found(
    district: District, area: Office, school: Office
) -> None:
    source = Source(node="area", event="0001-0000000099", hash="a" * 64)
    event = school.do(LetterArrived(source=source, sender_office="area"))

    assert [(one.kind, one.event) for one in audited(district).findings] == [("not-sent", event.id)]


def test_a_letter_sent_to_somebody_else_is_found(
    district: District, area: Office, school: Office
) -> None:
    other = district.office("other")
    letter = area.send(1, "other")
    other.receive(letter, area)
    event = school.receive(letter, area)

    assert [(one.kind, one.event) for one in audited(district).findings] == [("not-sent", event.id)]


def test_a_receiver_is_not_accused_when_the_senders_own_event_is_damaged_here(
    district: District, area: Office, school: Office
) -> None:
    letter = area.send(1, "school")
    area.register(2, register=Register.OUTGOING)
    school.receive(letter, area)
    school.book(letter, area, 1)
    district.tamper_event(letter, lambda text: text.replace("ประชุม", "ประชุ"))

    finding = only(audited(district))

    assert (finding.kind, finding.office) == ("signature", "area")


def test_a_receipt_with_another_number_is_found(
    district: District, area: Office, school: Office
) -> None:
    letter = area.send(1, "school")
    school.receive(letter, area)
    school.register(1, source=letter)
    receipt = ReceiptGiven(
        source=letter.source, sender_office="area", year=YEAR, number=9,
        registered_at=instant(district.clock.now()),
    )  # fmt: skip
    event = school.do(receipt)

    finding = only(audited(district))

    assert (finding.kind, finding.event, finding.number) == ("receipt-wrong", event.id, 9)
    assert f"1/{YEAR}" in finding.thai


def test_a_letter_sent_without_an_entry_is_found(
    district: District, area: Office, school: Office
) -> None:
    letter = LetterSent(
        entry="0001-0000000001", offices=("school",), year=YEAR, number=5, subject="ลอย"
    )
    event = area.do(letter)

    finding = only(audited(district))

    assert (finding.kind, finding.event, finding.number) == ("sent-unregistered", event.id, 5)


def test_a_letter_to_thousands_of_nonsense_offices_is_one_finding(
    district: District, area: Office
) -> None:
    area.send(1, *(f"nonsense-{number}" for number in range(3_000)))

    finding = only(audited(district))

    assert finding.kind == "unknown-office"
    assert "+2995" in finding.english
    assert len(finding.thai) < 1_000


def test_a_sentence_stays_short_whatever_an_office_writes(
    district: District, area: Office, school: Office
) -> None:
    source = Source(node="=x" * 9_000, event="'" * 9_000, hash="")
    school.do(LetterArrived(source=source, sender_office="<b>" * 9_000))

    finding = only(audited(district))

    assert finding.kind == "not-sent"
    assert len(finding.thai) < 1_000


def test_every_kind_of_finding_is_provoked_in_one_of_these_files() -> None:
    texts = "".join(
        file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_audit_*.py")
    )
    unseen = [kind for kind in KINDS if f'"{kind}"' not in texts]
    assert unseen == []


def registered_from(source: Source, number: int) -> LetterRegistered:
    return LetterRegistered(
        register=Register.INCOMING, year=YEAR, number=number, subject="x", source=source
    )
