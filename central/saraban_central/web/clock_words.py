"""How certain a moment is, in words: what an event knew of its machine's clock."""

from typing import Final, NamedTuple

from saraban_base.web.voice import Voice
from saraban_sync.events import ClockState

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_SOURCES: Final = ("centre", "ntp", "human", "rtc")


class ClockWords(NamedTuple):
    """The evidence behind a moment, for a page."""

    certain: bool
    """Whether it is known how far off it can be."""
    sentence: str
    """How certain the moment is, and by whose word."""
    compared: str
    """How long before that the word was given; empty when nobody can say."""
    boot: str
    stepped: str
    """That the clock had gone back, if it had."""


def words_of(voice: Voice, state: ClockState) -> ClockWords:
    """Say what an event knew of its clock."""
    source = state.source
    if source in _SOURCES:
        source = voice.text(f"clock.source_{source}")
    if not source:
        sentence = voice.text("clock.by_nobody")
    elif state.doubt_s is None:
        sentence = voice.text("clock.doubt_unknown", source=source)
    else:
        sentence = voice.text("clock.certain", source=source, doubt=lasting(voice, state.doubt_s))
    age = state.age_s
    return ClockWords(
        certain=bool(source) and state.doubt_s is not None,
        sentence=sentence,
        compared=voice.text("clock.compared", age=lasting(voice, age)) if age is not None else "",
        boot=state.boot,
        stepped=voice.text("clock.stepped") if state.stepped else "",
    )


def lasting(voice: Voice, seconds: int) -> str:
    """Write a length of time in the largest whole unit that says enough."""
    if seconds < 2 * _MINUTE:
        return voice.text("clock.seconds", n=seconds)
    if seconds < 2 * _HOUR:
        return voice.text("clock.minutes", n=round(seconds / _MINUTE))
    if seconds < 2 * _DAY:
        return voice.text("clock.hours", n=round(seconds / _HOUR))
    return voice.text("clock.days", n=round(seconds / _DAY))
