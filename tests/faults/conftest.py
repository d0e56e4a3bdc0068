"""Folders in memory: these tests write the same small files thousands of times."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_SHARED = Path("/dev/shm")


@pytest.fixture(scope="session")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory, where the machine has that; it goes away with the tests."""
    at = _SHARED if _SHARED.is_dir() else tmp_path_factory.getbasetemp()
    folder = Path(tempfile.mkdtemp(dir=at, prefix="saraban-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def scratch(memory: Path) -> Iterator[Path]:
    """A new folder in memory for one test."""
    folder = Path(tempfile.mkdtemp(dir=memory))
    yield folder
    shutil.rmtree(folder)
