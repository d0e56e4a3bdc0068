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
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from saraban_base.backup import errors, locks
from saraban_base.backup.protocol import Archive
from saraban_base.backup.repository import Repository, Tell, quiet
from saraban_base.backup.retention import Keep
from saraban_base.sqlite import Cursor
from saraban_node import meta
from saraban_node.appliance import PROGRAM, Appliance
from saraban_node.backup import manifest as manifests
from saraban_node.backup import passphrase_change, progress, snapshot, storing
from saraban_node.backup import records as backup_records
from saraban_node.backup.listing import DATABASE_PART as DATABASE_PART
from saraban_node.backup.listing import FILES_PART as FILES_PART
from saraban_node.backup.listing import Backup as Backup
from saraban_node.backup.listing import list_backups as list_backups
from saraban_node.backup.manifest import Manifest
from saraban_node.backup.places import Place, named, places_of
from saraban_node.backup.progress import Keeper
from saraban_node.backup.records import BackupRecord
from saraban_node.backup.storing import Copy
from saraban_node.backup.verify import Report, verify_copy
from saraban_node.journal import SYSTEM
from saraban_sync.backup_events import BackupFinished
from saraban_sync.errors import SarabanError
from saraban_sync.ids import PersonId
from saraban_sync.registers import instant

_PROBLEM: Final = 500


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What became of a backup at one place."""

    place: str
    repository: str
    """Path or address."""
    archives: tuple[str, ...] = ()
    """borg's ids: files, then database."""
    bytes_added: int = 0
    removed: int = 0
    """Archives deleted there, because newer ones are kept instead."""
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
    before: tuple[Archive, ...] = ()
    bytes_added: int = 0
    removed: int = 0
    archives: tuple[str, ...] = ()
    problem: SarabanError | None = None


@dataclass(frozen=True)
class _Run:
    """What the steps of one backup share."""

    appliance: Appliance
    name: str
    copy: Path
    keeper: Keeper
    database_bytes: int
    file_bytes: int
    actor: PersonId


def back_up(
    appliance: Appliance,
    places: Iterable[str] | None = None,
    *,
    actor: PersonId = SYSTEM,
    tell: Tell = quiet,
    stopped: Callable[[], bool] = lambda: False,
) -> BackupResult:
    """Back up a node to its places and check the result.

    One snapshot goes to each place that is there, in the order of the settings; what fails at one
    does not stop the others. When none is there, that is the failure.

    Args:
        appliance: the node; it may go on working meanwhile.
        places: names of places; all when None.
        actor: who asked for it.
        tell: takes one line, Thai and English, for each step.
        stopped: tells whether to stop; asked twice a second while borg works.

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
        absent = tuple(one.name for one in chosen if one not in there)
        for name in absent:
            tell(f"ไม่พบที่เก็บ {name} ในขณะนี้ · The place {name} is not there now")
        run = _begin(appliance, actor, len(there or chosen), tell, stopped)
        targets = [_target(run, one) for one in there or chosen]
        with _end_written_down(run, targets):
            return _back_up(run, targets, absent)


def _begin(
    appliance: Appliance, actor: PersonId, places: int, tell: Tell, stopped: Callable[[], bool]
) -> _Run:
    database = (appliance.folder / snapshot.DATABASE).stat().st_size
    with appliance.db.read() as cursor:
        files = manifests.file_bytes(cursor)
    each = progress.weighed(files) + progress.weighed(database)
    keeper = Keeper(
        appliance.folder,
        actor=actor,
        now=lambda: instant(appliance.clock.now()),
        total=progress.weighed(database) + progress.weighed(database + files) + places * each,
        tell=tell,
        stopped=stopped,
    )
    copy = appliance.folder / "backup" / "snapshot"
    return _Run(appliance, _new_name(appliance), copy, keeper, database, files, actor)


def _target(run: _Run, place: Place) -> _Target:
    repository = replace(
        place.repository(tell=run.keeper.note),
        compression=run.appliance.config.backup_compression,
        watch=run.keeper.watch,
    )
    return _Target(place, repository)


@contextlib.contextmanager
def _end_written_down(run: _Run, targets: list[_Target]) -> Iterator[None]:
    """See to it that however the backup ends, its progress ends, and no copy of the keys stays."""
    problem: SarabanError | None = errors.BackupProblem("the program broke off")
    try:
        yield
        problem = next((one.problem for one in targets if one.problem is not None), None)
    except SarabanError as wrong:
        problem = wrong
        raise
    except KeyboardInterrupt as stopped:
        problem = errors.BackupCancelled("interrupted")
        _all_failed(run, targets, problem)
        raise problem from stopped
    finally:
        snapshot.discard(run.copy)
        run.keeper.end(problem)


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
            if passphrase_change.catch_up(run.appliance, target.place, actor=run.actor):
                target.repository = _target(run, target.place).repository
            target.repository.ensure_created()
            target.before = target.repository.archives()
    _one_must_be_left(targets)
    try:
        copy, report = _snapshot(run)
    except (SarabanError, OSError) as wrong:
        problem = _as_problem(wrong)
        _all_failed(run, targets, problem)
        raise problem from wrong
    for target in targets:
        if target.problem is None:
            with _failure_written_down(run, target):
                _store(run, target, copy)
    _one_must_be_left(targets)
    return BackupResult(
        name=run.name,
        manifest=copy.manifest,
        report=report,
        places=tuple(_stored(one) for one in targets),
        absent=absent,
        seconds=round(clock.monotonic() - started, 3),
    )


def _snapshot(run: _Run) -> tuple[Copy, Report]:
    """Copy the database and check the copy."""
    node, size = run.appliance, run.database_bytes
    run.keeper.step("กำลังคัดลอกฐานข้อมูล", "Copying the database", weight=size)
    manifest = snapshot.take(node.db, node.folder, run.copy, now=node.clock.now(), program=PROGRAM)
    run.keeper.step("กำลังตรวจสำเนา", "Checking the copy", weight=size + run.file_bytes)
    report = verify_copy(
        run.copy,
        node.folder / snapshot.FILES,
        manifest=manifest,
        key=node.journal.key.public,
    )
    if not report.good:
        raise errors.SnapshotBad(report.problems(), what=report.problems())
    return Copy(name=run.name, folder=node.folder, snapshot=run.copy, manifest=manifest), report


def _store(run: _Run, target: _Target, copy: Copy) -> None:
    place = target.place
    made = storing.store(copy, target.repository, place.name, target.before, run.keeper)
    target.archives = (made.files.id, made.database.id)
    target.bytes_added = made.bytes_added
    _record(run, target, copy.manifest)
    if place.remote is None:  # the centre's is append-only: its administrator decides
        _tidy(run, target, (*target.before, made.files, made.database))


def _tidy(run: _Run, target: _Target, there: tuple[Archive, ...]) -> None:
    """Delete what need not be kept. If it fails the backup counts all the same, and it is told."""
    config = run.appliance.config
    keep = Keep(
        daily=config.backup_keep_daily,
        weekly=config.backup_keep_weekly,
        monthly=config.backup_keep_monthly,
        yearly=config.backup_keep_yearly,
        hours=config.backup_keep_hours,
    )
    try:
        gone = storing.tidy(target.repository, there, run.appliance.node, keep, last_good=run.name)
    except SarabanError as wrong:
        run.keeper.note(
            f"{target.place.name}: ยังลบชุดสำรองเก่าไม่ได้ ({wrong.code})"
            f" · Old backups were not removed ({wrong.code})"
        )
    else:
        target.removed = len(gone)


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
        problem="; ".join(run.keeper.notes)[:_PROBLEM],
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
        removed=target.removed,
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
