"""What the JSON API of the centre says and hears. Unknown fields are refused in what it hears."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from saraban_central.audit.report import Report
from saraban_central.numbering.holdings import Holding, Range
from saraban_central.overview import Machine, Sign
from saraban_central.readmodel import deliveries, registers, searching
from saraban_central.records import Request
from saraban_sync.registers import Circulars, Register

Code = Annotated[str, Meta(min_length=1, max_length=40)]


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shape of what a client sends."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Shape of what the centre answers. Moments are UTC; empty when it has not happened."""


class NewOffice(Said, frozen=True):
    """An office to add."""

    code: Code
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    prefix: Annotated[str, Meta(min_length=1, max_length=60)]
    circulars: Circulars = Circulars.SHARED


class OfficeSettings(Said, frozen=True):
    """Settings of an office to change."""

    circulars: Circulars


class NewMachine(Said, frozen=True):
    """A machine that wants a code; the office's own code is its name when none is given."""

    node: Annotated[str, Meta(max_length=40)] = ""


class NewRange(Said, frozen=True):
    """Numbers to grant."""

    node: Code
    register: Register
    year: Annotated[int, Meta(ge=2500, le=9999)]
    size: Annotated[int, Meta(ge=1)]
    first: Annotated[int, Meta(ge=1)] | None = None


class Judgement(Told, frozen=True):
    """What the centre makes of one thing it knows of a machine."""

    about: str
    grave: bool
    kind: str
    key: str
    facts: dict[str, int | str]
    at: str


class MachineState(Told, frozen=True):
    """One machine, or an office that has none."""

    office: str
    office_name: str
    node: str
    active: bool
    last_contact: str
    clock_offset_ms: int | None
    events_here: int
    events_to_come: int
    unregistered_letters: int
    letters_to_fetch: int
    good_backup_at: str
    program: str
    free_bytes: int | None
    alarms: int
    turned_away: int
    judgements: tuple[Judgement, ...]


class OfficeItem(Told, frozen=True):
    """An office."""

    code: str
    name: str
    prefix: str
    circulars: Circulars
    nodes: tuple[str, ...]


class EnrolmentCode(Told, frozen=True):
    """A one-time code; it is given only here and now."""

    code: str
    office: str
    node: str
    expires_at: str


class Entry(Told, frozen=True):
    """One line of a register."""

    node: str
    event: str
    office: str
    register: str
    year: int
    number: int
    emergency: int
    state: str
    subject: str
    sender: str
    recipient: str
    letter_no: str
    at: str


class EntryList(Told, frozen=True):
    """A piece of a list; ``before`` asks for the next one."""

    entries: tuple[Entry, ...]
    before: int | None = None


class HitList(Told, frozen=True):
    """A piece of what was found; ``skip`` asks for the next one."""

    entries: tuple[Entry, ...]
    skip: int | None = None


class LetterItem(Told, frozen=True):
    """A letter between offices and how many of its receivers have it."""

    source_node: str
    source_event: str
    sender_office: str
    year: int
    number: int
    subject: str
    letter_no: str
    urgency: str
    sent_at: str
    stored_at: str
    offices: int
    arrived: int
    registered: int


class LetterList(Told, frozen=True):
    """A piece of the list of letters; ``skip`` asks for the next one."""

    letters: tuple[LetterItem, ...]
    skip: int | None = None


class ReceiverItem(Told, frozen=True):
    """How far a letter has come to one office."""

    office: str
    stage: str
    arrived_at: str
    registered_at: str
    registered_year: int
    registered_number: int
    receipt_at: str


class WholeLetter(Told, frozen=True):
    """A letter with all its receivers."""

    letter: LetterItem
    receivers: tuple[ReceiverItem, ...]


class RangeItem(Told, frozen=True):
    """One granted range."""

    grant: str
    office: str
    node: str
    register: str
    year: int
    first: int
    last: int
    granted_at: str
    accepted_at: str
    next: int
    used: int
    given_up: int
    left: int
    missing: int
    opening: bool
    told: bool
    """Whether it was taken by telephone."""
    days_left: int | None
    """How long all numbers of the machine's series last; null when none was used lately."""


class RequestItem(Told, frozen=True):
    """A request for numbers."""

    request: str
    node: str
    office: str
    register: str
    year: int
    size: int
    left: int
    per_day: str
    at: str
    came_at: str
    state: str
    why: str
    """Why an open one waits for a person; empty when it is about to be granted."""
    grant: str
    by: str
    reason: str
    done_at: str


class RequestAnswer(Said, frozen=True):
    """What becomes of a request."""

    request: str
    decline: bool = False
    reason: str = ""
    size: Annotated[int, Meta(ge=1)] | None = None


class AuditState(Told, frozen=True):
    """The last audit."""

    running: bool
    report: Report | None


def judgement_of(sign: Sign) -> Judgement:
    """Say a judgement."""
    return Judgement(
        about=sign.about, grave=sign.grave, kind=sign.kind, key=sign.key, facts=dict(sign.facts),
        at=sign.at,
    )  # fmt: skip


def machine_of(machine: Machine) -> MachineState:
    """Say what is known of a machine."""
    contact, node = machine.contact, machine.node
    return MachineState(
        office=machine.office.code,
        office_name=machine.office.name,
        node=node.node if node else "",
        active=node is not None and node.active,
        last_contact=contact.at if contact else "",
        clock_offset_ms=contact.offset_ms if contact else None,
        events_here=machine.progress.seq if machine.progress else 0,
        events_to_come=machine.events_to_come,
        unregistered_letters=machine.waiting.unregistered,
        letters_to_fetch=machine.waiting.coming,
        good_backup_at=machine.good_backup.at if machine.good_backup else "",
        program=machine.program,
        free_bytes=contact.free_bytes if contact and contact.free_bytes >= 0 else None,
        alarms=len(machine.alarms),
        turned_away=machine.turned_away,
        judgements=tuple(judgement_of(sign) for sign in machine.signs),
    )


def entry_of(line: registers.Line | searching.Hit) -> Entry:
    """Say a line of a register."""
    return Entry(**_fields(Entry, line))


def letter_of(letter: deliveries.Letter) -> LetterItem:
    """Say a letter."""
    return LetterItem(**letter._asdict())


def receiver_of(receiver: deliveries.Receiver) -> ReceiverItem:
    """Say how far a letter has come."""
    return ReceiverItem(**_fields(ReceiverItem, receiver))


def range_of(holding: Holding, one: Range) -> RangeItem:
    """Say a range."""
    return RangeItem(
        grant=one.grant, office=holding.office, node=holding.node, register=holding.register,
        year=holding.year, first=one.first, last=one.last, granted_at=one.at,
        accepted_at=one.accepted_at, next=one.next, used=one.used, given_up=one.given_up,
        left=one.left, missing=one.missing, opening=one.opening, told=one.told,
        days_left=holding.forecast.days_left,
    )  # fmt: skip


def request_of(key: str, request: Request, why: str) -> RequestItem:
    """Say a request."""
    named: dict[str, Any] = {"request": key, "why": why}
    own = {
        name: getattr(request, name) for name in RequestItem.__struct_fields__ if name not in named
    }
    return RequestItem(**named, **own)


def _fields(kind: type[msgspec.Struct], source: object) -> dict[str, Any]:
    return {name: getattr(source, name) for name in kind.__struct_fields__}
