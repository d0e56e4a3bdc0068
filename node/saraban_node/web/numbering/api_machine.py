"""Ranges, clock and fence in the JSON API."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from saraban_base.web.needs import PERSON
from saraban_base.web.routes import serve
from saraban_base.web.visit import AnyRequest, Visit
from saraban_node.clocks import year_gate
from saraban_node.errors import NotEnrolled
from saraban_node.identity import fence, lifting
from saraban_node.identity.fence import Lift
from saraban_node.line.syncer import Syncer
from saraban_node.numbering import handed, requests
from saraban_node.people import ADMINISTRATOR
from saraban_node.web.numbering import answers
from saraban_node.web.numbering.api_heard import (
    ClockSeen,
    CodeHeard,
    FenceWord,
    ForkCode,
    NumbersToAsk,
)
from saraban_node.web.numbering.api_types import (
    Clock,
    Fence,
    FenceLifted,
    FencePreview,
    Forked,
    RangesTaken,
    Stocks,
    Taken,
)
from saraban_node.web.numbering.ranges import supplies
from saraban_node.web.office import ADMINISTRATORS, Office, actor
from saraban_sync.ids import PersonId
from saraban_sync.range_files import MAX_BYTES

_TAGS = ["node"]


class MachineNumbersApi:
    """Ranges, clock and fence for programs."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        person: dict[str, Any] = {"needs": PERSON, "tags": _TAGS}
        administrator: dict[str, Any] = {"needs": ADMINISTRATORS, "tags": _TAGS}
        ranges, wall = "/api/v1/ranges", "/api/v1/fence"
        return [
            get(ranges, **person)(self.stocks),
            post(ranges, **person)(self.ask),
            post(ranges + "/code", **person)(self.take_code),
            get(ranges + "/request", **person)(self.request_file),
            post(ranges + "/answer", **person, request_max_body_size=MAX_BYTES)(self.take_answer),
            get("/api/v1/clock", **person)(self.clock),
            post("/api/v1/clock", **person, status_code=200)(self.confirm_clock),
            get(wall, **administrator)(self.fence),
            post(wall + "/preview", **administrator, status_code=200)(self.preview),
            post(wall + "/lift", **administrator, status_code=200)(self.lift),
            post(wall + "/fork", **administrator, status_code=200)(self.fork),
        ]

    async def stocks(self, request: AnyRequest) -> Stocks:
        """Tell how many numbers are left and how long they last."""
        return await serve(request, lambda _: self._stocks())

    async def ask(self, request: AnyRequest, data: JSONBody[NumbersToAsk]) -> Stocks:
        """Ask the centre for numbers of a register."""

        def work(visit: Visit) -> Stocks:
            with self._node.db.write() as write:
                requests.ask(
                    write, self._node.journal, self._node.config, register=data.register,
                    year=data.year, size=data.size, actor=actor(visit),
                )  # fmt: skip
            if self._office.syncer is not None:
                self._office.syncer.try_now()
            return self._stocks()

        return await serve(request, work)

    async def take_code(self, request: AnyRequest, data: JSONBody[CodeHeard]) -> RangesTaken:
        """Take a range that was read out over the telephone."""

        def work(visit: Visit) -> RangesTaken:
            told = handed.accept_code(
                self._node, data.code, register=data.register, year=data.year, actor=actor(visit)
            )
            first, last = told.range
            taken = Taken(register=data.register, year=data.year, first=first, last=last)
            return RangesTaken(ranges=(taken,))

        return await serve(request, work)

    async def request_file(self, request: AnyRequest) -> Response[bytes]:
        """Give the open requests as a file to be carried to the centre."""

        def work(_: Visit) -> Response[bytes]:
            return Response(handed.request_file(self._node), media_type="application/json")

        return await serve(request, work)

    async def take_answer(self, request: AnyRequest) -> RangesTaken:
        """Take the ranges of a file that came from the centre; the file is the request's body."""
        raw = await request.body()

        def work(visit: Visit) -> RangesTaken:
            new = handed.accept_file(self._node, raw, actor=actor(visit))
            return RangesTaken(
                ranges=tuple(
                    Taken(register=one.register, year=one.year, first=one.first, last=one.last)
                    for one in new
                )
            )

        return await serve(request, work)

    async def clock(self, request: AnyRequest) -> Clock:
        """Tell how the clock is, and whether it may date a letter."""
        return await serve(request, self._clock)

    async def confirm_clock(self, request: AnyRequest, data: JSONBody[ClockSeen]) -> Clock:
        """Say that the date and time shown are right."""

        def work(visit: Visit) -> Clock:
            with self._node.db.write() as write:
                year_gate.confirm(
                    write, self._node.journal, shown=data.shown, actor=actor(visit),
                    administrator=ADMINISTRATOR in visit.person.roles,
                )  # fmt: skip
            return self._clock(visit)

        return await serve(request, work)

    async def fence(self, request: AnyRequest) -> Fence:
        """Tell why this machine gives no numbers, and who knows of which number."""

        def work(_: Visit) -> Fence:
            with self._node.db.read() as cursor:
                return answers.fence_of(fence.status(self._node, cursor))

        return await serve(request, work)

    async def preview(self, request: AnyRequest, data: JSONBody[FenceWord]) -> FencePreview:
        """Show which numbers lifting the fence will give up; nothing is done."""

        def work(visit: Visit) -> FencePreview:
            lift = _lift(data, actor(visit))
            with self._node.db.read() as cursor:
                fence.check(self._node, cursor, lift)
                return answers.preview_of(fence.previews(self._node, cursor, lift))

        return await serve(request, work)

    async def lift(self, request: AnyRequest, data: JSONBody[FenceWord]) -> FenceLifted:
        """Lift the fence, with an epoch from the centre or by hand."""

        def work(visit: Visit) -> FenceLifted:
            lift = _lift(data, actor(visit))
            if data.by_hand:
                return answers.lifted_of(lifting.lift_by_hand(self._node, lift))
            return answers.lifted_of(self._line().lift(lift))

        return await serve(request, work, slow=True)

    async def fork(self, request: AnyRequest, data: JSONBody[ForkCode]) -> Forked:
        """Give this machine a name of its own; the program must be started again."""

        def work(visit: Visit) -> Forked:
            name = self._line().fork(data.code, actor=actor(visit))
            return Forked(before=self._node.node, node=name)

        return await serve(request, work, slow=True)

    def _line(self) -> Syncer:
        if self._office.syncer is None:
            raise NotEnrolled
        return self._office.syncer

    def _stocks(self) -> Stocks:
        with self._node.db.read() as cursor:
            return Stocks(
                series=tuple(answers.stock_of(one) for one in supplies(self._node, cursor))
            )

    def _clock(self, visit: Visit) -> Clock:
        with self._node.db.read() as cursor:
            standing = year_gate.standing(cursor, self._node.journal.clock)
        judged, need = standing.sight.judged, standing.need
        return Clock(
            shown=standing.now,
            good=standing.good,
            sentence=standing.english if visit.voice.language == "en" else standing.thai,
            quality=judged.quality,
            source=judged.source or "",
            age_s=judged.age_s,
            doubt_s=judged.doubt_s,
            refuses=standing.refusal is not None,
            administrator=need is not None and need.administrator,
            opens_year=need.opens_year if need is not None else 0,
        )


def _lift(data: FenceWord, who: PersonId) -> Lift:
    return Lift(
        actor=who,
        paper={(one.register, one.year): one.number for one in data.paper},
        alone=data.alone,
        guard=data.guard,
    )
