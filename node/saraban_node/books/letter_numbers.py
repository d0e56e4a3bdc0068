"""How the number of a letter is written: by the office's patterns, from its prefix and the book."""

from collections.abc import Mapping
from typing import Final

from saraban_base.sqlite import Cursor, Database, one
from saraban_node import meta
from saraban_node.books.labels import pattern_of, write_number
from saraban_node.config import Numbered
from saraban_node.line import directory
from saraban_sync.registers import Circulars, Register

SHARED_CIRCULAR: Final = "outgoing.circular"
"""Name of the pattern of circulars that take their numbers from the outgoing register."""
_PATTERN: Final = "pattern."
"""Beginning of the keys under which an office's own patterns stand, such as ``pattern.order``."""


def keep_patterns(database: Database, patterns: Mapping[Numbered, str]) -> None:
    """Write numbers from now on by the patterns in the settings, and by the usual ones otherwise.

    Args:
        database: the node's.
        patterns: by the name of the register, or :data:`SHARED_CIRCULAR`.
    """
    with database.read() as cursor:
        before = meta.starting(cursor, _PATTERN)
    if before == patterns:
        return
    with database.write() as write:
        for name in before.keys() - patterns.keys():
            meta.remove(write, _PATTERN + name)
        for name, pattern in patterns.items():
            meta.put(write, _PATTERN + name, pattern)


def written(
    cursor: Cursor, register: Register, year: int, number: int, *, circular: bool = False
) -> str:
    """Write the number that stands on a letter; empty for a register whose letters bring their own.

    Args:
        cursor: where to read.
        register: the book.
        year: Buddhist year.
        number: the running number.
        circular: whether it is a circular that shares the outgoing register's numbers.
    """
    if register is Register.INCOMING:
        return ""
    shared = circular and register is Register.OUTGOING
    name = SHARED_CIRCULAR if shared else register.value
    pattern = meta.get(cursor, _PATTERN + name) or pattern_of(register, circular=shared)
    return write_number(pattern, prefix=meta.get(cursor, meta.PREFIX), number=number, year=year)


def emergency(cursor: Cursor, node: str, year: int, emergency_number: int) -> str:
    """Write an emergency number, such as ``ฉ 3/2569``.

    Each node of an office has an emergency series of its own: the second one writes ``ฉ2 3/2569``.

    Args:
        cursor: where to read.
        node: the name under which the number was given.
        year: Buddhist year.
        emergency_number: the number.
    """
    return f"{_mark(cursor, node)} {emergency_number}/{year}"


def emergency_mark(cursor: Cursor) -> str:
    """Give the letter that stands before this node's emergency numbers: ``ฉ`` or ``ฉ2``."""
    return _mark(cursor, meta.get(cursor, meta.NODE))


def _mark(cursor: Cursor, node: str) -> str:
    return "ฉ" + node.removeprefix(meta.get(cursor, meta.OFFICE)).strip("-")


def circulars(cursor: Cursor, year: int) -> Circulars:
    """Tell where an office's circulars take their numbers from in a year (clause 32).

    The office's setting counts from its first circular of a year on. Another one that comes later
    waits for the next year, or two letters would bear the same ว 5.
    """
    own = _begun(cursor, "register = 'circular' AND year = ? AND number > 0", year)
    shared = _begun(cursor, "register = 'outgoing' AND year = ? AND circular = 1", year)
    if own != shared:
        return Circulars.OWN if own else Circulars.SHARED
    return directory.circulars(cursor, meta.get(cursor, meta.OFFICE))


def _begun(cursor: Cursor, condition: str, year: int) -> bool:
    """Tell whether this node or a colleague has written a line such as the condition says."""
    return any(
        one(cursor, f"SELECT 1 FROM {table} WHERE {condition} LIMIT 1", (year,))  # noqa: S608
        for table in ("entry", "colleague_line")
    )


def book_of(
    cursor: Cursor, register: Register, year: int, *, circular: bool
) -> tuple[Register, bool]:
    """Say in which register a letter stands, and whether its number is written with ว.

    Args:
        cursor: where to read.
        register: the book that was asked for.
        year: Buddhist year of the number.
        circular: whether the letter is a circular.
    """
    if register not in (Register.OUTGOING, Register.CIRCULAR):
        return register, False
    if register is Register.OUTGOING and not circular:
        return register, False
    if circulars(cursor, year) is Circulars.OWN:
        return Register.CIRCULAR, True
    return Register.OUTGOING, True
