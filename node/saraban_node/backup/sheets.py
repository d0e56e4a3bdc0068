"""Who holds which half of a recovery sheet, since when. The one writer of ``recovery_sheet``."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from saraban_base.sqlite import Cursor, Write, rows
from saraban_sync.backup_events import SheetChecked, SheetEnded, SheetPrinted
from saraban_sync.events import Event
from saraban_sync.registers import parse_instant


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A recovery sheet as the journal tells of it."""

    sheet: str
    printed_at: datetime
    printed_by: str
    holders: tuple[str, str]
    checked_at: datetime | None
    """When both halves were tried last; None if they never were."""
    check_good: bool
    ended_at: datetime | None
    """When it became useless; None while it opens the backups."""
    ended_why: str


def project(write: Write, event: Event) -> None:
    """Bring the table up to date with an event about a sheet."""
    match event.body:
        case SheetPrinted(sheet=sheet, holders=(first, second)):
            write.cursor.execute(
                "INSERT OR IGNORE INTO recovery_sheet VALUES (?, ?, ?, ?, ?, ?, '', 0, '', '')",
                (sheet, event.seq, event.at, event.actor, first, second),
            )
        case SheetChecked(sheet=sheet, good=good):
            write.cursor.execute(
                "UPDATE recovery_sheet SET checked_at = ?, check_good = ? WHERE sheet = ?",
                (event.at, good, sheet),
            )
        case SheetEnded(sheet=sheet, why=why):
            write.cursor.execute(
                "UPDATE recovery_sheet SET ended_at = ?, ended_why = ?"
                " WHERE sheet = ? AND ended_at = ''",
                (event.at, why, sheet),
            )
        case _:
            raise TypeError(f"{event.type} is not about a recovery sheet")


def every(cursor: Cursor) -> list[Sheet]:
    """List all sheets, the newest first."""
    found = rows(
        cursor,
        "SELECT sheet, printed_at, printed_by, holder_1, holder_2, checked_at, check_good,"
        " ended_at, ended_why FROM recovery_sheet ORDER BY seq DESC",
    )
    return [_sheet(row) for row in found]


def valid(cursor: Cursor) -> list[Sheet]:
    """List the sheets that open the backups, the newest first."""
    return [one for one in every(cursor) if one.ended_at is None]


def _sheet(row: tuple[Any, ...]) -> Sheet:
    sheet, printed_at, printed_by, first, second, checked_at, check_good, ended_at, why = row
    return Sheet(
        sheet=sheet,
        printed_at=parse_instant(printed_at),
        printed_by=printed_by,
        holders=(first, second),
        checked_at=parse_instant(checked_at) if checked_at else None,
        check_good=bool(check_good),
        ended_at=parse_instant(ended_at) if ended_at else None,
        ended_why=why,
    )
