"""A machine on a desk: a folder with a node, clocks of its own, and a clerk in front of it."""

import hashlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from saraban_base.sqlite import Cursor
from saraban_node import appliance, meta
from saraban_node.appliance import Appliance
from saraban_node.identity import machine, marks
from saraban_node.line import sync_state
from saraban_node.line.syncer import Syncer
from saraban_sync.batching import BatchSize
from tests.world import line
from tests.world.clocks import MachineClock

BATCH: Final = 3
"""Events in one request: few, so that lines break between two."""


@dataclass(eq=False)
class Machine:
    """One machine; on each desk stands one at a time."""

    desk: int
    office: str
    folder: Path
    clock: MachineClock
    facts: str
    """What tells the machine from others."""
    template: Path | None = None
    """Whence the folder is filled when it is first opened."""
    events: list[str] = field(default_factory=list)
    """Hashes of the journal, as they were seen last."""
    forgot: set[int] = field(default_factory=set)
    """Desks of lives before this database that it has forgotten, its own among them."""
    rivals: set[int] = field(default_factory=set)
    """Desks with a machine under the same name that this one cannot know of yet."""
    _node: Appliance | None = None
    _syncer: Syncer | None = None

    @property
    def node(self) -> Appliance:
        """The node, opened when first asked for."""
        if self._node is None:
            if self.template is not None:
                shutil.copytree(self.template, self.folder)
                self.template = None
            self._node = appliance.open_appliance(
                self.folder, clock=self.clock, machine=machine.Machine(self.hash)
            )
        return self._node

    @property
    def hash(self) -> str:
        """What the machine is to its own program, and to the centre."""
        return hashlib.sha256(self.facts.encode()).hexdigest()

    @property
    def name(self) -> str:
        """The node's name now."""
        return self.node.node

    @property
    def syncer(self) -> Syncer:
        """What exchanges with the centre."""
        if self._syncer is None:
            self.batch(BATCH)
        assert self._syncer is not None
        return self._syncer

    def batch(self, documents: int) -> None:
        """Send so many events in one request from now on."""
        self._syncer = Syncer(self.node, batch=BatchSize(documents), connect=line.connect)

    @property
    def touched(self) -> bool:
        """Whether anything was done on it in this story."""
        return self.template is None

    def fenced(self) -> str:
        """Why nothing may be written here; empty when everything may."""
        with self.node.db.read() as cursor:
            return why_fenced(cursor)

    def epoch(self) -> int:
        """The epoch in which the node writes."""
        with self.node.db.read() as cursor:
            return meta.epoch(cursor)

    def busy(self) -> bool:
        """Whether a contact was begun of which the machine does not know how it ended."""
        with self.node.db.read() as cursor:
            return bool(sync_state.get(cursor, "ratchet_next"))

    def close(self, *, marks_too: bool = True) -> None:
        """End the program; in an orderly way it writes its marks once more."""
        if self._node is not None:
            if marks_too:
                marks.keep(self._node.db, self._node.marks)
            self._node.close()
        self._node = self._syncer = None


def why_fenced(cursor: Cursor) -> str:
    """Why nothing may be written into a database; empty when everything may."""
    return meta.get(cursor, meta.FENCED)
