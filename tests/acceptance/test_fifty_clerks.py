"""Fifty requests at the same moment give the next fifty numbers, each once."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from saraban_base.clock import SystemClock
from saraban_base.lane import Lane
from saraban_base.sqlite import Write
from saraban_node import appliance
from saraban_node.appliance import Appliance
from saraban_node.books import letters
from saraban_node.books.entries import Entry
from saraban_sync.ids import PersonId
from tests.offices import MALI, SOMSRI, a_letter, an_office, register
from tests.promises import kept
from tests.served_office import Clerk, ServedOffice, add_clerk

REQUESTS = 50
BEFORE = 7
"""Numbers given before the rush."""


def _at_once(act: Callable[[int], Any]) -> list[Any]:
    """Do something fifty times; everybody waits for the last one before beginning."""
    start = threading.Barrier(REQUESTS)

    def one(number: int) -> Any:
        start.wait()
        return act(number)

    with ThreadPoolExecutor(REQUESTS) as pool:
        return list(pool.map(one, range(REQUESTS)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A node that has given seven numbers, and whose two clerks have accounts."""
    node = an_office(tmp_path / "node", clock=SystemClock())
    for number in range(BEFORE):
        register(node, a_letter(number))
    add_clerk(node, "somsri", "นางสาวสมศรี ใจดี")
    add_clerk(node, "mali", "นางมาลี งามตา")
    node.close()
    return tmp_path / "node"


def _check(node: Appliance, told: list[int]) -> None:
    assert sorted(told) == list(range(BEFORE + 1, BEFORE + REQUESTS + 1))
    assert len(kept(node).numbers) == BEFORE + REQUESTS


@pytest.mark.parametrize("together", [False, True], ids=["each its own commit", "one lane"])
def test_two_clerks_in_fifty_threads_get_exactly_the_next_fifty_numbers(
    together: bool, folder: Path
) -> None:
    node = appliance.open_appliance(folder)
    lane = Lane(node.db)

    def ask(number: int) -> int:
        letter, clerk = a_letter(number), PersonId(MALI if number % 2 else SOMSRI)

        def work(write: Write) -> Entry:
            return letters.register_letter(write, node.journal, letter, actor=clerk)

        if together:
            return lane.write(work).number
        with node.db.write() as write:
            return work(write).number

    told = _at_once(ask)

    _check(node, told)
    lane.close()
    node.close()


def test_two_clerks_with_fifty_requests_to_the_server_get_exactly_the_next_fifty_numbers(
    folder: Path,
) -> None:
    with ServedOffice(folder) as office:
        clerks = [office.clerk("somsri"), office.clerk("mali")]
        answers = _at_once(lambda number: _ask(clerks[number % 2], number))
        again = _at_once(lambda number: _ask(clerks[number % 2], number))

    assert Counter(answer.status_code for answer in answers) == {201: REQUESTS}
    assert Counter(answer.status_code for answer in again) == {200: REQUESTS}
    numbers = [answer.json()["number"] for answer in answers]
    assert numbers == [answer.json()["number"] for answer in again]
    node = appliance.open_appliance(folder)
    _check(node, numbers)
    node.close()


def test_one_form_sent_fifty_times_at_once_takes_one_number(folder: Path) -> None:
    """A double click, a nervous finger, a browser that repeats: the key is the same."""
    with ServedOffice(folder) as office:
        clerk = office.clerk("somsri")
        answers = _at_once(lambda _: clerk.register("form-0001", subject="ขอเชิญประชุม"))

    assert {answer.json()["number"] for answer in answers} == {BEFORE + 1}
    assert {answer.status_code for answer in answers} <= {200, 201}
    node = appliance.open_appliance(folder)
    assert len(kept(node).numbers) == BEFORE + 1
    node.close()


def _ask(clerk: Clerk, number: int) -> Any:
    return clerk.register(f"request-{number:04}", subject=a_letter(number).subject)
