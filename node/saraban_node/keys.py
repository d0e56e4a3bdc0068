"""Secrets of a node in files that only the program may read."""

import os
from pathlib import Path
from typing import Final

from saraban_base import durable
from saraban_sync.signing import SigningKey

SIGNING: Final = "signing"
CENTRE_SECRET: Final = "centre-secret"  # noqa: S105 - the name of a file
BACKUP_PASSPHRASE: Final = "backup-passphrase"  # noqa: S105 - the name of a file
_ACCESS: Final = 0o600


def load_signing_key(folder: Path, node: str) -> SigningKey:
    """Read a node's signing key.

    Raises:
        FileNotFoundError: there is none.
    """
    return SigningKey.from_bytes(bytes.fromhex(load(folder, _of(folder, SIGNING, node))))


def load_centre_secret(folder: Path, node: str) -> str:
    """Read a node's secret for the centre.

    Raises:
        FileNotFoundError: there is none.
    """
    return load(folder, _of(folder, CENTRE_SECRET, node))


def named(name: str, node: str) -> str:
    """Name the file of a secret that a machine has under another name than its first one.

    Which one counts is said by the name in the database: both change in one moment.
    """
    return f"{name}-{node}"


def _of(folder: Path, name: str, node: str) -> str:
    own = named(name, node)
    return own if (folder / own).is_file() else name


def keep(folder: Path, name: str, secret: str) -> None:
    """Write a secret to a new file.

    Raises:
        FileExistsError: there is one of that name already.
    """
    durable.make_folder(folder, mode=0o700)
    handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _ACCESS)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())
    durable.flush_folder(folder)


def load(folder: Path, name: str) -> str:
    """Read a secret.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    return (folder / name).read_text(encoding="ascii").strip()
