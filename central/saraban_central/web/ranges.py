"""เลขทะเบียน: who holds which numbers, how long they last, who asks for more, and granting it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, NamedTuple

from litestar.handlers import HTTPRouteHandler

from saraban_base.refusals import NotANumber, WrongFields
from saraban_base.web.errors import status_of
from saraban_base.web.forms import Form, Reader, parse_number
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_central import directory
from saraban_central.errors import (
    BadSize,
    NoCredential,
    NodeRevoked,
    NoSuchGrant,
    NoSuchRequest,
    PastYear,
    RangeTaken,
    ReasonNeeded,
    RequestDone,
    UnknownNode,
)
from saraban_central.identity.errors import SeriesClosed
from saraban_central.numbering import by_hand, granting, grants
from saraban_central.numbering.by_hand import Spoken
from saraban_central.numbering.holdings import holdings
from saraban_central.readmodel import numbering
from saraban_central.web.desk import ADMINS, PEOPLE, Desk, is_admin, whole
from saraban_sync.errors import SarabanError, SizeNotSpoken
from saraban_sync.grants import Grant
from saraban_sync.registers import BUDDHIST_ERA, Register, buddhist_year, thai_date
from saraban_sync.thai import tidy

_ANSWERED: Final = 10
_FIELDS: Final[Mapping[type[SarabanError], str]] = {
    UnknownNode: "node",
    NodeRevoked: "node",
    NoCredential: "node",
    SeriesClosed: "node",
    PastYear: "year",
    BadSize: "size",
    SizeNotSpoken: "size",
    RangeTaken: "first",
}
"""Beside which field of the form a refusal stands."""


class Reply(NamedTuple):
    """What was wrong with an answer to a request, and beside which of its fields that stands."""

    request: str
    field: str
    problem: SarabanError


class RangePages:
    """Shows and grants ranges."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._centre = desk.centre

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/ranges", self.show, needs=PEOPLE),
            act("/ranges", self.grant, needs=ADMINS),
            act("/ranges/requests", self.answer, needs=ADMINS),
            act("/ranges/told", self.tell, needs=ADMINS),
        ]

    def show(self, visit: Visit) -> Answer:
        """Show who holds which numbers of a year."""
        return self._show(visit)

    def grant(self, visit: Visit) -> Answer:
        """Grant a range; by telephone, its code is shown."""
        try:
            made = self._granted(visit.form, visit.person.username)
        except WrongFields as problem:
            return self._show(visit, problem, problem.problems)
        except SarabanError as problem:
            if type(problem) not in _FIELDS:
                raise
            return self._show(visit, problem, {_FIELDS[type(problem)]: problem})
        if isinstance(made, Spoken):
            return self._told(visit, made)
        return visit.redirect(f"/ranges?year={made.year}", said="granted")

    def answer(self, visit: Visit) -> Answer:
        """Grant or decline a request."""
        form, by = visit.form, visit.person.username
        try:
            if form.text("act") == "decline":
                granting.decline(
                    self._centre, form.text("request"), reason=form.text("reason"), by=by
                )
                return visit.redirect("/ranges", said="declined")
            granting.answer(self._centre, form.text("request"), by=by, size=_size(form))
        except (ReasonNeeded, BadSize, NotANumber) as problem:
            field = "reason" if isinstance(problem, ReasonNeeded) else "size"
            return self._show(visit, problem, reply=Reply(form.text("request"), field, problem))
        except (NoSuchRequest, RequestDone, PastYear, NodeRevoked, SeriesClosed) as problem:
            return self._show(visit, problem)
        return visit.redirect("/ranges", said="granted")

    def tell(self, visit: Visit) -> Answer:
        """Show the code of a range that was granted before."""
        form = visit.form
        try:
            told = by_hand.spoken_again(self._centre, form.text("node"), form.text("grant"))
        except (NoSuchGrant, SizeNotSpoken, NoCredential, UnknownNode) as problem:
            return self._show(visit, problem)
        return self._told(visit, told)

    def _told(self, visit: Visit, told: Spoken) -> Answer:
        return visit.page("told.html", told=told, names=self._desk.names())

    def _granted(self, form: Form, by: str) -> Grant | Spoken:
        this_year = buddhist_year(self._centre.clock.now())
        read = Reader(form)
        node = read.line("node", limit=60, required=True)
        register = read.choice("register", Register, Register.INCOMING)
        year = read.number("year", this_year)
        size = read.number("size", self._centre.config.range_size)
        first = read.number("first", 0)
        read.done()
        if form.text("way") == "phone":
            return by_hand.grant_by_phone(self._centre, node, register, year, size=size, by=by)
        return grants.grant(
            self._centre, node, register, year, size=size, first=first if first else None, by=by
        )

    def _show(
        self,
        visit: Visit,
        problem: SarabanError | None = None,
        problems: dict[str, SarabanError] | None = None,
        *,
        reply: Reply | None = None,
    ) -> Answer:
        centre = self._centre
        now = centre.clock.now()
        this_year = buddhist_year(now)
        year = whole(visit.query.get("year", ""), this_year, most=9999)
        with centre.readmodel.read() as cursor:
            held = holdings(centre.store, cursor, now, counted=True)
            gaps = numbering.gaps(cursor, year=year)
        rows = [one for by_one in held.values() for one in by_one]
        return visit.page(
            "ranges.html",
            status=status_of(problem) if problem else 200,
            held=sorted(
                (one for one in rows if one.year == year),
                key=lambda one: (one.office, one.register, one.node),
            ),
            gaps=gaps,
            waiting=granting.waiting(centre),
            answered=granting.answered(centre.store, limit=_ANSWERED),
            year=year,
            years=sorted({this_year, this_year + 1, *(one.year for one in rows)}, reverse=True),
            this_year=this_year,
            nodes=[one for one in directory.nodes(centre.store) if one.active],
            names=self._desk.names(),
            usual=centre.config.range_size,
            registers=list(Register),
            rest_days=_rest_of(year, now),
            people=self._desk.people(),
            typed={} if reply else visit.form.fields or {"node": visit.query.get("node", "")},
            reply=reply,
            answer=visit.form.fields,
            problem=None if problems or reply else problem,
            problems=problems or {},
            admin=is_admin(visit),
        )


def _size(form: Form) -> int | None:
    text = tidy(form.text("size"))
    return parse_number(text) if text else None


def _rest_of(year: int, now: datetime) -> int:
    """Count the days until a Buddhist year is over; numbers do not last beyond it."""
    return (date(year - BUDDHIST_ERA, 12, 31) - thai_date(now)).days
