"""Taking a list of documents apart, so that one that cannot be read does not spoil the others.

Only the fields a document may have are ever built in memory; whatever else it contains is skipped.
"""

import json
from typing import Any, Final

import msgspec

from saraban_central.gateway.answers import Denied, bad_request
from saraban_central.gateway.calls import MAX_IDS, decode
from saraban_sync.errors import Unintelligible
from saraban_sync.wire import MAX_REQUEST_BYTES, Document, read_chunk, read_document

MAX_DOCUMENT_BYTES: Final = 2 * 1024 * 1024
"""As it comes, JSON escapes included; the signed payload has a limit of its own."""


class BulkDocs(msgspec.Struct):
    """The body of ``_bulk_docs``."""

    docs: list[msgspec.Raw]
    new_edits: bool = True


class _Signed(msgspec.Struct, rename={"id": "_id", "rev": "_rev", "sender": "from"}):
    id: str
    p: str
    s: str
    rev: str | msgspec.UnsetType = msgspec.UNSET
    sender: str | msgspec.UnsetType = msgspec.UNSET


class _Chunk(msgspec.Struct, rename={"id": "_id"}):
    id: str
    data: str


class _Named(msgspec.Struct, rename={"id": "_id"}):
    id: str = ""


_signed: Final = msgspec.json.Decoder(_Signed)
_chunk: Final = msgspec.json.Decoder(_Chunk)
_named: Final = msgspec.json.Decoder(_Named)


def bulk_docs(body: bytes) -> BulkDocs:
    """Take the body of ``_bulk_docs`` apart.

    Raises:
        Denied: it is no such body, or has too many documents.
    """
    try:
        found = decode(body, BulkDocs)
    except Denied as denied:
        found = _with_broken_text(body, denied)
    if len(found.docs) > MAX_IDS:
        raise bad_request(f"at most {MAX_IDS} documents at once")
    return found


def signed_document(raw: msgspec.Raw) -> Document:
    """Read one document of a journal.

    Raises:
        Unintelligible: it is none; the detail says why.
    """
    found = _read(raw, _signed)
    fields: dict[str, Any] = {"_id": found.id, "p": found.p, "s": found.s}
    if found.rev is not msgspec.UNSET:
        fields["_rev"] = found.rev
    if found.sender is not msgspec.UNSET:
        fields["from"] = found.sender
    return read_document(fields)


def chunk(raw: msgspec.Raw) -> tuple[str, bytes]:
    """Read one chunk and prove that its content is what its name says.

    Raises:
        Unintelligible: it is none.
        DocumentTooLarge: it is too long.
    """
    found = _read(raw, _chunk)
    return read_chunk({"_id": found.id, "data": found.data})


def claimed_id(raw: msgspec.Raw) -> str:
    """Give the id that a document claims, empty if not even that can be read."""
    try:
        return str(_read(raw, _named).id)[:64]
    except Unintelligible:
        return ""


def _read(raw: msgspec.Raw, decoder: "msgspec.json.Decoder[Any]") -> Any:
    if len(memoryview(raw)) > MAX_DOCUMENT_BYTES:
        raise Unintelligible(f"{len(memoryview(raw))} bytes")
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise Unintelligible(str(wrong)) from wrong
    except RecursionError as wrong:
        raise Unintelligible("nested too deeply") from wrong


def _with_broken_text(body: bytes, denied: Denied) -> BulkDocs:
    """Take a body apart in which some text is no text (half a surrogate pair, no UTF-8).

    The standard library's decoder is slow but lets such text pass, so that the one document it is
    in can be told from the others.

    Raises:
        Denied: the given one, if something else is wrong, or if it is longer than nodes send.
    """
    if len(body) > MAX_REQUEST_BYTES:
        raise denied
    try:
        found = json.loads(body.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        raise denied from None
    match found:
        case {"docs": list(docs), "new_edits": bool(new_edits)}:
            raws = [msgspec.Raw(json.dumps(one).encode("ascii")) for one in docs]
            return BulkDocs(raws, new_edits)
        case _:
            raise denied
