"""What the centre does with a document that claims to be the next event of a journal.

    document ── too long, forged, another node's, twice differently ──> Refused (reason)
        │ unreadable, though signed ──> Quarantined (reason)
        │ already here ──> Known
        │ predecessor missing ──> Pending, admitted when the gap closes
        │ begins an epoch the centre gave, after any event that is here ──> Admitted, new head
        └─ follows the head ──> Admitted, becomes the new head

Within an epoch a journal is a line. A new epoch may begin before the end of the one before, when a
backup was older than what the centre holds: what it leaves behind stays in the journal, and nothing
can be added to it any more.

The rules look only at bytes and at the head of the journal. An event of a newer program is admitted
whole when its envelope can be read: the chain must not stop at what an older centre cannot show.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from saraban_sync import events
from saraban_sync.errors import BadSignature, DocumentTooLarge, NotAnIdentifier, Unintelligible
from saraban_sync.events import GENESIS, Event
from saraban_sync.ids import EventId, NodeId, event_id, parse_event_id
from saraban_sync.journal_events import EpochStarted, JournalForked
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
_BEGINNINGS: Final = ("epoch.started", "journal.forked")
_NOT_YET: Final = "chain: the event before it has not come"


class Origin(NamedTuple):
    """Where a forked journal comes from: it begins after an event of another node's journal."""

    node: NodeId
    key: str
    """The other node's public key, which signed what was written before the fork."""
    base: Head
    """The last event that both share."""


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
    origin: Origin | None = None,
) -> Judgement:
    """Decide on one document.

    Args:
        document: as it came over the wire.
        node: who authenticated the connection; the journal's owner.
        key: that node's public key.
        epoch: the epoch the centre gave that node.
        head: the journal's last admitted event.
        known: gives the hash of an admitted event by its id, None if there is none.
        origin: where the journal was forked from, if it was.
    """
    found = examine(document, node=node, key=key, epoch=epoch, origin=origin)
    return found if isinstance(found, Judgement) else place(found, head=head, known=known)


def examine(
    document: Document, *, node: NodeId, key: str, epoch: int, origin: Origin | None = None
) -> Judgement | Event:
    """Do the part of :func:`judge` that needs no journal; the costly one, for it checks signatures.

    Returns:
        The event if it may be placed, otherwise the verdict.
    """
    try:
        wanted = parse_event_id(document.id)
        event, signer = _read(document, node, key, origin)
    except NotAnIdentifier:
        return Judgement(Verdict.REFUSED, "id: not an event id")
    except DocumentTooLarge as wrong:
        return Judgement(Verdict.REFUSED, f"size: {wrong.detail}")
    except BadSignature:
        return Judgement(Verdict.REFUSED, "signature: does not fit the node's key")
    except Unintelligible as wrong:
        return Judgement(Verdict.QUARANTINED, f"unreadable: {wrong.detail}")
    if event.node != signer:
        return Judgement(Verdict.REFUSED, f"node: belongs to {event.node}", event)
    if wanted != (event.epoch, event.seq):
        return Judgement(Verdict.REFUSED, f"id: the event says {event.id}", event)
    if event.epoch > epoch:
        return Judgement(Verdict.REFUSED, f"epoch: {event.epoch} was never given", event)
    if isinstance(event.body, JournalForked) and (origin is None or signer != node):
        return Judgement(Verdict.REFUSED, "fork: nobody gave this node another name", event)
    return event


def place(event: Event, *, head: Head, known: Callable[[EventId], str | None]) -> Judgement:
    """Do the rest of :func:`judge`: say where an examined event belongs in the journal."""
    here = known(event.id)
    if here is not None:
        if here == event.hash:
            return Judgement(Verdict.KNOWN, "", event)
        return Judgement(Verdict.REFUSED, "twin: another event has this id", event)
    if event.epoch < head.epoch:
        return Judgement(Verdict.REFUSED, "epoch: closed, a newer one has begun", event)
    if event.epoch > head.epoch:
        return _begin(event, head, known)
    if event.seq <= head.seq:
        return Judgement(Verdict.REFUSED, "chain: branches off before the head", event)
    if event.seq > head.seq + 1:
        return Judgement(Verdict.PENDING, _NOT_YET, event)
    if event.prev != head.hash:
        return Judgement(Verdict.REFUSED, "chain: does not follow the head", event)
    return Judgement(Verdict.ADMITTED, "", event)


def _begin(event: Event, head: Head, known: Callable[[EventId], str | None]) -> Judgement:
    """Judge an event of an epoch that has not begun yet."""
    match event.body:
        case EpochStarted(base=base):
            pass
        case JournalForked():
            if event.seq > head.seq + 1:
                return Judgement(Verdict.PENDING, _NOT_YET, event)
            base = event_id(head.epoch, head.seq) if head.seq else ""
        case None if event.type in _BEGINNINGS:
            return Judgement(Verdict.REFUSED, "epoch: its beginning cannot be read", event)
        case _:
            return Judgement(Verdict.PENDING, "epoch: its beginning has not come", event)
    try:
        before, seq = parse_event_id(base)
    except NotAnIdentifier:
        return Judgement(Verdict.REFUSED, "epoch: begins nowhere", event)
    if before >= event.epoch or event.seq != seq + 1:
        return Judgement(Verdict.REFUSED, "epoch: does not follow its base", event)
    fits = (head.epoch, head.seq) == (before, seq)
    hash_ = head.hash if fits else known(EventId(base))
    if hash_ is None:
        if (before, seq) > (head.epoch, head.seq):
            return Judgement(Verdict.PENDING, "epoch: what it begins after has not come", event)
        return Judgement(Verdict.REFUSED, "epoch: begins after an event that is not here", event)
    if event.prev != hash_:
        return Judgement(Verdict.REFUSED, "epoch: does not follow its base", event)
    return Judgement(Verdict.ADMITTED, "", event)


def _read(
    document: Document, node: NodeId, key: str, origin: Origin | None
) -> tuple[Event, NodeId]:
    """Read an event by the node's own key, or by the one it had before it was forked."""
    try:
        return events.read_event(document.payload, document.signature, key), node
    except BadSignature:
        if origin is None:
            raise
        return events.read_event(document.payload, document.signature, origin.key), origin.node
