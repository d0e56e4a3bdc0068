"""Clocks: what the wall says, what cannot jump, and which boot this is.

Wall time on a small box lies: it can be years off after a power cut and can be set at any moment.
So nothing is ordered by it; it is written down together with what is known about it.
"""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol


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


class SystemClock:
    """The machine's own clocks."""

    def __init__(self) -> None:
        self._boot = _boot_id()

    def now(self) -> datetime:
        """Wall time in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that asks

    def monotonic(self) -> float:
        """Seconds since boot, sleep included."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def boot(self) -> str:
        """The start of the kernel's boot id."""
        return self._boot


def _boot_id() -> str:
    try:
        text = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        return "00000000"
    return text.strip().replace("-", "")[:8]
