"""Small notes about the line: cursors, the last contact, what the centre said. Local to a machine.

The one writer of ``sync_state``.
"""

from typing import Final

from saraban_base.sqlite import Cursor, Write, rows, value

CURSOR: Final = "cursor:"
"""Prefix of the notes that say how far a database of the centre was read."""


def get(cursor: Cursor, key: str) -> str:
    """Give a note, empty when it was never made."""
    found = value(cursor, "SELECT value FROM sync_state WHERE key = ?", (key,))
    return "" if found is None else str(found)


def put(write: Write, key: str, text: str) -> None:
    """Make a note."""
    write.cursor.execute("INSERT OR REPLACE INTO sync_state VALUES (?, ?)", (key, text))


def remove(write: Write, key: str) -> None:
    """Strike a note."""
    write.cursor.execute("DELETE FROM sync_state WHERE key = ?", (key,))


def starting(cursor: Cursor, prefix: str) -> dict[str, str]:
    """Give all notes whose key starts with a prefix, by the rest of their key."""
    found = rows(
        cursor,
        "SELECT substr(key, length(:prefix) + 1), value FROM sync_state"
        " WHERE substr(key, 1, length(:prefix)) = :prefix ORDER BY key",
        {"prefix": prefix},
    )
    return {str(row[0]): str(row[1]) for row in found}


def remove_starting(write: Write, prefix: str) -> None:
    """Strike all notes whose key starts with a prefix."""
    write.cursor.execute(
        "DELETE FROM sync_state WHERE substr(key, 1, length(:prefix)) = :prefix",
        {"prefix": prefix},
    )


def forget(write: Write) -> None:
    """Strike everything: what was fetched is asked for again."""
    write.cursor.execute("DELETE FROM sync_state")
