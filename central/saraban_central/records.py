"""The centre's own notes: what is on which shelf, and under which key.

Every struct says what one record holds; every :class:`Shelf` says how its keys are made. Values are
read with unknown fields left alone, so that an older program can read a newer one's notes.
"""

from typing import Final

import msgspec

from saraban_central.store.interface import Shelf


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


class Granted(_Record, frozen=True):
    """One granted range and the signed document that says so."""

    grant: str
    node: str
    first: int
    last: int
    at: str
    payload: str
    signature: str


class SeriesGrants(_Record, frozen=True):
    """All ranges ever granted in one series: one record, so that two grants cannot overlap."""

    office: str
    register: str
    year: int
    grants: tuple[Granted, ...]


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
PENDING: Final = Shelf("pending", Pending)
"""Key: ``node/event id/revision``."""
SET_ASIDE: Final = Shelf("set-aside", SetAside)
"""Key: ``node/`` and a hash of the document and the verdict."""
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
ROUTED: Final = Shelf("routed", Routed)
"""Key: ``kind/source node/event id/target node``; for a grant ``grant/centre/grant id/node``."""
WAITING: Final = Shelf("waiting", Waiting)
"""Key: ``office/source node/event id``."""
MAY_READ: Final = Shelf("may-read", MayRead)
"""Key: ``node/chunk``."""
LOCALS: Final = Shelf("local", Local)
"""Key: ``database/node/id``."""
