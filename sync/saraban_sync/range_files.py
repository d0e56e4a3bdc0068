"""Numbers asked for and granted on a stick: two small files for offices that have no line.

    node ── request file: its signed ``range.requested`` events ──> centre
    node <── answer file: the centre's signed grants ── centre

Both are canonical JSON. A request is the very event that stands in the node's journal, so whichever
way it reaches the centre, on the stick or over the line, it is answered once.
"""

from typing import Final, TypeVar

import msgspec

from saraban_sync import grants
from saraban_sync.body import Signed
from saraban_sync.errors import (
    BadSignature,
    DocumentTooLarge,
    NotARangeFile,
    RangeProblem,
    Unintelligible,
)
from saraban_sync.events import Event, canonical, read_event
from saraban_sync.grants import Grant
from saraban_sync.ids import NodeId
from saraban_sync.number_events import RangeRequested

MAX_BYTES: Final = 1024 * 1024
REQUEST: Final = "saraban-range-request"
ANSWER: Final = "saraban-range-answer"


class RequestFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a node asks for."""

    kind: str
    v: int
    node: str
    events: tuple[Signed, ...]
    """The requests as they stand in the node's journal."""


class AnswerFile(msgspec.Struct, frozen=True, kw_only=True):
    """What the centre granted."""

    kind: str
    v: int
    node: str
    grants: tuple[Signed, ...]


_F = TypeVar("_F", RequestFile, AnswerFile)
_requests: Final = msgspec.json.Decoder(RequestFile)
_answers: Final = msgspec.json.Decoder(AnswerFile)


def write_request(node: NodeId, events: tuple[Event, ...]) -> bytes:
    """Write a request file.

    Args:
        node: who asks.
        events: ``range.requested`` events of its journal.
    """
    papers = tuple(Signed(p=one.payload.decode("utf-8"), s=one.signature) for one in events)
    return canonical(RequestFile(kind=REQUEST, v=1, node=node, events=papers)) + b"\n"


def asker(raw: bytes) -> str:
    """Tell who a request file says it comes from; nothing is checked yet.

    Raises:
        NotARangeFile: it is no request file.
    """
    return _request(raw).node


def read_request(raw: bytes, *, node: NodeId, key: str) -> list[Event]:
    """Check and read a request file.

    Args:
        raw: the file.
        node: whose requests must be in it.
        key: that node's public key.

    Raises:
        NotARangeFile: it is no request file, or another node's, or was changed on the way.
    """
    found = _request(raw)
    events = []
    for paper in found.events:
        try:
            event = read_event(paper.p.encode("utf-8"), paper.s, key)
        except (BadSignature, Unintelligible, DocumentTooLarge, UnicodeEncodeError) as wrong:
            raise NotARangeFile(f"an event in it: {wrong}") from wrong
        if event.node != node or not isinstance(event.body, RangeRequested):
            raise NotARangeFile(f"{event.node} {event.type}")
        events.append(event)
    return events


def write_answer(node: NodeId, papers: tuple[Signed, ...]) -> bytes:
    """Write an answer file.

    Args:
        node: who asked.
        papers: the centre's signed grants.
    """
    return canonical(AnswerFile(kind=ANSWER, v=1, node=node, grants=papers)) + b"\n"


def read_answer(raw: bytes, *, node: NodeId, centre: str) -> list[tuple[Grant, Signed]]:
    """Check and read an answer file.

    Args:
        raw: the file.
        node: whom it must be for.
        centre: the centre's public key.

    Returns:
        each grant, and the paper that goes into the journal.

    Raises:
        NotARangeFile: it is no answer file, or for another node, or the centre did not sign it.
    """
    found = _read(raw, _answers, ANSWER)
    made = []
    for paper in found.grants:
        try:
            grant = grants.read_grant(paper, centre)
        except (BadSignature, Unintelligible, RangeProblem, UnicodeEncodeError) as wrong:
            raise NotARangeFile(f"a grant in it: {wrong}") from wrong
        if grant.node != node:
            raise NotARangeFile(f"for {grant.node[:40]}")
        made.append((grant, paper))
    return made


def _request(raw: bytes) -> RequestFile:
    return _read(raw, _requests, REQUEST)


def _read(raw: bytes, decoder: "msgspec.json.Decoder[_F]", kind: str) -> _F:
    if len(raw) > MAX_BYTES:
        raise NotARangeFile(f"{len(raw)} bytes")
    try:
        found = decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise NotARangeFile(str(wrong)) from wrong
    if (found.kind, found.v) != (kind, 1):
        raise NotARangeFile(f"{found.kind[:40]} {found.v}")
    return found
