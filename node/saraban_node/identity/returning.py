"""Coming back to a centre that was set back to before this node's enrolment and has forgotten it.

    code for the same name + key ─> the centre takes it in again ─> new secret; nothing else changes

Name, key, journal and numbers stay; at the next contact all that the centre has forgotten is sent.
"""

from saraban_base import durable
from saraban_base.sqlite import Cursor, value
from saraban_node import journal, keys, meta
from saraban_node.appliance import PROGRAM, Appliance
from saraban_node.errors import CentreStrange, NotEnrolled
from saraban_node.line import contact, transport
from saraban_node.line.answers import ReturnOf
from saraban_sync.events import GENESIS
from saraban_sync.ids import EventId
from saraban_sync.journal_events import JournalForked


def rejoin(node: Appliance, *, code: str) -> None:
    """Be taken in again under the same name. Doing it again with the same code is safe.

    Args:
        node: the appliance.
        code: the enrolment code that the centre's administrator has made for this name.

    Raises:
        NotEnrolled: the node never had a centre.
        CentreUnreachable: there is no line; do it again with the same code.
        CentreRefused: the code is wrong, used, too old, or for another name.
        CentreStrange: what answered is another centre; nothing was changed.
    """
    if not node.config.centre_url:
        raise NotEnrolled
    with node.db.read() as cursor:
        said = _what_it_was(cursor, node)
        centre_key = meta.get(cursor, meta.CENTRE_KEY)
    given = transport.enrol(
        node.config.centre_url,
        code=code,
        key=node.journal.key.public,
        program=PROGRAM,
        timeout=node.config.request_timeout_seconds,
        returning=said,
    )
    if (given.node, given.office, given.centre_key) != (node.node, node.office, centre_key):
        raise CentreStrange(f"{given.node} of {given.office}", why="another name or key")
    name = keys.named(keys.CENTRE_SECRET, node.node)
    durable.write_file(node.keys / name, f"{given.secret}\n".encode("ascii"), mode=0o600)


def _what_it_was(cursor: Cursor, node: Appliance) -> ReturnOf:
    origin, base = _forked_from(cursor, node)
    return ReturnOf(
        node=node.node,
        epoch=contact.agreed_epoch(cursor),
        generation=int(meta.get(cursor, meta.GENERATION) or "1"),
        origin=origin,
        base=base,
        base_hash=(journal.hash_of(cursor, EventId(base)) or GENESIS) if base else "",
    )


def _forked_from(cursor: Cursor, node: Appliance) -> tuple[str, str]:
    """Name the node from whose name this one was forked, and the last event both share."""
    seq = value(cursor, "SELECT max(seq) FROM journal WHERE type = 'journal.forked'")
    event = journal.event_of(cursor, int(seq)) if seq is not None else None
    if event is None or event.node != node.node or not isinstance(event.body, JournalForked):
        return "", ""
    return event.body.origin, event.body.base
