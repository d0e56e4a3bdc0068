"""Who may import whom: layers, purity, and one door to each library."""

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.source import PACKAGES, ROOT, Module, product

# The one module through which each library is reached. To change a library's version, to check
# how it is used or to replace it, one file is read.
DOORS = {
    "apsw": "saraban_base.sqlite",
    "argon2": "saraban_base.passwords",
    "borg": "saraban_base.backup.borg_session",
    "borgapi": "saraban_base.backup.borg_session",
    "cryptography": "saraban_sync.signing",
    "fontpkg": "saraban_base.fonts",
    "jinja2": "saraban_base.web.templates",
    "openpyxl": "saraban_node.importer.xlsx_file",
    "pycouchdb": "saraban_node.line.strict",
    "requests": "saraban_node.line.strict",
    "segno": "saraban_base.paper.qr",
    "typst": "saraban_base.paper.pdf",
}
# Only what stands between the office and a person or a peer knows these.
SHELL = {"click", "litestar", "uvicorn"}
SHELL_PARTS = {"__main__", "app", "cli", "gateway", "server", "web"}
# What the program is written in rather than what it calls.
EVERYWHERE = {"msgspec"}
# Declared because something needs it at run time, though no module of ours imports it.
INDIRECT = {
    "httptools",  # uvicorn's parser
    "python-multipart",  # litestar's forms
    "fontpkg-sarabun",  # found by fontpkg
    "typing-extensions",  # pycouchdb imports it without declaring it
    "uvloop",  # uvicorn's loop
}


def _libraries(module: Module) -> set[str]:
    tops = {name.partition(".")[0] for name in module.imports()}
    return tops - set(sys.stdlib_module_names) - set(PACKAGES)


def test_the_import_contracts_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    assert lint_imports(cache_dir=None) == EXIT_STATUS_SUCCESS


@pytest.mark.parametrize("module", product(), ids=str)
def test_each_library_has_one_door(module: Module) -> None:
    through = {
        name: DOORS.get(name, "no module yet") for name in _libraries(module) - SHELL - EVERYWHERE
    }

    strangers = {name: door for name, door in through.items() if door != module.name}
    assert not strangers, "reach these through the module named, or give them a door in DOORS"


@pytest.mark.parametrize("module", product(), ids=str)
def test_only_pages_and_commands_know_the_web_and_the_command_line(module: Module) -> None:
    """The rules of an office can be read and tested without a server."""
    assert set(module.name.split(".")) & SHELL_PARTS or not _libraries(module) & SHELL


def test_every_library_used_is_declared_and_every_declared_one_is_used() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    distributions = packages_distributions()
    used = {
        canonicalize_name(distributions[library][0])
        for module in product()
        for library in _libraries(module)
    }

    assert used - declared == set()
    assert declared - used == INDIRECT


@pytest.mark.parametrize(
    "module", [one for one in product() if one.name.startswith("saraban_sync.")], ids=str
)
def test_the_pure_rules_never_touch_a_file_or_the_screen(module: Module) -> None:
    """The contract sees imports; these need none."""
    reached = [
        f"{node.func.id} (line {node.lineno})"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"open", "print", "input", "eval", "exec", "__import__"}
    ]

    assert not reached


@pytest.mark.parametrize("module", product(), ids=str)
def test_the_product_never_imports_its_tests(module: Module) -> None:
    assert not {name.partition(".")[0] for name in module.imports()} & {"tests", "scripts"}
