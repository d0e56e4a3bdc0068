"""The centre of the simulated district: the real one, without its server and its threads."""

import shutil
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path
from typing import Final

from saraban_central import enrolment
from saraban_central.centre import Centre, make_centre, open_centre
from saraban_central.config import CentralConfig
from saraban_central.errors import BadCode, BadKey, NodeExists, UnknownNode
from saraban_central.gateway import enrolling
from saraban_central.gateway.answers import Answer, encode, json_answer
from saraban_central.gateway.calls import decode
from saraban_central.identity import generation, twins
from saraban_central.identity.errors import BaseUnknown
from saraban_central.numbering import grants
from saraban_central.numbering.granting import Granting
from saraban_central.post.router import Router
from saraban_central.records import CREDENTIALS, NODES
from saraban_node.line import enrolment as joining
from saraban_sync.ids import NodeId
from saraban_sync.registers import Register
from saraban_sync.wire import journal_database
from tests.world import line
from tests.world.clocks import MachineClock
from tests.world.line import Wire

Settings = dict[str, str | int | list[str]]
_COUNT: Final = count(1)
_BY: Final = "cli:somchai"
_ALL: Final = 100_000
BLOCK: Final = 8
"""Numbers of one range: few, so that they run out."""


class Headquarters:
    """The centre's machine.

    Args:
        folder: where the centre lives.
        clock: its clocks.
        host: its address, which nodes have in their settings.
    """

    def __init__(self, folder: Path, clock: MachineClock, host: str) -> None:
        self.folder = folder
        self.clock = clock
        self.off = False
        """Whether nobody serves."""
        self.wire = Wire(lambda: None if self.off else self.centre)
        line.WIRES[host] = self.wire
        self._centre: Centre | None = None
        self._turns: list[Callable[[], int]] = []

    @property
    def centre(self) -> Centre:
        """The centre, opened when first asked for."""
        return self._centre or self._open()

    def _open(self) -> Centre:
        if self._centre is None:
            self._centre = open_centre(self.folder, clock=self.clock)
            # In the order in which the centre's own workers take their turns.
            self._turns = [Router(self._centre).run, Granting(self._centre).run]
        return self._centre

    def work(self) -> int:
        """Do what the centre's workers do: carry letters, answer requests.

        Returns:
            How much was done.
        """
        self._open()
        return sum(turn() for turn in self._turns)

    def decide(self, which: int) -> None:
        """An administrator says which of several machines of one name keeps it.

        Raises:
            LookupError: nothing waits for a decision.
            CannotKeep: its journal has left what is here.
        """
        waiting = [one.twin for one in twins.open_twins(self.centre) if one.twin.kept is None]
        twin = waiting[which % max(len(waiting), 1)]
        machine = twin.machines[which % len(twin.machines)].machine or "—"  # as the page says it
        twins.keep(self.centre, twin.node, machine, by=_BY)

    def fork_code(self, name: str, machine: str) -> str:
        """Make a code with which a machine gets a name of its own."""
        return enrolment.make_fork_code(self.centre, name, machine=machine).code

    def knows(self, name: str) -> bool:
        """Tell whether there is a node of a name."""
        return self.centre.store.record(NODES, name) is not None

    def lets_in(self, name: str, secret: str) -> bool:
        """Tell whether a node is let in with a secret, if there is one of that name."""
        held = self.centre.store.record(CREDENTIALS, name)
        return held is None or held.value.sha256 == enrolment.secret_hash(secret)

    def code_to_return(self, name: str, office: str) -> str:
        """Make a code with which a node that was forgotten is taken in again."""
        return enrolment.make_code(self.centre, office, node=name).code

    def held(self) -> set[str]:
        """Name the revisions of all events that it holds, of whatever journal."""
        store = self.centre.store
        return {
            one.revision
            for info in store.databases(journal_database(""))
            for one in store.page(info.name, limit=_ALL)
        }

    def copy(self) -> Path:
        """Copy the centre's database, as a backup does."""
        target = self.folder.parent / f"centre-{next(_COUNT)}.db"
        self.centre.database.backup_to(target)
        return target

    def put_back(self, copy: Path, *, said: bool) -> None:
        """Put a copy in the place of the centre's database.

        Args:
            copy: the copy; it can be put back again.
            said: whether somebody says so, as he should.
        """
        self.close()
        for file in self.folder.glob("central.db*"):
            file.unlink()
        shutil.copyfile(copy, self.folder / "central.db")
        if said:
            generation.restored(self.centre, by=_BY)

    def close(self) -> None:
        """End the program."""
        if self._centre is not None:
            self._centre.close()
        self._centre = None


_REFUSED: Final = (BadCode, BadKey, BaseUnknown, NodeExists, UnknownNode)


def _enrol(centre: Centre, _: str, body: bytes) -> Answer:
    asked = decode(body, enrolling._Asked)
    try:
        done = enrolment.enrol(
            centre,
            code=asked.code,
            key=asked.key,
            program=asked.program,
            fork=asked.fork,
            returning=asked.returning,
        )
    except _REFUSED as wrong:
        said = {"error": "refused", "code": wrong.code, "detail": wrong.sentence("en")}
        return json_answer(said, 422)
    return Answer(201, encode(enrolling._welcome(centre, done)))


line.API["enrol"] = _enrol


def found(folder: Path, clock: MachineClock) -> None:
    """Make a centre."""
    make_centre(folder, CentralConfig(), clock=clock).close()


def enrol(
    centre: Centre, folder: Path, office: str, url: str, clock: MachineClock, settings: Settings
) -> str:
    """Take a new node in, with ranges of the books in use; gives its name."""
    slip = enrolment.make_code(centre, office)
    joining.join(folder, url=url, code=slip.code, settings=settings, clock=clock).close()
    return slip.node


def provide(centre: Centre, node: str, books: Iterable[Register], year: int) -> None:
    """Grant a node the first numbers of some books."""
    for book in books:
        grants.grant(centre, NodeId(node), book, year, size=BLOCK)
