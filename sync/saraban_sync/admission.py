"""What the centre does with a document that claims to be the next event of a journal.

    document ── too long, forged, another node's, twice differently ──> Refused (reason)
        │ unreadable, though signed ──> Quarantined (reason)
        │ already here ──> Known
        │ predecessor missing ──> Pending, admitted when the gap closes
        └─ follows the head ──> Admitted, becomes the new head

The rules look only at bytes and at the head of the journal. An event of a newer program is admitted
whole when its envelope can be read: the chain must not stop at what an older centre cannot show.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from saraban_sync import events
from saraban_sync.errors import BadSignature, DocumentTooLarge, NotAnIdentifier, Unintelligible
from saraban_sync.events import GENESIS, Event
from saraban_sync.ids import EventId, NodeId, parse_event_id
from saraban_sync.wire import Document


class Verdict(StrEnum):
    """What becomes of a document at the door."""

    ADMITTED = "admitted"
    KNOWN = "known"
    PENDING = "pending"
    REFUSED = "refused"
    QUARANTINED = "quarantined"


class Head(NamedTuple):
    """The last admitted event of a journal."""

    epoch: int
    seq: int
    hash: str


EMPTY: Head = Head(epoch=1, seq=0, hash=GENESIS)


class Judgement(NamedTuple):
    """A verdict with its reason, and the event when it could be read."""

    verdict: Verdict
    reason: str = ""
    event: Event | None = None


def judge(
    document: Document,
    *,
    node: NodeId,
    key: str,
    epoch: int,
    head: Head,
    known: Callable[[EventId], str | None],
) -> Judgement:
    """Decide on one document.

    Args:
        document: as it came over the wire.
        node: who authenticated the connection; the journal's owner.
        key: that node's public key.
        epoch: the epoch the centre gave that node.
        head: the journal's last admitted event.
        known: gives the hash of an admitted event by its id, None if there is none.
    """
    found = examine(document, node=node, key=key, epoch=epoch)
    return found if isinstance(found, Judgement) else place(found, head=head, known=known)


def examine(document: Document, *, node: NodeId, key: str, epoch: int) -> Judgement | Event:
    """Do the part of :func:`judge` that needs no journal; the costly one, for it checks signatures.

    Returns:
        The event if it may be placed, otherwise the verdict.
    """
    try:
        wanted = parse_event_id(document.id)
        event = events.read_event(document.payload, document.signature, key)
    except NotAnIdentifier:
        return Judgement(Verdict.REFUSED, "id: not an event id")
    except DocumentTooLarge as wrong:
        return Judgement(Verdict.REFUSED, f"size: {wrong.detail}")
    except BadSignature:
        return Judgement(Verdict.REFUSED, "signature: does not fit the node's key")
    except Unintelligible as wrong:
        return Judgement(Verdict.QUARANTINED, f"unreadable: {wrong.detail}")
    if event.node != node:
        return Judgement(Verdict.REFUSED, f"node: belongs to {event.node}", event)
    if wanted != (event.epoch, event.seq):
        return Judgement(Verdict.REFUSED, f"id: the event says {event.id}", event)
    if event.epoch > epoch:
        return Judgement(Verdict.REFUSED, f"epoch: {event.epoch} was never given", event)
    return event


def place(event: Event, *, head: Head, known: Callable[[EventId], str | None]) -> Judgement:
    """Do the rest of :func:`judge`: say where an examined event belongs in the journal."""
    here = known(event.id)
    if here is not None:
        if here == event.hash:
            return Judgement(Verdict.KNOWN, "", event)
        return Judgement(Verdict.REFUSED, "twin: another event has this id", event)
    if (event.epoch, event.seq) <= (head.epoch, head.seq) or event.seq <= head.seq:
        return Judgement(Verdict.REFUSED, "chain: branches off before the head", event)
    if event.seq > head.seq + 1:
        return Judgement(Verdict.PENDING, "chain: the event before it has not come", event)
    if event.prev != head.hash:
        return Judgement(Verdict.REFUSED, "chain: does not follow the head", event)
    return Judgement(Verdict.ADMITTED, "", event)
