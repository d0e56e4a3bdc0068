"""What was known of a series when a fence was lifted by hand, kept until the centre has been heard.

The life before may have held ranges that this database knows nothing of; the centre will send them
again. When they come, what may have been given of them is given up too.
"""

from typing import Final

import msgspec

from saraban_base.sqlite import Cursor, Write
from saraban_node import meta
from saraban_sync.number_events import Mark
from saraban_sync.registers import Register

_FLOOR: Final = "floor:"

Book = tuple[Register, int]
"""A register and a Buddhist year of this office."""


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """How far a series may have been numbered."""

    known: int | None
    """The greatest number that may have been given; None when nobody knows."""
    guard: int
    """How many of the numbers given up for safety have found no number to lie on yet."""
    why: str
    marks: tuple[Mark, ...]
    actor: str
    """Who stated it."""


def put(write: Write, book: Book, floor: Floor) -> None:
    """Keep what was known of a series."""
    text = msgspec.json.encode(floor).decode("utf-8")
    meta.put(write, f"{_FLOOR}{book[0]}/{book[1]}", text)


def stated(cursor: Cursor) -> dict[Book, Floor]:
    """Give what was known of each series."""
    found: dict[Book, Floor] = {}
    for name, text in meta.starting(cursor, _FLOOR).items():
        register, _, year = name.partition("/")
        found[Register(register), int(year)] = msgspec.json.decode(text, type=Floor)
    return found


def forget(write: Write) -> None:
    """Forget it all: the centre has been heard."""
    for name in meta.starting(write.cursor, _FLOOR):
        meta.remove(write, f"{_FLOOR}{name}")
