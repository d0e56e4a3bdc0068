"""ทะเบียน and หนังสือ: the registers of all offices and one letter, to be read only."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Final, NamedTuple

from litestar.handlers import HTTPRouteHandler

from saraban_base.refusals import PageNotFound
from saraban_base.web.routes import page
from saraban_base.web.visit import Answer, Visit
from saraban_central import directory
from saraban_central.readmodel import deliveries, numbering, registers
from saraban_central.readmodel.numbering import Gap
from saraban_central.readmodel.registers import Line
from saraban_central.web.desk import PEOPLE, Desk, book_of, whole
from saraban_sync.registers import buddhist_year, parse_instant, thai_date

_PAGE: Final = 50


class BookRow(NamedTuple):
    """A row of a register's page: a line, or numbers that were given up."""

    number: int
    day: date
    line: Line | None = None
    gap: Gap | None = None


class LetterPages:
    """Shows registers and letters."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._centre = desk.centre

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/offices/{code:str}/registers/{book:str}", self.book, needs=PEOPLE),
            page("/offices/{code:str}/emergency", self.emergency, needs=PEOPLE),
            page("/letters/{node:str}/{event:str}", self.letter, needs=PEOPLE),
        ]

    def book(self, visit: Visit) -> Answer:
        """Show one page of a register, the greatest number first."""
        centre, register = self._centre, book_of(visit.part("book"))
        office = directory.office(centre.store, visit.part("code"))
        this_year = buddhist_year(centre.clock.now())
        year = whole(visit.query.get("year", ""), this_year, most=9999)
        before = whole(visit.query.get("before", ""), 0)
        with centre.readmodel.read() as cursor:
            found = registers.page(
                cursor, office.code, register, year, before=before or registers.ALL, limit=_PAGE + 1
            )
            books = registers.books(cursor, office.code)
            gaps = numbering.gaps(cursor, office.code, register, year)
        own = [one for one in books if one.register is register]
        shown = found[:_PAGE]
        whole_book = len(found) <= _PAGE
        return visit.page(
            "book.html",
            office=office,
            register=register,
            year=year,
            years=sorted({this_year, year, *(one.year for one in own)}, reverse=True),
            days=[
                (day, list(rows))
                for day, rows in groupby(_rows(shown, gaps, before, whole_book), lambda r: r.day)
            ],
            first=shown[0].number if shown else 0,
            last=shown[-1].number if shown else 0,
            total=sum(one.total for one in own if one.year == year),
            older=shown[-1].number if len(found) > _PAGE else 0,
            later=before > 0,
        )

    def emergency(self, visit: Visit) -> Answer:
        """Show an office's emergency register: both numbers, and the times when it was open."""
        centre = self._centre
        office = directory.office(centre.store, visit.part("code"))
        this_year = buddhist_year(centre.clock.now())
        year = whole(visit.query.get("year", ""), this_year, most=9999)
        with centre.readmodel.read() as cursor:
            lines = registers.emergency(cursor, office.code, year)
            outages = numbering.outages(cursor, office.code)
        return visit.page(
            "emergency.html",
            office=office,
            year=year,
            years=sorted({this_year, this_year - 1, year}, reverse=True),
            lines=lines,
            outages=outages,
        )

    def letter(self, visit: Visit) -> Answer:
        """Show one letter, what was done with it and how far it has come."""
        node, event = visit.part("node"), visit.part("event")
        with self._centre.readmodel.read() as cursor:
            line = registers.line(cursor, node, event)
            if line is None:
                raise PageNotFound(f"letter {node[:40]} {event[:40]}")
            history = registers.history(cursor, node, event)
            receivers = deliveries.sent_from(cursor, node, event)
            came = None
            if line.source_node:
                came = deliveries.letter(cursor, line.source_node, line.source_event)
        return visit.page(
            "letter.html",
            line=line,
            history=history,
            receivers=receivers,
            came=came,
            names=self._desk.names(),
        )


def _rows(
    lines: Sequence[Line], gaps: Sequence[Gap], before: int, whole_book: bool
) -> list[BookRow]:
    """Put lines and gaps of one page into one order, the greatest number first."""
    lowest = 0 if whole_book or not lines else lines[-1].number
    rows = [BookRow(line.number, _day(line.day_at), line=line) for line in lines]
    rows += [
        BookRow(gap.first, _day(gap.at), gap=gap)
        for gap in gaps
        if gap.first > lowest and (not before or gap.first < before)
    ]
    return sorted(rows, key=lambda row: -row.number)


def _day(at: str) -> date:
    return thai_date(parse_instant(at))
