"""A database that came back from an older day gives no number twice, with or without a line."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from saraban_base.passwords import Passwords
from saraban_base.sqlite import Write
from saraban_node import appliance, journal, meta, people
from saraban_node.appliance import Appliance
from saraban_node.books import letters
from saraban_node.errors import Fenced, NoRangeLeft, ReservationOver
from saraban_node.identity import fence, lifting, marks
from saraban_node.identity.errors import (
    CentreDecides,
    NotStated,
    PaperTooHigh,
    PaperTooLow,
    Renamed,
)
from saraban_node.identity.fence import FenceView, Lift
from saraban_node.identity.floors import Book
from saraban_node.identity.lifting import Lifted
from saraban_node.identity.machine import Machine
from saraban_node.identity.skipping import Rest, Skip, skips
from saraban_node.numbering import numbers, reservations
from saraban_node.numbering.numbers import Gap
from saraban_sync.journal_events import EpochStarted
from saraban_sync.number_events import ReservationEnded
from saraban_sync.registers import Register, thai_date
from tests.offices import (
    SOMSRI,
    YEAR,
    HandClock,
    Numbers,
    a_letter,
    an_office,
    events_of,
    grant,
    register,
)
from tests.promises import kept

IN, OUT = (Register.INCOMING, YEAR), (Register.OUTGOING, YEAR)
HALF = tuple(Numbers(book, YEAR, last=100) for book in (Register.INCOMING, Register.OUTGOING))


@dataclass
class Twice:
    """An office as it was yesterday and as its people know it: five letters further."""

    node: Appliance

    def view(self) -> FenceView:
        with self.node.db.read() as cursor:
            return fence.status(self.node, cursor)

    def lift(self, **stated: object) -> Lifted:
        wanted = {"paper": {IN: 15, OUT: 0}, "alone": True, **stated}
        return lifting.lift_by_hand(self.node, Lift(actor=SOMSRI, **wanted))  # type: ignore[arg-type]

    def gaps(self, book: Book = IN) -> list[Gap]:
        with self.node.db.read() as cursor:
            return numbers.gaps(cursor, *book)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Twice]:
    """An office of ten incoming letters, restored."""
    node = an_office(tmp_path / "node", ranges=HALF)
    for n in range(10):
        register(node, a_letter(n))
    with node.db.write() as write:
        meta.fence(write, meta.RESTORED)
    yield Twice(node)
    node.close()


def test_a_fenced_database_writes_nothing_at_all(office: Twice) -> None:
    node = office.node
    before = len(events_of(node))
    first = events_of(node, "letter.registered")[0].id

    acts: list[Callable[[Write], object]] = [
        lambda write: letters.register_letter(write, node.journal, a_letter(1), actor=SOMSRI),
        lambda write: letters.void_entry(write, node.journal, first, reason="ผิด", actor=SOMSRI),
        lambda write: letters.note_entry(write, node.journal, first, action="แล้ว", actor=SOMSRI),
    ]
    for act in acts:
        with pytest.raises(Fenced), node.db.write() as write:
            act(write)

    assert len(events_of(node)) == before


def test_the_page_shows_how_far_each_book_is_known_to_be_numbered(office: Twice) -> None:
    marks.keep(office.node.db, office.node.marks)
    with office.node.db.write() as write:
        marks.note(write, "browser", *IN, 13)
        marks.note(write, "browser", *IN, 12)

    view = office.view()

    assert (view.why, view.by_hand, view.said, view.unclaimed) == ("restored", True, "", False)
    assert view.since == office.node.clock.now()
    incoming, outgoing = view.series
    assert {mark.source: mark.number for mark in incoming.marks} == {
        "backup": 10, "mark-file": 10, "browser": 13,
    }  # fmt: skip
    assert (incoming.next, incoming.last, incoming.left, incoming.known) == (11, 100, 90, 13)
    assert (outgoing.next, outgoing.known, outgoing.guard) == (1, 0, 20)


def test_after_lifting_by_hand_numbers_go_on_behind_paper_and_guard(office: Twice) -> None:
    lifted = office.lift()

    assert lifted.epoch == 2
    assert register(office.node, a_letter(1)).number == 36
    (gap,) = office.gaps()
    assert (gap.first, gap.last, gap.why, gap.guard) == (11, 35, "restored", 20)
    assert {mark.source: mark.number for mark in gap.marks} == {"backup": 10, "paper": 15}
    (began,) = events_of(office.node, "epoch.started")
    base = events_of(office.node)[began.seq - 2]
    assert began.body == EpochStarted(reason="restored", base=base.id, by_hand=True)
    assert (began.id, began.prev, began.actor) == (f"0002-{began.seq:010d}", base.hash, SOMSRI)
    assert events_of(office.node, "numbers.skipped")[0].actor == SOMSRI
    kept(office.node)
    assert office.view().why == ""
    assert office.view().unclaimed


def test_lifting_twice_changes_nothing(office: Twice) -> None:
    office.lift()
    before = len(events_of(office.node))

    again = office.lift(paper={IN: 99, OUT: 99})

    assert again.already
    assert len(events_of(office.node)) == before


def test_as_many_numbers_are_given_up_as_the_busiest_day_took(tmp_path: Path) -> None:
    clock = HandClock()
    node = an_office(tmp_path / "node", clock=clock, ranges=HALF)
    for day, count in enumerate((3, 31, 2)):
        for n in range(count):
            register(node, a_letter(day * 40 + n))
        clock.forward(days=1)
    with node.db.write() as write:
        meta.fence(write, meta.RESTORED)

    office = Twice(node)

    assert [one.guard for one in office.view().series] == [31, 20]
    node.close()


def test_an_administrator_may_give_up_fewer_or_more(office: Twice) -> None:
    office.lift(guard=2)

    assert register(office.node, a_letter(1)).number == 18


def test_each_open_book_must_be_stated(office: Twice) -> None:
    with pytest.raises(NotStated) as told:
        office.lift(paper={IN: 15})

    assert "หนังสือส่ง" in told.value.sentence("th")
    assert office.view().why == "restored"


def test_a_paper_number_below_what_is_known_is_refused(office: Twice) -> None:
    with office.node.db.write() as write:
        marks.note(write, "browser", *IN, 13)

    with pytest.raises(PaperTooLow) as told:
        office.lift(paper={IN: 12, OUT: 0})

    assert "13" in told.value.sentence("th")
    assert office.view().why == "restored"
    assert not events_of(office.node, "epoch.started")


def test_a_paper_number_beyond_the_ranges_is_refused(office: Twice) -> None:
    with pytest.raises(PaperTooHigh):
        office.lift(paper={IN: 101, OUT: 0})

    assert office.view().why == "restored"


def test_if_nobody_knows_all_numbers_of_the_book_are_given_up(office: Twice) -> None:
    office.lift(paper={IN: None, OUT: 3})

    (gap,) = office.gaps()
    assert (gap.first, gap.last, gap.guard) == (11, 100, 0)
    with pytest.raises(NoRangeLeft):
        register(office.node, a_letter(1))
    assert register(office.node, a_letter(1, Register.OUTGOING)).number == 24
    kept(office.node)


def test_while_another_machine_may_be_at_work_nobody_can_know(office: Twice) -> None:
    """Whoever does not say that the other machine is off gives all ranges up."""
    office.lift(alone=False)

    assert [(gap.first, gap.last) for gap in office.gaps() + office.gaps(OUT)] == [
        (11, 100), (1, 100),
    ]  # fmt: skip


@pytest.mark.parametrize("why", [meta.TWIN, meta.SUPERSEDED, meta.DIVERGED])
def test_a_twin_is_not_freed_by_hand(office: Twice, why: str) -> None:
    with office.node.db.write() as write:
        meta.put(write, meta.MACHINE_HERE, "3f8a07c2" + "0" * 56)
        meta.fence(write, why)

    with pytest.raises(CentreDecides) as told:
        office.lift()

    assert "3F8A-07C2" in told.value.sentence("en")
    assert office.view().why == why


def test_a_book_that_is_used_up_is_asked_for_too(tmp_path: Path) -> None:
    """The life before may have got more numbers of it, and used them."""
    node = an_office(tmp_path / "node", ranges=[Numbers(Register.INCOMING, YEAR, last=3)])
    for n in range(3):
        register(node, a_letter(n))
    with node.db.write() as write:
        meta.fence(write, meta.RESTORED)
    office = Twice(node)
    (incoming,) = office.view().series
    assert (incoming.next, incoming.last, incoming.left, incoming.known) == (4, 3, 0, 3)

    office.lift(paper={IN: 3})
    grant(node, Numbers(Register.INCOMING, YEAR, first=51, last=90))
    with node.db.write() as write:
        lifting.settle_handed(node, write, IN)

    assert register(node, a_letter(1)).number == 71
    node.close()


def test_a_range_told_of_a_book_that_nobody_knows_is_given_up_until_the_centre_is_heard(
    office: Twice,
) -> None:
    """It may have been read out to the life before already; the emergency register is open."""
    office.lift(paper={IN: None, OUT: 0})
    grant(office.node, Numbers(Register.INCOMING, YEAR, first=101, last=150))
    with office.node.db.write() as write:
        lifting.settle_handed(office.node, write, IN)

    assert [(gap.first, gap.last) for gap in office.gaps()] == [(11, 100), (101, 150)]


def test_next_years_untouched_book_keeps_its_first_number(tmp_path: Path) -> None:
    ranges = [*HALF, Numbers(Register.INCOMING, YEAR + 1, last=50)]
    node = an_office(tmp_path / "node", ranges=ranges)
    with node.db.write() as write:
        meta.fence(write, meta.RESTORED)
    office = Twice(node)

    office.lift(paper={IN: 4, OUT: 0, (Register.INCOMING, YEAR + 1): 0})

    assert not office.gaps((Register.INCOMING, YEAR + 1))
    assert office.gaps()[0].last == 24
    node.close()


def test_a_copy_belongs_to_its_machine_once_the_fence_is_lifted(
    office: Twice, tmp_path: Path
) -> None:
    first, second = Machine("a" * 64), Machine("b" * 64)
    folder = office.node.folder
    office.lift()
    office.node.close()
    appliance.open_appliance(folder, clock=HandClock(), machine=first).close()

    copy = Twice(appliance.open_appliance(folder, clock=HandClock(), machine=second))
    assert (copy.view().why, copy.view().machine) == ("copied", second.code)
    assert copy.view().machine_before == first.code
    copy.lift(paper={IN: 35, OUT: 20})
    copy.node.close()

    again = Twice(appliance.open_appliance(folder, clock=HandClock(), machine=second))
    assert again.view().why == ""
    assert register(again.node, a_letter(1)).number == 56
    again.node.close()


def test_a_second_restore_gives_up_what_the_first_left(office: Twice) -> None:
    office.lift()
    register(office.node, a_letter(1))
    with office.node.db.write() as write:
        meta.fence(write, meta.RESTORED)

    lifted = office.lift(paper={IN: 36, OUT: 0})

    assert lifted.epoch == 3
    assert register(office.node, a_letter(2)).number == 57
    kept(office.node)


def test_an_account_cannot_be_made_while_nothing_may_be_written(office: Twice) -> None:
    cheap = Passwords(memory_kib=64)

    with pytest.raises(Fenced), office.node.db.write() as write:
        people.add_person(
            write, office.node.journal, cheap, username="mali", name="มาลี",
            roles=frozenset({people.CLERK}), actor=SOMSRI,
        )  # fmt: skip


def _die_lifting(folder: str, step: int) -> None:
    """Lift the fence in a process of its own that is killed at the n-th event it writes."""
    node = appliance.open_appliance(Path(folder), clock=HandClock())
    project, written = node.journal.project, 0

    def killed(write: Write, event: object) -> None:
        nonlocal written
        project(write, event)  # type: ignore[arg-type]
        written += 1
        if written == step:
            os.kill(os.getpid(), signal.SIGKILL)

    object.__setattr__(node.journal, "project", killed)
    lifting.lift_by_hand(node, Lift(actor=SOMSRI, paper={IN: 15, OUT: 3}, alone=True))


@pytest.mark.parametrize("step", [1, 2, 3])
def test_killed_in_the_middle_of_lifting_nothing_is_half_done(tmp_path: Path, step: int) -> None:
    node = an_office(tmp_path / "node", ranges=HALF)
    for n in range(10):
        register(node, a_letter(n))
    with node.db.write() as write:
        meta.fence(write, meta.RESTORED)
    before = len(events_of(node))
    node.close()

    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=_die_lifting, args=(str(tmp_path / "node"), step))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL

    office = Twice(appliance.open_appliance(tmp_path / "node", clock=HandClock()))
    assert (office.view().why, len(events_of(office.node))) == ("restored", before)
    office.lift()
    assert register(office.node, a_letter(1)).number == 36
    kept(office.node)
    office.node.close()


def test_an_old_program_still_open_notices_that_the_node_has_another_name(office: Twice) -> None:
    office.lift()
    with office.node.db.write() as write:
        meta.put(write, meta.NODE, "school-a-2")

    with pytest.raises(Renamed):
        register(office.node, a_letter(1))
    with office.node.db.read() as cursor:
        assert journal.head(cursor).epoch == 2


@pytest.mark.parametrize(
    ("rests", "known", "guard", "wanted", "left"),
    [
        ([Rest(11, 100)], 15, 20, [Skip(11, 35, 20)], 0),
        ([Rest(11, 100)], 5, 20, [Skip(11, 30, 20)], 0),
        ([Rest(11, 100)], 5, 0, [], 0),
        ([Rest(11, 100)], None, 20, [Skip(11, 100, 0)], 0),
        ([Rest(95, 100), Rest(201, 300)], 97, 10, [Skip(95, 100, 3), Skip(201, 207, 7)], 0),
        ([Rest(95, 100), Rest(201, 300)], 150, 5, [Skip(95, 100, 0), Skip(201, 205, 5)], 0),
        ([Rest(201, 300), Rest(95, 100)], 210, 5, [Skip(95, 100, 0), Skip(201, 215, 5)], 0),
        ([Rest(95, 100)], 100, 20, [Skip(95, 100, 0)], 20),
        ([], 100, 20, [], 20),
    ],
)
def test_the_guard_lies_where_the_numbers_would_have_gone(
    rests: list[Rest], known: int | None, guard: int, wanted: list[Skip], left: int
) -> None:
    assert skips(rests, known=known, guard=guard) == (wanted, left)


def test_a_reserved_number_is_not_finished_twice_because_a_backup_still_has_it(
    tmp_path: Path,
) -> None:
    """Its letter may have been registered after the backup was taken."""
    node = an_office(tmp_path / "node", ranges=HALF)
    with node.db.write() as write:
        reserved = reservations.reserve(
            write, node.journal, register=Register.OUTGOING, holder="ครูมะลิ", purpose="ขอเลข",
            expires=thai_date(write.now), actor=SOMSRI,
        )  # fmt: skip
        meta.fence(write, meta.RESTORED)
    office = Twice(node)

    office.lift(paper={IN: 0, OUT: 1})

    with pytest.raises(ReservationOver):
        register(node, a_letter(1, Register.OUTGOING, reservation=reserved.id))
    (ended,) = events_of(node, "reservation.ended")
    assert isinstance(ended.body, ReservationEnded)
    assert (ended.body.how, ended.actor, ended.epoch) == ("void", SOMSRI, 2)
    assert "ไม่อาจรู้" in ended.body.reason
    kept(node)
    node.close()
