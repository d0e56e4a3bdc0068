"""Acts in another journal, on lines that this database has too.

They are of the life before a restore; or of the other one of two machines that shared their name
and all that they wrote until they parted.

    backup: letter 41 …      after it: 41 cancelled, 40 noted      restored: goes on after 41
                                            │
                  centre ── mailbox ── colleague_act ──> written into the journal again

A person did them and signed them, and others have seen them. So they count: each is written into
the journal with who did it and when, and the register shows it from then on. An act that cannot
count any more stays beside the line: a note older than one written since, a cancellation of a line
that was struck since, a number for an emergency letter that was given up meanwhile.
"""

from typing import Final

from saraban_base.sqlite import Write, one, rows
from saraban_node import meta
from saraban_node.books import entries, history
from saraban_node.books.entries import Entry
from saraban_node.journal import SYSTEM, Journal
from saraban_sync.body import Body, Former
from saraban_sync.events import (
    EntryNoted,
    EntryVoided,
    Event,
    FilesAdded,
    LetterRegistered,
    ReceiptGiven,
)
from saraban_sync.number_events import EmergencyCorrelated, GapExplained

_CORRELATED: Final = "พบว่าเป็นเลขของหนังสือฉุกเฉินที่ได้เลขก่อนฐานข้อมูลถูกกู้คืน"
"""What is written beside a given-up number, once it is known to be an emergency letter's."""


_LINE: Final = (
    " FROM colleague_act AS act JOIN entry ON entry.id = act.line"
    " AND entry.seq = CAST(substr(act.line, 6) AS INTEGER)"
)
_ALL: Final = f"SELECT DISTINCT entry.seq{_LINE} ORDER BY entry.seq"
_ONE: Final = f"SELECT DISTINCT entry.seq{_LINE} WHERE act.line = :line"


def take_over(write: Write, own: Journal, line: str = "") -> int:
    """Let acts that stand in another journal count for lines that are here; again is safe.

    Args:
        write: the transaction.
        own: this node's journal.
        line: the line to look at; all when empty.

    Returns:
        How many events were written.
    """
    if meta.get(write.cursor, meta.FENCED):
        return 0
    found = rows(write.cursor, _ONE if line else _ALL, {"line": line} if line else {})
    written = 0
    for (seq,) in found:
        for owner, act in history.elsewhere(write.cursor, int(seq)):
            entry = entries.written(write.cursor, int(seq))
            node = "" if owner == own.node else owner
            if (body := _body(write, entry, act, node)) is not None:
                own.append(write, body, actor=SYSTEM)
                written += 1
    return written


def give_receipt(write: Write, own: Journal, line: Event) -> None:
    """Tell the sender of a letter under which number the life before registered it.

    The sender may know it: the first receipt stands. But the centre may hold the line and have
    never got the receipt, and nobody can register that letter any more.
    """
    body = line.body
    if not isinstance(body, LetterRegistered) or body.source is None:
        return
    arrival = one(
        write.cursor,
        "SELECT sender_office FROM arrival WHERE source_node = ? AND source_event = ?"
        " AND entry IS NULL",
        (body.source.node, body.source.event),
    )
    if arrival is None or meta.get(write.cursor, meta.FENCED):
        return
    receipt = ReceiptGiven(
        source=body.source, sender_office=str(arrival[0]), year=body.year, number=body.number,
        registered_at=line.at,
    )  # fmt: skip
    own.append(write, receipt, actor=SYSTEM)


def _body(write: Write, entry: Entry, act: Event, node: str) -> Body | None:
    """Say what an act comes to now; None when it was taken over, or cannot count any more."""
    former = Former(event=act.id, at=act.at, actor=act.actor, node=node)
    match act.body:
        case EntryVoided(reason=reason) if entry.state not in ("void", "expired"):
            return EntryVoided(entry=entry.id, reason=reason, former=former)
        case EntryNoted(action=action) if not _noted_since(write, entry, act, node):
            return EntryNoted(entry=entry.id, action=action, former=former)
        case FilesAdded(files=refs):
            here = {ref.sha256 for ref in entries.files(write.cursor, entry.seq)}
            lacking = tuple(ref for ref in refs if ref.sha256 not in here)
            return FilesAdded(entry=entry.id, files=lacking, former=former) if lacking else None
        case EmergencyCorrelated() as body if not node:
            return _explained(write, entry, act, body)
        case _:
            return None


def _noted_since(write: Write, entry: Entry, act: Event, node: str) -> bool:
    """Tell whether the line says something newer than a note, or that note itself.

    In one journal the order of the events counts, of two journals only the clocks can be asked.
    """
    for event, _ in history.acts(write.cursor, entry.seq):
        if not isinstance(event.body, EntryNoted) or event.hash == act.hash:
            continue
        former = history.former_of(event)
        if former is None:
            since = event.at > act.at if node else event.id > act.id
        elif former.node == node:
            since = former.event >= act.id
        else:
            since = former.at > act.at
        if since:
            return True
    return False


def _explained(
    write: Write, entry: Entry, act: Event, body: EmergencyCorrelated
) -> GapExplained | None:
    """Say whose a number was that has been given up since, unless that is written already."""
    letter = f"{act.node} {act.id}"
    open_gap = rows(
        write.cursor,
        "SELECT 1 FROM number_gap AS gap WHERE register = :register AND year = :year"
        " AND :number BETWEEN first AND last AND state = 'skipped' AND NOT EXISTS"
        " (SELECT 1 FROM gap_explanation AS known WHERE known.register = gap.register"
        " AND known.year = gap.year AND known.first = :number AND known.letter = :letter)",
        {
            "register": body.register, "year": body.year, "number": body.number, "letter": letter,
        },
    )  # fmt: skip
    if not open_gap:
        return None
    return GapExplained(
        register=body.register, year=body.year, first=body.number, last=body.number,
        text=f"{_CORRELATED}: {entry.subject}", letter=letter,
    )  # fmt: skip
