"""ทะเบียนฉุกเฉิน: what to do when numbers have run out; the list, the numbers that came later."""

from datetime import datetime
from typing import Final, NamedTuple

from litestar.handlers import HTTPRouteHandler

from saraban_base.sqlite import Cursor
from saraban_base.web.errors import status_of
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_node.appliance import Appliance
from saraban_node.books import registers
from saraban_node.books.entries import Entry
from saraban_node.errors import ReasonMissing
from saraban_node.numbering import emergency, left_letters, numbers, outages
from saraban_node.numbering.outages import Outage
from saraban_node.web import book_lines
from saraban_node.web.office import CLERKS, Office, actor
from saraban_sync.errors import SarabanError
from saraban_sync.ids import PersonId
from saraban_sync.registers import buddhist_year

_PAGE: Final = 50
_AT_ONCE: Final = 20
"""Greatest number of transactions in which letters get their numbers on one press of the button."""
_MOST: Final = 12_000


class Time(NamedTuple):
    """One outage and the letters registered meanwhile."""

    outage: Outage
    lines: list[Entry]


class EmergencyPages:
    """Shows and keeps the emergency register."""

    def __init__(self, office: Office) -> None:
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/emergency", self.show, needs=CLERKS),
            page("/emergency/print", self.show_paper, needs=CLERKS),
            act("/emergency/open", self.open, needs=CLERKS),
            act("/emergency/settle", self.settle, needs=CLERKS),
        ]

    def show(self, visit: Visit) -> Answer:
        """Say whether it is open, what can be done, and what stands in it."""
        return self._show(visit)

    def show_paper(self, visit: Visit) -> Answer:
        """Show the emergency register of a year as it is printed, outage by outage."""
        year = self._year(visit)
        with self._node.db.read() as cursor:
            lines = list(reversed(_every(cursor, year)))
            times = _times(cursor, lines)
        return visit.page("emergency_print.html", year=year, times=times, rows=len(lines))

    def open(self, visit: Visit) -> Answer:
        """Open it, with the cause."""
        try:
            with self._node.db.write() as write:
                emergency.open_outage(
                    write, self._node.journal,
                    cause=visit.form.text("cause"), actor=actor(visit),
                )  # fmt: skip
        except SarabanError as problem:
            return self._show(visit, problem=problem)
        return visit.redirect("/emergency", said="emergency-opened")

    def settle(self, visit: Visit) -> Answer:
        """Give the letters their ordinary numbers, as far as there are some."""
        try:
            given = settle_all(self._node, actor(visit))
        except SarabanError as problem:
            return self._show(visit, problem=problem)
        return visit.redirect("/emergency", settled=str(given))

    def _show(self, visit: Visit, *, problem: SarabanError | None = None) -> Answer:
        now, year = self._node.clock.now(), self._year(visit)
        before = visit.query.get("before", "")
        place = int(before) if before.isdecimal() and len(before) < 12 else None
        with self._node.db.read() as cursor:
            outage = outages.current(cursor)
            found = registers.emergency_page(cursor, year, before=place, limit=_PAGE + 1)
            context = {
                "outage": outage,
                "ready": _numbers_are_back(cursor),
                "so_far": outages.letters(cursor, outage) if outage else 0,
                "without": emergency.without_numbers(cursor, buddhist_year(now)),
                "waiting": emergency.waiting_count(cursor),
                "left": left_letters.left(cursor),
                "outages": outages.every(cursor),
                "others": book_lines.emergencies_elsewhere(cursor, year, limit=_PAGE),
            }
        settled = visit.query.get("settled", "")
        cause_missing = isinstance(problem, ReasonMissing)
        return visit.page(
            "emergency.html",
            status=status_of(problem) if problem else 200,
            year=year,
            this_year=buddhist_year(now),
            lines=found[:_PAGE],
            older=found[_PAGE - 1].emergency if len(found) > _PAGE else None,
            later=place is not None,
            settled=int(settled) if settled.isdecimal() and len(settled) < 9 else None,
            typed=visit.form.fields,
            problem=None if cause_missing else problem,
            problems={"cause": problem} if cause_missing else {},
            **context,
        )

    def _year(self, visit: Visit) -> int:
        asked = visit.query.get("year", "")
        if asked.isdecimal() and len(asked) == 4:
            return int(asked)
        return buddhist_year(self._node.clock.now())


def _numbers_are_back(cursor: Cursor) -> bool:
    """Tell whether a waiting letter can have its ordinary number."""
    return any(numbers.left(cursor, book, year) for book, year in emergency.waiting_series(cursor))


def settle_all(node: Appliance, who: PersonId) -> int:
    """Give letters of the emergency register their numbers, a few in each transaction.

    Returns:
        How many got one.
    """
    total = 0
    for _ in range(_AT_ONCE):
        with node.db.write() as write:
            given = emergency.settle(write, node.journal, actor=who)
        total += given
        if not given:
            break
    return total


def _every(cursor: Cursor, year: int) -> list[Entry]:
    found: list[Entry] = []
    before = None
    while len(found) < _MOST:
        part = registers.emergency_page(cursor, year, before=before, limit=registers.MAX_PAGE)
        found += part
        if len(part) < registers.MAX_PAGE:
            break
        before = part[-1].emergency
    return found


def _times(cursor: Cursor, lines: list[Entry]) -> list[Time]:
    """Put lines, the oldest first, under the outages in which they were registered."""
    times = []
    for outage in reversed(outages.every(cursor)):
        inside = [line for line in lines if _inside(outage, line.registered_at)]
        if inside or outage.closed_at is None:
            times.append(Time(outage, inside))
    return times


def _inside(outage: Outage, moment: datetime) -> bool:
    return outage.opened_at <= moment and (outage.closed_at is None or moment <= outage.closed_at)
