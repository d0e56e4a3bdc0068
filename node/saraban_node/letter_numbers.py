"""How the number of a letter is written: by the office's patterns, from its prefix and the book."""

from typing import Final

from saraban_base.sqlite import Cursor
from saraban_node import directory, meta
from saraban_node.labels import pattern_of, write_number
from saraban_sync.events import NumberReserved
from saraban_sync.registers import Circulars, Register

PATTERN: Final = "pattern."
"""Beginning of the keys under which an office's own patterns stand, such as ``pattern.order``."""


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
    name = f"{register}.circular" if circular else register.value
    pattern = meta.get(cursor, PATTERN + name) or pattern_of(register, circular=circular)
    return write_number(pattern, prefix=meta.get(cursor, meta.PREFIX), number=number, year=year)


def of_reservation(cursor: Cursor, body: NumberReserved) -> str:
    """Write the number that a reserved letter will bear."""
    return written(cursor, body.register, body.year, body.number)


def emergency(cursor: Cursor, year: int, emergency_number: int) -> str:
    """Write an emergency number, such as ``ฉ 3/2569``.

    Each node of an office has an emergency series of its own: the second one writes ``ฉ2 3/2569``.
    """
    return f"{emergency_mark(cursor)} {emergency_number}/{year}"


def emergency_mark(cursor: Cursor) -> str:
    """Give the letter that stands before this node's emergency numbers: ``ฉ`` or ``ฉ2``."""
    node, office = meta.get(cursor, meta.NODE), meta.get(cursor, meta.OFFICE)
    return "ฉ" + node.removeprefix(office).strip("-")


def book_of(cursor: Cursor, register: Register, *, circular: bool) -> tuple[Register, bool]:
    """Say in which register a letter stands, and whether ว is put before a shared number.

    An office's circulars are numbered in a series of their own or in the outgoing register, as its
    setting says (clause 32).
    """
    if register not in (Register.OUTGOING, Register.CIRCULAR):
        return register, False
    if register is Register.OUTGOING and not circular:
        return register, False
    if directory.circulars(cursor, meta.get(cursor, meta.OFFICE)) is Circulars.OWN:
        return Register.CIRCULAR, True
    return Register.OUTGOING, True
