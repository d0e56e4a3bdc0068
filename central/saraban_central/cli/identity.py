"""Commands about who is who: two machines with one name, and a centre that was set back."""

from pathlib import Path
from typing import Any

import click

from saraban_central import enrolment
from saraban_central.cli.common import actor, folder_option, json_option, opened, say
from saraban_central.identity import generation, twins
from saraban_central.identity.records import Sighting, Twin
from saraban_central.identity.sightings import Standing, code_of
from saraban_central.identity.twins import Open
from saraban_sync.registers import Register, buddhist_year

_STATES: dict[str, str] = {
    "": "รอตัดสินใจ · waits for a decision",
    "kept": "ใช้ชื่อเดิมต่อ · keeps the name",
    "forked": "แยกชื่อแล้ว · has a name of its own",
    "gone": "เลิกใช้แล้ว · is gone",
}
_STANDINGS: dict[Standing, str] = {
    Standing.HERE: "ส่วนกลางมีครบ · all is here",
    Standing.AHEAD: "มีมากกว่าส่วนกลาง · has more than is here",
    Standing.PARTED: "แยกสายแล้ว ใช้ชื่อเดิมไม่ได้ · has parted, cannot keep the name",
}


@click.group("twins", invoke_without_command=True)
@folder_option
@json_option
@click.pass_context
def twin_commands(context: click.Context, folder: Path, as_json: bool) -> None:
    """Machines that share a name, and what is to be done about them (เครื่องซ้ำ)."""
    if context.invoked_subcommand is None:
        _list(folder, as_json=as_json)


@twin_commands.command("list")
@folder_option
@json_option
def list_twins(folder: Path, as_json: bool) -> None:
    """List the machines that wait for a decision (รายการเครื่องซ้ำ)."""
    _list(folder, as_json=as_json)


@twin_commands.command("keep")
@folder_option
@json_option
@click.argument("node")
@click.argument("machine")
def keep(folder: Path, as_json: bool, node: str, machine: str) -> None:
    """Let MACHINE keep the name NODE; every other one must fork (เลือกเครื่องที่ใช้ชื่อเดิม)."""
    with opened(folder) as centre:
        done = twins.keep(centre, node, machine, by=actor())
    text = (
        f"{node}: {code_of(done.kept or '')} ใช้ชื่อเดิมต่อ · keeps the name\n"
        "ที่เครื่องนั้นให้เปิดหน้า “ตัวตนของเครื่อง” แล้วเริ่มออกเลขต่อ · "
        "on that machine open “Identity of this machine” and go on"
    )
    say(_twin(done), as_json=as_json, text=text)


@twin_commands.command("fork-code")
@folder_option
@json_option
@click.argument("node")
@click.argument("machine", required=False, default="")
@click.option("--name", help="The new name; made from the office's code if not given.")
def fork_code(folder: Path, as_json: bool, node: str, machine: str, name: str | None) -> None:
    """Make a code with which a machine leaves the name NODE (ออกรหัสแยกเครื่อง)."""
    with opened(folder) as centre:
        made = enrolment.make_fork_code(centre, node, machine=machine, node=name)
    text = (
        f"{made.code}\n{node} → {made.node} ({made.office})  "
        f"ใช้ได้ครั้งเดียว ถึง · good once, until {made.expires_at}"
    )
    say(made._asdict(), as_json=as_json, text=text)


@twin_commands.command("gone")
@folder_option
@json_option
@click.argument("node")
@click.argument("machine")
def gone(folder: Path, as_json: bool, node: str, machine: str) -> None:
    """Declare that MACHINE will not come back under the name NODE (เครื่องนี้เลิกใช้แล้ว)."""
    with opened(folder) as centre:
        done = twins.gone(centre, node, machine)
    say(_twin(done), as_json=as_json, text=f"{node}: {machine.upper()} เลิกใช้แล้ว · is gone")


@click.command("restored")
@folder_option
@json_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def restored(folder: Path, as_json: bool, yes: bool) -> None:
    """Say that a backup of the centre was put back, before it serves again (กู้คืนส่วนกลางแล้ว)."""
    with opened(folder) as centre:
        if not yes:
            click.confirm(
                "ส่วนกลางนี้ถูกกู้คืนจากชุดสำรองใช่หรือไม่? · Was this centre restored from a backup?",
                abort=True,
                err=True,
            )
        new = generation.restored(centre, by=actor())
        waiting = generation.closed(centre)
    text = (
        f"เริ่มรุ่นที่ {new} แล้ว หยุดให้เลขจนกว่าทุกเครื่องจะติดต่อเข้ามา · "
        f"generation {new} has begun; no numbers until every machine was in contact"
    )
    lines = [f"  {one.office}: {', '.join(one.waits_for)}" for one in waiting]
    say(
        {"generation": new, "closed": [one.office for one in waiting]},
        as_json=as_json,
        text="\n".join([text, *lines]),
    )


@click.command("reopen")
@folder_option
@json_option
@click.argument("office")
@click.option(
    "--register",
    type=click.Choice([register.value for register in Register]),
    required=True,
    help="Which register.",
)
@click.option("--year", type=int, help="Buddhist year; this year if not given.")
@click.option("--guard", type=int, required=True, help="How many numbers are left out for safety.")
def reopen(
    folder: Path, as_json: bool, *, office: str, register: str, year: int | None, guard: int
) -> None:
    """Grant a series of OFFICE again before all its nodes came back (เปิดให้เลขอีกครั้ง)."""
    with opened(folder) as centre:
        wanted = year or buddhist_year(centre.clock.now())
        done = generation.reopen(
            centre, office, Register(register), wanted, guard=guard, by=actor()
        )
    barred = [{"first": first, "last": last} for first, last in done.barred]
    left_out = ", ".join(f"{one['first']}–{one['last']}" for one in barred) or "—"
    text = f"{office}  {register} {wanted}: เลขที่เว้นไว้ · left out: {left_out}"
    result = {"office": office, "register": register, "year": wanted, "barred": barred}
    say(result, as_json=as_json, text=text)


def _list(folder: Path, *, as_json: bool) -> None:
    with opened(folder) as centre:
        found = twins.open_twins(centre)
    lines = [line for one in found for line in _lines(one)]
    say(
        {"twins": [_open(one) for one in found]},
        as_json=as_json,
        text="\n".join(lines) or "ไม่มีเครื่องซ้ำ · no twins",
    )


def _lines(one: Open) -> list[str]:
    head = f"{one.twin.node}  {one.office}  {one.twin.found_at}  {one.twin.why}"
    if one.alike:
        head += "  รหัสเครื่องเหมือนกัน · same code"
    rows = zip(one.twin.machines, one.standings, strict=True)
    return [head, *(f"  {_line(machine, standing)}" for machine, standing in rows)]


def _line(machine: Sighting, standing: Standing) -> str:
    return (
        f"{code_of(machine.machine)}  {machine.last_at}  {machine.last_event or '—'}  "
        f"{_STATES[machine.state]}  ({_STANDINGS[standing]})"
    )


def _open(one: Open) -> dict[str, Any]:
    found = _twin(one.twin)
    for row, standing in zip(found["machines"], one.standings, strict=True):
        row["standing"] = standing.value
    return {**found, "office": one.office, "alike": one.alike}


def _twin(twin: Twin) -> dict[str, Any]:
    return {
        "node": twin.node,
        "found_at": twin.found_at,
        "why": twin.why,
        "kept": code_of(twin.kept) if twin.kept is not None else "",
        "epoch": twin.epoch,
        "settled_at": twin.settled_at,
        "machines": [
            {
                "machine": code_of(one.machine),
                "state": one.state,
                "boot": one.boot,
                "last_event": one.last_event,
                "epoch": one.epoch,
                "fenced": one.fenced,
                "first_at": one.first_at,
                "last_at": one.last_at,
            }
            for one in twin.machines
        ],
    }
