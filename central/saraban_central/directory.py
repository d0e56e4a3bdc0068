"""Offices and nodes as the centre knows them, and the signed directory that tells every node.

The directory is append-only: each entry has the next version, is signed by the centre, and replaces
any earlier entry of the same office or node.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from saraban_central.centre import Centre
from saraban_central.errors import BadPrefix, OfficeExists, UnknownNode, UnknownOffice
from saraban_central.records import NODES, OFFICES, Node, Office
from saraban_central.store.interface import Insert, Kept, Put, Records
from saraban_sync import grants, thai
from saraban_sync.grants import DirectoryEntry
from saraban_sync.ids import OfficeCode, office_code
from saraban_sync.registers import Circulars
from saraban_sync.wire import CENTRE, DIRECTORY, Document

MAX_NAME: Final = 200
MAX_PREFIX: Final = 60


def add_office(
    centre: Centre,
    code: str,
    *,
    name: str,
    prefix: str,
    circulars: Circulars = Circulars.SHARED,
) -> Office:
    """Add an office and publish it.

    Args:
        centre: where.
        code: a–z, digits and hyphens; stays for ever.
        name: in Thai, as on its letterhead.
        prefix: its letter prefix, such as ``ศธ 04123.45``.
        circulars: where its circulars take their numbers from.

    Raises:
        NotAnIdentifier: the code cannot be one.
        OfficeExists: the code is taken.
        BadPrefix: name or prefix is empty or too long.
    """
    office = Office(
        code=office_code(code),
        name=_text(name, MAX_NAME, thai_word="ชื่อหน่วยงาน", english="The office's name"),
        prefix=_text(prefix, MAX_PREFIX, thai_word="รหัสตัวพยัญชนะ", english="The letter prefix"),
        made_at=centre.now(),
        circulars=circulars,
    )

    def attempt() -> Office:
        held = centre.store.record(OFFICES, office.code)
        if held is not None:
            raise OfficeExists(office.code, office=office.code, name=held.value.name)
        entry = publish(centre, office=office)
        centre.store.commit(Put(OFFICES, office.code, office), entry)
        return office

    return centre.decide(attempt)


def set_circulars(centre: Centre, code: str, circulars: Circulars) -> Office:
    """Set where an office's circulars take their numbers from; letters before stay as they are.

    Raises:
        UnknownOffice: there is none with this code.
    """

    def attempt() -> Office:
        held = centre.store.record(OFFICES, code)
        if held is None:
            raise UnknownOffice(code, office=code)
        if held.value.circulars is circulars:
            return held.value
        new = msgspec.structs.replace(held.value, circulars=circulars)
        centre.store.commit(Put(OFFICES, code, new, held.revision), publish(centre, office=new))
        return new

    return centre.decide(attempt)


def office(records: Records, code: str) -> Office:
    """Give an office.

    Raises:
        UnknownOffice: there is none with this code.
    """
    found = records.record(OFFICES, code)
    if found is None:
        raise UnknownOffice(code, office=code)
    return found.value


def offices(records: Records) -> list[Office]:
    """List all offices in order of their codes."""
    return [kept.value for kept in records.records(OFFICES)]


def node(records: Records, name: str) -> Kept[Node]:
    """Give a node with its revision.

    Raises:
        UnknownNode: there is none with this name.
    """
    found = records.record(NODES, name)
    if found is None:
        raise UnknownNode(name, node=name)
    return found


def nodes(records: Records) -> list[Node]:
    """List all nodes in order of their names, revoked ones too."""
    return [kept.value for kept in records.records(NODES)]


def registry_nodes(known: Iterable[Node]) -> dict[OfficeCode, Node]:
    """Tell which node takes the letters of each office; an office without one is not in it."""
    found: dict[OfficeCode, Node] = {}
    for one in known:
        if one.active and one.registry:
            found.setdefault(OfficeCode(one.office), one)
    return found


def revoke(centre: Centre, name: str) -> Node:
    """Shut a node out at once: its secret opens nothing any more, and the directory says so.

    What it wrote before stays; letters for its office wait for another node.

    Raises:
        UnknownNode: there is none with this name.
    """

    def attempt() -> Node:
        held = node(centre.store, name)
        if not held.value.active:
            return held.value
        gone = msgspec.structs.replace(held.value, active=False)
        centre.store.commit(Put(NODES, name, gone, held.revision), publish(centre, node=gone))
        return gone

    return centre.decide(attempt)


def publish(centre: Centre, *, office: Office | None = None, node: Node | None = None) -> Insert:
    """Make the next directory entry, to be committed with what it tells of."""
    told = [one for one in (office, node) if one is not None]
    if not told:
        raise ValueError("an entry tells of an office or of a node")
    return _entries(centre, told, centre.identity.generation)


def publish_all(centre: Centre, generation: int, changed: Node | None = None) -> Insert:
    """Make entries of everything: a centre was set back, and what nodes know may be newer.

    Args:
        centre: whose directory.
        generation: the one that begins.
        changed: a node that changes in the same commit.
    """
    known = [
        changed if changed is not None and one.node == changed.node else one
        for one in nodes(centre.store)
    ]
    return _entries(centre, [*offices(centre.store), *known], generation)


def _entries(centre: Centre, told: Sequence[Office | Node], generation: int) -> Insert:
    info = centre.store.database(DIRECTORY)
    last = "" if info is None else info.last
    documents = []
    for version, one in enumerate(told, int(last or 0) + 1):
        about = _office_entry(one) if isinstance(one, Office) else _node_entry(one)
        entry = msgspec.structs.replace(
            about, version=version, at=centre.now(), generation=generation
        )
        text = grants.sign_entry(centre.key, entry)
        documents.append(
            Document(
                id=f"{version:010d}", payload=text.p.encode("utf-8"), signature=text.s,
                sender=CENTRE,
            )
        )  # fmt: skip
    return Insert(DIRECTORY, documents, after=last)


def _office_entry(office: Office) -> DirectoryEntry:
    return DirectoryEntry(
        kind="office",
        version=0,
        code=office.code,
        name=office.name,
        prefix=office.prefix,
        circulars=office.circulars,
        at="",
        generation=0,
    )


def _node_entry(node: Node) -> DirectoryEntry:
    return DirectoryEntry(
        kind="node",
        version=0,
        code=node.node,
        name="",
        office=node.office,
        key=node.key,
        epoch=node.epoch,
        active=node.active,
        registry=node.registry,
        origin=node.origin,
        base=node.base,
        base_hash=node.base_hash,
        at="",
        generation=0,
    )


def _text(text: str, limit: int, *, thai_word: str, english: str) -> str:
    tidy = thai.tidy(text)
    if not 1 <= len(tidy) <= limit:
        detail = f"{english} of {len(tidy)} characters"
        raise BadPrefix(detail, what_th=thai_word, what_en=english, limit=limit)
    return tidy
