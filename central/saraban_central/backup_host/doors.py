"""The door of each repository: open for the node, or closed for the centre's administrator.

Every session of a node holds its door's file with a shared lock of the kernel for as long as
``borg serve`` lives. Whoever wants to change a repository holds it alone: then no session of the
node is running, none can begin, and a session that was cut holds nothing.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from saraban_central.backup_host.errors import InUse

PATIENCE: Final = 60
"""Seconds a node's session waits at a closed door."""
_STEP: Final = 0.2


def ensure(door: Path) -> None:
    """Make a door's file; what counts is the lock on it, not the file."""
    door.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    door.touch(mode=0o644)


@contextlib.contextmanager
def closed(door: Path, *, node: str, patience: float = 10) -> Iterator[None]:
    """Hold a door alone.

    Args:
        door: the door's file.
        node: whose it is.
        patience: seconds to wait for a session that is running.

    Raises:
        InUse: a session was still running then.
    """
    ensure(door)
    until = time.monotonic() + patience
    descriptor = os.open(door, os.O_RDONLY | os.O_CLOEXEC)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as wrong:
                if time.monotonic() >= until:
                    raise InUse(f"{door} is held", node=node) from wrong
                time.sleep(_STEP)
        yield
    finally:
        os.close(descriptor)
