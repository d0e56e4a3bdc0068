"""A disk that refuses one operation, or every one from some moment on.

SQLite's operations are met by a file layer *below* the page checksums; those of Python's own files
by standing in front of the functions of ``os``. What is not refused happens for real.

Asking for a file's length is never refused: it does not reach the disk, and SQLite overlooks such
an error after a commit, which a layer written in Python cannot let it do.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import apsw
import pytest

_LAYER: Final = "failing"
_CHECKSUMS: Final = "cksmvfs"
_OF_PYTHON: Final = ("open", "fsync", "rename", "mkdir", "chmod")


class FailingDisk:
    """Counts what is asked of the disk and refuses what it was told to refuse."""

    def __init__(self) -> None:
        self.asked = 0
        self.refused = 0
        self._first: int | None = None
        self._for_ever = False
        self._full = False

    def refuse(self, first: int, *, for_ever: bool, full: bool) -> None:
        """From now on count, and refuse the operation of that number.

        Args:
            first: which, from 0.
            for_ever: and all after it.
            full: for want of room; operations that need none are not counted.
        """
        self.asked = self.refused = 0
        self._first, self._for_ever, self._full = first, for_ever, full

    def work(self) -> None:
        """Refuse nothing any more."""
        self._first = None

    def of_sqlite(self, code: int, *, grows: bool = False) -> None:
        """Count an operation of SQLite, and refuse it with this result code."""
        if self._hit(grows=grows):
            wrong: Any = apsw.FullError("no room") if self._full else apsw.IOError("refused")
            wrong.extendedresult = apsw.SQLITE_FULL if self._full else code
            raise wrong

    def of_python(self, *, grows: bool) -> None:
        """Count an operation of Python, and refuse it."""
        if self._hit(grows=grows):
            number = errno.ENOSPC if self._full else errno.EIO
            raise OSError(number, os.strerror(number))

    def _hit(self, *, grows: bool) -> bool:
        if self._first is None or (self._full and not grows):
            return False
        here, self.asked = self.asked, self.asked + 1
        hit = here >= self._first if self._for_ever else here == self._first
        self.refused += hit
        return hit


@contextmanager
def a_failing_disk() -> Iterator[FailingDisk]:
    """Put the disk below everything that is opened from here on. No database may be open."""
    disk = FailingDisk()
    with pytest.MonkeyPatch.context() as patch:
        for name in _OF_PYTHON:
            patch.setattr(os, name, _guarded(disk, getattr(os, name), grows=name != "chmod"))
        layer = _Layer(disk)
        _beneath_the_checksums(_LAYER)
        try:
            yield disk
        finally:
            disk.work()
            _beneath_the_checksums("unix")
            layer.unregister()


def _beneath_the_checksums(layer: str) -> None:
    """Let the program load its checksums anew: they stand on what is the default then."""
    if _CHECKSUMS in apsw.vfs_names():
        apsw.unregister_vfs(_CHECKSUMS)
    apsw.set_default_vfs(layer)


def _guarded(disk: FailingDisk, real: Callable[..., Any], *, grows: bool) -> Callable[..., Any]:
    def guarded(*arguments: Any, **named: Any) -> Any:
        disk.of_python(grows=grows)
        return real(*arguments, **named)

    return guarded


class _Layer(apsw.VFS):
    def __init__(self, disk: FailingDisk) -> None:
        self._disk = disk
        super().__init__(_LAYER, "unix")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        self._disk.of_sqlite(apsw.SQLITE_CANTOPEN)
        return _File(self._disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self._disk.of_sqlite(apsw.SQLITE_IOERR_DELETE)
        super().xDelete(filename, syncdir)

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802
        self._disk.of_sqlite(apsw.SQLITE_IOERR_ACCESS)
        return super().xAccess(pathname, flags)


class _File(apsw.VFSFile):
    def __init__(
        self, disk: FailingDisk, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        self._disk.of_sqlite(apsw.SQLITE_IOERR_READ)
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.of_sqlite(apsw.SQLITE_IOERR_WRITE, grows=True)
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.of_sqlite(apsw.SQLITE_IOERR_TRUNCATE)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.of_sqlite(apsw.SQLITE_IOERR_FSYNC, grows=True)
        super().xSync(flags)

    def xLock(self, level: int) -> None:  # noqa: N802
        self._disk.of_sqlite(apsw.SQLITE_IOERR_LOCK)
        super().xLock(level)
