"""Starting a borg child, asking it one thing, and seeing it off."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from saraban_base.backup import errors
from saraban_base.backup.protocol import Answer, Failure, Request

Watch = Callable[[int], None]
"""Takes the number of bytes that were read and written so far."""

_GOODBYE: Final = 15
_NICE: Final = 5
_GLANCE: Final = 0.5
_ANSWER_BYTES: Final = 256 * 1024 * 1024
_CHILD: Final = "saraban_base.backup.borg_child"
_INHERITED: Final = ("PATH", "TMPDIR", "PYTHONPATH")


def ask(
    request: Request, environment: Mapping[str, str], *, patience: float, watch: Watch | None = None
) -> Answer:
    """Let a child do one thing.

    Args:
        request: what it shall do.
        environment: the child's variables, besides the few that every process needs.
        patience: seconds it may take.
        watch: is told twice a second how many bytes the child has read and written.

    Raises:
        BackupTimedOut: it took longer; it was stopped.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", _CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_whole(environment),
        start_new_session=True,  # Ctrl-C reaches this process, which then stops the child
    )
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, child.pid, _NICE)  # the office's work goes first
    request_to = child.stdin
    child.stdin = None  # else communicate() would close it, which means: stop
    try:
        if request_to is not None:
            with contextlib.suppress(BrokenPipeError):
                request_to.write(msgspec.json.encode(request) + b"\n")
                request_to.flush()
        output, log = _listen(child, patience, watch)
    finally:
        if request_to is not None:
            with contextlib.suppress(OSError):
                request_to.close()
        _end(child)
    return _read_answer(output, log, child.returncode)


def _listen(
    child: "subprocess.Popen[bytes]", patience: float, watch: Watch | None
) -> tuple[bytes, bytes]:
    until = time.monotonic() + patience
    while True:
        left = until - time.monotonic()
        try:
            return child.communicate(timeout=min(left, _GLANCE) if watch else left)
        except subprocess.TimeoutExpired as wrong:
            if time.monotonic() >= until:
                raise errors.BackupTimedOut(str(wrong), seconds=int(patience)) from wrong
        if watch:
            watch(_bytes_moved(child.pid))


def _bytes_moved(pid: int) -> int:
    """Ask the kernel how many bytes a process has read and written, whatever they were."""
    with contextlib.suppress(OSError, ValueError):
        lines = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()
        said = dict(line.split(": ") for line in lines)
        return max(int(said["rchar"]), int(said["wchar"]))
    return 0


def _whole(environment: Mapping[str, str]) -> dict[str, str]:
    """Make the child's whole environment: nothing of BORG_* from outside may reach it."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {
        **kept,
        "LC_ALL": "C.UTF-8",
        "PYTHONUTF8": "1",
        "TZ": "UTC",
        "BORG_EXIT_CODES": "modern",
        "BORG_HOSTNAME_IS_UNIQUE": "yes",
        "BORG_RELOCATED_REPO_ACCESS_IS_OK": "no",
        "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "no",
        "BORG_CHECK_I_KNOW_WHAT_I_AM_DOING": "NO",
        "BORG_DELETE_I_KNOW_WHAT_I_AM_DOING": "NO",
        "BORG_DISPLAY_PASSPHRASE": "no",
        **environment,
    }


def _end(child: "subprocess.Popen[bytes]") -> None:
    """See the child off: it stops in an orderly way when its standard input closes."""
    try:
        child.wait(_GOODBYE)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # its own session: borg's command line dies too
        child.wait()
    for pipe in (child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()


def _read_answer(output: bytes, log: bytes, code: int) -> Answer:
    last = output.strip().rpartition(b"\n")[2]
    if len(output) <= _ANSWER_BYTES:
        with contextlib.suppress(msgspec.DecodeError):
            return msgspec.json.decode(last, type=Answer)
    told = log.decode("utf-8", "replace").strip()[-2_000:]
    if "ModuleNotFoundError" in told or "ImportError" in told:
        return Answer(failure=Failure.BORG_TOO_OLD, detail=told, exit_code=code)
    if code < 0:
        return Answer(failure=Failure.CANCELLED, detail=f"signal {-code}: {told}", exit_code=code)
    return Answer(failure=Failure.OTHER, detail=f"no answer, exit {code}: {told}", exit_code=code)
