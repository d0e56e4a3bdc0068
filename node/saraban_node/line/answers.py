"""What the centre is asked and what it says, as the rest of the node sees it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

ENDLESS: Final = "endless answer"
"""What is wrong with an answer that is longer than any may be."""


class OldRevision(Exception):
    """A document was saved over a revision that is no longer the last one."""


@dataclass(frozen=True)
class Unreadable:
    """A document that is no document of this protocol, and why."""

    id: str
    reason: str


@dataclass(frozen=True)
class ClockReading:
    """The centre's time as it came with an answer, and how long the question took."""

    centre: datetime
    seconds: float


@dataclass(frozen=True)
class FormerLife:
    """After which event of the time before a fork the centre holds nothing."""

    after: str
    """Empty when it holds nothing of it."""
    hash: str


@dataclass(frozen=True, kw_only=True)
class StatusAnswer:
    """The centre has taken note of how this node is."""

    reading: ClockReading
    generation: int
    """The centre's generation; 0 when it did not say."""
    resume: bool
    """The node is fenced and may ask for a new epoch."""
    fork: bool
    """The node is fenced and must go on under another name."""
    apart: str = ""
    """Another machine of this name has numbered nobody knows how far: names that twin."""
    former: FormerLife | None = None
    """The centre lacks events of the time before this machine's fork."""


@dataclass(frozen=True, kw_only=True)
class Contest:
    """The centre doubts that this machine is the one that bears the name."""

    error: str
    """``ratchet``, ``twin``, ``superseded``, ``epoch-taken``, ``base-unknown``, ``heal-first``."""
    reason: str
    current: str = ""
    """With ``ratchet``: the token that the centre holds."""


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What the centre gives a node that shows a good code."""

    node: str
    office: str
    office_name: str
    prefix: str
    secret: str
    centre_key: str
    epoch: int
    generation: int
    time: str = ""
    """The centre's time when it answered; empty when it did not say."""


class ForkOf(msgspec.Struct, frozen=True, kw_only=True):
    """Where a machine that asks for a name of its own comes from."""

    node: str
    """The name that it shares with another machine."""
    base: str
    """The last event that both share."""
    base_hash: str
    epoch: int
    """The highest epoch in what it has written."""
    machine: str
    """Hash of the machine."""


class ReturnOf(msgspec.Struct, frozen=True, kw_only=True):
    """What this node was at a centre that has forgotten it."""

    node: str
    epoch: int
    generation: int
    origin: str = ""
    """The name it was forked from; empty for most."""
    base: str = ""
    """The last event it shares with that one."""
    base_hash: str = ""


class EpochAsked(msgspec.Struct, frozen=True, kw_only=True):
    """The request for a new epoch, or for the centre's word on one begun by hand."""

    reason: str
    base: str
    """The event after which it begins; empty for an empty journal."""
    base_hash: str
    claim: str = ""
    """Hash of the ``epoch.started`` event, when it was begun by hand."""
    machine: str = ""
    next: str
    """The token of the next contact; asking again with the same one gives the same epoch."""


class SeenMark(msgspec.Struct, frozen=True, kw_only=True):
    """The greatest number of a series that the centre has seen from this node."""

    register: str
    year: int
    number: int


class EpochGiven(msgspec.Struct, frozen=True, kw_only=True):
    """A new epoch."""

    epoch: int
    generation: int = 0
    marks: tuple[SeenMark, ...] = ()
