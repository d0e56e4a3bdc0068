"""What is noted of numbers while an office is audited: lines, gaps, explanations, doubts."""

from dataclasses import dataclass

from saraban_sync.events import Event
from saraban_sync.number_events import Mark
from saraban_sync.registers import Series
from saraban_sync.states import State

Name = str
"""A line's name: journal and event id, with a space between."""


@dataclass(slots=True)
class Line:
    """A line of a register, with all that was done to its number."""

    series: Series
    number: int
    """0 as long as it has only an emergency number."""
    state: State
    journal: str
    node: str
    """The name under which it was signed."""
    user: str
    """The name under which its number was taken."""
    event: str
    at: str
    who: str
    """The person, as the journal names them."""
    subject: str
    order: str
    """The event that gave it its number."""
    imported: bool = False
    reservation: bool = False
    """Whether it was made by reserving the number."""
    claim: Name = ""
    """Of a letter on a reserved number: what reserved it."""
    taken: Name = ""
    """Of a reserved number: the letter that has it."""
    holder: str = ""
    expires: str = ""
    emergency: int = 0
    numbered_at: str = ""
    numbered_in: str = ""
    """The journal that gave an emergency entry its number, if not its own."""
    struck_at: str = ""
    struck_by: str = ""
    reason: str = ""
    over: tuple[tuple[str, str], ...] = ()
    """Of a reserved number: what took or ended it, each with the journal in which it stands."""

    @property
    def name(self) -> Name:
        """Journal and event."""
        return f"{self.journal} {self.event}"

    @property
    def giver(self) -> str:
        """The journal in which ``order`` stands."""
        return self.numbered_in or self.journal


@dataclass(frozen=True, slots=True)
class Given:
    """Numbers that were given up."""

    series: Series
    first: int
    last: int
    state: State
    why: str
    journal: str
    node: str
    event: str
    at: str
    who: str
    guard: int
    marks: tuple[Mark, ...]

    @property
    def name(self) -> Name:
        """Journal and event."""
        return f"{self.journal} {self.event}"


@dataclass(frozen=True, slots=True)
class Explained:
    """What somebody found out about numbers that were given up."""

    series: Series
    first: int
    last: int
    text: str
    letter: str
    at: str
    who: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """An event that names something which is not there, or is over."""

    kind: str
    """``void-unknown``, ``reservation-unknown``, ``reservation-over`` or ``emergency-unknown``."""
    event: Event
    journal: str
    about: str
    line: Line | None = None
