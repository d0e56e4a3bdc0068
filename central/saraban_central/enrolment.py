"""Taking a new node in: a one-time code for a person to type, a secret for the machine to keep.

    administrator: make_code(office) ── a slip of paper ──> technician types it at the new node
    node: makes its own keys ── code + public key ──> enrol() ── secret, centre's key ──> node

The code is written down nowhere here, only its hash; it is good once and for a few days. If the
answer was lost on the way, the same node (the same key) may ask again for ten minutes and gets a
new secret in place of the lost one.

A node whose enrolment the centre has forgotten, because it was set back since, comes back by an
ordinary code made for its name: it keeps key and journal, and gets a new secret.

A fork code is for a machine that had another node's name: it goes on under a name of its own, after
the last event that both machines share, in an epoch above all of the old name's.
"""

import base64
import binascii
import hashlib
import secrets
from datetime import timedelta
from itertools import count
from typing import Final, NamedTuple

import msgspec
from msgspec import structs

from saraban_central import directory
from saraban_central.centre import Centre
from saraban_central.errors import BadCode, BadKey, NodeExists, Raced
from saraban_central.identity import generation, twins
from saraban_central.identity.errors import BaseUnknown
from saraban_central.identity.records import STRANGERS, TOKENS, Tokens
from saraban_central.records import (
    CREDENTIALS,
    ENROL_CODES,
    NODES,
    Credential,
    EnrolCode,
    Node,
)
from saraban_central.store.interface import Kept, Open, Put, Writing
from saraban_sync import thai
from saraban_sync.events import payload_hash
from saraban_sync.ids import MAX_EPOCH, NodeId, node_id
from saraban_sync.registers import instant, parse_instant
from saraban_sync.signing import base64url
from saraban_sync.wire import journal_database, mailbox_database

ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""No 0 and o, no 1, i and l: what is read out on the telephone is typed right."""
_GROUPS: Final = 4
_GROUP: Final = 4
_KEY_CHARACTERS: Final = 43
_KEY_BYTES: Final = 32
_AGAIN: Final = timedelta(minutes=10)
_MAX_PROGRAM: Final = 60
_APART: Final = 100


class NewCode(NamedTuple):
    """A one-time code, shown once."""

    code: str
    """Four groups of four characters."""
    office: str
    node: str
    expires_at: str


class Fork(msgspec.Struct, frozen=True, kw_only=True):
    """Where a machine that asks for a name of its own comes from."""

    node: str
    """The name that it shares with another machine."""
    base: str = ""
    """The last event that both share."""
    base_hash: str = ""
    epoch: int = 0
    """The highest epoch in what it has written."""
    machine: str = ""
    """Hash of the machine."""


class Returning(msgspec.Struct, frozen=True, kw_only=True):
    """What a node says of itself whose enrolment the centre has forgotten."""

    node: str
    epoch: int = 1
    """The newest epoch that the centre had given it."""
    generation: int = 0
    """The highest generation of the centre that it knows of."""
    origin: str = ""
    """The node from whose name it was forked, and the last event it shares with that one."""
    base: str = ""
    base_hash: str = ""


class Enrolled(NamedTuple):
    """What a node learns when it is taken in."""

    node: Node
    office_name: str
    prefix: str
    secret: str


def make_code(
    centre: Centre, office: str, *, node: str | None = None, registry: bool | None = None
) -> NewCode:
    """Make a one-time code for a new node of an office.

    Args:
        centre: who takes it in.
        office: the office's code.
        node: the node's name; the office's code, with a number if taken, when not given.
        registry: whether it takes the letters for its office; only if no other node does, when not
            given.

    Raises:
        UnknownOffice: there is no such office.
        NotAnIdentifier: the name cannot be one.
        NodeExists: the name is taken.
    """
    return _new_code(centre, office, node=node, registry=registry)


def make_fork_code(
    centre: Centre, origin: str, *, machine: str = "", node: str | None = None
) -> NewCode:
    """Make a one-time code for a machine that is to leave a name which another one keeps.

    Args:
        centre: who takes it in.
        origin: the name that it has now.
        machine: the machine's code; the only one that still has to leave, when not given.
        node: its new name; made from the office's code when not given.

    Raises:
        UnknownNode: there is no such node.
        UnknownMachine: no such machine has shown the name.
        KeepsName: it is the one that keeps the name.
        NotAnIdentifier: the new name cannot be one.
        NodeExists: the new name is taken.
    """
    before = directory.node(centre.store, origin).value
    hash_ = twins.to_fork(centre.store, origin, machine)
    return _new_code(centre, before.office, node=node, origin=origin, machine=hash_)


def _new_code(
    centre: Centre,
    office: str,
    *,
    node: str | None,
    registry: bool | None = None,
    origin: str = "",
    machine: str = "",
) -> NewCode:
    directory.office(centre.store, office)
    known = directory.nodes(centre.store)
    names = {one.node for one in known}
    name = _free_name(centre, office, names) if node is None else node_id(node)
    if name in names:
        raise NodeExists(name, node=name)
    if registry is None:
        registry = office not in directory.registry_nodes(known)
    now = centre.clock.now()
    code = "-".join(
        "".join(secrets.choice(ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS)
    )
    expires = instant(now + timedelta(hours=centre.config.enrol_code_hours))
    record = EnrolCode(
        office=office, node=name, registry=registry, made_at=instant(now), expires_at=expires,
        origin=origin, machine=machine,
    )  # fmt: skip
    centre.store.commit(Put(ENROL_CODES, _hash(_typed(code)), record))
    return NewCode(code=code, office=office, node=name, expires_at=expires)


def enrol(
    centre: Centre,
    *,
    code: str,
    key: str,
    program: str = "",
    fork: Fork | None = None,
    returning: Returning | None = None,
) -> Enrolled:
    """Take a node in.

    Args:
        centre: who takes it in.
        code: as typed; case, spaces and hyphens do not matter.
        key: the node's public key.
        program: version of the node's program.
        fork: where it comes from, if it had another node's name.
        returning: what it was, if the centre has forgotten it.

    Raises:
        BadCode: the code is wrong, used or too old, or of the other kind.
        BadKey: the key is none, or somebody else's.
        NodeExists: another node has taken the name since the code was made.
        BaseUnknown: the centre does not hold the event after which it was forked, or has forgotten
            the node it was forked from too.
    """
    _check_key(key)
    slot = _hash(_typed(code))
    who = _Newcomer(key, thai.tidy(program)[:_MAX_PROGRAM], fork, returning)

    def attempt() -> Enrolled:
        held = centre.store.record(ENROL_CODES, slot)
        if held is None or not _usable(centre, held.value, key):
            raise BadCode("wrong, used or too old")
        if held.value.origin != (fork.node if fork else ""):
            raise BadCode("a fork code is for a fork, and no other is")
        if returning is not None and (fork or held.value.node != returning.node):
            raise BadCode("made for another name")
        _notice(centre, returning)
        return _take_in(centre, slot, held, who)

    return centre.decide(attempt)


def secret_hash(secret: str) -> str:
    """Give what a secret is stored as: SHA-256 suffices, a secret has 256 random bits."""
    return _hash(secret)


class _Newcomer(NamedTuple):
    key: str
    program: str
    fork: Fork | None
    returning: Returning | None


def _notice(centre: Centre, returning: Returning | None) -> None:
    """Begin a new generation, if nobody has noticed yet that the centre has forgotten this node."""
    if returning is None or centre.store.record(NODES, returning.node) is not None:
        return
    if returning.generation >= centre.identity.generation:
        _, writes = generation.begin(
            centre, why="node", by=returning.node, seen=returning.generation
        )
        centre.store.commit(*writes)


def _take_in(centre: Centre, slot: str, held: Kept[EnrolCode], who: _Newcomer) -> Enrolled:
    code = held.value
    known = directory.nodes(centre.store)
    again = bool(code.used_at)
    taken = any(n.key == who.key and n.node != code.node for n in known)
    if who.key == centre.key.public or taken:
        raise BadKey("the key belongs to another")
    if not again and any(n.node == code.node for n in known):
        _check_unchanged(centre, slot, held)
        raise NodeExists(code.node, node=code.node)
    office = directory.office(centre.store, code.office)
    secret = base64url(secrets.token_bytes(32))
    credential = Credential(sha256=secret_hash(secret))
    used = structs.replace(code, used_at=code.used_at or centre.now(), used_key=who.key)
    writes: list[Writing] = [Put(ENROL_CODES, slot, used, held.revision)]
    if again:
        node = directory.node(centre.store, code.node).value
        if not node.active:
            raise BadCode("the node was revoked since")
        old = centre.store.record(CREDENTIALS, node.node)
        writes.append(Put(CREDENTIALS, node.node, credential, old.revision if old else None))
    else:
        node = _new_node(centre, code, who)
        writes += [
            Put(NODES, node.node, node),
            Put(CREDENTIALS, node.node, credential),
            Open(journal_database(node.node)),
            Open(mailbox_database(node.node)),
            directory.publish(centre, node=node),
            *_first_notes(centre, node, code, who),
        ]
    centre.store.commit(*writes)
    return Enrolled(node=node, office_name=office.name, prefix=office.prefix, secret=secret)


def _new_node(centre: Centre, code: EnrolCode, who: _Newcomer) -> Node:
    known = directory.nodes(centre.store)
    registry = code.registry and code.office not in directory.registry_nodes(known)
    node = Node(
        node=NodeId(code.node), office=code.office, key=who.key, epoch=1, registry=registry,
        active=True, enrolled_at=centre.now(), program=who.program,
    )  # fmt: skip
    if who.returning is not None:
        return _as_it_was(centre, node, who.returning)
    if who.fork is None:
        return node
    before = directory.node(centre.store, who.fork.node).value
    _check_fork(centre, before, who.fork)
    return structs.replace(
        node,
        epoch=min(max(before.epoch, who.fork.epoch) + 1, MAX_EPOCH),
        origin=before.node,
        base=who.fork.base,
        base_hash=who.fork.base_hash,
    )


def _as_it_was(centre: Centre, node: Node, said: Returning) -> Node:
    if said.origin and centre.store.record(NODES, said.origin) is None:
        raise BaseUnknown(said.base[:40], node=said.origin[:40], base=said.base[:40])
    return structs.replace(
        node,
        epoch=min(max(said.epoch, 1), MAX_EPOCH),
        origin=said.origin,
        base=generation.event_or_nothing(said.base),
        base_hash=said.base_hash[:64],
    )


def _check_fork(centre: Centre, before: Node, fork: Fork) -> None:
    """Make sure that the event after which a machine was forked is here."""
    if not fork.base or (fork.base, fork.base_hash) == (before.base, before.base_hash):
        return
    found = centre.store.get(journal_database(before.node), [fork.base]).get(fork.base)
    if found is None or payload_hash(found.payload) != fork.base_hash:
        raise BaseUnknown(fork.base[:40], node=before.node, base=fork.base[:40])


def _first_notes(centre: Centre, node: Node, code: EnrolCode, who: _Newcomer) -> list[Writing]:
    """Plan what the centre notes of a node before it comes by for the first time."""
    present = centre.identity.generation
    held = centre.store.record(TOKENS, node.node)
    tokens = Tokens(generation=present, told=present, at=centre.now())
    notes: list[Writing] = [Put(TOKENS, node.node, tokens, held.revision if held else None)]
    if who.fork is not None:
        notes += twins.forked(centre, who.fork.node, code.machine or who.fork.machine[:64])
    elif who.returning is None:  # whoever returns has a journal to bring back first
        notes += generation.came_back(centre, node, present, "")
    return notes


def _check_unchanged(centre: Centre, slot: str, held: Kept[EnrolCode]) -> None:
    """Look again whether it was this very code that took the node in, a moment ago.

    Raises:
        Raced: it was; decide again.
    """
    now = centre.store.record(ENROL_CODES, slot)
    if now is None or now.revision != held.revision:
        raise Raced("the code was used a moment ago")


def _usable(centre: Centre, code: EnrolCode, key: str) -> bool:
    now = centre.clock.now()
    if now >= parse_instant(code.expires_at):
        return False
    if not code.used_at:
        return True
    fresh = now < parse_instant(code.used_at) + _AGAIN
    return fresh and secrets.compare_digest(code.used_key, key)


def _check_key(key: str) -> None:
    try:
        raw = base64.b64decode(key + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise BadKey("not base64url") from wrong
    if len(key) != _KEY_CHARACTERS or len(raw) != _KEY_BYTES or base64url(raw) != key:
        raise BadKey(f"{len(raw)} bytes")


def _free_name(centre: Centre, office: str, taken: set[str]) -> NodeId:
    """Find a name that nobody has, nor may have had before the centre was set back."""
    present = centre.identity.generation
    begin = 1 if present == generation.FIRST else present * _APART
    names = (office if n == 1 else f"{office[:34]}-{n}" for n in count(begin))
    forgotten = {one.node for one in generation.lost_nodes(centre.store, office)}
    strangers = {kept.key for kept in centre.store.records(STRANGERS)}
    return node_id(next(name for name in names if name not in taken | forgotten | strangers))


def _typed(code: str) -> str:
    return "".join(c for c in code.casefold() if c.isalnum())[:64]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
