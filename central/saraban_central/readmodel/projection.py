"""What one event changes in the read model.

Journals come in any order, so what two offices say about one letter is kept side by side: each
event writes only its own side, and of two that say the same the earlier one stands. That is why a
model built from nothing is equal to one that grew event by event.
"""

from saraban_base.sqlite import Cursor, one
from saraban_central.readmodel import lines, numbering, posting
from saraban_central.readmodel.arrived import Arrived, Known, letter_of
from saraban_sync.backup_events import (
    BackupDrilled,
    BackupFinished,
    PassphraseChanged,
    SheetChecked,
    SheetEnded,
    SheetPrinted,
)
from saraban_sync.body import Body
from saraban_sync.errors import NotAnIdentifier, Unintelligible
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
    ReceiptGiven,
    parse_event,
)
from saraban_sync.ids import parse_event_id
from saraban_sync.journal_events import EpochStarted, JournalForked, JournalOpened
from saraban_sync.number_events import (
    CentreFellBehind,
    ClockConfirmed,
    EmergencyCorrelated,
    EmergencyRegistered,
    NumberReserved,
    ReservationEnded,
)
from saraban_sync.wire import Document


def take_in(cursor: Cursor, document: Document, node: str, known: Known, stored_at: str) -> None:
    """Bring one document of a journal into the read model.

    Args:
        cursor: of the write transaction.
        document: as the store holds it.
        node: whose journal it is in.
        known: whose node is whose, and which was forked from which.
        stored_at: when the centre took it in.
    """
    event = _readable(document, known.names(node))
    if event is None:
        # Only damage in the store brings such bytes here; the auditor says which. Pass over them.
        _pass_over(cursor, node, "unreadable", "")
        _advance(cursor, node, document.id, "", stored_at)
        return
    arrived = Arrived(event, node, known.offices.get(node, ""), stored_at, known)
    _advance(cursor, node, document.id, event.at, stored_at)
    _happening(cursor, arrived)
    if event.body is None:
        _pass_over(cursor, node, "newer", event.type)
        return
    _apply(cursor, arrived, event.body)


def _readable(document: Document, names: tuple[str, ...]) -> Event | None:
    try:
        event = parse_event(document.payload, document.signature)
    except Unintelligible:
        return None
    return event if event.node in names and event.id == document.id else None


def _apply(cursor: Cursor, arrived: Arrived, body: Body) -> None:
    if lines.take_in(cursor, arrived, body) or numbering.take_in(cursor, arrived, body):
        return
    match body:
        case JournalOpened(office=office, program=program):
            _opened(cursor, arrived, office, program)
        case JournalForked(office=office, program=program, origin=origin):
            _opened(cursor, arrived, office, program, origin)
        case PersonAdded() | PersonChanged():
            _named(cursor, arrived.node, body)
        case LetterSent():
            posting.sent(cursor, arrived, body)
        case LetterArrived():
            posting.letter_arrived(cursor, arrived, body)
        case ReceiptGiven():
            posting.receipt(cursor, arrived, body)
        case BackupFinished():
            _backed_up(cursor, arrived, body)
        case BackupDrilled():
            _drilled(cursor, arrived, body)
        case EpochStarted(base=base):
            lines.cut_off(cursor, arrived, base)
        case SheetPrinted() | SheetChecked() | SheetEnded() | PassphraseChanged():
            pass  # the timeline shows it
        case ClockConfirmed() | CentreFellBehind():
            pass  # the timeline shows it
        case _:
            raise TypeError(f"the read model does not know {type(body).__name__}")


def _advance(cursor: Cursor, node: str, event: str, at: str, stored_at: str) -> None:
    try:
        seq = parse_event_id(event)[1]
    except NotAnIdentifier:  # put into the store by hand; the auditor says so
        seq = 0
    cursor.execute(
        "INSERT INTO progress (node, seq, event, at, stored_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (node) DO UPDATE SET seq = excluded.seq, event = excluded.event,"
        " at = excluded.at, stored_at = excluded.stored_at",
        (node, seq, event, at, stored_at),
    )


def _pass_over(cursor: Cursor, node: str, reason: str, kind: str) -> None:
    cursor.execute(
        "INSERT INTO passed_over (node, reason, type, count) VALUES (?, ?, ?, 1)"
        " ON CONFLICT (node, reason, type) DO UPDATE SET count = count + 1",
        (node, reason, kind[:60]),
    )


def _happening(cursor: Cursor, arrived: Arrived) -> None:
    event = arrived.event
    entry, letter = "", ("", "")
    match event.body:
        case LetterRegistered() | NumberReserved() | EmergencyRegistered():
            entry = event.id
        case LetterSent(entry=entry):
            letter = (event.node, event.id)
        case EntryNoted(entry=entry) | EntryVoided(entry=entry) | FilesAdded(entry=entry):
            pass
        case EmergencyCorrelated(entry=entry) | ReservationEnded(reservation=entry):
            pass
        case LetterArrived(source=source) | ReceiptGiven(source=source):
            letter = (letter_of(source) or ("", ""))[:2]
        case _:
            pass  # concerns no letter
    cursor.execute(
        "INSERT OR IGNORE INTO happening (node, event, type, at, stored_at, actor, entry_node,"
        " entry, letter_node, letter_event) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (arrived.node, event.id, event.type[:60], event.at, arrived.stored_at, event.actor,
         *(arrived.entry(entry) if entry else ("", "")), *letter),
    )  # fmt: skip


def _opened(cursor: Cursor, arrived: Arrived, office: str, program: str, origin: str = "") -> None:
    cursor.execute(
        "INSERT INTO journal (node, office, program, opened_at, origin) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (node) DO NOTHING",
        (arrived.node, office, program, arrived.event.at, origin),
    )


def _named(cursor: Cursor, node: str, body: PersonAdded | PersonChanged) -> None:
    cursor.execute(
        "INSERT INTO actor (node, person, name) VALUES (?, ?, ?)"
        " ON CONFLICT (node, person) DO UPDATE SET name = excluded.name",
        (node, body.person, body.name),
    )


def _backed_up(cursor: Cursor, arrived: Arrived, body: BackupFinished) -> None:
    event = arrived.event
    cursor.execute(
        "INSERT INTO backup (node, event, at, archive, repository, last_event, entries, good,"
        " problem, place, archives) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (arrived.node, event.id, event.at, body.archive, body.repository, body.last_event,
         body.entries, int(body.good), body.problem, body.place, " ".join(body.archives)),
    )  # fmt: skip


def _drilled(cursor: Cursor, arrived: Arrived, body: BackupDrilled) -> None:
    event = arrived.event
    cursor.execute(
        "INSERT INTO drill VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (arrived.node, event.id, event.at, body.archive, body.place, body.result, body.key,
         body.entries, body.problem),
    )  # fmt: skip


def followed(cursor: Cursor, node: str) -> str:
    """Give the id of the last event of a journal that is in the read model; empty for none."""
    row = one(cursor, "SELECT event FROM progress WHERE node = ?", (node,))
    return str(row[0]) if row else ""
