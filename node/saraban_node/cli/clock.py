"""Commands for the machine's clock: how it is, and a person's word that it is right."""

from pathlib import Path
from typing import Any

import click

from saraban_node.cli.common import actor, folder_option, json_option, opened, say
from saraban_node.clocks import year_gate
from saraban_node.clocks.year_gate import Standing
from saraban_sync.registers import instant


@click.group()
def clock() -> None:
    """Date and time of this machine (นาฬิกาของเครื่อง): may they date a letter?"""


@clock.command("status")
@folder_option
@json_option
def status(folder: Path, as_json: bool) -> None:
    """Tell how the clock is; exit code 1 when it needs a person."""
    with opened(folder) as node, node.db.read() as cursor:
        standing = year_gate.standing(cursor, node.journal.clock)
    say(_told(standing), as_json=as_json, text=_text(standing))
    if not standing.good:
        raise SystemExit(1)


@clock.command("confirm")
@folder_option
@json_option
@click.option("--yes", is_flag=True, help="Do not ask; the date and time were checked before.")
def confirm(folder: Path, as_json: bool, yes: bool) -> None:
    """Say that the date and time shown are right, as an administrator; the journal keeps it."""
    with opened(folder) as node:
        shown = node.clock.now()
        th, en = year_gate.said(shown)
        if not yes:
            question = f"{th}\n{en}\nถูกต้องใช่หรือไม่ · Is this right?"
            click.confirm(question, abort=True, err=True)
        with node.db.write() as write:
            event = year_gate.confirm(
                write, node.journal, shown=shown, actor=actor(), administrator=True
            )
        with node.db.read() as cursor:
            standing = year_gate.standing(cursor, node.journal.clock)
    say({"event": event.id, **_told(standing)}, as_json=as_json, text=_text(standing))


def _told(standing: Standing) -> dict[str, Any]:
    judged, need = standing.sight.judged, standing.need
    return {
        "good": standing.good,
        "shown": instant(standing.now),
        "quality": judged.quality,
        "source": judged.source,
        "age_s": judged.age_s,
        "doubt_s": judged.doubt_s,
        "expected": instant(judged.expected) if judged.expected else None,
        "needs": None if need is None else need._asdict(),
        "th": standing.thai,
        "en": standing.english,
    }


def _text(standing: Standing) -> str:
    th, en = year_gate.said(standing.now)
    mark = "✓" if standing.good else "✗"
    return f"{th} · {en}\n{mark} {standing.thai}\n  {standing.english}"
