"""borgapi for one command in the child's life, with borg's own command line beside it.

This is the only module that imports borgapi, and it never runs inside the web process. borgapi
throws borg's exit code away, replaces the process's standard output, ends the process on a wrong
option and takes an unset passphrase for an empty one. So nothing it says is believed before a
second witness, borg's command line, has looked at the repository.
"""

import contextlib
import errno
import logging
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from saraban_base.backup.child_life import Failed, read_passphrase, stop_when_asked, write_all
from saraban_base.backup.protocol import Failure, Request, failure_of

OLDEST_BORG: Final = (1, 4, 5)
"""Older ones are open to spoofed archives (CVE-2023-36811) and unsafe extraction."""

_KNOCK: Final = 60
_NEVER_OPENED: Final = 81
"""What borg ends with when ssh did not come through to a borg on the other side."""
_LINE_ENDED: Final = {80, _NEVER_OPENED, 87}
"""What borg ends with when the other end of its ssh is gone."""


class Seen(NamedTuple):
    """What borg's command line answered."""

    code: int
    output: str
    errors: str


class Notes(logging.Handler):
    """Keeps borg's warnings, which borgapi would only print."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(record.getMessage()[:500])


def refuse_old(version: str) -> None:
    """Check borg's version.

    Raises:
        Failed: it is older than :data:`OLDEST_BORG`, or no version at all.
    """
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if found is None or tuple(int(part) for part in found.groups()) < OLDEST_BORG:
        raise Failed(Failure.BORG_TOO_OLD, f"borg {version or '(none)'}")


class Session:
    """borgapi for one command, with borg's command line beside it."""

    def __init__(self, request: Request, notes: Notes) -> None:
        self.request = request
        self.notes = notes
        self.location = request.repository
        if request.archive:
            self.location += f"::{request.archive}"
        self._passphrase = read_passphrase(Path(request.passphrase_file))

    def __enter__(self) -> "Session":
        # Both must stand before borg is imported: it reads its environment while importing, and
        # borgapi sets an empty passphrase where there is none.
        os.environ["BORG_PASSPHRASE"] = self._passphrase
        os.environ["BORG_EXIT_CODES"] = "modern"
        import borg
        import borg.helpers
        import borgapi

        refuse_old(borg.__version__)
        self._helpers = borg.helpers
        self._api: Any = borgapi.BorgAPI(log_level="warning")
        # borgapi ignores lock_wait, which only borg's own main program passes on.
        self._api.archiver.lock_wait = self.request.lock_wait
        logging.getLogger("borg").addHandler(self.notes)
        self._assert_passphrase()
        # Not earlier: while borg is imported something in it swallows the exception, and the
        # command would run to its end. Until here a signal simply ends the process.
        stop_when_asked()
        return self

    def __exit__(self, *_: object) -> None:
        os.environ.pop("BORG_PASSPHRASE", None)

    def run(self, verb: str, *arguments: str, **options: Any) -> Any:
        """Run one borg command through borgapi.

        Raises:
            Failed: an exception, an attempt to end the process, or an exit code other than 0.
        """
        self._helpers.get_reset_ec()
        try:
            result = getattr(self._api, verb)(*arguments, **options)
        except SystemExit as wrong:
            raise Failed(Failure.BAD_REQUEST, f"borg refused {verb}: {wrong.code}") from wrong
        except OSError as wrong:
            raise Failed(_of_system(wrong), f"{type(wrong).__name__}: {wrong}") from wrong
        except Exception as wrong:  # borg's errors share no base class with a stable name
            code = int(getattr(wrong, "exit_code", 2))
            told = f"{type(wrong).__name__}: {wrong}"
            if code == _NEVER_OPENED:  # borgapi keeps what ssh said for itself
                told = f"{told} {self._what_ssh_says()}"
            raise Failed(_of_code(code, told), told, code) from wrong
        self._assert_passphrase()
        # borgapi drops it; borg 1.4 keeps it aside for its own main program.
        code = int(self._helpers.get_ec())
        if failure_of(code) is not None:
            told = "; ".join([f"borg {verb} ends with {code}", *self.notes.lines[-3:]])
            raise Failed(_of_code(code, told), told, code, finished=True)
        return result

    @contextlib.contextmanager
    def next_passphrase(self, path: Path) -> Iterator[None]:
        """Let borg change to the passphrase of another file; afterwards that one opens it."""
        new = read_passphrase(path)
        os.environ["BORG_NEW_PASSPHRASE"] = new
        try:
            yield
        finally:
            os.environ.pop("BORG_NEW_PASSPHRASE", None)
        self._passphrase = new

    def look(self, *arguments: str) -> Seen:
        """Ask borg's own command line, in a process of its own that gets the passphrase by pipe."""
        reading, writing = os.pipe()
        try:
            environment = {k: v for k, v in os.environ.items() if k != "BORG_PASSPHRASE"}
            environment["BORG_PASSPHRASE_FD"] = str(reading)
            write_all(writing, self._passphrase.encode())
            os.close(writing)
            done = subprocess.run(
                [sys.executable, "-m", "borg", *self._common(), *arguments],
                env=environment, pass_fds=(reading,), stdin=subprocess.DEVNULL,
                capture_output=True, check=False, encoding="utf-8", errors="replace",
            )  # fmt: skip
        finally:
            os.close(reading)
        return Seen(done.returncode, done.stdout, done.stderr)

    def _what_ssh_says(self) -> str:
        """Knock once more, by ssh alone: borg does not wait for what it prints at its end."""
        parts = urlsplit(self.request.repository)
        words = [*shlex.split(os.environ["BORG_RSH"]), "-p", str(parts.port or 22)]
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = subprocess.run(
                [*words, f"{parts.username}@{parts.hostname}", "borg serve"],
                stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True,
                errors="replace", timeout=_KNOCK,
            )  # fmt: skip
            return done.stderr[-1_000:]
        return ""

    def must_see(self, *arguments: str) -> Seen:
        """As :meth:`look`.

        Raises:
            Failed: borg ended with another exit code than 0.
        """
        seen = self.look(*arguments)
        if failure_of(seen.code) is not None:
            told = f"borg {arguments[0]}: {seen.errors}"
            raise Failed(_of_code(seen.code, told), told, seen.code)
        return seen

    def _common(self) -> list[str]:
        common = ["--lock-wait", str(self.request.lock_wait)]
        return [*common, "--bypass-lock"] if self.request.ignore_lock else common

    def _assert_passphrase(self) -> None:
        if os.environ.get("BORG_PASSPHRASE") != self._passphrase:
            raise Failed(Failure.DISAGREEMENT, "borgapi changed the passphrase")


def _of_code(code: int, told: str) -> Failure:
    if code in _LINE_ENDED:
        return _why_line_ended(told)
    if f"[Errno {errno.ENOSPC}]" in told:
        return Failure.DISK_FULL
    return failure_of(code) or Failure.OTHER


def _why_line_ended(told: str) -> Failure:
    """Tell why ssh ended, from what it printed: its exit code is 255 for everything."""
    if "Host key verification failed" in told or "host key is known" in told:
        return Failure.STRANGE_HOST
    if "Permission denied" in told or "Too many authentication failures" in told:
        return Failure.NOT_LET_IN
    return Failure.LINE_CUT


def _of_system(wrong: OSError) -> Failure:
    if wrong.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Failure.DISK_FULL
    if wrong.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return Failure.NOT_ALLOWED
    if wrong.errno in {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ESTALE}:
        return Failure.REPOSITORY_MISSING
    if wrong.errno in {errno.EPIPE, errno.ECONNRESET}:
        return Failure.LINE_CUT
    return Failure.DAMAGED if wrong.errno == errno.EIO else Failure.OTHER
