"""เลขทะเบียน: who holds which numbers, and granting more."""

from litestar.handlers import HTTPRouteHandler

from saraban_base.refusals import WrongFields
from saraban_base.web.errors import status_of
from saraban_base.web.forms import Form, Reader
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_central import directory, grants
from saraban_central.errors import BadSize, NodeRevoked, PastYear, RangeTaken, UnknownNode
from saraban_central.holdings import holdings
from saraban_central.web.desk import ADMINS, PEOPLE, Desk, is_admin, whole
from saraban_sync import thai
from saraban_sync.errors import SarabanError
from saraban_sync.grants import Grant
from saraban_sync.registers import Register, buddhist_year


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
        ]

    def show(self, visit: Visit) -> Answer:
        """Show who holds which numbers of a year."""
        return self._show(visit)

    def grant(self, visit: Visit) -> Answer:
        """Grant a range."""
        try:
            made = self._granted(visit.form, visit.person.username)
        except WrongFields as problem:
            return self._show(visit, problem, problem.problems)
        except (UnknownNode, NodeRevoked) as problem:
            return self._show(visit, problem, {"node": problem})
        except PastYear as problem:
            return self._show(visit, problem, {"year": problem})
        except BadSize as problem:
            return self._show(visit, problem, {"size": problem})
        except RangeTaken as problem:
            return self._show(visit, problem, {"first": problem})
        return visit.redirect(f"/ranges?year={made.year}", said="granted")

    def _granted(self, form: Form, by: str) -> Grant:
        this_year = buddhist_year(self._centre.clock.now())
        read = Reader(form)
        node = read.line("node", limit=60, required=True)
        register = read.choice("register", Register, Register.INCOMING)
        year = read.choice("year", _number, this_year)
        size = read.choice("size", _number, self._centre.config.range_size)
        first = read.choice("first", _number, 0)
        read.done()
        return grants.grant(
            self._centre, node, register, year, size=size, first=first if first else None, by=by
        )

    def _show(
        self,
        visit: Visit,
        problem: SarabanError | None = None,
        problems: dict[str, SarabanError] | None = None,
    ) -> Answer:
        centre = self._centre
        this_year = buddhist_year(centre.clock.now())
        year = whole(visit.query.get("year", ""), this_year, most=9999)
        with centre.readmodel.read() as cursor:
            held = holdings(centre.store, cursor, centre.clock.now(), counted=True)
        rows = [one for by_one in held.values() for one in by_one]
        return visit.page(
            "ranges.html",
            status=status_of(problem) if problem else 200,
            held=sorted(
                (one for one in rows if one.year == year),
                key=lambda one: (one.office, one.register, one.node),
            ),
            year=year,
            years=sorted({this_year, this_year + 1, *(one.year for one in rows)}, reverse=True),
            this_year=this_year,
            nodes=[one for one in directory.nodes(centre.store) if one.active],
            names=self._desk.names(),
            usual=centre.config.range_size,
            registers=list(Register),
            typed=visit.form.fields or {"node": visit.query.get("node", "")},
            problems=problems or {},
            admin=is_admin(visit),
        )


def _number(text: str) -> int:
    return int(thai.arabic_digits(text).strip())
