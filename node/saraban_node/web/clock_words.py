"""How certain a moment is, in words: what an event, or the machine now, knows of its clock."""

from typing import NamedTuple

from saraban_base.web.voice import Voice
from saraban_node.clocks.clock_watch import Sight
from saraban_sync.clocks import Source
from saraban_sync.events import ClockState

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


class ClockWords(NamedTuple):
    """The evidence behind a moment, for a page."""

    certain: bool
    """Whether it is known how far off it can be."""
    sentence: str
    """How certain the moment is, and by whose word."""
    compared: str
    """How long before that the word was given; empty when nobody can say."""
    boot: str
    """The start of the machine during which it was written."""
    stepped: str
    """That the clock had gone back, if it had."""


def words_of(voice: Voice, state: ClockState) -> ClockWords:
    """Say what an event knows of its clock."""
    return _words(voice, state.source, state.doubt_s, state.age_s, state.boot, state.stepped)


def said_of(voice: Voice, sight: Sight) -> ClockWords:
    """Say what is known of the clock now."""
    judged = sight.judged
    source = "" if judged.source is None else judged.source.value
    return _words(voice, source, judged.doubt_s, judged.age_s, sight.reading.boot, False)


def _words(
    voice: Voice, source: str, doubt: int | None, age: int | None, boot: str, stepped: bool
) -> ClockWords:
    if not source:
        sentence = voice.text("clock.by_nobody")
    elif doubt is None:
        sentence = voice.text("clock.doubt_unknown", source=_source(voice, source))
    else:
        sentence = voice.text(
            "clock.certain", source=_source(voice, source), doubt=lasting(voice, doubt)
        )
    return ClockWords(
        certain=bool(source) and doubt is not None,
        sentence=sentence,
        compared=voice.text("clock.compared", age=lasting(voice, age)) if age is not None else "",
        boot=boot,
        stepped=voice.text("clock.stepped") if stepped else "",
    )


def _source(voice: Voice, source: str) -> str:
    known = {
        Source.CENTRE: "clock.source.centre",
        Source.NTP: "clock.source.ntp",
        Source.HUMAN: "clock.source.human",
        Source.RTC: "clock.source.rtc",
    }
    key = known.get(Source(source)) if source in set(Source) else None
    return voice.text(key) if key else source


def lasting(voice: Voice, seconds: int) -> str:
    """Write a length of time in the largest whole unit that says enough."""
    if seconds < 2 * _MINUTE:
        return voice.text("clock.seconds", n=seconds)
    if seconds < 2 * _HOUR:
        return voice.text("clock.minutes", n=round(seconds / _MINUTE))
    if seconds < 2 * _DAY:
        return voice.text("clock.hours", n=round(seconds / _HOUR))
    return voice.text("clock.days", n=round(seconds / _DAY))
