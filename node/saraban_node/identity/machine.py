"""What makes this machine and this folder this one, so that a copy is noticed when it is opened.

    a restart, a new address, a new name      same machine
    the folder copied, the disk cloned        another one

Only what any user of the machine may read counts, lest a technician's command and the server see
two machines; and only what stays over a restart, lest an office be stopped by a power cut. A disk
that is put into another case with all that is on it is still the same: nothing was copied. What two
clones on equal hardware share is found by the centre at the first contact of both.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from saraban_base.sqlite import Database, Write
from saraban_node import meta
from saraban_node.errors import NoNodeHere
from saraban_node.identity import ratchet

DATABASE: Final = "node.db"
_ROOT: Final = Path("/")
_OWN: Final = ("cid", "wwid", "serial")
"""Names under which the kernel shows what a maker wrote into a disk or a memory card."""
_MOST: Final = 200


@dataclass(frozen=True)
class Machine:
    """A machine with a node's folder on it."""

    hash: str
    """SHA-256 of what was seen, hexadecimal."""

    @property
    def code(self) -> str:
        """Eight characters that two people can compare on the telephone."""
        return code(self.hash)


def code(machine: str) -> str:
    """Write the hash of a machine as people see it: ``3F8A-07C2``; empty for none."""
    return f"{machine[:4]}-{machine[4:8]}".upper() if machine else ""


def here(folder: Path, *, root: Path = _ROOT) -> Machine:
    """Look at this machine and at a node's folder.

    Args:
        folder: the node's folder.
        root: where the machine's own files are; tests have another.

    Raises:
        NoNodeHere: the folder holds no node.
    """
    database = folder / DATABASE
    try:
        found = database.stat()
    except OSError as wrong:
        raise NoNodeHere(str(folder), folder=folder) from wrong
    facts = [
        f"machine {_text(root / 'etc' / 'machine-id')}",
        f"files {os.statvfs(database).f_fsid:x}",
        f"place {found.st_ino}",
        *_disk(found.st_dev, root),
    ]
    return Machine(hashlib.sha256("\n".join(facts).encode("utf-8")).hexdigest())


def check(database: Database, machine: Machine) -> bool:
    """Remember the machine, or fence the database when it was another one before.

    Returns:
        Whether it is the machine that the database belongs to.
    """
    with database.read() as cursor:
        known, last = meta.get(cursor, meta.MACHINE), meta.get(cursor, meta.MACHINE_HERE)
    if known == last == machine.hash:
        return True
    with database.write() as write:
        known = meta.get(write.cursor, meta.MACHINE)
        if meta.get(write.cursor, meta.MACHINE_HERE) != machine.hash:
            meta.put(write, meta.MACHINE_HERE, machine.hash)
            ratchet.forget_pending(write)  # the other machine may be about to show it
        if not known:
            meta.put(write, meta.MACHINE, machine.hash)
        elif known != machine.hash:
            meta.fence(write, meta.COPIED)
    return known in ("", machine.hash)


def settle(write: Write) -> None:
    """Take the machine on which the database was opened last as the one it belongs to."""
    last = meta.get(write.cursor, meta.MACHINE_HERE)
    if last:
        meta.put(write, meta.MACHINE, last)


def forget(write: Write) -> None:
    """Belong to no machine yet, as a database that was just restored."""
    meta.remove(write, meta.MACHINE)
    meta.remove(write, meta.MACHINE_HERE)


def _disk(device: int, root: Path) -> Iterator[str]:
    """Give what the disk under the database says of itself."""
    name = f"{os.major(device)}:{os.minor(device)}"
    place = root / "sys" / "dev" / "block" / name
    if not place.exists():
        return
    block = place.resolve()
    for folder in (block, block / "device", block.parent / "device"):
        for name in _OWN:
            if text := _text(folder / name):
                yield f"disk {name} {text}"


def _text(path: Path) -> str:
    """Read what everybody may read; empty when there is no such thing."""
    try:
        if not path.stat().st_mode & stat.S_IROTH:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")[:_MOST].strip()
    except OSError:
        return ""
