"""The backups in a repository: two archives of one name are one backup, half a one is none."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from saraban_base.backup.protocol import Archive
from saraban_base.backup.repository import Repository
from saraban_node.backup import manifest as manifests
from saraban_node.backup.manifest import Summary

_NAME: Final = re.compile(
    r"(?P<base>(?P<node>[a-z][a-z0-9-]*)-(?P<epoch>\d{4})-(?P<time>\d{8}T\d{9}Z))-(?P<part>db|files)"
)
DATABASE_PART: Final = "-db"
FILES_PART: Final = "-files"


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A whole backup in a repository."""

    name: str
    """Of both archives, without ``-db`` and ``-files``."""
    node: str
    epoch: int
    made_at: datetime
    summary: Summary


def list_backups(repository: Repository, *, ignore_lock: bool = False) -> tuple[Backup, ...]:
    """List the whole backups of a repository, the latest first; see :func:`whole`."""
    return whole(repository.archives(ignore_lock=ignore_lock))


def whole(archives: Iterable[Archive]) -> tuple[Backup, ...]:
    """Put archives together to whole backups, the latest first.

    Which is the latest is told by epoch and length of the journal: the clock of a small machine
    may have been wrong on the day.
    """
    listed = tuple(archives)
    names = {archive.name for archive in listed}
    found: list[Backup] = []
    for archive in listed:
        parsed = _NAME.fullmatch(archive.name)
        if parsed and parsed["part"] == "db" and parsed["base"] + FILES_PART in names:
            made_at = datetime.strptime(parsed["time"] + "+0000", "%Y%m%dT%H%M%S%fZ%z")
            found.append(
                Backup(name=parsed["base"], node=parsed["node"], epoch=int(parsed["epoch"]),
                       made_at=made_at, summary=manifests.read_summary(archive.comment))
            )  # fmt: skip
    order = sorted(found, key=lambda one: (one.epoch, one.summary.events, one.made_at))
    return tuple(reversed(order))


def halves(archives: Iterable[Archive], node: str) -> tuple[str, ...]:
    """Name the archives of a node that belong to no whole backup: one that was cut off half-way."""
    listed = tuple(archives)
    bases = {backup.name for backup in whole(listed)}
    found = []
    for archive in listed:
        parsed = _NAME.fullmatch(archive.name)
        if parsed and parsed["node"] == node and parsed["base"] not in bases:
            found.append(archive.name)
    return tuple(found)
