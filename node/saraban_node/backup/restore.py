"""Bringing a node back from its backup, beside what is there and never over it.

    archive ──> folder/.restoring ──> verified ──> fenced ──> moved into place, database last
                     │
                     └── bad: left there for inspection, and no node appears

A restored database does not know what was numbered after its backup was taken. It is therefore
fenced before it can be opened as a node: it shows everything and gives no number until the centre
has given it a new epoch.
"""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from saraban_base import durable
from saraban_base.backup import errors
from saraban_base.backup.remote import Remote
from saraban_base.backup.repository import Repository, Tell, quiet
from saraban_base.clock import Clock
from saraban_base.errors import DatabaseProblem, DatabaseTooNew
from saraban_base.sqlite import Database, looking_at, rows, value
from saraban_node import keys, meta
from saraban_node.appliance import MIGRATIONS
from saraban_node.backup import manifest as manifests
from saraban_node.backup import service, snapshot
from saraban_node.backup.manifest import Manifest
from saraban_node.backup.service import DATABASE_PART, FILES_PART
from saraban_node.backup.verify import Report, verify_copy
from saraban_node.config import BackupPlace, read_config
from saraban_node.identity import machine, marks, ratchet
from saraban_node.line import sync_state
from saraban_sync.errors import SarabanError

LATEST: Final = "latest"
RESTORED: Final = meta.RESTORED
_WORK: Final = ".restoring"
_FULL: Final = {errno.ENOSPC, errno.EDQUOT}
_MAY_STAY: Final = {marks.FILE}
"""What an otherwise empty folder may hold: how far the books were numbered stays true."""


@dataclass(frozen=True, kw_only=True)
class Restored:
    """A node that was brought back; it gives no numbers yet."""

    archive: str
    folder: Path
    manifest: Manifest
    report: Report
    still_at_centre: int
    """Letter files that were on their way when the backup was made; they are fetched later."""
    seconds: float


@dataclass(frozen=True, kw_only=True)
class From:
    """Where a backup comes from.

    Args:
        repository: the repository's folder; on the other machine, when it is there.
        passphrase_file: a file with its passphrase.
        ignore_lock: read it although it is locked, because the machine that locked it is gone.
        remote: how the other machine is reached; None for a folder of this one.
    """

    repository: Path
    passphrase_file: Path
    ignore_lock: bool = False
    remote: Remote | None = None

    def opened(self, base_dir: Path, tell: Tell = quiet) -> Repository:
        """Give the repository.

        Args:
            base_dir: where borg keeps its memory for this time.
            tell: takes a line when a broken lock was cleared.
        """
        return Repository(
            path=self.repository,
            passphrase_file=self.passphrase_file,
            base_dir=base_dir,
            tell=tell,
            remote=self.remote,
        )


def restore_to(
    folder: Path, archive: str, *, source: From, clock: Clock, tell: Tell = quiet
) -> Restored:
    """Bring a backup back into an empty folder, check it, and fence it.

    Args:
        folder: a new or empty folder; it becomes the node's folder.
        archive: the backup's name, or ``latest``.
        source: the repository.
        clock: where time comes from.
        tell: takes one line, Thai and English, for each step.

    Raises:
        TargetNotEmpty: there is something in the folder.
        NoSuchArchive: the repository has no such backup.
        RestoredBad: what came back did not pass its checks; it was left for inspection.
        BackupProblem: it could not be brought back; the folder is as it was.
    """
    started = clock.monotonic()
    with _workspace(folder) as work:
        repository = source.opened(work / "borg", tell)
        name = chosen(repository, archive, ignore_lock=source.ignore_lock)
        _bring_back(repository, name, work, ignore_lock=source.ignore_lock, tell=tell)
        tell("กำลังตรวจข้อมูลที่กู้คืน · Checking what came back")
        manifest, report = _checked(work)
        waiting = _fence(work, name, clock)
        _put_in_place(work, folder, source, manifest.node)
    return Restored(
        archive=name,
        folder=folder,
        manifest=manifest,
        report=report,
        still_at_centre=waiting,
        seconds=round(clock.monotonic() - started, 3),
    )


@contextlib.contextmanager
def _workspace(folder: Path) -> Iterator[Path]:
    """Give a place inside the target; nothing of it remains unless it is kept for inspection."""
    was_there = folder.exists()
    if was_there and (not folder.is_dir() or {path.name for path in folder.iterdir()} - _MAY_STAY):
        raise errors.TargetNotEmpty(str(folder), folder=folder)
    work = folder / _WORK
    work.mkdir(mode=0o700, parents=True)
    folder.chmod(0o700)
    try:
        yield work
    except errors.RestoredBad:
        raise
    except BaseException as wrong:
        shutil.rmtree(work, ignore_errors=True)
        if not was_there:
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(wrong, OSError):
            raise disk_problem(wrong, folder) from wrong
        raise
    shutil.rmtree(work)


def disk_problem(wrong: OSError, folder: Path) -> errors.BackupProblem:
    """Say what a disk refused."""
    kind = errors.RepositoryFull if wrong.errno in _FULL else errors.BackupProblem
    return kind(str(wrong), repository=folder)


def chosen(repository: Repository, archive: str, *, ignore_lock: bool = False) -> str:
    """Find a whole backup by the name of it or of one of its archives, or the latest.

    Raises:
        NoSuchArchive: the repository has no such backup.
    """
    there = service.list_backups(repository, ignore_lock=ignore_lock)
    wanted = archive.removesuffix(DATABASE_PART).removesuffix(FILES_PART)
    for backup in there:
        if wanted in {LATEST, backup.name}:
            return backup.name
    raise errors.NoSuchArchive(f"{archive} of {len(there)}", archive=archive)


def _bring_back(
    repository: Repository, name: str, work: Path, *, ignore_lock: bool, tell: Tell
) -> None:
    copy = work / "copy"
    copy.mkdir()
    tell(f"กำลังกู้คืนฐานข้อมูลจาก {name} · Bringing back the database")
    repository.extract(name + DATABASE_PART, copy, ignore_lock=ignore_lock)
    tell("กำลังกู้คืนแฟ้มหนังสือ · Bringing back the letter files")
    repository.extract(name + FILES_PART, work, ignore_lock=ignore_lock)
    (work / snapshot.FILES).mkdir(exist_ok=True)


def _checked(work: Path) -> tuple[Manifest, Report]:
    copy = work / "copy"
    manifest = snapshot.read_manifest(copy)
    try:
        name = "" if manifest is None else manifest.node
        key = keys.load_signing_key(copy / snapshot.KEYS, name).public
    except (OSError, ValueError) as wrong:
        raise errors.RestoredBad(str(wrong), what="keys/signing", folder=copy) from wrong
    refuse_newer(copy)
    report = verify_copy(copy, work / snapshot.FILES, manifest=manifest, key=key)
    if manifest is None or not report.good:
        raise errors.RestoredBad(report.problems(), what=report.problems(), folder=copy)
    return manifest, report


def refuse_newer(copy: Path) -> None:
    """Say of a newer program's database just that: what it checks is not known here."""
    known = {file.name for file in MIGRATIONS.iterdir()}
    done: set[str] = set()
    with contextlib.suppress(DatabaseProblem), looking_at(copy / snapshot.DATABASE) as cursor:
        if rows(cursor, "SELECT 1 FROM sqlite_schema WHERE name = 'migration'"):
            done = {str(row[0]) for row in rows(cursor, "SELECT name FROM migration")}
    if newer := ", ".join(sorted(done - known)):
        raise DatabaseTooNew(f"unknown migrations {newer}", what=newer)


def _fence(work: Path, archive: str, clock: Clock) -> int:
    """Make the database safe to open as a node.

    Returns:
        How many letter files must still be fetched from the centre.
    """
    path = work / "copy" / snapshot.DATABASE
    database = Database.open(path, migrations=MIGRATIONS, clock=clock)
    try:
        with database.write() as write:
            meta.fence(write, meta.RESTORED)
            meta.put(write, meta.RESTORED_FROM, archive)
            machine.forget(write)
            ratchet.forget(write)
            sync_state.forget(write)  # what was fetched is asked for again
            write.cursor.execute("DELETE FROM session")  # nobody stays logged in
            waiting = int(value(write.cursor, "SELECT count(*) FROM wanted_file"))
        database.checkpoint()
    finally:
        database.close()
    return waiting


def _put_in_place(work: Path, folder: Path, source: From, node: str) -> None:
    """Move everything to where a node looks for it; the database last, so that it is all or none.

    What opened the repository goes with it, so that the node can go on using it.
    """
    copy = work / "copy"
    _keep_keys(copy, source)
    (folder / "backup").mkdir(mode=0o700)
    os.sync()  # borg does not flush what it extracts
    (copy / manifests.FILE).rename(folder / "backup" / "restored-manifest.json")
    (work / snapshot.FILES).rename(folder / snapshot.FILES)
    (copy / snapshot.KEYS).rename(folder / snapshot.KEYS)
    for name in (snapshot.SETTINGS, snapshot.DATABASE):
        if (copy / name).exists():
            (copy / name).rename(folder / name)
    marks.gather(node, folder)
    durable.flush_folder(folder)


def _keep_keys(copy: Path, source: From) -> None:
    """Put the passphrase among the keys, and with it the key by which the centre lets this in."""
    secrets = copy / snapshot.KEYS
    kept = {keys.BACKUP_PASSPHRASE: source.passphrase_file}
    if (remote := source.remote) is not None:
        for one in _places(copy, remote.url):
            kept |= {one.key: remote.key, one.known_hosts: remote.known_hosts}
            # ssh would show the old key's public half, which lies beside it in the backup
            (secrets / f"{one.key}.pub").unlink(missing_ok=True)
    for name, file in kept.items():
        durable.write_file(secrets / name, file.read_bytes(), mode=0o600)


def _places(copy: Path, url: str) -> list[BackupPlace]:
    try:
        settings = read_config(copy)
    except SarabanError:
        return []
    return [one for one in settings.backup_places if one.url == url]
