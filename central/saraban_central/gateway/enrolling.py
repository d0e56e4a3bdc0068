"""``POST /api/v1/enrol``: a new node shows its one-time code and public key, and is taken in.

So is a machine that shared another node's name and goes on under its own, and a node that a centre
has forgotten when it was set back.

It is the one request of a node without credentials, so it is small and its wrong tries are counted:
ten from one address or a hundred in all within a quarter of an hour close it for that long. (A code
has 78 random bits; the limit keeps the log readable more than it keeps guessers out.)
"""

from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from saraban_base.web.needs import OWN
from saraban_central import enrolment
from saraban_central.centre import Centre
from saraban_central.enrolment import Enrolled, Fork, Returning
from saraban_central.errors import BadCode, BadKey, NodeExists, Raced, TooManyTries
from saraban_central.gateway.answers import Denied, encode
from saraban_central.gateway.calls import decode
from saraban_central.gateway.offloop import off_loop
from saraban_central.identity.errors import BaseUnknown
from saraban_sync.errors import SarabanError
from saraban_sync.registers import instant

MAX_BYTES: Final = 4 * 1024
_WINDOW_SECONDS: Final = 15 * 60
_TRIES: Final = 10
_TRIES_IN_ALL: Final = 100
_MAX_ADDRESSES: Final = 1_000
_STATUS: Final[dict[type[SarabanError], int]] = {
    BadCode: 422,
    BadKey: 400,
    BaseUnknown: 409,
    NodeExists: 409,
    Raced: 409,
    TooManyTries: 429,
}


class _Asked(msgspec.Struct, frozen=True):
    code: str
    key: str
    program: str = ""
    fork: Fork | None = None
    returning: Returning | None = None


class Tries:
    """Counts wrong codes, per address and in all; forgets them after a quarter of an hour."""

    def __init__(self) -> None:
        self._wrong: dict[str, deque[float]] = defaultdict(deque)

    def check(self, address: str, now: float) -> None:
        """Let a try happen.

        Raises:
            TooManyTries: there were too many wrong ones.
        """
        self._forget(now)
        total = sum(map(len, self._wrong.values()))
        mine = len(self._wrong[address]) if address in self._wrong else 0
        if mine >= _TRIES or total >= _TRIES_IN_ALL or len(self._wrong) >= _MAX_ADDRESSES:
            raise TooManyTries(address, minutes=_WINDOW_SECONDS // 60)

    def failed(self, address: str, now: float) -> None:
        """Count a wrong code."""
        self._wrong[address].append(now)

    def _forget(self, now: float) -> None:
        for address in list(self._wrong):
            times = self._wrong[address]
            while times and times[0] <= now - _WINDOW_SECONDS:
                times.popleft()
            if not times:
                del self._wrong[address]


def route(centre: Centre) -> HTTPRouteHandler:
    """Make the route for one centre."""
    tries = Tries()

    @post("/api/v1/enrol", needs=OWN, status_code=201, request_max_body_size=MAX_BYTES)
    async def enrol(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Take a new node in by its one-time code."""
        address = request.client.host if request.client else ""
        now = centre.clock.monotonic()
        try:
            tries.check(address, now)
            asked = decode(await request.body(), _Asked)
            done = await off_loop(
                enrolment.enrol,
                centre,
                code=asked.code,
                key=asked.key,
                program=asked.program,
                fork=asked.fork,
                returning=asked.returning,
            )
        except Denied as denied:
            return _answer(centre, denied.status, {"error": denied.error, "reason": denied.reason})
        except (BadCode, BadKey, BaseUnknown, NodeExists, Raced, TooManyTries) as wrong:
            if isinstance(wrong, BadCode):
                tries.failed(address, now)
            return _refusal(centre, wrong)
        return _answer(centre, 201, _welcome(centre, done))

    return enrol


def _welcome(centre: Centre, done: Enrolled) -> dict[str, object]:
    return {
        "node": done.node.node,
        "office": done.node.office,
        "office_name": done.office_name,
        "prefix": done.prefix,
        "secret": done.secret,
        "centre_key": centre.key.public,
        "epoch": done.node.epoch,
        "generation": centre.identity.generation,
        "time": instant(centre.clock.now()),
    }


def _refusal(centre: Centre, wrong: SarabanError) -> Response[bytes]:
    said = f"{wrong.code} {wrong.sentence('th')} · {wrong.sentence('en')}"
    body = {"error": "refused", "code": wrong.code, "reason": wrong.sentence("en"), "detail": said}
    answer = _answer(centre, _STATUS[type(wrong)], body)
    if isinstance(wrong, TooManyTries):
        answer.headers["Retry-After"] = str(_WINDOW_SECONDS)
    return answer


def _answer(centre: Centre, status: int, body: Mapping[str, object]) -> Response[bytes]:
    headers = {"Saraban-Time": instant(centre.clock.now()), "Cache-Control": "no-store"}
    return Response(
        encode(body), status_code=status, media_type="application/json", headers=headers
    )
