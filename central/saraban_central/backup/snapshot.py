"""A consistent copy of what a centre needs to come back from a burnt machine.

    snapshot/
      central.db         one step of SQLite's online backup, while nodes go on pushing
      central.toml       the settings
      keys/              the centre's signing key, and its key for a repository elsewhere
      manifest.json      what is in it

The read model is not in it: it is made again from the journals. Neither are the repositories of the
nodes: each node makes a new one when its own is gone.
"""

import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from saraban_base.sqlite import Database, looking_at
from saraban_central import keys
from saraban_central.backup import manifest as manifests
from saraban_central.backup.manifest import Manifest
from saraban_central.backup.verify import DATABASE
from saraban_central.config import FILE as SETTINGS
from saraban_sync.registers import instant

PASSPHRASE: Final = "backup-passphrase"  # noqa: S105 - the name of a file
CHUNKER: Final = "fixed,16384"
"""Pages of the copy stay where they are, so fixed blocks find again what did not change."""


def take(database: Database, folder: Path, into: Path, *, now: datetime, program: str) -> Manifest:
    """Make the copy.

    Args:
        database: the centre's database; others may go on writing to it.
        folder: the centre's folder.
        into: a new folder for the copy; what an interrupted backup left there is removed.
        now: the moment of the copy.
        program: version of this program.

    Raises:
        DiskFull: there is no room for the copy.
        DatabaseProblem: the copy cannot be opened.
        NotACentre: there is no centre in the database.
    """
    discard(into)
    into.mkdir(mode=0o700, parents=True)
    database.backup_to(into / DATABASE)
    with looking_at(into / DATABASE) as cursor:
        found = manifests.of_database(cursor, made_at=instant(now), program=program)
    _copy_keys(folder / keys.FOLDER, into / keys.FOLDER)
    shutil.copyfile(folder / SETTINGS, into / SETTINGS)
    text = msgspec.json.format(msgspec.json.encode(found), indent=2)
    (into / manifests.FILE).write_bytes(text + b"\n")
    return found


def read_manifest(folder: Path) -> Manifest | None:
    """Read a snapshot's manifest; None when there is none that can be read."""
    try:
        return msgspec.json.decode((folder / manifests.FILE).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError):
        return None


def parts(folder: Path) -> tuple[str, ...]:
    """Name what of a snapshot goes into the archive."""
    return tuple(sorted(path.name for path in folder.iterdir()))


def discard(folder: Path) -> None:
    """Remove a snapshot: it holds the centre's key in the open."""
    if folder.exists():
        shutil.rmtree(folder)


def _copy_keys(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700)
    for path in sorted(source.iterdir()):
        if path.is_file() and path.name != PASSPHRASE:
            descriptor = os.open(target / path.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as copy:
                copy.write(path.read_bytes())
