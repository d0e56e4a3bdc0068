"""Reading documents: one, several by id, or a whole database in the order of ids."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from saraban_central.gateway import positions
from saraban_central.gateway.answers import (
    Answer,
    Denied,
    Stream,
    bad_request,
    document_json,
    encode,
    json_answer,
    not_found,
)
from saraban_central.gateway.calls import MAX_IDS, Call, decode
from saraban_central.gateway.offloop import off_loop
from saraban_central.store.interface import START
from saraban_sync.wire import Document

T = TypeVar("T")

PAGE: Final = 200
"""Documents fetched and written at once: bounds the memory of one answer."""
_ALL: Final = 1_000_000_000


def info(call: Call) -> Answer:
    """``GET /db/{db}``: how many documents, and the position of the last one."""
    found = call.centre.store.database(call.database)
    return json_answer(
        {
            "db_name": call.database,
            "doc_count": found.documents if found else 0,
            "doc_del_count": 0,
            "update_seq": positions.written(
                found.position if found else START, call.centre.identity.generation
            ),
            "purge_seq": 0,
            "compact_running": False,
            "instance_start_time": "0",
            "disk_format_version": 8,
            "props": {},
        }
    )


def document(call: Call) -> Answer:
    """``GET /db/{db}/{id}``, with ``rev``, ``revs`` and ``open_revs`` as a replicator asks."""
    found = call.centre.store.get(call.database, [call.name]).get(call.name)
    if "open_revs" in call.query:
        return json_answer(_open_revisions(call, found))
    wanted = call.query.get("rev")
    if found is None or (wanted is not None and wanted != found.revision):
        raise not_found()
    body = document_json(found, revs=call.flag("revs"))
    return Answer(200, encode(body), {"ETag": f'"{found.revision}"'})


def _open_revisions(call: Call, found: Document | None) -> list[dict[str, Any]]:
    text = call.query["open_revs"]
    if found is None:
        raise not_found()
    ok = {"ok": document_json(found, revs=call.flag("revs"))}
    if text == "all":
        return [ok]
    revisions = decode(text.encode("utf-8", "replace"), list[str], what="open_revs")[:MAX_IDS]
    return [ok if rev == found.revision else {"missing": rev} for rev in revisions]


class _Wanted(msgspec.Struct):
    id: str
    rev: str = ""


class _BulkGet(msgspec.Struct):
    docs: list[_Wanted]


def bulk_get(call: Call) -> Stream:
    """``POST /db/{db}/_bulk_get``: several documents by id and revision."""
    wanted = decode(call.body, _BulkGet).docs
    if len(wanted) > MAX_IDS:
        raise bad_request(f"at most {MAX_IDS} documents at once")
    return Stream(in_list("results", wanted, lambda part: _bulk_rows(call, part)))


def _bulk_rows(call: Call, wanted: Sequence[_Wanted]) -> list[dict[str, Any]]:
    found = call.centre.store.get(call.database, {one.id for one in wanted})
    revs = call.flag("revs")
    return [_bulk_row(one, found.get(one.id), revs) for one in wanted]


def _bulk_row(wanted: _Wanted, found: Document | None, revs: bool) -> dict[str, Any]:
    if found is not None and wanted.rev in ("", found.revision):
        return {"id": wanted.id, "docs": [{"ok": document_json(found, revs=revs)}]}
    return {"id": wanted.id, "docs": [missing_row(wanted.id, wanted.rev)]}


def missing_row(name: str, revision: str) -> dict[str, Any]:
    """Say within ``_bulk_get`` that there is no such document."""
    rev = revision or "undefined"
    return {"error": {"id": name, "rev": rev, "error": "not_found", "reason": "missing"}}


def revs_diff(call: Call) -> Answer:
    """``POST /db/{db}/_revs_diff``: which of these revisions are not here?"""
    asked = decode(call.body, dict[str, list[str]])
    if len(asked) > MAX_IDS:
        raise bad_request(f"at most {MAX_IDS} documents at once")
    found = call.centre.store.get(call.database, asked.keys())
    missing: dict[str, dict[str, list[str]]] = {}
    for name, revisions in asked.items():
        held = found[name].revision if name in found else ""
        if lacking := [rev for rev in revisions if rev != held]:
            missing[name] = {"missing": lacking}
    return json_answer(missing)


async def in_list(
    name: str,
    items: Sequence[T],
    rows: Callable[[Sequence[T]], list[dict[str, Any]]],
    *,
    at_once: int = PAGE,
) -> AsyncGenerator[bytes, None]:
    """Write ``{"name": [row, …]}``, a part of the items at a time."""
    yield b'{"%s":[\n' % name.encode("ascii")
    for start in range(0, len(items), at_once):
        part = items[start : start + at_once]
        separator = b",\n" if start else b""
        yield separator + await off_loop(_joined_part, rows, part)
    yield b"\n]}\n"


class _AllDocs(msgspec.Struct):
    keys: list[str] | None = None


def all_docs(call: Call) -> Answer | Stream:
    """``GET|POST /db/{db}/_all_docs``: documents in the order of their ids, either way."""
    found = call.centre.store.database(call.database)
    total = found.documents if found else 0
    keys = decode(call.body, _AllDocs).keys if call.body.strip() else None
    if keys is None and "keys" in call.query:
        keys = decode(call.query["keys"].encode("utf-8", "replace"), list[str], what="keys")
    if keys is not None:
        return _by_keys(call, keys, total)
    return Stream(_rows(call, _Reach(call), total))


def _by_keys(call: Call, keys: list[str], total: int) -> Answer:
    if len(keys) > MAX_IDS:
        raise bad_request(f"at most {MAX_IDS} keys at once")
    found = call.centre.store.get(call.database, set(keys))
    include = call.flag("include_docs")
    rows = [
        _row(found[key], include) if key in found else {"key": key, "error": "not_found"}
        for key in keys
    ]
    return json_answer({"total_rows": total, "offset": None, "rows": rows})


class _Reach:
    """Which ids are wanted, from the request's parameters."""

    def __init__(self, call: Call) -> None:
        one = call.key("key")
        start = one or call.key("startkey", "start_key")
        end = one or call.key("endkey", "end_key")
        self.descending = call.flag("descending")
        self.first, self.last = (end, start) if self.descending else (start, end)
        self.open_end = call.query.get("inclusive_end") == "false"
        self.end = end
        self.limit = call.number("limit", _ALL, most=_ALL)
        self.skip = call.number("skip", 0, most=_ALL)
        self.include = call.flag("include_docs")


async def _rows(call: Call, reach: _Reach, total: int) -> AsyncGenerator[bytes, None]:
    yield b'{"total_rows":%d,"offset":null,"rows":[\n' % total
    after, skip, left, separator = "", reach.skip, reach.limit, b""
    while left > 0:
        page = await off_loop(_page, call, reach, after, min(PAGE, left + skip))
        if page:
            after = page[-1].id
        wanted = [d for d in page[skip:] if not (reach.open_end and d.id == reach.end)][:left]
        skip = max(0, skip - len(page))
        left -= len(wanted)
        if wanted:
            yield separator + await off_loop(_joined_rows, wanted, reach.include)
            separator = b",\n"
        if len(page) < PAGE:
            break
    yield b"\n]}\n"


def _page(call: Call, reach: _Reach, after: str, limit: int) -> list[Document]:
    return call.centre.store.page(
        call.database,
        after=after,
        first=reach.first,
        last=reach.last,
        limit=limit,
        descending=reach.descending,
    )


def _row(found: Document, include: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"id": found.id, "key": found.id, "value": {"rev": found.revision}}
    if include:
        row["doc"] = document_json(found)
    return row


def _joined_rows(found: Sequence[Document], include: bool) -> bytes:
    return joined(_row(one, include) for one in found)


def _joined_part(rows: Callable[[Sequence[T]], list[dict[str, Any]]], part: Sequence[T]) -> bytes:
    return joined(rows(part))


def joined(rows: Iterable[dict[str, Any]]) -> bytes:
    """Write rows of a list, without its brackets."""
    return b",\n".join(map(encode, rows))


def exists(_: Call) -> Answer:
    """``PUT /db/{db}``: a node's databases are there from its enrolment on."""
    raise Denied(412, "file_exists", "the database is there already")


def full_commit(_: Call) -> Answer:
    """``POST /db/{db}/_ensure_full_commit``: everything acknowledged is on the disk already."""
    return json_answer({"ok": True, "instance_start_time": "0"}, 201)
