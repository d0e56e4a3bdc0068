"""Names of registers, and how their numbers are written, as the regulation and the clerk say them.

The names and patterns themselves are data: ``registers.toml`` beside this file.
"""

from importlib.resources import files
from typing import Final

import msgspec

from saraban_sync.registers import Register


class _Book(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    thai: str
    english: str
    number: str
    circular: str = ""


_BOOKS: Final = msgspec.toml.decode(
    (files("saraban_node.books") / "registers.toml").read_bytes(), type=dict[Register, _Book]
)
REGISTER_THAI: Final = {register: book.thai for register, book in _BOOKS.items()}
REGISTER_ENGLISH: Final = {register: book.english for register, book in _BOOKS.items()}


def pattern_of(register: Register, *, circular: bool = False) -> str:
    """Give the usual pattern of a register's numbers; empty when letters bring their own.

    Args:
        register: the book.
        circular: whether the letter is a circular of the outgoing register.
    """
    book = _BOOKS[register]
    return (book.circular if circular else "") or book.number


def write_number(pattern: str, *, prefix: str, number: int, year: int) -> str:
    """Write a letter's number by a pattern.

    Args:
        pattern: with ``{prefix}``, ``{number}`` and ``{year}``; nothing else is replaced.
        prefix: the office's letter prefix; without one the number stands alone.
        number: the running number.
        year: Buddhist year.
    """
    if not prefix:
        pattern = pattern.replace("{prefix}/", "")
    parts = {"prefix": prefix, "number": number, "year": year}
    for name, part in parts.items():
        pattern = pattern.replace(f"{{{name}}}", str(part))
    return pattern
