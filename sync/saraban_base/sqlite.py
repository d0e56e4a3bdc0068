"""One SQLite file: opened safely, written by one writer, migrated forward.

What is promised here was measured before it was written down:

* WAL with ``synchronous=FULL`` is the only setting that lost no acknowledged letter in a power cut.
  A pragma inside a script can be skipped without a word, so every one is set alone and read back.
* ``integrity_check`` misses most flipped bits, so each page carries a checksum (SQLite's cksumvfs).
* One writer at a time: a lock within the process, ``BEGIN IMMEDIATE`` between processes.

The caller owns the transaction: functions that write take a :class:`Write`, functions that read
take a cursor. This is the only module that knows apsw.
"""

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import apsw
import apsw.sqlite_extra

from saraban_base.clock import Clock
from saraban_base.errors import (
    DatabaseBusy,
    DatabaseProblem,
    DatabaseTooNew,
    DiskFailing,
    DiskFull,
    PageDamaged,
)
from saraban_sync.errors import SarabanError
from saraban_sync.registers import instant

Cursor = apsw.Cursor
ConstraintError = apsw.ConstraintError
Bindings = Sequence[Any] | Mapping[str, Any]

CHECKPOINT_PAGES = 4_000
"""Length of the write-ahead log, 16 MiB, at which it is moved into the file. SQLite's own 1,000
cost a registration a twentieth of its time; tests make it small."""
_BUSY_MS: Final = 10_000
_CHECKSUM_BYTES: Final = 8
_READERS: Final = 4
_CKSUM_VFS: Final = "cksmvfs"
_DISK_ERRORS: Final = (apsw.IOError, apsw.FullError, apsw.CorruptError, apsw.CantOpenError)


@dataclass(frozen=True, slots=True)
class Write:
    """A write transaction: its cursor, and the one moment at which all of it happens."""

    cursor: Cursor
    now: datetime


class Database:
    """A SQLite file with one writer and a few readers.

    Use :meth:`open`; the constructor is for it alone.
    """

    def __init__(self, path: Path, writer: apsw.Connection, clock: Clock, vfs: str) -> None:
        self.path = path
        self._writer = writer
        self._doubtful = False
        """Whether the writer met a disk error, so that what it remembers may be wrong."""
        self._clock = clock
        self._vfs = vfs
        self._one_writer = threading.Lock()
        self._readers: queue.LifoQueue[apsw.Connection | None] = queue.LifoQueue()
        for _ in range(_READERS):
            self._readers.put(None)  # opened when first needed

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        migrations: Traversable,
        clock: Clock,
        vfs: str | None = None,
    ) -> "Database":
        """Open the file, making it if it is new, and bring it up to the newest schema.

        Args:
            path: the file.
            migrations: a folder of ``NNNN_name.sql`` files, applied in the order of their names.
            clock: where time comes from.
            vfs: the SQLite file layer; the checksumming one when not given.

        Raises:
            DatabaseProblem: the file is damaged, no database, or a safety setting did not hold.
            DatabaseTooNew: a newer program has changed its schema.
        """
        layer = vfs or _checksum_layer()
        with _translated():
            writer = _connect(path, layer)
            try:
                _migrate(writer, migrations, clock)
            except BaseException:
                writer.close()
                raise
        return cls(path, writer, clock, layer)

    @contextmanager
    def write(self) -> Iterator[Write]:
        """Run one write transaction: all of it is durable afterwards, or none of it happened.

        Raises:
            DiskFull: there is no room.
            DiskFailing: the disk refused.
            DatabaseBusy: another process held the file for ten seconds.
        """
        with self._one_writer:
            if self._doubtful:
                with _translated():
                    self._sound_writer()
            writer = self._writer
            cursor = writer.cursor()
            try:
                cursor.execute("BEGIN IMMEDIATE")
                yield Write(cursor, self._clock.now())
                cursor.execute("COMMIT")
            except BaseException as wrong:
                self._doubtful = isinstance(wrong, _DISK_ERRORS)
                with _translated():
                    _roll_back(writer)
                    raise
            finally:
                cursor.close(True)

    @contextmanager
    def read(self) -> Iterator[Cursor]:
        """Read from one consistent moment of the database.

        What was not read to its end is given up with the block: it would hold the moment, and the
        next one who reads would see the past.
        """
        reader = self._readers.get()
        try:
            with _translated():
                if reader is None:
                    reader = _connect(self.path, self._vfs, read_only=True)
                cursor = reader.cursor()
                try:
                    cursor.execute("BEGIN")
                    yield cursor
                except _DISK_ERRORS:
                    _shut(reader)
                    reader = None
                    raise
                finally:
                    if reader is not None:
                        cursor.close(True)
                        _roll_back(reader)
        finally:
            self._readers.put(reader)

    def backup_to(self, path: Path) -> None:
        """Write a consistent copy to a new file, in one step, while others go on writing.

        Raises:
            DiskFull: there is no room for the copy.
            DatabaseProblem: the copy does not open.
        """
        with _translated():
            target = apsw.Connection(str(path), vfs=self._vfs)
            source = _connect(self.path, self._vfs, read_only=True)
            try:
                target.reserve_bytes(reserve=_CHECKSUM_BYTES)
                # The layer reckons checksums once it has written a first page that asks for them.
                # Without one, the pages that do not fit into memory would be written as they came,
                # and what comes out of a write-ahead log has its old checksum.
                target.pragma("user_version", 1)
                with target.backup("main", source, "main") as backup:
                    backup.step(-1)
                target.pragma("journal_mode", "delete")
            finally:
                source.close()
                target.close()

    def checkpoint(self) -> None:
        """Move what the write-ahead log holds into the file."""
        with self._one_writer, _translated():
            self._sound_writer().wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def integrity(self) -> list[str]:
        """Read every page, checking checksums, and give SQLite's findings; empty when all is well.

        Raises:
            PageDamaged: a page has another checksum than when it was written.
        """
        with self.read() as cursor:
            found = [str(row[0]) for row in cursor.execute("PRAGMA integrity_check(20)")]
            found += [f"foreign key: {row}" for row in cursor.execute("PRAGMA foreign_key_check")]
        return [line for line in found if line != "ok"]

    def close(self) -> None:
        """Close all connections. Nobody may use the database any more."""
        while not self._readers.empty():
            reader = self._readers.get()
            if reader is not None:
                _shut(reader)
        with self._one_writer:
            _shut(self._writer)

    def _sound_writer(self) -> apsw.Connection:
        """Give the writer, a new one in the place of one that met a disk error.

        What a connection remembers can be wrong afterwards: FTS5 of SQLite 3.54.1, after one
        refused read, writes a wrong count of lines with the next letter. The old connection is
        closed last, lest what it failed to commit be taken from the log as committed.
        """
        if self._doubtful:
            fresh = _connect(self.path, self._vfs)
            _shut(self._writer)
            self._writer, self._doubtful = fresh, False
        return self._writer


@contextmanager
def all_or_nothing(write: Write) -> Iterator[None]:
    """Undo what is done inside if it fails; what the transaction did before stays as it is."""
    with write.cursor.connection:  # a savepoint
        yield


@contextmanager
def looking_at(path: Path) -> Iterator[Cursor]:
    """Read a file that no program has open, such as a snapshot, without changing a byte of it.

    Raises:
        DatabaseProblem: there is no such file, or it is no database.
        PageDamaged: a page has another checksum than when it was written.
    """
    with _translated():
        connection = _connect(path, _checksum_layer(), read_only=True)
        try:
            cursor = connection.cursor()
            cursor.execute("BEGIN")
            yield cursor
        finally:
            connection.close()


def one(cursor: Cursor, sql: str, bindings: Bindings = ()) -> tuple[Any, ...] | None:
    """Give the only row, or None."""
    found = list(cursor.execute(sql, bindings))
    return found[0] if found else None


def value(cursor: Cursor, sql: str, bindings: Bindings = ()) -> Any:
    """Give the first column of the only row, or None."""
    found = one(cursor, sql, bindings)
    return found[0] if found else None


def rows(cursor: Cursor, sql: str, bindings: Bindings = ()) -> list[tuple[Any, ...]]:
    """Give all rows."""
    return list(cursor.execute(sql, bindings))


def schema(database: Database) -> str:
    """Write the schema as SQL text, for the reference and for the test that compares."""
    with database.read() as cursor:
        found = rows(
            cursor,
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '%\\_search\\_%'"
            " ESCAPE '\\' AND name NOT LIKE 'sqlite_%' ORDER BY type DESC, name",
        )
    return "\n\n".join(f"{row[0]};" for row in found) + "\n"


def _connect(path: Path, vfs: str, *, read_only: bool = False) -> apsw.Connection:
    flags = (
        apsw.SQLITE_OPEN_READONLY
        if read_only
        else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    )
    connection = apsw.Connection(str(path), flags=flags, vfs=vfs)
    try:
        _set_up(connection, read_only=read_only)
    except BaseException:
        _shut(connection)
        raise
    return connection


def _shut(connection: apsw.Connection) -> None:
    """Close; what was committed is on the disk already, whatever the disk says now."""
    with suppress(apsw.Error):
        connection.close()


def _set_up(connection: apsw.Connection, *, read_only: bool) -> None:
    """Set each safety setting alone and read it back."""
    connection.set_busy_timeout(_BUSY_MS)
    if not read_only:
        connection.reserve_bytes(reserve=_CHECKSUM_BYTES)
    wanted: dict[str, object] = {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "temp_store": 2,
        "journal_size_limit": 64 * 1024 * 1024,
        "wal_autocheckpoint": CHECKPOINT_PAGES,
        "cache_size": -16_000,  # KiB
    }
    if read_only:
        wanted = {"query_only": 1, "trusted_schema": 0, "temp_store": 2}
    for name, setting in wanted.items():
        connection.pragma(name, setting)
        got = connection.pragma(name)
        if got != setting:
            raise DatabaseProblem(f"{name} is {got}, not {setting}", what=f"{name}={got}")


def _migrate(connection: apsw.Connection, migrations: Traversable, clock: Clock) -> None:
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    try:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL)"
            " STRICT"
        )
        done = {str(row[0]) for row in cursor.execute("SELECT name FROM migration")}
        cursor.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise
    files = {file.name: file for file in migrations.iterdir() if file.name.endswith(".sql")}
    if newer := sorted(done - files.keys()):
        raise DatabaseTooNew(f"unknown migrations {newer}", what=", ".join(newer))
    for name in sorted(files.keys() - done):
        cursor.execute("BEGIN IMMEDIATE")
        try:
            if one(cursor, "SELECT 1 FROM migration WHERE name = ?", (name,)) is None:
                list(cursor.execute(files[name].read_text(encoding="utf-8")))
                cursor.execute("INSERT INTO migration VALUES (?, ?)", (name, instant(clock.now())))
            cursor.execute("COMMIT")  # else another process was faster
        except BaseException:
            _roll_back(connection)
            raise


def _roll_back(connection: apsw.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _checksum_layer() -> str:
    if _CKSUM_VFS not in apsw.vfs_names():
        default = apsw.vfs_names()[0]
        loader = apsw.Connection(":memory:")
        apsw.sqlite_extra.load(loader, "cksumvfs")
        loader.close()
        apsw.set_default_vfs(default)
    return _CKSUM_VFS


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what SQLite says into what a person can act on."""
    try:
        yield
    except SarabanError:
        raise
    except apsw.FullError as wrong:
        raise DiskFull(str(wrong)) from wrong
    except apsw.BusyError as wrong:
        raise DatabaseBusy(str(wrong)) from wrong
    except apsw.IOError as wrong:
        if getattr(wrong, "extendedresult", 0) == apsw.SQLITE_IOERR_DATA:
            raise PageDamaged(str(wrong), what="checksum") from wrong
        raise DiskFailing(str(wrong)) from wrong
    except (apsw.CorruptError, apsw.NotADBError, apsw.CantOpenError) as wrong:
        raise DatabaseProblem(str(wrong), what=type(wrong).__name__) from wrong
