"""Keeps the last report, and runs audits one at a time, in the background if they take long."""

import logging
import threading
from concurrent import futures
from concurrent.futures import Executor, Future
from typing import Final, NamedTuple

from saraban_base.sqlite import Cursor, Write, one, rows
from saraban_central.audit.auditor import audit
from saraban_central.audit.chain import Remembered
from saraban_central.audit.evidence import Rules
from saraban_central.audit.report import Report, read_report, sign_report
from saraban_central.centre import Centre
from saraban_sync.body import Signed
from saraban_sync.errors import SarabanError

log: Final = logging.getLogger(__name__)


class Kept(NamedTuple):
    """A report with the signed bytes it was read from."""

    report: Report
    signed: Signed


def last_report(cursor: Cursor, centre: str) -> Kept | None:
    """Give the last audit's report; None before the first audit.

    Args:
        cursor: of the centre's database.
        centre: the centre's public key.

    Raises:
        BadSignature: somebody changed it after it was signed.
    """
    row = one(cursor, "SELECT payload, signature FROM audit_report")
    if row is None:
        return None
    signed = Signed(p=row[0], s=row[1])
    return Kept(read_report(signed, centre), signed)


def keep(write: Write, report: Report, signed: Signed) -> None:
    """Keep a report as the last one, and note how far it has proven each journal."""
    write.cursor.execute(
        "INSERT OR REPLACE INTO audit_report (only, payload, signature) VALUES (1, ?, ?)",
        (signed.p, signed.s),
    )
    for office in report.offices:
        for node in office.nodes:
            # A journal with a fault keeps its old mark, so that the fault is found again.
            if node.chain_ok and node.last:
                write.cursor.execute(
                    "INSERT INTO audit_head (node, event, hash, at) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (node) DO UPDATE SET event = excluded.event,"
                    " hash = excluded.hash, at = excluded.at WHERE excluded.event > event",
                    (node.node, node.last, node.hash, report.at),
                )


def heads(cursor: Cursor) -> dict[str, Remembered]:
    """Give the furthest event of each journal that an audit has proven."""
    return {
        node: Remembered(event, noted, at)
        for node, event, noted, at in rows(cursor, "SELECT node, event, hash, at FROM audit_head")
    }


class Auditing:
    """Runs audits for one centre, never two at once.

    Args:
        centre: whose offices.
        rules: how patient to be.
    """

    def __init__(self, centre: Centre, rules: Rules | None = None) -> None:
        self._centre = centre
        self._rules = rules
        self._one = threading.Lock()
        self._starting = threading.Lock()
        self._work: Future[None] | None = None
        self.failed: SarabanError | None = None
        """Why the last audit in the background came to no end."""

    def run(self, by: str) -> Report:
        """Audit everything now and keep the report.

        Args:
            by: user name of who asks, or ``system``.

        Raises:
            AuditStopped: the program was asked to end.
        """
        centre = self._centre
        with self._one:
            with centre.database.read() as cursor:
                noted = heads(cursor)
            report = audit(
                centre.store,
                centre=centre.key.public,
                clock=centre.clock,
                by=by,
                rules=self._rules,
                heads=noted,
                stop=lambda: centre.signals.closing,
            )
            signed = sign_report(centre.key, report)
            with centre.database.write() as write:
                keep(write, report, signed)
        log.info(
            "audit.done by=%s events=%d unexplained=%d chain_ok=%s findings=%d",
            by,
            report.events,
            report.unexplained_numbers,
            report.chain_ok,
            len(report.findings),
        )
        return report

    @property
    def running(self) -> bool:
        """Whether an audit is under way in the background."""
        return self._work is not None and not self._work.done()

    def start(self, by: str, pool: Executor, *, wait: float = 0) -> None:
        """Begin an audit in the background; if one is under way already, that one goes on.

        Args:
            by: who asks.
            pool: in whose threads.
            wait: seconds to wait for its end.
        """
        with self._starting:
            if not self.running:
                self.failed = None
                self._work = pool.submit(self._in_background, by)
            work = self._work
        if work is not None:
            futures.wait([work], timeout=wait)

    def _in_background(self, by: str) -> None:
        try:
            self.run(by)
        except SarabanError as wrong:
            log.warning("audit.failed code=%s detail=%s", wrong.code, wrong.detail)
            self.failed = wrong
