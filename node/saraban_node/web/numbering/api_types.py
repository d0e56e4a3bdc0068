"""What the JSON API says about numbers, ranges, the clock and the fence."""

from datetime import date, datetime

import msgspec

from saraban_node.web.api_types import Act, Letter, Receiver
from saraban_sync.body import FileRef
from saraban_sync.events import ClockState
from saraban_sync.registers import Register, Urgency
from saraban_sync.states import State, Trouble


class LetterLines(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of registers."""

    letters: tuple[Letter, ...]


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody found out about numbers that were given up."""

    first: int
    last: int
    text: str
    letter: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a register, whoever of the office wrote it; a gap is one for all its numbers."""

    number: int
    last: int
    state: str
    at: datetime
    """The legal time."""
    taken_at: datetime
    """When the number was taken; its day is the day of the number."""
    who: str
    """The person; empty when a colleague node has not told who that is."""
    node: str
    """The colleague node that wrote it; empty for this one."""
    lost: bool
    """Whether this node wrote it before it was restored."""
    subject: str
    sender: str
    recipient: str
    letter_no: str
    letter_date: date | None
    action: str
    remark: str
    urgency: Urgency
    circular: bool
    emergency: int
    holder: str
    expires: date | None
    reason: str
    struck_by: str
    """Who cancelled it before the database was restored; empty for anything else."""
    struck_at: datetime | None
    guard: int
    explanations: tuple[Explained, ...]


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a register, the highest number first; ``before`` asks for the next one."""

    register: Register
    year: int
    lines: tuple[Line, ...]
    before: int | None = None


class Emergency(msgspec.Struct, frozen=True, kw_only=True):
    """The emergency register."""

    open: bool
    cause: str
    opened_at: datetime | None
    opened_by: str
    without_numbers: tuple[Register, ...]
    waiting: int
    """Letters that have no ordinary number yet."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """How many letters got their ordinary number."""

    given: int


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers that were asked for."""

    size: int
    at: datetime
    stored_at: datetime | None
    """When the centre was first seen to have the request."""


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of one series and how long they last."""

    register: Register
    year: int
    next: int | None
    left: int
    per_day: str
    days_left: int | None
    enough: bool
    request: Asked | None


class Stocks(msgspec.Struct, frozen=True, kw_only=True):
    """All series that numbers were granted or asked for."""

    series: tuple[Stock, ...]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A range that was taken."""

    register: Register
    year: int
    first: int
    last: int


class RangesTaken(msgspec.Struct, frozen=True, kw_only=True):
    """Ranges that were taken; those held before are not among them."""

    ranges: tuple[Taken, ...]


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """The machine's clock."""

    shown: datetime
    good: bool
    sentence: str
    quality: str
    source: str
    age_s: int | None
    doubt_s: int | None
    refuses: bool
    """Whether no number is given because of it."""
    administrator: bool
    """Whether only an administrator can confirm it."""
    opens_year: int
    """The year that a confirmation opens; 0 for none."""


class Witness(msgspec.Struct, frozen=True, kw_only=True):
    """Who knows of which number."""

    source: str
    number: int


class OpenBook(msgspec.Struct, frozen=True, kw_only=True):
    """A series of which numbers are left while the fence stands."""

    register: Register
    year: int
    next: int
    last: int
    left: int
    known: int
    guard: int
    marks: tuple[Witness, ...]


class Fence(msgspec.Struct, frozen=True, kw_only=True):
    """Why this machine gives no numbers."""

    why: str
    """Empty when there is no fence."""
    since: datetime | None
    machine: str
    machine_before: str
    said: str
    by_hand: bool
    restored_from: str
    unclaimed: bool
    series: tuple[OpenBook, ...]


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers that are given up."""

    register: Register
    year: int
    first: int
    last: int
    guard: int


class FencePreview(msgspec.Struct, frozen=True, kw_only=True):
    """What lifting the fence will give up, as far as is known here."""

    skipped: tuple[Skipped, ...]


class FenceLifted(msgspec.Struct, frozen=True, kw_only=True):
    """What lifting the fence did."""

    epoch: int
    already: bool
    skipped: tuple[Skipped, ...]


class Forked(msgspec.Struct, frozen=True, kw_only=True):
    """The machine's new name; the program must be started again."""

    before: str
    node: str


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A number that may be meant."""

    register: Register
    year: int
    number: int
    emergency: int
    state: State
    letter_no: str
    subject: str
    entry: str
    node: str
    event: str
    """Event id of its line in the journal of ``node``; empty for a line of this one."""


class Matches(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers that may be meant, the likeliest first."""

    candidates: tuple[Match, ...]


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """The grant a number belongs to."""

    grant: str
    first: int
    last: int
    granted_at: datetime
    generation: int
    node: str
    by_phone: bool
    opening: bool
    taken_at: datetime
    taken_by: str
    event: str


class LifeStep(msgspec.Struct, frozen=True, kw_only=True):
    """One act of a number's life, with what was known of the clock."""

    event: str
    kind: str
    at: datetime
    who: str
    text: str
    node: str
    former: bool
    """Whether it was done before the database was restored, and came back."""
    hash: str
    clock: ClockState
    stored_at: datetime | None
    signature_good: bool | None


class OtherLine(msgspec.Struct, frozen=True, kw_only=True):
    """What another node of the office, or this one before it was restored, wrote."""

    node: str
    event: str
    state: State
    at: datetime
    who: str
    """The person and the node."""
    subject: str
    letter_no: str
    reason: str
    acts: tuple[Act, ...]
    deliveries: tuple[Receiver, ...]


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """All that this machine knows of one number."""

    register: Register
    year: int
    number: int
    emergency: int
    state: State | None
    late: bool
    problems: tuple[Trouble, ...]
    settled: bool
    grant: Paper | None
    letter: Letter | None
    steps: tuple[LifeStep, ...]
    files: tuple[FileRef, ...]
    deliveries: tuple[Receiver, ...]
    gap_why: str
    explanations: tuple[Explained, ...]
    backup_count: int
    elsewhere: tuple[OtherLine, ...]


class Odd(msgspec.Struct, frozen=True, kw_only=True):
    """A number, or a run of them, that is no plain letter."""

    first: int
    last: int
    state: State
    at: datetime
    who: str
    why: str
    late: bool
    reserved_at: datetime | None
    holder: str
    emergency: int
    entry: str


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers that are not as they must be."""

    trouble: Trouble
    first: int
    last: int


class Bearer(msgspec.Struct, frozen=True, kw_only=True):
    """A letter, or a reservation, that a number was given to."""

    node: str
    event: str
    state: State
    subject: str
    at: datetime
    who: str
    why: str


class GivenTwice(msgspec.Struct, frozen=True, kw_only=True):
    """A number that was given twice, of whose letters at most one is not struck."""

    number: int
    letters: tuple[Bearer, ...]


class SeriesAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One register and year, accounted for."""

    register: Register
    year: int
    whole: bool
    agrees: bool | None
    granted: int
    counts: dict[str, int]
    problems: tuple[Wrong, ...]
    settled: tuple[GivenTwice, ...]
    odd: tuple[Odd, ...]


class WholeProof(msgspec.Struct, frozen=True, kw_only=True):
    """Every number of every range accounted for."""

    node: str
    office: str
    whole: bool
    total: int
    head: str
    head_hash: str
    verified: int | None
    """How many events were checked; null when that was not asked."""
    series: tuple[SeriesAccount, ...]
