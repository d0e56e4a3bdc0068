"""What journals say about numbers, read from their events alone, one journal or several."""

from saraban_sync.body import Body
from saraban_sync.events import EntryVoided, LetterRegistered, RangeAccepted
from saraban_sync.grants import Grant, sign_grant
from saraban_sync.journal_events import JournalForked
from saraban_sync.ledger import Ledger
from saraban_sync.number_events import (
    EmergencyCorrelated,
    EmergencyRegistered,
    NumberReserved,
    NumbersReturned,
    NumbersSkipped,
    RangeTold,
    ReservationEnded,
)
from saraban_sync.registers import Register
from saraban_sync.signing import SigningKey
from saraban_sync.states import Trouble
from tests.offices import CENTRE_KEY, YEAR, FarOffice

BOOK = Register.OUTGOING
KEY = (BOOK, YEAR)


class Writer:
    """Writes a journal of an office's node and lets a ledger read it."""

    def __init__(self, ledger: Ledger, node: str, journal: str = "") -> None:
        self.office = FarOffice(code=node, key=SigningKey.generate())
        self._ledger, self._journal = ledger, journal

    def says(self, body: Body) -> str:
        event = self.office.write(body)
        self._ledger.take(event, journal=self._journal)
        return event.id

    def range(self, first: int, last: int) -> None:
        grant = Grant(
            grant=f"g-{first}", office="school", node=self.office.node, register=BOOK, year=YEAR,
            first=first, last=last, at="2026-01-01T00:00:00.000Z", generation=1,
        )  # fmt: skip
        self.says(RangeAccepted(grant=sign_grant(CENTRE_KEY, grant)))

    def letter(self, number: int, reservation: str = "") -> str:
        return self.says(
            LetterRegistered(
                register=BOOK, year=YEAR, number=number, subject="เรื่อง", reservation=reservation
            )
        )

    def reserves(self, number: int) -> str:
        return self.says(
            NumberReserved(
                register=BOOK,
                year=YEAR,
                number=number,
                holder="ก",
                purpose="ข",
                expires="2026-12-31",
            )
        )


def shape(ledger: Ledger) -> list[tuple[int, int, str]]:
    return [(run.first, run.last, run.state.value) for run in ledger.account(KEY).runs]


def test_one_journal_is_accounted_for_from_its_events() -> None:
    ledger = Ledger()
    node = Writer(ledger, "school")
    node.range(1, 10)
    node.letter(1)
    void = node.letter(2)
    node.says(EntryVoided(entry=void, reason="ผิด"))
    node.says(ReservationEnded(reservation=node.reserves(3), how="void", reason="ไม่ใช้"))
    node.says(ReservationEnded(reservation=node.reserves(4), how="expired"))
    node.letter(5, reservation=node.reserves(5))
    node.reserves(6)
    node.says(NumbersSkipped(register=BOOK, year=YEAR, first=7, last=8, why="restored"))
    node.says(NumbersReturned(register=BOOK, year=YEAR, first=9, last=10))

    assert ledger.series() == [KEY]
    assert ledger.account(KEY).whole
    assert shape(ledger) == [
        (1, 1, "issued"), (2, 3, "void"), (4, 4, "expired"), (5, 5, "issued"), (6, 6, "reserved"),
        (7, 8, "skipped"), (9, 10, "returned"),
    ]  # fmt: skip


def test_two_nodes_of_an_office_use_their_own_ranges() -> None:
    ledger = Ledger()
    one, two = Writer(ledger, "school"), Writer(ledger, "school-2")
    one.range(1, 5)
    two.range(6, 10)
    one.letter(1)
    two.letter(6)
    good = ledger.account(KEY)
    two.letter(2)

    assert good.whole
    assert [one.trouble for one in ledger.account(KEY).problems] == [Trouble.OUTSIDE]


def test_a_reservation_of_another_node_with_the_same_place_is_another_one() -> None:
    """Both journals have an event of one id; neither may hide the other."""
    ledger = Ledger()
    one, two = Writer(ledger, "school"), Writer(ledger, "school-2")
    one.range(1, 5)
    two.range(6, 10)
    reserved = one.reserves(1)
    assert two.reserves(6) == reserved
    two.letter(6, reservation=reserved)

    assert shape(ledger) == [
        (1, 1, "reserved"), (2, 5, "unused"), (6, 6, "issued"), (7, 10, "unused"),
    ]  # fmt: skip


def test_a_fork_goes_on_from_what_was_signed_under_the_name_before() -> None:
    ledger = Ledger()
    before = Writer(ledger, "school", journal="school-2")
    before.range(1, 5)
    reserved = before.reserves(1)
    after = Writer(ledger, "school-2", journal="school-2")
    after.office.last = before.office.last
    base = before.office.last
    assert base is not None
    after.says(JournalForked(office="school", key="k", program="p", origin="school", base=base.id))
    after.says(ReservationEnded(reservation=reserved, how="void", reason="ไม่ใช้"))
    after.says(NumbersSkipped(register=BOOK, year=YEAR, first=2, last=5, why="forked"))

    assert ledger.account(KEY).whole
    assert shape(ledger) == [(1, 1, "void"), (2, 5, "skipped")]


def test_a_range_told_over_the_telephone_is_the_same_when_its_grant_comes() -> None:
    ledger = Ledger()
    node = Writer(ledger, "school")
    node.says(RangeTold(grant="g-1", register=BOOK, year=YEAR, first=1, last=10, code="1" * 20))
    node.range(1, 10)
    node.letter(1)

    assert ledger.account(KEY).whole


def test_emergency_letters_are_counted_apart_and_get_their_numbers() -> None:
    ledger = Ledger()
    node = Writer(ledger, "school")
    node.range(1, 3)
    entries = [
        node.says(
            EmergencyRegistered(outage=1, emergency=n, register=BOOK, year=YEAR, subject="เรื่อง")
        )
        for n in (1, 2, 3)
    ]
    node.says(EntryVoided(entry=entries[2], reason="ผิด"))
    for number, entry in enumerate(entries[:2], 1):
        node.says(EmergencyCorrelated(entry=entry, register=BOOK, year=YEAR, number=number))

    assert shape(ledger) == [(1, 2, "issued"), (3, 3, "unused")]
    assert {key: one.total for key, one in ledger.emergency().items()} == {("school", YEAR): 3}
    assert all(one.whole for one in ledger.emergency().values())
