"""A machine whose clocks a test moves, and the way to run Saraban's own programs on it.

    python -m tests.moved_clock FILE saraban_node serve --folder ...

Time goes on by itself; the file says how far this machine's clocks are from the real ones, and may
be changed while the program runs. The program itself is the one that is shipped.
"""

import functools
import runpy
import sys
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

import msgspec

from saraban_base import clock
from saraban_base.clock import Evidence, SystemClock


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far a machine's clocks are from the real ones."""

    ahead: float = 0.0
    """Seconds that the wall clock is ahead."""
    up: float = 0.0
    """Seconds more since the machine was started."""
    boot: int = 0x0A1B2C3D


class MovedClock(SystemClock):
    """The clocks of a machine with a battery that keeps the time while it is off.

    Args:
        file: where it is written how they stand.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    @property
    def command(self) -> tuple[str, ...]:
        """What begins a command line, so that a program runs on this machine."""
        return (sys.executable, "-m", "tests.moved_clock", str(self._file))

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._standing().ahead)

    def monotonic(self) -> float:
        return super().monotonic() + self._standing().up

    def boot(self) -> str:
        return f"{self._standing().boot:08x}"

    def evidence(self) -> Evidence:
        return Evidence(battery=True)

    def until(self, moment: datetime) -> None:
        """Let time pass on the running machine until a moment."""
        old, passed = self._standing(), (moment - self.now()).total_seconds()
        self._put(msgspec.structs.replace(old, ahead=old.ahead + passed, up=old.up + passed))

    def off_until(self, moment: datetime) -> None:
        """Leave the machine switched off until a moment, and switch it on."""
        old, passed = self._standing(), (moment - self.now()).total_seconds()
        since_start = 10.0 - super().monotonic()
        self._put(_Standing(ahead=old.ahead + passed, up=since_start, boot=old.boot + 1))

    def _standing(self) -> _Standing:
        if not self._file.exists():
            return _Standing()
        return msgspec.json.decode(self._file.read_bytes(), type=_Standing)

    def _put(self, standing: _Standing) -> None:
        new = self._file.with_suffix(".new")
        new.write_bytes(msgspec.json.encode(standing))
        new.replace(self._file)


def main() -> None:
    """Run a program on the machine."""
    file, program, *arguments = sys.argv[1:]
    sys.argv = [program, *arguments]
    with mock.patch.object(clock, "SystemClock", functools.partial(MovedClock, Path(file))):
        runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
