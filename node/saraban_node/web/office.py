"""What all pages of the node share: the appliance behind them, who may what, the frame around."""

from dataclasses import dataclass
from typing import Final

from saraban_base.refusals import PageNotFound
from saraban_base.web import errors as web_errors
from saraban_base.web.needs import Needs, role
from saraban_base.web.visit import Frame, RailItem, Visit
from saraban_node import errors, inbox, meta, outbox
from saraban_node.appliance import Appliance
from saraban_node.people import ADMINISTRATOR, CLERK
from saraban_node.syncer import Syncer
from saraban_node.web import problems
from saraban_sync.ids import PersonId
from saraban_sync.registers import Register

CLERKS: Final[Needs] = role(CLERK)
ADMINISTRATORS: Final[Needs] = role(ADMINISTRATOR)
BOOK_ICONS: Final = {Register.INCOMING: "in", Register.OUTGOING: "out"}

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
        errors.CentreRefused: 503,
        errors.CentreStrange: 503,
        **problems.STATUS,
    }
)


@dataclass(frozen=True)
class Office:
    """The appliance as its pages see it."""

    node: Appliance
    syncer: Syncer | None = None
    """None where nothing is exchanged, as in some tests."""

    @property
    def enrolled(self) -> bool:
        """Whether a centre is set."""
        return bool(self.node.config.centre_url)

    def frame(self, visit: Visit) -> Frame:
        """Make the rail with its counters for the person who asks."""
        person = visit.person
        clerk, administrator = CLERK in person.roles, ADMINISTRATOR in person.roles
        with self.node.db.read() as cursor:
            arrivals = inbox.waiting(cursor) if clerk else 0
            waiting = outbox.waiting_letters(cursor) if self.enrolled else 0
            fenced = bool(meta.get(cursor, meta.FENCED))
        rail = [RailItem("/", "today", "rail.today")]
        if clerk:
            rail += [
                RailItem(
                    "/arrivals", "arrivals", "rail.arrivals", arrivals, counter_label="rail.waiting"
                ),
                RailItem("/registers/incoming", "in", "rail.incoming"),
                RailItem("/registers/outgoing", "out", "rail.outgoing"),
                RailItem("/search", "search", "rail.search", phone=False),
            ]
        rail += [
            RailItem(
                "/line", "line", "rail.line", waiting, phone=not clerk, counter_label="rail.unsent"
            ),
            RailItem("/status", "status", "rail.status", phone=not clerk),
        ]
        if administrator:
            rail.append(RailItem("/people", "people", "rail.people", phone=not clerk))
        rail.append(RailItem("/settings", "settings", "settings.title", phone=False))
        return Frame(
            owner=self.node.office_name,
            rail=rail,
            search="/search" if clerk else "",
            notice=visit.voice.sentence(errors.Fenced()) if fenced else "",
        )


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
