"""What borg is asked to do: each verb once through borgapi, then looked at by borg itself."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from saraban_base.backup.borg_session import Seen, Session
from saraban_base.backup.child_life import Failed
from saraban_base.backup.protocol import Answer, Archive, Command, Failure, Item

_FOUND_SOMETHING: Final = 1
"""What borg's check ends with when the repository is not whole."""


def _init(session: Session) -> Answer:
    request = session.request
    session.run("init", request.repository, "repokey-blake2")
    seen = session.must_see("info", "--json", request.repository)
    mode = json.loads(seen.output)["encryption"]["mode"]
    if mode != "repokey-blake2":
        raise Failed(Failure.DISAGREEMENT, f"made a repository with encryption {mode!r}")
    return _reply(session, seen)


def _create(session: Session) -> Answer:
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
def _removed_if_bad(session: Session) -> Iterator[None]:
    """Take away an archive that borg made although a file was missing or changed."""
    try:
        yield
    except Failed as wrong:
        if wrong.finished:
            session.look("delete", session.location)
        raise


def _list(session: Session) -> Answer:
    listed = session.run("list", session.request.repository, json=True, format="{comment}",
                         bypass_lock=session.request.ignore_lock)  # fmt: skip
    archives, seen = _archives_seen(session)
    names = listed.get("archives") if isinstance(listed, dict) else None
    if names is None or [one["id"] for one in names] != [one.id for one in archives]:
        raise Failed(Failure.DISAGREEMENT, "two listings of the repository differ")
    return msgspec.structs.replace(_reply(session, seen), archives=archives)


def _extract(session: Session) -> Answer:
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


def _check(session: Session) -> Answer:
    try:
        session.run("check", session.request.repository, verify_data=session.request.verify_data)
        seen = session.must_see("check", session.request.repository)
    except Failed as wrong:
        if wrong.code == _FOUND_SOMETHING:
            raise Failed(Failure.DAMAGED, wrong.detail, wrong.code) from wrong
        raise
    return _reply(session, seen)


def _info(session: Session) -> Answer:
    told = session.run("info", session.request.repository, json=True)
    seen = session.must_see("info", "--json", session.request.repository)
    answer = _reply(session, seen)
    if not isinstance(told, dict) or told["repository"]["id"] != answer.repository_id:
        raise Failed(Failure.DISAGREEMENT, "two reports on the repository differ")
    stored = int(json.loads(seen.output)["cache"]["stats"]["unique_csize"])
    return msgspec.structs.replace(answer, bytes_stored=stored)


def _break_lock(session: Session) -> Answer:
    session.run("break_lock", session.request.repository)
    return _reply(session, session.must_see("info", "--json", session.request.repository))


def _delete(session: Session) -> Answer:
    """Delete archives by name: never by a pattern, and never the repository."""
    first, *others = session.request.paths
    session.run("delete", f"{session.request.repository}::{first}", *others)
    archives, seen = _archives_seen(session)
    if still := {one.name for one in archives} & set(session.request.paths):
        raise Failed(Failure.DISAGREEMENT, f"still there: {', '.join(sorted(still))}")
    return msgspec.structs.replace(_reply(session, seen), archives=archives)


def _compact(session: Session) -> Answer:
    session.run("compact", session.request.repository)
    archives, seen = _archives_seen(session)
    return msgspec.structs.replace(_reply(session, seen), archives=archives)


def _key_export(session: Session) -> Answer:
    """Give the text of the repository's key; it is of no use without the passphrase."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "key"
        session.run("key_export", session.request.repository, str(path))
        text = path.read_text(encoding="utf-8")
    if not text.startswith("BORG_KEY "):
        raise Failed(Failure.DISAGREEMENT, "borg exported no key")
    seen = session.must_see("info", "--json", session.request.repository)
    return msgspec.structs.replace(_reply(session, seen), text=text)


def _change_passphrase(session: Session) -> Answer:
    with session.next_passphrase(Path(session.request.target)):
        session.run("key_change_passphrase", session.request.repository)
    return _reply(session, session.must_see("info", "--json", session.request.repository))


DOES: Final = {
    Command.INIT: _init,
    Command.CREATE: _create,
    Command.LIST: _list,
    Command.EXTRACT: _extract,
    Command.CHECK: _check,
    Command.INFO: _info,
    Command.BREAK_LOCK: _break_lock,
    Command.DELETE: _delete,
    Command.COMPACT: _compact,
    Command.KEY_EXPORT: _key_export,
    Command.CHANGE_PASSPHRASE: _change_passphrase,
}


def _reply(session: Session, seen: Seen) -> Answer:
    try:
        repository = json.loads(seen.output)["repository"]["id"]
    except (ValueError, KeyError, TypeError):
        repository = ""
    return Answer(
        checked_code=seen.code, repository_id=repository, notes=tuple(session.notes.lines)
    )


def _archives_seen(session: Session) -> tuple[tuple[Archive, ...], Seen]:
    seen = session.must_see("list", "--json", "--format", "{comment}", session.request.repository)
    listed = json.loads(seen.output)["archives"]
    return tuple(
        Archive(name=one["name"], id=one["id"], time=one["time"], comment=one["comment"])
        for one in listed
    ), seen


def _items_seen(session: Session) -> tuple[tuple[Item, ...], str, int]:
    """List an archive's files by borg's command line, with the archive's id."""
    keys = "{path}{size}{archiveid}"
    seen = session.must_see("list", "--json-lines", "--format", keys, session.location)
    rows = [json.loads(line) for line in seen.output.splitlines()]
    items = tuple(Item(one["path"], one["size"]) for one in rows if one["type"] == "-")
    return items, (rows[0]["archiveid"] if rows else ""), seen.code


def _below(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)
