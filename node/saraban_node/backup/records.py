"""Which backups were made and whether they were good. The one writer of ``backup_record``."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from saraban_base.sqlite import Cursor, Write, one, rows
from saraban_sync.events import BackupFinished, Event
from saraban_sync.registers import parse_instant


@dataclass(frozen=True)
class BackupRecord:
    """One backup as the journal tells it."""

    at: datetime
    archive: str
    repository: str
    last_event: str
    entries: int
    good: bool
    problem: str


def add(write: Write, event: Event, body: BackupFinished) -> None:
    """Write down a backup."""
    write.cursor.execute(
        "INSERT INTO backup_record VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.seq,
            event.at,
            body.archive,
            body.repository,
            body.last_event,
            body.entries,
            body.good,
            body.problem,
        ),
    )


def last(cursor: Cursor, *, good_only: bool = False) -> BackupRecord | None:
    """Give the newest backup, or the newest good one."""
    row = one(
        cursor,
        "SELECT at, archive, repository, last_event, entries, good, problem FROM backup_record"
        " WHERE good OR NOT ? ORDER BY seq DESC LIMIT 1",
        (good_only,),
    )
    return None if row is None else _record(row)


def containing(cursor: Cursor, seq: int, *, limit: int) -> tuple[tuple[BackupRecord, ...], int]:
    """Give the good backups that hold an event, the newest first, and how many there are.

    Args:
        cursor: where to read.
        seq: the event's place in the journal.
        limit: greatest number of backups to give.
    """
    found = rows(
        cursor,
        "SELECT at, archive, repository, last_event, entries, good, problem FROM backup_record"
        " WHERE good AND CAST(substr(last_event, 6) AS INTEGER) >= ? ORDER BY seq DESC",
        (seq,),
    )
    return tuple(_record(row) for row in found[:limit]), len(found)


def _record(row: tuple[Any, ...]) -> BackupRecord:
    at, archive, repository, last_event, entries, good, problem = row
    return BackupRecord(
        parse_instant(at), archive, repository, last_event, entries, bool(good), problem
    )
