"""New epochs: the durable counter of each node, from which a restored or copied one goes on.

    on the line   the node has taken back all that is here ──> the next epoch, after the last event
    by hand       it began the next one without a line ──> agreed, if nobody was given it meanwhile

An epoch is given once. Who asks again with the same token gets the same answer; of two that ask at
the same moment the second decides again, after the first.
"""

import logging
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import msgspec
from msgspec import structs

from saraban_central import directory
from saraban_central.centre import Centre
from saraban_central.identity import generation, twins
from saraban_central.identity.errors import (
    BaseUnknown,
    EpochTaken,
    HealFirst,
    Overtaken,
    TwinWaits,
)
from saraban_central.identity.records import EPOCHS, TOKENS, GivenEpoch, Sighting, Tokens
from saraban_central.identity.sightings import BY_HAND
from saraban_central.records import FOLLOWED, NODES, Node
from saraban_central.store.interface import Insert, Kept, Put, Store, Writing
from saraban_sync import ratchet
from saraban_sync.errors import NotAnIdentifier, Unintelligible
from saraban_sync.events import GENESIS, LetterRegistered, parse_event, payload_hash
from saraban_sync.ids import MAX_EPOCH, parse_event_id
from saraban_sync.number_events import EmergencyCorrelated, NumberReserved
from saraban_sync.ratchet import Ratchet
from saraban_sync.wire import Document, journal_database

log = logging.getLogger(__name__)

LEAP: Final = 10
"""After the centre was set back a node gets an epoch so far on for each time it was, if it was not
here since: those in between may have been given before."""
_PAGE: Final = 500


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a node asks for."""

    reason: str
    base: str
    """The event after which it begins; empty for a journal without one."""
    base_hash: str
    next: str
    """The token of its next contact."""
    claim: str = ""
    """Hash of the event that began the epoch by hand; empty on the line."""
    machine: str = ""


class Mark(NamedTuple):
    """The greatest number of a series that this node is known to have used."""

    register: str
    year: int
    number: int


class Given(NamedTuple):
    """What a node gets."""

    epoch: int
    generation: int
    marks: tuple[Mark, ...]


class _Last(NamedTuple):
    """The end of a journal."""

    id: str
    hash: str


def begin(centre: Centre, name: str, asked: Asked) -> Given:
    """Give a node a new epoch, or agree to one that it began by hand.

    Args:
        centre: who counts.
        name: the node.
        asked: what it asks for.

    Raises:
        UnknownNode: there is no such node.
        TwinWaits: two machines have this name, and this one was not chosen to keep it.
        EpochTaken: the epoch begun by hand was given to another machine.
        Overtaken: another machine was given a newer epoch since this one asked for the first time.
        BaseUnknown: the event after which it begins is not here.
        HealFirst: there are events here that the machine does not have.
    """
    return centre.decide(lambda: _attempt(centre, name, asked))


def _attempt(centre: Centre, name: str, asked: Asked) -> Given:
    owner = directory.node(centre.store, name)
    before = centre.store.record(EPOCHS, f"{name}/{asked.next}")
    if before is not None:
        return _again(centre, owner.value, before.value)
    _check_twins(centre.store, owner.value, asked)
    last = _last(centre.store, owner.value)
    if asked.claim and (agreed := _agreed_before(centre.store, owner.value, asked)):
        return _given(centre, name, agreed)
    if asked.claim:
        epoch = _claimed(centre, owner, asked, last)
    else:
        _check_base(centre.store, name, asked, last)
        epoch = _following(centre, owner.value)
    _commit(centre, owner, asked, epoch, last)
    log.warning("epoch.given node=%s epoch=%d reason=%s", name, epoch, asked.reason[:20])
    return _given(centre, name, epoch)


def _again(centre: Centre, node: Node, before: GivenEpoch) -> Given:
    if before.epoch < node.epoch:
        raise Overtaken(f"epoch {before.epoch} of {node.epoch}", node=node.node)
    return _given(centre, node.node, before.epoch)


def _check_twins(store: Store, node: Node, asked: Asked) -> None:
    if not twins.may_begin(store, node, asked.machine, asked.reason):
        raise TwinWaits(f"{asked.machine[:8]} was not chosen", node=node.node)
    if asked.reason not in BY_HAND and twins.has_begun(store, node.node):
        raise TwinWaits("the one that was chosen has its epoch", node=node.node)


def _check_base(store: Store, name: str, asked: Asked, last: _Last) -> None:
    if (asked.base, asked.base_hash) == last or (not asked.base and not last.id):
        return
    if _hash_of(store, name, asked.base) == asked.base_hash or not asked.base:
        raise HealFirst(f"the journal goes on to {last.id}", node=name)
    raise _unknown(name, asked.base)


def _following(centre: Centre, node: Node) -> int:
    present = centre.identity.generation
    known = generation.was_here(centre.store, node.node, present)
    step = 1 if known else LEAP * (present - generation.FIRST)
    return min(node.epoch + step, MAX_EPOCH)


def _agreed_before(store: Store, node: Node, asked: Asked) -> int:
    """Give the epoch begun by hand whose events are here, though newer ones have begun; 0 if none.

    A copy from before the centre's word came asks again; its journal is the one that is here.
    """
    epoch = _epoch_of(asked.base, node) + 1
    return epoch if epoch < node.epoch and _is_begun(store, node, epoch, asked.claim) else 0


def _is_begun(store: Store, node: Node, epoch: int, claim: str) -> bool:
    found = store.page(journal_database(node.node), first=f"{epoch:04d}-", limit=1)
    return bool(found) and payload_hash(found[0].payload) == claim


def _claimed(centre: Centre, owner: Kept[Node], asked: Asked, last: _Last) -> int:
    """Give the epoch that a node began by hand, if it may keep it."""
    node = owner.value
    begun_in = _epoch_of(asked.base, node)
    if begun_in > node.epoch:
        _count_up(centre, owner, begun_in)
        raise _unknown(node.node, asked.base)  # asked again, it sends that event first
    known = (asked.base, asked.base_hash) == last or (not asked.base and not last.id)
    if not known and _hash_of(centre.store, node.node, asked.base) != asked.base_hash:
        raise _unknown(node.node, asked.base)
    given = _given_now(centre.store, node)
    if given is not None and given.claim == asked.claim:
        return node.epoch  # agreed before; the node has forgotten with which token it asked
    if node.epoch == begun_in + 1 and _is_begun(centre.store, node, node.epoch, asked.claim):
        return node.epoch  # agreed before the centre was set back, which has forgotten that
    unused = (
        given is not None
        and node.epoch == begun_in + 1
        and (given.base, given.machine) == (asked.base, asked.machine)
        and not centre.store.page(journal_database(node.node), first=f"{node.epoch:04d}-", limit=1)
    )
    if unused:
        return node.epoch  # given to this very machine, which never heard of it
    if node.epoch != begun_in or begun_in >= MAX_EPOCH:
        raise EpochTaken(f"epoch {begun_in + 1}, the count is at {node.epoch}", node=node.node)
    return node.epoch + 1


def _count_up(centre: Centre, owner: Kept[Node], epoch: int) -> None:
    """Take over an epoch that the centre had given before it was set back."""
    node = structs.replace(owner.value, epoch=min(epoch, MAX_EPOCH))
    held = centre.store.record(TOKENS, node.node)
    known = held.value.generation if held else 0
    writes: list[Writing] = [directory.publish(centre, node=node)]
    if known in (0, centre.identity.generation):  # nobody has noticed it yet
        _, writes = generation.begin(centre, why="epoch", by=node.node, changed=node)
    centre.store.commit(Put(NODES, node.node, node, owner.revision), *writes)


def _commit(centre: Centre, owner: Kept[Node], asked: Asked, epoch: int, last: _Last) -> None:
    node = structs.replace(owner.value, epoch=epoch, stopped="")
    present = centre.identity.generation
    given = GivenEpoch(
        epoch=epoch, reason=asked.reason[:20], base=asked.base, base_hash=asked.base_hash,
        machine=asked.machine[:64], at=centre.now(), claim=asked.claim[:64],
    )  # fmt: skip
    writes: list[Writing] = []
    if not asked.claim:
        info = centre.store.database(journal_database(node.node))
        at_end = info.last if info else ""
        if at_end not in ("", last.id):
            raise HealFirst(f"the journal goes on to {at_end}", node=node.node)
        writes.append(Insert(journal_database(node.node), [], after=at_end))
    writes += [
        Put(NODES, node.node, node, owner.revision),
        Put(EPOCHS, f"{node.node}/{asked.next}", given),
        _tokens(centre, node.node, asked.next, present),
        directory.publish(centre, node=node),
        *twins.began(centre, node.node, _seen(given)),
    ]
    if generation.was_here(centre.store, node.node, present):
        writes += generation.went_on(centre.store, node.node, last.id)
    else:
        writes += generation.came_back(centre, node, present, "", lost=True)
    centre.store.commit(*writes)


def _seen(given: GivenEpoch) -> Sighting:
    return Sighting(
        machine=given.machine, boot="", last_event=given.base, last_hash=given.base_hash,
        epoch=given.epoch, fenced="", first_at=given.at, last_at=given.at,
    )  # fmt: skip


def _tokens(centre: Centre, name: str, following: str, present: int) -> Put[Tokens]:
    held = centre.store.record(TOKENS, name)
    before = held.value if held else Tokens()
    moved = ratchet.moved(Ratchet(before.current, before.past), following)
    after = Tokens(
        current=moved.current, past=moved.past, generation=present, told=present, at=centre.now()
    )
    return Put(TOKENS, name, after, held.revision if held else None)


def _given(centre: Centre, name: str, epoch: int) -> Given:
    return Given(epoch, centre.identity.generation, marks(centre, name))


def _given_now(store: Store, node: Node) -> GivenEpoch | None:
    for kept in store.records(EPOCHS, f"{node.node}/"):
        if kept.value.epoch == node.epoch:
            return kept.value
    return None


def marks(centre: Centre, name: str) -> tuple[Mark, ...]:
    """Tell how far a node is known to have numbered its books.

    What the router has not read yet is read here: a number must not be overlooked because a worker
    is slow.
    """
    followed = centre.store.record(FOLLOWED, name)
    found: dict[tuple[str, int], int] = {}
    for one in followed.value.numbers if followed else ():
        if one.runs:
            found[one.register, one.year] = max(last for _, last in one.runs)
    after = followed.value.upto if followed else ""
    for register, year, number in _numbers(_after(centre.store, name, after)):
        found[register, year] = max(number, found.get((register, year), 0))
    return tuple(Mark(*series, number) for series, number in sorted(found.items()))


def _after(store: Store, name: str, after: str) -> Iterator[Document]:
    journal = journal_database(name)
    while page := store.page(journal, after=after, limit=_PAGE):
        yield from page
        after = page[-1].id


def _numbers(documents: Iterable[Document]) -> Iterator[Mark]:
    for document in documents:
        try:
            body = parse_event(document.payload, document.signature).body
        except Unintelligible:  # admitted by another version of this program
            continue
        if isinstance(body, LetterRegistered | NumberReserved | EmergencyCorrelated):
            yield Mark(body.register.value, body.year, body.number)


def _last(store: Store, node: Node) -> _Last:
    """Give the last event of a journal; of an empty forked one the event it was forked after."""
    found = store.page(journal_database(node.node), descending=True, limit=1)
    if found:
        return _Last(found[0].id, payload_hash(found[0].payload))
    return _Last(node.base, node.base_hash) if node.base else _Last("", GENESIS)


def _hash_of(store: Store, name: str, event: str) -> str:
    document = store.get(journal_database(name), [event]).get(event) if event else None
    return payload_hash(document.payload) if document else ""


def _epoch_of(base: str, node: Node) -> int:
    if not base:
        return node.epoch
    try:
        return parse_event_id(base)[0]
    except NotAnIdentifier as wrong:
        raise _unknown(node.node, base) from wrong


def _unknown(name: str, base: str) -> BaseUnknown:
    return BaseUnknown(f"{name} {base[:40]}", node=name, base=base[:40])
