"""Which year a number is taken in, and whose word is needed when the clock cannot say.

    1 January, clock trusted ─────────────────────────────────> the new year opens by itself
    clock untrusted ──> refused, in a sentence ──confirm──────> clock.confirmed: who, when, what
                                               └─centre's word> goes on by itself

Reserved numbers keep the year they were reserved in; this gate is for numbers taken now.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from saraban_base.sqlite import Cursor, Write
from saraban_node.clocks.clock_watch import ClockWatch, Sight
from saraban_node.clocks.errors import (
    AdministratorConfirms,
    ClockBehind,
    ClockJumped,
    ClockMoved,
    ClockStepped,
    ClockUnknown,
    ClockUntrusted,
    YearGoneBack,
)
from saraban_node.journal import Journal
from saraban_node.numbering import numbers
from saraban_sync import clocks, thai
from saraban_sync.clocks import Judgement, Need, Quality, Source
from saraban_sync.events import Event
from saraban_sync.ids import PersonId
from saraban_sync.number_events import ClockConfirmed
from saraban_sync.registers import BANGKOK, buddhist_year, instant, thai_date

_SHOWN_FOR: Final = timedelta(minutes=10)
_OFF_MINUTES: Final = 3
"""A clock that is this far off is to be set, although registering goes on."""
_REFUSALS: Final[dict[Quality, type[ClockUntrusted]]] = {
    Quality.BEHIND: ClockBehind,
    Quality.STEPPED: ClockStepped,
    Quality.JUMPED: ClockJumped,
    Quality.UNKNOWN: ClockUnknown,
    Quality.TRUSTED: YearGoneBack,  # in itself, but not for an earlier year
}
_SOURCES: Final = {
    Source.CENTRE: ("เทียบกับเวลาของส่วนกลางแล้ว", "compared with the centre's"),
    Source.NTP: ("เดินตามเวลามาตรฐานทางเครือข่าย", "following a time service"),
    Source.HUMAN: ("มีผู้ยืนยันแล้ว", "confirmed by a person"),
    Source.RTC: ("ตามนาฬิกาแบตเตอรี่ในเครื่อง", "by the machine's battery clock"),
}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the clock is, for a page, a command or the list of findings."""

    now: datetime
    """What it shows."""
    sight: Sight
    need: Need | None
    """Whose word is needed before a number is given; None when nobody's is."""
    refusal: ClockUntrusted | None
    """What a clerk is told who asks for a number."""
    good: bool
    """Whether nobody need do anything."""
    thai: str
    english: str


def year_to_number(write: Write, watch: ClockWatch) -> int:
    """Give the Buddhist year in which a number is taken now.

    Raises:
        ClockUntrusted: nobody can say which year it is; one of its kinds says why.
    """
    sight, year = watch.at(write), buddhist_year(write.now)
    if sight.judged.trusted and watch.year_is_open(year):
        return year
    newest = numbers.newest_year(write.cursor)
    if (refusal := _refusal(sight, newest)) is not None:
        raise refusal
    if year > newest:
        watch.opened(write, year)
    else:
        watch.remember_open(year)
    return year


def require_trusted(write: Write, watch: ClockWatch) -> None:
    """Refuse to date anything while the clock is untrusted.

    Raises:
        ClockUntrusted: one of its kinds says why.
    """
    sight = watch.at(write)
    if not sight.judged.trusted:
        raise _refused(sight, numbers.newest_year(write.cursor))


def standing(cursor: Cursor, watch: ClockWatch) -> Standing:
    """Tell how the clock is."""
    sight, newest = watch.look(cursor), numbers.newest_year(cursor)
    refusal = _refusal(sight, newest)
    good, thai_, english = _sentences(sight, watch.offset_ms)
    if refusal is not None:
        good, thai_, english = False, refusal.sentence("th"), refusal.sentence("en")
    return Standing(
        now=sight.reading.wall,
        sight=sight,
        need=clocks.needed(sight.reading, sight.judged, sight.anchor, newest),
        refusal=refusal,
        good=good,
        thai=thai_,
        english=english,
    )


def confirm(
    write: Write, journal: Journal, *, shown: datetime, actor: PersonId, administrator: bool
) -> Event:
    """Take a person's word that the date and time shown are right.

    Args:
        write: the transaction.
        journal: the office's journal.
        shown: the moment the person was shown.
        actor: the person.
        administrator: whether that is an administrator.

    Raises:
        ClockMoved: the clock shows something else by now.
        AdministratorConfirms: this is not for a clerk to say.
        ClockUntrusted: it cannot be right, whoever says so.
        Fenced: nothing may be written.
    """
    if abs(write.now - shown) > _SHOWN_FOR:
        shown_th, shown_en = said(write.now)
        raise ClockMoved(instant(shown), shown_th=shown_th, shown_en=shown_en)
    watch, newest = journal.clock, numbers.newest_year(write.cursor)
    sight = watch.at(write)
    need = clocks.needed(sight.reading, sight.judged, sight.anchor, newest)
    if need is not None and need.administrator and not administrator:
        raise AdministratorConfirms(instant(shown))
    opens = need.opens_year if need is not None else 0
    event = journal.append(
        write, ClockConfirmed(shown=instant(shown), opens_year=opens), actor=actor
    )
    watch.vouched(write)
    if (refusal := _refusal(watch.at(write), newest)) is not None:
        raise refusal
    return event


def said(moment: datetime) -> tuple[str, str]:
    """Write a moment for a Thai and for an English sentence, Thailand's time."""
    day, time = thai_date(moment), thai.clock_time(moment, thai=False)
    english = moment.astimezone(BANGKOK).strftime("%-d %B %Y, %H:%M")
    return f"วันที่ {thai.long_date(day, thai=False)} เวลา {time}", english


def _refusal(sight: Sight, newest: int) -> ClockUntrusted | None:
    year = buddhist_year(sight.reading.wall)
    if clocks.may_number(sight.judged, sight.anchor, year, newest):
        return None
    return _refused(sight, newest)


def _refused(sight: Sight, newest: int) -> ClockUntrusted:
    need = clocks.needed(sight.reading, sight.judged, sight.anchor, newest)
    shown_th, shown_en = said(sight.reading.wall)
    expected_th, expected_en = said(sight.judged.expected or sight.reading.wall)
    by_administrator = need is not None and need.administrator
    return _REFUSALS[sight.judged.quality](
        f"{sight.judged.quality} at {instant(sight.reading.wall)}",
        shown_th=shown_th,
        shown_en=shown_en,
        expected_th=expected_th,
        expected_en=expected_en,
        who_th="ผู้ดูแลระบบ" if by_administrator else "เจ้าหน้าที่",
        who_en="an administrator" if by_administrator else "a member of staff",
        newest=newest,
    )


def _sentences(sight: Sight, offset_ms: int | None) -> tuple[bool, str, str]:
    """Say how a trusted clock is, and whether it should be set all the same."""
    judged = sight.judged
    if judged.source is None:
        return False, "", ""
    source_th, source_en = _SOURCES[judged.source]
    found = _found_off(judged) if judged.source is Source.CENTRE else 0.0
    minutes = round(max(found, abs(offset_ms or 0) / 1000) / 60)
    if minutes >= _OFF_MINUTES:
        return (
            False,
            f"นาฬิกาของเครื่องต่างจากของส่วนกลางราว {minutes} นาที ทะเบียนยังลงได้ โปรดให้ช่างตั้งนาฬิกา",
            f"The clock is about {minutes} minutes off the centre's. Registering goes on; have a "
            "technician set it.",
        )
    return True, f"นาฬิกาของเครื่องเชื่อถือได้ {source_th}", f"The clock can be trusted, {source_en}"


def _found_off(judged: Judgement) -> float:
    """Give how many seconds the clock was found to be off, without what it may have drifted since.

    A machine that was cut off for a month is in more doubt, but nobody has found it wrong.
    """
    return (judged.doubt_s or 0) - (judged.age_s or 0) * clocks.DRIFT
