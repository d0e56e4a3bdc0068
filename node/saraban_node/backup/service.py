"""Backing up a node, as one act that either counts or says why it does not.

    snapshot ──> verified ──> files archive ──> database archive, each listed by a second witness
                    │               (the database archive is last: where it is, all of it is)
                    └── bad, shrunken, no room … ──> a failed backup, written down as such

Success and failure are both events in the journal, so that the centre learns of a node whose
backups fail. Only one backup runs at a time.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from saraban_base.backup import errors, locks
from saraban_base.backup.protocol import Item
from saraban_base.backup.repository import Created, Repository, Tell, quiet
from saraban_base.sqlite import Cursor, looking_at
from saraban_node import keys, meta
from saraban_node.appliance import PROGRAM, Appliance
from saraban_node.backup import manifest as manifests
from saraban_node.backup import records as backup_records
from saraban_node.backup import snapshot
from saraban_node.backup.manifest import Manifest, Summary
from saraban_node.backup.records import BackupRecord
from saraban_node.backup.verify import Report, files_named, verify_copy
from saraban_node.config import NodeConfig, read_config
from saraban_node.journal import SYSTEM
from saraban_sync.backup_events import BackupFinished
from saraban_sync.errors import SarabanError
from saraban_sync.ids import PersonId

_NAME: Final = re.compile(
    r"(?P<base>(?P<node>[a-z][a-z0-9-]*)-(?P<epoch>\d{4})-(?P<time>\d{8}T\d{9}Z))-(?P<part>db|files)"
)
DATABASE_PART: Final = "-db"
FILES_PART: Final = "-files"
_PROBLEM: Final = 500


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A whole backup in a repository."""

    name: str
    """Of both archives, without ``-db`` and ``-files``."""
    node: str
    epoch: int
    made_at: datetime
    summary: Summary


@dataclass(frozen=True, kw_only=True)
class BackupResult:
    """A backup that counts."""

    name: str
    repository: Path
    manifest: Manifest
    report: Report
    bytes_added: int
    seconds: float


@dataclass(frozen=True)
class _Run:
    """What the steps of one backup share."""

    appliance: Appliance
    repository: Repository
    name: str
    copy: Path
    tell: Tell


def repository_of(appliance: Appliance, *, tell: Tell = quiet) -> Repository:
    """Give the repository that a node's settings name."""
    folder = appliance.folder
    return Repository(
        path=_place(folder, appliance.config),
        passphrase_file=appliance.keys / keys.BACKUP_PASSPHRASE,
        base_dir=folder / "backup" / "borg",
        tell=tell,
    )


def repository_path(folder: Path) -> Path:
    """Tell where a node's repository is, without opening its database: that may be broken.

    Raises:
        NoNodeHere: there are no settings in the folder.
        BadSettings: they are wrong.
    """
    return _place(folder, read_config(folder))


def back_up(appliance: Appliance, *, actor: PersonId = SYSTEM, tell: Tell = quiet) -> BackupResult:
    """Back up a node to its repository and check the result.

    Args:
        appliance: the node; it may go on working meanwhile.
        actor: who asked for it.
        tell: takes one line, Thai and English, for each step.

    Raises:
        BackupRunning: another backup of this node is running.
        BackupProblem: the backup does not count; that is in the journal too.
    """
    home = appliance.folder / "backup"
    home.mkdir(mode=0o700, exist_ok=True)
    with locks.one_backup_at_a_time(home / "lock"):
        repository = repository_of(appliance, tell=tell)
        name = _new_name(appliance)
        run = _Run(appliance, repository, name, home / "snapshot", tell)
        try:
            with _failure_written_down(run, actor):
                result = _back_up(run)
        finally:
            snapshot.discard(run.copy)
        _record(run, result, actor)
    return result


def list_backups(repository: Repository, *, ignore_lock: bool = False) -> tuple[Backup, ...]:
    """List the whole backups of a repository, the latest first.

    Which is the latest is told by epoch and length of the journal: the clock of a small machine
    may have been wrong on the day.
    """
    listed = repository.archives(ignore_lock=ignore_lock)
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


def last_backup(cursor: Cursor, *, good_only: bool = False) -> BackupRecord | None:
    """Give the newest backup that the journal tells of, or the newest good one."""
    return backup_records.last(cursor, good_only=good_only)


def _place(folder: Path, config: NodeConfig) -> Path:
    return folder / (config.backup_repository or "repo")


def _back_up(run: _Run) -> BackupResult:
    clock, started = run.appliance.clock, run.appliance.clock.monotonic()
    run.repository.ensure_created()
    earlier = list_backups(run.repository)
    run.tell("กำลังคัดลอกฐานข้อมูล · Copying the database")
    manifest = snapshot.take(
        run.appliance.db, run.appliance.folder, run.copy, now=clock.now(), program=PROGRAM
    )
    run.tell("กำลังตรวจสำเนา · Checking the copy")
    report = _verified(run, manifest, earlier)
    files, database = _store(run, manifest)
    return BackupResult(
        name=run.name,
        repository=run.repository.path,
        manifest=manifest,
        report=report,
        bytes_added=files.bytes_added + database.bytes_added,
        seconds=round(clock.monotonic() - started, 3),
    )


def _verified(run: _Run, manifest: Manifest, earlier: tuple[Backup, ...]) -> Report:
    """Check the copy, and that nothing is gone that an earlier backup had."""
    report = verify_copy(
        run.copy,
        run.appliance.folder / snapshot.FILES,
        manifest=manifest,
        key=run.appliance.journal.key.public,
    )
    if not report.good:
        raise errors.SnapshotBad(report.problems(), what=report.problems())
    for backup in earlier:
        if less := manifests.lost(backup.summary, manifest):
            what = f"{backup.name}: {', '.join(less)}"
            raise errors.Shrunken(what, what=what)
    return report


def _store(run: _Run, manifest: Manifest) -> tuple[Created, Created]:
    run.tell("กำลังเก็บแฟ้มหนังสือ · Storing the letter files")
    folder = run.appliance.folder
    (folder / snapshot.FILES).mkdir(exist_ok=True)
    files = run.repository.create(
        run.name + FILES_PART,
        source=folder,
        paths=(snapshot.FILES,),
        exclude=(f"pp:{snapshot.FILES}/incoming",),
    )
    _all_files_stored(run.copy, files.items)
    run.tell("กำลังเก็บฐานข้อมูล · Storing the database")
    database = run.repository.create(
        run.name + DATABASE_PART,
        source=run.copy,
        paths=snapshot.parts(run.copy),
        chunker=snapshot.CHUNKER,
        comment=manifests.summary_line(manifest),
    )
    return files, database


def _all_files_stored(copy: Path, items: tuple[Item, ...]) -> None:
    stored = {(item.path, item.size) for item in items}
    with looking_at(copy / snapshot.DATABASE) as cursor:
        missing = [
            name
            for name, size in files_named(cursor)
            if (f"{snapshot.FILES}/{name[:2]}/{name}", size) not in stored
        ]
    if missing:
        what = f"{len(missing)} letter files, such as {missing[0][:12]}"
        raise errors.SourceMissing(what, what=what)


def _new_name(appliance: Appliance) -> str:
    with appliance.db.read() as cursor:
        epoch = meta.epoch(cursor)
    moment = appliance.clock.now()
    return f"{appliance.node}-{epoch:04d}-{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03d}Z"


def _record(run: _Run, result: BackupResult, actor: PersonId) -> None:
    body = BackupFinished(
        archive=run.name,
        repository=str(run.repository.path),
        last_event=result.manifest.last_event,
        entries=result.manifest.entries,
        good=True,
    )
    _append(run.appliance, body, actor)


@contextlib.contextmanager
def _failure_written_down(run: _Run, actor: PersonId) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as stopped:
        problem: SarabanError = errors.BackupCancelled("interrupted")
        _record_failure(run, problem, actor)
        raise problem from stopped
    except SarabanError as wrong:
        _record_failure(run, wrong, actor)
        raise
    except OSError as broken:
        problem = errors.BackupProblem(f"{type(broken).__name__}: {broken}")
        _record_failure(run, problem, actor)
        raise problem from broken


def _record_failure(run: _Run, wrong: SarabanError, actor: PersonId) -> None:
    problem = f"{wrong.code} {wrong.detail or wrong.english}"[:_PROBLEM]
    body = BackupFinished(
        archive=run.name, repository=str(run.repository.path), last_event="", entries=0,
        good=False, problem=problem,
    )  # fmt: skip
    # A database that is itself the problem may not take the note; the first problem matters more.
    with contextlib.suppress(SarabanError):
        _append(run.appliance, body, actor)


def _append(appliance: Appliance, body: BackupFinished, actor: PersonId) -> None:
    """Write the result into the journal, unless the database is fenced.

    The centre may hold what this node did after the backup it was restored from; an event written
    now would stand in the place of one of those and make the journal branch.
    """
    with appliance.db.write() as write:
        if not meta.get(write.cursor, meta.FENCED):
            appliance.journal.append(write, body, actor=actor)
