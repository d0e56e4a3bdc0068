"""พิสูจน์เลข: every number of every range of this node is in one state, and each odd one has a name.

    number_range ── granted ─┐
    entry ───────── lines ───┼─> completeness.account ─> runs, problems
    number_gap ──── gaps ────┤
    colleague_line ─ lines that others showed us of these ranges ─┘

The registers are read here, not the journal they were made from; ``from_journal`` proves the same
again from the signed events alone and compares.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from saraban_base.sqlite import Cursor, rows, value
from saraban_node import journal, meta
from saraban_node.numbering import left_letters, numbers
from saraban_node.numbering.number_facts import OddLine, facts, granted, odd_lines, told
from saraban_node.numbering.numbers import Explanation, HeldRange
from saraban_node.numbering.settled import Settled, settled
from saraban_sync.completeness import account, account_emergency, is_late
from saraban_sync.ids import NodeId
from saraban_sync.ledger import Ledger
from saraban_sync.registers import Register, parse_instant, thai_date
from saraban_sync.states import Account, State

SeriesKey = tuple[Register, int]
"""Register and Buddhist year."""

_FORMER_AT: Final = "iif(json_valid(payload), json_extract(payload, '$.body.former.at'), NULL)"
_FORMER_BY: Final = "iif(json_valid(payload), json_extract(payload, '$.body.former.actor'), NULL)"
_STRUCK: Final = (
    f"SELECT happening.entry, coalesce({_FORMER_AT}, journal.at), coalesce(person.name,"  # noqa: S608
    f" (SELECT name FROM colleague_person AS lost WHERE lost.person = {_FORMER_BY} LIMIT 1),"
    f" {_FORMER_BY}, journal.actor) FROM entry"
    " JOIN happening ON happening.entry = entry.seq JOIN journal ON journal.seq = happening.seq"
    f" LEFT JOIN person ON person.person = coalesce({_FORMER_BY}, journal.actor)"
    " WHERE register = ? AND year = ? AND number > 0"
    " AND (state <> 'issued' OR reservation <> '' OR emergency > 0)"  # as the index has it
    " AND state IN ('void', 'expired') AND type IN ('entry.voided', 'reservation.ended')"
    " ORDER BY happening.entry, happening.seq"
)
"""Who struck each line that was struck, and when; also one whose act came back after a restore."""


@dataclass(frozen=True, kw_only=True)
class Notable:
    """A number, or a run of them, that is not simply a letter registered on the day."""

    first: int
    last: int
    state: State
    at: datetime
    """When it came into this state."""
    who: str
    """The person who did that; ``system`` for the program itself."""
    why: str
    """The reason that was written down, if one was."""
    late: bool = False
    """Whether the letter was registered on a later day than its number was reserved."""
    reserved_at: datetime | None = None
    reserved_by: str = ""
    holder: str = ""
    emergency: int = 0
    """The line's place in the emergency register; 0 for none."""
    entry: str = ""
    """The line's event id; empty for a gap."""
    subject: str = ""
    explanations: tuple[Explanation, ...] = ()
    """What was found out about skipped numbers since."""

    @property
    def day(self) -> date:
        """The day on which it came into this state, Thailand's calendar."""
        return thai_date(self.at)


@dataclass(frozen=True, kw_only=True)
class SeriesProof:
    """One register and year of this node, accounted for."""

    register: Register
    year: int
    ranges: tuple[HeldRange, ...]
    account: Account
    notable: tuple[Notable, ...]
    settled: tuple[Settled, ...] = ()
    agrees: bool | None = None
    """Whether the journal alone says the same; None when it was not asked."""

    @property
    def whole(self) -> bool:
        """Whether nothing is unexplained."""
        return self.account.whole and self.agrees is not False


@dataclass(frozen=True, kw_only=True)
class EmergencyProof:
    """The emergency register of one year."""

    year: int
    total: int
    waiting: int
    """Lines that have no ordinary number yet."""
    account: Account
    agrees: bool | None = None

    @property
    def whole(self) -> bool:
        """Whether the series runs from one without a break."""
        return self.account.whole and self.agrees is not False


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What was proved, and what the proof rests on."""

    node: NodeId
    office: str
    head: str
    """The journal's last event when it was proved; empty for an empty journal."""
    head_hash: str
    verified: int | None
    """How many events were checked, signature by signature; None when that was not asked."""
    series: tuple[SeriesProof, ...]
    emergency: tuple[EmergencyProof, ...]

    @property
    def whole(self) -> bool:
        """Whether no number is unexplained."""
        return all(one.whole for one in self.series) and all(one.whole for one in self.emergency)

    @property
    def total(self) -> int:
        """How many numbers were accounted for."""
        return sum(one.account.total for one in self.series)


def prove(cursor: Cursor, *, register: Register | None = None, year: int | None = None) -> Proof:
    """Account for every number of every range this node was ever granted.

    Args:
        cursor: where to read; one moment of the database.
        register: prove only this book.
        year: prove only this Buddhist year.
    """
    head = journal.head(cursor)
    return Proof(
        node=NodeId(meta.get(cursor, meta.NODE)),
        office=meta.get(cursor, meta.OFFICE),
        head=head.id or "",
        head_hash=head.hash,
        verified=None,
        series=tuple(series_proof(cursor, *one) for one in _chosen(series(cursor), register, year)),
        emergency=tuple(_emergency(cursor, year)) if register is None else (),
    )


def from_journal(
    cursor: Cursor,
    proof: Proof,
    *,
    key: str,
    register: Register | None = None,
    year: int | None = None,
) -> Proof:
    """Check the whole journal, prove the same from it alone, and compare.

    Args:
        cursor: the cursor with which ``proof`` was made, in the same transaction.
        proof: what the registers say.
        key: the node's public key.
        register: as for :func:`prove`.
        year: as for :func:`prove`.

    Raises:
        BrokenChain: the journal is not what this node signed.
    """
    count = journal.verify(cursor, node=proof.node, key=key)
    ledger = Ledger()
    for event in journal.read(cursor):
        ledger.take(event, journal=proof.node)
    shown = {(one.register, one.year): one for one in proof.series}
    for lost in _chosen(ledger.series(), register, year):  # the journal knows it, no register does
        shown.setdefault(lost, series_proof(cursor, *lost))
    told = ledger.emergency()
    return replace(
        proof,
        verified=count,
        series=tuple(_compared(cursor, one, ledger) for one in shown.values()),
        emergency=tuple(
            replace(one, agrees=told.get((proof.node, one.year)) == one.account)
            for one in proof.emergency
        ),
    )


def series(cursor: Cursor) -> list[SeriesKey]:
    """List the books and years of which this node has a range or a line, the newest year first."""
    found = rows(
        cursor,
        "SELECT register, year FROM number_range UNION"
        " SELECT register, year FROM entry WHERE number > 0",
    )
    order = list(Register)
    keys = [(Register(row[0]), int(row[1])) for row in found]
    return sorted(keys, key=lambda key: (-key[1], order.index(key[0])))


def account_of(cursor: Cursor, register: Register, year: int) -> Account:
    """Account for one series, without naming the odd ones."""
    return _account(cursor, register, year, odd_lines(cursor, register, year))


def series_proof(cursor: Cursor, register: Register, year: int) -> SeriesProof:
    """Account for one series and name the odd ones."""
    odd = odd_lines(cursor, register, year)
    struck = {row[0]: (row[1], row[2]) for row in rows(cursor, _STRUCK, (register, year))}
    named = [_notable(line, struck.get(line.seq)) for line in odd]
    named += _gaps(cursor, register, year)
    result = _account(cursor, register, year, odd)
    return SeriesProof(
        register=register,
        year=year,
        ranges=tuple(
            one for one in numbers.held(cursor) if (one.register, one.year) == (register, year)
        ),
        account=result,
        notable=tuple(sorted(named, key=lambda one: (one.first, one.last))),
        settled=settled(cursor, register, year, result.settled),
    )


def _account(cursor: Cursor, register: Register, year: int, odd: list[OddLine]) -> Account:
    return account(granted(cursor, register, year), facts(cursor, register, year, odd))


def _chosen(
    keys: Iterable[SeriesKey], register: Register | None, year: int | None
) -> list[SeriesKey]:
    return [key for key in keys if register in (None, key[0]) and year in (None, key[1])]


def _notable(line: OddLine, struck: tuple[str, str] | None) -> Notable:
    """Put one odd line into words.

    Args:
        line: the line.
        struck: when it was struck and by whom, if it was.
    """
    at, who = line.registered_at, line.registered_by
    if line.state is State.RESERVED:
        at, who = line.reserved_at, line.reserved_by
    elif line.state in (State.VOID, State.EXPIRED):
        at, who = struck or (at, who)
    return Notable(
        first=line.number,
        last=line.number,
        state=line.state,
        at=parse_instant(at),
        who=who,
        why=line.void_reason,
        late=line.finished and is_late(line.reserved_at, line.registered_at),
        reserved_at=parse_instant(line.reserved_at) if line.reserved_at else None,
        reserved_by=line.reserved_by,
        holder=line.holder,
        emergency=line.emergency,
        entry=line.id,
        subject=line.subject,
    )


def _gaps(cursor: Cursor, register: Register, year: int) -> list[Notable]:
    found = []
    for gap in numbers.gaps(cursor, register, year):
        event = journal.event_of(cursor, gap.seq)
        if event is None:
            continue
        who = value(cursor, "SELECT name FROM person WHERE person = ?", (event.actor,))
        found.append(
            Notable(
                first=gap.first, last=gap.last, state=State(gap.state),
                at=parse_instant(event.at), who=str(who or event.actor), why=gap.why,
                explanations=gap.explanations,
            )
        )  # fmt: skip
    return found


def _emergency(cursor: Cursor, year: int | None) -> Iterator[EmergencyProof]:
    found: dict[int, list[tuple[int, int, int]]] = {}
    elsewhere = left_letters.not_ours(cursor)
    for of_year, *line in rows(
        cursor,
        "SELECT year, CAST(substr(id, 1, 4) AS INTEGER), emergency,"  # noqa: S608
        f" number = 0 AND state = 'issued'{elsewhere}"
        " FROM entry WHERE emergency > 0 AND (:year IS NULL OR year = :year)"
        " ORDER BY year, emergency",
        {"year": year},
    ):
        epoch, given, waits = line
        found.setdefault(of_year, []).append((epoch, given, waits))
    for of_year, lines in found.items():
        yield EmergencyProof(
            year=of_year,
            total=len(lines),
            waiting=sum(waits for _, _, waits in lines),
            account=account_emergency((epoch, given) for epoch, given, _ in lines),
        )


def _compared(cursor: Cursor, found: SeriesProof, ledger: Ledger) -> SeriesProof:
    """Say whether the journal tells of the same numbers as the registers do."""
    key = (found.register, found.year)
    own = [fact._replace(node="") for fact in ledger.facts(key)]
    alone = account(ledger.granted(key), [*own, *told(cursor, *key)])
    return replace(found, agrees=_shape(alone) == _shape(found.account))


def _shape(found: Account) -> tuple[object, ...]:
    """What two accounts must have in common, whatever each says of who said it."""
    return (
        [(run.first, run.last, run.state) for run in found.runs],
        [(problem.trouble, problem.first, problem.last) for problem in found.problems],
        [(problem.first, problem.last) for problem in found.settled],
    )
