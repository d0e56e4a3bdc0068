"""Who holds which numbers: granted ranges, how much of them is used, how long the rest lasts."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from saraban_base.sqlite import Cursor
from saraban_central.readmodel import lines, machines, numbering, registers
from saraban_central.records import SERIES, Granted, SeriesGrants
from saraban_central.store.interface import Store
from saraban_sync import policy
from saraban_sync.policy import Forecast, Policy, Stock
from saraban_sync.registers import Register, buddhist_year, instant

LOW_SHARE: Final = 5
"""Few numbers are left when less than a fifth of the last range is."""


class Range(NamedTuple):
    """One granted range and what became of it."""

    grant: str
    first: int
    last: int
    at: str
    accepted_at: str
    """When the node took it; empty as long as its journal does not say so."""
    told: bool
    """Whether it was taken by telephone."""
    opening: bool
    """Whether the numbers before it stand in a paper book."""
    next: int
    """The next number, as far as the centre knows; one after the last when all are used."""
    used: int
    """Different numbers used, when they were counted; otherwise all up to ``next``."""
    given_up: int
    """Numbers skipped or returned, with a signed reason."""

    @property
    def left(self) -> int:
        """Numbers that are still free."""
        return self.last - self.next + 1

    @property
    def missing(self) -> int:
        """Numbers passed over without a word."""
        return max(0, self.next - self.first - self.used - self.given_up)


class Holding(NamedTuple):
    """The ranges of one node in one series."""

    office: str
    node: str
    register: Register
    year: int
    ranges: tuple[Range, ...]
    current: bool
    """Whether it is of this Buddhist year."""
    forecast: Forecast

    @property
    def left(self) -> int:
        """Numbers that are still free."""
        return sum(one.left for one in self.ranges)

    @property
    def used(self) -> int:
        """Numbers that were used."""
        return sum(one.used for one in self.ranges)

    @property
    def given_up(self) -> int:
        """Numbers skipped or returned."""
        return sum(one.given_up for one in self.ranges)

    @property
    def missing(self) -> int:
        """Numbers passed over without a word."""
        return sum(one.missing for one in self.ranges)

    @property
    def low(self) -> bool:
        """Whether it is time to grant more."""
        return not self.forecast.enough


def holdings(
    store: Store, cursor: Cursor, now: datetime, *, office: str = "", counted: bool = False
) -> dict[str, list[Holding]]:
    """List what each node holds, the latest year first.

    Args:
        store: has the grants.
        cursor: reads the read model, which has the numbers used.
        now: this moment, for the year.
        office: only the nodes of this office.
        counted: count the numbers used, which takes a while for a whole district.
    """
    look = _Look(
        cursor=cursor,
        accepted=machines.accepted(cursor),
        used=lines.used_in(cursor, instant(now - timedelta(days=policy.WINDOW_DAYS))),
        silences=numbering.silences(cursor),
        year=buddhist_year(now),
        counted=counted,
    )
    found: dict[str, list[Holding]] = {}
    for kept in store.records(SERIES, f"{office}/" if office else ""):
        series = kept.value
        for node in dict.fromkeys(one.node for one in series.grants):
            own = sorted((g for g in series.grants if g.node == node), key=lambda g: g.first)
            found.setdefault(node, []).append(_holding(look, series, node, own))
    for held_by_one in found.values():
        held_by_one.sort(key=lambda one: (-one.year, one.register))
    return found


class _Look(NamedTuple):
    """What is known of all nodes, read once."""

    cursor: Cursor
    accepted: Mapping[str, machines.Accepted]
    used: Mapping[tuple[str, str], int]
    silences: Mapping[str, int]
    year: int
    counted: bool


def _holding(look: _Look, series: SeriesGrants, node: str, own: Iterable[Granted]) -> Holding:
    register = Register(series.register)
    ranges = tuple(_range(look, series, register, granted) for granted in own)
    stock = Stock(
        register, series.year, granted=sum(one.last - one.first + 1 for one in ranges),
        left=sum(one.left for one in ranges), used=look.used.get((node, register.value), 0),
    )  # fmt: skip
    size = ranges[-1].last - ranges[-1].first + 1
    said = policy.forecast(
        stock,
        silence_s=look.silences.get(node, 0),
        policy=Policy(block=size, low=-(-size // LOW_SHARE)),
    )
    current = series.year == look.year
    return Holding(series.office, node, register, series.year, ranges, current, said)


def _range(look: _Look, series: SeriesGrants, register: Register, granted: Granted) -> Range:
    span = registers.Span(series.office, register, series.year, granted.first, granted.last)
    gaps = numbering.given_up(look.cursor, span)
    last = max(registers.greatest(look.cursor, span) or 0, gaps[-1][1] if gaps else 0)
    following = max(last, granted.first - 1) + 1
    given_up = sum(end - start + 1 for start, end in gaps)
    used = following - granted.first - given_up
    if look.counted:
        used = registers.count(look.cursor, span)
        given_up -= sum(
            registers.count(look.cursor, span._replace(first=start, last=end))
            for start, end in gaps
        )
    taken = look.accepted.get(granted.grant, machines.Accepted("", told=False))
    return Range(
        granted.grant, granted.first, granted.last, granted.at, taken.at, taken.told,
        granted.opening, following, used, given_up,
    )  # fmt: skip
