"""Which journal an event is in, when a node was forked from another one's name.

A forked node's journal begins after the last event that both machines share: what was written
before stands in the other journal, under the other name.
"""

from saraban_central.records import NODES, Node
from saraban_central.store.interface import Store
from saraban_sync.body import Source
from saraban_sync.errors import NotAnIdentifier, Unintelligible
from saraban_sync.events import Event, parse_event, payload_hash
from saraban_sync.ids import parse_event_id
from saraban_sync.journal_events import EpochStarted
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


def writer_of(store: Store, source: Source, office: str) -> Node | None:
    """Give the node that goes on with the journal in which a letter stands.

    Args:
        store: where journals are.
        source: the letter, as its receiver names it: of two machines that had one name, only the
            hash tells which of them has sent it.
        office: the sender's office.

    Returns:
        None when no node of that office ever had that name, or the name says nothing.
    """
    event = source.event
    try:
        parse_event_id(event)
    except NotAnIdentifier:
        return None
    kept = store.record(NODES, source.node)
    if kept is None or kept.value.office != office:
        return None
    if _holds(store, kept.value, event, source.hash):
        return kept.value
    for one in store.records(NODES):
        node = one.value
        known = node.origin and node.office == office and source.node in names(store, node)
        if known and _holds(store, node, event, source.hash):
            return node
    return kept.value


def _holds(store: Store, node: Node, event: str, hash_: str) -> bool:
    found = store.get(journal_database(node.node), [event])
    return any(payload_hash(document.payload) == hash_ for document in found.values())


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


def is_left_behind(store: Store, journal: str, event: str, *, upto: str = "") -> bool:
    """Tell whether a later epoch began before an event, so that nothing can follow it.

    Args:
        store: where journals are.
        journal: the name of the journal's database.
        event: an event that stands in it.
        upto: look only at epochs that began before this event; empty for all.
    """
    epoch = parse_event_id(event)[0] + 1
    while found := store.page(journal, first=f"{epoch:04d}-", limit=1):
        if upto and found[0].id > upto:
            return False
        body = parse_event(found[0].payload, found[0].signature).body
        if isinstance(body, EpochStarted) and body.base < event:
            return True
        epoch = parse_event_id(found[0].id)[0] + 1
    return False


def knew(store: Store, node: Node, later: str, earlier: str, elsewhere: str) -> bool:
    """Tell whether a node had an event, of whatever journal, when it wrote a later one.

    Args:
        store: where journals are.
        node: who wrote the later event.
        later: what it wrote.
        earlier: what it may have had.
        elsewhere: the node in whose journal that stands.
    """
    own = journal_of(store, node, earlier)
    if own != elsewhere:
        here, there = (
            store.get(journal_database(name), [earlier]).get(earlier) for name in (own, elsewhere)
        )
        if here is None or there is None or here.payload != there.payload:
            return False
    upto = later if own == node.node else ""
    while not upto:  # the last event that both share, in the name it had then
        before = store.record(NODES, node.origin)
        if before is None:
            return False
        upto = node.base if before.key == own else ""
        node = before.value
    return earlier <= upto and not is_left_behind(store, journal_database(own), earlier, upto=upto)
