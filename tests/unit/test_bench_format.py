"""What a benchmark prints can be read by a program."""

import json
import os
import subprocess
import sys
from pathlib import Path

from scripts.benches.report import Report

ROOT = Path(__file__).resolve().parents[2]


def _bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.benches", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_every_benchmark_has_a_name() -> None:
    done = _bench("--list")

    assert done.returncode == 0
    assert {"register", "sync", "search", "idle"} <= set(done.stdout.split())


def test_an_unknown_name_is_told() -> None:
    done = _bench("speed-of-light")

    assert done.returncode == 2
    assert "speed-of-light" in done.stderr


def test_a_benchmark_prints_one_line_that_says_whether_its_goals_hold(tmp_path: Path) -> None:
    done = _bench("--quick", "--scratch", str(tmp_path), "search")

    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    said = json.loads(line)
    assert set(said) == {"bench", "figures", "goals", "holds", "detail"}
    assert said["bench"] == "search"
    assert said["figures"]["same_answers"] == 1
    assert set(said["goals"]) <= set(said["figures"])


def test_a_goal_that_is_missed_or_not_measured_does_not_hold() -> None:
    report = Report("x", {"fast": (">=", 2), "small": ("<=", 5)}, {"fast": 2.0, "small": 5.0})

    assert report.holds
    report.figures["small"] = 5.1
    assert not report.holds
    del report.figures["small"]
    assert not report.holds
