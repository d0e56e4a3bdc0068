"""What the JSON API says and hears. Unknown fields are refused, so that a typing error is seen."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from saraban_node.books.entries import Entry
from saraban_node.books.history import Happening
from saraban_node.line.deliveries import Delivery
from saraban_node.line.inbox import Arrival
from saraban_sync.body import FileRef
from saraban_sync.registers import Register, Urgency

Line = Annotated[str, Meta(max_length=500)]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shape of what a client sends."""


class FileToAttach(Said, frozen=True):
    """A file that was uploaded before."""

    sha256: Digest
    name: Annotated[str, Meta(min_length=1, max_length=300)]


class LetterToRegister(Said, frozen=True):
    """A letter that needs its number. Number, year and time are not the client's to say."""

    register: Register
    subject: Annotated[str, Meta(min_length=1, max_length=1000)]
    sender: Line = ""
    recipient: Line = ""
    letter_no: Line = ""
    letter_date: date | None = None
    action: Annotated[str, Meta(max_length=2000)] = ""
    remark: Line = ""
    urgency: Urgency = Urgency.NORMAL
    files: Annotated[tuple[FileToAttach, ...], Meta(max_length=50)] = ()
    offices: Annotated[tuple[str, ...], Meta(max_length=1000)] = ()
    """Codes of offices an outgoing letter is sent to electronically."""
    arrival: Annotated[str, Meta(max_length=100)] = ""
    """``node/event`` of the arrival that is registered."""
    circular: bool = False
    """Whether it is a circular (หนังสือเวียน)."""
    reservation: Annotated[str, Meta(max_length=40)] = ""
    """Id of the reserved number that it takes."""
    emergency: bool = False
    """Whether it goes into the emergency register, because its register has no number left."""


class Reason(Said, frozen=True):
    """Why a number is cancelled."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class Note(Said, frozen=True):
    """What was done with a letter."""

    action: Annotated[str, Meta(min_length=1, max_length=2000)]


class FilesToAdd(Said, frozen=True):
    """Files for a letter that has its number."""

    files: Annotated[tuple[FileToAttach, ...], Meta(min_length=1, max_length=50)]


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a register."""

    id: str
    register: Register
    year: int
    number: int
    """0 while it has only an emergency number."""
    state: str
    """``reserved``, ``issued``, ``void`` or ``expired``."""
    subject: str
    sender: str
    recipient: str
    letter_no: str
    letter_date: date | None
    action: str
    remark: str
    urgency: Urgency
    registered_at: datetime
    """The legal time."""
    registered_by: str
    void_reason: str
    file_count: int
    circular: bool = False
    emergency: int = 0
    """Its place in the emergency register of the year; 0 for none."""
    numbered_at: datetime | None = None
    """When a letter of the emergency register got its ordinary number."""
    reservation: str = ""
    reserved_at: datetime | None = None
    """When its number was reserved: the day it belongs to."""
    reserved_by: str = ""
    holder: str = ""
    expires: date | None = None


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done with a letter."""

    event: str
    kind: str
    at: datetime
    who: str
    text: str
    former: bool
    """Whether it was done before the database was restored, and came back."""


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """How far a letter is known to have come to one office."""

    office: str
    office_name: str
    stage: str
    sent_at: datetime
    stored_at: datetime | None
    arrived_at: datetime | None
    registered_at: datetime | None
    year: int | None
    number: int | None
    former: bool
    """Whether it was sent before the database was restored."""


class WholeLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter with its files, history and deliveries."""

    letter: Letter
    files: tuple[FileRef, ...]
    history: tuple[Act, ...]
    deliveries: tuple[Receiver, ...]
    stored_at: datetime | None
    """When the centre was first seen to hold it."""


class LetterList(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a list; ``before`` asks for the next one."""

    letters: tuple[Letter, ...]
    before: int | None = None


class ArrivalItem(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that waits for its number."""

    arrival: str
    """``node/event``, to register it."""
    sender_office: str
    subject: str
    sender: str
    recipient: str
    letter_no: str
    letter_date: date | None
    urgency: Urgency
    files: tuple[FileRef, ...]
    sent_at: datetime
    arrived_at: datetime


class LineState(msgspec.Struct, frozen=True, kw_only=True):
    """The line to the centre, from what was last seen."""

    enrolled: bool
    waiting_letters: int
    waiting_events: int
    waiting_parts: int
    last_contact: datetime | None
    last_attempt: datetime | None
    error_code: str
    error: str
    offset_ms: int | None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at on the machine."""

    name: str
    good: bool
    sentence: str


class NodeState(msgspec.Struct, frozen=True, kw_only=True):
    """How the node is."""

    node: str
    office: str
    office_name: str
    program: str
    good: bool
    findings: tuple[Found, ...]


def letter_of(entry: Entry) -> Letter:
    """Say a line of a register."""
    return Letter(**{name: getattr(entry, name) for name in Letter.__struct_fields__})


def act_of(happening: Happening) -> Act:
    """Say what was done."""
    return Act(**{name: getattr(happening, name) for name in Act.__struct_fields__})


def receiver_of(delivery: Delivery) -> Receiver:
    """Say how far a letter has come."""
    return Receiver(**{name: getattr(delivery, name) for name in Receiver.__struct_fields__})


def arrival_of(arrival: Arrival) -> ArrivalItem:
    """Say what arrived."""
    names = [name for name in ArrivalItem.__struct_fields__ if name != "arrival"]
    where = f"{arrival.source.node}/{arrival.source.event}"
    return ArrivalItem(arrival=where, **{name: getattr(arrival, name) for name in names})
