"""``_local`` documents: a replicator's own notes, and what a node says about itself.

A node sees only its own notes, whichever database it keeps them on, and has room for a few: they
are bookmarks, not storage.
"""

from datetime import datetime
from typing import Any, Final

import msgspec

from saraban_central.gateway.answers import (
    Answer,
    Denied,
    bad_request,
    encode,
    json_answer,
    not_found,
)
from saraban_central.gateway.calls import Call, Kind, decode
from saraban_central.records import CONTACTS, LOCALS, Contact, Local
from saraban_central.store.interface import Put, Writing
from saraban_sync.ids import Whole
from saraban_sync.registers import instant, parse_instant

STATUS: Final = "status"
_MAX_NOTES: Final = 100
_MAX_BYTES: Final = 64 * 1024


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """``_local/status``: what a node says at the start of each cycle."""

    time: str
    boot: str = ""
    last_event: str = ""
    last_hash: str = ""
    program: str = ""
    free_bytes: Whole = -1
    pushed_files_pending: Whole = 0
    backup_at: str = ""
    backup_good: bool = False


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
    contact = _contact(call) if (call.kind, call.name) == (Kind.JOURNAL, STATUS) else None
    rev = found.pop("_rev", None)
    found.pop("_id", None)
    number = call.centre.decide(lambda: _keep(call, found, rev, contact))
    return json_answer({"ok": True, "id": f"_local/{call.name}", "rev": f"0-{number}"}, 201)


def _keep(call: Call, found: dict[str, Any], rev: object, contact: Contact | None) -> int:
    store = call.centre.store
    held = store.record(LOCALS, _key(call))
    number = held.value.number if held else 0
    if contact is None and rev is not None and rev != f"0-{number}":
        raise Denied(409, "conflict", "this note was changed since it was read")
    if held is None and store.count(LOCALS, f"{call.database}/{call.node.node}/") >= _MAX_NOTES:
        raise Denied(403, "forbidden", f"a node keeps at most {_MAX_NOTES} notes here")
    note = Local(fields=msgspec.Raw(encode(found)), number=number + 1)
    writes: list[Writing] = [Put(LOCALS, _key(call), note, held.revision if held else None)]
    if contact is not None:
        before = store.record(CONTACTS, contact.node)
        writes.append(Put(CONTACTS, contact.node, contact, before.revision if before else None))
    store.commit(*writes)
    return number + 1


def _contact(call: Call) -> Contact:
    said = decode(call.body, Status, what="status")
    now = call.centre.clock.now()
    return Contact(
        node=call.node.node,
        at=instant(now),
        claimed_at=said.time,
        offset_ms=_offset(now, said.time),
        boot=said.boot[:40],
        last_event=said.last_event[:40],
        last_hash=said.last_hash[:64],
        program=said.program[:60],
        free_bytes=said.free_bytes,
        pushed_files_pending=said.pushed_files_pending,
        backup_at=said.backup_at[:40],
        backup_good=said.backup_good,
    )


def _offset(now: datetime, claimed: str) -> int:
    try:
        there = parse_instant(claimed)
    except ValueError as wrong:
        raise bad_request("status: time is no UTC moment") from wrong
    return round((now - there).total_seconds() * 1000)


def _key(call: Call) -> str:
    return f"{call.database}/{call.node.node}/{call.name}"
