"""What happened to a letter, in order: who, when, what, and what stood there before.

Among it is what people did with the letter before the database was restored, once that has come
back, and at another machine that had the same name until then: taken over into the journal, or only
shown where it can change nothing any more.
"""

from dataclasses import dataclass
from datetime import datetime

from saraban_base.sqlite import Cursor, rows
from saraban_node import journal, meta
from saraban_node.books import entries
from saraban_node.line import colleague_people, directory
from saraban_sync import events
from saraban_sync.body import Former
from saraban_sync.events import (
    EntryNoted,
    EntryVoided,
    Event,
    FilesAdded,
    LetterRegistered,
    LetterSent,
)
from saraban_sync.ids import EventId
from saraban_sync.number_events import (
    EmergencyCorrelated,
    EmergencyRegistered,
    NumberReserved,
    ReservationEnded,
)
from saraban_sync.registers import parse_instant


@dataclass(frozen=True)
class Happening:
    """One act on a letter."""

    event: EventId
    kind: str
    """The event's type, such as ``letter.registered``."""
    at: datetime
    who: str
    """The person's name."""
    text: str
    """What was written down: the action, the reason, the number, names of files or offices."""
    former: bool = False
    """Whether it was done before the database was restored, and came back; its event and what
    is known of that may be those of taking it over."""
    node: str = ""
    """The other machine at which it was done, if it was."""


def of_entry(cursor: Cursor, entry: int) -> list[Happening]:
    """List what happened to a letter, the oldest first.

    Args:
        cursor: where to read.
        entry: place in the journal of the letter's line.
    """
    return [happening for _, happening in acts(cursor, entry)]


def acts(cursor: Cursor, entry: int) -> list[tuple[Event, Happening]]:
    """List the same, each with the event that says so."""
    found = (journal.event_of(cursor, seq) for seq in entries.happenings(cursor, entry))
    known = [event for event in found if event is not None]
    mine = meta.get(cursor, meta.NODE)
    taken = {
        (former.node or mine, former.event)
        for event in known
        if (former := former_of(event)) is not None
    }
    own = [(_place(event), event, _happening(cursor, event)) for event in known]
    lost = [
        (event.id, event, _happening(cursor, event, owner="" if owner == mine else owner))
        for owner, event in elsewhere(cursor, entry)
        if (owner, event.id) not in taken
    ]
    order = sorted([*own, *lost], key=lambda one: one[0])
    return [(event, happening) for _, event, happening in order]


def former_of(event: Event) -> Former | None:
    """Give the act of a life before a restore that an event takes over, if it does."""
    match event.body:
        case EntryNoted(former=former) | EntryVoided(former=former) | FilesAdded(former=former):
            return former
        case _:
            return None


def elsewhere(cursor: Cursor, entry: int) -> list[tuple[str, Event]]:
    """List what other journals say was done with a line, and whose they are.

    What they have taken over from others stands there, too, and is left out.
    """
    found = rows(
        cursor,
        "SELECT node, line, payload, signature FROM colleague_act"
        " WHERE line = (SELECT id FROM entry WHERE seq = ?) ORDER BY event, node",
        (entry,),
    )
    mine = meta.get(cursor, meta.NODE)
    acts = [
        (str(node), events.parse_event(str(payload).encode("utf-8"), str(signature)))
        for node, line, payload, signature in found
        if node == mine
        or directory.journal_of(cursor, node, line) == directory.journal_of(cursor, mine, line)
    ]
    return [(node, act) for node, act in acts if former_of(act) is None]


def _place(event: Event) -> str:
    """Give what an act is sorted by: one of the life before stands where it was done."""
    former = former_of(event)
    return event.id if former is None or former.node else former.event


def _happening(cursor: Cursor, event: Event, *, owner: str | None = None) -> Happening:
    """Tell of an act; of one that stands in another journal, with the node whose that is."""
    former = former_of(event)
    actor, at = (event.actor, event.at) if former is None else (former.actor, former.at)
    node = owner if former is None else former.node
    name = colleague_people.name_of(cursor, node or meta.get(cursor, meta.NODE), actor)
    return Happening(
        event=event.id,
        kind=event.type,
        at=parse_instant(at),
        who=name or actor,
        text=text_of(event),
        former=node == "",
        node=node or "",
    )


def text_of(event: Event) -> str:
    """Give what an act has written down, for a person to read."""
    match event.body:
        case LetterRegistered(action=action) | EmergencyRegistered(action=action):
            return action
        case NumberReserved(holder=holder, purpose=purpose):
            return f"{holder}: {purpose}"
        case ReservationEnded(reason=reason):
            return reason
        case EmergencyCorrelated(year=year, number=number):
            return f"{number}/{year}"
        case EntryNoted(action=action):
            return action
        case EntryVoided(reason=reason):
            return reason
        case FilesAdded(files=files):
            return ", ".join(ref.name for ref in files)
        case LetterSent(offices=offices):
            return ", ".join(offices)
        case _:
            return ""
