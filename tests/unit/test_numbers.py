"""Numbers come from granted ranges, in order, each once; the database itself refuses doubles."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_base.sqlite import ConstraintError
from saraban_node.appliance import Appliance
from saraban_node.errors import NoRangeLeft
from saraban_node.numbering import numbers
from saraban_sync.errors import RangeProblem
from saraban_sync.registers import Register
from tests.offices import YEAR, Numbers, a_grant, a_letter, an_office, events_of, grant, register
from tests.promises import kept

BOOK = Register.INCOMING


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Appliance]:
    made = an_office(tmp_path / "node", ranges=[Numbers(BOOK, YEAR, 3)])
    yield made
    made.close()


def left(node: Appliance, book: Register = BOOK, year: int = YEAR) -> int:
    with node.db.read() as cursor:
        return numbers.left(cursor, book, year)


def test_numbers_go_on_in_the_next_range_when_one_is_used_up(node: Appliance) -> None:
    """Ranges need not follow one another: an office with several nodes draws in turns."""
    grant(node, Numbers(BOOK, YEAR, 12, first=11))
    grant(node, Numbers(BOOK, YEAR, 101, first=101))

    given = [register(node, a_letter(n)).number for n in range(6)]

    assert given == [1, 2, 3, 11, 12, 101]
    with pytest.raises(NoRangeLeft):
        register(node, a_letter(7))
    kept(node)


def test_asking_for_the_next_number_takes_none(node: Appliance) -> None:
    with node.db.read() as cursor:
        assert [numbers.next_number(cursor, BOOK, YEAR) for _ in range(3)] == [1, 1, 1]
    assert left(node) == 3


@pytest.mark.parametrize(("first", "last"), [(1, 3), (3, 5), (2, 2), (1, 99)])
def test_a_range_that_shares_a_number_with_another_is_refused_and_leaves_nothing(
    node: Appliance, first: int, last: int
) -> None:
    before = events_of(node)

    with pytest.raises(RangeProblem) as refused:
        grant(node, Numbers(BOOK, YEAR, last, first=first))

    assert f"{first}–{last}" in refused.value.sentence("th")
    assert events_of(node) == before
    assert left(node) == 3


def test_the_same_numbers_of_another_year_or_register_are_other_numbers(node: Appliance) -> None:
    grant(node, Numbers(BOOK, YEAR + 1, 3))
    grant(node, Numbers(Register.OUTGOING, YEAR, 3))

    register(node, a_letter(1))

    assert (left(node), left(node, BOOK, YEAR + 1), left(node, Register.OUTGOING)) == (2, 3, 3)


def test_what_is_held_is_told_with_how_far_it_is_used(node: Appliance) -> None:
    register(node, a_letter(1))

    with node.db.read() as cursor:
        (held,) = numbers.held(cursor)
        paper = a_grant(node, Numbers(BOOK, YEAR, 3))
        assert numbers.is_held(cursor, paper.grant)
        assert not numbers.is_held(cursor, "g-never-given")

    assert (held.first, held.last, held.next, held.left) == (1, 3, 2, 2)


@pytest.mark.parametrize("number", [2, 3, 4, 0])
def test_a_number_that_is_not_the_next_one_cannot_be_used(node: Appliance, number: int) -> None:
    with node.db.write() as write, pytest.raises(RangeProblem):
        numbers.use(write, BOOK, YEAR, number)
    assert left(node) == 3


def test_the_database_itself_refuses_a_number_twice(node: Appliance) -> None:
    register(node, a_letter(1))

    with node.db.write() as write, pytest.raises(ConstraintError):
        write.cursor.execute(
            "INSERT INTO entry (seq, id, register, year, number, state, subject, sender, recipient,"
            " letter_no, letter_date, action, remark, urgency, registered_at, registered_by,"
            " search_text) SELECT 1, id, register, year, number, state, subject, sender, recipient,"
            " letter_no, letter_date, action, remark, urgency, registered_at, registered_by,"
            " search_text FROM entry"
        )


def test_the_floor_of_a_range_cannot_leave_it(node: Appliance) -> None:
    for wrong in (0, 5):
        with node.db.write() as write, pytest.raises(ConstraintError):
            write.cursor.execute("UPDATE number_range SET floor = ?", (wrong,))


def test_a_number_that_vanished_from_the_register_is_found_unexplained(node: Appliance) -> None:
    for number in range(3):
        register(node, a_letter(number))

    with node.db.write() as write:
        write.cursor.execute("DELETE FROM entry WHERE number = 2")

    with node.db.read() as cursor:
        assert numbers.unexplained(cursor) == {(BOOK, YEAR): [2]}


def test_a_number_that_was_never_granted_is_found_unexplained(node: Appliance) -> None:
    register(node, a_letter(1))

    with node.db.write() as write:
        write.cursor.execute("UPDATE entry SET number = 77")

    with node.db.read() as cursor:
        assert numbers.unexplained(cursor) == {(BOOK, YEAR): [77]}
