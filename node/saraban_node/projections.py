"""Brings registers, deliveries, arrivals and people up to date with each event of the journal.

Which table an event touches is said here and nowhere else; each table is written by the module that
owns it. :func:`rebuild` makes them all again from the journal.
"""

from typing import Final

from saraban_base.sqlite import Write
from saraban_node import (
    backup_records,
    deliveries,
    entries,
    inbox,
    journal,
    numbers,
    outbox,
    people,
    search,
)
from saraban_sync.events import (
    BackupFinished,
    EntryNoted,
    EntryVoided,
    Event,
    FilesAdded,
    LetterArrived,
    LetterRegistered,
    LetterSent,
    PersonAdded,
    PersonChanged,
    RangeAccepted,
)
from saraban_sync.grants import parse_grant

_PROJECTED: Final = (
    "form_sent", "happening", "delivery", "arrival", "entry_file", "entry", "number_range",
    "backup_record",
)  # fmt: skip


def project(write: Write, event: Event) -> None:
    """Bring the projections up to date with one event, in the caller's transaction."""
    match event.body:
        case LetterRegistered() as body:
            numbers.use(write, body.register, body.year, body.number)
            entries.add(write, event, body)
            outbox.queue_files(write, body.files)
            if body.source is not None:
                inbox.registered(write, body.source, event.seq)
        case LetterSent() as body:
            deliveries.add(write, event, body)
        case LetterArrived() as body:
            inbox.add(write, event, body)
        case EntryNoted() as body:
            entries.note(write, event, body)
        case EntryVoided() as body:
            entries.void(write, event, body)
        case FilesAdded() as body:
            entries.put_files(write, event, body)
            outbox.queue_files(write, body.files)
        case RangeAccepted() as body:
            numbers.accept(write, parse_grant(body.grant))
        case PersonAdded() | PersonChanged():
            people.project(write, event)
        case BackupFinished() as body:
            backup_records.add(write, event, body)
        case _:
            pass  # a receipt, an opening, or an event of a newer program: nothing to show
    search.keep_up(write, event.seq)


def rebuild(write: Write) -> int:
    """Make every projection again from the journal.

    Forms already sent keep their entry, so that a late double click still takes no second number.

    Returns:
        The number of events read.

    Raises:
        RangeProblem: the journal uses a number it was not granted.
    """
    cursor = write.cursor
    forms = list(cursor.execute("SELECT form, entry, at FROM form_sent"))
    search.forget(write)
    for table in _PROJECTED:
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the list above
    people.forget(write)
    count = 0
    with_own_cursor = cursor.connection.cursor()
    for event in journal.read(with_own_cursor):
        project(write, event)
        count += 1
    cursor.executemany("INSERT INTO form_sent VALUES (?, ?, ?)", forms)
    return count
