"""สถานะ: what is wrong with this machine, in sentences; and the numbers that are left."""

import threading

from litestar.handlers import HTTPRouteHandler

from saraban_base.web.needs import PERSON
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_node import health, journal
from saraban_node.appliance import PROGRAM
from saraban_node.people import ADMINISTRATOR
from saraban_node.web.numbering.ranges import supplies
from saraban_node.web.office import Office
from saraban_node.web.problems import CheckRunning


class StatusPage:
    """Shows the health of the machine."""

    def __init__(self, office: Office) -> None:
        self._node = office.node
        self._one_check = threading.Lock()

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/status", self.show, needs=PERSON),
            act("/status/check", self.check, needs=PERSON, slow=True),
        ]

    def show(self, visit: Visit) -> Answer:
        """Show what is found quickly."""
        return self._show(visit, thorough=False)

    def check(self, visit: Visit) -> Answer:
        """Read the whole database and journal, which takes a while, and show what was found.

        Raises:
            CheckRunning: one check at a time, or they would keep all others from reading.
        """
        if not self._one_check.acquire(blocking=False):
            raise CheckRunning("another check is running")
        try:
            return self._show(visit, thorough=True)
        finally:
            self._one_check.release()

    def _show(self, visit: Visit, *, thorough: bool) -> Answer:
        node = self._node
        findings = health.look(node, thorough=thorough)
        with node.db.read() as cursor:
            found = supplies(node, cursor)
            head = journal.head(cursor)
        return visit.page(
            "status.html",
            findings=findings,
            supplies=found,
            administrator=ADMINISTRATOR in visit.person.roles,
            head=head,
            thorough=thorough,
            node=node.node,
            office=node.office,
            program=PROGRAM,
        )
