"""Clocks: what the wall says, what cannot jump, which boot this is, and what speaks for the wall.

Wall time on a small box lies: it can be years off after a power cut and can be set at any moment.
So nothing is ordered by it; it is written down together with what is known about it.
"""

import ctypes
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple, Protocol

_RTC: Final = Path("/sys/class/rtc")
_RTC_NEAR: Final = 120.0
_RTC_IN_THAI_TIME: Final = 7 * 3600.0
_FOLLOWS_NOTHING: Final = 5
"""What ``adjtimex`` returns when no time service steers the clock."""


class Evidence(NamedTuple):
    """What speaks for the wall clock, besides people and the centre."""

    battery: bool
    """Whether the machine has a battery clock, and it agreed with the wall clock at the start."""
    ntp_doubt_ms: int | None = None
    """How well the clock follows a time service; None when it follows none."""


class Clock(Protocol):
    """Where time comes from; tests bring their own."""

    def now(self) -> datetime:
        """Wall time in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back while the machine is up, also counted during sleep."""
        ...

    def boot(self) -> str:
        """Eight hex digits that differ from boot to boot."""
        ...

    def evidence(self) -> Evidence:
        """What speaks for the wall clock now."""
        ...


class SystemClock:
    """The machine's own clocks.

    Args:
        rtc: the folder in which the kernel shows battery clocks.
    """

    def __init__(self, *, rtc: Path = _RTC) -> None:
        self._boot = _boot_id()
        self._battery = battery_agrees(rtc, time.clock_gettime(time.CLOCK_REALTIME))
        self._adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)

    def now(self) -> datetime:
        """Wall time in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that asks

    def monotonic(self) -> float:
        """Seconds since boot, sleep included."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def boot(self) -> str:
        """The start of the kernel's boot id."""
        return self._boot

    def evidence(self) -> Evidence:
        """What speaks for the wall clock; asking costs a few microseconds.

        The kernel counts how far the clock may be off since a time service was last heard, forgets
        the service after about nine hours, and at once when somebody sets the clock.
        """
        if self._adjtimex is None:
            return Evidence(self._battery)
        asked = _Timex(modes=0)
        state = self._adjtimex(ctypes.byref(asked))
        if not 0 <= state < _FOLLOWS_NOTHING:
            return Evidence(self._battery)
        return Evidence(self._battery, -(-asked.maxerror // 1000))


def battery_agrees(folder: Path, wall: float) -> bool:
    """Tell whether a battery clock shows the same time as the wall clock.

    Some boards have the chip and no battery: it starts anew with the machine, and the wall clock
    was set from somewhere else. A battery clock may run in Thailand's time.

    Args:
        folder: where the kernel shows battery clocks.
        wall: seconds since 1970 by the wall clock.
    """
    for file in folder.glob("rtc*/since_epoch"):
        try:
            ahead = int(file.read_text(encoding="ascii")) - wall
        except (OSError, ValueError):
            continue
        if min(abs(ahead), abs(ahead - _RTC_IN_THAI_TIME)) <= _RTC_NEAR:
            return True
    return False


class _Timex(ctypes.Structure):
    """The beginning of the kernel's ``struct timex``, and room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("rest", ctypes.c_long * 60),
    )


def _boot_id() -> str:
    try:
        text = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        return "00000000"
    return text.strip().replace("-", "")[:8]
