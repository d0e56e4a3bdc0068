"""Answering nodes that ask for numbers: by itself within the settings, otherwise by a person.

    range.requested ──router / file──> open request ──Granting or a person──> granted, declined

A request is answered once, however often its event comes and whichever way: the grant remembers the
request it answers, and both change in one commit. From 1 October every node that has numbers of a
register gets its first range of the next year, whether it asks or not, so that 1 January needs no
line.
"""

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec import structs

from saraban_central import directory
from saraban_central.centre import Centre
from saraban_central.errors import NoSuchRequest, ReasonNeeded, RequestDone
from saraban_central.identity import generation
from saraban_central.identity.errors import SeriesClosed
from saraban_central.numbering import grants
from saraban_central.numbering.grants import Order
from saraban_central.records import (
    NODES,
    OPEN_REQUESTS,
    REQUESTS,
    SERIES,
    Granted,
    Node,
    OpenRequest,
    Request,
    SeriesGrants,
)
from saraban_central.store.interface import Keep, Kept, Put, Remove, Store, Writing
from saraban_sync import policy, thai
from saraban_sync.errors import SarabanError
from saraban_sync.events import Event
from saraban_sync.grants import Grant
from saraban_sync.number_events import RangeRequested
from saraban_sync.registers import Register, buddhist_year, parse_instant, thai_date

log = logging.getLogger(__name__)

SYSTEM: Final = "system"
MAX_REASON: Final = 500
_AHEAD_EVERY: Final = timedelta(hours=1)
_YEAR_OVER: Final = "ปีนั้นสิ้นสุดแล้ว · that year is over"


class Waits(NamedTuple):
    """A request that waits for a person, and why."""

    key: str
    request: Request
    why: str
    """``off``, ``much``, ``year``, ``over``, ``revoked`` or ``closed``; empty when nothing stands
    against it."""


def request_key(event: Event) -> str:
    """Name a request: two events that share an id are two requests."""
    return f"{event.node}/{event.id}/{event.hash[:16]}"


def note_request(centre: Centre, event: Event, body: RangeRequested, office: str) -> list[Writing]:
    """Plan to keep a node's request; one that is kept already stays as it is."""
    now = centre.now()
    request = Request(
        node=event.node, office=office, event=event.id, register=body.register, year=body.year,
        size=body.size, left=body.left, per_day=body.per_day[:20], silence_s=body.silence_s,
        at=event.at, came_at=now,
    )  # fmt: skip
    key = request_key(event)
    return [Keep(REQUESTS, key, request), Keep(OPEN_REQUESTS, key, OpenRequest(came_at=now))]


def waiting(centre: Centre) -> list[Waits]:
    """List the requests that nobody has answered, the oldest first."""
    found = [
        Waits(kept.key, request.value, _why_it_waits(centre, request.value))
        for kept in centre.store.records(OPEN_REQUESTS)
        if (request := centre.store.record(REQUESTS, kept.key)) and request.value.state == "open"
    ]
    return sorted(found, key=lambda one: (one.request.came_at, one.key))


def find(store: Store, text: str) -> str:
    """Give the key of the request that a person names: node and event, and more if need be.

    Raises:
        NoSuchRequest: there is none, or more than one.
    """
    wanted = text.strip()
    found = [kept.key for kept in store.records(REQUESTS, wanted, limit=2)] if wanted else []
    if len(found) != 1 and wanted not in found:
        raise NoSuchRequest(wanted[:100], request=wanted[:60])
    return wanted if wanted in found else found[0]


def answered(store: Store, office: str = "", *, limit: int = 100) -> list[Request]:
    """List requests that were answered, the latest first."""
    found = [
        kept.value
        for kept in store.records(REQUESTS)
        if kept.value.state != "open" and (not office or kept.value.office == office)
    ]
    return sorted(found, key=lambda one: one.done_at, reverse=True)[:limit]


def answer(centre: Centre, key: str, *, by: str, size: int | None = None) -> Grant:
    """Grant what a node asked for; open requests of the same series before it are answered too.

    Args:
        centre: who grants.
        key: the request's.
        by: who grants it.
        size: how many, if not as many as were asked for.

    Raises:
        NoSuchRequest: there is none with this key.
        RequestDone: it was declined, or granted before.
        UnknownNode, NodeRevoked, PastYear, BadSize, RangeTaken: as for :func:`grants.grant`.
    """

    def attempt() -> Grant:
        asked = _open(centre, key)
        order = _order(asked.value, key, by=by, size=size)
        made = _made_for(centre, order)
        if made is not None:  # a store without transactions may have stopped between the writes
            done = _done(centre, asked, made.grant, by)
            centre.store.commit(*grants.delivery(centre, made, made.at), *done)
            return grants.grant_of(made)
        return grants.execute(centre, order, lambda made: _done(centre, asked, made.grant, by))

    return centre.decide(attempt)


def decline(centre: Centre, key: str, *, reason: str, by: str) -> Request:
    """Decline a request; the node may ask again.

    Raises:
        NoSuchRequest: there is none with this key.
        RequestDone: it was declined, or granted before.
        ReasonNeeded: no reason is given.
    """
    reason = thai.tidy(reason)[:MAX_REASON]
    if not reason:
        raise ReasonNeeded(key)

    def attempt() -> Request:
        asked = _open(centre, key)
        gone = structs.replace(
            asked.value, state="declined", by=by, reason=reason, done_at=centre.now()
        )
        centre.store.commit(Put(REQUESTS, key, gone, asked.revision), Remove(OPEN_REQUESTS, key))
        return gone

    return centre.decide(attempt)


class Granting:
    """Answers requests by itself, and sees to the year ahead."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._ahead_at: datetime | None = None

    def run(self) -> int:
        """Answer what can be answered.

        Returns:
            how many ranges were granted.
        """
        if not self._centre.config.auto_grant:
            return 0
        made = 0
        # The latest request of a series answers those before it.
        for one in reversed(waiting(self._centre)):
            made += self._answer(one)
        return made + self._year_ahead()

    def _answer(self, one: Waits) -> bool:
        if one.why == "over":
            with suppress(RequestDone):  # somebody has answered it in this very moment
                decline(self._centre, one.key, reason=_YEAR_OVER, by=SYSTEM)
        if one.why:
            return False
        try:
            made = answer(self._centre, one.key, by=SYSTEM)
        except RequestDone:
            return False
        except SarabanError as wrong:
            log.warning("granting.refused request=%s reason=%s", one.key, wrong)
            return False
        log.info("granting.granted request=%s grant=%s", one.key, made.grant)
        return True

    def _year_ahead(self) -> int:
        now = self._centre.clock.now()
        if not policy.ahead(thai_date(now)):
            return 0
        if self._ahead_at is not None and timedelta() <= now - self._ahead_at < _AHEAD_EVERY:
            return 0
        self._ahead_at = now
        made = 0
        nodes = {one.node: one for one in directory.nodes(self._centre.store)}
        this = buddhist_year(now)
        for kept in self._centre.store.records(SERIES):
            if kept.value.year != this:
                continue
            for name in dict.fromkeys(one.node for one in kept.value.grants):
                if name in nodes and may_have_numbers(nodes[name]):
                    made += self._first_of_next_year(kept.value, name)
        return made

    def _first_of_next_year(self, series: SeriesGrants, node: str) -> bool:
        newest = [one for one in series.grants if one.node == node][-1]
        size = min(newest.last - newest.first + 1, self._centre.config.auto_grant_most)
        order = Order(
            node=node, register=Register(series.register), year=series.year + 1, size=size,
            by=SYSTEM,
        )  # fmt: skip

        def attempt() -> Grant | None:
            owner = directory.node(self._centre.store, node).value
            held = grants.series_of(self._centre, owner, order)
            if held is not None and any(one.node == node for one in held.value.grants):
                return None
            return grants.execute(self._centre, order)

        try:
            made = self._centre.decide(attempt)
        except SarabanError as wrong:
            log.warning("granting.ahead node=%s reason=%s", node, wrong)
            return False
        return made is not None


def may_have_numbers(node: Node) -> bool:
    """Tell whether a node may be given numbers without a person looking at it."""
    return node.active and not node.stopped


def _why_it_waits(centre: Centre, request: Request) -> str:
    owner = centre.store.record(NODES, request.node)
    this = buddhist_year(centre.clock.now())
    if owner is None or not may_have_numbers(owner.value):
        return "revoked"
    if request.year < this and not _asked_afterwards(request, this):
        return "over"
    if request.year > this + 1:
        return "year"
    if not _is_known(centre, request):
        return "closed"
    if not centre.config.auto_grant:
        return "off"
    if not 1 <= request.size <= centre.config.auto_grant_most:
        return "much"
    return ""


def _asked_afterwards(request: Request, this: int) -> bool:
    """Tell whether a node has asked for last year's numbers in the new year.

    Letters of its emergency register wait for them; what it asked for before is needed no more.
    """
    asked = buddhist_year(parse_instant(request.at))
    return request.year == this - 1 and asked > request.year


def _is_known(centre: Centre, request: Request) -> bool:
    try:
        generation.require_known(centre, request.office, request.register, request.year)
    except SeriesClosed:
        return False
    return True


def _open(centre: Centre, key: str) -> Kept[Request]:
    asked = centre.store.record(REQUESTS, key)
    if asked is None:
        raise NoSuchRequest(key[:100], request=key[:60])
    if asked.value.state != "open":
        raise RequestDone(
            key, request=asked.value.event, by=asked.value.by, when=asked.value.done_at
        )
    return asked


def _order(request: Request, key: str, *, by: str, size: int | None) -> Order:
    return Order(
        node=request.node, register=Register(request.register), year=request.year,
        size=request.size if size is None else size, by=by, request=key,
    )  # fmt: skip


def _made_for(centre: Centre, order: Order) -> Granted | None:
    """Find the grant that answered a request already."""
    owner = directory.node(centre.store, order.node).value
    held = grants.series_of(centre, owner, order)
    for one in held.value.grants if held else ():
        if one.request == order.request:
            return one
    return None


def _done(centre: Centre, asked: Kept[Request], grant: str, by: str) -> list[Writing]:
    """Plan to close a request and those of the same series that came before it."""
    writes: list[Writing] = []
    now = centre.now()
    for kept in centre.store.records(OPEN_REQUESTS, f"{asked.value.node}/"):
        other = centre.store.record(REQUESTS, kept.key)
        if other is not None and other.value.state == "open" and _covers(asked.value, other.value):
            done = structs.replace(other.value, state="granted", grant=grant, by=by, done_at=now)
            writes.append(Put(REQUESTS, kept.key, done, other.revision))
            writes.append(Remove(OPEN_REQUESTS, kept.key))
    return writes


def _covers(asked: Request, other: Request) -> bool:
    same = (asked.register, asked.year) == (other.register, other.year)
    return same and other.event <= asked.event
