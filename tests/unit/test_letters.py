"""Registering letters: what is written, where it stands, and what is done with it later."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from saraban_base.sqlite import rows
from saraban_node.appliance import Appliance
from saraban_node.books import entries, history, letters
from saraban_node.books.entries import Entry
from saraban_node.books.letters import NewLetter
from saraban_node.errors import (
    NoSuchEntry,
)
from saraban_node.numbering import numbers
from saraban_sync.events import EntryNoted, EntryVoided, LetterRegistered, LetterSent
from saraban_sync.ids import EventId, OfficeCode
from saraban_sync.registers import Register, Urgency
from tests.offices import (
    MALI,
    MORNING,
    SOMSRI,
    YEAR,
    FarOffice,
    HandClock,
    Numbers,
    a_letter,
    an_office,
    events_of,
    introduce,
    put_file,
    register,
)
from tests.promises import Stored, kept

AREA = OfficeCode("area-1")
UNKNOWN = EventId("0001-0000009999")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def area(clock: HandClock) -> FarOffice:
    return FarOffice(clock=clock)


@pytest.fixture
def node(tmp_path: Path, clock: HandClock, area: FarOffice) -> Iterator[Appliance]:
    made = an_office(tmp_path / "node", clock=clock)
    introduce(made, area)
    yield made
    made.close()


def shown(node: Appliance, entry: EventId) -> Entry:
    with node.db.read() as cursor:
        found = entries.by_id(cursor, entry)
    assert found is not None
    return found


def test_a_letter_gets_the_next_number_and_stands_in_the_register_as_it_was_written(
    node: Appliance,
) -> None:
    register(node, a_letter(1))
    ref = put_file(node, b"%PDF scan")
    letter = NewLetter(
        register=Register.INCOMING,
        subject="  ขอเชิญ\u200bประชุม \n ครั้งที่ ๑ ",
        sender="สพป. เขต ๑",
        recipient="ผอ.รร.บ้านดอย",
        letter_no="ศธ 04123/ว 77",
        letter_date=date(2026, 11, 20),
        action="เสนอ ผอ.",
        remark="ด่วน",
        urgency=Urgency.VERY_URGENT,
        files=(ref,),
    )

    entry = register(node, letter, actor=MALI)

    assert entry == shown(node, entry.id)
    assert (entry.number, entry.year, entry.state) == (2, YEAR, "issued")
    assert entry.subject == "ขอเชิญประชุม ครั้งที่ ๑"
    assert (entry.sender, entry.recipient) == ("สพป. เขต ๑", "ผอ.รร.บ้านดอย")
    assert (entry.letter_no, entry.letter_date) == ("ศธ 04123/ว 77", date(2026, 11, 20))
    assert (entry.action, entry.remark, entry.urgency) == ("เสนอ ผอ.", "ด่วน", "very-urgent")
    assert (entry.registered_at, entry.registered_by) == (MORNING, MALI)
    with node.db.read() as cursor:
        assert entries.files(cursor, entry.seq) == [ref]
    kept(node)


def test_an_outgoing_letter_without_a_number_of_its_own_gets_the_office_s_prefix(
    node: Appliance,
) -> None:
    first = register(node, NewLetter(register=Register.OUTGOING, subject="ส่งรายงาน"))
    second = register(
        node, NewLetter(register=Register.OUTGOING, subject="ส่งคำสั่ง", letter_no="พิเศษ 1")
    )

    assert (first.letter_no, second.letter_no) == ("ศธ 04123.45/1", "พิเศษ 1")


def test_the_two_registers_count_for_themselves(node: Appliance) -> None:
    books = [Register.INCOMING, Register.OUTGOING, Register.INCOMING, Register.OUTGOING]

    assert [register(node, a_letter(n, book)).number for n, book in enumerate(books)] == [
        1, 1, 2, 2,
    ]  # fmt: skip


def test_a_sent_letter_carries_what_the_receiver_may_see_and_names_each_office_once(
    node: Appliance,
) -> None:
    letter = a_letter(
        1, Register.OUTGOING, sender="", action="ลับเฉพาะสำนักงาน", offices=(AREA, AREA)
    )

    entry = register(node, letter)
    sent = events_of(node, "letter.sent")[0].body

    assert isinstance(sent, LetterSent)
    assert (sent.entry, sent.offices, sent.number) == (entry.id, (AREA,), 1)
    assert sent.sender == "โรงเรียนบ้านดอย"
    assert "ลับเฉพาะ" not in str(sent)


def test_the_same_form_sent_again_gives_the_same_line(node: Appliance, clock: HandClock) -> None:
    first = register(node, a_letter(1), form="f-1")
    clock.forward(hours=3)
    again = register(node, a_letter(1), form="f-1")
    other = register(node, a_letter(1), form="f-2")

    assert again == first
    assert other.number == 2


def test_a_cancelled_number_stays_legible_and_is_never_given_again(
    node: Appliance, clock: HandClock
) -> None:
    entry = register(node, a_letter(1))
    clock.forward(days=2)

    with node.db.write() as write:
        voided = letters.void_entry(
            write, node.journal, entry.id, reason=" ลงซ้ำ\u200b กับเลข ๙ ", actor=MALI
        )

    assert (voided.state, voided.void_reason) == ("void", "ลงซ้ำ กับเลข ๙")
    assert (voided.subject, voided.number) == (entry.subject, 1)
    assert voided.registered_at == entry.registered_at
    assert register(node, a_letter(2)).number == 2
    with node.db.read() as cursor:
        assert numbers.unexplained(cursor) == {}
        kinds = [(one.kind, one.who, one.text) for one in history.of_entry(cursor, entry.seq)]
    assert kinds[-1] == ("entry.voided", MALI, "ลงซ้ำ กับเลข ๙")


def test_what_was_done_with_a_letter_is_noted_and_what_stood_there_is_kept(
    node: Appliance,
) -> None:
    entry = register(node, a_letter(1, action="เสนอ ผอ."))

    for action in ("ผอ. ทราบ", "มอบครูสมใจ"):
        with node.db.write() as write:
            noted = letters.note_entry(write, node.journal, entry.id, action=action, actor=MALI)

    assert noted.action == "มอบครูสมใจ"
    with node.db.read() as cursor:
        told = [one.text for one in history.of_entry(cursor, entry.seq)]
    assert told == ["เสนอ ผอ.", "ผอ. ทราบ", "มอบครูสมใจ"]


def test_an_event_that_is_no_letter_is_no_line_of_the_register(node: Appliance) -> None:
    with node.db.write() as write, pytest.raises(NoSuchEntry):
        letters.void_entry(
            write, node.journal, EventId("0001-0000000001"), reason="x", actor=SOMSRI
        )


def test_what_the_clerk_did_is_signed_in_the_journal_as_it_was_done(node: Appliance) -> None:
    entry = register(node, a_letter(1), actor=MALI)
    with node.db.write() as write:
        letters.note_entry(write, node.journal, entry.id, action="ทราบ", actor=SOMSRI)
        letters.void_entry(write, node.journal, entry.id, reason="ซ้ำ", actor=SOMSRI)

    *_, registered, noted, voided = events_of(node)

    assert isinstance(registered.body, LetterRegistered)
    assert (registered.actor, registered.body.number) == (MALI, 1)
    assert noted.body == EntryNoted(entry=entry.id, action="ทราบ")
    assert voided.body == EntryVoided(entry=entry.id, reason="ซ้ำ")


def test_at_midnight_in_thailand_the_next_year_s_register_begins_at_one(
    tmp_path: Path, clock: HandClock
) -> None:
    ranges = [Numbers(Register.INCOMING, year, 100) for year in (2569, 2570)]
    node = an_office(tmp_path / "newyear", clock=clock, ranges=ranges)
    given = []
    for moment in (
        datetime(2026, 12, 31, 16, 58, tzinfo=UTC),
        datetime(2026, 12, 31, 16, 59, 59, 999_000, tzinfo=UTC),
        datetime(2026, 12, 31, 17, 0, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
        datetime(2027, 1, 1, 17, 0, tzinfo=UTC),
    ):
        clock.until(moment)
        entry = register(node, a_letter(1))
        given.append((entry.year, entry.number))

    assert given == [(2569, 1), (2569, 2), (2570, 1), (2570, 2), (2570, 3)]
    assert len(kept(node).numbers) == 5
    node.close()


def test_nothing_of_all_this_is_ever_deleted(node: Appliance) -> None:
    entry = register(node, a_letter(1))
    with node.db.write() as write:
        letters.void_entry(write, node.journal, entry.id, reason="ซ้ำ", actor=SOMSRI)
    stored: Stored = kept(node)

    assert stored.numbers == (("incoming", YEAR, 1),)
    with node.db.read() as cursor:
        assert rows(cursor, "SELECT subject FROM entry") == [(entry.subject,)]
