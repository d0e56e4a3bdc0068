"""Lines of the registers: what a clerk reads. The one writer of ``entry`` and its files."""

from datetime import date, datetime
from typing import Any, Final

import msgspec

from saraban_base.sqlite import Cursor, Write, one, rows, value
from saraban_node.books import search
from saraban_node.errors import NoSuchEntry
from saraban_sync.body import FileRef
from saraban_sync.errors import NotAnIdentifier
from saraban_sync.events import EntryNoted, EntryVoided, Event, FilesAdded, LetterRegistered
from saraban_sync.ids import EventId, parse_event_id
from saraban_sync.number_events import (
    EmergencyCorrelated,
    EmergencyRegistered,
    NumberReserved,
    ReservationEnded,
)
from saraban_sync.registers import Register, Urgency, parse_instant


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of a register: number and letter."""

    seq: int
    id: EventId
    register: Register
    year: int
    number: int
    """0 while the line has only an emergency number."""
    state: str
    """``reserved``, ``issued``, ``void`` or ``expired``."""
    subject: str
    sender: str
    recipient: str
    letter_no: str
    letter_date: date | None
    action: str
    remark: str
    urgency: Urgency
    registered_at: datetime
    registered_by: str
    """The person's name."""
    source_node: str
    source_event: str
    void_reason: str
    """Why it was cancelled, or that a reservation ran out."""
    file_count: int
    emergency: int = 0
    """Its place in the emergency register of the year; 0 for none."""
    circular: bool = False
    reservation: str = ""
    """The event that reserved the number; empty for one taken at once."""
    reserved_at: datetime | None = None
    """When the number was reserved: the day it belongs to, whenever the letter was registered."""
    reserved_by: str = ""
    """The name of the person who reserved it."""
    holder: str = ""
    """For whom it was reserved."""
    expires: date | None = None
    """The last day on which a reserved number can be used."""
    numbered_at: datetime | None = None
    """When an emergency line got its ordinary number."""
    void_former: bool = False
    """Whether it was cancelled before the database was restored, by an act that came back."""


_COLUMNS: Final = (
    "entry.seq, entry.id, register, year, number, state, subject, sender, recipient, letter_no,"
    " letter_date, action, remark, urgency, registered_at,"
    " coalesce((SELECT name FROM person WHERE person.person = registered_by), registered_by),"
    " source_node, source_event, void_reason,"
    " (SELECT count(*) FROM entry_file WHERE entry_file.entry = entry.seq),"
    " emergency, circular, reservation, reserved_at,"
    " coalesce((SELECT name FROM person WHERE person.person = reserved_by), reserved_by),"
    " holder, expires, numbered_at, void_former"
)


def by_id(cursor: Cursor, entry: EventId) -> Entry | None:
    """Give one line by its id."""
    try:
        _, seq = parse_event_id(entry)
    except NotAnIdentifier:
        return None
    found = by_seq(cursor, seq)
    return found if found is not None and found.id == entry else None


def by_seq(cursor: Cursor, seq: int) -> Entry | None:
    """Give one line by its place in the journal."""
    row = one(cursor, f"SELECT {_COLUMNS} FROM entry WHERE seq = ?", (seq,))  # noqa: S608
    return None if row is None else _entry(row)


def by_emergency(cursor: Cursor, year: int, emergency: int) -> Entry | None:
    """Give one line by its place in the emergency register of a year."""
    row = one(
        cursor,
        f"SELECT {_COLUMNS} FROM entry WHERE year = ? AND emergency = ? AND emergency > 0",  # noqa: S608
        (year, emergency),
    )
    return None if row is None else _entry(row)


def by_number(cursor: Cursor, register: Register, year: int, number: int) -> Entry | None:
    """Give one line by its number."""
    row = one(
        cursor,
        f"SELECT {_COLUMNS} FROM entry WHERE register = ? AND year = ? AND number = ?"  # noqa: S608
        " AND number > 0",
        (register, year, number),
    )
    return None if row is None else _entry(row)


def took_reservation(cursor: Cursor, reservation: EventId) -> bool:
    """Tell whether a letter has taken a reserved number."""
    found = one(
        cursor,
        "SELECT 1 FROM entry WHERE reservation = ? AND reservation <> '' AND id <> reservation",
        (reservation,),
    )
    return found is not None


def select(cursor: Cursor, condition: str, bindings: dict[str, Any]) -> list[Entry]:
    """Give the lines that fit a condition written by this package, never by a person.

    Args:
        cursor: where to read.
        condition: what stands after ``FROM entry``, with named parameters.
        bindings: their values.
    """
    return [
        _entry(row)
        for row in rows(cursor, f"SELECT {_COLUMNS} FROM entry {condition}", bindings)  # noqa: S608
    ]


def files(cursor: Cursor, seq: int) -> list[FileRef]:
    """List the files of a line in the order in which they were added."""
    return [
        FileRef(sha256=row[0], name=row[1], media=row[2], size=row[3], chunks=tuple(row[4].split()))
        for row in rows(
            cursor,
            "SELECT sha256, name, media, size, chunks FROM entry_file WHERE entry = ?"
            " ORDER BY position",
            (seq,),
        )
    ]


def happenings(cursor: Cursor, seq: int) -> list[int]:
    """List the places in the journal where something was done with a line, in order."""
    others = rows(cursor, "SELECT seq FROM happening WHERE entry = ?", (seq,))
    return sorted({seq, *(int(row[0]) for row in others)})


def count(cursor: Cursor) -> dict[tuple[Register, int], int]:
    """Count the lines of every register and year."""
    found = rows(cursor, "SELECT register, year, count(*) FROM entry GROUP BY register, year")
    return {(Register(row[0]), int(row[1])): int(row[2]) for row in found}


def line_of(cursor: Cursor, event: Event, body: LetterRegistered) -> Entry:
    """Give the line that an event has just become, without reading it back if it is a plain one."""
    if body.reservation:
        return written(cursor, event.seq)
    name = value(cursor, "SELECT name FROM person WHERE person = ?", (event.actor,))
    source = body.source
    return Entry(
        seq=event.seq,
        id=event.id,
        register=body.register,
        year=body.year,
        number=body.number,
        state="issued",
        subject=body.subject,
        sender=body.sender,
        recipient=body.recipient,
        letter_no=body.letter_no,
        letter_date=date.fromisoformat(body.letter_date) if body.letter_date else None,
        action=body.action,
        remark=body.remark,
        urgency=body.urgency,
        registered_at=parse_instant(event.at),
        registered_by=str(name or event.actor),
        source_node=source.node if source else "",
        source_event=source.event if source else "",
        void_reason="",
        file_count=len(body.files),
        circular=body.circular,
    )


def add(write: Write, event: Event, body: LetterRegistered) -> None:
    """Write a new line; one whose number was reserved takes the place of the reservation."""
    text = search.text_of(body)
    if body.reservation:
        reserved = _take_away(write, seq_of(body.reservation))
        _insert(write, event, body, number=body.number, text=text)
        _put_reservation(write, event.seq, body.reservation, reserved)
    else:
        _insert(write, event, body, number=body.number, text=text)
    _add_files(write, event.seq, body.files, start=0)


def add_emergency(write: Write, event: Event, body: EmergencyRegistered, text: str) -> None:
    """Write a line that has an emergency number only, with the text under which it is found."""
    _insert(write, event, body, number=0, text=text, emergency=body.emergency)
    _add_files(write, event.seq, body.files, start=0)


def reserve(write: Write, event: Event, body: NumberReserved) -> None:
    """Write the line of a reserved number."""
    text = search.text_of_reservation(body)
    write.cursor.execute(
        "INSERT INTO entry (seq, id, register, year, number, state, subject, sender, recipient,"
        " letter_no, letter_date, action, remark, urgency, registered_at, registered_by,"
        " reserved_at, reserved_by, reservation, holder, expires, search_text)"
        " VALUES (?, ?, ?, ?, ?, 'reserved', ?, '', '', ?, '', '', '', 'normal', ?, ?,"
        " ?, ?, ?, ?, ?, ?)",
        (
            event.seq, event.id, body.register, body.year, body.number, body.purpose,
            body.letter_no, event.at, event.actor, event.at, event.actor, event.id, body.holder,
            body.expires, text,
        ),
    )  # fmt: skip


def end_reservation(write: Write, event: Event, body: ReservationEnded) -> None:
    """Strike a reserved number that nobody used."""
    seq = seq_of(body.reservation)
    state = "void" if body.how == "void" else "expired"
    write.cursor.execute(
        "UPDATE entry SET state = ?, void_reason = ? WHERE seq = ?", (state, body.reason, seq)
    )
    happened(write, seq, event)


def correlate(write: Write, event: Event, body: EmergencyCorrelated) -> None:
    """Give a line of the emergency register its ordinary number beside the other."""
    seq = seq_of(body.entry)
    old = value(write.cursor, "SELECT search_text FROM entry WHERE seq = ?", (seq,))
    new = search.with_number(str(old), body)
    write.cursor.execute(
        "UPDATE entry SET number = ?, numbered_at = ?, search_text = ?,"
        " letter_no = iif(? = '', letter_no, ?) WHERE seq = ?",
        (body.number, event.at, new, body.letter_no, body.letter_no, seq),
    )
    search.replace(write, seq, str(old), new)
    happened(write, seq, event)


def note(write: Write, event: Event, body: EntryNoted) -> None:
    """Change what the line says was done with the letter."""
    seq = seq_of(body.entry)
    old = value(write.cursor, "SELECT search_text FROM entry WHERE seq = ?", (seq,))
    new = search.with_note(str(old), body.action)
    write.cursor.execute(
        "UPDATE entry SET action = ?, search_text = ? WHERE seq = ?", (body.action, new, seq)
    )
    search.replace(write, seq, str(old), new)
    happened(write, seq, event)


def void(write: Write, event: Event, body: EntryVoided) -> None:
    """Strike a line; all of it stays legible."""
    seq = seq_of(body.entry)
    write.cursor.execute(
        "UPDATE entry SET state = 'void', void_reason = ?, void_former = ? WHERE seq = ?",
        (body.reason, body.former is not None and not body.former.node, seq),
    )
    happened(write, seq, event)


def put_files(write: Write, event: Event, body: FilesAdded) -> None:
    """Add files to a line."""
    seq = seq_of(body.entry)
    start = value(write.cursor, "SELECT count(*) FROM entry_file WHERE entry = ?", (seq,))
    _add_files(write, seq, body.files, start=int(start))
    happened(write, seq, event)


def happened(write: Write, entry: int, event: Event) -> None:
    """Note that an event belongs to a line's history."""
    write.cursor.execute("INSERT INTO happening VALUES (?, ?)", (entry, event.seq))


def seq_of(entry: str) -> int:
    """Give the place in the journal of an entry's id."""
    return int(entry[5:])


def _insert(
    write: Write,
    event: Event,
    body: LetterRegistered | EmergencyRegistered,
    *,
    number: int,
    text: str,
    emergency: int = 0,
) -> None:
    source = body.source
    write.cursor.execute(
        "INSERT INTO entry (seq, id, register, year, number, emergency, state, subject, sender,"
        " recipient, letter_no, letter_date, action, remark, urgency, registered_at,"
        " registered_by, source_node, source_event, circular, search_text)"
        " VALUES (?, ?, ?, ?, ?, ?, 'issued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.seq, event.id, body.register, body.year, number, emergency, body.subject,
            body.sender, body.recipient, body.letter_no, body.letter_date, body.action,
            body.remark, body.urgency, event.at, event.actor, source.node if source else "",
            source.event if source else "", body.circular, text,
        ),
    )  # fmt: skip


def _take_away(write: Write, seq: int) -> tuple[str, str, str, str]:
    """Remove the line of a reservation, whose letter has come; gives what it said of itself."""
    row = one(
        write.cursor,
        "SELECT reserved_at, reserved_by, holder, expires, search_text FROM entry WHERE seq = ?",
        (seq,),
    )
    if row is None:
        raise NoSuchEntry(f"no reservation at {seq}")
    search.remove(write, seq, row[4])
    write.cursor.execute("DELETE FROM happening WHERE entry = ?", (seq,))
    write.cursor.execute("DELETE FROM entry WHERE seq = ?", (seq,))
    return row[0], row[1], row[2], row[3]


def _put_reservation(
    write: Write, seq: int, reservation: str, reserved: tuple[str, str, str, str]
) -> None:
    write.cursor.execute(
        "UPDATE entry SET reservation = ?, reserved_at = ?, reserved_by = ?, holder = ?,"
        " expires = ? WHERE seq = ?",
        (reservation, *reserved, seq),
    )
    write.cursor.execute("INSERT INTO happening VALUES (?, ?)", (seq, seq_of(reservation)))


def written(cursor: Cursor, seq: int) -> Entry:
    """Give a line that must be there.

    Raises:
        NoSuchEntry: it is not.
    """
    found = by_seq(cursor, seq)
    if found is None:
        raise NoSuchEntry(str(seq))
    return found


def _add_files(write: Write, seq: int, refs: tuple[FileRef, ...], *, start: int) -> None:
    for position, ref in enumerate(refs, start):
        write.cursor.execute(
            "INSERT INTO entry_file (entry, position, sha256, name, media, size, chunks)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (seq, position, ref.sha256, ref.name, ref.media, ref.size, " ".join(ref.chunks)),
        )


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(
        seq=row[0],
        id=EventId(row[1]),
        register=Register(row[2]),
        year=row[3],
        number=row[4],
        state=row[5],
        subject=row[6],
        sender=row[7],
        recipient=row[8],
        letter_no=row[9],
        letter_date=date.fromisoformat(row[10]) if row[10] else None,
        action=row[11],
        remark=row[12],
        urgency=Urgency(row[13]),
        registered_at=parse_instant(row[14]),
        registered_by=row[15],
        source_node=row[16],
        source_event=row[17],
        void_reason=row[18],
        file_count=row[19],
        emergency=row[20],
        circular=bool(row[21]),
        reservation=row[22],
        reserved_at=parse_instant(row[23]) if row[23] else None,
        reserved_by=row[24],
        holder=row[25],
        expires=date.fromisoformat(row[26]) if row[26] else None,
        numbered_at=parse_instant(row[27]) if row[27] else None,
        void_former=bool(row[28]),
    )
