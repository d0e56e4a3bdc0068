"""The simulated district: offices with several nodes each, the centre, and what can happen to them.

Everything that is done goes through the product's own functions. What is remembered here beside it
is only what people would know: the paper on the desks, and which machine was copied from which.
"""

import atexit
import shutil
import tempfile
from collections import Counter
from functools import cache
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from saraban_central import directory
from saraban_node import appliance, keys, meta
from saraban_node.identity import fence, forking, lifting, returning
from saraban_node.identity.errors import NotStated
from saraban_node.identity.fence import Lift
from saraban_node.line.syncer import Syncer
from saraban_sync.registers import Register, buddhist_year
from saraban_sync.wire import revision_of_hash
from tests.offices import SOMSRI
from tests.world import accidents, chance, headquarters, line
from tests.world.accidents import Backup
from tests.world.clocks import MachineClock, Sky
from tests.world.headquarters import Headquarters, Settings
from tests.world.kinship import Kinship
from tests.world.line import Fault
from tests.world.machines import Machine
from tests.world.paper import Paper, Series, Word
from tests.world.silence import Silence
from tests.world.watch import Broken, Watch

OFFICES: Final = {"ban-doi": 2, "area-1": 2}
"""Office and number of its nodes."""
BOOKS: Final = (Register.INCOMING, Register.OUTGOING)
DESKS: Final = 7
"""More machines than at the beginning are copies of others."""
GUARD: Final = 2
_HOST: Final = "centre"
_SETTINGS: Final[Settings] = {"number_block": 6, "number_low_water": 3, "number_bridge_days": 1}
_MEMORY: Final = Path("/dev/shm")


class Attic(NamedTuple):
    """The data of a machine in whose place a backup was put."""

    office: str
    facts: str
    folder: Path
    events: list[str]


class District:
    """One district, from its first morning.

    Args:
        tally: counts what happens.
    """

    def __init__(self, tally: Counter[str] | None = None) -> None:
        self.tally = Counter[str]() if tally is None else tally
        self.folder = new_folder()
        self.sky = Sky()
        self.paper = Paper()
        self.clocks_were_wrong = False
        """Whether a machine has worked with a wrong clock: the auditor will say so."""
        self._numbers = count(1)
        self._letters = count(1)
        template = _template()
        chance.begin()
        shutil.copytree(template / "centre", self.folder / "centre")
        self.centre = Headquarters(self.folder / "centre", MachineClock(self.sky, 0), _HOST)
        self.silence = Silence(self.centre)
        self.watch = Watch(self.paper, self.silence, self._nobody_knows)
        self.kin = Kinship()
        self.backups: dict[int, list[Backup]] = {}
        self.attic: list[Attic] = []
        self.copies: list[Path] = []
        self.taken_back: set[str] = set()
        """Names under which a machine was taken in again."""
        self.machines = [
            self._machine(office, template / name)
            for office, nodes in OFFICES.items()
            for name in names(office, nodes)
        ]
        for machine, name in zip(self.machines, _all_names(), strict=True):
            self.kin.machines[machine.desk] = machine
            self.kin.desks[name] = {machine.desk}

    def close(self) -> None:
        """End everything and remove it."""
        for machine in self.machines:
            machine.close()
        self.centre.close()
        shutil.rmtree(self.folder)

    def elsewhere(self, machine: Machine) -> str:
        """Name another office than a machine's."""
        return next(office for office in OFFICES if office != machine.office)

    def letter(self) -> int:
        """Number the letters of a story, so that no two are the same."""
        return next(self._letters)

    def touched(self) -> list[Machine]:
        """List the machines on which anything was done."""
        return [machine for machine in self.machines if machine.touched]

    def is_locked_out(self, machine: Machine) -> bool:
        """Tell whether the centre lets another machine in under this one's name.

        It does so if it had forgotten the name, and the other one came first: a copy with the same
        key that was taken back; or any other, if nobody had said that the centre was set back.

        Raises:
            Broken: nothing of the kind was done.
        """
        secret = keys.load_centre_secret(machine.node.keys, machine.name)
        if self.centre.lets_in(machine.name, secret):
            return False
        if not self.silence.ever and machine.name not in self.taken_back:
            raise Broken(f"desk {machine.desk} is not let in any more as {machine.name}")
        return True

    def exchange(self, machine: Machine, faults: dict[int, Fault] | None = None) -> int:
        """The machine exchanges with the centre, over a line that may break.

        Returns:
            How many documents went either way.

        Raises:
            SarabanError: it broke off.
        """
        self.watch.machine(machine)  # what was written before it could hear of any other
        fenced = machine.fenced()
        self.centre.wire.set(faults)
        try:
            report = machine.syncer.run_cycle()
        finally:
            self._heard(machine, fenced=bool(fenced))
        return report.pushed + report.fetched + report.healed

    def back_up(self, machine: Machine) -> None:
        """Take a backup of a machine."""
        self.watch.machine(machine)
        self.backups.setdefault(machine.desk, []).append(accidents.back_up(machine))

    def restore(self, machine: Machine, which: int, *, burnt: bool) -> None:
        """Put one of a machine's backups back; if it has none, one that was taken just now."""
        backups = self.backups.setdefault(machine.desk, [])
        if not backups:
            backups.append(accidents.back_up(machine))
        backup = backups[which % len(backups)]
        events = machine.events
        old = accidents.restore(machine, backup, burnt=burnt)
        self.attic.append(Attic(machine.office, machine.facts, old, events))
        self.kin.restored(machine)
        _is_fenced(machine, meta.RESTORED, backup.fenced)

    def copy(self, machine: Machine, *, perfect: bool) -> Machine:
        """Copy a machine's folder to another desk.

        Args:
            machine: whose.
            perfect: whether nothing tells the other machine from this one.

        Raises:
            LookupError: there is no desk left.
        """
        self.watch.machine(machine)
        new = self._machine(machine.office)
        accidents.copy(machine.folder, new.folder)
        new.facts = machine.facts if perfect else new.facts
        new.events = list(machine.events)
        self.kin.copied(machine, new, busy=perfect and machine.busy())
        self.machines.append(new)
        if not perfect:
            _is_fenced(new, meta.COPIED, machine.fenced())
        return new

    def lift_by_hand(self, machine: Machine, *, sure: bool, lie: bool) -> None:
        """An administrator lifts a fence with no line.

        Args:
            machine: whose.
            sure: whether he has looked at the paper; otherwise he says that nobody knows.
            lie: whether he says that there is no other machine, though there may be.
        """
        lift = self._lift(machine, sure=sure, alone=lie or not machine.rivals)
        lifting.lift_by_hand(machine.node, lift)
        self.kin.shared.add(machine.name)
        self.kin.began(machine, met=False)

    def lift(self, machine: Machine, *, sure: bool, faults: dict[int, Fault] | None = None) -> None:
        """An administrator lifts a fence over the line."""
        self.centre.wire.set(faults)
        try:
            self._lift_on_line(machine, sure=sure)
        finally:
            self._heard(machine, fenced=True)

    def fork(self, machine: Machine, faults: dict[int, Fault] | None = None) -> None:
        """A machine that is stopped gets a name of its own."""
        code = self.centre.fork_code(machine.name, machine.hash)
        self.centre.wire.set(faults)
        forking.fork(machine.node, line.connect(machine.node), code=code, actor=SOMSRI)
        self.watch.machine(machine)
        machine.close()
        self.kin.left(machine)

    def take_back(self, machine: Machine) -> None:
        """A node that the centre has forgotten is taken in again under its name.

        Raises:
            LookupError: the centre knows it.
        """
        if self.centre.knows(machine.name):
            raise LookupError("it is known")
        code = self.centre.code_to_return(machine.name, machine.office)
        self.centre.wire.set()
        self.taken_back.add(machine.name)
        returning.rejoin(machine.node, code=code)

    def said(self, machine: Machine) -> str:
        """What the centre has decided about a machine that is stopped."""
        with machine.node.db.read() as cursor:
            return fence.said(cursor)

    def turn_up(self, which: int) -> Machine:
        """An old disk is put into another machine, after a backup has taken its place.

        Raises:
            LookupError: there is none, or no desk is left.
        """
        old = self.attic.pop(which % max(len(self.attic), 1))
        new = self._machine(old.office)
        accidents.copy(old.folder, new.folder)
        new.facts, new.events = old.facts, list(old.events)
        self.machines.append(new)
        self.kin.bears(new)
        self.kin.restored(new)
        return new

    def roll_back(self, *, said: bool) -> None:
        """Put the last copy of the centre back.

        Raises:
            LookupError: there is none.
        """
        copy, granted = self.copies[-1], self.silence.granted()
        self.centre.put_back(copy, said=said)
        self.silence.set_back(granted, said=said, desks=self._bearers())
        self.watch.forgotten(self.centre)
        self.kin.forgotten()

    def _nobody_knows(self, machine: Machine, series: Series, number: int, said: Word) -> bool:
        """Tell whether a letter is lost, and with it all from which its number could be known.

        Then the centre has forgotten the number's range, or that it had seen the machine that gave
        it beside this one, its copy; and nobody holds the letter's event.
        """
        pair = frozenset((machine.desk, said.desk))
        if not self.silence.has_forgotten(series, number) and pair not in self.kin.unlearned:
            return False
        if any(said.event in one.events for one in self.machines):
            return False
        return revision_of_hash(said.event) not in self.centre.held()

    def _bearers(self) -> dict[str, set[int]]:
        """Give the desks of the machines that bear each name."""
        found: dict[str, set[int]] = {}
        for machine in self.touched():
            found.setdefault(machine.name, set()).add(machine.desk)
        return found

    def _heard(self, machine: Machine, *, fenced: bool) -> None:
        """Note what the centre's answer means for who knows of whom."""
        wire = self.centre.wire
        if wire.began or wire.heard:
            self.silence.came(machine.desk)
        if wire.began:
            self.kin.began(machine, met=True)
        elif wire.heard and not fenced:
            self.kin.met(machine, stopped=bool(machine.fenced()))

    def _lift_on_line(self, machine: Machine, *, sure: bool) -> None:
        try:
            machine.syncer.lift(self._lift(machine, sure=sure, alone=not machine.rivals))
        except NotStated:  # what came back from the centre has more books
            machine.syncer.lift(self._lift(machine, sure=sure, alone=not machine.rivals))

    def _lift(self, machine: Machine, *, sure: bool, alone: bool) -> Lift:
        node = machine.node
        desks = frozenset(self.kin.desks[machine.name])
        with node.db.read() as cursor:
            asked = fence.status(node, cursor).series
        paper: dict[tuple[Register, int], int | None] = {}
        for one in asked:
            series = Series(machine.office, one.register, one.year)
            last = self.paper.last(desks, series)
            # Beyond the ranges that are known here, only "nobody knows" is accepted.
            paper[one.register, one.year] = last if sure and last <= one.last else None
        return Lift(actor=SOMSRI, paper=paper, alone=alone, guard=GUARD)

    def _machine(self, office: str, template: Path | None = None) -> Machine:
        desk = next(self._numbers)
        if desk > DESKS:
            raise LookupError("no desk is left")
        folder = self.folder / f"desk-{desk}"
        folder.mkdir()
        return Machine(
            desk=desk, office=office, folder=folder / "data",
            clock=MachineClock(self.sky, desk), facts=f"machine {desk}", template=template,
        )  # fmt: skip


def _is_fenced(machine: Machine, why: str, before: str) -> None:
    """A database that was restored or copied is fenced; a weightier fence that stood stays."""
    expected = max(why, before or why, key=meta.REASONS.index)
    if machine.fenced() != expected:
        raise Broken(f"desk {machine.desk} is {machine.fenced()!r}, not {expected}")


def names(office: str, nodes: int) -> list[str]:
    """Name the nodes of an office as the centre does."""
    return [office if number == 1 else f"{office}-{number}" for number in range(1, nodes + 1)]


def _all_names() -> list[str]:
    return [name for office, nodes in OFFICES.items() for name in names(office, nodes)]


def new_folder() -> Path:
    """Make a folder in memory, where there is one."""
    return Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None))


@cache
def _template() -> Path:
    """Make the first morning of a district once: nodes enrolled, with ranges, and exchanged."""
    chance.begin(-1)
    folder = new_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    sky = Sky()
    clock = MachineClock(sky, 0)
    headquarters.found(folder / "centre", clock)
    hq = Headquarters(folder / "centre", clock, _HOST)
    for office, nodes in OFFICES.items():
        directory.add_office(hq.centre, office, name=f"สำนักงาน {office}", prefix="ศธ 04123")
        for name in names(office, nodes):
            headquarters.enrol(
                hq.centre, folder / name, office, f"{line.SCHEME}://{_HOST}", clock, _SETTINGS
            )
            headquarters.provide(hq.centre, name, BOOKS, buddhist_year(sky.moment))
    for office, nodes in OFFICES.items():
        for name in names(office, nodes):
            node = appliance.open_appliance(folder / name, clock=clock)
            Syncer(node, connect=line.connect).run_cycle()
            node.close()
    hq.work()
    hq.close()
    return folder
