"""Which year a number is taken in when the clock is right, wrong or lost, and who must say so."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from saraban_node import health
from saraban_node.appliance import Appliance
from saraban_node.clocks import year_gate
from saraban_node.clocks.errors import (
    AdministratorConfirms,
    ClockBehind,
    ClockJumped,
    ClockMoved,
    ClockStepped,
    ClockUnknown,
    YearGoneBack,
)
from saraban_node.numbering import emergency, reservations
from saraban_sync.clocks import Need, Quality
from saraban_sync.errors import SarabanError
from saraban_sync.events import Event
from saraban_sync.number_events import ClockConfirmed
from saraban_sync.registers import Register
from tests.clock_office import (
    BOOKS,
    MINUTE,
    NEW_YEAR,
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
    MALI,
    MORNING,
    SOMSRI,
    YEAR,
    HandClock,
    Numbers,
    a_letter,
    an_office,
    events_of,
    register,
)


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


# --- the new year


def test_the_new_year_opens_at_midnight_with_nobody_there(
    node: Appliance, clock: HandClock
) -> None:
    clock.until(NEW_YEAR - MINUTE)
    old = register(node, a_letter(1))
    clock.until(NEW_YEAR)
    new = register(node, a_letter(2))

    assert (numbered(old), numbered(new)) == ((YEAR, 1), (YEAR + 1, 1))
    assert events_of(node, "clock.confirmed") == []


def test_a_power_cut_across_midnight_needs_nobody_where_a_battery_keeps_the_time(
    node: Appliance, clock: HandClock, again: Again
) -> None:
    clock.until(NEW_YEAR - MINUTE)
    register(node, a_letter(1))
    started = again(hours=9)

    assert numbered(register(started, a_letter(2))) == (YEAR + 1, 1)
    assert events_of(started)[-1].clock.source == "rtc"


def test_a_power_cut_across_midnight_asks_once_where_nothing_keeps_the_time(
    node: Appliance, clock: HandClock, again: Again
) -> None:
    clock.has_rtc = False
    clock.until(NEW_YEAR - MINUTE)
    register(node, a_letter(1))
    started = again()
    told = refused(started, ClockUnknown)
    clock.put(NEW_YEAR + timedelta(hours=9))  # a technician sets it
    with pytest.raises(AdministratorConfirms):
        confirm(started)
    body = confirm(started, administrator=True)

    assert "31 ธันวาคม 2569" in told.sentence("th")
    assert body.opens_year == YEAR + 1
    assert numbered(register(started, a_letter(2))) == (YEAR + 1, 1)


def test_last_year_s_reserved_number_keeps_its_year_and_a_new_one_does_not(
    node: Appliance, clock: HandClock, again: Again
) -> None:
    clock.until(NEW_YEAR - MINUTE)
    with node.db.write() as write:
        kept = reservations.reserve(
            write, node.journal, register=Register.OUTGOING, holder="ครูมะลิ", purpose="ขอเลข",
            expires=date(2027, 1, 15), actor=SOMSRI,
        )  # fmt: skip
    started = again(days=3)

    old = register(started, a_letter(1, Register.OUTGOING, reservation=kept.id))
    new = register(started, a_letter(2, Register.OUTGOING))

    assert (numbered(old), numbered(new)) == ((YEAR, 1), (YEAR + 1, 1))


def test_a_number_is_reserved_in_no_year_that_nobody_can_name(
    node: Appliance, clock: HandClock
) -> None:
    clock.put(NEW_YEAR + timedelta(days=3))

    with node.db.write() as write, pytest.raises(ClockStepped):
        reservations.reserve(
            write, node.journal, register=Register.OUTGOING, holder="ครูมะลิ", purpose="ขอเลข",
            expires=date(2027, 1, 15), actor=SOMSRI,
        )  # fmt: skip


# --- wrong at the start


def test_a_clock_that_shows_the_past_when_the_machine_starts_gives_no_number(
    clock: HandClock, again: Again
) -> None:
    clock.put(datetime(2019, 1, 1, tzinfo=UTC))
    node = again()
    told = refused(node, ClockBehind)

    assert "1 มกราคม 2562 เวลา 07.00 น." in told.sentence("th")
    assert "22 พฤศจิกายน 2569" in told.sentence("th")
    assert "1 January 2019, 07:00" in told.sentence("en")
    assert "an administrator" in told.sentence("en")


def test_nobody_can_confirm_a_moment_before_any_node_was_at_work(
    node: Appliance, clock: HandClock
) -> None:
    clock.put(datetime(1970, 1, 1, tzinfo=UTC))

    with pytest.raises(ClockBehind):
        confirm(node, administrator=True)

    assert events_of(node, "clock.confirmed") == []
    assert floor(node) > "2026"


def test_a_node_made_while_the_clock_shows_1970_gives_no_number(tmp_path: Path) -> None:
    clock = HandClock(datetime(1970, 1, 1, tzinfo=UTC))
    node = an_office(tmp_path / "node", clock=clock, ranges=[Numbers(BOOKS[0], YEAR, 5)])
    refused(node, ClockBehind)
    clock.put(MORNING)
    confirm(node, administrator=True)

    assert numbered(register(node, a_letter(1))) == (YEAR, 1)
    node.close()


def test_a_battery_clock_that_runs_a_minute_or_two_late_disturbs_nobody(
    clock: HandClock, again: Again
) -> None:
    clock.put(MORNING - 2 * MINUTE)

    assert numbered(register(again(), a_letter(1))) == (YEAR, 1)


def test_a_clock_far_ahead_when_the_machine_starts_gives_no_number(again: Again) -> None:
    node = again(days=41)
    told = refused(node, ClockJumped)

    assert "2 มกราคม 2570" in told.sentence("th")
    assert "off that long" in told.sentence("en")
    assert standing(node).need == Need(YEAR + 1, administrator=True)
    confirm(node, administrator=True)
    assert numbered(register(node, a_letter(1))) == (YEAR + 1, 1)


def test_a_machine_without_a_battery_clock_is_confirmed_once_at_each_start_by_any_clerk(
    node: Appliance, clock: HandClock, again: Again
) -> None:
    register(node, a_letter(1))
    clock.has_rtc = False
    for start in range(3):
        started = again()
        clock.forward(minutes=3)
        told = refused(started, ClockUnknown)
        assert "เจ้าหน้าที่" in told.sentence("th")
        assert confirm(started).opens_year == 0
        assert numbered(register(started, a_letter(1))) == (YEAR, 2 * start + 2)
        assert numbered(register(started, a_letter(1))) == (YEAR, 2 * start + 3)


def test_the_line_to_the_centre_makes_an_unknown_clock_good(clock: HandClock, again: Again) -> None:
    clock.has_rtc = False
    node = again()
    refused(node, ClockUnknown)
    measure(node, timedelta(seconds=1))

    assert numbered(register(node, a_letter(1))) == (YEAR, 1)


# --- set while the machine is running


@pytest.mark.parametrize("step", [timedelta(days=-3), timedelta(hours=1), timedelta(days=3)])
def test_a_clock_that_was_set_gives_no_number_until_somebody_vouches_for_it(
    node: Appliance, clock: HandClock, step: timedelta
) -> None:
    register(node, a_letter(1))
    clock.put(MORNING + step)
    told = refused(node, ClockStepped)
    confirm(node, administrator=True)

    assert "22 พฤศจิกายน 2569 เวลา 09.00 น." in told.sentence("th")
    assert numbered(register(node, a_letter(2))) == (YEAR, 2)


def test_a_clock_that_is_set_back_to_what_it_was_needs_nobody(
    node: Appliance, clock: HandClock
) -> None:
    clock.put(MORNING + timedelta(days=3))
    refused(node, ClockStepped)
    clock.put(MORNING)

    assert numbered(register(node, a_letter(1))) == (YEAR, 1)


def test_a_clerk_cannot_date_letters_back_by_setting_the_clock(
    node: Appliance, clock: HandClock
) -> None:
    register(node, a_letter(1))
    clock.put(MORNING - timedelta(days=3))

    with pytest.raises(AdministratorConfirms):
        confirm(node)


def test_a_year_ahead_and_corrected_by_the_centre_goes_on_in_the_right_year(
    node: Appliance, clock: HandClock, again: Again
) -> None:
    """Whoever made the node had not looked; the number of 2570 stays what it is."""
    register(node, a_letter(1))
    clock.put(MORNING.replace(year=2027))
    confirm(node, administrator=True)
    wrong = register(node, a_letter(2))
    measure(node, -timedelta(days=365))
    told = refused(node, ClockStepped)
    clock.put(MORNING)
    right = register(node, a_letter(3))
    started = again(hours=1)
    after = register(started, a_letter(4))
    clock.until(NEW_YEAR)

    assert "22 พฤศจิกายน 2569" in told.sentence("th")
    assert [numbered(one_) for one_ in (wrong, right, after)] == [
        (YEAR + 1, 1), (YEAR, 2), (YEAR, 3),
    ]  # fmt: skip
    assert events_of(started)[-1].clock.source == "rtc"
    assert numbered(register(started, a_letter(5))) == (YEAR + 1, 2)


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_battery_clock_alone_never_goes_back_to_the_old_year(
    node: Appliance, clock: HandClock, again: Again, confirmed: bool
) -> None:
    """Nor does a person's word that is good to five minutes only."""
    clock.until(NEW_YEAR + timedelta(seconds=10))
    register(node, a_letter(1))
    if confirmed:
        confirm(node)
    clock.put(NEW_YEAR - MINUTE)
    started = again()
    told = refused(started, YearGoneBack)

    assert "ปี 2570" in told.sentence("th")
    assert standing(started).need == Need(YEAR, administrator=True)
    clock.forward(seconds=60)
    assert numbered(register(started, a_letter(2))) == (YEAR + 1, 2)


def test_a_person_can_take_the_node_back_to_the_old_year(
    node: Appliance, clock: HandClock, again: Again
) -> None:
    clock.until(NEW_YEAR + timedelta(seconds=10))
    register(node, a_letter(1))
    clock.put(NEW_YEAR - MINUTE)
    started = again()

    assert confirm(started, administrator=True).opens_year == YEAR
    assert numbered(register(started, a_letter(2))) == (YEAR, 1)


# --- confirming


def test_a_confirmation_says_who_when_what_was_shown_and_which_year_it_opens(
    node: Appliance, clock: HandClock
) -> None:
    register(node, a_letter(1))
    clock.put(NEW_YEAR + timedelta(days=2))
    shown = clock.now()
    clock.forward(minutes=2)

    confirm(node, administrator=True, shown=shown)

    event: Event = events_of(node)[-1]
    assert event.type == "clock.confirmed"
    assert (event.actor, event.at) == (MALI, "2027-01-02T17:02:00.000Z")
    assert event.body == ClockConfirmed(shown="2027-01-02T17:00:00.000Z", opens_year=YEAR + 1)


@pytest.mark.parametrize("since", [timedelta(minutes=11), timedelta(days=-1)])
def test_what_was_shown_too_long_ago_cannot_be_confirmed(
    node: Appliance, clock: HandClock, since: timedelta
) -> None:
    with pytest.raises(ClockMoved) as wrong:
        confirm(node, shown=clock.now() - since)

    assert "22 พฤศจิกายน 2569 เวลา 09.00 น." in wrong.value.sentence("th")


def test_a_clerk_does_not_open_a_year(node: Appliance, clock: HandClock) -> None:
    register(node, a_letter(1))
    clock.put(NEW_YEAR + timedelta(days=2))

    with pytest.raises(AdministratorConfirms):
        confirm(node)

    assert events_of(node, "clock.confirmed") == []
    refused(node, ClockStepped)


def test_what_fails_in_one_transaction_opens_no_year(node: Appliance, clock: HandClock) -> None:
    clock.until(NEW_YEAR + MINUTE)
    with suppress(KeyboardInterrupt), node.db.write() as write:
        assert year_gate.year_to_number(write, node.journal.clock) == YEAR + 1
        raise KeyboardInterrupt
    clock.put(NEW_YEAR - timedelta(hours=3))

    refused(node, ClockStepped)
    confirm(node, administrator=True)
    assert numbered(register(node, a_letter(1))) == (YEAR, 1)


# --- for pages and findings


def without_battery(clock: HandClock) -> None:
    clock.has_rtc = False
    clock.reboot()


@pytest.mark.parametrize(
    ("happens", "quality", "code"),
    [
        (lambda clock: clock.forward(days=1), Quality.TRUSTED, ""),
        (lambda clock: clock.put(MORNING + timedelta(days=9)), Quality.STEPPED, "SRB-342"),
        (lambda clock: clock.reboot(days=60), Quality.JUMPED, "SRB-343"),
        (lambda clock: clock.reboot(minutes=-9), Quality.BEHIND, "SRB-341"),
        (without_battery, Quality.UNKNOWN, "SRB-344"),
    ],
)
def test_the_list_of_findings_tells_how_the_clock_is(
    node: Appliance,
    clock: HandClock,
    happens: Callable[[HandClock], object],
    quality: Quality,
    code: str,
) -> None:
    register(node, a_letter(1))
    happens(clock)

    found = standing(node)

    assert found.sight.judged.quality is quality
    assert (found.refusal.code if found.refusal else "") == code
    assert found.good == (code == "")
    assert "…" not in found.thai + found.english
    finding = next(one_ for one_ in health.look(node, thorough=False) if one_.name == "clock")
    assert (finding.good, finding.thai) == (found.good, found.thai)


def test_nothing_can_be_dated_by_an_untrusted_clock(node: Appliance, clock: HandClock) -> None:
    with node.db.write() as write:
        year_gate.require_trusted(write, node.journal.clock)
    clock.put(MORNING + timedelta(days=2))
    with node.db.write() as write, pytest.raises(ClockStepped):
        year_gate.require_trusted(write, node.journal.clock)


def test_the_emergency_register_needs_a_trusted_clock_too(
    node: Appliance, clock: HandClock
) -> None:
    clock.put(MORNING + timedelta(days=500))

    with node.db.write() as write, pytest.raises(SarabanError) as wrong:
        emergency.open_outage(write, node.journal, cause="สายขาด", actor=SOMSRI)

    assert wrong.value.code == "SRB-342"
