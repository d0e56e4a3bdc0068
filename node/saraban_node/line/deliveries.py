"""Where a sent letter is, for each receiver, from what was signed or seen — never from "online".

    made here ─> stored at the centre ─> fetched by the addressee ─> registered there

A letter may have been sent from a journal that this database does not have: by another node of
the office, or by this one before it was restored. What is known of it is shown with its line.

The one writer of ``delivery``, ``evidence``, ``colleague_evidence`` and ``stored_mark``.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from saraban_base.sqlite import Cursor, Write, rows, value
from saraban_node import journal, meta
from saraban_node.books import entries
from saraban_node.line import directory
from saraban_sync import events
from saraban_sync.events import Event, LetterArrived, LetterSent, ReceiptGiven
from saraban_sync.ids import EventId, parse_event_id
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
    node: str = ""
    """In whose journal the sending stands, where that is not the own one."""
    former: bool = False
    """Whether this node sent it in a life before it was restored."""


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
    line = value(cursor, "SELECT id FROM entry WHERE seq = ?", (entry,))
    lost = of_line(cursor, meta.get(cursor, meta.NODE), str(line)) if line else []
    return [*lost, *(_delivery(cursor, row) for row in found)]


def of_line(cursor: Cursor, node: str, line: str) -> list[Delivery]:
    """List the receivers of a letter whose sending stands in another journal than the own one.

    Args:
        cursor: where to read.
        node: whose journal that is; of the own name, it is a life before a restore.
        line: event of the letter's line.
    """
    acts = rows(
        cursor,
        "SELECT payload FROM colleague_act WHERE node = ? AND line = ? ORDER BY event",
        (node, line),
    )
    sent = [events.parse_event(str(row[0]).encode("utf-8"), "") for row in acts]
    return [
        _seen_elsewhere(cursor, node, event, office)
        for event in sent
        if isinstance(event.body, LetterSent)
        for office in sorted(event.body.offices)
    ]


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
    facts = _facts(event, body)
    _, sent = parse_event_id(body.source.event)
    ours = value(
        write.cursor,
        "SELECT 1 FROM delivery JOIN journal ON seq = sent WHERE sent = ? AND office = ?"
        " AND hash = ?",
        (sent, office, body.source.hash),
    )
    if ours is None:
        return _keep_elsewhere(write, office, event, facts)
    write.cursor.execute(
        "INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (sent, office, *facts, event.node, event.payload.decode("utf-8"), event.signature),
    )
    return True


def _keep_elsewhere(write: Write, office: str, event: Event, facts: tuple[object, ...]) -> bool:
    """Keep evidence about a letter that a colleague sent, or this node before it was restored.

    It counts once that sending is shown here. What the own journal belies is not kept.
    """
    source = event.body.source if isinstance(event.body, (LetterArrived, ReceiptGiven)) else None
    if source is None or not _is_of_this_office(write.cursor, source.node):
        return False
    if source.node == meta.get(write.cursor, meta.NODE) and not _may_be_of_a_tail(
        write.cursor, EventId(source.event)
    ):
        return False
    write.cursor.execute(
        "INSERT OR IGNORE INTO colleague_evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            source.node, source.event, source.hash, office, *facts, event.node,
            event.payload.decode("utf-8"), event.signature,
        ),
    )  # fmt: skip
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


def _facts(event: Event, body: LetterArrived | ReceiptGiven) -> tuple[object, ...]:
    """Say what a receiver signed: kind, moment, and year and number in its register."""
    if isinstance(body, ReceiptGiven):
        parse_instant(body.registered_at)
        return "registered", body.registered_at, body.year, body.number
    return "arrived", event.at, None, None


def _may_be_of_a_tail(cursor: Cursor, event: EventId) -> bool:
    """Tell whether an event under the own name can be one that an epoch has left behind."""
    epoch, _ = parse_event_id(event)
    return epoch < meta.epoch(cursor) and journal.hash_of(cursor, event) is None


def _is_of_this_office(cursor: Cursor, node: str) -> bool:
    own = meta.get(cursor, meta.NODE)
    return node == own or directory.node_office(cursor, node) == meta.get(cursor, meta.OFFICE)


def _seen_elsewhere(cursor: Cursor, node: str, sent: Event, office: str) -> Delivery:
    found = {
        kind: (parse_instant(at), year, number)
        for kind, at, year, number in rows(
            cursor,
            "SELECT kind, at, year, number FROM colleague_evidence"
            " WHERE node = ? AND event = ? AND hash = ? AND office = ?",
            (sent.node, sent.id, sent.hash, office),
        )
    }
    arrived, registered = found.get("arrived"), found.get("registered")
    return Delivery(
        office=office,
        office_name=directory.office_name(cursor, office),
        # It has come here from the centre.
        stage=Stage.REGISTERED if registered else Stage.ARRIVED if arrived else Stage.STORED,
        sent_at=parse_instant(sent.at),
        stored_at=None,
        arrived_at=arrived[0] if arrived else None,
        registered_at=registered[0] if registered else None,
        year=registered[1] if registered else None,
        number=registered[2] if registered else None,
        node=node,
        former=node == meta.get(cursor, meta.NODE),
    )


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
