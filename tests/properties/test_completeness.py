"""The completeness proof against one that looks at each number alone."""

from itertools import pairwise
from random import Random
from typing import NamedTuple

import hypothesis.strategies as st
from hypothesis import given

from saraban_sync.completeness import account, account_emergency, in_a_row
from saraban_sync.states import GAPS, Account, Fact, Granted, State, Trouble

_MOST = 40
Starts, Sizes = st.integers(1, _MOST), st.integers(1, 12)
Nodes = st.sampled_from(["", "a", "b"])
LINES = (State.ISSUED, State.VOID, State.RESERVED, State.EXPIRED)
Ranges = st.lists(
    st.builds(
        lambda first, size, node: Granted(first, first + size - 1, node), Starts, Sizes, Nodes
    ),
    max_size=6,
)


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    """Something said of a few numbers; events are few, so that sources speak of the same letter."""
    first = draw(Starts)
    state = draw(st.sampled_from(State))
    if state in (State.UNUSED, State.MISSING):
        state = State.ISSUED
    if state in GAPS:
        return Fact(first, first + draw(Sizes) - 1, state, draw(Nodes), at=str(draw(Sizes)))
    event = draw(st.sampled_from(["", "", "e1", "e2", "e3"]))
    claim = draw(st.sampled_from(["", "e1", "e2"])) if event else ""
    size = 1 if event or state is State.RESERVED else draw(Sizes)
    return Fact(first, first + size - 1, state, draw(Nodes), event, claim)


Facts = st.lists(facts(), max_size=12)


class Plain(NamedTuple):
    """What looking at each number alone says."""

    states: dict[int, State]
    troubles: set[tuple[Trouble, int]]
    overruled: set[int]
    settled: set[int]


def _one_by_one(granted: list[Granted], said: list[Fact]) -> Plain:
    owner: dict[int, Granted] = {}
    troubles: set[tuple[Trouble, int]] = set()
    for one in sorted(granted):
        for number in range(one.first, one.last + 1):
            if number in owner:
                troubles.add((Trouble.OVERLAP, number))
            else:
                owner[number] = one
    known: dict[int, State] = {}
    overruled, settled = set(), set()
    for number in range(1, 3 * _MOST):
        here = [fact for fact in said if fact.first <= number <= fact.last]
        lines = [fact for fact in here if fact.state not in GAPS]
        gaps = [fact.state for fact in here if fact.state in GAPS]
        if State.SKIPPED in gaps:  # nobody can finish what was only reserved
            lines = [fact for fact in lines if fact.state is not State.RESERVED]
        if lines:
            letters = _letters(lines)
            standing = [state for state, _ in letters if state in (State.ISSUED, State.RESERVED)]
            if len(standing) > 1:
                troubles.add((Trouble.TWICE, number))
            elif len(letters) > 1:
                settled.add(number)
            known[number] = max((state for state, _ in letters), key=_VISIBLE.index)
            overruled.update([number] if gaps else [])
            users = {node for state, node in letters if state is known[number]}
            if number in owner and not users <= {"", owner[number].node} and owner[number].node:
                troubles.add((Trouble.OUTSIDE, number))
        elif gaps:
            known[number] = State.SKIPPED if State.SKIPPED in gaps else State.RETURNED
    troubles |= {(Trouble.OUTSIDE, number) for number in known if number not in owner}
    states = {number: known.get(number, State.UNUSED) for number in owner}
    for number, one in owner.items():
        ahead = (n for n in known if number < n <= one.last and owner[n] is one)
        if number not in known and any(ahead):
            states[number] = State.MISSING
            troubles.add((Trouble.MISSING, number))
    return Plain(states, troubles, overruled, settled)


_VISIBLE = [State.EXPIRED, State.VOID, State.RESERVED, State.ISSUED]


def _letters(lines: list[Fact]) -> list[tuple[State, str]]:
    """Tell letters apart as a person would: by the slip that each number was given out on."""
    nameless = [(fact.state, fact.node) for fact in lines if not fact.event]
    slips: dict[str, list[Fact]] = {}
    for fact in lines:
        if fact.event:
            slips.setdefault(fact.event, []).append(fact)
    best = {
        event: next(
            fact
            for state in (State.VOID, State.ISSUED, State.EXPIRED, State.RESERVED)
            for fact in said
            if fact.state is state
        )
        for event, said in slips.items()
    }
    came = {fact.claim for fact in best.values() if fact.claim != fact.event}
    return nameless + [(f.state, f.node) for event, f in best.items() if event not in came]


def _states(found: Account) -> dict[int, State]:
    states: dict[int, State] = {}
    for run in found.runs:
        for number in range(run.first, run.last + 1):
            assert number not in states, f"{number} is accounted for twice"
            states[number] = run.state
    return states


def _honest(said: list[Fact]) -> list[Fact]:
    """Leave out what cannot be: one event of two numbers or nodes, letters claiming each other."""
    seen: dict[str, tuple[int, str, str]] = {}
    result = []
    for fact in said:
        if fact.event:
            if seen.setdefault(fact.event, (fact.first, fact.node, fact.claim)) != (
                fact.first, fact.node, fact.claim,
            ):  # fmt: skip
                continue
            if fact.claim and (fact.claim > fact.event or fact.claim == "e1" == fact.event):
                continue
        result.append(fact)
    return result


@given(Ranges, Facts)
def test_every_granted_number_is_accounted_for_once_as_if_looked_at_alone(
    granted: list[Granted], said: list[Fact]
) -> None:
    said = _honest(said)
    plain = _one_by_one(granted, said)

    found = account(granted, said)

    assert _states(found) == plain.states
    assert found.total == len(plain.states)
    assert sum(found.counts.values()) == found.total
    overruled = {n for one in found.overruled for n in range(one.first, one.last + 1)}
    assert overruled == plain.overruled
    assert {n for one in found.settled for n in range(one.first, one.last + 1)} == plain.settled


@given(Ranges, Facts)
def test_every_trouble_is_named_and_no_other(granted: list[Granted], said: list[Fact]) -> None:
    said = [fact._replace(node="a") for fact in _honest(said)]

    found = account(granted, said)

    troubles = {
        (one.trouble, number) for one in found.problems for number in range(one.first, one.last + 1)
    }
    assert troubles == _one_by_one(granted, said).troubles
    assert found.whole == (not troubles)


@given(Ranges, Facts, st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_told_does_not_matter(
    granted: list[Granted], said: list[Fact], dice: Random
) -> None:
    told = account(granted, said)
    dice.shuffle(granted)
    dice.shuffle(said)

    assert account(granted, said) == told


@given(Ranges, Facts)
def test_neighbouring_runs_differ_in_state_or_in_grant(
    granted: list[Granted], said: list[Fact]
) -> None:
    runs = account(granted, said).runs

    assert all(run.first <= run.last for run in runs)
    assert all(run.granted.first <= run.first and run.last <= run.granted.last for run in runs)
    for one, after in pairwise(runs):
        alike = (one.last + 1, one.state, one.granted) == (after.first, after.state, after.granted)
        assert not alike


@given(st.lists(st.integers(1, _MOST), unique=True))
def test_numbers_put_into_rows_stay_the_same_numbers(numbers: list[int]) -> None:
    rows = list(in_a_row(sorted(numbers)))

    assert [n for row in rows for n in range(row.first, row.last + 1)] == sorted(numbers)
    assert all(one.last + 1 < after.first for one, after in pairwise(rows))


@given(st.lists(st.integers(1, _MOST)))
def test_a_series_without_ranges_is_whole_when_it_runs_from_one(numbers: list[int]) -> None:
    unbroken = sorted(numbers) == list(range(1, len(numbers) + 1))

    assert account_emergency((1, number) for number in numbers).whole == unbroken
