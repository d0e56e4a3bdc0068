"""The guided fork: one of two machines with one name goes on under a name of its own.

    new key ─> what both share is asked of the centre ─> code shown ─> new name, new secret
            ─> one transaction: rest of the old ranges given up, journal.forked, fence gone,
               numbers of its own asked for

What both machines wrote before they parted stays in the old name's journal; what this one wrote
since is kept in its own, as it was signed then. Each step can break off and be done again with the
same code: the new key waits in the folder of secrets, and name and key change in one moment.
"""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from saraban_base import durable
from saraban_base.sqlite import Cursor, Write
from saraban_node import journal, keys, meta
from saraban_node.appliance import PROGRAM, Appliance
from saraban_node.errors import CentreRefused
from saraban_node.identity import floors, machine, marks, ratchet
from saraban_node.identity.errors import ForkRefused, NotFenced
from saraban_node.journal import SYSTEM, Journal
from saraban_node.line import contact, sync_state, transport
from saraban_node.line.answers import Enrolment, ForkOf
from saraban_node.line.transport import Centre
from saraban_node.numbering import numbers, requests, reservations
from saraban_sync.errors import NotAnIdentifier
from saraban_sync.events import GENESIS
from saraban_sync.ids import EventId, NodeId, PersonId, node_id, parse_event_id
from saraban_sync.journal_events import JournalForked
from saraban_sync.number_events import NumbersSkipped
from saraban_sync.signing import SigningKey
from saraban_sync.wire import revision_of_hash

_FORKING: Final = "forking"
"""Name of the file in which the new key waits for its name."""
_KEY_TAKEN: Final = "SRB-222"
"""The centre's word for a key that is another node's."""
_ASKED: Final = 100


def fork(node: Appliance, centre: Centre, *, code: str, actor: PersonId = SYSTEM) -> NodeId:
    """Give a fenced machine a name of its own.

    Nothing can be written through the appliance afterwards: it is opened again under its new name.

    Args:
        node: the appliance.
        centre: the line, still under the old name.
        code: the fork code from the centre's administrator.
        actor: who asked for it.

    Returns:
        The new name.

    Raises:
        NotFenced: the machine numbers as usual.
        CentreRefused: the code is wrong, used, too old, or for another machine.
        ForkRefused: what the centre answered does not fit; nothing was changed.
        CentreUnreachable: there is no line; do it again with the same code.
    """
    with node.db.read() as cursor:
        if not meta.get(cursor, meta.FENCED):
            raise NotFenced(node.node)
    base = shared(node, centre)
    with node.db.read() as cursor:
        origin = _origin(cursor, node, base)
    key, given = _enrolled(node, code, origin)
    name = _checked(node, given)
    _keep_secrets(node.keys, name, key, given.secret)
    with node.db.write() as write:
        _rename(node, write, given, key, base, actor)
    (node.keys / _FORKING).unlink(missing_ok=True)
    return name


def shared(node: Appliance, centre: Centre) -> EventId | None:
    """Ask the centre which is the last event that it holds of this journal, by halving.

    What the centre holds of it, another machine may have too; what it does not hold is this
    machine's alone. What was written before an earlier fork stands in another name's journal.
    """
    with node.db.read() as cursor:
        before = meta.get(cursor, meta.ORIGIN)
        low, high = parse_event_id(before)[1] if before else 0, journal.head(cursor).seq
    while low < high:
        step = -(-(high - low) // _ASKED)
        places = range(low + step, high + 1, step)
        held = _held(node, centre, places)
        for place in places:
            if place not in held:
                high = place - 1
                break
            low = place
    with node.db.read() as cursor:
        return EventId(journal.id_at(cursor, low)) if low else None


def _held(node: Appliance, centre: Centre, places: Iterable[int]) -> set[int]:
    with node.db.read() as cursor:
        names = {journal.id_at(cursor, place): place for place in places}
        ours = {name: str(journal.hash_of(cursor, EventId(name))) for name in names}
    theirs = centre.revisions(list(names))
    return {
        place for name, place in names.items() if theirs.get(name) == revision_of_hash(ours[name])
    }


def _origin(cursor: Cursor, node: Appliance, base: EventId | None) -> ForkOf:
    """Say where the machine comes from."""
    base_hash = journal.hash_of(cursor, base) if base else None
    return ForkOf(
        node=node.node,
        base=base or "",
        base_hash=base_hash or GENESIS,
        epoch=_epoch(cursor),
        machine=contact.machine_of(cursor),
    )


def _epoch(cursor: Cursor) -> int:
    """Give the highest epoch in what the machine has written."""
    return max(meta.epoch(cursor), journal.head(cursor).epoch)


def _enrolled(node: Appliance, code: str, origin: ForkOf) -> tuple[SigningKey, Enrolment]:
    """Show the code and a new key.

    The key that waits may be another machine's by now, if the folder was copied or restored while
    it waited; then there is a newer one.
    """
    key = _new_key(node)
    try:
        return key, _show(node, code, key, origin)
    except CentreRefused as wrong:
        if wrong.facts.get("refusal") != _KEY_TAKEN:
            raise
    (node.keys / _FORKING).unlink(missing_ok=True)
    key = _new_key(node)
    return key, _show(node, code, key, origin)


def _show(node: Appliance, code: str, key: SigningKey, origin: ForkOf) -> Enrolment:
    return transport.enrol(
        node.config.centre_url,
        code=code,
        key=key.public,
        program=PROGRAM,
        timeout=node.config.request_timeout_seconds,
        fork=origin,
    )


def _new_key(node: Appliance) -> SigningKey:
    """Give the key that waits for its name, or make one; it is on the disk before it is shown."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        waiting = SigningKey.from_bytes(bytes.fromhex(keys.load(node.keys, _FORKING)))
        if waiting.public != node.journal.key.public:
            return waiting
    key = SigningKey.generate()
    _write(node.keys / _FORKING, key.to_bytes().hex())
    return key


def _checked(node: Appliance, given: Enrolment) -> NodeId:
    """Give the new name, if the answer is meant for this machine and comes from its own centre."""
    with node.db.read() as cursor:
        centre_key = meta.get(cursor, meta.CENTRE_KEY)
        epoch = _epoch(cursor)
    try:
        name = node_id(given.node)
    except NotAnIdentifier as wrong:
        raise ForkRefused(wrong.detail, why=given.node[:40]) from wrong
    if given.centre_key != centre_key:
        raise ForkRefused("another centre's key", why="centre key")
    if given.office != node.office or name == node.node:
        raise ForkRefused(f"{given.office} {name}", why=f"{given.office} {name}")
    if given.epoch <= epoch:
        raise ForkRefused(f"epoch {given.epoch} after {epoch}", why=f"epoch {given.epoch}")
    return name


def _keep_secrets(folder: Path, name: str, key: SigningKey, secret: str) -> None:
    """Put key and secret where they count once the database bears the new name."""
    _write(folder / keys.named(keys.SIGNING, name), key.to_bytes().hex())
    _write(folder / keys.named(keys.CENTRE_SECRET, name), secret)


def _rename(
    node: Appliance,
    write: Write,
    given: Enrolment,
    key: SigningKey,
    base: EventId | None,
    actor: PersonId,
) -> None:
    """Give up the old name's numbers, begin the new name's journal, and take the fence away."""
    reservations.give_up(write, node.journal, actor=actor)
    for one in numbers.held(write.cursor):
        if one.open:
            rest = NumbersSkipped(
                register=one.register, year=one.year, first=one.next, last=one.last, why="forked"
            )
            node.journal.append(write, rest, actor=actor, lifting=True)
    meta.put(write, meta.NODE, given.node)
    meta.put(write, meta.OFFICE_NAME, given.office_name)
    meta.put(write, meta.PREFIX, given.prefix)
    meta.put(write, meta.EPOCH, str(given.epoch))
    meta.put(write, meta.GENERATION, str(given.generation))
    meta.put(write, meta.ORIGIN, base or "")
    new = Journal(NodeId(given.node), key, node.journal.clock, node.journal.project)
    begun = JournalForked(
        office=given.office, key=key.public, program=PROGRAM, origin=node.node, base=base or ""
    )
    new.append(write, begun, actor=actor, lifting=True)
    for name in (meta.FENCED, meta.FENCED_AT, meta.FENCED_HEAD, meta.UNCLAIMED):
        meta.remove(write, name)
    machine.settle(write)
    marks.forget_noted(write)
    floors.forget(write)
    ratchet.forget(write)
    sync_state.forget(write)
    _send_again(write, base)
    requests.ask_due(write, new, node.config)


def _send_again(write: Write, base: EventId | None) -> None:
    """The new journal begins at the centre after what both share; nothing of it is there yet."""
    place = parse_event_id(base)[1] if base else 0
    write.cursor.execute("DELETE FROM stored_mark WHERE through > ?", (place,))
    write.cursor.execute("DELETE FROM refused_document")


def _write(path: Path, secret: str) -> None:
    durable.write_file(path, secret.encode("ascii") + b"\n", mode=0o600)
