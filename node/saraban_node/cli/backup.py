"""The command that backs a node up."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import click

from saraban_node.backup import service
from saraban_node.backup.places import Place, named, places_of
from saraban_node.backup.service import Backup, BackupResult, Stored
from saraban_node.backup.verify import Report
from saraban_node.cli.common import actor, folder_option, json_option, opened, say
from saraban_sync.registers import instant

PARTLY: Final = 3
"""What the command ends with when a backup counts at some of the places only."""


def _tell(line: str) -> None:
    click.echo(line, err=True)


@click.command()
@folder_option
@json_option
@click.option("--place", "names", multiple=True, help="Only this place; can be given again.")
@click.option("--list", "only_list", is_flag=True, help="List the backups there are.")
@click.option("--check", is_flag=True, help="Read and check the whole repository.")
@click.option("--break-lock", is_flag=True, help="First remove a lock that a lost machine left.")
def backup(
    folder: Path,
    as_json: bool,
    names: tuple[str, ...],
    only_list: bool,
    check: bool,
    break_lock: bool,
) -> None:
    """Back this node up (สำรองข้อมูล), check the result and write it into the journal."""
    with opened(folder) as node:
        there = places_of(node.folder, node.config)
        chosen = [named(node.folder, node.config, one) for one in names] or there
        if break_lock:
            for place in chosen:
                place.repository(tell=_tell).break_lock()
        if only_list:
            _list(chosen, as_json=as_json)
        elif check:
            _check(chosen, as_json=as_json)
        else:
            made = service.back_up(node, names or None, actor=actor(), tell=_tell)
            say(_made(made), as_json=as_json, text=_made_text(made))
            if made.problems:
                sys.exit(PARTLY)


def _list(places: Iterable[Place], *, as_json: bool) -> None:
    rows, lines = [], []
    for place in places:
        listed = service.list_backups(place.repository(tell=_tell)) if place.present() else ()
        backups = [_row(one) for one in listed]
        rows.append({"place": place.name, "where": place.where, "backups": backups})
        lines += [f"{place.name}: {place.where}"]
        lines += [f"  {_line(one)}" for one in listed] or ["  ยังไม่มีชุดสำรอง · No backups here"]
    say({"places": rows}, as_json=as_json, text="\n".join(lines))


def _check(places: Iterable[Place], *, as_json: bool) -> None:
    checked = []
    for place in places:
        place.repository(tell=_tell).check(verify_data=True)
        checked.append({"place": place.name, "where": place.where, "good": True})
    text = "\n".join(
        f"ที่เก็บข้อมูลสำรองถูกต้องครบถ้วน · The repository is whole: {one['where']}" for one in checked
    )
    say({"places": checked}, as_json=as_json, text=text)


def _row(one: Backup) -> dict[str, Any]:
    return {
        "name": one.name,
        "node": one.node,
        "epoch": one.epoch,
        "made_at": instant(one.made_at),
        "entries": one.summary.entries,
        "events": one.summary.events,
        "files": one.summary.files,
        "last_event": one.summary.last_event,
    }


def _line(one: Backup) -> str:
    return f"{one.name}  {one.summary.entries} รายการ · entries  {one.summary.last_event}"


def checks(report: Report) -> list[dict[str, Any]]:
    """Give all checks for a program."""
    return [
        {"name": one.name, "good": one.good, "th": one.thai, "en": one.english}
        for one in report.checks
    ]


def check_lines(report: Report) -> list[str]:
    """Give all checks for a person."""
    return [f"{'✓' if one.good else '✗'} {one.thai} · {one.english}" for one in report.checks]


def _made(made: BackupResult) -> dict[str, Any]:
    return {
        "archive": made.name,
        "good": not made.problems,
        "places": [
            {"place": one.place, "repository": one.repository, "good": one.problem is None,
             "bytes_added": one.bytes_added, "archives": one.archives,
             "code": one.problem.code if one.problem else "",
             "problem": one.problem.sentence("en") if one.problem else ""}
            for one in made.places
        ],
        "absent": made.absent,
        "entries": made.manifest.entries,
        "events": made.manifest.events,
        "files": made.manifest.files,
        "last_event": made.manifest.last_event,
        "bytes_added": made.bytes_added,
        "seconds": made.seconds,
        "checks": checks(made.report),
    }  # fmt: skip


def _made_text(made: BackupResult) -> str:
    return "\n".join([*check_lines(made.report), *(_place_line(made, one) for one in made.places)])


def _place_line(made: BackupResult, one: Stored) -> str:
    if one.problem is None:
        entries = made.manifest.entries
        return f"✓ {one.place}: สำรองข้อมูลแล้ว {entries} รายการ · Backed up: {made.name}"
    thai, english = one.problem.sentence("th"), one.problem.sentence("en")
    return f"✗ {one.place}: {one.problem.code} {thai}\n  {english}"
