"""Every text on the pages, in Thai and in English, with the reader's own digits and dates.

Texts stand in TOML files as pairs, Thai first::

    [login]
    title = ["เข้าสู่ระบบ", "Log in"]

Braces are filled with values; whole numbers among them appear in the reader's digits.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final, NamedTuple

from saraban_sync import thai
from saraban_sync.errors import SarabanError
from saraban_sync.registers import BUDDHIST_ERA, parse_instant, thai_date

LANGUAGES: Final = ("th", "en")
_NO_BREAK: Final = "\u00a0"
_QUOTED_OR_CODE: Final = re.compile(r"(“[^”]*”|\S*[A-Za-z]\S*)")
"""What keeps its digits in a sentence: what somebody typed, and names such as ``doi-2``."""
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class Pair(NamedTuple):
    """One text in both languages."""

    th: str
    en: str


class Catalogue:
    """All texts of an appliance by key, such as ``login.title``.

    Args:
        sources: TOML files; a key may stand in only one of them.
    """

    def __init__(self, *sources: Traversable) -> None:
        self._texts: dict[str, Pair] = {}
        for source in sources:
            found = _flat("", tomllib.loads(source.read_text(encoding="utf-8")))
            if double := self._texts.keys() & found.keys():
                raise ValueError(f"texts given twice: {sorted(double)}")
            self._texts.update(found)

    def keys(self) -> frozenset[str]:
        """All keys."""
        return frozenset(self._texts)

    def pair(self, key: str) -> Pair:
        """Give a text in both languages.

        Raises:
            KeyError: there is no such text.
        """
        return self._texts[key]

    def __contains__(self, key: object) -> bool:
        return key in self._texts


def base_texts() -> Traversable:
    """Give the file of texts that node and centre share."""
    return resources.files("saraban_base") / "assets" / "texts.toml"


def _flat(prefix: str, table: Mapping[str, object]) -> dict[str, Pair]:
    texts: dict[str, Pair] = {}
    for name, value in table.items():
        match value:
            case dict():
                texts.update(_flat(f"{prefix}{name}.", value))
            case [str(th), str(en)] if th and en:
                texts[prefix + name] = Pair(th, en)
            case _:
                raise ValueError(f"text {prefix}{name} is no pair of Thai and English")
    return texts


class Voice:
    """Speaks to one reader: language, digits, dates.

    Args:
        catalogue: the texts.
        language: ``th`` or ``en``.
        digits: ``thai`` or ``arabic``.
    """

    __slots__ = ("_catalogue", "_thai_digits", "language")

    def __init__(self, catalogue: Catalogue, language: str = "th", digits: str = "thai") -> None:
        self._catalogue = catalogue
        self.language = language
        self._thai_digits = digits == "thai"

    @property
    def digits_name(self) -> str:
        """The digits setting: ``thai`` or ``arabic``."""
        return "thai" if self._thai_digits else "arabic"

    def text(self, key: str, /, **facts: object) -> str:
        """Say a text of the catalogue.

        Raises:
            KeyError: there is no such text, or a value for its braces is missing.
        """
        pair = self._catalogue.pair(key)
        template = pair.en if self.language == "en" else pair.th
        if not facts:
            return template
        return template.format_map({name: self._fact(value) for name, value in facts.items()})

    def knows(self, key: str) -> bool:
        """Tell whether there is such a text."""
        return key in self._catalogue

    def sentence(self, problem: SarabanError) -> str:
        """Say what happened and what to do next, with numbers in the reader's digits."""
        said = problem.sentence(self.language)
        if not self._thai_digits:
            return said
        parts = _QUOTED_OR_CODE.split(said)  # every second one keeps its digits
        return "".join(
            one if place % 2 else thai.thai_digits(one) for place, one in enumerate(parts)
        )

    def digits(self, value: object) -> str:
        """Write a number in the reader's digits; nothing for None."""
        text = "" if value is None else str(value)
        return thai.thai_digits(text) if self._thai_digits else text

    def count(self, value: int) -> str:
        """Write a quantity with thousands separated."""
        return self.digits(f"{value:,}")

    def long_date(self, day: date | datetime | str) -> str:
        """Write a day in full: ``๒๒ พฤศจิกายน ๒๕๖๙``."""
        moment = _day(day)
        if self.language == "en":
            year = moment.year + BUDDHIST_ERA
            return self.digits(f"{moment.day} {_MONTHS[moment.month - 1]} {year}")
        return thai.long_date(moment, thai=self._thai_digits)

    def short_date(self, day: date | datetime | str) -> str:
        """Write a day as registers do: ``๒๒ พ.ย. ๖๙``; nothing for an empty text."""
        if day == "":
            return ""
        moment = _day(day)
        if self.language == "en":
            year = (moment.year + BUDDHIST_ERA) % 100
            text = self.digits(f"{moment.day} {_MONTHS[moment.month - 1][:3]} {year:02d}")
        else:
            text = thai.short_date(moment, thai=self._thai_digits)
        return text.replace(" ", _NO_BREAK)

    def clock_time(self, moment: datetime | str) -> str:
        """Write the time of day: ``๐๙.๔๒ น.``, in English ``09:42``."""
        when = parse_instant(moment) if isinstance(moment, str) else moment
        text = thai.clock_time(when, thai=self._thai_digits)
        if self.language == "en":
            return text.removesuffix(" น.").replace(".", ":")
        return text.replace(" ", _NO_BREAK)

    def moment(self, moment: datetime | str) -> str:
        """Write day and time: ``๒๒ พ.ย. ๖๙ ๐๙.๔๒ น.``; nothing for an empty text."""
        if moment == "":
            return ""
        return f"{self.short_date(moment)} {self.clock_time(moment)}"

    def ago(self, moment: datetime | str, now: datetime) -> str:
        """Say roughly how long ago something was."""
        when = parse_instant(moment) if isinstance(moment, str) else moment
        minutes = int((now - when).total_seconds() // 60)
        if minutes < 1:
            return self.text("time.now")
        if minutes < 60:
            return self.text("time.minutes", n=minutes)
        if minutes < 48 * 60:
            return self.text("time.hours", n=minutes // 60)
        return self.text("time.days", n=minutes // (24 * 60))

    def size(self, size: int) -> str:
        """Write a file's size."""
        if size < 1024 * 1024:
            return self.digits(f"{max(1, round(size / 1024))} KB")
        return self.digits(f"{size / 1024 / 1024:.1f} MB")

    def _fact(self, value: object) -> str:
        return self.count(value) if isinstance(value, int) else str(value)


def _day(value: date | datetime | str) -> date:
    match value:
        case datetime():
            return thai_date(value)
        case date():
            return value
        case _ if value.endswith("Z"):
            return thai_date(parse_instant(value))
        case _:
            return date.fromisoformat(value)
