"""Letters: register, cancel, note, add files — one act, one transaction.

form ──register_letter──> 1 the next number of the series
                          2 the signed event in the journal
                          3 the line of the register, search, what must be sent
"""

from datetime import date
from typing import Final

import msgspec

from saraban_base.sqlite import Write, one, value
from saraban_node import directory, entries, meta, numbers
from saraban_node.entries import Entry
from saraban_node.errors import (
    AlreadyRegistered,
    AlreadyVoid,
    FieldTooLong,
    FileRefused,
    NoSuchEntry,
    NotSendable,
    ReasonMissing,
    SubjectMissing,
)
from saraban_node.journal import Journal
from saraban_sync import thai
from saraban_sync.events import (
    MAX_FILES,
    EntryNoted,
    EntryVoided,
    FileRef,
    FilesAdded,
    LetterRegistered,
    LetterSent,
    ReceiptGiven,
    Source,
)
from saraban_sync.ids import EventId, OfficeCode, PersonId
from saraban_sync.registers import Register, Urgency, buddhist_year, instant

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
    """
    if form and (seq := _entry_of_form(write, form)):
        return _existing(write, seq)
    letter = _checked(write, letter)
    year = buddhist_year(write.now)
    number = numbers.next_number(write.cursor, letter.register, year)
    body = _body(write, letter, year, number)
    event = journal.append(write, body, actor=actor)
    if letter.source is not None:
        _give_receipt(write, journal, body, letter.source, actor)
    if letter.offices:
        _send(write, journal, body, event.id, letter.offices, actor)
    if form:
        write.cursor.execute("INSERT INTO form_sent VALUES (?, ?, ?)", (form, event.seq, event.at))
    return entries.line_of(write.cursor, event, body)


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
    found = _required(write, entry)
    if found.state == "void":
        raise AlreadyVoid(entry, number=found.number)
    reason = _tidied("เหตุผล", reason, MAX_FIELD)
    if not reason:
        raise ReasonMissing(entry)
    journal.append(write, EntryVoided(entry=entry, reason=reason), actor=actor)
    return _required(write, entry)


def note_entry(
    write: Write, journal: Journal, entry: EventId, *, action: str, actor: PersonId
) -> Entry:
    """Write down what was done with a letter (การปฏิบัติ); its history keeps what stood there.

    Raises:
        NoSuchEntry: there is no such line.
        ReasonMissing: there is nothing to write down.
        FieldTooLong: the text is too long.
    """
    _required(write, entry)
    action = _tidied("การปฏิบัติ", action, MAX_ACTION)
    if not action:
        raise ReasonMissing(entry)
    journal.append(write, EntryNoted(entry=entry, action=action), actor=actor)
    return _required(write, entry)


def add_files(
    write: Write, journal: Journal, entry: EventId, *, files: tuple[FileRef, ...], actor: PersonId
) -> Entry:
    """Put files to a letter that already has its number.

    Raises:
        NoSuchEntry: there is no such line.
        FileRefused: the letter would have too many files.
    """
    found = _required(write, entry)
    _limit_files(found.file_count + len(files), files)
    journal.append(write, FilesAdded(entry=entry, files=files), actor=actor)
    return _required(write, entry)


def _checked(write: Write, letter: NewLetter) -> NewLetter:
    """Tidy every field and refuse what cannot stand in a register."""
    subject = _tidied("เรื่อง", letter.subject, MAX_SUBJECT)
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
        sender=_tidied("จาก", letter.sender, MAX_FIELD),
        recipient=_tidied("ถึง", letter.recipient, MAX_FIELD),
        letter_no=_tidied("ที่", letter.letter_no, MAX_FIELD),
        action=_tidied("การปฏิบัติ", letter.action, MAX_ACTION),
        remark=_tidied("หมายเหตุ", letter.remark, MAX_FIELD),
        offices=tuple(dict.fromkeys(letter.offices)),
    )


def _body(write: Write, letter: NewLetter, year: int, number: int) -> LetterRegistered:
    letter_no = letter.letter_no
    if letter.register is Register.OUTGOING and not letter_no:
        prefix = meta.get(write.cursor, meta.PREFIX)
        letter_no = f"{prefix}/{number}" if prefix else str(number)
    return LetterRegistered(
        register=letter.register,
        year=year,
        number=number,
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
    )


def _give_receipt(
    write: Write, journal: Journal, body: LetterRegistered, source: Source, actor: PersonId
) -> None:
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
            year=body.year,
            number=body.number,
            registered_at=instant(write.now),
        ),
        actor=actor,
    )


def _send(
    write: Write,
    journal: Journal,
    body: LetterRegistered,
    entry: EventId,
    offices: tuple[OfficeCode, ...],
    actor: PersonId,
) -> None:
    journal.append(
        write,
        LetterSent(
            entry=entry,
            offices=offices,
            year=body.year,
            number=body.number,
            subject=body.subject,
            sender=body.sender or meta.get(write.cursor, meta.OFFICE_NAME),
            recipient=body.recipient,
            letter_no=body.letter_no,
            letter_date=body.letter_date,
            urgency=body.urgency,
            files=body.files,
        ),
        actor=actor,
    )


def _sendable(write: Write, letter: NewLetter) -> None:
    own = meta.get(write.cursor, meta.OFFICE)
    if letter.register is not Register.OUTGOING or own in letter.offices:
        raise NotSendable(f"{letter.register} to {letter.offices[:5]}")
    for office in letter.offices:
        directory.required_office(write.cursor, office)


def _not_yet_registered(write: Write, source: Source) -> None:
    row = one(
        write.cursor,
        "SELECT entry.number FROM arrival LEFT JOIN entry ON entry.seq = arrival.entry"
        " WHERE arrival.source_node = ? AND arrival.source_event = ?",
        (source.node, source.event),
    )
    if row is None:
        raise NoSuchEntry(f"nothing arrived as {source.node} {source.event}")
    if row[0] is not None:
        raise AlreadyRegistered(source.event, number=row[0])


def _limit_files(count: int, files: tuple[FileRef, ...]) -> None:
    if count > MAX_FILES:
        raise FileRefused(
            f"{count} files",
            name=files[-1].name,
            why_th=f"หนังสือหนึ่งฉบับมีได้ไม่เกิน {MAX_FILES} แฟ้ม",
            why_en=f"a letter has at most {MAX_FILES} files",
        )


def _tidied(field: str, text: str, limit: int) -> str:
    if not text:
        return text
    text = thai.tidy(text)
    if len(text) > limit:
        raise FieldTooLong(f"{field}: {len(text)}", field=field, limit=limit)
    return text


def _entry_of_form(write: Write, form: str) -> int | None:
    found = value(write.cursor, "SELECT entry FROM form_sent WHERE form = ?", (form,))
    return None if found is None else int(found)


def _required(write: Write, entry: EventId) -> Entry:
    found = entries.by_id(write.cursor, entry)
    if found is None:
        raise NoSuchEntry(entry)
    return found


def _existing(write: Write, seq: int) -> Entry:
    found = entries.by_seq(write.cursor, seq)
    if found is None:
        raise NoSuchEntry(str(seq))
    return found
