"""Exchanges with the centre: by itself whenever there is a line, and when a person asks.

One cycle on one kept-alive connection:

    epochs begun by hand ─> status ─> push events after what the centre holds ─> directory
           ─> mailbox ─> push what that gave rise to ─> parts of files, there and back

Every step can break off anywhere and be done again: what was sent is asked of the receiver, what
was fetched is taken in together with its cursor in one transaction. While the database is fenced
nothing is taken in that would be written into the journal; what the centre holds of it comes back.
"""

import contextlib
import fcntl
import logging
import os
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from saraban_base.sqlite import Cursor, Write, rows
from saraban_node import keys, meta
from saraban_node.appliance import Appliance
from saraban_node.errors import CentreStrange, NotEnrolled
from saraban_node.identity import epochs, forking, marks
from saraban_node.identity.errors import Renamed
from saraban_node.identity.fence import Lift
from saraban_node.identity.lifting import Lifted
from saraban_node.journal import SYSTEM
from saraban_node.line import contact, given_elsewhere, outbox, postbox, sync_state
from saraban_node.line.answers import Unreadable
from saraban_node.line.file_exchange import CycleReport, FileExchange
from saraban_node.line.pushing import Pusher
from saraban_node.line.transport import Centre
from saraban_node.numbering import requests
from saraban_sync import wire
from saraban_sync.batching import BatchSize
from saraban_sync.errors import SarabanError
from saraban_sync.ids import NodeId, PersonId
from saraban_sync.registers import instant, parse_instant
from saraban_sync.wire import Document

_log: Final = logging.getLogger(__name__)
_FETCH: Final = 200
_FIRST_WAIT: Final = 5.0
_SOON: Final = 3.0
_LOCK: Final = "sync.lock"


@dataclass(frozen=True, kw_only=True)
class SyncState:
    """The line in words a page can show."""

    enrolled: bool
    waiting_letters: int
    waiting_events: int
    waiting_parts: int
    wanted_files: int
    set_aside: int
    refused: tuple[tuple[str, str], ...]
    """Event and reason of what the centre did not take."""
    last_contact: datetime | None
    last_attempt: datetime | None
    error_code: str
    """Empty when the last attempt succeeded."""
    error_th: str
    error_en: str
    offset_ms: int | None


class Syncer:
    """Runs exchanges, one at a time.

    Args:
        node: the appliance.
        batch: how many events to send at once, to begin with.
        connect: makes the line to the centre; by HTTP, as the settings say, when not given.
        renamed: called when the machine has got a name of its own and must be opened again.
    """

    def __init__(
        self,
        node: Appliance,
        *,
        batch: BatchSize | None = None,
        connect: Callable[[Appliance], Centre] | None = None,
        renamed: Callable[[], None] | None = None,
    ) -> None:
        self._node = node
        self._renamed = renamed or _nothing
        self._connect = connect or over_http
        self._one_cycle = threading.Lock()
        self._wake = threading.Event()
        self._stop = False
        self._thread: threading.Thread | None = None
        self._pusher = Pusher(node, batch or BatchSize())
        self._parts = FileExchange(node)

    def start(self) -> None:
        """Begin to exchange by itself in the background."""
        self._thread = threading.Thread(target=self._loop, name="sync", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the request that is under way."""
        self._stop = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=self._node.config.request_timeout_seconds)

    def try_now(self) -> None:
        """Exchange as soon as possible instead of waiting."""
        self._wake.set()

    def run_cycle(self) -> CycleReport:
        """Do one exchange and note how it went.

        Raises:
            SarabanError: it broke off; what was done before is kept and the rest comes next time.
        """
        with self._exchange() as report:
            self._cycle(report)
        return report

    def lift(self, wanted: Lift) -> Lifted:
        """Lift the fence with an epoch from the centre, and do one exchange.

        Raises:
            CentreDecides: the centre has not chosen this machine.
            EpochRefused: the centre gives no epoch.
            NotStated, PaperTooLow, PaperTooHigh: what was stated cannot be; the fence stands.
            SarabanError: there was no contact; do it again.
        """
        with self._exchange() as report:
            centre = self._connect(self._node)
            try:
                lifted = epochs.lift(self._node, centre, self._pusher, wanted, report)
            finally:
                centre.close()
        marks.keep(self._node.db, self._node.marks)
        with contextlib.suppress(SarabanError):  # the fence is lifted; the rest comes next time
            self.run_cycle()
        self.try_now()  # the numbers that were asked for
        return lifted

    def fork(self, code: str, *, actor: PersonId = SYSTEM) -> NodeId:
        """Give this fenced machine a name of its own; the node is opened again afterwards.

        Args:
            code: the fork code from the centre's administrator.
            actor: who asked for it.

        Raises:
            NotFenced: the machine numbers as usual.
            CentreRefused: the code is wrong, used, too old, or for another machine.
            ForkRefused: what the centre answered does not fit; nothing was changed.
            SarabanError: there was no contact; do it again with the same code.
        """
        with self._exchange():
            centre = self._connect(self._node)
            try:
                name = forking.fork(self._node, centre, code=code, actor=actor)
            finally:
                centre.close()
        self._renamed()
        return name

    @contextlib.contextmanager
    def _exchange(self) -> Iterator[CycleReport]:
        """Hold the line alone, and note how it went."""
        report = CycleReport()
        began = self._node.clock.monotonic()
        with self._one_cycle, _alone(self._node):
            self._check_name()
            try:
                yield report
            except SarabanError as wrong:
                self._note_failure(wrong)
                raise
            except Exception as wrong:  # a bug; the page must not go on saying that all is well
                self._note_failure(SarabanError(str(wrong)))
                raise
        report.seconds = self._node.clock.monotonic() - began

    def _cycle(self, report: CycleReport) -> None:
        centre = self._connect(self._node)
        try:
            if self._fenced():
                self._fenced_cycle(centre, report)
                return
            epochs.claim(self._node, centre, self._pusher, report)
            answer = contact.greet(self._node, centre)
            given_elsewhere.give_up(self._node, answer.apart)
            if answer.former is not None:
                self._pusher.push_former(centre, answer.former, report)
            self._pusher.push(centre, report)
            self._pull(centre, wire.DIRECTORY, report)
            self._pull(centre, centre.mailbox(), report)
            self._pusher.push(centre, report)
            self._parts.push(centre, report)
            self._parts.fetch(centre, report)
        finally:
            centre.close()

    def _fenced_cycle(self, centre: Centre, report: CycleReport) -> None:
        """Say how it is, and bring journal and files to the same on both sides; no more."""
        contact.greet(self._node, centre)
        self._pull(centre, wire.DIRECTORY, report)
        if epochs.may_go_on(self._node):
            epochs.mend(self._node, centre, self._pusher, report)
            self._parts.push(centre, report)
            self._parts.fetch(centre, report)

    def _check_name(self) -> None:
        """Do nothing under a name that the machine has no more."""
        with self._node.db.read() as cursor:
            name = meta.get(cursor, meta.NODE)
        if name != self._node.node:
            raise Renamed(f"{self._node.node} is {name} now", node=name)

    def _fenced(self) -> bool:
        with self._node.db.read() as cursor:
            return bool(meta.get(cursor, meta.FENCED))

    def _awaits_numbers(self) -> bool:
        """Tell whether numbers were asked for: the centre grants them a moment later."""
        with self._node.db.read() as cursor:
            return bool(requests.open_requests(cursor, now=self._node.clock.now()))

    def _note_failure(self, wrong: SarabanError) -> None:
        with self._node.db.write() as write:
            sync_state.put(write, "attempt_at", instant(write.now))
            sync_state.put(write, "error_code", wrong.code)
            sync_state.put(write, "error_th", wrong.sentence("th"))
            sync_state.put(write, "error_en", wrong.sentence("en"))

    def _pull(self, centre: Centre, database: str, report: CycleReport) -> None:
        cursor_name = f"{sync_state.CURSOR}{database}"
        seen: set[str] = set()
        while True:
            with self._node.db.read() as cursor:
                since = sync_state.get(cursor, cursor_name) or "0"
            last, documents = centre.changes(database, since, limit=_FETCH)
            if not documents:
                return
            seen.add(since)
            with self._node.db.write() as write:
                for document in documents:
                    self._take_in(write, database, document)
                given_elsewhere.pass_over(write, self._node.journal)
                sync_state.put(write, cursor_name, last)
            report.fetched += len(documents)
            if last in seen:
                raise CentreStrange("the changes go in circles", why="_changes")

    def _take_in(self, write: Write, database: str, document: Document | Unreadable) -> None:
        if isinstance(document, Unreadable):
            postbox.set_aside_unreadable(write, document.id, document.reason)
        elif database == wire.DIRECTORY:
            postbox.take_directory(write, document)
        else:
            postbox.take_item(write, self._node, document)

    def _loop(self) -> None:
        wait = _FIRST_WAIT
        every = self._node.config.sync_every_seconds
        most = self._node.config.sync_retry_most_seconds
        self._wake.wait(timeout=1)
        while not self._stop:
            woken = self._wake.is_set()
            self._wake.clear()
            try:
                told = self.run_cycle().pushed > 0 or woken
                wait = _SOON if told and self._awaits_numbers() else float(every)
            except NotEnrolled:
                wait = float(most)
            except SarabanError as wrong:
                _log.info("sync.failed node=%s code=%s", self._node.node, wrong.code)
                wait = min(max(wait, every / 2) * 2, most)
            except Exception:  # noqa: BLE001 - a bug must not silently end the exchange for ever
                _log.exception("sync.broken node=%s", self._node.node)
                wait = float(most)
            # Jitter: three hundred schools get their line back in the same second.
            self._wake.wait(timeout=wait * random.uniform(0.8, 1.2))  # noqa: S311


def state(cursor: Cursor, *, enrolled: bool) -> SyncState:
    """Tell how the line is, from what was last seen."""
    contact, attempt = sync_state.get(cursor, "contact_at"), sync_state.get(cursor, "attempt_at")
    offset = sync_state.get(cursor, "offset_ms")
    return SyncState(
        enrolled=enrolled,
        waiting_letters=outbox.waiting_letters(cursor),
        waiting_events=outbox.waiting_events(cursor),
        waiting_parts=outbox.parts_left(cursor),
        wanted_files=len(postbox.wanted_files(cursor)),
        set_aside=postbox.set_aside_count(cursor),
        refused=tuple(
            (str(row[0]), str(row[1]))
            for row in rows(cursor, "SELECT event, reason FROM refused_document ORDER BY event")
        ),
        last_contact=parse_instant(contact) if contact else None,
        last_attempt=parse_instant(attempt) if attempt else None,
        error_code=sync_state.get(cursor, "error_code"),
        error_th=sync_state.get(cursor, "error_th"),
        error_en=sync_state.get(cursor, "error_en"),
        offset_ms=int(offset) if offset else None,
    )


def _nothing() -> None:
    """Nobody wants to know."""


def over_http(node: Appliance) -> Centre:
    """Make the line to the centre that the settings name.

    Raises:
        NotEnrolled: there is none.
    """
    if not node.config.centre_url:
        raise NotEnrolled
    try:
        secret = keys.load_centre_secret(node.keys, node.node)
    except FileNotFoundError as wrong:
        raise NotEnrolled from wrong
    return Centre.at(
        node.config.centre_url,
        node=node.node,
        secret=secret,
        timeout=node.config.request_timeout_seconds,
    )


@contextlib.contextmanager
def _alone(node: Appliance) -> Iterator[None]:
    """Let one program at a time exchange for this node: two would show each other's tokens."""
    descriptor = os.open(node.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
