"""The JSON API under ``/api/v1``: the same services as the pages, for programs.

A program logs in as a person (:mod:`saraban_base.web.session_api`) and sends the token it is given
as ``X-Saraban-Token`` with everything that changes something.
"""

from typing import Any, Final

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from saraban_base.refusals import PageNotFound
from saraban_base.web.routes import serve
from saraban_base.web.visit import AnyRequest, Visit
from saraban_central import directory, enrolment
from saraban_central.audit.keeping import last_report
from saraban_central.readmodel import deliveries, registers, searching
from saraban_central.web.api_types import (
    AuditState,
    EnrolmentCode,
    EntryList,
    HitList,
    LetterList,
    MachineState,
    NewMachine,
    NewOffice,
    OfficeItem,
    WholeLetter,
    entry_of,
    letter_of,
    machine_of,
    receiver_of,
)
from saraban_central.web.auditing import start_audit
from saraban_central.web.desk import ADMINS, PEOPLE, Desk, book_of
from saraban_central.web.searching import wish_of
from saraban_sync.ids import NodeId

_PAGE: Final = 100


class Api:
    """The API of the centre."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._centre = desk.centre

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        seen: dict[str, Any] = {"needs": PEOPLE}
        done: dict[str, Any] = {"needs": ADMINS, "status_code": 201}
        v1 = "/api/v1"
        return [
            get(f"{v1}/machines", tags=["offices"], **seen)(self.machines),
            get(f"{v1}/offices", tags=["offices"], **seen)(self.offices),
            post(f"{v1}/offices", tags=["offices"], **done)(self.add_office),
            post(f"{v1}/offices/{{code:str}}/codes", tags=["offices"], **done)(self.make_code),
            get(f"{v1}/offices/{{code:str}}/registers/{{book:str}}/{{year:int}}",
                tags=["registers"], **seen)(self.register),
            get(f"{v1}/search", tags=["registers"], **seen)(self.search),
            get(f"{v1}/deliveries", tags=["deliveries"], **seen)(self.deliveries),
            get(f"{v1}/deliveries/{{node:str}}/{{event:str}}", tags=["deliveries"],
                **seen)(self.delivery),
            get(f"{v1}/audit", tags=["audit"], **seen)(self.audit),
            post(f"{v1}/audit", tags=["audit"], needs=PEOPLE, status_code=202)(self.run_audit),
        ]  # fmt: skip

    async def machines(self, request: AnyRequest) -> list[MachineState]:
        """Tell how every machine is, the one that needs somebody most first."""
        return await serve(request, lambda _: [machine_of(m) for m in self._desk.machines()])

    async def offices(self, request: AnyRequest) -> list[OfficeItem]:
        """List the offices."""

        def work(_: Visit) -> list[OfficeItem]:
            store = self._centre.store
            nodes = directory.nodes(store)
            return [
                OfficeItem(
                    code=one.code, name=one.name, prefix=one.prefix, circulars=one.circulars,
                    nodes=tuple(node.node for node in nodes if node.office == one.code),
                )
                for one in directory.offices(store)
            ]  # fmt: skip

        return await serve(request, work)

    async def add_office(self, request: AnyRequest, data: JSONBody[NewOffice]) -> OfficeItem:
        """Add an office; for administrators."""

        def work(_: Visit) -> OfficeItem:
            made = directory.add_office(
                self._centre, data.code, name=data.name, prefix=data.prefix,
                circulars=data.circulars,
            )  # fmt: skip
            return OfficeItem(
                code=made.code, name=made.name, prefix=made.prefix, circulars=made.circulars,
                nodes=(),
            )  # fmt: skip

        return await serve(request, work)

    async def make_code(
        self, request: AnyRequest, code: FromPath[str], data: JSONBody[NewMachine]
    ) -> EnrolmentCode:
        """Make a one-time code for a new machine of an office; for administrators."""

        def work(_: Visit) -> EnrolmentCode:
            made = enrolment.make_code(
                self._centre, code, node=NodeId(data.node) if data.node else None
            )
            return EnrolmentCode(
                code=made.code, office=made.office, node=made.node, expires_at=made.expires_at
            )

        return await serve(request, work)

    async def register(
        self,
        request: AnyRequest,
        code: FromPath[str],
        book: FromPath[str],
        year: FromPath[int],
        before: FromQuery[int | None] = None,
    ) -> EntryList:
        """Give lines of a register, the greatest number first."""

        def work(_: Visit) -> EntryList:
            office = directory.office(self._centre.store, code)
            with self._centre.readmodel.read() as cursor:
                found = registers.page(
                    cursor, office.code, book_of(book), year,
                    before=before or registers.ALL, limit=_PAGE + 1,
                )  # fmt: skip
            return EntryList(
                entries=tuple(entry_of(line) for line in found[:_PAGE]),
                before=found[_PAGE - 1].number if len(found) > _PAGE else None,
            )

        return await serve(request, work)

    async def search(
        self,
        request: AnyRequest,
        q: FromQuery[str] = "",
        office: FromQuery[str] = "",
        register: FromQuery[str] = "",
        skip: FromQuery[int] = 0,
    ) -> HitList:
        """Search the registers of all offices, the newest first."""

        def work(_: Visit) -> HitList:
            passed = max(0, min(skip, 10_000))
            wish = wish_of(q, office, register)
            with self._centre.readmodel.read() as cursor:
                found = searching.find(cursor, wish, limit=_PAGE + 1, offset=passed)
            return HitList(
                entries=tuple(entry_of(hit) for hit in found[:_PAGE]),
                skip=passed + _PAGE if len(found) > _PAGE else None,
            )

        return await serve(request, work)

    async def deliveries(
        self,
        request: AnyRequest,
        every: FromQuery[bool] = False,
        office: FromQuery[str] = "",
        skip: FromQuery[int] = 0,
    ) -> LetterList:
        """List letters between offices that are not complete; all with ``every=true``."""

        def work(_: Visit) -> LetterList:
            passed = max(0, min(skip, 1_000_000))
            with self._centre.readmodel.read() as cursor:
                found = deliveries.letters(
                    cursor, open_only=not every, office=office[:60], limit=_PAGE + 1,
                    offset=passed,
                )  # fmt: skip
            return LetterList(
                letters=tuple(letter_of(one) for one in found[:_PAGE]),
                skip=passed + _PAGE if len(found) > _PAGE else None,
            )

        return await serve(request, work)

    async def delivery(
        self, request: AnyRequest, node: FromPath[str], event: FromPath[str]
    ) -> WholeLetter:
        """Tell how far one letter has come to each office."""

        def work(_: Visit) -> WholeLetter:
            with self._centre.readmodel.read() as cursor:
                letter = deliveries.letter(cursor, node, event)
                receivers = deliveries.receivers(cursor, node, event)
            if letter is None:
                raise PageNotFound(f"delivery {node[:40]} {event[:40]}")
            return WholeLetter(
                letter=letter_of(letter), receivers=tuple(receiver_of(one) for one in receivers)
            )

        return await serve(request, work)

    async def audit(self, request: AnyRequest) -> AuditState:
        """Give the last audit."""
        return await serve(request, lambda _: self._audit())

    async def run_audit(self, request: AnyRequest) -> AuditState:
        """Run an audit; wait a little for its end."""

        def work(visit: Visit) -> AuditState:
            start_audit(self._desk, visit)
            return self._audit()

        return await serve(request, work)

    def _audit(self) -> AuditState:
        with self._centre.database.read() as cursor:
            kept = last_report(cursor, self._centre.key.public)
        return AuditState(running=self._desk.auditing.running, report=kept.report if kept else None)
