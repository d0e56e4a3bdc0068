"""The centre's notes about who is who: tokens, epochs, twins, and its own restorations."""

from typing import Final

import msgspec

from saraban_central.store.interface import Shelf


class _Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Common shape of records."""


class Tokens(_Record, frozen=True):
    """A node's ratchet, and what the node knows of the centre's generations."""

    current: str = ""
    past: tuple[str, ...] = ()
    generation: int = 0
    """In which one the ratchet moved last."""
    told: int = 0
    """The highest one that was told to a machine with this name."""
    at: str = ""


class GivenEpoch(_Record, frozen=True):
    """An epoch that was given to a node; asking again with the same token gives it again."""

    epoch: int
    reason: str
    base: str
    base_hash: str
    machine: str
    at: str
    claim: str = ""
    """Hash of the event that begins it, when it was begun by hand."""


class Sighting(_Record, frozen=True):
    """A machine that showed the name of a node."""

    machine: str
    """Its hash; empty when it did not say."""
    boot: str
    last_event: str
    last_hash: str
    epoch: int
    fenced: str
    """Why it writes nothing any more; empty when it did not know yet."""
    first_at: str
    last_at: str
    state: str = ""
    """``kept``, ``forked`` or ``gone``; empty as long as nothing is decided."""


class Twin(_Record, frozen=True):
    """Machines that had one name, and what was decided about them."""

    node: str
    found_at: str
    why: str
    """``token``: one showed a token that was overtaken; ``stranger``: one did not know what the
    other had done; ``diverged``: their journals differ; ``epoch``: one is of an older epoch."""
    machines: tuple[Sighting, ...]
    kept: str | None = None
    """Hash of the machine that keeps the name; None as long as nobody has chosen."""
    kept_by: str = ""
    kept_at: str = ""
    epoch: int = 0
    """The epoch in which that machine goes on; 0 until it was given."""
    settled_at: str = ""
    """When every machine had its place; empty as long as somebody must do something."""


class Raise(_Record, frozen=True):
    """The centre was set back, and since then counts a new generation."""

    generation: int
    at: str
    by: str
    """Who said so: ``cli:`` and a user, a user name, or a node that proved it."""
    why: str
    """``restored``: a person said so; ``token``, ``events``, ``epoch``, ``generation`` or ``node``:
    a node knew more of these than the centre."""


class Loss(_Record, frozen=True):
    """What the centre lacked of a node when that came by after the centre was set back."""

    node: str
    generation: int
    acknowledged: str
    """The last event that the node had seen the centre hold."""
    held: str
    """The last one that the centre held then; empty for none."""
    last_event: str
    """The last one of the node."""
    at: str


class Returned(_Record, frozen=True):
    """A node was in contact since the centre was set back."""

    generation: int
    last_event: str
    """The last event it had then: what it knows is known once that has come."""
    at: str
    lost: bool = False
    """Whether it was itself restored before it came by, so that nobody may know what is missing."""


class LostNode(_Record, frozen=True):
    """A node of which only its colleagues know: the centre was set back to before its enrolment."""

    node: str
    office: str
    named_by: str
    at: str


class Stranger(_Record, frozen=True):
    """A name under which somebody knocked whom the centre does not know."""

    node: str
    at: str


class Reopened(_Record, frozen=True):
    """An administrator let a series be granted again though not all of its nodes came back."""

    generation: int
    barred: tuple[tuple[int, int], ...]
    """Numbers that are never granted, because they may have been before: first and last."""
    by: str
    at: str


TOKENS: Final = Shelf("token", Tokens)
"""Key: the node's name."""
EPOCHS: Final = Shelf("epoch", GivenEpoch)
"""Key: ``node/`` and the token that came with the request."""
TWINS: Final = Shelf("twin", Twin)
"""Key: ``node/`` and a running number of four digits."""
RAISES: Final = Shelf("raise", Raise)
"""Key: the generation, six digits."""
LOSSES: Final = Shelf("loss", Loss)
"""Key: the generation, six digits, ``/node``."""
RETURNED: Final = Shelf("returned", Returned)
"""Key: the node's name."""
REOPENED: Final = Shelf("reopened", Reopened)
"""Key: ``office/register/year``."""
LOST_NODES: Final = Shelf("lost-node", LostNode)
"""Key: ``office/node``."""
STRANGERS: Final = Shelf("stranger", Stranger)
"""Key: the name."""
