"""Where a sent letter is, for each receiver, from what was signed or seen — never from "online".

    made here ─> stored at the centre ─> fetched by the addressee ─> registered there

The one writer of ``delivery``, ``evidence`` and ``stored_mark``.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from saraban_base.sqlite import Cursor, Write, rows, value
from saraban_node.books import entries
from saraban_node.line import directory
from saraban_sync.events import Event, LetterArrived, LetterSent, ReceiptGiven
from saraban_sync.ids import parse_event_id
from saraban_sync.registers import instant, parse_instant


class Stage(StrEnum):
    """How far a letter is known to have come."""

    HERE = "here"
    STORED = "stored"
    ARRIVED = "arrived"
    REGISTERED = "registered"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One receiver of a sent letter."""

    office: str
    office_name: str
    stage: Stage
    sent_at: datetime
    stored_at: datetime | None
    arrived_at: datetime | None
    registered_at: datetime | None
    year: int | None
    number: int | None


def of_entry(cursor: Cursor, entry: int) -> list[Delivery]:
    """List the receivers of a letter and how far it has come to each.

    Args:
        cursor: where to read.
        entry: place in the journal of the letter's line.
    """
    found = rows(
        cursor,
        "SELECT delivery.office, journal.at,"
        " (SELECT at FROM stored_mark WHERE through >= delivery.sent ORDER BY through LIMIT 1),"
        " arrived.at, registered.at, registered.year, registered.number"
        " FROM delivery JOIN journal ON journal.seq = delivery.sent"
        " LEFT JOIN evidence AS arrived ON arrived.sent = delivery.sent"
        "  AND arrived.office = delivery.office AND arrived.kind = 'arrived'"
        " LEFT JOIN evidence AS registered ON registered.sent = delivery.sent"
        "  AND registered.office = delivery.office AND registered.kind = 'registered'"
        " WHERE delivery.entry = ? ORDER BY delivery.sent, delivery.office",
        (entry,),
    )
    return [_delivery(cursor, row) for row in found]


def counts(cursor: Cursor) -> dict[Stage, int]:
    """Count how many (letter, receiver) pairs have come at least so far."""
    stored = known_stored(cursor)
    total = value(cursor, "SELECT count(*) FROM delivery")
    left = value(cursor, "SELECT count(*) FROM delivery WHERE sent <= ?", (stored,))
    kinds = dict(rows(cursor, "SELECT kind, count(*) FROM evidence GROUP BY kind"))
    return {
        Stage.HERE: int(total),
        Stage.STORED: int(left),
        Stage.ARRIVED: int(kinds.get("arrived", 0)),
        Stage.REGISTERED: int(kinds.get("registered", 0)),
    }


def stored_at(cursor: Cursor, seq: int) -> datetime | None:
    """Tell when the centre was first seen to hold an event of this node."""
    found = value(
        cursor, "SELECT at FROM stored_mark WHERE through >= ? ORDER BY through LIMIT 1", (seq,)
    )
    return None if found is None else parse_instant(str(found))


def add(write: Write, event: Event, body: LetterSent) -> None:
    """Write down to whom a letter was sent."""
    entry = entries.seq_of(body.entry)
    for office in body.offices:
        write.cursor.execute("INSERT INTO delivery VALUES (?, ?, ?)", (event.seq, office, entry))
    entries.happened(write, entry, event)


def keep_evidence(write: Write, office: str, event: Event) -> bool:
    """Keep what a receiver signed about a letter of ours.

    Args:
        write: the transaction.
        office: the receiver, as the directory says.
        event: a ``letter.arrived`` or ``receipt.given`` of the receiver's journal.

    Returns:
        False when we never sent that letter to that office.

    Raises:
        NotAnIdentifier: what it names is no event.
        ValueError: the time of registering is none.
    """
    body = event.body
    if not isinstance(body, (LetterArrived, ReceiptGiven)):
        return False
    _, sent = parse_event_id(body.source.event)
    ours = value(
        write.cursor,
        "SELECT 1 FROM delivery JOIN journal ON seq = sent WHERE sent = ? AND office = ?"
        " AND hash = ?",
        (sent, office, body.source.hash),
    )
    if ours is None:
        return False
    if isinstance(body, ReceiptGiven):
        parse_instant(body.registered_at)
        facts: tuple[object, ...] = (
            "registered", body.registered_at, body.year, body.number,
        )  # fmt: skip
    else:
        facts = ("arrived", event.at, None, None)
    write.cursor.execute(
        "INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (sent, office, *facts, event.node, event.payload.decode("utf-8"), event.signature),
    )
    return True


def stored_through(write: Write, seq: int) -> None:
    """Write down that the centre holds the journal up to an event, as just seen."""
    newest = value(write.cursor, "SELECT max(through) FROM stored_mark")
    if newest is not None and newest > seq:  # the centre lost something: it will be sent again
        write.cursor.execute("DELETE FROM stored_mark WHERE through > ?", (seq,))
    if seq and newest != seq:
        write.cursor.execute(
            "INSERT OR IGNORE INTO stored_mark VALUES (?, ?)", (seq, instant(write.now))
        )


def known_stored(cursor: Cursor) -> int:
    """Give the greatest place in the journal that the centre was seen to hold."""
    return int(value(cursor, "SELECT coalesce(max(through), 0) FROM stored_mark"))


def _delivery(cursor: Cursor, row: tuple[str, str, str, str, str, int, int]) -> Delivery:
    office, sent, stored, arrived, registered, year, number = row
    stage = Stage.HERE
    for reached, moment in (
        (Stage.STORED, stored),
        (Stage.ARRIVED, arrived),
        (Stage.REGISTERED, registered),
    ):
        stage = reached if moment else stage
    return Delivery(
        office=office,
        office_name=directory.office_name(cursor, office),
        stage=stage,
        sent_at=parse_instant(sent),
        stored_at=_moment(stored),
        arrived_at=_moment(arrived),
        registered_at=_moment(registered),
        year=year,
        number=number,
    )


def _moment(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None
