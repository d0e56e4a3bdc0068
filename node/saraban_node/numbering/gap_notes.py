"""What a person finds out about skipped numbers later; the skip itself stays as it was signed."""

from typing import Final

from saraban_base.sqlite import Write
from saraban_node.books.acts import tidied
from saraban_node.books.labels import REGISTER_ENGLISH, REGISTER_THAI
from saraban_node.errors import ReasonMissing
from saraban_node.journal import Journal
from saraban_node.numbering import numbers
from saraban_node.numbering.errors import NotGivenUp
from saraban_sync.ids import PersonId
from saraban_sync.number_events import GapExplained
from saraban_sync.registers import Register

MAX_TEXT: Final = 500


def explain(
    write: Write,
    journal: Journal,
    *,
    register: Register,
    year: int,
    first: int,
    last: int,
    text: str,
    letter: str = "",
    actor: PersonId,
) -> GapExplained:
    """Write down what became of skipped numbers, such as a letter that was found on paper.

    Args:
        write: the transaction.
        journal: the office's journal.
        register: the book.
        year: Buddhist year.
        first: the first of the numbers.
        last: the last one; all between must have been skipped.
        text: what was found out.
        letter: node and event of the letter that bears the number, if it is known.
        actor: who found it out.

    Raises:
        NotGivenUp: one of the numbers was not skipped.
        ReasonMissing: the text is empty.
        FieldTooLong: it is too long.
        Fenced: the database may write nothing.
    """
    text = tidied("คำอธิบาย", text, MAX_TEXT)
    if not text:
        raise ReasonMissing(f"{register} {year} {first}-{last}")
    if not _skipped(write, register, year, first, last):
        raise NotGivenUp(
            f"{register} {year} {first}-{last}",
            register_th=REGISTER_THAI[register],
            register_en=REGISTER_ENGLISH[register],
            year=year,
            first=first,
            last=last,
        )
    body = GapExplained(
        register=register, year=year, first=first, last=last, text=text, letter=letter
    )
    journal.append(write, body, actor=actor)
    return body


def _skipped(write: Write, register: Register, year: int, first: int, last: int) -> bool:
    """Tell whether every number was skipped; gaps may stand side by side."""
    expected = first
    for gap in numbers.gaps(write.cursor, register, year):
        if gap.state == "skipped" and gap.first <= expected <= gap.last:
            expected = gap.last + 1
    return first <= last < expected
