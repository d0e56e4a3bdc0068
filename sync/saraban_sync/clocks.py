"""When a machine's clock may be believed, and which year it may open.

Wall time on a small box lies: after a power cut it can stand in another year, and anybody can set
it. Three things do not lie: seconds since the machine was started, who last vouched for the clock
and when (the anchor), and the latest moment known to have passed (the floor).

    same start as the anchor   expected = anchor + seconds since     near it: trusted as the anchor
                                                                     else   : stepped
    started again              below the floor                       behind
                               battery clock, at most 40 days on     trusted as such, doubt unknown
                               battery clock, further on             jumped
                               no battery clock                      unknown

Only the centre, a time service or a person puts an end to an untrusted clock. Nothing is ever
dated again: an event keeps the time it was written with and what was known of the clock then.
"""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from saraban_sync.registers import BANGKOK, BUDDHIST_ERA, buddhist_year

SLACK: Final = timedelta(seconds=120)
"""How far a clock may be from what is expected of it."""
DRIFT: Final = 100e-6
"""Seconds that the clock of a running machine can lose or gain in a second."""
LONGEST_OFF: Final = timedelta(days=40)
"""How long a machine may have been off before its battery clock alone is not believed."""
MOST_OFF: Final = timedelta(hours=1)
"""A clock found further from the centre's is wrong; one found nearer is right, in such doubt."""
EARLIEST: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No node was ever at work before this."""
FLOOR_STEP: Final = timedelta(seconds=60)
"""The floor is written down when it has moved this far, and a time service's word as often."""
HUMAN_DOUBT_MS: Final = 300_000
"""How exactly a person compares a clock with another."""


class Source(StrEnum):
    """What vouches for a clock, the best first."""

    CENTRE = "centre"
    """The centre's time, measured."""
    NTP = "ntp"
    """A time service; the kernel says how well the clock follows it."""
    HUMAN = "human"
    """A person, by name, in the journal."""
    RTC = "rtc"
    """Only the machine's battery clock, and it is plausible."""


STRONG: Final = frozenset({Source.CENTRE, Source.NTP, Source.HUMAN})
"""Those that may also say that it is earlier than was thought."""


class Quality(StrEnum):
    """What may be thought of a clock."""

    TRUSTED = "trusted"
    BEHIND = "behind"
    """It shows a moment that has passed already."""
    STEPPED = "stepped"
    """It was set while the machine was running, or was found to be wrong."""
    JUMPED = "jumped"
    """It is far ahead of the last moment known."""
    UNKNOWN = "unknown"
    """The machine was started, and nothing kept the time meanwhile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Anchor:
    """Who vouched for the clock last, and the latest moment known to have passed."""

    boot: str
    monotonic: float
    """Seconds since that boot."""
    wall: datetime
    """What the clock should have shown then."""
    source: Source
    doubt_ms: int | None
    """How exactly that was known; None for not at all."""
    floor: datetime


class Reading(NamedTuple):
    """What a machine's clocks say at one moment."""

    wall: datetime
    monotonic: float
    boot: str
    battery: bool
    """Whether a battery clock has kept the time while the machine was off."""
    ntp_doubt_ms: int | None = None
    """How well the clock follows a time service; None when it follows none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What may be thought of one reading."""

    quality: Quality
    source: Source | None = None
    """What vouches for it; None when it is not trusted."""
    age_s: int | None = None
    """Seconds since it was vouched for; None when that was before the machine was started."""
    doubt_s: int | None = None
    """The wall time is certain to this many seconds; None when nobody can say."""
    expected: datetime | None = None
    """What it should show, when it is not trusted and that is known."""

    @property
    def trusted(self) -> bool:
        """Whether it may date a letter."""
        return self.quality is Quality.TRUSTED


class Need(NamedTuple):
    """The word of a person that a clock needs before a number is given."""

    opens_year: int
    """The year that would be opened on this word; 0 when it is open already."""
    administrator: bool
    """Whether it must be an administrator's."""


def judge(reading: Reading, anchor: Anchor | None) -> Judgement:
    """Say what may be thought of a clock.

    Args:
        reading: what the machine's clocks say.
        anchor: who vouched for them last; None if nobody ever did.
    """
    floor = EARLIEST if anchor is None else max(anchor.floor, EARLIEST)
    if reading.wall < EARLIEST - SLACK:
        return Judgement(quality=Quality.BEHIND, expected=floor)
    if reading.ntp_doubt_ms is not None:
        doubt = _whole(reading.ntp_doubt_ms / 1000)
        return Judgement(quality=Quality.TRUSTED, source=Source.NTP, age_s=0, doubt_s=doubt)
    if anchor is None:
        return Judgement(quality=Quality.UNKNOWN)
    if _same_start(reading, anchor):
        return _still_running(reading, anchor)
    if reading.wall < floor - SLACK:
        return Judgement(quality=Quality.BEHIND, expected=floor)
    if not reading.battery:
        return Judgement(quality=Quality.UNKNOWN)
    if reading.wall > floor + LONGEST_OFF:
        return Judgement(quality=Quality.JUMPED, expected=floor)
    return Judgement(quality=Quality.TRUSTED, source=Source.RTC)


def vouched(
    reading: Reading,
    source: Source,
    before: Anchor | None,
    *,
    doubt_ms: int,
    off: timedelta = timedelta(),
) -> Anchor:
    """Write down somebody's word. It takes the floor back if that lies ahead of it: whoever set
    the floor was wrong.

    Args:
        reading: the machine's clocks at that moment.
        source: who gives the word.
        before: who gave it before.
        doubt_ms: how exactly.
        off: the right time minus what the clock shows.
    """
    wall, doubt = reading.wall + off, timedelta(milliseconds=doubt_ms)
    floor = wall - doubt
    if before is not None and floor < before.floor <= wall + doubt:
        floor = before.floor
    return Anchor(
        boot=reading.boot,
        monotonic=reading.monotonic,
        wall=wall,
        source=source,
        doubt_ms=doubt_ms,
        floor=floor,
    )


def by_the_centre(
    reading: Reading, anchor: Anchor | None, *, off: timedelta, doubt_ms: int
) -> Anchor | None:
    """Write down the centre's word.

    A clock that is nearly right is trusted, in as much doubt as it was found to be off. One that is
    not is wrong from now on, unless it follows a time service or the centre has vouched for it
    since the machine was started: then it is the centre's clock that has moved.

    Args:
        reading: the machine's clocks at that moment.
        anchor: who vouched for them before.
        off: the centre's time minus what the clock shows.
        doubt_ms: how exactly that was measured.

    Returns:
        The new anchor; None when the one before stays.
    """
    if reading.wall + off < EARLIEST:
        return None
    before = judge(reading, anchor)
    if before.trusted and before.source is Source.NTP:
        return None
    word = vouched(reading, Source.CENTRE, anchor, doubt_ms=doubt_ms, off=off)
    if abs(off) <= MOST_OFF:
        return replace(word, doubt_ms=doubt_ms + abs(off) // timedelta(milliseconds=1))
    if before.trusted and before.source is Source.CENTRE:
        return None
    return word


def carried_on(anchor: Anchor | None, reading: Reading, judged: Judgement) -> Anchor | None:
    """Bring the anchor up to date with a trusted reading, now and then.

    Returns:
        The new anchor; None when the one before stays as it is.
    """
    if not judged.trusted:
        return None
    if judged.source is Source.NTP:
        if anchor is None or _is_due(anchor, reading):
            return vouched(reading, Source.NTP, anchor, doubt_ms=reading.ntp_doubt_ms or 0)
        return None
    if anchor is None:
        return None
    passed = reading.wall - timedelta(seconds=judged.doubt_s or 0)
    if judged.source is Source.RTC and not _same_start(reading, anchor):
        return Anchor(
            boot=reading.boot, monotonic=reading.monotonic, wall=reading.wall, source=Source.RTC,
            doubt_ms=None, floor=max(anchor.floor, passed),
        )  # fmt: skip
    return replace(anchor, floor=passed) if passed - anchor.floor >= FLOOR_STEP else None


def in_year(anchor: Anchor, year: int) -> Anchor:
    """Raise the floor to the first moment of a year that has been opened."""
    begins = datetime(year - BUDDHIST_ERA, 1, 1, tzinfo=BANGKOK).astimezone(UTC)
    return replace(anchor, floor=max(anchor.floor, begins))


def may_number(judged: Judgement, anchor: Anchor | None, year: int, newest: int) -> bool:
    """Say whether a number may be given in the year a clock shows.

    Args:
        judged: what may be thought of the clock.
        anchor: who vouched for it last.
        year: the Buddhist year it shows.
        newest: the latest year of which a number was given; 0 when none was.
    """
    if not judged.trusted:
        return False
    if year >= newest or judged.source in STRONG:
        return True
    # Only a strong word takes the floor back into an earlier year; a battery clock may go on there.
    return anchor is not None and buddhist_year(anchor.floor) == year


def needed(reading: Reading, judged: Judgement, anchor: Anchor | None, newest: int) -> Need | None:
    """Say whose word is needed before a number may be given; None when it is nobody's.

    In the year that is open already, a clock that shows a plausible moment is confirmed by whoever
    works at the machine. What opens a year, or could date a letter back, is an administrator's.
    """
    year = buddhist_year(reading.wall)
    if may_number(judged, anchor, year, newest):
        return None
    floor = EARLIEST if anchor is None else max(anchor.floor, EARLIEST)
    plausible = floor - SLACK <= reading.wall <= floor + LONGEST_OFF
    opens = year if year != newest else 0
    return Need(opens, administrator=bool(opens) or not plausible)


def _same_start(reading: Reading, anchor: Anchor) -> bool:
    """Tell whether the machine has been running since its anchor."""
    return reading.boot == anchor.boot and reading.monotonic >= anchor.monotonic


def _still_running(reading: Reading, anchor: Anchor) -> Judgement:
    """Judge the clock of a machine that has been running since its anchor."""
    elapsed = reading.monotonic - anchor.monotonic
    expected = anchor.wall + timedelta(seconds=elapsed)
    off = abs(reading.wall - expected).total_seconds()
    drift = elapsed * DRIFT
    doubt = (anchor.doubt_ms or 0) / 1000
    if off > SLACK.total_seconds() + drift + doubt:
        return Judgement(quality=Quality.STEPPED, expected=expected)
    known = anchor.doubt_ms is not None
    return Judgement(
        quality=Quality.TRUSTED,
        source=anchor.source,
        age_s=int(elapsed) if known else None,
        doubt_s=_whole(max(doubt, off) + drift) if known else None,
    )


def _is_due(anchor: Anchor, reading: Reading) -> bool:
    if anchor.source is not Source.NTP or not _same_start(reading, anchor):
        return True
    return reading.monotonic - anchor.monotonic >= FLOOR_STEP.total_seconds()


def _whole(seconds: float) -> int:
    """Round up to a whole second, but not for what is less than a thousandth of one."""
    return math.ceil(seconds - 0.001)
