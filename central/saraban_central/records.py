"""The centre's own notes: what is on which shelf, and under which key.

Every struct says what one record holds; every :class:`Shelf` says how its keys are made. Values are
read with unknown fields left alone, so that an older program can read a newer one's notes. The
notes about who is who stand in :mod:`saraban_central.identity.records`.
"""

from typing import Final

import msgspec

from saraban_central.store.interface import Shelf
from saraban_sync.registers import Circulars


class _Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Common shape of records."""


class Identity(_Record, frozen=True):
    """Which centre this is."""

    uuid: str
    generation: int
    """Grows when the centre itself is restored from a backup."""
    key: str
    """The centre's public key."""
    made_at: str


class Office(_Record, frozen=True):
    """An office that takes part."""

    code: str
    name: str
    prefix: str
    made_at: str
    circulars: Circulars = Circulars.SHARED
    """Where its circulars take their numbers from."""


class Node(_Record, frozen=True):
    """An enrolled node."""

    node: str
    office: str
    key: str
    """Public key."""
    epoch: int
    """The epoch the centre gave it."""
    registry: bool
    """Whether it takes the letters that arrive for its office."""
    active: bool
    """False once it was revoked."""
    enrolled_at: str
    program: str = ""
    stopped: str = ""
    """Why it may get no numbers for the time being, such as ``twin``; empty for most."""
    origin: str = ""
    """The node from whose name it was forked."""
    base: str = ""
    """The last event that it shares with that one."""
    base_hash: str = ""


class Credential(_Record, frozen=True):
    """What a node's secret must hash to."""

    sha256: str


class EnrolCode(_Record, frozen=True):
    """A one-time code; its key is the SHA-256 of the code, which is written nowhere."""

    office: str
    node: str
    registry: bool
    made_at: str
    expires_at: str
    used_at: str = ""
    used_key: str = ""
    """The public key it was used with: the same node may ask again when the answer was lost."""
    origin: str = ""
    """Of a fork code: the node whose name the machine has that may use it."""
    machine: str = ""
    """Of a fork code: hash of the machine it is meant for; empty if nobody can say."""


class Granted(_Record, frozen=True):
    """One granted range and the signed document that says so."""

    grant: str
    node: str
    first: int
    last: int
    at: str
    payload: str
    signature: str
    opening: bool = False
    """Whether the numbers before it stand in a paper book."""
    request: str = ""
    """Key of the request that it answers; empty when nobody asked."""
    by: str = ""
    """Who granted it: a user name, ``cli:`` and one, or ``system``."""
    codes: tuple[str, ...] = ()
    """Codes with which it was read out over the telephone."""


class SeriesGrants(_Record, frozen=True):
    """All ranges ever granted in one series: one record, so that two grants cannot overlap."""

    office: str
    register: str
    year: int
    grants: tuple[Granted, ...]


class Request(_Record, frozen=True):
    """A node's request for numbers, and what became of it."""

    node: str
    office: str
    event: str
    register: str
    year: int
    size: int
    left: int
    """How many numbers the node still had."""
    per_day: str
    silence_s: int
    at: str
    """The node's time."""
    came_at: str
    state: str = "open"
    """``open``, ``granted`` or ``declined``."""
    grant: str = ""
    by: str = ""
    """Who granted or declined it."""
    reason: str = ""
    """Why it was declined."""
    done_at: str = ""


class OpenRequest(_Record, frozen=True):
    """A request that nobody has answered yet."""

    came_at: str


class Pending(_Record, frozen=True):
    """A signed event whose predecessor has not come yet."""

    id: str
    payload: str
    signature: str
    came_at: str


class SetAside(_Record, frozen=True):
    """A document that was refused or quarantined at the door."""

    node: str
    id: str
    """As it was claimed, shortened to 64 characters."""
    verdict: str
    """``refused`` or ``quarantined``."""
    reason: str
    first_at: str
    last_at: str
    times: int
    size: int
    """Length of the document as it came, in bytes."""
    sample: bytes
    """Its beginning; all of it if the node had signed it."""


class SetAsideCount(_Record, frozen=True):
    """How many bad documents a node has sent, those beyond the kept ones included."""

    refused: int = 0
    quarantined: int = 0
    last_at: str = ""


class Intake(_Record, frozen=True):
    """When the centre took events in: one note for each batch, written with it."""

    at: str
    first: str
    """Id of the batch's first event."""


class Alarm(_Record, frozen=True):
    """Something in a journal that must not be: admitted as evidence, shown to the administrator.

    ``kind`` is one of:

    * ``number-outside-grant``: an entry bears a number that its node was never granted;
    * ``number-used-twice``: an entry bears a number that its node has used before;
    * ``letter-without-entry``: a letter was sent whose register entry is missing, another one's or
      itself alarmed; it was not routed;
    * ``unknown-office``: a letter is addressed to an office that the directory does not have;
    * ``number-after-skip``: an entry bears a number that its node had given up before;
    * ``reservation-unknown``: an event names a reservation that is not there, is over, or is of
      another number;
    * ``emergency-unknown``: a number was given to a line that is not in the emergency register;
    * ``gap-outside-grant``: numbers were given up that the node was never granted;
    * ``range-told-unknown``: a node took a range by telephone that nobody granted it;
    * ``range-told-code``: the code it was told is not this range's;
    * ``grant-overlaps``: a node holds numbers that were granted to another one after the centre had
      forgotten that they were granted;
    * ``conflict``: the store holds two different documents under one id.
    """

    kind: str
    node: str
    event: str
    at: str
    register: str = ""
    year: int = 0
    number: int = 0
    detail: str = ""


class Contact(_Record, frozen=True):
    """What a node said about itself when it last came by."""

    node: str
    at: str
    """The centre's time."""
    claimed_at: str
    """The node's time."""
    offset_ms: int
    """The centre's time minus the node's."""
    boot: str = ""
    last_event: str = ""
    last_hash: str = ""
    program: str = ""
    free_bytes: int = -1
    pushed_files_pending: int = 0
    backup_at: str = ""
    backup_good: bool = False
    machine: str = ""
    """Hash of the machine."""
    epoch: int = 0
    fenced: str = ""
    """Why it writes nothing for the time being; empty for most."""


class Numbers(_Record, frozen=True):
    """Which numbers of a series a node has used: runs of first and last, both included."""

    register: str
    year: int
    runs: tuple[tuple[int, int], ...]


class Followed(_Record, frozen=True):
    """How far the router has read a journal, and the numbers it has seen used there."""

    upto: str
    """Id of the last event dealt with."""
    numbers: tuple[Numbers, ...] = ()
    gaps: tuple[Numbers, ...] = ()
    """Numbers that were given up since the last epoch began."""


class ReservationOver(_Record, frozen=True):
    """A reservation that was used or ended: nothing that knows of it can rest on it any more."""

    event: str
    """What used or ended it first, in one journal."""


class Correlated(_Record, frozen=True):
    """The ordinary number that a letter of the emergency register got."""

    event: str
    register: str
    year: int
    number: int


class Tail(_Record, frozen=True):
    """Events of a closed epoch that a restored database does not know: they are told to it."""

    after: str
    """The event after which the new epoch began; the tail follows it."""
    before: str
    """The event that began the new epoch; the tail ends before it."""


class Passed(_Record, frozen=True):
    """How far a journal was passed on to another node of its office."""

    upto: str
    """Id of the last event looked at."""


class Routed(_Record, frozen=True):
    """Proof that something was put into a mailbox, and where."""

    document: str
    """Id in the mailbox."""
    at: str


class Waiting(_Record, frozen=True):
    """A letter for an office that has no node yet."""

    node: str
    event: str
    office: str
    at: str


class MayRead(_Record, frozen=True):
    """Permission of one node to read one chunk."""

    at: str


class Local(_Record, frozen=True):
    """A CouchDB ``_local`` document: a replicator's own note, never replicated."""

    fields: msgspec.Raw
    number: int


IDENTITY: Final = Shelf("identity", Identity)
"""Key: ``centre``."""
OFFICES: Final = Shelf("office", Office)
"""Key: the office's code."""
NODES: Final = Shelf("node", Node)
"""Key: the node's name."""
CREDENTIALS: Final = Shelf("credential", Credential)
"""Key: the node's name."""
ENROL_CODES: Final = Shelf("enrol-code", EnrolCode)
"""Key: SHA-256 of the code."""
SERIES: Final = Shelf("series", SeriesGrants)
"""Key: ``office/register/year``."""
REQUESTS: Final = Shelf("request", Request)
"""Key: ``node/event id/`` and the first 16 digits of the event's hash."""
OPEN_REQUESTS: Final = Shelf("open-request", OpenRequest)
"""Key: the request's; only those that wait for an answer."""
PENDING: Final = Shelf("pending", Pending)
"""Key: ``node/event id/revision``."""
SET_ASIDE: Final = Shelf("set-aside", SetAside)
"""Key: ``node/`` and a hash of the document and the verdict; if the node has signed it
``node/signed/id/`` and the hash."""
SET_ASIDE_COUNTS: Final = Shelf("set-aside-count", SetAsideCount)
"""Key: the node's name."""
ALARMS: Final = Shelf("alarm", Alarm)
"""Key: ``node/event id/kind``."""
CONTACTS: Final = Shelf("contact", Contact)
"""Key: the node's name."""
INTAKE: Final = Shelf("intake", Intake)
"""Key: ``node/`` and the id of the batch's last event."""
FOLLOWED: Final = Shelf("followed", Followed)
"""Key: the node's name."""
RESERVATIONS_OVER: Final = Shelf("reservation-over", ReservationOver)
"""Key: ``node/``, the event that reserved the number, ``/`` and the journal in which it ended."""
CORRELATED: Final = Shelf("correlated", Correlated)
"""Key: ``node/`` and the event of the emergency register."""
TAILS: Final = Shelf("tail", Tail)
"""Key: ``node/`` and the event that began the new epoch."""
PASSED: Final = Shelf("passed", Passed)
"""Key: ``journal's node/receiving node``; for a tail ``node/node/`` and the event that began the
new epoch."""
ROUTED: Final = Shelf("routed", Routed)
"""Key: ``kind/source node/event id/target node``; for a grant ``grant/centre/grant id/node``."""
WAITING: Final = Shelf("waiting", Waiting)
"""Key: ``office/source node/event id``."""
MAY_READ: Final = Shelf("may-read", MayRead)
"""Key: ``node/chunk``."""
LOCALS: Final = Shelf("local", Local)
"""Key: ``database/node/id``."""
