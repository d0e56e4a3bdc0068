"""The child process that talks to borg: ``python -m saraban_base.backup.borg_child``.

    request ──> passphrase set and asserted ──> borgapi, one command ──> exit code asked from borg
                                                      │
                        answer <── do both agree? <── borg's own command line looks at the result

This is the only module that imports borgapi, and it never runs inside the web process. borgapi
throws borg's exit code away, replaces the process's standard output, ends the process on a wrong
option and takes an unset passphrase for an empty one. So each child does one command and ends, its
answer travels on a file descriptor that borgapi does not know, and nothing borgapi says is believed
before a second witness, borg's command line, has looked at the repository.
"""

import contextlib
import errno
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from saraban_base.backup.child_life import (
    Failed,
    Stopped,
    check_request,
    read_line,
    read_passphrase,
    stop_when_asked,
    write_all,
)
from saraban_base.backup.protocol import (
    Answer,
    Archive,
    Command,
    Failure,
    Item,
    Request,
    failure_of,
)

OLDEST_BORG: Final = (1, 4, 5)
"""Older ones are open to spoofed archives (CVE-2023-36811) and unsafe extraction."""
_DETAIL: Final = 2_000
_FOUND_SOMETHING: Final = 1
"""What borg's check ends with when the repository is not whole."""


class _Seen(NamedTuple):
    """What borg's command line answered."""

    code: int
    output: str
    errors: str


class _Notes(logging.Handler):
    """Keeps borg's warnings, which borgapi would only print."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(record.getMessage()[:500])


def main() -> int:
    """Read one request, do it, write one answer.

    Returns:
        0 when the answer was written, whatever it says.
    """
    answer_to = os.dup(1)
    os.dup2(2, 1)  # whatever prints from now on goes to the log, not into the answer
    os.umask(0o077)
    try:
        answer = _answer(msgspec.json.decode(read_line(), type=Request))
    except msgspec.DecodeError as wrong:
        answer = Answer(failure=Failure.BAD_REQUEST, detail=str(wrong), exit_code=2)
    except Stopped:
        answer = Answer(failure=Failure.CANCELLED, detail="stopped", exit_code=143)
    write_all(answer_to, msgspec.json.encode(answer) + b"\n")
    return 0


def refuse_old(version: str) -> None:
    """Check borg's version.

    Raises:
        Failed: it is older than :data:`OLDEST_BORG`, or no version at all.
    """
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if found is None or tuple(int(part) for part in found.groups()) < OLDEST_BORG:
        raise Failed(Failure.BORG_TOO_OLD, f"borg {version or '(none)'}")


def _answer(request: Request) -> Answer:
    notes = _Notes()
    try:
        check_request(request)
        with _Session(request, notes) as session:
            return _DOES[request.command](session)
    except Failed as wrong:
        return Answer(
            failure=wrong.failure, detail=wrong.detail[-_DETAIL:], exit_code=wrong.code,
            notes=tuple(notes.lines),
        )  # fmt: skip


class _Session:
    """borgapi for one command, with borg's command line beside it."""

    def __init__(self, request: Request, notes: _Notes) -> None:
        self.request = request
        self.notes = notes
        self.location = request.repository
        if request.archive:
            self.location += f"::{request.archive}"
        self._passphrase = read_passphrase(Path(request.passphrase_file))

    def __enter__(self) -> "_Session":
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
            raise Failed(_of_code(code, told), told, code) from wrong
        self._assert_passphrase()
        # borgapi drops it; borg 1.4 keeps it aside for its own main program.
        code = int(self._helpers.get_ec())
        if failure_of(code) is not None:
            told = "; ".join([f"borg {verb} ends with {code}", *self.notes.lines[-3:]])
            raise Failed(_of_code(code, told), told, code, finished=True)
        return result

    def look(self, *arguments: str) -> _Seen:
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
        return _Seen(done.returncode, done.stdout, done.stderr)

    def must_see(self, *arguments: str) -> _Seen:
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


def _init(session: _Session) -> Answer:
    request = session.request
    session.run("init", request.repository, "repokey-blake2")
    seen = session.must_see("info", "--json", request.repository)
    mode = json.loads(seen.output)["encryption"]["mode"]
    if mode != "repokey-blake2":
        raise Failed(Failure.DISAGREEMENT, f"made a repository with encryption {mode!r}")
    return _reply(session, seen)


def _create(session: _Session) -> Answer:
    request = session.request
    source = Path(request.source)
    for path in request.paths:
        # borg would make an archive without it and warn; borgapi would not even warn.
        if not (source / path).exists():
            raise Failed(Failure.SOURCE_MISSING, str(source / path), 107)
    os.chdir(source)
    options: dict[str, Any] = {"json": True, "comment": request.comment}
    if request.chunker:
        options["chunker_params"] = request.chunker
    if request.compression:
        options["compression"] = request.compression
    if request.exclude:
        options["exclude"] = list(request.exclude)
    with _removed_if_bad(session):
        made = session.run("create", session.location, *request.paths, **options)
    if not isinstance(made, dict):
        raise Failed(Failure.DISAGREEMENT, f"borgapi answered {made!r:.200}")
    one = made["archive"]
    items, seen_id, code = _items_seen(session)
    if seen_id != one["id"] or one["stats"]["nfiles"] != len(items):
        raise Failed(Failure.DISAGREEMENT, "another archive is listed than was made")
    archive = Archive(name=one["name"], id=seen_id, time=one["start"], comment=request.comment)
    return Answer(
        checked_code=code,
        repository_id=made["repository"]["id"],
        archives=(archive,),
        items=items,
        bytes_added=int(one["stats"]["deduplicated_size"]),
        notes=tuple(session.notes.lines),
    )


@contextlib.contextmanager
def _removed_if_bad(session: _Session) -> Iterator[None]:
    """Take away an archive that borg made although a file was missing or changed."""
    try:
        yield
    except Failed as wrong:
        if wrong.finished:
            session.look("delete", session.location)
        raise


def _list(session: _Session) -> Answer:
    listed = session.run("list", session.request.repository, json=True, format="{comment}",
                         bypass_lock=session.request.ignore_lock)  # fmt: skip
    archives, seen = _archives_seen(session)
    names = listed.get("archives") if isinstance(listed, dict) else None
    if names is None or [one["id"] for one in names] != [one.id for one in archives]:
        raise Failed(Failure.DISAGREEMENT, "two listings of the repository differ")
    return msgspec.structs.replace(_reply(session, seen), archives=archives)


def _extract(session: _Session) -> Answer:
    request = session.request
    items, _, code = _items_seen(session)
    wanted = [one for one in items if not request.paths or _below(one.path, request.paths)]
    if request.paths and not wanted:
        raise Failed(Failure.ARCHIVE_MISSING, f"nothing of {request.paths} in the archive", 31)
    os.chdir(request.target)
    session.run("extract", session.location, *request.paths, bypass_lock=request.ignore_lock)
    for item in wanted:
        found = Path(request.target) / item.path
        if not found.is_file() or found.stat().st_size != item.size:
            raise Failed(Failure.DISAGREEMENT, f"{item.path} was not brought back whole")
    return Answer(checked_code=code, items=tuple(wanted), notes=tuple(session.notes.lines))


def _check(session: _Session) -> Answer:
    try:
        session.run("check", session.request.repository, verify_data=session.request.verify_data)
        seen = session.must_see("check", session.request.repository)
    except Failed as wrong:
        if wrong.code == _FOUND_SOMETHING:
            raise Failed(Failure.DAMAGED, wrong.detail, wrong.code) from wrong
        raise
    return _reply(session, seen)


def _info(session: _Session) -> Answer:
    told = session.run("info", session.request.repository, json=True)
    seen = session.must_see("info", "--json", session.request.repository)
    answer = _reply(session, seen)
    if not isinstance(told, dict) or told["repository"]["id"] != answer.repository_id:
        raise Failed(Failure.DISAGREEMENT, "two reports on the repository differ")
    stored = int(json.loads(seen.output)["cache"]["stats"]["unique_csize"])
    return msgspec.structs.replace(answer, bytes_stored=stored)


def _break_lock(session: _Session) -> Answer:
    session.run("break_lock", session.request.repository)
    return _reply(session, session.must_see("info", "--json", session.request.repository))


_DOES: Final = {
    Command.INIT: _init,
    Command.CREATE: _create,
    Command.LIST: _list,
    Command.EXTRACT: _extract,
    Command.CHECK: _check,
    Command.INFO: _info,
    Command.BREAK_LOCK: _break_lock,
}


def _reply(session: _Session, seen: _Seen) -> Answer:
    try:
        repository = json.loads(seen.output)["repository"]["id"]
    except (ValueError, KeyError, TypeError):
        repository = ""
    return Answer(
        checked_code=seen.code, repository_id=repository, notes=tuple(session.notes.lines)
    )


def _archives_seen(session: _Session) -> tuple[tuple[Archive, ...], _Seen]:
    seen = session.must_see("list", "--json", "--format", "{comment}", session.request.repository)
    listed = json.loads(seen.output)["archives"]
    return tuple(
        Archive(name=one["name"], id=one["id"], time=one["time"], comment=one["comment"])
        for one in listed
    ), seen


def _items_seen(session: _Session) -> tuple[tuple[Item, ...], str, int]:
    """List an archive's files by borg's command line, with the archive's id."""
    keys = "{path}{size}{archiveid}"
    seen = session.must_see("list", "--json-lines", "--format", keys, session.location)
    rows = [json.loads(line) for line in seen.output.splitlines()]
    items = tuple(Item(one["path"], one["size"]) for one in rows if one["type"] == "-")
    return items, (rows[0]["archiveid"] if rows else ""), seen.code


def _below(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def _of_code(code: int, told: str) -> Failure:
    if f"[Errno {errno.ENOSPC}]" in told:
        return Failure.DISK_FULL
    return failure_of(code) or Failure.OTHER


def _of_system(wrong: OSError) -> Failure:
    if wrong.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Failure.DISK_FULL
    if wrong.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return Failure.NOT_ALLOWED
    if wrong.errno in {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ESTALE}:
        return Failure.REPOSITORY_MISSING
    return Failure.DAMAGED if wrong.errno == errno.EIO else Failure.OTHER


if __name__ == "__main__":
    sys.exit(main())
