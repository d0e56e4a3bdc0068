"""Commands that make a node, run it, and tell how it is."""

from pathlib import Path
from typing import Any

import click

from saraban_node import appliance, health, meta, projections
from saraban_node.books import entries
from saraban_node.cli.common import folder_option, json_option, opened, say
from saraban_node.line import enrolment, syncer
from saraban_node.line.syncer import Syncer
from saraban_sync.ids import node_id, office_code

_EXCHANGED = {
    "pushed": "ส่งแล้ว · sent",
    "refused": "ส่วนกลางไม่รับ · refused",
    "fetched": "รับแล้ว · received",
    "parts_sent": "ส่งส่วนของแฟ้ม · parts of files sent",
    "files_fetched": "รับแฟ้ม · files received",
    "files_wanted": "แฟ้มที่ยังมาไม่ครบ · files not complete yet",
}


@click.command()
@folder_option
@json_option
@click.option("--centre", help="Address of the centre, such as https://centre.example.")
@click.option("--code", help="One-time code from the centre's administrator.")
@click.option("--office", help="Office code, for a node without a centre.")
@click.option("--node", help="Node name, for a node without a centre.")
@click.option("--name", default="", help="The office's Thai name, for a node without a centre.")
@click.option("--prefix", default="", help="Letter prefix such as 'ศธ 04123.45'.")
@click.option("--port", type=int, help="Port of the clerk's page.")
def init(
    folder: Path,
    as_json: bool,
    centre: str | None,
    code: str | None,
    office: str | None,
    node: str | None,
    name: str,
    prefix: str,
    port: int | None,
) -> None:
    """Make a new node, enrolled with a centre (--centre, --code) or not yet (--office, --node)."""
    settings: dict[str, str | int | list[str]] = {} if port is None else {"port": port}
    if centre and code:
        made = enrolment.join(folder, url=centre, code=code, settings=settings)
    elif office and node:
        made = appliance.create(
            folder,
            node=node_id(node),
            office=office_code(office),
            office_name=name or office,
            prefix=prefix,
            settings=settings,
        )
    else:
        raise click.UsageError("give --centre and --code, or --office and --node")
    result = {"node": made.node, "office": made.office, "office_name": made.office_name}
    made.close()
    say(result, as_json=as_json, text=f"{made.node} ({made.office_name}) — {folder}")


@click.command()
@folder_option
@click.option("--host", help="Address to listen on, instead of the settings'.")
@click.option("--port", type=int, help="Port to listen on, instead of the settings'.")
def serve(folder: Path, host: str | None, port: int | None) -> None:
    """Run the clerk's page and the exchange with the centre until interrupted."""
    from saraban_node import server

    server.serve(folder, host=host, port=port)


@click.command()
@folder_option
@json_option
def sync(folder: Path, as_json: bool) -> None:
    """Exchange with the centre once, now."""
    with opened(folder) as node:
        report = Syncer(node).run_cycle()
        with node.db.read() as cursor:
            state = syncer.state(cursor, enrolled=True)
            letters = sum(entries.count(cursor).values())
    result = {
        "pushed": report.pushed,
        "refused": report.refused,
        "fetched": report.fetched,
        "parts_sent": report.parts_sent,
        "files_fetched": report.files_fetched,
        "seconds": round(report.seconds, 3),
        "letters_stored": letters - state.waiting_letters,
        "waiting_events": state.waiting_events,
        "files_wanted": state.wanted_files,
    }
    say(result, as_json=as_json, text=_exchanged(result))
    if report.refused or state.waiting_events:
        raise SystemExit(1)


def _exchanged(result: dict[str, Any]) -> str:
    """Say how an exchange went; what there is none of is left out, but for what waits."""
    parts = [f"{words} {result[key]}" for key, words in _EXCHANGED.items() if result[key]]
    good = not result["refused"] and not result["waiting_events"]
    waiting = f"รอส่ง · waiting {result['waiting_events']}"
    return f"{'✓' if good else '✗'} {'  '.join([*parts, waiting])}"


@click.command()
@folder_option
@json_option
def rebuild(folder: Path, as_json: bool) -> None:
    """Make registers, search and deliveries again from the journal."""
    with opened(folder) as node, node.db.write() as write:
        count = projections.rebuild(write)
    say({"events": count}, as_json=as_json, text=f"{count} events")


@click.command()
@folder_option
@json_option
def status(folder: Path, as_json: bool) -> None:
    """Tell how the node is; exit code 1 when something needs a person."""
    with opened(folder) as node:
        found = health.look(node)
        with node.db.read() as cursor:
            fenced = meta.get(cursor, meta.FENCED)
    result = {
        "node": node.node,
        "office": node.office,
        "good": all(finding.good for finding in found),
        "fenced": fenced,
        "findings": [
            {"name": one.name, "good": one.good, "th": one.thai, "en": one.english} for one in found
        ],
    }
    lines = [f"{'✓' if one.good else '✗'} {one.thai}\n  {one.english}" for one in found]
    say(result, as_json=as_json, text="\n".join(lines))
    if not result["good"]:
        raise SystemExit(1)
