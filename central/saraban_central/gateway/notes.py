"""``_local`` documents: a replicator's own notes, and what a node says about itself.

A node sees only its own notes, whichever database it keeps them on, and has room for a few: they
are bookmarks, not storage.
"""

from typing import Any, Final

import msgspec

from saraban_central.gateway import former
from saraban_central.gateway.answers import (
    Answer,
    Denied,
    bad_request,
    encode,
    json_answer,
    not_found,
)
from saraban_central.gateway.calls import Call, Kind, decode
from saraban_central.identity.errors import Overtaken, TwinWaits
from saraban_central.identity.meeting import Met, Status, meet
from saraban_central.identity.sightings import Decision
from saraban_central.records import LOCALS, Local
from saraban_central.store.interface import Put, Writing
from saraban_sync.ratchet import is_token

STATUS: Final = "status"
_MAX_NOTES: Final = 100
_MAX_BYTES: Final = 64 * 1024
_CONFLICT: Final = 409


def read(call: Call) -> Answer:
    """``GET /db/{db}/_local/{id}``."""
    held = call.centre.store.record(LOCALS, _key(call))
    if held is None:
        raise not_found()
    found: dict[str, Any] = msgspec.json.decode(held.value.fields)
    return json_answer({**found, "_id": f"_local/{call.name}", "_rev": f"0-{held.value.number}"})


def write(call: Call) -> Answer:
    """``PUT /db/{db}/_local/{id}``; on one's own journal, ``status`` is also a sign of life."""
    if len(call.body) > _MAX_BYTES:
        raise Denied(413, "too_large", f"a note has at most {_MAX_BYTES} bytes")
    found = decode(call.body, dict[str, Any])
    rev = found.pop("_rev", None)
    found.pop("_id", None)
    if (call.kind, call.name) == (Kind.JOURNAL, STATUS):
        said = _status(call)
        return call.centre.decide(lambda: _meet(call, found, said))
    return call.centre.decide(lambda: _keep(call, found, rev))


def _keep(call: Call, found: dict[str, Any], rev: object) -> Answer:
    number, writes = _noted(call, found, rev=rev)
    call.centre.store.commit(*writes)
    return json_answer(_done(call, number), 201)


def _meet(call: Call, found: dict[str, Any], said: Status) -> Answer:
    try:
        met = meet(call.centre, call.node.node, said)
    except ValueError as wrong:
        raise bad_request("status: time is no UTC moment") from wrong
    if met.trouble:
        if met.writes:
            call.centre.store.commit(*met.writes)
        return json_answer(_trouble(call, met), _CONFLICT)
    number, writes = _noted(call, found)
    call.centre.store.commit(*met.writes, *writes)
    answer = _done(call, number) | {"generation": met.generation}
    if said.fenced and met.decision is not Decision.WAIT:
        answer[met.decision.value] = True
    if met.apart:
        answer["apart"] = met.apart
    if not said.fenced and (past := former.missing(call.centre.store, call.node)) is not None:
        answer["former"] = {"after": past.after, "hash": past.hash}
    return json_answer(answer, 201)


def _trouble(call: Call, met: Met) -> dict[str, str]:
    if met.trouble == "ratchet":
        reason = "another token is held here; look for it among your own"
        return {"error": "ratchet", "reason": reason, "current": met.current}
    wrong = TwinWaits if met.trouble == "twin" else Overtaken
    return {"error": met.trouble, "reason": wrong(node=call.node.node).sentence("en")}


def _noted(call: Call, found: dict[str, Any], *, rev: object = None) -> tuple[int, list[Writing]]:
    store = call.centre.store
    held = store.record(LOCALS, _key(call))
    number = held.value.number if held else 0
    if rev is not None and rev != f"0-{number}":
        raise Denied(_CONFLICT, "conflict", "this note was changed since it was read")
    if held is None and store.count(LOCALS, f"{call.database}/{call.node.node}/") >= _MAX_NOTES:
        raise Denied(403, "forbidden", f"a node keeps at most {_MAX_NOTES} notes here")
    note = Local(fields=msgspec.Raw(encode(found)), number=number + 1)
    return number + 1, [Put(LOCALS, _key(call), note, held.revision if held else None)]


def _done(call: Call, number: int) -> dict[str, Any]:
    return {"ok": True, "id": f"_local/{call.name}", "rev": f"0-{number}"}


def _status(call: Call) -> Status:
    said = decode(call.body, Status, what="status")
    step = said.ratchet
    if step is not None and not (is_token(step.next) and (not step.token or is_token(step.token))):
        raise bad_request("status: a token is 32 hexadecimal digits")
    return said


def _key(call: Call) -> str:
    return f"{call.database}/{call.node.node}/{call.name}"
