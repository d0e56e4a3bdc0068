"""Commands that write into the registers, and the one that proves the journal."""

from pathlib import Path
from typing import Any

import click

from saraban_node import journal
from saraban_node.appliance import Appliance
from saraban_node.books import letters
from saraban_node.books.letters import NewLetter
from saraban_node.cli.common import actor, folder_option, json_option, opened, say
from saraban_node.importer.letter import BadRow, ImportedLetter, Row
from saraban_sync import thai
from saraban_sync.errors import SarabanError
from saraban_sync.ids import office_code
from saraban_sync.registers import Register, Urgency

_REGISTERS = click.Choice([register.value for register in Register])


@click.command()
@folder_option
@json_option
@click.option("--register", "register_name", type=_REGISTERS, required=True)
@click.option("--subject", required=True, help="เรื่อง")
@click.option("--from", "sender", default="", help="จาก")
@click.option("--to", "recipient", default="", help="ถึง")
@click.option("--letter-no", default="", help="ที่")
@click.option("--letter-date", type=click.DateTime(["%Y-%m-%d"]), help="ลงวันที่ (YYYY-MM-DD)")
@click.option("--urgency", type=click.Choice([one.value for one in Urgency]), default="normal")
@click.option(
    "--file", "paths", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--office", "offices", multiple=True, help="Receiving office code; may be repeated.")
def register(
    folder: Path,
    as_json: bool,
    register_name: str,
    subject: str,
    sender: str,
    recipient: str,
    letter_no: str,
    letter_date: Any,
    urgency: str,
    paths: tuple[Path, ...],
    offices: tuple[str, ...],
) -> None:
    """Register one letter and print its number."""
    with opened(folder) as node:
        letter = NewLetter(
            register=Register(register_name),
            subject=subject,
            sender=sender,
            recipient=recipient,
            letter_no=letter_no,
            letter_date=letter_date.date() if letter_date else None,
            urgency=Urgency(urgency),
            files=tuple(_put(node, path) for path in paths),
            offices=tuple(office_code(office) for office in offices),
        )
        with node.db.write() as write:
            entry = letters.register_letter(write, node.journal, letter, actor=actor())
    result = {
        "id": entry.id,
        "register": entry.register,
        "year": entry.year,
        "number": entry.number,
        "letter_no": entry.letter_no,
    }
    say(result, as_json=as_json, text=f"{entry.number}/{entry.year}  {entry.letter_no}")


@click.command("import")
@folder_option
@json_option
@click.option("--register", "register_name", type=_REGISTERS, help="When the file does not say.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(folder: Path, as_json: bool, register_name: str | None, file: Path) -> None:
    """Register every letter of a CSV or XLSX file; a bad row does not stop the rest."""
    from saraban_node.importer.reader import read_letters  # only this command needs spreadsheets

    wanted = Register(register_name) if register_name else None
    registered = 0
    bad: list[dict[str, object]] = []
    with opened(folder) as node:
        for row in read_letters(file, register=wanted):
            problem = _bad_row(row) if isinstance(row, BadRow) else _register_row(node, row)
            if problem is None:
                registered += 1
                continue
            bad.append(problem)
            place = ":".join(str(problem[key]) for key in ("sheet", "line") if problem[key])
            seen = f" [{problem['column']} “{problem['seen']}”]" if problem["column"] else ""
            click.echo(f"{file.name}:{place}{seen}  {problem['th']} / {problem['en']}", err=True)
    result = {"registered": registered, "bad_rows": bad}
    say(result, as_json=as_json, text=f"{registered} registered, {len(bad)} bad rows")
    if not registered:
        raise SystemExit(1)


@click.group("journal")
def journal_group() -> None:
    """The office's journal."""


@journal_group.command()
@folder_option
@json_option
def verify(folder: Path, as_json: bool) -> None:
    """Check every signature and every link of the journal."""
    with opened(folder) as node, node.db.read() as cursor:
        count = journal.verify(cursor, node=node.node, key=node.journal.key.public)
        head = journal.head(cursor)
    result = {"events": count, "head": head.id, "hash": head.hash, "chain_ok": True}
    say(result, as_json=as_json, text=f"{count} events, head {head.id} {head.hash[:16]}")


def new_letter(imported: ImportedLetter) -> NewLetter:
    """Turn a row of an office's file into what a clerk would have written on the form."""
    old = []
    if imported.old_number:
        old.append(f"เลขเดิม {imported.old_number}")
    if imported.received_on:
        old.append(f"รับเมื่อ {thai.short_date(imported.received_on, thai=False)}")
    remark = " ".join([imported.remark, f"({' '.join(old)})" if old else ""]).strip()
    return NewLetter(
        register=imported.register,
        subject=imported.subject,
        sender=imported.sender,
        recipient=imported.recipient,
        letter_no=imported.letter_no,
        letter_date=imported.letter_date,
        action=imported.action,
        remark=remark,
        urgency=imported.urgency,
        offices=tuple(office_code(office) for office in imported.offices),
        imported=True,
    )


def _bad_row(row: BadRow) -> dict[str, object]:
    return {
        "sheet": row.sheet,
        "line": row.line,
        "column": row.column,
        "seen": row.seen,
        "th": row.reason_th,
        "en": row.reason_en,
    }


def _register_row(node: Appliance, row: Row) -> dict[str, object] | None:
    try:
        with node.db.write() as write:
            letters.register_letter(write, node.journal, new_letter(row.letter), actor=actor())
    except SarabanError as wrong:
        said = (wrong.sentence("th"), wrong.sentence("en"))
        return _bad_row(BadRow(row.line, *said, column="", seen="", sheet=row.sheet))
    return None


def _put(node: Appliance, path: Path) -> Any:
    media = "application/pdf" if path.suffix.lower() == ".pdf" else "application/octet-stream"
    with path.open("rb") as file:
        return node.files.put(file, name=path.name, media=media)
