"""Is a copy of the centre whole? Asked of every snapshot before it counts, and after a restore.

Each question is answered alone, so that the report says all that is wrong and not only the first
thing. Signatures of every event are the audit's business (``saraban-central audit``); here every
journal is followed by its hashes, and its last event by its signature, which vouches for the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from saraban_base.sqlite import Cursor, looking_at, one, rows, value
from saraban_central import keys
from saraban_central.backup import manifest as manifests
from saraban_central.backup.manifest import Manifest
from saraban_central.records import NODES, Node
from saraban_sync import signing
from saraban_sync.errors import NotAnIdentifier, SarabanError
from saraban_sync.events import GENESIS, payload_hash
from saraban_sync.ids import parse_event_id
from saraban_sync.wire import DIRECTORY, journal_database

DATABASE: Final = "central.db"
_NAMED: Final = 5
_PREFIX: Final = journal_database("")
_TABLES: Final = {"document", "document_database", "chunk", "record", "person", "migration"}


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


class _Link(msgspec.Struct):
    """What a payload says of its predecessor; everything else in it is left alone."""

    prev: str


def verify_copy(folder: Path, *, manifest: Manifest | None) -> Report:
    """Check a snapshot or a restored folder; nothing in it is changed.

    Args:
        folder: holds the database and the keys.
        manifest: what the copy says of itself; None when it could not be read.
    """
    questions: tuple[tuple[str, Callable[[Cursor], None]], ...] = (
        ("database", _sound),
        ("manifest", lambda cursor: _manifest_fits(cursor, manifest)),
        ("documents", _documents_counted),
        ("chains", _chains),
        ("directory", _directory),
        ("key", lambda cursor: _key_fits(cursor, folder)),
    )
    try:
        with looking_at(folder / DATABASE) as cursor:
            there = {str(row[0]) for row in rows(cursor, "SELECT name FROM sqlite_schema")}
            if absent := sorted(_TABLES - there):
                return Report(checks=(_answer("database", f"no table {', '.join(absent)}"),))
            return Report(checks=tuple(_ask(name, ask, cursor) for name, ask in questions))
    except SarabanError as wrong:
        return Report(checks=(_answer("database", wrong.detail or wrong.english),))


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


def _manifest_fits(cursor: Cursor, manifest: Manifest | None) -> None:
    if manifest is None:
        raise _Bad("there is no manifest")
    found = manifests.of_database(cursor, made_at=manifest.made_at, program=manifest.program)
    for name in found.__struct_fields__:
        said, seen = getattr(manifest, name), getattr(found, name)
        if said != seen:
            raise _Bad(f"{name} is {seen}, the manifest says {said}")


def _documents_counted(cursor: Cursor) -> None:
    """Every database holds as many documents as it has counted when they came."""
    bad = rows(
        cursor,
        "SELECT name, documents, (SELECT count(*) FROM document WHERE database = number) AS there"
        " FROM document_database WHERE documents <> there ORDER BY name",
    )
    if bad:
        name, said, there = bad[0]
        raise _Bad(f"{len(bad)} databases, such as {name}: {there} documents of {said}")


def _chains(cursor: Cursor) -> None:
    nodes = _nodes(cursor)
    journals = rows(cursor, "SELECT number, name FROM document_database ORDER BY name")
    bad = [
        f"{name.removeprefix(_PREFIX)}: {problem}"
        for number, name in journals
        if name.startswith(_PREFIX)
        and (problem := _chain(cursor, number, nodes.get(name.removeprefix(_PREFIX))))
    ]
    if bad:
        raise _Bad("; ".join(bad[:_NAMED]))


def _chain(cursor: Cursor, number: int, node: Node | None) -> str:
    """Follow one journal; gives what is wrong, empty when nothing."""
    known = {GENESIS} | ({node.base_hash} if node and node.base_hash else set())
    epoch, last, before = 0, 0, ""
    head: tuple[str, str, str] = ("", "", "")
    for head in cursor.execute(
        "SELECT id, payload, signature FROM document WHERE database = ? ORDER BY id", (number,)
    ):
        name, payload, _ = head
        try:
            now, seq = parse_event_id(name)
            link = msgspec.json.decode(payload, type=_Link)
        except (NotAnIdentifier, msgspec.DecodeError) as wrong:
            return f"{name[:40]} cannot be read: {wrong}"
        if now == epoch and (seq != last + 1 or link.prev != before):
            return f"{name} does not follow {last}"
        if now != epoch and link.prev not in known:
            return f"{name} follows nothing that is here"
        epoch, last, before = now, seq, payload_hash(payload.encode("utf-8"))
        known.add(before)
    if node is not None and head[0] and not _is_signed(node, head[1], head[2]):
        return f"{head[0]} has no signature of {node.node}"
    return ""


def _is_signed(node: Node, payload: str, signature: str) -> bool:
    try:
        signing.verify(node.key, signing.EVENT, payload.encode("utf-8"), signature)
    except SarabanError:
        return bool(node.origin)  # a fork's last event may still be the older name's
    return True


def _nodes(cursor: Cursor) -> dict[str, Node]:
    found = rows(cursor, "SELECT key, value FROM record WHERE shelf = ?", (NODES.name,))
    return {name: msgspec.json.decode(text, type=Node) for name, text in found}


def _directory(cursor: Cursor) -> None:
    """The directory has one entry for each of its versions."""
    found = one(
        cursor,
        "SELECT count(*), coalesce(max(id), '0') FROM document"
        " WHERE database = (SELECT number FROM document_database WHERE name = ?)",
        (DIRECTORY,),
    )
    count, last = found or (0, "0")
    if int(last) != count:
        raise _Bad(f"{count} entries, the last is {last}")
    nodes = int(value(cursor, "SELECT count(*) FROM record WHERE shelf = ?", (NODES.name,)))
    if nodes > count:
        raise _Bad(f"{nodes} nodes, {count} entries")


def _key_fits(cursor: Cursor, folder: Path) -> None:
    here, said = keys.read_key(folder).public, manifests.identity_of(cursor).key
    if here != said:
        raise _Bad("the key in the copy is another centre's")


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
    "manifest": ("ใบกำกับชุดสำรอง", "manifest"),
    "documents": ("จำนวนเอกสารครบ", "count of documents"),
    "chains": ("ลำดับเหตุการณ์ของทุกเครื่อง", "chains of all journals"),
    "directory": ("บัญชีรายชื่อหน่วยงานและเครื่อง", "directory of offices and nodes"),
    "key": ("กุญแจของส่วนกลาง", "key of the centre"),
}
