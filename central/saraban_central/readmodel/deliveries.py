"""Letters between offices: sent, stored here, arrived, registered, with number and time."""

from typing import Final, NamedTuple

from saraban_base.sqlite import Cursor, one, rows

STAGES: Final = ("sent", "arrived", "registered")


class Receiver(NamedTuple):
    """How far a letter has come to one office."""

    office: str
    sender_office: str
    source_node: str
    source_event: str
    year: int
    number: int
    subject: str
    letter_no: str
    urgency: str
    sent_at: str
    stored_at: str
    arrived_at: str
    registered_at: str
    registered_year: int
    registered_number: int
    registered_by: str
    """Node and event of the receiver's entry, with a stroke between; empty before."""
    receipt_at: str

    @property
    def stage(self) -> str:
        """The furthest of :data:`STAGES` that there is evidence for."""
        if self.registered_at:
            return "registered"
        return "arrived" if self.arrived_at else "sent"


class Letter(NamedTuple):
    """A letter and how many of its receivers have it."""

    source_node: str
    source_event: str
    sender_office: str
    year: int
    number: int
    subject: str
    letter_no: str
    urgency: str
    sent_at: str
    stored_at: str
    offices: int
    arrived: int
    registered: int


class Waiting(NamedTuple):
    """What an office has not dealt with."""

    unregistered: int
    """Letters that arrived and have no number yet."""
    oldest: str
    """When the first of them arrived; empty when there is none."""
    coming: int
    """Letters sent to it that it has not fetched."""


_RECEIVER: Final = ", ".join(Receiver._fields)
_LETTER: Final = (
    "SELECT source_node, source_event, max(sender_office), max(year), max(number), max(subject),"
    " max(letter_no), max(urgency), max(sent_at), max(stored_at), count(*),"
    " sum(arrived_at <> '' OR registered_at <> ''), sum(registered_at <> '') FROM delivery"
)
NOBODY: Final = Waiting(0, "", 0)


def letters(
    cursor: Cursor, *, open_only: bool = False, office: str = "", limit: int = 50, offset: int = 0
) -> list[Letter]:
    """List letters between offices, the latest first.

    Args:
        cursor: reads the read model.
        open_only: only those that some receiver has not registered.
        office: only those this office sent or was to receive.
        limit: greatest number of letters.
        offset: how many to pass over.
    """
    where, bindings = ["sent_at <> ''"], list[object]()
    if office:
        where.append(
            "(sender_office = ? OR (source_node, source_event) IN"
            " (SELECT source_node, source_event FROM delivery WHERE office = ?))"
        )
        bindings += [office, office]
    having = " HAVING sum(registered_at = '') > 0" if open_only else ""
    found = rows(
        cursor,
        f"{_LETTER} WHERE {' AND '.join(where)} GROUP BY source_node, source_event{having}"
        " ORDER BY max(sent_at) DESC, source_node, source_event LIMIT ? OFFSET ?",
        (*bindings, limit, offset),
    )
    return [Letter(*row) for row in found]


def letter(cursor: Cursor, node: str, event: str) -> Letter | None:
    """Give one letter; None if no office has said anything of it."""
    row = one(
        cursor,
        f"{_LETTER} WHERE source_node = ? AND source_event = ? GROUP BY source_node, source_event",
        (node, event),
    )
    return Letter(*row) if row else None


def receivers(cursor: Cursor, node: str, event: str) -> list[Receiver]:
    """Tell how far a letter has come to each office, the slowest first."""
    found = rows(
        cursor,
        f"SELECT {_RECEIVER} FROM delivery WHERE source_node = ? AND source_event = ?"  # noqa: S608 - constants
        " ORDER BY registered_at <> '', arrived_at <> '', office",
        (node, event),
    )
    return [Receiver(*row) for row in found]


def sent_from(cursor: Cursor, node: str, entry: str) -> list[Receiver]:
    """Tell how far the letter of one outgoing entry has come."""
    found = rows(
        cursor,
        f"SELECT {_RECEIVER} FROM delivery WHERE (source_node, source_event) IN"  # noqa: S608 - constants
        " (SELECT letter_node, letter_event FROM happening WHERE entry_node = ? AND entry = ?"
        " AND entry <> '' AND type = 'letter.sent') ORDER BY source_event, office",
        (node, entry),
    )
    return [Receiver(*row) for row in found]


def unregistered(cursor: Cursor, office: str, *, limit: int = 50) -> list[Receiver]:
    """List what an office has fetched or should fetch and not registered, the oldest first."""
    found = rows(
        cursor,
        f"SELECT {_RECEIVER} FROM delivery WHERE office = ? AND registered_at = ''"  # noqa: S608 - constants
        " AND sender_office <> office ORDER BY arrived_at = '', arrived_at, sent_at LIMIT ?",
        (office, limit),
    )
    return [Receiver(*row) for row in found]


def waiting(cursor: Cursor) -> dict[str, Waiting]:
    """Count what each office has not dealt with; an office that is not in it has nothing open."""
    found = rows(
        cursor,
        "SELECT office, sum(arrived_at <> ''), min(nullif(arrived_at, '')), sum(arrived_at = '')"
        " FROM delivery WHERE registered_at = '' AND sender_office <> office GROUP BY office",
    )
    return {row[0]: Waiting(row[1], row[2] or "", row[3]) for row in found}
