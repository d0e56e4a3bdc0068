"""Taking a new node in: a one-time code for a person to type, a secret for the machine to keep.

    administrator: make_code(office) ── a slip of paper ──> technician types it at the new node
    node: makes its own keys ── code + public key ──> enrol() ── secret, centre's key ──> node

The code is written down nowhere here, only its hash; it is good once and for a few days. If the
answer was lost on the way, the same node (the same key) may ask again for ten minutes and gets a
new secret in place of the lost one.
"""

import base64
import binascii
import hashlib
import secrets
from datetime import timedelta
from typing import Final, NamedTuple

from msgspec import structs

from saraban_central import directory
from saraban_central.centre import Centre
from saraban_central.errors import BadCode, BadKey, NodeExists, Raced
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
from saraban_sync.ids import NodeId, node_id
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


class NewCode(NamedTuple):
    """A one-time code, shown once."""

    code: str
    """Four groups of four characters."""
    office: str
    node: str
    expires_at: str


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
    directory.office(centre.store, office)
    known = directory.nodes(centre.store)
    names = {one.node for one in known}
    name = _free_name(office, names) if node is None else node_id(node)
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
        office=office, node=name, registry=registry, made_at=instant(now), expires_at=expires
    )
    centre.store.commit(Put(ENROL_CODES, _hash(_typed(code)), record))
    return NewCode(code=code, office=office, node=name, expires_at=expires)


def enrol(centre: Centre, *, code: str, key: str, program: str = "") -> Enrolled:
    """Take a node in.

    Args:
        centre: who takes it in.
        code: as typed; case, spaces and hyphens do not matter.
        key: the node's public key.
        program: version of the node's program.

    Raises:
        BadCode: the code is wrong, used or too old.
        BadKey: the key is none, or somebody else's.
        NodeExists: another node has taken the name since the code was made.
    """
    _check_key(key)
    slot = _hash(_typed(code))

    def attempt() -> Enrolled:
        held = centre.store.record(ENROL_CODES, slot)
        if held is None or not _usable(centre, held.value, key):
            raise BadCode("wrong, used or too old")
        return _take_in(centre, slot, held, key, thai.tidy(program)[:_MAX_PROGRAM])

    return centre.decide(attempt)


def secret_hash(secret: str) -> str:
    """Give what a secret is stored as: SHA-256 suffices, a secret has 256 random bits."""
    return _hash(secret)


def _take_in(centre: Centre, slot: str, held: Kept[EnrolCode], key: str, program: str) -> Enrolled:
    code = held.value
    known = directory.nodes(centre.store)
    again = bool(code.used_at)
    if key == centre.key.public or any(n.key == key and n.node != code.node for n in known):
        raise BadKey("the key belongs to another")
    if not again and any(n.node == code.node for n in known):
        _check_unchanged(centre, slot, held)
        raise NodeExists(code.node, node=code.node)
    office = directory.office(centre.store, code.office)
    registry = code.registry and code.office not in directory.registry_nodes(known)
    secret = base64url(secrets.token_bytes(32))
    credential = Credential(sha256=secret_hash(secret))
    used = structs.replace(code, used_at=code.used_at or centre.now(), used_key=key)
    writes: list[Writing] = [Put(ENROL_CODES, slot, used, held.revision)]
    if again:
        node = directory.node(centre.store, code.node).value
        if not node.active:
            raise BadCode("the node was revoked since")
        old = centre.store.record(CREDENTIALS, node.node)
        writes.append(Put(CREDENTIALS, node.node, credential, old.revision if old else None))
    else:
        node = Node(
            node=NodeId(code.node), office=code.office, key=key, epoch=1, registry=registry,
            active=True, enrolled_at=centre.now(), program=program,
        )  # fmt: skip
        writes += [
            Put(NODES, node.node, node),
            Put(CREDENTIALS, node.node, credential),
            Open(journal_database(node.node)),
            Open(mailbox_database(node.node)),
            directory.publish(centre, node=node),
        ]
    centre.store.commit(*writes)
    return Enrolled(node=node, office_name=office.name, prefix=office.prefix, secret=secret)


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


def _free_name(office: str, taken: set[str]) -> NodeId:
    names = (office if n == 1 else f"{office[:36]}-{n}" for n in range(1, 1000))
    return node_id(next(name for name in names if name not in taken))


def _typed(code: str) -> str:
    return "".join(c for c in code.casefold() if c.isalnum())[:64]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
