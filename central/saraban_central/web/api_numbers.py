"""The JSON API about numbers: ranges, requests, the proof of all and the life of one."""

from typing import Any

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from saraban_base.web.routes import serve
from saraban_base.web.visit import AnyRequest, Visit
from saraban_central import directory
from saraban_central.numbering import granting, grants, lookup, passport, proof
from saraban_central.numbering.holdings import holdings
from saraban_central.numbering.lookup import Narrow
from saraban_central.numbering.paper_words import candidate_result, passport_result
from saraban_central.numbering.proof import Wanted
from saraban_central.records import REQUESTS
from saraban_central.web.api_types import (
    NewRange,
    OfficeItem,
    OfficeSettings,
    RangeItem,
    RequestAnswer,
    RequestItem,
    range_of,
    request_of,
)
from saraban_central.web.desk import ADMINS, PEOPLE, Desk, book_of
from saraban_sync.registers import Register


class NumbersApi:
    """The part of the API that is about numbers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._centre = desk.centre

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        seen: dict[str, Any] = {"needs": PEOPLE, "tags": ["numbers"]}
        done: dict[str, Any] = {"needs": ADMINS, "tags": ["numbers"], "status_code": 201}
        v1 = "/api/v1"
        return [
            get(f"{v1}/ranges", **seen)(self.ranges),
            post(f"{v1}/ranges", **done)(self.grant),
            get(f"{v1}/requests", **seen)(self.requests),
            post(f"{v1}/requests", **done)(self.answer),
            get(f"{v1}/proof", **seen)(self.prove),
            get(f"{v1}/numbers", **seen)(self.find),
            get(f"{v1}/numbers/{{office:str}}/{{book:str}}/{{year:int}}/{{number:int}}",
                **seen)(self.life),
            post(f"{v1}/offices/{{code:str}}/settings", needs=ADMINS, tags=["offices"],
                 status_code=200)(self.set_office),
        ]  # fmt: skip

    async def ranges(self, request: AnyRequest, office: FromQuery[str] = "") -> list[RangeItem]:
        """Tell who holds which numbers."""

        def work(_: Visit) -> list[RangeItem]:
            centre = self._centre
            with centre.readmodel.read() as cursor:
                held = holdings(
                    centre.store, cursor, centre.clock.now(), office=office, counted=True
                )
            return [
                range_of(holding, one)
                for by_node in held.values()
                for holding in by_node
                for one in holding.ranges
            ]

        return await serve(request, work)

    async def grant(self, request: AnyRequest, data: JSONBody[NewRange]) -> RangeItem:
        """Grant numbers to a machine; for administrators."""

        def work(visit: Visit) -> RangeItem:
            made = grants.grant(
                self._centre, data.node, data.register, data.year, size=data.size,
                first=data.first, by=visit.person.username,
            )  # fmt: skip
            return RangeItem(
                grant=made.grant, office=made.office, node=made.node, register=made.register,
                year=made.year, first=made.first, last=made.last, granted_at=made.at,
                accepted_at="", next=made.first, used=0, given_up=0,
                left=made.last - made.first + 1, missing=0, opening=made.opening, told=False,
                days_left=None,
            )  # fmt: skip

        return await serve(request, work)

    async def requests(
        self, request: AnyRequest, every: FromQuery[bool] = False
    ) -> list[RequestItem]:
        """List requests for numbers that wait; with ``every=true`` also the last answered ones."""

        def work(_: Visit) -> list[RequestItem]:
            found = [request_of(w.key, w.request, w.why) for w in granting.waiting(self._centre)]
            if every:
                done = granting.answered(self._centre.store)
                found += [request_of(f"{one.node}/{one.event}", one, "") for one in done]
            return found

        return await serve(request, work)

    async def answer(self, request: AnyRequest, data: JSONBody[RequestAnswer]) -> RequestItem:
        """Grant or decline a request; for administrators."""

        def work(visit: Visit) -> RequestItem:
            centre, by = self._centre, visit.person.username
            key = granting.find(centre.store, data.request)
            if data.decline:
                return request_of(key, granting.decline(centre, key, reason=data.reason, by=by), "")
            granting.answer(centre, key, by=by, size=data.size)
            kept = centre.store.record(REQUESTS, key)
            if kept is None:
                raise LookupError(key)
            return request_of(key, kept.value, "")

        return await serve(request, work)

    async def prove(
        self,
        request: AnyRequest,
        office: FromQuery[str] = "",
        node: FromQuery[str] = "",
        register: FromQuery[Register | None] = None,
        year: FromQuery[int] = 0,
    ) -> dict[str, Any]:
        """Account for every number of every granted range, from verified journals."""

        def work(_: Visit) -> dict[str, Any]:
            wanted = Wanted(office=office, node=node, register=register, year=year)
            signals = self._centre.signals
            return proof.as_dict(proof.prove(self._centre, wanted, stop=lambda: signals.closing))

        return await serve(request, work)

    async def find(
        self,
        request: AnyRequest,
        q: FromQuery[str] = "",
        office: FromQuery[str] = "",
        register: FromQuery[Register | None] = None,
        year: FromQuery[int] = 0,
    ) -> list[dict[str, Any]]:
        """Find the numbers that a text may mean, the likeliest first."""

        def work(_: Visit) -> list[dict[str, Any]]:
            where = Narrow(office=office, register=register, year=year)
            with self._centre.readmodel.read() as cursor:
                found = lookup.candidates(self._centre, cursor, q[:200], where)
            return [candidate_result(one) for one in found]

        return await serve(request, work)

    async def life(
        self,
        request: AnyRequest,
        office: FromPath[str],
        book: FromPath[str],
        year: FromPath[int],
        number: FromPath[int],
    ) -> dict[str, Any]:
        """Give the whole life of a number."""

        def work(_: Visit) -> dict[str, Any]:
            with self._centre.readmodel.read() as cursor:
                found = passport.of_number(
                    self._centre, cursor, office, book_of(book), year, number
                )
            return passport_result(found)

        return await serve(request, work)

    async def set_office(
        self, request: AnyRequest, code: FromPath[str], data: JSONBody[OfficeSettings]
    ) -> OfficeItem:
        """Change settings of an office; for administrators."""

        def work(_: Visit) -> OfficeItem:
            made = directory.set_circulars(self._centre, code, data.circulars)
            nodes = directory.nodes(self._centre.store)
            return OfficeItem(
                code=made.code, name=made.name, prefix=made.prefix, circulars=made.circulars,
                nodes=tuple(node.node for node in nodes if node.office == made.code),
            )  # fmt: skip

        return await serve(request, work)
