"""Commands for numbers: how many there are, what became of each, and more of them by hand."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from saraban_base.sqlite import Cursor
from saraban_node import housekeeping
from saraban_node.books import entries
from saraban_node.books.entries import Entry
from saraban_node.cli.common import actor, folder_option, json_option, opened, say
from saraban_node.cli.number_words import (
    candidate_line,
    candidate_row,
    outlook_line,
    outlook_row,
    passport_lines,
    passport_result,
    proof_lines,
    proof_result,
    wish_row,
)
from saraban_node.housekeeping import Kept
from saraban_node.line import elsewhere
from saraban_node.numbering import (
    gap_notes,
    handed,
    lookup,
    passport,
    prove,
    requests,
    reservations,
)
from saraban_node.numbering.lookup import Candidate
from saraban_node.numbering.passport import Passport
from saraban_sync.ids import EventId
from saraban_sync.registers import Register, buddhist_year, thai_date

_REGISTERS = click.Choice([register.value for register in Register])
register_option = click.option("--register", "register_name", type=_REGISTERS, required=True)
year_option = click.option("--year", type=int, help="Buddhist year; this year when not given.")


@click.group()
def numbers() -> None:
    """Numbers (เลขทะเบียน): how long they last, a proof of each, and more of them."""


@numbers.command("list")
@folder_option
@json_option
def list_numbers(folder: Path, as_json: bool) -> None:
    """List how many numbers are left in each book and how long they last."""
    with opened(folder) as node, node.db.read() as cursor:
        found = requests.outlook(cursor, node.config, now=node.clock.now())
    lines = [outlook_line(one) for one in found] or ["ยังไม่มีช่วงเลข · no numbers granted yet"]
    say({"series": [outlook_row(one) for one in found]}, as_json=as_json, text="\n".join(lines))


@numbers.command("prove")
@folder_option
@json_option
@click.option("--register", "register_name", type=_REGISTERS, help="Only this book.")
@click.option("--year", type=int, help="Only this Buddhist year.")
@click.option(
    "--journal", "by_journal", is_flag=True,
    help="Check the whole journal too, and prove the same from it alone.",
)  # fmt: skip
def prove_numbers(
    folder: Path, as_json: bool, register_name: str | None, year: int | None, by_journal: bool
) -> None:
    """Account for every number of every range; exit code 1 if one is not explained."""
    register = Register(register_name) if register_name else None
    with opened(folder) as node, node.db.read() as cursor:
        proof = prove.prove(cursor, register=register, year=year)
        if by_journal:
            key = node.journal.key.public
            proof = prove.from_journal(cursor, proof, key=key, register=register, year=year)
    say(proof_result(proof), as_json=as_json, text="\n".join(proof_lines(proof)))
    if not proof.whole:
        raise SystemExit(1)


@numbers.command("show")
@folder_option
@json_option
@click.option("--register", "register_name", type=_REGISTERS, help="Only this book.")
@click.option("--year", type=int, help="Only this Buddhist year.")
@click.argument("number", nargs=-1, required=True)
def show_number(
    folder: Path,
    as_json: bool,
    register_name: str | None,
    year: int | None,
    number: tuple[str, ...],
) -> None:
    """Tell the life of NUMBER, written in any way: 123, 123/2569, ศธ 04123.45/ว 123, ฉ 3/2569.

    One that may mean several is listed; one that means none ends with exit code 1.
    """
    with opened(folder) as node, node.db.read() as cursor:
        found = [
            one
            for one in lookup.candidates(cursor, " ".join(number), limit=200)
            if register_name in (None, one.register.value) and year in (None, one.year)
        ]
        chosen = _the_one(found)
        shown = _passport(cursor, chosen) if chosen is not None else None
    result = {
        "candidates": [candidate_row(one) for one in found],
        "passport": passport_result(shown) if shown is not None else None,
    }
    lines = [candidate_line(one) for one in found] if shown is None else [*passport_lines(shown)]
    text = "\n".join(lines) or "ไม่พบเลขนี้ในทะเบียนใด · no book has this number"
    say(result, as_json=as_json, text=text)
    if not found:
        raise SystemExit(1)


@numbers.command("request")
@folder_option
@json_option
@click.option("--register", "register_name", type=_REGISTERS, help="The book to ask for.")
@year_option
@click.option("--size", type=click.IntRange(1, 100_000), help="How many; one block if not given.")
@click.option(
    "--file", "path", type=click.Path(dir_okay=False, path_type=Path),
    help="Write all open requests into this file, to be carried to the centre.",
)  # fmt: skip
def request_numbers(
    folder: Path,
    as_json: bool,
    register_name: str | None,
    year: int | None,
    size: int | None,
    path: Path | None,
) -> None:
    """Ask the centre for numbers of one book, or for whatever the forecast wants."""
    with opened(folder) as node:
        with node.db.write() as write:
            if register_name:
                body = requests.ask(
                    write, node.journal, node.config, register=Register(register_name),
                    year=year or buddhist_year(write.now), size=size, actor=actor(),
                )  # fmt: skip
                asked = [{"register": body.register, "year": body.year, "size": body.size}]
            else:
                asked = [
                    wish_row(one) for one in requests.ask_due(write, node.journal, node.config)
                ]
        if path is not None:
            path.write_bytes(handed.request_file(node))
    lines = [f"{one['register']} {one['year']}: {one['size']}" for one in asked]
    text = "\n".join(lines) or "ยังไม่ต้องขอเลข · nothing needs to be asked for"
    say({"asked": asked, "file": str(path) if path else ""}, as_json=as_json, text=text)


@numbers.command("accept")
@folder_option
@json_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def accept_file(folder: Path, as_json: bool, file: Path) -> None:
    """Take the numbers that a file from the centre grants."""
    with opened(folder) as node:
        new = handed.accept_file(node, file.read_bytes(), actor=actor())
    rows = [
        {"register": one.register, "year": one.year, "first": one.first, "last": one.last}
        for one in new
    ]
    lines = [f"{one.register} {one.year}: {one.first}–{one.last}" for one in new]
    text = "\n".join(lines) or "รับช่วงเลขเหล่านี้ไว้แล้ว · these were taken before"
    say({"accepted": rows}, as_json=as_json, text=text)


@numbers.command("accept-code")
@folder_option
@json_option
@register_option
@year_option
@click.argument("code", nargs=-1, required=True)
def accept_code(
    folder: Path, as_json: bool, register_name: str, year: int | None, code: tuple[str, ...]
) -> None:
    """Take a range that was read out over the telephone; CODE is its twenty digits."""
    with opened(folder) as node:
        told = handed.accept_code(
            node, " ".join(code), register=Register(register_name),
            year=year or buddhist_year(node.clock.now()), actor=actor(),
        )  # fmt: skip
    first, last = told.range
    result = {"register": register_name, "year": told.series.year, "first": first, "last": last}
    say(result, as_json=as_json, text=f"{register_name} {told.series.year}: {first}–{last}")


@numbers.command("reserve")
@folder_option
@json_option
@register_option
@click.option("--holder", required=True, help="For whom (ผู้ขอเลข).")
@click.option("--purpose", required=True, help="What for (เรื่อง).")
@click.option("--days", type=click.IntRange(0, 366), help="Kept so many days; see settings.")
def reserve_number(
    folder: Path, as_json: bool, register_name: str, holder: str, purpose: str, days: int | None
) -> None:
    """Reserve the next number of a book (จองเลข)."""
    with opened(folder) as node, node.db.write() as write:
        kept = days if days is not None else node.config.reservation_days
        entry = reservations.reserve(
            write, node.journal, register=Register(register_name), holder=holder, purpose=purpose,
            expires=thai_date(write.now) + timedelta(days=kept), actor=actor(),
        )  # fmt: skip
    say(_entry(entry), as_json=as_json, text=f"{entry.number}/{entry.year}  {entry.id}")


@numbers.command("cancel")
@folder_option
@json_option
@click.argument("entry")
@click.option("--reason", required=True, help="เหตุผล")
def cancel_number(folder: Path, as_json: bool, entry: str, reason: str) -> None:
    """Cancel a reserved number; ENTRY is its event id, as `numbers show` gives it."""
    with opened(folder) as node, node.db.write() as write:
        found = reservations.cancel(
            write, node.journal, EventId(entry), reason=reason, actor=actor()
        )
    say(_entry(found), as_json=as_json, text=f"{found.number}/{found.year}  {found.state}")


@numbers.command("explain")
@folder_option
@json_option
@register_option
@year_option
@click.argument("first", type=int)
@click.argument("last", type=int, required=False)
@click.option("--text", required=True, help="What was found out, such as where the paper is.")
def explain_numbers(
    folder: Path, as_json: bool, register_name: str, year: int | None, first: int,
    last: int | None, text: str,
) -> None:  # fmt: skip
    """Write down what became of skipped numbers FIRST to LAST."""
    with opened(folder) as node, node.db.write() as write:
        body = gap_notes.explain(
            write, node.journal, register=Register(register_name),
            year=year or buddhist_year(write.now), first=first, last=last or first, text=text,
            actor=actor(),
        )  # fmt: skip
    result = {"register": register_name, "year": body.year, "first": body.first, "last": body.last}
    say(result, as_json=as_json, text=f"{body.first}–{body.last}  {body.text}")


@click.command("housekeeping")
@folder_option
@json_option
def keep_house(folder: Path, as_json: bool) -> None:
    """Do now what the appliance does by itself once a minute."""
    with opened(folder) as node:
        done = housekeeping.keep_house(node)
    say(_kept(done), as_json=as_json, text=_kept_text(done))


def _the_one(found: list[Candidate]) -> Candidate | None:
    """Choose the number that is meant: the only one, or the only one that was ever used.

    Several lines of one number, such as of two machines, are one life; ours comes first.
    """
    used = [one for one in found if one.state != "unused"]
    for some in (found, used):
        if len(some) == 1:
            return some[0]
    meant = {(one.register, one.year, one.number) for one in used}
    return used[0] if len(meant) == 1 and used[0].number else None


def _passport(cursor: Cursor, chosen: Candidate) -> Passport:
    line = entries.by_id(cursor, EventId(chosen.entry)) if chosen.entry else None
    if line is not None:
        return passport.of_entry(cursor, line)
    if not chosen.number and (theirs := elsewhere.find(cursor, chosen.node, chosen.event)):
        return passport.of_colleague(cursor, theirs)
    return passport.of_number(cursor, chosen.register, chosen.year, chosen.number)


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "register": entry.register,
        "year": entry.year,
        "number": entry.number,
        "state": entry.state,
        "expires": entry.expires.isoformat() if entry.expires else "",
    }


def _kept(done: Kept) -> dict[str, Any]:
    return {
        "resting": done.resting,
        "expired": done.expired,
        "settled": done.settled,
        "asked": [wish_row(one) for one in done.asked],
        "returned": [
            {"register": one.register, "year": one.year, "first": one.next, "last": one.last}
            for one in done.returned
        ],
    }


_RESTING = {
    "fenced": "เครื่องยังไม่ออกเลข จึงไม่ทำอะไร · fenced: nothing was done",
    "clock": "ยังไม่แน่ใจวันที่ จึงไม่ทำอะไร · nobody can say what day it is: nothing was done",
}


def _kept_text(done: Kept) -> str:
    if done.resting:
        return _RESTING[done.resting]
    parts = {
        "หมดอายุ · expired": done.expired,
        "ออกเลขจากทะเบียนฉุกเฉิน · settled": done.settled,
        "ขอเลข · asked": len(done.asked),
        "คืนเลข · returned": len(done.returned),
    }
    return "\n".join(f"{name}: {count}" for name, count in parts.items())
