"""Which number somebody means: every way of writing one, looked up in all books of all offices."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from saraban_base.sqlite import Cursor
from saraban_central import directory
from saraban_central.centre import Centre
from saraban_central.errors import NumberUnclear
from saraban_central.readmodel import numbering, registers, searching
from saraban_central.readmodel.registers import Line
from saraban_central.readmodel.searching import Wish
from saraban_central.records import SERIES, Office
from saraban_sync import written
from saraban_sync.registers import Register
from saraban_sync.written import Written

_WITH_PREFIX: Final = (Register.OUTGOING, Register.CIRCULAR, Register.MEMO)
_CIRCULARS: Final = (Register.CIRCULAR, Register.OUTGOING)
_SEARCHED: Final = 100


@dataclass(frozen=True, kw_only=True)
class Narrow:
    """Where to look; everywhere unless something is said."""

    office: str = ""
    register: Register | None = None
    year: int = 0


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One number that may be meant."""

    office: str
    register: Register
    year: int
    number: int
    """0 for a letter that has only an emergency number yet."""
    emergency: int
    state: str
    """Of its line; ``skipped`` or ``returned`` of a gap; ``unused`` when there is nothing."""
    letter_no: str
    subject: str
    node: str
    event: str
    """The line's; empty when there is none."""


def candidates(
    centre: Centre, cursor: Cursor, text: str, where: Narrow, *, limit: int = 50
) -> list[Candidate]:
    """Find the numbers that a text may mean, the likeliest first.

    Args:
        centre: has the offices and the grants.
        cursor: reads the read model.
        text: as typed or pasted.
        where: which office, register or year is meant.
        limit: greatest number of candidates.

    Raises:
        NumberUnclear: it holds no number.
    """
    readings = written.read(text)
    if not readings:
        raise NumberUnclear(text[:60], text=text[:60])
    offices = [one for one in directory.offices(centre.store) if where.office in ("", one.code)]
    found: dict[tuple[object, ...], Candidate] = {}
    for one in _all(centre, cursor, text, readings, offices):
        fits = where.register in (None, one.register) and where.year in (0, one.year)
        if fits and where.office in ("", one.office):
            emergency = (one.node, one.emergency) if not one.number else ("", 0)
            key = (one.office, one.register, one.year, one.number, *emergency)
            found.setdefault(key, one)
        if len(found) >= limit:
            break
    return list(found.values())


def _all(
    centre: Centre, cursor: Cursor, text: str, readings: list[Written], offices: list[Office]
) -> Iterator[Candidate]:
    for reading in readings:
        for office in offices:
            if reading.emergency is not None:
                yield from _in_emergency(cursor, reading, office)
            elif not reading.prefix or _squeezed(reading.prefix) == _squeezed(office.prefix):
                yield from _in_books(centre, cursor, reading, office)
    yield from _on_letters(cursor, text)


def _in_books(
    centre: Centre, cursor: Cursor, reading: Written, office: Office
) -> Iterator[Candidate]:
    """Look in every granted series that fits; a circular that shares numbers must be one."""
    lines = registers.with_number(cursor, reading.number, office=office.code)
    known = {(line.register, line.year) for line in lines}
    for line in lines:
        fits = Register(line.register) in _books(reading) and reading.year in (None, line.year)
        circular = not reading.circular or line.circular or line.register == Register.CIRCULAR
        if fits and circular:
            yield _of_line(line)
    for kept in reversed(centre.store.records(SERIES, f"{office.code}/")):
        series, register = kept.value, Register(kept.value.register)
        granted = any(one.first <= reading.number <= one.last for one in series.grants)
        fits = register in _books(reading) and reading.year in (None, series.year)
        if granted and fits and (series.register, series.year) not in known:
            yield _without_line(cursor, office.code, register, series.year, reading.number)


def _books(reading: Written) -> tuple[Register, ...]:
    if reading.register is not None:
        return (reading.register,)
    if reading.circular:
        return _CIRCULARS
    return _WITH_PREFIX if reading.prefix else tuple(Register)


def _in_emergency(cursor: Cursor, reading: Written, office: Office) -> Iterator[Candidate]:
    """Look in the emergency registers of the office's nodes; without a mark any is meant."""
    for line in registers.with_emergency(cursor, reading.number, office=office.code):
        mark = line.node.removeprefix(office.code).strip("-")
        if reading.emergency in ("", mark) and reading.year in (None, line.year):
            yield _of_line(line)


def _on_letters(cursor: Cursor, text: str) -> Iterator[Candidate]:
    """Look for letters that bear exactly this, whoever wrote it."""
    bare = written.bare(text)
    if len(bare) < 3:
        return
    for hit in searching.find(cursor, Wish(text=bare), limit=_SEARCHED):
        if _squeezed(hit.letter_no) == _squeezed(bare):
            line = registers.line(cursor, hit.node, hit.event)
            if line is not None:
                yield _of_line(line)


def _of_line(line: Line) -> Candidate:
    return Candidate(
        office=line.office, register=Register(line.register), year=line.year, number=line.number,
        emergency=line.emergency, state=line.state, letter_no=line.letter_no,
        subject=line.subject, node=line.node, event=line.event,
    )  # fmt: skip


def _without_line(
    cursor: Cursor, office: str, register: Register, year: int, number: int
) -> Candidate:
    gap = next(
        (one for one in numbering.gaps(cursor, office, register, year)
         if one.first <= number <= one.last),
        None,
    )  # fmt: skip
    return Candidate(
        office=office, register=register, year=year, number=number, emergency=0,
        state=gap.state if gap else "unused", letter_no="", subject="",
        node=gap.node if gap else "", event="",
    )  # fmt: skip


def _squeezed(text: str) -> str:
    return written.squeezed(text)
