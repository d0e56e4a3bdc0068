"""The ratchet: each contact names the token of the next one, so that no two machines can go on.

    contact n      shows t(n-1), names t(n)    ──> the centre holds t(n)
    contact n+1    shows t(n),   names t(n+1)  ──> the centre holds t(n+1)

    shows what the centre holds              ──> accepted
    names what the centre holds              ──> accepted: the answer was lost on the way
    names what the centre held before        ──> a request that comes late: look in your own past
    shows what the centre held before        ──> this database is old: a twin
    shows what the centre has never seen     ──> look in your own past

Whoever is told to look in its own past finds there what the centre holds, and then the centre is
the one that fell behind (it was restored); or does not find it, and then another machine works
under the same name. A single machine finds it always, whatever the line loses, repeats or delays.
"""

import re
from collections.abc import Container
from enum import StrEnum
from typing import Final, NamedTuple

CENTRE_REMEMBERS: Final = 200
"""Tokens of a node that the centre keeps: an older one is only unknown instead of old, and the
machine that shows it finds out by itself."""
NODE_REMEMBERS: Final = 50_000
"""Tokens that a node keeps: a contact a minute for five weeks. A centre that was set back further
cannot be told from a twin."""
_TOKEN: Final = re.compile(r"[0-9a-f]{32}")


class Ratchet(NamedTuple):
    """What the centre holds of a node's tokens."""

    current: str = ""
    """The one that the next contact must show; empty before the first contact."""
    past: tuple[str, ...] = ()
    """Those before it, the oldest first."""


class Verdict(StrEnum):
    """What the centre makes of a contact."""

    FIRST = "first"
    """The node was never here before."""
    NEXT = "next"
    """It goes on where it was."""
    AGAIN = "again"
    """It does not know that it was here: the answer was lost."""
    LATE = "late"
    """A request from before; whoever still waits for its answer must look in its own past."""
    OLD = "old"
    """It shows a token that was overtaken: a copy from before, or the one it was copied from."""
    UNKNOWN = "unknown"
    """It shows a token that was never here; it must look in its own past."""

    @property
    def accepted(self) -> bool:
        """Whether the contact counts."""
        return self in (Verdict.FIRST, Verdict.NEXT, Verdict.AGAIN)


def judge(ratchet: Ratchet, *, token: str, following: str) -> Verdict:
    """Judge a contact, at the centre.

    Args:
        ratchet: what the centre holds.
        token: what the node shows: the token of its last contact that was answered.
        following: what it names for the next contact.
    """
    if not ratchet.current:
        return Verdict.FIRST
    if following == ratchet.current:
        return Verdict.AGAIN
    if token == ratchet.current:
        return Verdict.NEXT
    if following in ratchet.past:
        return Verdict.LATE
    if token in ratchet.past:
        return Verdict.OLD
    return Verdict.UNKNOWN


def moved(ratchet: Ratchet, following: str) -> Ratchet:
    """Give the ratchet after a contact that counts; the same one twice moves it once."""
    if following == ratchet.current:
        return ratchet
    past = (*ratchet.past, ratchet.current) if ratchet.current else ratchet.past
    return Ratchet(following, past[-CENTRE_REMEMBERS:])


def centre_fell_behind(current: str, own: Container[str]) -> bool:
    """Tell, at the node, why the centre does not know its token.

    Args:
        current: the token that the centre holds.
        own: the tokens of all contacts of this database that were answered.

    Returns:
        True: the centre was set back. False: another machine works under this name.
    """
    return current in own


def is_token(text: str) -> bool:
    """Tell whether a text can be a token: 32 hexadecimal digits, drawn at random."""
    return _TOKEN.fullmatch(text) is not None
