"""เครื่องซ้ำ: machines that share a name, and what an administrator decides about them."""

from litestar.handlers import HTTPRouteHandler

from saraban_base.web.errors import register, status_of
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_central import directory, enrolment
from saraban_central.errors import NodeExists
from saraban_central.identity import twins
from saraban_central.identity.errors import (
    BadGuard,
    CannotKeep,
    KeepsName,
    NodeStopped,
    NoTwin,
    SeriesClosed,
    SeriesOpen,
    UnknownMachine,
)
from saraban_central.identity.sightings import code_of
from saraban_central.web.desk import ADMINS, PEOPLE, Desk, is_admin
from saraban_sync.errors import NotAnIdentifier, SarabanError
from saraban_sync.ids import NodeId

register(
    {
        NoTwin: 404,
        UnknownMachine: 404,
        CannotKeep: 409,
        KeepsName: 409,
        NodeStopped: 409,
        SeriesClosed: 409,
        SeriesOpen: 409,
        BadGuard: 422,
    }
)


class TwinPages:
    """Shows twins, and leads through settling them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._centre = desk.centre

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        one = "/twins/{node:str}"
        return [
            page("/twins", self.show_all, needs=PEOPLE),
            page(one, self.show, needs=PEOPLE),
            act(one + "/keep", self.keep, needs=ADMINS),
            act(one + "/fork", self.fork, needs=ADMINS),
            act(one + "/gone", self.gone, needs=ADMINS),
        ]

    def show_all(self, visit: Visit) -> Answer:
        """List the twins that wait for somebody, and those that are settled."""
        return visit.page(
            "twins.html",
            waiting=twins.open_twins(self._centre),
            settled=twins.settled_twins(self._centre),
            names=self._desk.names(),
            people=self._desk.people(),
            code_of=code_of,
        )

    def show(self, visit: Visit) -> Answer:
        """Show one twin, step by step."""
        return self._show(visit)

    def keep(self, visit: Visit) -> Answer:
        """Let one machine keep the name."""
        node = visit.part("node")
        try:
            twins.keep(self._centre, node, visit.form.text("machine"), by=visit.person.username)
        except (CannotKeep, UnknownMachine) as problem:
            return self._show(visit, problem)
        return visit.redirect(f"/twins/{node}", said="twin-kept")

    def fork(self, visit: Visit) -> Answer:
        """Make a fork code and show it, once."""
        node = visit.part("node")
        name = visit.form.text("name").strip().casefold()
        try:
            made = enrolment.make_fork_code(
                self._centre,
                node,
                machine=visit.form.text("machine"),
                node=NodeId(name) if name else None,
            )
        except (KeepsName, NodeExists, NotAnIdentifier, UnknownMachine) as problem:
            return self._show(visit, problem)
        return visit.page("fork_code.html", made=made, node=node)

    def gone(self, visit: Visit) -> Answer:
        """Declare that a machine will not come back."""
        node = visit.part("node")
        try:
            twins.gone(self._centre, node, visit.form.text("machine"))
        except (KeepsName, UnknownMachine) as problem:
            return self._show(visit, problem)
        waits = any(one.twin.node == node for one in twins.open_twins(self._centre))
        return visit.redirect(f"/twins/{node}" if waits else "/twins", said="twin-gone")

    def _show(self, visit: Visit, problem: SarabanError | None = None) -> Answer:
        found = twins.open_twin(self._centre, visit.part("node"))
        machines = list(zip(found.twin.machines, found.standings, strict=True))
        return visit.page(
            "twin.html",
            status=status_of(problem) if problem else 200,
            twin=found.twin,
            alike=found.alike,
            machines=machines,
            others=[one for one in machines if one[0].state != "kept"],
            office=directory.office(self._centre.store, found.office),
            code_of=code_of,
            people=self._desk.people(),
            typed=visit.form.fields,
            problem=problem,
            admin=is_admin(visit),
        )
