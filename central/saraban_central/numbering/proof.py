"""พิสูจน์ความครบถ้วนของเลข: every number of every granted range, from verified events alone.

    signed grants ──── ranges ─┐
    verified journals ─ facts ─┼─> completeness.account ─> one state for each number, and who, when
                               └─> what does not fit

The read model is not asked: what the pages show and what is proven here come from the same events
by different ways.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from saraban_central import directory
from saraban_central.audit.auditor import OfficeReading, Reading, reading
from saraban_central.audit.findings import Finding
from saraban_central.audit.lines import Explained, Given, Line
from saraban_central.audit.numbers import bearers
from saraban_central.audit.proving import Prover
from saraban_central.audit.report import NodeResult
from saraban_central.audit.tally import Tally, is_late
from saraban_central.centre import Centre
from saraban_sync.completeness import account
from saraban_sync.grants import Grant
from saraban_sync.number_events import Mark
from saraban_sync.registers import Register, Series, instant
from saraban_sync.states import GAPS, Account, Fact, Granted, State, Trouble


@dataclass(frozen=True, kw_only=True)
class Notable:
    """A number, or a run of them, that is not simply a letter registered on the day."""

    first: int
    last: int
    state: State
    at: str
    """When it came into this state."""
    who: str
    """The person who did that; ``system`` for the program itself."""
    why: str
    """The reason that was written down; of a gap, its kind."""
    node: str
    event: str
    """The event that brought it into this state, or for a line, that made it."""
    subject: str = ""
    late: bool = False
    """Whether the letter was registered on a later day than its number was reserved."""
    reserved_at: str = ""
    reserved_by: str = ""
    holder: str = ""
    expires: str = ""
    emergency: int = 0
    guard: int = 0
    marks: tuple[Mark, ...] = ()
    explanations: tuple[Explained, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A number that was given twice: of its letters all but one, or all, were struck since."""

    number: int
    letters: tuple[Notable, ...]
    """What it was given to, the oldest first; of a struck one with who did that, when and why."""


@dataclass(frozen=True, kw_only=True)
class SeriesProof:
    """One register and year of an office, accounted for."""

    series: Series
    ranges: tuple[Grant, ...]
    account: Account
    notable: tuple[Notable, ...]
    settled: tuple[Settled, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EmergencyProof:
    """The emergency register of one node and year."""

    node: str
    year: int
    total: int
    waiting: int
    """Lines that have no ordinary number yet."""
    account: Account


@dataclass(frozen=True, kw_only=True)
class OfficeProof:
    """One office."""

    office: str
    name: str
    nodes: tuple[NodeResult, ...]
    series: tuple[SeriesProof, ...]
    emergency: tuple[EmergencyProof, ...]
    findings: tuple[Finding, ...]
    """What was found on the way: faults of its journals and numbers."""

    @property
    def whole(self) -> bool:
        """Whether every journal is proven and no number unexplained."""
        return (
            all(one.chain_ok for one in self.nodes)
            and all(one.account.whole for one in self.series)
            and all(one.account.whole for one in self.emergency)
        )

    @property
    def total(self) -> int:
        """How many numbers were accounted for."""
        return sum(one.account.total for one in self.series)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What was proved, when, and from how many events."""

    at: str
    events: int
    offices: tuple[OfficeProof, ...]

    @property
    def whole(self) -> bool:
        """Whether no number of any office is unexplained."""
        return all(one.whole for one in self.offices)

    @property
    def total(self) -> int:
        """How many numbers were accounted for."""
        return sum(one.total for one in self.offices)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be proved; everything unless something is said."""

    office: str = ""
    node: str = ""
    register: Register | None = None
    year: int = 0

    def has(self, series: Series) -> bool:
        """Tell whether a series is asked for."""
        return self.register in (None, series.register) and self.year in (0, series.year)


def prove(
    centre: Centre, wanted: Wanted | None = None, *, stop: Callable[[], bool] = lambda: False
) -> Proof:
    """Account for every number of every granted range.

    Args:
        centre: whose offices.
        wanted: which offices, nodes, registers and years; all if not given.
        stop: asked now and then; the proof ends when it says so.

    Raises:
        UnknownOffice: there is no such office.
        UnknownNode: there is no such node.
        AuditStopped: ``stop`` said so.
    """
    wanted = wanted or Wanted()
    codes = _offices(centre, wanted)
    with Prover() as prover:
        work = reading(
            centre.store, centre=centre.key.public, now=centre.clock.now(), prover=prover, stop=stop
        )
        offices = tuple(_office(work, code, wanted) for code in codes)
        return Proof(at=instant(centre.clock.now()), events=work.events, offices=offices)


def _offices(centre: Centre, wanted: Wanted) -> list[str]:
    store = centre.store
    if wanted.node:
        return [directory.node(store, wanted.node).value.office]
    if wanted.office:
        return [directory.office(store, wanted.office).code]
    return [one.code for one in directory.offices(store)]


def _office(work: Reading, code: str, wanted: Wanted) -> OfficeProof:
    before = len(work.findings)
    read = work.office(code)
    findings = tuple(work.findings[before:])
    own = {one.node for one in read.nodes}
    names = {wanted.node} if wanted.node else own
    return OfficeProof(
        office=code,
        name=work.directory.name(code),
        nodes=tuple(one for one in read.nodes if one.node in names),
        series=tuple(
            _series(read, series, wanted)
            for series in sorted(read.numbers.accounts, key=_newest_first)
            if wanted.has(series)
        ),
        emergency=tuple(_emergency(read, wanted)) if wanted.register is None else (),
        findings=tuple(one for one in findings if not wanted.node or one.node in names),
    )


def _series(read: OfficeReading, series: Series, wanted: Wanted) -> SeriesProof:
    ranges = sorted(read.grants.get(series, ()), key=lambda one: one.first)
    result = read.numbers.accounts[series]
    if wanted.node:
        ranges = [one for one in ranges if one.node == wanted.node]
        result = account(
            [Granted(one.first, one.last, one.node, one.grant) for one in ranges],
            [one for one in read.tally.facts(series) if _concerns(one, wanted.node, ranges)],
        )
    named = [one for one in _notable(read.tally, series) if _inside(one, wanted, ranges)]
    return SeriesProof(
        series=series, ranges=tuple(ranges), account=result,
        notable=tuple(sorted(named, key=lambda one: (one.first, one.last, one.at))),
        settled=tuple(_settled(read.tally, series, result)),
    )  # fmt: skip


def _settled(tally: Tally, series: Series, result: Account) -> Iterable[Settled]:
    lines = tally.lines.get(series, [])
    for problem in result.settled:
        for number, same in bearers(problem, lines):
            letters = (_of_line(tally, one, tally.line(one.claim), late=False) for one in same)
            yield Settled(number=number, letters=tuple(letters))


def _concerns(fact: Fact, node: str, ranges: Iterable[Grant]) -> bool:
    inside = any(one.first <= fact.first <= one.last for one in ranges)
    return inside or (fact.node == node and fact.state not in GAPS)


def _inside(one: Notable, wanted: Wanted, ranges: Iterable[Grant]) -> bool:
    return not wanted.node or any(
        range_.first <= one.last and one.first <= range_.last for range_ in ranges
    )


def _notable(tally: Tally, series: Series) -> Iterable[Notable]:
    for line in tally.lines.get(series, ()):
        reserved = tally.line(line.claim) if line.claim else None
        late = is_late(line, reserved)
        plain = line.state is State.ISSUED and not reserved and not line.emergency
        if not plain and not line.taken:
            yield _of_line(tally, line, reserved, late=late)
    for gap in tally.gaps.get(series, ()):
        yield _of_gap(tally, gap)


def _of_line(tally: Tally, line: Line, reserved: Line | None, *, late: bool) -> Notable:
    struck = line.state in (State.VOID, State.EXPIRED)
    source = reserved or (line if line.reservation else None)
    return Notable(
        first=line.number,
        last=line.number,
        state=line.state,
        at=line.struck_at if struck else line.at,
        who=tally.person(line.journal, line.struck_by if struck else line.who),
        why=line.reason,
        node=line.journal,
        event=line.event,
        subject=line.subject,
        late=late,
        reserved_at=source.at if source else "",
        reserved_by=tally.person(source.journal, source.who) if source else "",
        holder=source.holder if source else "",
        expires=source.expires if source else "",
        emergency=line.emergency,
    )


def _of_gap(tally: Tally, gap: Given) -> Notable:
    found = [
        one
        for one in tally.explained.get(gap.series, ())
        if one.first <= gap.last and gap.first <= one.last
    ]
    return Notable(
        first=gap.first, last=gap.last, state=gap.state, at=gap.at,
        who=tally.person(gap.journal, gap.who), why=gap.why, node=gap.journal, event=gap.event,
        guard=gap.guard, marks=gap.marks, explanations=tuple(found),
    )  # fmt: skip


def _emergency(read: OfficeReading, wanted: Wanted) -> Iterable[EmergencyProof]:
    for (journal, year), result in read.numbers.emergency.items():
        if wanted.year in (0, year) and wanted.node in ("", journal):
            lines = read.tally.emergency[journal, year]
            waiting = sum(not one.number and one.state is State.ISSUED for one in lines)
            yield EmergencyProof(
                node=journal, year=year, total=len(lines), waiting=waiting, account=result
            )


def _newest_first(series: Series) -> tuple[int, int]:
    return -series.year, list(Register).index(series.register)


def as_dict(proof: Proof) -> dict[str, Any]:
    """Write a proof for a program."""
    return {
        "whole": proof.whole,
        "at": proof.at,
        "events": proof.events,
        "total": proof.total,
        "offices": [_office_dict(one) for one in proof.offices],
    }


def _office_dict(one: OfficeProof) -> dict[str, Any]:
    return {
        "office": one.office,
        "name": one.name,
        "whole": one.whole,
        "total": one.total,
        "nodes": [
            {"node": node.node, "events": node.events, "last": node.last, "hash": node.hash,
             "chain_ok": node.chain_ok}
            for node in one.nodes
        ],
        "series": [_series_dict(series) for series in one.series],
        "emergency": [
            {"node": found.node, "year": found.year, "total": found.total,
             "waiting": found.waiting, "whole": found.account.whole}
            for found in one.emergency
        ],
        "findings": [
            {"kind": found.kind, "severity": found.severity.value, "node": found.node,
             "event": found.event, "thai": found.thai, "english": found.english}
            for found in one.findings
        ],
    }  # fmt: skip


def _series_dict(one: SeriesProof) -> dict[str, Any]:
    return {
        "register": one.series.register.value,
        "year": one.series.year,
        "whole": one.account.whole,
        "total": one.account.total,
        "states": {state.value: count for state, count in sorted(one.account.counts.items())},
        "ranges": [
            {"grant": grant.grant, "node": grant.node, "first": grant.first, "last": grant.last,
             "opening": grant.opening}
            for grant in one.ranges
        ],
        "problems": [
            {"trouble": problem.trouble.value, "first": problem.first, "last": problem.last}
            for problem in one.account.problems
        ],
        "overruled": [
            {"first": found.first, "last": found.last, "event": found.gap.event}
            for found in one.account.overruled
        ],
        "settled": [
            {"number": found.number, "letters": [notable_dict(each) for each in found.letters]}
            for found in one.settled
        ],
        "notable": [notable_dict(found) for found in one.notable],
    }  # fmt: skip


def notable_dict(one: Notable) -> dict[str, Any]:
    """Write a notable number for a program."""
    return {
        "first": one.first, "last": one.last, "state": one.state.value, "at": one.at,
        "who": one.who, "why": one.why, "node": one.node, "event": one.event,
        "subject": one.subject, "late": one.late, "reserved_at": one.reserved_at,
        "reserved_by": one.reserved_by, "holder": one.holder, "expires": one.expires,
        "emergency": one.emergency, "guard": one.guard,
        "marks": [{"source": mark.source, "number": mark.number} for mark in one.marks],
        "explanations": [
            {"first": found.first, "last": found.last, "text": found.text, "letter": found.letter,
             "at": found.at}
            for found in one.explanations
        ],
    }  # fmt: skip


def troubles(one: OfficeProof) -> int:
    """Count the numbers of an office that are not as they must be."""
    return sum(
        problem.last - problem.first + 1
        for series in one.series
        for problem in series.account.problems
        if problem.trouble is not Trouble.OVERLAP
    )
