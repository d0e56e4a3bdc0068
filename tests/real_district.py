"""A district of real programs on loopback: the centre and every node are processes.

Whatever is done here is typed on a command line or sent by a browser, as people do it. Only what
stands at the beginning, the centre with its offices and their first ranges, is made without typing.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx

from saraban_central import condition, directory, enrolment
from saraban_central.centre import Centre, make_centre, open_centre
from saraban_central.config import CentralConfig
from saraban_central.numbering import granting, grants
from saraban_node import appliance
from saraban_node.appliance import Appliance
from saraban_node.identity import machine, marks
from saraban_node.line.enrolment import join
from saraban_node.line.syncer import Syncer
from saraban_node.people import ADMINISTRATOR, CLERK
from saraban_sync.registers import buddhist_year
from tests.moved_clock import MovedClock
from tests.offices import BOOKS
from tests.served_office import ServedOffice, add_clerk, free_port

CLERK_NAME: Final = "นางสาวสมศรี ใจดี"
_ROOT: Final = Path(__file__).resolve().parents[1]
_PATIENCE: Final = 60.0
_HERE: Final = (sys.executable, "-m")


class Said(NamedTuple):
    """What a command printed."""

    code: int
    text: str
    wrong: str
    """What it printed on standard error."""

    @property
    def told(self) -> dict[str, Any]:
        """Its JSON object."""
        return dict(json.loads(self.text))


class RealDistrict:
    """A centre and its offices, each in a folder of its own.

    Args:
        folder: where everything is.
        clocks: the machines with clocks of their own, by name; all others have the real ones.
    """

    def __init__(self, folder: Path, clocks: Mapping[str, MovedClock] | None = None) -> None:
        self.folder = folder
        self.port = free_port()
        self._clocks = clocks or {}
        settings = CentralConfig(port=self.port)
        make_centre(self.folder / "centre", settings, clock=self._clocks.get("centre")).close()

    @property
    def address(self) -> str:
        """Where the centre answers."""
        return f"http://127.0.0.1:{self.port}"

    def add_office(self, code: str, name: str, *, granted: int = 500) -> Path:
        """Add an office with a node and a person who is clerk and administrator.

        Args:
            code: the office's code; the name of its node and of its folder too.
            name: the office's name.
            granted: numbers of this year granted to begin with, in each book; 0 for none.
        """
        clock = self._clocks.get("centre")
        centre = open_centre(self.folder / "centre", clock=clock)
        directory.add_office(centre, code, name=name, prefix="ศธ 04123.45")
        slip = enrolment.make_code(centre, code)
        folder = self.folder / code
        node = join(folder, url=self.address, code=slip.code, clock=self._clocks.get(code))
        add_clerk(node, "somsri", CLERK_NAME, roles=frozenset({CLERK, ADMINISTRATOR}))
        for book in BOOKS if granted else ():
            year = buddhist_year(centre.clock.now())
            grants.grant(centre, code, book, year, size=granted)
        centre.close()
        Syncer(node).run_cycle()
        node.close()
        return folder

    def central(self, *arguments: str, good: tuple[int, ...] = (0,)) -> Said:
        """Type a command at the centre."""
        return self._type("centre", "saraban_central", arguments, good)

    def node(self, name: str, *arguments: str, good: tuple[int, ...] = (0,)) -> Said:
        """Type a command on the machine in whose folder the node is."""
        return self._type(name, "saraban_node", arguments, good)

    def exchange(self, *names: str, rounds: int = 2) -> None:
        """Let nodes exchange with the centre, and its router and its grants come after each round.

        In the first round they tell, in the second they hear what came of it. A node does this
        minute by minute; here it need not wait, nor be started for it.
        """
        for _ in range(rounds):
            for name in names:
                with self.opened(name) as node:
                    Syncer(node).run_cycle()
            self.settle()

    @contextmanager
    def opened(self, name: str) -> Iterator[Appliance]:
        """Open a node on its machine, as a command does."""
        folder = self.place(name)
        here, clock = machine.here(folder), self._clocks.get(name)
        node = appliance.open_appliance(folder, clock=clock, machine=here)
        try:
            yield node
            marks.keep(node.db, node.marks)
        finally:
            node.close()

    def place(self, name: str) -> Path:
        """Give the folder of a node."""
        return self.folder / name

    def settle(self) -> None:
        """Wait until the centre has looked through all it holds."""
        deadline = time.monotonic() + _PATIENCE
        centre = open_centre(self.folder / "centre", clock=self._clocks.get("centre"))
        while condition.of_centre(centre).unrouted_events or _to_be_granted(centre):
            assert time.monotonic() < deadline, "the centre's workers stand still"
            time.sleep(0.02)
        centre.close()

    @contextmanager
    def served(self) -> Iterator[None]:
        """Serve the centre as long as the block lasts."""
        with (self.folder / "centre.log").open("ab") as log:
            process = subprocess.Popen(
                [*self._begins("centre", "saraban_central"), "serve"],
                cwd=_ROOT,
                env={**os.environ, "SARABAN_CENTRAL_FOLDER": str(self.folder / "centre")},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._until_it_answers(process)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(_PATIENCE) == 0, (self.folder / "centre.log").read_text("utf-8")

    def office(self, name: str) -> ServedOffice:
        """Give a node to be served as long as a block lasts."""
        return ServedOffice(self.place(name), command=tuple(self._begins(name, "saraban_node")))

    def _type(
        self, name: str, program: str, arguments: tuple[str, ...], good: tuple[int, ...]
    ) -> Said:
        done = subprocess.run(
            [*self._begins(name, program), *arguments, "--folder", str(self.place(name))],
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        said = f"{name}: {' '.join(arguments)} → {done.returncode}\n{done.stderr}{done.stdout}"
        assert done.returncode in good, said
        return Said(done.returncode, done.stdout, done.stderr)

    def _begins(self, name: str, program: str) -> list[str]:
        """Begin the command line of a program on a machine."""
        clock = self._clocks.get(name)
        return [*(clock.command if clock is not None else _HERE), program]

    def _until_it_answers(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            assert process.poll() is None, "the centre ended at once"
            try:
                httpx.get(f"{self.address}/healthz", trust_env=False)
            except httpx.TransportError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError("the centre does not answer")


def _to_be_granted(centre: Centre) -> bool:
    """Tell whether a request is about to be answered without anybody's doing."""
    return any(not one.why for one in granting.waiting(centre))
