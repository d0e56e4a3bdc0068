"""Copies of a repository's settings: they hold its key, and a node could write over it.

A node may change the passphrase, which writes the key anew; a thief on the node may write rubbish
there. The centre cannot tell one from the other, so it keeps every version it has ever seen.
"""

import hashlib
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

_CONFIG: Final = "config"


class Version(NamedTuple):
    """A copy of a repository's settings."""

    path: Path
    kept_at: str
    """When the copy was made, by this machine's clock, in UTC."""


def keep(repository: Path, kept: Path, now: datetime) -> bool:
    """Keep a copy of the settings if they are new.

    Returns:
        whether they differ from those kept last.
    """
    text = (repository / _CONFIG).read_bytes()
    kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    known = versions(kept)
    if known and _digest(known[-1].path.read_bytes()) == _digest(text):
        return False
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    new = kept / f".{_CONFIG}.new"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.rename(kept / f"{_CONFIG}-{stamp}")
    return bool(known)


def versions(kept: Path) -> list[Version]:
    """List the copies, the oldest first."""
    if not kept.is_dir():
        return []
    found = sorted(path for path in kept.iterdir() if path.name.startswith(f"{_CONFIG}-"))
    return [Version(path, path.name.removeprefix(f"{_CONFIG}-")) for path in found]


def put_back(version: Version, repository: Path) -> None:
    """Put a copy in the place of the present settings, with the same owner."""
    config = repository / _CONFIG
    new = repository / f"{_CONFIG}.new"
    shutil.copyfile(version.path, new)
    new.chmod(0o600)
    owner = repository.stat()
    os.chown(new, owner.st_uid, owner.st_gid)
    new.replace(config)


def _digest(text: bytes) -> bytes:
    """Compare what opens the archives; borg itself notes other things in the same file."""
    lines = text.decode("utf-8", "replace").splitlines()
    wanted, taking = [], False
    for line in lines:
        if taking and line[:1].isspace():
            wanted.append(line.strip())
            continue
        taking = line.partition("=")[0].strip() in {"id", "key", "version"}
        if taking:
            wanted.append(line.strip())
    return hashlib.sha256("\n".join(wanted).encode()).digest()
