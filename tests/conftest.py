"""What holds for every test: a clean environment, fixed randomness, and who shares a worker."""

import os
from pathlib import Path

import hypothesis
import pytest

_TESTS = Path(__file__).parent

# Tests in these folders start real appliances, borg or a browser. Two at once would steal each
# other's processor and time out for no reason, so under xdist they follow each other.
_ONE_AFTER_ANOTHER = ("acceptance", "browser")

# `ci` draws the same examples every time: a red run can be repeated, a green one stays green.
hypothesis.settings.register_profile(
    "ci", max_examples=60, deadline=None, derandomize=True, database=None, print_blob=True
)
# `long` is for a night by hand: HYPOTHESIS_PROFILE=long scripts/test tests/properties
hypothesis.settings.register_profile("long", max_examples=5_000, deadline=None, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# The settings of whoever runs the tests must not leak into what they prove; nor may Python be told
# not to buffer, which would hide that a program waits for a line that was never flushed.
for _name in [name for name in os.environ if name.startswith("SARABAN_")]:
    del os.environ[_name]
os.environ.pop("PYTHONUNBUFFERED", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long serial tests first, and keep each file's tests on one worker."""
    items.sort(key=lambda item: _folder(item) not in _ONE_AFTER_ANOTHER)
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            folder = _folder(item)
            alone = folder in _ONE_AFTER_ANOTHER
            name = "appliances" if alone else item.path.relative_to(_TESTS).as_posix()
            item.add_marker(pytest.mark.xdist_group(name=name))


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(_TESTS).parts[0]
