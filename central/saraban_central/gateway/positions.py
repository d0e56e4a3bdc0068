"""Positions of a feed as the other side sees them: ``<position>-g<generation>``.

A centre that was set back counts its documents anew from where it was: a position from before means
something else now. So every position names the generation in which it was given, and one of another
generation, or one that cannot be, is answered from the beginning. Taking in what is there already
changes nothing; passing over something new would lose it.
"""

import re
from typing import Final

from saraban_central.store.interface import START, Documents, Position

_TOKEN: Final = re.compile(r"([0-9]{1,18})-g([0-9]{1,9})")
_NOW: Final = "now"


def written(position: Position, generation: int) -> str:
    """Write a position for the other side."""
    return f"{position}-g{generation}"


def read(text: str, store: Documents, database: str, generation: int) -> Position:
    """Read a position that the other side names; the beginning if it means nothing here.

    Args:
        text: as it was sent: a position, ``0``, ``now``, or anything.
        store: where the database is.
        database: of which it is to be a position.
        generation: the present one.
    """
    found = store.database(database)
    last = found.position if found else START
    if text == _NOW:
        return last
    told = _TOKEN.fullmatch(text)
    if told is None or int(told[2]) != generation:
        return START
    position = Position(told[1])
    if not found or _is_beyond(store, database, position, last):
        return START
    return position


def _is_beyond(store: Documents, database: str, position: Position, last: Position) -> bool:
    """Tell whether a position lies after the last document, without counting with it."""
    if position == last:
        return False
    try:
        return not store.changes(database, position, 1)
    except ValueError:
        return True
