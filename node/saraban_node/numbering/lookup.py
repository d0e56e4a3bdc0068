"""Which number somebody means: every way of writing one, looked up in all books and years."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from saraban_base.sqlite import Cursor, rows
from saraban_node import journal, meta
from saraban_node.books import entries, letter_numbers, search
from saraban_node.books.entries import Entry
from saraban_node.line.colleagues import ColleagueLine, select
from saraban_node.numbering import passport, prove
from saraban_node.numbering.errors import NumberNotUnderstood
from saraban_sync import thai, written
from saraban_sync.registers import Register
from saraban_sync.states import State
from saraban_sync.written import Written

_SEARCHED: Final = 200
_WITH_PREFIX: Final = (Register.OUTGOING, Register.CIRCULAR, Register.MEMO)
_CIRCULARS: Final = (Register.CIRCULAR, Register.OUTGOING)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One number that may be meant."""

    register: Register
    year: int
    number: int
    """0 for a letter that has only an emergency number yet."""
    emergency: int
    state: State
    letter_no: str
    subject: str
    entry: str
    """Event id of its line; empty when this node has none."""
    node: str
    """The node that wrote it, when that is another one of the office; otherwise empty."""
    event: str = ""
    """Event id of its line in that node's journal; empty for an own one."""


def candidates(cursor: Cursor, text: str, *, limit: int = 20) -> list[Candidate]:
    """Find the numbers that a text may mean, the likeliest first.

    Args:
        cursor: where to read.
        text: as typed or pasted.
        limit: greatest number of candidates.

    Raises:
        NumberNotUnderstood: it holds no number.
    """
    readings = written.read(text)
    if not readings:
        raise NumberNotUnderstood(text[:60], text=text[:60])
    found: dict[tuple[object, ...], Candidate] = {}
    for candidate in _all(cursor, text, readings):
        key = (
            candidate.node, candidate.register, candidate.year, candidate.number,
            candidate.emergency,
        )  # fmt: skip
        found.setdefault(key, candidate)
        if len(found) >= limit:
            break
    return list(found.values())


def _all(cursor: Cursor, text: str, readings: list[Written]) -> Iterator[Candidate]:
    own = written.squeezed(meta.get(cursor, meta.PREFIX))
    for reading in readings:
        if reading.emergency is not None:
            yield from _in_emergency(cursor, reading)
        elif not reading.prefix or written.squeezed(reading.prefix) == own:
            yield from _in_our_books(cursor, reading)
    yield from _on_letters(cursor, text)


def _in_our_books(cursor: Cursor, reading: Written) -> Iterator[Candidate]:
    """Look in every book and year that fits; a circular that shares numbers must be one."""
    for register, year in prove.series(cursor):
        if reading.year not in (None, year) or register not in _books(reading):
            continue
        entry = entries.by_number(cursor, register, year, reading.number)
        if entry is not None:
            if not reading.circular or entry.circular or register is Register.CIRCULAR:
                yield _own(entry)
        else:
            yield from _without_line(cursor, register, year, reading.number)
    yield from _colleagues(cursor, reading)


def _books(reading: Written) -> tuple[Register, ...]:
    if reading.register is not None:
        return (reading.register,)
    if reading.circular:
        return _CIRCULARS
    return _WITH_PREFIX if reading.prefix else tuple(Register)


def _without_line(
    cursor: Cursor, register: Register, year: int, number: int
) -> Iterator[Candidate]:
    state = passport.state_of(cursor, register, year, number)
    if state is not None:
        yield Candidate(
            register=register, year=year, number=number, emergency=0, state=state,
            letter_no=letter_numbers.written(cursor, register, year, number), subject="",
            entry="", node="",
        )  # fmt: skip


def _colleagues(cursor: Cursor, reading: Written) -> Iterator[Candidate]:
    """Look among the lines that other nodes of the office wrote."""
    lines = select(
        cursor,
        "WHERE number <= :number AND last >= :number AND number > 0"
        " AND (:year IS NULL OR year = :year) ORDER BY year DESC, registered_at DESC LIMIT 50",
        {"number": reading.number, "year": reading.year},
    )
    yield from (_theirs(line, reading.number) for line in lines if line.register in _books(reading))


def _in_emergency(cursor: Cursor, reading: Written) -> Iterator[Candidate]:
    """Look in the emergency registers of all nodes; without a node's mark any of them is meant."""
    found: list[tuple[bool, Candidate]] = []
    typed = f"ฉ{reading.emergency}"
    for candidate, node in _emergency_lines(cursor, reading):
        written_ = letter_numbers.emergency(cursor, node, candidate.year, candidate.emergency)
        mark = thai.normalise(written_.rpartition(" ")[0])
        if typed in (mark, "ฉ"):
            found.append((typed == mark, candidate))
    yield from (candidate for exact, candidate in found if exact)
    yield from (candidate for exact, candidate in found if not exact)


def _emergency_lines(cursor: Cursor, reading: Written) -> Iterator[tuple[Candidate, str]]:
    """Give lines with an emergency number, and under which node's name it was given."""
    for (seq,) in rows(
        cursor,
        "SELECT seq FROM entry WHERE emergency = ? AND emergency > 0"
        " AND (? IS NULL OR year = ?) ORDER BY year DESC",
        (reading.number, reading.year, reading.year),
    ):
        line, event = entries.by_seq(cursor, int(seq)), journal.event_of(cursor, int(seq))
        if line is not None and event is not None:
            yield _own(line), event.node
    others = select(
        cursor,
        "WHERE emergency = :number AND emergency > 0 AND (:year IS NULL OR year = :year)"
        " ORDER BY year DESC LIMIT 50",
        {"number": reading.number, "year": reading.year},
    )
    yield from ((_theirs(line, line.number), line.node) for line in others)


def _on_letters(cursor: Cursor, text: str) -> Iterator[Candidate]:
    """Look for a letter that bears just this number, such as one that came from elsewhere."""
    bare = written.bare(text)
    wanted = written.squeezed(bare)
    for seq in search.find(cursor, bare, limit=_SEARCHED):
        entry = entries.by_seq(cursor, seq)
        if entry is not None and entry.letter_no and wanted == written.squeezed(entry.letter_no):
            yield _own(entry)


def _own(entry: Entry) -> Candidate:
    return Candidate(
        register=entry.register, year=entry.year, number=entry.number, emergency=entry.emergency,
        state=State(entry.state), letter_no=entry.letter_no, subject=entry.subject, entry=entry.id,
        node="",
    )  # fmt: skip


def _theirs(line: ColleagueLine, number: int) -> Candidate:
    return Candidate(
        register=line.register, year=line.year, number=number, emergency=line.emergency,
        state=State(line.state), letter_no=line.letter_no, subject=line.subject, entry="",
        node=line.node, event=line.event,
    )  # fmt: skip
