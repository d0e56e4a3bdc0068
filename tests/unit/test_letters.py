"""Registering letters: what is written, what is refused, and what a refusal leaves: nothing."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from saraban_base.sqlite import Write, rows
from saraban_node import entries, history, inbox, letters, meta, numbers
from saraban_node.appliance import Appliance
from saraban_node.entries import Entry
from saraban_node.errors import (
    AlreadyRegistered,
    AlreadyVoid,
    Fenced,
    FieldTooLong,
    FileRefused,
    NoRangeLeft,
    NoSuchEntry,
    NotSendable,
    ReasonMissing,
    SubjectMissing,
    UnknownOffice,
)
from saraban_node.letters import NewLetter
from saraban_sync.errors import DocumentTooLarge, SarabanError
from saraban_sync.events import (
    MAX_FILES,
    EntryNoted,
    EntryVoided,
    FileRef,
    LetterRegistered,
    LetterSent,
    ReceiptGiven,
    Source,
)
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
    carry,
    events_of,
    grant,
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


def refused(node: Appliance, kind: type[SarabanError], act: Callable[[Write], object]) -> str:
    """Do what must be refused, see that nothing is left of it, and give the clerk's sentence."""
    before = kept(node)
    with pytest.raises(kind) as wrong, node.db.write() as write:
        act(write)

    assert kept(node) == before
    assert "…" not in wrong.value.sentence("th") + wrong.value.sentence("en")
    return wrong.value.sentence("th")


def refused_letter(node: Appliance, kind: type[SarabanError], letter: NewLetter) -> str:
    return refused(
        node,
        kind,
        lambda write: letters.register_letter(write, node.journal, letter, actor=SOMSRI),
    )


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


@pytest.mark.parametrize("subject", ["", "   ", "\u200b\ufeff\x00", "\n\t"])
def test_a_letter_without_a_subject_gets_no_number(node: Appliance, subject: str) -> None:
    said = refused_letter(
        node, SubjectMissing, NewLetter(register=Register.INCOMING, subject=subject)
    )

    assert "ยังไม่มีเลขใดถูกใช้" in said


@pytest.mark.parametrize(
    ("field", "limit", "thai"),
    [
        ("subject", letters.MAX_SUBJECT, "เรื่อง"),
        ("sender", letters.MAX_FIELD, "จาก"),
        ("recipient", letters.MAX_FIELD, "ถึง"),
        ("letter_no", letters.MAX_FIELD, "ที่"),
        ("remark", letters.MAX_FIELD, "หมายเหตุ"),
        ("action", letters.MAX_ACTION, "การปฏิบัติ"),
    ],
)
def test_a_field_may_be_as_long_as_its_limit_and_no_longer(
    node: Appliance, field: str, limit: int, thai: str
) -> None:
    said = refused_letter(node, FieldTooLong, _letter_with(field, limit + 1))

    assert f"“{thai}”" in said
    assert str(limit) in said
    assert getattr(register(node, _letter_with(field, limit)), field) == "ก" * limit


def _letter_with(field: str, length: int) -> NewLetter:
    return msgspec.structs.replace(a_letter(1), **{field: "ก" * length})


def test_a_letter_takes_fifty_files_and_not_one_more(node: Appliance) -> None:
    refs = tuple(put_file(node, f"%PDF {n}".encode(), f"{n}.pdf") for n in range(MAX_FILES + 1))

    said = refused_letter(node, FileRefused, a_letter(1, files=refs))
    entry = register(node, a_letter(1, files=refs[:MAX_FILES]))

    assert "ไม่เกิน 50 แฟ้ม" in said
    assert entry.file_count == MAX_FILES
    refused(
        node,
        FileRefused,
        lambda write: letters.add_files(
            write, node.journal, entry.id, files=refs[-1:], actor=SOMSRI
        ),
    )


def test_a_letter_that_no_event_can_hold_gets_no_number(node: Appliance) -> None:
    """Fifty files of many parts each; the names of their parts alone are too long."""
    huge = tuple(
        FileRef(
            name=f"{n}.pdf",
            media="application/pdf",
            size=200 * 262_144,
            sha256=f"{n:064x}",
            chunks=tuple(f"{part:064x}" for part in range(200)),
        )
        for n in range(MAX_FILES)
    )

    refused_letter(node, DocumentTooLarge, a_letter(1, files=huge))


def test_a_letter_to_an_office_nobody_knows_gets_no_number(node: Appliance) -> None:
    said = refused_letter(
        node, UnknownOffice, a_letter(1, Register.OUTGOING, offices=(AREA, OfficeCode("mars")))
    )

    assert "“mars”" in said


@pytest.mark.parametrize(
    ("book", "office"), [(Register.INCOMING, "area-1"), (Register.OUTGOING, "school-a")]
)
def test_only_outgoing_letters_are_sent_and_none_to_the_own_office(
    node: Appliance, book: Register, office: str
) -> None:
    introduce(node, node)

    refused_letter(node, NotSendable, a_letter(1, book, offices=(OfficeCode(office),)))


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


def test_a_form_whose_letter_was_refused_can_be_corrected_and_sent_again(node: Appliance) -> None:
    with pytest.raises(SubjectMissing):
        register(node, a_letter(1, subject=""), form="f-1")

    assert register(node, a_letter(1), form="f-1").number == 1


def test_when_the_numbers_are_used_up_the_letter_is_refused_until_new_ones_come(
    tmp_path: Path, clock: HandClock
) -> None:
    node = an_office(tmp_path / "small", clock=clock, ranges=[Numbers(Register.INCOMING, YEAR, 2)])
    register(node, a_letter(1))
    register(node, a_letter(2))

    said = refused_letter(node, NoRangeLeft, a_letter(3))
    outgoing = refused_letter(node, NoRangeLeft, a_letter(3, Register.OUTGOING))
    grant(node, Numbers(Register.INCOMING, YEAR, 12, first=3))

    assert "ทะเบียนหนังสือรับ" in said
    assert "ทะเบียนหนังสือส่ง" in outgoing
    assert "2569" in said
    assert register(node, a_letter(3)).number == 3
    node.close()


def test_a_restored_database_gives_no_number_until_the_fence_is_lifted(node: Appliance) -> None:
    register(node, a_letter(1))
    with node.db.write() as write:
        meta.put(write, meta.FENCED, "restored")

    said = refused_letter(node, Fenced, a_letter(2))
    with node.db.write() as write:
        meta.remove(write, meta.FENCED)

    assert "กันเลขซ้ำ" in said
    assert register(node, a_letter(2)).number == 2


def test_an_arrival_is_registered_once_and_its_receipt_goes_with_it(
    node: Appliance, area: FarOffice, clock: HandClock
) -> None:
    sent = area.sends(node.office, 5)
    carry(sent, node)
    clock.forward(minutes=20)
    with node.db.read() as cursor:
        letter = inbox.letter_of(inbox.arrivals(cursor)[0])

    entry = register(node, letter)
    receipt = events_of(node, "receipt.given")[0].body
    said = refused_letter(node, AlreadyRegistered, letter)

    assert (entry.source_node, entry.source_event) == (sent.node, sent.id)
    assert isinstance(receipt, ReceiptGiven)
    assert (receipt.source, receipt.sender_office) == (sent.source, "area-1")
    assert (receipt.year, receipt.number) == (YEAR, entry.number)
    assert receipt.registered_at == "2026-11-22T02:20:00.000Z"
    assert f"เลขรับ {entry.number}" in said
    with node.db.read() as cursor:
        assert inbox.waiting(cursor) == 0


def test_a_letter_that_never_arrived_cannot_be_registered_as_one(
    node: Appliance, area: FarOffice
) -> None:
    source = Source(node=area.node, event="0001-0000000077", hash="0" * 64)

    refused_letter(node, NoSuchEntry, a_letter(1, source=source))


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


def test_acts_on_what_is_not_there_or_without_a_reason_are_refused(node: Appliance) -> None:
    entry = register(node, a_letter(1))
    journal = node.journal
    with node.db.write() as write:
        letters.void_entry(write, journal, entry.id, reason="ซ้ำ", actor=SOMSRI)
    other = register(node, a_letter(2))

    def void(name: EventId, reason: str) -> Callable[[Write], object]:
        return lambda write: letters.void_entry(write, journal, name, reason=reason, actor=SOMSRI)

    def note(name: EventId, action: str) -> Callable[[Write], object]:
        return lambda write: letters.note_entry(write, journal, name, action=action, actor=SOMSRI)

    refused(node, NoSuchEntry, void(UNKNOWN, "ซ้ำ"))
    refused(node, NoSuchEntry, void(EventId("no such thing"), "ซ้ำ"))
    refused(node, NoSuchEntry, note(UNKNOWN, "ทราบ"))
    refused(node, ReasonMissing, void(other.id, " \u200b"))
    refused(node, ReasonMissing, note(other.id, ""))
    refused(node, FieldTooLong, void(other.id, "ก" * 501))
    refused(node, FieldTooLong, note(other.id, "ก" * 2_001))
    assert "เลข 1 " in refused(node, AlreadyVoid, void(entry.id, "อีกครั้ง"))
    refused(
        node,
        NoSuchEntry,
        lambda write: letters.add_files(write, journal, UNKNOWN, files=(), actor=SOMSRI),
    )


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
        clock.put(moment)
        entry = register(node, a_letter(1))
        given.append((entry.year, entry.number))

    assert given == [(2569, 1), (2569, 2), (2570, 1), (2570, 2), (2570, 3)]
    assert len(kept(node).numbers) == 5
    node.close()


def test_next_year_without_numbers_is_refused_though_this_year_has_some_left(
    node: Appliance, clock: HandClock
) -> None:
    clock.put(datetime(2026, 12, 31, 17, 0, tzinfo=UTC))

    assert "2570" in refused_letter(node, NoRangeLeft, a_letter(1))


def test_nothing_of_all_this_is_ever_deleted(node: Appliance) -> None:
    entry = register(node, a_letter(1))
    with node.db.write() as write:
        letters.void_entry(write, node.journal, entry.id, reason="ซ้ำ", actor=SOMSRI)
    stored: Stored = kept(node)

    assert stored.numbers == (("incoming", YEAR, 1),)
    with node.db.read() as cursor:
        assert rows(cursor, "SELECT subject FROM entry") == [(entry.subject,)]
