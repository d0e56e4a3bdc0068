"""The centre was set back: what it does not know any more, and when it may grant numbers again.

    put back from a backup ──> a new generation ──> every node comes by and brings its whole journal
                                   │                    └──> its series may be granted again
                                   └──> a series whose node does not come: an administrator reopens
                                        it and leaves out as many numbers as may be missing

A centre that was restored has forgotten grants. Granting from what it remembers would give numbers
twice; so nothing of a series is granted until every active node of its office has been in contact
since, and all that it knew is here (:mod:`saraban_central.identity.learned` reads the grants out of
it); of a name that several machines show, what each of them knew. Nodes notice the new generation
because every cursor of theirs begins anew.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from msgspec import structs

from saraban_central import directory
from saraban_central.centre import Centre
from saraban_central.identity import sightings
from saraban_central.identity.errors import BadGuard, SeriesClosed, SeriesOpen
from saraban_central.identity.records import (
    LOSSES,
    LOST_NODES,
    RAISES,
    REOPENED,
    RETURNED,
    STRANGERS,
    Loss,
    LostNode,
    Raise,
    Reopened,
    Returned,
    Stranger,
)
from saraban_central.records import FOLLOWED, IDENTITY, NODES, SERIES, Followed, Node
from saraban_central.store.interface import Keep, Kept, Put, Store, Writing
from saraban_sync.errors import NotAnIdentifier
from saraban_sync.ids import parse_event_id
from saraban_sync.ranges import NumberRange
from saraban_sync.registers import Register
from saraban_sync.wire import journal_database

log = logging.getLogger(__name__)

MAX_GUARD: Final = 100_000
FIRST: Final = 1
"""The generation of a centre that was never set back."""


class ClosedOffice(NamedTuple):
    """An office whose numbers are not granted for the time being."""

    office: str
    waits_for: tuple[str, ...]
    """Its nodes that did not bring everything back yet."""
    lost: tuple[str, ...]
    """Those that were restored themselves, so that nobody may know what is missing."""
    unknown: tuple[str, ...]
    """Those whose enrolment the centre has forgotten; they are in ``waits_for`` too."""
    reopened: tuple[str, ...]
    """Series that an administrator has reopened: ``register/year``."""


class LossNow(NamedTuple):
    """What was missing of a node, and whether it has come back."""

    loss: Loss
    whole: bool


def restored(centre: Centre, *, by: str) -> int:
    """Begin a new generation, because a backup of the centre was put back.

    Args:
        centre: who was set back.
        by: who says so.

    Returns:
        the new generation.
    """

    def attempt() -> int:
        new, writes = begin(centre, why="restored", by=by)
        centre.store.commit(*writes)
        return new

    return centre.decide(attempt)


def begin(
    centre: Centre, *, why: str, by: str, seen: int = 0, changed: Node | None = None
) -> tuple[int, list[Writing]]:
    """Plan to begin a new generation.

    Args:
        centre: who was set back.
        why: as :class:`Raise` names it.
        by: who says so.
        seen: the highest generation that anybody has seen.
        changed: a node that changes in the same commit; its directory entry is among those made.

    Returns:
        the generation, and what is to be committed.
    """
    held = centre.store.record(IDENTITY, "centre")
    if held is None:
        raise LookupError("no identity")
    new = max(held.value.generation, seen) + 1
    log.warning("generation.raised to=%d why=%s by=%s", new, why, by)
    note = Raise(generation=new, at=centre.now(), by=by, why=why)
    return new, [
        Put(IDENTITY, "centre", structs.replace(held.value, generation=new), held.revision),
        Keep(RAISES, f"{new:06d}", note),
        directory.publish_all(centre, new, changed),
    ]


def raises(store: Store) -> list[Raise]:
    """List when the centre was set back, the latest first."""
    return [kept.value for kept in reversed(store.records(RAISES))]


def require_known(centre: Centre, office: str, register: str, year: int) -> None:
    """Make sure that the centre knows all that was ever granted of a series.

    Raises:
        SeriesClosed: the centre was set back, and a node of the office may hold numbers that it
            has forgotten.
    """
    generation = centre.identity.generation
    if generation == FIRST:
        return
    reopened = centre.store.record(REOPENED, _key(office, register, year))
    if reopened is not None and reopened.value.generation == generation:
        return
    if waits := _waits(centre.store, office, generation):
        raise SeriesClosed(
            f"{office} {register} {year}", office=office, year=year, nodes=", ".join(waits)
        )


def barred(centre: Centre, office: str, register: str, year: int) -> list[NumberRange]:
    """List numbers of a series that are never granted: they may have been, before."""
    held = centre.store.record(REOPENED, _key(office, register, year))
    return [NumberRange(*one) for one in held.value.barred] if held else []


def reopen(
    centre: Centre, office: str, register: Register, year: int, *, guard: int, by: str
) -> Reopened:
    """Let a series be granted again though not all of its nodes came back.

    Doing it again in the same generation changes nothing.

    Args:
        centre: who grants.
        office: whose series.
        register: which book.
        year: Buddhist year.
        guard: how many numbers after the last known ones are left out, because they may have been
            granted before the centre was set back.
        by: who decides it.

    Raises:
        UnknownOffice: there is no such office.
        BadGuard: no numbers are left out, or far too many.
        SeriesOpen: it can be granted as it is.
    """
    if not 0 <= guard <= MAX_GUARD:
        raise BadGuard(f"{guard}", limit=MAX_GUARD)
    directory.office(centre.store, office)
    key = _key(office, register, year)

    def attempt() -> Reopened:
        generation = centre.identity.generation
        held = centre.store.record(REOPENED, key)
        if held is not None and held.value.generation == generation:
            return held.value
        if generation == FIRST or not _waits(centre.store, office, generation):
            raise SeriesOpen(f"{office} {register} {year}", office=office, year=year)
        before = held.value.barred if held else ()
        last = _greatest(centre.store, key, before)
        new = ((last + 1, last + guard),) if guard else ()
        made = Reopened(generation=generation, barred=(*before, *new), by=by, at=centre.now())
        centre.store.commit(Put(REOPENED, key, made, held.revision if held else None))
        return made

    return centre.decide(attempt)


def closed(centre: Centre) -> list[ClosedOffice]:
    """List the offices whose numbers are not granted, and whom they wait for."""
    generation = centre.identity.generation
    if generation == FIRST:
        return []
    store = centre.store
    waits: dict[str, list[Node]] = {}
    for node in _away(store, generation):
        waits.setdefault(node.office, []).append(node)
    unknown: dict[str, list[str]] = {}
    for lost_node in lost_nodes(store):
        unknown.setdefault(lost_node.office, []).append(lost_node.node)
    returned = {kept.key: kept.value for kept in store.records(RETURNED)}
    return [
        ClosedOffice(
            office=office,
            waits_for=(*_named(waits.get(office, ())), *unknown.get(office, ())),
            lost=_named(
                one for one in waits.get(office, ()) if _is_lost(returned.get(one.node), generation)
            ),
            unknown=tuple(unknown.get(office, ())),
            reopened=_reopened(store, office, generation),
        )
        for office in sorted({*waits, *unknown})
    ]


def lost_nodes(store: Store, office: str = "") -> list[LostNode]:
    """List the nodes whose enrolment the centre has forgotten, of one office or of all."""
    prefix = f"{office}/" if office else ""
    return [
        kept.value
        for kept in store.records(LOST_NODES, prefix)
        if store.record(NODES, kept.value.node) is None
    ]


def strangers(store: Store) -> list[Stranger]:
    """List the names under which somebody knocked who is not known here."""
    return [
        kept.value for kept in store.records(STRANGERS) if store.record(NODES, kept.key) is None
    ]


def forgotten(centre: Centre, node: Node, colleagues: Iterable[str]) -> list[LostNode]:
    """Tell which of a node's colleagues the centre does not know, and has not noted yet."""
    return [
        LostNode(node=name, office=node.office, named_by=node.node, at=centre.now())
        for name in colleagues
        if centre.store.record(NODES, name) is None
        and centre.store.record(LOST_NODES, f"{node.office}/{name}") is None
    ]


def losses(store: Store) -> list[LossNow]:
    """List what the centre lacked of each node after it was set back, the latest first."""
    found = []
    for kept in reversed(store.records(LOSSES)):
        one = kept.value
        both = (one.acknowledged, one.last_event)
        found.append(LossNow(one, all(is_here(store, one.node, event) for event in both)))
    return found


def came_back(
    centre: Centre, node: Node, generation: int, last_event: str, *, lost: bool = False
) -> list[Writing]:
    """Plan to note that a node was here in this generation; the first time counts.

    Args:
        centre: where it was.
        node: who.
        generation: the present one.
        last_event: the last event that the node has.
        lost: whether it was itself restored before.
    """
    held = centre.store.record(RETURNED, node.node)
    if generation == FIRST or (held is not None and held.value.generation == generation):
        return []
    note = Returned(
        generation=generation, last_event=event_or_nothing(last_event), at=centre.now(), lost=lost
    )
    return [Put(RETURNED, node.node, note, held.revision if held else None)]


def went_on(store: Store, name: str, last: str) -> list[Writing]:
    """Plan to note what a node's journal ends with, which is to be read before anything is granted.

    Args:
        store: where it is noted.
        name: the node.
        last: the journal's last event.
    """
    held = store.record(RETURNED, name)
    if held is None or held.value.last_event >= last:
        return []
    return [Put(RETURNED, name, structs.replace(held.value, last_event=last), held.revision)]


def was_here(store: Store, node: str, generation: int) -> bool:
    """Tell whether a node has been in contact since the centre was set back the last time."""
    held = store.record(RETURNED, node)
    return generation == FIRST or (held is not None and held.value.generation == generation)


def is_here(store: Store, node: str, event: str) -> bool:
    """Tell whether the centre holds an event that a node speaks of, or need not hold it."""
    if not event:
        return True
    held = store.record(NODES, node)
    if held is not None and held.value.base and event <= held.value.base:
        return True  # written under the name from which the node was forked
    return event in store.get(journal_database(node), [event])


def event_or_nothing(text: str) -> str:
    """Give an event's id as a node said it; empty if it is none."""
    try:
        parse_event_id(text)
    except NotAnIdentifier:
        return ""
    return text


def _reopened(store: Store, office: str, generation: int) -> tuple[str, ...]:
    return tuple(
        kept.key.partition("/")[2]
        for kept in store.records(REOPENED, f"{office}/")
        if kept.value.generation == generation
    )


def _waits(store: Store, office: str, generation: int) -> list[str]:
    """Name the nodes of an office that did not bring everything back yet."""
    unknown = [one.node for one in lost_nodes(store, office)]
    return unknown + [
        node.node
        for node in directory.nodes(store)
        if node.office == office
        and node.active
        and not _is_back(
            store,
            node,
            generation,
            store.record(RETURNED, node.node),
            store.record(FOLLOWED, node.node),
        )
    ]


def _away(store: Store, generation: int) -> list[Node]:
    """List all nodes that did not bring everything back yet."""
    returned = {kept.key: kept for kept in store.records(RETURNED)}
    followed = {kept.key: kept for kept in store.records(FOLLOWED)}
    return [
        node
        for node in directory.nodes(store)
        if node.active
        and not _is_back(store, node, generation, returned.get(node.node), followed.get(node.node))
    ]


def _is_back(
    store: Store,
    node: Node,
    generation: int,
    note: Kept[Returned] | None,
    followed: Kept[Followed] | None,
) -> bool:
    if note is None or note.value.generation != generation or note.value.lost:
        return False
    upto = max(followed.value.upto if followed else "", node.base)
    return note.value.last_event <= upto and not sightings.another_knows_more(store, node, upto)


def _is_lost(note: Returned | None, generation: int) -> bool:
    return note is not None and note.generation == generation and note.lost


def _named(nodes: Iterable[Node]) -> tuple[str, ...]:
    return tuple(node.node for node in nodes)


def _greatest(store: Store, key: str, barred: Sequence[tuple[int, int]]) -> int:
    held = store.record(SERIES, key)
    lasts = [one.last for one in (held.value.grants if held else ())]
    return max([*lasts, *(last for _, last in barred)], default=0)


def _key(office: str, register: str, year: int) -> str:
    return f"{office}/{register}/{year}"
