"""The facts of a journal that are about itself: whose it is, and which generation of a database."""

from saraban_sync.body import Body


class JournalOpened(Body, frozen=True):
    """A node began its journal."""

    office: str
    key: str
    program: str


class EpochStarted(Body, frozen=True):
    """A restored or copied database began a new epoch.

    The centre's durable counter gives epochs. Without a line an administrator may begin the next
    one by hand; it counts once the centre has agreed, and if it does not, the journal is forked.
    """

    reason: str
    """``restored``, ``copied``, ``twin`` or ``superseded``."""
    base: str
    """The event after which it begins; not always the last one of the epoch before."""
    by_hand: bool = False
    """Whether there was no line to the centre."""


class JournalForked(Body, frozen=True):
    """One of two machines with one name went on under a new name of its own.

    What stands before it in this journal was written and signed under the old name.
    """

    office: str
    key: str
    """The new public key."""
    program: str
    origin: str
    """The node whose name both machines had."""
    base: str
    """The last event that both machines share."""
