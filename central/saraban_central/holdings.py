"""Who holds which numbers: granted ranges, how much of them is used, how much is left."""

from datetime import datetime
from typing import Final, NamedTuple

from saraban_base.sqlite import Cursor
from saraban_central.readmodel import machines, registers
from saraban_central.records import SERIES
from saraban_central.store.interface import Store
from saraban_sync.registers import Register, buddhist_year

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
    next: int
    """The next number, as far as the centre knows; one after the last when all are used."""
    used: int
    """Different numbers used, when they were counted; otherwise all up to ``next``."""

    @property
    def left(self) -> int:
        """Numbers that are still free."""
        return self.last - self.next + 1

    @property
    def missing(self) -> int:
        """Numbers passed over without a word."""
        return self.next - self.first - self.used


class Holding(NamedTuple):
    """The ranges of one node in one series."""

    office: str
    node: str
    register: Register
    year: int
    ranges: tuple[Range, ...]
    current: bool
    """Whether it is of this Buddhist year."""

    @property
    def left(self) -> int:
        """Numbers that are still free."""
        return sum(one.left for one in self.ranges)

    @property
    def used(self) -> int:
        """Numbers that were used."""
        return sum(one.used for one in self.ranges)

    @property
    def missing(self) -> int:
        """Numbers passed over without a word."""
        return sum(one.missing for one in self.ranges)

    @property
    def low(self) -> bool:
        """Whether it is time to grant more."""
        newest = self.ranges[-1]
        return self.left * LOW_SHARE < newest.last - newest.first + 1


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
    accepted = machines.accepted(cursor)
    year = buddhist_year(now)
    found: dict[str, list[Holding]] = {}
    for kept in store.records(SERIES, f"{office}/" if office else ""):
        series = kept.value
        register = Register(series.register)
        for node in dict.fromkeys(one.node for one in series.grants):
            own = sorted((g for g in series.grants if g.node == node), key=lambda g: g.first)
            ranges = []
            for granted in own:
                span = registers.Span(node, register, series.year, granted.first, granted.last)
                following = (registers.greatest(cursor, span) or granted.first - 1) + 1
                used = registers.count(cursor, span) if counted else following - granted.first
                ranges.append(
                    Range(
                        granted.grant, granted.first, granted.last, granted.at,
                        accepted.get(granted.grant, ""), following, used,
                    )
                )  # fmt: skip
            held = Holding(
                series.office, node, register, series.year, tuple(ranges), series.year == year
            )
            found.setdefault(node, []).append(held)
    for held_by_one in found.values():
        held_by_one.sort(key=lambda one: (-one.year, one.register))
    return found
