"""Reads what a person typed into a form: clean text, or a sentence beside the field."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, BinaryIO, Final, NamedTuple, TypeVar

from saraban_base.refusals import (
    FieldMissing,
    FieldTooLong,
    NotAChoice,
    NotADate,
    NotANumber,
    WrongFields,
)
from saraban_sync.errors import SarabanError
from saraban_sync.registers import BUDDHIST_ERA
from saraban_sync.thai import MONTHS, SHORT_MONTHS, arabic_digits, tidy

_T = TypeVar("_T")
_NUMERIC: Final = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{2}|\d{4})")
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_WORDS: Final = re.compile(r"(\d{1,2})\s*([^\d\s]+)\s*(?:พ\.?ศ\.?\s*)?(\d{2}|\d{4})")
_ENGLISH: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_CHRISTIAN_UNTIL: Final = 2400
_WHOLE: Final = re.compile(r"-?\d{1,9}", re.ASCII)


class Upload(NamedTuple):
    """A file as the browser sent it; the name is only what somebody called it."""

    name: str
    media: str
    stream: BinaryIO


@dataclass(frozen=True)
class Form:
    """The fields and files of a form."""

    fields: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, tuple[Upload, ...]] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """All values of each field, for check boxes."""

    def text(self, name: str) -> str:
        """Give a field exactly as typed; empty if it was not sent. For passwords."""
        return self.fields.get(name, "")


class Reader:
    """Reads fields one after the other and collects what is wrong with them.

    Call :meth:`done` before using what was read.
    """

    def __init__(self, form: Form) -> None:
        self._form = form
        self.problems: dict[str, SarabanError] = {}

    def line(self, name: str, *, limit: int = 1000, required: bool = False) -> str:
        """Read a field as one tidy line of text."""
        text = tidy(self._form.text(name))
        if required and not text:
            self.problems[name] = FieldMissing(name)
        if len(text) > limit:
            self.problems[name] = FieldTooLong(f"{name}: {len(text)}", limit=limit)
        return text

    def choice(self, name: str, convert: Callable[[str], _T], default: _T) -> _T:
        """Read a field that must be one of a few values."""
        text = self._form.text(name)
        if not text:
            return default
        return self.trial(name, lambda: convert(text), default)

    def number(self, name: str, default: int) -> int:
        """Read a whole number in Thai or Arabic digits; whether it can be is not judged here."""
        text = tidy(self._form.text(name))
        return self.trial(name, lambda: parse_number(text), default) if text else default

    def day(self, name: str) -> date | None:
        """Read a date in any of the ways people write it; None when empty."""
        text = tidy(self._form.text(name))
        return self.trial(name, lambda: parse_day(text), None) if text else None

    def many(self, name: str, allowed: Iterable[str]) -> tuple[str, ...]:
        """Read check boxes of which each must be one of ``allowed``."""
        values = tuple(dict.fromkeys(self._form.lists.get(name, ())))
        if not set(values) <= set(allowed):
            self.problems[name] = NotAChoice(f"{name}: {values}")
        return values

    def trial(self, name: str, action: Callable[[], _T], default: _T) -> _T:
        """Do something that may refuse; what it says then stands beside the field."""
        try:
            return action()
        except SarabanError as problem:
            self.problems[name] = problem
        except ValueError as wrong:
            self.problems[name] = NotAChoice(f"{name}: {wrong}")
        return default

    def done(self) -> None:
        """Check that all fields were right.

        Raises:
            WrongFields: some were not.
        """
        if self.problems:
            raise WrongFields(self.problems)


def parse_day(text: str) -> date:
    """Read a date: ``7/6/2569``, ``๗ มิ.ย. ๖๙``, ``7 June 2026``, ``2026-06-07``.

    Years of two digits and those after 2400 are Buddhist; other years of four digits Christian.

    Raises:
        NotADate: it is none.
    """
    plain = arabic_digits(tidy(text)).casefold()
    if found := _ISO.fullmatch(plain):
        year, month, day = found.groups()
    elif found := _NUMERIC.fullmatch(plain):
        day, month, year = found.groups()
    elif found := _WORDS.fullmatch(plain):
        day, month, year = found[1], str(_month(found[2])), found[3]
    else:
        raise NotADate(f"no date: {text[:40]!r}")
    number = int(year) + (2500 if len(year) == 2 else 0)
    try:
        return date(
            number - BUDDHIST_ERA if number > _CHRISTIAN_UNTIL else number, int(month), int(day)
        )
    except ValueError as wrong:
        raise NotADate(f"no date: {text[:40]!r}") from wrong


def parse_number(text: str) -> int:
    """Read a whole number in Thai or Arabic digits.

    Raises:
        NotANumber: it is none.
    """
    plain = arabic_digits(tidy(text)).replace(",", "")
    if not _WHOLE.fullmatch(plain):
        raise NotANumber(f"no number: {text[:20]!r}")
    return int(plain)


def _month(word: str) -> int:
    bare = word.replace(".", "")
    for index in range(12):
        if bare in (MONTHS[index], SHORT_MONTHS[index].replace(".", "")):
            return index + 1
        if bare.startswith(_ENGLISH[index]):
            return index + 1
    return 0  # no month: date() refuses it


def read_multidict(items: Iterable[tuple[str, Any]]) -> Form:
    """Sort what the web framework parsed into fields and files.

    Args:
        items: name and value, a text or an uploaded file.
    """
    lists: dict[str, list[str]] = {}
    files: dict[str, list[Upload]] = {}
    for name, value in items:
        if isinstance(value, str):
            lists.setdefault(name, []).append(value)
        elif hasattr(value, "file") and value.filename:
            upload = Upload(value.filename, value.content_type or "", value.file)
            files.setdefault(name, []).append(upload)
    return Form(
        fields={name: values[0] for name, values in lists.items()},
        files={name: tuple(uploads) for name, uploads in files.items()},
        lists={name: tuple(values) for name, values in lists.items()},
    )
