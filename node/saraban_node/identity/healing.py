"""Healing: a restored database fetches its own later events from the centre and takes them back.

    backup: 1 … 50     centre: 1 … 80, then epoch 2 begins after 70
                       healed: 1 … 70, 1 … of epoch 2; what epoch 2 left behind stays where it is

Every event is checked against this node's own key and the one before it, and stored as it was
signed: what the office did is what it did, whoever kept it meanwhile.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from saraban_base.sqlite import Write
from saraban_node import journal
from saraban_node.appliance import Appliance
from saraban_node.errors import JournalsDiverge
from saraban_node.line import postbox
from saraban_node.line.answers import Unreadable
from saraban_node.line.transport import Centre
from saraban_sync.errors import BrokenChain
from saraban_sync.events import Event, FilesAdded, LetterRegistered, parse_event, understood
from saraban_sync.ids import MAX_SEQ, event_id, parse_event_id
from saraban_sync.journal_events import EpochStarted
from saraban_sync.number_events import EmergencyRegistered
from saraban_sync.wire import Document

_PAGE: Final = 200
_LETTERS: Final = (LetterRegistered, EmergencyRegistered)


@dataclass(frozen=True)
class Healed:
    """What came back."""

    events: int = 0
    letters: int = 0


class Stretch(NamedTuple):
    """Part of the journal within one epoch."""

    epoch: int
    first: int
    last: int


def heal(node: Appliance, centre: Centre) -> Healed:
    """Take back the events that the centre holds after this journal's last one.

    It can break off anywhere and be done again.

    Raises:
        JournalsDiverge: the centre's history of this node leaves ours before its last event.
        BrokenChain, BadSignature: what the centre holds is not what this node signed.
        NewerVersion: a newer program wrote some of it; this one must be updated first.
        CentreUnreachable: the line broke; what came is kept.
    """
    last = centre.last_event()
    with node.db.read() as cursor:
        head = journal.head(cursor)
    if last is None or parse_event_id(last[0]) <= (head.epoch, head.seq):
        return Healed()
    events = letters = 0
    for stretch in missing(centre, last[0], head):
        first = event_id(stretch.epoch, stretch.first)
        end = event_id(stretch.epoch, stretch.last)
        while page := centre.events(first, end, limit=_PAGE):
            with node.db.write() as write:
                taken = [_take(write, node, document) for document in page]
            events += len(taken)
            letters += sum(isinstance(event.body, _LETTERS) for event in taken)
            if taken[-1].seq >= stretch.last:
                break
            first = event_id(stretch.epoch, taken[-1].seq + 1)
    return Healed(events, letters)


def missing(centre: Centre, last: str, head: journal.Head) -> list[Stretch]:
    """Find the way from our last event to the centre's, backwards from epoch to epoch.

    Raises:
        JournalsDiverge: there is none.
        BrokenChain: what the centre holds is no history.
    """
    found: list[Stretch] = []
    epoch, seq = parse_event_id(last)
    while epoch > head.epoch:
        base = _base_of(centre, epoch)
        base_epoch, base_seq = parse_event_id(base)
        if base_epoch >= epoch:
            raise BrokenChain(f"epoch {epoch} begins after {base}", node="", event=base)
        found.append(Stretch(epoch, base_seq + 1, seq))
        epoch, seq = base_epoch, base_seq
    if epoch < head.epoch or seq < head.seq:
        ours = str(head.id)
        raise JournalsDiverge(f"{ours} lies in a tail that was left behind", event=ours)
    if seq > head.seq:
        found.append(Stretch(epoch, head.seq + 1, seq))
    return found[::-1]


def _base_of(centre: Centre, epoch: int) -> str:
    """Ask after which event an epoch begins."""
    first, end = event_id(epoch, 1), event_id(epoch, MAX_SEQ)
    for document in centre.events(first, end, limit=1):
        if isinstance(document, Document):
            body = parse_event(document.payload, document.signature).body
            if isinstance(body, EpochStarted):
                return body.base
    raise BrokenChain(f"epoch {epoch} has no beginning", node="", event=first)


def unreadable(document: Unreadable, node: str) -> BrokenChain:
    """Give the error for an event that the centre holds and nobody can read."""
    return BrokenChain(document.reason, node=node, event=document.id)


def _take(write: Write, node: Appliance, document: Document | Unreadable) -> Event:
    if isinstance(document, Unreadable):
        raise unreadable(document, node.node)
    event = node.journal.adopt(write, document.payload, document.signature)
    match understood(event):  # what nobody here can read may have given numbers
        case (
            LetterRegistered(files=files)
            | EmergencyRegistered(files=files)
            | FilesAdded(files=files)
        ):
            for ref in files:
                postbox.want(write, node, ref)
        case _:
            pass
    return event
