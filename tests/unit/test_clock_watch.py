"""What every event says of its clock: who vouched for it, how long ago, how exactly."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from saraban_central import directory, enrolment
from saraban_central.centre import make_centre
from saraban_central.config import CentralConfig
from saraban_node import appliance, projections
from saraban_node.appliance import Appliance
from saraban_node.clocks.errors import (
    ClockStepped,
)
from saraban_node.line import enrolment as joining
from saraban_node.line import transport
from saraban_node.line.answers import Enrolment
from saraban_sync.clocks import Source
from saraban_sync.events import ClockState
from tests.clock_office import (
    Again,
    confirm,
    floor,
    measure,
    numbered,
    office_of_four_years,
    refused,
    restarts,
    standing,
)
from tests.offices import (
    CENTRE_KEY,
    MALI,
    MORNING,
    YEAR,
    HandClock,
    a_letter,
    events_of,
    register,
)
from tests.served_centre import serving


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def node(tmp_path: Path, clock: HandClock) -> Iterator[Appliance]:
    made = office_of_four_years(tmp_path / "node", clock)
    yield made
    made.close()


@pytest.fixture
def again(node: Appliance, clock: HandClock) -> Iterator[Again]:
    """Switch the machine off for a while and start the node again."""
    with restarts(node, clock) as start:
        yield start


# --- what an event says of its clock


def test_a_node_made_without_a_centre_goes_by_who_made_it(node: Appliance) -> None:
    opening = events_of(node, "journal.opened")[0]

    assert opening.clock == ClockState(boot="0a1b2c3d", source="human", age_s=0, doubt_s=300)
    assert numbered(register(node, a_letter(1))) == (YEAR, 1)


def test_every_event_says_who_vouched_for_the_clock_how_long_ago_and_how_exactly(
    node: Appliance, clock: HandClock
) -> None:
    measure(node, timedelta(seconds=2), seconds=3)
    clock.forward(hours=10)
    register(node, a_letter(1))

    said = events_of(node)[-1].clock

    assert (said.source, said.age_s) == ("centre", 36_000)
    assert said.doubt_s == 8  # 2 off, 1.5 for the way, 3.6 for the quartz in ten hours
    assert (said.offset_ms, said.offset_age_s) == (2_000, None)


def test_all_events_of_one_act_are_judged_once(node: Appliance, clock: HandClock) -> None:
    with node.db.write() as write:
        first = node.journal.clock.at(write)
        clock.forward(hours=1)
        assert node.journal.clock.at(write) is first


def test_an_event_of_an_untrusted_clock_names_nobody(node: Appliance, clock: HandClock) -> None:
    measure(node, timedelta(0))
    clock.forward(minutes=5)
    clock.put(MORNING - timedelta(days=200))
    confirm(node, administrator=True)

    said = events_of(node, "clock.confirmed")[-1].clock

    assert (said.source, said.age_s, said.doubt_s, said.stepped) == ("", None, None, True)
    assert (said.offset_ms, said.offset_age_s) == (0, 300)


def test_after_a_restart_the_battery_clock_speaks_and_says_no_age(again: Again) -> None:
    node = again(hours=12)
    register(node, a_letter(1))

    said = events_of(node)[-1].clock

    assert said == ClockState(boot="0a1b2c3e", source="rtc")


def test_a_time_service_is_believed_with_the_doubt_the_kernel_gives(
    node: Appliance, clock: HandClock
) -> None:
    clock.ntp_doubt_ms = 40
    register(node, a_letter(1))
    clock.ntp_doubt_ms = None
    clock.forward(minutes=10)
    register(node, a_letter(2))

    now, later = (event.clock for event in events_of(node)[-2:])

    assert (now.source, now.age_s, now.doubt_s) == ("ntp", 0, 1)
    assert (later.source, later.age_s, later.doubt_s) == ("ntp", 600, 1)


def test_two_programs_at_one_database_think_the_same_of_the_clock(
    node: Appliance, clock: HandClock
) -> None:
    register(node, a_letter(1))
    clock.put(MORNING + timedelta(days=2))
    refused(node, ClockStepped)
    other = appliance.open_appliance(node.folder, clock=clock)
    confirm(other)
    other.close()

    assert numbered(register(node, a_letter(2))) == (YEAR, 2)


# --- the floor


def test_the_floor_moves_at_most_once_a_minute(node: Appliance, clock: HandClock) -> None:
    measure(node, timedelta(0), seconds=0)
    begun = floor(node)
    for n in range(5):
        clock.forward(seconds=10)
        register(node, a_letter(n))
    same = floor(node)
    clock.forward(seconds=12)
    register(node, a_letter(6))

    assert same == begun
    assert floor(node) > begun


def test_an_untrusted_clock_moves_no_floor(node: Appliance, clock: HandClock) -> None:
    before = floor(node)
    clock.put(MORNING + timedelta(days=300))
    with node.db.write() as write:
        node.journal.clock.at(write)

    assert floor(node) == before


def test_making_the_registers_again_leaves_the_clock_alone(
    node: Appliance, clock: HandClock
) -> None:
    before = floor(node)
    with node.db.write() as write:
        projections.rebuild(write)

    assert floor(node) == before
    assert standing(node).good


# --- the centre's word


def test_a_clock_a_few_minutes_off_the_centre_s_works_on_and_is_to_be_set(
    node: Appliance, clock: HandClock
) -> None:
    measure(node, timedelta(minutes=12))

    assert numbered(register(node, a_letter(1))) == (YEAR, 1)
    assert events_of(node)[-1].clock.doubt_s == 721
    found = standing(node)
    assert (found.good, found.need) == (False, None)
    assert "12 นาที" in found.thai
    clock.put(MORNING + timedelta(minutes=12))  # the technician sets it
    assert numbered(register(node, a_letter(2))) == (YEAR, 2)


def test_an_office_cut_off_for_two_months_is_not_told_that_its_clock_is_wrong(
    node: Appliance, clock: HandClock
) -> None:
    measure(node, timedelta(0))
    clock.forward(days=60)
    register(node, a_letter(1))

    assert events_of(node)[-1].clock.doubt_s == 519
    assert standing(node).good


def test_a_clock_found_off_is_to_be_set_also_a_month_later(
    node: Appliance, clock: HandClock
) -> None:
    measure(node, timedelta(minutes=12))
    clock.forward(days=30)
    started = appliance.open_appliance(node.folder, clock=clock)

    assert "12 นาที" in standing(started).thai
    started.close()


def test_a_clock_that_was_ahead_can_be_set_right_while_the_machine_is_off(
    node: Appliance, clock: HandClock, again: Again
) -> None:
    """What it showed in doubt is no moment that is known to have passed."""
    measure(node, timedelta(minutes=-50))
    clock.forward(minutes=3)
    register(node, a_letter(1))
    started = again(minutes=-49)

    assert numbered(register(started, a_letter(2))) == (YEAR, 2)


def test_a_clock_that_the_centre_finds_wrong_by_hours_gives_no_number(
    node: Appliance, clock: HandClock
) -> None:
    measure(node, timedelta(hours=-7))
    told = refused(node, ClockStepped)
    clock.put(MORNING - timedelta(hours=7))

    assert "เวลา 02.00 น." in told.sentence("th")
    assert numbered(register(node, a_letter(1))) == (YEAR, 1)


def test_a_centre_whose_clock_jumps_does_not_stop_its_offices(
    node: Appliance, clock: HandClock
) -> None:
    measure(node, timedelta(0))
    clock.forward(hours=1)
    measure(node, timedelta(days=365))

    assert numbered(register(node, a_letter(1))) == (YEAR, 1)
    said = events_of(node)[-1].clock
    assert (said.source, said.age_s, said.offset_ms) == ("centre", 3_600, 365 * 86_400_000)
    assert not standing(node).good


def test_a_clock_that_follows_a_time_service_is_not_doubted_for_a_centre_s_sake(
    node: Appliance, clock: HandClock
) -> None:
    clock.ntp_doubt_ms = 40
    register(node, a_letter(1))
    measure(node, timedelta(days=365))
    clock.ntp_doubt_ms = None
    clock.forward(hours=1)

    assert numbered(register(node, a_letter(2))) == (YEAR, 2)
    assert events_of(node)[-1].clock.source == "ntp"


def test_a_centre_that_shows_1970_is_no_witness(node: Appliance) -> None:
    measure(node, -timedelta(days=56 * 365))

    assert numbered(register(node, a_letter(1))) == (YEAR, 1)
    assert events_of(node)[-1].clock.source == "human"


def test_the_centre_takes_back_what_a_person_confirmed_wrongly(
    node: Appliance, clock: HandClock
) -> None:
    register(node, a_letter(1))
    clock.put(MORNING + timedelta(days=20))
    confirm(node)
    register(node, a_letter(2))
    measure(node, -timedelta(days=20))

    refused(node, ClockStepped)


def test_a_person_s_word_does_not_replace_the_centre_s(node: Appliance) -> None:
    measure(node, timedelta(0))
    confirm(node)

    assert events_of(node, "clock.confirmed")[-1].actor == MALI
    assert standing(node).sight.judged.source is Source.CENTRE


# --- the first moments


@pytest.mark.parametrize("off", [timedelta(minutes=-20), timedelta(days=365)])
def test_a_new_node_goes_by_the_time_the_centre_gave_with_its_welcome(
    tmp_path: Path, off: timedelta
) -> None:
    """Twenty minutes are borne; a clock a year ahead gives no number before it is set."""
    there, here = HandClock(), HandClock(MORNING + off)
    centre = make_centre(tmp_path / "centre", CentralConfig(), clock=there)
    directory.add_office(centre, "school-a", name="โรงเรียน", prefix="ศธ 04")
    code = enrolment.make_code(centre, "school-a").code
    with serving(centre) as url:
        node = joining.join(tmp_path / "node", url=url, code=code, clock=here)
    centre.close()
    judged = standing(node).sight.judged
    node.close()

    if off < timedelta(0):
        assert (judged.source, judged.doubt_s) == (Source.CENTRE, 1_200)
    else:
        assert judged.expected is not None
        assert abs(judged.expected - MORNING) < timedelta(minutes=1)


@pytest.mark.parametrize("time", ["", "yesterday"])
def test_a_centre_that_does_not_tell_the_time_leaves_the_word_to_who_made_the_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, time: str
) -> None:
    given = Enrolment(
        node="school-a", office="school-a", office_name="โรงเรียน", prefix="", secret="s" * 43,
        centre_key=CENTRE_KEY.public, epoch=1, generation=1, time=time,
    )  # fmt: skip
    monkeypatch.setattr(transport, "enrol", lambda *_, **__: given)
    node = joining.join(tmp_path / "node", url="http://centre", code="x", clock=HandClock())

    assert standing(node).sight.judged.source is Source.HUMAN
    node.close()
