"""The command that audits every office."""

from pathlib import Path

import click
import msgspec

from saraban_central.audit.keeping import Auditing, last_report
from saraban_central.audit.kinds import Severity
from saraban_central.audit.report import Report, as_csv
from saraban_central.centre import Centre
from saraban_central.cli.common import actor, folder_option, json_option, opened, say


@click.command()
@folder_option
@json_option
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the signed report to this file.",
)
@click.option(
    "--csv",
    "table",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the findings to this file as CSV.",
)
def audit(folder: Path, as_json: bool, report: Path | None, table: Path | None) -> None:
    """Prove every journal and every number; exit code 1 unless all is proven (ตรวจสอบ)."""
    with opened(folder) as centre:
        found = Auditing(centre).run(actor())
        if report is not None:
            report.write_bytes(_signed(centre))
        if table is not None:
            table.write_bytes(as_csv(found))
    say(_summary(found), as_json=as_json, text=_text(found))
    if not found.clean:
        raise SystemExit(1)


def _signed(centre: Centre) -> bytes:
    with centre.database.read() as cursor:
        kept = last_report(cursor, centre.key.public)
    return msgspec.json.encode(kept.signed if kept else None) + b"\n"


def _summary(found: Report) -> dict[str, object]:
    return {
        "clean": found.clean,
        "chain_ok": found.chain_ok,
        "unexplained_numbers": found.unexplained_numbers,
        "offices": len(found.offices),
        "nodes": sum(len(office.nodes) for office in found.offices),
        "events": found.events,
        "entries": found.entries,
        "findings": len(found.findings),
        "critical": found.count(Severity.CRITICAL),
        "serious": found.count(Severity.SERIOUS),
        "notice": found.count(Severity.NOTICE),
        "milliseconds": found.milliseconds,
    }


def _text(found: Report) -> str:
    head = (
        f"{'✓' if found.clean else '✗'} {found.events} เหตุการณ์ · events, "
        f"{found.unexplained_numbers} เลขที่ไม่มีคำอธิบาย · unexplained numbers"
    )
    lines = [
        f"{one.severity.value}  {one.office}  {one.node} {one.event}\n  {one.thai}\n  {one.english}"
        for one in found.findings
    ]
    return "\n".join([head, *lines])
