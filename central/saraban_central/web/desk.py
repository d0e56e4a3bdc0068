"""What all pages of the centre share: the centre behind them, who may what, the frame around."""

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import Final

from saraban_base import accounts
from saraban_base.refusals import PageNotFound
from saraban_base.web import errors as web_errors
from saraban_base.web.needs import Needs, role
from saraban_base.web.visit import Frame, Notice, RailItem, Threads, Visit
from saraban_central import directory, errors, overview
from saraban_central.audit.errors import AuditStopped, NoReportYet
from saraban_central.audit.findings import Finding
from saraban_central.audit.keeping import Auditing
from saraban_central.centre import Centre
from saraban_central.identity import generation, twins
from saraban_central.overview import Limits, Machine
from saraban_central.people import ADMIN, AUDITOR
from saraban_sync.errors import NotAnIdentifier, SizeNotSpoken
from saraban_sync.registers import Register

_WORD: Final = re.compile(r"\S+")
_CODE: Final = re.compile(r"[A-Za-z]|\d{4}-\d{10}")
ADMINS: Final[Needs] = role(ADMIN)
PEOPLE: Final[Needs] = role(ADMIN, AUDITOR)

web_errors.register(
    {
        NotAnIdentifier: 422,
        errors.Raced: 409,
        errors.UnknownOffice: 404,
        errors.OfficeExists: 409,
        errors.UnknownNode: 404,
        errors.NodeExists: 409,
        errors.BadPrefix: 422,
        errors.PastYear: 422,
        errors.BadSize: 422,
        errors.RangeTaken: 409,
        errors.NodeRevoked: 409,
        errors.NoSuchRequest: 404,
        errors.RequestDone: 409,
        errors.ReasonNeeded: 422,
        errors.NoSuchGrant: 404,
        errors.NoCredential: 409,
        errors.NumberUnclear: 422,
        SizeNotSpoken: 422,
        NoReportYet: 404,
        AuditStopped: 503,
    }
)


@dataclass
class CentralThreads(Threads):
    """The worker threads of the pages, and one for audits, which may take minutes."""

    auditing: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="audit")
    )

    def close(self) -> None:
        """Wait for running work and end the threads."""
        super().close()
        self.auditing.shutdown(wait=True)


@dataclass(frozen=True)
class Desk:
    """The centre as its pages see it."""

    centre: Centre
    auditing: Auditing

    @classmethod
    def of(cls, centre: Centre) -> "Desk":
        """Make the desk of a centre."""
        return cls(centre, Auditing(centre))

    @property
    def limits(self) -> Limits:
        """When silence becomes news."""
        return Limits(silent=timedelta(hours=self.centre.config.silent_hours))

    def machines(self, office: str = "") -> list[Machine]:
        """Look at every node, or those of one office, the worst first."""
        centre = self.centre
        with centre.readmodel.read() as cursor:
            return overview.machines_of(
                centre.store, cursor, centre.clock.now(), self.limits, office=office
            )

    def names(self) -> Mapping[str, str]:
        """Give the names of all offices by their codes."""
        return Names({one.code: one.name for one in directory.offices(self.centre.store)})

    def people(self) -> Mapping[str, str]:
        """Give the names of all who may log in here by their user names."""
        with self.centre.database.read() as cursor:
            return Names({one.username: one.name for one in accounts.all_accounts(cursor)})

    def frame(self, visit: Visit) -> Frame:
        """Make the rail for the person who asks."""
        rail = [
            RailItem("/", "today", "rail.overview"),
            RailItem("/offices", "office", "rail.offices", phone=False),
            RailItem("/deliveries", "arrivals", "rail.deliveries"),
            RailItem("/search", "search", "rail.search", phone=False),
            RailItem("/ranges", "number", "rail.ranges"),
            RailItem("/numbers", "search", "rail.numbers", phone=False),
            RailItem("/proof", "check", "rail.proof", phone=False),
            RailItem("/audit", "audit", "rail.audit"),
        ]
        rail.append(RailItem("/twins", "twins", "rail.twins", phone=False))
        rail.append(RailItem("/generation", "restore", "rail.generation", phone=False))
        if ADMIN in visit.person.roles:
            rail.append(RailItem("/people", "people", "rail.people", phone=False))
        rail.append(RailItem("/settings", "settings", "settings.title", phone=False))
        notice = ""
        if self.centre.readmodel.rebuilding():
            notice = visit.voice.text("frame.rebuilding")
        return Frame(
            owner=self.centre.config.name,
            rail=rail,
            search="/search",
            notice=notice,
            notices=self._notices(visit),
        )

    def _notices(self, visit: Visit) -> list[Notice]:
        """Say on every page what stops offices from numbering."""
        found = []
        if count := len(twins.open_twins(self.centre)):
            sentence = visit.voice.text("frame.twins", n=count)
            found.append(Notice(sentence, "/twins", "frame.twins_open"))
        if count := len(generation.closed(self.centre)):
            sentence = visit.voice.text("frame.closed", n=count)
            found.append(Notice(sentence, "/generation", "frame.closed_open", "waiting"))
        return found


class Names(dict[str, str]):
    """Names by code; a code that nobody knows is shown as it is."""

    def __missing__(self, code: str) -> str:
        return code


def is_admin(visit: Visit) -> bool:
    """Tell whether forms that change something are shown."""
    return ADMIN in visit.person.roles


def book_of(text: str) -> Register:
    """Read a register's name from an address.

    Raises:
        PageNotFound: there is no such register.
    """
    try:
        return Register(text)
    except ValueError as wrong:
        raise PageNotFound(f"register {text[:40]!r}") from wrong


def grouped(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Put findings of one kind and office together: twenty late letters are one thing to do."""
    groups = groupby(findings, key=lambda one: (one.severity, one.kind, one.office, one.register))
    return [list(group) for _, group in groups]


def spoken(visit: Visit) -> Callable[[str], str]:
    """Give a function that writes a sentence in the reader's digits, and codes as they are."""
    voice = visit.voice

    def word(found: re.Match[str]) -> str:
        text = found.group()
        return text if _CODE.search(text) else voice.digits(text)

    return lambda sentence: _WORD.sub(word, sentence)


def whole(text: str, default: int, *, most: int = 10**12) -> int:
    """Read a whole number from an address; nonsense counts as not given."""
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 16 else default
