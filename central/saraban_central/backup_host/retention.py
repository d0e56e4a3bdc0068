"""Which backups must stay: the newest of each of the last days, weeks, months and years."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from saraban_sync.registers import thai_date


class Keep(NamedTuple):
    """How many days, weeks, months and years with a backup are kept."""

    daily: int
    weekly: int
    monthly: int
    yearly: int


def to_keep(backups: Iterable[tuple[str, datetime]], keep: Keep) -> set[str]:
    """Tell which of these must stay; the newest one always.

    Args:
        backups: name and moment of each.
        keep: how many.
    """
    newest_first = sorted(backups, key=lambda one: (one[1], one[0]), reverse=True)
    kept = {name for name, _ in newest_first[:1]}
    for count, period in zip(keep, _PERIODS, strict=True):
        seen: list[tuple[int, ...]] = []
        for name, moment in newest_first:
            this = period(moment)
            if this not in seen[-1:]:
                seen.append(this)
                if len(seen) > count:
                    break
                kept.add(name)
    return kept


def _day(moment: datetime) -> tuple[int, ...]:
    day = thai_date(moment)
    return (day.year, day.month, day.day)


def _week(moment: datetime) -> tuple[int, ...]:
    return thai_date(moment).isocalendar()[:2]


def _month(moment: datetime) -> tuple[int, ...]:
    day = thai_date(moment)
    return (day.year, day.month)


def _year(moment: datetime) -> tuple[int, ...]:
    return (thai_date(moment).year,)


_PERIODS: tuple[Callable[[datetime], tuple[int, ...]], ...] = (_day, _week, _month, _year)
