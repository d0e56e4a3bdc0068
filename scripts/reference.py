"""Writes the reference pages that are made from the program: its errors and its databases.

``scripts/reference`` runs it; a test compares what it would write with what is committed.
"""

import importlib
import pkgutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Final

from saraban_base.clock import SystemClock
from saraban_base.sqlite import Database, schema
from saraban_sync.errors import SarabanError

ROOT: Final = Path(__file__).parents[1]
_FOLDER: Final = ROOT / "docs" / "reference"
_PACKAGES: Final = ("saraban_sync", "saraban_base", "saraban_node", "saraban_central")
_SCHEMAS: Final = {
    "schema-node.sql": ("saraban_node", "The database of a node, node.db"),
    "schema-central.sql": ("saraban_central", "The database of the centre, central.db"),
    "schema-central-readmodel.sql": (
        "saraban_central.readmodel",
        "The centre's read model, which can be deleted and built again",
    ),
}


def error_classes() -> list[type[SarabanError]]:
    """Every error of the program, in the order of the codes."""
    for name in _PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.endswith(".__main__"):
                importlib.import_module(module.name)
    found: set[type[SarabanError]] = {SarabanError, *_below(SarabanError)}
    ours = (error for error in found if error.__module__.partition(".")[0] in _PACKAGES)
    return sorted(ours, key=lambda error: (error.code, error.__module__, error.__qualname__))


def _below(error: type[SarabanError]) -> Iterator[type[SarabanError]]:
    for child in error.__subclasses__():
        yield child
        yield from _below(child)


def _errors_page() -> str:
    lines = [
        "# Errors",
        "",
        "Every error has a code that can be read out on the telephone, and a sentence that says",
        "what happened, what is safe and what to do next.",
        "Words in braces are filled in when it happens.",
        "",
        "This page is written by `scripts/reference` from the program.",
        "",
        "| code | when | ภาษาไทย | English |",
        "|---|---|---|---|",
    ]
    for error in error_classes():
        when = (error.__doc__ or "").strip().partition("\n")[0]
        cells = (error.code, when, error.thai, error.english)
        lines.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _schema_page(package: str, title: str, scratch: Path) -> str:
    database = Database.open(
        scratch / f"{package}.db",
        migrations=resources.files(package) / "migrations",
        clock=SystemClock(),
    )
    try:
        made = schema(database)
    finally:
        database.close()
    head = f"-- {title}.\n-- Written by scripts/reference from the migrations of {package}.\n"
    return f"{head}\n{made}"


def pages(scratch: Path) -> dict[Path, str]:
    """Make every page.

    Args:
        scratch: an empty folder for the databases from which the schemas are read.
    """
    made = {_FOLDER / "errors.md": _errors_page()}
    for name, (package, title) in _SCHEMAS.items():
        made[_FOLDER / name] = _schema_page(package, title, scratch)
    return made


def main() -> int:
    """Write the pages that differ; the exit code is 0."""
    with tempfile.TemporaryDirectory() as scratch:
        made = pages(Path(scratch))
    for path, text in made.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"written: {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
