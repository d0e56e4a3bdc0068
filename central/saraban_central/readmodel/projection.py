"""What one event changes in the read model.

Journals come in any order, so what two offices say about one letter is kept side by side: each
event writes only its own side, and of two that say the same the earlier one stands. That is why a
model built from nothing is equal to one that grew event by event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from saraban_base.sqlite import Cursor, one
from saraban_central.readmodel import searching
from saraban_sync.errors import NotAnIdentifier, Unintelligible
from saraban_sync.events import (
    BackupFinished,
    Body,
    EntryNoted,
    EntryVoided,
    EpochStarted,
    Event,
    FilesAdded,
    JournalOpened,
    LetterArrived,
    LetterRegistered,
    LetterSent,
    PersonAdded,
    PersonChanged,
    RangeAccepted,
    ReceiptGiven,
    Source,
    parse_event,
)
from saraban_sync.grants import Grant
from saraban_sync.ids import node_id, office_code, parse_event_id
from saraban_sync.wire import Document

_grants: Final = msgspec.json.Decoder(Grant)


@dataclass(frozen=True)
class Arrived:
    """An event with what the centre knows about it: its node's office, and when it came."""

    event: Event
    office: str
    stored_at: str


def take_in(
    cursor: Cursor, document: Document, node: str, offices: Mapping[str, str], stored_at: str
) -> None:
    """Bring one document of a journal into the read model.

    Args:
        cursor: of the write transaction.
        document: as the store holds it.
        node: whose journal it is in.
        offices: the office of each node.
        stored_at: when the centre took it in.
    """
    event = _readable(document, node)
    if event is None:
        # Only damage in the store brings such bytes here; the auditor says which. Pass over them.
        _pass_over(cursor, node, "unreadable", "")
        _advance(cursor, node, document.id, "", stored_at)
        return
    arrived = Arrived(event, offices.get(node, ""), stored_at)
    _advance(cursor, node, document.id, event.at, stored_at)
    _happening(cursor, node, document.id, arrived)
    if event.body is None:
        _pass_over(cursor, node, "newer", event.type)
        return
    _apply(cursor, node, arrived, event.body, offices)


def _readable(document: Document, node: str) -> Event | None:
    try:
        event = parse_event(document.payload, document.signature)
    except Unintelligible:
        return None
    return event if (event.node, event.id) == (node, document.id) else None


def _apply(
    cursor: Cursor, node: str, arrived: Arrived, body: Body, offices: Mapping[str, str]
) -> None:
    match body:
        case JournalOpened():
            _opened(cursor, node, arrived, body)
        case PersonAdded() | PersonChanged():
            _named(cursor, node, body)
        case RangeAccepted():
            _accepted(cursor, node, arrived, body)
        case LetterRegistered():
            _registered(cursor, node, arrived, body, offices)
        case LetterSent():
            _sent(cursor, node, arrived, body)
        case LetterArrived():
            _letter_arrived(cursor, node, arrived, body, offices)
        case ReceiptGiven():
            _receipt(cursor, arrived, body, offices)
        case EntryNoted():
            _noted(cursor, node, body)
        case EntryVoided():
            _voided(cursor, node, arrived, body)
        case FilesAdded():
            _files(cursor, node, body)
        case BackupFinished():
            _backed_up(cursor, node, arrived, body)
        case EpochStarted():
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


def _happening(cursor: Cursor, node: str, name: str, arrived: Arrived) -> None:
    event = arrived.event
    entry, letter = "", ("", "")
    match event.body:
        case LetterRegistered():
            entry = name
        case LetterSent(entry=entry):
            letter = (node, name)
        case EntryNoted(entry=entry) | EntryVoided(entry=entry) | FilesAdded(entry=entry):
            pass
        case LetterArrived(source=source) | ReceiptGiven(source=source):
            letter = _letter(source) or ("", "")
        case _:
            pass  # concerns no letter
    cursor.execute(
        "INSERT OR IGNORE INTO happening (node, seq, event, type, at, stored_at, actor, entry,"
        " letter_node, letter_event) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (node, event.seq, name, event.type[:60], event.at, arrived.stored_at,
         event.actor, entry, *letter),
    )  # fmt: skip


def _opened(cursor: Cursor, node: str, arrived: Arrived, body: JournalOpened) -> None:
    cursor.execute(
        "INSERT INTO journal (node, office, program, opened_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (node) DO NOTHING",
        (node, body.office, body.program, arrived.event.at),
    )


def _named(cursor: Cursor, node: str, body: PersonAdded | PersonChanged) -> None:
    cursor.execute(
        "INSERT INTO actor (node, person, name) VALUES (?, ?, ?)"
        " ON CONFLICT (node, person) DO UPDATE SET name = excluded.name",
        (node, body.person, body.name),
    )


def _accepted(cursor: Cursor, node: str, arrived: Arrived, body: RangeAccepted) -> None:
    try:
        grant = _grants.decode(body.grant.p)
    except msgspec.DecodeError:
        return  # the auditor says what is wrong with it
    cursor.execute(
        "INSERT INTO accepted (node, grant_id, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (node, grant.grant, arrived.event.at),
    )


def _registered(
    cursor: Cursor,
    node: str,
    arrived: Arrived,
    body: LetterRegistered,
    offices: Mapping[str, str],
) -> None:
    event = arrived.event
    letter = _letter(body.source) if body.source else None
    cursor.execute(
        "INSERT INTO entry (node, event, office, register, year, number, state, subject, sender,"
        " recipient, letter_no, letter_date, action, remark, urgency, files, source_node,"
        " source_event, imported, at, stored_at, actor, void_reason, voided_at)"
        " VALUES (?, ?, ?, ?, ?, ?, 'issued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '')",
        (node, event.id, arrived.office, body.register, body.year, body.number, body.subject,
         body.sender, body.recipient, body.letter_no, _day(body.letter_date), body.action,
         body.remark, body.urgency, len(body.files), *(letter or ("", "")), int(body.imported),
         event.at, arrived.stored_at, event.actor),
    )  # fmt: skip
    searching.index(cursor, node, event.id)
    if letter is not None:
        cursor.execute(
            "INSERT INTO delivery (source_node, source_event, office, sender_office,"
            " registered_at, registered_by, registered_year, registered_number)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (source_node, source_event, office) DO UPDATE SET"
            " registered_at = excluded.registered_at, registered_by = excluded.registered_by,"
            " registered_year = excluded.registered_year,"
            " registered_number = excluded.registered_number"
            " WHERE registered_at = '' OR (excluded.registered_at, excluded.registered_by)"
            " < (registered_at, registered_by)",
            (*letter, arrived.office, offices.get(letter[0], ""), event.at,
             f"{node}/{event.id}", body.year, body.number),
        )  # fmt: skip


def _sent(cursor: Cursor, node: str, arrived: Arrived, body: LetterSent) -> None:
    event = arrived.event
    for office in dict.fromkeys(code for code in body.offices if _is_code(code)):
        cursor.execute(
            "INSERT INTO delivery (source_node, source_event, office, sender_office, year, number,"
            " subject, letter_no, urgency, sent_at, stored_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (source_node, source_event, office) DO UPDATE SET year = excluded.year,"
            " number = excluded.number, subject = excluded.subject, letter_no = excluded.letter_no,"
            " urgency = excluded.urgency, sent_at = excluded.sent_at,"
            " stored_at = excluded.stored_at",
            (node, event.id, office, arrived.office, body.year, body.number, body.subject,
             body.letter_no, body.urgency, event.at, arrived.stored_at),
        )  # fmt: skip


def _letter_arrived(
    cursor: Cursor, node: str, arrived: Arrived, body: LetterArrived, offices: Mapping[str, str]
) -> None:
    letter = _letter(body.source)
    if letter is None:
        return  # the auditor says what is wrong with it
    cursor.execute(
        "INSERT INTO delivery (source_node, source_event, office, sender_office, arrived_at,"
        " arrived_by) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (source_node, source_event, office) DO UPDATE SET"
        " arrived_at = excluded.arrived_at, arrived_by = excluded.arrived_by"
        " WHERE arrived_at = '' OR (excluded.arrived_at, excluded.arrived_by)"
        " < (arrived_at, arrived_by)",
        (*letter, arrived.office, offices.get(letter[0], ""),
         arrived.event.at, f"{node}/{arrived.event.id}"),
    )  # fmt: skip


def _receipt(
    cursor: Cursor, arrived: Arrived, body: ReceiptGiven, offices: Mapping[str, str]
) -> None:
    letter = _letter(body.source)
    if letter is None:
        return  # the auditor says what is wrong with it
    cursor.execute(
        "INSERT INTO delivery (source_node, source_event, office, sender_office, receipt_at)"
        " VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (source_node, source_event, office) DO UPDATE SET"
        " receipt_at = excluded.receipt_at"
        " WHERE receipt_at = '' OR excluded.receipt_at < receipt_at",
        (*letter, arrived.office, offices.get(letter[0], ""),
         arrived.event.at),
    )  # fmt: skip


def _noted(cursor: Cursor, node: str, body: EntryNoted) -> None:
    cursor.execute(
        "UPDATE entry SET action = ? WHERE node = ? AND event = ?", (body.action, node, body.entry)
    )
    searching.index(cursor, node, body.entry)


def _voided(cursor: Cursor, node: str, arrived: Arrived, body: EntryVoided) -> None:
    cursor.execute(
        "UPDATE entry SET state = 'void', void_reason = ?, voided_at = ?"
        " WHERE node = ? AND event = ? AND state = 'issued'",
        (body.reason, arrived.event.at, node, body.entry),
    )
    searching.index(cursor, node, body.entry)


def _files(cursor: Cursor, node: str, body: FilesAdded) -> None:
    cursor.execute(
        "UPDATE entry SET files = files + ? WHERE node = ? AND event = ?",
        (len(body.files), node, body.entry),
    )


def _backed_up(cursor: Cursor, node: str, arrived: Arrived, body: BackupFinished) -> None:
    event = arrived.event
    cursor.execute(
        "INSERT INTO backup (node, seq, at, archive, repository, last_event, entries, good,"
        " problem) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (node, event.seq, event.at, body.archive, body.repository, body.last_event, body.entries,
         int(body.good), body.problem),
    )  # fmt: skip


def followed(cursor: Cursor, node: str) -> str:
    """Give the id of the last event of a journal that is in the read model; empty for none."""
    row = one(cursor, "SELECT event FROM progress WHERE node = ?", (node,))
    return str(row[0]) if row else ""


def _letter(source: Source) -> tuple[str, str] | None:
    """Give node and event of a sender, when what an office wrote can be such names."""
    try:
        parse_event_id(source.event)
        return node_id(source.node), source.event
    except NotAnIdentifier:
        return None


def _is_code(text: str) -> bool:
    try:
        office_code(text)
    except NotAnIdentifier:
        return False
    return True


def _day(text: str) -> str:
    """Give an ISO date as it is, and nothing for what is none: pages read it as a date."""
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        return ""
