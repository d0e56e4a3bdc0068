"""What a backup says of itself: the manifest inside it, and one line beside it in the repository.

The line travels as the archive's comment, encrypted like everything else, so that a list of backups
can tell how many letters each one holds without bringing it back, and so that a database that has
lost letters is noticed against the repository and not only against itself.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from saraban_base.sqlite import Cursor, one, rows, value
from saraban_node import journal, meta
from saraban_sync.registers import Register

FILE: Final = "manifest.json"
VERSION: Final = 1


class RegisterCount(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """How many lines a register of one year holds, and its first and last number."""

    register: Register
    year: int
    entries: int
    first: int
    last: int

    @property
    def series(self) -> str:
        """The register and year as text: ``incoming/2569``."""
        return f"{self.register}/{self.year}"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a backup; unknown fields of newer programs are left alone."""

    version: int
    node: str
    office: str
    epoch: int
    made_at: str
    program: str
    schema: str
    """Name of the last migration."""
    events: int
    """Length of the journal."""
    last_event: str
    head: str
    """SHA-256 of the last event's payload."""
    registers: tuple[RegisterCount, ...]
    files: int
    """Letter files that the database names and that are here."""
    file_bytes: int

    @property
    def entries(self) -> int:
        """Lines of all registers together."""
        return sum(one.entries for one in self.registers)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive's comment tells."""

    epoch: int = 0
    events: int = 0
    last_event: str = ""
    head: str = ""
    files: int = 0
    registers: dict[str, int] = {}

    @property
    def entries(self) -> int:
        """Lines of all registers together."""
        return sum(self.registers.values())


def of_database(cursor: Cursor, *, made_at: str, program: str) -> Manifest:
    """Count what a database holds."""
    last = journal.head(cursor)
    count, size = _files(cursor)
    return Manifest(
        version=VERSION,
        node=meta.get(cursor, meta.NODE),
        office=meta.get(cursor, meta.OFFICE),
        epoch=meta.epoch(cursor),
        made_at=made_at,
        program=program,
        schema=str(value(cursor, "SELECT max(name) FROM migration") or ""),
        events=int(value(cursor, "SELECT count(*) FROM journal")),
        last_event=last.id or "",
        head=last.hash,
        registers=registers_of(cursor),
        files=count,
        file_bytes=size,
    )


def file_bytes(cursor: Cursor) -> int:
    """Tell how large all letter files are that the database names and that are here."""
    return _files(cursor)[1]


def _files(cursor: Cursor) -> tuple[int, int]:
    found = one(
        cursor,
        "SELECT count(*), coalesce(sum(size), 0) FROM"
        " (SELECT DISTINCT sha256, size FROM entry_file"
        " WHERE sha256 NOT IN (SELECT sha256 FROM wanted_file))",
    )
    count, size = found or (0, 0)
    return int(count), int(size)


def registers_of(cursor: Cursor) -> tuple[RegisterCount, ...]:
    """Count the lines of each register as the register pages show them."""
    found = rows(
        cursor,
        "SELECT register, year, count(*), min(number), max(number) FROM entry"
        " WHERE number > 0 GROUP BY register, year ORDER BY register, year",
    )
    return tuple(
        RegisterCount(register=Register(row[0]), year=row[1], entries=row[2], first=row[3],
                      last=row[4])
        for row in found
    )  # fmt: skip


def summary_line(manifest: Manifest) -> str:
    """Write the one line that is kept beside an archive."""
    parts = [
        f"epoch={manifest.epoch}",
        f"events={manifest.events}",
        f"last={manifest.last_event}",
        f"head={manifest.head}",
        f"files={manifest.files}",
        *(f"{one.series}={one.entries}" for one in manifest.registers),
    ]
    return "saraban1 " + " ".join(parts)


def read_summary(line: str) -> Summary:
    """Read what :func:`summary_line` wrote; what is not understood is left out."""
    words = line.split()
    if words[:1] != ["saraban1"]:
        return Summary()
    said = dict(word.partition("=")[::2] for word in words[1:])
    numbers = {name: int(text) for name, text in said.items() if text.isdecimal()}
    return Summary(
        epoch=numbers.get("epoch", 0),
        events=numbers.get("events", 0),
        last_event=said.get("last", ""),
        head=said.get("head", ""),
        files=numbers.get("files", 0),
        registers={name: count for name, count in numbers.items() if "/" in name},
    )


def lost(before: Summary, now: Manifest) -> list[str]:
    """Say what a database holds less of than an earlier backup; empty when nothing.

    Journals and registers only ever grow, so there is no tolerance, except that the centre gives
    a new epoch to a database that was restored from an older backup.
    """
    if now.epoch > before.epoch:
        return []
    here = {one.series: one.entries for one in now.registers}
    pairs: Iterable[tuple[str, int, int]] = (
        ("events", before.events, now.events),
        *((name, count, here.get(name, 0)) for name, count in sorted(before.registers.items())),
    )
    return [f"{name} {then} → {today}" for name, then, today in pairs if today < then]
