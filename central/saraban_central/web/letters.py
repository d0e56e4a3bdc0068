"""ทะเบียน and หนังสือ: the registers of all offices and one letter, to be read only."""

from itertools import groupby
from typing import Final

from litestar.handlers import HTTPRouteHandler

from saraban_base.refusals import PageNotFound
from saraban_base.web.routes import page
from saraban_base.web.visit import Answer, Visit
from saraban_central import directory
from saraban_central.readmodel import deliveries, registers
from saraban_central.web.desk import PEOPLE, Desk, book_of, whole
from saraban_sync.registers import buddhist_year, parse_instant, thai_date

_PAGE: Final = 50


class LetterPages:
    """Shows registers and letters."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._centre = desk.centre

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/offices/{code:str}/registers/{book:str}", self.book, needs=PEOPLE),
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
        own = [one for one in books if one.register is register]
        shown = found[:_PAGE]
        return visit.page(
            "book.html",
            office=office,
            register=register,
            year=year,
            years=sorted({this_year, year, *(one.year for one in own)}, reverse=True),
            days=[
                (day, list(lines))
                for day, lines in groupby(shown, lambda one: thai_date(parse_instant(one.at)))
            ],
            first=shown[0].number if shown else 0,
            last=shown[-1].number if shown else 0,
            total=sum(one.issued + one.void for one in own if one.year == year),
            older=shown[-1].number if len(found) > _PAGE else 0,
            later=before > 0,
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
