"""What a clerk types about a letter: read from the form, kept as a draft, shown again."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from saraban_base.sqlite import Cursor
from saraban_base.web.forms import Form, Reader
from saraban_base.web.visit import Visit
from saraban_node.appliance import Appliance
from saraban_node.books import drafts, entries
from saraban_node.books.drafts import Draft
from saraban_node.books.entries import Entry
from saraban_node.books.letters import MAX_ACTION, MAX_FIELD, MAX_SUBJECT, NewLetter
from saraban_node.books.uploads import put_upload
from saraban_node.line import inbox
from saraban_node.line.inbox import Arrival
from saraban_node.web.problems import NoSuchArrival, NoSuchReservation
from saraban_sync.body import FileRef
from saraban_sync.errors import SarabanError
from saraban_sync.ids import EventId, OfficeCode
from saraban_sync.registers import BUDDHIST_ERA, SENDABLE, Register, Urgency, thai_date
from saraban_sync.thai import tidy

FIELDS: Final = (
    "letter_no", "letter_date", "sender", "recipient", "subject", "urgency", "action", "remark",
    "circular",
)  # fmt: skip
_RESERVATION: Final = "reservation:"
_ARRIVAL: Final = "arrival:"
_LISTS: Final = (*FIELDS, "offices")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass
class Filled:
    """A form with what was typed into it."""

    register: Register
    kind: str
    """Under which draft it is kept."""
    key: str
    """The form's own key."""
    values: Mapping[str, str]
    offices: frozenset[str] = frozenset()
    files: tuple[FileRef, ...] = ()
    arrival: Arrival | None = None
    reservation: Entry | None = None
    """The reserved number that the letter will take."""
    emergency: bool = False
    """Whether it is registered in the emergency register."""
    saved_at: datetime | None = None
    """When it was kept as a draft, if it comes from one."""
    problems: dict[str, SarabanError] = field(default_factory=dict)

    @property
    def about(self) -> str:
        """What the form is about, as its address says it: ``arrival=…``, ``reservation=…``."""
        if self.arrival is not None:
            return f"arrival={self.arrival.source.node}/{self.arrival.source.event}"
        if self.reservation is not None:
            return f"reservation={self.reservation.id}"
        return ""

    def draft(self) -> Draft:
        """Give it as a draft."""
        fields = {name: [self.values.get(name, "")] for name in FIELDS}
        return Draft(self.kind, self.key, {**fields, "offices": sorted(self.offices)}, self.files)


def new_key() -> str:
    """Make a form's key."""
    return secrets.token_urlsafe(16)


def form_key(text: str) -> str:
    """Take a form's key as it came back, or make one."""
    return text if _KEY.fullmatch(text) else new_key()


def kind_of(register: Register, arrival: Arrival | None, reservation: Entry | None) -> str:
    """Name the draft under which a form is kept."""
    if arrival is not None:
        return f"{_ARRIVAL}{arrival.source.node}/{arrival.source.event}"
    if reservation is not None:
        return f"{_RESERVATION}{reservation.register}/{reservation.id}"
    return str(register)


def address_of(kind: str) -> str:
    """Give the address of the form on which a draft goes on."""
    if kind.startswith(_ARRIVAL):
        return f"/registers/{Register.INCOMING}/new?arrival={kind.removeprefix(_ARRIVAL)}"
    if kind.startswith(_RESERVATION):
        book, _, entry = kind.removeprefix(_RESERVATION).partition("/")
        return f"/registers/{book}/new?reservation={entry}"
    return f"/registers/{kind}/new"


def book_of_draft(kind: str) -> str:
    """Name the register a draft is for."""
    if kind.startswith(_ARRIVAL):
        return Register.INCOMING
    return kind.removeprefix(_RESERVATION).partition("/")[0]


def find_arrival(cursor: Cursor, register: Register, text: str) -> Arrival | None:
    """Find the arrival a form is about, by ``node/event``; None for an empty text.

    Raises:
        NoSuchArrival: there is none, or it has its number.
    """
    if not text:
        return None
    node, _, event = text.partition("/")
    found = inbox.one_arrival(cursor, node, event)
    if (
        found is None
        or found.entry is not None
        or found.former
        or register is not Register.INCOMING
    ):
        raise NoSuchArrival(text[:80])
    return found


def find_reservation(cursor: Cursor, register: Register, text: str) -> Entry | None:
    """Find the reserved number a form is about; None for an empty text.

    Raises:
        NoSuchReservation: there is none that waits for its letter.
    """
    if not text:
        return None
    found = entries.by_id(cursor, EventId(text))
    if found is None or found.state != "reserved" or found.register is not register:
        raise NoSuchReservation(text[:40])
    return found


def empty(
    visit: Visit,
    node: Appliance,
    register: Register,
    *,
    arrival: Arrival | None = None,
    reservation: Entry | None = None,
    emergency: bool = False,
) -> Filled:
    """Give a fresh form with what is known already."""
    values: dict[str, str] = {}
    if arrival is not None:
        values = {
            "letter_no": arrival.letter_no,
            "letter_date": visit.voice.short_date(arrival.letter_date or ""),
            "sender": arrival.sender or arrival.sender_office,
            "recipient": arrival.recipient,
            "subject": arrival.subject,
            "urgency": arrival.urgency,
        }
    elif register is not Register.INCOMING:
        taken = reservation.registered_at if reservation is not None else node.clock.now()
        values = {"letter_date": _typed_day(visit, thai_date(taken))}
        if register in SENDABLE:
            values["sender"] = node.office_name
        elif reservation is not None:
            values["sender"] = reservation.holder
        if reservation is not None:
            values["subject"] = reservation.subject
    return Filled(
        register, kind_of(register, arrival, reservation), new_key(), values, arrival=arrival,
        reservation=reservation, emergency=emergency,
    )  # fmt: skip


def from_draft(draft: Draft, fresh: Filled) -> Filled:
    """Go on with a draft.

    Args:
        draft: what was typed.
        fresh: the empty form it was typed into.
    """
    return replace(
        fresh,
        key=draft.form,
        values={name: draft.text(name) for name in FIELDS},
        offices=frozenset(draft.fields.get("offices", ())),
        files=draft.files,
        saved_at=draft.saved_at,
    )


def typed(
    form: Form,
    register: Register,
    *,
    arrival: Arrival | None = None,
    reservation: Entry | None = None,
) -> Filled:
    """Take what was just sent, as it was typed."""
    return Filled(
        register,
        kind_of(register, arrival, reservation),
        form_key(form.text("form")),
        {name: form.text(name) for name in FIELDS},
        offices=frozenset(form.lists.get("offices", ())),
        arrival=arrival,
        reservation=reservation,
        emergency=form.text("emergency") == "yes",
    )


def take_files(visit: Visit, node: Appliance, filled: Filled) -> None:
    """Put uploaded files away and join them to those of the draft, less those struck out.

    What is wrong with a file stands beside the file field; the others are kept.
    """
    with node.db.read() as cursor:
        before = drafts.find(cursor, visit.person_or_late.person, filled.kind)
    struck = set(visit.form.lists.get("drop", ()))
    kept = [
        ref
        for ref in (before.files if before is not None and before.form == filled.key else ())
        if ref.sha256 not in struck
    ]
    limit = node.config.file_most_megabytes * 1024 * 1024
    for upload in visit.form.files.get("files", ()):
        try:
            ref = put_upload(node.files, upload, limit=limit)
        except SarabanError as problem:
            filled.problems["files"] = problem
            continue
        if ref.sha256 not in {one.sha256 for one in kept}:
            kept.append(ref)
    filled.files = tuple(kept)


def read_letter(filled: Filled, form: Form) -> NewLetter:
    """Make a letter of a form.

    Raises:
        WrongFields: a field needs the clerk's attention.
    """
    reader = Reader(form)
    reader.problems.update(filled.problems)
    arrival = filled.arrival
    letter = NewLetter(
        register=filled.register,
        subject=reader.line("subject", limit=MAX_SUBJECT, required=True),
        sender=reader.line("sender", limit=MAX_FIELD),
        recipient=reader.line("recipient", limit=MAX_FIELD),
        letter_no=reader.line("letter_no", limit=MAX_FIELD),
        letter_date=reader.day("letter_date"),
        action=reader.line("action", limit=MAX_ACTION),
        remark=reader.line("remark", limit=MAX_FIELD),
        urgency=reader.choice("urgency", Urgency, Urgency.NORMAL),
        files=(*(arrival.files if arrival else ()), *filled.files),
        source=arrival.source if arrival else None,
        offices=tuple(OfficeCode(code) for code in sorted(filled.offices)),
        circular=filled.register in SENDABLE and form.text("circular") == "yes",
        reservation=filled.reservation.id if filled.reservation else EventId(""),
    )
    reader.done()
    return letter


def same_letter(entry: Entry, letter: NewLetter) -> bool:
    """Tell whether an entry was made of these very words."""
    books = {letter.register, Register.CIRCULAR if letter.circular else letter.register}
    if entry.register not in books:
        return False
    written = (entry.subject, entry.sender, entry.recipient, entry.letter_date)
    asked = (
        tidy(letter.subject),
        tidy(letter.sender),
        tidy(letter.recipient),
        letter.letter_date,
    )
    # An outgoing letter's own number is filled in when it is left empty.
    return written == asked and tidy(letter.letter_no) in ("", entry.letter_no)


def _typed_day(visit: Visit, day: date) -> str:
    return visit.voice.digits(f"{day.day}/{day.month}/{day.year + BUDDHIST_ERA}")
