"""Which part of the journal the centre holds, and what follows when it is less than it was.

centre's last event is one of ours                 ──> everything up to it is there
it is of an epoch that ours left behind (a tail)   ──> everything up to where ours left it
it is another one                                  ──> another history of this node: stop
it is less than the centre was seen to hold        ──> the centre was restored: send again
"""

from typing import Final

from saraban_base.sqlite import Cursor, Write
from saraban_node import journal, meta
from saraban_node.appliance import Appliance
from saraban_node.errors import JournalsDiverge
from saraban_node.journal import SYSTEM
from saraban_node.line import contact, deliveries, sync_state
from saraban_node.line.transport import Centre
from saraban_sync.ids import EventId, parse_event_id
from saraban_sync.number_events import CentreFellBehind
from saraban_sync.wire import revision_of_hash

_NOTHING: Final = ("", "")
_NO_EVENT: Final = "none"


def agree(node: Appliance, centre: Centre) -> int:
    """Ask what the centre holds, note it, and give the place after which to send.

    Raises:
        JournalsDiverge: the centre holds an event that this journal does not.
    """
    last = centre.last_event()
    seq = _held(node, centre, last) if last else _beginning(node)
    with node.db.write() as write:
        _note_loss(node, write, seq)
        deliveries.stored_through(write, seq)
        write.cursor.execute(
            "DELETE FROM refused_document WHERE event <= ?", (last or _NOTHING)[:1]
        )
    return seq


def _held(node: Appliance, centre: Centre, last: tuple[str, str]) -> int:
    name, revision = last
    epoch, seq = parse_event_id(name)
    with node.db.read() as cursor:
        if _is_ours(cursor, name, revision):
            return seq
        base = journal.last_before(cursor, epoch + 1)
        newest = journal.head(cursor).epoch
    if base is None or newest <= epoch or base >= name:
        raise _diverged(node, name)
    # The centre's last event may lie in a tail that our newer epoch has left behind: then it
    # must hold the event after which ours goes on.
    theirs = centre.revisions([base]).get(base, "")
    with node.db.read() as cursor:
        if not _is_ours(cursor, base, theirs):
            raise _diverged(node, name)
    return parse_event_id(base)[1]


def _is_ours(cursor: Cursor, name: str, revision: str) -> bool:
    ours = journal.hash_of(cursor, EventId(name))
    return ours is not None and revision == revision_of_hash(ours)


def _beginning(node: Appliance) -> int:
    """Give the place after which a journal begins at the centre: a forked one not at its first."""
    with node.db.read() as cursor:
        origin = meta.get(cursor, meta.ORIGIN)
    return parse_event_id(origin)[1] if origin else 0


def _diverged(node: Appliance, event: str) -> JournalsDiverge:
    contact.stop(node, meta.DIVERGED)
    return JournalsDiverge(event, event=event)


def _note_loss(node: Appliance, write: Write, seq: int) -> None:
    """Write down, once, that the centre holds less than it did; all of it is sent again."""
    known = deliveries.known_stored(write.cursor)
    found = sync_state.get(write.cursor, contact.FELL_BEHIND)
    if found == contact.FOUND or (not found and seq < known):
        found = journal.id_at(write.cursor, known) or _NO_EVENT
        sync_state.put(write, contact.FELL_BEHIND, found)
    if not found or meta.get(write.cursor, meta.FENCED):
        return
    body = CentreFellBehind(
        acknowledged="" if found == _NO_EVENT else found,
        held=journal.id_at(write.cursor, seq),
        generation=int(meta.get(write.cursor, meta.GENERATION) or "1"),
    )
    sync_state.remove(write, contact.FELL_BEHIND)
    sync_state.remove_starting(write, sync_state.CURSOR)
    node.journal.append(write, body, actor=SYSTEM)
