"""What the centre needs of a store, so small that SQLite and CouchDB can both be it.

Three kinds of things are kept:

* **documents** in named databases (a journal and a mailbox for each node, one directory). They
  never change and never go.
* **chunks** of files, named by their content.
* **records**: the centre's own small notes (offices, grants, alarms …), each on a named shelf under
  a key, with a revision, so that of two writers who read the same revision only one succeeds.

All writing goes through :meth:`Store.commit`. SQLite does all of a commit or nothing, and what is
durable is durable together. A store without transactions (CouchDB) does the writes in the order
given and may stop between two; so whoever commits puts the write that decides a race first, and
orders the rest such that doing all of it again is safe. ``tests/contract/test_store.py`` holds
every implementation to this page.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, NewType, Protocol, TypeAlias, TypeVar

from saraban_sync.wire import Document

T = TypeVar("T")

Position = NewType("Position", str)
"""A place in the order in which a database took its documents. Opaque: never count with it."""

START: Final = Position("0")
"""The position before every document."""


class DatabaseInfo(NamedTuple):
    """A database, as a list of databases shows it."""

    name: str
    documents: int
    last: str
    """Id of the last document; empty when there is none."""
    position: Position
    """Where the last document was taken in."""


class Change(NamedTuple):
    """A document with its place in the order of arrival."""

    position: Position
    document: Document


@dataclass(frozen=True)
class Shelf(Generic[T]):
    """Where records of one kind are kept; :mod:`saraban_central.records` lists them all."""

    name: str
    kind: type[T]


class Kept(NamedTuple, Generic[T]):
    """A record as it was read: change it by a :class:`Put` that names this revision."""

    key: str
    value: T
    revision: str


@dataclass(frozen=True)
class Open:
    """Make a database if it is not there."""

    database: str


@dataclass(frozen=True)
class Insert:
    """Add documents, in ascending order of their ids.

    An id that is there with the same revision is left as it is. An id that is there with another
    revision is reported as a :class:`Conflict`, and what is there stays.

    With ``after`` the writer says which id it saw last (empty: none). If the database has moved on,
    nothing is written and the commit raises :class:`~saraban_central.errors.Raced`. In a store
    without transactions the first document decides: it is created alone, and only if it was new do
    the others follow.
    """

    database: str
    documents: Sequence[Document]
    after: str | None = None


@dataclass(frozen=True)
class Put(Generic[T]):
    """Write a record: a new one with ``revision`` None, else the successor of that revision.

    If another writer was faster the commit raises :class:`~saraban_central.errors.Raced`.
    """

    shelf: Shelf[T]
    key: str
    value: T
    revision: str | None = None


@dataclass(frozen=True)
class Keep(Generic[T]):
    """Write a record unless there is one under this key already."""

    shelf: Shelf[T]
    key: str
    value: T


@dataclass(frozen=True)
class Remove:
    """Take a record away, whatever its revision; one that is not there is no error."""

    shelf: Shelf[Any]
    key: str


Writing: TypeAlias = Open | Insert | Put[Any] | Keep[Any] | Remove


class Conflict(NamedTuple):
    """Two different documents under one id: what is there, and what came."""

    database: str
    id: str
    held: str
    came: str


class Documents(Protocol):
    """Reading databases. No method holds a transaction after it has returned."""

    def databases(self, prefix: str = "") -> list[DatabaseInfo]:
        """List the databases whose names begin so, in order of their names."""
        ...

    def database(self, name: str) -> DatabaseInfo | None:
        """Describe one database."""
        ...

    def get(self, database: str, ids: Collection[str]) -> dict[str, Document]:
        """Give those of the wanted documents that are there."""
        ...

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
        """Give documents in the order of their ids.

        This is how to follow a journal: ask for what comes after the last id you have dealt with.

        Args:
            database: where.
            after: leave out everything up to and including this id (from this id on, descending).
            first: lowest id wanted.
            last: highest id wanted.
            limit: how many at most.
            descending: the highest id first.
        """
        ...

    def changes(self, database: str, since: Position = START, limit: int = 500) -> list[Change]:
        """Give documents in the order in which they came, after a position.

        Raises:
            ValueError: the position is none of this store's.
        """
        ...


class Records(Protocol):
    """Reading the centre's own notes."""

    def record(self, shelf: Shelf[T], key: str) -> Kept[T] | None:
        """Give one record."""
        ...

    def records(
        self, shelf: Shelf[T], prefix: str = "", *, after: str = "", limit: int = 1_000_000
    ) -> list[Kept[T]]:
        """Give the records whose keys begin with ``prefix``, in order of keys, after one key."""
        ...

    def count(self, shelf: Shelf[Any], prefix: str = "") -> int:
        """Count the records whose keys begin with ``prefix``."""
        ...


class Chunks(Protocol):
    """Pieces of files, named by their content: keeping one twice changes nothing."""

    def chunk(self, name: str) -> bytes | None:
        """Give a chunk."""
        ...

    def missing_chunks(self, names: Iterable[str]) -> set[str]:
        """Tell which of these are not here."""
        ...

    def keep_chunks(self, chunks: Mapping[str, bytes]) -> None:
        """Keep chunks; their names were checked against their content before."""
        ...


class Store(Documents, Records, Chunks, Protocol):
    """Everything the centre keeps."""

    def commit(self, *writes: Writing) -> list[Conflict]:
        """Do all of it, durably, and wake those who wait for the databases concerned.

        Returns:
            the documents that were not added because another one has their id.

        Raises:
            Raced: a record or a database is no longer as the writer saw it. Nothing was written
                (SQLite), or nothing after the write that lost (CouchDB): read and decide again.
        """
        ...

    def close(self) -> None:
        """Give back files and connections."""
        ...
