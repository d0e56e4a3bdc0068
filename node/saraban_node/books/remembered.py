"""What the office has written before, offered while the clerk types."""

from saraban_base.sqlite import Cursor, rows, value
from saraban_sync.registers import Register


def recipients(cursor: Cursor, register: Register, *, limit: int = 100) -> list[str]:
    """List recipients of recent letters, the most frequent first."""
    found = rows(
        cursor,
        "SELECT recipient FROM (SELECT recipient, seq FROM entry WHERE register = ?"
        " AND number > 0 AND recipient <> '' ORDER BY year DESC, number DESC LIMIT 500)"
        " GROUP BY recipient ORDER BY count(*) DESC, max(seq) DESC LIMIT ?",
        (register, limit),
    )
    return [str(row[0]) for row in found]


def actions(cursor: Cursor, *, limit: int = 30) -> list[str]:
    """List what was often written under การปฏิบัติ."""
    found = rows(
        cursor,
        "SELECT action FROM (SELECT action, seq FROM entry WHERE action <> ''"
        " AND length(action) < 80 ORDER BY seq DESC LIMIT 500)"
        " GROUP BY action HAVING count(*) > 1 ORDER BY count(*) DESC LIMIT ?",
        (limit,),
    )
    return [str(row[0]) for row in found]


def registered_since(cursor: Cursor, register: Register, moment: str) -> int:
    """Count the lines registered since a moment, among the latest three thousand.

    Args:
        cursor: where to read.
        register: the book.
        moment: UTC, as the journal writes it.
    """
    found = value(
        cursor,
        "SELECT count(*) FROM (SELECT register, registered_at FROM entry ORDER BY seq DESC"
        " LIMIT 3000) WHERE register = ? AND registered_at >= ?",
        (register, moment),
    )
    return int(found or 0)
