"""The server is killed while clerks send letters over HTTP: every number they saw is kept."""

import random
import threading
import time
from pathlib import Path
from typing import Final

import httpx
import pytest

from saraban_base.clock import SystemClock
from saraban_base.sqlite import rows
from saraban_node import appliance, journal
from saraban_node.books import entries
from tests.offices import an_office
from tests.promises import kept
from tests.served_office import Clerk, ServedOffice, add_clerk

KILLS: Final = 20
CLERKS: Final = 4


class Load:
    """Clerks who send one letter after the other, some with a file, until the line breaks."""

    def __init__(self, clerk: Clerk, life: int) -> None:
        self.told: dict[int, str] = {}
        self.asked: list[str] = []
        self._clerk = clerk
        self._threads = [
            threading.Thread(target=self._work, args=(f"life-{life:02}-{number}",))
            for number in range(CLERKS)
        ]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until every clerk has seen that the line is broken."""
        for thread in self._threads:
            thread.join()

    def _work(self, name: str) -> None:
        try:
            for count in range(1_000):
                key = f"{name}-{count:04}"
                self.asked.append(key)
                self.told[_send(self._clerk, key)] = f"เรื่อง {key}"
        except httpx.TransportError:
            return


def _send(clerk: Clerk, key: str) -> int:
    """Send a letter, each third one with a file, and give the number that is answered."""
    content = b"%PDF-1.7 " + key.encode() * 50
    files = [clerk.upload(content, "ก.pdf")] if key.endswith(("0", "3", "6", "9")) else []
    answer = clerk.register(key, subject=f"เรื่อง {key}", files=files)
    return int(answer.raise_for_status().json()["number"])


@pytest.mark.slow
def test_a_server_killed_while_clerks_send_letters_keeps_every_number_they_saw(
    scratch: Path,
) -> None:
    folder = scratch / "node"
    _make(folder)
    chance = random.Random(7)
    told: dict[int, str] = {}
    office = ServedOffice(folder)
    office.start()
    clerk = office.clerk("somsri")  # the log-in outlives the server, as it outlives a power cut

    for life in range(KILLS):
        load = Load(clerk, life)
        time.sleep(chance.uniform(0.02, 0.4))
        office.kill()
        load.join()
        assert not told.keys() & load.told.keys(), "a number was given twice"
        told |= load.told
        _check(folder, told)
        office.start()
        _every_question_has_one_answer(clerk, load, told)

    office.stop()
    node = appliance.open_appliance(folder)
    kept(node)
    node.close()
    assert len(told) > 3 * KILLS


def _make(folder: Path) -> None:
    node = an_office(folder, clock=SystemClock())
    add_clerk(node, "somsri", "นางสาวสมศรี ใจดี")
    node.close()


def _check(folder: Path, told: dict[int, str]) -> None:
    """What was seen is there; numbers have no gap; files are whole; the journal verifies."""
    node = appliance.open_appliance(folder)
    try:
        with node.db.read() as cursor:
            journal.verify(cursor, node=node.node, key=node.journal.key.public)
            lines = rows(cursor, "SELECT number, subject, seq FROM entry ORDER BY number")
            for _, _, seq in lines:
                for ref in entries.files(cursor, seq):
                    node.files.read(ref)
        assert [line[0] for line in lines] == list(range(1, len(lines) + 1))
        stored = {number: subject for number, subject, _ in lines}
        assert told.items() <= stored.items()
    finally:
        node.close()


def _every_question_has_one_answer(clerk: Clerk, load: Load, told: dict[int, str]) -> None:
    """The clerks whose answer was lost send the form again: one number for each, old or new."""
    seen = set(load.told.values())
    for key in load.asked:
        if f"เรื่อง {key}" not in seen:
            number = _send(clerk, key)
            assert told.setdefault(number, f"เรื่อง {key}") == f"เรื่อง {key}"
