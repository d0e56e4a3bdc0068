"""The embedded store: one SQLite file, one process, no other server.

A commit is one transaction, so everything in it is durable together or not at all. The order of
arrival (``position``) is one counter for all databases; it never goes back, because documents are
never removed, which two triggers hold even against a hand with a SQLite shell.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from saraban_base.clock import Clock
from saraban_base.sqlite import Cursor, Database, one, rows, value
from saraban_central.errors import Raced
from saraban_central.store.interface import (
    START,
    Change,
    Conflict,
    DatabaseInfo,
    Insert,
    Keep,
    Kept,
    Open,
    Position,
    Put,
    Remove,
    Shelf,
    Writing,
)
from saraban_sync.wire import Document

T = TypeVar("T")

_FIELDS: Final = "d.id, d.payload, d.signature, d.sender"
_INFO: Final = (
    "SELECT name, documents,"
    " coalesce((SELECT max(id) FROM document WHERE database = number), ''),"
    " coalesce((SELECT max(position) FROM document WHERE database = number), 0)"
    " FROM document_database"
)
_MAX_DIGITS: Final = 18
_INSERT: Final = (
    "INSERT INTO document (database, id, revision, payload, signature, sender)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)


def open_database(path: Path, clock: Clock) -> Database:
    """Open the centre's file, bringing it up to the newest schema."""
    return Database.open(path, migrations=files("saraban_central") / "migrations", clock=clock)


class SqliteStore:
    """The :class:`~saraban_central.store.interface.Store` in one SQLite file.

    Args:
        database: the open file; the store does not own it alone, accounts live there too.
        changed: told the names of the databases that grew, after each commit.
    """

    def __init__(
        self, database: Database, changed: Callable[[frozenset[str]], None] | None = None
    ) -> None:
        self._database = database
        self._changed = changed

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    # Documents

    def databases(self, prefix: str = "") -> list[DatabaseInfo]:
        """List the databases whose names begin so, in order of their names."""
        with self._database.read() as cursor:
            found = rows(
                cursor,
                f"{_INFO} WHERE name >= ? AND name < ? ORDER BY name",
                (prefix, prefix + "\U0010ffff"),
            )
        return [_info(row) for row in found]

    def database(self, name: str) -> DatabaseInfo | None:
        """Describe one database."""
        with self._database.read() as cursor:
            found = one(cursor, f"{_INFO} WHERE name = ?", (name,))
        return None if found is None else _info(found)

    def get(self, database: str, ids: Collection[str]) -> dict[str, Document]:
        """Give those of the wanted documents that are there."""
        if not ids:
            return {}
        with self._database.read() as cursor:
            found = cursor.execute(
                f"SELECT {_FIELDS} FROM document d"  # noqa: S608 - constants
                " WHERE d.database = (SELECT number FROM document_database WHERE name = ?)"
                " AND d.id IN (SELECT value FROM json_each(?))",
                (database, _list(ids)),
            )
            return {row[0]: _document(row) for row in found}

    def page(
        self,
        database: str,
        *,
        after: str = "",
        first: str = "",
        last: str = "",
        limit: int = 500,
        descending: bool = False,
    ) -> list[Document]:
        """Give documents in the order of their ids."""
        wanted = [("d.id >= ?", first), ("d.id <= ?", last)]
        wanted.append(("d.id < ?" if descending else "d.id > ?", after))
        limits = [(test, bound) for test, bound in wanted if bound]
        tests = "".join(f" AND {test}" for test, _ in limits)
        order = "DESC" if descending else "ASC"
        with self._database.read() as cursor:
            found = cursor.execute(
                f"SELECT {_FIELDS} FROM document d"  # noqa: S608 - constants
                " WHERE d.database = (SELECT number FROM document_database WHERE name = ?)"
                f"{tests} ORDER BY d.id {order} LIMIT ?",
                (database, *(bound for _, bound in limits), limit),
            )
            return [_document(row) for row in found]

    def changes(self, database: str, since: Position = START, limit: int = 500) -> list[Change]:
        """Give documents in the order in which they came, after a position."""
        with self._database.read() as cursor:
            found = cursor.execute(
                f"SELECT {_FIELDS}, d.position FROM document d"  # noqa: S608 - constants
                " WHERE d.database = (SELECT number FROM document_database WHERE name = ?)"
                " AND d.position > ? ORDER BY d.position LIMIT ?",
                (database, _number(since), limit),
            )
            return [Change(Position(str(row[4])), _document(row)) for row in found]

    # Records

    def record(self, shelf: Shelf[T], key: str) -> Kept[T] | None:
        """Give one record."""
        with self._database.read() as cursor:
            found = one(
                cursor,
                "SELECT key, value, revision FROM record WHERE shelf = ? AND key = ?",
                (shelf.name, key),
            )
        return None if found is None else _kept(shelf, found)

    def records(
        self, shelf: Shelf[T], prefix: str = "", *, after: str = "", limit: int = 1_000_000
    ) -> list[Kept[T]]:
        """Give the records whose keys begin with ``prefix``, in order of keys, after one key."""
        with self._database.read() as cursor:
            found = rows(
                cursor,
                "SELECT key, value, revision FROM record WHERE shelf = ? AND key >= ? AND key < ?"
                " AND key > ? ORDER BY key LIMIT ?",
                (shelf.name, prefix, prefix + "\U0010ffff", after, limit),
            )
        return [_kept(shelf, row) for row in found]

    def count(self, shelf: Shelf[Any], prefix: str = "") -> int:
        """Count the records whose keys begin with ``prefix``."""
        with self._database.read() as cursor:
            return int(
                value(
                    cursor,
                    "SELECT count(*) FROM record WHERE shelf = ? AND key >= ? AND key < ?",
                    (shelf.name, prefix, prefix + "\U0010ffff"),
                )
            )

    # Chunks

    def chunk(self, name: str) -> bytes | None:
        """Give a chunk."""
        with self._database.read() as cursor:
            found = value(cursor, "SELECT data FROM chunk WHERE name = ?", (name,))
        return None if found is None else bytes(found)

    def missing_chunks(self, names: Iterable[str]) -> set[str]:
        """Tell which of these are not here."""
        wanted = set(names)
        with self._database.read() as cursor:
            found = cursor.execute(
                "SELECT name FROM chunk WHERE name IN (SELECT value FROM json_each(?))",
                (_list(wanted),),
            )
            return wanted - {row[0] for row in found}

    def keep_chunks(self, chunks: Mapping[str, bytes]) -> None:
        """Keep chunks; their names were checked against their content before."""
        with self._database.write() as write:
            write.cursor.executemany(
                "INSERT INTO chunk (name, data) VALUES (?, ?) ON CONFLICT DO NOTHING",
                sorted(chunks.items()),
            )

    # Writing

    def commit(self, *writes: Writing) -> list[Conflict]:
        """Do all of it in one transaction, then wake those who wait for the databases concerned."""
        conflicts: list[Conflict] = []
        grown: set[str] = set()
        with self._database.write() as write:
            for writing in writes:
                match writing:
                    case Insert():
                        conflicts += _insert(write.cursor, writing)
                        grown.add(writing.database)
                    case Put():
                        _put(write.cursor, writing)
                    case Keep():
                        _keep(write.cursor, writing)
                    case Remove(shelf=shelf, key=key):
                        write.cursor.execute(
                            "DELETE FROM record WHERE shelf = ? AND key = ?", (shelf.name, key)
                        )
                    case Open(database=name):
                        write.cursor.execute(
                            "INSERT INTO document_database (name) VALUES (?)"
                            " ON CONFLICT DO NOTHING",
                            (name,),
                        )
        if grown and self._changed is not None:
            self._changed(frozenset(grown))
        return conflicts


def _insert(cursor: Cursor, insert: Insert) -> list[Conflict]:
    found = one(
        cursor,
        "SELECT number, coalesce((SELECT max(id) FROM document WHERE database = number), '')"
        " FROM document_database WHERE name = ?",
        (insert.database,),
    )
    if found is None:
        raise LookupError(f"no database {insert.database}")
    number, last = found
    if insert.after is not None and insert.after != last:
        raise Raced(f"{insert.database} ends at {last!r}, not {insert.after!r}")
    held = _held(cursor, number, [d.id for d in insert.documents if d.id <= last])
    fresh: list[tuple[object, ...]] = []
    conflicts: list[Conflict] = []
    for document in insert.documents:
        revision = document.revision
        there = held.setdefault(document.id, "")
        if not there:
            held[document.id] = revision
            text = document.payload.decode("utf-8")
            fresh.append((number, document.id, revision, text, document.signature, document.sender))
        elif there != revision:
            conflicts.append(Conflict(insert.database, document.id, there, revision))
    cursor.executemany(_INSERT, fresh)
    cursor.execute(
        "UPDATE document_database SET documents = documents + ? WHERE number = ?",
        (len(fresh), number),
    )
    return conflicts


def _held(cursor: Cursor, number: int, ids: Sequence[str]) -> dict[str, str]:
    if not ids:
        return {}
    return dict(
        cursor.execute(
            "SELECT id, revision FROM document WHERE database = ?"
            " AND id IN (SELECT value FROM json_each(?))",
            (number, _list(ids)),
        )
    )


def _keep(cursor: Cursor, keep: Keep[Any]) -> None:
    cursor.execute(
        "INSERT INTO record VALUES (?, ?, ?, 1) ON CONFLICT DO NOTHING",
        (keep.shelf.name, keep.key, _text(keep.value)),
    )


def _put(cursor: Cursor, put: Put[Any]) -> None:
    text = _text(put.value)
    if put.revision is None:
        done = one(
            cursor,
            "INSERT INTO record VALUES (?, ?, ?, 1) ON CONFLICT DO NOTHING RETURNING 1",
            (put.shelf.name, put.key, text),
        )
    else:
        done = one(
            cursor,
            "UPDATE record SET value = ?, revision = revision + 1"
            " WHERE shelf = ? AND key = ? AND revision = ? RETURNING 1",
            (text, put.shelf.name, put.key, int(put.revision)),
        )
    if done is None:
        raise Raced(f"{put.shelf.name} {put.key} is no longer at revision {put.revision}")


def _text(record: object) -> str:
    return msgspec.json.encode(record, order="sorted").decode("utf-8")


def _list(texts: Iterable[str]) -> str:
    return msgspec.json.encode(list(texts)).decode("utf-8")


def _info(row: tuple[Any, ...]) -> DatabaseInfo:
    return DatabaseInfo(row[0], row[1], row[2], Position(str(row[3])))


def _document(row: tuple[Any, ...]) -> Document:
    return Document(id=row[0], payload=row[1].encode("utf-8"), signature=row[2], sender=row[3])


def _kept(shelf: Shelf[T], row: tuple[Any, ...]) -> Kept[T]:
    found: T = msgspec.json.decode(row[1], type=shelf.kind)
    return Kept(row[0], found, str(row[2]))


def _number(position: Position) -> int:
    if not (position.isascii() and position.isdigit() and len(position) <= _MAX_DIGITS):
        raise ValueError(f"not a position: {position[:40]!r}")
    return int(position)
