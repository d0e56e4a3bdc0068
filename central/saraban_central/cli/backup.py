"""Commands that back the centre up and bring it back."""

from pathlib import Path
from typing import Any

import click

from saraban_base.clock import SystemClock
from saraban_central import keys
from saraban_central.backup import restore as restoring
from saraban_central.backup import service, snapshot
from saraban_central.backup.restore import Restored
from saraban_central.backup.service import Backup, BackupResult
from saraban_central.backup.verify import Report
from saraban_central.cli.common import actor, folder_option, json_option, opened, say
from saraban_central.config import read_config
from saraban_sync.registers import instant


def _tell(line: str) -> None:
    click.echo(line, err=True)


@click.command()
@folder_option
@json_option
@click.option("--list", "only_list", is_flag=True, help="List the backups there are.")
@click.option("--check", is_flag=True, help="Read and check the whole repository.")
@click.option("--break-lock", is_flag=True, help="First remove a lock that a lost machine left.")
def backup(folder: Path, as_json: bool, *, only_list: bool, check: bool, break_lock: bool) -> None:
    """Back the centre up (สำรองข้อมูลของส่วนกลาง) and check the result."""
    with opened(folder) as centre:
        repository = service.repository_of(centre, tell=_tell)
        if break_lock:
            repository.break_lock()
        if only_list:
            rows = [_row(one) for one in service.list_backups(repository)]
            text = "\n".join(_line(row) for row in rows) or "ยังไม่มีชุดสำรอง · No backups here"
            say({"backups": rows}, as_json=as_json, text=text)
        elif check:
            repository.check(verify_data=True)
            text = f"ที่เก็บถูกต้องครบถ้วน · The repository is whole: {repository.location}"
            say({"repository": repository.location, "good": True}, as_json=as_json, text=text)
        else:
            done = service.back_up(centre, by=actor(), tell=_tell)
            say(_made(done), as_json=as_json, text=_made_text(done, folder))


@click.command()
@folder_option
@json_option
@click.argument("archive", default=restoring.LATEST)
@click.option("--to", "target", required=True, type=click.Path(file_okay=False, path_type=Path),
              help="An empty or new folder; it becomes the centre's folder.")  # fmt: skip
@click.option("--repository", help="The repository, when the centre's own folder is gone.")
@click.option("--passphrase-file", type=click.Path(dir_okay=False, path_type=Path),
              help="A file with the passphrase, when the centre's own folder is gone.")  # fmt: skip
@click.option("--secrets", type=click.Path(file_okay=False, path_type=Path),
              help="Folder with backup-ssh and backup-known-hosts, for ssh://…")  # fmt: skip
@click.option("--break-lock", is_flag=True, help="Read past a lock that a lost machine left.")
def restore(
    folder: Path,
    as_json: bool,
    archive: str,
    *,
    target: Path,
    repository: str | None,
    passphrase_file: Path | None,
    secrets: Path | None,
    break_lock: bool,
) -> None:
    """Bring ARCHIVE (or the latest) back into an empty folder (กู้คืนส่วนกลาง).

    The restored centre is in a new generation: it grants no numbers of an office until every
    machine of it was in contact.
    """
    own = folder / keys.FOLDER
    source = restoring.From(
        repository=repository or service.place_of(folder, read_config(folder)),
        passphrase_file=passphrase_file or own / snapshot.PASSPHRASE,
        secrets_folder=secrets or (passphrase_file.parent if passphrase_file else own),
        ignore_lock=break_lock,
    )
    done = restoring.restore_to(
        target, archive, source=source, clock=SystemClock(), by=actor(), tell=_tell
    )
    say(_restored(done), as_json=as_json, text=_restored_text(done))


def _row(one: Backup) -> dict[str, Any]:
    return {
        "name": one.name,
        "generation": one.generation,
        "made_at": instant(one.made_at),
        "documents": one.summary.documents,
        "offices": one.summary.offices,
        "nodes": one.summary.nodes,
    }


def _line(row: dict[str, Any]) -> str:
    return f"{row['name']}  {row['documents']} เอกสาร · documents  {row['nodes']} เครื่อง · nodes"


def _checks(report: Report) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "good": one.good, "th": one.thai, "en": one.english}
        for one in report.checks
    ]


def _check_lines(report: Report) -> list[str]:
    return [f"{'✓' if one.good else '✗'} {one.thai} · {one.english}" for one in report.checks]


def _made(done: BackupResult) -> dict[str, Any]:
    return {
        "name": done.name,
        "repository": done.repository,
        "generation": done.manifest.generation,
        "documents": done.manifest.documents,
        "bytes_added": done.bytes_added,
        "seconds": done.seconds,
        "new_passphrase": done.new_passphrase,
        "checks": _checks(done.report),
    }


def _made_text(done: BackupResult, folder: Path) -> str:
    lines = [
        *_check_lines(done.report),
        f"สำรองแล้ว · backed up: {done.name} → {done.repository}",
        f"{done.manifest.documents} เอกสาร · documents, {done.bytes_added // 1024} KiB, "
        f"{done.seconds:.1f} s",
    ]
    if done.new_passphrase:
        file = folder / keys.FOLDER / snapshot.PASSPHRASE
        lines.append(
            f"คัดลอกรหัสผ่าน {file} ไปเก็บในตู้นิรภัยทันที ไม่มีรหัสนี้ไม่มีใครเปิดชุดสำรองได้ · "
            f"copy {file} to a safe now: without it nobody opens the backups"
        )
    return "\n".join(lines)


def _restored(done: Restored) -> dict[str, Any]:
    return {
        "archive": done.archive,
        "folder": str(done.folder),
        "generation": done.generation,
        "documents": done.manifest.documents,
        "made_at": done.manifest.made_at,
        "closed": [{"office": one.office, "waits_for": list(one.waits_for)} for one in done.closed],
        "seconds": done.seconds,
        "checks": _checks(done.report),
    }


def _restored_text(done: Restored) -> str:
    lines = [
        *_check_lines(done.report),
        f"กู้คืนแล้ว · restored: {done.archive} → {done.folder} ({done.seconds:.1f} s)",
        f"เริ่มรุ่นที่ {done.generation} หยุดให้เลขจนกว่าทุกเครื่องจะติดต่อเข้ามา · generation "
        f"{done.generation} has begun; no numbers until every machine was in contact:",
        *(f"  {one.office}: {', '.join(one.waits_for)}" for one in done.closed),
        "ขั้นต่อไป · next:",
        f"1. saraban-central serve --folder {done.folder}",
        "2. เครื่องที่ลงทะเบียนหลังการสำรองครั้งนั้น: ออกรหัสในชื่อเดิม แล้วใช้ saraban-node rejoin · for machines "
        "enrolled since that backup: a code for the same name, then saraban-node rejoin there",
        "3. ถ้ามีเครื่องที่ไม่กลับมา · for a machine that does not come: saraban-central numbers reopen",
        f"4. saraban-central backup --folder {done.folder}",
    ]
    return "\n".join(lines)
