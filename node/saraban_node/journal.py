"""The office's journal: every act in order, signed, chained, never changed.

    clerk's act ── append ──> journal row  +  projections        (one transaction of the caller)

The journal is the truth. Registers, letters and search are projections that can be made again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from saraban_base.clock import Clock
from saraban_base.sqlite import Cursor, Write, one, rows
from saraban_node import meta
from saraban_sync import events
from saraban_sync.errors import BrokenChain, RemoteProtocolError
from saraban_sync.events import GENESIS, Body, ClockState, Event
from saraban_sync.ids import EventId, NodeId, PersonId, event_id
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


class ClockOffset:
    """The last measured distance between this machine's clock and the centre's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._milliseconds: int | None = None
        self._measured = 0.0

    def measured(self, milliseconds: int) -> None:
        """Note a measurement made just now."""
        self._milliseconds = milliseconds
        self._measured = self._clock.monotonic()

    def state(self, *, stepped: bool) -> ClockState:
        """Write what is known, for an event."""
        age = None
        if self._milliseconds is not None:
            age = int(self._clock.monotonic() - self._measured)
        return ClockState(
            boot=self._clock.boot(),
            offset_ms=self._milliseconds,
            offset_age_s=age,
            stepped=stepped,
        )


@dataclass(frozen=True)
class Journal:
    """Writes and reads the events of one node.

    Args:
        node: the node's name.
        key: the node's signing key.
        offset: what is known of the clock.
        project: brings the projections up to date with a new event.
    """

    node: NodeId
    key: SigningKey
    offset: ClockOffset
    project: Projector

    def append(self, write: Write, body: Body, *, actor: PersonId) -> Event:
        """Add one event and bring the projections up to date with it, in the caller's transaction.

        Args:
            write: the transaction; its moment becomes the event's.
            body: the fact.
            actor: who did it.

        Raises:
            DocumentTooLarge: the fact does not fit into an event.
        """
        last, epoch = _end(write.cursor)
        at = instant(write.now)
        event = events.write_event(
            self.key,
            body,
            node=self.node,
            epoch=epoch,
            seq=last.seq + 1,
            prev=last.hash,
            at=at,
            clock=self.offset.state(stepped=at < last.at),
            actor=actor,
        )
        _store(write, event)
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


def verify(cursor: Cursor, *, node: NodeId, key: str) -> int:
    """Check the whole journal: every signature, every link, every column of every row.

    The rows are read as bytes: what somebody has put there need not even be text.

    Returns:
        The number of events.

    Raises:
        BrokenChain: an event does not follow the one before, or is not what was signed.
    """
    expected, count, epoch = GENESIS, 0, 1
    for seq, row_epoch, payload, signature, *columns in cursor.execute(_AS_BYTES):
        name = f"{row_epoch:04d}-{seq:010d}"
        try:
            event = events.read_event(payload, signature.decode("ascii"), key)
        except (RemoteProtocolError, UnicodeDecodeError) as wrong:
            raise BrokenChain(f"{name}: {wrong}", node=node, event=name) from wrong
        good = (
            event.prev == expected
            and (event.seq, event.epoch) == (seq, row_epoch)
            and event.node == node
            and columns == [part.encode() for part in _columns(event)]
            and seq == count + 1
            and row_epoch >= epoch
        )
        if not good:
            raise BrokenChain(f"{name} does not follow", node=node, event=name)
        expected, count, epoch = event.hash, count + 1, row_epoch
    return count


def event_moment(event: Event) -> datetime:
    """Give the wall time an event claims."""
    return parse_instant(event.at)


def _end(cursor: Cursor) -> tuple[Head, int]:
    """Give the last event and the epoch of the next one, with one question."""
    row = one(
        cursor,
        "SELECT epoch, seq, hash, at, (SELECT value FROM meta WHERE key = ?) FROM journal"
        " ORDER BY seq DESC LIMIT 1",
        (meta.EPOCH,),
    )
    if row is None:
        return _NOTHING, meta.epoch(cursor)
    return Head(*row[:4]), int(row[4] or "1")


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
