"""Backing up a node, as one act that either counts or says why it does not.

    snapshot ──> verified ──> at each place that is there:
                    │            files archive ──> database archive, each listed by a second witness
                    │               │  (the database archive is last: where it is, all of it is)
                    │               └── shrunken, no room, line cut … ──> failed there, others go on
                    └── bad ──> failed at every place

Success and failure at each place are events in the journal, so that the centre learns of a node
whose backups fail. Only one backup runs at a time.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from saraban_base.backup import errors, locks
from saraban_base.backup.protocol import Item
from saraban_base.backup.repository import Repository, Tell, quiet
from saraban_base.sqlite import Cursor, looking_at
from saraban_node import meta
from saraban_node.appliance import PROGRAM, Appliance
from saraban_node.backup import manifest as manifests
from saraban_node.backup import records as backup_records
from saraban_node.backup import snapshot
from saraban_node.backup.manifest import Manifest, Summary
from saraban_node.backup.places import Place, named, places_of
from saraban_node.backup.records import BackupRecord
from saraban_node.backup.verify import Report, files_named, verify_copy
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
class Stored:
    """What became of a backup at one place."""

    place: str
    repository: str
    """Path or address."""
    archives: tuple[str, ...] = ()
    """borg's ids: files, then database."""
    bytes_added: int = 0
    problem: SarabanError | None = None
    """Why it does not count there; None when it does."""


@dataclass(frozen=True, kw_only=True)
class BackupResult:
    """A backup that counts at one place at least."""

    name: str
    manifest: Manifest
    report: Report
    places: tuple[Stored, ...]
    """Each place that was tried."""
    absent: tuple[str, ...]
    """Places that were not there, such as a stick that is not plugged in."""
    seconds: float

    @property
    def good(self) -> tuple[Stored, ...]:
        """The places where it counts."""
        return tuple(one for one in self.places if one.problem is None)

    @property
    def problems(self) -> tuple[SarabanError, ...]:
        """Why it does not count at the others."""
        return tuple(one.problem for one in self.places if one.problem is not None)

    @property
    def repository(self) -> Path:
        """Folder of the first repository that holds it."""
        return Path(self.good[0].repository)

    @property
    def bytes_added(self) -> int:
        """What it takes at all places together."""
        return sum(one.bytes_added for one in self.places)


@dataclass
class _Target:
    """One place while a backup goes there."""

    place: Place
    repository: Repository
    earlier: tuple[Backup, ...] = ()
    bytes_added: int = 0
    archives: tuple[str, ...] = ()
    problem: SarabanError | None = None


@dataclass(frozen=True)
class _Run:
    """What the steps of one backup share."""

    appliance: Appliance
    name: str
    copy: Path
    tell: Tell
    actor: PersonId


def back_up(
    appliance: Appliance,
    places: Iterable[str] | None = None,
    *,
    actor: PersonId = SYSTEM,
    tell: Tell = quiet,
) -> BackupResult:
    """Back up a node to its places and check the result.

    One snapshot goes to each place that is there, in the order of the settings; what fails at one
    does not stop the others. When none is there, that is the failure.

    Args:
        appliance: the node; it may go on working meanwhile.
        places: names of places; all when None.
        actor: who asked for it.
        tell: takes one line, Thai and English, for each step.

    Raises:
        BackupRunning: another backup of this node is running.
        NoSuchPlace: the settings name no such place.
        BackupProblem: the backup counts nowhere; that is in the journal too.
    """
    home = appliance.folder / "backup"
    home.mkdir(mode=0o700, exist_ok=True)
    chosen = _chosen(appliance, places)
    with locks.one_backup_at_a_time(home / "lock"):
        there = [one for one in chosen if one.present()]
        targets = [_Target(one, one.repository(tell=tell)) for one in there or chosen]
        run = _Run(appliance, _new_name(appliance), home / "snapshot", tell, actor)
        absent = tuple(one.name for one in chosen if one not in there)
        for name in absent:
            tell(f"ไม่พบที่เก็บ {name} ในขณะนี้ · The place {name} is not there now")
        try:
            return _back_up(run, targets, absent)
        except KeyboardInterrupt as stopped:
            problem = errors.BackupCancelled("interrupted")
            _all_failed(run, targets, problem)
            raise problem from stopped
        finally:
            snapshot.discard(run.copy)


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


def _chosen(appliance: Appliance, names: Iterable[str] | None) -> tuple[Place, ...]:
    if names is None:
        return places_of(appliance.folder, appliance.config)
    return tuple(named(appliance.folder, appliance.config, one) for one in names)


def _back_up(run: _Run, targets: list[_Target], absent: tuple[str, ...]) -> BackupResult:
    clock, started = run.appliance.clock, run.appliance.clock.monotonic()
    for target in targets:
        with _failure_written_down(run, target):
            target.repository.ensure_created()
            target.earlier = list_backups(target.repository)
    _one_must_be_left(targets)
    try:
        manifest, report = _snapshot(run)
    except (SarabanError, OSError) as wrong:
        problem = _as_problem(wrong)
        _all_failed(run, targets, problem)
        raise problem from wrong
    for target in targets:
        if target.problem is None:
            with _failure_written_down(run, target):
                _store(run, target, manifest)
                _record(run, target, manifest)
    _one_must_be_left(targets)
    return BackupResult(
        name=run.name,
        manifest=manifest,
        report=report,
        places=tuple(_stored(one) for one in targets),
        absent=absent,
        seconds=round(clock.monotonic() - started, 3),
    )


def _snapshot(run: _Run) -> tuple[Manifest, Report]:
    """Copy the database and check the copy."""
    run.tell("กำลังคัดลอกฐานข้อมูล · Copying the database")
    node = run.appliance
    manifest = snapshot.take(node.db, node.folder, run.copy, now=node.clock.now(), program=PROGRAM)
    run.tell("กำลังตรวจสำเนา · Checking the copy")
    report = verify_copy(
        run.copy,
        node.folder / snapshot.FILES,
        manifest=manifest,
        key=node.journal.key.public,
    )
    if not report.good:
        raise errors.SnapshotBad(report.problems(), what=report.problems())
    return manifest, report


def _store(run: _Run, target: _Target, manifest: Manifest) -> None:
    """Store both archives at one place, unless an earlier backup there had more."""
    for backup in target.earlier:
        if less := manifests.lost(backup.summary, manifest):
            what = f"{backup.name}: {', '.join(less)}"
            raise errors.Shrunken(what, what=what)
    name, repository = target.place.name, target.repository
    run.tell(f"กำลังเก็บแฟ้มหนังสือที่ {name} · Storing the letter files at {name}")
    folder = run.appliance.folder
    (folder / snapshot.FILES).mkdir(exist_ok=True)
    files = repository.create(
        run.name + FILES_PART,
        source=folder,
        paths=(snapshot.FILES,),
        exclude=(f"pp:{snapshot.FILES}/incoming",),
    )
    _all_files_stored(run.copy, files.items)
    run.tell(f"กำลังเก็บฐานข้อมูลที่ {name} · Storing the database at {name}")
    database = repository.create(
        run.name + DATABASE_PART,
        source=run.copy,
        paths=snapshot.parts(run.copy),
        chunker=snapshot.CHUNKER,
        comment=manifests.summary_line(manifest),
    )
    target.archives = (files.archive.id, database.archive.id)
    target.bytes_added = files.bytes_added + database.bytes_added


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


def _record(run: _Run, target: _Target, manifest: Manifest) -> None:
    body = BackupFinished(
        archive=run.name,
        repository=target.repository.location,
        last_event=manifest.last_event,
        entries=manifest.entries,
        good=True,
        place=target.place.name,
        archives=target.archives,
    )
    _append(run.appliance, body, run.actor)


def _stored(target: _Target) -> Stored:
    return Stored(
        place=target.place.name,
        repository=target.repository.location,
        archives=target.archives,
        bytes_added=target.bytes_added,
        problem=target.problem,
    )


@contextlib.contextmanager
def _failure_written_down(run: _Run, target: _Target) -> Iterator[None]:
    """Keep what goes wrong at one place from the others."""
    try:
        yield
    except (SarabanError, OSError) as wrong:
        _failed(run, target, _as_problem(wrong))


def _as_problem(wrong: SarabanError | OSError) -> SarabanError:
    if isinstance(wrong, SarabanError):
        return wrong
    problem = errors.BackupProblem(f"{type(wrong).__name__}: {wrong}")
    problem.__cause__ = wrong
    return problem


def _one_must_be_left(targets: list[_Target]) -> None:
    problems = [one.problem for one in targets if one.problem is not None]
    if len(problems) == len(targets):
        raise problems[0]


def _all_failed(run: _Run, targets: list[_Target], wrong: SarabanError) -> None:
    for target in targets:
        if target.problem is None and not target.archives:
            _failed(run, target, wrong)


def _failed(run: _Run, target: _Target, wrong: SarabanError) -> None:
    target.problem = wrong
    problem = f"{wrong.code} {wrong.detail or wrong.english}"[:_PROBLEM]
    body = BackupFinished(
        archive=run.name, repository=target.repository.location, last_event="", entries=0,
        good=False, problem=problem, place=target.place.name,
    )  # fmt: skip
    # A database that is itself the problem may not take the note; the first problem matters more.
    with contextlib.suppress(SarabanError):
        _append(run.appliance, body, run.actor)


def _append(appliance: Appliance, body: BackupFinished, actor: PersonId) -> None:
    """Write the result into the journal, unless the database is fenced.

    The centre may hold what this node did after the backup it was restored from; an event written
    now would stand in the place of one of those and make the journal branch.
    """
    with appliance.db.write() as write:
        if not meta.get(write.cursor, meta.FENCED):
            appliance.journal.append(write, body, actor=actor)
