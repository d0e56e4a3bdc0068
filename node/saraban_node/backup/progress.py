"""How far a backup is: a small file that any page and any command of this machine can read.

The backup may run in the appliance, or be asked for on the command line; so its progress lies in a
file. A backup that was killed leaves the file behind, and its process is gone: that is no progress.
"""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from saraban_base.backup import errors
from saraban_base.backup.repository import Tell
from saraban_sync.errors import SarabanError

FILE: Final = "progress.json"
_LEAST: Final = 1_000_000
"""Weight in bytes of a step that has next to nothing to read: starting borg takes time too."""
_NEARLY: Final = 0.98
_WRITE_EVERY: Final = 0.5
_TELL_EVERY: Final = 5.0


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """The file's content."""

    started_at: str
    actor: str
    pid: int
    born: str
    """When the process began, as the kernel counts: another one may get its number."""
    share: float = 0.0
    place: str = ""
    thai: str = ""
    english: str = ""
    finished_at: str = ""
    good: bool = False
    code: str = ""
    problem_th: str = ""
    problem_en: str = ""
    notes: tuple[str, ...] = ()
    """What was told besides, such as a lock that was cleared."""

    @property
    def running(self) -> bool:
        """Whether it goes on now."""
        return not self.finished_at and _born(self.pid) == self.born != ""

    @property
    def broken_off(self) -> bool:
        """Whether it was killed."""
        return not self.finished_at and not self.running


def read(folder: Path) -> Progress | None:
    """Read how far the last backup of a node came.

    Args:
        folder: the node's folder.
    """
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((folder / "backup" / FILE).read_bytes(), type=Progress)
    return None


class Keeper:
    """Keeps the file while a backup runs.

    Args:
        folder: the node's folder.
        actor: who asked for the backup.
        now: gives the moment as text.
        total: bytes of all steps together.
        tell: takes lines for the person who waits.
        stopped: tells whether to stop.
    """

    def __init__(
        self,
        folder: Path,
        *,
        actor: str,
        now: Callable[[], str],
        total: int,
        tell: Tell,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._stopped = stopped
        self._file = folder / "backup" / FILE
        self._now = now
        self._total = max(total, 1)
        self._tell = tell
        self._done = 0
        self._weight = 0
        self._written = self._told = time.monotonic()
        pid = os.getpid()
        self._state = Progress(
            started_at=now(),
            actor=actor,
            pid=pid,
            born=_born(pid),
            thai="กำลังเปิดที่เก็บข้อมูลสำรอง",
            english="Opening the repositories",
        )
        self._write()

    def step(self, thai: str, english: str, *, weight: int, place: str = "") -> None:
        """Begin the next step."""
        self._done += self._weight
        self._weight = weighed(weight)
        share = self._share_of(0)
        self._change(thai=thai, english=english, place=place, share=share)
        self._tell(f"{share:4.0%} {thai} · {english}")
        self._told = time.monotonic()

    def watch(self, moved: int) -> None:
        """Take how many bytes of the present step were read or written.

        Raises:
            BackupCancelled: it was asked to stop; the caller's child ends in an orderly way.
        """
        if self._stopped():
            raise errors.BackupCancelled("the program is ending")
        share, now = self._share_of(moved), time.monotonic()
        if now - self._written >= _WRITE_EVERY:
            self._change(share=share)
        if now - self._told >= _TELL_EVERY:
            self._told = now
            self._tell(f"{share:4.0%} {self._state.thai} · {self._state.english}")

    def note(self, line: str) -> None:
        """Tell a line that must not be overlooked later."""
        self._tell(line)
        self._change(notes=(*self._state.notes, line))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was noted."""
        return self._state.notes

    def end(self, problem: SarabanError | None) -> None:
        """Write down how it ended."""
        self._change(
            finished_at=self._now(),
            good=problem is None,
            share=1.0 if problem is None else self._state.share,
            code="" if problem is None else problem.code,
            problem_th="" if problem is None else problem.sentence("th"),
            problem_en="" if problem is None else problem.sentence("en"),
        )

    def _share_of(self, moved: int) -> float:
        inside = min(moved / max(self._weight, 1), _NEARLY) * self._weight
        return max(self._state.share, min((self._done + inside) / self._total, _NEARLY))

    def _change(self, **new: object) -> None:
        self._state = msgspec.structs.replace(self._state, **new)
        self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        new = self._file.with_suffix(".new")
        with contextlib.suppress(OSError):  # a full disk must not stop what the backup can still do
            new.write_bytes(msgspec.json.encode(self._state))
            new.replace(self._file)


def weighed(size: int) -> int:
    """Give the weight of a step that reads so many bytes."""
    return max(size, _LEAST)


def _born(pid: int) -> str:
    with contextlib.suppress(OSError, IndexError):
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return text.rpartition(")")[2].split()[19]
    return ""
