"""How the borg child lives: its request, its passphrase, its end. No borg here.

The child must stop in an orderly way whenever the node wants it to, also when the node was killed
and can say nothing any more, so that borg removes its locks itself.
"""

import os
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Final

from saraban_base.backup.protocol import ARCHIVE_NAME, LOCATION, Command, Failure, Request

_REQUEST_BYTES: Final = 16 * 1024 * 1024


class Stopped(BaseException):
    """The node asked the child to stop; borg's own clean-up runs on the way out."""


class Failed(Exception):
    """The command did not succeed.

    Args:
        failure: why.
        detail: what was seen.
        code: borg's exit code.
        finished: whether borg went to its end all the same, and left its result behind.
    """

    def __init__(
        self, failure: Failure, detail: str, code: int = 2, *, finished: bool = False
    ) -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail
        self.code = code
        self.finished = finished


def check_request(request: Request) -> None:
    """Refuse what could be read as an option, a placeholder or another repository.

    Raises:
        Failed: something in it could be.
    """
    location = request.repository
    if "::" in location or LOCATION.fullmatch(location) is None:
        raise Failed(Failure.BAD_REQUEST, f"repository path {location!r}")
    if request.archive and ARCHIVE_NAME.fullmatch(request.archive) is None:
        raise Failed(Failure.BAD_REQUEST, f"archive name {request.archive!r}")
    if set(request.comment) & set("{}\0\n"):
        raise Failed(Failure.BAD_REQUEST, "comment")
    if request.command is Command.DELETE:
        if not request.paths or any(ARCHIVE_NAME.fullmatch(one) is None for one in request.paths):
            raise Failed(Failure.BAD_REQUEST, f"archive names {request.paths!r}")
        return
    for path in (*request.paths, *request.exclude):
        if not path or path.startswith(("-", "/")) or ".." in path.split("/"):
            raise Failed(Failure.BAD_REQUEST, f"path {path!r}")


def read_passphrase(path: Path) -> str:
    """Read the passphrase as it stands, every blank and quote of it, without the line's end.

    Raises:
        Failed: there is none.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise Failed(Failure.PASSPHRASE_MISSING, f"{path}: {wrong}") from wrong
    text = text.removesuffix("\n").removesuffix("\r")
    if not text or set(text) & set("\0\r\n"):
        raise Failed(Failure.PASSPHRASE_MISSING, f"{path} holds no passphrase of one line")
    return text


def read_line() -> bytes:
    """Read the request's line and not a byte more: the input's end means something else."""
    line = bytearray()
    while not line.endswith(b"\n") and len(line) <= _REQUEST_BYTES:
        some = os.read(0, 65_536)
        if not some:
            break
        line += some
    return bytes(line)


def stop_when_asked() -> None:
    """Stop on SIGTERM, SIGINT, SIGHUP, and when the node goes away without a word."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Stopped

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)

    def watch() -> None:
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="node-alive", daemon=True).start()


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of it."""
    while data:
        data = data[os.write(descriptor, data) :]
