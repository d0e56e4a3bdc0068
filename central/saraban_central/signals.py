"""Telling those who wait that a database has grown, after the commit and never before.

A signal is only a hint to look: whoever waits looks first, then waits with a time-out, then looks
again. So a lost signal costs a moment and never a letter, and other processes need no signal.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Waiter:
    """One request of one event loop that waits for some databases."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def wake(self) -> None:
        """Wake it, from whatever thread."""
        self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, seconds: float) -> None:
        """Wait for a signal, at most so long."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return
        self._event.clear()


class Signals:
    """Who waits for what."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiters: dict[str, set[Waiter]] = {}
        self._workers: list[threading.Event] = []
        self.closing = False
        """True once the program has been asked to end."""

    def changed(self, databases: frozenset[str]) -> None:
        """Wake everybody who waits for one of these."""
        with self._lock:
            woken = {w for name in databases for w in self._waiters.get(name, ())}
            workers = list(self._workers)
        self._wake(woken, workers)

    def open(self) -> None:
        """Let requests wait (again): the program serves."""
        self.closing = False

    def close(self) -> None:
        """Wake everybody for the last time: the program ends."""
        self.closing = True
        with self._lock:
            woken = {w for waiters in self._waiters.values() for w in waiters}
            workers = list(self._workers)
        self._wake(woken, workers)

    @contextmanager
    def waiting(self, database: str) -> Iterator[Waiter]:
        """Take part as a request that waits for one database; look after entering, then wait."""
        waiter = Waiter()
        with self._lock:
            self._waiters.setdefault(database, set()).add(waiter)
        try:
            yield waiter
        finally:
            with self._lock:
                self._waiters[database].discard(waiter)
                if not self._waiters[database]:
                    del self._waiters[database]

    def worker(self) -> threading.Event:
        """Give an event that is set whenever anything has grown, for a worker thread."""
        event = threading.Event()
        with self._lock:
            self._workers.append(event)
        return event

    def dismiss(self, event: threading.Event) -> None:
        """Forget a worker's event."""
        with self._lock:
            self._workers.remove(event)

    @staticmethod
    def _wake(waiters: set[Waiter], workers: list[threading.Event]) -> None:
        for waiter in waiters:
            try:
                waiter.wake()
            except RuntimeError:  # its event loop has ended; so has its request
                continue
        for event in workers:
            event.set()
