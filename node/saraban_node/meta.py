"""Who this database is: node, office, epoch, and whether it may give numbers."""

from typing import Final

from saraban_base.sqlite import Cursor, Write, rows, value
from saraban_sync.registers import instant

NODE: Final = "node"
OFFICE: Final = "office"
OFFICE_NAME: Final = "office_name"
PREFIX: Final = "prefix"
EPOCH: Final = "epoch"
CENTRE_KEY: Final = "centre_key"
GENERATION: Final = "generation"
FENCED: Final = "fenced"
"""Why nothing may be written, one of :data:`REASONS`; absent when everything may."""
FENCED_AT: Final = "fenced_at"
FENCED_HEAD: Final = "fenced_head"
"""Place in the journal of the last event when the fence was put up."""
RESTORED_FROM: Final = "restored_from"
"""The backup's name."""
MACHINE: Final = "machine"
"""Hash of the machine and folder that the database belongs to."""
MACHINE_HERE: Final = "machine_here"
"""Hash of the machine and folder in which it was opened last."""
UNCLAIMED: Final = "unclaimed"
"""Places in the journal of epochs begun by hand that the centre has not agreed to yet."""
ORIGIN: Final = "origin"
"""Of a forked node: the last event it shares with the one whose name it had."""

RESTORED: Final = "restored"
COPIED: Final = "copied"
SUPERSEDED: Final = "superseded"
DIVERGED: Final = "diverged"
TWIN: Final = "twin"
REASONS: Final = (RESTORED, COPIED, SUPERSEDED, TWIN, DIVERGED)
"""Why a database is fenced; a later one takes the place of an earlier one, never the reverse."""


def get(cursor: Cursor, key: str) -> str:
    """Give a value, empty when it was never set."""
    found = value(cursor, "SELECT value FROM meta WHERE key = ?", (key,))
    return "" if found is None else str(found)


def put(write: Write, key: str, text: str) -> None:
    """Set a value."""
    write.cursor.execute(
        "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, text),
    )


def remove(write: Write, key: str) -> None:
    """Forget a value."""
    write.cursor.execute("DELETE FROM meta WHERE key = ?", (key,))


def epoch(cursor: Cursor) -> int:
    """Give the database's epoch; 1 until the centre gives another."""
    return int(get(cursor, EPOCH) or "1")


def fence(write: Write, why: str) -> None:
    """Let nothing be written any more, until the fence is lifted.

    Args:
        write: the transaction.
        why: one of :data:`REASONS`; a weightier one that stands already stays.
    """
    before = get(write.cursor, FENCED)
    if before in REASONS and REASONS.index(before) >= REASONS.index(why):
        return
    put(write, FENCED, why)
    if not before:
        head = value(write.cursor, "SELECT coalesce(max(seq), 0) FROM journal")
        put(write, FENCED_AT, instant(write.now))
        put(write, FENCED_HEAD, str(head))


def starting(cursor: Cursor, prefix: str) -> dict[str, str]:
    """Give all values whose key starts with a prefix, by the rest of their key."""
    found = rows(
        cursor,
        "SELECT substr(key, length(:prefix) + 1), value FROM meta"
        " WHERE substr(key, 1, length(:prefix)) = :prefix ORDER BY key",
        {"prefix": prefix},
    )
    return {str(row[0]): str(row[1]) for row in found}
