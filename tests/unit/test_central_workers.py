"""What the centre does by itself: woken by a commit, never stopped by a failure."""

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_central.records import ROUTED
from saraban_central.signals import Signals, Waiter
from saraban_central.workers import Worker, Workers
from tests.central_district import District


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


def _until(true: threading.Event) -> bool:
    return true.wait(10)


def test_a_letter_is_carried_and_shown_soon_after_it_came(district: District) -> None:
    school = district.office("school-1")
    district.office("area-1")
    workers = Workers(district.centre)
    workers.start()

    letter = school.send(1, "area-1")

    route = f"letter.sent/school-1/{letter.id}/area-1"
    deadline = time.monotonic() + 10
    while district.centre.store.record(ROUTED, route) is None and time.monotonic() < deadline:
        time.sleep(0.01)
    workers.stop()
    assert district.centre.store.record(ROUTED, route) is not None
    assert district.centre.readmodel.catch_up(district.centre.store) == 0


def test_a_worker_goes_on_after_a_failure(
    district: District, caplog: pytest.LogCaptureFixture
) -> None:
    turns: list[int] = []
    enough = threading.Event()

    def turn() -> None:
        turns.append(len(turns))
        if len(turns) == 1:
            raise OSError("the disk hiccuped")
        enough.set()

    worker = Worker(district.centre, "test", turn, pause=0.001)
    worker.start()
    while not enough.is_set():
        district.centre.signals.changed(frozenset({"journal-x"}))
        enough.wait(0.05)
    worker.stop()

    assert len(turns) >= 2
    assert "worker.failed name=test" in caplog.text
    assert "the disk hiccuped" in caplog.text


def test_a_worker_looks_by_itself_though_nobody_calls(tmp_path: Path) -> None:
    """Another process may have brought something in."""
    district = District(tmp_path)
    seen = threading.Event()
    turns = iter([lambda: None, seen.set])
    worker = Worker(district.centre, "test", lambda: next(turns, seen.set)(), pause=0.001)
    worker.start()

    assert _until(seen)
    worker.stop()
    district.close()


def test_while_more_keeps_coming_a_worker_waits_but_not_for_ever(district: District) -> None:
    done = threading.Event()
    worker = Worker(district.centre, "test", done.set, pause=0.02)
    worker.start()
    began = time.monotonic()
    while not done.is_set() and time.monotonic() - began < 10:
        district.centre.signals.changed(frozenset({"journal-x"}))
        time.sleep(0.001)
    worker.stop()

    assert 0.1 < time.monotonic() - began < 5


def test_a_signal_wakes_only_who_waits_for_that_database() -> None:
    async def scene() -> tuple[float, float]:
        signals = Signals()
        loop = asyncio.get_running_loop()
        with signals.waiting("mailbox-a") as one, signals.waiting("mailbox-b") as other:
            thread = threading.Timer(0.05, signals.changed, (frozenset({"mailbox-a"}),))
            thread.start()
            began = loop.time()

            async def timed(waiter: Waiter, seconds: float) -> float:
                await waiter.wait(seconds)
                return loop.time() - began

            found = await asyncio.gather(timed(one, 5), timed(other, 0.5))
        thread.join()
        return found[0], found[1]

    woken, waited = asyncio.run(scene())
    assert woken < 0.4
    assert waited >= 0.5


def test_a_signal_between_looking_and_waiting_is_not_lost() -> None:
    async def scene() -> float:
        signals = Signals()
        loop = asyncio.get_running_loop()
        with signals.waiting("mailbox-a") as waiter:
            signals.changed(frozenset({"mailbox-a"}))
            began = loop.time()
            await waiter.wait(5)
            return loop.time() - began

    assert asyncio.run(scene()) < 1


def test_a_request_that_is_gone_is_no_trouble_for_the_others() -> None:
    signals = Signals()
    left: list[Waiter] = []

    async def scene() -> None:
        context = signals.waiting("mailbox-a")
        left.append(context.__enter__())

    asyncio.run(scene())

    signals.changed(frozenset({"mailbox-a"}))
    signals.close()
    assert signals.closing
