"""Are the numbers of one office complete, unique, its own, and in order?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from saraban_central.audit.findings import Finding, Numbers, Place, found
from saraban_central.audit.lines import Line
from saraban_central.audit.tally import Tally
from saraban_sync.completeness import account, account_emergency
from saraban_sync.grants import Grant
from saraban_sync.registers import BANGKOK, Series, buddhist_year, parse_instant
from saraban_sync.states import STRUCK, Account, Granted, Problem, State, Trouble


class NumbersResult(NamedTuple):
    """What came out, and how many numbers nobody can explain."""

    findings: list[Finding]
    unexplained: int
    accounts: dict[Series, Account]
    emergency: dict[tuple[str, int], Account]
    """Of each journal and year."""


def check_numbers(tally: Tally, grants: Mapping[Series, Sequence[Grant]]) -> NumbersResult:
    """Check all series of one office.

    Args:
        tally: what its journals say.
        grants: the centre's grants by series, and those that only journals have; of this office
            at least.
    """
    accounts: dict[Series, Account] = {}
    findings = _doubtful(tally)
    for series in _series(tally, grants):
        held = sorted(grants.get(series, ()), key=lambda grant: grant.first)
        ranges = [Granted(one.first, one.last, one.node, one.grant) for one in held]
        accounts[series] = account(ranges, tally.facts(series))
        lines = tally.lines.get(series, [])
        for problem in accounts[series].problems:
            findings += _problem(series, problem, lines, held)
        for problem in accounts[series].settled:
            findings += _settled(tally, series, problem, lines)
        findings += _out_of_order(tally, series, lines, held)
        findings += _after_gap(tally, series, accounts[series])
        findings += _wrong_year(lines)
    emergency = {
        (journal, year): account_emergency(tally.emergency_of(journal, year))
        for journal, year in sorted(tally.emergency)
    }
    for (journal, year), result in emergency.items():
        findings += _emergency(tally, journal, year, result)
    unexplained = sum(_unexplained(one) for one in accounts.values())
    return NumbersResult(findings, unexplained, accounts, emergency)


def check_grants(series: Series, grants: Sequence[Grant]) -> list[Finding]:
    """Find ranges of one series that share numbers."""
    findings: list[Finding] = []
    greatest: Grant | None = None
    for grant in sorted(grants, key=lambda one: (one.first, one.last)):
        if greatest is not None and grant.first <= greatest.last:
            shared = min(grant.last, greatest.last)
            numbers = Numbers(series.register, series.year, grant.first, shared)
            place = Place(series.office, grant.node, since=grant.at)
            findings.append(found("grant-overlap", place, numbers))
        if greatest is None or grant.last > greatest.last:
            greatest = grant
    return findings


def _series(tally: Tally, grants: Mapping[Series, Sequence[Grant]]) -> list[Series]:
    own = {series for series in grants if series.office == tally.office}
    return sorted(own.union(tally.series()))


def _unexplained(result: Account) -> int:
    """Count the numbers that were passed over, or used without having been granted."""
    return sum(
        one.last - one.first + 1
        for one in result.problems
        if one.trouble in (Trouble.MISSING, Trouble.OUTSIDE)
    )


def _problem(
    series: Series, problem: Problem, lines: Sequence[Line], held: Sequence[Grant]
) -> Iterator[Finding]:
    match problem.trouble:
        case Trouble.TWICE:
            yield from _twice(series, problem, lines)
        case Trouble.OUTSIDE:
            yield from _outside(series, problem, lines, held)
        case Trouble.MISSING:
            yield _missing(series, problem, lines, held)
        case Trouble.OVERLAP:
            pass  # found at the grants themselves


def _twice(series: Series, problem: Problem, lines: Sequence[Line]) -> Iterator[Finding]:
    for _, same in bearers(problem, lines):
        for line in same[1:]:
            yield _about("number-twice", series, line, other=same[0].name)


def bearers(problem: Problem, lines: Iterable[Line]) -> Iterator[tuple[int, list[Line]]]:
    """Give the letters of each number that was given twice, the oldest first."""
    claims = {fact.event for fact in problem.facts}
    named = [one for one in lines if one.name in claims]
    for number in range(problem.first, problem.last + 1):
        same = [one for one in named if one.number == number]
        yield number, sorted(same, key=lambda one: (one.at, one.journal, one.order))


def _settled(
    tally: Tally, series: Series, problem: Problem, lines: Sequence[Line]
) -> Iterator[Finding]:
    """Say of a number that was given twice who struck which of its letters, and when."""
    for _, same in bearers(problem, lines):
        for line in (one for one in same if one.state in STRUCK):
            others = sorted(
                (one for one in same if one is not line), key=lambda one: one.state in STRUCK
            )
            moment = parse_instant(line.struck_at).astimezone(BANGKOK)
            yield _about(
                f"number-twice-{line.state}", series, line,
                letter=line.name, other=", ".join(one.name for one in others),
                who=tally.person(line.journal, line.struck_by),
                when=f"{moment:%Y-%m-%d %H:%M}",
                when_thai=f"{moment:%d/%m}/{buddhist_year(moment)} {moment:%H:%M} น.",
                why=line.reason or "–",
            )  # fmt: skip


def _outside(
    series: Series, problem: Problem, lines: Sequence[Line], held: Sequence[Grant]
) -> Iterator[Finding]:
    for line in lines:
        if problem.first <= line.number <= problem.last and not _covered(line, held):
            yield _about("number-outside", series, line)
    named = {(fact.first, fact.last, fact.node) for fact in problem.facts}
    if not any(problem.first <= line.number <= problem.last for line in lines):
        node = next((node for _, _, node in named), "")
        numbers = Numbers(series.register, series.year, problem.first, problem.last)
        text = _text(problem.first, problem.last)
        yield found("gap-outside", Place(series.office, node), numbers, numbers=text)


def _covered(line: Line, held: Sequence[Grant]) -> bool:
    return any(line.number in grant.range and grant.node == line.user for grant in held)


def _missing(
    series: Series, problem: Problem, lines: Sequence[Line], held: Sequence[Grant]
) -> Finding:
    grant = next((one for one in held if problem.first in one.range), None)
    after = min(
        (line for line in lines if line.number > problem.last and grant
         and line.number in grant.range),
        key=lambda line: line.number,
        default=None,
    )  # fmt: skip
    place = Place(
        series.office, grant.node if grant else "", after.order if after else "",
        after.at if after else "",
    )  # fmt: skip
    numbers = Numbers(series.register, series.year, problem.first, problem.last)
    return found("number-missing", place, numbers, numbers=_text(problem.first, problem.last))


def _out_of_order(
    tally: Tally, series: Series, lines: Sequence[Line], held: Sequence[Grant]
) -> Iterator[Finding]:
    greatest: dict[tuple[str, str], tuple[int, str]] = {}
    for line in sorted(lines, key=lambda one: (one.giver, one.order)):
        grant = next((one for one in held if line.number in one.range), None)
        if grant is None or line.claim:
            continue
        key = (line.giver, grant.grant)
        before, event = greatest.get(key, (0, ""))
        if tally.parted(line.giver, event, line.order):
            before = 0
        if line.number < before and not line.imported:
            yield _about("number-order", series, line, greater=before)
        if line.number > before:
            greatest[key] = (line.number, line.order)


def _after_gap(tally: Tally, series: Series, result: Account) -> Iterator[Finding]:
    """Find numbers that a machine gave although it knew that it had given them up."""
    gaps = {gap.name: gap for gap in tally.gaps.get(series, ())}
    for one in result.overruled:
        gap = gaps.get(one.gap.event)
        for line in tally.lines.get(series, ()):
            if gap is None or not one.first <= line.number <= one.last or line.claim:
                continue
            knew = line.giver == gap.journal and gap.event < line.order
            if knew and not tally.parted(line.giver, gap.event, line.order):
                yield _about("number-after-gap", series, line, other=gap.event)


def _wrong_year(lines: Iterable[Line]) -> Iterator[Finding]:
    """Find lines of another year than the one in which they were made.

    A letter on a reserved number belongs to the year of reserving; of the emergency register, to
    the year of its emergency number.
    """
    for line in lines:
        said = buddhist_year(parse_instant(line.at))
        if said != line.series.year and not line.imported and not line.claim:
            yield _about("year", line.series, line, other=said)


def _doubtful(tally: Tally) -> list[Finding]:
    findings = []
    for doubt in tally.doubts:
        event = doubt.event
        place = Place(tally.office, doubt.journal, event.id, event.at)
        numbers = None
        if doubt.line is not None:
            series = doubt.line.series
            numbers = Numbers(series.register, series.year, doubt.line.number)
        findings.append(found(doubt.kind, place, numbers, entry=doubt.about))
    return findings


def _emergency(tally: Tally, journal: str, year: int, result: Account) -> Iterator[Finding]:
    lines = tally.emergency[journal, year]
    for problem in result.problems:
        if problem.trouble is Trouble.TWICE:
            kind, at = (
                "emergency-twice",
                [one for one in lines if problem.first <= one.emergency <= problem.last],
            )
        else:
            kind, at = "emergency-missing", [one for one in lines if one.emergency > problem.last]
        line = at[-1] if kind == "emergency-twice" and at else at[0] if at else lines[-1]
        place = Place(tally.office, line.journal, line.event, line.at)
        text = _text(problem.first, problem.last)
        yield found(kind, place, Numbers(line.series.register, year, 0), numbers=text)


def state_counts(accounts: Iterable[Account]) -> dict[State, int]:
    """Count the numbers of several series by their states."""
    counts: dict[State, int] = {}
    for one in accounts:
        for state, size in one.counts.items():
            counts[state] = counts.get(state, 0) + size
    return counts


def _text(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


def _about(kind: str, series: Series, line: Line, **facts: object) -> Finding:
    place = Place(series.office, line.giver, line.order, line.at)
    return found(kind, place, Numbers(series.register, series.year, line.number), **facts)
