"""Locks: one backup at a time, and locks whose holder is gone.

Two kinds of lock are told apart here. Ours is held by the kernel for the open file and disappears
with the process, however it ends. borg's is a folder inside the repository that outlives a power
cut; offices have gone months without a backup because of one. It is cleared when every holder it
names is a process of this machine that does not run any more, and that is said.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from saraban_base.backup.errors import BackupRunning

_OURS: Final = {b"borg", b"saraban_base.backup.borg_child"}


class Holder(NamedTuple):
    """Who holds borg's lock."""

    host: str
    pid: int

    def __str__(self) -> str:
        return f"{self.host} pid {self.pid}"


@contextlib.contextmanager
def one_backup_at_a_time(path: Path) -> Iterator[None]:
    """Hold the node's backup lock.

    Args:
        path: the lock's file; it stays behind and means nothing by itself.

    Raises:
        BackupRunning: another process or thread holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as wrong:
            raise BackupRunning(f"{path} is held") from wrong
        yield
    finally:
        os.close(descriptor)


def holders(repository: Path) -> list[Holder]:
    """Name those who hold borg's lock on a repository on a local disk."""
    found: list[Holder] = []
    with contextlib.suppress(OSError):
        for name in sorted(os.listdir(repository / "lock.exclusive")):  # noqa: PTH208
            with contextlib.suppress(ValueError):
                host, pid = name.rsplit("-", 1)[0].rsplit(".", 1)
                found.append(Holder(host, int(pid)))
    with contextlib.suppress(OSError, ValueError, TypeError):
        roster = json.loads((repository / "lock.roster").read_bytes())
        for entries in roster.values():
            found += [Holder(str(host), int(pid)) for host, pid, _thread in entries]
    return sorted(set(found))


def clear_cache(base_dir: Path, *, host: str) -> list[Holder]:
    """Remove locks that dead processes of this machine left on borg's cache, and name them.

    The cache is this machine's alone, whatever machine the repository is on; a lock left there by a
    power cut keeps every later backup waiting in vain.
    """
    cleared: list[Holder] = []
    for cache in sorted((base_dir / ".cache" / "borg").glob("*")):
        held = holders(cache)
        if held and all(gone(one, host=host) for one in held):
            shutil.rmtree(cache / "lock.exclusive", ignore_errors=True)
            (cache / "lock.roster").unlink(missing_ok=True)
            cleared += held
    return cleared


def gone(holder: Holder, *, host: str) -> bool:
    """Tell whether a holder is certainly gone: a process of this machine that is no borg any more.

    After a power cut another program may run under the old process's number, so the number alone
    proves nothing.
    """
    if holder.host != host:
        return False
    try:
        words = Path(f"/proc/{holder.pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return True
    return _OURS.isdisjoint(word.rpartition(b"/")[2] for word in words)
