"""A node's borg repository: a few verbs, each done by a child process and checked there twice.

    node ── verb ──> child (borgapi, then borg's command line) ── Answer ──> result, or a sentence

The passphrase never passes through this process: the child reads its file.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from saraban_base.backup import errors, locks
from saraban_base.backup.protocol import Answer, Archive, Command, Failure, Item, Request

PATIENCE: Final = 6 * 3600
"""Seconds one borg command may take: a first backup to a slow stick can take hours."""
_GOODBYE: Final = 15
_ANSWER_BYTES: Final = 256 * 1024 * 1024
_CHILD: Final = "saraban_base.backup.borg_child"
_INHERITED: Final = ("PATH", "TMPDIR", "PYTHONPATH", "SSH_AUTH_SOCK")

Tell = Callable[[str], None]
"""Takes one line about what goes on."""


@dataclass(frozen=True, kw_only=True)
class Created:
    """A new archive, as borg's command line saw it."""

    archive: Archive
    items: tuple[Item, ...]
    bytes_added: int


def quiet(_line: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Repository:
    """A borg repository on a local disk or stick.

    Args:
        path: the repository's folder.
        passphrase_file: a file with the passphrase and nothing else.
        base_dir: where borg keeps its cache and its memory of this repository; in the node's
            folder, so that nothing is left in a home folder.
        patience: seconds one command may take.
        lock_wait: seconds to wait for somebody else's lock.
        tell: takes a line when a broken lock was cleared.
    """

    path: Path
    passphrase_file: Path
    base_dir: Path
    patience: float = PATIENCE
    lock_wait: int = 10
    tell: Tell = field(default=quiet)

    def exists(self) -> bool:
        """Tell whether a repository stands there."""
        return (self.path / "config").is_file() and (self.path / "data").is_dir()

    def ensure_created(self) -> None:
        """Make the repository unless this node has used it before.

        A repository that is known and not there is never made anew: the stick is not plugged in,
        and a new one would quietly grow on the wrong disk.

        Raises:
            RepositoryMissing: it was there before, or the folder above it is not there.
            RepositoryReplaced: another repository stands in its place.
        """
        known = self._known_id()
        if self.exists():
            if known not in {"", self.identity()}:
                raise errors.RepositoryReplaced(f"not {known[:12]}", repository=self.path)
            return
        if known or not self.path.parent.is_dir():
            raise self._missing("no repository there")
        was_there = self.path.exists()
        try:
            answer = self._do(self._plain(Command.INIT))
        except errors.BackupProblem:
            self._unmake(was_there=was_there)
            raise
        self._remember(answer.repository_id)

    def _unmake(self, *, was_there: bool) -> None:
        """Remove a half-made repository; the folder was not there before, or was empty."""
        with contextlib.suppress(OSError):
            for part in ("data", "config", "README", "nonce"):
                remains = self.path / part
                shutil.rmtree(remains) if remains.is_dir() else remains.unlink(missing_ok=True)
            if not was_there:
                shutil.rmtree(self.path)

    def identity(self) -> str:
        """Give the repository's own id, empty when it cannot be read."""
        with contextlib.suppress(OSError):
            for line in (self.path / "config").read_text("utf-8", "replace").splitlines():
                name, _, text = line.partition("=")
                if name.strip() == "id":
                    return text.strip()
        return ""

    def create(
        self,
        archive: str,
        *,
        source: Path,
        paths: tuple[str, ...],
        exclude: tuple[str, ...] = (),
        chunker: str = "",
        comment: str = "",
    ) -> Created:
        """Put files into a new archive.

        Args:
            archive: its name.
            source: the folder the paths are in; they are kept relative to it.
            paths: files and folders below ``source``; a missing one is an error.
            exclude: borg patterns of what to leave out.
            chunker: borg's chunker parameters; its default when empty.
            comment: text kept, encrypted, beside the archive.

        Raises:
            BackupProblem: no archive was made, or not the one that was asked for.
        """
        answer = self._do(
            Request(
                command=Command.CREATE,
                repository=self._location,
                passphrase_file=self._passphrase,
                lock_wait=self.lock_wait,
                archive=archive,
                source=str(source),
                paths=paths,
                exclude=exclude,
                chunker=chunker,
                comment=comment,
                compression="zstd,3",
            )
        )
        self._remember(answer.repository_id)
        return Created(
            archive=answer.archives[0],
            items=answer.items,
            bytes_added=answer.bytes_added,
        )

    def archives(self, *, ignore_lock: bool = False) -> tuple[Archive, ...]:
        """List the archives, oldest first."""
        return self._do(self._plain(Command.LIST, ignore_lock=ignore_lock)).archives

    def bytes_stored(self) -> int:
        """Tell how much all archives together take on the disk."""
        return self._do(self._plain(Command.INFO)).bytes_stored

    def extract(
        self, archive: str, target: Path, *, paths: tuple[str, ...] = (), ignore_lock: bool = False
    ) -> tuple[Item, ...]:
        """Bring an archive's files back into a folder, and give the list of them.

        Raises:
            NoSuchArchive: there is none, or it has none of ``paths``.
            BackupProblem: not everything came back.
        """
        return self._do(
            Request(
                command=Command.EXTRACT,
                repository=self._location,
                passphrase_file=self._passphrase,
                lock_wait=self.lock_wait,
                archive=archive,
                target=str(target),
                paths=paths,
                ignore_lock=ignore_lock,
            )
        ).items

    def check(self, *, verify_data: bool = False) -> None:
        """Read the whole repository and check it.

        Args:
            verify_data: decrypt and check every piece of data too; takes about twice as long.

        Raises:
            RepositoryDamaged: it is not what was written into it.
        """
        self._do(self._plain(Command.CHECK, verify_data=verify_data))

    def break_lock(self) -> None:
        """Remove whatever lock there is. Only for one who knows that nobody uses the repository."""
        self._do(self._plain(Command.BREAK_LOCK))

    @property
    def _location(self) -> str:
        return str(self.path.absolute())

    @property
    def _passphrase(self) -> str:
        return str(self.passphrase_file.absolute())

    def _plain(
        self, command: Command, *, verify_data: bool = False, ignore_lock: bool = False
    ) -> Request:
        return Request(
            command=command,
            repository=self._location,
            passphrase_file=self._passphrase,
            lock_wait=self.lock_wait,
            verify_data=verify_data,
            ignore_lock=ignore_lock,
        )

    def _do(self, request: Request) -> Answer:
        if request.command is not Command.INIT and not self.exists():
            raise self._missing("no repository there")
        if request.command is not Command.BREAK_LOCK:
            self._clear_dead_lock()
        answer = self._ask(request)
        if answer.failure is not None:
            raise self._problem(answer, request)
        return answer

    def _clear_dead_lock(self) -> None:
        held = locks.holders(self.path)
        if held and all(locks.gone(one, host=self._host()) for one in held):
            self.break_lock()
            names = ", ".join(str(one) for one in held)
            self.tell(f"ปลดล็อกที่ค้างจากการหยุดกะทันหันแล้ว · Cleared a lock left by {names}")

    def _ask(self, request: Request) -> Answer:
        self.base_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        child = subprocess.Popen(
            [sys.executable, "-m", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment(),
            start_new_session=True,  # Ctrl-C reaches this process, which then stops the child
        )
        request_to = child.stdin
        child.stdin = None  # else communicate() would close it, which means: stop
        try:
            if request_to is not None:
                with contextlib.suppress(BrokenPipeError):
                    request_to.write(msgspec.json.encode(request) + b"\n")
                    request_to.flush()
            output, log = child.communicate(timeout=self.patience)
        except subprocess.TimeoutExpired as wrong:
            raise errors.BackupTimedOut(str(wrong), seconds=int(self.patience)) from wrong
        finally:
            if request_to is not None:
                with contextlib.suppress(OSError):
                    request_to.close()
            _end(child)
        return _read_answer(output, log, child.returncode)

    def _environment(self) -> Mapping[str, str]:
        """Make the child's whole environment: nothing of BORG_* from outside may reach it."""
        kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return kept | {
            "LC_ALL": "C.UTF-8",
            "PYTHONUTF8": "1",
            "TZ": "UTC",
            "BORG_BASE_DIR": str(self.base_dir.absolute()),
            "BORG_EXIT_CODES": "modern",
            "BORG_HOST_ID": self._host(),
            "BORG_HOSTNAME_IS_UNIQUE": "yes",
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "no",
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "no",
            "BORG_CHECK_I_KNOW_WHAT_I_AM_DOING": "NO",
            "BORG_DELETE_I_KNOW_WHAT_I_AM_DOING": "NO",
            "BORG_DISPLAY_PASSPHRASE": "no",
        }

    def _host(self) -> str:
        """Give the name under which this node's processes lock, made once.

        Host names and network cards repeat among appliances made from one image.
        """
        path = self.base_dir / "host-id"
        with contextlib.suppress(OSError):
            if text := path.read_text(encoding="ascii").strip():
                return text
        self.base_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(f"saraban{secrets.token_hex(8)}\n", encoding="ascii")
        return path.read_text(encoding="ascii").strip()

    def _known_id(self) -> str:
        with contextlib.suppress(OSError, msgspec.DecodeError):
            known = msgspec.json.decode(self._memory().read_bytes(), type=dict[str, str])
            return known.get(self._location, "")
        return ""

    def _remember(self, identity: str) -> None:
        if identity in {"", self._known_id()}:
            return
        known: dict[str, str] = {}
        with contextlib.suppress(OSError, msgspec.DecodeError):
            known = msgspec.json.decode(self._memory().read_bytes(), type=dict[str, str])
        known[self._location] = identity
        new = self._memory().with_suffix(".new")
        new.write_bytes(msgspec.json.encode(known))
        new.replace(self._memory())

    def _memory(self) -> Path:
        return self.base_dir / "repositories.json"

    def _missing(self, detail: str) -> errors.RepositoryMissing:
        return errors.RepositoryMissing(detail, repository=self.path)

    def _problem(self, answer: Answer, request: Request) -> errors.BackupProblem:
        kind = _PROBLEMS.get(answer.failure or Failure.OTHER, errors.BackupProblem)
        held = ", ".join(str(one) for one in locks.holders(self.path)) or "?"
        full_target = request.command is Command.EXTRACT and answer.failure is Failure.DISK_FULL
        return kind(
            f"{request.command}: {answer.failure}: {answer.detail}",
            repository=request.target if full_target else self.path,
            file=self.passphrase_file,
            archive=request.archive,
            holder=held,
            found=answer.detail[:80],
            what=answer.detail[:200],
            why=answer.detail[:200],
        )


_PROBLEMS: Final[dict[Failure, type[errors.BackupProblem]]] = {
    Failure.REPOSITORY_MISSING: errors.RepositoryMissing,
    Failure.NOT_A_REPOSITORY: errors.RepositoryDamaged,
    Failure.REPOSITORY_EXISTS: errors.RepositoryUnusable,
    Failure.REPOSITORY_MOVED: errors.RepositoryReplaced,
    Failure.REPOSITORY_ROLLED_BACK: errors.RepositoryReplaced,
    Failure.WRONG_PASSPHRASE: errors.WrongPassphrase,
    Failure.PASSPHRASE_MISSING: errors.PassphraseMissing,
    Failure.DISK_FULL: errors.RepositoryFull,
    Failure.LOCKED: errors.RepositoryLocked,
    Failure.DAMAGED: errors.RepositoryDamaged,
    Failure.NOT_ALLOWED: errors.RepositoryUnusable,
    Failure.SOURCE_MISSING: errors.SourceMissing,
    Failure.SOURCE_CHANGED: errors.SourceMissing,
    Failure.ARCHIVE_MISSING: errors.NoSuchArchive,
    Failure.BORG_TOO_OLD: errors.BorgTooOld,
    Failure.CANCELLED: errors.BackupCancelled,
    Failure.BAD_REQUEST: errors.RepositoryUnusable,
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
