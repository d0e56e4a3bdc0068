"""The reference pages say what the program does: written from it, or checked against it."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from scripts.reference import pages
from tests.architecture.source import ROOT

CONFIGS = {
    "node": ("saraban_node.config", "NodeConfig"),
    "central": ("saraban_central.config", "CentralConfig"),
}
_HEADING = re.compile(r"^###+ `?([a-z0-9_.]+)`?", re.MULTILINE)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, str]:
    return pages(tmp_path_factory.mktemp("schema"))


@pytest.mark.parametrize(
    "name",
    ["errors.md", "schema-node.sql", "schema-central.sql", "schema-central-readmodel.sql"],
)
def test_the_written_reference_is_what_the_program_is(name: str, written: dict[Path, str]) -> None:
    page = ROOT / "docs" / "reference" / name

    assert page.read_text(encoding="utf-8") == written[page], "run scripts/reference"


def _settings(struct: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(struct):
        name = f"{prefix}{field.encode_name}"
        yield name
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from _settings(field.type, f"{name}.")


@pytest.mark.parametrize("appliance", sorted(CONFIGS))
def test_every_setting_has_a_heading_that_explains_it(appliance: str) -> None:
    """In settings.md, below the heading that names the file."""
    module, name = CONFIGS[appliance]
    struct = getattr(importlib.import_module(module), name)
    text = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)
    (part,) = (one for one in parts if f"`{appliance}.toml`" in one.partition("\n")[0])

    assert _HEADING.findall(part) == list(_settings(struct)), "same names, same order"
