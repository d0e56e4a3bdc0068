"""Which journal an event is in, when a node was forked from another one's name.

A forked node's journal begins after the last event that both machines share: what was written
before stands in the other journal, under the other name.
"""

from saraban_central.records import NODES, Node
from saraban_central.store.interface import Store
from saraban_sync.errors import NotAnIdentifier, Unintelligible
from saraban_sync.events import Event, parse_event
from saraban_sync.ids import parse_event_id
from saraban_sync.wire import journal_database


def journal_of(store: Store, node: Node, event: str) -> str:
    """Name the node whose journal has an event that this node speaks of."""
    while node.origin and node.base and event <= node.base:
        before = store.record(NODES, node.origin)
        if before is None:
            break
        node = before.value
    return node.node


def event_of(store: Store, node: Node, event: str) -> Event | None:
    """Give an event that a node speaks of; None if it is not there or cannot be read."""
    try:
        parse_event_id(event)
    except NotAnIdentifier:
        return None
    found = store.get(journal_database(journal_of(store, node, event)), [event])
    for document in found.values():
        try:
            return parse_event(document.payload, document.signature)
        except Unintelligible:
            return None
    return None


def names(store: Store, node: Node) -> list[str]:
    """List the names that a node has had, its own first."""
    found = [node.node]
    while node.origin and node.origin not in found:
        found.append(node.origin)
        before = store.record(NODES, node.origin)
        if before is None:
            break
        node = before.value
    return found
