"""What ``scripts/bench`` starts."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from scripts.benches import backup, idle, numbers, register, search, sync
from scripts.benches.report import Report

_ROOT = Path(__file__).resolve().parents[2]
BENCHES: dict[str, Callable[..., Report]] = {
    "register": register.run,
    "sync": sync.run,
    "search": search.run,
    "idle": idle.run,
    "numbers": numbers.run,
    "backup": backup.run,
}


def main() -> int:
    """Measure what was asked for; 0 when it measured, whether or not the goals hold."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure Saraban.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks to run")
    parser.add_argument("--list", action="store_true", help="name all benchmarks")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--scratch", type=Path, default=_ROOT / "data" / "bench")
    asked = parser.parse_args()
    if asked.list:
        print("\n".join(BENCHES))
        return 0
    if unknown := [name for name in asked.names if name not in BENCHES]:
        print(f"unknown: {', '.join(unknown)}; known: {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    asked.scratch.mkdir(parents=True, exist_ok=True)
    for name in asked.names or BENCHES:
        report = BENCHES[name](quick=asked.quick, scratch=asked.scratch)
        print(report.line(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
