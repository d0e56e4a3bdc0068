"""Commands for letters between offices: what arrived here, and what became of what was sent."""

from pathlib import Path

import click

from saraban_node.books import letters
from saraban_node.cli.common import actor, folder_option, json_option, opened, say
from saraban_node.line import deliveries as delivered
from saraban_node.line import inbox
from saraban_node.line.deliveries import Stage


@click.command()
@folder_option
@json_option
@click.option("--register-all", is_flag=True, help="Give each of them its number now.")
def arrivals(folder: Path, as_json: bool, register_all: bool) -> None:
    """List letters that arrived and are not registered yet."""
    with opened(folder) as node:
        with node.db.read() as cursor:
            found = inbox.arrivals(cursor, limit=10_000)
        numbers: list[int] = []
        for arrival in found if register_all else []:
            with node.db.write() as write:
                letter = inbox.letter_of(arrival)
                entry = letters.register_letter(write, node.journal, letter, actor=actor())
            numbers.append(entry.number)
    result = {
        "arrivals": [
            {
                "node": arrival.source.node,
                "event": arrival.source.event,
                "from": arrival.sender_office,
                "letter_no": arrival.letter_no,
                "subject": arrival.subject,
                "arrived_at": arrival.arrived_at,
            }
            for arrival in found
        ],
        "registered": numbers,
    }
    lines = [f"{arrival.letter_no}  {arrival.subject}" for arrival in found]
    say(result, as_json=as_json, text="\n".join([*lines, f"registered: {len(numbers)}"]))


@click.command()
@folder_option
@json_option
def deliveries(folder: Path, as_json: bool) -> None:
    """Count letters sent, by how far they are known to have come; a letter counts per receiver."""
    with opened(folder) as node, node.db.read() as cursor:
        counted = delivered.counts(cursor)
    result = {
        "sent": counted[Stage.HERE],
        "stored": counted[Stage.STORED],
        "arrived": counted[Stage.ARRIVED],
        "registered": counted[Stage.REGISTERED],
    }
    say(result, as_json=as_json, text="  ".join(f"{key}={shown}" for key, shown in result.items()))
