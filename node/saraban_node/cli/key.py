"""Commands for the key kit: recovery sheets and the passphrase of the backups."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from saraban_node.backup import halves, key_kit, passphrase_change, sheets
from saraban_node.backup.key_kit import Checked, Printed, Tried
from saraban_node.backup.passphrase_change import Changed
from saraban_node.backup.sheets import Sheet
from saraban_node.cli.common import actor, folder_option, json_option, opened, say
from saraban_sync.registers import instant, thai_date
from saraban_sync.thai import short_date

PARTLY: Final = 3
"""What the command ends with when a place that is there did not take the new passphrase."""
_WHY: Final = {
    key_kit.REPLACED: "มีแผ่นใหม่แทน · replaced",
    key_kit.LOST: "แจ้งหาย · lost",
    passphrase_change.CHANGED: "เปลี่ยนรหัสผ่านแล้ว · passphrase changed",
}


def _tell(line: str) -> None:
    click.echo(line, err=True)


@click.group()
def key() -> None:
    """Recovery sheets for two officers, and the passphrase of the backups (กุญแจกู้คืน)."""


@key.command("print")
@folder_option
@json_option
@click.option("--first", required=True, help="Name of the officer who holds the first half.")
@click.option("--second", required=True, help="Name of the officer who holds the second half.")
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for the three PDF files; delete them when they are printed.",
)
def print_(folder: Path, as_json: bool, first: str, second: str, target: Path) -> None:
    """Make a new recovery sheet (แผ่นกู้คืน) in two halves; the one before it ends."""
    with opened(folder) as node:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        done = key_kit.print_sheet(node, (first, second), actor=actor(), tell=_tell)
    files = _write(target, done)
    say(
        {
            "sheet": done.sheet,
            "holders": done.holders,
            "files": [str(one) for one in files],
            "keys_of": done.keys_of,
            "missing": done.missing,
            "ended": done.ended,
            "kept": done.kept,
        },
        as_json=as_json,
        text=_printed_text(done, files),
    )


@key.command()
@folder_option
@json_option
@click.option("--first-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--second-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(folder: Path, as_json: bool, first_file: Path | None, second_file: Path | None) -> None:
    """Try both halves on every repository that is there (ตรวจแผ่นกู้คืน).

    The halves are asked for, or read from files; they are no options, so that no list of
    processes and no history shows them.
    """
    first = _half(first_file, "ครึ่งที่ 1 · first half")
    scanned = first_file is None and halves.MARK in first
    second = _half(second_file, "ครึ่งที่ 2 · second half", scanned=scanned)
    with opened(folder) as node:
        done = key_kit.check(node, first, second, actor=actor(), tell=_tell)
    say(_checked(done), as_json=as_json, text=_checked_text(done))
    if not done.good:
        sys.exit(1)


@key.command("list")
@folder_option
@json_option
def list_(folder: Path, as_json: bool) -> None:
    """Show every sheet: who holds which half since when, and when it was tried last."""
    with opened(folder) as node, node.db.read() as cursor:
        found = sheets.every(cursor)
    say(
        {"sheets": [_row(one) for one in found]},
        as_json=as_json,
        text="\n".join(_line(one) for one in found)
        or "ยังไม่มีแผ่นกู้คืน · There is no recovery sheet: saraban-node key print",
    )


@key.command()
@folder_option
@json_option
@click.argument("sheet")
def lost(folder: Path, as_json: bool, sheet: str) -> None:
    """Write down that a half of SHEET is lost, or both (แจ้งหาย)."""
    with opened(folder) as node:
        key_kit.lost(node, sheet, actor=actor())
    text = (
        f"บันทึกแล้วว่าแผ่น {sheet.upper()} หาย ขั้นต่อไปพิมพ์แผ่นใหม่ ถ้าหายทั้งสองครึ่งให้เปลี่ยนรหัสผ่านก่อน\n"
        f"Written down: sheet {sheet.upper()} is lost. Print a new one. If both halves are lost, "
        "or somebody may have them, change the passphrase first:\n"
        "  saraban-node key change-passphrase\n"
        "  saraban-node key print"
    )
    say({"sheet": sheet.upper(), "ended": True}, as_json=as_json, text=text)


@key.command("change-passphrase")
@folder_option
@json_option
@click.option("--yes", is_flag=True, help="Do not ask: the sheets in force will open nothing.")
def change_passphrase(folder: Path, as_json: bool, yes: bool) -> None:
    """Let a new passphrase open the backups (เปลี่ยนรหัสผ่าน); then print a new sheet."""
    if not yes:
        click.confirm(
            "แผ่นกู้คืนที่มีอยู่จะใช้ไม่ได้ ต้องพิมพ์ใหม่ ดำเนินการต่อหรือไม่\n"
            "The sheets in force will open nothing, and new ones must be printed. Go on?",
            abort=True,
            err=True,
        )
    with opened(folder) as node:
        done = passphrase_change.change_passphrase(node, actor=actor(), tell=_tell)
    say(
        {
            "places": done.places,
            "waiting": done.waiting,
            "problems": {name: wrong.code for name, wrong in done.problems},
            "ended": done.ended,
            "kept": done.kept,
        },
        as_json=as_json,
        text=_changed_text(done),
    )
    if done.problems:
        sys.exit(PARTLY)


def _write(target: Path, done: Printed) -> list[Path]:
    """Put the papers into files that only their owner may read."""
    files = []
    for name, paper in zip(("1", "2", "keys"), done.papers, strict=True):
        path = target / f"recovery-sheet-{done.sheet}-{name}.pdf"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(paper)
        files.append(path)
    return files


def _half(path: Path | None, asked: str, *, scanned: bool = False) -> str:
    """Read a half; after one that was scanned the other lines of its code may still come."""
    if path is not None:
        return path.read_text("utf-8", "replace")
    said: str = click.prompt(asked, err=True)
    while scanned and not halves.is_one(said):
        said = click.prompt(asked, err=True)
    return said


def _printed_text(done: Printed, files: list[Path]) -> str:
    first, second = done.holders
    lines = [
        f"แผ่นกู้คืน {done.sheet} · Recovery sheet {done.sheet}",
        f"  {files[0]}  → {first}",
        f"  {files[1]}  → {second}",
        f"  {files[2]}  กุญแจของที่เก็บ · keys of the repositories: {', '.join(done.keys_of) or '–'}",
        "พิมพ์คนละแผ่น มอบให้ผู้ถือคนละคน แล้วลบแฟ้มทั้งสาม จากนั้นตรวจด้วย saraban-node key check",
        "Print each, hand them to the two holders, delete the files, then: saraban-node key check",
    ]
    if done.missing:
        names = ", ".join(done.missing)
        lines.append(f"ยังไม่มีกุญแจของ {names} · No key of {names}: not there now")
    if done.ended:
        names = ", ".join(done.ended)
        lines.append(f"ทำลายแผ่นเก่า {names} ทั้งสองครึ่ง · Destroy both halves of {names}")
    return "\n".join([*lines, *_kept_lines(done.kept)])


def _kept_lines(kept: tuple[str, ...]) -> list[str]:
    if not kept:
        return []
    names = ", ".join(kept)
    return [
        f"เก็บแผ่น {names} ไว้ก่อน จนกว่าที่เก็บที่ยังไม่อยู่จะได้รหัสใหม่",
        f"Keep {names} until the places that are not there have the new passphrase.",
    ]


def _checked(done: Checked) -> dict[str, Any]:
    return {
        "sheet": done.sheet,
        "good": done.good,
        "known": done.known,
        "places": [
            {"place": one.place, "good": one.problem is None, "archives": one.archives,
             "code": one.problem.code if one.problem else ""}
            for one in done.places
        ],
        "absent": done.absent,
        "learned": done.learned,
    }  # fmt: skip


def _checked_text(done: Checked) -> str:
    lines = [_tried_line(one) for one in done.places]
    lines += [f"– {one}: ไม่อยู่ในขณะนี้ · not there now" for one in done.absent]
    if done.learned:
        names = ", ".join(done.learned)
        lines.append(f"เครื่องนี้เปิด {names} ได้แล้ว · This machine can open {names} again")
    if done.good:
        lines.append(f"แผ่น {done.sheet} ใช้ได้ · Sheet {done.sheet} opens the backups")
    else:
        lines.append(
            f"แผ่น {done.sheet} เปิดที่เก็บไม่ได้ครบ โปรดพิมพ์แผ่นใหม่ · "
            f"Sheet {done.sheet} does not open them all: print a new one"
        )
    if not done.known:
        lines.append(
            "แผ่นนี้ไม่ใช่แผ่นที่ใช้อยู่ตามบันทึกของเครื่อง · This is not a sheet in force by the journal"
        )
    return "\n".join(lines)


def _tried_line(one: Tried) -> str:
    if one.problem is None:
        return f"✓ {one.place}: เปิดได้ มี {one.archives} ชุด · opens, {one.archives} archives"
    thai, english = one.problem.sentence("th"), one.problem.sentence("en")
    return f"✗ {one.place}: {one.problem.code} {thai}\n  {english}"


def _changed_text(done: Changed) -> str:
    lines = [f"✓ {one}: ใช้รหัสใหม่แล้ว · has the new passphrase" for one in done.places]
    problems = dict(done.problems)
    for one in done.waiting:
        if one in problems:
            thai, english = problems[one].sentence("th"), problems[one].sentence("en")
            lines.append(f"✗ {one}: {problems[one].code} {thai}\n  {english}")
        lines.append(
            f"– {one}: ยังใช้รหัสเดิม จะเปลี่ยนเองเมื่อสำรองครั้งถัดไป · "
            "keeps the old passphrase until its next backup"
        )
    if done.ended:
        names = ", ".join(done.ended)
        lines.append(f"ทำลายแผ่นเก่า {names} ทั้งสองครึ่ง · Destroy both halves of {names}")
    lines += _kept_lines(done.kept)
    lines += [
        "พิมพ์แผ่นกู้คืนใหม่เดี๋ยวนี้ · Print a new recovery sheet now:",
        "  saraban-node key print --first NAME --second NAME --to FOLDER",
    ]
    return "\n".join(lines)


def _row(one: Sheet) -> dict[str, Any]:
    return {
        "sheet": one.sheet,
        "holders": one.holders,
        "printed_at": instant(one.printed_at),
        "printed_by": one.printed_by,
        "checked_at": instant(one.checked_at) if one.checked_at else "",
        "check_good": one.check_good,
        "ended_at": instant(one.ended_at) if one.ended_at else "",
        "ended_why": one.ended_why,
    }


def _day(moment: datetime) -> str:
    return short_date(thai_date(moment), thai=False)


def _line(one: Sheet) -> str:
    first, second = one.holders
    if one.ended_at is not None:
        state = f"{_WHY.get(one.ended_why, one.ended_why)} {_day(one.ended_at)}"
    elif one.checked_at is None:
        state = "ยังไม่เคยตรวจ · never checked"
    else:
        state = f"{'ใช้ได้ · good' if one.check_good else 'ใช้ไม่ได้ · BAD'} {_day(one.checked_at)}"
    return f"{one.sheet}  {_day(one.printed_at)}  1: {first}  2: {second}  {state}"
