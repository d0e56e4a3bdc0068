"""Numbers for an office without a line: over the telephone, or on a stick.

Either way the range is granted as always, stands in the list of grants and lies in the node's
mailbox; the code or the file only brings it there sooner.
"""

from typing import NamedTuple

from msgspec import structs

from saraban_central import directory
from saraban_central.centre import Centre
from saraban_central.errors import NoCredential, NodeRevoked, NoSuchGrant
from saraban_central.numbering import granting, grants
from saraban_central.numbering.grants import Order
from saraban_central.records import CREDENTIALS, REQUESTS, SERIES, Granted, Request
from saraban_central.store.interface import Put, Store
from saraban_sync import phone, range_files
from saraban_sync.errors import NotAnIdentifier, NotARangeFile, SarabanError
from saraban_sync.events import Event
from saraban_sync.grants import Grant
from saraban_sync.ids import NodeId, node_id
from saraban_sync.number_events import RangeRequested, RangeTold
from saraban_sync.registers import Register


class Spoken(NamedTuple):
    """A range and the code that tells of it."""

    grant: Grant
    code: str

    @property
    def groups(self) -> str:
        """The code as it is read out."""
        return phone.groups(self.code)


class Asked(NamedTuple):
    """One request of a file."""

    key: str
    event: Event
    body: RangeRequested
    known: Request | None
    """What is kept of it, if it came before."""


class Answered(NamedTuple):
    """What became of a request file."""

    node: NodeId
    file: bytes
    """The answer, to be carried back."""
    grants: tuple[Grant, ...]
    refused: tuple[tuple[Asked, SarabanError], ...]
    """Requests that were not granted, and why."""


def grant_by_phone(
    centre: Centre, node: str, register: Register, year: int, *, size: int, by: str
) -> Spoken:
    """Grant a range and make the code that is read out to the office.

    Args:
        centre: who grants.
        node: who gets it.
        register: which book.
        year: Buddhist year.
        size: at least so many; the code knows only some sizes.
        by: who grants it.

    Raises:
        SizeNotSpoken: it is too many for a code.
        NoCredential: the node shares no secret with the centre.
        UnknownNode, NodeRevoked, PastYear, BadSize: as for :func:`grants.grant`.
    """
    order = Order(node=node, register=register, year=year, size=phone.spoken_size(size), by=by)
    directory.node(centre.store, node)
    _key(centre.store, node)
    made = centre.decide(lambda: grants.execute(centre, order))
    return _speak(centre, made)


def spoken_again(centre: Centre, node: str, grant: str) -> Spoken:
    """Make the code of a range that was granted before, whether by telephone or not.

    Raises:
        NoSuchGrant: the node was never granted it.
        SizeNotSpoken: it has a size that the code does not know.
        NoCredential: the node shares no secret with the centre.
        UnknownNode: there is no such node.
    """
    found = granted_to(centre.store, node, grant)
    if found is None:
        raise NoSuchGrant(grant[:100], grant=grant[:60], node=node)
    return _speak(centre, grants.grant_of(found))


def granted_to(store: Store, node: str, grant: str) -> Granted | None:
    """Find a granted range of a node by its name."""
    owner = directory.node(store, node).value
    for kept in store.records(SERIES, f"{owner.office}/"):
        for one in kept.value.grants:
            if (one.grant, one.node) == (grant, node):
                return one
    return None


def told_problem(centre: Centre, event: Event, body: RangeTold) -> str:
    """Say what is wrong with a range that a node took over the telephone.

    Returns:
        ``range-told-unknown``, ``range-told-code``, or nothing when all is well.
    """
    key = grants.series_key(_office(centre.store, event.node), body.register, body.year)
    held = centre.store.record(SERIES, key)
    for one in held.value.grants if held else ():
        if (one.grant, one.node, one.first, one.last) == (
            body.grant, event.node, body.first, body.last,
        ):  # fmt: skip
            fits = body.code in one.codes or _fits(centre.store, grants.grant_of(one), body.code)
            return "" if fits else "range-told-code"
    return "range-told-unknown"


def read_file(centre: Centre, raw: bytes) -> tuple[NodeId, list[Asked]]:
    """Check a request file and tell what is in it.

    Raises:
        NotARangeFile: it is no request file, or was changed on the way.
        UnknownNode: it is of a node that was never enrolled here.
        NodeRevoked: its node may no longer take part.
    """
    try:
        name = node_id(range_files.asker(raw))
    except NotAnIdentifier as wrong:
        raise NotARangeFile("no node's name") from wrong
    owner = directory.node(centre.store, name).value
    if not owner.active:
        raise NodeRevoked(name, node=name)
    asked = []
    for event in range_files.read_request(raw, node=name, key=owner.key):
        key = granting.request_key(event)
        kept = centre.store.record(REQUESTS, key)
        if isinstance(event.body, RangeRequested):
            asked.append(Asked(key, event, event.body, kept.value if kept else None))
    return name, asked


def answer_file(centre: Centre, raw: bytes, *, by: str) -> Answered:
    """Grant what a request file asks for, and write the answer.

    What was granted before is in the answer again: the first one may have been lost on the way.

    Raises:
        NotARangeFile, UnknownNode, NodeRevoked: as for :func:`read_file`.
    """
    name, asked = read_file(centre, raw)
    office = _office(centre.store, name)
    made: dict[str, Granted] = {}
    refused = []
    for one in asked:
        centre.store.commit(*granting.note_request(centre, one.event, one.body, office))
    for one in reversed(asked):  # the latest of a series answers those before it
        try:
            grant = _grant_for(centre, one.key, by)
        except SarabanError as wrong:
            refused.append((one, wrong))
            continue
        made[grant.grant] = grant
    papers = tuple(grants.paper(one) for one in made.values())
    return Answered(
        node=name,
        file=range_files.write_answer(name, papers),
        grants=tuple(grants.grant_of(one) for one in made.values()),
        refused=tuple(refused),
    )


def _grant_for(centre: Centre, key: str, by: str) -> Granted:
    kept = centre.store.record(REQUESTS, key)
    if kept is not None and kept.value.state == "granted":
        name = kept.value.grant
    else:
        name = granting.answer(centre, key, by=by).grant
    node = key.partition("/")[0]
    found = granted_to(centre.store, node, name)
    if found is None:
        raise NoSuchGrant(name, grant=name, node=node)
    return found


def _speak(centre: Centre, made: Grant) -> Spoken:
    """Make the code of a range, and remember it: the node's secret may have changed later on."""
    code = _code(centre.store, made)

    def attempt() -> None:
        held = centre.store.record(SERIES, grants.series_key(*made.series))
        if held is None:
            return
        told = tuple(
            structs.replace(one, codes=(*one.codes, code))
            if one.grant == made.grant and code not in one.codes
            else one
            for one in held.value.grants
        )
        series = structs.replace(held.value, grants=told)
        if series != held.value:
            centre.store.commit(Put(SERIES, held.key, series, held.revision))

    centre.decide(attempt)
    return Spoken(made, code)


def _office(store: Store, node: str) -> str:
    return directory.node(store, node).value.office


def _key(store: Store, node: str) -> bytes:
    held = store.record(CREDENTIALS, node)
    if held is None:
        raise NoCredential(node, node=node)
    return phone.shared_key(held.value.sha256)


def _code(store: Store, made: Grant) -> str:
    size = made.last - made.first + 1
    key = _key(store, made.node)
    return phone.write_code(key, NodeId(made.node), made.series, first=made.first, size=size)


def _fits(store: Store, made: Grant, code: str) -> bool:
    try:
        return _code(store, made) == code
    except SarabanError:  # a size that cannot be told, or a secret that is gone
        return False
