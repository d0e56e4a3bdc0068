"""Are the numbers of one office complete, unique, its own, and in order?"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from saraban_central.audit.evidence import OfficeFacts, Use
from saraban_central.audit.findings import Finding, Numbers, Place, found
from saraban_sync.grants import Grant
from saraban_sync.ranges import unexplained
from saraban_sync.registers import Series


class NumbersResult(NamedTuple):
    """What came out, and how many numbers nobody can explain."""

    findings: list[Finding]
    unexplained: int


def check_numbers(facts: OfficeFacts, grants: dict[Series, list[Grant]]) -> NumbersResult:
    """Check all series of one office.

    Args:
        facts: the numbers its journals use.
        grants: the centre's grants by series, of this office at least.
    """
    findings: list[Finding] = []
    total = 0
    for series in sorted(facts.used):
        uses = facts.used[series]
        held = [*grants.get(series, ()), *(g for g in facts.unknown_grants if g.series == series)]
        held.sort(key=lambda grant: grant.first)
        findings += _twice(series, uses)
        findings += _outside(series, uses, held)
        findings += _out_of_order(series, uses, held)
        missing = unexplained([grant.range for grant in held], [use.number for use in uses])
        total += len(missing)
        findings += _missing(series, missing, uses, held)
    return NumbersResult(findings, total)


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


def _twice(series: Series, uses: Iterable[Use]) -> list[Finding]:
    first: dict[int, Use] = {}
    findings = []
    for use in sorted(uses, key=lambda one: (one.at, one.node, one.event)):
        earlier = first.setdefault(use.number, use)
        if earlier is not use:
            other = f"{earlier.node} {earlier.event}"
            findings.append(_about("number-twice", series, use, other=other))
    return findings


def _outside(series: Series, uses: Iterable[Use], held: Iterable[Grant]) -> list[Finding]:
    own: dict[str, list[Grant]] = {}
    for grant in held:
        own.setdefault(grant.node, []).append(grant)
    return [
        _about("number-outside", series, use)
        for use in uses
        if not any(use.number in grant.range for grant in own.get(use.node, ()))
    ]


def _out_of_order(series: Series, uses: Iterable[Use], held: Sequence[Grant]) -> list[Finding]:
    greatest: dict[str, int] = {}
    findings = []
    for use in uses:
        grant = next((one for one in held if use.number in one.range), None)
        if grant is None:
            continue
        before = greatest.get(grant.grant, 0)
        if use.number < before and not use.imported:
            findings.append(_about("number-order", series, use, greater=before))
        greatest[grant.grant] = max(before, use.number)
    return findings


def _missing(
    series: Series, missing: Iterable[int], uses: Sequence[Use], held: Iterable[Grant]
) -> list[Finding]:
    findings = []
    for grant in held:
        for first, last in _runs(number for number in missing if number in grant.range):
            after = min(
                (use for use in uses if use.number > last and use.number in grant.range),
                key=lambda use: use.number,
            )
            place = Place(series.office, grant.node, after.event, after.at)
            numbers = Numbers(series.register, series.year, first, last)
            text = str(first) if first == last else f"{first}–{last}"
            findings.append(found("number-missing", place, numbers, numbers=text))
    return findings


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _about(kind: str, series: Series, use: Use, **facts: object) -> Finding:
    place = Place(series.office, use.node, use.event, use.at)
    return found(kind, place, Numbers(series.register, series.year, use.number), **facts)
