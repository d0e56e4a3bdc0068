"""What is installed is what is in the repository: pages, migrations and word lists included."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.architecture.source import PRODUCT, ROOT, files


def test_the_wheel_holds_every_file_of_the_packages_and_no_test(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.iterdir()
    expected = {
        path.relative_to((ROOT / folder).parent).as_posix()
        for folder in PRODUCT
        for path in files()
        if path.is_relative_to(ROOT / folder)
    }

    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert held == expected
