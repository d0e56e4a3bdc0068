"""Switches the power on again: every possible disk of a trace is opened and held to the promises.

    python -m tests.faults.power_judge SCRATCH TRACE... [--images N] [--seed N] [--lying]

Prints one JSON object. For every image

1. SQLite itself recovers the database, through the page checksums, as opening it always does;
2. the keys, the settings and every letter file that a line names must be there and whole;
3. what was acknowledged must be there, with at most the one act that was under way, whole.

The database that comes out of step 1 is judged once: the same bytes are not judged twice. That is
done by the shipped code, from ``open_appliance`` to a rebuild of all registers (promises.kept); so
is a share of the images directly, without step 1, to show that it makes no difference.
"""

import argparse
import ctypes
import hashlib
import random
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Final

import apsw
import msgspec

from saraban_base.sqlite import Cursor, Database
from saraban_node import appliance, config, journal
from saraban_sync.body import FileRef
from saraban_sync.errors import SarabanError
from tests.faults.power import AnyOperation, Disk, Done, Image, lay_out
from tests.faults.power_work import NODE, Trace
from tests.offices import HandClock
from tests.promises import BrokenPromise, Stored, kept

_DATABASE: Final = f"{NODE}/{appliance.DATABASE}"
_LOG: Final = f"{_DATABASE}-wal"
_JOURNAL: Final = f"{_DATABASE}-journal"
_SHARED: Final = f"{_DATABASE}-shm"
_NOTHING: Final = Stored((), (), ())
_PAGE: Final = 4096
_YES: Final = ctypes.c_int(1)
_DIRECTLY: Final = 100
"""One image in so many is opened by the shipped code without a look first."""


class Verdict(msgspec.Struct):
    """What was found in all images of a trace."""

    images: int = 0
    boundaries: int = 0
    databases: int = 0
    """Different databases that came out, each judged wholly."""
    directly: int = 0
    """Images opened by ``open_appliance`` as they were."""
    lost: int = 0
    """Images without something that was acknowledged."""
    half: int = 0
    """Images with a part of an act, or with what was never done."""
    damaged: int = 0
    """Images that break another promise or cannot be opened."""
    files: int = 0
    """Images in which a line names a file that is not whole, or keys or settings are gone."""
    under_way: int = 0
    """Images in which an act that was not yet acknowledged is there, wholly."""
    examples: list[str] = []

    def add(self, other: "Verdict") -> None:
        """Count another's findings with these."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class _Story:
    """What was acknowledged until now, and what is acknowledged next."""

    hashes: tuple[str, ...]
    ends: list[int]
    """Length of the journal after each acknowledged act."""
    acts: int = 0

    @classmethod
    def of(cls, operations: list[AnyOperation]) -> "_Story":
        """Read the whole story, to be told from its beginning."""
        done = [one for one in operations if isinstance(one, Done)]
        hashes = tuple(one for act in done for one in act.hashes)
        return cls(hashes, [0, *accumulate(len(act.hashes) for act in done)])

    def fits(self, found: tuple[str, ...]) -> str:
        """Tell what is wrong with a journal found now; empty when nothing is."""
        least, most = self.ends[self.acts], self.ends[min(self.acts + 1, len(self.ends) - 1)]
        if found[:least] != self.hashes[:least]:
            return "lost"
        if found not in (self.hashes[:least], self.hashes[:most]):
            return "half"
        return ""

    def goes_beyond(self, found: tuple[str, ...]) -> bool:
        """Tell whether a journal holds more than was acknowledged."""
        return len(found) > self.ends[self.acts]


@dataclass
class Judge:
    """Opens images in a scratch folder.

    Args:
        scratch: an empty folder, in memory if possible.
        chance: draws the images.
    """

    scratch: Path
    chance: random.Random
    verdict: Verdict = field(default_factory=Verdict)
    _known: list[tuple[bytes, bool, Stored | str]] = field(default_factory=list)
    """Databases judged before, the likeliest last."""
    _place: dict[str, Path] = field(default_factory=dict)
    _there: bytes = b""
    """What the file of the database holds at the moment."""
    _secrets: dict[str, bytes] = field(default_factory=dict)
    _good: dict[str, bytes] = field(default_factory=dict)
    """Letter files whose content was compared with their name."""

    def __post_init__(self) -> None:
        """Let the program bring its layer of page checksums into this process."""
        (self.scratch / NODE).mkdir(parents=True)
        self._place = {path: self.scratch / path for path in (_DATABASE, _LOG, _JOURNAL)}
        Database.open(
            self.scratch / "first.db", migrations=appliance.MIGRATIONS, clock=HandClock()
        ).close()

    def walk(self, trace: Trace, images: int, *, lying: bool = False) -> Verdict:
        """Cut the power at every boundary of a trace.

        Args:
            trace: what a node did to its disk.
            images: how many possible disks to try in all; fewer if the last boundaries have few.
            lying: the device does not flush what it says it has flushed.
        """
        story, disk = _Story.of(trace.operations), Disk(lying=lying)
        self._secrets = _last_content(trace.operations)
        for operation in trace.operations[: trace.already]:
            disk.apply(operation)
        boundaries = trace.operations[trace.already :]
        tried = 0
        for number, operation in enumerate(boundaries, start=1):
            disk.apply(operation)
            if isinstance(operation, Done):
                story.acts += 1
            # A boundary with one possible disk leaves its share to the next.
            owed = images * number // len(boundaries) - tried
            for image in disk.images(self.chance, owed):
                self._judge(image, story)
                tried += 1
            self.verdict.boundaries += 1
        self.verdict.databases = len(self._known)
        return self.verdict

    def _judge(self, image: Image, story: _Story) -> None:
        self.verdict.images += 1
        directly = self.verdict.images % _DIRECTLY == 0
        try:
            stored = self._recovered(image)
            if directly and _DATABASE in image.files and not isinstance(stored, str):
                self._turn_on(image, stored)
        except (SarabanError, BrokenPromise, apsw.Error) as wrong:
            self._note("damaged", f"{type(wrong).__name__}: {wrong}", story)
            return
        if isinstance(stored, str):
            self._note("damaged", stored, story)
            return
        if wrong_kind := story.fits(stored.hashes):
            self._note(wrong_kind, f"{len(stored.hashes)} events", story)
        elif story.goes_beyond(stored.hashes):
            self.verdict.under_way += 1
        if missing := self._missing(image, stored, story):
            self._note("files", missing, story)

    def _recovered(self, image: Image) -> Stored | str:
        """Let SQLite recover the database, and judge what comes out unless it is known."""
        if _DATABASE not in image.files:
            return _NOTHING
        content, complete = self._recover(image), self._is_node(image)
        for place, (known, as_node, stored) in enumerate(reversed(self._known)):
            if known == content and as_node == complete:
                if place > 4:
                    self._known.append(self._known.pop(-1 - place))
                return stored
        stored = self._judged(image)
        self._known.append((content, complete, stored))
        return stored

    def _recover(self, image: Image) -> bytes:
        """Open and close the database as a program does: the file afterwards is what there was."""
        self._lay_out(image)
        connection = apsw.Connection(str(self._place[_DATABASE]), vfs="cksmvfs")
        try:
            # The log's index lies in memory and its file stays, which saves half of the time.
            connection.pragma("locking_mode", "exclusive")
            connection.file_control("main", apsw.SQLITE_FCNTL_PERSIST_WAL, ctypes.addressof(_YES))
            connection.pragma("user_version")  # any question brings recovery about
        finally:
            connection.close()
        self._there = self._place[_DATABASE].read_bytes()
        return self._there

    def _lay_out(self, image: Image) -> None:
        """Write the files of the database; of the database itself only the pages that differ."""
        for path, real in self._place.items():
            content = image.files.get(path)
            if content is None:
                real.unlink(missing_ok=True)
                continue
            with real.open("r+b" if real.exists() else "w+b", buffering=0) as file:
                before = self._there if path == _DATABASE else b""
                for start, end in _differing(before, content):
                    file.seek(start)
                    file.write(content[start:end])
                file.truncate(len(content))

    def _judged(self, image: Image) -> Stored | str:
        """Open the whole node on this disk and hold it to every promise."""
        folder = self._whole(image)
        try:
            if not self._is_node(image):
                return _unfinished(folder)
            node = appliance.open_appliance(folder, clock=HandClock())
            try:
                return kept(node)
            finally:
                node.close()
        except (SarabanError, BrokenPromise, apsw.Error) as wrong:
            return f"{type(wrong).__name__}: {wrong}"

    def _turn_on(self, image: Image, stored: Stored) -> None:
        """Open the image with the shipped code alone, and read every file of every letter."""
        folder = self._whole(image)
        self.verdict.directly += 1
        if not self._is_node(image):
            found = _unfinished(folder)
            if isinstance(found, str):
                raise BrokenPromise(found)
            return
        node = appliance.open_appliance(folder, clock=HandClock())
        try:
            with node.db.read() as cursor:
                if tuple(event.hash for event in journal.read(cursor)) != stored.hashes:
                    raise BrokenPromise("opened directly, the journal is another one")
                for ref in _named_files(cursor):
                    node.files.read(ref)
        finally:
            node.close()

    def _whole(self, image: Image) -> Path:
        root = self.scratch / "whole"
        shutil.rmtree(root, ignore_errors=True)
        lay_out(image, root)
        if _LOG in image.files and self.chance.random() < 0.3:
            (root / _SHARED).write_bytes(self.chance.randbytes(32_768))  # what memory left there
        return root / NODE

    def _is_node(self, image: Image) -> bool:
        """Tell whether the node was made completely; its settings are written last."""
        return all(image.files.get(path) == content for path, content in self._secrets.items())

    def _missing(self, image: Image, stored: Stored, story: _Story) -> str:
        if story.acts and not self._is_node(image):
            return "keys or settings"
        for sha256, size in stored.files:
            content = image.files.get(f"{NODE}/files/{sha256[:2]}/{sha256}")
            if content is None:
                return f"{sha256[:8]} is not there"
            if self._good.get(sha256) is not content:
                if len(content) != size or hashlib.sha256(content).hexdigest() != sha256:
                    return f"{sha256[:8]} has {len(content)} of {size} bytes"
                self._good[sha256] = content
        return ""

    def _note(self, kind: str, what: str, story: _Story) -> None:
        setattr(self.verdict, kind, getattr(self.verdict, kind) + 1)
        if len(self.verdict.examples) < 10:
            self.verdict.examples.append(f"{kind} after act {story.acts}: {what}")


def _differing(before: bytes, after: bytes) -> Iterator[tuple[int, int]]:
    """Give begin and end of the pages that are not the same, or of everything."""
    if not before:
        yield 0, len(after)
        return
    for start in range(0, len(after), _PAGE):
        if before[start : start + _PAGE] != after[start : start + _PAGE]:
            yield start, min(start + _PAGE, len(after))


def _unfinished(folder: Path) -> Stored | str:
    """A node that was being made: its database must open, and nothing may look like a letter."""
    database = Database.open(
        folder / appliance.DATABASE, migrations=appliance.MIGRATIONS, clock=HandClock()
    )
    try:
        found = database.integrity()
        with database.read() as cursor:
            hashes = tuple(event.hash for event in journal.read(cursor))
    finally:
        database.close()
    return f"integrity: {found}" if found else Stored(hashes, (), ())


def _named_files(cursor: Cursor) -> Iterator[FileRef]:
    for sha256, name, media, size in list(
        cursor.execute("SELECT sha256, name, media, size FROM entry_file")
    ):
        yield FileRef(sha256=sha256, name=name, media=media, size=size)


def _last_content(operations: list[AnyOperation]) -> dict[str, bytes]:
    """Give the keys and settings as they were meant to be."""
    disk = Disk()
    for operation in operations:
        disk.apply(operation)
    return {
        path: content
        for path, content in disk.as_it_is().files.items()
        if path.startswith(f"{NODE}/keys/") or path == f"{NODE}/{config.FILE_NAME}"
    }


def main() -> None:
    """Judge traces one after another and print what was found."""
    options = argparse.ArgumentParser()
    options.add_argument("scratch", type=Path)
    options.add_argument("traces", type=Path, nargs="+")
    options.add_argument("--images", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--lying", action="store_true")
    given = options.parse_args()
    total = Verdict()
    for number, path in enumerate(given.traces):
        trace = msgspec.msgpack.decode(path.read_bytes(), type=Trace)
        judge = Judge(given.scratch / str(number), random.Random(given.seed + number))
        total.add(judge.walk(trace, given.images, lying=given.lying))
        shutil.rmtree(given.scratch / str(number), ignore_errors=True)
    sys.stdout.write(msgspec.json.encode(total).decode("utf-8") + "\n")


if __name__ == "__main__":
    main()
