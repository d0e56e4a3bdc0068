"""One request after the door: who asks, for what, with which parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

import msgspec

from saraban_central.centre import Centre
from saraban_central.gateway.answers import bad_request
from saraban_central.records import Node

T = TypeVar("T")

MAX_IDS: Final = 10_000
"""Ids in one request; a body of the greatest size holds fewer documents anyway."""


class Kind(StrEnum):
    """What a database is to the node that asks for it."""

    JOURNAL = "journal"
    MAILBOX = "mailbox"
    DIRECTORY = "directory"
    CHUNKS = "chunks"


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a known node for a database that it may see."""

    centre: Centre
    node: Node
    kind: Kind
    database: str
    name: str
    """Id of the document the path names; empty when it names none."""
    query: Mapping[str, str]
    body: bytes

    def flag(self, name: str) -> bool:
        """Read a parameter that is ``true`` or not."""
        return self.query.get(name) == "true"

    def number(self, name: str, default: int, *, least: int = 0, most: int) -> int:
        """Read a whole number; beyond ``most`` it is ``most``.

        Raises:
            Denied: it is no number, or below ``least``.
        """
        text = self.query.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= 18) or int(text) < least:
            raise bad_request(f"{name} must be a whole number of at least {least}")
        return min(int(text), most)

    def key(self, *names: str) -> str:
        """Read a key: a JSON string, as CouchDB wants it; empty when not given.

        Raises:
            Denied: it is no JSON string.
        """
        for name in names:
            if name in self.query:
                return decode(self.query[name].encode("utf-8", "replace"), str, what=name)
        return ""


def decode(data: bytes, kind: type[T], *, what: str = "body") -> T:
    """Read JSON that came from outside; nesting is bounded by the decoder.

    Raises:
        Denied: it is no JSON, of the wrong shape, or nested too deeply.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as wrong:
        raise bad_request(f"{what}: {wrong}") from wrong
    except UnicodeDecodeError as wrong:
        raise bad_request(f"{what}: not UTF-8") from wrong
    except RecursionError as wrong:
        raise bad_request(f"{what}: nested too deeply") from wrong
