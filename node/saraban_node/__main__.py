"""The command line ``saraban-node``."""

import click

from saraban_node.cli import letters, node
from saraban_node.cli import numbers as number_commands
from saraban_node.cli.arrivals import arrivals, deliveries
from saraban_node.cli.backup import backup
from saraban_node.cli.clock import clock
from saraban_node.cli.common import guarded
from saraban_node.cli.drill import drill_command
from saraban_node.cli.fence import fence_group, fork, machine_code, rejoin
from saraban_node.cli.key import key
from saraban_node.cli.people import person
from saraban_node.cli.restore import restore, restore_letter


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="saraban")
def cli() -> None:
    """Saraban node: registers official letters with no line (เครื่องสารบรรณของหน่วยงาน)."""


for command in (
    node.init,
    node.serve,
    person,
    letters.register,
    letters.import_,
    arrivals,
    deliveries,
    node.sync,
    letters.journal_group,
    clock,
    node.rebuild,
    backup,
    drill_command,
    key,
    restore,
    restore_letter,
    node.status,
    number_commands.numbers,
    number_commands.keep_house,
    fence_group,
    machine_code,
    rejoin,
    fork,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line."""
    guarded(cli)


if __name__ == "__main__":
    main()
