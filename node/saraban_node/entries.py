"""Lines of the registers: what a clerk reads. The one writer of ``entry`` and its files."""

from datetime import date, datetime
from typing import Any, Final

import msgspec

from saraban_base.sqlite import Cursor, Write, one, rows, value
from saraban_node import search
from saraban_sync.errors import NotAnIdentifier
from saraban_sync.events import (
    EntryNoted,
    EntryVoided,
    Event,
    FileRef,
    FilesAdded,
    LetterRegistered,
)
from saraban_sync.ids import EventId, parse_event_id
from saraban_sync.registers import Register, Urgency, parse_instant


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of a register: number and letter."""

    seq: int
    id: EventId
    register: Register
    year: int
    number: int
    state: str
    """``issued`` or ``void``."""
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
    file_count: int


_COLUMNS: Final = (
    "entry.seq, entry.id, register, year, number, state, subject, sender, recipient, letter_no,"
    " letter_date, action, remark, urgency, registered_at,"
    " coalesce((SELECT name FROM person WHERE person.person = registered_by), registered_by),"
    " source_node, source_event, void_reason,"
    " (SELECT count(*) FROM entry_file WHERE entry_file.entry = entry.seq)"
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


def by_number(cursor: Cursor, register: Register, year: int, number: int) -> Entry | None:
    """Give one line by its number."""
    row = one(
        cursor,
        f"SELECT {_COLUMNS} FROM entry WHERE register = ? AND year = ? AND number = ?",  # noqa: S608
        (register, year, number),
    )
    return None if row is None else _entry(row)


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
    """List the places in the journal where something was done with a line, its own first."""
    later = rows(cursor, "SELECT seq FROM happening WHERE entry = ? ORDER BY seq", (seq,))
    return [seq, *(int(row[0]) for row in later)]


def count(cursor: Cursor) -> dict[tuple[Register, int], int]:
    """Count the lines of every register and year."""
    found = rows(cursor, "SELECT register, year, count(*) FROM entry GROUP BY register, year")
    return {(Register(row[0]), int(row[1])): int(row[2]) for row in found}


def line_of(cursor: Cursor, event: Event, body: LetterRegistered) -> Entry:
    """Give the line that an event has just become, without reading it back."""
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
    )


def add(write: Write, event: Event, body: LetterRegistered) -> None:
    """Write a new line."""
    source = body.source
    text = search.text_of(body)
    write.cursor.execute(
        "INSERT INTO entry (seq, id, register, year, number, state, subject, sender, recipient,"
        " letter_no, letter_date, action, remark, urgency, registered_at, registered_by,"
        " source_node, source_event, search_text)"
        " VALUES (?, ?, ?, ?, ?, 'issued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.seq, event.id, body.register, body.year, body.number, body.subject, body.sender,
            body.recipient, body.letter_no, body.letter_date, body.action, body.remark,
            body.urgency, event.at, event.actor, source.node if source else "",
            source.event if source else "", text,
        ),
    )  # fmt: skip
    _add_files(write, event.seq, body.files, start=0)


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
        "UPDATE entry SET state = 'void', void_reason = ? WHERE seq = ?", (body.reason, seq)
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
    )
