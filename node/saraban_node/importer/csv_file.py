"""Cuts a CSV file into lines of cells, whichever way Excel or another program wrote it.

The encoding is told from the bytes: UTF-8, UTF-16 with its mark, otherwise TIS-620 as Thai Windows
writes it (cp874). The delimiter is the one that shows most known heads. A quotation mark that is
never closed would swallow the rest of the file, so a row may go over 40 lines at most; then the
line on which it began is bad and reading goes on with the next one.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from saraban_node.importer import heads, reasons
from saraban_node.importer.errors import FileTooLarge, NotASpreadsheet, UnreadableText
from saraban_node.importer.reasons import Reason
from saraban_node.importer.table import MAX_COLUMNS, MAX_LINES, Line, Sheet

MAX_BYTES: Final = 64 * 1024 * 1024
_MAX_LINE: Final = 100_000
_MAX_LINES_OF_ROW: Final = 40
_LINES_TO_TRY: Final = 60
_BLOCK: Final = 64 * 1024
_DELIMITERS: Final = (",", ";", "\t", "|")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


def open_csv(path: Path) -> Sheet:
    """Find out how a text file is written.

    Raises:
        FileTooLarge: it is larger than :data:`MAX_BYTES`.
        UnreadableText: its encoding is not known, or it holds NUL characters.
        NotASpreadsheet: it is a web page.
    """
    if path.stat().st_size > MAX_BYTES:
        raise FileTooLarge(f"{path.stat().st_size} bytes", name=path.name, limit="64 MB")
    encoding = _encoding(path)
    with _text(path, encoding) as stream:
        begin = list(islice(io.StringIO(stream.read(_MAX_LINE), newline=""), _LINES_TO_TRY))
    if "".join(begin).lstrip().startswith("<"):
        raise NotASpreadsheet("a web page or XML", name=path.name, seen="HTML/XML")
    delimiter, skipped = _delimiter(begin)
    lines = partial(_lines, path, encoding, delimiter, skipped)
    return Sheet(name="", lines=lines, narrow=True)


def _encoding(path: Path) -> str:
    with path.open("rb") as stream:
        begin = stream.read(4096)
    candidates = ["utf-16"] if begin.startswith(_UTF16) else ["utf-8-sig", "cp874"]
    for encoding in candidates:
        if _decodes(path, encoding):
            return encoding
        if encoding == "utf-8-sig" and _mostly_utf8(begin):
            break
    raise UnreadableText(f"none of {candidates}", name=path.name, seen="UTF-8, TIS-620")


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with _text(path, encoding) as stream:
            while block := stream.read(_BLOCK):
                if "\0" in block:
                    raise UnreadableText("NUL characters", name=path.name, seen="NUL")
    except UnicodeError:
        return False
    return True


def _mostly_utf8(begin: bytes) -> bool:
    """Tell whether Thai in UTF-8 is there, so that one broken byte is not taken for TIS-620."""
    thai = sum("\u0e00" <= c <= "\u0e7f" for c in begin.decode("utf-8", errors="ignore"))
    return thai * 3 > 0.9 * sum(byte > 0x7F for byte in begin)


def _text(path: Path, encoding: str) -> TextIO:
    return path.open(encoding=encoding, errors="strict", newline="")


def _delimiter(begin: list[str]) -> tuple[str, int]:
    """Choose the delimiter; Excel's own first line ``sep=;`` decides and is left out."""
    if begin and (first := begin[0].strip().lower()).startswith("sep=") and len(first) == 5:
        return first[4], 1
    if begin and begin[0].strip().lower() == "sep=":
        return "\t", 1

    def heads_shown(delimiter: str) -> int:
        rows = csv.reader(begin, delimiter=delimiter, skipinitialspace=True)
        return max((heads.known_heads(row) for row in rows), default=0)

    return max(_DELIMITERS, key=heads_shown), 0


def _lines(path: Path, encoding: str, delimiter: str, skipped: int) -> Iterator[Line]:
    with _text(path, encoding) as stream:
        feed = _Feed(stream)
        for _ in range(skipped):
            next(feed, None)
        while (line := _next_line(feed, delimiter)) is not None:
            if line.number > MAX_LINES:
                yield Line(line.number, (), reasons.TOO_MANY_ROWS)
                return
            yield line


def _next_line(feed: "_Feed", delimiter: str) -> Line | None:
    number = feed.begin()
    try:
        row = next(csv.reader(feed, delimiter=delimiter, skipinitialspace=True, strict=True))
    except StopIteration:
        return None
    except _TooLong:
        reason = feed.give_back() or reasons.LONG_LINE
    except csv.Error as wrong:
        ended = "unexpected end" in str(wrong)
        reason = feed.give_back() or (reasons.OPEN_QUOTE if ended else reasons.BAD_QUOTES)
    else:
        return Line(number, tuple(row[:MAX_COLUMNS]))
    return Line(number, (feed.first,), reason)


class _TooLong(Exception):
    """A line, or a row of many lines, is over the limit."""


class _Feed:
    """Gives a file's lines to the CSV reader, counts them, and can take them back."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: deque[str | None] = deque()
        self._taken: list[str | None] = []
        self._number = 1

    def begin(self) -> int:
        """Begin a row after the blank lines before it; give the number of its first line."""
        self._number += len(self._taken)
        self._taken = []
        line = self._pull()
        while line and line.isspace() and self._number <= MAX_LINES:
            self._number += 1
            line = self._pull()
        self._waiting.appendleft(line)
        return self._number

    @property
    def first(self) -> str:
        """The first line of the row, for a report."""
        return (self._taken[0] if self._taken else None) or ""

    def give_back(self) -> Reason | None:
        """Put all lines but the first back; say so if there were any."""
        more = self._taken[1:]
        self._waiting.extendleft(reversed(more))
        self._taken = self._taken[:1]
        return reasons.OPEN_QUOTE if more else None

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if len(self._taken) >= _MAX_LINES_OF_ROW:
            raise _TooLong
        line = self._pull()
        if line == "":
            raise StopIteration
        self._taken.append(line)
        if line is None or sum(map(len, filter(None, self._taken))) > _MAX_LINE:
            raise _TooLong
        return line

    def _pull(self) -> str | None:
        return self._waiting.popleft() if self._waiting else self._read()

    def _read(self) -> str | None:
        line = self._stream.readline(_MAX_LINE + 1)
        if len(line) <= _MAX_LINE or line.endswith(("\n", "\r")):
            return line
        while line and not line.endswith(("\n", "\r")):
            line = self._stream.readline(_MAX_LINE + 1)
        return None
