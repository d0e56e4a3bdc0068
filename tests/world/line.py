"""The line between a node and the centre, without sockets, that can do what bad lines do.

The node's own :class:`saraban_node.line.transport.Centre` asks; what it asks is encoded, carried to
the gateway's own request functions, and their answer is carried back and judged as HTTP would be.
Only sockets, HTTP's own bytes and packing are left out.

    lost request     the centre never hears of it
    lost answer      the centre did it, the node does not know
    asked twice      something on the way sends it again
"""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import pytest

from saraban_base.web.errors import status_of
from saraban_central.centre import Centre
from saraban_central.gateway import door, epochs, routes
from saraban_central.gateway.answers import Answer, Denied, Stream
from saraban_central.gateway.calls import Call
from saraban_node import keys
from saraban_node.appliance import Appliance
from saraban_node.errors import CentreRefused, CentreStrange, CentreUnreachable
from saraban_node.line import strict
from saraban_node.line.answers import OldRevision
from saraban_node.line.transport import Centre as Transport
from saraban_sync.errors import SarabanError
from tests.world import chance

SCHEME: Final = "world"
_STOPPED: Final = ("twin", "superseded", "epoch-taken")


class Fault(StrEnum):
    """What a line does to one request."""

    LOST_REQUEST = "lost request"
    LOST_ANSWER = "lost answer"
    ASKED_TWICE = "asked twice"


@dataclass
class Wire:
    """One centre's end of all lines.

    Args:
        centre: gives the centre that is there now; None while nobody serves.
    """

    centre: Callable[[], Centre | None]
    faults: dict[int, Fault] = field(default_factory=dict)
    """What will happen to which request, counted from now; everything after a loss is lost."""
    asked: int = 0
    """Requests since :attr:`faults` were set."""
    down: bool = False
    heard: bool = False
    """Whether the centre's word about who asks came through: accepted, or stopped."""
    began: bool = False
    """Whether its word came through that a new epoch counts."""

    def set(self, faults: Mapping[int, Fault] | None = None) -> None:
        """Say what the line will do from now on."""
        self.faults, self.asked, self.down = dict(faults or {}), 0, False
        self.heard = self.began = False

    def carry(self, ask: Callable[[Centre], Answer]) -> Answer:
        """Carry one request there and its answer back.

        Raises:
            CentreUnreachable: the line broke, before or after the centre heard of it.
        """
        centre = self.centre()
        fault = self.faults.get(self.asked)
        self.asked += 1
        if centre is None or self.down or fault is Fault.LOST_REQUEST:
            self.down = True
            raise CentreUnreachable("the line is down", why="world")
        answer = ask(centre)
        if fault is Fault.ASKED_TWICE:
            answer = ask(centre)
        if fault is Fault.LOST_ANSWER:
            self.down = True
            raise CentreUnreachable("the answer was lost", why="world")
        return answer


WIRES: Final[dict[str, Wire]] = {}
"""By the name of the host in a centre's address."""


def connect(node: Appliance) -> Transport:
    """Make a node's line to the centre that its settings name."""
    secret = keys.load_centre_secret(node.keys, node.node)
    return Transport(Gate(_wire(node.config.centre_url), node.node, secret), node=node.node)


class Gate:
    """Takes the place of :class:`saraban_node.line.strict.Gate`.

    Args:
        wire: leads to the centre.
        node: the node's name.
        secret: the credential given at enrolment.
    """

    def __init__(self, wire: Wire, node: str, secret: str) -> None:
        self._wire = wire
        token = base64.b64encode(f"{node}:{secret}".encode()).decode("ascii")
        self._authorization = f"Basic {token}"
        self._time: datetime | None = None

    def close(self) -> None:
        """There is nothing to drop."""

    def centre_time(self) -> datetime:
        """The time the centre gave with its last answer."""
        if self._time is None:
            raise CentreStrange("no Saraban-Time", why="Saraban-Time")
        return self._time

    def get(self, database: str, *path: str, params: dict[str, str] | None = None) -> Any:
        """Read."""
        return _content(*self._asked("GET", database, path, params or {}, b""))

    def post(self, database: str, path: str, body: object) -> Any:
        """Ask with a body, or send documents."""
        return _content(*self._asked("POST", database, (path,), {}, msgspec.json.encode(body)))

    def put(self, database: str, *path: str, body: object) -> Any:
        """Save a document."""
        status, said = self._asked("PUT", database, path, {}, msgspec.json.encode(body))
        if status == 201 or (isinstance(said, dict) and said.get("error") in _STOPPED):
            self._wire.heard = True
        if isinstance(said, dict) and said.get("error") in ("conflict", "file_exists"):
            raise OldRevision
        if status > 205 and isinstance(said, dict) and status not in (400, 404):
            return said
        return _content(status, said)

    def ask(self, name: str, asked: object) -> tuple[int, Any]:
        """Ask something that is no database; gives the status and the answer."""
        body = msgspec.json.encode(asked)
        status, said = _judged(self._wire.carry(lambda centre: self._api(centre, name, body)))
        if name == "epoch":
            self._wire.began = status == 200
            self._wire.heard = self._wire.heard or said.get("error") in _STOPPED
        return status, said

    def _api(self, centre: Centre, name: str, body: bytes) -> Answer:
        self._time = centre.clock.now()
        return _answered(lambda: API[name](centre, self._authorization, body))

    def _asked(
        self,
        method: str,
        database: str,
        path: tuple[str, ...],
        query: Mapping[str, str],
        body: bytes,
    ) -> tuple[int, Any]:
        def ask(centre: Centre) -> Answer:
            self._time = centre.clock.now()
            return _answered(
                lambda: _database(centre, self._authorization, method, database, path, query, body)
            )

        return _judged(self._wire.carry(ask))


API: Final[dict[str, Callable[[Centre, str, bytes], Answer]]] = {"epoch": epochs.begin}
"""Requests that are no databases: by name, from centre, authorization and body."""


def post_once(url: str, asked: object, *, timeout: float) -> tuple[int, Any]:
    """Take the place of :func:`saraban_node.line.strict.post_once`."""
    name = urlsplit(url).path.rpartition("/")[2]
    body = msgspec.json.encode(asked)
    return _judged(_wire(url).carry(lambda centre: _answered(lambda: API[name](centre, "", body))))


@contextmanager
def plugged_in() -> Iterator[None]:
    """Let nodes that show a code reach simulated centres instead of real ones; load the dice."""
    with chance.loaded(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(strict, "post_once", post_once)
        yield


class _Loop(asyncio.SelectorEventLoop):
    """An event loop that does blocking work itself, at once: one thread, the same every time."""

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except BaseException as wrong:  # noqa: BLE001 - handed on to whoever awaits it
            done.set_exception(wrong)
        return done


_LOOP: Final = _Loop()


def _database(
    centre: Centre,
    authorization: str,
    method: str,
    database: str,
    path: tuple[str, ...],
    query: Mapping[str, str],
    body: bytes,
) -> Answer:
    """Do what :class:`saraban_central.gateway.http.Gateway` does with one request."""
    node = door.authenticate(centre.store, authorization)
    kind = door.kind_of(database, node)
    handler, name = routes.find(method, kind, path)
    call = Call(
        centre=centre, node=node, kind=kind, database=database, name=name, query=query, body=body
    )
    answer = handler(call)
    return Answer(200, _gathered(answer.pieces)) if isinstance(answer, Stream) else answer


def _gathered(pieces: AsyncGenerator[bytes, None]) -> bytes:
    """Run an answer to its end at once: on this loop nothing ever waits."""

    async def gather() -> bytes:
        return b"".join([piece async for piece in pieces])

    asyncio._set_running_loop(_LOOP)
    try:
        gather().send(None)
    except StopIteration as done:
        return bytes(done.value)
    finally:
        asyncio._set_running_loop(None)
    raise AssertionError("an answer waited for something")


def _answered(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except Denied as denied:
        return denied.answer()
    except SarabanError as wrong:
        reason = f"{wrong.code} {wrong.sentence('en')}"
        return Denied(status_of(wrong), "internal_server_error", reason).answer()


def _judged(answer: Answer) -> tuple[int, Any]:
    """Judge an answer by its status, as :mod:`saraban_node.line.strict` does."""
    said = json.loads(answer.body) if answer.body else None
    status = answer.status
    if status in (401, 403):
        raise CentreRefused(f"status {status}: {said}", why=f"HTTP {status}")
    if status in (502, 503, 504):
        raise CentreUnreachable(f"status {status}", why=f"HTTP {status}")
    if 300 <= status < 400 or status >= 500:
        raise CentreStrange(f"status {status}: {said}", why=f"HTTP {status}")
    return status, said


def _content(status: int, said: Any) -> Any:
    """Give what was said, or refuse it, as pycouchdb does."""
    if status > 205:
        raise CentreRefused(f"status {status}: {said}", why=str(said)[:120])
    return said


def _wire(url: str) -> Wire:
    return WIRES[urlsplit(url).netloc]
