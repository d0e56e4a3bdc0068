"""What the kernel is really asked for, in which order, seen by strace: file before row before word.

The simulations of this folder believe that SQLite flushes when it says so; this looks.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.offices import an_office

ROOT = Path(__file__).parents[2]
_CALLS = "write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,mkdir,mkdirat"
_LINE = re.compile(r"^\d+\s+(\w+)\((?:AT_FDCWD(?:<[^>]*>)?, )?(?:\d+<([^>]*)>|\"([^\"]*)\")(.*)$")


def _watch(folder: Path, log: Path) -> list[tuple[str, str, str]]:
    """Give call, path and the rest of every call that touches the node, and of the last word."""
    command = [sys.executable, "-m", "tests.faults.order_work", str(folder)]
    strace = ["strace", "-f", "-y", "-s", "300", "-o", str(log), "-e", f"trace={_CALLS}"]
    done = subprocess.run(
        [*strace, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if "PTRACE" in done.stderr or "ptrace" in done.stderr:
        pytest.skip(f"this machine lets nobody watch a program: {done.stderr[:100]}")
    assert done.stdout == "TOLD", done.stderr
    calls = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if found := _LINE.match(line):
            call, by_handle, by_name, rest = found.groups()
            path = by_handle or by_name
            if path.startswith(str(folder)) or "TOLD" in rest:
                calls.append((call, path.removeprefix(str(folder)), rest))
    return calls


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_file_is_on_the_disk_before_its_row_and_the_row_before_the_word(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "node"
    an_office(folder).close()

    calls = _watch(folder, tmp_path / "strace.log")

    def first(call: str, path: str) -> int:
        return next(
            place
            for place, (done, of, _) in enumerate(calls)
            if done.startswith(call) and re.fullmatch(path, of)
        )

    def last(call: str, path: str, until: int) -> int:
        return max(
            place
            for place, (done, of, _) in enumerate(calls[:until])
            if done.startswith(call) and re.fullmatch(path, of)
        )

    temporary, final, log = "/files/incoming/tmp.*", "/files/[0-9a-f]{2}", "/node.db-wal"
    told = next(place for place, (_, _, rest) in enumerate(calls) if "TOLD" in rest)
    settled = first("rename", temporary)
    order = [
        last("write", temporary, told),  # the file's bytes
        first("fsync", temporary),
        settled,
        first("fsync", final),  # its name
        first("pwrite64", log),  # only now anything of the row
        last("pwrite64", log, told),
        last("fdatasync", log, told),
        told,
    ]
    assert order == sorted(order)
    assert first("mkdir", final) < last("fsync", "/files", settled), "the new folder's own name"
    assert first("pwrite64", log) < last("fdatasync", "", told), "the name of the new log"
