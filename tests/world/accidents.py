"""What happens to machines: backups and their restoring, copies, old disks that turn up again."""

import shutil
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from saraban_node import appliance
from saraban_node.backup import restore as restoring
from saraban_node.identity import marks
from tests.world.machines import Machine

_COUNT: Final = count(1)
_BESIDE: Final = ("keys", "node.toml")
_RUNNING: Final = shutil.ignore_patterns("*-shm", "sync.lock")


@dataclass(frozen=True)
class Backup:
    """What a backup holds: the database at one moment, and the files beside it."""

    folder: Path
    name: str
    """The node's name then."""
    events: tuple[str, ...]
    """Hashes of the journal."""
    fenced: str
    """Why nothing could be written then; empty when everything could."""


def back_up(machine: Machine) -> Backup:
    """Take a backup of a working node: a snapshot of its database, and its other files."""
    target = machine.folder.parent / f"backup-{next(_COUNT)}"
    target.mkdir()
    machine.node.db.backup_to(target / appliance.DATABASE)
    for name in _BESIDE:
        _copy(machine.folder / name, target / name)
    return Backup(target, machine.name, tuple(machine.events), machine.fenced())


def restore(machine: Machine, backup: Backup, *, burnt: bool) -> Path:
    """Put a backup in the place of a machine's data, as ``saraban-node restore`` does.

    Args:
        machine: the machine.
        backup: one of its backups.
        burnt: whether nothing is left of the old folder, its marks included.

    Returns:
        Where the old folder lies now.
    """
    machine.close()
    number = next(_COUNT)
    old, work = (machine.folder.parent / f"{what}-{number}" for what in ("was", "restoring"))
    machine.folder.rename(old)
    shutil.copytree(backup.folder, work / "copy")
    restoring._fence(work, backup.folder.name, machine.clock)
    (work / "copy").rename(machine.folder)
    work.rmdir()
    if burnt:
        (old / marks.FILE).unlink(missing_ok=True)
    marks.gather(backup.name, machine.folder)
    machine.events = list(backup.events)
    return old


def copy(folder: Path, target: Path) -> None:
    """Copy a node's folder as it lies on the disk, whether the program runs or not."""
    shutil.copytree(folder, target, ignore=_RUNNING)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)
