"""One letter, or one file of it, out of an old backup, without touching the node that is at work.

    archive …-db ──> scratch ──> chain checked ──> the letter's line and its acts ─┐
    archive …-files ──> only the files of that letter, each checked by its hash ───┴──> FOLDER

What comes out says where it comes from: the events as they were signed, the node's public key, and
the head of the journal that was checked from its first event to its last.
"""

import base64
import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from saraban_base import durable
from saraban_base.backup import errors
from saraban_base.backup.repository import Repository, Tell, quiet
from saraban_base.sqlite import Cursor, looking_at
from saraban_node import journal, keys, meta
from saraban_node.backup import restore, snapshot
from saraban_node.backup.listing import DATABASE_PART, FILES_PART
from saraban_node.backup.restore import From
from saraban_node.backup.restore_errors import NoSuchLetter, SeveralLetters
from saraban_node.books import entries, history
from saraban_node.books.entries import Entry
from saraban_node.books.labels import REGISTER_THAI
from saraban_sync.body import FileRef
from saraban_sync.errors import SarabanError
from saraban_sync.ids import EventId, NodeId
from saraban_sync.registers import Register, instant

_WORK: Final = ".restoring"
LINE: Final = "letter.json"
TEXT: Final = "letter.txt"
PROOF: Final = "proof.json"
_LONGEST_NAME: Final = 120


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which letter.

    Args:
        letter: its number, or the event that registered it.
        register: its register; not needed when the number stands in one only.
        year: its Buddhist year; the latest with that number when None.
        file: name or SHA-256 of the only file that is wanted; all when empty.
    """

    letter: str
    register: Register | None = None
    year: int | None = None
    file: str = ""


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What came out."""

    folder: Path
    told: dict[str, Any]
    text: str


def bring(
    folder: Path, archive: str, wanted: Wanted, *, source: From, tell: Tell = quiet
) -> Brought:
    """Bring a letter into an empty folder.

    Args:
        folder: a new or empty folder.
        archive: the backup's name, or ``latest``.
        wanted: which letter.
        source: the repository.
        tell: takes one line, Thai and English, for each step.

    Raises:
        TargetNotEmpty: there is something in the folder.
        NoSuchArchive: the repository has no such backup.
        NoSuchLetter, SeveralLetters: the backup has no such letter, or several.
        RestoredBad: the backup's journal or a file of the letter is not what was signed.
        BackupProblem: it could not be brought out.
    """
    with _workspace(folder) as work:
        repository = source.opened(work / "borg", tell)
        name = restore.chosen(repository, archive, ignore_lock=source.ignore_lock)
        tell(f"กำลังอ่านทะเบียนจาก {name} · Reading the registers")
        copy = work / "copy"
        copy.mkdir()
        repository.extract(name + DATABASE_PART, copy, ignore_lock=source.ignore_lock)
        with looking_at(copy / snapshot.DATABASE) as cursor:
            entry = find(cursor, wanted, name)
            proof = _proof(cursor, copy, entry, name)
            refs = _files(cursor, entry, wanted, name)
            told = _told(cursor, entry, name, refs)
        if refs:
            tell("กำลังนำแฟ้มออกมา · Bringing out its files")
            _bring_files(repository, name, refs, work, ignore_lock=source.ignore_lock)
        return _put(work, folder, refs, proof=proof, told=told)


def find(cursor: Cursor, wanted: Wanted, archive: str) -> Entry:
    """Find a letter in a backup's database.

    Raises:
        NoSuchLetter, SeveralLetters: there is none, or it is not clear which is meant.
    """
    missing = NoSuchLetter(wanted.letter, letter=wanted.letter, archive=archive)
    if not wanted.letter.isdecimal():
        with contextlib.suppress(SarabanError, ValueError):
            if (found := entries.by_id(cursor, EventId(wanted.letter))) is not None:
                return found
        raise missing
    condition, bindings = "WHERE number = :number", {"number": int(wanted.letter)}
    listed = [
        one
        for one in entries.select(cursor, condition, bindings)
        if wanted.register in (None, one.register) and wanted.year in (None, one.year)
    ]
    if not listed:
        raise missing
    latest = max(one.year for one in listed)
    chosen = [one for one in listed if one.year == latest]
    if len(chosen) > 1:
        names = ", ".join(sorted(f"{one.register}/{one.year}" for one in chosen))
        raise SeveralLetters(names, letter=wanted.letter, found=names)
    return chosen[0]


def _proof(cursor: Cursor, copy: Path, entry: Entry, archive: str) -> dict[str, Any]:
    """Check the whole chain and give the letter's events as they were signed."""
    node = NodeId(meta.get(cursor, meta.NODE))
    try:
        public = keys.load_signing_key(copy / snapshot.KEYS, node).public
        checked = journal.verify(cursor, node=node, key=public)
    except (SarabanError, OSError, ValueError) as wrong:
        why = wrong.detail if isinstance(wrong, SarabanError) else str(wrong)
        raise errors.RestoredBad(why, what=why, folder="–") from wrong
    head = journal.head(cursor)
    events = [event for event, _ in history.acts(cursor, entry.seq)]
    return {
        "archive": archive, "node": node, "public_key": public, "chain_checked": checked,
        "head": {"event": head.id, "hash": head.hash},
        "events": [
            {"id": event.id, "hash": event.hash, "signature": event.signature,
             "payload": base64.b64encode(event.payload).decode("ascii")}
            for event in events
        ],
    }  # fmt: skip


def _files(cursor: Cursor, entry: Entry, wanted: Wanted, archive: str) -> list[FileRef]:
    refs = entries.files(cursor, entry.seq)
    if not wanted.file:
        return refs
    chosen = [ref for ref in refs if wanted.file in (ref.name, ref.sha256)]
    if not chosen:
        name = f"{wanted.letter}: {wanted.file}"
        raise NoSuchLetter(name, letter=name, archive=archive)
    return chosen


def _told(cursor: Cursor, entry: Entry, archive: str, refs: list[FileRef]) -> dict[str, Any]:
    happened = [
        {"event": one.event, "kind": one.kind, "at": instant(one.at), "who": one.who,
         "text": one.text}
        for one in history.of_entry(cursor, entry.seq)
    ]  # fmt: skip
    return {
        "archive": archive,
        "letter": msgspec.to_builtins(entry),
        "history": happened,
        "files": [{"name": ref.name, "size": ref.size, "sha256": ref.sha256} for ref in refs],
    }


def _bring_files(
    repository: Repository, name: str, refs: list[FileRef], work: Path, *, ignore_lock: bool
) -> None:
    paths = tuple(sorted({f"{snapshot.FILES}/{ref.sha256[:2]}/{ref.sha256}" for ref in refs}))
    repository.extract(name + FILES_PART, work, paths=paths, ignore_lock=ignore_lock)
    for ref in refs:
        content = (work / snapshot.FILES / ref.sha256[:2] / ref.sha256).read_bytes()
        if hashlib.sha256(content).hexdigest() != ref.sha256:
            raise errors.RestoredBad(ref.name, what=ref.name, folder="–")


def _put(
    work: Path, folder: Path, refs: list[FileRef], *, proof: dict[str, Any], told: dict[str, Any]
) -> Brought:
    names: list[str] = []
    for ref in refs:
        name = _free_name(ref.name, {LINE, TEXT, PROOF, *names})
        shutil.copyfile(work / snapshot.FILES / ref.sha256[:2] / ref.sha256, folder / name)
        names.append(name)
    told = {**told, "folder": str(folder), "put": names, "chain_checked": proof["chain_checked"]}
    text = _text(told)
    for name, content in ((LINE, _json(told)), (PROOF, _json(proof)), (TEXT, text.encode())):
        durable.write_file(folder / name, content)
    return Brought(folder=folder, told=told, text=f"{text}\n→ {folder}")


def _free_name(name: str, taken: set[str]) -> str:
    """Give a name that is safe in a folder: what an office once typed is not trusted as a path."""
    plain = "".join(one if one.isprintable() and one not in '/\\:*?"<>|' else "_" for one in name)
    plain = plain.strip(". ") or "file"
    stem, dot, end = plain.rpartition(".")
    stem, end = (stem, dot + end) if stem else (plain, "")
    stem = stem.encode()[:_LONGEST_NAME].decode("utf-8", "ignore")
    tried, count = f"{stem}{end[:20]}", 1
    while tried in taken:
        count += 1
        tried = f"{stem} ({count}){end[:20]}"
    return tried


def _text(told: dict[str, Any]) -> str:
    letter = told["letter"]
    thai = REGISTER_THAI[Register(letter["register"])]
    lines = [
        f"{thai} · {letter['register']} {letter['number']}/{letter['year']}",
        f"เรื่อง · Subject: {letter['subject']}",
        f"จาก · From: {letter['sender'] or '–'}",
        f"ถึง · To: {letter['recipient'] or '–'}",
        f"ที่ · Letter no.: {letter['letter_no'] or '–'}",
        f"ลงทะเบียน · Registered: {letter['registered_at']} {letter['registered_by']}",
        f"สถานะ · State: {letter['state']}",
        *(f"  {one['at']} {one['who']}: {one['kind']} {one['text']}" for one in told["history"]),
        *(f"แฟ้ม · File: {name}" for name in told["put"]),
        f"จากชุดสำรอง · From the backup: {told['archive']}",
        f"✓ ลำดับเหตุการณ์และลายมือชื่อถูกต้อง · Chain and signatures good: {told['chain_checked']}",
    ]
    return "\n".join(lines)


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


@contextlib.contextmanager
def _workspace(folder: Path) -> Iterator[Path]:
    """Give a place inside the target; the database and the keys in it never remain."""
    was_there = folder.exists()
    if was_there and (not folder.is_dir() or any(folder.iterdir())):
        raise errors.TargetNotEmpty(str(folder), folder=folder)
    work = folder / _WORK
    done = False
    try:
        work.mkdir(mode=0o700, parents=True)
        yield work
        done = True
    except OSError as wrong:
        raise restore.disk_problem(wrong, folder) from wrong
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if not done and not was_there:
            shutil.rmtree(folder, ignore_errors=True)
