"""The facts of a journal that are about numbers: reserved, skipped, asked for, of an emergency.

Letters and people are in :mod:`saraban_sync.events`, which also writes and reads events.
"""

from typing import Literal

from saraban_sync.body import Body, FileRef, Source
from saraban_sync.ids import Whole
from saraban_sync.registers import Register, Urgency


class NumberReserved(Body, frozen=True):
    """จองเลข: a number was kept for a letter that is still to be written."""

    register: Register
    year: Whole
    number: Whole
    holder: str
    """Who asked for it."""
    purpose: str
    """What for; becomes the subject if the letter brings none."""
    expires: str
    """ISO date, Thailand's calendar: the last day on which the letter can take the number."""
    letter_no: str = ""
    """ที่: the number as whoever asked for it was told it."""


class ReservationEnded(Body, frozen=True):
    """A reserved number was cancelled or ran out. It is never used again."""

    reservation: str
    how: Literal["void", "expired"]
    reason: str = ""


class Mark(Body, frozen=True):
    """How far a series was numbered, according to one witness."""

    source: str
    """``backup``, ``centre``, ``mark-file``, ``browser``, ``courier`` or ``paper``."""
    number: Whole


class NumbersSkipped(Body, frozen=True):
    """Numbers that will never be used, because nobody can say whether they were given.

    The centre, a colleague or paper may later show that some of them were: each can be explained.
    """

    register: Register
    year: Whole
    first: Whole
    last: Whole
    why: Literal["restored", "copied", "twin", "forked", "superseded"]
    marks: tuple[Mark, ...] = ()
    """What was known when they were skipped."""
    guard: Whole = 0
    """How many of them were added for safety."""


class GapExplained(Body, frozen=True):
    """What became of skipped numbers, as somebody found out later; the skip itself stays."""

    register: Register
    year: Whole
    first: Whole
    last: Whole
    text: str
    letter: str = ""
    """The event of another journal that bears the number, as ``node event``; empty if none does."""


class NumbersReturned(Body, frozen=True):
    """The rest of a range that was not used when its year was over."""

    register: Register
    year: Whole
    first: Whole
    last: Whole


class RangeRequested(Body, frozen=True):
    """The node asks for more numbers; the centre answers with a grant."""

    register: Register
    year: Whole
    size: Whole
    left: Whole
    """How many it still had."""
    per_day: str = ""
    """Numbers used on a day, as the forecast took it; a decimal number."""
    silence_s: Whole = 0
    """The longest time without contact that was seen; seconds."""


class RangeTold(Body, frozen=True):
    """The node took a range that was read to it over the telephone; ``code`` proves it."""

    grant: str
    register: Register
    year: Whole
    first: Whole
    last: Whole
    code: str


class EmergencyOpened(Body, frozen=True):
    """ทะเบียนฉุกเฉิน: numbers have run out and there is no line; work goes on in a series apart."""

    outage: Whole
    """The outage's own number, from 1 for each node."""
    cause: str


class EmergencyClosed(Body, frozen=True):
    """The emergency is over; ordinary numbers are given again."""

    outage: Whole
    total: Whole
    """How many letters were registered meanwhile."""


class EmergencyRegistered(Body, frozen=True):
    """A letter that got an emergency number; its legal time is this event's."""

    outage: Whole
    emergency: Whole
    """Its place in the node's emergency series of the year; unique across outages."""
    register: Register
    year: Whole
    subject: str
    sender: str = ""
    recipient: str = ""
    letter_no: str = ""
    letter_date: str = ""
    action: str = ""
    remark: str = ""
    urgency: Urgency = Urgency.NORMAL
    files: tuple[FileRef, ...] = ()
    source: Source | None = None
    circular: bool = False
    offices: tuple[str, ...] = ()
    """Where it is to go once it has its ordinary number."""


class EmergencyCorrelated(Body, frozen=True):
    """A letter of the emergency register got its ordinary number; it keeps both."""

    entry: str
    """The ``emergency.registered`` event."""
    register: Register
    year: Whole
    number: Whole
    letter_no: str = ""


class ClockConfirmed(Body, frozen=True):
    """A person said that date and time shown are right, because nothing else could."""

    shown: str
    """The moment that was shown, UTC."""
    opens_year: Whole = 0
    """The Buddhist year that may be opened on this word; 0 when none was."""


class CentreFellBehind(Body, frozen=True):
    """The centre knew less than it had acknowledged: it was restored. All is sent again."""

    acknowledged: str
    """The last event that the centre had been seen to hold."""
    held: str
    """The last one it holds now; empty for none."""
    generation: Whole
