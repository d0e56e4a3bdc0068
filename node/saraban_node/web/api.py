"""The JSON API under ``/api/v1``: the same services as the pages, for programs.

A program logs in as a person (``saraban_base.web.session_api``) and sends the token it is given as
``X-Saraban-Token`` with everything that changes something.
"""

from litestar import get, post
from litestar.handlers import HTTPRouteHandler

from saraban_base.sqlite import Cursor
from saraban_base.web import session_api
from saraban_base.web.needs import PERSON
from saraban_base.web.routes import serve
from saraban_base.web.visit import AnyRequest, Visit
from saraban_node import health
from saraban_node.appliance import PROGRAM
from saraban_node.errors import NotEnrolled
from saraban_node.line import inbox, syncer
from saraban_node.web.api_letters import LetterApi
from saraban_node.web.api_types import (
    ArrivalItem,
    Found,
    LineState,
    NodeState,
    arrival_of,
)
from saraban_node.web.numbering.api import NumberApi
from saraban_node.web.numbering.api_machine import MachineNumbersApi
from saraban_node.web.office import CLERKS, Office


def routes(office: Office) -> list[HTTPRouteHandler]:
    """List the routes of the API."""
    machine = MachineApi(office)
    return [
        *session_api.routes(),
        *LetterApi(office).routes(),
        *NumberApi(office).routes(),
        *MachineNumbersApi(office).routes(),
        get("/api/v1/arrivals", needs=CLERKS, tags=["letters"])(machine.arrivals),
        get("/api/v1/sync", needs=PERSON, tags=["node"])(machine.line),
        post("/api/v1/sync", needs=PERSON, tags=["node"], status_code=202)(machine.try_now),
        get("/api/v1/status", needs=PERSON, tags=["node"])(machine.status),
    ]


class MachineApi:
    """Arrivals, line and health."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._node = office.node

    async def arrivals(self, request: AnyRequest) -> list[ArrivalItem]:
        """List letters that arrived and wait for their number."""

        def work(_: Visit) -> list[ArrivalItem]:
            with self._node.db.read() as cursor:
                return [arrival_of(one) for one in inbox.arrivals(cursor)]

        return await serve(request, work)

    async def line(self, request: AnyRequest) -> LineState:
        """Tell what has not left, and when the centre was last reached."""

        def work(visit: Visit) -> LineState:
            with self._node.db.read() as cursor:
                return self._line(cursor, visit)

        return await serve(request, work)

    async def try_now(self, request: AnyRequest) -> LineState:
        """Exchange with the centre as soon as possible."""

        def work(visit: Visit) -> LineState:
            if self._office.syncer is None or not self._office.enrolled:
                raise NotEnrolled
            self._office.syncer.try_now()
            with self._node.db.read() as cursor:
                return self._line(cursor, visit)

        return await serve(request, work)

    async def status(self, request: AnyRequest) -> NodeState:
        """Tell how the machine is."""

        def work(visit: Visit) -> NodeState:
            node, english = self._node, visit.voice.language == "en"
            found = tuple(
                Found(name=one.name, good=one.good, sentence=one.english if english else one.thai)
                for one in health.look(node, thorough=False)
            )
            return NodeState(
                node=node.node,
                office=node.office,
                office_name=node.office_name,
                program=PROGRAM,
                good=all(one.good for one in found),
                findings=found,
            )

        return await serve(request, work)

    def _line(self, cursor: Cursor, visit: Visit) -> LineState:
        state = syncer.state(cursor, enrolled=self._office.enrolled)
        return LineState(
            enrolled=state.enrolled,
            waiting_letters=state.waiting_letters,
            waiting_events=state.waiting_events,
            waiting_parts=state.waiting_parts,
            last_contact=state.last_contact,
            last_attempt=state.last_attempt,
            error_code=state.error_code,
            error=state.error_en if visit.voice.language == "en" else state.error_th,
            offset_ms=state.offset_ms,
        )
