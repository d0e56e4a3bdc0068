"""What a repository's files tell without its key: every object, when it came, when it went.

A borg repository is a log. Each session of a node adds segment files, the last of which ends in a
commit; together they are one transaction. What is deleted is only said to be deleted until somebody
compacts, so the whole history can be read from the files:

    segment  = "BORG_SEG", entries
    entry    = CRC-32, size, tag (1 byte), then for PUT 32 bytes of id and data, for DELETE the id
    COMMIT   = an entry without id, alone in the last segment of a transaction

The centre has no key and needs none: an archive's id, which the node's journal names, is the id of
the object that heads the archive. The list of archives is the object whose id is all zeros.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

LIST_OF_ARCHIVES: Final = bytes(32)
_MAGIC: Final = b"BORG_SEG"
_HEADER: Final = struct.Struct("<IIB")
_ID: Final = 32
_PUT, _DELETE, _COMMIT = 0, 1, 2
_BUFFER: Final = 16 * 1024
_BLOCK: Final = 1024 * 1024


class SegmentDamaged(Exception):
    """A segment file is not what borg writes."""


class Place(NamedTuple):
    """Where an object lies."""

    file: Path
    offset: int
    size: int
    """Of the whole entry, in bytes."""
    transaction: int
    """The transaction in which it came; 0 until its commit was read."""


@dataclass
class Transaction:
    """What one session changed, the list of archives aside."""

    number: int = 0
    """Number of the segment with its commit."""
    at: str = ""
    """When it was committed, by this machine's clock; empty if it was not a node's session."""
    added: list[bytes] = field(default_factory=list)
    deleted: list[bytes] = field(default_factory=list)
    replaced: list[bytes] = field(default_factory=list)
    """Objects that were overwritten with other bytes: borg's client never asks for that."""
    just_deleted: tuple[bytes, "Place | None"] = (b"", None)
    """The last entry, if it deleted something: borg writes an overwriting as a pair of entries."""
    deleted_bytes: int = 0
    list_bytes: int = 0
    """Size of the list of archives after it."""


@dataclass
class History:
    """A repository's objects, and how they came and went."""

    identity: str = ""
    transactions: list[Transaction] = field(default_factory=list)
    by_number: dict[int, Transaction] = field(default_factory=dict)
    live: dict[bytes, Place] = field(default_factory=dict)
    came: dict[bytes, int] = field(default_factory=dict)
    """The transaction in which an object came first, dead ones included."""
    went: dict[bytes, int] = field(default_factory=dict)
    """The transaction in which a dead object was deleted."""
    size: int = 0
    """Bytes of all segment files."""

    @property
    def last(self) -> int:
        """Number of the last transaction; 0 when there is none."""
        return self.transactions[-1].number if self.transactions else 0

    def transaction(self, number: int) -> Transaction | None:
        """Give a transaction."""
        return self.by_number.get(number)


def exists(repository: Path) -> bool:
    """Tell whether a repository stands there."""
    return (repository / "config").is_file() and (repository / "data").is_dir()


def identity(repository: Path) -> str:
    """Give the repository's own id, empty when it cannot be read."""
    return _setting(repository / "config", "id")


def _setting(config: Path, wanted: str) -> str:
    try:
        lines = config.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    for line in lines:
        name, _, text = line.partition("=")
        if name.strip() == wanted:
            return text.strip()
    return ""


def files(repository: Path) -> list[tuple[int, Path]]:
    """List the segment files in the order in which they were written."""
    found = [
        (int(path.name), path)
        for folder in (repository / "data").iterdir()
        if folder.is_dir() and folder.name.isdecimal()
        for path in folder.iterdir()
        if path.name.isdecimal()
    ]
    return sorted(found)


def times(repository: Path) -> dict[int, str]:
    """Read when each session of a node was committed, by this machine's clock."""
    found: dict[int, str] = {}
    try:
        lines = (repository / "transactions").read_text("utf-8", "replace").splitlines()
    except OSError:
        return found
    for line in lines:
        words = line.replace(",", " ").split()
        if len(words) == 5 and words[0] == "transaction" and words[1].isdecimal():
            found[int(words[1])] = words[4][:23] + "Z"
    return found


def history(repository: Path) -> History:
    """Read a repository from its first segment to its last commit.

    Raises:
        SegmentDamaged: a file cannot be what borg wrote.
        OSError: the disk does not give it.
    """
    story = History(identity=identity(repository))
    noted = times(repository)
    running = Transaction()
    for number, path in _committed(repository):
        story.size += path.stat().st_size
        committed = False
        for tag, key, offset, size in _entries(path):
            if tag == _COMMIT:
                committed = True
            elif tag == _PUT:
                _put(story.live, running, key, Place(path, offset, size, 0))
            else:
                _delete(story.live, running, key)
        if committed:
            running.number, running.at = number, noted.get(number, "")
            _commit(story, running)
            running = Transaction(list_bytes=running.list_bytes)
    return story


def _committed(repository: Path) -> list[tuple[int, Path]]:
    """List the segment files up to the last commit: after it a session may be writing."""
    found = files(repository)
    while found and not _ends_in_commit(found[-1][1]):
        found.pop()
    return found


def _ends_in_commit(path: Path) -> bool:
    if path.stat().st_size < len(_MAGIC) + _HEADER.size:
        return False
    with path.open("rb") as file:
        file.seek(-_HEADER.size, os.SEEK_END)
        _, size, tag = _HEADER.unpack(file.read(_HEADER.size))
    return bool(size == _HEADER.size and tag == _COMMIT)


def _put(live: dict[bytes, Place], running: Transaction, key: bytes, place: Place) -> None:
    deleted, before = running.just_deleted
    running.just_deleted = (b"", None)
    held = live.get(key) or (before if deleted == key else None)
    if key == LIST_OF_ARCHIVES:
        running.list_bytes = place.size
    elif held is None:
        running.added.append(key)
    elif not _same(held, place):
        running.replaced.append(key)
    else:  # a compaction was cut short: the object is there twice
        place = place._replace(transaction=held.transaction)
    live[key] = place


def _delete(live: dict[bytes, Place], running: Transaction, key: bytes) -> None:
    held = live.pop(key, None)
    running.just_deleted = (key, held)
    if held is not None and key != LIST_OF_ARCHIVES:
        running.deleted.append(key)
        running.deleted_bytes += held.size


def _commit(story: History, done: Transaction) -> None:
    for key in (*done.added, *done.replaced):
        story.came.setdefault(key, done.number)
        story.went.pop(key, None)
        if key in story.live and not story.live[key].transaction:
            story.live[key] = story.live[key]._replace(transaction=done.number)
    story.went |= {key: done.number for key in done.deleted if key not in story.live}
    story.transactions.append(done)
    story.by_number[done.number] = done


def _same(one: Place, other: Place) -> bool:
    if one.size != other.size:
        return False
    with one.file.open("rb") as first, other.file.open("rb") as second:
        first.seek(one.offset)
        second.seek(other.offset)
        left = one.size
        while left:
            step = min(left, _BLOCK)
            if first.read(step) != second.read(step):
                return False
            left -= step
    return True


def _entries(path: Path) -> Iterator[tuple[int, bytes, int, int]]:
    """Give tag, id, offset and size of every entry, without reading the data."""
    length = path.stat().st_size
    with path.open("rb", buffering=_BUFFER) as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise SegmentDamaged(f"{path.name} does not begin as a segment")
        offset = len(_MAGIC)
        while offset < length:
            head = file.read(_HEADER.size)
            if len(head) < _HEADER.size:
                raise SegmentDamaged(f"{path.name} ends within an entry")
            _, size, tag = _HEADER.unpack(head)
            least = _HEADER.size + (0 if tag == _COMMIT else _ID)
            if tag > _COMMIT or size < least or offset + size > length:
                raise SegmentDamaged(f"{path.name} has an entry of {size} bytes at {offset}")
            key = b"" if tag == _COMMIT else file.read(_ID)
            yield tag, key, offset, size
            offset += size
            file.seek(offset)
