"""A whole district, whatever happens to it in whatever order, keeps the promises about numbers.

Two offices with two machines each, their copies, backups and old disks, and a centre that is itself
set back: every act is the product's own, only sockets are left out (``tests/world``). After every
step what has just changed is looked at:

* no number is given twice in a series, but by machines of one name that cannot know of each other,
  and by a centre that was set back without a word, or that has not heard both of two machines of
  one name since it was set back (the limits of docs/adr/0017);
* every number of every range is in exactly one state;
* what the centre has acknowledged is there, unchanged;
* every gap says why, and who knew of which number.

At the end of each story everybody exchanges until all is quiet: all machines are at work, node and
centre prove every number, each from what it holds, no event is missing, and the audit names every
number that stands twice on paper, and nothing else.

``DISTRICT_STEPS`` is how many steps are done, ``DISTRICT_SEED`` from where the dice begin: the same
seed tells the same stories.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import ClassVar, Final

import hypothesis
import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from saraban_sync.errors import SarabanError
from saraban_sync.registers import Register
from tests.world import clerks, line, quiet
from tests.world.district import BOOKS, District
from tests.world.line import Fault
from tests.world.machines import Machine

SHARDS: Final = 4
"""Districts with different seeds, so that several processors can share the work."""
STEPS_IN_A_STORY: Final = 200
STEPS: Final = int(os.environ.get("DISTRICT_STEPS", "20000"))
SEED: Final = int(os.environ.get("DISTRICT_SEED", "0"))
_STORIES_IN_A_PART: Final = 25
_PARTS: Final = 1_000_000
_TELL_EVERY: Final = 10_000

LAST_YEAR: Final = datetime(2027, 12, 1, tzinfo=UTC)
OFF: Final = (
    *[timedelta()] * 5, timedelta(hours=3), timedelta(days=-180), timedelta(days=-1),
    timedelta(days=365),
)  # fmt: skip
"""How wrong a clock may be when a machine comes up."""

Desks = st.integers(0, 3)
Which = st.integers(0, 7)
Books = st.sampled_from(BOOKS)
Faults = st.one_of(
    st.just({}),
    st.dictionaries(st.integers(0, 9), st.sampled_from(Fault), min_size=1, max_size=1),
)


def often(**acts: int) -> st.SearchStrategy[str]:
    """Choose an act; the more its number, the more often."""
    return st.sampled_from([act for act, times in acts.items() for _ in range(times)])


class DistrictAtWork(RuleBasedStateMachine):
    """What can happen in a district."""

    steps: ClassVar[int] = 0
    began: ClassVar[float] = 0.0
    tally: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.district = District(self.tally)
        self.looked_at: set[Machine] = set()

    @rule(desk=Desks, act=often(register=6, send=3, register_arrival=2), book=Books)
    def letter(self, desk: int, act: str, book: Register) -> None:
        """A clerk registers a letter."""
        machine, n = self.machine(desk), self.district.letter()
        with self.refusals(act):
            if act == "register":
                clerks.register(machine, book, n)
            elif act == "send":
                clerks.register(machine, Register.OUTGOING, n, to=self.district.elsewhere(machine))
            elif act == "register_arrival":
                clerks.register_arrival(machine)

    @rule(desk=Desks, act=often(reserve=3, finish=3, cancel=1, void=1), which=Which)
    def number(self, desk: int, act: str, which: int) -> None:
        """A clerk reserves a number, writes its letter, or gives a number up."""
        machine = self.machine(desk)
        with self.refusals(act):
            if act == "reserve":
                clerks.reserve(machine, Register.OUTGOING, which)
            else:
                chosen = clerks.line(machine, "issued" if act == "void" else "reserved", which)
                if act == "finish":
                    clerks.finish(machine, self.district.letter(), chosen)
                elif act == "cancel":
                    clerks.cancel(machine, chosen)
                else:
                    clerks.void(machine, chosen)

    @rule(desk=Desks, book=Books, letters=st.integers(2, 12))
    def rush(self, desk: int, book: Register, letters: int) -> None:
        """Many letters in a row; when numbers run out, in the emergency register."""
        machine = self.machine(desk)
        for _ in range(letters):
            with self.refusals("register"):
                clerks.register(machine, book, self.district.letter())
                continue
            with self.refusals("open emergency"):
                clerks.open_emergency(machine)
            with self.refusals("emergency"):
                clerks.register_in_emergency(machine, book, self.district.letter())

    @rule(desk=Desks, faults=Faults, carried=st.booleans())
    def exchange(self, desk: int, faults: dict[int, Fault], carried: bool) -> None:
        """A machine exchanges with the centre, over a line that may break."""
        machine = self.machine(desk)
        with self.refusals("keep house"):
            clerks.keep_house(machine)
        with self.refusals("exchange"):
            self.district.exchange(machine, faults)
        if carried:
            self.district.centre.work()

    @rule(act=often(day=3, week=1, new_year=1))
    def time_passes(self, act: str) -> None:
        """Nobody does anything; or it is one minute before midnight on 31 December."""
        sky = self.district.sky
        if act == "new_year" and sky.moment < LAST_YEAR:
            sky.until_new_year()
            self.tally["new year"] += 1
        else:
            sky.forward(days=8 if act == "week" else 1)

    @rule(desk=Desks, off=st.sampled_from(OFF), asleep=st.sampled_from((0, 0, 1, 50)))
    def restart(self, desk: int, off: timedelta, asleep: int) -> None:
        """A machine is switched off and on; its clock may come up wrong."""
        machine = self.machine(desk)
        machine.close()
        machine.clock.put(off)
        machine.clock.restart(asleep=timedelta(days=asleep))
        self.district.sky.forward(days=asleep)
        if off:
            self.district.clocks_were_wrong = True

    @rule(desk=Desks, careful=st.booleans(), administrator=st.booleans())
    def see_to_the_clock(self, desk: int, careful: bool, administrator: bool) -> None:
        """Somebody sets the clock right, or does not look, and confirms what it shows."""
        machine = self.machine(desk)
        if careful:
            machine.clock.put(timedelta())
        if clerks.clock_refused(machine):
            with self.refusals("confirm clock"):
                clerks.confirm_clock(machine, administrator=administrator)

    @rule(desk=Desks, act=often(back_up=3, restore=3, copy=1, clone=2, turn_up=1), which=Which)
    def accident(self, desk: int, act: str, which: int) -> None:
        """A backup is taken or put back, a folder is copied, an old disk turns up."""
        machine = self.machine(desk)
        with self.refusals(act):
            if act == "back_up":
                self.district.back_up(machine)
            elif act == "restore":
                self.district.restore(machine, which, burnt=which > 3)
            elif act == "turn_up":
                self.looked_at.add(self.district.turn_up(which))
            else:
                self.looked_at.add(self.district.copy(machine, perfect=act == "clone"))

    @rule(desk=Desks, act=often(by_hand=2, on_line=3), sure=st.booleans(), faults=Faults)
    def identity(self, desk: int, act: str, sure: bool, faults: dict[int, Fault]) -> None:
        """Somebody leads a machine that is stopped back to work."""
        stopped = [one for one in self.district.touched() if one.fenced()]
        if not stopped:
            return
        machine = stopped[desk % len(stopped)]
        self.looked_at.add(machine)
        if act == "by_hand":
            with self.refusals("lift by hand"):
                self.district.lift_by_hand(machine, sure=sure, lie=bool(faults))
        elif self.district.said(machine) == "fork":
            with self.refusals("fork"):
                self.district.fork(machine, faults)
        else:
            with self.refusals("lift"):
                self.district.lift(machine, sure=sure, faults=faults)

    @rule(act=often(decide=3, take_back=1, copy=1, put_back=1, put_back_in_silence=1), which=Which)
    def headquarters(self, act: str, which: int) -> None:
        """The centre's administrator sees to machines; or the centre itself is set back."""
        with self.refusals(f"centre: {act}"):
            if act == "decide":
                self.district.centre.decide(which)
            elif act == "take_back":
                self.district.take_back(self.machine(which))
            elif act == "copy":
                self.district.copies.append(self.district.centre.copy())
            else:
                self.district.roll_back(said=act == "put_back")

    def machine(self, desk: int) -> Machine:
        """Choose a machine; something is about to be done on it."""
        machine = self.district.machines[desk % len(self.district.machines)]
        self.looked_at.add(machine)
        return machine

    @invariant()
    def promises_are_kept(self) -> None:
        """Look at what was touched."""
        self.district.sky.forward(seconds=20)
        for machine in sorted(self.looked_at, key=lambda one: one.desk):
            self.district.watch.machine(machine)
        self.looked_at.clear()
        self.district.watch.centre(self.district.centre)
        _count(type(self))

    @contextmanager
    def refusals(self, act: str) -> Iterator[None]:
        """Let the product say no, in a sentence; count both."""
        try:
            yield
            self.tally[act] += 1
        except LookupError:
            self.tally[f"{act}: nothing there"] += 1
        except SarabanError as no:
            self.tally[f"{act}: {type(no).__name__}"] += 1

    def teardown(self) -> None:
        """End the story."""
        try:
            quiet.settle(self.district)
            quiet.hold_to_account(self.district)
        finally:
            self.district.close()


def _a_district_of_its_own(shard: int) -> type[DistrictAtWork]:
    class District(DistrictAtWork):
        began: ClassVar[float] = time.monotonic()
        tally: ClassVar[Counter[str]] = Counter()

    District.__name__ = f"District{shard}"
    return District


def _count(machine: type[DistrictAtWork]) -> None:
    machine.steps += 1
    if machine.steps % _TELL_EVERY == 0:
        seconds = time.monotonic() - machine.began
        print(f"{machine.__name__}: {machine.steps} steps in {seconds:.0f} s", file=sys.stderr)


@pytest.mark.parametrize(
    "shard",
    [
        pytest.param(shard, marks=pytest.mark.xdist_group(f"district-{shard}"))
        for shard in range(SHARDS)
    ],
)
def test_no_number_is_given_twice_in_a_district_and_none_is_unexplained(shard: int) -> None:
    machine = _a_district_of_its_own(shard)
    wanted = -(-STEPS // SHARDS)

    with line.plugged_in():
        for part in count():
            if machine.steps >= wanted:
                break
            hypothesis.seed((SEED * SHARDS + shard) * _PARTS + part)(machine)
            run_state_machine_as_test(machine, settings=_stories(wanted - machine.steps))

    print(machine.steps, dict(sorted(machine.tally.items())))


def _stories(steps: int) -> settings:
    """Give settings for about so many steps: a story may be shorter than it could be."""
    return settings(
        max_examples=min(-(-steps // STEPS_IN_A_STORY), _STORIES_IN_A_PART),
        stateful_step_count=STEPS_IN_A_STORY,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
