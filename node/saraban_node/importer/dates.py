"""Dates as people write them in registers, in both eras.

The day stands before the month, except in ``2026-06-07``. A four-digit year from 2443 to 2643 is
Buddhist, one from 1900 to 2100 Christian. A two-digit year is Buddhist (69 is 2569), but only from
40 to 99: 26 could be 2026 as well as 2526, so it is sent back to be written in full.

Excel has a trap of its own: someone types 7/6/69, and Excel keeps 7 June 1969. Dates before 1990
in a date cell are therefore sent back too; in a text cell, with four digits, they are taken.
"""

import math
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

from saraban_node.importer import reasons
from saraban_node.importer.reasons import BadCell
from saraban_sync.registers import BUDDHIST_ERA
from saraban_sync.thai import MONTHS, SHORT_MONTHS, arabic_digits, normalise

Cell = str | int | float | bool | datetime | date | time | timedelta | None
"""What a cell of a file can hold."""

CHRISTIAN_YEARS: Final = range(1900, 2101)
BUDDHIST_YEARS: Final = range(1900 + BUDDHIST_ERA, 2101 + BUDDHIST_ERA)
SHORT_YEARS: Final = range(40, 100)
EXCEL_YEARS: Final = range(1990, 2101)
EMPTY: Final = frozenset({"", "-", "–", "—", "--", "ไม่มี", "ไม่ระบุ", "n/a"})
"""How people write that there is nothing."""

_MAX_LENGTH: Final = 60
_EXCEL_DAY_ZERO: Final = date(1899, 12, 30)
_LEAST_SERIAL: Final = 10_000
_MOST_SERIAL: Final = 300_000
_ENGLISH: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_SLIPS: Final = {"กรกฏาคม": 7, "พฤษจิกายน": 11, "กุมภาพันธ": 2, "sept": 9}
"""Spellings that are wrong and common."""

_BEFORE: Final = re.compile(
    r"^(?:(?:ลง\s*)?วันที่|ลว\.?|dated?|(?:วัน)?(?:จันทร์|อังคาร|พุธ|พฤหัสบดี|พฤหัส|ศุกร์|เสาร์|อาทิตย์)(?:\s*ที่)?"
    r"|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b)[\s,:.]*"
)
_TIME: Final = re.compile(
    r"(?:[t\s,]\s*(?:เวลา)?\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?|\s*เวลา\s*\d{1,2}[.:]\d{2}"
    r"|\s\d{1,2}\.\d{2}(?=\s*น))\s*(?:น\.?|am|pm|z)?$"
)
_ERA: Final = re.compile(
    r"(?:(พ\.?\s*ศ\.?|(?<![a-z])b\.?e\.?)|(ค\.?\s*ศ\.?|(?<![a-z])(?:a\.?d\.?|c\.?e\.?)))(?=\s*\d)"
)
_NUMBERS: Final = re.compile(r"(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{1,4})")
_YEAR_FIRST: Final = re.compile(r"(\d{4})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{1,2})")
_WORDS: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s./-]*([^\d]+?)[\s./-]*(\d{1,4})?")
_MONTH_FIRST: Final = re.compile(r"([a-z]+)\.?\s*(\d{1,2})(?:st|nd|rd|th)?(?:,\s*|\s+)(\d{1,4})")
_SERIAL: Final = re.compile(r"[1-9]\d{4,5}(?:\.\d+)?")
_IN_TITLE: Final = re.compile(
    r"วันที่\s*(\d{1,2})\s*(?:เดือน)?\s*([^\d\s]+)\s*(?:พ\.?\s*ศ\.?)?\s*(\d{4})"
)
_YEAR_IN_TITLE: Final = re.compile(r"(?<!\d)(2[45]\d\d)(?!\d)")


def _month_names() -> Iterator[tuple[str, int]]:
    for number, (long, short, english) in enumerate(
        zip(MONTHS, SHORT_MONTHS, _ENGLISH, strict=True), start=1
    ):
        yield long, number
        yield long.removesuffix("คม").removesuffix("ยน").removesuffix("พันธ์"), number
        yield short.replace(".", ""), number
        yield english, number
        yield english[:3], number


_MONTH: Final = {normalise(name): number for name, number in (*_month_names(), *_SLIPS.items())}


def read_day(cell: Cell, *, year: int | None = None, serials: bool = True) -> date | None:
    """Read a cell as a day; None when it says that there is none.

    Args:
        cell: what stands in the file.
        year: Christian year to use when the cell has day and month only.
        serials: whether a bare number may be Excel's count of days.

    Raises:
        BadCell: it is no day, an impossible one, or one that can be read in two ways.
    """
    match cell:
        case None:
            return None
        case datetime() | date():
            return _excel_day(cell)
        case bool() | time() | timedelta():
            raise BadCell(reasons.NOT_A_DATE)
        case int() | float():
            return _serial(cell, serials=serials)
        case str():
            return _written(cell, year=year, serials=serials)


def day_in_title(text: str) -> date | None:
    """Find the one day that a title names, if it names exactly one."""
    found = _IN_TITLE.findall(normalise(text))
    if len(found) != 1:
        return None
    day, month, year = found[0]
    try:
        return _day(_christian(year), _MONTH.get(_plain(month), 0), int(day))
    except BadCell:
        return None


def year_in_title(text: str) -> int | None:
    """Find the one Buddhist year that a title names; given as a Christian year."""
    years = {int(year) for year in _YEAR_IN_TITLE.findall(arabic_digits(text))}
    return years.pop() - BUDDHIST_ERA if len(years) == 1 else None


def _written(text: str, *, year: int | None, serials: bool) -> date | None:
    if len(text) > _MAX_LENGTH:
        raise BadCell(reasons.NOT_A_DATE)
    text = normalise(text)
    if text in EMPTY:
        return None
    if serials and _SERIAL.fullmatch(text):
        return _serial(float(text), serials=True)
    while (shorter := _BEFORE.sub("", text, count=1)) != text:
        text = shorter
    text = _TIME.sub("", text).strip()
    text, era = _without_era(text)
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(_christian(found[1], era), int(found[2]), int(found[3]))
    if found := _NUMBERS.fullmatch(text):
        return _day(_christian(found[3], era), int(found[2]), int(found[1]))
    if found := _MONTH_FIRST.fullmatch(text):
        return _named(found[2], found[1], found[3], era)
    if found := _WORDS.fullmatch(text):
        if found[3] is None and year is not None:
            return _day(year, _month(found[2]), int(found[1]))
        return _named(found[1], found[2], found[3], era)
    raise BadCell(reasons.NOT_A_DATE)


def _named(day: str, month: str, year: str | None, era: str) -> date:
    number = _month(month)
    if year is None:
        raise BadCell(reasons.NO_YEAR)
    return _day(_christian(year, era), number, int(day))


def _without_era(text: str) -> tuple[str, str]:
    found = _ERA.search(text)
    if found is None:
        return text, ""
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    return " ".join(rest.split()), "buddhist" if found[1] else "christian"


def _month(name: str) -> int:
    number = _MONTH.get(_plain(name))
    if number is None:
        raise BadCell(reasons.NOT_A_DATE)
    return number


def _plain(name: str) -> str:
    return re.sub(r"[\s.,/-]", "", name).removeprefix("เดือน")


def _christian(digits: str, era: str = "") -> int:
    year = int(digits)
    if len(digits) == 2 and era != "christian":
        if year not in SHORT_YEARS:
            raise BadCell(reasons.SHORT_YEAR)
        return 2500 + year - BUDDHIST_ERA
    if len(digits) == 2:
        raise BadCell(reasons.SHORT_YEAR)
    if year in BUDDHIST_YEARS and era != "christian":
        return year - BUDDHIST_ERA
    if year in CHRISTIAN_YEARS and era != "buddhist":
        return year
    raise BadCell(reasons.UNCLEAR_YEAR)


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as wrong:
        raise BadCell(reasons.IMPOSSIBLE_DATE) from wrong


def _excel_day(cell: date) -> date:
    if cell.year in BUDDHIST_YEARS:
        # Typed in Buddhist years into a Christian calendar: 29 February may not be there at all.
        return _day(cell.year - BUDDHIST_ERA, cell.month, cell.day)
    if cell.year in EXCEL_YEARS:
        return date(cell.year, cell.month, cell.day)
    raise BadCell(reasons.SHORT_YEAR if cell.year < EXCEL_YEARS.start else reasons.UNCLEAR_YEAR)


def _serial(number: float, *, serials: bool) -> date:
    if not serials or not math.isfinite(number) or not _LEAST_SERIAL <= number <= _MOST_SERIAL:
        raise BadCell(reasons.NOT_A_DATE)
    return _excel_day(_EXCEL_DAY_ZERO + timedelta(days=int(number)))
