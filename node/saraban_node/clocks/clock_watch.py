"""Watches the machine's clock: who vouched for it last, and what may be thought of it now.

    centre, time service, person ──word──> anchor ──each reading is judged──> ClockState of an event
                                                                        └───> may a number be given?

The anchor stands in the database, so that every program that opens it thinks the same. It is read
once in a transaction, and written when somebody gives his word or the floor has moved by a minute.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple

from saraban_base.clock import Clock
from saraban_base.errors import DiskFailing, DiskFull
from saraban_base.sqlite import Cursor, Database, Write, one
from saraban_sync import clocks
from saraban_sync.clocks import Anchor, Judgement, Reading, Source
from saraban_sync.events import ClockState
from saraban_sync.registers import instant, parse_instant

_READ: Final = "SELECT boot, monotonic, wall, source, doubt_ms, floor FROM clock_anchor"
_UNKNOWN: Final = -1
"""In place of a doubt that nobody can say."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One reading of the clock, who vouched for it, and what may be thought of it."""

    reading: Reading
    anchor: Anchor | None
    judged: Judgement


class _Measured(NamedTuple):
    offset_ms: int
    monotonic: float


class ClockWatch:
    """What is known of a machine's clock.

    Args:
        clock: the machine's clocks.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._measured: _Measured | None = None
        self._last: tuple[Write, Sight] | None = None
        self._open_year = 0
        self._parsed: tuple[tuple[Any, ...], Anchor] | None = None

    @property
    def offset_ms(self) -> int | None:
        """The centre's time minus this machine's, when this program has measured it."""
        return None if self._measured is None else self._measured.offset_ms

    def first_look(self, database: Database) -> None:
        """Look at the clock when a program opens the database.

        The sooner a battery clock is looked at after the machine's start, the fewer steps of the
        clock can hide behind that start. A full disk keeps nobody from reading.
        """
        with database.read() as cursor:
            sight = self.look(cursor)
        if sight.anchor is None or sight.anchor.boot == sight.reading.boot:
            return
        with suppress(DiskFull, DiskFailing), database.write() as write:
            self.at(write)

    def look(self, cursor: Cursor) -> Sight:
        """Judge the clock as it is now; nothing is written."""
        anchor = self._anchor(cursor)
        reading = self._reading()
        return Sight(reading, anchor, clocks.judge(reading, anchor))

    def at(self, write: Write) -> Sight:
        """Judge the clock at a transaction's moment, and keep the anchor up to date.

        All that happens in one transaction happens at one moment, and is judged once.
        """
        if self._last is not None and self._last[0] is write:
            return self._last[1]
        anchor, reading = self._anchor(write.cursor), self._reading(write)
        judged = clocks.judge(reading, anchor)
        moved = clocks.carried_on(anchor, reading, judged)
        if moved is not None:
            _keep(write, moved)
        return self._seen(write, Sight(reading, moved or anchor, judged))

    def state(self, write: Write, *, stepped: bool) -> ClockState:
        """Write what is known, for an event; what says nothing is left out.

        Args:
            write: the event's transaction.
            stepped: whether the event before has a later time.
        """
        sight = self.at(write)
        judged, measured = sight.judged, self._measured
        age = None if measured is None else int(sight.reading.monotonic - measured.monotonic)
        return ClockState(
            boot=sight.reading.boot,
            offset_ms=None if measured is None else measured.offset_ms,
            offset_age_s=None if age == judged.age_s else age,
            stepped=stepped,
            source="" if judged.source is None else judged.source.value,
            age_s=judged.age_s,
            doubt_s=judged.doubt_s,
        )

    def measured(self, write: Write, offset_ms: int, *, seconds: float) -> None:
        """Note the centre's time.

        Args:
            write: a transaction right after the measurement.
            offset_ms: the centre's time minus this machine's.
            seconds: how long the question took.
        """
        anchor, reading = self._anchor(write.cursor), self._reading(write)
        self._measured = _Measured(offset_ms, reading.monotonic)
        off, doubt_ms = timedelta(milliseconds=offset_ms), round(seconds * 500)
        word = clocks.by_the_centre(reading, anchor, off=off, doubt_ms=doubt_ms)
        if word is not None:
            self._take(write, reading, word)

    def vouched(self, write: Write) -> None:
        """Note that a person says that date and time are right.

        The word of the centre or of a time service that is good already stays.
        """
        sight = self.at(write)
        if sight.judged.source in (Source.CENTRE, Source.NTP):
            return
        word = clocks.vouched(
            sight.reading, Source.HUMAN, sight.anchor, doubt_ms=clocks.HUMAN_DOUBT_MS
        )
        self._take(write, sight.reading, word)

    def opened(self, write: Write, year: int) -> None:
        """Note that a new year has begun: it will not be earlier again."""
        sight = self.at(write)
        if sight.anchor is not None:
            self._take(write, sight.reading, clocks.in_year(sight.anchor, year))

    def year_is_open(self, year: int) -> bool:
        """Tell whether :meth:`remember_open` was told of a year; saves asking the registers."""
        return year == self._open_year

    def remember_open(self, year: int) -> None:
        """Note that numbers of a year have been given and more may be, while the clock is good."""
        self._open_year = year

    def _reading(self, write: Write | None = None) -> Reading:
        battery, ntp_doubt_ms = self._clock.evidence()
        return Reading(
            wall=self._clock.now() if write is None else write.now,
            monotonic=self._clock.monotonic(),
            boot=self._clock.boot(),
            battery=battery,
            ntp_doubt_ms=ntp_doubt_ms,
        )

    def _anchor(self, cursor: Cursor) -> Anchor | None:
        row = one(cursor, _READ)
        if row is None:
            return None
        if self._parsed is None or self._parsed[0] != row:
            self._parsed = (row, _parse(row))
        return self._parsed[1]

    def _take(self, write: Write, reading: Reading, anchor: Anchor) -> None:
        """Write an anchor down, and judge by it from here on."""
        _keep(write, anchor)
        self._seen(write, Sight(reading, anchor, clocks.judge(reading, anchor)))

    def _seen(self, write: Write, sight: Sight) -> Sight:
        self._last = (write, sight)
        return sight


def _keep(write: Write, anchor: Anchor) -> None:
    write.cursor.execute(
        "INSERT OR REPLACE INTO clock_anchor VALUES (1, ?, ?, ?, ?, ?, ?)",
        (
            anchor.boot, anchor.monotonic, instant(anchor.wall), anchor.source,
            _UNKNOWN if anchor.doubt_ms is None else anchor.doubt_ms, instant(anchor.floor),
        ),
    )  # fmt: skip


def _parse(row: tuple[Any, ...]) -> Anchor:
    boot, monotonic, wall, source, doubt_ms, floor = row
    return Anchor(
        boot=boot,
        monotonic=monotonic,
        wall=parse_instant(wall),
        source=Source(source),
        doubt_ms=None if doubt_ms == _UNKNOWN else doubt_ms,
        floor=parse_instant(floor),
    )
