"""Which registers there are, and to which Buddhist year a moment belongs.

Registers run through the calendar year, 1 January to 31 December, in Thailand's time (annex 6,
2.1). Thailand has had no daylight saving time, so Asia/Bangkok is UTC+7 without a time-zone file.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final, NamedTuple

from saraban_sync.ids import OfficeCode

BANGKOK: Final = timezone(timedelta(hours=7), "Asia/Bangkok")
BUDDHIST_ERA: Final = 543


class Register(StrEnum):
    """A numbered book of an office."""

    INCOMING = "incoming"
    """ทะเบียนหนังสือรับ, form 13."""
    OUTGOING = "outgoing"
    """ทะเบียนหนังสือส่ง, form 14."""
    CIRCULAR = "circular"
    """ทะเบียนหนังสือเวียน, for offices whose circulars have a series of their own (clause 32)."""
    ORDER = "order"
    """ทะเบียนคำสั่ง, clause 16."""
    ANNOUNCEMENT = "announcement"
    """ทะเบียนประกาศ, clause 20."""
    CERTIFICATE = "certificate"
    """ทะเบียนหนังสือรับรอง, clause 24."""
    MEMO = "memo"
    """ทะเบียนบันทึกข้อความ, clause 12."""
    AWARD = "award"
    """ทะเบียนเกียรติบัตร."""


SENDABLE: Final = frozenset({Register.OUTGOING, Register.CIRCULAR})
"""Registers whose letters leave the office."""


class Circulars(StrEnum):
    """Where an office's circulars (หนังสือเวียน) take their numbers from; the office chooses."""

    SHARED = "shared"
    """From the outgoing register, with ว before the number."""
    OWN = "own"
    """From a series of their own."""


class Urgency(StrEnum):
    """ชั้นความเร็ว, clause 28."""

    NORMAL = "normal"
    URGENT = "urgent"
    VERY_URGENT = "very-urgent"
    MOST_URGENT = "most-urgent"


URGENCY_THAI: Final = {
    Urgency.NORMAL: "ปกติ",
    Urgency.URGENT: "ด่วน",
    Urgency.VERY_URGENT: "ด่วนมาก",
    Urgency.MOST_URGENT: "ด่วนที่สุด",
}


class Series(NamedTuple):
    """The unit in which numbers are unique for ever."""

    office: OfficeCode
    register: Register
    year: int
    """Buddhist year."""


def buddhist_year(moment: datetime) -> int:
    """Tell the Buddhist year of a moment, as Thailand's calendar shows it.

    Raises:
        ValueError: the moment has no time zone.
    """
    return thai_date(moment).year + BUDDHIST_ERA


def thai_date(moment: datetime) -> date:
    """Tell the day a moment falls on in Thailand.

    Raises:
        ValueError: the moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone")
    return moment.astimezone(BANGKOK).date()


def instant(moment: datetime) -> str:
    """Write a moment as UTC text with milliseconds: ``2026-11-22T12:00:00.123Z``."""
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone")
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_instant(text: str) -> datetime:
    """Read what :func:`instant` wrote.

    Raises:
        ValueError: the text is no UTC moment.
    """
    if not text.endswith("Z"):
        raise ValueError(f"not a UTC moment: {text[:40]!r}")
    return datetime.fromisoformat(text)
