"""The door: who is it, and which databases may it see? Everything else is refused.

A node shows its name and its secret by HTTP Basic. The secret has 256 random bits, so a plain
SHA-256 is kept of it, compared in constant time; an unknown node takes as long as a wrong secret.
Nothing is cached: a revoked node is out with its next request.
"""

import base64
import binascii
import hmac
from typing import Final

from saraban_central.centre import Centre
from saraban_central.enrolment import secret_hash
from saraban_central.gateway.answers import Denied, forbidden
from saraban_central.gateway.calls import Kind
from saraban_central.identity.records import STRANGERS, Stranger
from saraban_central.records import CREDENTIALS, NODES, Node
from saraban_central.store.interface import Keep, Records
from saraban_sync.errors import NotAnIdentifier
from saraban_sync.ids import node_id
from saraban_sync.wire import CHUNKS, DIRECTORY, journal_database, mailbox_database

_NOBODY: Final = secret_hash("nobody has this secret")
_MAX_HEADER: Final = 400
_STRANGERS: Final = 100
"""So many names are kept; anybody can make one up."""


def authenticate(records: Records, authorization: str) -> Node:
    """Tell who asks.

    Raises:
        Denied: 401 for nobody we know, 403 for a node that was revoked.
    """
    name, secret = _basic(authorization)
    credential = records.record(CREDENTIALS, name) if name else None
    wanted = credential.value.sha256 if credential else _NOBODY
    same = hmac.compare_digest(wanted, secret_hash(secret))
    node = records.record(NODES, name) if same and credential else None
    if node is None:
        raise Denied(
            401,
            "unauthorized",
            "name or secret is wrong",
            {"WWW-Authenticate": 'Basic realm="saraban"'},
        )
    if not node.value.active:
        raise forbidden("this node was revoked at the centre")
    return node.value


def kind_of(database: str, node: Node) -> Kind:
    """Tell what a database is to a node.

    Raises:
        Denied: it is none of its own, whether or not it exists.
    """
    known = {
        journal_database(node.node): Kind.JOURNAL,
        mailbox_database(node.node): Kind.MAILBOX,
        DIRECTORY: Kind.DIRECTORY,
        CHUNKS: Kind.CHUNKS,
    }
    if database not in known:
        raise forbidden("not a database of this node")
    return known[database]


def note_stranger(centre: Centre, authorization: str) -> None:
    """Note the name of somebody who is not known here: an enrolment may have been forgotten."""
    name, _ = _basic(authorization)
    store = centre.store
    if name and store.record(CREDENTIALS, name) is None and store.count(STRANGERS) < _STRANGERS:
        store.commit(Keep(STRANGERS, name, Stranger(node=name, at=centre.now())))


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() != "basic" or len(authorization) > _MAX_HEADER:
        return "", ""
    try:
        text = base64.b64decode(rest.strip(), validate=True).decode("utf-8")
        name, _, secret = text.partition(":")
        return node_id(name), secret
    except (binascii.Error, ValueError, NotAnIdentifier):
        return "", ""
