"""How an office's backups stand: the last good one at each place, and what is at risk right now.

Everything here is read from the journal, so that a page, a command and the schedule say the same.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from saraban_base.sqlite import Cursor, value
from saraban_node import journal
from saraban_node.backup import records
from saraban_node.backup.places import CENTRE, Place
from saraban_node.backup.records import BackupRecord
from saraban_node.line import deliveries
from saraban_sync.ids import parse_event_id
from saraban_sync.registers import BANGKOK, parse_instant, thai_date

OLD: Final = timedelta(days=2)
"""After so long without a good backup somebody must look."""
_FIRST_WAIT: Final = timedelta(minutes=15)
_MOST_WAIT: Final = timedelta(hours=4)
_AHEAD: Final = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class PlaceState:
    """One place and its backups."""

    place: Place
    last: BackupRecord | None
    """The newest try."""
    good: BackupRecord | None
    """The newest that counts."""
    failures: int
    """Tries that failed since then."""

    @property
    def failed(self) -> bool:
        """Whether the newest try failed."""
        return self.last is not None and not self.last.good

    def there(self) -> bool | None:
        """Tell whether a disk or stick is there now; None for the centre, which must be asked."""
        return None if self.place.kind == CENTRE else self.place.present()


@dataclass(frozen=True, kw_only=True)
class Risk:
    """Letters that would be lost if this machine burnt now."""

    since_backup: int
    """Registered since the last good backup."""
    nowhere: int
    """Of these, not yet at the centre either."""


def states(cursor: Cursor, places: tuple[Place, ...]) -> list[PlaceState]:
    """Tell of each place how its backups stand."""
    return [
        PlaceState(
            place=place,
            last=records.last(cursor, place=place.name),
            good=records.last(cursor, place=place.name, good_only=True),
            failures=records.failures(cursor, place.name),
        )
        for place in places
    ]


def risk(cursor: Cursor) -> Risk:
    """Count the letters that would be lost now."""
    good = records.last(cursor, good_only=True)
    through = parse_event_id(good.last_event)[1] if good and good.last_event else 0
    stored = deliveries.known_stored(cursor)
    return Risk(
        since_backup=_registered_after(cursor, through),
        nowhere=_registered_after(cursor, max(through, stored)),
    )


def last_slot(times: tuple[str, ...], now: datetime) -> datetime | None:
    """Give the latest time of the schedule that has come; None without a schedule."""
    today = thai_date(now)
    moments = [
        datetime.combine(day, time.fromisoformat(one), BANGKOK)
        for day in (today - timedelta(days=1), today)
        for one in times
    ]
    return max((one for one in moments if one <= now), default=None)


def is_due(
    state: PlaceState, times: tuple[str, ...], *, now: datetime, begun: datetime | None
) -> bool:
    """Tell whether a place should get a backup now.

    Args:
        state: how its backups stand.
        times: the schedule.
        now: the moment.
        begun: when the node was made: the first backup comes at the first time after it.
    """
    slot = last_slot(times, now)
    if slot is None:
        return False
    since = state.good.at if state.good else begun
    if since is not None and slot <= since <= now + _AHEAD:
        return False
    if not state.failures or state.last is None or state.last.at > now:
        return True
    return now >= state.last.at + wait_after(state.failures)


def wait_after(failures: int) -> timedelta:
    """Tell how long a place is left alone after failures: no storm, and not for ever."""
    doubled: int = 2 ** (min(failures, 10) - 1)
    return min(_FIRST_WAIT * doubled, _MOST_WAIT)


def begun(cursor: Cursor) -> datetime | None:
    """Give the moment at which this node was made."""
    first = journal.event_of(cursor, 1)
    return None if first is None else parse_instant(first.at)


def _registered_after(cursor: Cursor, seq: int) -> int:
    found = value(
        cursor, "SELECT count(*) FROM entry WHERE seq > ? AND state IN ('issued', 'void')", (seq,)
    )
    return int(found)
