"""Commands about who this machine is: its code, the fence, and a name of its own."""

from pathlib import Path

import click

from saraban_node import meta
from saraban_node.appliance import Appliance
from saraban_node.cli import fence_words
from saraban_node.cli.common import actor, folder_option, json_option, opened, say
from saraban_node.identity import fence, lifting, machine, returning
from saraban_node.identity.fence import Lift
from saraban_node.identity.floors import Book
from saraban_node.identity.lifting import Lifted
from saraban_node.line import contact
from saraban_node.line.syncer import Syncer
from saraban_sync.registers import Register, buddhist_year


@click.command(name="machine")
@folder_option
@json_option
def machine_code(folder: Path, as_json: bool) -> None:
    """Tell the code by which this machine is known on the telephone."""
    with opened(folder) as node, node.db.read() as cursor:
        here, known = contact.machine_of(cursor), meta.get(cursor, meta.MACHINE)
    result = {
        "node": node.node,
        "machine": machine.code(here),
        "belongs_to": machine.code(known),
        "same": here == known,
    }
    say(result, as_json=as_json, text=f"{node.node}  {machine.code(here)}")


@click.group(name="fence", invoke_without_command=True)
@click.pass_context
@folder_option
@json_option
def fence_group(context: click.Context, folder: Path, as_json: bool) -> None:
    """Tell why the node gives no numbers, or lift the fence."""
    if context.invoked_subcommand is None:
        _status(folder, as_json=as_json)


@fence_group.command()
@folder_option
@json_option
def status(folder: Path, as_json: bool) -> None:
    """Tell why the node gives no numbers, and how far each book is known to be numbered."""
    _status(folder, as_json=as_json)


@fence_group.command()
@folder_option
@json_option
@click.option(
    "--paper",
    "papers",
    multiple=True,
    metavar="REGISTER[/YEAR]=NUMBER",
    help="Last number on paper of a book, such as incoming=120; 0 for none. For each open book.",
)
@click.option(
    "--unknown",
    multiple=True,
    metavar="REGISTER[/YEAR]",
    help="Nobody knows the last number of this book: the rest of its ranges is given up.",
)
@click.option(
    "--all-unknown", is_flag=True, help="Nobody knows the last number of the books not named."
)
@click.option(
    "--alone",
    is_flag=True,
    help="No other machine works with these data any more. Without this all ranges are given up.",
)
@click.option("--guard", type=click.IntRange(min=0), help="Numbers given up for safety in a book.")
@click.option("--by-hand", is_flag=True, help="With no line to the centre.")
@click.option("--yes", is_flag=True, help="Do not ask; the numbers to be given up were looked at.")
def lift(
    folder: Path,
    as_json: bool,
    papers: tuple[str, ...],
    unknown: tuple[str, ...],
    all_unknown: bool,
    alone: bool,
    guard: int | None,
    by_hand: bool,
    yes: bool,
) -> None:
    """Let the node give numbers again, in a new epoch; first show which ones are given up."""
    with opened(folder) as node:
        stated = _stated(node, papers, unknown)
        with node.db.read() as cursor:
            view = fence.status(node, cursor)
            for one in view.series if all_unknown else ():
                stated.setdefault((one.register, one.year), None)
            wanted = Lift(actor=actor(), paper=stated, alone=alone, guard=guard)
            if view.why:
                fence.check(node, cursor, wanted)
            previews = fence.previews(node, cursor, wanted)
        if view.why and not yes:
            lines = "\n".join(fence_words.preview(view, wanted, previews))
            click.confirm(f"{lines}\nเปิดการออกเลขใช่หรือไม่ · Go on?", abort=True, err=True)
        done = lifting.lift_by_hand(node, wanted) if by_hand else Syncer(node).lift(wanted)
    _say_lifted(done, as_json=as_json)


@click.command()
@folder_option
@json_option
@click.option("--code", required=True, help="Fork code from the centre's administrator.")
def fork(folder: Path, as_json: bool, code: str) -> None:
    """Give this stopped machine a name of its own; all it wrote is kept."""
    with opened(folder) as node:
        before = node.node
        name = Syncer(node).fork(code, actor=actor())
    result = {"node": name, "forked_from": before}
    say(result, as_json=as_json, text=f"{before} → {name}")


@click.command()
@folder_option
@json_option
@click.option("--code", required=True, help="Enrolment code for this very name.")
def rejoin(folder: Path, as_json: bool, code: str) -> None:
    """Be taken in again by a centre that was restored and has forgotten this node."""
    with opened(folder) as node:
        returning.rejoin(node, code=code)
    text = f"{node.node}: ส่วนกลางรับเข้าใหม่แล้ว · taken in again"
    say({"node": node.node}, as_json=as_json, text=text)


def _status(folder: Path, *, as_json: bool) -> None:
    with opened(folder) as node, node.db.read() as cursor:
        view = fence.status(node, cursor)
    result = {
        "fenced": view.why,
        "since": view.since,
        "machine": view.machine,
        "machine_before": view.machine_before,
        "said": view.said,
        "by_hand": view.by_hand,
        "restored_from": view.restored_from,
        "unclaimed": view.unclaimed,
        "series": [
            {
                "register": one.register,
                "year": one.year,
                "next": one.next,
                "last": one.last,
                "left": one.left,
                "known": one.known,
                "marks": {mark.source: mark.number for mark in one.marks},
                "guard": one.guard,
            }
            for one in view.series
        ],
    }
    say(result, as_json=as_json, text="\n".join(fence_words.status(view)))
    if view.why:
        raise SystemExit(1)


def _say_lifted(done: Lifted, *, as_json: bool) -> None:
    result = {
        "epoch": done.epoch,
        "already": done.already,
        "skipped": [
            {"register": one.register, "year": one.year, "first": one.first, "last": one.last}
            for one in done.skipped
        ],
    }
    say(result, as_json=as_json, text="\n".join(fence_words.lifted(done)))


def _stated(
    node: Appliance, papers: tuple[str, ...], unknown: tuple[str, ...]
) -> dict[Book, int | None]:
    year = buddhist_year(node.clock.now())
    found: dict[Book, int | None] = {_book(text, year): None for text in unknown}
    for text in papers:
        book, _, number = text.partition("=")
        if not number.isdecimal():
            raise click.BadParameter(f"{text}: REGISTER[/YEAR]=NUMBER", param_hint="--paper")
        found[_book(book, year)] = int(number)
    return found


def _book(text: str, year: int) -> Book:
    register, _, of_year = text.partition("/")
    try:
        return Register(register), int(of_year or year)
    except ValueError as wrong:
        known = ", ".join(Register)
        raise click.BadParameter(f"{text}: one of {known}, with /YEAR if not this one") from wrong
