"""Number ranges: each number of a series goes to one node, whoever asks and however often."""

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saraban_central import directory
from saraban_central.errors import (
    BadSize,
    NodeRevoked,
    PastYear,
    RangeTaken,
    UnknownNode,
)
from saraban_central.numbering import grants
from saraban_central.numbering.numbers import contains, with_number
from saraban_sync.body import Signed
from saraban_sync.grants import read_grant
from saraban_sync.registers import Register
from saraban_sync.wire import mailbox_database, signed
from tests.central_district import YEAR, District


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    made.office("school-1", size=0)
    yield made
    made.close()


def _grant(
    district: District, size: int, *, first: int | None = None, year: int = YEAR
) -> tuple[int, int]:
    made = grants.grant(
        district.centre, "school-1", Register.INCOMING, year, size=size, first=first
    )
    return made.first, made.last


def test_ranges_follow_each_other_without_a_hole(district: District) -> None:
    assert [_grant(district, size) for size in (20, 1, 500)] == [(1, 20), (21, 21), (22, 521)]


def test_each_register_and_year_counts_for_itself(district: District) -> None:
    _grant(district, 20)
    other = grants.grant(district.centre, "school-1", Register.OUTGOING, YEAR, size=5)

    assert (other.first, other.last) == (1, 5)
    assert _grant(district, 5, year=YEAR + 1) == (1, 5)


def test_an_office_may_begin_in_the_middle_of_a_year(district: District) -> None:
    """Thirty-seven letters are in the paper register already."""
    assert _grant(district, 100, first=38) == (38, 137)
    assert _grant(district, 10) == (138, 147)


@pytest.mark.parametrize(("first", "size"), [(38, 1), (137, 1), (30, 9), (1, 500), (137, 5)])
def test_a_number_that_was_granted_is_never_granted_again(
    district: District, first: int, size: int
) -> None:
    _grant(district, 100, first=38)

    with pytest.raises(RangeTaken) as taken:
        _grant(district, size, first=first)

    assert taken.value.facts["free"] == "138"
    (series,) = grants.granted(district.centre, "school-1")
    assert len(series.grants) == 1


@pytest.mark.parametrize("size", [0, -5, grants.MAX_SIZE + 1])
def test_a_range_of_no_numbers_or_of_far_too_many_is_refused(district: District, size: int) -> None:
    with pytest.raises(BadSize):
        _grant(district, size)


@pytest.mark.parametrize("first", [0, -3])
def test_a_range_begins_at_one_at_least(district: District, first: int) -> None:
    with pytest.raises(RangeTaken):
        _grant(district, 5, first=first)


def test_numbers_end_at_the_highest(district: District) -> None:
    assert _grant(district, 1, first=grants.MAX_NUMBER) == (grants.MAX_NUMBER, grants.MAX_NUMBER)
    with pytest.raises(BadSize):
        _grant(district, 1)


@pytest.mark.parametrize("year", [YEAR - 1, YEAR + 2, 0, 2026])
def test_only_this_years_and_next_years_numbers_are_granted(district: District, year: int) -> None:
    with pytest.raises(PastYear):
        _grant(district, 5, year=year)


def test_the_year_ends_at_midnight_in_thailand(district: District) -> None:
    district.clock.moment = district.clock.moment.replace(month=12, day=31, hour=16, minute=59)
    assert _grant(district, 5) == (1, 5)

    district.clock.forward(minutes=1)
    with pytest.raises(PastYear):
        _grant(district, 5)


def test_a_grant_is_in_its_nodes_mailbox_signed_by_the_centre(district: District) -> None:
    made = grants.grant(district.centre, "school-1", Register.INCOMING, YEAR, size=20)

    (document,) = district.centre.store.page(mailbox_database("school-1"))
    assert (document.id, document.sender) == ("000000000001", "centre")
    assert read_grant(signed(document), district.centre.key.public) == made
    (series,) = grants.granted(district.centre)
    kept = Signed(p=series.grants[0].payload, s=series.grants[0].signature)
    assert read_grant(kept, district.centre.key.public) == made


def test_a_node_that_is_unknown_or_revoked_gets_no_numbers(district: District) -> None:
    directory.revoke(district.centre, "school-1")

    with pytest.raises(NodeRevoked):
        _grant(district, 5)
    with pytest.raises(UnknownNode):
        grants.grant(district.centre, "school-9", Register.INCOMING, YEAR, size=5)


def test_many_grants_at_the_same_moment_never_overlap(district: District) -> None:
    made: list[tuple[int, int]] = []

    def take() -> None:
        made.extend(_grant(district, 7) for _ in range(10))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    numbers = [number for first, last in made for number in range(first, last + 1)]
    assert sorted(numbers) == list(range(1, 281))
    mailbox = district.centre.store.page(mailbox_database("school-1"))
    assert [int(document.id) for document in mailbox] == list(range(1, 41))


@given(st.lists(st.integers(min_value=1, max_value=60)))
def test_used_numbers_are_remembered_in_whatever_order_they_come(numbers: list[int]) -> None:
    runs: list[tuple[int, int]] = []
    seen: set[int] = set()
    for number in numbers:
        assert contains(runs, number) == (number in seen)
        if number in seen:
            with pytest.raises(ValueError, match="used before"):
                with_number(runs, number)
        else:
            runs = with_number(runs, number)
            seen.add(number)

    assert {n for first, last in runs for n in range(first, last + 1)} == seen
    assert all(one[1] + 1 < other[0] for one, other in itertools.pairwise(runs))
