"""What the centre keeps for a node to fetch: letters, evidence and number ranges, in one sequence.

Exactly once means: for one *route* (what, from which event, to which node) there is at most one
document in the mailbox, for ever, and in the end there is one. Two things hold it:

* the mark on shelf ``routed``, whose key is the route and which is written only if it is new;
* the mailbox's running number: a document goes in under the number after the last one, and only if
  that is still free (:class:`~saraban_central.store.interface.Insert` with ``after``).

In SQLite mark and document are one transaction. In a store without transactions the mark is
written first and names the number. Whoever finds a mark without its document puts the document
there again (the same bytes have the same revision, so twice is once); whoever finds another
document under that number moves the mark on, by its revision, to the next free one. A crash between
the two steps thus costs nothing, and two routers at once come to the same number.
"""

from collections.abc import Sequence
from typing import NamedTuple

from saraban_central.records import ROUTED, Routed
from saraban_central.store.interface import Insert, Put, Store, Writing
from saraban_sync.wire import Document, mailbox_database


class Item(NamedTuple):
    """Something for a mailbox, by its route."""

    route: str
    payload: bytes
    signature: str
    sender: str


def route(kind: str, source: str, event: str, target: str) -> str:
    """Name a route: the key that makes a delivery happen once."""
    return f"{kind}/{source}/{event}/{target}"


def deliveries(store: Store, node: str, items: Sequence[Item], at: str) -> list[Writing]:
    """Plan to put items into a node's mailbox, those that are there already left out.

    The caller commits the plan together with what caused it.
    """
    database = mailbox_database(node)
    info = store.database(database)
    if info is None:
        raise LookupError(f"no mailbox {database}")
    number = int(info.last or 0)
    documents: list[Document] = []
    marks: list[Writing] = []
    for item in items:
        if store.record(ROUTED, item.route) is not None:
            continue
        number += 1
        name = f"{number:012d}"
        marks.append(Put(ROUTED, item.route, Routed(document=name, at=at)))
        documents.append(
            Document(id=name, payload=item.payload, signature=item.signature, sender=item.sender)
        )
    return [*marks, Insert(database, documents, after=info.last)] if documents else []
