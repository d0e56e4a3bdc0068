"""Two machines with one name: who they are, which of them keeps it, and what becomes of the others.

    found ──> both are stopped ──> an administrator chooses the machine that keeps the name
                                     ├──> it begins a new epoch and goes on
                                     └──> the others: a fork code each, or declared to be gone

People tell machines apart by a code of eight characters that both pages show. Nothing here knows
addresses: a machine is what it says of itself.
"""

import logging
from typing import Final, NamedTuple

from msgspec import structs

from saraban_central import directory
from saraban_central.centre import Centre
from saraban_central.identity import sightings
from saraban_central.identity.errors import CannotKeep, KeepsName, NoTwin
from saraban_central.identity.records import TWINS, Sighting, Twin
from saraban_central.identity.sightings import CODE, FORKED, GONE, KEPT, Decision, Standing, code_of
from saraban_central.records import NODES, Node
from saraban_central.store.interface import Kept, Put, Store, Writing

log = logging.getLogger(__name__)

STOPPED: Final = "twin"


class Open(NamedTuple):
    """A twin about which something is still to be done."""

    twin: Twin
    office: str
    alike: bool
    """Whether two machines show the same code, so that nobody can tell them apart by it."""
    standings: tuple[Standing, ...]
    """One for each machine."""


def open_twins(centre: Centre) -> list[Open]:
    """List the twins that wait for somebody, the oldest first."""
    nodes = {node.node: node for node in directory.nodes(centre.store) if node.active}
    waiting = [
        _opened(centre.store, kept.value, nodes[kept.value.node].office)
        for kept in centre.store.records(TWINS)
        if not kept.value.settled_at and kept.value.node in nodes
    ]
    return sorted(waiting, key=lambda one: one.twin.found_at)


def waiting(store: Store) -> dict[str, bool]:
    """Name the nodes about which something is to be done, and whether somebody must choose first.

    For an overview: it looks at nothing else.
    """
    return {
        kept.value.node: kept.value.kept is None
        for kept in store.records(TWINS)
        if not kept.value.settled_at
    }


def settled_twins(centre: Centre, *, limit: int = 50) -> list[Twin]:
    """List the twins that are settled, the latest first."""
    found = [kept.value for kept in centre.store.records(TWINS) if kept.value.settled_at]
    return sorted(found, key=lambda one: one.settled_at, reverse=True)[:limit]


def open_twin(centre: Centre, node: str) -> Open:
    """Give the twin of a node that waits for somebody.

    Raises:
        UnknownNode: there is no such node.
        NoTwin: nothing is to be decided about it.
    """
    owner = directory.node(centre.store, node).value
    return _opened(centre.store, _waiting(centre.store, node).value, owner.office)


def keep(centre: Centre, node: str, machine: str, *, by: str) -> Twin:
    """Let one machine keep the name: it gets a new epoch when it asks; the others must fork.

    Args:
        centre: who decides.
        node: the name.
        machine: the machine's code or hash.
        by: who decides it.

    Raises:
        UnknownNode: there is no such node.
        NoTwin: nothing is to be decided about it.
        UnknownMachine: no such machine has shown the name.
        CannotKeep: the machine's journal is not the one at the centre.
    """

    def attempt() -> Twin:
        owner = directory.node(centre.store, node)
        kept = _waiting(centre.store, node)
        chosen = kept.value.machines[sightings.to_keep(centre.store, kept.value, machine)]
        if kept.value.kept == chosen.machine:
            return kept.value
        if sightings.standing(centre.store, node, chosen) is Standing.PARTED:
            raise CannotKeep(chosen.machine[:CODE], machine=code_of(chosen.machine))
        changed = structs.replace(
            kept.value,
            kept=chosen.machine,
            kept_by=by,
            kept_at=centre.now(),
            epoch=0,
            machines=tuple(
                structs.replace(one, state=KEPT if one is chosen else _unless_kept(one))
                for one in kept.value.machines
            ),
        )
        stopped = structs.replace(owner.value, stopped=STOPPED)
        centre.store.commit(
            Put(TWINS, kept.key, changed, kept.revision),
            Put(NODES, node, stopped, owner.revision),
        )
        log.warning("twin.kept node=%s machine=%s by=%s", node, chosen.machine[:CODE], by)
        return changed

    return centre.decide(attempt)


def gone(centre: Centre, node: str, machine: str) -> Twin:
    """Declare that a machine will not come back: it was taken apart, or its disk erased.

    Raises:
        UnknownNode: there is no such node.
        NoTwin: nothing is to be decided about it.
        UnknownMachine: no such machine has shown the name.
        KeepsName: it is the one that keeps the name.
    """

    def attempt() -> Twin:
        directory.node(centre.store, node)
        kept = _waiting(centre.store, node)
        place = sightings.to_leave(centre.store, kept.value, machine)
        if kept.value.machines[place].state == KEPT:
            raise KeepsName(machine, machine=code_of(kept.value.machines[place].machine))
        changed = sightings.settled(sightings.marked(kept.value, place, GONE), centre.now())
        centre.store.commit(
            Put(TWINS, kept.key, changed, kept.revision), *_vacated(centre.store, changed)
        )
        return changed

    return centre.decide(attempt)


def to_fork(store: Store, node: str, machine: str = "") -> str:
    """Give the hash of the machine that a fork code is for; empty if nobody can say which.

    Raises:
        UnknownMachine: no such machine has shown the name.
        KeepsName: it is the one that keeps the name.
    """
    held = _latest(store, node)
    if held is None or held.value.settled_at:
        return ""  # a copy that somebody made on purpose, or one the centre has forgotten
    twin = held.value
    if machine:
        chosen = twin.machines[sightings.to_leave(store, twin, machine)]
        if chosen.state == KEPT:
            raise KeepsName(machine, machine=code_of(chosen.machine))
        return chosen.machine
    left = [one.machine for one in twin.machines if not one.state]
    return left[0] if len(left) == 1 and twin.kept is not None else ""


def forked(centre: Centre, node: str, machine: str) -> list[Writing]:
    """Plan to note that a machine has left the name; ``machine`` is empty if nobody can say."""
    kept = _latest(centre.store, node)
    if kept is None or kept.value.settled_at:
        return []
    places = [
        place
        for place, one in enumerate(kept.value.machines)
        if not one.state and machine in ("", one.machine)
    ]
    if not places or (not machine and len(places) > 1):
        return []
    leaves = sightings.to_leave(centre.store, kept.value, machine) if machine else places[0]
    changed = sightings.settled(sightings.marked(kept.value, leaves, FORKED), centre.now())
    return [Put(TWINS, kept.key, changed, kept.revision), *_vacated(centre.store, changed)]


def found(centre: Centre, node: Node, seen: Sighting, why: str) -> list[Writing]:
    """Plan to note a twin, or another sighting of one of its machines.

    Args:
        centre: where it was seen.
        node: whose name it showed.
        seen: the machine that showed it just now.
        why: as :class:`Twin` names it.
    """
    held = _latest(centre.store, node.node)
    if held is not None and _is_among(held.value, seen):
        if why != "epoch" and not node.stopped:
            held = held._replace(value=_undecided(held.value))
        return [_noted(centre, node, held, seen)[1]]
    holder = sightings.holder(centre.store, node, seen)
    machines = (*(one for one in (holder,) if one is not None), seen)
    twin = Twin(node=node.node, found_at=seen.last_at, why=why, machines=machines)
    if why == "epoch" and holder is not None and holder.epoch >= node.epoch:
        twin = structs.replace(  # who works in the newer epoch has the name already
            twin, kept=holder.machine, epoch=node.epoch,
            machines=(structs.replace(holder, state=KEPT), seen),
        )  # fmt: skip
    number = int(held.key.rpartition("/")[2]) + 1 if held else 1
    log.warning("twin.found node=%s why=%s machines=%d", node.node, why, len(twin.machines))
    return [Put(TWINS, f"{node.node}/{number:04d}", twin)]


def seen_again(centre: Centre, node: Node, seen: Sighting) -> tuple[Decision, list[Writing]]:
    """Decide what a machine that is fenced is to do, and plan to note that it was here."""
    held = _latest(centre.store, node.node)
    if held is None or not sightings.concerns(held.value, seen):
        return Decision.WAIT, []
    decision, writing = _noted(centre, node, held, seen)
    return decision, [writing]


def concerns(store: Store, node: Node, seen: Sighting) -> bool:
    """Tell whether a twin of the node speaks of this machine, or waits for a decision."""
    held = _latest(store, node.node)
    return held is not None and sightings.concerns(held.value, seen)


def apart(store: Store, node: str, machine: str) -> str:
    """Name the twin because of which nobody knows how far the name's ranges were numbered.

    Another machine of an older epoch has written what the centre does not hold, while this one
    goes on in the same ranges. Where somebody had to choose, all of them were given up then.

    Args:
        store: where to look.
        node: the name.
        machine: the machine that bears it.

    Returns:
        A key that stays the same for one twin; empty when there is none.
    """
    held = _latest(store, node)
    if held is None or held.value.settled_at or held.value.why != "epoch":
        return ""
    if held.value.kept != machine or held.value.kept_by:
        return ""
    others = [one for one in held.value.machines if not one.state]
    return held.key if any(sightings.knows_more(store, node, one) for one in others) else ""


def may_begin(store: Store, node: Node, machine: str, reason: str) -> bool:
    """Tell whether a machine may be given a new epoch, as far as twins go."""
    if not node.stopped and reason in sightings.BY_HAND:
        return True  # its office has put it in the place of whatever was there
    held = _latest(store, node.node)
    if held is None or held.value.settled_at:
        return not node.stopped
    return held.value.kept == machine


def began(centre: Centre, node: str, given: Sighting) -> list[Writing]:
    """Plan to note that a machine was given a new epoch: the name is its own from then on.

    Args:
        centre: who gave it.
        node: the name.
        given: the machine, in its new epoch.
    """
    held = _latest(centre.store, node)
    if held is None or held.value.settled_at:
        return []
    twin = held.value
    if twin.kept != given.machine:
        twin = sightings.merged(_undecided(twin), given)
        place = max(n for n, one in enumerate(twin.machines) if one.machine == given.machine)
        twin = sightings.marked(twin, place, KEPT)
        twin = structs.replace(twin, kept=given.machine, kept_at=given.last_at)
    changed = sightings.settled(structs.replace(twin, epoch=given.epoch), centre.now())
    return [Put(TWINS, held.key, changed, held.revision)]


def has_begun(store: Store, node: str) -> bool:
    """Tell whether the machine that keeps the name was given its epoch, and others still wait."""
    held = _latest(store, node)
    return held is not None and not held.value.settled_at and held.value.epoch > 0


def _opened(store: Store, twin: Twin, office: str) -> Open:
    machines = [one.machine for one in twin.machines]
    return Open(
        twin,
        office,
        len(set(machines)) < len(machines),
        tuple(sightings.standing(store, twin.node, one) for one in twin.machines),
    )


def _noted(
    centre: Centre, node: Node, held: Kept[Twin], seen: Sighting
) -> tuple[Decision, Put[Twin]]:
    """Write down that a machine was here, and say what it is to do."""
    decision = sightings.decide(centre.store, node, held.value, seen)
    away = decision is Decision.FORK
    twin = sightings.merged(held.value, seen, apart=away and held.value.kept == seen.machine)
    if away or twin.kept is None:
        twin = structs.replace(twin, settled_at="")  # one that was declared gone came back
    return decision, Put(TWINS, held.key, sightings.settled(twin, centre.now()), held.revision)


def _vacated(store: Store, twin: Twin) -> list[Writing]:
    """Plan to free a name that no machine keeps: it may be restored from a backup later on."""
    owner = store.record(NODES, twin.node)
    if owner is None or not twin.settled_at or twin.kept is not None:
        return []
    free = structs.replace(owner.value, stopped="")
    return [Put(NODES, twin.node, free, owner.revision)]


def _undecided(twin: Twin) -> Twin:
    """Take back a choice: the machine that was chosen has gone on, and has a twin again."""
    return structs.replace(
        twin,
        kept=None,
        kept_by="",
        kept_at="",
        epoch=0,
        machines=tuple(structs.replace(one, state=_unless_kept(one)) for one in twin.machines),
    )


def _is_among(twin: Twin, seen: Sighting) -> bool:
    """Tell whether a machine that was just found belongs to this twin, and not to a new one."""
    others = (one for one in twin.machines if one.state != KEPT)
    return not twin.settled_at or any(one.machine == seen.machine for one in others)


def _unless_kept(one: Sighting) -> str:
    return "" if one.state == KEPT else one.state


def _latest(store: Store, node: str) -> Kept[Twin] | None:
    found = store.records(TWINS, f"{node}/")
    return found[-1] if found else None


def _waiting(store: Store, node: str) -> Kept[Twin]:
    held = _latest(store, node)
    if held is None or held.value.settled_at:
        raise NoTwin(node, node=node)
    return held
