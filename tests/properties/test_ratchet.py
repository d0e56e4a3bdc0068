"""Whatever the line does, one machine is never taken for two, and two are never taken for one."""

from dataclasses import dataclass, field, replace
from itertools import count

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from saraban_sync import ratchet
from saraban_sync.ratchet import Ratchet, Verdict


@dataclass
class Machine:
    """A node, as far as its tokens go."""

    token: str = ""
    own: set[str] = field(default_factory=set)
    pending: str = ""
    fenced: bool = False
    met: int = 0
    """Contacts that were answered since the database was copied or the centre set back."""

    def copy(self, *, notices: bool) -> "Machine":
        """Copy the database; on another machine it forgets a contact that was not answered."""
        return replace(self, own=set(self.own), pending="" if notices else self.pending, met=0)


@dataclass(frozen=True)
class Shown:
    """A request on its way."""

    token: str
    following: str
    behind: bool


@dataclass
class Centre:
    """The centre, as far as one node's tokens go."""

    held: Ratchet = field(default_factory=Ratchet)
    twin: bool = False

    def answer(self, shown: Shown) -> str:
        """Judge a contact: accepted, ``twin``, or the token that the centre holds."""
        if self.twin:
            return "twin"
        said = ratchet.judge(self.held, token=shown.token, following=shown.following)
        if said.accepted or (said is Verdict.UNKNOWN and shown.behind):
            self.held = ratchet.moved(self.held, shown.following)
            return "accepted"
        self.twin = said is Verdict.OLD
        return "twin" if self.twin else self.held.current


class OneName(RuleBasedStateMachine):
    """One name, at first on one machine; its copy comes later or never."""

    def __init__(self) -> None:
        super().__init__()
        self.draw = count(1)
        self.centre = Centre()
        self.backups = [Centre()]
        self.machines = [Machine()]
        self.on_the_way: list[Shown] = []
        self.perfect = False

    @rule(who=st.integers(0, 1), lost=st.sampled_from(["", "", "", "request", "answer", "second"]))
    def contact(self, who: int, lost: str) -> None:
        """A machine comes by; the line may lose what it says, or what it is told."""
        machine = self.machines[who % len(self.machines)]
        if machine.fenced:
            self.centre.twin = True  # it says so, and is believed
            return
        machine.pending = machine.pending or f"t{next(self.draw)}"
        answer = self._ask(machine, behind=False, lost=lost)
        if answer not in ("", "accepted", "twin"):
            if ratchet.centre_fell_behind(answer, machine.own):
                answer = self._ask(machine, behind=True, lost="answer" if lost == "second" else "")
            else:
                answer = "twin"
        if answer == "twin":
            machine.fenced = True
        if answer == "accepted":
            machine.token, machine.pending = machine.pending, ""
            machine.own.add(machine.token)
        machine.met += bool(answer)

    def _ask(self, machine: Machine, *, behind: bool, lost: str) -> str:
        shown = Shown(machine.token, machine.pending, behind)
        self.on_the_way.append(shown)
        if lost == "request":
            return ""
        answer = self.centre.answer(shown)
        return "" if lost == "answer" else answer

    @precondition(lambda self: self.on_the_way)
    @rule(which=st.integers(0, 200))
    def a_request_comes_again(self, which: int) -> None:
        """What was said once is heard once more, much later; nobody waits for the answer."""
        self.centre.answer(self.on_the_way[which % len(self.on_the_way)])

    @precondition(lambda self: len(self.machines) == 1)
    @rule(notices=st.booleans())
    def copy(self, notices: bool) -> None:
        """Somebody copies the machine; an exact copy may not notice that it is one."""
        self.perfect = not notices and bool(self.machines[0].pending)
        self.machines[0].met = 0
        self.machines.append(self.machines[0].copy(notices=notices))

    @rule()
    def back_up_the_centre(self) -> None:
        """The centre is backed up."""
        self.backups.append(replace(self.centre))

    @rule(which=st.integers(0, 50))
    def set_the_centre_back(self, which: int) -> None:
        """The centre is restored from an older backup; that cuts every request on its way."""
        self.centre = replace(self.backups[which % len(self.backups)])
        self.on_the_way.clear()
        for machine in self.machines:
            machine.met = 0

    @invariant()
    def a_single_machine_is_never_taken_for_two(self) -> None:
        if len(self.machines) == 1:
            assert not self.centre.twin
            assert not self.machines[0].fenced

    @invariant()
    def two_machines_that_were_both_here_are_known_for_two(self) -> None:
        """An exact copy of a machine that waited for an answer needs one contact more."""
        enough = 2 if self.perfect else 1
        if len(self.machines) == 2 and all(one.met >= enough for one in self.machines):
            assert self.centre.twin or any(one.fenced for one in self.machines)


OneName.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestOneName = OneName.TestCase


def test_tokens_that_were_long_overtaken_are_forgotten() -> None:
    held = Ratchet()
    for number in range(ratchet.CENTRE_REMEMBERS + 50):
        held = ratchet.moved(held, f"t{number}")

    assert len(held.past) == ratchet.CENTRE_REMEMBERS
    assert ratchet.judge(held, token="t0", following="x") is Verdict.UNKNOWN
    assert ratchet.judge(held, token="t100", following="x") is Verdict.OLD
    assert ratchet.judge(held, token=held.current, following="x") is Verdict.NEXT


def test_a_token_is_thirty_two_hexadecimal_digits() -> None:
    assert ratchet.is_token("0123456789abcdef" * 2)
    for wrong in ("", "0" * 31, "0" * 33, "G" * 32, "A" * 32, "0" * 32 + "\n"):
        assert not ratchet.is_token(wrong)
