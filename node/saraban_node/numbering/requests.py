"""Asks the centre for numbers before they run out; how long they last is worked out, not guessed.

    used lately, longest silence ─> saraban_sync.policy ─> range.requested ─> the centre grants

One request of a series is open at a time: until numbers come, or until the centre has had it for
days in vain. A request that has not left yet is never repeated: it waits in the journal and leaves
with the next contact, or on a stick.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from saraban_base.sqlite import Cursor, Write, rows, value
from saraban_node import journal, meta
from saraban_node.books.labels import REGISTER_ENGLISH, REGISTER_THAI
from saraban_node.config import NodeConfig
from saraban_node.journal import SYSTEM, Journal
from saraban_node.line import deliveries, sync_state
from saraban_node.numbering import emergency, numbers
from saraban_node.numbering.errors import AlreadyAsked
from saraban_sync import policy
from saraban_sync.ids import PersonId
from saraban_sync.number_events import RangeRequested
from saraban_sync.policy import ASK_AGAIN, WINDOW_DAYS, Forecast, Policy, Stock, Wish
from saraban_sync.registers import (
    Register,
    buddhist_year,
    instant,
    parse_instant,
    thai_date,
)

SILENCE: Final = "longest_silence_s"
SILENCE_AT: Final = "longest_silence_at"
"""Notes: the longest time without contact, in seconds, and when it ended."""
_REMEMBERED: Final = timedelta(days=400)
SeriesKey = tuple[Register, int]


@dataclass(frozen=True, kw_only=True)
class OpenRequest:
    """Numbers that were asked for and may still come."""

    seq: int
    """Place in the journal."""
    register: Register
    year: int
    size: int
    at: datetime
    stored_at: datetime | None
    """When the centre was first seen to have the request; None while it has not left."""


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """How long the numbers of one series last, and whether more were asked for."""

    stock: Stock
    forecast: Forecast
    request: OpenRequest | None

    @property
    def register(self) -> Register:
        """The book."""
        return self.stock.register

    @property
    def year(self) -> int:
        """Buddhist year."""
        return self.stock.year

    @property
    def left(self) -> int:
        """Numbers that can still be given."""
        return self.stock.left


def outlook(cursor: Cursor, config: NodeConfig, *, now: datetime) -> list[Outlook]:
    """Tell of every series that numbers were granted or asked for how long they last.

    Args:
        cursor: where to read.
        config: how the office is provided for.
        now: the moment.
    """
    requests = open_requests(cursor, now=now)
    silence = longest_silence(cursor, now=now)
    return [
        Outlook(
            stock=stock,
            forecast=policy.forecast(
                stock, silence_s=silence, policy=_policy(config, stock.register)
            ),
            request=requests.get((stock.register, stock.year)),
        )
        for stock in stocks(cursor, now=now)
    ]


def wanted(cursor: Cursor, config: NodeConfig, *, now: datetime) -> list[Wish]:
    """Say what to ask the centre for now; nothing of a series that has an open request."""
    asked = open_requests(cursor, now=now)
    silence = longest_silence(cursor, now=now)
    found = stocks(cursor, now=now)
    wishes = [
        wish
        for register in Register
        for wish in policy.wishes(
            [stock for stock in found if stock.register is register],
            today=thai_date(now),
            silence_s=silence,
            policy=_policy(config, register),
        )
    ]
    wished = {(one.register, one.year) for one in wishes}
    wishes += _for_emergency(cursor, config, wished, silence, this=buddhist_year(now))
    return [wish for wish in wishes if (wish.register, wish.year) not in asked]


def ask_due(write: Write, journal: Journal, config: NodeConfig) -> list[Wish]:
    """Ask for what is wanted now; a fenced node, or one without a centre, asks for nothing.

    Args:
        write: the transaction; its moment says which day it is.
        journal: the office's journal.
        config: how the office is provided for.

    Returns:
        What was asked for.
    """
    if meta.get(write.cursor, meta.FENCED) or not meta.get(write.cursor, meta.CENTRE_KEY):
        return []
    due = wanted(write.cursor, config, now=write.now)
    for wish in due:
        journal.append(write, RangeRequested(**wish._asdict()), actor=SYSTEM)
    return due


def ask(
    write: Write,
    journal: Journal,
    config: NodeConfig,
    *,
    register: Register,
    year: int,
    size: int | None = None,
    actor: PersonId,
) -> RangeRequested:
    """Ask for numbers because a person wants them, such as the first ones of a register.

    Args:
        write: the transaction.
        journal: the office's journal.
        config: how the office is provided for.
        register: the book.
        year: Buddhist year.
        size: how many; one block when not given.
        actor: who asks.

    Raises:
        AlreadyAsked: a request of the series is open.
        Fenced: the database may write nothing.
    """
    if (request := open_requests(write.cursor, now=write.now).get((register, year))) is not None:
        raise AlreadyAsked(
            f"{register} {year}",
            register_th=REGISTER_THAI[register],
            register_en=REGISTER_ENGLISH[register],
            year=year,
            size=request.size,
        )
    series = [one for one in stocks(write.cursor, now=write.now) if one.register is register]
    stock = next((one for one in series if one.year == year), Stock(register, year, 0, 0))
    said = policy.forecast(
        stock._replace(used=max((one.used for one in series), default=0)),
        policy=_policy(config, register),
    )
    body = RangeRequested(
        register=register,
        year=year,
        size=size or _policy(config, register).block,
        left=stock.left,
        per_day=said.per_day_text,
        silence_s=longest_silence(write.cursor, now=write.now),
    )
    journal.append(write, body, actor=actor)
    return body


def open_requests(cursor: Cursor, *, now: datetime) -> dict[SeriesKey, OpenRequest]:
    """Give the request of each series that may still be answered.

    A range that was taken after it has answered it. One that the centre has had for
    :data:`saraban_sync.policy.ASK_AGAIN` without an answer is given up; so is one of a year that
    has ended since, which the centre declines: what is still needed is asked for anew.
    """
    found = rows(
        cursor,
        "SELECT seq, register, year, size, at FROM range_request AS request WHERE seq ="
        " (SELECT max(seq) FROM range_request AS later WHERE later.register = request.register"
        " AND later.year = request.year) AND seq > coalesce((SELECT max(seq) FROM number_range AS"
        " range WHERE range.register = request.register AND range.year = request.year), 0)",
    )
    requests: dict[SeriesKey, OpenRequest] = {}
    for seq, register, year, size, at in found:
        stored = deliveries.stored_at(cursor, seq)
        if stored is not None and now - stored > ASK_AGAIN:
            continue
        if buddhist_year(parse_instant(at)) <= year < buddhist_year(now):
            continue
        requests[Register(register), year] = OpenRequest(
            seq=seq, register=Register(register), year=year, size=size, at=parse_instant(at),
            stored_at=stored,
        )  # fmt: skip
    return requests


def stocks(cursor: Cursor, *, now: datetime) -> list[Stock]:
    """Give what there is of every series that numbers were granted or asked for, by year."""
    held = rows(
        cursor,
        "SELECT register, year, sum(last - first + 1) FROM number_range GROUP BY register, year",
    )
    granted = {(Register(row[0]), int(row[1])): int(row[2]) for row in held}
    asked = {key: request.size for key, request in open_requests(cursor, now=now).items()}
    used, days = _used(cursor, now), _days_in_use(cursor, now)
    order = list(Register)
    return [
        Stock(
            register=register,
            year=year,
            granted=granted.get((register, year), 0),
            left=numbers.left(cursor, register, year),
            asked=asked.get((register, year), 0),
            used=used.get(register, 0),
            days=days.get(register, 0),
        )
        for register, year in sorted(
            granted.keys() | asked.keys(), key=lambda key: (key[1], order.index(key[0]))
        )
    ]


def note_contact(write: Write) -> None:
    """Note how long it was silent before a contact; called before the contact itself is noted."""
    before = sync_state.get(write.cursor, "contact_at")
    if not before:
        return
    silent = int((write.now - parse_instant(before)).total_seconds())
    if silent > _noted_silence(write.cursor, write.now):
        sync_state.put(write, SILENCE, str(silent))
        sync_state.put(write, SILENCE_AT, instant(write.now))


def longest_silence(cursor: Cursor, *, now: datetime) -> int:
    """Give the longest time without contact in the last year or so, the present one included."""
    last = sync_state.get(cursor, "contact_at")
    present = int((now - parse_instant(last)).total_seconds()) if last else 0
    return max(_noted_silence(cursor, now), present, 0)


def _noted_silence(cursor: Cursor, now: datetime) -> int:
    ended = sync_state.get(cursor, SILENCE_AT)
    if not ended or now - parse_instant(ended) > _REMEMBERED:
        return 0
    return int(sync_state.get(cursor, SILENCE) or 0)


def _for_emergency(
    cursor: Cursor, config: NodeConfig, wished: set[SeriesKey], silence: int, *, this: int
) -> list[Wish]:
    """Wish for numbers of the emergency letters that nothing else provides for.

    They may be of a register that never had numbers, or of the year before: of that no more than
    are needed, for the rest would only be returned.
    """
    waiting = Counter((one.register, one.year) for one in emergency.waiting(cursor))
    found = []
    for (register, year), count in waiting.items():
        left = numbers.left(cursor, register, year)
        if (register, year) in wished or left >= count:
            continue
        block = _policy(config, register).block
        size = count - left if year < this else -(-(count - left) // block) * block
        found.append(Wish(register, year, size, left, per_day="0.00", silence_s=silence))
    return found


def _policy(config: NodeConfig, register: Register) -> Policy:
    return Policy(
        block=config.number_blocks.get(register, config.number_block),
        low=config.number_low_water,
        bridge_days=config.number_bridge_days,
    )


def _used(cursor: Cursor, now: datetime) -> dict[Register, int]:
    """Count the numbers of each register that were used lately; an imported book is no pace."""
    since = _place_since(cursor, instant(now - timedelta(days=WINDOW_DAYS)))
    found = rows(
        cursor,
        "SELECT register, count(*) FROM entry JOIN journal ON journal.seq = entry.seq"
        " WHERE entry.seq >= ? AND number > 0 AND instr(payload, '\"imported\":true') = 0"
        " GROUP BY register",
        (since,),
    )
    return {Register(row[0]): int(row[1]) for row in found}


def _days_in_use(cursor: Cursor, now: datetime) -> dict[Register, int]:
    """Count the days since each register got its first range."""
    found = rows(
        cursor,
        "SELECT register, min(at) FROM number_range JOIN journal ON journal.seq = number_range.seq"
        " GROUP BY register",
    )
    today = thai_date(now)
    return {Register(row[0]): _days(today, thai_date(parse_instant(row[1]))) for row in found}


def _days(today: date, since: date) -> int:
    return min(max((today - since).days + 1, 1), WINDOW_DAYS)


def _place_since(cursor: Cursor, moment: str) -> int:
    """Find the place in the journal of the first event at or after a moment, by halving."""
    low, high = 1, journal.head(cursor).seq + 1
    while low < high:
        middle = (low + high) // 2
        at = value(cursor, "SELECT at FROM journal WHERE seq = ?", (middle,))
        if at is None or str(at) < moment:
            low = middle + 1
        else:
            high = middle
    return low
