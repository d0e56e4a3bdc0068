"""A node's working life, written down: made, numbers granted, letters, files, voids, restarts.

    python -m tests.faults.power_work ROOT TRACE [--seed N] [--letters N] [--forgetful]

With a node in ROOT already it goes on from there. Everything is done by the code that is shipped.
``--forgetful`` opens the database as the program never does, with ``synchronous=NORMAL``, to prove
that the tests would notice.
"""

import argparse
import random
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import apsw
import msgspec

from saraban_base import sqlite
from saraban_base.lane import Lane
from saraban_base.sqlite import Database, Write
from saraban_node import appliance, journal
from saraban_node.appliance import Appliance
from saraban_node.books import entries, letters
from saraban_node.books.entries import Entry
from saraban_node.line import inbox
from saraban_sync.registers import Register
from saraban_sync.signing import SigningKey
from tests.faults.power import AnyOperation, Done
from tests.faults.recording import Recorder
from tests.offices import (
    BOOKS,
    SOMSRI,
    FarOffice,
    HandClock,
    Numbers,
    a_letter,
    an_office,
    carry,
    grant,
    introduce,
    put_file,
)

NODE: Final = "node"
"""The node's folder below the root."""
KEY: Final = SigningKey.from_bytes(bytes(range(32, 64)))
_CHECKPOINT_PAGES: Final = (40, 90, sqlite.CHECKPOINT_PAGES)
"""How long the write-ahead log gets; the last is what is shipped."""
_ALREADY: Final = (0, 60, 100)
"""Letters there at the beginning, so that in some lives a page of the search index gets full."""


class Trace(msgspec.Struct, frozen=True):
    """What was done to the disk."""

    operations: list[AnyOperation]
    already: int = 0
    """So many of them only say what was there before."""


class Life:
    """One node at work under a recorder.

    Args:
        recorder: sees all that reaches the disk.
        seed: chooses what is done in which order.
        forgetful: with ``synchronous=NORMAL``.
    """

    def __init__(self, recorder: Recorder, seed: int, *, forgetful: bool = False) -> None:
        self._recorder = recorder
        self._chance = random.Random(seed)
        self._already = _ALREADY[seed // 2 % len(_ALREADY)]
        self._forgetful = forgetful
        self._clock = HandClock()
        self._folder = recorder.root / NODE
        self._seen = 0
        self._entries: list[Entry] = []
        self._area = FarOffice(clock=self._clock)
        self._shared = b"%PDF-1.7 " + bytes(700)

    def live(self, count: int) -> None:
        """Go through a life with so many letters."""
        node = self._found() if self._folder.exists() else self._born()
        first = len(self._entries)
        try:
            for number in range(first, first + count):
                self._clock.forward(minutes=7)
                with self._acknowledged(node, "letter"):
                    self._letter(node, number)
                self._something_else(node)
                if number - first in (count // 3, 2 * count // 3):
                    node.close()
                    self._done("closed")
                    node = self._opened()
        finally:
            node.close()
        self._done("closed")

    def _born(self) -> Appliance:
        made = an_office(self._folder, clock=self._clock, ranges=(), key=KEY)
        self._acknowledge(made, "made")
        made.close()
        node = self._opened()
        introduce(node, self._area)
        self._done("introduced")
        for register in BOOKS:
            with self._acknowledged(node, "range"):
                grant(node, Numbers(register, 2569, 400))
        with self._acknowledged(node, "the register so far"), node.db.write() as write:
            for number in range(self._already):
                letter = a_letter(number, imported=True)
                letters.register_letter(write, node.journal, letter, actor=SOMSRI)
        return node

    def _found(self) -> Appliance:
        """Go on from the disk that a power cut left; what it holds is read from a copy first."""
        with tempfile.TemporaryDirectory() as elsewhere:
            copy = Path(shutil.copytree(self._folder, Path(elsewhere) / NODE))
            node = appliance.open_appliance(copy, clock=self._clock)
            self._acknowledge(node, "found")
            with node.db.read() as cursor:
                self._entries = entries.select(cursor, "ORDER BY seq", {})
            node.close()
        self._area.epoch = 2  # its letters of this life are others than those of the last
        return self._opened()

    def _opened(self) -> Appliance:
        node = appliance.open_appliance(self._folder, clock=self._clock)
        return self._weakened(node) if self._forgetful else node

    def _weakened(self, node: Appliance) -> Appliance:
        """The same node over a database that is opened as the program never does it."""
        node.db.close()
        path = self._folder / appliance.DATABASE
        writer = apsw.Connection(str(path), vfs="cksmvfs")
        for name, setting in (("journal_mode", "wal"), ("synchronous", 1), ("foreign_keys", 1)):
            writer.pragma(name, setting)
        return replace(node, db=Database(path, writer, self._clock, "cksmvfs"))

    def _letter(self, node: Appliance, number: int) -> None:
        register = self._chance.choice(BOOKS)
        files = [self._shared] if number % 5 == 0 else []
        if number % 7 == 3:
            files.append(self._chance.randbytes(1_500))
        if number % 20 == 9:
            files.append(self._chance.randbytes(300_000))  # more than one chunk
        refs = tuple(put_file(node, content, f"{place}.pdf") for place, content in enumerate(files))
        sent = register is Register.OUTGOING and number % 3 == 0
        offices = (self._area.code,) if sent else ()
        letter = a_letter(number, register, files=refs, offices=offices)
        with node.db.write() as write:
            form = f"form-{self._seen}-{number}"
            entry = letters.register_letter(write, node.journal, letter, actor=SOMSRI, form=form)
        self._entries.append(entry)

    def _something_else(self, node: Appliance) -> None:
        """Now and then what an office does besides registering."""
        turn = self._chance.random()
        entry = self._chance.choice(self._entries)
        if turn < 0.08:
            self._void(node)
        elif turn < 0.16:
            with self._acknowledged(node, "note"), node.db.write() as write:
                letters.note_entry(
                    write, node.journal, entry.id, action="มอบครูสมใจดำเนินการ", actor=SOMSRI
                )
        elif turn < 0.22:
            with self._acknowledged(node, "files"):
                ref = put_file(node, self._chance.randbytes(900), "สแกน.pdf")
                with node.db.write() as write:
                    letters.add_files(write, node.journal, entry.id, files=(ref,), actor=SOMSRI)
        elif turn < 0.28:
            node.db.checkpoint()
            self._done("checkpoint")
        elif turn < 0.36:
            self._arrival(node)
        elif turn < 0.44:
            with self._acknowledged(node, "three letters in one commit"):
                self._letters_together(node)

    def _arrival(self, node: Appliance) -> None:
        """A letter comes from the area office, and is registered: its receipt goes with it."""
        sent = self._area.sends(node.office, self._seen)
        with self._acknowledged(node, "arrival"):
            carry(sent, node, place=self._seen)
        with self._acknowledged(node, "registered arrival"), node.db.write() as write:
            arrival = inbox.one_arrival(write.cursor, sent.node, sent.id)
            if arrival is None:
                raise LookupError(sent.id)
            letter = inbox.letter_of(arrival)
            entry = letters.register_letter(write, node.journal, letter, actor=SOMSRI)
        self._entries.append(entry)

    def _letters_together(self, node: Appliance) -> None:
        """Three clerks press the button in the same moment: one commit for all of them."""
        lane, began, hold = Lane(node.db), threading.Event(), threading.Event()

        def wait(_: Write) -> None:
            began.set()
            hold.wait()

        lane.submit(wait)
        began.wait()  # what is handed in from here on waits for the commit after this one
        works = [self._another_letter(node, number) for number in range(3)]
        waiting = [lane.submit(work) for work in works]
        hold.set()
        self._entries += [one.result() for one in waiting]
        lane.close()

    def _another_letter(self, node: Appliance, number: int) -> Callable[[Write], Entry]:
        letter = a_letter(1_000 + self._seen + number)
        return lambda write: letters.register_letter(write, node.journal, letter, actor=SOMSRI)

    def _void(self, node: Appliance) -> None:
        issued = [entry for entry in self._entries if entry.state == "issued"]
        with self._acknowledged(node, "void"), node.db.write() as write:
            chosen = self._chance.choice(issued)
            self._entries.remove(chosen)
            letters.void_entry(
                write, node.journal, chosen.id, reason="ออกเลขซ้ำกับฉบับก่อน", actor=SOMSRI
            )

    @contextmanager
    def _acknowledged(self, node: Appliance, what: str) -> Iterator[None]:
        yield
        self._acknowledge(node, what)

    def _acknowledge(self, node: Appliance, what: str) -> None:
        """From here on the clerk has seen it."""
        with node.db.read() as cursor:
            new = [event.hash for event in journal.read(cursor, after=self._seen)]
        self._seen += len(new)
        self._recorder.add(Done(what, tuple(new)))

    def _done(self, what: str) -> None:
        self._recorder.add(Done(what))


def main() -> None:
    """Live once and write down the trace."""
    options = argparse.ArgumentParser()
    options.add_argument("root", type=Path)
    options.add_argument("trace", type=Path)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--letters", type=int, default=40)
    options.add_argument("--forgetful", action="store_true")
    given = options.parse_args()
    sqlite.CHECKPOINT_PAGES = _CHECKPOINT_PAGES[given.seed % len(_CHECKPOINT_PAGES)]
    recorder = Recorder(given.root.resolve())
    Life(recorder, given.seed, forgetful=given.forgetful).live(given.letters)
    given.trace.write_bytes(msgspec.msgpack.encode(Trace(recorder.operations, recorder.already)))


if __name__ == "__main__":
    main()
