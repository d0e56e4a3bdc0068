"""Pieces of files: any node may bring one, few may fetch it.

A chunk is named by its content, so it can be neither forged nor changed, and the same file sent by
a hundred schools is kept once. To fetch one, a node must be named in a note of the router: a letter
that came to it, or an event of its own, speaks of that chunk.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from saraban_central.gateway import aside
from saraban_central.gateway.answers import (
    Answer,
    Stream,
    bad_request,
    encode,
    forbidden,
    json_answer,
    not_found,
)
from saraban_central.gateway.aside import Bad
from saraban_central.gateway.calls import MAX_IDS, Call, decode
from saraban_central.gateway.documents import chunk, claimed_id
from saraban_central.gateway.reading import in_list, missing_row
from saraban_central.records import MAY_READ
from saraban_sync.admission import Verdict
from saraban_sync.errors import DocumentTooLarge, Unintelligible
from saraban_sync.wire import chunk_json, chunk_revision


def bring(call: Call, sent: Sequence[msgspec.Raw]) -> list[dict[str, str]]:
    """Keep chunks whose content is what their name says; give a row for each other one."""
    good: dict[str, bytes] = {}
    bad: list[Bad] = []
    for raw in sent:
        try:
            name, data = chunk(raw)
        except (Unintelligible, DocumentTooLarge) as wrong:
            reason = f"chunk: {wrong.detail}"
            bad.append(Bad(claimed_id(raw), Verdict.REFUSED, reason, bytes(raw)))
        else:
            good[name] = data
    store = call.centre.store
    if new := store.missing_chunks(good):
        store.keep_chunks({name: good[name] for name in new})
    if bad:
        call.centre.decide(lambda: store.commit(*aside.notes(call.centre, call.node.node, bad)))
    return [
        {"id": one.id, "error": "forbidden", "reason": f"{one.verdict}: {one.reason}"}
        for one in bad
    ]


def missing(call: Call) -> Answer:
    """``POST /db/chunks/_revs_diff``: which of these are not here yet?"""
    asked = decode(call.body, dict[str, list[str]])
    if len(asked) > MAX_IDS:
        raise bad_request(f"at most {MAX_IDS} chunks at once")
    lacking = call.centre.store.missing_chunks(asked)
    return json_answer({name: {"missing": asked[name]} for name in asked if name in lacking})


def fetch(call: Call) -> Answer:
    """``GET /db/chunks/{name}``."""
    if not _may_read(call, call.name):
        raise forbidden("no letter for this node names this chunk")
    data = call.centre.store.chunk(call.name)
    if data is None:
        raise not_found("not here yet")
    return Answer(200, encode(chunk_json(data)), {"ETag": f'"{chunk_revision(call.name)}"'})


class _Wanted(msgspec.Struct):
    id: str
    rev: str = ""


class _BulkGet(msgspec.Struct):
    docs: list[_Wanted]


def bulk_fetch(call: Call) -> Stream:
    """``POST /db/chunks/_bulk_get``: one chunk in memory at a time."""
    wanted = decode(call.body, _BulkGet).docs
    if len(wanted) > MAX_IDS:
        raise bad_request(f"at most {MAX_IDS} chunks at once")
    return Stream(
        in_list("results", wanted, lambda part: [_row(call, one) for one in part], at_once=1)
    )


def _row(call: Call, wanted: _Wanted) -> dict[str, Any]:
    allowed = _may_read(call, wanted.id)
    data = call.centre.store.chunk(wanted.id) if allowed else None
    if data is not None:
        return {"id": wanted.id, "docs": [{"ok": chunk_json(data)}]}
    row = missing_row(wanted.id, wanted.rev)
    if not allowed:
        row["error"] |= {"error": "forbidden", "reason": "no letter for this node names it"}
    return {"id": wanted.id, "docs": [row]}


def _may_read(call: Call, name: str) -> bool:
    key = f"{call.node.node}/{name[:64]}"
    return len(name) == 64 and call.centre.store.record(MAY_READ, key) is not None
