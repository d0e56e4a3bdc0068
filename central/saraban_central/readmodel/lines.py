"""What events change about lines of the registers.

    reserved ──letter──> used (the letter has the line) · ended ──> void, expired
    emergency number ──> ordinary number as well

Every row belongs to one event. Later events change their own columns of it, and where two machines
that had one name both changed a line, the earlier or the later word stands, whoever came first.
"""

from datetime import date
from typing import Final

import msgspec

from saraban_base.sqlite import Cursor, one, rows
from saraban_central.readmodel import posting, searching
from saraban_central.readmodel.arrived import Arrived, letter_of
from saraban_sync.body import Body, Source
from saraban_sync.events import EntryNoted, EntryVoided, FilesAdded, LetterRegistered
from saraban_sync.number_events import (
    EmergencyCorrelated,
    EmergencyRegistered,
    NumberReserved,
    ReservationEnded,
)

_COLUMNS: Final = (
    "node", "event", "office", "register", "year", "number", "emergency", "state", "subject",
    "sender", "recipient", "letter_no", "letter_date", "action", "action_at", "remark", "urgency",
    "files", "source_node", "source_event", "source_hash", "imported", "circular", "at",
    "stored_at", "actor", "clock", "void_reason", "voided_at", "reservation_node", "reservation",
    "holder", "expires", "numbered_at", "numbered_by", "tail",
)  # fmt: skip
_INSERT: Final = (
    f"INSERT INTO entry ({', '.join(_COLUMNS)})"  # noqa: S608 - constants
    f" VALUES ({', '.join(':' + column for column in _COLUMNS)})"
)
_BLANK: Final[dict[str, str | int]] = {
    column: 0 if column in ("number", "emergency", "files", "imported", "circular", "tail") else ""
    for column in _COLUMNS
}


def take_in(cursor: Cursor, arrived: Arrived, body: Body) -> bool:
    """Bring an event into the lines; tells whether it is about any."""
    match body:
        case LetterRegistered():
            _registered(cursor, arrived, body)
        case NumberReserved():
            _reserved(cursor, arrived, body)
        case ReservationEnded():
            _ended(cursor, arrived, body)
        case EmergencyRegistered():
            _emergency(cursor, arrived, body)
        case EmergencyCorrelated():
            _correlated(cursor, arrived, body)
        case EntryNoted():
            _noted(cursor, arrived, body)
        case EntryVoided():
            _voided(cursor, arrived, arrived.entry(body.entry), "void", body.reason)
        case FilesAdded():
            _files(cursor, arrived, body)
        case _:
            return False
    return True


def cut_off(cursor: Cursor, arrived: Arrived, base: str) -> None:
    """Mark what a restored database does not know: the lines between its base and its new epoch."""
    cursor.execute(
        "UPDATE entry SET tail = 1 WHERE node = ? AND event > ? AND event < ?",
        (arrived.node, base, arrived.event.id),
    )


def _letter(arrived: Arrived, body: LetterRegistered | EmergencyRegistered) -> dict[str, str | int]:
    """What both kinds of lines say of a letter."""
    node, event, hash_ = letter_of(body.source) or ("", "", "") if body.source else ("", "", "")
    return {
        **_origin(arrived), "register": body.register, "year": body.year, "state": "issued",
        "subject": body.subject, "sender": body.sender, "recipient": body.recipient,
        "letter_no": body.letter_no, "letter_date": _day(body.letter_date),
        "action": body.action, "remark": body.remark, "urgency": body.urgency,
        "files": len(body.files), "source_node": node, "source_event": event,
        "source_hash": hash_, "circular": int(body.circular),
    }  # fmt: skip


def _origin(arrived: Arrived) -> dict[str, str | int]:
    event = arrived.event
    return {
        **_BLANK, "node": arrived.node, "event": event.id, "office": arrived.office,
        "at": event.at, "stored_at": arrived.stored_at, "actor": event.actor,
        "clock": msgspec.json.encode(event.clock).decode(), "urgency": "normal",
    }  # fmt: skip


def _insert(cursor: Cursor, arrived: Arrived, row: dict[str, str | int]) -> None:
    cursor.execute(_INSERT, row)
    searching.index(cursor, arrived.node, arrived.event.id)


def _registered(cursor: Cursor, arrived: Arrived, body: LetterRegistered) -> None:
    node, reservation = arrived.entry(body.reservation) if body.reservation else ("", "")
    row = _letter(arrived, body) | {
        "number": body.number, "imported": int(body.imported), "reservation_node": node,
        "reservation": reservation,
    }  # fmt: skip
    _insert(cursor, arrived, row)
    if reservation:
        cursor.execute(
            "UPDATE entry SET state = 'used' WHERE node = ? AND event = ? AND holder <> ''",
            (node, reservation),
        )
        searching.index(cursor, node, reservation)
    if body.source is not None:
        posting.registered(
            cursor, arrived, body.source, year=body.year, number=body.number, at=arrived.event.at
        )


def _reserved(cursor: Cursor, arrived: Arrived, body: NumberReserved) -> None:
    row = _origin(arrived) | {
        "register": body.register, "year": body.year, "number": body.number, "state": "reserved",
        "subject": body.purpose, "holder": body.holder or "–", "expires": _day(body.expires),
    }  # fmt: skip
    _insert(cursor, arrived, row)


def _ended(cursor: Cursor, arrived: Arrived, body: ReservationEnded) -> None:
    state = "void" if body.how == "void" else "expired"
    _voided(cursor, arrived, arrived.entry(body.reservation), state, body.reason)


def _emergency(cursor: Cursor, arrived: Arrived, body: EmergencyRegistered) -> None:
    _insert(cursor, arrived, _letter(arrived, body) | {"emergency": body.emergency})


def _correlated(cursor: Cursor, arrived: Arrived, body: EmergencyCorrelated) -> None:
    node, entry = arrived.entry(body.entry)
    cursor.execute(
        "UPDATE entry SET number = ?, register = ?, year = ?, numbered_at = ?, numbered_by = ?,"
        " letter_no = CASE WHEN register = 'incoming' OR ? = '' THEN letter_no ELSE ? END"
        " WHERE node = ? AND event = ? AND emergency > 0",
        (body.number, body.register, body.year, arrived.event.at,
         f"{arrived.node}/{arrived.event.id}", body.letter_no, body.letter_no, node, entry),
    )  # fmt: skip
    searching.index(cursor, node, entry)
    line = one(
        cursor,
        "SELECT source_node, source_event, source_hash, at FROM entry WHERE node = ? AND event = ?",
        (node, entry),
    )
    if line is not None and line[0]:
        source = Source(node=line[0], event=line[1], hash=line[2])
        posting.registered(cursor, arrived, source, year=body.year, number=body.number, at=line[3])


def _noted(cursor: Cursor, arrived: Arrived, body: EntryNoted) -> None:
    node, entry = arrived.entry(body.entry)
    cursor.execute(
        "UPDATE entry SET action = ?, action_at = ?"
        " WHERE node = ? AND event = ? AND action_at <= ?",
        (body.action, arrived.event.at, node, entry, arrived.event.at),
    )
    searching.index(cursor, node, entry)


def _voided(
    cursor: Cursor, arrived: Arrived, entry: tuple[str, str], state: str, reason: str
) -> None:
    cursor.execute(
        "UPDATE entry SET state = CASE state WHEN 'used' THEN state ELSE ? END, void_reason = ?,"
        " voided_at = ? WHERE node = ? AND event = ? AND (voided_at = '' OR voided_at > ?)",
        (state, reason, arrived.event.at, *entry, arrived.event.at),
    )
    searching.index(cursor, *entry)


def _files(cursor: Cursor, arrived: Arrived, body: FilesAdded) -> None:
    cursor.execute(
        "UPDATE entry SET files = files + ? WHERE node = ? AND event = ?",
        (len(body.files), *arrived.entry(body.entry)),
    )


def used_in(cursor: Cursor, since: str) -> dict[tuple[str, str], int]:
    """Count the numbers that each node used in each register since a moment."""
    found = rows(
        cursor,
        "SELECT node, register, count(*) FROM entry"
        " WHERE at >= ? AND number > 0 AND state <> 'used' GROUP BY node, register",
        (since,),
    )
    return {(row[0], row[1]): row[2] for row in found}


def _day(text: str) -> str:
    """Give an ISO date as it is, and nothing for what is none: pages read it as a date."""
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        return ""
