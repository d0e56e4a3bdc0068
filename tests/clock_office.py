"""An office whose clock goes wrong: what happens to it, and what its people are told and say."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from saraban_base.sqlite import one
from saraban_node import appliance
from saraban_node.appliance import Appliance
from saraban_node.books.entries import Entry
from saraban_node.clocks import year_gate
from saraban_node.clocks.errors import ClockUntrusted
from saraban_node.clocks.year_gate import Standing
from saraban_sync.number_events import ClockConfirmed
from saraban_sync.registers import Register
from tests.offices import MALI, YEAR, HandClock, Numbers, a_letter, an_office, events_of, register

NEW_YEAR = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
"""Midnight in Thailand, 1 January 2570."""
BOOKS = (Register.INCOMING, Register.OUTGOING)
MINUTE = timedelta(minutes=1)
Again = Callable[..., Appliance]


def office_of_four_years(folder: Path, clock: HandClock) -> Appliance:
    """Make an office that has the numbers of four years, and no centre."""
    years = range(YEAR - 1, YEAR + 3)
    ranges = [Numbers(book, year, 50) for book in BOOKS for year in years]
    return an_office(folder, clock=clock, ranges=ranges)


@contextmanager
def restarts(node: Appliance, clock: HandClock) -> Iterator[Again]:
    """Give a way to switch the machine off for a while and start the node again."""
    opened: list[Appliance] = []

    def again(**off: float) -> Appliance:
        clock.reboot(**off)
        opened.append(appliance.open_appliance(node.folder, clock=clock))
        return opened[-1]

    yield again
    for started in opened:
        started.close()


def confirm(
    node: Appliance, *, administrator: bool = False, shown: datetime | None = None
) -> ClockConfirmed:
    """Have a person say that what the clock shows is right."""
    with node.db.write() as write:
        event = year_gate.confirm(
            write,
            node.journal,
            shown=shown or write.now,
            actor=MALI,
            administrator=administrator,
        )
    assert isinstance(event.body, ClockConfirmed)
    return event.body


def measure(node: Appliance, offset: timedelta, *, seconds: float = 0.2) -> None:
    """Have the centre say how far its clock is ahead."""
    with node.db.write() as write:
        ms = round(offset.total_seconds() * 1_000)
        node.journal.clock.measured(write, ms, seconds=seconds)


def standing(node: Appliance) -> Standing:
    with node.db.read() as cursor:
        return year_gate.standing(cursor, node.journal.clock)


def refused(node: Appliance, kind: type[ClockUntrusted]) -> ClockUntrusted:
    """Have a clerk try to register, and give what she is told."""
    before = len(events_of(node))
    with pytest.raises(kind) as wrong:
        register(node, a_letter(9))
    assert type(wrong.value) is kind
    assert len(events_of(node)) == before
    return wrong.value


def numbered(entry: Entry) -> tuple[int, int]:
    return entry.year, entry.number


def floor(node: Appliance) -> str:
    """Give the latest moment that the node knows to have passed."""
    with node.db.read() as cursor:
        row = one(cursor, "SELECT floor FROM clock_anchor")
    assert row is not None
    return str(row[0])
