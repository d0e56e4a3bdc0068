"""Reading the project's own source, for the tests beside this file."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = (
    "node/saraban_node",
    "central/saraban_central",
    "sync/saraban_base",
    "sync/saraban_sync",
)
PACKAGES = tuple(folder.rpartition("/")[2] for folder in PRODUCT)


@dataclass(frozen=True)
class Module:
    """One Python file."""

    path: Path
    name: str

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        """The source."""
        return self.path.read_text(encoding="utf-8")

    @property
    def tree(self) -> ast.Module:
        """The source, parsed."""
        return _parsed(self.path)

    def imports(self) -> Iterator[str]:
        """The full names of what it imports, wherever in the file it does."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def product() -> tuple[Module, ...]:
    """Every module that is shipped."""
    return tuple(
        Module(path, ".".join(path.relative_to((ROOT / folder).parent).with_suffix("").parts))
        for folder in PRODUCT
        for path in sorted((ROOT / folder).rglob("*.py"))
    )


@cache
def all_python() -> tuple[Module, ...]:
    """Every Python file of the repository: product, tests and scripts."""
    others = (
        Module(path, path.stem)
        for folder in ("tests", "scripts")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "node_modules" not in path.parts
    )
    return (*product(), *others)


def files() -> list[Path]:
    """Every file that is or would be committed."""
    told = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = (name.decode() for name in told.stdout.split(b"\0") if name)
    return [ROOT / name for name in names if (ROOT / name).is_file()]
