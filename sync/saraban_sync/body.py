"""What the bodies of all events are made of."""

import msgspec

from saraban_sync.ids import Whole


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Common shape of all bodies: unknown fields of newer programs are left alone."""


class Signed(msgspec.Struct, frozen=True):
    """Bytes as they were signed, and the signature. ``p`` and ``s`` keep the wire short."""

    p: str
    s: str


class FileRef(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file of a letter, named by its content."""

    name: str
    media: str
    size: Whole
    sha256: str
    chunks: tuple[str, ...] = ()
    """SHA-256 of each chunk; empty when the file is one chunk, whose name is ``sha256``."""


class Former(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An act in another journal that an event takes over: who did it and when, as was signed."""

    event: str
    at: str
    actor: str
    node: str = ""
    """In whose journal it stands; empty for a tail that the node itself has left behind."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The sender's event that brought a letter here."""

    node: str
    event: str
    hash: str
    """SHA-256 of that event's payload, hexadecimal."""
