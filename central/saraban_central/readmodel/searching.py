"""Search over the registers of all offices: one index, one spelling of Thai on both sides.

Thai is written without spaces between words, so the index holds every run of three letters. What a
person types is split at spaces; each part must occur. Parts of one or two letters are too short for
the index and are looked for in the text itself.
"""

from typing import Final, NamedTuple

from saraban_base.sqlite import Cursor, one, rows
from saraban_sync.thai import normalise

_SHORTEST: Final = 3
_MOST_TERMS: Final = 12


class Hit(NamedTuple):
    """A line of a register that fits."""

    id: int
    office: str
    node: str
    event: str
    register: str
    year: int
    number: int
    emergency: int
    state: str
    subject: str
    sender: str
    recipient: str
    letter_no: str
    at: str


class Wish(NamedTuple):
    """What to look for."""

    text: str
    office: str = ""
    register: str = ""
    year: int = 0


def index(cursor: Cursor, node: str, event: str) -> None:
    """Bring the index up to date with one entry; nothing happens if there is no such entry."""
    row = one(
        cursor,
        "SELECT id, subject, sender, recipient, letter_no, action, remark, void_reason, holder,"
        " number, emergency, year, state FROM entry WHERE node = ? AND event = ?",
        (node, event),
    )
    if row is None:
        return
    if row[12] == "used":  # its letter is found instead
        cursor.execute("DELETE FROM entry_search WHERE rowid = ?", (row[0],))
        return
    numbers = [f"{row[9]}/{row[11]}"] if row[9] else []
    numbers += [f"ฉ {row[10]}/{row[11]}", f"ฉ{row[10]}/{row[11]}"] if row[10] else []
    letter_no = normalise(row[4])
    # "ว 123" and "ว123" are one number to a clerk: both spellings are in the index.
    parts = [*(normalise(part) for part in row[1:9]), letter_no.replace(" ", ""), *numbers]
    cursor.execute(
        "INSERT OR REPLACE INTO entry_search (rowid, text) VALUES (?, ?)",
        (row[0], "\n".join(part for part in parts if part)),
    )


def find(cursor: Cursor, wish: Wish, *, limit: int = 50, offset: int = 0) -> list[Hit]:
    """Find lines of registers, the newest first.

    Args:
        cursor: reads the read model.
        wish: text as typed, and the filters.
        limit: greatest number of hits.
        offset: how many to pass over.
    """
    terms = terms_of(wish.text)
    where, bindings = _filters(wish)
    where.append("entry.state <> 'used'")
    if long := [term for term in terms if len(term) >= _SHORTEST]:
        where.append("entry.id IN (SELECT rowid FROM entry_search WHERE entry_search MATCH ?)")
        bindings.append(" AND ".join('"' + term.replace('"', '""') + '"' for term in long))
    for term in terms:
        if len(term) < _SHORTEST:
            where.append("instr((SELECT text FROM entry_search WHERE rowid = entry.id), ?) > 0")
            bindings.append(term)
    found = rows(
        cursor,
        "SELECT id, office, node, event, register, year, number, emergency, state, subject, sender,"  # noqa: S608 - constants
        " recipient, letter_no, at FROM entry"
        + (" WHERE " + " AND ".join(where) if where else "")
        + " ORDER BY at DESC, id DESC LIMIT ? OFFSET ?",
        (*bindings, limit, offset),
    )
    return [Hit(*row) for row in found]


def terms_of(text: str) -> list[str]:
    """Split what was typed into the parts that must all occur."""
    return list(dict.fromkeys(normalise(text).split()))[:_MOST_TERMS]


def _filters(wish: Wish) -> tuple[list[str], list[object]]:
    wanted = {"office": wish.office, "register": wish.register, "year": wish.year}
    given = {name: value for name, value in wanted.items() if value}
    return [f"entry.{name} = ?" for name in given], list(given.values())
