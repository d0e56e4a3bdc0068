"""The facts an office writes into its journal.

An event is payload bytes plus a signature. The payload is canonical JSON: keys sorted, no floats,
UTF-8, no needless space (for this subset the same bytes as RFC 8785). The bytes are signed and
stored as they are; nobody encodes an event again to check it, so fields that an older program does
not know pass through it unchanged.

Every body here is one fact. A body is never changed; a correction is a new event that names the
old one.
"""

import hashlib
from typing import Any, Final

import msgspec

from saraban_sync import signing
from saraban_sync.backup_events import (
    BackupDrilled,
    BackupFinished,
    PassphraseChanged,
    SheetChecked,
    SheetEnded,
    SheetPrinted,
)
from saraban_sync.body import Body, FileRef, Former, Signed, Source
from saraban_sync.errors import DocumentTooLarge, NewerVersion, NotAnIdentifier, Unintelligible
from saraban_sync.ids import EventId, NodeId, PersonId, Whole, event_id, node_id
from saraban_sync.journal_events import EpochStarted, JournalForked, JournalOpened
from saraban_sync.number_events import (
    CentreFellBehind,
    ClockConfirmed,
    EmergencyClosed,
    EmergencyCorrelated,
    EmergencyOpened,
    EmergencyRegistered,
    GapExplained,
    NumberReserved,
    NumbersReturned,
    NumbersSkipped,
    RangeRequested,
    RangeTold,
    ReservationEnded,
)
from saraban_sync.registers import Register, Urgency, parse_instant
from saraban_sync.signing import SigningKey

VERSION: Final = 1
MAX_PAYLOAD_BYTES: Final = 256 * 1024
MAX_FILES: Final = 50
GENESIS: Final = "0" * 64
"""``prev`` of a journal's first event."""


class ClockState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What the machine knew about its clock when the event was written."""

    boot: str
    """The kernel's boot id, shortened to 8 hex digits."""
    offset_ms: Whole | None = None
    """Centre's time minus this machine's, when last measured; milliseconds."""
    offset_age_s: Whole | None = None
    """Seconds since that measurement; absent when that is :attr:`age_s`."""
    stepped: bool = False
    """Whether wall time has gone backwards since the event before."""
    source: str = ""
    """What vouched for the clock last: :class:`saraban_sync.clocks.Source`; empty for nothing."""
    age_s: Whole | None = None
    """Seconds since then, by a clock that cannot jump; absent after a restart of the machine."""
    doubt_s: Whole | None = None
    """The wall time is certain to this many seconds either way; absent when nobody can say."""


class PersonAdded(Body, frozen=True):
    """An administrator gave a person an account. No password is ever in a journal."""

    person: str
    username: str
    name: str
    roles: tuple[str, ...]


class PersonChanged(Body, frozen=True):
    """An administrator changed a person's name, roles or whether the account is in use."""

    person: str
    name: str
    roles: tuple[str, ...]
    active: bool


class RangeAccepted(Body, frozen=True):
    """The node took a range granted by the centre; ``grant`` is the centre's signed document."""

    grant: Signed


class LetterRegistered(Body, frozen=True):
    """A line of a register: number and letter together."""

    register: Register
    year: Whole
    number: Whole
    subject: str
    """เรื่อง."""
    sender: str = ""
    """จาก."""
    recipient: str = ""
    """ถึง."""
    letter_no: str = ""
    """ที่: the number on the letter."""
    letter_date: str = ""
    """ลงวันที่: ISO date of the Christian era, or empty."""
    action: str = ""
    """การปฏิบัติ."""
    remark: str = ""
    """หมายเหตุ."""
    urgency: Urgency = Urgency.NORMAL
    files: tuple[FileRef, ...] = ()
    source: Source | None = None
    """Set when the letter arrived electronically."""
    imported: bool = False
    circular: bool = False
    """Whether it is a circular (หนังสือเวียน, clause 32); its number is written with ว."""
    reservation: str = ""
    """The event that reserved the number; empty for a number taken now."""


class LetterSent(Body, frozen=True):
    """An outgoing letter left for other offices; carries all that a receiver may see of it."""

    entry: str
    offices: tuple[str, ...]
    year: Whole
    number: Whole
    subject: str
    sender: str = ""
    recipient: str = ""
    letter_no: str = ""
    letter_date: str = ""
    urgency: Urgency = Urgency.NORMAL
    files: tuple[FileRef, ...] = ()


class LetterArrived(Body, frozen=True):
    """A letter from another office reached this one (annex 6, 2.4: decides in a dispute)."""

    source: Source
    sender_office: str


class ReceiptGiven(Body, frozen=True):
    """This office registered a letter that another office sent (annex 6, 2.2)."""

    source: Source
    sender_office: str
    year: Whole
    number: Whole
    registered_at: str


class EntryNoted(Body, frozen=True):
    """การปฏิบัติ: what was done with a letter."""

    entry: str
    action: str
    former: Former | None = None
    """Set when it takes over what a person did elsewhere, or before a restore."""


class EntryVoided(Body, frozen=True):
    """An office cancelled a number (ยกเลิก). The number is never used again."""

    entry: str
    reason: str
    former: Former | None = None
    """Set when it takes over what a person did elsewhere, or before a restore."""


class FilesAdded(Body, frozen=True):
    """Files were put to a letter after it had its number."""

    entry: str
    files: tuple[FileRef, ...]
    former: Former | None = None
    """Set when it takes over what a person did before a restore."""


KINDS: Final[dict[str, type[Body]]] = {
    "journal.opened": JournalOpened,
    "person.added": PersonAdded,
    "person.changed": PersonChanged,
    "range.accepted": RangeAccepted,
    "letter.registered": LetterRegistered,
    "letter.sent": LetterSent,
    "letter.arrived": LetterArrived,
    "receipt.given": ReceiptGiven,
    "entry.noted": EntryNoted,
    "entry.voided": EntryVoided,
    "files.added": FilesAdded,
    "backup.finished": BackupFinished,
    "backup.drilled": BackupDrilled,
    "sheet.printed": SheetPrinted,
    "sheet.checked": SheetChecked,
    "sheet.ended": SheetEnded,
    "passphrase.changed": PassphraseChanged,
    "epoch.started": EpochStarted,
    "journal.forked": JournalForked,
    "number.reserved": NumberReserved,
    "reservation.ended": ReservationEnded,
    "numbers.skipped": NumbersSkipped,
    "gap.explained": GapExplained,
    "numbers.returned": NumbersReturned,
    "range.requested": RangeRequested,
    "range.told": RangeTold,
    "emergency.opened": EmergencyOpened,
    "emergency.closed": EmergencyClosed,
    "emergency.registered": EmergencyRegistered,
    "emergency.correlated": EmergencyCorrelated,
    "clock.confirmed": ClockConfirmed,
    "centre.fell-behind": CentreFellBehind,
}
_KIND_OF: Final = {body: kind for kind, body in KINDS.items()}


class _Payload(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    actor: str
    at: str
    body: Any
    clock: ClockState
    epoch: int
    node: str
    prev: str
    seq: int
    type: str
    v: int


class _Received(_Payload, frozen=True, kw_only=True):
    body: msgspec.Raw


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One fact of a journal, with the bytes that were signed.

    ``body`` is None when this program does not know the type or the version; the bytes are kept.
    """

    node: NodeId
    epoch: int
    seq: int
    prev: str
    type: str
    at: str
    clock: ClockState
    actor: PersonId
    body: Body | None
    payload: bytes
    signature: str

    @property
    def id(self) -> EventId:
        """The document id, ``EEEE-SSSSSSSSSS``."""
        return event_id(self.epoch, self.seq)

    @property
    def hash(self) -> str:
        """SHA-256 of the payload, hexadecimal: the next event's ``prev``."""
        return payload_hash(self.payload)

    @property
    def source(self) -> Source:
        """How another office's journal names this event."""
        return Source(node=self.node, event=self.id, hash=self.hash)


_encoder: Final = msgspec.json.Encoder(order="sorted")
_decoder: Final = msgspec.json.Decoder(_Received)
_bodies: Final = {kind: msgspec.json.Decoder(body) for kind, body in KINDS.items()}


def canonical(value: object) -> bytes:
    """Encode a struct or dict of strings, whole numbers, lists and dicts as canonical JSON."""
    return _encoder.encode(value)


def payload_hash(payload: bytes) -> str:
    """SHA-256 of an event's payload, hexadecimal."""
    return hashlib.sha256(payload).hexdigest()


def write_event(
    key: SigningKey,
    body: Body,
    *,
    node: NodeId,
    epoch: int,
    seq: int,
    prev: str,
    at: str,
    clock: ClockState,
    actor: PersonId,
) -> Event:
    """Make and sign an event.

    Args:
        key: the node's signing key.
        body: the fact.
        node: the node that writes.
        epoch: generation of the node's database.
        seq: place in the journal, from 1.
        prev: hash of the event before, :data:`GENESIS` for the first.
        at: UTC, as :func:`saraban_sync.registers.instant` writes it.
        clock: what is known of the clock.
        actor: the person who did it; ``system`` for the program itself.

    Raises:
        DocumentTooLarge: the payload is longer than :data:`MAX_PAYLOAD_BYTES`.
    """
    kind = _KIND_OF[type(body)]
    payload = canonical(
        _Payload(
            actor=actor, at=at, body=body, clock=clock, epoch=epoch,
            node=node, prev=prev, seq=seq, type=kind, v=VERSION,
        )
    )  # fmt: skip
    check_size(payload)
    return Event(
        node=node, epoch=epoch, seq=seq, prev=prev, type=kind, at=at, clock=clock, actor=actor,
        body=body, payload=payload, signature=key.sign(signing.EVENT, payload),
    )  # fmt: skip


def check_size(payload: bytes) -> None:
    """Refuse a payload that is too long, before anything reads it.

    Raises:
        DocumentTooLarge: it is longer than :data:`MAX_PAYLOAD_BYTES`.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise DocumentTooLarge(
            f"payload of {len(payload)} bytes", size=len(payload), limit=MAX_PAYLOAD_BYTES
        )


def read_event(payload: bytes, signature: str, public: str) -> Event:
    """Check and read an event that came from outside: length, signature, then meaning.

    Args:
        payload: the bytes as received.
        signature: as received.
        public: the signer's public key from the directory.

    Raises:
        DocumentTooLarge: the payload is too long.
        BadSignature: the signature does not fit.
        Unintelligible: the bytes are no event, or a known type's body is not what it must be.
    """
    check_size(payload)
    signing.verify(public, signing.EVENT, payload, signature)
    return parse_event(payload, signature)


def parse_event(payload: bytes, signature: str) -> Event:
    """Read an event whose signature was checked before, such as one from our own journal.

    Raises:
        Unintelligible: the bytes are no event.
    """
    try:
        got = _decoder.decode(payload)
        node = node_id(got.node)
        event_id(got.epoch, got.seq)
        parse_instant(got.at)
        body = None
        if got.v == VERSION and got.type in _bodies:
            body = _bodies[got.type].decode(got.body)
    except (msgspec.DecodeError, NotAnIdentifier, ValueError, RecursionError) as wrong:
        raise Unintelligible(f"no event: {wrong}") from wrong
    if len(got.prev) != len(GENESIS):
        raise Unintelligible(f"prev of {len(got.prev)} characters")
    return Event(
        node=node, epoch=got.epoch, seq=got.seq, prev=got.prev, type=got.type, at=got.at,
        clock=got.clock, actor=PersonId(got.actor), body=body, payload=payload, signature=signature,
    )  # fmt: skip


def understood(event: Event) -> Body:
    """Give the body of an event.

    Raises:
        NewerVersion: a newer program wrote it.
    """
    if event.body is None:
        raise NewerVersion(f"{event.node} {event.id} is a {event.type}")
    return event.body
