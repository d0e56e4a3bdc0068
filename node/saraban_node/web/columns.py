"""Which columns a register has, in the order of its form, and what they are called."""

from typing import Final, NamedTuple

from saraban_base.sqlite import Cursor
from saraban_node.books import letter_numbers
from saraban_node.line import colleagues
from saraban_node.numbering import numbers
from saraban_sync.registers import Circulars, Register


class Column(NamedTuple):
    """One column of a register, which is also one field of its form."""

    name: str
    """As the line of the register calls it."""
    label: str
    """Key of a text."""


_LETTER: Final = (
    Column("letter_no", "book.letter_no"),
    Column("letter_date", "book.letter_date"),
    Column("sender", "book.sender"),
    Column("recipient", "book.recipient"),
    Column("subject", "book.subject"),
    Column("action", "book.action"),
    Column("remark", "book.remark"),
)
_PAPER: Final = (
    Column("letter_date", "book.letter_date"),
    Column("sender", "book.owner"),
    Column("subject", "book.subject"),
    Column("remark", "book.remark"),
)
_GIVEN: Final = (
    Column("letter_date", "book.letter_date"),
    Column("recipient", "book.given_to"),
    Column("subject", "book.subject"),
    Column("sender", "book.owner"),
    Column("remark", "book.remark"),
)
_COLUMNS: Final = {
    Register.ORDER: _PAPER,
    Register.ANNOUNCEMENT: _PAPER,
    Register.CERTIFICATE: _GIVEN,
    Register.AWARD: _GIVEN,
}
_ALWAYS: Final = frozenset({Register.INCOMING, Register.OUTGOING})
FORMS: Final = {Register.INCOMING: 13, Register.OUTGOING: 14, Register.CIRCULAR: 14}
"""Numbers of the regulation's forms, for registers that have one."""


def columns_of(register: Register) -> tuple[Column, ...]:
    """List the columns between the number and the time."""
    return _COLUMNS.get(register, _LETTER)


def fields_of(register: Register) -> frozenset[str]:
    """Name the fields of the register's form."""
    names = {column.name for column in columns_of(register)}
    return frozenset(names | {"urgency"} if "letter_no" in names else names)


def registers_shown(cursor: Cursor, year: int) -> list[Register]:
    """List the registers an office works with in a year, in the order of the rail.

    Incoming and outgoing are always there; the others when the office was ever granted numbers of
    them, or a colleague node has written in them. Circulars have a register only where the office
    gives them numbers of their own.
    """
    granted = numbers.registers_in_use(cursor, year)
    shown = {*_ALWAYS, *granted, *colleagues.registers(cursor, year)}
    if letter_numbers.circulars(cursor, year) is Circulars.SHARED:
        shown.discard(Register.CIRCULAR)
    else:
        shown.add(Register.CIRCULAR)
    return [register for register in Register if register in shown]
