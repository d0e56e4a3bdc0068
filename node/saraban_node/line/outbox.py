"""What has not reached the centre yet: events it is not known to hold, and parts of files."""

from collections.abc import Iterator
from dataclasses import dataclass

from saraban_base.sqlite import Cursor, Database, Write, rows, value
from saraban_node import journal
from saraban_node.line import deliveries
from saraban_sync.body import FileRef
from saraban_sync.ids import event_id
from saraban_sync.registers import instant
from saraban_sync.wire import CHUNK_BYTES, Document, chunk_names


@dataclass(frozen=True)
class Part:
    """One chunk of an own file that the centre does not have yet."""

    chunk: str
    sha256: str
    place: int


def waiting_events(cursor: Cursor) -> int:
    """Count the events the centre is not known to hold."""
    return journal.head(cursor).seq - deliveries.known_stored(cursor)


def waiting_letters(cursor: Cursor) -> int:
    """Count the register lines the centre is not known to hold."""
    return int(
        value(
            cursor,
            "SELECT count(*) FROM entry WHERE seq > ?",
            (deliveries.known_stored(cursor),),
        )
    )


def documents_after(cursor: Cursor, seq: int, *, limit: int) -> Iterator[Document]:
    """Give the events after a place in the journal, in order, as they are: nobody reads them here.

    Args:
        cursor: where to read.
        seq: the place after which to begin.
        limit: greatest number of events.
    """
    found = cursor.execute(
        "SELECT epoch, seq, payload, signature FROM journal WHERE seq > ? ORDER BY seq LIMIT ?",
        (seq, limit),
    )
    for epoch, place, payload, signature in found:
        yield Document(
            id=event_id(epoch, place), payload=payload.encode("utf-8"), signature=signature
        )


def queue_files(write: Write, files: tuple[FileRef, ...]) -> None:
    """Note that the parts of these files must go to the centre."""
    for ref in files:
        for place, chunk in enumerate(chunk_names(ref.size, ref.sha256, ref.chunks)):
            write.cursor.execute(
                "INSERT OR IGNORE INTO unsent_chunk VALUES (?, ?, ?, ?)",
                (chunk, ref.sha256, place, ref.size),
            )


def parts(cursor: Cursor, *, limit: int) -> list[Part]:
    """Give parts to send next, those of small files first."""
    return [
        Part(*row)
        for row in rows(
            cursor,
            "SELECT chunk, sha256, place FROM unsent_chunk ORDER BY size, sha256, place LIMIT ?",
            (limit,),
        )
    ]


def parts_left(cursor: Cursor) -> int:
    """Count the parts of files that still have to go."""
    return int(value(cursor, "SELECT count(*) FROM unsent_chunk"))


def sent(write: Write, chunks: list[str]) -> None:
    """Note that the centre has these parts."""
    for chunk in chunks:
        write.cursor.execute("DELETE FROM unsent_chunk WHERE chunk = ?", (chunk,))
        write.cursor.execute("DELETE FROM refused_document WHERE event = ?", (f"chunk {chunk}",))


def note_refused(database: Database, refused: list[tuple[str, str]]) -> None:
    """Note what could not go to the centre, and why."""
    with database.write() as write:
        for event, reason in refused:
            write.cursor.execute(
                "INSERT OR REPLACE INTO refused_document VALUES (?, ?, ?)",
                (event, reason, instant(write.now)),
            )


def offset_of(part: Part) -> int:
    """Give where in its file a part begins, in bytes."""
    return part.place * CHUNK_BYTES
