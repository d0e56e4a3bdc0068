"""Whatever happens to a machine's clock, no year is opened on a clock that cannot be believed.

Two machines play. The first keeps the rules to themselves: true time passes, the clock is set by up
to sixty years, the machine is started again with and without a battery clock, the centre, a time
service and people give their word. The second is a real node whose clerk registers through it all.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import given, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from saraban_node import appliance
from saraban_node.appliance import Appliance
from saraban_node.clocks import year_gate
from saraban_node.clocks.errors import ClockUntrusted
from saraban_sync import clocks
from saraban_sync.clocks import Anchor, Judgement, Quality, Reading, Source
from saraban_sync.errors import SarabanError
from saraban_sync.events import LetterRegistered
from saraban_sync.registers import Register, buddhist_year, parse_instant
from tests.offices import (
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

BOOT = "0a1b2c3d"
SIXTY_YEARS = 60 * 366 * 86_400.0
NEW_YEAR = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
_MEMORY = Path("/dev/shm")

Steps = st.one_of(
    st.floats(-SIXTY_YEARS, SIXTY_YEARS),
    st.floats(-400 * 86_400.0, 400 * 86_400.0),
    st.floats(-600.0, 600.0),
)
Spans = st.one_of(st.floats(0, 90), st.floats(0, 86_400.0), st.floats(0, 40 * 86_400.0))
Sources = st.sampled_from(Source)


def words(source: Source, **fields: object) -> Anchor:
    """Give an anchor of the morning."""
    known: dict[str, object] = {
        "boot": BOOT, "monotonic": 1_000.0, "wall": MORNING, "source": source,
        "doubt_ms": None if source is Source.RTC else 500, "floor": MORNING,
    }  # fmt: skip
    return Anchor(**{**known, **fields})  # type: ignore[arg-type] # a test names the fields


def later(seconds: float, *, step: float = 0, boot: str = BOOT, battery: bool = True) -> Reading:
    """Read a clock that was set by some seconds meanwhile."""
    wall = MORNING + timedelta(seconds=seconds + step)
    return Reading(wall, 1_000.0 + seconds, boot, battery)


@given(Sources, Spans, Steps)
def test_a_step_is_never_trusted_whoever_vouched_before(
    source: Source, passed: float, step: float
) -> None:
    anchor = words(source)
    judged = clocks.judge(later(passed, step=step), anchor)
    allowed = 120 + passed * 100e-6 + (anchor.doubt_ms or 0) / 1000

    if abs(step) > allowed + 0.001:
        assert judged.quality in (Quality.STEPPED, Quality.BEHIND)
        assert judged.source is None
    elif abs(step) < allowed - 0.001:
        assert judged.trusted
        assert judged.source is source


@given(Spans, st.floats(-119, 119), st.integers(0, 5_000))
def test_a_trusted_time_is_certain_to_the_doubt_it_is_given(
    passed: float, step: float, doubt_ms: int
) -> None:
    """The true time is within the anchor's doubt and the drift of the machine's quartz."""
    judged = clocks.judge(later(passed, step=step), words(Source.CENTRE, doubt_ms=doubt_ms))

    assert judged.doubt_s is not None
    assert judged.doubt_s >= max(abs(step), doubt_ms / 1000) - 0.002
    assert judged.doubt_s <= max(abs(step), doubt_ms / 1000) + passed * 100e-6 + 1
    assert judged.age_s is not None
    assert abs(judged.age_s - passed) <= 1


@given(Sources, st.booleans(), Steps)
def test_a_machine_that_was_started_again_has_only_its_battery_clock(
    source: Source, battery: bool, step: float
) -> None:
    judged = clocks.judge(later(0, step=step, boot="5e6f7a8b", battery=battery), words(source))

    if step < -121:
        assert judged.quality is Quality.BEHIND
    elif step >= 0 and not battery:
        assert judged.quality is Quality.UNKNOWN
    elif step > 40 * 86_400 + 1:
        assert judged.quality is Quality.JUMPED
    elif 0 <= step <= 40 * 86_400:
        assert judged == Judgement(quality=Quality.TRUSTED, source=Source.RTC)


@given(Spans, Steps, st.booleans())
def test_a_battery_clock_never_goes_back_into_an_earlier_year_by_itself(
    passed: float, step: float, battery: bool
) -> None:
    reading = later(passed, step=step, boot="5e6f7a8b", battery=battery)
    anchor = clocks.in_year(words(Source.CENTRE), YEAR + 1)
    judged = clocks.judge(reading, anchor)

    if clocks.may_number(judged, anchor, buddhist_year(reading.wall), YEAR + 1):
        assert buddhist_year(reading.wall) >= YEAR + 1


class AClock(RuleBasedStateMachine):
    """One machine's clock. Everybody who gives his word tells the truth here."""

    def __init__(self) -> None:
        super().__init__()
        self.true = MORNING
        self.clock = HandClock()
        self.anchor: Anchor | None = None
        self.newest = 0
        self.honest = True
        """Whether no battery clock has shown a wrong time since the last word."""
        self.named: set[int] = set()
        """Years that somebody has named since the newest one was opened."""

    @initialize(battery=st.booleans())
    def begin(self, battery: bool) -> None:
        self.clock.has_rtc = battery
        self.a_person_looks_at_the_clock()

    @rule(seconds=Spans)
    def time_passes(self, seconds: float) -> None:
        self.true += timedelta(seconds=seconds)
        self.clock.forward(seconds=seconds)

    @rule(seconds=Steps)
    def somebody_sets_the_clock(self, seconds: float) -> None:
        """It may stand anywhere between 1966 and 2086; a time service is lost by that."""
        wall = self.clock.moment + timedelta(seconds=seconds)
        if abs(wall - MORNING) < timedelta(days=60 * 366):
            self.clock.put(wall)
            self.clock.ntp_doubt_ms = None

    @rule(seconds=Spans, right=st.booleans())
    def the_power_is_cut(self, seconds: float, right: bool) -> None:
        """The battery clock, if there is one, has the true time or what the clock was set to."""
        self.true += timedelta(seconds=seconds)
        self.clock.ntp_doubt_ms = None
        self.clock.reboot(seconds=seconds)
        if self.clock.has_rtc and right:
            self.clock.put(self.true)
        elif self.clock.has_rtc:
            self.honest &= abs(self.clock.moment - self.true) < timedelta(hours=2)
        self._look()  # the program starts with the machine

    @rule(doubt=st.integers(0, 5_000))
    def the_centre_says_what_time_it_is(self, doubt: int) -> None:
        off = self.true - self.clock.moment
        word = clocks.by_the_centre(self.reading(), self.anchor, off=off, doubt_ms=doubt)
        if word is not None:
            self._word(word)

    @rule()
    def a_time_service_sets_the_clock(self) -> None:
        self.clock.put(self.true)
        self.clock.ntp_doubt_ms = 20

    @rule()
    def a_person_looks_at_the_clock(self) -> None:
        """And confirms what it shows, if that is the time by her watch."""
        if abs(self.clock.moment - self.true) <= timedelta(minutes=5):
            doubt_ms = clocks.HUMAN_DOUBT_MS
            self._word(clocks.vouched(self.reading(), Source.HUMAN, self.anchor, doubt_ms=doubt_ms))

    @rule()
    def somebody_looks(self) -> None:
        self._look()

    @rule()
    def a_number_is_wanted(self) -> None:
        judged, reading = self._look(), self.reading()
        year = buddhist_year(reading.wall)
        need = clocks.needed(reading, judged, self.anchor, self.newest)
        if not clocks.may_number(judged, self.anchor, year, self.newest):
            assert need is not None
            assert need.administrator or year == self.newest
            return
        assert need is None
        assert judged.trusted
        if judged.source is Source.RTC:
            assert year >= self.newest or min(self.named, default=9_999) <= year
        if self.honest:
            assert abs(reading.wall - self.true) <= self.most_wrong()
        if year > self.newest:
            assert self.anchor is not None
            self.anchor = clocks.in_year(self.anchor, year)
            self.newest = year
            self.named = set()

    @invariant()
    def the_floor_has_passed(self) -> None:
        """As long as battery clocks are right, no machine thinks it later than it is."""
        if self.anchor is not None and self.honest:
            assert self.anchor.floor <= self.true + self.most_wrong()

    def most_wrong(self) -> timedelta:
        """An hour by the centre's leave or two by the battery clock's, and what a quartz may do."""
        return timedelta(hours=2, minutes=10) + (self.true - MORNING) * clocks.DRIFT

    def reading(self) -> Reading:
        battery, ntp = self.clock.evidence()
        clock = self.clock
        return Reading(clock.now(), clock.monotonic(), clock.boot(), battery, ntp)

    def _look(self) -> Judgement:
        reading = self.reading()
        judged = clocks.judge(reading, self.anchor)
        carried = clocks.carried_on(self.anchor, reading, judged)
        if carried is not None and judged.source is Source.NTP:
            self._word(carried)
        self.anchor = carried or self.anchor
        return judged

    def _word(self, anchor: Anchor) -> None:
        self.anchor = anchor
        self.named.add(buddhist_year(anchor.wall))
        self.honest = True


TestAClock = AClock.TestCase
TestAClock.settings = settings(stateful_step_count=40)


class AClerkAtWork(RuleBasedStateMachine):
    """A real node whose clock does what it likes, and a person who confirms whatever it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None))
        self.clock = HandClock()
        self.given: dict[int, int] = {}
        self.node: Appliance

    @initialize(battery=st.booleans())
    def begin(self, battery: bool) -> None:
        self.clock.has_rtc = battery
        years = range(YEAR - 62, YEAR + 63)
        ranges = [Numbers(Register.INCOMING, year, 100) for year in years]
        self.node = an_office(self.folder / "node", clock=self.clock, ranges=ranges)

    @rule(seconds=Spans)
    def time_passes(self, seconds: float) -> None:
        self.clock.forward(seconds=seconds)

    @rule(seconds=Steps)
    def somebody_sets_the_clock(self, seconds: float) -> None:
        wall = self.clock.moment + timedelta(seconds=seconds)
        if abs(wall - MORNING) < timedelta(days=60 * 366):
            self.clock.put(wall)

    @rule(seconds=Spans)
    def the_power_is_cut(self, seconds: float) -> None:
        self.clock.reboot(seconds=seconds)
        self.node.close()
        self.node = appliance.open_appliance(self.folder / "node", clock=self.clock)

    @rule(off=st.floats(-86_400, 86_400), seconds=st.floats(0, 9))
    def the_centre_is_reached(self, off: float, seconds: float) -> None:
        with self.node.db.write() as write:
            self.node.journal.clock.measured(write, round(off * 1_000), seconds=seconds)

    @rule(administrator=st.booleans())
    def somebody_confirms(self, administrator: bool) -> None:
        before = len(events_of(self.node, "clock.confirmed"))
        try:
            with self.node.db.write() as write:
                year_gate.confirm(
                    write, self.node.journal, shown=write.now, actor=SOMSRI,
                    administrator=administrator,
                )  # fmt: skip
        except SarabanError:
            assert len(events_of(self.node, "clock.confirmed")) == before

    @rule()
    def a_letter_comes(self) -> None:
        with self.node.db.read() as cursor:
            standing = year_gate.standing(cursor, self.node.journal.clock)
        year = buddhist_year(self.clock.moment)
        if year not in range(YEAR - 60, YEAR + 61):
            return
        try:
            entry = register(self.node, a_letter(1))
        except ClockUntrusted:
            assert standing.refusal is not None
            assert standing.need is not None
            assert not standing.good
            return
        assert standing.refusal is None
        assert standing.need is None
        assert (entry.year, entry.number) == (year, self.given.get(year, 0) + 1)
        self.given[year] = entry.number

    def teardown(self) -> None:
        """Every letter was dated by a clock that somebody vouched for, in the year it shows."""
        try:
            for event in events_of(self.node, "letter.registered"):
                assert isinstance(event.body, LetterRegistered)
                assert event.clock.source in set(Source)
                assert event.body.year == buddhist_year(parse_instant(event.at))
        finally:
            self.node.close()
            shutil.rmtree(self.folder)


TestAClerkAtWork = AClerkAtWork.TestCase
TestAClerkAtWork.settings = settings(stateful_step_count=25)


@contextmanager
def offline_office(clock: HandClock) -> Iterator[Appliance]:
    """An office that has this year's numbers and the next one's, and no line."""
    folder = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None))
    ranges = [Numbers(Register.INCOMING, year, 100) for year in (YEAR, YEAR + 1)]
    node = an_office(folder / "node", clock=clock, ranges=ranges)
    try:
        yield node
    finally:
        node.close()
        shutil.rmtree(folder)


@given(st.floats(1, 40 * 86_400), st.floats(0, 5 * 86_400), st.booleans())
@settings(max_examples=20)
def test_the_new_year_is_opened_offline_with_no_administrator(
    before: float, after: float, restarted: bool
) -> None:
    """The machine stays on, or is switched off on some evening and on again in the new year."""
    clock = HandClock(NEW_YEAR - timedelta(seconds=before))
    with offline_office(clock) as node:
        old = register(node, a_letter(1))
        if restarted:
            clock.reboot(seconds=min(before + after, 40 * 86_400))
            clock.until(max(NEW_YEAR + timedelta(seconds=after), clock.moment))
        else:
            clock.until(NEW_YEAR + timedelta(seconds=after))
        new = register(node, a_letter(2))

    assert (old.year, old.number) == (YEAR, 1)
    assert (new.year, new.number) == (YEAR + 1, 1)
