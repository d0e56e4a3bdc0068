"""Letters that arrived electronically and wait for their number. The one writer of ``arrival``.

One that this node had registered before it was restored waits no more once that line has come back.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from saraban_base.sqlite import Cursor, Write, one, rows, value
from saraban_node.books.letters import NewLetter
from saraban_node.line import directory
from saraban_sync import events
from saraban_sync.body import FileRef, Source
from saraban_sync.events import Event, LetterArrived, LetterSent
from saraban_sync.registers import Register, Urgency, parse_instant


@dataclass(frozen=True)
class RegisteredBefore:
    """A line of this node that only the life before a restore had."""

    year: int
    number: int


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A letter of another office that reached this one."""

    source: Source
    sender_office: str
    """Its Thai name."""
    subject: str
    sender: str
    recipient: str
    letter_no: str
    letter_date: date | None
    urgency: Urgency
    files: tuple[FileRef, ...]
    sent_at: datetime
    """By the sender's clock."""
    arrived_at: datetime
    entry: int | None
    """Place in the journal of its line, when it is registered."""
    former: RegisteredBefore | None
    """Where it was registered before a restore, when this journal does not have the line."""


_FORMER: Final = (
    " FROM colleague_line AS line WHERE line.node = (SELECT value FROM meta WHERE key = 'node')"
    " AND line.source_node = arrival.source_node AND line.source_event = arrival.source_event"
    " AND line.source_event <> '' AND line.number > 0"
)
_WAITING: Final = f"arrival WHERE entry IS NULL AND NOT EXISTS (SELECT 1{_FORMER})"


def arrivals(cursor: Cursor, *, limit: int = 200) -> list[Arrival]:
    """List letters that are not registered yet, the most urgent and then the oldest first."""
    found = [
        arrival
        for row in rows(
            cursor,
            f"SELECT source_node, source_event FROM {_WAITING} ORDER BY seq LIMIT ?",  # noqa: S608
            (limit,),
        )
        if (arrival := one_arrival(cursor, row[0], row[1])) is not None
    ]
    order = list(reversed(Urgency))
    return sorted(found, key=lambda arrival: (order.index(arrival.urgency), arrival.arrived_at))


def letter_of(arrival: Arrival) -> NewLetter:
    """Fill in the form of the incoming register with what the sender wrote."""
    return NewLetter(
        register=Register.INCOMING,
        subject=arrival.subject,
        sender=arrival.sender or arrival.sender_office,
        recipient=arrival.recipient,
        letter_no=arrival.letter_no,
        letter_date=arrival.letter_date,
        urgency=arrival.urgency,
        files=arrival.files,
        source=arrival.source,
    )


def waiting(cursor: Cursor) -> int:
    """Count the letters that are not registered yet."""
    return int(value(cursor, f"SELECT count(*) FROM {_WAITING}"))  # noqa: S608


def one_arrival(cursor: Cursor, node: str, event: str) -> Arrival | None:
    """Give one arrival by the sender's node and event."""
    row = one(
        cursor,
        "SELECT arrival.sender_office, arrived_at, entry, payload, signature FROM arrival"
        " JOIN letter_received USING (source_node, source_event)"
        " WHERE source_node = ? AND source_event = ?",
        (node, event),
    )
    if row is None:
        return None
    office, arrived_at, entry, payload, signature = row
    sent = events.parse_event(payload.encode("utf-8"), signature)
    if not isinstance(sent.body, LetterSent):
        return None
    body = sent.body
    return Arrival(
        source=sent.source,
        sender_office=directory.office_name(cursor, office),
        subject=body.subject,
        sender=body.sender,
        recipient=body.recipient,
        letter_no=body.letter_no,
        letter_date=_day(body.letter_date),
        urgency=body.urgency,
        files=body.files,
        sent_at=parse_instant(sent.at),
        arrived_at=parse_instant(arrived_at),
        entry=entry,
        former=former_of(cursor, Source(node=node, event=event, hash="")),
    )


def former_of(cursor: Cursor, source: Source) -> RegisteredBefore | None:
    """Tell under which number this node had registered an arrival before it was restored."""
    row = one(
        cursor,
        f"SELECT (SELECT line.year{_FORMER}), (SELECT line.number{_FORMER}) FROM arrival"  # noqa: S608
        " WHERE source_node = ? AND source_event = ? AND entry IS NULL",
        (source.node, source.event),
    )
    return None if row is None or row[0] is None else RegisteredBefore(*row)


def _day(text: str) -> date | None:
    """Read a date another office wrote; a letter is not lost because its date cannot be read."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def is_known(cursor: Cursor, node: str, event: str) -> bool:
    """Tell whether a letter has arrived before."""
    found = one(
        cursor,
        "SELECT 1 FROM arrival WHERE source_node = ? AND source_event = ?",
        (node, event),
    )
    return found is not None


def keep_letter(write: Write, sent: Event) -> None:
    """Keep the sender's own event, as it was signed."""
    write.cursor.execute(
        "INSERT OR IGNORE INTO letter_received VALUES (?, ?, ?, ?)",
        (sent.node, sent.id, sent.payload.decode("utf-8"), sent.signature),
    )


def add(write: Write, event: Event, body: LetterArrived) -> None:
    """Write down that a letter reached this office."""
    source = body.source
    write.cursor.execute(
        "INSERT INTO arrival (seq, source_node, source_event, source_hash, sender_office,"
        " arrived_at, entry) VALUES (?, ?, ?, ?, ?, ?, NULL)",
        (event.seq, source.node, source.event, source.hash, body.sender_office, event.at),
    )


def registered(write: Write, source: Source, entry: int) -> None:
    """Write down that an arrival has its line in the register."""
    write.cursor.execute(
        "UPDATE arrival SET entry = ? WHERE source_node = ? AND source_event = ?",
        (entry, source.node, source.event),
    )


def given_back(write: Write, entry: int) -> None:
    """Let an arrival wait again whose line was cancelled before it had an ordinary number.

    Its sender has had no receipt, and another line may still be written for it.
    """
    write.cursor.execute(
        "UPDATE arrival SET entry = NULL WHERE (source_node, source_event) ="
        " (SELECT source_node, source_event FROM entry WHERE seq = ? AND number = 0)",
        (entry,),
    )
