"""The repository can be installed anywhere: it names no machine to fetch from, and locks all."""

import json
import os
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.source import ROOT, files

# Written in pieces, so that this file does not name them either.
REGISTRIES = tuple(
    ".".join(parts).encode()
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("snapshot", "debian", "org"),
    )
)
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-build.lock")
SCRIPTS = sorted(
    path
    for path in (*(ROOT / "scripts").iterdir(), *(ROOT / ".ci").iterdir())
    if path.is_file() and path.suffix == ""
)


def _locked(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def test_no_file_says_which_machine_packages_come_from() -> None:
    """Each machine decides that itself: a mirror in the district office, a stick, the internet."""
    named = {
        str(path.relative_to(ROOT)): registry.decode()
        for path in files()
        for registry in REGISTRIES
        if registry in path.read_bytes()
    }

    assert not named


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_carries_hashes(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()

    for number, line in enumerate(lines):
        if "==" in line and not line.lstrip().startswith("#"):
            assert "--hash=sha256:" in lines[number + 1], line
    assert not [line for line in lines if "://" in line or line.startswith("-")]


def test_the_locks_agree_with_each_other_and_with_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {
        "requirements.lock": project["project"]["dependencies"],
        "requirements-dev.lock": project["project"]["optional-dependencies"]["dev"],
        "requirements-build.lock": project["dependency-groups"]["build"],
    }
    widest = _locked("requirements-dev.lock")

    for lock, lines in wanted.items():
        locked = _locked(lock)
        for line in lines:
            requirement = Requirement(line)
            version = locked.get(canonicalize_name(requirement.name))
            assert version is not None, f"{line} is not in {lock}: run scripts/lock"
            assert version in requirement.specifier, f"{line} against {version} in {lock}"
        for package in locked.keys() & widest.keys():
            assert locked[package] == widest[package], f"{package} in {lock}: run scripts/lock"


def test_npm_packages_are_locked_by_hash_and_by_no_address() -> None:
    packages = json.loads((ROOT / "tests" / "js" / "package-lock.json").read_text("utf-8"))[
        "packages"
    ]

    for name, package in packages.items():
        assert "resolved" not in package, name
        assert name == "" or package["integrity"].startswith("sha512-"), name


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_script_can_be_run_as_it_is(script: Path) -> None:
    first = script.read_text(encoding="utf-8").partition("\n")[0]

    assert os.access(script, os.X_OK)
    assert first == "#!/usr/bin/env bash"
