"""A district of real programs on loopback: the centre and every node are processes.

Whatever is done here is typed on a command line or clicked on a page, as people do it.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx

from tests.moved_clock import Machine
from tests.served_office import PASSWORD, ServedOffice, free_port

_ROOT: Final = Path(__file__).resolve().parents[1]
_PATIENCE: Final = 60.0
_HERE: Final = (sys.executable, "-m")


class Said(NamedTuple):
    """What a command printed."""

    code: int
    told: dict[str, Any]
    """Its JSON object; empty when it printed none."""
    text: str
    """What it printed for people."""
    wrong: str
    """What it printed on standard error."""


@dataclass
class RealDistrict:
    """A centre and its offices in one folder, each a folder in it.

    Args:
        folder: where everything is.
        machines: the machines with clocks of their own, by folder; the others have this one's.
    """

    folder: Path
    machines: dict[Path, Machine] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    @property
    def centre(self) -> Path:
        return self.folder / "centre"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def make_centre(self) -> None:
        """Set the centre up."""
        self.central("init", "--port", str(self.port))

    def add_office(self, code: str, name: str, prefix: str) -> Path:
        """Add an office and enrol its node; the centre is being served. Gives the node's folder."""
        self.central("office", "add", code, "--name", name, "--prefix", prefix)
        slip = self.central("enrol", "--office", code).told["code"]
        folder = self.folder / code
        self.node(folder, "init", "--centre", self.address, "--code", slip)
        return folder

    def central(self, *arguments: str, good: tuple[int, ...] = (0,)) -> Said:
        """Type a command at the centre."""
        return self._type(self.centre, "saraban_central", arguments, good)

    def node(self, folder: Path, *arguments: str, good: tuple[int, ...] = (0,)) -> Said:
        """Type a command at a node."""
        return self._type(folder, "saraban_node", arguments, good)

    def begins(self, folder: Path, program: str) -> list[str]:
        """Begin the command line of a program on a folder's machine."""
        machine = self.machines.get(folder)
        return [*(machine.command if machine else _HERE), program]

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve the centre as long as the block lasts."""
        with (self.folder / "centre.log").open("ab") as log:
            process = subprocess.Popen(
                [*self.begins(self.centre, "saraban_central"), "serve"],
                cwd=_ROOT,
                env={**os.environ, "SARABAN_CENTRAL_FOLDER": str(self.centre)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait(process)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(_PATIENCE) == 0, (self.folder / "centre.log").read_text("utf-8")

    def served(self, folder: Path) -> ServedOffice:
        """Give a node to be served, in a block or by hand."""
        return ServedOffice(folder, command=tuple(self.begins(folder, "saraban_node")))

    def _type(
        self, folder: Path, program: str, arguments: tuple[str, ...], good: tuple[int, ...]
    ) -> Said:
        done = subprocess.run(
            [*self.begins(folder, program), *arguments, "--folder", str(folder)],
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        assert done.returncode in good, f"{arguments}: {done.returncode}\n{done.stderr}{done.stdout}"
        lines = done.stdout.strip().splitlines() or [""]
        told = json.loads(lines[-1]) if "--json" in arguments else {}
        return Said(done.returncode, told, done.stdout, done.stderr)

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            assert process.poll() is None, "the centre ended"
            try:
                httpx.get(f"{self.address}/healthz", trust_env=False)
                return
            except httpx.TransportError:
                time.sleep(0.02)
        raise AssertionError("the centre does not answer")
