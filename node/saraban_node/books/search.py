"""Search over the registers: Thai has no spaces between words, so three-letter pieces are indexed.

Both sides go through :func:`saraban_sync.thai.normalise`. Every word of the question must occur:

    newest lines, not in the index yet ── read one by one ─┐
    all older lines ── index: the pieces of every word ────┴─> those in which every word occurs

The index knows which lines hold a piece, not where, so what it offers is looked at again. Lines are
put into it a page at a time: that costs a tenth of putting them in one by one, and the newest are
found all the same. A word of one or two letters is too short for the index; a question of such
words alone is answered by reading from the newest line backwards until the page is full.
"""

from dataclasses import dataclass
from typing import Final

from saraban_base.sqlite import Cursor, Write, rows, value
from saraban_sync import thai
from saraban_sync.events import LetterRegistered
from saraban_sync.number_events import EmergencyCorrelated, EmergencyRegistered, NumberReserved

_PIECE: Final = 3
_TELLING: Final = 3
_SAMPLE: Final = 100
_COMMON: Final = 30
"""A piece found in more lines of the sample than this is not worth looking up beside others."""
_ANY: Final = 2**62
MAX_WORDS: Final = 12
PAGE: Final = 128
"""Events after which the lines among them are put into the index."""


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
        Places in the journal, for :func:`saraban_node.books.entries.by_seq`.
    """
    asked = question(text)
    if not asked.words:
        return []
    before, through = before or _ANY, _through(cursor)
    found = _read(cursor, asked, after=through, before=before, limit=limit)
    if len(found) < limit:
        older = _look_up if asked.indexed else _read
        before = min(before, through + 1)
        found += older(cursor, asked, after=0, before=before, limit=limit - len(found))
    return found


def _read(cursor: Cursor, asked: Question, *, after: int, before: int, limit: int) -> list[int]:
    """Find lines by reading them."""
    every, bindings = _occur(asked.words)
    found = rows(
        cursor,
        f"SELECT seq FROM entry WHERE seq > :after AND seq < :before AND {every}"  # noqa: S608
        " ORDER BY seq DESC LIMIT :limit",
        {**bindings, "after": after, "before": before, "limit": limit},
    )
    return [int(row[0]) for row in found]


def _look_up(cursor: Cursor, asked: Question, *, after: int, before: int, limit: int) -> list[int]:
    """Find lines in the index, and look whether the words are really there."""
    pieces = _telling(cursor, asked.indexed)
    every, bindings = _occur(asked.words)
    found = rows(
        cursor,
        "SELECT seq FROM entry_search CROSS JOIN entry ON seq = entry_search.rowid"  # noqa: S608
        " WHERE entry_search MATCH :match AND entry_search.rowid > :after"
        f" AND entry_search.rowid < :before AND {every}"
        " ORDER BY entry_search.rowid DESC LIMIT :limit",
        {
            **bindings,
            "match": " AND ".join(_quoted(piece) for piece in pieces),
            "after": after,
            "before": before,
            "limit": limit,
        },
    )
    return [int(row[0]) for row in found]


def _occur(words: tuple[str, ...]) -> tuple[str, dict[str, object]]:
    """Write the condition that every word occurs; only names of parameters are in it."""
    names = [f"word{place}" for place in range(len(words))]
    condition = " AND ".join(f"instr(entry.search_text, :{name}) > 0" for name in names)
    return condition, dict(zip(names, words, strict=True))


def _telling(cursor: Cursor, words: tuple[str, ...]) -> set[str]:
    """Choose what to look up: of all words the pieces that are rarest among the newest lines.

    A common piece takes long and tells little, and what is found is looked at again anyway.
    """
    pieces = {piece for word in words for piece in _pieces(word)}
    newest = rows(cursor, "SELECT search_text FROM entry ORDER BY seq DESC LIMIT ?", (_SAMPLE,))
    common = {piece: sum(piece in text for (text,) in newest) for piece in pieces}
    rarest = sorted(pieces, key=lambda piece: (common[piece], piece))[:_TELLING]
    return {rarest[0], *(piece for piece in rarest if common[piece] <= _COMMON)}


def _pieces(word: str) -> list[str]:
    """Cut a word into pieces side by side; the last one may overlap the one before."""
    last = len(word) - _PIECE
    return [word[start : start + _PIECE] for start in (*range(0, last, _PIECE), last)]


def text_of(body: LetterRegistered) -> str:
    """Give the text under which a letter is found."""
    parts = [
        body.subject, body.sender, body.recipient, _both_ways(body.letter_no),
        f"{body.number}/{body.year}", body.remark, body.action,
    ]  # fmt: skip
    return thai.normalise(" ".join(filter(None, parts)))


def text_of_emergency(body: EmergencyRegistered, number: str) -> str:
    """Give the text under which a letter of the emergency register is found.

    Args:
        body: the letter.
        number: its emergency number as it is written.
    """
    letter_no = "" if body.letter_no == number else _both_ways(body.letter_no)
    parts = [
        body.subject, body.sender, body.recipient, letter_no, _both_ways(number), body.remark,
        body.action,
    ]  # fmt: skip
    return thai.normalise(" ".join(filter(None, parts)))


def text_of_reservation(body: NumberReserved) -> str:
    """Give the text under which a reserved number is found."""
    parts = [body.purpose, body.holder, _both_ways(body.letter_no), f"{body.number}/{body.year}"]
    return thai.normalise(" ".join(filter(None, parts)))


def with_number(text: str, body: EmergencyCorrelated) -> str:
    """Give the text of an emergency line once it has its ordinary number too."""
    more = f"{_both_ways(body.letter_no)} {body.number}/{body.year}"
    return f"{text} {thai.normalise(more)}"


def with_note(text: str, action: str) -> str:
    """Give the text of a line after something was done with it; what was there is still found."""
    return f"{text} {thai.normalise(action)}"


def keep_up(write: Write, seq: int) -> None:
    """Put the newest lines into the index when a page of events is full.

    Args:
        write: the transaction.
        seq: place of the event that was just projected.
    """
    if seq % PAGE:
        return
    through = _through(write.cursor)
    _mark(write, seq)
    write.cursor.execute(
        "INSERT INTO entry_search (rowid, search_text)"
        " SELECT seq, search_text FROM entry WHERE seq > ? AND seq <= ? ORDER BY seq",
        (through, seq),
    )


def replace(write: Write, seq: int, old: str, new: str) -> None:
    """Index a line whose text has changed, if it is in the index already."""
    if seq > _through(write.cursor):
        return
    remove(write, seq, old)
    write.cursor.execute("INSERT INTO entry_search (rowid, search_text) VALUES (?, ?)", (seq, new))


def remove(write: Write, seq: int, text: str) -> None:
    """Take a line out of the index, if it is in it already."""
    if seq <= _through(write.cursor):
        write.cursor.execute(
            "INSERT INTO entry_search (entry_search, rowid, search_text) VALUES ('delete', ?, ?)",
            (seq, text),
        )


def forget(write: Write) -> None:
    """Empty the index before it is made again."""
    write.cursor.execute("INSERT INTO entry_search (entry_search) VALUES ('delete-all')")
    _mark(write, 0)


def _through(cursor: Cursor) -> int:
    return int(value(cursor, "SELECT through FROM search_mark"))


def _mark(write: Write, seq: int) -> None:
    write.cursor.execute("UPDATE search_mark SET through = ?", (seq,))


def _both_ways(letter_no: str) -> str:
    # "ว 123" and "ว123" are the same number to a clerk.
    squeezed = letter_no.replace(" ", "")
    return letter_no if squeezed == letter_no else f"{letter_no} {squeezed}"


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
