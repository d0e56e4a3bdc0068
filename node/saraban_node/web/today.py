"""วันนี้: what must I do now; then line and backup in a sentence each."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from litestar.handlers import HTTPRouteHandler

from saraban_base.sqlite import Cursor
from saraban_base.web.needs import PERSON
from saraban_base.web.routes import page
from saraban_base.web.visit import Answer, Visit
from saraban_node.backup import records as backup_records
from saraban_node.books import drafts, entries, registers, remembered
from saraban_node.line import inbox, syncer
from saraban_node.numbering import numbers, outages, reservations
from saraban_node.people import CLERK
from saraban_node.web import letter_form
from saraban_node.web.columns import registers_shown
from saraban_node.web.office import REMIND, Office
from saraban_sync.registers import BANGKOK, Register, buddhist_year, instant, thai_date

_ARRIVALS = 10
_RECENT = 8
_RESERVED = 6


class TodayPage:
    """Shows the day's work."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [page("/", self.show, needs=PERSON)]

    def show(self, visit: Visit) -> Answer:
        """Show the page."""
        node = self._office.node
        clerk = CLERK in visit.person.roles
        now = node.clock.now()
        with node.db.read() as cursor:
            state = syncer.state(cursor, enrolled=self._office.enrolled)
            backup = backup_records.last(cursor, good_only=True)
            newest = backup_records.last(cursor)
            low = self._low_numbers(cursor, now)
            outage = outages.current(cursor)
            work: dict[str, Any] = self._work(cursor, visit, now) if clerk else {}
        return visit.page(
            "today.html",
            clerk=clerk,
            state=state,
            backup=backup,
            backup_failed=newest is not None and not newest.good,
            backup_old=backup is not None and now - backup.at > timedelta(days=2),
            low=low,
            outage=outage,
            year=buddhist_year(now),
            **work,
        )

    def _work(self, cursor: Cursor, visit: Visit, now: datetime) -> dict[str, Any]:
        today = thai_date(now)
        midnight = datetime.combine(today, time(), BANGKOK).astimezone(UTC)
        counted = {
            register: remembered.registered_since(cursor, register, instant(midnight))
            for register in Register
        }
        kept = registers.reserved(cursor)
        return {
            "today": today,
            "reserved": kept[:_RESERVED],
            "reserved_count": len(kept),
            "due": reservations.due_within(today, kept, REMIND.days),
            "address_of": letter_form.address_of,
            "book_of_draft": letter_form.book_of_draft,
            "arrivals": inbox.arrivals(cursor, limit=_ARRIVALS),
            "arrivals_count": inbox.waiting(cursor),
            "drafts": drafts.of_person(cursor, visit.person.person),
            "recent": entries.select(cursor, "ORDER BY seq DESC LIMIT :limit", {"limit": _RECENT}),
            "counted": counted,
        }

    def _low_numbers(self, cursor: Cursor, now: datetime) -> list[tuple[Register, int]]:
        year = buddhist_year(now)
        shown = registers_shown(cursor, year)
        left = [(register, numbers.left(cursor, register, year)) for register in shown]
        return [pair for pair in left if pair[1] <= self._office.node.config.number_low_water]
