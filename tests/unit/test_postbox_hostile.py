"""An office takes nothing in by halves, and no letter of another office can stop its mailbox."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from saraban_base.sqlite import rows, value
from saraban_node import journal, projections
from saraban_node.appliance import Appliance
from saraban_node.line import inbox, postbox
from saraban_sync.backup_events import BackupFinished
from saraban_sync.body import Body, FileRef, Source
from saraban_sync.errors import Unintelligible
from saraban_sync.events import (
    LetterArrived,
    LetterRegistered,
    LetterSent,
    ReceiptGiven,
    parse_event,
)
from saraban_sync.grants import Grant, sign_grant
from saraban_sync.registers import Register
from saraban_sync.wire import CENTRE, Document
from tests.offices import (
    CENTRE_KEY,
    YEAR,
    FarOffice,
    Numbers,
    a_grant,
    a_letter,
    an_office,
    carry,
    events_of,
    introduce,
    register,
)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Appliance]:
    node = an_office(tmp_path / "school")
    yield node
    node.close()


@pytest.fixture
def area(school: Appliance) -> FarOffice:
    far = FarOffice()
    introduce(school, far)
    return far


def set_aside(node: Appliance) -> list[str]:
    with node.db.read() as cursor:
        return [str(row[0]) for row in rows(cursor, "SELECT problem FROM set_aside ORDER BY id")]


def count(node: Appliance, table: str) -> int:
    with node.db.read() as cursor:
        return int(value(cursor, f"SELECT count(*) FROM {table}"))


def hand_over(node: Appliance, grant: Grant) -> None:
    text = sign_grant(CENTRE_KEY, grant)
    document = Document(
        id=f"grant {grant.grant}", payload=text.p.encode(), signature=text.s, sender=CENTRE
    )
    with node.db.write() as write:
        postbox.take_item(write, node, document)


def a_file(**fields: object) -> FileRef:
    known: dict[str, object] = {
        "name": "หนังสือ.pdf", "media": "application/pdf", "size": 5, "sha256": "ab" * 32,
    }  # fmt: skip
    return FileRef(**{**known, **fields})  # type: ignore[arg-type] # a test names the fields


def test_a_range_that_overlaps_leaves_no_trace_in_the_journal(school: Appliance) -> None:
    """Such a line in the journal would stop every later rebuild of the registers."""
    before = len(events_of(school))
    hand_over(school, a_grant(school, Numbers(Register.INCOMING, YEAR, 5_600, first=4_900)))

    assert len(events_of(school)) == before
    assert set_aside(school)[0].startswith("SRB-110")
    with school.db.write() as write:
        assert projections.rebuild(write) == before
    assert register(school, a_letter(1)).number == 1


def test_a_range_of_an_impossible_year_is_set_aside(school: Appliance) -> None:
    hand_over(school, a_grant(school, Numbers(Register.INCOMING, 9_999, 10)))
    hand_over(school, a_grant(school, Numbers(Register.INCOMING, YEAR + 1, 10)))

    assert len(set_aside(school)) == 1
    with school.db.read() as cursor:
        years = [int(row[0]) for row in rows(cursor, "SELECT DISTINCT year FROM number_range")]
    assert sorted(years) == [YEAR, YEAR + 1]


@pytest.mark.parametrize(
    "bad",
    [
        a_file(size=0),
        a_file(size=-5),
        a_file(sha256="../../keys/signing"),
        a_file(chunks=("no content name",)),
        a_file(size=9**9),
    ],
    ids=["empty", "less than nothing", "a path", "a part without name", "too few parts"],
)
def test_a_letter_with_a_file_that_cannot_be_is_set_aside_whole(
    school: Appliance, area: FarOffice, bad: FileRef
) -> None:
    carry(area.sends("school-a", 1, files=(a_file(sha256="cd" * 32), bad)), school, place=1)
    carry(area.sends("school-a", 2), school, place=2)

    assert len(set_aside(school)) == 1
    assert (count(school, "wanted_file"), count(school, "letter_received")) == (0, 1)
    with school.db.read() as cursor:
        assert inbox.waiting(cursor) == 1


def test_a_letter_with_more_files_than_a_register_line_holds_is_set_aside(
    school: Appliance, area: FarOffice
) -> None:
    files = tuple(a_file(sha256=f"{n:064x}") for n in range(51))
    carry(area.sends("school-a", files=files), school)

    assert set_aside(school) == ["SRB-103 51 files"]


def test_a_letter_whose_date_cannot_be_read_still_lies_in_the_inbox(
    school: Appliance, area: FarOffice
) -> None:
    sent = LetterSent(
        entry="0001-0000000001", offices=("school-a",), year=YEAR, number=1,
        subject="แจ้งกำหนดการประชุม", letter_date="31/12/2569",
    )  # fmt: skip
    carry(area.write(sent), school)

    with school.db.read() as cursor:
        (arrival,) = inbox.arrivals(cursor)
    assert (arrival.subject, arrival.letter_date) == ("แจ้งกำหนดการประชุม", None)


@pytest.mark.parametrize("event", ["x", "", "0001-" + "9" * 30, "0001-0000000009"])
def test_evidence_about_no_event_of_ours_is_set_aside(
    school: Appliance, area: FarOffice, event: str
) -> None:
    source = Source(node="school-a", event=event, hash="0" * 64)
    carry(area.write(LetterArrived(source=source, sender_office="school-a")), school, place=1)
    carry(area.sends("school-a"), school, place=2)

    assert len(set_aside(school)) == 1
    with school.db.read() as cursor:
        assert inbox.waiting(cursor) == 1


def test_a_receipt_without_a_time_is_set_aside(school: Appliance, area: FarOffice) -> None:
    register(school, a_letter(1, Register.OUTGOING, offices=("area-1",)))
    (sent,) = events_of(school, "letter.sent")
    receipt = ReceiptGiven(
        source=sent.source, sender_office="school-a", year=YEAR, number=7, registered_at="เช้านี้"
    )
    carry(area.write(receipt), school)

    assert len(set_aside(school)) == 1
    assert count(school, "evidence") == 0


@pytest.mark.parametrize(
    "body",
    [
        LetterRegistered(register=Register.INCOMING, year=YEAR, number=2**53, subject="ก"),
        LetterRegistered(register=Register.INCOMING, year=-(2**70), number=1, subject="ก"),
        BackupFinished(archive="a", repository="r", last_event="", entries=2**64, good=True),
        LetterSent(
            entry="", offices=(), year=1, number=1, subject="ก", files=(a_file(size=2**63),)
        ),
    ],
    ids=["number", "year", "entries of a backup", "size of a file"],
)
def test_a_number_that_no_database_can_hold_makes_no_event(body: Body) -> None:
    """Admitted, it would stop the centre's overview of every office."""
    event = FarOffice().write(body)

    with pytest.raises(Unintelligible, match="int"):
        parse_event(event.payload, event.signature)


def test_the_largest_number_that_can_be_is_read(area: FarOffice) -> None:
    body = LetterRegistered(register=Register.INCOMING, year=YEAR, number=2**53 - 1, subject="ก")
    event = area.write(body)

    assert parse_event(event.payload, event.signature).body == body
    assert msgspec.json.decode(event.payload)["body"]["number"] == 2**53 - 1


def test_the_journal_verifies_after_all_that(school: Appliance, area: FarOffice) -> None:
    hand_over(school, a_grant(school, Numbers(Register.INCOMING, YEAR, 10)))
    carry(area.sends("school-a", files=(a_file(size=0),)), school)

    with school.db.read() as cursor:
        journal.verify(cursor, node=school.node, key=school.journal.key.public)
