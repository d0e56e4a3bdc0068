"""Reads a journal page by page and checks its signatures in a few threads at once.

Nearly all of an audit's time is spent on signatures, and the library lets go of Python's lock while
it checks one. The caller waits meanwhile: were it to work on the page before, the threads would
queue for the lock after every signature, and all of it would be slower (measured).
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final, NamedTuple

from saraban_central.store.interface import Store
from saraban_sync import signing
from saraban_sync.errors import BadSignature
from saraban_sync.wire import Document

PAGE: Final = 500
_MOST_THREADS: Final = 4


class Proof(NamedTuple):
    """A document, and whose key signed these very bytes."""

    document: Document
    signer: str
    """The node's name; empty when nobody's key fits."""


class Prover:
    """Checks signatures; use as a context manager, it ends its threads."""

    def __init__(self) -> None:
        self._threads = min(_MOST_THREADS, os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="prove")

    def __enter__(self) -> "Prover":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def journal(self, store: Store, database: str, keys: Mapping[str, str]) -> Iterator[Proof]:
        """Give all documents of a database in the order of their ids.

        Args:
            store: where it is.
            database: its name.
            keys: public keys by the names of the nodes, one of which must have signed each event;
                the likeliest first.
        """
        for page in pages(store, database):
            parts = [part.result() for part in self._begin(page, keys)]
            for part in parts:
                yield from part

    def _begin(
        self, page: Sequence[Document], keys: Mapping[str, str]
    ) -> list[Future[list[Proof]]]:
        size = -(-len(page) // self._threads)
        parts = [page[start : start + size] for start in range(0, len(page), size)]
        return [self._pool.submit(_prove, part, keys) for part in parts]


def pages(store: Store, database: str) -> Iterator[list[Document]]:
    """Read a database in the order of its documents' ids."""
    after = ""
    while page := store.page(database, after=after, limit=PAGE):
        yield page
        if len(page) < PAGE:
            return
        after = page[-1].id


def _prove(documents: Sequence[Document], keys: Mapping[str, str]) -> list[Proof]:
    return [Proof(document, _signer(document, keys)) for document in documents]


def _signer(document: Document, keys: Mapping[str, str]) -> str:
    for name, key in keys.items():
        try:
            signing.verify(key, signing.EVENT, document.payload, document.signature)
        except BadSignature:
            continue
        return name
    return ""
