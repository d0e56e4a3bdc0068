"""Drills: a real backup is brought back in a scratch place, looked at, and removed again.

    journal: "backup X is at place P" ──> is X there, with the same ids?
                                              │
    scratch folder <── borg ── X's archives ──┘
          └──> verified like a restore; its end is in our journal; a letter is found by its words
                   │
                   └──> good | bad: the backup is no good | not-run: nothing is known of it

The last two are never mixed up: a stick that is away, a full disk or a wrong passphrase say nothing
about a backup, and a backup that is no good must not hide behind them.
"""

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from saraban_base.backup import errors, locks
from saraban_base.backup.protocol import Archive, Command, Failure
from saraban_base.backup.repository import Repository, Tell, quiet
from saraban_base.errors import DatabaseProblem
from saraban_base.sqlite import looking_at, rows
from saraban_node import journal, keys
from saraban_node.appliance import Appliance
from saraban_node.backup import halves as sheet_halves
from saraban_node.backup import listing, passphrase_change, passphrases, records, snapshot
from saraban_node.backup import manifest as manifests
from saraban_node.backup.drill_errors import (
    BackupVanished,
    DrilledBad,
    NoRoomForDrill,
    NothingToDrill,
)
from saraban_node.backup.manifest import Manifest
from saraban_node.backup.places import Place, named, places_of
from saraban_node.backup.records import BackupRecord
from saraban_node.backup.restore import disk_problem, refuse_newer
from saraban_node.backup.verify import Check, Report, verify_copy
from saraban_node.books import search
from saraban_node.journal import SYSTEM
from saraban_sync.backup_events import BackupDrilled
from saraban_sync.errors import SarabanError
from saraban_sync.ids import EventId, PersonId

GOOD: Final = "good"
BAD: Final = "bad"
NOT_RUN: Final = "not-run"
MACHINE: Final = "machine"
SHEET: Final = "sheet"
RESERVE: Final = 64 * 1024 * 1024
"""Bytes that a drill leaves free: clerks go on registering meanwhile."""
_SCRATCH: Final = "drill"
_PROBLEM: Final = 500
_TAUGHT: Final = 20
_TELLS_OF_BACKUP: Final = (
    DrilledBad,
    BackupVanished,
    errors.RepositoryDamaged,
    errors.RepositoryReplaced,
    errors.NoSuchArchive,
    DatabaseProblem,
)
"""These say that the backup is no good; everything else, that nothing is known of it."""


@dataclass(frozen=True, kw_only=True)
class DrillResult:
    """What a drill found."""

    archive: str
    """Name of the backup; empty when it was not known which."""
    place: str
    result: str
    """``good``, ``bad`` or ``not-run``."""
    key: str
    """``machine`` or ``sheet``."""
    checks: tuple[Check, ...] = ()
    entries: int = 0
    files: int = 0
    seconds: int = 0
    problem: SarabanError | None = None
    event: str
    """Name of the event that tells of it."""
    seq: int
    """Where that stands in the journal."""


@dataclass
class _Drill:
    """One drill while it runs."""

    node: Appliance
    place: Place
    key: str
    tell: Tell
    scratch: Path
    archive: str = ""
    checks: tuple[Check, ...] = ()
    entries: int = 0
    files: int = 0


def run(
    appliance: Appliance,
    *,
    place: str | None = None,
    key: str = MACHINE,
    halves: tuple[str, str] | None = None,
    tell: Tell = quiet,
    actor: PersonId = SYSTEM,
) -> DrillResult:
    """Bring the latest backup of a place back in a scratch place, and write down what was seen.

    Args:
        appliance: the node; it may go on working meanwhile.
        place: name of the place; None takes, of those that are there, the one that was tried out
            longest ago.
        key: ``machine``, or ``sheet`` when the passphrase comes from the recovery sheet.
        halves: both halves of the sheet, as typed or scanned.
        tell: takes one line, Thai and English, for each step.
        actor: who asked for it.

    Raises:
        Fenced: the database was restored or copied; nothing could be written down.
        NoSuchPlace: the settings name no such place.
        BackupRunning: a backup or another drill is running.
        HalfMistyped, HalvesApart, HalfTwice: the halves give no passphrase.
    """
    passphrase_change.must_write(appliance)
    opened = sheet_halves.open_both(*halves) if halves else None
    chosen = _place(appliance, place)
    home = appliance.folder / "backup"
    home.mkdir(mode=0o700, exist_ok=True)
    started = appliance.clock.monotonic()
    with locks.one_backup_at_a_time(home / "lock"):
        source = SHEET if opened else key
        drill = _Drill(appliance, chosen, source, tell, scratch=home / _SCRATCH)
        file: contextlib.AbstractContextManager[Path] = (
            passphrases.tried(opened.passphrase, home)
            if opened
            else contextlib.nullcontext(passphrases.file_for(appliance.folder, chosen.name))
        )
        with file as passphrase:
            problem = _try(drill, passphrase)
        seconds = round(appliance.clock.monotonic() - started)
        return _written_down(drill, problem, seconds, actor)


def discard_remains(appliance: Appliance) -> None:
    """Remove what a drill left that was killed: the node's keys lie in it in the open."""
    home = appliance.folder / "backup"
    if (home / _SCRATCH).exists():
        with contextlib.suppress(errors.BackupRunning), locks.one_backup_at_a_time(home / "lock"):
            shutil.rmtree(home / _SCRATCH, ignore_errors=True)


def is_about_the_backup(problem: SarabanError) -> bool:
    """Tell whether a problem says that the backup is no good, and not only that nobody knows."""
    cut_short = f"{Command.EXTRACT}: {Failure.DISAGREEMENT}"
    return isinstance(problem, _TELLS_OF_BACKUP) or problem.detail.startswith(cut_short)


def _place(node: Appliance, name: str | None) -> Place:
    if name is not None:
        return named(node.folder, node.config, name)
    there = places_of(node.folder, node.config)
    with node.db.read() as cursor:
        drilled = records.last_drilled(cursor)
        used = [one for one in there if records.last(cursor, good_only=True, place=one.name)]
    present = [one for one in used if one.present()]
    return min(present or used or there, key=lambda one: drilled.get(one.name, 0))


def _try(drill: _Drill, passphrase: Path) -> SarabanError | None:
    """Do it; whatever happens, nothing of it stays on the disk: the keys lie there in the open."""
    try:
        snapshot.discard(drill.scratch)
        _bring_back_and_look(drill, passphrase)
    except SarabanError as wrong:
        return wrong
    except OSError as wrong:
        return disk_problem(wrong, drill.scratch)
    finally:
        shutil.rmtree(drill.scratch, ignore_errors=True)
    return None


def _bring_back_and_look(drill: _Drill, passphrase: Path) -> None:
    node, place = drill.node, drill.place
    with node.db.read() as cursor:
        said = records.last(cursor, good_only=True, place=place.name)
        files = manifests.file_bytes(cursor)
    if said is None:
        raise NothingToDrill(place.name, place=place.name)
    drill.archive = said.archive
    if not place.present():
        raise errors.RepositoryMissing(f"{place.name} is not there", repository=place.where)
    _must_have_room(node.folder, (node.folder / snapshot.DATABASE).stat().st_size + files)
    repository = replace(place.repository(tell=drill.tell), passphrase_file=passphrase)
    if place.remote is None:
        _must_be_the_same(repository)
    said = _chosen(drill, repository.archives(), said)
    _bring_back(drill, repository)
    drill.tell("กำลังตรวจข้อมูลที่กู้คืน · Checking what came back")
    _look(drill, said)


def _must_have_room(folder: Path, size: int) -> None:
    need, free = size + size // 10 + RESERVE, shutil.disk_usage(folder).free
    if free < need:
        mega = 1024 * 1024
        raise NoRoomForDrill(f"{free} < {need}", need=-(-need // mega), free=free // mega)


def _must_be_the_same(repository: Repository) -> None:
    """Refuse another repository that stands in its place."""
    if repository.exists():
        repository.ensure_created()  # which compares; one that is there is never made anew


def _chosen(drill: _Drill, archives: tuple[Archive, ...], said: BackupRecord) -> BackupRecord:
    """Find the backup of which the journal tells, and compare borg's ids.

    After a restore the repository may hold newer backups than the journal knows.
    """
    there = [one for one in listing.whole(archives) if one.node == drill.node.node]
    if said.archive not in {one.name for one in there}:
        newer = [one for one in there if one.made_at > said.at]
        if not newer:
            raise BackupVanished(said.archive, archive=said.archive, place=drill.place.name)
        drill.archive = newer[0].name
        return replace(said, archive=drill.archive, archives=(), last_event="")
    names = (said.archive + listing.FILES_PART, said.archive + listing.DATABASE_PART)
    ids = {one.name: one.id for one in archives}
    seen = tuple(ids[name] for name in names)
    if said.archives and set(said.archives) != set(seen):
        what = f"archive ids {', '.join(one[:12] for one in seen)}"
        raise DrilledBad(what, archive=said.archive, what=what)
    return said


def _bring_back(drill: _Drill, repository: Repository) -> None:
    copy = drill.scratch / "copy"
    copy.mkdir(mode=0o700, parents=True)
    drill.scratch.chmod(0o700)
    drill.tell(f"กำลังกู้คืนฐานข้อมูลจาก {drill.archive} · Bringing back the database")
    repository.extract(drill.archive + listing.DATABASE_PART, copy)
    drill.tell("กำลังกู้คืนแฟ้มหนังสือ · Bringing back the letter files")
    repository.extract(drill.archive + listing.FILES_PART, drill.scratch)


def _look(drill: _Drill, said: BackupRecord) -> None:
    copy, files = drill.scratch / "copy", drill.scratch / snapshot.FILES
    refuse_newer(copy)
    manifest = snapshot.read_manifest(copy)
    report = verify_copy(copy, files, manifest=manifest, key=drill.node.journal.key.public)
    drill.entries, drill.files = report.entries, report.files
    questions: tuple[tuple[str, Callable[[], str]], ...] = (
        ("keys", lambda: _other_keys(drill, copy)),
        ("ours", lambda: _not_ours(drill, manifest, said)),
        ("search", lambda: _not_found(copy)),
    )
    more = (_answer(name, ask() if report.good else "") for name, ask in questions)
    drill.checks = (*report.checks, *more) if report.good else report.checks
    if problems := Report(checks=drill.checks).problems():
        raise DrilledBad(problems, archive=drill.archive, what=problems[:_PROBLEM])


def _other_keys(drill: _Drill, copy: Path) -> str:
    try:
        archived = keys.load_signing_key(copy / snapshot.KEYS, drill.node.node)
    except (OSError, ValueError) as wrong:
        return str(wrong)
    return "" if archived.public == drill.node.journal.key.public else "another key"


def _not_ours(drill: _Drill, manifest: Manifest | None, said: BackupRecord) -> str:
    """Compare the end of what came back with our own journal, which goes on after it."""
    if manifest is None:
        return "no manifest"
    if said.last_event and said.last_event != manifest.last_event:
        return f"it ends with {manifest.last_event}, not with {said.last_event}"
    with drill.node.db.read() as cursor:
        ours = journal.hash_of(cursor, EventId(manifest.last_event))
    return "" if ours == manifest.head else f"{manifest.last_event} is another one here"


def _not_found(copy: Path) -> str:
    """Look for the latest letters by their own words, as a clerk would."""
    with looking_at(copy / snapshot.DATABASE) as cursor:
        letters = rows(
            cursor,
            "SELECT seq, subject FROM entry WHERE number > 0 ORDER BY seq DESC LIMIT ?",
            (_TAUGHT,),
        )
        for seq, subject in letters:
            if search.question(subject).indexed:
                found = search.find(cursor, subject, limit=1, before=seq + 1)
                return "" if found == [seq] else f"{seq} is not found by its words"
    return ""


def _answer(name: str, problem: str) -> Check:
    thai, english = _WORDS[name]
    good = not problem
    end = ("ถูกต้อง", "good") if good else (f"ไม่ผ่าน ({problem})", f"bad ({problem})")
    return Check(name=name, good=good, thai=f"{thai}: {end[0]}", english=f"{english}: {end[1]}")


_WORDS: Final = {
    "keys": ("กุญแจของเครื่องอยู่ครบ", "the node's keys"),
    "ours": ("เป็นชุดที่บันทึกไว้และต่อกับลำดับเหตุการณ์ของเครื่อง", "the recorded backup, in our journal"),
    "search": ("ค้นหนังสือด้วยคำในเรื่องแล้วพบ", "a letter is found by its words"),
}


def _written_down(
    drill: _Drill, problem: SarabanError | None, seconds: int, actor: PersonId
) -> DrillResult:
    result = GOOD if problem is None else BAD if is_about_the_backup(problem) else NOT_RUN
    said = "" if problem is None else f"{problem.code} {problem.detail or problem.english}"
    body = BackupDrilled(
        archive=drill.archive,
        place=drill.place.name,
        result=result,
        key=drill.key,
        entries=drill.entries,
        files=drill.files,
        seconds=seconds,
        problem=said[:_PROBLEM],
    )
    with drill.node.db.write() as write:
        event = drill.node.journal.append(write, body, actor=actor)
    return DrillResult(
        archive=drill.archive,
        place=drill.place.name,
        result=result,
        key=drill.key,
        checks=drill.checks,
        entries=drill.entries,
        files=drill.files,
        seconds=seconds,
        problem=problem,
        event=event.id,
        seq=event.seq,
    )
