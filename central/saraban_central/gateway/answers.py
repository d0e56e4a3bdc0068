"""Answers in CouchDB's manner: JSON bodies, and errors as ``{"error", "reason"}``."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from saraban_sync.wire import Document

encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer in pieces: none of them is large, and no transaction is open between two."""

    pieces: AsyncGenerator[bytes, None]
    waits: bool = False
    """Whether it stays open until something happens; a node has only so many of these."""


class Denied(Exception):
    """A request that is answered with an error; carries what CouchDB would say.

    Args:
        status: of HTTP.
        error: CouchDB's word for it, such as ``forbidden``.
        reason: one sentence for the log of the node.
        headers: further headers.
    """

    def __init__(
        self, status: int, error: str, reason: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {error}: {reason}")
        self.status = status
        self.error = error
        self.reason = reason
        self.headers = dict(headers or {})

    def answer(self) -> Answer:
        """Say it."""
        body = encode({"error": self.error, "reason": self.reason})
        return Answer(self.status, body, self.headers)


def json_answer(value: object, status: int = 200) -> Answer:
    """Answer with JSON."""
    return Answer(status, encode(value))


def bad_request(reason: str) -> Denied:
    """The request makes no sense."""
    return Denied(400, "bad_request", reason)


def forbidden(reason: str) -> Denied:
    """The node may not do this."""
    return Denied(403, "forbidden", reason)


def not_found(reason: str = "missing") -> Denied:
    """There is nothing here."""
    return Denied(404, "not_found", reason)


def document_json(document: Document, *, revs: bool = False) -> dict[str, Any]:
    """Write a document as CouchDB shows it."""
    fields = document.as_json()
    if revs:
        fields["_revisions"] = {"start": 1, "ids": [fields["_rev"].removeprefix("1-")]}
    return fields
