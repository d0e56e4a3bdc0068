"""Search over the registers: Thai has no spaces between words, so three-letter pieces are indexed.

Both sides go through :func:`saraban_sync.thai.normalise`. Every word of the question must occur;
a word of one or two letters is too short for the index and is looked for in what the other words
found, or by reading from the newest letter backwards until the page is full.
"""

from dataclasses import dataclass
from typing import Final

from saraban_base.sqlite import Cursor, Write, rows
from saraban_sync import thai
from saraban_sync.events import LetterRegistered

_PIECE: Final = 3
MAX_WORDS: Final = 12


@dataclass(frozen=True)
class Question:
    """What a person asked for, split into words for the index and words too short for it."""

    indexed: tuple[str, ...]
    short: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """All words, normalised."""
        return self.indexed + self.short


def question(text: str) -> Question:
    """Read what a person typed."""
    words = tuple(dict.fromkeys(thai.normalise(text).split()))[:MAX_WORDS]
    return Question(
        indexed=tuple(word for word in words if len(word) >= _PIECE),
        short=tuple(word for word in words if len(word) < _PIECE),
    )


def find(cursor: Cursor, text: str, *, limit: int = 50, before: int | None = None) -> list[int]:
    """Find lines, newest first.

    Args:
        cursor: where to read.
        text: what a person typed.
        limit: greatest number of lines.
        before: give only lines older than this one (its place in the journal), for paging.

    Returns:
        Places in the journal, for :func:`saraban_node.entries.by_seq`.
    """
    asked = question(text)
    if not asked.words:
        return []
    bindings: dict[str, object] = {"limit": limit, "before": before or 2**62}
    conditions = []
    for number, word in enumerate(asked.short):
        bindings[f"short{number}"] = word
        conditions.append(f"AND instr(entry.search_text, :short{number}) > 0")
    extra = " ".join(conditions)
    if asked.indexed:
        bindings["match"] = " AND ".join(_quoted(word) for word in asked.indexed)
        sql = (
            "SELECT entry_search.rowid FROM entry_search"  # noqa: S608 - names of parameters only
            + (" JOIN entry ON entry.seq = entry_search.rowid" if extra else "")
            + " WHERE entry_search MATCH :match AND entry_search.rowid < :before "
            + extra
            + " ORDER BY entry_search.rowid DESC LIMIT :limit"
        )
    else:
        sql = (
            f"SELECT seq FROM entry WHERE seq < :before {extra}"  # noqa: S608
            " ORDER BY seq DESC LIMIT :limit"
        )
    return [int(row[0]) for row in rows(cursor, sql, bindings)]


def text_of(body: LetterRegistered) -> str:
    """Give the text under which a letter is found."""
    parts = [
        body.subject, body.sender, body.recipient, _both_ways(body.letter_no),
        f"{body.number}/{body.year}", body.remark, body.action,
    ]  # fmt: skip
    return thai.normalise(" ".join(part for part in parts if part))


def with_note(text: str, action: str) -> str:
    """Give the text of a line after something was done with it; what was there is still found."""
    return f"{text} {thai.normalise(action)}"


def add(write: Write, seq: int, text: str) -> None:
    """Index a new line."""
    write.cursor.execute("INSERT INTO entry_search (rowid, search_text) VALUES (?, ?)", (seq, text))


def replace(write: Write, seq: int, old: str, new: str) -> None:
    """Index a line whose text has changed."""
    write.cursor.execute(
        "INSERT INTO entry_search (entry_search, rowid, search_text) VALUES ('delete', ?, ?)",
        (seq, old),
    )
    add(write, seq, new)


def _both_ways(letter_no: str) -> str:
    # "ว 123" and "ว123" are the same number to a clerk.
    squeezed = letter_no.replace(" ", "")
    return letter_no if squeezed == letter_no else f"{letter_no} {squeezed}"


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
