"""The number passport: any number, pasted in any way, shows its whole life."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from saraban_node import journal
from saraban_node.appliance import Appliance
from saraban_node.books import entries, letters
from saraban_node.books.entries import Entry
from saraban_node.journal import SYSTEM
from saraban_node.line import colleagues, deliveries
from saraban_node.line.deliveries import Stage
from saraban_node.numbering import emergency, lookup, passport, reservations
from saraban_node.numbering.errors import NumberNotUnderstood
from saraban_node.numbering.lookup import Candidate
from saraban_node.numbering.passport import Passport
from saraban_sync.backup_events import BackupFinished
from saraban_sync.events import LetterArrived, LetterRegistered, ReceiptGiven
from saraban_sync.ids import EventId, OfficeCode
from saraban_sync.number_events import (
    EmergencyRegistered,
    GapExplained,
    Mark,
    NumberReserved,
    NumbersSkipped,
    RangeTold,
)
from saraban_sync.registers import Register, instant, thai_date
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
    carry,
    introduce,
    put_file,
    register,
)
from tests.promises import kept

BOOK = Register.OUTGOING
PREFIX = "ศธ 04123.45"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def node(tmp_path: Path, clock: HandClock) -> Iterator[Appliance]:
    books = (Register.INCOMING, BOOK, Register.ORDER)
    ranges = [Numbers(book, year, 20) for book in books for year in (YEAR, YEAR + 1)]
    made = an_office(tmp_path / "node", clock=clock, ranges=ranges)
    yield made
    kept(made)
    made.close()


def of(node: Appliance, number: int, book: Register = BOOK) -> Passport:
    with node.db.read() as cursor:
        return passport.of_number(cursor, book, YEAR, number)


def ask(node: Appliance, text: str) -> list[Candidate]:
    with node.db.read() as cursor:
        return lookup.candidates(cursor, text)


def reserve(node: Appliance, *, days: int = 7) -> Entry:
    with node.db.write() as write:
        return reservations.reserve(
            write, node.journal, register=BOOK, holder="ครูมะลิ", purpose="ขอไปราชการ",
            expires=thai_date(write.now) + timedelta(days=days), actor=SOMSRI,
        )  # fmt: skip


# The passport.


def test_a_letters_passport_names_grant_issuer_and_clock(node: Appliance) -> None:
    entry = register(node, a_letter(1, BOOK, files=(put_file(node, b"letter"),)))

    found = of(node, 1)

    assert found.state is State.ISSUED
    assert found.entry == entry
    assert found.grant is not None
    assert (found.grant.first, found.grant.last, found.grant.node) == (1, 20, "school-a")
    assert found.grant.granted_at == MORNING
    (step,) = found.steps
    assert (step.happening.who, step.happening.at) == (SOMSRI, MORNING)
    assert step.clock.boot == "0a1b2c3d"
    assert step.signature_good
    assert step.stored_at is None
    assert [one.name for one in found.files] == ["หนังสือ.pdf"]
    assert (found.problems, found.late, found.gap, found.colleagues) == ((), False, None, ())


def test_everything_that_was_done_with_it_is_a_step(node: Appliance, clock: HandClock) -> None:
    reserved = reserve(node)
    clock.forward(days=2)
    entry = register(node, a_letter(1, BOOK, subject="ขอไปราชการ", reservation=reserved.id))
    with node.db.write() as write:
        letters.note_entry(write, node.journal, entry.id, action="ส่งแล้ว", actor=SOMSRI)
        letters.void_entry(write, node.journal, entry.id, reason="ไม่ไปแล้ว", actor=SOMSRI)

    found = of(node, 1)

    assert found.state is State.VOID
    assert found.late
    assert [one.happening.kind for one in found.steps] == [
        "number.reserved", "letter.registered", "entry.noted", "entry.voided",
    ]  # fmt: skip
    assert found.steps[-1].happening.text == "ไม่ไปแล้ว"


def test_it_says_when_the_centre_held_it_and_which_backups_contain_it(
    node: Appliance, clock: HandClock
) -> None:
    register(node, a_letter(1, BOOK))
    with node.db.read() as cursor:
        first = journal.head(cursor)
    clock.forward(hours=1)
    with node.db.write() as write:
        deliveries.stored_through(write, first.seq)
    for good, last in ((True, first.id), (False, first.id), (True, "0001-0000000001")):
        body = BackupFinished(
            archive="a", repository="r", last_event=str(last), entries=1, good=good
        )
        with node.db.write() as write:
            node.journal.append(write, body, actor=SYSTEM)

    found = of(node, 1)

    assert found.steps[0].stored_at == MORNING + timedelta(hours=1)
    assert (found.backup_count, len(found.backups)) == (1, 1)
    assert found.backups[0].good


def test_a_sent_letters_passport_follows_it_to_each_receiver(
    node: Appliance, clock: HandClock
) -> None:
    area = FarOffice()
    introduce(node, area)
    entry = register(node, a_letter(1, BOOK, offices=(OfficeCode("area-1"),)))
    with node.db.read() as cursor:
        sent = journal.event_of(cursor, entry.seq + 1)
    assert sent is not None
    clock.forward(hours=1)
    carry(area.write(LetterArrived(source=sent.source, sender_office="school-a")), node)
    carry(
        area.write(
            ReceiptGiven(
                source=sent.source, sender_office="school-a", year=YEAR, number=77,
                registered_at=instant(clock.now()),
            )
        ),
        node,
    )  # fmt: skip

    (receiver,) = of(node, 1).deliveries

    assert (receiver.stage, receiver.number) == (Stage.REGISTERED, 77)


def test_an_arrived_letters_passport_says_where_it_came_from(node: Appliance) -> None:
    area = FarOffice()
    introduce(node, area)
    sent = area.sends("school-a")
    carry(sent, node)
    register(node, a_letter(1, Register.INCOMING, source=sent.source))

    found = of(node, 1, Register.INCOMING)

    assert found.origin is not None
    assert (found.origin.node, found.origin.event) == ("area-1", sent.id)
    assert found.origin.office == area.name


def test_a_skipped_numbers_passport_says_who_why_and_what_was_found(node: Appliance) -> None:
    skip = NumbersSkipped(
        register=BOOK, year=YEAR, first=1, last=5, why="restored", guard=2,
        marks=(Mark(source="paper", number=3),),
    )  # fmt: skip
    with node.db.write() as write:
        node.journal.append(write, skip, actor=SOMSRI)
        node.journal.append(
            write,
            GapExplained(register=BOOK, year=YEAR, first=2, last=2, text="อยู่ในแฟ้มสำเนา"),
            actor=SOMSRI,
        )

    found = of(node, 2)

    assert found.state is State.SKIPPED
    assert found.gap is not None
    assert (found.gap.who, found.gap.at, found.gap.gap.guard) == (SOMSRI, MORNING, 2)
    assert [one.text for one in found.gap.gap.explanations] == ["อยู่ในแฟ้มสำเนา"]
    assert (found.entry, found.steps) == (None, ())
    assert found.grant is not None


def test_an_unused_number_and_one_of_nobody(node: Appliance) -> None:
    assert of(node, 20).state is State.UNUSED
    assert of(node, 21).state is None
    assert of(node, 21).grant is None


def test_a_line_that_vanished_leaves_a_trouble(node: Appliance) -> None:
    register(node, a_letter(1, BOOK))
    register(node, a_letter(2, BOOK))
    with node.db.write() as write:
        write.cursor.execute(
            "UPDATE entry SET number = 20 WHERE number = 1 AND register = 'outgoing'"
        )

    found = of(node, 1)

    assert found.state is State.MISSING
    assert [one.trouble for one in found.problems] == [Trouble.MISSING]
    with node.db.write() as write:
        write.cursor.execute("UPDATE entry SET number = 1 WHERE number = 20")


def test_a_letter_of_a_life_before_this_one_is_shown_beside(node: Appliance) -> None:
    skip = NumbersSkipped(register=BOOK, year=YEAR, first=1, last=5, why="restored")
    with node.db.write() as write:
        node.journal.append(write, skip, actor=SOMSRI)
    lost = FarOffice(code="school-a", key=node.journal.key).write(
        LetterRegistered(register=BOOK, year=YEAR, number=2, subject="ก่อนเครื่องเสีย")
    )
    with node.db.write() as write:
        colleagues.take(write, node.journal, lost, "school-a")

    found = of(node, 2)

    assert found.state is State.ISSUED
    assert [one.line.subject for one in found.colleagues] == ["ก่อนเครื่องเสีย"]
    assert found.gap is not None


def test_a_range_told_over_the_telephone_says_so(node: Appliance) -> None:
    told = RangeTold(grant="g-phone", register=BOOK, year=YEAR, first=21, last=40, code="1" * 20)
    with node.db.write() as write:
        node.journal.append(write, told, actor=SOMSRI)

    grant = of(node, 25).grant

    assert grant is not None
    assert (grant.by_phone, grant.taken_by, grant.grant) == (True, SOMSRI, "g-phone")


def test_an_emergency_letter_has_a_passport_before_and_after(
    node: Appliance, clock: HandClock
) -> None:
    for n in range(20):
        register(node, a_letter(n, BOOK))
    with node.db.write() as write:
        emergency.open_outage(write, node.journal, cause="สายขาด", actor=SOMSRI)
        line = emergency.register(write, node.journal, a_letter(1, BOOK), actor=SOMSRI)

    (candidate,) = ask(node, f"ฉ ๑/{YEAR}")
    with node.db.read() as cursor:
        entry = entries.by_id(cursor, EventId(candidate.entry))
        assert entry is not None
        found = passport.of_entry(cursor, entry)

    assert (candidate.emergency, candidate.number) == (1, 0)
    assert (found.entry, found.emergency, found.state, found.grant) == (
        line, 1, State.ISSUED, None,
    )  # fmt: skip


# Looking a number up.


def test_a_number_alone_is_looked_for_in_every_book_and_year(node: Appliance) -> None:
    register(node, a_letter(1, BOOK))
    register(node, a_letter(1, Register.INCOMING))

    found = [(one.register, one.year, one.state) for one in ask(node, "๑")]

    assert found == [
        (Register.INCOMING, YEAR + 1, State.UNUSED), (BOOK, YEAR + 1, State.UNUSED),
        (Register.ORDER, YEAR + 1, State.UNUSED), (Register.INCOMING, YEAR, State.ISSUED),
        (BOOK, YEAR, State.ISSUED), (Register.ORDER, YEAR, State.UNUSED),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "ศธ 04123.45/1",
        "ศธ ๐๔๑๒๓.๔๕/๑",
        "ศธ04123.45/1",
        "ที่ ศธ 04123.45/1",
        f"ศธ 04123.45/1 ลงวันที่ 22 พฤศจิกายน {YEAR}",
    ],
)
def test_the_number_on_a_letter_finds_its_line(node: Appliance, text: str) -> None:
    entry = register(node, a_letter(1, BOOK))

    found = [one for one in ask(node, text) if one.state is State.ISSUED]

    assert [one.entry for one in found] == [entry.id]


def test_a_circular_is_found_by_its_mark(node: Appliance) -> None:
    register(node, a_letter(1, BOOK))
    circular = register(node, a_letter(2, BOOK, circular=True))

    by_mark = [one.entry for one in ask(node, f"{PREFIX}/ว 2") if one.entry]

    assert by_mark == [circular.id]
    assert [one.entry for one in ask(node, f"{PREFIX}/ว 1") if one.entry] == []


def test_a_word_that_names_the_book_is_heeded(node: Appliance) -> None:
    register(node, a_letter(1, BOOK))
    incoming = register(node, a_letter(1, Register.INCOMING))

    found = ask(node, f"รับที่ 1/{YEAR}")

    assert [(one.register, one.entry) for one in found] == [(Register.INCOMING, incoming.id)]


def test_the_number_of_a_letter_from_elsewhere_finds_where_it_was_registered(
    node: Appliance,
) -> None:
    entry = register(node, a_letter(7))

    (found,) = ask(node, "ศธ ๐๔๑๒๓/ว๗")

    assert found.entry == entry.id


def test_a_colleagues_number_is_found_with_the_node_that_has_it(node: Appliance) -> None:
    other = FarOffice(code="school-a-2")
    event = other.write(
        NumberReserved(
            register=BOOK, year=YEAR, number=301, holder="ครูปอ", purpose="ขอ", expires="2026-12-01"
        )
    )
    with node.db.write() as write:
        colleagues.take(write, node.journal, event, "school-a-2")

    (found,) = ask(node, f"301/{YEAR}")

    assert (found.node, found.state, found.number) == ("school-a-2", State.RESERVED, 301)
    assert of(node, 301).colleagues[0].line.node == "school-a-2"


def test_an_emergency_number_is_found_by_the_mark_of_its_node(node: Appliance) -> None:
    for n in range(20):
        register(node, a_letter(n, BOOK))
    with node.db.write() as write:
        emergency.open_outage(write, node.journal, cause="สายขาด", actor=SOMSRI)
        emergency.register(write, node.journal, a_letter(1, BOOK), actor=SOMSRI)
    theirs = FarOffice(code="school-a-2").write(
        EmergencyRegistered(outage=1, emergency=1, register=BOOK, year=YEAR, subject="เรื่อง")
    )
    with node.db.write() as write:
        colleagues.take(write, node.journal, theirs, "school-a-2")

    assert [one.node for one in ask(node, f"ฉ 1/{YEAR}")] == ["", "school-a-2"]
    assert [one.node for one in ask(node, f"ฉ2 1/{YEAR}")] == ["school-a-2"]
    assert ask(node, f"ฉ3 1/{YEAR}") == []


def test_what_holds_no_number_is_refused_in_a_sentence(node: Appliance) -> None:
    with pytest.raises(NumberNotUnderstood) as refused:
        ask(node, "ไม่มีเลข")

    assert "ไม่มีเลข" in refused.value.sentence("th")
