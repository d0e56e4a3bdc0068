"""What the journals say about the machines themselves: how far they are, backups, programs."""

from typing import NamedTuple

from saraban_base.sqlite import Cursor, rows


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
        "SELECT node, at, archive, repository, last_event, entries, good, problem FROM backup b"
        " WHERE event = (SELECT max(event) FROM backup WHERE node = b.node AND good >= ?)",
        (int(good),),
    )
    return {node: Backup(*said)._replace(good=bool(said[5])) for node, *said in found}


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
