"""Which backups are kept, and that the last good one always is."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from saraban_base.backup.retention import Keep, kept

NONE = Keep(daily=0, weekly=0, monthly=0, yearly=0)
START = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def backups(*ago: timedelta) -> dict[str, datetime]:
    return {f"b-{count}": START - one for count, one in enumerate(ago)}


def test_the_last_backup_of_each_day_is_kept_for_so_many_days() -> None:
    hours = backups(*(timedelta(hours=6 * one) for one in range(24)))

    chosen = kept(hours, Keep(daily=3, weekly=0, monthly=0, yearly=0))

    assert chosen == {"b-0", "b-3", "b-7"}


def test_every_backup_of_the_last_hours_is_kept() -> None:
    hours = backups(*(timedelta(hours=one) for one in range(10)))

    keep = Keep(daily=0, weekly=0, monthly=0, yearly=0, hours=3)

    assert kept(hours, keep, now=START) == {"b-0", "b-1", "b-2", "b-3"}


def test_a_day_is_a_thai_day() -> None:
    """18:00 in London is one in the morning here."""
    late = {"evening": datetime(2026, 1, 1, 16, 59, tzinfo=UTC)}
    late["night"] = late["evening"] + timedelta(minutes=2)

    assert kept(late, Keep(daily=2, weekly=0, monthly=0, yearly=0)) == {"evening", "night"}


def test_weeks_months_and_years_reach_further_back_than_days() -> None:
    year = backups(*(timedelta(days=one) for one in range(800)))

    chosen = kept(year, Keep(daily=7, weekly=4, monthly=12, yearly=3))

    oldest = min(year[name] for name in chosen)
    assert len(chosen) <= 7 + 4 + 12 + 3
    assert START - oldest > timedelta(days=690)


def test_a_clock_that_ran_ahead_costs_no_other_backup_its_life() -> None:
    made = backups(timedelta(days=-4000), timedelta(0), timedelta(days=1))

    assert kept(made, NONE, always=["b-1"]) == {"b-0", "b-1"}


@given(
    hours=st.lists(st.integers(0, 20_000), min_size=1, max_size=60, unique=True),
    numbers=st.tuples(*[st.integers(0, 12)] * 4),
)
def test_the_newest_backup_is_always_kept_and_keeping_is_stable(
    hours: list[int], numbers: tuple[int, int, int, int]
) -> None:
    daily, weekly, monthly, yearly = numbers
    keep = Keep(daily=daily, weekly=weekly, monthly=monthly, yearly=yearly)
    made = backups(*(timedelta(hours=one) for one in hours))

    chosen = kept(made, keep)

    assert max(made, key=lambda name: made[name]) in chosen
    assert kept({name: made[name] for name in chosen}, keep) == chosen
    if daily:
        assert len(chosen) >= min(daily, len({one.date() for one in made.values()}) // 2)
