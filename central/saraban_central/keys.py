"""The centre's signing key: 32 bytes in one file that only its owner can read.

Grants, the directory and audit reports are signed with it, and every node trusts its public half.
It is made once; a lost key cannot be made again, only brought back from a backup.
"""

import os
import stat
from pathlib import Path
from typing import Final

from saraban_central.errors import AlreadyACentre, KeyProblem
from saraban_sync.signing import SigningKey

FOLDER: Final = "keys"
FILE: Final = "centre.key"
_BYTES: Final = 32


def make_key(folder: Path) -> SigningKey:
    """Make the key of a new centre and keep it, durably.

    Raises:
        AlreadyACentre: there is a key already.
    """
    keys = folder / FOLDER
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = SigningKey.generate()
    try:
        handle = os.open(keys / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as wrong:
        raise AlreadyACentre(str(keys / FILE), folder=folder) from wrong
    with os.fdopen(handle, "wb") as file:
        file.write(key.to_bytes().hex().encode("ascii") + b"\n")
        file.flush()
        os.fsync(file.fileno())
    _sync(keys)
    return key


def read_key(folder: Path) -> SigningKey:
    """Read the key.

    Raises:
        KeyProblem: it is not there, not 32 bytes, or others can read it.
    """
    file = folder / FOLDER / FILE
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        text = file.read_text(encoding="ascii").strip()
        raw = bytes.fromhex(text)
    except FileNotFoundError as wrong:
        raise KeyProblem(str(wrong), file=file, problem="not found") from wrong
    except (OSError, ValueError) as wrong:
        raise KeyProblem(type(wrong).__name__, file=file, problem="unreadable") from wrong
    if mode & 0o077:
        raise KeyProblem(f"mode {mode:o}", file=file, problem=f"mode {mode:o}, must be 600")
    if len(raw) != _BYTES:
        raise KeyProblem(f"{len(raw)} bytes", file=file, problem=f"{len(raw)} bytes, must be 32")
    return SigningKey.from_bytes(raw)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
