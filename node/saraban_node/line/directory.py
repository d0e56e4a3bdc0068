"""Offices and nodes as the centre's signed directory names them. The one writer of that table."""

from dataclasses import dataclass
from typing import Final

from saraban_base.sqlite import Cursor, Write, rows, value
from saraban_node.errors import UnknownOffice
from saraban_sync.grants import DirectoryEntry
from saraban_sync.registers import Circulars

_VERSIONS: Final = 10**10
"""Versions of one generation: a centre that was set back counts on from where it was then, and
what it says since is newer than what it had said before."""


@dataclass(frozen=True)
class Office:
    """An office letters can be sent to."""

    code: str
    name: str
    prefix: str


def put(write: Write, entry: DirectoryEntry) -> None:
    """Take in an entry unless a newer one is here already."""
    write.cursor.execute(
        "INSERT INTO directory_entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (kind, code) DO UPDATE SET version = excluded.version, name = excluded.name,"
        " prefix = excluded.prefix, office = excluded.office, key = excluded.key,"
        " active = excluded.active, registry = excluded.registry,"
        " circulars = excluded.circulars, origin = excluded.origin, base = excluded.base"
        " WHERE excluded.version > version",
        (
            entry.kind,
            entry.code,
            entry.generation * _VERSIONS + entry.version,
            entry.name,
            entry.prefix,
            entry.office,
            entry.key,
            entry.active,
            entry.registry,
            entry.circulars,
            entry.origin,
            entry.base,
        ),
    )


def offices(cursor: Cursor) -> list[Office]:
    """List the offices in use by name."""
    found = rows(
        cursor,
        "SELECT code, name, prefix FROM directory_entry WHERE kind = 'office' AND active"
        " ORDER BY name, code",
    )
    return [Office(*row) for row in found]


def office_name(cursor: Cursor, code: str) -> str:
    """Give an office's Thai name, or its code when the directory does not know it."""
    found = value(
        cursor, "SELECT name FROM directory_entry WHERE kind = 'office' AND code = ?", (code,)
    )
    return code if found is None else str(found)


def required_office(cursor: Cursor, code: str) -> None:
    """Make sure that an office is known and in use.

    Raises:
        UnknownOffice: it is not.
    """
    found = value(
        cursor,
        "SELECT 1 FROM directory_entry WHERE kind = 'office' AND code = ? AND active",
        (code,),
    )
    if found is None:
        raise UnknownOffice(code, office=code)


def circulars(cursor: Cursor, office: str) -> Circulars:
    """Tell where an office's circulars take their numbers from."""
    found = value(
        cursor,
        "SELECT circulars FROM directory_entry WHERE kind = 'office' AND code = ?",
        (office,),
    )
    return Circulars(found) if found else Circulars.SHARED


def node_key(cursor: Cursor, node: str) -> str | None:
    """Give a node's public key, also of one no longer in use: old signatures stay good."""
    found = value(
        cursor, "SELECT key FROM directory_entry WHERE kind = 'node' AND code = ?", (node,)
    )
    return None if found is None else str(found)


def node_office(cursor: Cursor, node: str) -> str | None:
    """Give the office a node belongs to."""
    found = value(
        cursor, "SELECT office FROM directory_entry WHERE kind = 'node' AND code = ?", (node,)
    )
    return None if found is None else str(found)


def journal_of(cursor: Cursor, node: str, event: str) -> str:
    """Name the node in whose journal an event stands that a node speaks of.

    That is another one for what was written before it was forked from that one's name.
    """
    passed: set[str] = set()
    while node not in passed:
        passed.add(node)
        found = rows(
            cursor,
            "SELECT origin, base FROM directory_entry WHERE kind = 'node' AND code = ?",
            (node,),
        )
        if not found or not found[0][0] or event > found[0][1]:
            break
        node = str(found[0][0])
    return node


def colleagues(cursor: Cursor, *, office: str, node: str) -> list[str]:
    """List the other nodes of an office that are in use."""
    found = rows(
        cursor,
        "SELECT code FROM directory_entry WHERE kind = 'node' AND office = ? AND code <> ?"
        " AND active ORDER BY code",
        (office, node),
    )
    return [str(row[0]) for row in found]
