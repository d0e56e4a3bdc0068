"""The program is killed at any moment, under load: what clerks were told stays true.

Each life is a real process with four busy clerks; SIGKILL comes after a random time, or after a
random number was told.
"""

import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from os import kill
from pathlib import Path
from threading import Timer
from typing import IO, Final

import pytest

from saraban_base.clock import SystemClock
from saraban_base.sqlite import rows
from saraban_node import appliance, journal
from saraban_node.appliance import Appliance
from saraban_node.books import entries
from saraban_sync.registers import buddhist_year
from tests.offices import BOOKS, Numbers, an_office
from tests.promises import kept

ROOT: Final = Path(__file__).parents[2]
NODES: Final = 10
KILLS: Final = 20
"""Of each node."""


@pytest.fixture(scope="module")
def nursery() -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.faults.kill_work"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        _stream(process.stdin).close()


@pytest.mark.parametrize("number", range(NODES))
def test_a_node_killed_under_load_keeps_every_number_it_told(
    number: int, nursery: "subprocess.Popen[str]", scratch: Path
) -> None:
    chance = random.Random(number)
    folder = scratch / "node"
    told: set[str] = set()
    _make(folder)

    for life in range(KILLS):
        told |= _live_and_die(nursery, folder, seed=1_000 * number + life, chance=chance)
        _check(folder, told)

    assert len(told) > KILLS
    node = appliance.open_appliance(folder)
    kept(node)
    node.close()


def _make(folder: Path) -> None:
    clock = SystemClock()
    year = buddhist_year(clock.now())
    ranges = [Numbers(register, year, 100_000) for register in BOOKS]
    an_office(folder, clock=clock, ranges=ranges).close()


def _live_and_die(
    nursery: "subprocess.Popen[str]", folder: Path, *, seed: int, chance: random.Random
) -> set[str]:
    """Let one process register until it is killed; gives what it told before."""
    lines = _stream(nursery.stdout)
    asked = _stream(nursery.stdin)
    asked.write(f"{folder} {seed}\n")
    asked.flush()
    pid = int(lines.readline().split()[1])
    death = Timer(chance.uniform(0.0, 0.04), kill, (pid, signal.SIGKILL))
    after = chance.randrange(1, 30) if chance.random() < 0.5 else None
    if after is None:
        death.start()
    told: list[str] = []
    while not (line := lines.readline()).startswith("end "):
        assert line, "the nursery is gone"
        if line != "READY\n":
            told.append(line.strip())
        if after is not None and len(told) == after:
            kill(pid, signal.SIGKILL)
            after = -1
    death.cancel()
    assert line == f"end {-signal.SIGKILL}\n", "it died by itself"
    return set(told)


def _check(folder: Path, told: set[str]) -> None:
    """What was told is there, once, and whole; the journal verifies; numbers have no gap."""
    node = appliance.open_appliance(folder)
    try:
        with node.db.read() as cursor:
            events = journal.verify(cursor, node=node.node, key=node.journal.key.public)
            lines = rows(cursor, "SELECT register, year, number, remark, seq FROM entry")
            last = rows(cursor, "SELECT max(seq) FROM journal")[0][0]
        assert events == last
        assert told <= {f"{book} {year} {number} {name}" for book, year, number, name, _ in lines}
        for book in BOOKS:
            numbers = sorted(line[2] for line in lines if line[0] == book)
            assert numbers == list(range(1, len(numbers) + 1))
        assert not [name for name, times in Counter(line[3] for line in lines).items() if times > 1]
        _files_are_whole(node, [line[4] for line in lines])
    finally:
        node.close()


def _files_are_whole(node: Appliance, seqs: list[int]) -> None:
    with node.db.read() as cursor:
        for seq in seqs:
            for ref in entries.files(cursor, seq):
                node.files.read(ref)


def _stream(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise AssertionError("no pipe")
    return stream
