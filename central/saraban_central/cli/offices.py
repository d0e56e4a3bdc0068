"""Commands for offices, their nodes and their numbers."""

from pathlib import Path

import click

from saraban_central import condition, directory, enrolment
from saraban_central.centre import Centre
from saraban_central.cli.common import actor, folder_option, json_option, opened, say
from saraban_central.errors import OfficeWithoutNode
from saraban_central.numbering import grants
from saraban_central.records import Office
from saraban_sync.ids import OfficeCode
from saraban_sync.registers import Circulars, Register, buddhist_year

_CIRCULARS = click.Choice([circulars.value for circulars in Circulars])


@click.group()
def office() -> None:
    """Add and list offices (หน่วยงาน)."""


@office.command("add")
@folder_option
@json_option
@click.argument("code")
@click.option("--name", required=True, help="The office's Thai name.")
@click.option("--prefix", required=True, help="Its letter prefix, such as 'ศธ 04123.45'.")
@click.option(
    "--circulars",
    type=_CIRCULARS,
    default=Circulars.SHARED.value,
    show_default=True,
    help="Numbers of its circulars: own series, or shared with the outgoing register.",
)
def add_office(
    folder: Path, as_json: bool, *, code: str, name: str, prefix: str, circulars: str
) -> None:
    """Add an office; its CODE stays for ever (เพิ่มหน่วยงาน)."""
    with opened(folder) as centre:
        made = directory.add_office(
            centre, code, name=name, prefix=prefix, circulars=Circulars(circulars)
        )
    say(_office(made), as_json=as_json, text=f"{made.code}  {made.name}  {made.prefix}")


@office.command("set")
@folder_option
@json_option
@click.argument("code")
@click.option(
    "--circulars",
    type=_CIRCULARS,
    required=True,
    help="Numbers of its circulars from now on: own series, or shared with the outgoing register.",
)
def set_office(folder: Path, as_json: bool, *, code: str, circulars: str) -> None:
    """Change a setting of office CODE (ตั้งค่าหน่วยงาน)."""
    with opened(folder) as centre:
        made = directory.set_circulars(centre, code, Circulars(circulars))
    text = f"{made.code}  หนังสือเวียน · circulars: {made.circulars}"
    say(_office(made), as_json=as_json, text=text)


@office.command("list")
@folder_option
@json_option
def list_offices(folder: Path, as_json: bool) -> None:
    """List all offices and the node that takes their letters (รายชื่อหน่วยงาน)."""
    with opened(folder) as centre:
        known = directory.offices(centre.store)
        registry = directory.registry_nodes(directory.nodes(centre.store))
    rows = [
        {
            "office": one.code,
            "name": one.name,
            "prefix": one.prefix,
            "circulars": one.circulars.value,
            "registry_node": found.node if (found := registry.get(OfficeCode(one.code))) else "",
        }
        for one in known
    ]
    lines = [f"{r['office']}  {r['name']}  {r['prefix']}  {r['registry_node']}" for r in rows]
    say(
        {"offices": rows}, as_json=as_json, text="\n".join(lines) or "ยังไม่มีหน่วยงาน · no offices yet"
    )


@click.command()
@folder_option
@json_option
@click.option("--office", "code", required=True, help="Code of the office the node belongs to.")
@click.option("--node", help="The new node's name; made from the office's code if not given.")
@click.option(
    "--registry/--no-registry",
    default=None,
    help="Whether it takes the letters for its office; only if no other does, if not given.",
)
def enrol(folder: Path, as_json: bool, code: str, node: str | None, registry: bool | None) -> None:
    """Make a one-time code with which a new node introduces itself (ออกรหัสลงทะเบียนเครื่อง)."""
    with opened(folder) as centre:
        made = enrolment.make_code(centre, code, node=node, registry=registry)
    text = (
        f"{made.code}\n{made.node} ({made.office})  "
        f"ใช้ได้ครั้งเดียว ถึง · good once, until {made.expires_at}"
    )
    say(made._asdict(), as_json=as_json, text=text)


@click.command()
@folder_option
@json_option
@click.option("--office", "code", help="The office: its registry node gets the numbers.")
@click.option("--node", help="The node that gets the numbers.")
@click.option(
    "--register",
    type=click.Choice([register.value for register in Register]),
    required=True,
    help="Which register.",
)
@click.option("--year", type=int, help="Buddhist year; this year if not given.")
@click.option("--size", type=int, help="How many numbers; the settings' if not given.")
@click.option("--first", type=int, help="First number, for an office that begins within a year.")
def grant(
    folder: Path,
    as_json: bool,
    *,
    code: str | None,
    node: str | None,
    register: str,
    year: int | None,
    size: int | None,
    first: int | None,
) -> None:
    """Grant a range of numbers of one register to a node (ให้ช่วงเลขทะเบียน)."""
    if (code is None) == (node is None):
        raise click.UsageError("give --office or --node")
    with opened(folder) as centre:
        made = grants.grant(
            centre,
            node or _registry_node(centre, str(code)),
            Register(register),
            year or buddhist_year(centre.clock.now()),
            size=centre.config.range_size if size is None else size,
            first=first,
            by=actor(),
        )
    result = {
        "grant": made.grant, "office": made.office, "node": made.node,
        "register": made.register.value, "year": made.year, "first": made.first, "last": made.last,
    }  # fmt: skip
    text = f"{made.node}  {made.register.value} {made.year}: {made.first}–{made.last}"
    say(result, as_json=as_json, text=text)


@click.group(invoke_without_command=True)
@folder_option
@json_option
@click.pass_context
def nodes(context: click.Context, folder: Path, as_json: bool) -> None:
    """List all nodes, those that need attention first (รายชื่อเครื่อง)."""
    if context.invoked_subcommand is not None:
        return
    with opened(folder) as centre:
        rows = [row.as_dict() for row in condition.of_nodes(centre)]
    lines = [
        f"{'!' if row['problems'] else ' '} {row['node']}  {row['office']}  "
        f"{row['last_contact'] or '—'}  {row['events']}  {' '.join(row['problems'])}"
        for row in rows
    ]
    say({"nodes": rows}, as_json=as_json, text="\n".join(lines) or "ยังไม่มีเครื่อง · no nodes yet")


@nodes.command("revoke")
@folder_option
@json_option
@click.argument("node")
@click.option("--yes", is_flag=True, help="Do not ask.")
def revoke(folder: Path, as_json: bool, node: str, yes: bool) -> None:
    """Shut a lost or stolen node out at once; this cannot be undone (เพิกถอนเครื่อง)."""
    with opened(folder) as centre:
        directory.node(centre.store, node)
        if not yes:
            click.confirm(f"เพิกถอน {node} ถาวร? · Revoke {node} for good?", abort=True, err=True)
        gone = directory.revoke(centre, node)
    text = f"{gone.node}: เพิกถอนแล้ว · revoked"
    say({"node": gone.node, "active": gone.active}, as_json=as_json, text=text)


def _office(made: Office) -> dict[str, str]:
    return {
        "office": made.code,
        "name": made.name,
        "prefix": made.prefix,
        "circulars": made.circulars.value,
    }


def _registry_node(centre: Centre, code: str) -> str:
    directory.office(centre.store, code)
    found = directory.registry_nodes(directory.nodes(centre.store)).get(OfficeCode(code))
    if found is None:
        raise OfficeWithoutNode(code, office=code)
    return found.node
