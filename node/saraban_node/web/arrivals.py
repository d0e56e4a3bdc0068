"""หนังสือเข้า: letters that arrived electronically and wait for their number."""

from litestar.handlers import HTTPRouteHandler

from saraban_base.sqlite import Cursor
from saraban_base.web.routes import page
from saraban_base.web.visit import Answer, Visit
from saraban_node.books import entries
from saraban_node.line import inbox
from saraban_node.line.inbox import Arrival
from saraban_node.web.letter import give_file
from saraban_node.web.office import CLERKS, Office
from saraban_node.web.problems import NoSuchArrival
from saraban_sync.ids import EventId
from saraban_sync.registers import buddhist_year


class Arrivals:
    """Shows what arrived."""

    def __init__(self, office: Office) -> None:
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        one = "/arrivals/{node:str}/{event:str}"
        return [
            page("/arrivals", self.show_all, needs=CLERKS),
            page(one, self.show, needs=CLERKS),
            page(one + "/files/{content:str}", self.download, needs=CLERKS),
        ]

    def show_all(self, visit: Visit) -> Answer:
        """List them, the most urgent first."""
        with self._node.db.read() as cursor:
            found = inbox.arrivals(cursor)
            count = inbox.waiting(cursor)
            done = entries.by_id(cursor, EventId(visit.query.get("done", "")))
        return visit.page(
            "arrivals.html",
            arrivals=found,
            waiting=count,
            done=done,
            year=buddhist_year(self._node.clock.now()),
        )

    def show(self, visit: Visit) -> Answer:
        """Show one before it is registered."""
        with self._node.db.read() as cursor:
            found = self._find(cursor, visit)
            entry = None if found.entry is None else entries.by_seq(cursor, found.entry)
        if entry is not None:
            return visit.redirect(f"/letters/{entry.id}")
        return visit.page(
            "arrival.html",
            arrival=found,
            here={ref.sha256 for ref in found.files if self._node.files.has(ref.sha256)},
        )

    def download(self, visit: Visit) -> Answer:
        """Give one of its files."""
        with self._node.db.read() as cursor:
            found = self._find(cursor, visit)
        return give_file(self._node, found.files, visit.part("content"))

    def _find(self, cursor: Cursor, visit: Visit) -> Arrival:
        found = inbox.one_arrival(cursor, visit.part("node"), visit.part("event"))
        if found is None:
            raise NoSuchArrival(visit.path[:80])
        return found
