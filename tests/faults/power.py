"""A disk that loses its power: which bytes and names may be there afterwards.

    real work ── recording.py ──> operations ──> Disk ── images() ──> possible disks

Only what was flushed is certain. Of everything written since, any part may be there in any order,
torn at the edges of 512-byte sectors; a name that was made, renamed or removed since its folder was
flushed may have been so or not. This is what POSIX promises and no more: file systems are kinder.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

SECTOR: Final = 512


class Operation(msgspec.Struct, frozen=True, tag=True):
    """One thing a program did to a disk. Paths are relative to the disk's root."""


class Make(Operation, frozen=True):
    """A file or folder got a name."""

    path: str
    folder: bool = False


class Write(Operation, frozen=True):
    """Bytes were written into a file."""

    path: str
    offset: int
    data: bytes


class Truncate(Operation, frozen=True):
    """A file was cut or lengthened."""

    path: str
    size: int


class Sync(Operation, frozen=True):
    """A file's bytes were flushed, and the flush succeeded."""

    path: str


class SyncFolder(Operation, frozen=True):
    """A folder's names were flushed."""

    path: str


class Rename(Operation, frozen=True):
    """A file got another name in place of the one it had."""

    path: str
    target: str


class Remove(Operation, frozen=True):
    """A name was taken away."""

    path: str


class Done(Operation, frozen=True):
    """The program told somebody that something is finished: from here on it must not be lost."""

    what: str
    hashes: tuple[str, ...] = ()
    """Of the events that this act added to the journal."""


AnyOperation = Make | Write | Truncate | Sync | SyncFolder | Rename | Remove | Done


@dataclass(frozen=True)
class Image:
    """One possible disk after the power cut: every file by its path."""

    files: dict[str, bytes]
    folders: frozenset[str]


def lay_out(image: Image, root: Path) -> None:
    """Write an image into a folder."""
    for folder in sorted(image.folders):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for path, content in image.files.items():
        (root / path).write_bytes(content)


@dataclass
class _File:
    synced: bytes = b""
    pending: list[Write | Truncate] = field(default_factory=list)


@dataclass(frozen=True)
class _Naming:
    """A name that changed: ``inode`` None takes it away; ``source`` is what a rename moves."""

    path: str
    inode: int | None
    source: str = ""


class Disk:
    """What is certain and what is not, operation by operation.

    Args:
        lying: the device says that it has flushed, and has not.
    """

    def __init__(self, *, lying: bool = False) -> None:
        self._lying = lying
        self._files: dict[int, _File | None] = {}  # None: a folder
        self._now: dict[str, int] = {}
        self._certain: dict[str, int] = {}
        self._namings: list[_Naming] = []

    def apply(self, operation: AnyOperation) -> None:
        """Let one operation happen."""
        match operation:
            case Make(path, folder):
                self._name(_Naming(path, self._new(folder)))
            case Write(path) | Truncate(path):
                self._file(path).pending.append(operation)
            case Sync(path) if not self._lying:
                file = self._file(path)
                file.synced, file.pending = _applied(file.synced, file.pending), []
            case SyncFolder(path) if not self._lying:
                self._settle(path)
            case Rename(path, target):
                self._name(_Naming(target, self._now[path], source=path))
            case Remove(path):
                self._name(_Naming(path, None))
            case _:
                pass

    def uncertain(self) -> bool:
        """Tell whether a power cut now could leave different disks."""
        return bool(self._namings) or any(file and file.pending for file in self._files.values())

    def as_it_is(self) -> Image:
        """Give the disk as a running program sees it."""
        return self._image(random.Random(0), _everything)

    def images(self, chance: random.Random, count: int) -> Iterator[Image]:
        """Draw possible disks; a single one when everything is certain."""
        for _ in range(count if self.uncertain() else min(count, 1)):
            yield self._image(chance, chance.choice(_PLAIN) if chance.random() < 0.15 else None)

    def _image(self, chance: random.Random, fate: "_Fate | None") -> Image:
        names = self._names_after(chance, fate)
        folders = {path for path, inode in names.items() if self._files[inode] is None}
        files: dict[str, bytes] = {}
        for path, inode in names.items():
            file = self._files[inode]
            if file is None or not _reachable(path, folders):
                continue
            kept = file.pending
            if kept:
                kept = (fate or chance.choice(_FATES))(chance, kept)
            files[path] = _applied(file.synced, kept) if kept else file.synced
        return Image(files, frozenset(folders))

    def _names_after(self, chance: random.Random, fate: "_Fate | None") -> dict[str, int]:
        if fate is _everything:
            return dict(self._now)
        names = dict(self._certain)
        share = chance.choice((0.0, 0.5, 0.9)) if fate is None else 0.0
        for naming in self._namings:
            if chance.random() < share:
                _named(names, naming)
        return names

    def _name(self, naming: _Naming) -> None:
        _named(self._now, naming)
        self._namings.append(naming)

    def _settle(self, folder: str) -> None:
        """Make the names of one folder certain; the other end of a rename stays open."""
        left: list[_Naming] = []
        for naming in self._namings:
            if _parent(naming.path) == folder:
                _named(self._certain, _Naming(naming.path, naming.inode))
                if naming.source and _parent(naming.source) == folder:
                    self._certain.pop(naming.source, None)
                elif naming.source:
                    left.append(_Naming(naming.source, None))
            else:
                left.append(naming)
        self._namings = left

    def _new(self, folder: bool) -> int:
        inode = len(self._files) + 1
        self._files[inode] = None if folder else _File()
        return inode

    def _file(self, path: str) -> _File:
        file = self._files[self._now[path]]
        if file is None:
            raise IsADirectoryError(path)
        return file


_Pending = list[Write | Truncate]
_Fate = Callable[[random.Random, _Pending], _Pending]


def _nothing(chance: random.Random, pending: _Pending) -> _Pending:
    return []


def _everything(chance: random.Random, pending: _Pending) -> _Pending:
    return pending


def _beginning(chance: random.Random, pending: _Pending) -> _Pending:
    """All up to a point, at which one write is torn."""
    if not pending:
        return []
    cut = chance.randrange(len(pending))
    return [*pending[:cut], *_torn(chance, pending[cut])]


def _some(chance: random.Random, pending: _Pending) -> _Pending:
    """Any of them, some torn."""
    share = chance.choice((0.1, 0.5, 0.9))
    kept: _Pending = []
    for operation in pending:
        if chance.random() < share:
            kept += _torn(chance, operation) if chance.random() < 0.2 else [operation]
    return kept


def _some_in_any_order(chance: random.Random, pending: _Pending) -> _Pending:
    kept = _some(chance, pending)
    chance.shuffle(kept)
    return kept


def _newest(chance: random.Random, pending: _Pending) -> _Pending:
    """The latest one, whole or torn, and few of those before it."""
    if not pending:
        return []
    before = [operation for operation in pending[:-1] if chance.random() < 0.1]
    last = _torn(chance, pending[-1]) if chance.random() < 0.5 else [pending[-1]]
    return [*before, *last]


_PLAIN: Final[tuple[_Fate, ...]] = (_nothing, _everything)
_FATES: Final[tuple[_Fate, ...]] = (_beginning, _some, _some_in_any_order, _newest)


def _torn(chance: random.Random, operation: Write | Truncate) -> _Pending:
    """Some sectors of a write; a length changes wholly or not at all."""
    if isinstance(operation, Truncate):
        return [operation] if chance.random() < 0.5 else []
    start, data = operation.offset, operation.data
    edges = [0, *range(SECTOR - start % SECTOR, len(data), SECTOR), len(data)]
    pieces = list(pairwise(edges))
    if chance.random() < 0.5:
        pieces = pieces[: chance.randrange(len(pieces) + 1)]
    else:
        pieces = [piece for piece in pieces if chance.random() < 0.5]
    return [Write(operation.path, start + a, data[a:b]) for a, b in pieces]


def _applied(content: bytes, operations: _Pending) -> bytes:
    made = bytearray(content)
    for operation in operations:
        if isinstance(operation, Truncate):
            del made[operation.size :]
            made += bytes(operation.size - len(made))
        else:
            end = operation.offset + len(operation.data)
            made += bytes(max(0, operation.offset - len(made)))
            made[operation.offset : end] = operation.data
    return bytes(made)


def _named(names: dict[str, int], naming: _Naming) -> None:
    if naming.source:
        names.pop(naming.source, None)
    if naming.inode is None:
        names.pop(naming.path, None)
    else:
        names[naming.path] = naming.inode


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "."


def _reachable(path: str, folders: set[str]) -> bool:
    """Tell whether every folder above a path has its name."""
    while "/" in path:
        path = path.rpartition("/")[0]
        if path not in folders:
            return False
    return True
