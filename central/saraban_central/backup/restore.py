"""Bringing the centre back from its backup, beside what is there and never over it.

    archive ──> folder/.restoring ──> verified ──> new generation ──> moved into place
                     └── bad: left there for inspection, and no centre appears

A restored centre has forgotten what it granted after its backup. It is therefore in a new
generation before it can be opened: it grants nothing of a series until every machine of the office
was in contact (:mod:`saraban_central.identity.generation`). The settings come last, for a folder
without them is no centre.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from saraban_base.backup import errors
from saraban_base.backup.repository import Repository, Tell, quiet
from saraban_base.clock import Clock
from saraban_central import keys
from saraban_central.backup import manifest as manifests
from saraban_central.backup import service, snapshot
from saraban_central.backup.errors import NoSuchCentreBackup
from saraban_central.backup.manifest import Manifest
from saraban_central.backup.verify import DATABASE, Report, verify_copy
from saraban_central.centre import open_centre
from saraban_central.config import FILE as SETTINGS
from saraban_central.identity import generation
from saraban_central.identity.generation import ClosedOffice

LATEST: Final = "latest"
_WORK: Final = ".restoring"


@dataclass(frozen=True, kw_only=True)
class Restored:
    """A centre that was brought back; it grants no numbers yet."""

    archive: str
    folder: Path
    manifest: Manifest
    report: Report
    generation: int
    closed: tuple[ClosedOffice, ...]
    """Offices whose numbers are not granted, and the machines they wait for."""
    seconds: float


@dataclass(frozen=True, kw_only=True)
class From:
    """Where a backup comes from.

    Args:
        repository: folder or ``ssh://`` address.
        passphrase_file: a file with its passphrase.
        secrets_folder: holds the key for ssh and the other machine's host key.
        ignore_lock: read it although it is locked, because the machine that locked it is gone.
    """

    repository: str | Path
    passphrase_file: Path
    secrets_folder: Path
    ignore_lock: bool = False


def restore_to(
    folder: Path, archive: str, *, source: From, clock: Clock, by: str, tell: Tell = quiet
) -> Restored:
    """Bring a backup back into an empty folder, check it, and begin a new generation.

    Args:
        folder: a new or empty folder; it becomes the centre's folder.
        archive: the backup's name, or ``latest``.
        source: the repository.
        clock: where time comes from.
        by: who restores.
        tell: takes one line, Thai and English, for each step.

    Raises:
        TargetNotEmpty: there is something in the folder.
        NoSuchCentreBackup: the repository has no such backup.
        RestoredBad: what came back did not pass its checks; it was left for inspection.
        BackupProblem: it could not be brought back; the folder is as it was.
    """
    started = clock.monotonic()
    with _workspace(folder) as work:
        repository = service.repository_at(
            source.repository, source.secrets_folder, work / "borg",
            passphrase_file=source.passphrase_file, tell=tell,
        )  # fmt: skip
        name = _chosen(repository, archive, ignore_lock=source.ignore_lock)
        copy = work / "copy"
        copy.mkdir(mode=0o700)
        tell(f"กำลังกู้คืนฐานข้อมูลจาก {name} · Bringing back the database")
        repository.extract(name, copy, ignore_lock=source.ignore_lock)
        tell("กำลังตรวจข้อมูลที่กู้คืน · Checking what came back")
        manifest, report = _checked(copy)
        new, closed = _begin(copy, clock, by)
        _put_in_place(copy, folder, source.passphrase_file)
    return Restored(
        archive=name,
        folder=folder,
        manifest=manifest,
        report=report,
        generation=new,
        closed=closed,
        seconds=round(clock.monotonic() - started, 3),
    )


@contextlib.contextmanager
def _workspace(folder: Path) -> Iterator[Path]:
    """Give a place inside the target; nothing of it remains unless it is kept for inspection."""
    was_there = folder.exists()
    if was_there and (not folder.is_dir() or any(folder.iterdir())):
        raise errors.TargetNotEmpty(str(folder), folder=folder)
    work = folder / _WORK
    work.mkdir(mode=0o700, parents=True)
    folder.chmod(0o700)
    try:
        yield work
    except errors.RestoredBad:
        raise
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        if not was_there:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(work)


def _chosen(repository: Repository, archive: str, *, ignore_lock: bool) -> str:
    there = service.list_backups(repository, ignore_lock=ignore_lock)
    for backup in there:
        if archive in {LATEST, backup.name}:
            return backup.name
    raise NoSuchCentreBackup(f"{archive} of {len(there)}", archive=archive)


def _checked(copy: Path) -> tuple[Manifest, Report]:
    manifest = snapshot.read_manifest(copy)
    report = verify_copy(copy, manifest=manifest)
    if manifest is None or not report.good:
        raise errors.RestoredBad(report.problems(), what=report.problems(), folder=copy)
    return manifest, report


def _begin(copy: Path, clock: Clock, by: str) -> tuple[int, tuple[ClosedOffice, ...]]:
    """Begin a new generation before anybody can open this as a centre; nobody stays logged in."""
    centre = open_centre(copy, clock=clock)
    try:
        new = generation.restored(centre, by=by)
        with centre.database.write() as write:
            write.cursor.execute("DELETE FROM session")
        closed = tuple(generation.closed(centre))
        centre.database.checkpoint()
    finally:
        centre.close()
    return new, closed


def _put_in_place(copy: Path, folder: Path, passphrase_file: Path) -> None:
    """Move everything to where a centre looks for it; the settings last."""
    kept = copy / keys.FOLDER / snapshot.PASSPHRASE
    shutil.copyfile(passphrase_file, kept)
    kept.chmod(0o600)
    (folder / "backup").mkdir(mode=0o700)
    os.sync()  # borg does not flush what it extracts
    (copy / manifests.FILE).rename(folder / "backup" / "restored-manifest.json")
    for name in (keys.FOLDER, DATABASE, SETTINGS):
        (copy / name).rename(folder / name)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
