"""What the journals say about the machines themselves: how far they are, backups, programs."""

from typing import Any, Final, NamedTuple

from saraban_base.sqlite import Cursor, rows

_BACKUP: Final = "at, archive, repository, last_event, entries, good, problem, place, archives"


class Progress(NamedTuple):
    """How far a journal is here."""

    seq: int
    event: str
    at: str
    stored_at: str


class Backup(NamedTuple):
    """A backup that a node reported in its journal."""

    at: str
    archive: str
    repository: str
    last_event: str
    entries: int
    good: bool
    problem: str
    place: str
    archives: tuple[str, ...]
    """borg's ids of the archives."""


class Drill(NamedTuple):
    """A backup that a node brought back in a scratch place, as it reported it."""

    at: str
    archive: str
    place: str
    result: str
    """``good``, ``bad`` or ``not-run``."""
    key: str
    """``machine`` or ``sheet``."""
    entries: int
    problem: str


class Accepted(NamedTuple):
    """A node took a granted range."""

    at: str
    told: bool
    """Whether it was read out over the telephone."""


class PassedOver(NamedTuple):
    """Events whose content this program could not take in."""

    node: str
    reason: str
    """``newer`` or ``unreadable``."""
    type: str
    events: int


def progress(cursor: Cursor) -> dict[str, Progress]:
    """Tell how far each journal is here."""
    found = rows(cursor, "SELECT node, seq, event, at, stored_at FROM progress")
    return {row[0]: Progress(*row[1:]) for row in found}


def last_backups(cursor: Cursor, *, good: bool = False) -> dict[str, Backup]:
    """Give each node's last backup, or its last good one."""
    found = rows(
        cursor,
        f"SELECT node, {_BACKUP} FROM backup b"  # noqa: S608 - a constant
        " WHERE event = (SELECT max(event) FROM backup WHERE node = b.node AND good >= ?)",
        (int(good),),
    )
    return {row[0]: _backup(row[1:]) for row in found}


def good_backups(cursor: Cursor, node: str) -> list[Backup]:
    """List a node's good backups, oldest first, for comparing them with a repository."""
    found = rows(
        cursor,
        f"SELECT {_BACKUP} FROM backup WHERE node = ? AND good ORDER BY event",  # noqa: S608
        (node,),
    )
    return [_backup(row) for row in found]


def last_drills(cursor: Cursor) -> dict[str, Drill]:
    """Give each node's last drill."""
    found = rows(
        cursor,
        "SELECT node, at, archive, place, result, key, entries, problem FROM drill d"
        " WHERE event = (SELECT max(event) FROM drill WHERE node = d.node)",
    )
    return {row[0]: Drill(*row[1:]) for row in found}


def programs(cursor: Cursor) -> dict[str, str]:
    """Give the program version with which each journal was begun."""
    return dict(rows(cursor, "SELECT node, program FROM journal"))


def passed_over(cursor: Cursor) -> list[PassedOver]:
    """List what could not be taken in."""
    found = rows(cursor, "SELECT node, reason, type, count FROM passed_over ORDER BY node, type")
    return [PassedOver(*row) for row in found]


def accepted(cursor: Cursor) -> dict[str, Accepted]:
    """Tell when and how each granted range was taken by its node, by the grant's name."""
    found = rows(cursor, "SELECT grant_id, min(at), max(told) FROM accepted GROUP BY grant_id")
    return {row[0]: Accepted(row[1], told=bool(row[2])) for row in found}


def _backup(row: tuple[Any, ...]) -> Backup:
    at, archive, repository, last_event, entries, good, problem, place, archives = row
    return Backup(
        at, archive, repository, last_event, entries, bool(good), problem, place,
        tuple(archives.split()),
    )  # fmt: skip
