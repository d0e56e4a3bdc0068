"""A line that stands in another journal than the own one, with all that is known of it here.

That is a line of another node of the office, or of this one before it was restored.
"""

from dataclasses import dataclass

from saraban_base.sqlite import Cursor, rows
from saraban_node.books import history
from saraban_node.books.history import Happening
from saraban_node.line import colleague_people, colleagues, deliveries
from saraban_node.line.colleagues import ColleagueLine
from saraban_node.line.deliveries import Delivery
from saraban_sync import events
from saraban_sync.registers import parse_instant


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """One such line."""

    line: ColleagueLine
    who: str
    """The person who wrote it and the node, such as ``สมศรี ใจดี (school-a-2)``."""
    acts: tuple[Happening, ...]
    """What was done with it afterwards, in order."""
    deliveries: tuple[Delivery, ...]
    """To whom it was sent and how far it is known here to have come."""


def find(cursor: Cursor, node: str, event: str) -> ColleagueLine | None:
    """Give one line by its event and the node in whose journal that stands."""
    found = colleagues.select(
        cursor, "WHERE node = :node AND event = :event", {"node": node, "event": event}
    )
    return found[0] if found else None


def of_line(cursor: Cursor, line: ColleagueLine) -> Elsewhere:
    """Say all that is known of a line."""
    acts = rows(
        cursor,
        "SELECT payload FROM colleague_act WHERE node = ? AND line = ? ORDER BY event",
        (line.node, line.event),
    )
    done = [events.parse_event(str(row[0]).encode("utf-8"), "") for row in acts]
    known = {act.id for act in done}
    return Elsewhere(
        line=line,
        who=signed(colleague_people.name_of(cursor, line.node, line.registered_by), line.node),
        acts=tuple(
            Happening(
                event=act.id,
                kind=act.type,
                at=parse_instant(act.at),
                who=signed(colleague_people.name_of(cursor, line.node, act.actor), line.node),
                text=history.text_of(act),
            )
            for act in done
            if (former := history.former_of(act)) is None or former.event not in known
        ),
        deliveries=tuple(deliveries.of_line(cursor, line.node, line.event)),
    )


def signed(name: str, node: str) -> str:
    """Name a person of another node; only the node when nobody has told who it is."""
    return f"{name} ({node})" if name else node
