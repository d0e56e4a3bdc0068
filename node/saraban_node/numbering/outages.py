"""Times when only the emergency register was open. The one writer of ``outage``."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from saraban_base.sqlite import Cursor, Write, one, rows, value
from saraban_sync.events import Event
from saraban_sync.number_events import EmergencyClosed, EmergencyOpened
from saraban_sync.registers import parse_instant

_COLUMNS: Final = (
    "outage, cause, opened_at,"
    " coalesce((SELECT name FROM person WHERE person = opened_by), opened_by), closed_at, total"
)


@dataclass(frozen=True, kw_only=True)
class Outage:
    """One time without ordinary numbers."""

    outage: int
    cause: str
    opened_at: datetime
    opened_by: str
    """The person's name."""
    closed_at: datetime | None
    """None while it lasts."""
    total: int
    """Letters registered meanwhile, counted when it ended."""


def current(cursor: Cursor) -> Outage | None:
    """Give the outage that lasts, if one does."""
    row = one(
        cursor,
        f"SELECT {_COLUMNS} FROM outage WHERE closed_at = '' ORDER BY outage DESC LIMIT 1",  # noqa: S608
    )
    return None if row is None else _outage(row)


def every(cursor: Cursor) -> list[Outage]:
    """List all outages, the newest first."""
    found = rows(cursor, f"SELECT {_COLUMNS} FROM outage ORDER BY outage DESC")  # noqa: S608
    return [_outage(row) for row in found]


def letters(cursor: Cursor, outage: Outage) -> int:
    """Count the letters registered since an outage began, by their place and not by the clock."""
    found = value(
        cursor,
        "SELECT count(*) FROM entry WHERE emergency > 0"
        " AND seq > (SELECT seq FROM outage WHERE outage = ?)",
        (outage.outage,),
    )
    return int(found)


def project(write: Write, event: Event) -> None:
    """Write down that an outage began or ended."""
    match event.body:
        case EmergencyOpened() as body:
            write.cursor.execute(
                "INSERT INTO outage VALUES (?, ?, ?, ?, ?, '', 0)",
                (body.outage, event.seq, body.cause, event.at, event.actor),
            )
        case EmergencyClosed() as body:
            write.cursor.execute(
                "UPDATE outage SET closed_at = ?, total = ? WHERE outage = ?",
                (event.at, body.total, body.outage),
            )
        case _:
            raise TypeError(f"{event.type} is about no outage")


def _outage(row: tuple[Any, ...]) -> Outage:
    return Outage(
        outage=row[0],
        cause=row[1],
        opened_at=parse_instant(row[2]),
        opened_by=row[3],
        closed_at=parse_instant(row[4]) if row[4] else None,
        total=row[5],
    )
