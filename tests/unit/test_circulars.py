"""หนังสือเวียน: circulars in the outgoing register or in one of their own, as the office chooses."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from saraban_node import appliance
from saraban_node.appliance import Appliance
from saraban_node.books import letter_numbers
from saraban_node.books.entries import Entry
from saraban_node.errors import ReservationOver
from saraban_node.numbering import emergency, reservations
from saraban_sync.grants import DirectoryEntry
from saraban_sync.registers import Circulars, Register, instant, thai_date
from tests.offices import (
    MORNING,
    SOMSRI,
    YEAR,
    HandClock,
    Numbers,
    a_letter,
    an_office,
    put_in_directory,
    register,
)
from tests.promises import kept

OUT, OWN = Register.OUTGOING, Register.CIRCULAR


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def node(tmp_path: Path, clock: HandClock) -> Iterator[Appliance]:
    books = (Register.INCOMING, OUT, OWN, Register.ORDER)
    ranges = [Numbers(book, year, 9) for book in books for year in (YEAR, YEAR + 1)]
    made = an_office(tmp_path / "node", clock=clock, ranges=ranges)
    yield made
    kept(made)
    made.close()


def choose(node: Appliance, circulars: Circulars, version: int = 1) -> None:
    entry = DirectoryEntry(
        kind="office", version=version, code=node.office, name=node.office_name,
        at=instant(node.clock.now()), generation=1, circulars=circulars,
    )  # fmt: skip
    put_in_directory(node, entry)


def circular(node: Appliance, n: int = 1, book: Register = OUT, **fields: object) -> Entry:
    return register(node, a_letter(n, book, circular=True, **fields))


def reserve(node: Appliance, book: Register) -> Entry:
    with node.db.write() as write:
        return reservations.reserve(
            write, node.journal, register=book, holder="ครูมะลิ", purpose="แจ้งเวียน",
            expires=thai_date(write.now) + timedelta(days=60), actor=SOMSRI,
        )  # fmt: skip


def test_shared_circulars_are_written_with_wo_waen(node: Appliance) -> None:
    assert [circular(node, 1).letter_no, register(node, a_letter(2, OUT)).letter_no] == [
        "ศธ 04123.45/ว 1", "ศธ 04123.45/2",
    ]  # fmt: skip


def test_own_circulars_have_numbers_of_their_own(node: Appliance) -> None:
    choose(node, Circulars.OWN)
    register(node, a_letter(1, OUT))

    entry = circular(node)

    assert (entry.register, entry.number, entry.letter_no) == (OWN, 1, "ศธ 04123.45/ว 1")


@pytest.mark.parametrize("first", [Circulars.SHARED, Circulars.OWN])
def test_a_new_choice_waits_for_the_next_year(
    node: Appliance, clock: HandClock, first: Circulars
) -> None:
    """Two letters of one year would otherwise bear the same ว 1."""
    other = next(one for one in Circulars if one is not first)
    choose(node, first)
    before = circular(node)
    choose(node, other, version=2)
    after = circular(node)
    clock.until(MORNING + timedelta(days=41))
    new = circular(node)

    assert before.register is after.register is (OUT if first is Circulars.SHARED else OWN)
    assert before.letter_no != after.letter_no
    assert new.register is (OUT if other is Circulars.SHARED else OWN)
    assert (new.year, new.number) == (YEAR + 1, 1)


def test_a_circular_on_a_reserved_number_is_written_with_wo_waen(node: Appliance) -> None:
    reserved = reserve(node, OUT)
    assert circular(node, reservation=reserved.id).letter_no == "ศธ 04123.45/ว 1"


def test_last_years_reserved_circular_is_finished_in_last_years_book(
    node: Appliance, clock: HandClock
) -> None:
    choose(node, Circulars.OWN)
    reserved = reserve(node, OWN)
    choose(node, Circulars.SHARED, version=2)
    clock.until(MORNING + timedelta(days=41))

    entry = register(node, a_letter(1, OWN, reservation=reserved.id))

    assert (entry.register, entry.year, entry.number) == (OWN, YEAR, 1)
    assert entry.letter_no == "ศธ 04123.45/ว 1"


def test_a_circular_with_a_book_of_its_own_takes_no_reserved_outgoing_number(
    node: Appliance,
) -> None:
    choose(node, Circulars.OWN)
    reserved = reserve(node, OUT)
    with pytest.raises(ReservationOver):
        circular(node, reservation=reserved.id)


def test_an_order_is_no_circular(node: Appliance) -> None:
    reserved = reserve(node, Register.ORDER)
    entry = circular(node, book=Register.ORDER, reservation=reserved.id)
    assert (entry.circular, entry.letter_no) == (False, f"1/{YEAR}")


def test_an_office_writes_its_numbers_as_its_settings_say(node: Appliance) -> None:
    before = circular(node)
    settings = """[number_patterns]
order = "ที่ {number}/{year}"
"outgoing.circular" = "{prefix}/ว{number}"
circular = "{prefix}/ว-{number}"
"""
    (node.folder / "node.toml").write_text(settings, encoding="utf-8")

    again = appliance.open_appliance(node.folder, clock=node.clock)
    found = [
        circular(again).letter_no,
        register(again, a_letter(1, Register.ORDER)).letter_no,
        register(again, a_letter(1, OUT)).letter_no,
    ]
    choose(again, Circulars.OWN)
    again.close()
    (node.folder / "node.toml").write_text("", encoding="utf-8")
    again = appliance.open_appliance(node.folder, clock=node.clock)
    found.append(register(again, a_letter(2, Register.ORDER)).letter_no)
    again.close()

    assert before.letter_no == "ศธ 04123.45/ว 1"
    assert found == ["ศธ 04123.45/ว2", f"ที่ 1/{YEAR}", "ศธ 04123.45/3", f"2/{YEAR}"]


def test_own_circulars_are_written_by_their_own_pattern(node: Appliance) -> None:
    choose(node, Circulars.OWN)
    letter_numbers.keep_patterns(node.db, {"circular": "{prefix}/ว-{number}"})
    assert circular(node).letter_no == "ศธ 04123.45/ว-1"


def test_a_book_of_circulars_that_is_not_used_opens_no_emergency_register(
    tmp_path: Path, clock: HandClock
) -> None:
    """The office has given it up; that it has no numbers left is no emergency."""
    books = (Register.INCOMING, OUT)
    ranges = [Numbers(OWN, YEAR, 1), *(Numbers(b, y, 9) for b in books for y in (YEAR, YEAR + 1))]
    node = an_office(tmp_path / "gave-up", clock=clock, ranges=ranges)
    choose(node, Circulars.OWN)
    circular(node)
    with node.db.read() as cursor:
        assert emergency.without_numbers(cursor, YEAR) == [OWN]
        assert letter_numbers.circulars(cursor, YEAR + 1) is Circulars.OWN
    choose(node, Circulars.SHARED, version=2)
    with node.db.read() as cursor:
        assert emergency.without_numbers(cursor, YEAR + 1) == []
    node.close()
