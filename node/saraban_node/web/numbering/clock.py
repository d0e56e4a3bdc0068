"""นาฬิกา: what the machine's clock shows, whether it may date a letter, a person's word on it."""

from datetime import datetime

from litestar.handlers import HTTPRouteHandler

from saraban_base.refusals import FieldMissing, WrongFields
from saraban_base.web.errors import status_of
from saraban_base.web.needs import PERSON
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_node.clocks import year_gate
from saraban_node.clocks.errors import ClockMoved
from saraban_node.people import ADMINISTRATOR
from saraban_node.web.clock_words import said_of
from saraban_node.web.office import Office, actor
from saraban_sync.errors import SarabanError
from saraban_sync.registers import instant, parse_instant


class ClockPage:
    """Shows the clock and takes a person's word."""

    def __init__(self, office: Office) -> None:
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/clock", self.show, needs=PERSON),
            act("/clock/confirm", self.confirm, needs=PERSON),
        ]

    def show(self, visit: Visit) -> Answer:
        """Show how the clock is."""
        return self._show(visit)

    def confirm(self, visit: Visit) -> Answer:
        """Take a person's word that the date and time shown are right."""
        try:
            shown = self._shown(visit)
            if visit.form.text("compared") != "yes":
                raise WrongFields({"compared": FieldMissing("compared")})
            with self._node.db.write() as write:
                year_gate.confirm(
                    write, self._node.journal, shown=shown, actor=actor(visit),
                    administrator=ADMINISTRATOR in visit.person.roles,
                )  # fmt: skip
        except SarabanError as problem:
            return self._show(visit, problem=problem)
        return visit.redirect("/clock", said="clock-confirmed")

    def _shown(self, visit: Visit) -> datetime:
        text = visit.form.text("shown")
        try:
            return parse_instant(text)
        except ValueError as wrong:
            now_th, now_en = year_gate.said(self._node.clock.now())
            raise ClockMoved(text[:40], shown_th=now_th, shown_en=now_en) from wrong

    def _show(self, visit: Visit, *, problem: SarabanError | None = None) -> Answer:
        node = self._node
        with node.db.read() as cursor:
            standing = year_gate.standing(cursor, node.journal.clock)
        administrator = ADMINISTRATOR in visit.person.roles
        need = standing.need
        return visit.page(
            "clock.html",
            status=status_of(problem) if problem else 200,
            standing=standing,
            shown=instant(standing.now),
            evidence=said_of(visit.voice, standing.sight),
            anchor=standing.sight.anchor,
            may_confirm=need is not None and (administrator or not need.administrator),
            problem=None if isinstance(problem, WrongFields) else problem,
            problems=problem.problems if isinstance(problem, WrongFields) else {},
        )
