"""What the centre does by itself while it serves: carry letters, grant numbers, follow."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from saraban_central.centre import Centre
from saraban_central.numbering.granting import Granting
from saraban_central.post.router import Router

log = logging.getLogger(__name__)

_ROUTER_PAUSE: Final = 0.25
_READMODEL_PAUSE: Final = 0.3
_PAUSES: Final = 30
"""While more keeps coming in, a worker waits, at most so often: pushes are answered before they
are digested."""


class Worker:
    """A thread that does one thing whenever something has come in, and every few seconds anyway."""

    def __init__(
        self, centre: Centre, name: str, turn: Callable[[], object], *, pause: float
    ) -> None:
        self._name = name
        self._turn = turn
        self._pause = pause
        self._every = centre.config.poll_seconds
        self._stop = threading.Event()
        self._signals = centre.signals
        self._signal = centre.signals.worker()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the present turn."""
        self._stop.set()
        self._signal.set()
        self._thread.join()
        self._signals.dismiss(self._signal)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._let_it_settle()
            try:
                self._turn()
            except Exception:
                # The loop must outlive any one failure; the next turn starts from what is stored.
                log.exception("worker.failed name=%s", self._name)
            self._signal.wait(self._every)

    def _let_it_settle(self) -> None:
        for _ in range(_PAUSES):
            self._signal.clear()
            if self._stop.wait(self._pause) or not self._signal.is_set():
                return
        self._signal.clear()


class Workers:
    """All workers of a centre, started and stopped together."""

    def __init__(self, centre: Centre) -> None:
        router, granting = Router(centre), Granting(centre)

        def route_and_grant() -> None:
            router.run()
            granting.run()  # what the router has just read may ask for numbers

        self._workers = [
            Worker(centre, "router", route_and_grant, pause=_ROUTER_PAUSE),
            Worker(
                centre,
                "readmodel",
                lambda: centre.readmodel.catch_up(centre.store),
                pause=_READMODEL_PAUSE,
            ),
        ]

    def start(self) -> None:
        """Begin."""
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """End, each after its present turn."""
        for worker in self._workers:
            worker.stop()
