"""Which requests there are, and in which databases; everything else is refused.

The table is the whole of it: a request that is not in it does not exist, a database kind that is
not in its row is forbidden.
"""

import logging
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from saraban_central.gateway import chunks, documents, feeds, notes, reading
from saraban_central.gateway.admitting import Outcome
from saraban_central.gateway.answers import (
    Answer,
    Denied,
    Stream,
    forbidden,
    json_answer,
    not_found,
)
from saraban_central.gateway.calls import Call, Kind
from saraban_central.gateway.former import take_in
from saraban_sync.admission import Verdict

log: Final = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[Call], Answer | Stream]

_ID: Final = re.compile(r"[A-Za-z0-9.:-][A-Za-z0-9_.:-]{0,99}")
_NOTE: Final = re.compile(r"[A-Za-z0-9_.:=+~-]{1,200}")
_DOCUMENTS: Final = frozenset({Kind.JOURNAL, Kind.MAILBOX, Kind.DIRECTORY})
_EVERY: Final = frozenset(Kind)


def bulk_docs(call: Call) -> Answer:
    """``POST /db/{db}/_bulk_docs``: events for one's own journal, or chunks."""
    body = documents.bulk_docs(call.body)
    if call.kind is Kind.CHUNKS:
        return json_answer(chunks.bring(call, body.docs), 201)
    outcomes = take_in(call.centre, call.node, body.docs)
    counted = Counter(one.verdict.value for one in outcomes)
    said = " ".join(f"{verdict}={counted[verdict]}" for verdict in sorted(counted))
    log.info("gateway.journal node=%s bytes=%d %s", call.node.node, len(call.body), said)
    return json_answer([row for one in outcomes if (row := _row(one, body.new_edits))], 201)


def _row(outcome: Outcome, new_edits: bool) -> dict[str, Any] | None:
    match outcome.verdict:
        case Verdict.REFUSED | Verdict.QUARANTINED:
            reason = f"{outcome.verdict}: {outcome.reason}"
            return {"id": outcome.id, "error": "forbidden", "reason": reason}
        case _ if not new_edits:
            return None  # as CouchDB: only what went wrong
        case Verdict.PENDING:
            reason = f"{outcome.verdict}: {outcome.reason}"
            return {"id": outcome.id, "error": "pending", "reason": reason}
        case _:
            rev = outcome.document.revision if outcome.document else ""
            return {"ok": True, "id": outcome.id, "rev": rev}


def _missing(call: Call) -> Answer:
    return chunks.missing(call) if call.kind is Kind.CHUNKS else reading.revs_diff(call)


def _bulk_get(call: Call) -> Stream:
    return chunks.bulk_fetch(call) if call.kind is Kind.CHUNKS else reading.bulk_get(call)


def _document(call: Call) -> Answer:
    return chunks.fetch(call) if call.kind is Kind.CHUNKS else reading.document(call)


class Route(NamedTuple):
    """A request that exists."""

    handler: Handler
    kinds: frozenset[Kind]


_ROUTES: Final[dict[tuple[str, str], Route]] = {
    ("GET", ""): Route(reading.info, _EVERY),
    ("PUT", ""): Route(reading.exists, _EVERY),
    ("POST", "_bulk_docs"): Route(bulk_docs, frozenset({Kind.JOURNAL, Kind.CHUNKS})),
    ("GET", "_all_docs"): Route(reading.all_docs, _DOCUMENTS),
    ("POST", "_all_docs"): Route(reading.all_docs, _DOCUMENTS),
    ("GET", "_changes"): Route(feeds.changes, _DOCUMENTS),
    ("POST", "_changes"): Route(feeds.changes, _DOCUMENTS),
    ("POST", "_revs_diff"): Route(_missing, _EVERY),
    ("POST", "_bulk_get"): Route(_bulk_get, _EVERY),
    ("POST", "_ensure_full_commit"): Route(reading.full_commit, _EVERY),
    ("GET", "_local/"): Route(notes.read, _DOCUMENTS),
    ("PUT", "_local/"): Route(notes.write, _DOCUMENTS),
    ("GET", "/"): Route(_document, _EVERY),
}
_ENDPOINTS: Final = {endpoint for _, endpoint in _ROUTES}


def find(method: str, kind: Kind, rest: Sequence[str]) -> tuple[Handler, str]:
    """Find what answers a request.

    Args:
        method: of HTTP; HEAD counts as GET.
        kind: what the database is to the node.
        rest: the path after the database.

    Returns:
        the handler, and the id of the document that the path names, if any.

    Raises:
        Denied: 404, 405 or 403.
    """
    endpoint, name = _endpoint(rest)
    route = _ROUTES.get(("GET" if method == "HEAD" else method, endpoint))
    if route is None:
        raise Denied(405, "method_not_allowed", f"{method} is not offered here")
    if kind not in route.kinds:
        raise forbidden(f"not offered on {kind} databases")
    return route.handler, name


def _endpoint(rest: Sequence[str]) -> tuple[str, str]:
    match list(rest):
        case []:
            return "", ""
        case ["_local", name] if _NOTE.fullmatch(name):
            return "_local/", name
        case [name] if name.startswith("_local/"):  # the slash was sent as %2F
            return _endpoint(name.split("/"))
        case [name] if name in _ENDPOINTS:
            return name, ""
        case [name] if _ID.fullmatch(name):
            return "/", name
        case _:
            raise not_found("no such thing")
