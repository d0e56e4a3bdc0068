"""ทะเบียน: a register and year in its official columns, on the screen and on paper."""

from datetime import date
from typing import Final
from urllib.parse import urlencode

from litestar.handlers import HTTPRouteHandler

from saraban_base.sqlite import Cursor
from saraban_base.web.forms import Form, Reader
from saraban_base.web.routes import page
from saraban_base.web.visit import Answer, Visit
from saraban_node.books import registers
from saraban_node.books.registers import RegisterQuery
from saraban_node.numbering import outages
from saraban_node.web import book_lines
from saraban_node.web.book_lines import STATES
from saraban_node.web.columns import FORMS, columns_of
from saraban_node.web.office import CLERKS, Office, book_of
from saraban_sync.registers import Register, Urgency, buddhist_year

_PAGE: Final = 50


class Books:
    """Shows registers."""

    def __init__(self, office: Office) -> None:
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/registers/{book:str}", self.show, needs=CLERKS),
            page("/registers/{book:str}/print", self.show_paper, needs=CLERKS),
        ]

    def show(self, visit: Visit) -> Answer:
        """Show one page of a register, newest first."""
        register = book_of(visit.part("book"))
        query, filters, problems = self._query(visit, register)
        with self._node.db.read() as cursor:
            shown, more = book_lines.page(cursor, query)
            years = self._years(cursor, register, query.year)
            size = book_lines.size(cursor, register, query.year)
            outage = outages.current(cursor)
        older = dict(filters, before=str(shown[-1].last)) if more else None
        return visit.page(
            "register.html",
            register=register,
            columns=columns_of(register),
            year=query.year,
            years=years,
            size_all=size,
            days=book_lines.by_day(shown),
            rows=len(shown),
            first=shown[0] if shown else None,
            last=shown[-1] if shown else None,
            filters=filters,
            filtered=any(value for name, value in filters.items() if name not in ("year",)),
            problems=problems,
            newest=urlencode(filters) if query.before is not None else "",
            older=urlencode(older) if older else "",
            paper=urlencode(filters),
            urgencies=list(Urgency),
            states=STATES,
            outage=outage,
        )

    def show_paper(self, visit: Visit) -> Answer:
        """Show a register as it is printed: forms 13 and 14, in the order of numbers."""
        register = book_of(visit.part("book"))
        query, filters, _ = self._query(visit, register)
        with self._node.db.read() as cursor:
            lines = book_lines.every(cursor, query)
        return visit.page(
            "register_print.html",
            register=register,
            columns=columns_of(register),
            form=FORMS.get(register),
            year=query.year,
            days=book_lines.by_day(lines),
            rows=len(lines),
            cut=book_lines.is_cut(lines),
            back=urlencode(filters),
            most=len(lines),
        )

    def _query(
        self, visit: Visit, register: Register
    ) -> tuple[RegisterQuery, dict[str, str], dict[str, object]]:
        asked = {name: visit.query.get(name, "") for name in _FILTERS}
        fields = Reader(Form(fields=asked))
        year = fields.trial("year", lambda: int(asked["year"] or 0), 0)
        first, last = fields.day("from"), fields.day("to")
        urgency = fields.choice("urgency", Urgency, None)
        before = visit.query.get("before", "")
        query = RegisterQuery(
            register=register,
            year=year or buddhist_year(self._node.clock.now()),
            text=fields.line("text", limit=200),
            state=asked["state"] if asked["state"] in STATES else "",
            urgency=urgency or "",
            before=int(before) if before.isdecimal() and len(before) < 12 else None,
            first_day=_iso(first),
            last_day=_iso(last),
            limit=_PAGE,
        )
        filters = {name: value for name, value in asked.items() if value}
        return query, filters, dict(fields.problems)

    def _years(self, cursor: Cursor, register: Register, chosen: int) -> list[int]:
        known = set(registers.years(cursor, register))
        known |= {chosen, buddhist_year(self._node.clock.now())}
        return sorted(known, reverse=True)


_FILTERS: Final = ("year", "text", "state", "urgency", "from", "to")


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
