"""A letter travels between two offices: arrival, receipt, and what each side may believe."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_base.sqlite import rows
from saraban_node.appliance import Appliance
from saraban_node.line import deliveries, directory, inbox, postbox
from saraban_node.line.deliveries import Delivery, Stage
from saraban_node.numbering import numbers
from saraban_sync.body import Source
from saraban_sync.events import Event, LetterArrived, ReceiptGiven
from saraban_sync.grants import DirectoryEntry, sign_entry, sign_grant
from saraban_sync.ids import OfficeCode
from saraban_sync.registers import Register, Urgency
from saraban_sync.signing import SigningKey
from saraban_sync.wire import CENTRE, Document, event_document
from tests.offices import (
    CENTRE_KEY,
    YEAR,
    FarOffice,
    HandClock,
    Numbers,
    a_grant,
    a_letter,
    an_office,
    carry,
    events_of,
    introduce,
    put_file,
    register,
)
from tests.promises import kept


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def school(tmp_path: Path, clock: HandClock) -> Iterator[Appliance]:
    node = an_office(tmp_path / "school", clock=clock)
    yield node
    node.close()


@pytest.fixture
def area(tmp_path: Path, school: Appliance, clock: HandClock) -> Iterator[Appliance]:
    """The area office, a real node too; each knows the other."""
    node = an_office(tmp_path / "area", code="area-1", name="สพป. เขต ๑", clock=clock)
    for one in (school, node):
        introduce(one, school, node)
    yield node
    node.close()


def send(school: Appliance, n: int = 1) -> Event:
    """Send a letter with a file to the area office; gives the event that travels."""
    ref = put_file(school, f"%PDF {n}".encode())
    letter = a_letter(n, Register.OUTGOING, offices=(OfficeCode("area-1"),), files=(ref,))
    register(school, letter)
    return events_of(school, "letter.sent")[-1]


def take(node: Appliance, document: Document) -> None:
    with node.db.write() as write:
        postbox.take_item(write, node, document)


def take_directory(node: Appliance, key: SigningKey, entry: DirectoryEntry) -> None:
    text = sign_entry(key, entry)
    document = Document(id="1", payload=text.p.encode(), signature=text.s, sender=CENTRE)
    with node.db.write() as write:
        postbox.take_directory(write, document)


def set_aside(node: Appliance) -> list[str]:
    with node.db.read() as cursor:
        return [row[0] for row in rows(cursor, "SELECT problem FROM set_aside")]


def delivery(node: Appliance, seq: int) -> Delivery:
    with node.db.read() as cursor:
        (found,) = deliveries.of_entry(cursor, seq)
    return found


def test_a_letter_arrives_is_registered_and_its_receipt_comes_back(
    school: Appliance, area: Appliance, clock: HandClock
) -> None:
    sent = send(school)
    line = sent.seq - 1
    assert delivery(school, line).stage is Stage.HERE

    clock.forward(hours=1)
    with school.db.write() as write:
        deliveries.stored_through(write, sent.seq)
    clock.forward(hours=1)
    carry(sent, area)
    arrived = events_of(area, "letter.arrived")[0]
    assert delivery(school, line).stage is Stage.STORED
    carry(arrived, school)
    assert delivery(school, line).stage is Stage.ARRIVED

    clock.forward(hours=1)
    with area.db.read() as cursor:
        letter = inbox.letter_of(inbox.arrivals(cursor)[0])
    entry = register(area, letter)
    carry(events_of(area, "receipt.given")[0], school, place=2)

    found = delivery(school, line)
    assert found.stage is Stage.REGISTERED
    assert (found.office, found.office_name) == ("area-1", "สพป. เขต ๑")
    assert (found.year, found.number) == (YEAR, entry.number)
    hours = [found.stored_at, found.arrived_at, found.registered_at]
    assert [round((one - found.sent_at).total_seconds() / 3600) for one in hours if one] == [
        1,
        2,
        3,
    ]
    assert set_aside(school) == set_aside(area) == []
    for node in (school, area):
        kept(node)


def test_an_arrival_shows_what_the_sender_wrote(school: Appliance, area: Appliance) -> None:
    sent = send(school)
    carry(sent, area)

    with area.db.read() as cursor:
        (arrival,) = inbox.arrivals(cursor)
        wanted = postbox.wanted_files(cursor)

    assert (arrival.sender_office, arrival.letter_no) == ("โรงเรียนบ้านดอย", "ศธ 04123.45/1")
    assert [ref.name for ref in arrival.files] == ["หนังสือ.pdf"]
    assert [ref.sha256 for ref in wanted] == [arrival.files[0].sha256]
    letter = inbox.letter_of(arrival)
    assert (letter.register, letter.source) == (Register.INCOMING, sent.source)
    assert letter.files == arrival.files


def test_a_file_that_is_here_already_is_not_asked_for(school: Appliance, area: Appliance) -> None:
    put_file(area, b"%PDF 1")
    carry(send(school), area)

    with area.db.read() as cursor:
        assert postbox.wanted_files(cursor) == []


def test_the_most_urgent_arrivals_come_first_and_then_the_oldest(
    school: Appliance, area: Appliance
) -> None:
    for n, urgency in enumerate([Urgency.NORMAL, Urgency.MOST_URGENT, Urgency.URGENT, "normal"]):
        letter = a_letter(
            n, Register.OUTGOING, offices=(OfficeCode("area-1"),), urgency=Urgency(urgency)
        )
        register(school, letter)
        carry(events_of(school, "letter.sent")[-1], area, place=n)

    with area.db.read() as cursor:
        shown = [arrival.letter_no[-1] for arrival in inbox.arrivals(cursor)]

    assert shown == ["2", "3", "1", "4"]


def test_the_same_item_twice_changes_nothing(school: Appliance, area: Appliance) -> None:
    sent = send(school)
    carry(sent, area)
    arrived = events_of(area, "letter.arrived")[0]
    carry(arrived, school)
    before = kept(school), kept(area), delivery(school, sent.seq - 1)

    for place in (1, 2, 99):
        carry(sent, area, place=place)
        carry(arrived, school, place=place)

    assert (kept(school), kept(area), delivery(school, sent.seq - 1)) == before
    assert set_aside(school) == set_aside(area) == []


def test_a_range_is_taken_in_once_however_often_it_comes(area: Appliance) -> None:
    text = sign_grant(CENTRE_KEY, a_grant(area, Numbers(Register.INCOMING, YEAR + 1, 50)))
    document = Document(id="7", payload=text.p.encode(), signature=text.s, sender=CENTRE)

    for _ in range(3):
        take(area, document)

    with area.db.read() as cursor:
        assert numbers.left(cursor, Register.INCOMING, YEAR + 1) == 50
    assert set_aside(area) == []
    kept(area)


def test_a_range_for_another_node_is_set_aside(school: Appliance, area: Appliance) -> None:
    text = sign_grant(CENTRE_KEY, a_grant(school, Numbers(Register.INCOMING, YEAR + 1, 50)))

    take(area, Document(id="7", payload=text.p.encode(), signature=text.s, sender=CENTRE))

    assert "is for school-a" in set_aside(area)[0]
    kept(area)


def test_a_range_that_the_centre_did_not_sign_is_set_aside(area: Appliance) -> None:
    paper = a_grant(area, Numbers(Register.INCOMING, YEAR + 1, 50))
    for key in (SigningKey.generate(), area.journal.key):
        text = sign_grant(key, paper)
        take(area, Document(id="7", payload=text.p.encode(), signature=text.s, sender=CENTRE))

    assert [problem[:7] for problem in set_aside(area)] == ["SRB-102"]
    with area.db.read() as cursor:
        assert numbers.left(cursor, Register.INCOMING, YEAR + 1) == 0


def test_a_letter_under_a_forged_sender_is_set_aside(school: Appliance, area: Appliance) -> None:
    """Mars signs with its own key and says it is the school."""
    mars = FarOffice(code="school-a", key=SigningKey.generate())

    carry(mars.sends("area-1"), area)

    assert set_aside(area)[0].startswith("SRB-102")
    with area.db.read() as cursor:
        assert inbox.waiting(cursor) == 0


def test_a_letter_of_one_office_carried_under_another_s_name_is_set_aside(
    school: Appliance, area: Appliance
) -> None:
    far = FarOffice(code="school-b")
    introduce(area, far)

    carry(far.sends("area-1"), area, sender="school-a")

    assert len(set_aside(area)) == 1
    with area.db.read() as cursor:
        assert inbox.waiting(cursor) == 0


def test_a_letter_from_an_office_nobody_knows_is_set_aside(area: Appliance) -> None:
    carry(FarOffice(code="mars").sends("area-1"), area)

    assert "not in the directory" in set_aside(area)[0]


def test_a_letter_for_another_office_is_set_aside(school: Appliance, area: Appliance) -> None:
    carry(FarOffice(code="school-a", key=school.journal.key).sends("school-z"), area)

    assert "not for this office" in set_aside(area)[0]


def test_a_bad_item_does_not_hold_up_the_good_ones(school: Appliance, area: Appliance) -> None:
    good = [send(school, n) for n in range(3)]
    with area.db.write() as write:
        for place, event in enumerate(good):
            broken = event_document(event, name=f"bad-{place}", sender="school-a")
            spoilt = Document(
                id=broken.id,
                payload=broken.payload.replace(b"PDF", b"EXE") + b" ",
                signature=broken.signature,
                sender=broken.sender,
            )
            postbox.take_item(write, area, spoilt)
            document = event_document(event, name=f"good-{place}", sender="school-a")
            postbox.take_item(write, area, document)

    assert len(set_aside(area)) == 3
    with area.db.read() as cursor:
        assert inbox.waiting(cursor) == 3
    kept(area)


def test_evidence_counts_only_for_a_letter_that_was_really_sent_there(
    school: Appliance, area: Appliance, clock: HandClock
) -> None:
    """A receiver signs for letters it never got: another event, another hash, never sent to it."""
    sent = send(school)
    far = FarOffice(code="area-1", key=area.journal.key, clock=clock)
    stranger = FarOffice(code="school-b")
    introduce(school, stranger)
    never = Source(node="school-a", event="0001-0000000001", hash="0" * 64)
    changed = Source(node="school-a", event=sent.id, hash="f" * 64)

    for place, (office, source) in enumerate(
        [(far, never), (far, changed), (stranger, sent.source)]
    ):
        receipt = ReceiptGiven(
            source=source,
            sender_office="school-a",
            year=YEAR,
            number=9,
            registered_at="2026-11-22T03:00:00.000Z",
        )
        carry(office.write(receipt), school, place=place)
        arrived = LetterArrived(source=source, sender_office="school-a")
        carry(office.write(arrived), school, place=100 + place)

    assert len(set_aside(school)) == 6
    assert delivery(school, sent.seq - 1).stage is Stage.HERE


def test_the_first_receipt_stands(school: Appliance, area: Appliance, clock: HandClock) -> None:
    sent = send(school)
    far = FarOffice(code="area-1", key=area.journal.key, clock=clock)
    for number in (5, 6):
        receipt = ReceiptGiven(
            source=sent.source,
            sender_office="school-a",
            year=YEAR,
            number=number,
            registered_at="2026-11-22T03:00:00.000Z",
        )
        carry(far.write(receipt), school, place=number)

    assert delivery(school, sent.seq - 1).number == 5


def test_the_newest_entry_of_the_directory_counts_and_an_older_one_changes_nothing(
    school: Appliance, area: Appliance
) -> None:
    for version, name in ((7, "ชื่อใหม่"), (5, "ชื่อเก่า")):
        entry = DirectoryEntry(
            kind="office", version=version, code="area-1", name=name, at="x", generation=1
        )
        take_directory(school, CENTRE_KEY, entry)
    forged = DirectoryEntry(
        kind="office", version=99, code="area-1", name="ของปลอม", at="x", generation=1
    )
    take_directory(school, area.journal.key, forged)
    sent = send(school)

    assert delivery(school, sent.seq - 1).office_name == "ชื่อใหม่"
    assert len(set_aside(school)) == 1


def test_an_office_out_of_use_gets_no_letters_but_its_old_signatures_stay_good(
    school: Appliance, area: Appliance
) -> None:
    sent = send(school)
    carry(sent, area)
    for kind, office in (("office", ""), ("node", "area-1")):
        take_directory(
            school,
            CENTRE_KEY,
            DirectoryEntry(
                kind=kind,  # type: ignore[arg-type] # both of the two kinds
                version=50,
                code="area-1",
                name="",
                office=office,
                key=area.journal.key.public,
                at="x",
                generation=1,
                active=False,
            ),
        )

    carry(events_of(area, "letter.arrived")[0], school)

    assert delivery(school, sent.seq - 1).stage is Stage.ARRIVED
    with school.db.read() as cursor:
        assert [office.code for office in directory.offices(cursor)] == ["school-a"]
