"""Brings registers, deliveries, arrivals and people up to date with each event of the journal.

Which table an event touches is said here and nowhere else; each table is written by the module that
owns it. :func:`rebuild` makes them all again from the journal.
"""

from typing import Final

from saraban_base.sqlite import Write
from saraban_node import journal, people
from saraban_node.backup import records as backup_records
from saraban_node.backup import sheets
from saraban_node.books import entries, letter_numbers, search
from saraban_node.line import deliveries, inbox, outbox
from saraban_node.numbering import numbers, outages
from saraban_sync.backup_events import (
    BackupDrilled,
    BackupFinished,
    PassphraseChanged,
    SheetChecked,
    SheetEnded,
    SheetPrinted,
)
from saraban_sync.events import (
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
from saraban_sync.journal_events import JournalForked
from saraban_sync.number_events import (
    EmergencyClosed,
    EmergencyCorrelated,
    EmergencyOpened,
    EmergencyRegistered,
    GapExplained,
    NumberReserved,
    NumbersReturned,
    NumbersSkipped,
    RangeRequested,
    RangeTold,
    ReservationEnded,
)

_PROJECTED: Final = (
    "form_sent", "happening", "delivery", "arrival", "entry_file", "entry", "number_gap",
    "gap_explanation", "range_request", "outage", "number_range", "backup_record",
    "backup_drill", "recovery_sheet",
)  # fmt: skip


def project(write: Write, event: Event) -> None:
    """Bring the projections up to date with one event, in the caller's transaction."""
    match event.body:
        case LetterRegistered() as body:
            if not body.reservation:
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
            inbox.given_back(write, entries.seq_of(body.entry))
        case FilesAdded() as body:
            entries.put_files(write, event, body)
            outbox.queue_files(write, body.files)
        case PersonAdded() | PersonChanged():
            people.project(write, event)
        case BackupFinished() as body:
            backup_records.add(write, event, body)
        case BackupDrilled() as body:
            backup_records.add_drill(write, event, body)
        case SheetPrinted() | SheetChecked() | SheetEnded():
            sheets.project(write, event)
        case PassphraseChanged():
            pass  # the repository knows it
        case _:
            _project_numbers(write, event)
    search.keep_up(write, event.seq)


def _project_numbers(write: Write, event: Event) -> None:
    """The same for ranges, reservations, gaps and the emergency register."""
    match event.body:
        case RangeAccepted() as body:
            numbers.accept(write, event.seq, parse_grant(body.grant))
        case RangeTold() as body:
            numbers.accept_told(write, event.seq, body)
        case RangeRequested() as body:
            numbers.note_request(write, event, body)
        case NumberReserved() as body:
            numbers.use(write, body.register, body.year, body.number)
            entries.reserve(write, event, body)
        case ReservationEnded() as body:
            entries.end_reservation(write, event, body)
        case NumbersSkipped() | NumbersReturned() as body:
            numbers.set_aside(write, event.seq, body)
        case GapExplained() as body:
            numbers.explain(write, event.seq, body)
        case EmergencyOpened() | EmergencyClosed():
            outages.project(write, event)
        case EmergencyRegistered() as body:
            number = letter_numbers.emergency(write.cursor, event.node, body.year, body.emergency)
            entries.add_emergency(write, event, body, search.text_of_emergency(body, number))
            outbox.queue_files(write, body.files)
            if body.source is not None:
                inbox.registered(write, body.source, event.seq)
        case EmergencyCorrelated() as body:
            numbers.use(write, body.register, body.year, body.number)
            entries.correlate(write, event, body)
        case JournalForked():
            numbers.close_ranges(write)
        case _:
            pass  # a receipt, an opening, or an event of a newer program: nothing to show


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
