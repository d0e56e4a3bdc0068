"""What all pages of the node share: the appliance behind them, who may what, the frame around."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from saraban_base.refusals import PageNotFound
from saraban_base.sqlite import Cursor
from saraban_base.web import errors as web_errors
from saraban_base.web.needs import Needs, role
from saraban_base.web.visit import Frame, Notice, RailItem, Visit
from saraban_node import errors, housekeeping, meta
from saraban_node.appliance import Appliance
from saraban_node.backup.schedule import Scheduler
from saraban_node.books import registers
from saraban_node.clocks import year_gate
from saraban_node.line import inbox, outbox
from saraban_node.line.syncer import Syncer
from saraban_node.numbering import emergency, outages
from saraban_node.people import ADMINISTRATOR, CLERK
from saraban_node.web import problems, receipts
from saraban_node.web.columns import registers_shown
from saraban_node.web.numbering import statuses
from saraban_sync.ids import PersonId
from saraban_sync.registers import Register, buddhist_year, thai_date

CLERKS: Final[Needs] = role(CLERK)
ADMINISTRATORS: Final[Needs] = role(ADMINISTRATOR)
BOOK_ICONS: Final = {Register.INCOMING: "in", Register.OUTGOING: "out"}
"""Other registers share one icon; on a phone they stand under "more"."""
REMIND: Final = timedelta(days=housekeeping.REMIND_DAYS)
"""How long before a reserved number runs out its holder is reminded."""

web_errors.register(
    {
        errors.NoRangeLeft: 409,
        errors.Fenced: 409,
        errors.SubjectMissing: 422,
        errors.FieldTooLong: 422,
        errors.NoSuchEntry: 404,
        errors.AlreadyVoid: 409,
        errors.ReasonMissing: 422,
        errors.UnknownOffice: 422,
        errors.AlreadyRegistered: 409,
        errors.FileMissing: 404,
        errors.FileRefused: 422,
        errors.NotSendable: 422,
        errors.NotEnrolled: 409,
        errors.CentreUnreachable: 503,
        errors.CentreRefused: 502,
        errors.CentreStrange: 502,
        **statuses.STATUS,
        **problems.STATUS,
    }
)


@dataclass(frozen=True)
class Office:
    """The appliance as its pages see it."""

    node: Appliance
    syncer: Syncer | None = None
    """None where nothing is exchanged, as in some tests."""
    backups: Scheduler | None = None
    """None where nothing is backed up by itself."""

    @property
    def enrolled(self) -> bool:
        """Whether a centre is set."""
        return bool(self.node.config.centre_url)

    def frame(self, visit: Visit) -> Frame:
        """Make the rail with its counters for the person who asks."""
        person = visit.person
        clerk, administrator = CLERK in person.roles, ADMINISTRATOR in person.roles
        self._ask_browser(visit)
        with self.node.db.read() as cursor:
            waiting = outbox.waiting_letters(cursor) if self.enrolled else 0
            books = self._books(cursor) if clerk else []
            notices = self._notices(cursor, visit)
        rail = [RailItem("/", "today", "rail.today"), *books]
        rail += [
            RailItem(
                "/line", "line", "rail.line", waiting, phone=not clerk, counter_label="rail.unsent"
            ),
            RailItem("/backup", "disk", "rail.backup", phone=False),
            RailItem("/status", "status", "rail.status", phone=not clerk),
        ]
        if administrator:
            rail.append(RailItem("/people", "people", "rail.people", phone=not clerk))
        rail.append(RailItem("/settings", "settings", "settings.title", phone=False))
        return Frame(
            owner=self.node.office_name,
            rail=rail,
            search="/search" if clerk else "",
            notices=notices,
        )

    def _ask_browser(self, visit: Visit) -> None:
        """While the fence stands, every browser of the office is a witness."""
        with self.node.db.read() as cursor:
            fenced = bool(meta.get(cursor, meta.FENCED))
        if fenced:
            receipts.look(visit, self.node)

    def _books(self, cursor: Cursor) -> list[RailItem]:
        """List what a clerk works with."""
        now = self.node.clock.now()
        year, soon = buddhist_year(now), thai_date(now) + REMIND
        items = [_counted("/arrivals", "arrivals", "rail.waiting", inbox.waiting(cursor))]
        for book in registers_shown(cursor, year):
            icon = BOOK_ICONS.get(book, "book")
            path = f"/registers/{book}"
            items.append(RailItem(path, icon, f"rail.{book}", phone=book in BOOK_ICONS))
        due = registers.reserved_until(cursor, soon)
        items.append(_counted("/reserved", "keep", "rail.due", due, phone=False))
        if outages.every(cursor) or emergency.without_numbers(cursor, year):
            waiting = emergency.waiting_count(cursor)
            items.append(
                _counted("/emergency", "emergency", "rail.unsettled", waiting, phone=False)
            )
        return [
            *items,
            RailItem("/search", "search", "rail.search", phone=False),
            RailItem("/numbers", "number", "rail.numbers", phone=False),
        ]

    def _notices(self, cursor: Cursor, visit: Visit) -> list[Notice]:
        """Say what must not be overlooked, and where somebody who may can do something about it."""
        person, found = visit.person, []
        if why := meta.get(cursor, meta.FENCED):
            path = "/fence" if ADMINISTRATOR in person.roles else ""
            key = f"fence.notice.{why if why in meta.REASONS else meta.RESTORED}"
            found.append(Notice(visit.voice.text(key), path, "fence.notice_open"))
        elif self._clock_refuses(cursor):
            sentence = visit.voice.text("clock.notice")
            found.append(Notice(sentence, "/clock", "clock.notice_open"))
        if (outage := outages.current(cursor)) is not None:
            since = visit.voice.moment(outage.opened_at)
            path = "/emergency" if CLERK in person.roles else ""
            sentence = visit.voice.text("emergency.notice", since=since)
            found.append(Notice(sentence, path, "emergency.notice_open", kind="waiting"))
        return found

    def _clock_refuses(self, cursor: Cursor) -> bool:
        """Tell whether no number is given because nobody can say what day it is."""
        watch = self.node.journal.clock
        sight = watch.look(cursor)
        if sight.judged.trusted and watch.year_is_open(buddhist_year(sight.reading.wall)):
            return False
        return year_gate.standing(cursor, watch).refusal is not None


def _counted(
    path: str, icon: str, counter_label: str, count: int, *, phone: bool = True
) -> RailItem:
    """Make an entry of the rail that counts what waits there."""
    label = f"rail.{path.strip('/')}"
    return RailItem(path, icon, label, count, phone=phone, counter_label=counter_label)


def actor(visit: Visit) -> PersonId:
    """Give the person who acts, as the journal names them."""
    return PersonId(visit.person.person)


def book_of(text: str) -> Register:
    """Read a register's name from an address.

    Raises:
        PageNotFound: there is no such register.
    """
    try:
        return Register(text)
    except ValueError as wrong:
        raise PageNotFound(f"register {text[:40]!r}") from wrong
