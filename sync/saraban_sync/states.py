"""What can become of a number, and the words in which a series is accounted for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple


class State(StrEnum):
    """What became of a number."""

    UNUSED = "unused"
    """Granted, and not taken yet."""
    RESERVED = "reserved"
    """จองเลข: kept for a letter that is still to be written."""
    ISSUED = "issued"
    """A letter bears it."""
    VOID = "void"
    """ยกเลิก: cancelled by a person, with a reason."""
    EXPIRED = "expired"
    """Reserved, and nobody came for it in time."""
    SKIPPED = "skipped"
    """Passed over on purpose after a restore, a copy or a fork: it may stand on paper."""
    RETURNED = "returned"
    """Left over when its year had ended."""
    MISSING = "missing"
    """Passed over, and nothing says why: never in a sound register."""


GAPS: Final = frozenset({State.SKIPPED, State.RETURNED})
"""States of numbers that have no line in a register."""
STRUCK: Final = frozenset({State.VOID, State.EXPIRED})
"""States in which a line bears its number no more."""


class Trouble(StrEnum):
    """What can be wrong with a series."""

    TWICE = "twice"
    """Two letters bear one number."""
    OUTSIDE = "outside"
    """A number that was not granted, or not to the node that used it."""
    MISSING = "missing"
    """A number that was passed over without a word."""
    OVERLAP = "overlap"
    """Two ranges share numbers."""


class Granted(NamedTuple):
    """Numbers ``first`` to ``last``, granted to a node."""

    first: int
    last: int
    node: str = ""
    """Who may use them; empty when the question does not arise."""
    grant: str = ""


class Fact(NamedTuple):
    """What a source says about a number, or about a run of numbers that are alike.

    Numbers in a row that were each issued to a letter of its own can be one fact without an event.
    """

    first: int
    last: int
    state: State
    node: str = ""
    """Who says so."""
    event: str = ""
    """The event that gave the number its line, by a name that no other node's event has, such as
    ``node event``; what was done to that line later bears the same name."""
    claim: str = ""
    """The name of the event that reserved the number, when it was reserved; otherwise empty."""
    at: str = ""
    who: str = ""
    why: str = ""


class Run(NamedTuple):
    """Numbers in a row that are in one state and belong to one grant."""

    first: int
    last: int
    state: State
    granted: Granted

    @property
    def size(self) -> int:
        """How many they are."""
        return self.last - self.first + 1


class Problem(NamedTuple):
    """Numbers that are not as they must be."""

    trouble: Trouble
    first: int
    last: int
    facts: tuple[Fact, ...] = ()
    """What was said about them."""


class Overruled(NamedTuple):
    """Numbers that were skipped or returned, and were found on letters after all."""

    first: int
    last: int
    gap: Fact


@dataclass(frozen=True)
class Account:
    """One series, accounted for."""

    runs: tuple[Run, ...]
    """Every number of every range exactly once, in order."""
    problems: tuple[Problem, ...]
    overruled: tuple[Overruled, ...]
    settled: tuple[Problem, ...] = ()
    """Numbers that were given twice, of whose lines at most one is not struck: explained, and shown
    as given twice for ever."""

    @property
    def whole(self) -> bool:
        """Whether nothing is unexplained."""
        return not self.problems

    @property
    def counts(self) -> dict[State, int]:
        """How many numbers are in each state; states without numbers are left out."""
        found: dict[State, int] = {}
        for run in self.runs:
            found[run.state] = found.get(run.state, 0) + run.size
        return found

    @property
    def total(self) -> int:
        """How many numbers were granted."""
        return sum(run.size for run in self.runs)
