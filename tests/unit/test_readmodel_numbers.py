"""What the pages know of numbers: reserved, late, skipped, of an emergency, cut off, forked."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saraban_central.numbering.holdings import Holding, holdings
from saraban_central.readmodel import deliveries, machines, numbering, registers, searching
from saraban_central.readmodel.registers import Line
from saraban_central.readmodel.searching import Wish
from saraban_sync.events import EntryNoted, EntryVoided, Event, LetterRegistered, LetterSent
from saraban_sync.number_events import (
    EmergencyClosed,
    EmergencyCorrelated,
    EmergencyOpened,
    EmergencyRegistered,
    GapExplained,
    Mark,
    NumberReserved,
    NumbersReturned,
    NumbersSkipped,
    RangeRequested,
    RangeTold,
    ReservationEnded,
)
from saraban_sync.registers import Register
from tests.central_district import YEAR, District, Office
from tests.unit.test_readmodel_follow import catch_up, picture, read

IN, OUT = Register.INCOMING, Register.OUTGOING


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture
def school(district: District) -> Office:
    return district.office("school", "โรงเรียนบ้านดอย")


def _reserve(office: Office, number: int) -> Event:
    return office.do(
        NumberReserved(
            register=OUT, year=YEAR, number=number, holder="ครูสมชาย", purpose="ขออนุญาตเดินทาง",
            expires="2026-11-30",
        )
    )  # fmt: skip


def _page(district: District, register: Register = OUT) -> list[Line]:
    found: list[Line] = read(district, registers.page, "school", register, YEAR)
    return found


def _held(district: District, node: str = "school", register: Register = IN) -> Holding:
    catch_up(district)
    centre = district.centre
    with centre.readmodel.read() as cursor:
        found = holdings(centre.store, cursor, centre.clock.now(), counted=True)
    return next(one for one in found[node] if one.register is register)


# Reserved numbers


def test_a_reserved_number_stands_in_the_register_until_its_letter_comes(
    district: District, school: Office
) -> None:
    kept = _reserve(school, 1)
    (line,) = _page(district)
    assert (line.state, line.subject, line.holder) == ("reserved", "ขออนุญาตเดินทาง", "ครูสมชาย")
    assert (line.reserved_at, line.expires) == (kept.at, "2026-11-30")

    district.clock.forward(days=1)
    letter = school.do(
        LetterRegistered(register=OUT, year=YEAR, number=1, subject="ขออนุญาต", reservation=kept.id)
    )

    (line,) = _page(district)
    assert (line.event, line.state, line.late) == (letter.id, "issued", True)
    assert (line.at, line.reserved_at, line.reserved_for) == (letter.at, kept.at, "ครูสมชาย")
    acts = read(district, registers.history, "school", letter.id)
    assert [act.type for act in acts] == ["number.reserved", "letter.registered"]
    (book,) = read(district, registers.books, "school")
    assert (book.issued, book.reserved, book.total) == (1, 0, 1)
    hits = read(district, searching.find, Wish("1/2569"))
    assert [hit.event for hit in hits] == [letter.id]
    assert read(district, searching.find, Wish("เดินทาง")) == []


@pytest.mark.parametrize(("how", "state"), [("void", "void"), ("expired", "expired")])
def test_a_reservation_that_ended_stays_in_the_register(
    district: District, school: Office, how: str, state: str
) -> None:
    kept = _reserve(school, 1)
    school.do(ReservationEnded(reservation=kept.id, how=how, reason="เลิก"))  # type: ignore[arg-type]

    (line,) = _page(district)
    assert (line.state, line.void_reason, line.late) == (state, "เลิก", False)
    hits = read(district, searching.find, Wish("ครูสมชาย"))
    assert [hit.state for hit in hits] == [state]


def test_a_letter_on_the_day_of_its_reservation_is_not_late(
    district: District, school: Office
) -> None:
    kept = _reserve(school, 1)
    district.clock.forward(hours=14, minutes=59)
    school.do(LetterRegistered(register=OUT, year=YEAR, number=1, subject="x", reservation=kept.id))

    assert not _page(district)[0].late


def test_what_the_machine_knew_of_its_clock_is_kept_with_each_line(
    district: District, school: Office
) -> None:
    school.register(1)

    (line,) = _page(district, IN)
    assert line.clock_state.boot == "0a1b2c3d"


# The emergency register


def _outage(school: Office, sender: Office | None = None) -> tuple[Event, Event]:
    letter = sender.send(1, "school") if sender else None
    school.do(EmergencyOpened(outage=1, cause="ไม่มีสัญญาณและเลขหมด"))
    first = school.do(
        EmergencyRegistered(
            outage=1, emergency=1, register=IN, year=YEAR, subject="แจ้งเหตุด่วน",
            source=letter.source if letter else None,
        )
    )  # fmt: skip
    second = school.do(
        EmergencyRegistered(
            outage=1, emergency=2, register=OUT, year=YEAR, subject="ตอบกลับ", letter_no="ฉ 2/2569"
        )
    )
    return first, second


def test_an_emergency_letter_keeps_its_time_and_both_numbers(
    district: District, school: Office
) -> None:
    area = district.office("area")
    first, second = _outage(school, area)
    assert _page(district, IN) == []
    lines = read(district, registers.emergency, "school", YEAR)
    assert [(line.emergency, line.number, line.register) for line in lines] == [
        (1, 0, "incoming"), (2, 0, "outgoing"),
    ]  # fmt: skip

    district.clock.forward(days=2)
    school.do(EmergencyCorrelated(entry=first.id, register=IN, year=YEAR, number=1))
    school.do(
        EmergencyCorrelated(entry=second.id, register=OUT, year=YEAR, number=1, letter_no="ศธ/1")
    )
    school.do(EmergencyClosed(outage=1, total=2))

    (line,) = _page(district, IN)
    assert (line.number, line.emergency, line.at) == (1, 1, first.at)
    assert line.numbered_at > line.at
    assert _page(district)[0].letter_no == "ศธ/1"
    for words in ("ฉ 2/2569", "1/2569"):
        assert [hit.event for hit in read(district, searching.find, Wish(words, register="outgoing",
                office="school"))] == [second.id]  # fmt: skip
    (outage,) = read(district, numbering.outages, "school")
    assert (outage.cause, outage.total, outage.opened_by) == (
        "ไม่มีสัญญาณและเลขหมด", 2, "สมศรี ใจดี",
    )  # fmt: skip
    assert outage.closed_at > outage.opened_at
    letter = area.events[-1]
    (receiver,) = read(district, deliveries.receivers, "area", letter.id)
    assert (receiver.registered_number, receiver.registered_at) == (1, first.at)


# Gaps, requests, ranges


def test_a_gap_is_told_with_its_reason_witnesses_and_what_was_found_out(
    district: District, school: Office
) -> None:
    school.register(1)
    gap = school.do(
        NumbersSkipped(
            register=IN, year=YEAR, first=2, last=9, why="restored", guard=5,
            marks=(Mark(source="backup", number=1), Mark(source="paper", number=4)),
        )
    )  # fmt: skip
    school.do(
        GapExplained(register=IN, year=YEAR, first=3, last=3, text="หนังสือโรงพยาบาล", letter="")
    )
    school.do(NumbersReturned(register=OUT, year=YEAR, first=1, last=20))

    skipped, returned = read(district, numbering.gaps, "school")

    assert (skipped.first, skipped.last, skipped.size, skipped.why) == (2, 9, 8, "restored")
    assert (skipped.guard, skipped.actor, skipped.at) == (5, "สมศรี ใจดี", gap.at)
    assert [(mark.source, mark.number) for mark in skipped.marks] == [("backup", 1), ("paper", 4)]
    assert [one.text for one in skipped.explanations] == ["หนังสือโรงพยาบาล"]
    assert (returned.state, returned.why) == ("returned", "year-end")
    held = _held(district)
    assert (held.used, held.given_up, held.missing, held.left) == (1, 8, 0, 11)
    assert _held(district, register=OUT).left == 0
    assert read(district, numbering.gaps, "school", OUT, YEAR) == [returned]
    assert read(district, numbering.gaps, "other") == []


def test_a_skipped_number_that_was_issued_after_all_is_no_gap_twice(
    district: District, school: Office
) -> None:
    base = school.register(1)
    school.register(2)
    school.register(3)
    school.set_back(base)
    school.do(NumbersSkipped(register=IN, year=YEAR, first=2, last=9, why="restored"))

    held = _held(district)

    assert (held.used, held.given_up, held.missing, held.left) == (3, 6, 0, 11)


def test_how_long_numbers_last_is_told_from_their_use(district: District, school: Office) -> None:
    school.take(IN, 500)
    for number in range(1, 15):
        school.register(number)
    held = _held(district)
    assert (held.forecast.per_day_text, held.low) == ("0.50", False)
    assert held.forecast.days_left == (520 - 14) * 2

    school.do(RangeRequested(register=IN, year=YEAR, size=500, left=506, silence_s=400 * 86_400))
    school.do(NumbersSkipped(register=IN, year=YEAR, first=15, last=20, why="restored"))
    school.do(NumbersSkipped(register=IN, year=YEAR, first=21, last=430, why="restored"))
    held = _held(district)
    assert (held.left, held.forecast.mark, held.low) == (90, 100, True)


def test_a_range_told_by_telephone_says_so(district: District) -> None:
    bare = district.office("bare", size=0)
    grant = f"bare-incoming-{YEAR}-1"
    event = bare.do(RangeTold(grant=grant, register=IN, year=YEAR, first=1, last=20, code="0" * 20))

    taken = read(district, machines.accepted)

    assert (taken[grant].at, taken[grant].told) == (event.at, True)


def test_an_office_that_began_on_paper_says_so(district: District) -> None:
    late = district.office("late", size=0)
    late.take(IN, 50, first=38)

    held = _held(district, "late")
    assert [(one.first, one.opening, one.next) for one in held.ranges] == [(38, True, 38)]


# Epochs and forks


def test_what_a_restored_database_does_not_know_is_marked(
    district: District, school: Office
) -> None:
    base = school.register(1)
    lost = school.register(2)
    after = school.set_back(base)
    school.do(NumbersSkipped(register=IN, year=YEAR, first=2, last=9, why="restored"))
    school.register(10)

    assert [(line.number, line.tail) for line in _page(district, IN)] == [(10, 0), (2, 1), (1, 0)]
    acts = read(district, registers.timeline, "school", limit=5)
    assert [act.type for act in acts] == [
        "letter.registered", "numbers.skipped", "epoch.started", "letter.registered",
        "letter.registered",
    ]  # fmt: skip
    assert acts[2].event == after.id
    assert acts[3].event == lost.id
    older = read(district, registers.timeline, "school", before=acts[3].event, limit=1)
    assert [act.event for act in older] == [base.id]


def test_a_forked_node_shows_both_names_lines(district: District, school: Office) -> None:
    area = district.office("area")
    base = school.register(1, register=OUT)
    kept = _reserve(school, 2)
    school.send(3, "area", subject="ของเครื่องแรก")
    twin = district.fork(
        school,
        kept,
        "school-2",
        LetterRegistered(register=OUT, year=YEAR, number=4, subject="ของเครื่องที่สอง"),
        LetterSent(
            entry="0001-0000000007", offices=("area",), year=YEAR, number=4,
            subject="ของเครื่องที่สอง",
        ),
    )  # fmt: skip
    twin.do(EntryNoted(entry=base.id, action="ทราบ"))
    twin.do(EntryVoided(entry=base.id, reason="ผิด"))
    letter = twin.do(
        LetterRegistered(register=OUT, year=YEAR, number=2, subject="เสร็จ", reservation=kept.id)
    )
    first = next(event for event in school.events if event.type == "letter.sent")
    (second,) = [event for event in twin.events if event.type == "letter.sent"]
    assert first.id == second.id
    for number, event in enumerate((first, second), 1):
        area.receive(event, school)
        area.book(event, school, number)

    lines = {line.number: line for line in _page(district)}

    assert sorted(lines) == [1, 2, 3, 4]
    assert (lines[1].node, lines[1].state, lines[1].action) == ("school", "void", "ทราบ")
    assert (lines[2].node, lines[2].event, lines[2].state) == ("school-2", letter.id, "issued")
    assert lines[2].reserved_at == kept.at
    assert (lines[4].node, lines[4].state) == ("school-2", "issued")
    acts = read(district, registers.history, "school", base.id)
    assert [act.type for act in acts] == ["letter.registered", "entry.noted", "entry.voided"]
    assert {act.actor for act in acts} == {"สมศรี ใจดี"}
    acts = read(district, registers.history, "school-2", letter.id)
    assert [act.type for act in acts] == ["number.reserved", "letter.registered"]
    receivers = read(district, deliveries.receivers, "school", first.id)
    assert sorted(one.registered_number for one in receivers) == [1, 2]
    sent = read(district, deliveries.sent_from, "school-2", lines[4].event)
    assert second.id in {one.source_event for one in sent}


@settings(max_examples=20)
@given(
    order=st.permutations(range(3)),
    cuts=st.lists(st.integers(min_value=0, max_value=30), max_size=4),
)
def test_what_is_rebuilt_equals_what_has_grown(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], cuts: list[int]
) -> None:
    """Whatever arrived first, and whenever the pages looked."""
    district = District(tmp_path_factory.mktemp("d"))
    try:
        school = district.office("school")
        area = district.office("area")
        _outage(school, area)
        kept = _reserve(school, 1)
        base = school.register(1)
        stories: list[Callable[[], object]] = [
            lambda: school.do(EntryNoted(entry=base.id, action="ก")),
            lambda: area.register(1),
            lambda: school.register(2),
        ]
        for place in order:
            stories[place]()
            if place in cuts:
                catch_up(district)
        twin = district.fork(
            school,
            base,
            "school-2",
            EntryNoted(entry=base.id, action="ข"),
            EntryVoided(entry=base.id, reason="ค"),
        )
        acts: list[Callable[[], object]] = [
            lambda: twin.do(ReservationEnded(reservation=kept.id, how="expired")),
            lambda: school.do(EntryVoided(entry=base.id, reason="ง")),
            lambda: school.set_back(base),
            lambda: school.do(
                NumbersSkipped(register=IN, year=YEAR, first=2, last=9, why="restored")
            ),
            lambda: school.do(EntryNoted(entry=base.id, action="จ")),
        ]
        for place, act in enumerate(acts):
            act()
            district.clock.forward(minutes=1)
            if place + 10 in cuts:
                catch_up(district)
        catch_up(district)
        grown = picture(district.centre.readmodel)

        district.centre.readmodel.rebuild(district.centre.store)

        assert picture(district.centre.readmodel) == grown
    finally:
        district.close()
