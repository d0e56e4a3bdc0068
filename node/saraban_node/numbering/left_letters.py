"""Waiting letters of the emergency register that two machines have, because they once were one.

    ฉ 1  ฉ 2  │ the copy was made │   the one that keeps the name numbers ฉ 1 and ฉ 2
              └──> another name       the other one numbers only what it registered itself

One letter gets one number. So a machine that was forked leaves what stands before the common base
to the one whose name it had, and shows which number it got there. When the centre has taken that
one out of use, a person at the forked machine can have them numbered here: at one machine only,
should several have been forked.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from saraban_base.sqlite import Cursor, rows
from saraban_node import journal, meta
from saraban_node.line import directory
from saraban_sync import events
from saraban_sync.number_events import EmergencyCorrelated

WAITING: Final = "emergency > 0 AND number = 0 AND state = 'issued'"
_SHARED: Final = (
    "SELECT seq, id, touched FROM (SELECT seq, id,"  # noqa: S608
    " EXISTS (SELECT 1 FROM colleague_act WHERE line = id AND node <> :own) AS touched"
    f" FROM entry WHERE {WAITING}) WHERE touched OR id <= :base"
)
"""Waiting letters of before a fork, and those with which another machine has done something."""


class Left(NamedTuple):
    """Where such a letter gets, or got, its ordinary number."""

    node: str
    number: int = 0
    """0 as long as it is not known to have one."""
    year: int = 0
    gone: bool = False
    """Whether that machine is out of use, so that a person can have it numbered here."""

    @property
    def is_ours(self) -> bool:
        """Whether this machine is to number it."""
        return self.gone and not self.number


def left(cursor: Cursor) -> dict[int, Left]:
    """Tell which waiting letters are another machine's to number, by place in the journal."""
    own, base = meta.get(cursor, meta.NODE), meta.get(cursor, meta.ORIGIN)
    found: dict[int, Left] = {}
    for seq, line, touched in rows(cursor, _SHARED, {"own": own, "base": base}):
        owner = _owner(cursor, own, int(seq), str(line)) if line <= base else own
        if touched and (given := _numbered(cursor, own, owner, str(line))):
            found[seq] = given
        elif owner != own:
            found[seq] = Left(owner, gone=_is_heir(cursor, own, owner, str(line)))
    return found


def not_ours(cursor: Cursor) -> str:
    """Give what leaves the letters out that this machine never numbers, to go behind a WHERE."""
    return _without(seq for seq, one in left(cursor).items() if not one.is_ours)


def not_ours_by_itself(cursor: Cursor) -> str:
    """Give what also leaves those out that it numbers only when a person says so."""
    return _without(left(cursor))


def _without(places: Iterable[int]) -> str:
    listed = ", ".join(str(int(one)) for one in places)
    return f" AND seq NOT IN ({listed})" if listed else ""


def _owner(cursor: Cursor, own: str, seq: int, line: str) -> str:
    """Name the node in whose journal a line stands, and which numbers it."""
    owner = directory.journal_of(cursor, own, line)
    if owner == own:
        # Forked, and the directory that says so has not come yet.
        signed = journal.event_of(cursor, seq)
        return signed.node if signed is not None else own
    return owner


def _numbered(cursor: Cursor, own: str, owner: str, line: str) -> Left | None:
    """Give the number that another machine with the same letter is known to have given it."""
    for node, payload in rows(
        cursor,
        "SELECT node, payload FROM colleague_act WHERE line = ? AND node <> ? ORDER BY event DESC",
        (line, own),
    ):
        body = events.parse_event(str(payload).encode("utf-8"), "").body
        same = node == owner or directory.journal_of(cursor, str(node), line) == owner
        if isinstance(body, EmergencyCorrelated) and same:
            return Left(str(node), body.number, body.year)
    return None


def _is_heir(cursor: Cursor, own: str, owner: str, line: str) -> bool:
    """Tell whether the letters of a machine that is out of use have come to this one."""
    office = meta.get(cursor, meta.OFFICE)
    in_use = directory.colleagues(cursor, office=office, node="")
    if own not in in_use or owner in in_use or directory.node_key(cursor, owner) is None:
        return False
    sharing = (one for one in in_use if directory.journal_of(cursor, one, line) == owner)
    return next(sharing, "") == own
