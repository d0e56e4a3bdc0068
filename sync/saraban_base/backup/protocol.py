"""What the node and its borg child say to each other: one request line, one answer line.

    node ── Request (one JSON line on standard input) ──> child
    node <── Answer (one JSON line on standard output) ── child

The node keeps the child's standard input open for as long as it wants the answer. When it closes,
because the node was killed or lost its patience, the child stops borg in an orderly way.
"""

import re
from enum import StrEnum
from typing import Final

import msgspec

LOCATION: Final = re.compile(r"/[^{}\0\n]*|ssh://[A-Za-z0-9_][^\s{}:]*(:[0-9]{1,5})?/[^\s{}:]+")
"""A folder of this machine, or a repository that is reached by ssh."""
ARCHIVE_NAME: Final = re.compile(r"[a-z][A-Za-z0-9-]{0,120}")
"""Archive names are always made by the program; anything else never reaches borg."""


class Command(StrEnum):
    """What a child can be asked to do; one thing in its life."""

    INIT = "init"
    CREATE = "create"
    LIST = "list"
    EXTRACT = "extract"
    CHECK = "check"
    INFO = "info"
    BREAK_LOCK = "break-lock"
    DELETE = "delete"
    COMPACT = "compact"
    KEY_EXPORT = "key-export"
    CHANGE_PASSPHRASE = "change-passphrase"  # noqa: S105 - the name of a command


class Failure(StrEnum):
    """Why borg did not do it."""

    REPOSITORY_MISSING = "repository-missing"
    NOT_A_REPOSITORY = "not-a-repository"
    REPOSITORY_EXISTS = "repository-exists"
    REPOSITORY_MOVED = "repository-moved"
    REPOSITORY_ROLLED_BACK = "repository-rolled-back"
    WRONG_PASSPHRASE = "wrong-passphrase"  # noqa: S105 - the name of a failure
    PASSPHRASE_MISSING = "passphrase-missing"  # noqa: S105 - the name of a failure
    DISK_FULL = "disk-full"
    LOCKED = "locked"
    DAMAGED = "damaged"
    NOT_ALLOWED = "not-allowed"
    LINE_CUT = "line-cut"
    STRANGE_HOST = "strange-host"
    NOT_LET_IN = "not-let-in"
    SOURCE_MISSING = "source-missing"
    SOURCE_CHANGED = "source-changed"
    ARCHIVE_MISSING = "archive-missing"
    ARCHIVE_EXISTS = "archive-exists"
    BORG_TOO_OLD = "borg-too-old"
    CANCELLED = "cancelled"
    DISAGREEMENT = "disagreement"
    """borgapi and borg's own command line do not say the same."""
    BAD_REQUEST = "bad-request"
    OTHER = "other"


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing for a child to do."""

    command: Command
    repository: str
    passphrase_file: str
    archive: str = ""
    source: str = ""
    """The folder in which ``paths`` lie."""
    paths: tuple[str, ...] = ()
    """Files; to delete: names of archives."""
    exclude: tuple[str, ...] = ()
    chunker: str = ""
    compression: str = ""
    comment: str = ""
    target: str = ""
    """An existing folder to extract into; or the file with a new passphrase."""
    verify_data: bool = False
    ignore_lock: bool = False
    """Read although the repository is locked: for restoring where its machine is gone."""
    lock_wait: int = 10


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """An archive as borg lists it."""

    name: str
    id: str
    time: str
    comment: str = ""


class Item(msgspec.Struct, frozen=True):
    """A regular file inside an archive."""

    path: str
    size: int


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a request. ``failure`` is None only if borg's two witnesses agree."""

    failure: Failure | None = None
    detail: str = ""
    exit_code: int = 0
    """What borg, called through borgapi, would have ended with."""
    checked_code: int | None = None
    """What the command line of borg ended with when it looked at the result."""
    repository_id: str = ""
    archives: tuple[Archive, ...] = ()
    items: tuple[Item, ...] = ()
    bytes_added: int = 0
    bytes_stored: int = 0
    text: str = ""
    """A repository's key, as borg exports it."""
    notes: tuple[str, ...] = ()
    """borg's own warnings."""


_KNOWN: Final[dict[int, Failure]] = {
    10: Failure.REPOSITORY_EXISTS,
    11: Failure.NOT_A_REPOSITORY,
    12: Failure.DAMAGED,
    13: Failure.REPOSITORY_MISSING,
    14: Failure.DISK_FULL,
    15: Failure.NOT_A_REPOSITORY,
    16: Failure.NOT_A_REPOSITORY,
    17: Failure.DAMAGED,
    18: Failure.REPOSITORY_MISSING,
    19: Failure.REPOSITORY_EXISTS,
    20: Failure.DISK_FULL,
    21: Failure.NOT_ALLOWED,
    26: Failure.DAMAGED,
    27: Failure.DAMAGED,
    30: Failure.ARCHIVE_EXISTS,
    31: Failure.ARCHIVE_MISSING,
    50: Failure.PASSPHRASE_MISSING,
    51: Failure.PASSPHRASE_MISSING,
    52: Failure.WRONG_PASSPHRASE,
    53: Failure.WRONG_PASSPHRASE,
    62: Failure.REPOSITORY_MOVED,
    63: Failure.REPOSITORY_MOVED,
    64: Failure.REPOSITORY_ROLLED_BACK,
    80: Failure.LINE_CUT,
    81: Failure.LINE_CUT,
    83: Failure.NOT_ALLOWED,
    87: Failure.LINE_CUT,
    100: Failure.SOURCE_CHANGED,
    101: Failure.ARCHIVE_MISSING,
    103: Failure.SOURCE_CHANGED,
    107: Failure.SOURCE_MISSING,
}
"""borg's modern exit codes (its internals/frontends page), as far as a person can act on them."""


def failure_of(code: int) -> Failure | None:
    """Tell what an exit code of borg means; None when all is well.

    Every warning counts as a failure: here nothing that is backed up may change or vanish
    meanwhile, so a warning is never harmless.
    """
    if code == 0:
        return None
    if code in _KNOWN:
        return _KNOWN[code]
    if 40 <= code <= 49 or 90 <= code <= 99:
        return Failure.DAMAGED
    if 70 <= code <= 75:
        return Failure.LOCKED
    if code in {3, 130, 143, -2, -15}:
        return Failure.CANCELLED
    return Failure.OTHER
