"""The command line ``saraban-central``."""

import click

from saraban_central.cli import centre, identity, offices
from saraban_central.cli.auditing import audit
from saraban_central.cli.backup import backup, restore
from saraban_central.cli.backup_host import backup_host
from saraban_central.cli.common import guarded
from saraban_central.cli.numbers import numbers
from saraban_central.cli.people import person


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="saraban")
def cli() -> None:
    """Saraban centre: takes journals, carries letters, grants numbers, audits (ส่วนกลาง)."""


for command in (
    centre.init,
    centre.serve,
    offices.office,
    offices.enrol,
    offices.grant,
    offices.nodes,
    numbers,
    identity.twin_commands,
    identity.restored,
    person,
    audit,
    backup,
    restore,
    backup_host,
    centre.rebuild,
    centre.status,
):
    cli.add_command(command)
numbers.add_command(identity.reopen)


def main() -> None:
    """Run the command line."""
    guarded(cli)


if __name__ == "__main__":
    main()
