"""The centre's notes about the backups it keeps for nodes: who has a place, what was seen there."""

from typing import Final

import msgspec

from saraban_central.store.interface import Shelf


class _Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Common shape of records."""


class HostPlace(_Record, frozen=True):
    """Where this centre keeps the nodes' repositories, and how nodes reach it."""

    folder: str
    user: str
    address: str
    """Name or number of the machine, as the nodes know it."""
    port: int = 22
    quota_gb: int = 20
    """How much one node may store."""


class Hosted(_Record, frozen=True):
    """A node that may keep its backups here."""

    node: str
    ssh_key: str
    """Kind and base64 text, without a comment."""
    at: str
    by: str


class Receipt(_Record, frozen=True):
    """A good backup that was seen whole in the node's repository."""

    archives: tuple[str, ...]
    """borg's ids."""
    transaction: int
    seen_at: str
    came_at: str
    """When it was written, by the centre's clock."""


class Looked(_Record, frozen=True):
    """What the last look at a node's repository found."""

    at: str
    repository_id: str = ""
    transaction: int = 0
    bytes: int = 0
    backups: int = 0
    """Good backups that are there whole."""
    newest_at: str = ""
    """When the newest of them came, by the centre's clock."""
    problems: tuple[str, ...] = ()
    """Names of what is wrong; :mod:`saraban_central.backup_host.findings` knows their sentences."""
    details: tuple[str, ...] = ()
    compacted_at: str = ""
    compacted_by: str = ""
    given_up: tuple[str, ...] = ()
    """Backups that an administrator has accepted as lost."""
    accepted_at: str = ""
    accepted_by: str = ""


HOST_PLACE: Final = Shelf("backup-host", HostPlace)
"""Key: ``host``."""
HOSTED: Final = Shelf("backup-hosted", Hosted)
"""Key: the node's name."""
RECEIPTS: Final = Shelf("backup-receipt", Receipt)
"""Key: ``node/`` and the backup's name."""
LOOKED: Final = Shelf("backup-looked", Looked)
"""Key: the node's name."""
