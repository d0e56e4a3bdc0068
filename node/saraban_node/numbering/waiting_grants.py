"""Number ranges that wait in the mailbox while the database is fenced.

Nothing may be taken in then; but whoever decides how far the numbers were used must know which
ranges the life before may have had. They are looked at, kept aside, and taken when the fence is
lifted.
"""

from typing import Final, NamedTuple

import msgspec

from saraban_base.sqlite import Cursor, Write
from saraban_node import meta
from saraban_node.appliance import Appliance
from saraban_node.errors import CentreStrange
from saraban_node.line import sync_state
from saraban_node.line.transport import Centre
from saraban_node.numbering import numbers
from saraban_sync import grants
from saraban_sync.body import Signed
from saraban_sync.errors import SarabanError
from saraban_sync.grants import Grant
from saraban_sync.wire import CENTRE, Document, signed

_PEEKED: Final = "peeked:"
_PLACE: Final = f"{sync_state.CURSOR}peek"
_PAGE: Final = 200


class Waiting(NamedTuple):
    """A grant of the centre that is not in the journal yet."""

    text: Signed
    grant: Grant


def look(node: Appliance, centre: Centre) -> None:
    """Look through the mailbox for grants; nothing else of it is touched."""
    seen: set[str] = set()
    while True:
        with node.db.read() as cursor:
            since = sync_state.get(cursor, _PLACE) or "0"
        last, documents = centre.changes(centre.mailbox(), since, limit=_PAGE)
        if not documents:
            return
        seen.add(since)
        with node.db.write() as write:
            for document in documents:
                if isinstance(document, Document) and document.sender == CENTRE:
                    _keep(write, node, document)
            sync_state.put(write, _PLACE, last)
        if last in seen:
            raise CentreStrange("the changes go in circles", why="_changes")


def waiting(cursor: Cursor) -> list[Waiting]:
    """Give the grants that are not in the journal yet, in the order of their numbers."""
    found = [
        Waiting(text, grants.parse_grant(text))
        for text in (
            msgspec.json.decode(kept, type=Signed)
            for kept in sync_state.starting(cursor, _PEEKED).values()
        )
    ]
    return sorted(
        (one for one in found if not numbers.is_held(cursor, one.grant.grant)),
        key=lambda one: (one.grant.year, one.grant.register, one.grant.first),
    )


def forget(write: Write) -> None:
    """Forget what was looked at; the mailbox itself is read now."""
    sync_state.remove_starting(write, _PEEKED)
    sync_state.remove(write, _PLACE)


def _keep(write: Write, node: Appliance, document: Document) -> None:
    text = signed(document)
    try:
        grant = grants.read_grant(text, meta.get(write.cursor, meta.CENTRE_KEY))
    except SarabanError:
        return  # set aside with its reason when the mailbox itself is read
    if grants.own_grant(grant, office=node.office, node=node.node):
        kept = msgspec.json.encode(text).decode("utf-8")
        sync_state.put(write, f"{_PEEKED}{grant.grant}", kept)
