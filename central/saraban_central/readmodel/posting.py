"""What events change about letters between offices.

Journals come in any order, so what two offices say about one letter is kept side by side: each
event writes only its own side, and of two that say the same the earlier one stands.
"""

from typing import Final

from saraban_base.sqlite import Cursor
from saraban_central.readmodel.arrived import Arrived, letter_of
from saraban_sync.body import Source
from saraban_sync.errors import NotAnIdentifier
from saraban_sync.events import LetterArrived, LetterSent, ReceiptGiven
from saraban_sync.ids import office_code

_LETTER: Final = "source_node, source_event, source_hash, office"


def sent(cursor: Cursor, arrived: Arrived, body: LetterSent) -> None:
    """Note that a letter left for other offices."""
    event = arrived.event
    for office in dict.fromkeys(code for code in body.offices if _is_code(code)):
        cursor.execute(
            f"INSERT INTO delivery ({_LETTER}, sender_office, year, number,"  # noqa: S608 - constants
            " subject, letter_no, urgency, sent_at, stored_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            f" ON CONFLICT ({_LETTER}) DO UPDATE SET year = excluded.year,"
            " number = excluded.number, subject = excluded.subject, letter_no = excluded.letter_no,"
            " urgency = excluded.urgency, sent_at = excluded.sent_at,"
            " stored_at = excluded.stored_at",
            (event.node, event.id, event.hash, office, arrived.office, body.year, body.number,
             body.subject, body.letter_no, body.urgency, event.at, arrived.stored_at),
        )  # fmt: skip


def letter_arrived(cursor: Cursor, arrived: Arrived, body: LetterArrived) -> None:
    """Note that a letter has reached an office."""
    _say(cursor, arrived, body.source, ("arrived_at", "arrived_by"),
         (arrived.event.at, _name(arrived)))  # fmt: skip


def receipt(cursor: Cursor, arrived: Arrived, body: ReceiptGiven) -> None:
    """Note that an office has told the sender that it registered a letter."""
    _say(cursor, arrived, body.source, ("receipt_at",), (arrived.event.at,))


def registered(
    cursor: Cursor, arrived: Arrived, source: Source, *, year: int, number: int, at: str
) -> None:
    """Note that an office has registered a letter that another one sent."""
    _say(
        cursor, arrived, source,
        ("registered_at", "registered_by", "registered_year", "registered_number"),
        (at, _name(arrived), year, number),
    )  # fmt: skip


def _say(
    cursor: Cursor,
    arrived: Arrived,
    source: Source,
    columns: tuple[str, ...],
    said: tuple[str | int, ...],
) -> None:
    letter = letter_of(source)
    if letter is None:
        return  # the auditor says what is wrong with it
    sender_office = arrived.known.offices.get(letter[0], "")
    news = ", ".join(f"{column} = excluded.{column}" for column in columns)
    first, *_ = columns
    earlier = ", ".join(f"excluded.{column}" for column in columns[:2])
    later = ", ".join(columns[:2])
    cursor.execute(
        f"INSERT INTO delivery ({_LETTER}, sender_office, {', '.join(columns)})"  # noqa: S608
        f" VALUES (?, ?, ?, ?, ?{', ?' * len(columns)})"
        f" ON CONFLICT ({_LETTER}) DO UPDATE SET {news}"
        f" WHERE {first} = '' OR ({earlier}) < ({later})",
        (*letter, arrived.office, sender_office, *said),
    )


def _name(arrived: Arrived) -> str:
    return f"{arrived.node}/{arrived.event.id}"


def _is_code(text: str) -> bool:
    try:
        office_code(text)
    except NotAnIdentifier:
        return False
    return True
