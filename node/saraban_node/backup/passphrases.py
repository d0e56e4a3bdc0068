"""The files with the passphrases of the backups: one that counts, and old ones still in use.

    keys/backup-passphrase                 opens every repository,
    keys/backup-passphrase-before-NAME     but the one at the place NAME, which was not there when
                                           the passphrase was changed: it takes the new one when
                                           it is there again, and then this file goes

None of them is in a backup: whoever had an archive and what opens it in one hand could as well
have had no passphrase.
"""

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from saraban_base import durable
from saraban_node import keys

BYTES: Final = 32
_BEFORE: Final = f"{keys.BACKUP_PASSPHRASE}-before-"
_ACCESS: Final = 0o600


def new() -> str:
    """Think up a passphrase that nobody can guess."""
    return secrets.token_urlsafe(BYTES)


def main_file(folder: Path) -> Path:
    """Give the file with the passphrase that counts.

    Args:
        folder: the node's folder.
    """
    return folder / "keys" / keys.BACKUP_PASSPHRASE


def before_file(folder: Path, place: str) -> Path:
    """Give the file with the passphrase that a place still has, if there is one."""
    return folder / "keys" / f"{_BEFORE}{place}"


def file_for(folder: Path, place: str) -> Path:
    """Give the file with the passphrase that opens the repository at a place."""
    old = before_file(folder, place)
    return old if old.is_file() else main_file(folder)


def waiting(folder: Path) -> tuple[str, ...]:
    """Name the places that still have an old passphrase."""
    found = (folder / "keys").glob(f"{_BEFORE}*")
    return tuple(sorted(one.name.removeprefix(_BEFORE) for one in found))


def replace(folder: Path, places: tuple[str, ...], passphrase: str) -> None:
    """Let another passphrase count, and keep for each place what opens it until it has the new one.

    Whenever this breaks off, each repository can still be opened.
    """
    home = folder / "keys"
    old = main_file(folder).read_bytes()
    for place in places:
        if not before_file(folder, place).is_file():
            durable.write_file(before_file(folder, place), old, mode=_ACCESS)
    durable.write_file(home / keys.BACKUP_PASSPHRASE, f"{passphrase}\n".encode(), mode=_ACCESS)


def remember_before(folder: Path, place: str, passphrase: str) -> None:
    """Keep what opens a place that the passphrase that counts does not open."""
    said = f"{passphrase}\n".encode()
    durable.write_file(before_file(folder, place), said, mode=_ACCESS)


def forget_before(folder: Path, place: str) -> None:
    """Remove an old passphrase that opens nothing any more."""
    before_file(folder, place).unlink(missing_ok=True)
    durable.flush_folder(folder / "keys")


def is_secret(name: str) -> bool:
    """Tell whether a file in ``keys`` must not be in a backup."""
    return name.lstrip(".").startswith(keys.BACKUP_PASSPHRASE)  # "." while it is being written


@contextlib.contextmanager
def tried(passphrase: str, beside: Path) -> Iterator[Path]:
    """Give a file with a passphrase for a moment: borg's child reads it from there.

    Args:
        passphrase: as somebody typed it.
        beside: a folder of this program; memory is used where the machine has a folder for that.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
    home = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else beside))
    try:
        path = home / "passphrase"
        path.touch(mode=_ACCESS)
        path.write_text(f"{passphrase}\n", encoding="utf-8")
        yield path
    finally:
        shutil.rmtree(home, ignore_errors=True)
