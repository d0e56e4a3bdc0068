"""The facts of a journal about backups: made, tried out, and who holds the key to them on paper."""

from saraban_sync.body import Body
from saraban_sync.ids import Whole


class BackupFinished(Body, frozen=True):
    """A backup was made and its content checked, or it was not."""

    archive: str
    repository: str
    last_event: str
    entries: Whole
    good: bool
    problem: str = ""
    place: str = ""
    """The place's name in the settings."""
    archives: tuple[str, ...] = ()
    """borg's ids of the archives, so that the centre can tell whether they are still there."""


class BackupDrilled(Body, frozen=True):
    """A backup was brought back in a scratch place and looked at."""

    archive: str
    place: str
    result: str
    """``good``, ``bad`` (the backup is no good), or ``not-run`` (nothing is known of it)."""
    key: str
    """Where the passphrase came from: ``machine``, or ``sheet`` (the recovery sheet's halves)."""
    entries: Whole = 0
    files: Whole = 0
    seconds: Whole = 0
    problem: str = ""


class SheetPrinted(Body, frozen=True):
    """A recovery sheet was printed, its halves for two officers."""

    sheet: str
    """Its name, printed on both halves."""
    holders: tuple[str, str]


class SheetChecked(Body, frozen=True):
    """Both halves of a recovery sheet were typed or scanned, and open the backups or do not."""

    sheet: str
    good: bool


class SheetEnded(Body, frozen=True):
    """A recovery sheet is of no use any more."""

    sheet: str
    why: str
    """``replaced``, ``lost`` (a half of it), or ``passphrase`` (which was changed)."""


class PassphraseChanged(Body, frozen=True):
    """A repository has another passphrase."""

    place: str
