"""The read model: follows every journal, exactly once, and can be made again from nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from saraban_base.clock import Clock
from saraban_base.sqlite import Cursor, Database, Write, one, rows
from saraban_central.readmodel import projection
from saraban_central.readmodel.arrived import Known
from saraban_central.records import IDENTITY, INTAKE, NODES
from saraban_central.store.interface import Store
from saraban_sync.wire import Document, journal_database

BATCH: Final = 500
_MADE_AGAIN: Final = (
    "progress", "passed_over", "happening", "journal", "actor", "entry", "entry_search",
    "delivery", "accepted", "gap", "gap_explanation", "range_request", "outage", "backup",
    "drill",
)  # fmt: skip


@dataclass(frozen=True)
class _Journals:
    """The journals as they stand in the store, with whose they are and when they came."""

    store: Store
    known: Known

    def batch(self, node: str, after: str) -> list[Document]:
        return self.store.page(journal_database(node), after=after, limit=BATCH)

    def times(self, node: str, after: str, batch: list[Document]) -> Iterator[str]:
        """Tell when the centre took in each event of a batch; empty for what nobody noted."""
        notes = iter(
            self.store.records(INTAKE, f"{node}/", after=f"{node}/{after}", limit=len(batch))
        )
        note = next(notes, None)
        for document in batch:
            # A note is kept under the last event it speaks of.
            while note is not None and note.key < f"{node}/{document.id}":
                note = next(notes, None)
            yield note.value.at if note is not None else ""


class ReadModel:
    """What the pages show. Use :meth:`open`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._one_follower = threading.Lock()

    @classmethod
    def open(cls, path: Path, clock: Clock) -> "ReadModel":
        """Open the file, making it if it is new.

        Raises:
            DatabaseProblem: it is damaged; remove it, it is made again from the journals.
        """
        migrations = files("saraban_central") / "readmodel" / "migrations"
        return cls(Database.open(path, migrations=migrations, clock=clock))

    @contextmanager
    def read(self) -> Iterator[Cursor]:
        """Read from one consistent moment."""
        with self._database.read() as cursor:
            yield cursor

    def catch_up(self, store: Store) -> int:
        """Take in what the journals have gained; safe to call at any time and from anywhere.

        Returns:
            The number of events taken in.
        """
        with self._one_follower:
            if self._is_of_another_past(store):
                self._empty(store)
            taken = self._follow(store)
            if taken or self.rebuilding():
                self._finished()
        return taken

    def rebuild(self, store: Store) -> int:
        """Throw everything away and make it again from the journals.

        Returns:
            The number of events taken in.
        """
        with self._one_follower:
            self._empty(store)
            taken = self._follow(store)
            self._finished()
        return taken

    def rebuilding(self) -> bool:
        """Tell whether a rebuild was begun and is not finished: the pages then show too little."""
        with self.read() as cursor:
            return one(cursor, "SELECT 1 FROM origin WHERE rebuilding = 1") is not None

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _follow(self, store: Store) -> int:
        nodes = [kept.value for kept in store.records(NODES)]
        known = Known(
            {one.node: one.office for one in nodes},
            {one.node: (one.origin, one.base) for one in nodes if one.origin and one.base},
        )
        journals = _Journals(store, known)
        heads, places = _heads(store), self._places()
        grown = [one.node for one in nodes if heads.get(one.node, "") > places.get(one.node, "")]
        # A forked journal speaks of what stands in the one it comes from: that is read before.
        order = sorted(grown, key=lambda node: (known.depth(node), node))
        return sum(self._follow_journal(journals, node) for node in order)

    def _follow_journal(self, journals: _Journals, node: str) -> int:
        taken = 0
        while True:
            with self._database.write() as write:
                # The place is read inside the transaction that moves it: exactly once.
                after = projection.followed(write.cursor, node)
                batch = journals.batch(node, after)
                self._take_in(write, journals, node, after, batch)
            taken += len(batch)
            if len(batch) < BATCH:
                return taken

    def _take_in(
        self, write: Write, journals: _Journals, node: str, after: str, batch: list[Document]
    ) -> None:
        times = journals.times(node, after, batch)
        for document, stored_at in zip(batch, times, strict=True):
            projection.take_in(write.cursor, document, node, journals.known, stored_at)

    def _is_of_another_past(self, store: Store) -> bool:
        """Tell whether the store was set back, or the model is new or half made."""
        with self.read() as cursor:
            origin = one(cursor, "SELECT generation FROM origin")
        if origin != (_generation(store),):
            return True
        heads = _heads(store)
        return any(heads.get(node, "") < event for node, event in self._places().items())

    def _places(self) -> dict[str, str]:
        """Give the last event that was taken in of each journal."""
        with self.read() as cursor:
            return dict(rows(cursor, "SELECT node, event FROM progress"))

    def _empty(self, store: Store) -> None:
        with self._database.write() as write:
            for table in _MADE_AGAIN:
                write.cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
            write.cursor.execute(
                "INSERT OR REPLACE INTO origin (only, generation, rebuilding) VALUES (1, ?, 1)",
                (_generation(store),),
            )

    def _finished(self) -> None:
        with self._database.write() as write:
            write.cursor.execute("UPDATE origin SET rebuilding = 0 WHERE rebuilding = 1")


def _heads(store: Store) -> dict[str, str]:
    """Give the last event of each journal, by the node's name."""
    prefix = journal_database("")
    return {info.name.removeprefix(prefix): info.last for info in store.databases(prefix)}


def _generation(store: Store) -> int:
    identity = store.record(IDENTITY, "centre")
    return identity.value.generation if identity else 0
