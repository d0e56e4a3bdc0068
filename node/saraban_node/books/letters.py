"""Letters: register, cancel, note, add files — one act, one transaction.

form ──register_letter──> 1 the next number of the series
                          2 the signed event in the journal
                          3 the line of the register, search, what must be sent
"""

from datetime import date, datetime
from typing import Final, NamedTuple

import msgspec

from saraban_base.sqlite import Write, one, value
from saraban_node import meta
from saraban_node.books import entries, letter_numbers
from saraban_node.books.acts import required, tidied, trusted_clock, year_to_number
from saraban_node.books.entries import Entry
from saraban_node.errors import (
    AlreadyRegistered,
    AlreadyVoid,
    FileRefused,
    NoSuchEntry,
    NotSendable,
    NotWhileReserved,
    ReasonMissing,
    ReservationOver,
    SubjectMissing,
)
from saraban_node.journal import Journal
from saraban_node.line import directory
from saraban_node.numbering import numbers, reservations
from saraban_sync.body import FileRef, Source
from saraban_sync.events import (
    MAX_FILES,
    EntryNoted,
    EntryVoided,
    Event,
    FilesAdded,
    LetterRegistered,
    LetterSent,
    ReceiptGiven,
)
from saraban_sync.ids import EventId, OfficeCode, PersonId
from saraban_sync.registers import SENDABLE, Register, Urgency, instant

MAX_SUBJECT: Final = 1_000
MAX_FIELD: Final = 500
MAX_ACTION: Final = 2_000


class NewLetter(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a clerk writes on the form; the number, time and year are not hers to write."""

    register: Register
    subject: str
    sender: str = ""
    recipient: str = ""
    letter_no: str = ""
    letter_date: date | None = None
    action: str = ""
    remark: str = ""
    urgency: Urgency = Urgency.NORMAL
    files: tuple[FileRef, ...] = ()
    source: Source | None = None
    """The sender's event, when the letter arrived electronically."""
    offices: tuple[OfficeCode, ...] = ()
    """Offices an outgoing letter is sent to electronically."""
    imported: bool = False
    circular: bool = False
    """Whether it is a circular (หนังสือเวียน); the office's setting says which register that is."""
    reservation: EventId = EventId("")
    """The reservation whose number it takes; empty to take the next number."""


def register_letter(
    write: Write, journal: Journal, letter: NewLetter, *, actor: PersonId, form: str | None = None
) -> Entry:
    """Give a letter its number and write it into the register.

    Args:
        write: the transaction; its moment is the legal time of registration.
        journal: the office's journal.
        letter: what the clerk wrote.
        actor: the clerk.
        form: the form's own key; a form that was already turned into an entry gives that entry.

    Returns:
        The new line of the register.

    Raises:
        SubjectMissing: there is no subject.
        FieldTooLong: a field does not fit.
        FileRefused: there are too many files.
        NotSendable: the letter cannot go to these offices.
        UnknownOffice: a receiving office is not in the directory.
        AlreadyRegistered: the arrival has its number already.
        NoRangeLeft: the node has no number left for this year.
        Fenced: the database may give no numbers.
        ReservationOver: the reserved number can no longer be used.
        ClockUntrusted: nobody can say which day it is.
    """
    if form and (seq := entry_of_form(write, form)):
        return entries.written(write.cursor, seq)
    letter = checked(write, letter)
    body = _body(write, letter, _place(write, journal, letter))
    event = journal.append(write, body, actor=actor)
    entry = entries.line_of(write.cursor, event, body)
    if letter.source is not None:
        give_receipt(
            write, journal, letter.source, year=body.year, number=body.number,
            registered_at=write.now, actor=actor,
        )  # fmt: skip
    if letter.offices:
        send(
            write, journal, entry, body.files, offices=letter.offices, letter_no=body.letter_no,
            actor=actor,
        )  # fmt: skip
    if form:
        remember_form(write, form, event)
    return entry


def void_entry(
    write: Write, journal: Journal, entry: EventId, *, reason: str, actor: PersonId
) -> Entry:
    """Cancel a number. Its line stays in the register and the number is never given again.

    Raises:
        NoSuchEntry: there is no such line.
        AlreadyVoid: it was cancelled before.
        ReasonMissing: no reason is given.
        FieldTooLong: the reason is too long.
    """
    found = required(write, entry)
    if found.state in ("void", "expired"):
        raise AlreadyVoid(entry, number=_number_of(write, found))
    _has_a_letter(found)
    reason = tidied("เหตุผล", reason, MAX_FIELD)
    if not reason:
        raise ReasonMissing(entry)
    journal.append(write, EntryVoided(entry=entry, reason=reason), actor=actor)
    return required(write, entry)


def note_entry(
    write: Write, journal: Journal, entry: EventId, *, action: str, actor: PersonId
) -> Entry:
    """Write down what was done with a letter (การปฏิบัติ); its history keeps what stood there.

    Raises:
        NoSuchEntry: there is no such line.
        ReasonMissing: there is nothing to write down.
        FieldTooLong: the text is too long.
    """
    _has_a_letter(required(write, entry))
    action = tidied("การปฏิบัติ", action, MAX_ACTION)
    if not action:
        raise ReasonMissing(entry)
    journal.append(write, EntryNoted(entry=entry, action=action), actor=actor)
    return required(write, entry)


def add_files(
    write: Write, journal: Journal, entry: EventId, *, files: tuple[FileRef, ...], actor: PersonId
) -> Entry:
    """Put files to a letter that already has its number.

    Raises:
        NoSuchEntry: there is no such line.
        FileRefused: the letter would have too many files.
    """
    found = required(write, entry)
    _has_a_letter(found)
    _limit_files(found.file_count + len(files), files)
    journal.append(write, FilesAdded(entry=entry, files=files), actor=actor)
    return required(write, entry)


def checked(write: Write, letter: NewLetter) -> NewLetter:
    """Tidy every field and refuse what cannot stand in a register.

    Raises:
        SubjectMissing, FieldTooLong, FileRefused, NotSendable, UnknownOffice, AlreadyRegistered:
            as for :func:`register_letter`.
    """
    subject = tidied("เรื่อง", letter.subject, MAX_SUBJECT)
    if not subject:
        raise SubjectMissing
    if letter.files:
        _limit_files(len(letter.files), letter.files)
    if letter.offices:
        _sendable(write, letter)
    if letter.source is not None:
        _not_yet_registered(write, letter.source)
    return msgspec.structs.replace(
        letter,
        subject=subject,
        sender=tidied("จาก", letter.sender, MAX_FIELD),
        recipient=tidied("ถึง", letter.recipient, MAX_FIELD),
        letter_no=tidied("ที่", letter.letter_no, MAX_FIELD),
        action=tidied("การปฏิบัติ", letter.action, MAX_ACTION),
        remark=tidied("หมายเหตุ", letter.remark, MAX_FIELD),
        offices=tuple(dict.fromkeys(letter.offices)),
    )


def give_receipt(
    write: Write,
    journal: Journal,
    source: Source,
    *,
    year: int,
    number: int,
    registered_at: datetime,
    actor: PersonId,
) -> None:
    """Tell the sender under which number its letter was registered (annex 6, 2.2)."""
    office = value(
        write.cursor,
        "SELECT sender_office FROM arrival WHERE source_node = ? AND source_event = ?",
        (source.node, source.event),
    )
    journal.append(
        write,
        ReceiptGiven(
            source=source,
            sender_office=str(office),
            year=year,
            number=number,
            registered_at=instant(registered_at),
        ),
        actor=actor,
    )


def send(
    write: Write,
    journal: Journal,
    entry: Entry,
    files: tuple[FileRef, ...],
    *,
    offices: tuple[OfficeCode, ...],
    letter_no: str,
    actor: PersonId,
) -> None:
    """Send a registered letter to other offices."""
    journal.append(
        write,
        LetterSent(
            entry=entry.id,
            offices=offices,
            year=entry.year,
            number=entry.number,
            subject=entry.subject,
            sender=entry.sender or meta.get(write.cursor, meta.OFFICE_NAME),
            recipient=entry.recipient,
            letter_no=letter_no,
            letter_date=entry.letter_date.isoformat() if entry.letter_date else "",
            urgency=entry.urgency,
            files=files,
        ),
        actor=actor,
    )


def entry_of_form(write: Write, form: str) -> int | None:
    """Give the place of the line that a form has become, None if it has not been sent yet."""
    found = value(write.cursor, "SELECT entry FROM form_sent WHERE form = ?", (form,))
    return None if found is None else int(found)


def remember_form(write: Write, form: str, event: Event) -> None:
    """Write down that a form has become a line, against double clicks."""
    write.cursor.execute("INSERT INTO form_sent VALUES (?, ?, ?)", (form, event.seq, event.at))


class _Place(NamedTuple):
    register: Register
    year: int
    number: int
    circular: bool
    letter_no: str = ""


def _place(write: Write, journal: Journal, letter: NewLetter) -> _Place:
    """Find the letter's place in a register: its reserved number, or the next one."""
    if letter.reservation:
        trusted_clock(write, journal)
        kept = reservations.open_reservation(write, letter.reservation)
        register, circular = _book(write, letter, kept.year)
        if kept.register is not register:
            raise ReservationOver(
                letter.reservation, why_th="เป็นเลขของทะเบียนอื่น", why_en="it is of another register"
            )
        told = "" if circular else kept.letter_no  # a circular is written with ว
        return _Place(register, kept.year, kept.number, circular, told)
    year = year_to_number(write, journal)
    register, circular = _book(write, letter, year)
    number = numbers.next_number(write.cursor, register, year)
    return _Place(register, year, number, circular)


def _book(write: Write, letter: NewLetter, year: int) -> tuple[Register, bool]:
    return letter_numbers.book_of(write.cursor, letter.register, year, circular=letter.circular)


def _body(write: Write, letter: NewLetter, place: _Place) -> LetterRegistered:
    letter_no = letter.letter_no or place.letter_no
    if not letter_no and place.register is not Register.INCOMING:
        letter_no = letter_numbers.written(
            write.cursor, place.register, place.year, place.number, circular=place.circular
        )
    return LetterRegistered(
        register=place.register,
        year=place.year,
        number=place.number,
        subject=letter.subject,
        sender=letter.sender,
        recipient=letter.recipient,
        letter_no=letter_no,
        letter_date=letter.letter_date.isoformat() if letter.letter_date else "",
        action=letter.action,
        remark=letter.remark,
        urgency=letter.urgency,
        files=letter.files,
        source=letter.source,
        imported=letter.imported,
        circular=place.circular,
        reservation=letter.reservation,
    )


def _has_a_letter(entry: Entry) -> None:
    if entry.state == "reserved":
        raise NotWhileReserved(entry.id, number=entry.number)


def _sendable(write: Write, letter: NewLetter) -> None:
    own = meta.get(write.cursor, meta.OFFICE)
    if letter.register not in SENDABLE or own in letter.offices:
        raise NotSendable(f"{letter.register} to {letter.offices[:5]}")
    for office in letter.offices:
        directory.required_office(write.cursor, office)


def _not_yet_registered(write: Write, source: Source) -> None:
    row = one(
        write.cursor,
        "SELECT entry.seq FROM arrival LEFT JOIN entry ON entry.seq = arrival.entry"
        " WHERE arrival.source_node = ? AND arrival.source_event = ?",
        (source.node, source.event),
    )
    if row is None:
        raise NoSuchEntry(f"nothing arrived as {source.node} {source.event}")
    if row[0] is not None:
        found = entries.written(write.cursor, row[0])
        raise AlreadyRegistered(source.event, number=_number_of(write, found))
    lost = one(
        write.cursor,
        "SELECT number FROM colleague_line WHERE node = ? AND source_node = ? AND source_event = ?"
        " AND source_event <> '' AND number > 0",
        (meta.get(write.cursor, meta.NODE), source.node, source.event),
    )
    if lost is not None:  # before the database was restored
        raise AlreadyRegistered(source.event, number=str(lost[0]))


def _number_of(write: Write, entry: Entry) -> str:
    """Write the number of a line for a sentence, be it only an emergency number."""
    if entry.number:
        return str(entry.number)
    node = meta.get(write.cursor, meta.NODE)
    return letter_numbers.emergency(write.cursor, node, entry.year, entry.emergency)


def _limit_files(count: int, files: tuple[FileRef, ...]) -> None:
    if count > MAX_FILES:
        raise FileRefused(
            f"{count} files",
            name=files[-1].name,
            why_th=f"หนังสือหนึ่งฉบับมีได้ไม่เกิน {MAX_FILES} แฟ้ม",
            why_en=f"a letter has at most {MAX_FILES} files",
        )
