"""ภาพรวม and หน่วยงาน: which offices need somebody, one office, new offices and their codes."""

from collections.abc import Sequence
from typing import Final, TypeVar

from litestar.handlers import HTTPRouteHandler

from saraban_base.sqlite import Cursor
from saraban_base.web.errors import status_of
from saraban_base.web.forms import Form
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_central import directory, enrolment
from saraban_central.audit.keeping import last_report
from saraban_central.audit.kinds import Severity
from saraban_central.audit.report import Report
from saraban_central.errors import BadPrefix, OfficeExists
from saraban_central.overview import DANGER, WAITING, Machine, own_backup
from saraban_central.readmodel import deliveries, machines, numbering, registers
from saraban_central.records import ALARMS, SET_ASIDE
from saraban_central.store.interface import Shelf
from saraban_central.web.desk import ADMINS, PEOPLE, Desk, grouped, is_admin, spoken
from saraban_sync.errors import BadSignature, NotAnIdentifier, SarabanError
from saraban_sync.ids import NodeId
from saraban_sync.registers import Circulars, buddhist_year

_T = TypeVar("_T")
_TIMELINE: Final = 20
_SHOWN: Final = 20
_LETTERS: Final = 6
_FINDINGS: Final = 100


class OfficePages:
    """Shows offices."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._centre = desk.centre

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/", self.overview, needs=PEOPLE),
            page("/offices", self.show_all, needs=PEOPLE),
            act("/offices", self.add, needs=ADMINS),
            page("/offices/{code:str}", self.show, needs=PEOPLE),
            act("/offices/{code:str}/codes", self.make_code, needs=ADMINS),
            act("/offices/{code:str}/circulars", self.set_circulars, needs=ADMINS),
        ]

    def overview(self, visit: Visit) -> Answer:
        """Show every machine, the worst first."""
        found = self._desk.machines()
        with self._centre.readmodel.read() as cursor:
            passed = machines.passed_over(cursor)
        active = [one for one in found if one.node is None or one.node.active]
        report = self._report()
        return visit.page(
            "overview.html",
            machines=found,
            bad=sum(1 for one in active if _has(one, DANGER)),
            odd=sum(1 for one in active if _has(one, WAITING) and not _has(one, DANGER)),
            newer=sum(one.events for one in passed if one.reason == "newer"),
            unreadable=sum(one.events for one in passed if one.reason == "unreadable"),
            own=own_backup(self._centre.store, self._centre.clock.now()),
            report=report,
            critical=report.count(Severity.CRITICAL) if report else 0,
            admin=is_admin(visit),
        )

    def show_all(self, visit: Visit) -> Answer:
        """List the offices, and offer to add one."""
        return self._list(visit)

    def add(self, visit: Visit) -> Answer:
        """Add an office."""
        form = visit.form
        try:
            made = directory.add_office(
                self._centre,
                form.text("code").strip().casefold(),
                name=form.text("name"),
                prefix=form.text("prefix"),
                circulars=_circulars(form),
            )
        except (NotAnIdentifier, OfficeExists, BadPrefix) as problem:
            return self._list(visit, problem)
        return visit.redirect(f"/offices/{made.code}", said="office-added")

    def show(self, visit: Visit) -> Answer:
        """Show one office: its machines, what to say on the phone, registers, timeline."""
        return self._show(visit)

    def make_code(self, visit: Visit) -> Answer:
        """Make a code for a new machine and show it, once."""
        code = visit.part("code")
        name = visit.form.text("node").strip().casefold()
        try:
            made = enrolment.make_code(self._centre, code, node=NodeId(name) if name else None)
        except SarabanError as problem:
            return self._show(visit, problem)
        office = directory.office(self._centre.store, code)
        return visit.page("code.html", made=made, office=office)

    def set_circulars(self, visit: Visit) -> Answer:
        """Set where the office's circulars take their numbers from."""
        code = visit.part("code")
        directory.set_circulars(self._centre, code, _circulars(visit.form))
        return visit.redirect(f"/offices/{code}", said="circulars-set")

    def _list(self, visit: Visit, problem: SarabanError | None = None) -> Answer:
        store = self._centre.store
        nodes: dict[str, list[str]] = {}
        for node in directory.nodes(store):
            nodes.setdefault(node.office, []).append(node.node)
        field = _field_of(problem)
        return visit.page(
            "offices.html",
            status=status_of(problem) if problem else 200,
            offices=directory.offices(store),
            nodes=nodes,
            typed=visit.form.fields,
            problems={field: problem} if field else {},
            problem=None if field else problem,
            admin=is_admin(visit),
        )

    def _show(self, visit: Visit, problem: SarabanError | None = None) -> Answer:
        centre, code = self._centre, visit.part("code")
        office = directory.office(centre.store, code)
        found = self._desk.machines(code)
        chosen = visit.query.get("node", "")
        before = visit.query.get("before", "")[:20]
        with centre.readmodel.read() as cursor:
            books = registers.books(cursor, code)
            open_letters = deliveries.unregistered(cursor, code, limit=_LETTERS + 1)
            acts = self._timeline(cursor, found, chosen, before)
            outages = numbering.outages(cursor, code)
        report = self._report()
        own = [one for one in report.findings if one.office == code] if report else []
        names = [one.node.node for one in found if one.node]
        return visit.page(
            "office.html",
            status=status_of(problem) if problem else 200,
            office=office,
            machines=found,
            books=books,
            outages=outages,
            open_letters=open_letters[:_LETTERS],
            more_letters=len(open_letters) > _LETTERS,
            names=self._desk.names(),
            people=self._desk.people(),
            spoken=spoken(visit),
            acts=acts[:_TIMELINE],
            act_node=chosen if chosen in names else (names[0] if names else ""),
            older=acts[_TIMELINE - 1].event if len(acts) > _TIMELINE else "",
            later=bool(before),
            alarms=self._kept(ALARMS, names),
            aside=self._kept(SET_ASIDE, names),
            groups=grouped(own[:_FINDINGS]),
            found=len(own),
            shown=min(len(own), _FINDINGS),
            report=report,
            year=buddhist_year(centre.clock.now()),
            code_hours=centre.config.enrol_code_hours,
            typed=visit.form.fields,
            problem=problem,
            admin=is_admin(visit),
        )

    def _timeline(
        self, cursor: Cursor, found: list[Machine], chosen: str, before: str
    ) -> list[registers.Act]:
        names = [one.node.node for one in found if one.node]
        if not names:
            return []
        node = chosen if chosen in names else names[0]
        if before:
            return registers.timeline(cursor, node, before=before, limit=_TIMELINE + 1)
        return registers.timeline(cursor, node, limit=_TIMELINE + 1)

    def _kept(self, shelf: Shelf[_T], nodes: Sequence[str]) -> Sequence[_T]:
        store = self._centre.store
        return [
            kept.value for node in nodes for kept in store.records(shelf, f"{node}/", limit=_SHOWN)
        ]

    def _report(self) -> Report | None:
        try:
            with self._centre.database.read() as cursor:
                kept = last_report(cursor, self._centre.key.public)
        except BadSignature:  # the audit page says so
            return None
        return kept.report if kept else None


def _circulars(form: Form) -> Circulars:
    return Circulars.OWN if form.text("circulars") == Circulars.OWN else Circulars.SHARED


def _has(machine: Machine, kind: str) -> bool:
    return any(sign.kind == kind for sign in machine.signs)


def _field_of(problem: SarabanError | None) -> str:
    match problem:
        case NotAnIdentifier() | OfficeExists():
            return "code"
        case BadPrefix():
            return "prefix" if "prefix" in problem.detail else "name"
        case _:
            return ""
