"""What a backup of the centre says of itself: the manifest in it, and one line beside it.

The line travels as the archive's comment, encrypted like everything else, so that a centre that
knows less than an earlier backup is noticed against the repository and not only against itself.
"""

from typing import Final

import msgspec

from saraban_base.sqlite import Cursor, one, value
from saraban_central.errors import NotACentre
from saraban_central.records import IDENTITY, NODES, OFFICES, Identity
from saraban_sync.wire import DIRECTORY

FILE: Final = "manifest.json"
VERSION: Final = 1
_WORD: Final = "sarabancentre1"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a backup; unknown fields of newer programs are left alone."""

    version: int
    uuid: str
    generation: int
    key: str
    """The centre's public key."""
    made_at: str
    program: str
    schema: str
    """Name of the last migration."""
    databases: int
    documents: int
    chunks: int
    position: int
    """Where the last document was taken in."""
    directory: str
    """Id of the directory's last entry."""
    offices: int
    nodes: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive's comment tells."""

    uuid: str = ""
    generation: int = 0
    documents: int = 0
    chunks: int = 0
    offices: int = 0
    nodes: int = 0


def identity_of(cursor: Cursor) -> Identity:
    """Read which centre a database is of.

    Raises:
        NotACentre: it does not say.
    """
    text = value(
        cursor, "SELECT value FROM record WHERE shelf = ? AND key = 'centre'", (IDENTITY.name,)
    )
    if text is None:
        raise NotACentre("no identity in the database", folder="—")
    return msgspec.json.decode(text, type=Identity)


def of_database(cursor: Cursor, *, made_at: str, program: str) -> Manifest:
    """Count what a database holds.

    Raises:
        NotACentre: it does not say of which centre it is.
    """
    identity = identity_of(cursor)
    row = one(cursor, "SELECT count(*), coalesce(max(position), 0) FROM document")
    documents, position = row or (0, 0)
    return Manifest(
        version=VERSION,
        uuid=identity.uuid,
        generation=identity.generation,
        key=identity.key,
        made_at=made_at,
        program=program,
        schema=str(value(cursor, "SELECT max(name) FROM migration") or ""),
        databases=int(value(cursor, "SELECT count(*) FROM document_database")),
        documents=int(documents),
        chunks=int(value(cursor, "SELECT count(*) FROM chunk")),
        position=int(position),
        directory=_last(cursor, DIRECTORY),
        offices=_count(cursor, OFFICES.name),
        nodes=_count(cursor, NODES.name),
    )


def summary_line(manifest: Manifest) -> str:
    """Write the one line that is kept beside an archive."""
    fields = ((name, getattr(manifest, name)) for name in Summary.__struct_fields__)
    return " ".join([_WORD, *(f"{name}={said}" for name, said in fields)])


def read_summary(line: str) -> Summary | None:
    """Read what :func:`summary_line` wrote; None when it is another program's."""
    words = line.split()
    if words[:1] != [_WORD]:
        return None
    said = dict(word.partition("=")[::2] for word in words[1:])
    numbers = {name: int(text) for name, text in said.items() if text.isdecimal()}
    return Summary(
        uuid=said.get("uuid", ""),
        generation=numbers.get("generation", 0),
        documents=numbers.get("documents", 0),
        chunks=numbers.get("chunks", 0),
        offices=numbers.get("offices", 0),
        nodes=numbers.get("nodes", 0),
    )


def lost(before: Summary, now: Manifest) -> list[str]:
    """Say what a database holds less of than an earlier backup; empty when nothing.

    A store only ever grows, so there is no tolerance, except that a centre that was restored from
    an older backup has a new generation.
    """
    if before.uuid and before.uuid != now.uuid:
        return [f"uuid {before.uuid[:8]} → {now.uuid[:8]}"]
    if now.generation > before.generation:
        return []
    names = ("generation", "documents", "chunks", "offices", "nodes")
    pairs = ((name, getattr(before, name), getattr(now, name)) for name in names)
    return [f"{name} {then} → {today}" for name, then, today in pairs if today < then]


def _count(cursor: Cursor, shelf: str) -> int:
    return int(value(cursor, "SELECT count(*) FROM record WHERE shelf = ?", (shelf,)))


def _last(cursor: Cursor, database: str) -> str:
    found = value(
        cursor,
        "SELECT max(id) FROM document"
        " WHERE database = (SELECT number FROM document_database WHERE name = ?)",
        (database,),
    )
    return str(found or "")
