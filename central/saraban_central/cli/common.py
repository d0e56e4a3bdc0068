"""What every command shares: the folder option, JSON output, errors as sentences."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec

from saraban_base import operator
from saraban_central.centre import Centre, open_centre
from saraban_sync.errors import SarabanError

folder_option = click.option(
    "--folder",
    envvar="SARABAN_CENTRAL_FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("/var/lib/saraban-central"),
    show_default=True,
    help="The centre's folder (or SARABAN_CENTRAL_FOLDER).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@contextmanager
def opened(folder: Path) -> Iterator[Centre]:
    """Open the centre for one command."""
    centre = open_centre(folder)
    try:
        yield centre
    finally:
        centre.close()


def say(result: dict[str, Any], *, as_json: bool, text: str) -> None:
    """Print a result for a program or for a person."""
    if as_json:
        click.echo(msgspec.json.encode(result))  # flushes: a program waits at the other end
    else:
        click.echo(text)


def actor() -> str:
    """Name who runs a command."""
    return f"cli:{operator.name()}"


def failed(wrong: SarabanError) -> NoReturn:
    """End with the error's sentence in Thai and English."""
    click.echo(f"{wrong.code}  {wrong.sentence('th')}", err=True)
    click.echo(f"{wrong.code}  {wrong.sentence('en')}", err=True)
    sys.exit(1)


def guarded(run: Callable[[], Any]) -> None:
    """Run the command line and turn errors into sentences."""
    try:
        run()
    except SarabanError as wrong:
        failed(wrong)
