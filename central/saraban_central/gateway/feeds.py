"""``_changes``: what came after a position, at once, when it comes, or on and on.

    normal      all there is, page by page
    longpoll    the same; if there is nothing, the answer waits for the first change
    continuous  one line for each change, for as long as the other side listens

Between two pages nothing is held: no transaction, no thread. A feed ends when its node is revoked,
its time is up, the centre closes, or the centre was set back.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final

import msgspec

from saraban_central.gateway import positions
from saraban_central.gateway.answers import Denied, Stream, bad_request, document_json, encode
from saraban_central.gateway.calls import MAX_IDS, Call, decode
from saraban_central.gateway.offloop import off_loop
from saraban_central.gateway.reading import PAGE, joined
from saraban_central.records import NODES
from saraban_central.signals import Waiter
from saraban_central.store.interface import Change, Position

_ALL: Final = 1_000_000_000
_DEFAULT_MS: Final = 60_000
_LONGEST_MS: Final = 600_000
_LEAST_HEARTBEAT_MS: Final = 100


class _DocIds(msgspec.Struct):
    doc_ids: list[str] = []


class _Asked:
    """What the request wants, checked before anything is answered."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.feed = call.query.get("feed", "normal")
        if self.feed not in ("normal", "longpoll", "continuous"):
            raise bad_request("feed must be normal, longpoll or continuous")
        if call.flag("descending"):
            raise Denied(501, "not_implemented", "descending changes are not offered")
        self.limit = call.number("limit", _ALL, most=_ALL)
        self.include = call.flag("include_docs")
        self.ids = _wanted_ids(call)
        self.generation = call.centre.identity.generation
        self.since = positions.read(
            call.query.get("since", "0"), call.centre.store, call.database, self.generation
        )
        heartbeat = call.query.get("heartbeat", "false")
        self.heartbeat: float | None = None
        if heartbeat == "true":
            self.heartbeat = _DEFAULT_MS / 1000
        elif heartbeat != "false":
            least = _LEAST_HEARTBEAT_MS
            self.heartbeat = call.number("heartbeat", 0, least=least, most=_LONGEST_MS) / 1000
        patience = _DEFAULT_MS if self.heartbeat is None else _LONGEST_MS
        self.patience = call.number("timeout", patience, most=_LONGEST_MS) / 1000

    def place(self, position: Position) -> bytes:
        """Write a position as JSON."""
        return encode(positions.written(position, self.generation))

    def row(self, change: Change) -> dict[str, Any]:
        """Write a change."""
        document = change.document
        row: dict[str, Any] = {
            "seq": positions.written(change.position, self.generation),
            "id": document.id,
            "changes": [{"rev": document.revision}],
        }
        if self.include:
            row["doc"] = document_json(document)
        return row


def changes(call: Call) -> Stream:
    """``GET|POST /db/{db}/_changes``."""
    asked = _Asked(call)
    if asked.feed == "continuous":
        return Stream(_continuous(asked), waits=True)
    return Stream(_listed(asked), waits=asked.feed == "longpoll")


async def _listed(asked: _Asked) -> AsyncGenerator[bytes, None]:
    yield b'{"results":[\n'
    since, left, separator, ended = asked.since, asked.limit, b"", False
    with asked.call.centre.signals.waiting(asked.call.database) as waiter:
        patience = _Patience(asked, waiter)
        while left > 0 and not ended:
            position, rows, ended = await off_loop(_look, asked, since, left)
            since = position
            left -= len(rows)
            if rows:
                yield separator + await off_loop(joined, rows)
                separator = b",\n"
            elif ended and asked.feed == "longpoll" and not separator:
                ended = not await patience.goes_on()
                if not ended and patience.beats():
                    yield b"\n"
    tail = b',"pending":0' if ended else b""
    yield b'\n],\n"last_seq":' + asked.place(since) + tail + b"}\n"


async def _continuous(asked: _Asked) -> AsyncGenerator[bytes, None]:
    since, left = asked.since, asked.limit
    yield b"\n"  # the headers go out now, not with the first change
    with asked.call.centre.signals.waiting(asked.call.database) as waiter:
        patience = _Patience(asked, waiter)
        while left > 0:
            since, rows, ended = await off_loop(_look, asked, since, left)
            left -= len(rows)
            if rows:
                patience.renew()
                yield b"".join([encode(row) + b"\n" for row in rows])
            elif ended:
                if not await patience.goes_on():
                    break
                if patience.beats():
                    yield b"\n"
    yield b'{"last_seq":' + asked.place(since) + b"}\n"


class _Patience:
    """How long a feed waits, when it shows that it lives, and whether it may go on."""

    def __init__(self, asked: _Asked, waiter: Waiter) -> None:
        self._asked = asked
        self._waiter = waiter
        self._end = self._beat = 0.0
        self.renew()

    def renew(self) -> None:
        """Begin to wait anew: something was just sent."""
        now = _now()
        self._end = now + self._asked.patience
        self._beat = now + (self._asked.heartbeat or self._asked.patience + 1)

    async def goes_on(self) -> bool:
        """Wait for a change or a while; tell whether to look again."""
        call = self._asked.call
        left = self._end - _now()
        if left <= 0 or call.centre.signals.closing:
            return False
        until_beat = max(0.0, self._beat - _now())
        await self._waiter.wait(min(left, until_beat, call.centre.config.poll_seconds))
        return await off_loop(_may_go_on, self._asked)

    def beats(self) -> bool:
        """Tell whether a heartbeat is due, and count it as given."""
        if self._asked.heartbeat is None or _now() < self._beat:
            return False
        self._beat = _now() + self._asked.heartbeat
        return True


def _now() -> float:
    return asyncio.get_running_loop().time()


def _look(asked: _Asked, since: Position, left: int) -> tuple[Position, list[dict[str, Any]], bool]:
    """Fetch one page: its last position, its rows, and whether there was nothing after it."""
    limit = PAGE if asked.ids is not None else min(PAGE, left)
    found = asked.call.centre.store.changes(asked.call.database, since, limit)
    if not found:
        return since, [], True
    if asked.ids is not None:
        wanted = [one for one in found if one.document.id in asked.ids][:left]
        at = wanted[-1].position if len(wanted) == left else found[-1].position
        return at, [asked.row(one) for one in wanted], False
    return found[-1].position, [asked.row(one) for one in found], False


def _may_go_on(asked: _Asked) -> bool:
    call = asked.call
    if call.centre.signals.closing or call.centre.identity.generation != asked.generation:
        return False
    node = call.centre.store.record(NODES, call.node.node)
    return node is not None and node.value.active


def _wanted_ids(call: Call) -> frozenset[str] | None:
    name = call.query.get("filter")
    if name is None:
        return None
    if name != "_doc_ids":
        raise Denied(501, "not_implemented", "only the filter _doc_ids is offered")
    if "doc_ids" in call.query:
        text = call.query["doc_ids"].encode("utf-8", "replace")
        ids = decode(text, list[str], what="doc_ids")
    else:
        ids = decode(call.body, _DocIds).doc_ids
    if len(ids) > MAX_IDS:
        raise bad_request(f"at most {MAX_IDS} ids at once")
    return frozenset(ids)
