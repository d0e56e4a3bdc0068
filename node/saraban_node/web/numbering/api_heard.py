"""What the JSON API hears about numbers. Unknown fields are refused, as everywhere in it."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from saraban_node.web.api_types import Said
from saraban_sync.registers import Register

Year = Annotated[int, Meta(ge=2500, le=3000)]
Number = Annotated[int, Meta(ge=0, le=99_999_999)]


class NumberToReserve(Said, frozen=True):
    """A number that somebody wants kept."""

    register: Register
    holder: Annotated[str, Meta(min_length=1, max_length=200)]
    purpose: Annotated[str, Meta(min_length=1, max_length=500)]
    expires: date
    """The last day on which it can be used."""


class Cause(Said, frozen=True):
    """Why ordinary numbers cannot be had."""

    cause: Annotated[str, Meta(min_length=1, max_length=500)]


class NumbersToAsk(Said, frozen=True):
    """Numbers to ask the centre for."""

    register: Register
    year: Year
    size: Annotated[int, Meta(ge=1, le=5_000)] | None = None
    """One block when not given."""


class CodeHeard(Said, frozen=True):
    """A range that was read out over the telephone."""

    register: Register
    year: Year
    code: Annotated[str, Meta(min_length=1, max_length=60)]


class ClockSeen(Said, frozen=True):
    """The moment that a person says is right, as the machine showed it."""

    shown: datetime


class OnPaper(Said, frozen=True):
    """The last number of a book on paper."""

    register: Register
    year: Year
    number: Number | None
    """0 for none; null when nobody knows."""


class FenceWord(Said, frozen=True):
    """What an administrator states when lifting the fence."""

    alone: bool
    """Whether no other machine works with these data any more."""
    paper: Annotated[tuple[OnPaper, ...], Meta(max_length=100)] = ()
    guard: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    by_hand: bool = False
    """Whether there is no line."""


class ForkCode(Said, frozen=True):
    """The code with which this machine gets a name of its own."""

    code: Annotated[str, Meta(min_length=1, max_length=200)]


class GapWord(Said, frozen=True):
    """What became of numbers that were given up."""

    register: Register
    year: Year
    first: Number
    last: Number
    text: Annotated[str, Meta(min_length=1, max_length=500)]
