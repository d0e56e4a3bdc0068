"""A borg repository: a few verbs, each done by a child process and checked there twice.

    node ── verb ──> child (borgapi, then borg's command line) ── Answer ──> result, or a sentence

The passphrase never passes through this process: the child reads its file. The repository is a
folder of this machine, of a stick, or of another machine that is reached by ssh.
"""

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from saraban_base.backup import child_process, errors, locks, memory
from saraban_base.backup.child_process import Watch
from saraban_base.backup.protocol import Answer, Archive, Command, Failure, Item, Request
from saraban_base.backup.remote import Remote

PATIENCE: Final = 6 * 3600
"""Seconds one borg command may take: a first backup to a slow stick can take hours."""
COMPRESSION: Final = "zstd,3"
_NOT_THERE: Final = {Failure.REPOSITORY_MISSING, Failure.NOT_A_REPOSITORY}

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
    """A borg repository.

    Args:
        path: the repository's folder; on the other machine, when it is there.
        passphrase_file: a file with the passphrase and nothing else.
        base_dir: where borg keeps its cache and its memory of this repository; in the node's
            folder, so that nothing is left in a home folder.
        patience: seconds one command may take.
        lock_wait: seconds to wait for somebody else's lock.
        tell: takes a line when a broken lock was cleared.
        remote: how the other machine is reached; None for a folder of this one.
        known_as: under which name it is remembered, when its folder is not always the same, as
            with sticks; its location when empty.
        compression: how borg packs what is new.
        watch: is told how many bytes were read and written while a command runs.
    """

    path: Path
    passphrase_file: Path
    base_dir: Path
    patience: float = PATIENCE
    lock_wait: int = 10
    tell: Tell = field(default=quiet)
    remote: Remote | None = None
    known_as: str = ""
    compression: str = COMPRESSION
    watch: Watch | None = None

    @property
    def location(self) -> str:
        """Where it is, as borg and people read it."""
        return str(self.path.absolute()) if self.remote is None else self.remote.url

    def exists(self) -> bool:
        """Tell whether a repository stands there; of another machine only what is remembered."""
        if self.remote is not None:
            return bool(self._known_id())
        return (self.path / "config").is_file() and (self.path / "data").is_dir()

    def ensure_created(self) -> None:
        """Make the repository unless this node has used it before.

        A repository that is known and not there is never made anew: the stick is not plugged in,
        and a new one would quietly grow on the wrong disk.

        Raises:
            RepositoryMissing: it was there before, or the folder above it is not there.
            RepositoryReplaced: another repository stands in its place.
        """
        if self.remote is not None:
            self._ensure_created_there()
            return
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

    def _ensure_created_there(self) -> None:
        request, known = self._plain(Command.INFO), self._known_id()
        answer = self._ask(request)
        if answer.failure is Failure.REPOSITORY_MOVED:
            answer = self._ask(request, moved=True)  # another address; the id is compared below
            known = known or ", ".join(memory.known(self.base_dir).values())
        if answer.failure in _NOT_THERE:
            if known:
                raise errors.NotAtCentre(answer.detail, repository=self.location)
            answer = self._do(self._plain(Command.INIT))
        elif answer.failure is not None:
            raise self._problem(answer, request)
        elif known and answer.repository_id not in known:
            raise errors.RepositoryReplaced(f"not {known[:12]}", repository=self.location)
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
        if self.remote is not None:
            return self._known_id()
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
            self._plain(
                Command.CREATE,
                archive=archive,
                source=str(source),
                paths=paths,
                exclude=exclude,
                chunker=chunker,
                comment=comment,
                compression=self.compression,
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
            self._plain(
                Command.EXTRACT,
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

    def delete(self, names: tuple[str, ...]) -> tuple[Archive, ...]:
        """Delete archives, and give those that are left; :meth:`compact` then frees the room."""
        return self._do(self._plain(Command.DELETE, paths=names)).archives if names else ()

    def compact(self) -> tuple[Archive, ...]:
        """Free the room of what was deleted, and give the archives there are."""
        return self._do(self._plain(Command.COMPACT)).archives

    def key_text(self) -> str:
        """Give the text of the repository's key, which opens it together with the passphrase."""
        return self._do(self._plain(Command.KEY_EXPORT)).text

    def change_passphrase(self, new: Path) -> None:
        """Let another passphrase open the repository from now on.

        Args:
            new: a file with the new passphrase; ``passphrase_file`` still has the old one.
        """
        self._do(self._plain(Command.CHANGE_PASSPHRASE, target=str(new.absolute())))

    def break_lock(self) -> None:
        """Remove whatever lock there is. Only for one who knows that nobody uses the repository."""
        self._do(self._plain(Command.BREAK_LOCK))

    def _plain(self, command: Command, **more: Any) -> Request:
        return Request(
            command=command,
            repository=self.location,
            passphrase_file=str(self.passphrase_file.absolute()),
            lock_wait=self.lock_wait,
            **more,
        )

    def _do(self, request: Request) -> Answer:
        if self.remote is None and request.command is not Command.INIT and not self.exists():
            raise self._missing("no repository there")
        if request.command is not Command.BREAK_LOCK:
            self._clear_dead_locks()
        answer = self._ask(request)
        if answer.failure is not None:
            raise self._problem(answer, request)
        return answer

    def _clear_dead_locks(self) -> None:
        """Clear the locks whose holders are certainly gone; another machine's borg does its own."""
        host = memory.host(self.base_dir)
        cleared = locks.clear_cache(self.base_dir, host=host)
        held = locks.holders(self.path) if self.remote is None else []
        if held and all(locks.gone(one, host=host) for one in held):
            self.break_lock()
            cleared += held
        if cleared:
            names = ", ".join(sorted({str(one) for one in cleared}))
            self.tell(f"ปลดล็อกที่ค้างจากการหยุดกะทันหันแล้ว · Cleared a lock left by {names}")

    def _ask(self, request: Request, *, moved: bool = False) -> Answer:
        self.base_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return child_process.ask(
            request, self._environment(moved=moved), patience=self.patience, watch=self.watch
        )

    def _environment(self, *, moved: bool) -> dict[str, str]:
        environment = {
            "BORG_BASE_DIR": str(self.base_dir.absolute()),
            "BORG_HOST_ID": memory.host(self.base_dir),
        }
        if self.remote is not None:
            environment["BORG_RSH"] = self.remote.command()
        if moved or self._is_ours_elsewhere():
            environment["BORG_RELOCATED_REPO_ACCESS_IS_OK"] = "yes"
        return environment

    def _is_ours_elsewhere(self) -> bool:
        """Tell whether a repository of this node stands in a folder where it did not before."""
        if self.remote is not None:
            return False
        identity = self.identity()
        return bool(identity) and identity in memory.known(self.base_dir).values()

    @property
    def _name(self) -> str:
        return self.known_as or self.location

    def _known_id(self) -> str:
        return memory.known(self.base_dir).get(self._name, "")

    def _remember(self, identity: str) -> None:
        memory.remember(self.base_dir, self._name, identity)

    def _missing(self, detail: str) -> errors.RepositoryMissing:
        return errors.RepositoryMissing(detail, repository=self.location)

    def _problem(self, answer: Answer, request: Request) -> errors.BackupProblem:
        kind = _PROBLEMS.get(answer.failure or Failure.OTHER, errors.BackupProblem)
        if self.remote is not None and kind is errors.RepositoryMissing:
            kind = errors.NotAtCentre
        held = "" if self.remote else ", ".join(str(one) for one in locks.holders(self.path))
        full_target = request.command is Command.EXTRACT and answer.failure is Failure.DISK_FULL
        return kind(
            f"{request.command}: {answer.failure}: {answer.detail}",
            repository=request.target if full_target else self.location,
            file=self.passphrase_file,
            archive=request.archive,
            holder=held or "?",
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
    Failure.LINE_CUT: errors.LineCut,
    Failure.STRANGE_HOST: errors.StrangeHost,
    Failure.NOT_LET_IN: errors.NotLetIn,
    Failure.SOURCE_MISSING: errors.SourceMissing,
    Failure.SOURCE_CHANGED: errors.SourceMissing,
    Failure.ARCHIVE_MISSING: errors.NoSuchArchive,
    Failure.BORG_TOO_OLD: errors.BorgTooOld,
    Failure.CANCELLED: errors.BackupCancelled,
    Failure.BAD_REQUEST: errors.RepositoryUnusable,
}
