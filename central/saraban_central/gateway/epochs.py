"""``POST /api/v1/epoch``: a restored or copied node asks for a new epoch, or for a word on its own.

It shows name and secret as for its databases, and can be repeated: the same token gets the same
epoch.
"""

from typing import Any, Final

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from saraban_base.web.needs import OWN
from saraban_central.centre import Centre
from saraban_central.gateway import door
from saraban_central.gateway.answers import Answer, Denied, bad_request, json_answer
from saraban_central.gateway.calls import decode
from saraban_central.gateway.offloop import off_loop
from saraban_central.identity import epochs
from saraban_central.identity.epochs import Asked, Given
from saraban_central.identity.errors import (
    BaseUnknown,
    EpochTaken,
    HealFirst,
    Overtaken,
    TwinWaits,
)
from saraban_sync.errors import SarabanError
from saraban_sync.ratchet import is_token
from saraban_sync.registers import instant

MAX_BYTES: Final = 4 * 1024
_REFUSED: Final[dict[type[SarabanError], str]] = {
    EpochTaken: "epoch-taken",
    BaseUnknown: "base-unknown",
    TwinWaits: "twin",
    HealFirst: "heal-first",
    Overtaken: "superseded",
}


def begin(centre: Centre, authorization: str, body: bytes) -> Answer:
    """Answer the request.

    Args:
        centre: whom it reached.
        authorization: the header of that name.
        body: JSON.

    Raises:
        Denied: nobody we know asks, or it makes no sense.
    """
    node = door.authenticate(centre.store, authorization)
    asked = decode(body, Asked)
    if not is_token(asked.next):
        raise bad_request("next is 32 hexadecimal digits")
    try:
        return json_answer(_said(epochs.begin(centre, node.node, asked)))
    except (EpochTaken, BaseUnknown, TwinWaits, HealFirst, Overtaken) as wrong:
        refusal = {"error": _REFUSED[type(wrong)], "reason": wrong.sentence("en")}
        return json_answer(refusal, 409)


def route(centre: Centre) -> HTTPRouteHandler:
    """Make the route for one centre."""

    @post("/api/v1/epoch", needs=OWN, status_code=200, request_max_body_size=MAX_BYTES)
    async def epoch(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Give a node a new epoch."""
        authorization = request.headers.get("authorization", "")
        body = await request.body()
        try:
            answer = await off_loop(begin, centre, authorization, body)
        except Denied as denied:
            answer = denied.answer()
        headers = {
            "Saraban-Time": instant(centre.clock.now()),
            "Cache-Control": "no-store",
            **answer.headers,
        }
        return Response(
            answer.body, status_code=answer.status, media_type="application/json", headers=headers
        )

    return epoch


def _said(given: Given) -> dict[str, object]:
    return {
        "epoch": given.epoch,
        "generation": given.generation,
        "marks": [mark._asdict() for mark in given.marks],
    }
