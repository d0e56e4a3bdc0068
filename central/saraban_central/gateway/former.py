"""What a forked node has of the time before its fork, when the centre holds less of it.

A forked machine has the whole journal of the name it had before. If the centre was set back since,
and no machine of that name is there any more, it is the only one that can bring it again.

    documents ── up to the event that both names share? ── yes ──> the journal under the former name
                                                       └── no ───> the node's own
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from saraban_central.centre import Centre
from saraban_central.gateway.admitting import Outcome, admit
from saraban_central.gateway.documents import claimed_id
from saraban_central.records import NODES, Node
from saraban_central.store.interface import Store
from saraban_sync.errors import NotAnIdentifier
from saraban_sync.events import payload_hash
from saraban_sync.ids import parse_event_id
from saraban_sync.wire import journal_database


class Missing(NamedTuple):
    """After which event of a former life the centre holds nothing."""

    after: str
    """Empty when it holds nothing of it."""
    hash: str


def missing(store: Store, node: Node) -> Missing | None:
    """Tell what the centre lacks of what a forked node shares with its former names.

    Returns:
        The event after which something is missing, of the oldest name first; None if nothing is.
    """
    found, upto = None, node.base
    while node.origin and upto:
        before = store.record(NODES, node.origin)
        if before is None:
            break
        node = before.value
        if upto > node.base:
            last = store.page(journal_database(node.node), descending=True, limit=1)
            held = Missing(node.base, node.base_hash)
            if last:
                held = Missing(last[0].id, payload_hash(last[0].payload))
            found = held if held.after < upto else found
        upto = min(upto, node.base)
    return found


def take_in(centre: Centre, node: Node, sent: Sequence[msgspec.Raw]) -> list[Outcome]:
    """Judge what a node sent, each document for the journal under the name that signed it.

    Returns:
        One outcome for each document, in the order in which they were sent.
    """
    before = centre.store.record(NODES, node.origin) if node.origin and node.base else None
    old = [place for place, raw in enumerate(sent) if before and _is_of(claimed_id(raw), node.base)]
    if before is None or not old:
        return admit(centre, node, sent)
    epoch = max(before.value.epoch, parse_event_id(node.base)[0])
    signer = msgspec.structs.replace(before.value, epoch=epoch)  # the fork knew it was given
    new = [place for place in range(len(sent)) if place not in set(old)]
    outcomes = dict(zip(old, take_in(centre, signer, [sent[place] for place in old]), strict=True))
    if new:
        rest = admit(centre, node, [sent[place] for place in new])
        outcomes |= dict(zip(new, rest, strict=True))
    return [outcomes[place] for place in range(len(sent))]


def _is_of(event: str, base: str) -> bool:
    try:
        parse_event_id(event)
    except NotAnIdentifier:
        return False
    return event <= base
