"""Is a copy of an office whole? Asked of every snapshot before it counts, and after every restore.

Each question is answered alone, so that the report says all that is wrong and not only the first
thing. The journal is the measure: registers are counted against its signed events, and the manifest
is believed only where it says the same.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from saraban_base.sqlite import Cursor, looking_at, rows
from saraban_node import journal, meta
from saraban_node.backup import manifest as manifests
from saraban_node.backup.manifest import Manifest, RegisterCount
from saraban_node.backup.snapshot import DATABASE
from saraban_node.numbering import numbers
from saraban_sync.errors import SarabanError
from saraban_sync.events import LetterRegistered
from saraban_sync.ids import NodeId
from saraban_sync.number_events import EmergencyCorrelated, NumberReserved
from saraban_sync.registers import Register

_READ: Final = 1024 * 1024
_NAMED: Final = 5
_TABLES: Final = {
    "meta", "migration", "journal", "number_range", "entry", "entry_file", "wanted_file",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question and its answer."""

    name: str
    good: bool
    thai: str
    english: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """All questions about one copy."""

    checks: tuple[Check, ...]
    entries: int = 0
    events: int = 0
    files: int = 0

    @property
    def good(self) -> bool:
        """Whether every answer is good."""
        return bool(self.checks) and all(check.good for check in self.checks)

    def problems(self, language: str = "en") -> str:
        """Say what is wrong, empty when nothing."""
        bad = [check for check in self.checks if not check.good]
        return "; ".join(check.thai if language == "th" else check.english for check in bad)


class _Bad(Exception):
    """The answer to a question is bad."""


def verify_copy(folder: Path, files: Path, *, manifest: Manifest | None, key: str) -> Report:
    """Check a snapshot or a restored folder; nothing in it is changed.

    Args:
        folder: holds the database.
        files: the folder of letter files.
        manifest: what the copy says of itself; None when it could not be read.
        key: the node's public key.
    """
    questions: tuple[tuple[str, Callable[[Cursor], None]], ...] = (
        ("database", _sound),
        ("chain", lambda cursor: _chain(cursor, key)),
        ("manifest", lambda cursor: _manifest_fits(cursor, manifest)),
        ("registers", _registers_fit),
        ("numbers", _numbers_explained),
        ("files", lambda cursor: _files_whole(cursor, files)),
    )
    try:
        with looking_at(folder / DATABASE) as cursor:
            if absent := _tables_absent(cursor):
                return Report(checks=(_answer("database", f"no table {absent}"),))
            checks = tuple(_ask(name, question, cursor) for name, question in questions)
            seen = manifests.of_database(cursor, made_at="", program="")
    except SarabanError as wrong:
        return Report(checks=(_answer("database", wrong.detail or wrong.english),))
    return Report(checks=checks, entries=seen.entries, events=seen.events, files=seen.files)


def _tables_absent(cursor: Cursor) -> str:
    """Name the tables that are not there: an empty file is a sound database too, to SQLite."""
    there = {str(row[0]) for row in rows(cursor, "SELECT name FROM sqlite_schema")}
    return ", ".join(sorted(_TABLES - there))


def _ask(name: str, question: Callable[[Cursor], None], cursor: Cursor) -> Check:
    try:
        question(cursor)
    except _Bad as wrong:
        return _answer(name, str(wrong))
    except SarabanError as wrong:
        return _answer(name, wrong.detail or wrong.english)
    return _answer(name, "")


def _sound(cursor: Cursor) -> None:
    found = [str(row[0]) for row in cursor.execute("PRAGMA integrity_check(20)")]
    found += [f"foreign key {row}" for row in cursor.execute("PRAGMA foreign_key_check")]
    if bad := [line for line in found if line != "ok"]:
        raise _Bad("; ".join(bad[:_NAMED]))


def _chain(cursor: Cursor, key: str) -> None:
    node = NodeId(meta.get(cursor, meta.NODE))
    if journal.verify(cursor, node=node, key=key) == 0:
        raise _Bad("the journal is empty")


def _manifest_fits(cursor: Cursor, manifest: Manifest | None) -> None:
    if manifest is None:
        raise _Bad("there is no manifest")
    found = manifests.of_database(cursor, made_at=manifest.made_at, program=manifest.program)
    for name in ("node", "office", "epoch", "events", "last_event", "head", "registers", "files"):
        said, seen = getattr(manifest, name), getattr(found, name)
        if said != seen:
            raise _Bad(f"{name} is {seen}, the manifest says {said}")


def _registers_fit(cursor: Cursor) -> None:
    """The registers as the pages show them hold exactly what the journal's events say."""
    shown, signed = manifests.registers_of(cursor), counted_in_journal(cursor)
    if shown != signed:
        raise _Bad(f"the registers show {_brief(shown)}, the journal says {_brief(signed)}")


def _numbers_explained(cursor: Cursor) -> None:
    if missing := numbers.unexplained(cursor):
        (register, year), which = next(iter(missing.items()))
        raise _Bad(f"{register}/{year}: {len(which)} numbers, such as {which[:_NAMED]}")


def _files_whole(cursor: Cursor, files: Path) -> None:
    bad = [name for name, size in files_named(cursor) if not _is_whole(files, name, size)]
    if bad:
        names = ", ".join(name[:12] for name in bad[:_NAMED])
        raise _Bad(f"{len(bad)} missing or damaged, such as {names}")


def counted_in_journal(cursor: Cursor) -> tuple[RegisterCount, ...]:
    """Count each register by the signed events, which nobody can change unnoticed."""
    used: dict[tuple[Register, int], list[int]] = {}
    for event in journal.read(cursor):
        if isinstance(event.body, (LetterRegistered, NumberReserved, EmergencyCorrelated)):
            series = (event.body.register, event.body.year)
            used.setdefault(series, []).append(event.body.number)
    return tuple(
        RegisterCount(
            register=register, year=year, entries=len(set(taken)), first=min(taken), last=max(taken)
        )
        for (register, year), taken in sorted(used.items())
    )


def files_named(cursor: Cursor) -> Iterator[tuple[str, int]]:
    """Name the files that must be on this machine, with their sizes.

    A file that is still on its way from the centre is not expected.
    """
    found = rows(
        cursor,
        "SELECT DISTINCT sha256, size FROM entry_file"
        " WHERE sha256 NOT IN (SELECT sha256 FROM wanted_file) ORDER BY sha256",
    )
    for name, size in found:
        yield str(name), int(size)


def file_path(files: Path, sha256: str) -> Path:
    """Give the place of a letter's file."""
    return files / sha256[:2] / sha256


def _is_whole(files: Path, name: str, size: int) -> bool:
    digest = hashlib.sha256()
    try:
        with file_path(files, name).open("rb") as file:
            while block := file.read(_READ):
                digest.update(block)
            return file.tell() == size and digest.hexdigest() == name
    except OSError:
        return False


def _brief(counts: tuple[RegisterCount, ...]) -> str:
    return ", ".join(f"{one.series} {one.entries} ({one.first}–{one.last})" for one in counts)


def _answer(name: str, problem: str) -> Check:
    thai, english = _WORDS[name]
    if not problem:
        return Check(name=name, good=True, thai=f"{thai}: ถูกต้อง", english=f"{english}: good")
    return Check(
        name=name, good=False, thai=f"{thai}: ไม่ผ่าน ({problem})",
        english=f"{english}: bad ({problem})",
    )  # fmt: skip


_WORDS: Final = {
    "database": ("ความสมบูรณ์ของฐานข้อมูล", "soundness of the database"),
    "chain": ("ลำดับเหตุการณ์และลายมือชื่อ", "journal's chain and signatures"),
    "manifest": ("ใบกำกับชุดสำรอง", "manifest"),
    "registers": ("จำนวนรายการในทะเบียนเทียบกับลำดับเหตุการณ์", "registers against the journal"),
    "numbers": ("เลขทะเบียนครบทุกเลข", "no number unexplained"),
    "files": ("แฟ้มหนังสือครบและไม่เสียหาย", "letter files present and whole"),
}
