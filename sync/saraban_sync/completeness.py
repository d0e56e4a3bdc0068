"""The completeness proof: every number of every granted range is in exactly one state.

    granted    1 ─────────────────────────────────────────────────── 500
    facts      issued 1–104 · void 105 · issued 106–231 · skipped 232–260
    account    issued │ void │ issued       │ skipped │ unused 261–500

Whoever asks brings two lists: the ranges that were granted in one series, and what is known about
numbers of it. The answer accounts for each granted number exactly once, and names what does not
fit: a number that two letters bear, one that nobody granted, one that was passed over without a
word. A fact covers one number or a run of them, so a million numbers need no million objects.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from saraban_sync.registers import parse_instant, thai_date
from saraban_sync.states import (
    GAPS,
    STRUCK,
    Account,
    Fact,
    Granted,
    Overruled,
    Problem,
    Run,
    State,
    Trouble,
)


class _Span(NamedTuple):
    first: int
    last: int
    state: State
    node: str


_ENDLESS: Final = 2**62
# What is known of one claim: a letter's word goes before that of its reservation, and of the same
# letter the later word goes first.
_WITHIN: Final = {State.RESERVED: 0, State.EXPIRED: 1, State.ISSUED: 2, State.VOID: 3}
# Of several claims to one number, the one that is most visible on paper.
_AMONG: Final = {State.EXPIRED: 0, State.VOID: 1, State.RESERVED: 2, State.ISSUED: 3}


def account(granted: Iterable[Granted], facts: Iterable[Fact]) -> Account:
    """Account for every granted number of one series.

    A line of a register (issued, void, reserved, expired) goes before a gap (skipped, returned): a
    skipped number that is later found on a letter was issued, and the gap becomes a remark. But
    one that was only reserved when it was passed over stays skipped: a database that knew nothing
    of the reservation went on without it, and nobody can finish it. A reserved number and its
    letter are one claim; two letters on one number are trouble, until all but one of them are void:
    from then on the number is settled, which explains it and hides nothing.

    Args:
        granted: the ranges of the series.
        facts: what is known about its numbers, in any order; sorted ones are read faster.
    """
    lines: list[Fact] = []
    gaps: list[Fact] = []
    for fact in facts:
        (gaps if fact[2] in GAPS else lines).append(fact)
    problems: list[Problem] = []
    ranges = _disjoint(granted, problems)
    pieces = _gap_pieces(gaps)
    settled: list[Problem] = []
    spans = _claimed(_without_lost(lines, pieces), problems, settled)
    left, overruled = _without(pieces, spans)
    runs = _lay_out(ranges, _merged(spans, left), problems)
    problems.sort(key=lambda one: (one.first, one.last, one.trouble))
    return Account(tuple(runs), tuple(problems), tuple(overruled), tuple(settled))


def account_emergency(lines: Iterable[tuple[int, int]]) -> Account:
    """Account for the emergency register of a node and year, which has no ranges.

    It runs from 1 without a break, but for one: the first number of a new epoch keeps away from
    what the life before may have given, so that what lies before it was skipped.

    Args:
        lines: epoch and emergency number of each, in any order.
    """
    given = sorted(lines, key=lambda line: (line[1], line[0]))
    if not given:
        return account([], [])
    facts = list(in_a_row(number for _, number in given))
    before, latest = 0, 1
    for epoch, number in given:
        if epoch > latest and number > before + 1:
            facts.append(Fact(before + 1, number - 1, State.SKIPPED, why="epoch"))
        before, latest = number, max(latest, epoch)
    return account([Granted(1, before)], facts)


def in_a_row(
    numbers: Iterable[int], state: State = State.ISSUED, *, node: str = ""
) -> Iterator[Fact]:
    """Put numbers in a row into one fact each.

    Args:
        numbers: rising; one that is there twice stays so, for the proof to find.
        state: what became of all of them.
        node: who says so.
    """
    first = last = None
    for number in numbers:
        if first is None or last is None:
            first = number
        elif number != last + 1:
            yield Fact(first, last, state, node)
            first = number
        last = number
    if first is not None and last is not None:
        yield Fact(first, last, state, node)


def is_late(reserved_at: str, registered_at: str) -> bool:
    """Tell whether a letter was registered on a later day than its number was reserved.

    Args:
        reserved_at: a UTC moment; empty for a number that was not reserved.
        registered_at: a UTC moment.
    """
    if not reserved_at:
        return False
    reserved, registered = parse_instant(reserved_at), parse_instant(registered_at)
    return thai_date(registered) > thai_date(reserved)


def _disjoint(granted: Iterable[Granted], problems: list[Problem]) -> list[Granted]:
    """Put ranges in order; numbers that two of them share stay with the first."""
    result: list[Granted] = []
    end = 0
    for one in sorted(granted):
        if one.first <= end:
            problems.append(Problem(Trouble.OVERLAP, one.first, min(one.last, end)))
        if one.last > end:
            result.append(one._replace(first=max(one.first, end + 1)))
            end = one.last
    return result


def _claimed(lines: list[Fact], problems: list[Problem], settled: list[Problem]) -> list[_Span]:
    """Make one word about each number that a register has a line for."""
    spans: list[_Span] = []
    for cluster in _clusters(lines):
        if len(cluster) == 1:
            first, last, state, node, *_ = cluster[0]
            _put(spans, first, last, state, node)
            continue
        for first, last, said in _pieces(cluster):
            agreed = _agreed(said)
            if len(agreed) > 1:
                standing = sum(fact.state not in STRUCK for fact in agreed)
                problem = Problem(Trouble.TWICE, first, last, tuple(agreed))
                (problems if standing > 1 else settled).append(problem)
            best = max(agreed, key=lambda fact: _AMONG[fact.state])
            _put(spans, first, last, best.state, best.node)
    return spans


def _put(spans: list[_Span], first: int, last: int, state: State, node: str) -> None:
    """Add a span, to the one before if it goes on like that."""
    if spans:
        before = spans[-1]
        if before[1] + 1 == first and before[2] == state and before[3] == node:
            spans[-1] = _Span(before[0], last, state, node)
            return
    spans.append(_Span(first, last, state, node))


def _clusters(facts: list[Fact]) -> Iterator[list[Fact]]:
    """Put facts that overlap together; nearly always each stands alone."""
    cluster: list[Fact] = []
    end = 0
    for fact in sorted(facts):
        if cluster and fact[0] <= end:
            cluster.append(fact)
            end = max(end, fact[1])
            continue
        if cluster:
            yield cluster
        cluster, end = [fact], fact[1]
    if cluster:
        yield cluster


def _pieces(cluster: Sequence[Fact]) -> Iterator[tuple[int, int, list[Fact]]]:
    """Cut overlapping facts wherever one of them begins or ends."""
    edges = sorted({fact.first for fact in cluster} | {fact.last + 1 for fact in cluster})
    here: list[Fact] = []
    place = 0
    for start, end in pairwise(edges):
        here = [fact for fact in here if fact.last >= start]
        while place < len(cluster) and cluster[place].first == start:
            here.append(cluster[place])
            place += 1
        yield start, end - 1, here


def _agreed(said: list[Fact]) -> list[Fact]:
    """Put what was said about one number together; more than one result means two letters."""
    if len(said) == 1:
        return said
    letters: dict[str, Fact] = {}
    nameless: list[Fact] = []
    for fact in said:
        if not fact.event:
            nameless.append(fact)
            continue
        held = letters.get(fact.event)
        if held is None or _WITHIN[fact.state] > _WITHIN[held.state]:
            letters[fact.event] = fact
    finished = {one.claim for one in letters.values() if one.claim != one.event}
    standing = [fact for event, fact in letters.items() if event not in finished]
    if not standing:  # letters that claim each other's number, as only a forger writes them
        standing = list(letters.values())
    return [*nameless, *standing]


def _gap_pieces(gaps: list[Fact]) -> list[Fact]:
    """Put gaps in order, without overlap; a number that was returned and skipped is skipped."""
    result: list[Fact] = []
    for cluster in _clusters(gaps):
        for first, last, said in _pieces(cluster):
            chosen = max(said, key=lambda fact: (fact.state, fact.at, fact.event))
            result.append(chosen._replace(first=first, last=last))
    return result


def _without_lost(lines: list[Fact], gaps: list[Fact]) -> list[Fact]:
    """Leave reservations out whose numbers were passed over."""
    skipped = [(gap.first, gap.last) for gap in gaps if gap.state is State.SKIPPED]
    if not skipped:
        return lines

    def is_lost(fact: Fact) -> bool:
        place = bisect_right(skipped, (fact.first, _ENDLESS)) - 1
        return place >= 0 and fact.last <= skipped[place][1]

    return [fact for fact in lines if fact[2] is not State.RESERVED or not is_lost(fact)]


def _without(gaps: list[Fact], spans: list[_Span]) -> tuple[list[Fact], list[Overruled]]:
    """Take numbers that have a line out of the gaps."""
    left: list[Fact] = []
    overruled: list[Overruled] = []
    place = 0
    for gap in gaps:
        start = gap.first
        while place < len(spans) and spans[place].last < start:
            place += 1
        at = place
        while at < len(spans) and spans[at].first <= gap.last:
            first, last = max(spans[at].first, start), min(spans[at].last, gap.last)
            if first > start:
                left.append(gap._replace(first=start, last=first - 1))
            overruled.append(Overruled(first, last, gap))
            start, at = last + 1, at + 1
        if start <= gap.last:
            left.append(gap._replace(first=start))
    return left, overruled


def _merged(spans: list[_Span], gaps: list[Fact]) -> list[_Span]:
    """Put lines and gaps, which share no number, into one order."""
    if not gaps:
        return spans
    every = spans + [_Span(gap.first, gap.last, gap.state, gap.node) for gap in gaps]
    every.sort()
    return every


def _lay_out(ranges: list[Granted], spans: list[_Span], problems: list[Problem]) -> list[Run]:
    """Lay what is known over the ranges; what lies beside them was not granted."""
    problems.extend(_outside(stray) for stray in _strays(ranges, spans))
    runs: list[Run] = []
    place = 0
    for granted in ranges:
        while place < len(spans) and spans[place].last < granted.first:
            place += 1
        place = _fill(granted, spans, place, runs, problems)
    return runs


def _fill(
    granted: Granted, spans: list[_Span], place: int, runs: list[Run], problems: list[Problem]
) -> int:
    """Lay what is known over one range; gives the place of the next span to look at."""
    start = granted.first
    while place < len(spans) and spans[place].first <= granted.last:
        span = spans[place]
        first, last = max(span.first, granted.first), min(span.last, granted.last)
        if first > start:
            problems.append(Problem(Trouble.MISSING, start, first - 1))
            runs.append(Run(start, first - 1, State.MISSING, granted))
        if span.state not in GAPS and span.node and granted.node not in ("", span.node):
            problems.append(_outside(span._replace(first=first, last=last)))
        _extend(runs, Run(first, last, span.state, granted))
        start = last + 1
        if span.last > granted.last:
            break
        place += 1
    if start <= granted.last:
        runs.append(Run(start, granted.last, State.UNUSED, granted))
    return place


def _extend(runs: list[Run], run: Run) -> None:
    """Add a run, to the one before if only who said so differs."""
    if runs:
        before = runs[-1]
        if before[1] + 1 == run[0] and before[2] == run[2] and before[3] is run[3]:
            runs[-1] = before._replace(last=run.last)
            return
    runs.append(run)


def _strays(ranges: list[Granted], spans: list[_Span]) -> Iterator[_Span]:
    """Find what lies beside every range."""
    place = 0
    for span in spans:
        start = span.first
        while place < len(ranges) and ranges[place].last < start:
            place += 1
        at = place
        while at < len(ranges) and ranges[at].first <= span.last:
            if ranges[at].first > start:
                yield span._replace(first=start, last=ranges[at].first - 1)
            start, at = ranges[at].last + 1, at + 1
        if start <= span.last:
            yield span._replace(first=start)


def _outside(span: _Span) -> Problem:
    return Problem(Trouble.OUTSIDE, span.first, span.last, (Fact(*span),))
