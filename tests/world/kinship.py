"""Which machine was copied from which: what an onlooker of the district knows, and no program.

Two machines of one name can give a number twice as long as neither can know of the other. Once both
have met the centre since they parted, one of them must have been stopped. Whoever has met it since
the other did is excused no more.
"""

from dataclasses import dataclass, field

from tests.world.machines import Machine


class NotNoticed(AssertionError):
    """Two machines of one name have met the centre, and neither was stopped."""


class FalseAlarm(AssertionError):
    """A machine was stopped for a twin that it never had."""


@dataclass
class _Parted:
    """Two machines since one was copied from the other, or one of them has begun a new epoch."""

    needed: int = 1
    """Contacts of each that show it: two, if both may repeat the one that was under way."""
    met: dict[int, int] = field(default_factory=dict)
    stopped: bool = False


@dataclass
class Kinship:
    """All machines that ever bore a name, and those that do not know of each other."""

    machines: dict[int, Machine] = field(default_factory=dict)
    """The machine on each desk."""
    desks: dict[str, set[int]] = field(default_factory=dict)
    """By node: desks on which a machine ever bore the name."""
    shared: set[str] = field(default_factory=set)
    """Names that more than one machine has borne at one time, or that began epochs by hand."""
    unlearned: set[frozenset[int]] = field(default_factory=set)
    """Pairs of machines of one name of which the centre had seen one, and has forgotten that."""
    _parted: dict[frozenset[int], _Parted] = field(default_factory=dict)

    def bears(self, machine: Machine) -> None:
        """Note that a machine stands on its desk and bears its name."""
        self.machines[machine.desk] = machine
        self.desks.setdefault(machine.name, set()).add(machine.desk)

    def copied(self, machine: Machine, new: Machine, *, busy: bool) -> None:
        """Note that a machine has been copied.

        Args:
            machine: the one.
            new: the other.
            busy: whether a contact may be under way, which both of them will repeat.
        """
        self.shared.add(machine.name)
        self.bears(new)
        new.forgot |= self.desks[machine.name]
        for desk in {machine.desk, *machine.rivals, *self._rivals_of(machine)}:
            self._parted[frozenset((desk, new.desk))] = _Parted(2 if busy else 1)
            new.rivals.add(desk)
            self.machines[desk].rivals.add(new.desk)

    def restored(self, machine: Machine) -> None:
        """Note that an old database stands on a desk: it knows of nothing that happened since."""
        self.bears(machine)
        machine.forgot |= self.desks[machine.name]
        for desk in self.desks[machine.name]:
            other = self.machines[desk]
            if other is not machine and other.name == machine.name:
                self.shared.add(machine.name)
                machine.rivals.add(desk)
                other.rivals.add(machine.desk)
                self._parted[frozenset((machine.desk, desk))] = _Parted()

    def met(self, machine: Machine, *, stopped: bool) -> None:
        """Note that a machine that may number was in contact with the centre.

        Args:
            machine: who.
            stopped: whether it may number no more.

        Raises:
            NotNoticed: another one has met the centre too, and neither was stopped.
            FalseAlarm: it was stopped, and there is no other.
        """
        if stopped and machine.name not in self.shared:
            raise FalseAlarm(f"desk {machine.desk}, {machine.name}: {machine.fenced()}")
        for desk in sorted(machine.rivals):
            self._met_another(machine, self.machines[desk], stopped=stopped)

    def _met_another(self, machine: Machine, other: Machine, *, stopped: bool) -> None:
        if machine.name != other.name:
            machine.rivals.discard(other.desk)  # it has a name of its own now
            return
        names = frozenset((machine.desk, other.desk))
        pair = self._parted[names]
        pair.met[machine.desk] = pair.met.get(machine.desk, 0) + 1
        pair.stopped = pair.stopped or stopped
        if min(pair.met.get(desk, 0) for desk in names) < pair.needed:
            return
        if not pair.stopped and machine.epoch() > other.epoch():
            # The newer epoch counts: the other one is stopped when it comes next.
            self._parted[names] = _Parted(met={machine.desk: 1})
            return
        machine.rivals.discard(other.desk)
        if not pair.stopped:
            raise NotNoticed(f"desks {other.desk} and {machine.desk} are both {machine.name}")

    def began(self, machine: Machine, *, met: bool) -> None:
        """Note that a machine has begun a new epoch: what others do since, it cannot know again.

        Args:
            machine: who.
            met: whether the centre knows of it.
        """
        for desk in self._rivals_of(machine) | machine.rivals:
            machine.rivals.add(desk)
            pair = _Parted(met={machine.desk: 1} if met else {})
            self._parted[frozenset((machine.desk, desk))] = pair

    def left(self, machine: Machine) -> None:
        """Note that a machine has a name of its own now."""
        machine.rivals.clear()
        self.bears(machine)

    def forgotten(self) -> None:
        """Note that the centre was set back: it may have forgotten who was there."""
        self.unlearned |= {desks for desks, pair in self._parted.items() if pair.met}
        for pair in self._parted.values():
            pair.met.clear()
            pair.stopped = False

    def _rivals_of(self, machine: Machine) -> set[int]:
        """Desks whose machine cannot know of this one."""
        return {desk for desk, one in self.machines.items() if machine.desk in one.rivals}
