"""Who this database is: node, office, epoch, and whether it may give numbers."""

from typing import Final

from saraban_base.sqlite import Cursor, Write, value

NODE: Final = "node"
OFFICE: Final = "office"
OFFICE_NAME: Final = "office_name"
PREFIX: Final = "prefix"
EPOCH: Final = "epoch"
CENTRE_KEY: Final = "centre_key"
GENERATION: Final = "generation"
FENCED: Final = "fenced"
"""Why the database gives no numbers, such as ``restored``; absent when it may."""


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
