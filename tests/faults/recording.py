"""Writes down everything a node does to its disk while it works, for :mod:`tests.faults.power`.

SQLite is watched by a file layer *below* the page checksums, so that what is written down is what
reaches the disk. Letter files, keys and settings are written by Python itself: their names are
watched by an audit hook, their flushes by standing in front of ``os.fsync``. All of it happens for
real as well.

Both watches are for the life of the process, so this is for a process of its own.
"""

import os
import sys
from pathlib import Path
from typing import Any, Final

import apsw

from tests.faults.power import (
    AnyOperation,
    Make,
    Remove,
    Rename,
    Sync,
    SyncFolder,
    Truncate,
    Write,
)

_LAYER: Final = "recording"
_OF_SQLITE: Final = (".db", ".db-wal", ".db-journal", ".db-shm")
_FOLDER_IS_FLUSHED_TOO: Final = apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_WAL
"""SQLite flushes the folder with the first flush of a new journal or log (os_unix.c)."""


class Recorder:
    """Everything that happened below a folder, in order.

    Args:
        root: the folder; what is in it already counts as certain.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.operations: list[AnyOperation] = []
        self._content: dict[str, bytes] = {}
        self._find(root)
        self.already = len(self.operations)
        """So many operations only say what was there before."""
        self._layer = _Layer(self)
        apsw.set_default_vfs(_LAYER)
        self._flush = os.fsync
        os.fsync = self._flushed  # type: ignore[assignment] # also flushes, see below
        sys.addaudithook(self._heard)

    def _find(self, folder: Path) -> None:
        """Write down what is there already."""
        for path in sorted(folder.iterdir()):
            place = str(path.relative_to(self.root))
            self.add(Make(place, path.is_dir()))
            if path.is_dir():
                self._find(path)
            else:
                self._written(place, path)
                self.add(Sync(place))
        self.add(SyncFolder(str(folder.relative_to(self.root))))

    def add(self, operation: AnyOperation) -> None:
        """Write down an operation."""
        self.operations.append(operation)

    def place(self, path: str | os.PathLike[str]) -> str | None:
        """Give a path relative to the root, None when it is outside."""
        full = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
        if full != self.root and self.root not in full.parents:
            return None
        return str(full.relative_to(self.root))

    def _flushed(self, handle: int) -> None:
        self._flush(handle)
        real = Path(f"/proc/self/fd/{handle}").readlink()
        place = self.place(real)
        if place is None:
            return
        if real.is_dir():
            self.add(SyncFolder(place))
        else:
            self._written(place, real)
            self.add(Sync(place))

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            self._opened(*arguments)
        elif event == "os.mkdir":
            self._made(arguments[0], folder=True)
        elif event == "os.rename":
            source, target = self._two(arguments)
            if source and target:
                self._written(source, self.root / source)
                self.add(Rename(source, target))
        elif event == "os.remove" and (place := self._one(arguments[0])):
            self.add(Remove(place))

    def _opened(self, path: Any, mode: Any, flags: Any) -> None:
        if isinstance(path, (str, os.PathLike)) and isinstance(flags, int) and flags & os.O_CREAT:
            self._made(path, folder=False)

    def _made(self, path: Any, *, folder: bool) -> None:
        place = self._one(path)
        real = self.root / (place or "")
        if place and real.parent.is_dir() and not real.exists():
            self.add(Make(place, folder))
            self._content.pop(place, None)

    def _written(self, place: str, real: Path) -> None:
        """Note what a plain file holds by now, if that is news."""
        content = real.read_bytes()
        if self._content.get(place) != content:
            self._content[place] = content
            self.add(Truncate(place, 0))
            self.add(Write(place, 0, content))

    def _one(self, path: Any) -> str | None:
        place = self.place(path) if isinstance(path, (str, os.PathLike)) else None
        return None if place is None or place.endswith(_OF_SQLITE) else place

    def _two(self, arguments: tuple[Any, ...]) -> tuple[str | None, str | None]:
        return self._one(arguments[0]), self._one(arguments[1])


class _Layer(apsw.VFS):
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        super().__init__(_LAYER, "unix")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        place = self._recorder.place(path) if path else None
        if path is None or place is None:
            return apsw.VFSFile("unix", name, flags)
        new = not Path(path).exists()
        file = _File(self._recorder, place, name, flags, new=new)
        if new:
            self._recorder.add(Make(place))
        return file

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(filename, syncdir)
        place = self._recorder.place(filename)
        if place is not None:
            self._recorder.add(Remove(place))
            if syncdir:
                self._recorder.add(SyncFolder(str(Path(place).parent)))


class _File(apsw.VFSFile):
    def __init__(
        self,
        recorder: Recorder,
        place: str,
        name: str | apsw.URIFilename | None,
        flags: list[int],
        *,
        new: bool,
    ) -> None:
        super().__init__("unix", name, flags)
        self._recorder = recorder
        self._place = place
        self._folder_waits = new and bool(flags[0] & _FOLDER_IS_FLUSHED_TOO)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self._recorder.add(Write(self._place, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        super().xTruncate(newsize)
        self._recorder.add(Truncate(self._place, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._recorder.add(Sync(self._place))
        if self._folder_waits:
            self._recorder.add(SyncFolder(str(Path(self._place).parent)))
            self._folder_waits = False
