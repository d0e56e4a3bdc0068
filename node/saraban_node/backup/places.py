"""Where backups go: a disk, a stick that is known by its label, the centre by ssh; several at once.

    node.toml ── [[backup_places]] ──> Place ── present? ──> Repository
                                         │
                                         └── not there now: no error, but it is shown

A stick that is not plugged in is an everyday thing and no failure. What counts is how old the last
good backup at each place is, and that is shown.
"""

import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from saraban_base.backup import errors
from saraban_base.backup.remote import Remote
from saraban_base.backup.repository import Repository, Tell, quiet
from saraban_node.backup import passphrases
from saraban_node.config import BackupPlace, NodeConfig

DISK: Final = "disk"
STICK: Final = "stick"
CENTRE: Final = "centre"
DEFAULT: Final = "repo"
"""Name and folder of the place that is used when the settings name none."""
LABELS: Final = Path("/dev/disk/by-label")
MOUNTS: Final = Path("/proc/self/mountinfo")
_ON_STICK: Final = "saraban"
_CONNECT_SECONDS: Final = 5.0
_OCTAL: Final = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, kw_only=True)
class Place:
    """One place for backups.

    Args:
        name: its name in the settings.
        kind: ``disk``, ``stick`` or ``centre``.
        where: path, label or address, for people.
        node_folder: the node's folder.
        path: disk: the repository's folder; stick: the folder on it.
        remote: how the centre is reached.
    """

    name: str
    kind: str
    where: str
    node_folder: Path
    path: Path
    remote: Remote | None = None

    def present(self) -> bool:
        """Tell whether a backup could go there now: mounted, plugged in, answering.

        For the centre this asks its port, and waits a few seconds when there is no line.
        """
        match self.kind:
            case "stick":
                return self.root() is not None
            case "centre":
                return self.remote is not None and _answers(self.remote)
            case _:
                return self.path.is_dir() or self.path.parent.is_dir()

    def root(self) -> Path | None:
        """Give the folder where the stick is mounted now; None when it is not."""
        return mounted(self.where)

    def repository(self, folder: Path | None = None, tell: Tell = quiet) -> Repository:
        """Give the repository of this place.

        Args:
            folder: the node's folder, whose keys and memory are used; this place's own if None.
            tell: takes a line when a broken lock was cleared.
        """
        folder = folder or self.node_folder
        path = self.path
        if self.kind == STICK:
            path = (self.root() or Path("/media") / self.where) / self.path
        return Repository(
            path=path if self.remote is None else self.remote.path,
            passphrase_file=passphrases.file_for(folder, self.name),
            base_dir=folder / "backup" / "borg",
            tell=tell,
            remote=self.remote,
            known_as=f"stick:{self.where}" if self.kind == STICK else "",
        )


def places_of(folder: Path, config: NodeConfig) -> tuple[Place, ...]:
    """List the places that a node's settings name, in their order; at least one."""
    if not config.backup_places:
        path = folder / DEFAULT
        return (Place(name=DEFAULT, kind=DISK, where=str(path), node_folder=folder, path=path),)
    return tuple(_place(folder, one) for one in config.backup_places)


def named(folder: Path, config: NodeConfig, name: str) -> Place:
    """Give one place.

    Raises:
        NoSuchPlace: the settings name none of that name.
    """
    there = places_of(folder, config)
    for one in there:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in there)
    raise errors.NoSuchPlace(name, place=name, known=known)


def mounted(label: str) -> Path | None:
    """Find where the file system of a label is mounted.

    The kernel's table of mounts is asked, never the folder itself: the empty folder of a stick
    that was pulled out looks like a place, and a backup there would fill the wrong disk.
    """
    device = LABELS / _device_name(label)
    real = str(device.resolve()) if device.exists() else ""
    for point, source in _mounts():
        if real and source == real:
            return point
    # Without udev, and on desktops: what is mounted under its own label.
    return next((point for point, _ in _mounts() if not real and point.name == label), None)


def _place(folder: Path, setting: BackupPlace) -> Place:
    remote = None
    path, where = folder / setting.path, str(folder / setting.path)
    if setting.kind == STICK:
        path, where = Path(setting.path.strip("/") or _ON_STICK), setting.label
    if setting.kind == CENTRE:
        secrets = folder / "keys"
        remote = Remote(
            url=setting.url,
            key=secrets / setting.key,
            known_hosts=secrets / setting.known_hosts,
        )
        path, where = remote.path, setting.url
    return Place(
        name=setting.name, kind=setting.kind, where=where, node_folder=folder, path=path,
        remote=remote,
    )  # fmt: skip


def _answers(remote: Remote) -> bool:
    try:
        socket.create_connection(remote.host, timeout=_CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def _mounts() -> list[tuple[Path, str]]:
    """List mount points with their devices, the latest mount of a point last."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        if len(fields) > 4 and len(rest) > 1:
            found.append((Path(_plain(fields[4])), _plain(rest[1])))
    return found


def _plain(text: str) -> str:
    r"""Undo the kernel's writing of blanks as ``\040``."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)


def _device_name(label: str) -> str:
    r"""Write a label as udev names it: of what is not plain, ASCII becomes ``\x20``."""
    plain = "#+-.:=@_"
    return "".join(
        one if not one.isascii() or one.isalnum() or one in plain else f"\\x{ord(one):02x}"
        for one in label
    )
