"""Machines that showed one name: telling them apart, and what each of them is to do.

Only looking and working out stands here; :mod:`saraban_central.identity.twins` writes it down.
"""

from enum import StrEnum
from typing import Final

from msgspec import structs

from saraban_central.identity import lineage
from saraban_central.identity.errors import UnknownMachine
from saraban_central.identity.records import EPOCHS, TWINS, Sighting, Twin
from saraban_central.records import CONTACTS, NODES, Node
from saraban_central.store.interface import Store
from saraban_sync.events import payload_hash
from saraban_sync.wire import journal_database

KEPT: Final = "kept"
FORKED: Final = "forked"
GONE: Final = "gone"
BY_HAND: Final = ("restored", "copied")
"""Fences that stand because of what somebody did on purpose."""
CODE: Final = 8
_DIVERGED: Final = "diverged"


class Standing(StrEnum):
    """How what a machine has written stands to what the centre holds."""

    HERE = "here"
    """The centre holds its last event: nothing is missing."""
    AHEAD = "ahead"
    """It has written more than the centre holds."""
    PARTED = "parted"
    """The centre holds another event in that place: this machine cannot keep the name."""


class Decision(StrEnum):
    """What a machine that is stopped is to do."""

    WAIT = "wait"
    RESUME = "resume"
    FORK = "fork"


def code_of(machine: str) -> str:
    """Write the hash of a machine as people see it: ``3F8A-07C2``; a dash when it is unknown."""
    return f"{machine[:4]}-{machine[4:CODE]}".upper() if machine else "—"


def standing(store: Store, node: str, one: Sighting) -> Standing:
    """Tell how what a machine has written stands to what the centre holds."""
    if not one.last_event:
        return Standing.HERE
    journal = journal_database(node)
    document = store.get(journal, [one.last_event]).get(one.last_event)
    if document is not None:
        same = payload_hash(document.payload) == one.last_hash
        here = same and not lineage.is_left_behind(store, journal, one.last_event)
        return Standing.HERE if here else Standing.PARTED
    if one.fenced == _DIVERGED:
        return Standing.PARTED  # it has seen for itself that the centre goes on otherwise
    info = store.database(journal)
    owner = store.record(NODES, node)
    last = max(info.last if info else "", owner.value.base if owner else "")
    return Standing.AHEAD if one.last_event > last else Standing.PARTED


def knows_more(store: Store, node: str, one: Sighting) -> bool:
    """Tell whether the last event that a machine has written is not at the centre."""
    if not one.last_event:
        return False
    document = store.get(journal_database(node), [one.last_event]).get(one.last_event)
    return document is None or payload_hash(document.payload) != one.last_hash


def another_knows_more(store: Store, node: Node, upto: str) -> bool:
    """Tell whether a machine that showed a name has written what is not here, or not read yet.

    Args:
        store: where to look.
        node: the name, about whose machines something is still to be decided.
        upto: up to where its journal has been read.
    """
    held = store.records(TWINS, f"{node.node}/")
    twin = held[-1].value if held else None
    if twin is None or twin.settled_at:
        return False
    return any(
        one.last_event > upto or knows_more(store, node.node, one)
        for one in twin.machines
        if one.state != FORKED
    )


def places(twin: Twin, machine: str) -> list[int]:
    """Find the machines that show a code or hash: one, or several that nobody can tell apart.

    Raises:
        UnknownMachine: there is none.
    """
    wanted = "".join(c for c in machine.casefold() if c.isalnum())
    found = [
        number
        for number, one in enumerate(twin.machines)
        if one.machine[: max(CODE, len(wanted))] == wanted or (not wanted and not one.machine)
    ]
    if not found or not machine.strip():
        raise UnknownMachine(
            f"{machine[:60]!r} of {twin.node}", machine=machine[:60], node=twin.node
        )
    return found


def to_keep(store: Store, twin: Twin, machine: str) -> int:
    """Find the machine with a code that keeps the name; of several the first one that can.

    Raises:
        UnknownMachine: there is none.
    """
    found = places(twin, machine)
    able = (
        number
        for number in found
        if twin.machines[number].state in ("", KEPT)
        and standing(store, twin.node, twin.machines[number]) is not Standing.PARTED
    )
    return next(able, found[0])


def to_leave(store: Store, twin: Twin, machine: str) -> int:
    """Find the machine with a code that leaves the name; of several the last one that must.

    Raises:
        UnknownMachine: there is none.
    """
    found = places(twin, machine)
    staying = [number for number in found if not twin.machines[number].state] or found
    parted = [
        number
        for number in staying
        if standing(store, twin.node, twin.machines[number]) is Standing.PARTED
    ]
    return (parted or staying)[-1]


def marked(twin: Twin, place: int, state: str) -> Twin:
    """Write down what becomes of the machine in one place."""
    machines = tuple(
        structs.replace(one, state=state) if number == place else one
        for number, one in enumerate(twin.machines)
    )
    return structs.replace(twin, machines=machines)


def settled(twin: Twin, now: str) -> Twin:
    """Say that every machine has its place, if it has; nobody need keep the name."""
    placed = all(one.state in (KEPT, FORKED, GONE) for one in twin.machines)
    if not placed or twin.settled_at or (twin.kept is not None and not twin.epoch):
        return twin
    return structs.replace(twin, settled_at=now)


def merged(twin: Twin, seen: Sighting, *, apart: bool = False) -> Twin:
    """Put what a machine says now in the place of what it said before.

    Args:
        twin: the machines as they are known.
        seen: what was said just now.
        apart: it is not the one that keeps the name, though it shows the same code.
    """
    same = [
        number
        for number, one in enumerate(twin.machines)
        if one.machine == seen.machine and not (apart and one.state == KEPT)
    ]
    if not same:
        return structs.replace(twin, machines=(*twin.machines, seen))
    exact = [number for number in same if twin.machines[number].boot == seen.boot]
    where = (exact or same)[-1]
    before = twin.machines[where]
    state = before.state if before.state == KEPT else ""  # one that was gone has come back
    now = structs.replace(seen, first_at=before.first_at, state=state)
    machines = [now if number == where else one for number, one in enumerate(twin.machines)]
    return structs.replace(twin, machines=tuple(machines))


def concerns(twin: Twin, seen: Sighting) -> bool:
    """Tell whether a twin has a say about a machine: always while it is not settled."""
    return not twin.settled_at or any(_still_bound(one, seen, twin) for one in twin.machines)


def decide(store: Store, node: Node, twin: Twin, seen: Sighting) -> Decision:
    """Say what a machine is to do."""
    if standing(store, node.node, seen) is Standing.PARTED:
        return Decision.FORK  # whoever is chosen, it will not be this one
    if twin.kept is None:
        return Decision.WAIT
    if twin.kept != seen.machine:
        return Decision.FORK
    contact = store.record(CONTACTS, node.node)
    works = contact is not None and not contact.value.fenced and contact.value.epoch >= twin.epoch
    if twin.epoch and works and seen.epoch < twin.epoch and seen.fenced not in BY_HAND:
        return Decision.FORK  # the one that was kept is at work; this is another with its code
    return Decision.RESUME


def holder(store: Store, node: Node, seen: Sighting) -> Sighting | None:
    """Give the machine that had the name before: who was here last, or got the newest epoch."""
    held = store.record(CONTACTS, node.node)
    given = max(
        (kept.value for kept in store.records(EPOCHS, f"{node.node}/")),
        key=lambda one: one.epoch,
        default=None,
    )
    if held is not None and (given is None or held.value.epoch >= given.epoch):
        one = held.value
        if (one.machine, one.boot) == (seen.machine, seen.boot):
            return None
        return Sighting(
            machine=one.machine, boot=one.boot, last_event=one.last_event,
            last_hash=one.last_hash, epoch=one.epoch, fenced=one.fenced, first_at=one.at,
            last_at=one.at,
        )  # fmt: skip
    if given is None:
        return None
    return Sighting(
        machine=given.machine, boot="", last_event=given.base, last_hash=given.base_hash,
        epoch=given.epoch, fenced="", first_at=given.at, last_at=given.at,
    )  # fmt: skip


def _still_bound(one: Sighting, seen: Sighting, twin: Twin) -> bool:
    """Tell whether a settled twin still speaks of a machine."""
    if one.machine != seen.machine:
        return False
    # The one that was kept does not know yet that it has its epoch; any other was to be gone.
    waits = seen.fenced not in BY_HAND and seen.epoch < twin.epoch
    return waits if one.state == KEPT else True
