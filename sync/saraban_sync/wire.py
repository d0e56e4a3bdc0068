"""Events, mailbox items, chunks and directory entries as documents of CouchDB's HTTP API.

A document is ``{"_id", "_rev", "p", "s"}`` plus ``from`` in a mailbox: ``p`` is the signed payload
as text, ``s`` its signature. The revision is ``1-`` and the first half of the payload's SHA-256, so
every copy of a fact has the same revision wherever it was stored, sending again changes nothing
(``new_edits=false``), and two different facts under one id show as a conflict.
"""

import base64
import binascii
import hashlib
from typing import Any, Final

import msgspec

from saraban_sync.body import Signed
from saraban_sync.errors import DocumentTooLarge, Unintelligible
from saraban_sync.events import Event

MAX_REQUEST_BYTES: Final = 1024 * 1024
"""A node never sends more in one request, counted before compression."""
MAX_BODY_BYTES: Final = 8 * 1024 * 1024
"""The gateway never reads more of one request, counted after decompression."""
CHUNK_BYTES: Final = 256 * 1024
CENTRE: Final = "centre"
DIRECTORY: Final = "directory"
CHUNKS: Final = "chunks"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A signed document under an id."""

    id: str
    payload: bytes
    signature: str
    sender: str = ""
    """In a mailbox: the node that signed, or ``centre``."""

    @property
    def revision(self) -> str:
        """CouchDB's revision of this document."""
        return revision(self.payload)

    def as_json(self) -> dict[str, Any]:
        """Write the document as CouchDB would hold it."""
        fields = {
            "_id": self.id,
            "_rev": self.revision,
            "p": self.payload.decode("utf-8"),
            "s": self.signature,
        }
        if self.sender:
            fields["from"] = self.sender
        return fields


def journal_database(node: str) -> str:
    """Name of the database that holds a node's journal."""
    return f"journal-{node}"


def mailbox_database(node: str) -> str:
    """Name of the database that holds what the centre keeps for a node."""
    return f"mailbox-{node}"


def revision(payload: bytes) -> str:
    """Give the revision of a document with this payload."""
    return revision_of_hash(hashlib.sha256(payload).hexdigest())


def revision_of_hash(hash_: str) -> str:
    """Give the revision of a document whose payload has this SHA-256, hexadecimal."""
    return "1-" + hash_[:32]


def event_document(event: Event, *, name: str | None = None, sender: str = "") -> Document:
    """Wrap an event; in a journal its id is the event's own, in a mailbox ``name``."""
    return Document(
        id=name or event.id, payload=event.payload, signature=event.signature, sender=sender
    )


def read_document(fields: object) -> Document:
    """Read a document's JSON object from outside; signature and meaning are checked elsewhere.

    Raises:
        Unintelligible: a field is missing or of the wrong type, or the revision does not belong to
            the payload.
    """
    match fields:
        case {"_id": str(name), "p": str(text), "s": str(signature), **rest}:
            sender = rest.get("from", "")
            try:
                payload = text.encode("utf-8")
            except UnicodeEncodeError as wrong:
                raise Unintelligible("payload is not UTF-8") from wrong
            own = revision(payload)
            if not isinstance(sender, str) or rest.get("_rev", own) != own:
                raise Unintelligible(f"document {name[:40]!r} has a revision that is not its own")
            return Document(id=name, payload=payload, signature=signature, sender=sender)
        case _:
            raise Unintelligible("a document without _id, p and s")


def signed(document: Document) -> Signed:
    """Give a document's payload and signature as they stand inside another event."""
    return Signed(p=document.payload.decode("utf-8"), s=document.signature)


def chunk_name(data: bytes) -> str:
    """Name a chunk by its content: SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def chunk_json(data: bytes) -> dict[str, Any]:
    """Write a chunk as a document.

    Raises:
        DocumentTooLarge: it is longer than :data:`CHUNK_BYTES`.
    """
    if len(data) > CHUNK_BYTES:
        raise DocumentTooLarge(f"chunk of {len(data)}", size=len(data), limit=CHUNK_BYTES)
    name = chunk_name(data)
    text = base64.b64encode(data).decode("ascii")
    return {"_id": name, "_rev": chunk_revision(name), "data": text}


def chunk_revision(name: str) -> str:
    """Give the revision of the chunk of this name."""
    return "1-" + name[:32]


def read_chunk(fields: object) -> tuple[str, bytes]:
    """Read a chunk and prove that its content is what its name says.

    Raises:
        Unintelligible: it is no chunk, or its content has another hash.
        DocumentTooLarge: it is longer than :data:`CHUNK_BYTES`.
    """
    match fields:
        case {"_id": str(name), "data": str(text)}:
            try:
                data = base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError) as wrong:
                raise Unintelligible(f"chunk {name[:12]} is not base64") from wrong
        case _:
            raise Unintelligible("a chunk without _id and data")
    if len(data) > CHUNK_BYTES:
        raise DocumentTooLarge(f"chunk of {len(data)}", size=len(data), limit=CHUNK_BYTES)
    if chunk_name(data) != name:
        raise Unintelligible(f"chunk {name[:12]} has other content than its name")
    return name, data


def chunk_names(size: int, sha256: str, chunks: tuple[str, ...]) -> tuple[str, ...]:
    """Name the chunks of a file.

    Raises:
        Unintelligible: their count does not fit the size.
    """
    names = chunks or (sha256,)
    if len(names) != max(1, -(-size // CHUNK_BYTES)):
        raise Unintelligible(f"file {sha256[:12]} of {size} bytes in {len(names)} chunks")
    return names
