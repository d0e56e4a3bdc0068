"""What the appliance does by itself once a minute, in acts so short that no clerk waits.

    every minute ──> end reservations whose last day is over
                 ──> give emergency letters their numbers, when numbers have come
                 ──> ask for numbers, when the forecast says so
                 ──> give back what is left of last year, when it can no longer be needed

Nothing of it is done while the database is fenced, or while nobody can say what day it is.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from saraban_base.sqlite import Cursor, Write, rows, value
from saraban_node import meta
from saraban_node.appliance import Appliance
from saraban_node.books import registers
from saraban_node.books.entries import Entry
from saraban_node.clocks import year_gate
from saraban_node.journal import SYSTEM
from saraban_node.numbering import emergency, numbers, requests, reservations
from saraban_node.numbering.numbers import HeldRange
from saraban_sync.clocks import STRONG
from saraban_sync.errors import SarabanError
from saraban_sync.number_events import NumbersReturned
from saraban_sync.policy import Wish
from saraban_sync.registers import BUDDHIST_ERA, buddhist_year, thai_date

_log: Final = logging.getLogger(__name__)
EVERY_SECONDS: Final = 60
REMIND_DAYS: Final = 2
"""Reservations are brought to mind so many days before their last one."""
_AT_ONCE: Final = 20
"""Events written in one transaction: a clerk waits no longer than for these."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What was done."""

    resting: str = ""
    """Why nothing was done: ``fenced``, ``clock`` or empty."""
    expired: int = 0
    settled: int = 0
    asked: tuple[Wish, ...] = ()
    returned: tuple[HeldRange, ...] = ()

    @property
    def wrote(self) -> bool:
        """Whether anything was written that the centre should hear of."""
        return bool(self.expired or self.settled or self.asked or self.returned)


@dataclass
class Housekeeper:
    """Keeps house in the background.

    Args:
        node: the appliance.
        wrote: called when something was written, so that it can leave at once.
        every: seconds between two rounds.
    """

    node: Appliance
    wrote: Callable[[], None] = lambda: None
    every: float = EVERY_SECONDS
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._loop, name="housekeeping", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the act that is under way."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=30)

    def _loop(self) -> None:
        wait = min(5.0, self.every)
        while not self._stop.wait(wait):
            wait = self.every
            try:
                if keep_house(self.node).wrote:
                    self.wrote()
            except SarabanError as wrong:
                _log.info("housekeeping.failed node=%s code=%s", self.node.node, wrong.code)
            except Exception:  # noqa: BLE001 - a bug must not silently end it for ever
                _log.exception("housekeeping.broken node=%s", self.node.node)


def keep_house(node: Appliance) -> Kept:
    """Do everything that is due now, each act in a transaction of its own.

    Raises:
        SarabanError: an act was refused; those before it are done, the rest comes next time.
    """
    with node.db.read() as cursor:
        if meta.get(cursor, meta.FENCED):
            return Kept(resting="fenced")
        if year_gate.standing(cursor, node.journal.clock).refusal is not None:
            return Kept(resting="clock")
        now = node.clock.now()
        expiring, settling = _expiring(cursor, now), _settling(cursor)
        asking = bool(requests.wanted(cursor, node.config, now=now))
    return Kept(
        expired=_in_pieces(node, _expire) if expiring else 0,
        settled=_in_pieces(node, _settle) if settling else 0,
        asked=_ask(node) if asking else (),
        returned=_give_back(node),
    )


def due_reservations(cursor: Cursor, *, now: datetime, days: int = REMIND_DAYS) -> list[Entry]:
    """List the reserved numbers that run out within some days, for a page to bring to mind."""
    return reservations.due_within(thai_date(now), registers.reserved(cursor), days)


def returnable(cursor: Cursor, *, now: datetime, after_days: int) -> list[HeldRange]:
    """List what is left of the ranges of years that are over and can no longer be needed.

    A reserved number can still be finished and an emergency letter can still get a number of its
    year; as long as one of that register and year waits, all of it is kept.

    Args:
        cursor: where to read.
        now: the moment.
        after_days: days of the new year that must have passed.
    """
    year = buddhist_year(now)
    begun = date(year - BUDDHIST_ERA, 1, 1) + timedelta(days=after_days)
    if thai_date(now) < begun:
        return []
    return [
        one
        for one in numbers.held(cursor)
        if one.year < year and one.left and not _waited_for(cursor, one)
    ]


def _in_pieces(node: Appliance, act: Callable[[Appliance, Write], int]) -> int:
    """Do an act again and again, a few events at a time, until nothing is left to do."""
    total = 0
    while True:
        with node.db.write() as write:
            year_gate.require_trusted(write, node.journal.clock)
            done = act(node, write)
        total += done
        if not done:
            return total


def _expire(node: Appliance, write: Write) -> int:
    return reservations.expire_due(write, node.journal, limit=_AT_ONCE)


def _settle(node: Appliance, write: Write) -> int:
    return emergency.settle(write, node.journal, actor=SYSTEM, limit=_AT_ONCE)


def _ask(node: Appliance) -> tuple[Wish, ...]:
    with node.db.write() as write:
        year_gate.require_trusted(write, node.journal.clock)
        return tuple(requests.ask_due(write, node.journal, node.config))


def _give_back(node: Appliance) -> tuple[HeldRange, ...]:
    """Return numbers only on the word of somebody who knows the year: it cannot be undone."""
    after = node.config.return_after_days
    with node.db.read() as cursor:
        if node.journal.clock.look(cursor).judged.source not in STRONG:
            return ()
        found = returnable(cursor, now=node.clock.now(), after_days=after)
    return tuple(one for one in found if _give_one_back(node, one))


def _give_one_back(node: Appliance, one: HeldRange) -> bool:
    with node.db.write() as write:
        still = returnable(write.cursor, now=write.now, after_days=node.config.return_after_days)
        if one not in still:
            return False
        body = NumbersReturned(register=one.register, year=one.year, first=one.next, last=one.last)
        node.journal.append(write, body, actor=SYSTEM)
    return True


def _expiring(cursor: Cursor, now: datetime) -> bool:
    today = thai_date(now).isoformat()
    found = rows(
        cursor, "SELECT 1 FROM entry WHERE state = 'reserved' AND expires < ? LIMIT 1", (today,)
    )
    return bool(found)


def _settling(cursor: Cursor) -> bool:
    """Tell whether an emergency letter can have a number, or the emergency may be over."""
    if value(cursor, "SELECT 1 FROM outage WHERE closed_at = '' LIMIT 1") is not None:
        return True
    return any(numbers.left(cursor, *key) for key in _waiting_series(cursor))


def _waiting_series(cursor: Cursor) -> Iterator[requests.SeriesKey]:
    yield from {(one.register, one.year) for one in emergency.waiting(cursor)}


def _waited_for(cursor: Cursor, one: HeldRange) -> bool:
    reserved = rows(
        cursor,
        "SELECT 1 FROM entry WHERE state = 'reserved' AND register = ? AND year = ? LIMIT 1",
        (one.register, one.year),
    )
    return bool(reserved) or (one.register, one.year) in set(_waiting_series(cursor))
