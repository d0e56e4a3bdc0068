"""What every act on a register needs: the line it is about, tidy words, the year to number in."""

from saraban_base.sqlite import Write
from saraban_node.books import entries
from saraban_node.books.entries import Entry
from saraban_node.clocks import year_gate
from saraban_node.errors import FieldTooLong, NoSuchEntry
from saraban_node.journal import Journal
from saraban_sync import thai
from saraban_sync.ids import EventId


def required(write: Write, entry: EventId) -> Entry:
    """Give a line.

    Raises:
        NoSuchEntry: there is none with this id.
    """
    found = entries.by_id(write.cursor, entry)
    if found is None:
        raise NoSuchEntry(entry)
    return found


def tidied(field: str, text: str, limit: int) -> str:
    """Tidy what was typed.

    Args:
        field: the field's Thai name.
        text: as typed.
        limit: greatest number of characters.

    Raises:
        FieldTooLong: it does not fit.
    """
    if not text:
        return text
    text = thai.tidy(text)
    if len(text) > limit:
        raise FieldTooLong(f"{field}: {len(text)}", field=field, limit=limit)
    return text


def year_to_number(write: Write, journal: Journal) -> int:
    """Give the Buddhist year in which a number is taken now.

    Raises:
        ClockUntrusted: the clock cannot say, or would open a year it may not open.
    """
    return year_gate.year_to_number(write, journal.clock)


def trusted_clock(write: Write, journal: Journal) -> None:
    """Make sure that it is known which day it is.

    Raises:
        ClockUntrusted: the clock cannot say.
    """
    year_gate.require_trusted(write, journal.clock)
