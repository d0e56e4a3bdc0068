"""Changing the passphrase of the backups, also of a stick that is not there today.

    new passphrase ──> counts from now on ──> each repository that is there takes it
                                                  │
    a place that is not there, or does not take it, keeps the old one ──> next backup there

Sheets with the old passphrase end when no repository has it any more.
"""

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from saraban_base import durable
from saraban_base.backup import errors, locks
from saraban_base.backup.repository import Tell, quiet
from saraban_node import meta
from saraban_node.appliance import Appliance
from saraban_node.backup import passphrases, sheets
from saraban_node.backup.places import Place, places_of
from saraban_node.errors import Fenced
from saraban_sync.backup_events import PassphraseChanged, SheetEnded
from saraban_sync.body import Body
from saraban_sync.errors import SarabanError
from saraban_sync.ids import PersonId

CHANGED: Final = "passphrase"
_TO_END: Final = "sheets-to-end.json"


@dataclass(frozen=True, kw_only=True)
class Changed:
    """What became of a change of the passphrase."""

    places: tuple[str, ...]
    """Those that have the new one."""
    waiting: tuple[str, ...]
    """Those that keep the old one until they are there again."""
    problems: tuple[tuple[str, SarabanError], ...]
    """Why some that are there did not take it; they wait too."""
    ended: tuple[str, ...]
    """Sheets that open nothing any more."""
    kept: tuple[str, ...]
    """Sheets that are still needed for those that wait."""


def change_passphrase(node: Appliance, *, actor: PersonId, tell: Tell = quiet) -> Changed:
    """Let a new passphrase open the backups.

    A place that is not there, or does not take it, keeps the old one until it does; whenever this
    breaks off, each repository can still be opened by this node.

    Raises:
        BackupRunning: a backup is running.
        Fenced: the database was restored or copied.
    """
    must_write(node)
    home = node.folder / "backup"
    home.mkdir(mode=0o700, exist_ok=True)
    places = places_of(node.folder, node.config)
    with locks.one_backup_at_a_time(home / "lock"):
        with node.db.read() as cursor:
            valid = {one.sheet for one in sheets.valid(cursor)}
        _write_to_end(node.folder, valid | set(to_end(node.folder)))
        known = tuple(one.name for one in places)
        passphrases.replace(node.folder, known, passphrases.new())
        problems = []
        for place in places:
            try:
                catch_up(node, place, actor=actor, tell=tell)
            except SarabanError as wrong:
                problems.append((place.name, wrong))
    waiting = passphrases.waiting(node.folder)
    with node.db.read() as cursor:
        left = {one.sheet for one in sheets.valid(cursor)}
    return Changed(
        places=tuple(one for one in known if one not in waiting),
        waiting=waiting,
        problems=tuple(problems),
        ended=tuple(sorted(valid - left)),
        kept=tuple(sorted(valid & left)),
    )


def catch_up(node: Appliance, place: Place, *, actor: PersonId, tell: Tell = quiet) -> bool:
    """Let a place that still has an old passphrase take the one that counts, if it is there.

    Called before each backup. It may have taken it already, when the program broke off just then.

    Raises:
        BackupProblem: it is there and does not take it.
    """
    old = passphrases.before_file(node.folder, place.name)
    if not old.is_file() or not place.present():
        return False
    repository, changed = place.repository(node.folder, tell), False
    new = passphrases.main_file(node.folder)
    if repository.exists():
        try:
            repository.change_passphrase(new)
        except errors.WrongPassphrase:
            replace(repository, passphrase_file=new).archives(ignore_lock=True)
        changed = True
    passphrases.forget_before(node.folder, place.name)
    if changed:
        append(node, PassphraseChanged(place=place.name), actor)
        tell(f"{place.name}: เปลี่ยนรหัสผ่านแล้ว · The passphrase was changed")
    if not passphrases.waiting(node.folder):
        _end_sheets(node, actor)
    return True


def _end_sheets(node: Appliance, actor: PersonId) -> None:
    """End the sheets whose passphrase opens nothing any more."""
    names = set(to_end(node.folder))
    with node.db.read() as cursor:
        valid = [one.sheet for one in sheets.valid(cursor) if one.sheet in names]
    for one in valid:
        append(node, SheetEnded(sheet=one, why=CHANGED), actor)
    (node.folder / "backup" / _TO_END).unlink(missing_ok=True)


def must_write(node: Appliance) -> None:
    """Refuse while nothing can be written down.

    Raises:
        Fenced: the database was restored or copied.
    """
    with node.db.read() as cursor:
        if fenced := meta.get(cursor, meta.FENCED):
            raise Fenced(fenced)


def append(node: Appliance, body: Body, actor: PersonId) -> None:
    """Write it down, unless the database is fenced: its journal may not branch."""
    with node.db.write() as write:
        if not meta.get(write.cursor, meta.FENCED):
            node.journal.append(write, body, actor=actor)


def to_end(folder: Path) -> tuple[str, ...]:
    """Name the sheets that end when no repository has the old passphrase any more."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((folder / "backup" / _TO_END).read_bytes(), type=tuple[str, ...])
    return ()


def _write_to_end(folder: Path, names: set[str]) -> None:
    durable.write_file(folder / "backup" / _TO_END, msgspec.json.encode(sorted(names)))
