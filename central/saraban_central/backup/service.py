"""Backing up the centre, as one act that either counts or says why it does not.

snapshot ──> verified ──> archive, listed by a second witness ──> noted
                └── bad, shrunken, no room … ──> a failed backup, noted as such
"""

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from saraban_base.backup import errors, locks
from saraban_base.backup.protocol import Archive
from saraban_base.backup.remote import Remote, is_url
from saraban_base.backup.repository import Repository, Tell, quiet
from saraban_central import keys
from saraban_central.backup import manifest as manifests
from saraban_central.backup import snapshot
from saraban_central.backup.manifest import Manifest, Summary
from saraban_central.backup.records import OWN_BACKUPS, OwnBackup, last
from saraban_central.backup.verify import Report, verify_copy
from saraban_central.centre import Centre
from saraban_central.config import CentralConfig
from saraban_central.store.interface import Keep
from saraban_sync.errors import SarabanError

SSH_KEY: Final = "backup-ssh"
KNOWN_HOSTS: Final = "backup-known-hosts"
DEFAULT: Final = "repo"
PROGRAM: Final = version("saraban")
_NAME: Final = re.compile(r"centre-(?P<generation>\d{4})-(?P<time>\d{8}T\d{9}Z)")
_PROBLEM: Final = 500


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A backup in a repository."""

    name: str
    generation: int
    made_at: datetime
    summary: Summary


@dataclass(frozen=True, kw_only=True)
class BackupResult:
    """A backup that counts."""

    name: str
    repository: str
    manifest: Manifest
    report: Report
    bytes_added: int
    seconds: float
    new_passphrase: bool
    """Whether the passphrase was made just now, so that somebody has to take it to a safe."""


def repository_at(
    where: str | Path, secrets_folder: Path, base_dir: Path, *, passphrase_file: Path | None = None,
    tell: Tell = quiet,
) -> Repository:  # fmt: skip
    """Give the repository at a folder or an ``ssh://`` address.

    Args:
        where: folder or address.
        secrets_folder: holds the key for ssh and the other machine's host key.
        base_dir: borg's memory.
        passphrase_file: the passphrase; in ``secrets_folder`` if not given.
        tell: takes a line when a broken lock was cleared.
    """
    remote = None
    if is_url(str(where)):
        remote = Remote(
            url=str(where), key=secrets_folder / SSH_KEY, known_hosts=secrets_folder / KNOWN_HOSTS
        )
    return Repository(
        path=remote.path if remote else Path(where),
        passphrase_file=passphrase_file or secrets_folder / snapshot.PASSPHRASE,
        base_dir=base_dir,
        remote=remote,
        tell=tell,
    )


def repository_of(centre: Centre, *, tell: Tell = quiet) -> Repository:
    """Give the repository that the centre's settings name."""
    where = place_of(centre.folder, centre.config)
    home = centre.folder / "backup"
    return repository_at(where, centre.folder / keys.FOLDER, home / "borg", tell=tell)


def place_of(folder: Path, config: CentralConfig) -> str | Path:
    """Tell where a centre's repository is, without opening its database: that may be broken."""
    said = config.backup_repository
    return said if is_url(said) else folder / (said or DEFAULT)


def back_up(centre: Centre, *, by: str, tell: Tell = quiet) -> BackupResult:
    """Back up the centre to its repository and check the result.

    Args:
        centre: may go on working meanwhile.
        by: who asked for it.
        tell: takes one line, Thai and English, for each step.

    Raises:
        BackupRunning: another backup of the centre is running.
        BackupProblem: the backup does not count; that is noted too.
    """
    home = centre.folder / "backup"
    home.mkdir(mode=0o700, exist_ok=True)
    with locks.one_backup_at_a_time(home / "lock"):
        name = _new_name(centre)
        repository = repository_of(centre, tell=tell)
        copy = home / "snapshot"
        try:
            with _failure_noted(centre, name, repository.location, by):
                done, archive = _back_up(centre, repository, name, copy, tell)
        finally:
            snapshot.discard(copy)
        note = OwnBackup(
            at=centre.now(), archive=name, repository=repository.location, good=True,
            documents=done.manifest.documents, borg_id=archive.id, by=by,
        )  # fmt: skip
        centre.store.commit(Keep(OWN_BACKUPS, name, note))
    return done


def list_backups(repository: Repository, *, ignore_lock: bool = False) -> tuple[Backup, ...]:
    """List the backups of a repository, the latest first: by generation, then by documents."""
    found = []
    for archive in repository.archives(ignore_lock=ignore_lock):
        parsed, said = _NAME.fullmatch(archive.name), manifests.read_summary(archive.comment)
        if parsed and said is not None:
            made_at = datetime.strptime(parsed["time"] + "+0000", "%Y%m%dT%H%M%S%fZ%z")
            found.append(
                Backup(name=archive.name, generation=int(parsed["generation"]), made_at=made_at,
                       summary=said)
            )  # fmt: skip
    return tuple(
        sorted(
            found, key=lambda one: (one.generation, one.summary.documents, one.made_at),
            reverse=True,
        )
    )  # fmt: skip


def _back_up(
    centre: Centre, repository: Repository, name: str, copy: Path, tell: Tell
) -> tuple[BackupResult, Archive]:
    started = centre.clock.monotonic()
    made = _ensure_passphrase(centre, repository)
    repository.ensure_created()
    earlier = list_backups(repository)
    tell("กำลังคัดลอกฐานข้อมูล · Copying the database")
    manifest = snapshot.take(
        centre.database, centre.folder, copy, now=centre.clock.now(), program=PROGRAM
    )
    tell("กำลังตรวจสำเนา · Checking the copy")
    report = _verified(copy, manifest, earlier)
    tell("กำลังเก็บฐานข้อมูล · Storing the database")
    created = repository.create(
        name,
        source=copy,
        paths=snapshot.parts(copy),
        chunker=snapshot.CHUNKER,
        comment=manifests.summary_line(manifest),
    )
    result = BackupResult(
        name=name,
        repository=repository.location,
        manifest=manifest,
        report=report,
        bytes_added=created.bytes_added,
        seconds=round(centre.clock.monotonic() - started, 3),
        new_passphrase=made,
    )
    return result, created.archive


def _verified(copy: Path, manifest: Manifest, earlier: tuple[Backup, ...]) -> Report:
    """Check the copy, and that nothing is gone that an earlier backup had."""
    report = verify_copy(copy, manifest=manifest)
    if not report.good:
        raise errors.SnapshotBad(report.problems(), what=report.problems())
    for backup in earlier:
        if less := manifests.lost(backup.summary, manifest):
            what = f"{backup.name}: {', '.join(less)}"
            raise errors.Shrunken(what, what=what)
    return report


def _ensure_passphrase(centre: Centre, repository: Repository) -> bool:
    """Make the passphrase for a first backup; a lost one is never made anew behind one's back."""
    file = repository.passphrase_file
    if file.exists() or repository.exists() or last(centre.store, good_only=True) is not None:
        return False
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(secrets.token_urlsafe(32) + "\n")
        out.flush()
        os.fsync(out.fileno())
    return True


def _new_name(centre: Centre) -> str:
    moment = centre.clock.now()
    stamp = f"{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03d}Z"
    return f"centre-{centre.identity.generation:04d}-{stamp}"


@contextlib.contextmanager
def _failure_noted(centre: Centre, name: str, repository: str, by: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as stopped:
        problem: SarabanError = errors.BackupCancelled("interrupted")
        _note_failure(centre, name, repository, by, problem)
        raise problem from stopped
    except SarabanError as wrong:
        _note_failure(centre, name, repository, by, wrong)
        raise
    except OSError as broken:
        problem = errors.BackupProblem(f"{type(broken).__name__}: {broken}")
        _note_failure(centre, name, repository, by, problem)
        raise problem from broken


def _note_failure(centre: Centre, name: str, repository: str, by: str, wrong: SarabanError) -> None:
    problem = f"{wrong.code} {wrong.detail or wrong.english}"[:_PROBLEM]
    note = OwnBackup(
        at=centre.now(), archive=name, repository=repository, good=False, problem=problem, by=by
    )
    # A database that is itself the problem may not take the note; the first problem matters more.
    with contextlib.suppress(SarabanError):
        centre.store.commit(Keep(OWN_BACKUPS, name, note))
