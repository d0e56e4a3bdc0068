"""ทะเบียนฉุกเฉิน: numbers have run out and there is no line; work goes on, and is settled later."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from saraban_node import appliance, meta
from saraban_node.appliance import Appliance
from saraban_node.books import entries, history, letters, registers, search
from saraban_node.books.entries import Entry
from saraban_node.books.letters import NewLetter
from saraban_node.errors import (
    AlreadyRegistered,
    AlreadyVoid,
    EmergencyClosedNow,
    EmergencyOpenAlready,
    Fenced,
    NoRangeLeft,
    NumbersLeft,
    ReasonMissing,
)
from saraban_node.journal import SYSTEM
from saraban_node.line import inbox
from saraban_node.numbering import emergency, outages
from saraban_sync.events import LetterSent, ReceiptGiven
from saraban_sync.ids import OfficeCode
from saraban_sync.journal_events import EpochStarted
from saraban_sync.registers import Register
from tests.offices import (
    MORNING,
    SOMSRI,
    YEAR,
    FarOffice,
    HandClock,
    Numbers,
    a_letter,
    an_office,
    carry,
    events_of,
    grant,
    introduce,
    put_file,
    register,
)
from tests.promises import kept

BOOK = Register.INCOMING


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def node(tmp_path: Path, clock: HandClock) -> Iterator[Appliance]:
    """An office with two numbers of each register, all of them given."""
    ranges = [Numbers(book, YEAR, 2) for book in (BOOK, Register.OUTGOING)]
    made = an_office(tmp_path / "node", clock=clock, ranges=ranges)
    for number in range(2):
        register(made, a_letter(number))
        register(made, a_letter(number, Register.OUTGOING))
    yield made
    kept(made)
    made.close()


def open_it(node: Appliance, cause: str = "สายขาดจากพายุ") -> outages.Outage:
    with node.db.write() as write:
        return emergency.open_outage(write, node.journal, cause=cause, actor=SOMSRI)


def take(node: Appliance, letter: NewLetter, form: str | None = None) -> Entry:
    with node.db.write() as write:
        return emergency.register(write, node.journal, letter, actor=SOMSRI, form=form)


def settle(node: Appliance) -> int:
    with node.db.write() as write:
        return emergency.settle(write, node.journal, actor=SYSTEM)


def line(node: Appliance, entry: Entry) -> Entry:
    with node.db.read() as cursor:
        found = entries.by_seq(cursor, entry.seq)
    assert found is not None
    return found


def more(node: Appliance, book: Register = BOOK, last: int = 10) -> None:
    grant(node, Numbers(book, YEAR, last, 3))


def test_letters_go_on_in_a_series_of_their_own(node: Appliance) -> None:
    with pytest.raises(NoRangeLeft):
        register(node, a_letter(5))
    outage = open_it(node)

    first, second = take(node, a_letter(5)), take(node, a_letter(6, Register.OUTGOING))

    assert (outage.outage, outage.cause, outage.opened_at) == (1, "สายขาดจากพายุ", MORNING)
    assert (first.emergency, first.number, first.state) == (1, 0, "issued")
    assert (second.emergency, second.letter_no) == (2, f"ฉ 2/{YEAR}")


def test_ordinary_numbers_come_later_and_both_are_kept(node: Appliance, clock: HandClock) -> None:
    open_it(node)
    first, second = take(node, a_letter(5)), take(node, a_letter(6))
    clock.forward(days=2)
    more(node)

    assert settle(node) == 2
    one, two = line(node, first), line(node, second)

    assert (one.emergency, one.number, two.emergency, two.number) == (1, 3, 2, 4)
    assert one.registered_at == MORNING  # the legal time
    assert one.numbered_at == MORNING + timedelta(days=2)
    with node.db.read() as cursor:
        kinds = [happening.kind for happening in history.of_entry(cursor, one.seq)]
    assert kinds == ["emergency.registered", "emergency.correlated"]


def test_the_emergency_ends_when_every_register_has_numbers_again(node: Appliance) -> None:
    open_it(node)
    take(node, a_letter(5))
    more(node)
    settle(node)
    with node.db.read() as cursor:
        assert outages.current(cursor) is not None  # outgoing has none yet
    more(node, Register.OUTGOING)
    settle(node)

    with node.db.read() as cursor:
        assert outages.current(cursor) is None
        (ended,) = outages.every(cursor)
    assert (ended.total, ended.closed_at) == (1, MORNING)
    assert register(node, a_letter(7)).number == 4


def test_the_series_goes_on_across_outages(node: Appliance) -> None:
    open_it(node)
    take(node, a_letter(5))
    more(node, BOOK, last=4)
    more(node, Register.OUTGOING)
    settle(node)
    assert register(node, a_letter(7)).number == 4
    assert open_it(node, "ไฟดับ").outage == 2
    assert take(node, a_letter(6)).emergency == 2


def test_both_numbers_are_found(node: Appliance) -> None:
    open_it(node)
    entry = take(node, a_letter(5, Register.OUTGOING))
    more(node, Register.OUTGOING)
    settle(node)
    with node.db.read() as cursor:
        assert entry.seq in search.find(cursor, f"ฉ 1/{YEAR}")
        assert entry.seq in search.find(cursor, "ศธ 04123.45/3")
        assert entries.by_emergency(cursor, YEAR, 1) == entries.by_number(
            cursor, Register.OUTGOING, YEAR, 3
        )
        assert [one.seq for one in registers.emergency_page(cursor, YEAR)] == [entry.seq]


def test_while_numbers_are_left_it_stays_closed(tmp_path: Path) -> None:
    node = an_office(tmp_path / "rich")
    with pytest.raises(NumbersLeft):
        open_it(node)
    with pytest.raises(EmergencyClosedNow):
        take(node, a_letter(1))
    node.close()


def test_a_register_with_numbers_is_not_numbered_apart(node: Appliance) -> None:
    open_it(node)
    more(node, Register.OUTGOING)
    with pytest.raises(NumbersLeft):
        take(node, a_letter(1, Register.OUTGOING))
    assert register(node, a_letter(1, Register.OUTGOING)).number == 3


def test_it_needs_a_cause_and_is_opened_once(node: Appliance) -> None:
    with pytest.raises(ReasonMissing):
        open_it(node, "  ")
    open_it(node)
    with pytest.raises(EmergencyOpenAlready):
        open_it(node)


def test_a_fenced_database_gives_no_emergency_numbers_either(node: Appliance) -> None:
    open_it(node)
    with node.db.write() as write:
        meta.put(write, meta.FENCED, "restored")
    with pytest.raises(Fenced):
        take(node, a_letter(1))
    assert settle(node) == 0


def test_a_double_click_takes_one_emergency_number(node: Appliance) -> None:
    open_it(node)
    assert take(node, a_letter(1), form="f").id == take(node, a_letter(1), form="f").id


def test_a_cancelled_emergency_letter_takes_no_ordinary_number(node: Appliance) -> None:
    open_it(node)
    entry = take(node, a_letter(1))
    with node.db.write() as write:
        letters.void_entry(write, node.journal, entry.id, reason="ซ้ำ", actor=SOMSRI)
    more(node)
    assert settle(node) == 0
    assert (line(node, entry).state, line(node, entry).number) == ("void", 0)


def test_a_letter_for_other_offices_leaves_once_it_has_its_ordinary_number(
    node: Appliance,
) -> None:
    far = FarOffice()
    introduce(node, far)
    ref = put_file(node, b"%PDF")
    open_it(node)
    letter = a_letter(1, Register.OUTGOING, offices=(OfficeCode(far.code),), files=(ref,))
    entry = take(node, letter)
    assert events_of(node, "letter.sent") == []
    more(node, Register.OUTGOING)
    settle(node)

    (sent,) = events_of(node, "letter.sent")
    assert isinstance(sent.body, LetterSent)
    assert (sent.body.entry, sent.body.number) == (entry.id, 3)
    assert sent.body.letter_no == "ศธ 04123.45/3"
    assert sent.body.files == (ref,)


def test_an_arrival_is_receipted_with_its_emergency_time_and_ordinary_number(
    node: Appliance, clock: HandClock
) -> None:
    far = FarOffice()
    introduce(node, far)
    carry(far.sends("school-a"), node)
    open_it(node)
    with node.db.read() as cursor:
        (arrival,) = inbox.arrivals(cursor)
    take(node, inbox.letter_of(arrival))
    with node.db.read() as cursor:
        assert inbox.arrivals(cursor) == []
    clock.forward(days=1)
    more(node)
    settle(node)

    (receipt,) = events_of(node, "receipt.given")
    assert isinstance(receipt.body, ReceiptGiven)
    assert receipt.body.number == 3
    assert receipt.body.registered_at.startswith("2026-11-22T02:00")


def test_after_a_new_epoch_the_series_keeps_away_from_what_may_have_been_given(
    node: Appliance,
) -> None:
    """A backup may be older than the last emergency letter, and the series has no ranges."""
    open_it(node)
    before = take(node, a_letter(1))
    with node.db.write() as write:
        meta.put(write, meta.EPOCH, "2")
        body = EpochStarted(reason="restored", base=events_of(node)[-1].id, by_hand=True)
        node.journal.append(write, body, actor=SOMSRI)

    after = [take(node, a_letter(n)).emergency for n in (2, 3)]

    assert before.emergency == 1
    assert after == [22, 23]


def test_letters_of_a_register_without_numbers_keep_nobody_else_waiting(node: Appliance) -> None:
    """Numbers of one register have come; letters of the other one were there first."""
    open_it(node)
    first = [take(node, a_letter(n, Register.OUTGOING)) for n in range(3)]
    last = take(node, a_letter(9))
    more(node)

    with node.db.write() as write:
        given = emergency.settle(write, node.journal, actor=SYSTEM, limit=2)

    assert given == 1
    assert line(node, last).number == 3
    assert [line(node, entry).number for entry in first] == [0, 0, 0]


def test_a_letter_of_31_december_gets_a_number_of_its_own_year(
    node: Appliance, clock: HandClock
) -> None:
    """The line comes back in January; the new year's emergency register begins at one again."""
    open_it(node)
    clock.until(MORNING + timedelta(days=39))
    old = take(node, a_letter(1))
    clock.forward(days=2)
    new = take(node, a_letter(2))
    grant(node, Numbers(BOOK, YEAR + 1, 5))
    grant(node, Numbers(Register.OUTGOING, YEAR + 1, 5))
    assert settle(node) == 1
    with node.db.read() as cursor:
        assert outages.current(cursor) is not None  # the letter of last year waits
    more(node)
    assert settle(node) == 1

    old, new = line(node, old), line(node, new)
    assert (old.year, old.emergency, old.number) == (YEAR, 1, 3)
    assert (new.year, new.emergency, new.number) == (YEAR + 1, 1, 1)
    assert old.registered_at < new.registered_at < clock.moment + timedelta(seconds=1)
    with node.db.read() as cursor:
        assert outages.current(cursor) is None
        assert outages.every(cursor)[0].total == 2


def test_a_register_of_last_year_counts_as_in_use_on_1_january(tmp_path: Path) -> None:
    """Its letters would otherwise have neither an ordinary number nor an emergency one."""
    clock = HandClock()
    books = [
        Numbers(one, year, 9) for one in (BOOK, Register.OUTGOING) for year in (YEAR, YEAR + 1)
    ]
    node = an_office(
        tmp_path / "orders", clock=clock, ranges=[*books, Numbers(Register.ORDER, YEAR, 9)]
    )
    with pytest.raises(NumbersLeft):
        open_it(node)
    clock.until(MORNING + timedelta(days=41))

    open_it(node)

    assert take(node, a_letter(1, Register.ORDER)).emergency == 1
    assert settle(node) == 0
    with node.db.read() as cursor:
        assert outages.current(cursor) is not None
    node.close()


def test_cancelling_an_arrival_without_a_number_lets_it_be_registered_again(
    node: Appliance,
) -> None:
    """Its sender has had no receipt, so it must not be lost."""
    far = FarOffice()
    introduce(node, far)
    carry(far.sends("school-a"), node)
    open_it(node)
    with node.db.read() as cursor:
        (arrival,) = inbox.arrivals(cursor)
    entry = take(node, inbox.letter_of(arrival))
    with pytest.raises(AlreadyRegistered) as twice:
        take(node, inbox.letter_of(arrival))
    assert f"ฉ 1/{YEAR}" in twice.value.sentence("th")
    with node.db.write() as write:
        letters.void_entry(write, node.journal, entry.id, reason="ผิดทะเบียน", actor=SOMSRI)
    with node.db.write() as write, pytest.raises(AlreadyVoid) as again:
        letters.void_entry(write, node.journal, entry.id, reason="ผิดทะเบียน", actor=SOMSRI)
    assert f"ฉ 1/{YEAR}" in again.value.sentence("en")

    with node.db.read() as cursor:
        (waiting,) = inbox.arrivals(cursor)
    again_taken = take(node, inbox.letter_of(waiting))
    more(node)
    settle(node)

    (receipt,) = events_of(node, "receipt.given")
    assert isinstance(receipt.body, ReceiptGiven)
    assert receipt.body.number == line(node, again_taken).number == 3


def test_files_put_to_a_waiting_letter_leave_with_it(node: Appliance) -> None:
    far = FarOffice()
    introduce(node, far)
    open_it(node)
    entry = take(node, a_letter(1, Register.OUTGOING, offices=(OfficeCode(far.code),)))
    ref = put_file(node, b"%PDF")
    with node.db.write() as write:
        letters.add_files(write, node.journal, entry.id, files=(ref,), actor=SOMSRI)
    more(node, Register.OUTGOING)
    settle(node)

    (sent,) = events_of(node, "letter.sent")
    assert isinstance(sent.body, LetterSent)
    assert sent.body.files == (ref,)


def test_a_number_that_a_clerk_wrote_on_the_letter_stays_on_it(node: Appliance) -> None:
    far = FarOffice()
    introduce(node, far)
    open_it(node)
    written = "ศธ 04123.45/ว พิเศษ 7"
    take(
        node,
        a_letter(1, Register.OUTGOING, letter_no=written, offices=(OfficeCode(far.code),)),
    )
    more(node, Register.OUTGOING)
    settle(node)

    (sent,) = events_of(node, "letter.sent")
    assert isinstance(sent.body, LetterSent)
    assert sent.body.letter_no == written


def test_the_count_of_an_emergency_does_not_hang_on_the_clock(
    node: Appliance, clock: HandClock
) -> None:
    """The clock was half a minute fast when the emergency began, and was set right meanwhile."""
    clock.put(MORNING + timedelta(seconds=30))
    open_it(node)
    clock.put(MORNING)
    take(node, a_letter(1))
    more(node)
    more(node, Register.OUTGOING)
    settle(node)
    with node.db.read() as cursor:
        assert outages.every(cursor)[0].total == 1


def test_a_second_nodes_emergency_number_is_found_as_it_is_written(tmp_path: Path) -> None:
    node = an_office(tmp_path / "second", code="school-a", ranges=[])
    with node.db.write() as write:
        meta.put(write, meta.OFFICE, "school")
    node.close()
    node = appliance.open_appliance(tmp_path / "second", clock=HandClock())
    open_it(node)
    entry = take(node, a_letter(1))
    with node.db.read() as cursor:
        assert search.find(cursor, f"ฉa {entry.emergency}/{YEAR}") == [entry.seq]
        assert search.find(cursor, f"ฉa{entry.emergency}/{YEAR}") == [entry.seq]
    kept(node)
    node.close()
