"""Reading a request's body: bounded before, while and after it is unpacked.

A few hundred kilobytes of gzip can unpack to hundreds of megabytes, and headers lie about sizes. So
nothing is unpacked further than the limit, whatever was announced.
"""

import asyncio
import zlib
from typing import Final

from litestar.types import Receive

from saraban_central.gateway.answers import Denied, bad_request
from saraban_sync.wire import MAX_BODY_BYTES

_GZIP: Final = 16 + zlib.MAX_WBITS
_PIECE_SECONDS: Final = 60.0
"""A line that delivers nothing for so long is given up; a slow one is not."""


class Disconnected(Exception):
    """The other side went away before its request was complete."""


async def read_body(receive: Receive, *, encoding: str, announced: str) -> bytes:
    """Read the whole body, unpacked.

    Args:
        receive: of ASGI.
        encoding: the Content-Encoding header, empty when there is none.
        announced: the Content-Length header, empty when there is none.

    Raises:
        Denied: too long (413), another encoding than gzip (415), broken gzip (400), or nothing
            came for a minute (408).
        Disconnected: the other side went away.
    """
    if encoding not in ("", "identity", "gzip"):
        raise Denied(415, "bad_content_type", "Content-Encoding must be gzip or absent")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > MAX_BODY_BYTES:
        raise _too_large()
    unpacker = _Unpacker() if encoding == "gzip" else None
    parts: list[bytes] = []
    length = 0
    more = True
    while more:
        piece, more = await _next(receive)
        part = piece if unpacker is None else unpacker.unpack(piece, MAX_BODY_BYTES - length)
        length += len(part)
        if length > MAX_BODY_BYTES:
            raise _too_large()
        parts.append(part)
    if unpacker is not None:
        unpacker.finish()
    return b"".join(parts)


async def _next(receive: Receive) -> tuple[bytes, bool]:
    try:
        message = await asyncio.wait_for(receive(), _PIECE_SECONDS)
    except TimeoutError as wrong:
        raise Denied(408, "timeout", "the rest of the request did not come") from wrong
    if message["type"] != "http.request":
        raise Disconnected
    return message.get("body", b""), message.get("more_body", False)


class _Unpacker:
    """gzip, one member, never more than asked for."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP)

    def unpack(self, data: bytes, room: int) -> bytes:
        """Unpack; one byte more than ``room`` tells the caller that it is too much."""
        try:
            part = self._stream.decompress(data, room + 1)
        except zlib.error as wrong:
            raise bad_request("the body is not gzip") from wrong
        if self._stream.unused_data:
            raise bad_request("something follows the gzip stream")
        return part

    def finish(self) -> None:
        """Make sure that all of it came."""
        if not self._stream.eof:
            raise bad_request("the gzip stream is cut off")


def _too_large() -> Denied:
    return Denied(413, "too_large", f"a request has at most {MAX_BODY_BYTES} bytes unpacked")
