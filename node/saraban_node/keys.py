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


def load_signing_key(folder: Path) -> SigningKey:
    """Read the node's signing key.

    Raises:
        FileNotFoundError: there is none.
    """
    return SigningKey.from_bytes(bytes.fromhex(load(folder, SIGNING)))


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
