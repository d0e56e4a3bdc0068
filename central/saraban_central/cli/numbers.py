"""Commands about numbers: requests, ranges by telephone and on a stick, proof and passports."""

from pathlib import Path
from typing import Any

import click

from saraban_base.sqlite import Cursor
from saraban_central.centre import Centre
from saraban_central.cli import number_words
from saraban_central.cli.common import actor, folder_option, json_option, opened, say
from saraban_central.numbering import by_hand, granting, lookup, passport, proof
from saraban_central.numbering.by_hand import Asked
from saraban_central.numbering.lookup import Candidate, Narrow
from saraban_central.numbering.paper_words import candidate_result, passport_result
from saraban_central.numbering.passport import Passport
from saraban_central.numbering.proof import Wanted
from saraban_central.readmodel import registers
from saraban_central.records import Request
from saraban_sync.grants import Grant
from saraban_sync.registers import Register, buddhist_year

_REGISTERS = click.Choice([register.value for register in Register])
WHY: dict[str, str] = {
    "": "กำลังให้อัตโนมัติ · about to be granted",
    "off": "ปิดการให้อัตโนมัติไว้ · granting by itself is off",
    "much": "เกินจำนวนที่ให้อัตโนมัติได้ · more than is granted without asking",
    "year": "ปีไกลเกินไป ตรวจนาฬิกาของเครื่อง · a year too far ahead: look at its clock",
    "over": "ปีนั้นสิ้นสุดแล้ว · that year is over",
    "closed": "ส่วนกลางถูกกู้คืน รอเครื่องของหน่วยงาน · the centre was set back; its machines must come by",
    "revoked": "เครื่องนี้รับเลขไม่ได้ · this machine may not get numbers",
}


@click.group()
def numbers() -> None:
    """Requests for numbers, ranges by hand, proof and passports (เลขทะเบียน)."""


@numbers.command("requests")
@folder_option
@json_option
@click.option("--all", "every", is_flag=True, help="Also those that were answered.")
def requests(folder: Path, as_json: bool, every: bool) -> None:
    """List requests that wait for somebody (คำขอเลขที่รออยู่)."""
    with opened(folder) as centre:
        found = granting.waiting(centre)
        done = granting.answered(centre.store) if every else []
    rows = [{**_request(one.key, one.request), "why": one.why} for one in found]
    rows += [{**_request("", one), "why": ""} for one in done]
    lines = [
        f"{row['request'] or row['node']}  {row['register']} {row['year']}: {row['size']} "
        f"(เหลือ · left {row['left']}, {row['per_day'] or '–'}/วัน · a day)  "
        + (WHY[str(row["why"])] if row["state"] == "open" else f"{row['state']}: {_end(row)}")
        for row in rows
    ]
    say(
        {"requests": rows},
        as_json=as_json,
        text="\n".join(lines) or "ไม่มีคำขอเลข · no requests for numbers",
    )


@numbers.command("grant-request")
@folder_option
@json_option
@click.argument("request")
@click.option("--size", type=int, help="How many, if not as many as were asked for.")
def grant_request(folder: Path, as_json: bool, request: str, size: int | None) -> None:
    """Grant what REQUEST asks for: node/event, as `numbers requests` shows it (ให้เลขตามคำขอ)."""
    with opened(folder) as centre:
        key = granting.find(centre.store, request)
        made = granting.answer(centre, key, by=actor(), size=size)
    say(_grant(made), as_json=as_json, text=_line(made))


@numbers.command("decline")
@folder_option
@json_option
@click.argument("request")
@click.option("--reason", required=True, help="Why; the office will ask.")
def decline(folder: Path, as_json: bool, request: str, reason: str) -> None:
    """Decline REQUEST; the office may ask again (ไม่ให้เลขตามคำขอ)."""
    with opened(folder) as centre:
        key = granting.find(centre.store, request)
        gone = granting.decline(centre, key, reason=reason, by=actor())
    text = f"{gone.node}  {gone.register} {gone.year}: ไม่ให้ · declined: {gone.reason}"
    say(_request(key, gone), as_json=as_json, text=text)


@numbers.command("request-file")
@folder_option
@json_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def request_file(folder: Path, as_json: bool, file: Path) -> None:
    """Check a request FILE and show what it asks for; grants nothing (ตรวจแฟ้มขอเลข)."""
    with opened(folder) as centre:
        name, asked = by_hand.read_file(centre, file.read_bytes())
    rows = [_asked(one) for one in asked]
    lines = [
        f"{row['node']}  {row['register']} {row['year']}: {row['size']} "
        f"(เหลือ · left {row['left']})  {row['state']}"
        for row in rows
    ]
    say({"node": name, "requests": rows}, as_json=as_json, text="\n".join(lines) or name)


@numbers.command("answer")
@folder_option
@json_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Where to write the answer.",
)
def answer(folder: Path, as_json: bool, file: Path, output: Path) -> None:
    """Grant what a request FILE asks for and write the answer file (ให้เลขตามแฟ้มขอเลข)."""
    with opened(folder) as centre:
        done = by_hand.answer_file(centre, file.read_bytes(), by=actor())
    output.write_bytes(done.file)
    refused = [
        {
            **_asked(one),
            "code": wrong.code,
            "thai": wrong.sentence("th"),
            "english": wrong.sentence("en"),
        }
        for one, wrong in done.refused
    ]
    result = {
        "node": done.node,
        "file": str(output),
        "grants": [_grant(one) for one in done.grants],
        "refused": refused,
    }
    lines = [_line(one) for one in done.grants]
    lines += [f"{row['code']}  {row['thai']}\n  {row['english']}" for row in refused]
    say(result, as_json=as_json, text="\n".join([*lines, str(output)]))
    if refused:
        raise SystemExit(1)


@numbers.command("grant-by-phone")
@folder_option
@json_option
@click.option("--node", required=True, help="The node that gets the numbers.")
@click.option(
    "--register",
    type=_REGISTERS,
    help="Which register.",
)
@click.option("--year", type=int, help="Buddhist year; this year if not given.")
@click.option("--size", type=int, help="At least so many; the settings' if not given.")
@click.option("--grant", "name", help="Read out a range that was granted before.")
def grant_by_phone(
    folder: Path,
    as_json: bool,
    *,
    node: str,
    register: str | None,
    year: int | None,
    size: int | None,
    name: str | None,
) -> None:
    """Grant a range and print the code to read out over the telephone (ให้เลขทางโทรศัพท์)."""
    if (name is None) == (register is None):
        raise click.UsageError("give --register, or --grant for a range that was granted before")
    with opened(folder) as centre:
        if name is not None or register is None:
            told = by_hand.spoken_again(centre, node, name or "")
        else:
            told = by_hand.grant_by_phone(
                centre,
                node,
                Register(register),
                year or buddhist_year(centre.clock.now()),
                size=centre.config.range_size if size is None else size,
                by=actor(),
            )
    text = f"{told.groups}\n{_line(told.grant)}"
    say(
        {**_grant(told.grant), "code": told.code, "groups": told.groups}, as_json=as_json, text=text
    )


@numbers.command("prove")
@folder_option
@json_option
@click.option("--office", default="", help="Only this office.")
@click.option("--node", default="", help="Only the ranges of this node.")
@click.option("--register", type=_REGISTERS, help="Only this register.")
@click.option("--year", type=int, default=0, help="Only this Buddhist year.")
def prove(
    folder: Path, as_json: bool, *, office: str, node: str, register: str | None, year: int
) -> None:
    """Account for every number of every granted range; exit code 1 unless all is explained.

    (พิสูจน์ความครบถ้วนของเลข)
    """
    wanted = Wanted(
        office=office, node=node, register=Register(register) if register else None, year=year
    )
    with opened(folder) as centre:
        found = proof.prove(centre, wanted)
    say(proof.as_dict(found), as_json=as_json, text="\n".join(number_words.proof_lines(found)))
    if not found.whole:
        raise SystemExit(1)


@numbers.command("show")
@folder_option
@json_option
@click.argument("number")
@click.option("--office", default="", help="Only this office.")
@click.option("--register", type=_REGISTERS, help="Only this register.")
@click.option("--year", type=int, default=0, help="Only this Buddhist year.")
def show(
    folder: Path, as_json: bool, *, number: str, office: str, register: str | None, year: int
) -> None:
    """Show the whole life of NUMBER, however it is written (หนังสือเดินทางของเลข)."""
    where = Narrow(office=office, register=Register(register) if register else None, year=year)
    with opened(folder) as centre:
        centre.readmodel.catch_up(centre.store)
        with centre.readmodel.read() as cursor:
            found = lookup.candidates(centre, cursor, number, where)
            paper = _passport(centre, cursor, found[0]) if len(found) == 1 else None
    result = {
        "candidates": [candidate_result(one) for one in found],
        "passport": passport_result(paper) if paper else None,
    }
    if paper is not None:
        lines = number_words.passport_lines(paper)
    else:
        lines = [number_words.candidate_line(one) for one in found]
    say(result, as_json=as_json, text="\n".join(lines) or "ไม่พบเลขนี้ · no such number")
    if not found:
        raise SystemExit(1)


def _passport(centre: Centre, cursor: Cursor, one: Candidate) -> Passport:
    line = None if one.number else registers.line(cursor, one.node, one.event)
    if line is not None:
        return passport.of_line(centre, cursor, line)
    return passport.of_number(centre, cursor, one.office, one.register, one.year, one.number)


def _request(key: str, request: Request) -> dict[str, Any]:
    return {
        "request": key.rpartition("/")[0],
        "node": request.node,
        "office": request.office,
        "event": request.event,
        "register": request.register,
        "year": request.year,
        "size": request.size,
        "left": request.left,
        "per_day": request.per_day,
        "at": request.at,
        "came_at": request.came_at,
        "state": request.state,
        "grant": request.grant,
        "by": request.by,
        "reason": request.reason,
        "done_at": request.done_at,
    }


def _end(row: dict[str, Any]) -> str:
    return str(row["reason"] or row["grant"])


def _asked(one: Asked) -> dict[str, Any]:
    return {
        "node": one.event.node,
        "event": one.event.id,
        "register": one.body.register.value,
        "year": one.body.year,
        "size": one.body.size,
        "left": one.body.left,
        "per_day": one.body.per_day,
        "state": one.known.state if one.known else "new",
    }


def _grant(made: Grant) -> dict[str, Any]:
    return {
        "grant": made.grant,
        "office": made.office,
        "node": made.node,
        "register": made.register.value,
        "year": made.year,
        "first": made.first,
        "last": made.last,
    }


def _line(made: Grant) -> str:
    return f"{made.node}  {made.register.value} {made.year}: {made.first}–{made.last}"
