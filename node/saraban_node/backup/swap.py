"""Putting a restored folder in the place of the one that is there; the old one is never deleted.

    NAME.restored-TIME ── checked, fenced, agreed to ──> NAME
    NAME ──────────────────────────────────────────────> NAME.before-restore-TIME

Both are renamed within one folder, so that nothing is copied and either is there whole.
"""

import contextlib
import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from saraban_base import durable
from saraban_base.backup import errors
from saraban_node.backup import places, snapshot
from saraban_node.backup.restore_errors import AnotherNode, CannotSwap, NodeAtWork
from saraban_sync.registers import instant

NOTE: Final = "restored.json"
"""In ``backup/``: what was given up with a restore, and why."""
_PROCESSES: Final = Path("/proc")
_BORG: Final = "borg"


@dataclass(frozen=True, kw_only=True)
class Swapped:
    """A restored folder in its place."""

    folder: Path
    before: Path | None
    """Where the old folder is now; None when there was none."""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What was given up with a restore."""

    archive: str
    at: str
    by: str
    reason: str
    before: str
    """Where the old folder is."""
    lost: tuple[str, ...]
    """Each entry that neither the backup nor the centre has."""


def beside(folder: Path, now: datetime) -> Path:
    """Name the folder beside, into which a backup is brought back before it is put in place."""
    return folder.with_name(f"{folder.name}.restored-{_stamp(now)}")


def holds_something(folder: Path) -> bool:
    """Tell whether there is anything in a folder that must be moved aside."""
    try:
        return any(folder.iterdir())
    except FileNotFoundError:
        return False
    except NotADirectoryError as wrong:
        raise errors.TargetNotEmpty(str(folder), folder=folder) from wrong


def refuse_if_at_work(folder: Path) -> None:
    """Make sure that no program has the node's database open.

    Raises:
        NodeAtWork: one has.
    """
    wanted = str((folder / snapshot.DATABASE).resolve())
    for process in _PROCESSES.glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        with contextlib.suppress(OSError):  # it ended, or is another user's
            for handle in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    if str(handle.readlink()) in {wanted, f"{wanted}-wal"}:
                        raise NodeAtWork(process.name, folder=folder, process=process.name)


def refuse_another_node(folder: Path, archived: str, here: str) -> None:
    """Make sure that the folder is of the same node as the backup, as far as the folder can tell.

    Raises:
        AnotherNode: it is another's.
    """
    if here and here != archived:
        raise AnotherNode(f"{archived} into {here}", archived=archived, folder=folder, here=here)


def swap(new: Path, folder: Path, now: datetime) -> Swapped:
    """Put a restored folder in its place.

    A repository that lies in the old folder goes along into the new one, and so does borg's memory
    of all repositories: the node goes on backing up where it did.

    Raises:
        NodeAtWork: a program has the old database open.
        CannotSwap: a folder could not be moved; the old one is where it was.
    """
    before = None
    refuse_if_at_work(folder)
    try:
        if holds_something(folder):
            before = folder.with_name(f"{folder.name}.before-restore-{_stamp(now)}")
            folder.rename(before)
        elif folder.exists():
            folder.rmdir()
        try:
            new.rename(folder)
        except OSError:
            if before is not None:
                before.rename(folder)
            raise
        durable.flush_folder(folder.parent)
    except OSError as wrong:
        why = wrong.strerror or type(wrong).__name__
        raise CannotSwap(str(wrong), beside=new, folder=folder, why=why) from wrong
    if before is not None:
        _bring_along(before, folder)
    return Swapped(folder=folder, before=before)


def write_note(folder: Path, note: Note) -> None:
    """Write down what was given up."""
    text = msgspec.json.format(msgspec.json.encode(note), indent=2)
    durable.write_file(folder / "backup" / NOTE, text + b"\n")


def note(archive: str, now: datetime, *, by: str, reason: str, before: Path | None,
         lost: tuple[str, ...]) -> Note:  # fmt: skip
    """Put together what is written down about a restore."""
    return Note(
        archive=archive, at=instant(now), by=by, reason=reason,
        before="" if before is None else str(before), lost=lost,
    )  # fmt: skip


def _bring_along(before: Path, folder: Path) -> None:
    for part in (places.DEFAULT, f"backup/{_BORG}"):
        old, new = before / part, folder / part
        if old.is_dir() and not new.exists():
            with contextlib.suppress(OSError):  # it stays in the old folder, where it can be found
                shutil.move(old, new)


def _stamp(now: datetime) -> str:
    return now.strftime("%Y%m%dT%H%M%SZ")
