"""Names for the things two machines talk about, so that two strings cannot be swapped.

A document id ``EEEE-SSSSSSSSSS`` is made of epoch and sequence number with leading zeros, so that
the documents of a journal sort in the order in which they happened.
"""

import re
from typing import Annotated, Final, NewType

import msgspec

from saraban_sync.errors import NotAnIdentifier

OfficeCode = NewType("OfficeCode", str)
NodeId = NewType("NodeId", str)
PersonId = NewType("PersonId", str)
EventId = NewType("EventId", str)
Whole = Annotated[int, msgspec.Meta(ge=-(2**53 - 1), le=2**53 - 1)]
"""A whole number that means the same in every JSON reader (RFC 8785) and fits in any database."""

_CODE: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_EVENT: Final = re.compile(r"([0-9]{4})-([0-9]{10})")
MAX_EPOCH: Final = 9_999
MAX_SEQ: Final = 9_999_999_999


def office_code(text: str) -> OfficeCode:
    """Check an office's code.

    Raises:
        NotAnIdentifier: the text has other characters than a–z, 0–9 and hyphen, or is too long.
    """
    return OfficeCode(_code(text))


def node_id(text: str) -> NodeId:
    """Check a node's name; it becomes part of database names and file names.

    Raises:
        NotAnIdentifier: as for :func:`office_code`.
    """
    return NodeId(_code(text))


def event_id(epoch: int, seq: int) -> EventId:
    """Write epoch and sequence number as a document id.

    Raises:
        NotAnIdentifier: a number does not fit its field.
    """
    if not (1 <= epoch <= MAX_EPOCH and 1 <= seq <= MAX_SEQ):
        raise NotAnIdentifier(f"epoch {epoch}, seq {seq}", value=f"{epoch}-{seq}")
    return EventId(f"{epoch:04d}-{seq:010d}")


def parse_event_id(text: str) -> tuple[int, int]:
    """Read a document id back into epoch and sequence number.

    Raises:
        NotAnIdentifier: the text is no document id.
    """
    found = _EVENT.fullmatch(text)
    if found is None:
        raise NotAnIdentifier(f"not an event id: {text[:40]!r}", value=text[:40])
    return int(found[1]), int(found[2])


def _code(text: str) -> str:
    if _CODE.fullmatch(text) is None:
        raise NotAnIdentifier(f"not a code: {text[:40]!r}", value=text[:40])
    return text
