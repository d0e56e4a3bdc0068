"""A machine whose clocks a test moves, and the way to run Saraban's own programs on it.

    python -m tests.moved_clock FILE saraban_node serve --folder ...

Time goes on by itself; the file says how far this machine's clocks are from the real ones, and may
be changed while the program runs. The program itself is the one that is shipped.
"""

import os
import runpy
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import msgspec

from saraban_base import clock
from saraban_base.clock import Evidence, SystemClock


class _Clocks(msgspec.Struct, frozen=True, kw_only=True):
    """How far a machine's clocks are from the real ones."""

    ahead: float = 0.0
    """Seconds that the wall clock is ahead."""
    up: float = 0.0
    """Seconds more since the machine was started."""
    boot: str = "0a1b2c3d"


@dataclass(frozen=True)
class Machine:
    """A machine with clocks of its own, and with a battery that keeps the time while it is off.

    Args:
        file: where its clocks stand.
    """

    file: Path

    @property
    def command(self) -> tuple[str, ...]:
        """Begin a command line with this, and a program runs on this machine."""
        return (sys.executable, "-m", "tests.moved_clock", str(self.file))

    def until(self, moment: datetime) -> None:
        """Let time pass on the running machine until a moment."""
        old = self._read()
        passed = (moment - self.now()).total_seconds()
        self._write(msgspec.structs.replace(old, ahead=old.ahead + passed, up=old.up + passed))

    def off_until(self, moment: datetime) -> None:
        """Leave the machine switched off until a moment, and switch it on."""
        old = self._read()
        passed = (moment - self.now()).total_seconds()
        self._write(
            _Clocks(
                ahead=old.ahead + passed,
                up=10.0 - SystemClock().monotonic(),
                boot=f"{int(old.boot, 16) + 1:08x}",
            )
        )

    def now(self) -> datetime:
        """What its wall clock shows."""
        return SystemClock().now() + timedelta(seconds=self._read().ahead)

    def _read(self) -> _Clocks:
        if not self.file.exists():
            return _Clocks()
        return msgspec.json.decode(self.file.read_bytes(), type=_Clocks)

    def _write(self, clocks: _Clocks) -> None:
        new = self.file.with_suffix(".new")
        new.write_bytes(msgspec.json.encode(clocks))
        new.replace(self.file)


class _MovedClock(SystemClock):
    """What a program on the machine takes for the system's clock."""

    file: Path

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._clocks().ahead)

    def monotonic(self) -> float:
        return super().monotonic() + self._clocks().up

    def boot(self) -> str:
        return self._clocks().boot

    def evidence(self) -> Evidence:
        return Evidence(battery=True)

    def _clocks(self) -> _Clocks:
        return msgspec.json.decode(self.file.read_bytes(), type=_Clocks)


def main() -> None:
    """Run a program on the machine."""
    file, program, *arguments = sys.argv[1:]
    _MovedClock.file = Path(file)
    sys.argv = [program, *arguments]
    with mock.patch.object(clock, "SystemClock", _MovedClock):
        runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
