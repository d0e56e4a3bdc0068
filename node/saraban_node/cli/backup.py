"""Commands that back a node up and bring it back."""

from pathlib import Path
from typing import Any

import click

from saraban_base.clock import SystemClock
from saraban_node import keys
from saraban_node.backup import restore as restoring
from saraban_node.backup import service
from saraban_node.backup.restore import Restored
from saraban_node.backup.service import Backup, BackupResult
from saraban_node.backup.verify import Report
from saraban_node.books.labels import REGISTER_THAI
from saraban_node.cli.common import actor, folder_option, json_option, opened, say
from saraban_sync.registers import instant


def _tell(line: str) -> None:
    click.echo(line, err=True)


@click.command()
@folder_option
@json_option
@click.option("--list", "only_list", is_flag=True, help="List the backups there are.")
@click.option("--check", is_flag=True, help="Read and check the whole repository.")
@click.option("--break-lock", is_flag=True, help="First remove a lock that a lost machine left.")
def backup(folder: Path, as_json: bool, only_list: bool, check: bool, break_lock: bool) -> None:
    """Back this node up (สำรองข้อมูล), check the result and write it into the journal."""
    with opened(folder) as node:
        repository = service.repository_of(node, tell=_tell)
        if break_lock:
            repository.break_lock()
        if only_list:
            backups = service.list_backups(repository)
            lines = "\n".join(_line(one) for one in backups) or "ยังไม่มีชุดสำรอง · No backups yet"
            listed = {"repository": str(repository.path), "backups": [_row(one) for one in backups]}
            say(listed, as_json=as_json, text=lines)
        elif check:
            repository.check(verify_data=True)
            checked = {"repository": str(repository.path), "good": True}
            text = f"ที่เก็บข้อมูลสำรองถูกต้องครบถ้วน · The repository is whole: {repository.path}"
            say(checked, as_json=as_json, text=text)
        else:
            made = service.back_up(node, actor=actor(), tell=_tell)
            say(_made(made), as_json=as_json, text=_made_text(made))


@click.command()
@folder_option
@json_option
@click.argument("archive", default=restoring.LATEST)
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="An empty or new folder; it becomes the node's folder.",
)
@click.option(
    "--repository",
    type=click.Path(file_okay=False, path_type=Path),
    help="The repository, when the node's own folder is gone.",
)
@click.option(
    "--passphrase-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file with the passphrase, when the node's own folder is gone.",
)
@click.option("--break-lock", is_flag=True, help="Read past a lock that a lost machine left.")
def restore(
    folder: Path,
    as_json: bool,
    archive: str,
    target: Path,
    repository: Path | None,
    passphrase_file: Path | None,
    break_lock: bool,
) -> None:
    """Bring ARCHIVE (or the latest) back into an empty folder, check it, and fence it.

    The restored node shows everything and gives no number until the centre has allowed it again.
    """
    source = restoring.From(
        repository=repository or service.repository_path(folder),
        passphrase_file=passphrase_file or folder / "keys" / keys.BACKUP_PASSPHRASE,
        ignore_lock=break_lock,
    )
    done = restoring.restore_to(target, archive, source=source, clock=SystemClock(), tell=_tell)
    say(_restored(done), as_json=as_json, text=_restored_text(done))


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


def _checks(report: Report) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "good": one.good, "th": one.thai, "en": one.english}
        for one in report.checks
    ]


def _check_lines(report: Report) -> list[str]:
    return [f"{'✓' if one.good else '✗'} {one.thai} · {one.english}" for one in report.checks]


def _made(made: BackupResult) -> dict[str, Any]:
    return {
        "archive": made.name,
        "repository": str(made.repository),
        "good": True,
        "entries": made.manifest.entries,
        "events": made.manifest.events,
        "files": made.manifest.files,
        "last_event": made.manifest.last_event,
        "bytes_added": made.bytes_added,
        "seconds": made.seconds,
        "checks": _checks(made.report),
    }


def _made_text(made: BackupResult) -> str:
    return "\n".join(
        [
            *_check_lines(made.report),
            f"สำรองข้อมูลแล้ว {made.manifest.entries} รายการ · Backed up: {made.name}",
        ]
    )


def _restored(done: Restored) -> dict[str, Any]:
    return {
        "archive": done.archive,
        "folder": str(done.folder),
        "good": done.report.good,
        "fenced": restoring.RESTORED,
        "node": done.manifest.node,
        "office": done.manifest.office,
        "made_at": done.manifest.made_at,
        "entries": done.manifest.entries,
        "events": done.manifest.events,
        "files": done.manifest.files,
        "last_event": done.manifest.last_event,
        "registers": [
            {"register": one.register, "year": one.year, "entries": one.entries,
             "first": one.first, "last": one.last}
            for one in done.manifest.registers
        ],
        "still_at_centre": done.still_at_centre,
        "seconds": done.seconds,
        "checks": _checks(done.report),
    }  # fmt: skip


def _restored_text(done: Restored) -> str:
    lasts = [
        f"  {REGISTER_THAI[one.register]} · {one.register} {one.year}: {one.last}"
        for one in done.manifest.registers
    ]
    return "\n".join(
        [
            *_check_lines(done.report),
            f"กู้คืนแล้วที่ {done.folder} เลขสุดท้ายในชุดนี้ · Restored; last numbers in this backup:",
            *(lasts or ["  –"]),
            "เครื่องยังไม่ออกเลข จนกว่าจะบอกว่าเลขบนกระดาษออกไปถึงไหนแล้ว ขั้นต่อไปดูจากคำสั่งนี้",
            "It gives no numbers until it is said how far they stand on paper. What comes next:",
            f"  saraban-node fence --folder {done.folder}",
        ]
    )
