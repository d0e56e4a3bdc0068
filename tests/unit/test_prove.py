"""พิสูจน์เลข: a node accounts for every number it was ever granted, and names what is odd."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from saraban_node.appliance import Appliance
from saraban_node.books import letters
from saraban_node.books.entries import Entry
from saraban_node.journal import SYSTEM
from saraban_node.line import colleagues
from saraban_node.numbering import emergency, numbers, prove, reservations
from saraban_node.numbering.prove import Notable, Proof
from saraban_sync.errors import BrokenChain
from saraban_sync.events import Event, LetterRegistered
from saraban_sync.number_events import GapExplained, Mark, NumbersReturned, NumbersSkipped
from saraban_sync.registers import Register, thai_date
from saraban_sync.signing import SigningKey
from saraban_sync.states import State, Trouble
from tests.offices import (
    MORNING,
    SOMSRI,
    YEAR,
    FarOffice,
    HandClock,
    Numbers,
    a_letter,
    an_office,
    events_of,
    grant,
    register,
)
from tests.promises import kept

BOOK = Register.OUTGOING


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def node(tmp_path: Path, clock: HandClock) -> Iterator[Appliance]:
    ranges = [Numbers(book, YEAR, 20) for book in (Register.INCOMING, BOOK)]
    made = an_office(tmp_path / "node", clock=clock, ranges=ranges)
    yield made
    made.close()


def proof_of(node: Appliance, *, by_journal: bool = True) -> Proof:
    with node.db.read() as cursor:
        found = prove.prove(cursor)
        if by_journal:
            found = prove.from_journal(cursor, found, key=node.journal.key.public)
        return found


def the_book(node: Appliance) -> prove.SeriesProof:
    with node.db.read() as cursor:
        return prove.series_proof(cursor, BOOK, YEAR)


def reserve(node: Appliance, *, days: int = 7) -> Entry:
    with node.db.write() as write:
        return reservations.reserve(
            write, node.journal, register=BOOK, holder="ครูมะลิ", purpose="ขอไปราชการ",
            expires=thai_date(write.now) + timedelta(days=days), actor=SOMSRI,
        )  # fmt: skip


def skip(node: Appliance, first: int, last: int) -> None:
    body = NumbersSkipped(
        register=BOOK, year=YEAR, first=first, last=last, why="restored", guard=2,
        marks=(Mark(source="paper", number=last - 2),),
    )  # fmt: skip
    with node.db.write() as write:
        node.journal.append(write, body, actor=SOMSRI)


def a_full_life(node: Appliance, clock: HandClock) -> None:
    """Everything that can happen to a number, once."""
    for n in range(3):  # 1, 2, 3
        register(node, a_letter(n, BOOK))
    void = register(node, a_letter(3, BOOK))  # 4
    finished, cancelled, expired, open_ = (reserve(node, days=d) for d in (7, 7, 1, 30))  # 5–8
    with node.db.write() as write:
        letters.void_entry(write, node.journal, void.id, reason="พิมพ์ผิด", actor=SOMSRI)
        reservations.cancel(write, node.journal, cancelled.id, reason="ไม่ไปแล้ว", actor=SOMSRI)
    clock.forward(days=2)
    register(node, a_letter(5, BOOK, subject="ขอไปราชการ", reservation=finished.id))
    with node.db.write() as write:
        assert reservations.expire_due(write, node.journal) == 1
    skip(node, 9, 12)
    register(node, a_letter(13, BOOK))
    body = NumbersReturned(register=BOOK, year=YEAR, first=14, last=20)
    with node.db.write() as write:
        node.journal.append(write, body, actor=SYSTEM)
    assert (expired.number, open_.number) == (7, 8)


def test_a_new_node_has_used_nothing_and_proves_it(node: Appliance) -> None:
    proof = proof_of(node)

    assert proof.whole
    assert proof.total == 40
    assert proof.verified == 3
    assert [(one.register, one.year) for one in proof.series] == [
        (Register.INCOMING, YEAR), (BOOK, YEAR),
    ]  # fmt: skip
    assert {one.account.counts[State.UNUSED] for one in proof.series} == {20}


def test_each_number_is_in_its_state_whatever_happened_to_it(
    node: Appliance, clock: HandClock
) -> None:
    a_full_life(node, clock)

    proof = proof_of(node)

    assert proof.whole
    assert all(one.agrees for one in proof.series)
    assert [(run.first, run.last, run.state.value) for run in proof.series[1].account.runs] == [
        (1, 3, "issued"), (4, 4, "void"), (5, 5, "issued"), (6, 6, "void"), (7, 7, "expired"),
        (8, 8, "reserved"), (9, 12, "skipped"), (13, 13, "issued"), (14, 20, "returned"),
    ]  # fmt: skip
    kept(node)


def test_every_odd_number_is_named_with_day_and_person(node: Appliance, clock: HandClock) -> None:
    a_full_life(node, clock)

    odd = {one.first: one for one in the_book(node).notable}

    assert sorted(odd) == [4, 5, 6, 7, 8, 9, 14]
    assert (odd[4].at, odd[4].who, odd[4].why) == (MORNING, SOMSRI, "พิมพ์ผิด")
    assert (odd[6].at, odd[6].why, odd[6].holder) == (MORNING, "ไม่ไปแล้ว", "ครูมะลิ")
    assert (odd[5].late, odd[5].reserved_at, odd[5].at) == (
        True, MORNING, MORNING + timedelta(days=2),
    )  # fmt: skip
    assert (odd[7].state, odd[7].who) == (State.EXPIRED, SYSTEM)
    assert (odd[8].state, odd[8].at, odd[8].who) == (State.RESERVED, MORNING, SOMSRI)
    assert (odd[9].last, odd[9].state, odd[9].why) == (12, State.SKIPPED, "restored")
    assert (odd[14].last, odd[14].state, odd[14].who) == (20, State.RETURNED, SYSTEM)
    assert [n for n, one in odd.items() if one.late] == [5]


def test_what_is_found_out_about_a_gap_stands_beside_it(node: Appliance) -> None:
    skip(node, 1, 4)
    told = GapExplained(register=BOOK, year=YEAR, first=2, last=2, text="อยู่ในแฟ้มสำเนาของครูมะลิ")
    with node.db.write() as write:
        node.journal.append(write, told, actor=SOMSRI)

    (gap,) = the_book(node).notable

    assert [(one.first, one.text) for one in gap.explanations] == [(2, told.text)]


def test_several_ranges_of_one_book_are_proved_each(node: Appliance) -> None:
    """An office with two nodes has ranges that interleave."""
    grant(node, Numbers(BOOK, YEAR, 60, first=41))
    for n in range(25):
        register(node, a_letter(n, BOOK))

    found = the_book(node)

    assert found.whole
    assert [(run.first, run.last) for run in found.account.runs] == [(1, 20), (41, 45), (46, 60)]
    assert [one.first for one in found.ranges] == [1, 41]


def test_emergency_lines_are_named_with_both_numbers_and_their_series_is_proved(
    node: Appliance, clock: HandClock
) -> None:
    for n in range(20):
        register(node, a_letter(n, BOOK))
    with node.db.write() as write:
        emergency.open_outage(write, node.journal, cause="สายขาด", actor=SOMSRI)
        for n in range(2):
            emergency.register(write, node.journal, a_letter(n, BOOK), actor=SOMSRI)
    before = proof_of(node)
    grant(node, Numbers(BOOK, YEAR, 30, first=21))
    with node.db.write() as write:
        emergency.settle(write, node.journal, actor=SYSTEM)

    after = proof_of(node)

    assert before.whole
    assert after.whole
    (first,) = before.emergency
    (later,) = after.emergency
    assert (first.total, first.waiting, later.total, later.waiting) == (2, 2, 2, 0)
    assert [(one.first, one.emergency) for one in the_book(node).notable] == [(21, 1), (22, 2)]


def test_only_what_was_asked_for_is_proved(node: Appliance, clock: HandClock) -> None:
    with node.db.read() as cursor:
        one = prove.prove(cursor, register=BOOK, year=YEAR)
        none = prove.prove(cursor, year=YEAR - 1)

    assert [(found.register, found.year) for found in one.series] == [(BOOK, YEAR)]
    assert (none.series, none.whole) == ((), True)


def tamper(node: Appliance, *statements: str) -> None:
    """Change registers behind the program's back; the journal refuses that anyway."""
    with node.db.write() as write:
        for statement in statements:
            write.cursor.execute(statement)


def test_a_line_that_was_taken_out_is_missed(node: Appliance) -> None:
    for n in range(5):
        register(node, a_letter(n, BOOK))
    tamper(node, "DELETE FROM entry WHERE register = 'outgoing' AND number = 3")

    proof = proof_of(node)

    assert not proof.whole
    assert [(p.trouble, p.first, p.last) for p in proof.series[1].account.problems] == [
        (Trouble.MISSING, 3, 3)
    ]


def test_a_last_line_that_was_taken_out_is_missed_by_the_journal(node: Appliance) -> None:
    """The registers alone cannot tell: the number looks unused again."""
    for n in range(5):
        register(node, a_letter(n, BOOK))
    tamper(node, "DELETE FROM entry WHERE register = 'outgoing' AND number = 5")

    assert proof_of(node, by_journal=False).whole
    assert not proof_of(node).whole


def test_a_register_that_vanished_is_missed_by_the_journal(node: Appliance) -> None:
    register(node, a_letter(1, BOOK))
    tamper(
        node,
        "DELETE FROM entry WHERE register = 'outgoing'",
        "DELETE FROM number_range WHERE register = 'outgoing'",
    )

    assert not proof_of(node).whole


def test_a_second_line_on_one_number_is_found(node: Appliance) -> None:
    register(node, a_letter(1, BOOK))
    register(node, a_letter(2, BOOK))
    tamper(
        node,
        "DROP INDEX entry_by_number",
        "UPDATE entry SET number = 1 WHERE register = 'outgoing' AND number = 2",
    )

    problems = the_book(node).account.problems

    assert [(one.trouble, one.first) for one in problems] == [(Trouble.TWICE, 1)]


def test_a_number_that_nobody_granted_is_found(node: Appliance) -> None:
    register(node, a_letter(1, BOOK))
    tamper(node, "UPDATE entry SET number = 900 WHERE register = 'outgoing'")

    problems = the_book(node).account.problems

    assert [(one.trouble, one.first) for one in problems] == [(Trouble.OUTSIDE, 900)]


def test_a_journal_that_was_changed_proves_nothing(node: Appliance) -> None:
    register(node, a_letter(1, BOOK))
    tamper(
        node,
        "DROP TRIGGER journal_keeps_events_as_they_are",
        "UPDATE journal SET actor = 'p-mali' WHERE seq = 4",
    )

    with pytest.raises(BrokenChain):
        proof_of(node)


def test_the_proof_and_the_numbers_left_speak_of_the_same_ranges(
    node: Appliance, clock: HandClock
) -> None:
    a_full_life(node, clock)
    with node.db.read() as cursor:
        left = {one: numbers.left(cursor, one, YEAR) for one in (Register.INCOMING, BOOK)}

    unused = {
        one.register: one.account.counts.get(State.UNUSED, 0) for one in proof_of(node).series
    }

    assert unused == left


def test_a_day_is_thailands_day() -> None:
    shown = Notable(first=1, last=1, state=State.VOID, at=MORNING, who="", why="")

    assert shown.day == date(2026, 11, 22)


# What colleagues, and a life before this one, tell of our numbers.


def a_letter_of(node: str, number: int, *, key: SigningKey | None = None) -> Event:
    office = FarOffice(code=node, key=key or SigningKey.generate())
    return office.write(
        LetterRegistered(register=BOOK, year=YEAR, number=number, subject="ก่อนเครื่องเสีย")
    )


def hear(node: Appliance, event: Event, owner: str) -> None:
    with node.db.write() as write:
        colleagues.take(write, node.journal, event, owner)


def test_a_skipped_number_that_was_found_on_a_letter_counts_as_issued(node: Appliance) -> None:
    """The letter was written before the machine burnt; the centre had kept it."""
    skip(node, 1, 4)
    lost = a_letter_of("school-a", 2, key=node.journal.key)

    hear(node, lost, "school-a")
    found = proof_of(node).series[1]

    assert found.whole
    assert found.agrees
    assert [(run.first, run.last, run.state.value) for run in found.account.runs][:3] == [
        (1, 1, "skipped"), (2, 2, "issued"), (3, 4, "skipped"),
    ]  # fmt: skip
    assert [(one.first, one.last) for one in found.account.overruled] == [(2, 2)]
    (gap,) = found.notable
    assert [one.letter for one in gap.explanations] == [f"school-a {lost.id}"]


def test_a_number_that_was_given_before_and_after_is_a_double(node: Appliance) -> None:
    register(node, a_letter(1, BOOK))

    hear(node, a_letter_of("school-a", 1, key=node.journal.key), "school-a")

    problems = the_book(node).account.problems
    assert [(one.trouble, one.first) for one in problems] == [(Trouble.TWICE, 1)]


def test_letters_of_two_machines_of_one_name_are_told_apart_also_where_their_events_are_alike(
    node: Appliance,
) -> None:
    """Both wrote the next event of one journal, and both gave the next number."""
    twin = FarOffice(code="school-a", key=node.journal.key, last=events_of(node)[-1])
    register(node, a_letter(1, BOOK))
    theirs = twin.write(LetterRegistered(register=BOOK, year=YEAR, number=1, subject="ของอีกเครื่อง"))
    assert theirs.id == events_of(node)[-1].id

    hear(node, theirs, "school-a-2")

    found = next(one for one in proof_of(node).series if one.register is BOOK)
    assert [(one.trouble, one.first) for one in found.account.problems] == [(Trouble.TWICE, 1)]
    assert found.agrees


def test_a_letter_that_two_copies_of_one_machine_bring_along_is_one_letter(
    node: Appliance,
) -> None:
    skip(node, 1, 4)
    copied = a_letter_of("school-a", 2, key=node.journal.key)

    for owner in ("school-a-2", "school-a-3"):
        hear(node, copied, owner)

    found = proof_of(node).series[1]
    assert found.whole
    assert found.agrees


def test_a_strangers_letter_in_our_range_is_named(node: Appliance) -> None:
    hear(node, a_letter_of("school-a-2", 3), "school-a-2")

    problems = {one.trouble for one in the_book(node).account.problems}

    assert problems == {Trouble.OUTSIDE, Trouble.MISSING}


def test_a_colleagues_own_numbers_are_not_ours_to_prove(node: Appliance) -> None:
    hear(node, a_letter_of("school-a-2", 300), "school-a-2")

    assert proof_of(node).whole


def test_a_number_reserved_before_the_fork_and_used_by_the_other_is_one_claim(
    node: Appliance,
) -> None:
    reserved = reserve(node)
    other = FarOffice(code="school-a-2", key=SigningKey.generate())
    letter = other.write(
        LetterRegistered(
            register=BOOK, year=YEAR, number=1, subject="ขอไปราชการ", reservation=reserved.id
        )
    )

    hear(node, letter, "school-a-2")

    assert the_book(node).whole
    assert [run.state for run in the_book(node).account.runs] == [State.ISSUED, State.UNUSED]
