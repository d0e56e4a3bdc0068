"""The number of a letter as people write it, read back: Thai or Arabic digits, with or without.

    ศธ ๐๔๑๒๓.๔๕/ว ๑๒๓ · 123/2569 · รับที่ 123 · คำสั่งที่ ๑๒/๒๕๖๙ · ฉ 3/2569 · 123

One text can be read in more than one way; the likeliest reading comes first, and whoever asks looks
which of them there is.
"""

import re
from typing import Final, NamedTuple

from saraban_sync import thai
from saraban_sync.registers import BUDDHIST_ERA, Register

MAX_TEXT: Final = 200
MAX_NUMBER: Final = 99_999_999
_BOOKS: Final = {
    "เกียรติบัตร": Register.AWARD,
    "รับรอง": Register.CERTIFICATE,
    "คำสั่ง": Register.ORDER,
    "ประกาศ": Register.ANNOUNCEMENT,
    "บันทึก": Register.MEMO,
    "รับ": Register.INCOMING,
    "ส่ง": Register.OUTGOING,
}
"""Words that name a book; a longer one stands before one that is part of it."""
_EMERGENCY: Final = "ฉุกเฉิน"
_CIRCULAR: Final = "เวียน"
_WORDS: Final = (
    *_BOOKS, _EMERGENCY, _CIRCULAR, "ข้อความ", "ทะเบียน", "หนังสือ", "เลขที่", "เลข", "ที่", "no", "#",
)  # fmt: skip
_LABEL: Final = re.compile(
    "(?:" + "|".join(re.escape(thai.normalise(word)) for word in _WORDS) + r"|[\s:.])+"
)
_DATED: Final = re.compile(r"\s*(?:ลงวันที่|ลว\.?|ปี|พ\.ศ\.).*?(?P<year>\d{4})?\s*$")
_IN_EMERGENCY: Final = re.compile(
    r"ฉ(?:(?P<mark>[a-z0-9-]+)\s+)?\s*(?P<number>\d{1,8})(?:\s*/\s*(?P<year>\d{4}|\d{2}))?"
)
_ORDINARY: Final = re.compile(
    r"(?:(?P<prefix>[^/]*)/)??\s*(?P<circular>ว)?\s*\.?\s*(?P<number>\d{1,8})"
    r"(?:\s*/\s*(?P<year>\d{4}|\d{2}))?"
)


class Written(NamedTuple):
    """One way to read what was written."""

    number: int
    year: int | None = None
    """Buddhist year; None when it was not written."""
    register: Register | None = None
    """The book, when a word named it."""
    prefix: str = ""
    """What stands before the stroke, normalised; empty for a number alone."""
    circular: bool = False
    """Whether ว stands before the number."""
    emergency: str | None = None
    """Of an emergency number: what stands after ฉ, the node's mark; None for any other number."""


def read(text: str) -> list[Written]:
    """Read a number in every way it can be meant, the likeliest first; empty for no number."""
    if len(text) > MAX_TEXT:
        return []
    told = thai.normalise(text)
    register = _book(told)
    circular, emergency = _named(told, _CIRCULAR), _named(told, _EMERGENCY)
    rest, year = _undated(_unlabelled(told))
    found = _emergency(rest, year, always=emergency)
    if not found:
        ordinary = _ordinary(rest, year)
        found = [
            one._replace(register=register, circular=one.circular or circular) for one in ordinary
        ]
    return [one for one in dict.fromkeys(found) if 1 <= one.number <= MAX_NUMBER]


def bare(text: str) -> str:
    """Take labels and a date away, so that what stands on the letter remains; normalised."""
    return _undated(_unlabelled(thai.normalise(text)))[0]


def squeezed(text: str) -> str:
    """Write a number so that two spellings of it are equal: normalised, without spaces."""
    return thai.normalise(text).replace(" ", "")


def _book(told: str) -> Register | None:
    for word, register in _BOOKS.items():
        if _named(told, word):
            return register
    return None


def _named(told: str, word: str) -> bool:
    return thai.normalise(word) in told


def _unlabelled(told: str) -> str:
    """Take words such as ``รับที่`` from the beginning."""
    label = _LABEL.match(told)
    return (told[label.end() :] if label else told).strip()


def _undated(rest: str) -> tuple[str, int | None]:
    """Take a date from the end; its year is that of the number."""
    dated = _DATED.search(rest)
    if dated is None or not dated.start():
        return rest.strip(" .,"), None
    year = dated["year"]
    return rest[: dated.start()].strip(" .,"), _year(year) if year else None


def _emergency(rest: str, year: int | None, *, always: bool) -> list[Written]:
    found = _IN_EMERGENCY.fullmatch(rest)
    if found is None and always:
        found = _IN_EMERGENCY.fullmatch(f"ฉ {rest}")
    if found is None:
        return []
    year = _year(found["year"]) if found["year"] else year
    return [Written(int(found["number"]), year, emergency=found["mark"] or "")]


def _ordinary(rest: str, year: int | None) -> list[Written]:
    """Read ``prefix/ว number/year``, of which only the number must be there."""
    found = _ORDINARY.fullmatch(rest)
    if found is None:
        return []
    readings = []
    written, number = found["year"], int(found["number"])
    prefix, circular = (found["prefix"] or "").strip(), bool(found["circular"])
    of_year = _year(written) if written else year
    if written is None or of_year is not None:
        readings.append(Written(number, of_year, prefix=prefix, circular=circular))
    if written and not prefix and not circular:
        # What looks like number and year may be a prefix of digits, and the number.
        readings.append(Written(int(written), year, prefix=found["number"]))
    return readings


def _year(written: str) -> int | None:
    """Read a Buddhist year of two or four digits, or one of the Christian era."""
    year = int(written)
    if len(written) == 2:
        return 2500 + year
    if 2400 <= year <= 3000:
        return year
    return year + BUDDHIST_ERA if 1900 <= year <= 2200 else None
