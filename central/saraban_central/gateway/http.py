"""The gateway as an ASGI application, mounted under ``/db``.

It is written against ASGI rather than as Litestar routes for three reasons: who asks is settled
before anything of a body is read; a body is never unpacked beyond the limit; and every status is
the one CouchDB gives (Litestar's own default of 201 breaks replicators).
"""

import asyncio
import logging
import zlib
from asyncio import Future
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, unquote

from litestar.enums import ScopeType
from litestar.types import HTTPScope, Receive, Scope, Send

from saraban_base.web.errors import status_of
from saraban_central.centre import Centre
from saraban_central.gateway import door, routes
from saraban_central.gateway.answers import Answer, Denied, Stream, json_answer, not_found
from saraban_central.gateway.bodies import Disconnected, read_body
from saraban_central.gateway.calls import Call
from saraban_central.gateway.offloop import off_loop
from saraban_sync.errors import SarabanError
from saraban_sync.registers import instant

log: Final = logging.getLogger(__name__)

_LEVEL: Final = 6
"""gzip: on pages of events 1 % longer than level 9 in half its time; 4 is 5 % longer than 6."""
_WORTH_PACKING: Final = 512
_MAX_OPEN_FEEDS: Final = 8
_MAX_PARAMETERS: Final = 100
_NOBODY: Final = 401


class Gateway:
    """Answers the nodes of one centre."""

    def __init__(self, centre: Centre, version: str) -> None:
        self._centre = centre
        self._version = version
        self._feeds: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != ScopeType.HTTP:
            return
        request = _Request(self._centre, scope, receive, send)
        try:
            await self._answer(request)
        except Denied as denied:
            if denied.status == _NOBODY:
                who = request.header(b"authorization")
                await off_loop(door.note_stranger, self._centre, who)
            await request.answer(denied.answer())
        except Disconnected:
            return
        except SarabanError as wrong:
            if request.started:
                raise
            log.exception("gateway.failed code=%s", wrong.code)
            reason = f"{wrong.code} {wrong.sentence('en')}"
            failed = Denied(status_of(wrong), "internal_server_error", reason)
            await request.answer(failed.answer())

    async def _answer(self, request: "_Request") -> None:
        node = await off_loop(
            door.authenticate, self._centre.store, request.header(b"authorization")
        )
        path = request.path()
        if not path:
            await request.answer(self._welcome(request.method))
            return
        kind = door.kind_of(path[0], node)
        handler, name = routes.find(request.method, kind, path[1:])
        body = await read_body(
            request.receive,
            encoding=request.header(b"content-encoding").lower(),
            announced=request.header(b"content-length"),
        )
        call = Call(
            centre=self._centre,
            node=node,
            kind=kind,
            database=path[0],
            name=name,
            query=request.query(),
            body=body,
        )
        answer = await off_loop(handler, call)
        if isinstance(answer, Answer):
            await request.answer(answer)
        else:
            await self._stream(request, answer, node.node)

    async def _stream(self, request: "_Request", answer: Stream, node: str) -> None:
        if answer.waits and self._feeds[node] >= _MAX_OPEN_FEEDS:
            raise Denied(429, "too_many_requests", "too many open feeds", {"Retry-After": "10"})
        self._feeds[node] += answer.waits
        try:
            await request.stream(answer)
        finally:
            self._feeds[node] -= answer.waits

    def _welcome(self, method: str) -> Answer:
        if method not in ("GET", "HEAD"):
            raise Denied(405, "method_not_allowed", "only GET is offered here")
        return json_answer(
            {
                "couchdb": "Welcome",
                "version": self._version,
                "uuid": self._centre.identity.uuid,
                "vendor": {"name": "Saraban", "version": self._version},
                "features": [],
            }
        )


class _Request:
    """One request and how to answer it."""

    def __init__(self, centre: Centre, scope: HTTPScope, receive: Receive, send: Send) -> None:
        self._centre = centre
        self._send = send
        self._headers = dict(scope["headers"])
        self._query = scope["query_string"]
        self.started = False
        self.receive = receive
        self.method = scope["method"]
        self._raw_path = scope["raw_path"]
        self._packs = "gzip" in self.header(b"accept-encoding").lower()

    def header(self, name: bytes) -> str:
        """Read a header, empty when it is not there."""
        return self._headers.get(name, b"").decode("latin-1")

    def path(self) -> list[str]:
        """Give the parts of the path below ``/db``, as they were sent.

        Raises:
            Denied: it is no text, or another path: Litestar takes ``/dbx`` for one of ours.
        """
        parts = self._raw_path.decode("latin-1").split("/")[1:]
        if parts[0] != "db":
            raise not_found("no such thing")
        try:
            return [unquote(part, errors="strict") for part in parts[1:] if part]
        except UnicodeDecodeError as wrong:
            raise Denied(400, "bad_request", "the path cannot be read") from wrong

    def query(self) -> dict[str, str]:
        """Read the parameters.

        Raises:
            Denied: there are absurdly many.
        """
        try:
            text = self._query.decode("ascii")
            return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS))
        except ValueError as wrong:
            raise Denied(400, "bad_request", "the query cannot be read") from wrong

    async def answer(self, answer: Answer) -> None:
        """Send a whole answer."""
        body = answer.body + b"\n"
        headers = dict(answer.headers)
        if self._packs and len(body) >= _WORTH_PACKING:
            body = await off_loop(_pack, body)
            headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(body))
        await self._start(answer.status, headers)
        shown = b"" if self.method == "HEAD" else body
        await self._send_piece(shown, more=False)

    async def stream(self, answer: Stream) -> None:
        """Send an answer in pieces, until it ends or nobody listens."""
        # Feeds are not packed: a change must reach the other side when it happens.
        packer = _packer() if self._packs and not answer.waits else None
        await self._start(200, {"Content-Encoding": "gzip"} if packer else {})
        gone = asyncio.ensure_future(self._gone())
        try:
            async with aclosing(answer.pieces) as pieces:
                if self.method == "HEAD":
                    await self._send_piece(b"", more=False)
                else:
                    await self._pump(pieces, packer, gone)
        finally:
            gone.cancel()

    async def _pump(
        self, pieces: AsyncGenerator[bytes, None], packer: "_Packer | None", gone: Future[None]
    ) -> None:
        while not gone.done():
            coming = asyncio.ensure_future(anext(pieces, None))
            try:
                both: set[Future[Any]] = {coming, gone}
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    break
            finally:
                if not coming.done():
                    coming.cancel()
                    await asyncio.wait({coming})
            piece = coming.result()
            if piece is None:
                await self._send_piece(packer.flush() if packer else b"", more=False)
                return
            if data := await off_loop(packer.compress, piece) if packer else piece:
                await self._send_piece(data, more=True)

    async def _send_piece(self, data: bytes, *, more: bool) -> None:
        await self._send({"type": "http.response.body", "body": data, "more_body": more})

    async def _gone(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            continue

    async def _start(self, status: int, headers: dict[str, str]) -> None:
        every = {
            "Content-Type": "application/json",
            "Cache-Control": "no-store",
            "Vary": "Accept-Encoding",
            "Saraban-Time": instant(self._centre.clock.now()),
            **headers,
        }
        self.started = True
        await self._send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in every.items()],
            }
        )


class _Packer(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


def _packer() -> _Packer:
    return zlib.compressobj(_LEVEL, wbits=16 + zlib.MAX_WBITS)


def _pack(body: bytes) -> bytes:
    packer = _packer()
    return packer.compress(body) + packer.flush()
