"""A node under load that is there to be killed.

    python -m tests.faults.kill_work

reads lines ``FOLDER SEED`` and for each begins a new process that opens the node there and
registers from several threads, some letters with files, some through the lane the web server uses.
It writes ``pid N``, then ``READY``, then ``REGISTER YEAR NUMBER NAME`` for each number *after* it
was given, and ``end CODE`` when that process has died. Imports are done once, so that a life costs
milliseconds; each life is a process of its own all the same.
"""

import os
import random
import sys
import threading
from pathlib import Path
from typing import Final, NoReturn

from saraban_base.clock import SystemClock
from saraban_base.lane import Lane
from saraban_base.sqlite import Write
from saraban_node import appliance
from saraban_node.appliance import Appliance
from saraban_node.books import letters
from saraban_node.books.entries import Entry
from saraban_node.books.letters import NewLetter
from saraban_sync.body import FileRef
from tests.offices import BOOKS, MALI, SOMSRI, a_letter, put_file

THREADS: Final = 4
_OUT: Final = 1


def say(line: str) -> None:
    """Write a line that is never cut in two (shorter than PIPE_BUF)."""
    os.write(_OUT, (line + "\n").encode("utf-8"))


def live(folder: Path, seed: int) -> NoReturn:
    """Open the node and register until killed."""
    say(f"pid {os.getpid()}")
    node = appliance.open_appliance(folder, clock=SystemClock())
    lane = Lane(node.db)
    say("READY")
    for number in range(THREADS - 1):
        threading.Thread(target=_clerk, args=(node, lane, seed, number), daemon=True).start()
    _clerk(node, lane, seed, THREADS - 1)


def _clerk(node: Appliance, lane: Lane, seed: int, number: int) -> NoReturn:
    chance = random.Random(f"{seed}/{number}")
    count = 0
    while True:
        count += 1
        name = f"{seed}-{number}-{count}"
        letter = _letter(node, chance, name)
        entry = _registered(node, lane if number % 2 else None, letter, name)
        say(f"{entry.register} {entry.year} {entry.number} {name}")
        if chance.random() < 0.05:
            with node.db.write() as write:
                letters.void_entry(write, node.journal, entry.id, reason="ทดสอบ", actor=MALI)
        if chance.random() < 0.02:
            node.db.checkpoint()


def _letter(node: Appliance, chance: random.Random, name: str) -> NewLetter:
    files: tuple[FileRef, ...] = ()
    if chance.random() < 0.3:
        files = (put_file(node, chance.randbytes(chance.choice((200, 5_000)))),)
    register = chance.choice(BOOKS)
    return a_letter(chance.randrange(100), register, files=files, remark=name)


def _registered(node: Appliance, lane: Lane | None, letter: NewLetter, name: str) -> Entry:
    def work(write: Write) -> Entry:
        return letters.register_letter(write, node.journal, letter, actor=SOMSRI, form=name)

    if lane is not None:
        return lane.write(work)
    with node.db.write() as write:
        return work(write)


def main() -> None:
    """Begin a life for each line that is read."""
    for line in sys.stdin:
        folder, seed = line.split()
        pid = os.fork()
        if pid == 0:
            live(Path(folder), int(seed))
        _, status = os.waitpid(pid, 0)
        say(f"end {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
