"""Backups made and tried out. The one writer of ``backup_record`` and ``backup_drill``."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from saraban_base.sqlite import Cursor, Write, one, rows, value
from saraban_sync.backup_events import BackupDrilled, BackupFinished
from saraban_sync.events import Event
from saraban_sync.registers import parse_instant

_COLUMNS: Final = "at, archive, repository, last_event, entries, good, problem, place, archives"
_DRILL_COLUMNS: Final = "seq, at, archive, place, result, key, entries, files, seconds, problem"


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
    place: str = ""
    archives: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DrillRecord:
    """One drill as the journal tells it."""

    seq: int
    """Its place in the journal."""
    at: datetime
    archive: str
    place: str
    result: str
    """``good``, ``bad`` or ``not-run``."""
    key: str
    """``machine`` or ``sheet``."""
    entries: int
    files: int
    seconds: int
    problem: str


def add(write: Write, event: Event, body: BackupFinished) -> None:
    """Write down a backup."""
    write.cursor.execute(
        "INSERT INTO backup_record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.seq,
            event.at,
            body.archive,
            body.repository,
            body.last_event,
            body.entries,
            body.good,
            body.problem,
            body.place,
            " ".join(body.archives),
        ),
    )


def add_drill(write: Write, event: Event, body: BackupDrilled) -> None:
    """Write down a drill."""
    write.cursor.execute(
        "INSERT INTO backup_drill VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.seq, event.at, body.archive, body.place, body.result, body.key, body.entries,
            body.files, body.seconds, body.problem,
        ),
    )  # fmt: skip


def drills(cursor: Cursor, *, limit: int) -> list[DrillRecord]:
    """List the drills, the newest first."""
    found = rows(
        cursor,
        f"SELECT {_DRILL_COLUMNS} FROM backup_drill"  # noqa: S608 - a constant
        " ORDER BY seq DESC LIMIT ?",
        (limit,),
    )
    return [_drill_record(row) for row in found]


def drill_at(cursor: Cursor, seq: int) -> DrillRecord | None:
    """Give one drill by its place in the journal."""
    row = one(
        cursor,
        f"SELECT {_DRILL_COLUMNS} FROM backup_drill WHERE seq = ?",  # noqa: S608 - a constant
        (seq,),
    )
    return None if row is None else _drill_record(row)


def last_drilled(cursor: Cursor) -> dict[str, int]:
    """Tell for each place that was tried out where its last drill stands in the journal."""
    return dict(rows(cursor, "SELECT place, max(seq) FROM backup_drill GROUP BY place"))


def last(
    cursor: Cursor, *, good_only: bool = False, place: str | None = None
) -> BackupRecord | None:
    """Give the newest backup, or the newest good one, of all places or of one."""
    row = one(
        cursor,
        f"SELECT {_COLUMNS} FROM backup_record"  # noqa: S608 - a constant
        " WHERE (good OR NOT ?) AND place = coalesce(?, place) ORDER BY seq DESC LIMIT 1",
        (good_only, place),
    )
    return None if row is None else _record(row)


def first_good(cursor: Cursor) -> BackupRecord | None:
    """Give the first good backup there ever was."""
    row = one(
        cursor,
        f"SELECT {_COLUMNS} FROM backup_record WHERE good ORDER BY seq LIMIT 1",  # noqa: S608 - a constant
    )
    return None if row is None else _record(row)


def failures(cursor: Cursor, place: str) -> int:
    """Count the backups at a place that failed since the last good one there."""
    found = value(
        cursor,
        "SELECT count(*) FROM backup_record WHERE place = :place AND NOT good AND seq >"
        " (SELECT coalesce(max(seq), 0) FROM backup_record WHERE place = :place AND good)",
        {"place": place},
    )
    return int(found)


def containing(cursor: Cursor, seq: int, *, limit: int) -> tuple[tuple[BackupRecord, ...], int]:
    """Give the good backups that hold an event, the newest first, and how many there are.

    Args:
        cursor: where to read.
        seq: the event's place in the journal.
        limit: greatest number of backups to give.
    """
    found = rows(
        cursor,
        f"SELECT {_COLUMNS} FROM backup_record"  # noqa: S608 - a constant
        " WHERE good AND CAST(substr(last_event, 6) AS INTEGER) >= ? ORDER BY seq DESC",
        (seq,),
    )
    return tuple(_record(row) for row in found[:limit]), len(found)


def _record(row: tuple[Any, ...]) -> BackupRecord:
    at, archive, repository, last_event, entries, good, problem, place, archives = row
    return BackupRecord(
        parse_instant(at), archive, repository, last_event, entries, bool(good), problem, place,
        tuple(archives.split()),
    )  # fmt: skip


def _drill_record(row: tuple[Any, ...]) -> DrillRecord:
    seq, at, archive, place, result, key, entries, files, seconds, problem = row
    return DrillRecord(
        seq=seq, at=parse_instant(at), archive=archive, place=place, result=result, key=key,
        entries=entries, files=files, seconds=seconds, problem=problem,
    )  # fmt: skip
