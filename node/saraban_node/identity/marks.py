"""High-water marks: how far the books were numbered, written down outside the database.

    marks.json in the node's folder, and on a stick if the settings name one
    what each browser in the office keeps, sealed by this node

A database that comes back from an older day does not know what it has forgotten; these do. They
are best effort: nobody ever waits for them, and when one fails, the others and the guard remain.
"""

import logging
import re
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from saraban_base import durable
from saraban_base.sqlite import Cursor, Database, Write, rows
from saraban_node import journal, meta
from saraban_node.config import NodeConfig
from saraban_node.identity import floors
from saraban_node.journal import Journal
from saraban_node.numbering import numbers
from saraban_sync import signing
from saraban_sync.errors import BadSignature
from saraban_sync.ids import EventId, parse_event_id
from saraban_sync.registers import Register

_log: Final = logging.getLogger(__name__)
FILE: Final = "marks.json"
BROWSER: Final = "browser"
COURIER: Final = "courier"
_NOTE: Final = "mark:"
_EVERY: Final = 2.0
_YEARS: Final = 2
_MOST_BYTES: Final = 64 * 1024
_EVENT: Final = re.compile(r"[0-9]{4}-[0-9]{10}")

Book = tuple[Register, int]
"""A register and a Buddhist year of this office."""


class _Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds. Anybody can read it; it names numbers and no letters."""

    node: str
    last: str = ""
    """The journal's last event."""
    hash: str = ""
    numbers: dict[str, int] = {}
    """Greatest number by ``register/year``."""


def greatest(cursor: Cursor) -> dict[Book, int]:
    """Give the greatest number that has a line in each of this node's newer books."""
    books = rows(
        cursor,
        "SELECT DISTINCT register, year FROM number_range"
        " WHERE year > (SELECT max(year) FROM number_range) - ?",
        (_YEARS,),
    )
    found = {
        (Register(row[0]), int(row[1])): numbers.greatest(cursor, Register(row[0]), int(row[1]))
        for row in books
    }
    return {book: number for book, number in found.items() if number}


def accounted(cursor: Cursor) -> dict[Book, int]:
    """Give for each book how far every number has a line or was given up."""
    found: dict[Book, int] = {}
    for one in numbers.held(cursor):
        if one.next > one.first:
            book = (one.register, one.year)
            found[book] = max(one.next - 1, found.get(book, 0))
    for book, floor in floors.stated(cursor).items():
        if floor.known is not None:
            found[book] = max(floor.known, found.get(book, 0))
    return found


def places(folder: Path, config: NodeConfig, node: str) -> tuple[Path, ...]:
    """Name the files that hold a node's marks: in its folder, and where the settings say."""
    own = folder / FILE
    if not config.mark_folder:
        return (own,)
    return own, folder / config.mark_folder / f"marks-{node}.json"


def keep(database: Database, files: Iterable[Path]) -> bool:
    """Write the marks to each of the files whose folder is there, if they have changed.

    Returns:
        Whether all are there now. What fails is only logged.
    """
    with database.read() as cursor:
        head = journal.head(cursor)
        now = _Marks(
            node=meta.get(cursor, meta.NODE),
            last=head.id or "",
            hash=head.hash,
            numbers={_text(book): number for book, number in greatest(cursor).items()},
        )
    good = True
    for file in files:
        before = _read(file, now.node)
        new = _Marks(node=now.node, last=now.last, hash=now.hash, numbers=_merged([before, now]))
        try:
            if file.parent.is_dir() and new != before:
                durable.write_file(file, msgspec.json.encode(new) + b"\n")
        except OSError as wrong:
            _log.warning("marks.not-written file=%s why=%s", file, type(wrong).__name__)
            good = False
    return good


def read(node: str, files: Iterable[Path]) -> dict[Book, int]:
    """Read what some files say about a node; a damaged one says nothing."""
    return _books(_merged(_read(file, node) for file in files))


def fallen_back(cursor: Cursor, files: Iterable[Path]) -> bool:
    """Tell whether the database is older than the marks: somebody has put an old file in its place.

    A mark of an epoch before the present one says nothing: its end may have been left behind.
    """
    head = journal.head(cursor)
    node = meta.get(cursor, meta.NODE)
    for file in files:
        seen = _read(file, node)
        if not seen.last or parse_event_id(seen.last)[0] < head.epoch:
            continue
        if journal.hash_of(cursor, EventId(seen.last)) != seen.hash:
            return True
    return False


def check(database: Database, files: Iterable[Path]) -> bool:
    """Fence a database that has fallen back behind its marks.

    Returns:
        Whether it has not.
    """
    with database.read() as cursor:
        behind = fallen_back(cursor, files)
    if behind:
        with database.write() as write:
            meta.fence(write, meta.RESTORED)
    return not behind


def gather(node: str, folder: Path) -> None:
    """Put together what lies around a folder into which a database was just restored.

    The machine's old folder usually stands beside the new one; what its marks say must not be lost.
    """
    around = [path.parent for path in sorted(folder.parent.glob(f"*/{FILE}"))]
    found = [_read(place / FILE, node) for place in dict.fromkeys([folder, *around])]
    merged = _merged(found)
    if merged:
        newest = max(found, key=lambda marks: marks.last)
        marks = _Marks(node=node, last=newest.last, hash=newest.hash, numbers=merged)
        durable.write_file(folder / FILE, msgspec.json.encode(marks) + b"\n")


def note(write: Write, source: str, register: Register, year: int, number: int) -> None:
    """Keep what somebody else remembers; only the greatest number of each source counts."""
    key = f"{_NOTE}{source}:{_text((register, year))}"
    if number > int(meta.get(write.cursor, key) or "0"):
        meta.put(write, key, str(number))


def noted(cursor: Cursor) -> dict[Book, dict[str, int]]:
    """Give what others were heard to remember: by book, then by source."""
    found: dict[Book, dict[str, int]] = {}
    for name, number in meta.starting(cursor, _NOTE).items():
        source, _, text = name.partition(":")
        for book in _books({text: 1}):
            found.setdefault(book, {})[source] = int(number)
    return found


def forget_noted(write: Write) -> None:
    """Forget what others remember: it stands in the journal now."""
    for name in meta.starting(write.cursor, _NOTE):
        meta.remove(write, f"{_NOTE}{name}")


def seal(own: Journal, text: str) -> str:
    """Sign what a browser is to keep, so that nobody can make it say more; good for a cookie.

    Args:
        own: the node's journal.
        text: letters, digits, ``_`` and ``.``.
    """
    signature = own.key.sign(signing.RECEIPT, f"{own.node} {text}".encode())
    return f"{signature}.{text}"


def unseal(own: Journal, sealed: str) -> str:
    """Give what was sealed, empty when this node did not seal it."""
    signature, _, text = sealed.partition(".")
    try:
        signing.verify(own.key.public, signing.RECEIPT, f"{own.node} {text}".encode(), signature)
    except BadSignature:
        return ""
    return text


def browser_says(database: Database, seen: Mapping[Book, int]) -> bool:
    """Hear what a browser remembers; only what was sealed by this node may be given here.

    Args:
        database: the node's database.
        seen: the greatest number by book.

    Returns:
        Whether the browser remembers numbers of which the database knows nothing. It was then
        brought back from an older day behind the program's back, and is fenced.
    """
    with database.read() as cursor:
        ahead = _ahead(cursor, seen)
    if ahead:
        with database.write() as write:
            ahead = _ahead(write.cursor, seen)
            for (register, year), number in ahead.items():
                note(write, BROWSER, register, year, number)
            if ahead:
                meta.fence(write, meta.RESTORED)
    return bool(ahead)


def _ahead(cursor: Cursor, seen: Mapping[Book, int]) -> dict[Book, int]:
    known = accounted(cursor)
    noted_now = noted(cursor)
    return {
        book: number
        for book, number in seen.items()
        if number > max(known.get(book, 0), noted_now.get(book, {}).get(BROWSER, 0))
    }


class Keeper:
    """Writes the marks in the background, soon after numbers were given.

    Args:
        database: the node's database.
        files: where the marks are kept.
    """

    def __init__(self, database: Database, files: Iterable[Path]) -> None:
        self._database = database
        self._files = tuple(files)
        self._stop = threading.Event()
        self._seen = -1
        self._thread = threading.Thread(target=self._run, name="marks", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Write the marks once more and end."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_EVERY):
            self._look()
        self._look()

    def _look(self) -> None:
        try:
            with self._database.read() as cursor:
                head = journal.head(cursor).seq
            if head != self._seen and keep(self._database, self._files):
                self._seen = head
        except Exception:  # noqa: BLE001 - nobody waits for the marks, and nothing may stop for them
            _log.exception("marks.broken")


def _read(path: Path, node: str) -> _Marks:
    try:
        with path.open("rb") as file:
            found = msgspec.json.decode(file.read(_MOST_BYTES), type=_Marks)
    except (OSError, msgspec.DecodeError):
        return _Marks(node=node)
    whole = found.node == node and len(found.hash) == 64 and _EVENT.fullmatch(found.last)
    return found if whole else _Marks(node=node)


def _merged(many: Iterable[_Marks]) -> dict[str, int]:
    found: dict[str, int] = {}
    for marks in many:
        for text, number in marks.numbers.items():
            found[text] = max(number, found.get(text, 0))
    return found


def _text(book: Book) -> str:
    return f"{book[0]}/{book[1]}"


def _books(texts: Mapping[str, int]) -> dict[Book, int]:
    """Read ``register/year``; what an older or newer program calls otherwise is left out."""
    found: dict[Book, int] = {}
    for text, number in texts.items():
        register, _, year = text.partition("/")
        if register in set(Register) and year.isdecimal() and len(year) == 4:
            found[Register(register), int(year)] = number
    return found
