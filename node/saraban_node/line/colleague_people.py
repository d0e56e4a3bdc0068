"""Who the persons are whom other nodes of this office name; names only, no account comes of them.

The same person may have an account on several nodes, each under an id of its own. An id means the
same person on two nodes only where one was forked from the other.

The one writer of ``colleague_person``.
"""

from typing import Final

from saraban_base.sqlite import Cursor, Write, value
from saraban_node import meta
from saraban_sync.events import Event, PersonAdded, PersonChanged

_PERSON: Final = "p-"
"""How the id of a person begins; others name the program itself or a user of the machine."""


def put(write: Write, owner: str, event: Event) -> bool:
    """Keep the name that an event gives a person; the newest stands, whichever comes first.

    Args:
        write: the transaction.
        owner: the node in whose journal the event stands.
        event: any event.

    Returns:
        Whether it was about a person.
    """
    if not isinstance(event.body, (PersonAdded, PersonChanged)):
        return False
    write.cursor.execute(
        "INSERT INTO colleague_person VALUES (?, ?, ?, ?) ON CONFLICT (node, person)"
        " DO UPDATE SET name = excluded.name, event = excluded.event"
        " WHERE excluded.event > event",
        (owner, event.body.person, event.body.name, event.id),
    )
    return True


def name_of(cursor: Cursor, node: str, person: str) -> str:
    """Name a person as a node of this office knows them.

    Args:
        cursor: where to read.
        node: in whose journal the person is named; of the own name, also a life before a restore.
        person: as that journal names them.

    Returns:
        The name; of the program itself or a user of the machine what stands there; empty when
        nobody has told who it is.
    """
    own = node == meta.get(cursor, meta.NODE)
    found = value(
        cursor,
        "SELECT name FROM (SELECT name, 0 + :own AS near, '' AS event FROM person"
        " WHERE person = :person"
        " UNION ALL SELECT name, 2 * (node = :node) - 1, event FROM colleague_person"
        " WHERE person = :person) ORDER BY near DESC, event DESC LIMIT 1",
        {"own": 2 * own, "node": node, "person": person},
    )
    if found is not None:
        return str(found)
    return "" if person.startswith(_PERSON) else person
