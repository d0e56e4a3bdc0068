"""The outermost layer: whatever an application answers passes here and gets its safety headers.

It also refuses requests for other hosts before anything reads them (DNS rebinding, poisoned links).
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS: Final = {
    b"content-security-policy": CSP.encode(),
    b"x-content-type-options": b"nosniff",
    # Not no-referrer: browsers would then send "Origin: null" with our own forms.
    b"referrer-policy": b"same-origin",
    b"x-frame-options": b"DENY",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=(), interest-cohort=()",
    b"cache-control": b"no-store",
}
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
_WRONG_HOST: Final = (
    "ที่อยู่เว็บนี้ไม่ใช่ของเครื่องนี้ โปรดใช้ที่อยู่ที่ผู้ดูแลระบบให้ไว้ (SRB-516)\n"
    "This web address does not belong to this machine. "
    "Use the one the administrator gave you. (SRB-516)\n"
).encode()


class Gate:
    """Wraps an application.

    Args:
        app: the application.
        hosts: names under which this appliance may be called, without port.
        secure: it is served over TLS.
    """

    def __init__(self, app: App, *, hosts: Iterable[str] = (), secure: bool = False) -> None:
        self.app = app
        self._hosts = frozenset(host.casefold().encode() for host in (*LOOPBACK, *hosts))
        self._headers = dict(_HEADERS)
        if secure:
            self._headers[_HSTS[0]] = _HSTS[1]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                given += [pair for pair in self._headers.items() if pair[0] not in names]
                message["headers"] = given
            await send(message)

        if not self._known_host(scope["headers"]):
            await _refuse(dressed)
            return
        await self.app(scope, receive, dressed)

    def _known_host(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        values = [value for name, value in headers if name == b"host"]
        if len(values) != 1:
            return False
        host = values[0].lower()
        name, colon, port = host.rpartition(b":")
        if colon and port.isdigit():
            host = name
        return host in self._hosts


async def _refuse(send: Send) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(_WRONG_HOST)).encode()),
    ]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": _WRONG_HOST})
