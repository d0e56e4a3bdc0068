"""Every number of every granted range is in exactly one state, or the proof says what is wrong."""

import time

import pytest

from saraban_sync.completeness import account, account_emergency, in_a_row, is_late
from saraban_sync.states import Account, Fact, Granted, Problem, State, Trouble

TEN = [Granted(1, 10, "school", "g1")]


def _line(number: int, state: State = State.ISSUED, **more: str) -> Fact:
    return Fact(number, number, state, "school", **more)


def _shape(found: Account) -> list[tuple[int, int, str]]:
    return [(run.first, run.last, run.state.value) for run in found.runs]


def test_a_register_in_use_is_whole() -> None:
    said = [
        *in_a_row([1, 2, 3, 5, 6], node="school"),
        _line(4, State.VOID, event="school e4"),
        Fact(7, 8, State.SKIPPED, "school", why="restored"),
    ]

    found = account(TEN, said)

    assert found.whole
    assert _shape(found) == [
        (1, 3, "issued"), (4, 4, "void"), (5, 6, "issued"), (7, 8, "skipped"), (9, 10, "unused"),
    ]  # fmt: skip
    assert found.counts == {
        State.ISSUED: 5, State.VOID: 1, State.SKIPPED: 2, State.UNUSED: 2,
    }  # fmt: skip


def test_a_number_passed_over_without_a_word_is_missing() -> None:
    found = account(TEN, in_a_row([1, 2, 4]))

    assert found.problems == (Problem(Trouble.MISSING, 3, 3),)
    assert _shape(found)[1] == (3, 3, "missing")


def test_each_range_is_judged_by_itself() -> None:
    """Two nodes of one office take numbers at a different pace; both ranges end unused."""
    ranges = [Granted(1, 5, "one"), Granted(6, 10, "two")]

    found = account(ranges, [*in_a_row([1, 2], node="one"), *in_a_row([6], node="two")])

    assert found.whole
    assert [run.granted.node for run in found.runs] == ["one", "one", "two", "two"]


def test_two_letters_on_one_number_are_named() -> None:
    one, other = _line(4, event="school e4"), _line(4, event="school e9")

    found = account(TEN, [*in_a_row([1, 2, 3]), other, one])

    assert found.problems == (Problem(Trouble.TWICE, 4, 4, (one, other)),)


@pytest.mark.parametrize("state", [State.VOID, State.EXPIRED])
def test_a_number_given_twice_is_settled_once_all_but_one_of_its_letters_are_struck(
    state: State,
) -> None:
    letters = [_line(4, event=f"school e{n}") for n in (4, 5, 6)]
    struck = [letters[0], letters[1]._replace(state=state), letters[2]]

    assert not account(TEN, [*in_a_row([1, 2, 3]), *struck]).whole
    struck[2] = letters[2]._replace(state=State.VOID)
    found = account(TEN, [*in_a_row([1, 2, 3]), *struck])

    assert found.whole
    (problem,) = found.settled
    assert (problem.trouble, problem.first, problem.last) == (Trouble.TWICE, 4, 4)
    assert set(problem.facts) == set(struck)
    assert _shape(found)[0] == (1, 4, "issued")


def test_a_number_given_twice_whose_letters_are_all_void_is_settled_and_void() -> None:
    said = [_line(4, State.VOID, event=f"school e{n}") for n in (4, 5)]

    found = account(TEN, [*in_a_row([1, 2, 3]), *said])

    assert found.whole
    assert [one.first for one in found.settled] == [4]
    assert _shape(found)[1] == (4, 4, "void")


def test_a_letter_beside_a_row_of_letters_is_one_too_many() -> None:
    """The row does not say which events it stands for; nobody may slip in between."""
    found = account(TEN, [*in_a_row([1, 2, 3]), _line(2, event="school e9")])

    assert [(one.trouble, one.first, one.last) for one in found.problems] == [(Trouble.TWICE, 2, 2)]


def test_a_number_told_twice_by_the_same_letter_is_no_trouble() -> None:
    found = account(TEN, [_line(1, event="school e1"), _line(1, State.VOID, event="school e1")])

    assert found.whole
    assert _shape(found)[0] == (1, 1, "void")


def test_a_reserved_number_and_its_letter_are_one() -> None:
    reserved = _line(1, State.EXPIRED, event="school e1")
    letter = _line(1, event="school e5", claim="school e1")

    assert account(TEN, [reserved, letter]).whole
    assert _shape(account(TEN, [reserved, letter]))[0] == (1, 1, "issued")


def test_two_letters_that_took_the_same_reserved_number_are_two() -> None:
    said = [
        _line(1, State.RESERVED, event="school e1"),
        _line(1, event="school e5", claim="school e1"),
        _line(1, State.VOID, event="school e6", claim="school e1"),
    ]

    found = account(TEN, said)

    (problem,) = found.settled
    assert found.whole  # one of them is void
    assert problem.trouble is Trouble.TWICE
    assert {fact.event for fact in problem.facts} == {"school e5", "school e6"}


def test_a_reserved_number_that_was_passed_over_after_a_restore_is_skipped() -> None:
    reserved = _line(4, State.RESERVED, event="school e5")
    skips = [
        Fact(1, 2, State.SKIPPED, "school", "school e7", why="restored"),
        Fact(3, 6, State.SKIPPED, "school", "school e8", why="restored"),
    ]

    found = account(TEN, [reserved, *skips])

    assert found.whole
    assert _shape(found) == [(1, 6, "skipped"), (7, 10, "unused")]
    letter = _line(4, event="school e6", claim="school e5")
    assert _shape(account(TEN, [reserved, *skips, letter]))[1] == (4, 4, "issued")
    assert _shape(account(TEN, [_line(8, State.RESERVED), *skips]))[-2] == (8, 8, "reserved")


def test_a_skipped_number_that_is_found_on_a_letter_was_issued() -> None:
    skip = Fact(3, 6, State.SKIPPED, "school", "school e8", why="restored")

    found = account(TEN, [*in_a_row([1, 2]), skip, _line(4, event="school old-e4")])

    assert found.whole
    assert _shape(found)[1:4] == [(3, 3, "skipped"), (4, 4, "issued"), (5, 6, "skipped")]
    assert [(one.first, one.last, one.gap) for one in found.overruled] == [(4, 4, skip)]


def test_a_number_that_nobody_granted_is_outside() -> None:
    found = account(TEN, in_a_row(range(1, 13), node="school"))

    assert [(one.trouble, one.first, one.last) for one in found.problems] == [
        (Trouble.OUTSIDE, 11, 12)
    ]


def test_a_number_of_a_neighbours_range_is_outside_too() -> None:
    found = account(TEN, in_a_row([1], node="another"))

    assert [one.trouble for one in found.problems] == [Trouble.OUTSIDE]


def test_ranges_that_overlap_are_named_and_their_numbers_counted_once() -> None:
    found = account([*TEN, Granted(8, 12, "two", "g2")], [])

    assert found.total == 12
    assert found.problems == (Problem(Trouble.OVERLAP, 8, 10),)


def test_the_emergency_register_runs_from_one() -> None:
    def whole(*numbers: int, epoch: int = 1) -> bool:
        return account_emergency((epoch, number) for number in numbers).whole

    assert whole()
    assert whole(1, 2, 3)
    assert not whole(1, 3)
    assert not whole(1, 2, 2)
    assert not whole(2)


def test_a_new_epoch_keeps_away_from_emergency_numbers_nobody_has_heard_of() -> None:
    found = account_emergency([(1, 1), (1, 2), (2, 23), (2, 24)])

    assert found.whole
    assert _shape(found) == [(1, 2, "issued"), (3, 22, "skipped"), (23, 24, "issued")]
    assert not account_emergency([(1, 1), (2, 23), (2, 25)]).whole
    assert account_emergency([(2, 21)]).whole  # of the year in which the epoch began
    assert not account_emergency([(1, 1), (2, 2), (1, 2)]).whole


@pytest.mark.parametrize(
    ("reserved", "registered", "late"),
    [
        ("", "2026-11-22T02:00:00.000Z", False),
        ("2026-11-22T02:00:00.000Z", "2026-11-22T16:59:59.999Z", False),
        ("2026-11-22T02:00:00.000Z", "2026-11-22T17:00:00.000Z", True),
    ],
)
def test_late_is_after_midnight_in_thailand(reserved: str, registered: str, late: bool) -> None:
    assert is_late(reserved, registered) == late


def test_a_million_numbers_take_a_moment() -> None:
    ranges = [Granted(first, first + 499, "school") for first in range(1, 1_000_000, 500)]
    began = time.perf_counter()

    found = account(ranges, in_a_row(range(1, 1_000_001), node="school"))

    assert found.counts == {State.ISSUED: 1_000_000}
    assert time.perf_counter() - began < 10
