"""Records working lives and cuts the power in them, in several processes.

    python -m tests.faults.power_run --images 10000000 --lives 60 --seed 1000

is for a night by hand; the tests do the same with fewer images. Exit code 0 only if every image
kept every promise.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from tests.faults.power import Image, lay_out
from tests.faults.power_judge import Verdict

ROOT = Path(__file__).parents[2]


def record(
    folder: Path,
    seed: int,
    *,
    letters: int = 40,
    forgetful: bool = False,
    begin: Image | None = None,
) -> Path:
    """Let a node live once in a process of its own and give the trace of its disk.

    Args:
        folder: where to work.
        seed: chooses what the office does.
        letters: how many it registers.
        forgetful: with ``synchronous=NORMAL``.
        begin: go on from what a power cut left, instead of making a node.
    """
    root, trace = folder / f"life-{seed}", folder / f"trace-{seed}"
    root.mkdir()
    if begin is not None:
        lay_out(begin, root)
    options = ["--seed", str(seed), "--letters", str(letters)]
    if forgetful:
        options.append("--forgetful")
    done = _start("tests.faults.power_work", str(root), str(trace), *options)
    done.communicate()
    if done.returncode:
        raise RuntimeError(f"the recorded life of seed {seed} ended with {done.returncode}")
    return trace


def judge(
    scratch: Path,
    traces: list[Path],
    *,
    images: int,
    processes: int = 2,
    seed: int = 1,
    lying: bool = False,
) -> Verdict:
    """Cut the power so many times in all, in the lives given."""
    shares = [traces[number::processes] for number in range(processes)]
    running = []
    for number, share in enumerate(share for share in shares if share):
        options = ["--images", str(-(-images // len(traces))), "--seed", str(seed + 100 * number)]
        paths = [str(scratch / f"judge-{number}"), *map(str, share)]
        arguments = [*paths, *options, *(["--lying"] if lying else [])]
        running.append(_start("tests.faults.power_judge", *arguments))
    total = Verdict()
    for process in running:
        told, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"a judge ended with {process.returncode}")
        total.add(msgspec.json.decode(told, type=Verdict))
    return total


def _start(module: str, *arguments: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-W", "error", "-m", module, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


def main() -> None:
    """Run from the command line and print what was found."""
    options = argparse.ArgumentParser()
    options.add_argument("--images", type=int, default=200_000)
    options.add_argument("--lives", type=int, default=6)
    options.add_argument("--letters", type=int, default=40)
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        lives = range(given.seed, given.seed + given.lives)
        traces = [record(Path(folder), seed, letters=given.letters) for seed in lives]
        verdict = judge(
            Path(folder), traces, images=given.images, processes=given.processes, seed=given.seed
        )
    sys.stdout.write(msgspec.json.encode(verdict).decode("utf-8") + "\n")
    if verdict.lost or verdict.half or verdict.damaged or verdict.files:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
