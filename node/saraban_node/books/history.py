"""What happened to a letter, in order: who, when, what, and what stood there before."""

from dataclasses import dataclass
from datetime import datetime

from saraban_base.sqlite import Cursor, value
from saraban_node import journal
from saraban_node.books import entries
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


def of_entry(cursor: Cursor, entry: int) -> list[Happening]:
    """List what happened to a letter, the oldest first.

    Args:
        cursor: where to read.
        entry: place in the journal of the letter's line.
    """
    found = (journal.event_of(cursor, seq) for seq in entries.happenings(cursor, entry))
    return [_happening(cursor, event) for event in found if event is not None]


def _happening(cursor: Cursor, event: Event) -> Happening:
    name = value(cursor, "SELECT name FROM person WHERE person = ?", (event.actor,))
    return Happening(
        event=event.id,
        kind=event.type,
        at=parse_instant(event.at),
        who=str(name or event.actor),
        text=_text(event),
    )


def _text(event: Event) -> str:
    match event.body:
        case LetterRegistered(action=action) | EmergencyRegistered(action=action):
            return action
        case NumberReserved(holder=holder, purpose=purpose):
            return f"{holder}: {purpose}"
        case ReservationEnded(reason=reason):
            return reason
        case EmergencyCorrelated(year=year, number=number, letter_no=letter_no):
            return letter_no or f"{number}/{year}"
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
