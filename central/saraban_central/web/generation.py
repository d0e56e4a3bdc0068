"""ส่วนกลางถูกกู้คืน: what the centre has forgotten, who must come by, and when numbers go on."""

from typing import Final

from litestar.handlers import HTTPRouteHandler

from saraban_base.refusals import WrongFields
from saraban_base.web.errors import status_of
from saraban_base.web.forms import Reader
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_central import directory
from saraban_central.identity import generation, learned
from saraban_central.identity.errors import BadGuard, SeriesOpen
from saraban_central.web.desk import ADMINS, PEOPLE, Desk, is_admin
from saraban_sync.errors import SarabanError
from saraban_sync.registers import Register, buddhist_year

_SHOWN: Final = 100


class GenerationPages:
    """Leads through the time after the centre was set back."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._centre = desk.centre

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/generation", self.show, needs=PEOPLE),
            act("/generation", self.restored, needs=ADMINS),
            act("/generation/{code:str}", self.reopen, needs=ADMINS),
        ]

    def show(self, visit: Visit) -> Answer:
        """Show what happened, whom to call, and what was missing."""
        return self._show(visit)

    def restored(self, visit: Visit) -> Answer:
        """Say that a backup of the centre was put back."""
        if visit.form.text("sure") != "yes":
            return visit.redirect("/generation")
        generation.restored(self._centre, by=visit.person.username)
        return visit.redirect("/generation", said="centre-restored")

    def reopen(self, visit: Visit) -> Answer:
        """Let a series be granted again though not all of its nodes came back."""
        office = visit.part("code")
        directory.office(self._centre.store, office)
        read = Reader(visit.form)
        register = read.choice("register", Register, Register.INCOMING)
        year = read.number("year", self._year())
        guard = read.number("guard", -1)
        try:
            read.done()
            generation.reopen(
                self._centre, office, register, year, guard=guard, by=visit.person.username
            )
        except WrongFields as problem:
            return self._show(visit, problem, office, problem.problems)
        except BadGuard as problem:
            return self._show(visit, problem, office, {"guard": problem})
        except SeriesOpen as problem:
            return self._show(visit, problem, office)
        return visit.redirect("/generation", said="series-reopened")

    def _show(
        self,
        visit: Visit,
        problem: SarabanError | None = None,
        office: str = "",
        problems: dict[str, SarabanError] | None = None,
    ) -> Answer:
        centre, this_year = self._centre, self._year()
        return visit.page(
            "generation.html",
            status=status_of(problem) if problem else 200,
            generation=centre.identity.generation,
            raises=generation.raises(centre.store),
            closed=generation.closed(centre),
            strangers=generation.strangers(centre.store),
            losses=generation.losses(centre.store)[:_SHOWN],
            learned=learned.grants_lost(centre),
            names=self._desk.names(),
            people=self._desk.people(),
            registers=list(Register),
            years=[this_year, this_year + 1],
            usual=centre.config.range_size,
            wrong=office,
            typed=visit.form.fields,
            problem=None if problems else problem,
            problems=problems or {},
            admin=is_admin(visit),
        )

    def _year(self) -> int:
        return buddhist_year(self._centre.clock.now())
