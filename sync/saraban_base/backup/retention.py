"""Which backups are kept: all of the last hours, then the last of each day, week, month and year.

Rules only. Periods are those of the Thai calendar day. The newest backup is always kept, and so is
whatever else the caller knows to be the last good one: a clock that ran ahead for a day must never
cost the only backup there is.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from saraban_sync.registers import thai_date


@dataclass(frozen=True, kw_only=True)
class Keep:
    """How many periods are kept, each by its last backup."""

    daily: int
    weekly: int
    monthly: int
    yearly: int
    hours: int = 0
    """Every backup of so many last hours is kept."""


_PERIODS: Final[tuple[tuple[str, Callable[[date], object]], ...]] = (
    ("daily", lambda day: day),
    ("weekly", lambda day: day.isocalendar()[:2]),
    ("monthly", lambda day: (day.year, day.month)),
    ("yearly", lambda day: day.year),
)


def kept(
    made: Mapping[str, datetime],
    keep: Keep,
    *,
    always: Iterable[str] = (),
    now: datetime | None = None,
) -> set[str]:
    """Choose the backups to keep; all others may be deleted.

    Args:
        made: when each backup was made, by its name.
        keep: how many of each period.
        always: names that are kept in any case.
        now: from when the last hours are counted; the newest backup when not given.
    """
    newest_first = sorted(made, key=lambda name: (made[name], name), reverse=True)
    chosen = set(always) & set(made)
    chosen.update(newest_first[:1])
    if newest_first:
        since = (now or made[newest_first[0]]) - timedelta(hours=keep.hours)
        chosen.update(name for name in made if keep.hours and made[name] >= since)
    for name, period_of in _PERIODS:
        seen: set[object] = set()
        for backup in newest_first:
            period = period_of(thai_date(made[backup]))
            if period not in seen and len(seen) < getattr(keep, name):
                seen.add(period)
                chosen.add(backup)
    return chosen
