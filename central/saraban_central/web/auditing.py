"""ตรวจสอบ: the last audit, a new one, its findings, and the report to take away."""

from typing import Final

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_central.audit.errors import NoReportYet
from saraban_central.audit.keeping import Kept, last_report
from saraban_central.audit.kinds import Severity
from saraban_central.audit.report import as_csv
from saraban_central.web.desk import PEOPLE, CentralThreads, Desk, grouped, spoken
from saraban_sync.errors import BadSignature

_WAIT_SECONDS: Final = 8.0
"""An audit that ends sooner is shown at once; a longer one goes on by itself."""
_SHOWN: Final = 500


class AuditPages:
    """Shows and runs audits."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._centre = desk.centre

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/audit", self.show, needs=PEOPLE),
            act("/audit", self.run, needs=PEOPLE),
            page("/audit/report.json", self.report, needs=PEOPLE),
            page("/audit/findings.csv", self.table, needs=PEOPLE),
        ]

    def show(self, visit: Visit) -> Answer:
        """Show the last result."""
        kept, damaged = None, False
        try:
            kept = self._kept()
        except BadSignature:
            damaged = True
        report = kept.report if kept else None
        wanted = visit.query.get("severity", "")
        found = report.findings if report else ()
        if wanted in tuple(Severity):
            found = tuple(one for one in found if one.severity == wanted)
        return visit.page(
            "audit.html",
            report=report,
            damaged=damaged,
            severities=list(Severity),
            severity=wanted,
            groups=grouped(found[:_SHOWN]),
            shown=min(_SHOWN, len(found)),
            found=len(found),
            critical=report.count(Severity.CRITICAL) if report else 0,
            running=self._desk.auditing.running,
            failed=self._desk.auditing.failed,
            names=self._desk.names(),
            people=self._desk.people(),
            spoken=spoken(visit),
        )

    def run(self, visit: Visit) -> Answer:
        """Run an audit; wait a little for its end."""
        start_audit(self._desk, visit)
        running = self._desk.auditing.running
        return visit.redirect("/audit", said="auditing" if running else "audited")

    def report(self, visit: Visit) -> Answer:
        """Give the signed report."""
        kept = self._needed()
        content = msgspec.json.encode(kept.signed) + b"\n"
        return _file(content, "application/json", f"audit-{_day(kept)}.json")

    def table(self, visit: Visit) -> Answer:
        """Give the findings as a table."""
        kept = self._needed()
        return _file(as_csv(kept.report), "text/csv; charset=utf-8", f"audit-{_day(kept)}.csv")

    def _kept(self) -> Kept | None:
        with self._centre.database.read() as cursor:
            return last_report(cursor, self._centre.key.public)

    def _needed(self) -> Kept:
        kept = self._kept()
        if kept is None:
            raise NoReportYet("no report")
        return kept


def start_audit(desk: Desk, visit: Visit) -> None:
    """Begin an audit in its own thread and wait a little for its end."""
    threads = visit.shell.threads
    if not isinstance(threads, CentralThreads):
        raise TypeError("the centre's pages need the centre's threads")
    desk.auditing.start(visit.person.username, threads.auditing, wait=_WAIT_SECONDS)


def _day(kept: Kept) -> str:
    return kept.report.at[:10]


def _file(content: bytes, media: str, name: str) -> Answer:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media, headers=headers)
