"""What cannot stand in a register is refused, in words, and a refusal leaves nothing behind."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from saraban_base.sqlite import Write
from saraban_node import meta
from saraban_node.appliance import Appliance
from saraban_node.books import letters
from saraban_node.books.letters import NewLetter
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
from saraban_node.line import inbox
from saraban_sync.body import FileRef, Source
from saraban_sync.errors import DocumentTooLarge, SarabanError
from saraban_sync.events import MAX_FILES, ReceiptGiven
from saraban_sync.ids import EventId, OfficeCode
from saraban_sync.registers import Register
from tests.offices import (
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
from tests.promises import kept

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


def test_next_year_without_numbers_is_refused_though_this_year_has_some_left(
    node: Appliance, clock: HandClock
) -> None:
    clock.until(datetime(2026, 12, 31, 17, 0, tzinfo=UTC))

    assert "2570" in refused_letter(node, NoRangeLeft, a_letter(1))


def _letter_with(field: str, length: int) -> NewLetter:
    return msgspec.structs.replace(a_letter(1), **{field: "ก" * length})
