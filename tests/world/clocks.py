"""Time in the simulated district: the true moment, and what each machine's clock makes of it."""

from datetime import UTC, datetime, timedelta
from typing import Final

from saraban_base.clock import Evidence
from saraban_sync.registers import BANGKOK

BEGINNING: Final = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
"""Nine o'clock in Thailand on a day of 2569."""
_CARD_MADE: Final = datetime(2026, 3, 1, tzinfo=UTC)
"""What a machine without a battery clock believes after the longest sleep."""


class Sky:
    """The true time, the same for the whole district."""

    def __init__(self) -> None:
        self.moment = BEGINNING

    def forward(self, **by: float) -> None:
        """Let time pass, as ``timedelta`` names it."""
        self.moment += timedelta(**by)

    def until_new_year(self) -> None:
        """Let time pass until one minute before the next year, in Thailand."""
        here = self.moment.astimezone(BANGKOK)
        eve = datetime(here.year, 12, 31, 23, 59, tzinfo=BANGKOK)
        self.moment = max(self.moment, eve.astimezone(UTC))


class MachineClock:
    """The clocks of one machine, which may be wrong.

    Args:
        sky: the true time.
        name: something of its own, so that no two machines show the same boot id.
        battery: whether a battery clock keeps the time while the machine is off.
    """

    def __init__(self, sky: Sky, name: int, *, battery: bool = True) -> None:
        self._sky = sky
        self._name = name
        self._boots = 1
        self._began = sky.moment
        self.off = timedelta()
        """What the wall clock shows minus the true time."""
        self.battery = battery

    def now(self) -> datetime:
        """What the wall clock shows."""
        return self._sky.moment + self.off

    def monotonic(self) -> float:
        """Seconds since the machine was started."""
        return (self._sky.moment - self._began).total_seconds()

    def boot(self) -> str:
        """Which start of which machine this is."""
        return f"{self._name:04x}{self._boots:04x}"

    def evidence(self) -> Evidence:
        """Whether a battery clock speaks for the wall clock."""
        return Evidence(self.battery)

    def put(self, off: timedelta) -> None:
        """Set the wall clock wrong by so much, or right."""
        self.off = off

    def restart(self, *, asleep: timedelta = timedelta()) -> None:
        """Start the machine again after it was off; without a battery its clock stood still."""
        if not self.battery:
            self.off -= asleep
            if self.now() < _CARD_MADE:
                self.off += _CARD_MADE - self.now()
        self._boots += 1
        self._began = self._sky.moment
