"""The letter before an emergency number: each machine has its own, and a renamed one has had two.

A line keeps the mark of the name under which it was written: ฉ of the first machine of an office,
ฉ2 of the second, and so on.
"""

from typing import Any

from saraban_base.sqlite import Cursor, rows
from saraban_node import journal, meta
from saraban_node.books import letter_numbers
from saraban_sync.ids import parse_event_id
from saraban_sync.journal_events import JournalForked


class EmergencyMarks:
    """Knows the mark of every line that pages show.

    Args:
        cursor: where to read; once, when the program starts.
    """

    def __init__(self, cursor: Cursor) -> None:
        self._office = meta.get(cursor, meta.OFFICE)
        self._before: list[tuple[int, str]] = []
        self.own = letter_numbers.emergency_mark(cursor)
        if meta.get(cursor, meta.ORIGIN):
            self._before = _forks(cursor)

    def of(self, line: Any) -> str:
        """Give the mark of an entry, a line of a book, a candidate or an odd number."""
        if node := getattr(line, "node", ""):
            return self._mark(node)
        seq = getattr(line, "seq", 0) or _seq_of(getattr(line, "entry", ""))
        for place, name in self._before:
            if 0 < seq < place:
                return self._mark(name)
        return self.own

    def _mark(self, node: str) -> str:
        return "ฉ" + node.removeprefix(self._office).strip("-")


def _forks(cursor: Cursor) -> list[tuple[int, str]]:
    """List where this machine got another name, and the name it had before, the oldest first."""
    found = rows(cursor, "SELECT seq FROM journal WHERE type = 'journal.forked' ORDER BY seq")
    events = [journal.event_of(cursor, int(row[0])) for row in found]
    return [
        (event.seq, event.body.origin)
        for event in events
        if event is not None and isinstance(event.body, JournalForked)
    ]


def _seq_of(name: object) -> int:
    return parse_event_id(name)[1] if isinstance(name, str) and name else 0
