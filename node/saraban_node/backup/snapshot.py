"""A consistent copy of what an office needs to come back from a burnt machine.

    snapshot/            the database archive
      node.db            one step of SQLite's online backup, while letters go on being registered
      node.toml          the settings
      keys/              the node's signing key and its secret for the centre
      manifest.json      what is in it
    files/               the files archive: letter files, in place; the content never changes

The database is copied first and the files are read afterwards. A file is on the disk before the row
that names it, so every file the copy names is there when the files are read.

The keys belong into the archive: without them a new machine could not go on as the same node. They
lie there encrypted with the backup's passphrase, which is itself never in it.
"""

import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from saraban_base.sqlite import Database, looking_at
from saraban_node.backup import manifest as manifests
from saraban_node.backup.manifest import Manifest
from saraban_node.backup.passphrases import is_secret
from saraban_sync.registers import instant

DATABASE: Final = "node.db"
SETTINGS: Final = "node.toml"
KEYS: Final = "keys"
FILES: Final = "files"
CHUNKER: Final = "fixed,16384"
"""Pages of the copy stay where they are, so fixed blocks find again what did not change."""


def take(database: Database, folder: Path, into: Path, *, now: datetime, program: str) -> Manifest:
    """Make the copy.

    Args:
        database: the node's database; others may go on writing to it.
        folder: the node's folder.
        into: a new folder for the copy; what an interrupted backup left there is removed.
        now: the moment of the copy.
        program: version of this program.

    Raises:
        DiskFull: there is no room for the copy.
        DatabaseProblem: the copy cannot be opened.
    """
    discard(into)
    into.mkdir(mode=0o700, parents=True)
    database.backup_to(into / DATABASE)
    with looking_at(into / DATABASE) as cursor:
        found = manifests.of_database(cursor, made_at=instant(now), program=program)
    _copy_keys(folder / KEYS, into / KEYS)
    if (folder / SETTINGS).is_file():
        shutil.copyfile(folder / SETTINGS, into / SETTINGS)
    write_manifest(into, found)
    return found


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest into a snapshot, readable for people too."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    (folder / manifests.FILE).write_bytes(text + b"\n")


def read_manifest(folder: Path) -> Manifest | None:
    """Read a snapshot's manifest; None when there is none that can be read."""
    try:
        return msgspec.json.decode((folder / manifests.FILE).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError):
        return None


def parts(folder: Path) -> tuple[str, ...]:
    """Name what of a snapshot goes into the database archive."""
    return tuple(sorted(path.name for path in folder.iterdir()))


def discard(folder: Path) -> None:
    """Remove a snapshot: it holds the node's keys in the open."""
    if folder.exists():
        shutil.rmtree(folder)


def _copy_keys(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700)
    for path in sorted(source.iterdir()) if source.is_dir() else []:
        if path.is_file() and not is_secret(path.name):
            descriptor = os.open(target / path.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as copy:
                copy.write(path.read_bytes())
