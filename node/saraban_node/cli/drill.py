"""The command that tries a backup out: it is brought back in a scratch place and looked at."""

import os
import sys
from pathlib import Path
from typing import Any, Final

import click

from saraban_node.backup import certificate, drill, halves
from saraban_node.backup.drill import DrillResult
from saraban_node.backup.verify import Report
from saraban_node.cli.backup import check_lines, checks
from saraban_node.cli.common import actor, folder_option, json_option, opened, say

NOT_RUN: Final = 3
"""What the command ends with when nothing is known of the backup."""


def _tell(line: str) -> None:
    click.echo(line, err=True)


@click.command("drill")
@folder_option
@json_option
@click.option("--place", help="Only this place; otherwise the one tried out longest ago.")
@click.option(
    "--key",
    type=click.Choice([drill.MACHINE, drill.SHEET]),
    default=drill.MACHINE,
    show_default=True,
    help="Where the passphrase comes from: this machine, or both halves of the recovery sheet.",
)
@click.option("--first-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--second-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--certificate",
    "paper",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A new PDF file for the certificate of one page.",
)
def drill_command(
    folder: Path,
    as_json: bool,
    place: str | None,
    key: str,
    first_file: Path | None,
    second_file: Path | None,
    paper: Path | None,
) -> None:
    """Try a backup out (ซ้อมกู้คืน): bring it back in a scratch place and look at it.

    Ends with 0 when it is good, with 1 when the backup is no good, and with 3 when the drill could
    not be run, so that nothing is known of the backup.
    """
    typed = _halves(first_file, second_file) if key == drill.SHEET else None
    with opened(folder) as node:
        done = drill.run(node, place=place, key=key, halves=typed, tell=_tell, actor=actor())
        if paper is not None:
            _write(paper, certificate.of_drill(node, done.seq))
    say(_row(done, paper), as_json=as_json, text=_text(done, paper))
    if done.result != drill.GOOD:
        sys.exit(1 if done.result == drill.BAD else NOT_RUN)


def _halves(first_file: Path | None, second_file: Path | None) -> tuple[str, str]:
    """Read both halves; they are no options, so that no list of processes shows them."""
    first = _half(first_file, "ครึ่งที่ 1 · first half")
    scanned = first_file is None and halves.MARK in first
    return first, _half(second_file, "ครึ่งที่ 2 · second half", scanned=scanned)


def _half(path: Path | None, asked: str, *, scanned: bool = False) -> str:
    if path is not None:
        return path.read_text("utf-8", "replace")
    said: str = click.prompt(asked, err=True)
    while scanned and not halves.is_one(said):
        said = click.prompt(asked, err=True)
    return said


def _write(path: Path, paper: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), "wb") as file:
        file.write(paper)


def _row(done: DrillResult, paper: Path | None) -> dict[str, Any]:
    return {
        "result": done.result,
        "archive": done.archive,
        "place": done.place,
        "key": done.key,
        "entries": done.entries,
        "files": done.files,
        "seconds": done.seconds,
        "code": done.problem.code if done.problem else "",
        "problem": done.problem.sentence("en") if done.problem else "",
        "checks": checks(Report(checks=done.checks)),
        "event": done.event,
        "certificate": str(paper) if paper else "",
    }


def _text(done: DrillResult, paper: Path | None) -> str:
    lines = check_lines(Report(checks=done.checks))
    if done.problem is None:
        lines.append(
            f"✓ {done.place}: กู้คืนได้ครบ {done.entries} รายการ {done.files} แฟ้ม · "
            f"All came back: {done.archive}"
        )
    else:
        said = {
            drill.BAD: "ชุดสำรองใช้ไม่ได้ · the backup is no good",
            drill.NOT_RUN: "ซ้อมไม่ได้ ยังไม่รู้ผล · the drill could not be run",
        }[done.result]
        lines += [
            f"✗ {done.place}: {said}",
            f"  {done.problem.code} {done.problem.sentence('th')}",
            f"  {done.problem.sentence('en')}",
        ]
    return "\n".join([*lines, *([f"ใบรับรอง · Certificate: {paper}"] if paper else [])])
