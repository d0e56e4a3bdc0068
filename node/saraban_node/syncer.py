"""Exchanges with the centre: by itself whenever there is a line, and when a person asks.

One cycle on one kept-alive connection:

    status ─> push events after what the centre holds ─> directory ─> mailbox
           ─> push what that gave rise to ─> parts of files, there and back

Every step can break off anywhere and be done again: what was sent is asked of the receiver, what
was fetched is taken in together with its cursor in one transaction.
"""

import logging
import random
import shutil
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from saraban_base.sqlite import Cursor, Write, rows, value
from saraban_node import backup_records, deliveries, journal, keys, meta, outbox, postbox
from saraban_node.appliance import PROGRAM, Appliance
from saraban_node.errors import CentreStrange, CentreUnreachable, JournalsDiverge, NotEnrolled
from saraban_node.file_exchange import CycleReport, FileExchange
from saraban_node.transport import Centre, ClockReading, Unreadable
from saraban_sync import wire
from saraban_sync.batching import BatchSize, batches
from saraban_sync.errors import SarabanError
from saraban_sync.ids import EventId, parse_event_id
from saraban_sync.registers import instant, parse_instant
from saraban_sync.wire import Document

_log: Final = logging.getLogger(__name__)
_FETCH: Final = 200
_FIRST_WAIT: Final = 5.0


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
    """

    def __init__(self, node: Appliance, *, batch: BatchSize | None = None) -> None:
        self._node = node
        self._one_cycle = threading.Lock()
        self._wake = threading.Event()
        self._stop = False
        self._thread: threading.Thread | None = None
        self._size = batch or BatchSize()
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
        with self._one_cycle:
            began = self._node.clock.monotonic()
            try:
                report = self._cycle()
            except SarabanError as wrong:
                self._note_failure(wrong)
                raise
            except Exception as wrong:  # a bug; the page must not go on saying that all is well
                self._note_failure(SarabanError(str(wrong)))
                raise
            report.seconds = self._node.clock.monotonic() - began
            return report

    def _cycle(self) -> CycleReport:
        report = CycleReport()
        centre = self._connect()
        try:
            self._tell_status(centre)
            self._push_events(centre, report)
            self._pull(centre, wire.DIRECTORY, report)
            self._pull(centre, centre.mailbox(), report)
            self._push_events(centre, report)
            self._parts.push(centre, report)
            self._parts.fetch(centre, report)
        finally:
            centre.close()
        return report

    def _connect(self) -> Centre:
        node = self._node
        if not node.config.centre_url:
            raise NotEnrolled
        try:
            secret = keys.load(node.keys, keys.CENTRE_SECRET)
        except FileNotFoundError as wrong:
            raise NotEnrolled from wrong
        return Centre(
            node.config.centre_url,
            node=node.node,
            secret=secret,
            timeout=node.config.request_timeout_seconds,
        )

    def _tell_status(self, centre: Centre) -> None:
        node = self._node
        with node.db.read() as cursor:
            last = journal.head(cursor)
            backup = backup_records.last(cursor)
            parts = outbox.parts_left(cursor)
        reading = centre.put_status(
            {
                "time": instant(node.clock.now()),
                "boot": node.clock.boot(),
                "last_event": last.id or "",
                "last_hash": last.hash,
                "program": PROGRAM,
                "free_bytes": shutil.disk_usage(node.folder).free,
                "pushed_files_pending": parts,
                "backup_at": instant(backup.at) if backup else "",
                "backup_good": backup.good if backup else False,
            }
        )
        self._note_contact(reading)

    def _note_contact(self, reading: ClockReading) -> None:
        """Note the contact, and the clock's distance when it is known to within ten seconds."""
        node = self._node
        here = node.clock.now()
        offset = (reading.centre - here).total_seconds() + reading.seconds / 2
        if reading.seconds < 10:
            node.journal.offset.measured(round(offset * 1000))
        with node.db.write() as write:
            _put(write, "contact_at", instant(write.now))
            _put(write, "attempt_at", instant(write.now))
            _put(write, "offset_ms", str(round(offset * 1000)))
            for key in ("error_code", "error_th", "error_en"):
                _put(write, key, "")

    def _note_failure(self, wrong: SarabanError) -> None:
        with self._node.db.write() as write:
            _put(write, "attempt_at", instant(write.now))
            _put(write, "error_code", wrong.code)
            _put(write, "error_th", wrong.sentence("th"))
            _put(write, "error_en", wrong.sentence("en"))

    def _push_events(self, centre: Centre, report: CycleReport) -> None:
        held = self._agree(centre)
        sent = held
        while True:
            with self._node.db.read() as cursor:
                documents = list(outbox.documents_after(cursor, sent, limit=self._size.documents))
            if not documents:
                break
            sized = [(document, len(document.payload) + 200) for document in documents]
            for batch in batches(sized, self._size.documents):
                refused = self._push_batch(centre, batch)
                _, sent = parse_event_id(batch[-1].id)
                report.pushed += len(batch) - len(refused)
                report.refused += len(refused)
                if refused:
                    outbox.note_refused(self._node.db, refused)
                    self._agree(centre)
                    return
        if sent > held:
            self._agree(centre)

    def _push_batch(self, centre: Centre, batch: list[Document]) -> list[tuple[str, str]]:
        began = self._node.clock.monotonic()
        try:
            refused = centre.push(batch)
        except CentreUnreachable:
            self._size = self._size.after_failure()  # a thin line: the next try is shorter
            raise
        self._size = self._size.after(len(batch), self._node.clock.monotonic() - began)
        return refused

    def _agree(self, centre: Centre) -> int:
        """Ask what the centre holds, note it, and give the place after which to send.

        Raises:
            JournalsDiverge: the centre holds an event that this journal does not.
        """
        last = centre.last_event()
        seq = 0
        if last is not None:
            _, seq = parse_event_id(last[0])
            with self._node.db.read() as cursor:
                ours = journal.hash_of(cursor, EventId(last[0]))
            if ours is None or last[1] != f"1-{ours[:32]}":
                self._fence("diverged")
                raise JournalsDiverge(last[0], event=last[0])
        with self._node.db.write() as write:
            deliveries.stored_through(write, seq)
            write.cursor.execute(
                "DELETE FROM refused_document WHERE event <= ?", (last or ("",))[:1]
            )
        return seq

    def _fence(self, why: str) -> None:
        with self._node.db.write() as write:
            meta.put(write, meta.FENCED, why)

    def _pull(self, centre: Centre, database: str, report: CycleReport) -> None:
        cursor_name = f"cursor:{database}"
        seen: set[str] = set()
        while True:
            with self._node.db.read() as cursor:
                since = _get(cursor, cursor_name) or "0"
            last, documents = centre.changes(database, since, limit=_FETCH)
            if not documents:
                return
            seen.add(since)
            with self._node.db.write() as write:
                for document in documents:
                    self._take_in(write, database, document)
                _put(write, cursor_name, last)
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
            self._wake.clear()
            try:
                self.run_cycle()
                wait = float(every)
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
    contact, attempt = _get(cursor, "contact_at"), _get(cursor, "attempt_at")
    offset = _get(cursor, "offset_ms")
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
        error_code=_get(cursor, "error_code"),
        error_th=_get(cursor, "error_th"),
        error_en=_get(cursor, "error_en"),
        offset_ms=int(offset) if offset else None,
    )


def _get(cursor: Cursor, key: str) -> str:
    found = value(cursor, "SELECT value FROM sync_state WHERE key = ?", (key,))
    return "" if found is None else str(found)


def _put(write: Write, key: str, text: str) -> None:
    write.cursor.execute("INSERT OR REPLACE INTO sync_state VALUES (?, ?)", (key, text))
