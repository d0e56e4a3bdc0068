"""An office to measure: a real node with ranges, filled with letters of real variety."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from saraban_base.clock import SystemClock
from saraban_node import appliance
from saraban_node.appliance import Appliance
from saraban_node.books import letters
from saraban_node.books.letters import NewLetter
from saraban_node.journal import SYSTEM
from saraban_sync.events import RangeAccepted
from saraban_sync.grants import Grant, sign_grant
from saraban_sync.ids import NodeId, OfficeCode
from saraban_sync.registers import Register, buddhist_year, instant
from saraban_sync.signing import SigningKey
from tests.letters import letters as realistic

_RANGE: Final = 1_000_000
_AT_ONCE: Final = 1_000
_READY_SECONDS: Final = 60


def make_office(folder: Path) -> Appliance:
    """Make a node that holds a million numbers of each register, without a centre."""
    node = appliance.create(
        folder,
        node=NodeId("bench-n1"),
        office=OfficeCode("bench"),
        office_name="โรงเรียนวัดความเร็ว (ตัวอย่าง)",
        prefix="ศธ 04990.99",
    )
    centre, now = SigningKey.generate(), SystemClock().now()
    with node.db.write() as write:
        for register in (Register.INCOMING, Register.OUTGOING):
            grant = Grant(
                grant=f"bench-{register}", office=node.office, node=node.node, register=register,
                year=buddhist_year(now), first=1, last=_RANGE, at=instant(now), generation=1,
            )  # fmt: skip
            body = RangeAccepted(grant=sign_grant(centre, grant))
            node.journal.append(write, body, actor=SYSTEM)
    return node


def new_letters(seed: int, count: int) -> list[NewLetter]:
    """Give letters that are sent to nobody."""
    return [replace(NewLetter(**fields), offices=()) for fields in realistic(seed, count)]


def fill(node: Appliance, batch: list[NewLetter]) -> None:
    """Register letters fast: by the same code, many in one transaction."""
    for start in range(0, len(batch), _AT_ONCE):
        with node.db.write() as write:
            for letter in batch[start : start + _AT_ONCE]:
                letters.register_letter(write, node.journal, letter, actor=SYSTEM)


@contextmanager
def process(*arguments: str, url: str, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run one of our own programs until the block ends."""
    with log.open("ab") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    try:
        wait_until_ready(url, running)
        yield running
    finally:
        running.terminate()
        running.wait(30)


def wait_until_ready(url: str, running: "subprocess.Popen[bytes]") -> None:
    """Wait until a page answers.

    Raises:
        RuntimeError: the program ended, or does not answer for a minute.
    """
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and running.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise RuntimeError(f"{url} does not answer")
