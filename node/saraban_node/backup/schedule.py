"""Backups by themselves: at the times of the settings, or at the next chance after a missed one.

    every minute ──> which places are due, and there? ──> one backup to those
                 ──> is a drill due?                  ──> one drill
    a person's button ──> one backup to every place, at once

One thread does it, so that a clerk's page never waits for borg, and two never run at once. A place
where it fails is left alone for a quarter of an hour, then twice as long, up to four hours.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from saraban_base.backup import errors
from saraban_node import meta
from saraban_node.appliance import Appliance
from saraban_node.backup import records, service, standing
from saraban_node.backup.places import places_of
from saraban_node.journal import SYSTEM
from saraban_sync.errors import SarabanError
from saraban_sync.ids import PersonId

_log: Final = logging.getLogger(__name__)
EVERY_SECONDS: Final = 60.0
FIRST_SECONDS: Final = 120.0
"""After a start the clerks come first."""
_GOODBYE: Final = 60.0
_DRILL_AGAIN: Final = timedelta(days=1)
_DRILL_RESTS: Final = 3_600.0
"""Seconds after any drill, also one that could not even write down that it was not run."""

Drill = Callable[[Appliance], object]
"""Brings a backup back in a scratch place, looks at it, and writes down what was seen."""


@dataclass
class Scheduler:
    """Runs backups and drills in the background.

    Args:
        node: the appliance.
        wrote: called when something was written, so that it can leave at once.
        drill: runs a drill; None where nobody drills.
        every: seconds between two looks.
        first: seconds before the first look.
    """

    node: Appliance
    wrote: Callable[[], None] = lambda: None
    drill: Drill | None = None
    every: float = EVERY_SECONDS
    first: float = FIRST_SECONDS
    _wake: threading.Event = field(default_factory=threading.Event)
    _stop: threading.Event = field(default_factory=threading.Event)
    _asked: list[PersonId] = field(default_factory=list)
    _resting: dict[str, float] = field(default_factory=dict)
    _drill_rests_until: float = 0.0
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._loop, name="backups", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; a backup that is under way is stopped in an orderly manner."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=_GOODBYE)

    def now(self, actor: PersonId) -> None:
        """Back up to every place as soon as possible.

        Args:
            actor: who asked for it.
        """
        self._asked[:] = [actor]
        self._wake.set()

    @property
    def asked(self) -> bool:
        """Whether somebody waits for a backup that has not begun."""
        return bool(self._asked)

    def _loop(self) -> None:
        wait = self.first
        while True:
            self._wake.wait(wait)
            self._wake.clear()
            if self._stop.is_set():
                return
            wait = self.every
            try:
                if self.look():
                    self.wrote()
            except SarabanError as wrong:
                _log.info("backup.failed node=%s code=%s", self.node.node, wrong.code)
                self.wrote()
            except Exception:  # noqa: BLE001 - a bug must not silently end it for ever
                _log.exception("backup.broken node=%s", self.node.node)

    def look(self) -> bool:
        """Do what is due now.

        Returns:
            Whether anything was done.

        Raises:
            SarabanError: the backup counts nowhere; that is written down.
        """
        if self._asked:
            actor = self._asked[0]
            try:
                self._back_up(None, actor)
            finally:
                self._asked.clear()
            return True
        due = self._due()
        if due:
            self._back_up(due, SYSTEM)
            return True
        return self._drill_if_due()

    def _due(self) -> list[str]:
        """Name the places that are due and there."""
        node, config = self.node, self.node.config
        now, moment = node.clock.now(), node.clock.monotonic()
        with node.db.read() as cursor:
            if meta.get(cursor, meta.FENCED):
                return []  # nothing could be written down, so it would never end
            begun = standing.begun(cursor)
            states = standing.states(cursor, places_of(node.folder, config))
        return [
            state.place.name
            for state in states
            if standing.is_due(state, config.backup_times, now=now, begun=begun)
            and self._resting.get(state.place.name, moment) <= moment
            and state.place.present()
        ]

    def _back_up(self, names: list[str] | None, actor: PersonId) -> None:
        chosen = names or [one.name for one in places_of(self.node.folder, self.node.config)]
        rest = self.node.clock.monotonic() + standing.wait_after(1).total_seconds()
        self._resting.update(dict.fromkeys(chosen, rest))
        try:
            service.back_up(self.node, names, actor=actor, stopped=self._stop.is_set)
        except errors.BackupRunning:
            _log.info("backup.running node=%s", self.node.node)

    def _drill_if_due(self) -> bool:
        moment = self.node.clock.monotonic()
        if self.drill is None or self._drill_rests_until > moment or not self._drill_due():
            return False
        self._drill_rests_until = moment + _DRILL_RESTS
        self.drill(self.node)
        return True

    def _drill_due(self) -> bool:
        node, days = self.node, self.node.config.drill_every_days
        now = node.clock.now()
        with node.db.read() as cursor:
            if not days or meta.get(cursor, meta.FENCED):
                return False
            newest = records.drills(cursor, limit=1)
            if not newest:
                first = records.first_good(cursor)
                return first is not None and now - first.at > _DRILL_AGAIN
        if newest[0].result == "not-run":
            return now - newest[0].at > _DRILL_AGAIN
        return now - newest[0].at > timedelta(days=days)
