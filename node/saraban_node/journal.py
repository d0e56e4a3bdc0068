"""The office's journal: every act in order, signed, chained, never changed.

    clerk's act ── append ──> journal row  +  projections        (one transaction of the caller)

The journal is the truth. Registers, letters and search are projections that can be made again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from saraban_base.sqlite import Cursor, Write, one, rows, value
from saraban_node import meta
from saraban_node.clocks.clock_watch import ClockWatch
from saraban_node.errors import Fenced
from saraban_node.identity.errors import Renamed
from saraban_sync import events
from saraban_sync.body import Body
from saraban_sync.errors import BrokenChain, RemoteProtocolError
from saraban_sync.events import GENESIS, Event
from saraban_sync.ids import EventId, NodeId, PersonId, event_id
from saraban_sync.journal_events import JournalForked, JournalOpened
from saraban_sync.registers import instant, parse_instant
from saraban_sync.signing import SigningKey

SYSTEM = PersonId("system")
Projector = Callable[[Write, Event], None]
_AS_BYTES: Final = (
    "SELECT seq, epoch, CAST(payload AS BLOB), CAST(signature AS BLOB), CAST(type AS BLOB),"
    " CAST(at AS BLOB), CAST(actor AS BLOB), CAST(hash AS BLOB) FROM journal ORDER BY seq"
)


class Head(NamedTuple):
    """The journal's last event."""

    epoch: int
    seq: int
    hash: str
    at: str

    @property
    def id(self) -> EventId | None:
        """Its document id; None for an empty journal."""
        return event_id(self.epoch, self.seq) if self.seq else None


_NOTHING: Final = Head(1, 0, GENESIS, "")


@dataclass(frozen=True)
class Journal:
    """Writes and reads the events of one node.

    Args:
        node: the node's name.
        key: the node's signing key.
        clock: what is known of the machine's clock.
        project: brings the projections up to date with a new event.
    """

    node: NodeId
    key: SigningKey
    clock: ClockWatch
    project: Projector

    def append(self, write: Write, body: Body, *, actor: PersonId, lifting: bool = False) -> Event:
        """Add one event and bring the projections up to date with it, in the caller's transaction.

        Args:
            write: the transaction; its moment becomes the event's.
            body: the fact.
            actor: who did it.
            lifting: whether the event is part of lifting the fence, the only thing that may be
                written while it stands.

        Raises:
            Fenced: the database was restored or copied, or has a twin.
            Renamed: the node has another name since it was opened.
            DocumentTooLarge: the fact does not fit into an event.
        """
        last, epoch, fenced, node = _end(write.cursor)
        if fenced and not lifting:
            raise Fenced(fenced)
        if node != self.node:
            raise Renamed(f"{self.node} is {node} now", node=node)
        at = instant(write.now)
        event = events.write_event(
            self.key,
            body,
            node=self.node,
            epoch=epoch,
            seq=last.seq + 1,
            prev=last.hash,
            at=at,
            clock=self.clock.state(write, stepped=at < last.at),
            actor=actor,
        )
        _store(write, event)
        self.project(write, event)
        return event

    def adopt(self, write: Write, payload: bytes, signature: str) -> Event:
        """Put an own event back that only others had kept; it must be the next one.

        Args:
            write: the transaction.
            payload: the event as it was signed.
            signature: its signature.

        Raises:
            BrokenChain: it does not follow the journal's last event.
            BadSignature: this node did not sign it.
            Unintelligible: it is no event.
        """
        event = events.read_event(payload, signature, self.key.public)
        last = head(write.cursor)
        follows = event.prev == last.hash and event.seq == last.seq + 1
        if not follows or event.node != self.node or event.epoch < last.epoch:
            raise BrokenChain(f"{event.id} does not follow", node=self.node, event=event.id)
        _store(write, event)
        if event.epoch > meta.epoch(write.cursor):
            meta.put(write, meta.EPOCH, str(event.epoch))
        self.project(write, event)
        return event


def head(cursor: Cursor) -> Head:
    """Give the journal's last event."""
    row = one(cursor, "SELECT epoch, seq, hash, at FROM journal ORDER BY seq DESC LIMIT 1")
    return _NOTHING if row is None else Head(*row)


def read(cursor: Cursor, *, after: int = 0, limit: int = -1) -> Iterator[Event]:
    """Give events in order.

    Args:
        cursor: where to read.
        after: the sequence number after which to begin.
        limit: greatest number of events; all when negative.
    """
    found = cursor.execute(
        "SELECT payload, signature FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
    )
    for payload, signature in found:
        yield events.parse_event(str(payload).encode("utf-8"), str(signature))


def event_of(cursor: Cursor, seq: int) -> Event | None:
    """Give one event by its place."""
    return next(read(cursor, after=seq - 1, limit=1), None)


def hash_of(cursor: Cursor, event: EventId) -> str | None:
    """Give the hash of an event by its id, None when the journal does not have it."""
    found = rows(
        cursor,
        "SELECT hash FROM journal WHERE seq = ? AND epoch = ?",
        (int(event[5:]), int(event[:4])),
    )
    return str(found[0][0]) if found else None


def id_at(cursor: Cursor, seq: int) -> str:
    """Give the id of the event at a place, empty when there is none."""
    epoch = value(cursor, "SELECT epoch FROM journal WHERE seq = ?", (seq,))
    return event_id(epoch, seq) if epoch else ""


def last_before(cursor: Cursor, epoch: int) -> EventId | None:
    """Give the last event that was written before an epoch began; None when there is none."""
    row = one(
        cursor,
        "SELECT epoch, seq FROM journal WHERE epoch < ? ORDER BY seq DESC LIMIT 1",
        (epoch,),
    )
    return event_id(*row) if row else None


def verify(cursor: Cursor, *, node: NodeId, key: str) -> int:
    """Check the whole journal: every signature, every link, every column of every row.

    The rows are read as bytes: what somebody has put there need not even be text. A forked journal
    begins under the name and key that it had before; each new key signs what stands before it.

    Args:
        cursor: where to read.
        node: the node's name now.
        key: its public key now.

    Returns:
        The number of events.

    Raises:
        BrokenChain: an event does not follow the one before, or is not what was signed.
    """
    expected, count, epoch = GENESIS, 0, 1
    signer = _first_signer(cursor) or (node, key)
    for seq, row_epoch, payload, signature, *columns in cursor.execute(_AS_BYTES):
        name = f"{row_epoch:04d}-{seq:010d}"
        try:
            signer = _signer_after(payload, signer)
            event = events.read_event(payload, signature.decode("ascii"), signer[1])
        except (RemoteProtocolError, UnicodeDecodeError) as wrong:
            raise BrokenChain(f"{name}: {wrong}", node=node, event=name) from wrong
        good = (
            event.prev == expected
            and (event.seq, event.epoch) == (seq, row_epoch)
            and event.node == signer[0]
            and columns == [part.encode() for part in _columns(event)]
            and seq == count + 1
            and row_epoch >= epoch
        )
        if not good:
            raise BrokenChain(f"{name} does not follow", node=node, event=name)
        expected, count, epoch = event.hash, count + 1, row_epoch
    if signer != (node, key):
        raise BrokenChain(f"it ends under the name {signer[0]}", node=node, event="")
    return count


def event_moment(event: Event) -> datetime:
    """Give the wall time an event claims."""
    return parse_instant(event.at)


def _end(cursor: Cursor) -> tuple[Head, int, str, str]:
    """Give the last event, the epoch of the next one, the fence and the node's name, at once."""
    row = one(
        cursor,
        "SELECT epoch, seq, hash, at, (SELECT value FROM meta WHERE key = ?),"
        " (SELECT value FROM meta WHERE key = ?), (SELECT value FROM meta WHERE key = ?)"
        " FROM journal ORDER BY seq DESC LIMIT 1",
        (meta.EPOCH, meta.FENCED, meta.NODE),
    )
    if row is None:
        return _NOTHING, meta.epoch(cursor), "", meta.get(cursor, meta.NODE)
    return Head(*row[:4]), int(row[4] or "1"), row[5] or "", row[6]


def _first_signer(cursor: Cursor) -> tuple[NodeId, str] | None:
    """Give name and key under which a forked journal was opened; None for any other journal."""
    forked = "SELECT 1 FROM journal WHERE type = 'journal.forked' LIMIT 1"
    if one(cursor, forked) is None:
        return None
    try:
        first = next(read(cursor, limit=1))
    except (RemoteProtocolError, UnicodeDecodeError):
        return None
    opened = first.body
    return (first.node, opened.key) if isinstance(opened, JournalOpened) else None


def _signer_after(payload: bytes, signer: tuple[NodeId, str]) -> tuple[NodeId, str]:
    """Give who must have signed an event: a fork is signed by the new key that it names."""
    if b'"type":"journal.forked"' not in payload:
        return signer
    body = events.parse_event(payload, "").body
    if isinstance(body, JournalForked) and body.origin == signer[0]:
        return events.parse_event(payload, "").node, body.key
    return signer


def _store(write: Write, event: Event) -> None:
    write.cursor.execute(
        "INSERT INTO journal (seq, epoch, type, at, actor, payload, signature, hash)"
        " VALUES (?, ?, ?, ?, ?, CAST(? AS TEXT), ?, ?)",
        (
            event.seq,
            event.epoch,
            event.type,
            event.at,
            event.actor,
            event.payload,
            event.signature,
            event.hash,
        ),
    )


def _columns(event: Event) -> tuple[str, ...]:
    """Give what stands beside the payload, in the order of ``_AS_BYTES``."""
    return event.type, event.at, event.actor, event.hash
