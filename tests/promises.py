"""What a register promises, checked from outside after anything has happened to a node.

Of one series (office, register, year):
I1 no number twice; I2 numbers of a range follow the order of the journal; I3 every number of it up
to the greatest is there; I4 what was written stays as it was written. And of the whole database:
journal row, line of the register, files, search and range counter tell the same story, or none of
them does.

The SQL here is its own, so that the product's queries are not believed about themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from saraban_base.sqlite import Cursor, Write, rows, value
from saraban_node import journal, projections
from saraban_node.appliance import Appliance
from saraban_node.books import search
from saraban_node.numbering import numbers
from saraban_sync.events import EntryVoided, Event, FilesAdded, LetterRegistered
from saraban_sync.number_events import (
    EmergencyCorrelated,
    EmergencyRegistered,
    NumberReserved,
    NumbersReturned,
    NumbersSkipped,
    ReservationEnded,
)
from saraban_sync.wire import chunk_names

PROJECTED: Final = (
    "entry", "entry_file", "happening", "number_range", "delivery", "arrival", "form_sent",
    "backup_record", "person", "search_mark", "number_gap", "gap_explanation", "range_request",
    "outage",
)  # fmt: skip


@dataclass(frozen=True)
class Stored:
    """What a database holds."""

    hashes: tuple[str, ...]
    """Of each event of the journal, in order."""
    numbers: tuple[tuple[str, int, int], ...]
    """Register, year, number of every line, in the order of the journal."""
    files: tuple[tuple[str, int], ...]
    """Content name and length of every file that a line names."""


class BrokenPromise(AssertionError):
    """A register that does not hold what it promises."""


def kept(node: Appliance) -> Stored:
    """Check everything and tell what is stored.

    Raises:
        BrokenPromise: something does not hold.
        BrokenChain, DatabaseProblem: as the product itself says it.
    """
    _hold(not (found := node.db.integrity()), f"integrity: {found}")
    with node.db.read() as cursor:
        events = list(journal.read(cursor))
        count = journal.verify(cursor, node=node.node, key=node.journal.key.public)
        _hold(count == len(events), f"{count} events verified, {len(events)} read")
        _lines_follow_the_journal(cursor, events)
        _numbers_have_no_gap(cursor, events)
        _forms_have_their_line(cursor)
        _parts_are_parts_of_files(cursor)
        _some_lines_are_found(cursor, events)
        stored = _stored(cursor)
    _rebuilding_changes_nothing(node)
    return stored


def table(cursor: Cursor, name: str) -> list[tuple[Any, ...]]:
    """Read a table wholly, in an order of its own."""
    return sorted(rows(cursor, f"SELECT * FROM {name}"), key=repr)


def _hold(condition: bool, otherwise: str) -> None:
    if not condition:
        raise BrokenPromise(otherwise)


def _stored(cursor: Cursor) -> Stored:
    return Stored(
        hashes=tuple(row[0] for row in rows(cursor, "SELECT hash FROM journal ORDER BY seq")),
        numbers=tuple(
            (row[0], row[1], row[2])
            for row in rows(cursor, "SELECT register, year, number FROM entry ORDER BY seq")
        ),
        files=tuple(
            (row[0], row[1])
            for row in rows(cursor, "SELECT DISTINCT sha256, size FROM entry_file ORDER BY sha256")
        ),
    )


def _lines_follow_the_journal(cursor: Cursor, events: list[Event]) -> None:
    """Each line is what its events say: written once, frozen, voided only by an event (I1, I4)."""
    found = rows(
        cursor,
        "SELECT seq, id, register, year, number, subject, sender, recipient,"
        " letter_no, letter_date, remark, urgency, registered_at, state, void_reason,"
        " (SELECT count(*) FROM entry_file WHERE entry = seq) FROM entry ORDER BY seq",
    )
    _hold(found == list(_lines(events)), "a line is not what the journal says of it")


def _lines(events: list[Event]) -> Iterator[tuple[Any, ...]]:
    """Tell the journal as the register should show it: later events change earlier lines."""
    lines: dict[str, dict[str, Any]] = {}
    for event in events:
        match event.body:
            case LetterRegistered() as body:
                lines.pop(body.reservation, None)
                lines[event.id] = _line(event, body, number=body.number)
            case EmergencyRegistered() as body:
                lines[event.id] = _line(event, body, number=0)
            case NumberReserved() as body:
                lines[event.id] = dict(
                    _EMPTY, seq=event.seq, id=event.id, register=body.register, year=body.year,
                    number=body.number, subject=body.purpose, letter_no=body.letter_no,
                    at=event.at, state="reserved",
                )  # fmt: skip
            case ReservationEnded() as body:
                state = "void" if body.how == "void" else "expired"
                lines[body.reservation] |= {"state": state, "reason": body.reason}
            case EmergencyCorrelated() as body:
                letter_no = body.letter_no or lines[body.entry]["letter_no"]
                lines[body.entry] |= {"number": body.number, "letter_no": letter_no}
            case EntryVoided() as body:
                lines[body.entry] |= {"state": "void", "reason": body.reason}
            case FilesAdded() as body:
                lines[body.entry]["files"] += len(body.files)
    for line in sorted(lines.values(), key=lambda line: int(line["seq"])):
        yield tuple(line.values())


_EMPTY: Final = dict.fromkeys(
    ("seq", "id", "register", "year", "number", "subject", "sender", "recipient", "letter_no",
     "letter_date", "remark", "urgency", "at", "state", "reason"), "",
) | {"urgency": "normal", "files": 0}  # fmt: skip


def _line(
    event: Event, body: LetterRegistered | EmergencyRegistered, *, number: int
) -> dict[str, Any]:
    return {
        "seq": event.seq, "id": event.id, "register": body.register, "year": body.year,
        "number": number, "subject": body.subject, "sender": body.sender,
        "recipient": body.recipient, "letter_no": body.letter_no,
        "letter_date": body.letter_date, "remark": body.remark, "urgency": body.urgency,
        "at": event.at, "state": "issued", "reason": "", "files": len(body.files),
    }  # fmt: skip


def _numbers_have_no_gap(cursor: Cursor, events: list[Event]) -> None:
    """Numbers of a range rise with the journal, one by one, and its counter stands after the last
    (I1-I3). A range that comes late may begin below another."""
    _hold(not numbers.unexplained(cursor), f"unexplained: {numbers.unexplained(cursor)}")
    taken: dict[tuple[str, int], list[int]] = {}
    for event in events:
        match event.body:
            case LetterRegistered(reservation="") | NumberReserved() | EmergencyCorrelated():
                body = event.body
                taken.setdefault((body.register, body.year), []).append(body.number)
            case NumbersSkipped() | NumbersReturned():
                gone = range(event.body.first, event.body.last + 1)
                taken.setdefault((event.body.register, event.body.year), []).extend(gone)
    for one in numbers.held(cursor):
        used = taken.get((one.register, one.year), [])
        inside = [number for number in used if one.first <= number <= one.last]
        wanted = list(range(one.first, one.next))
        _hold(inside == wanted, f"{one}: {inside} taken, counter after {wanted}")
    strays = value(
        cursor,
        "SELECT count(*) FROM entry WHERE number > 0 AND NOT EXISTS (SELECT 1 FROM number_range"
        " AS r WHERE r.register = entry.register AND r.year = entry.year"
        " AND number BETWEEN first AND last)",
    )
    _hold(strays == 0, f"{strays} numbers outside every range")


def _forms_have_their_line(cursor: Cursor) -> None:
    lost = rows(
        cursor,
        "SELECT form FROM form_sent LEFT JOIN journal ON seq = form_sent.entry"
        " WHERE form_sent.entry NOT IN (SELECT seq FROM entry)"
        " AND type IS NOT 'number.reserved'",  # a reservation gives way to its letter
    )
    _hold(not lost, f"forms without a line: {lost}")


def _parts_are_parts_of_files(cursor: Cursor) -> None:
    """What waits to be sent is a part of a file that a line names, at its place."""
    parts = {
        (chunk, sha256, place, size)
        for sha256, size, chunks in rows(cursor, "SELECT sha256, size, chunks FROM entry_file")
        for place, chunk in enumerate(chunk_names(size, sha256, tuple(chunks.split())))
    }
    waiting = set(rows(cursor, "SELECT chunk, sha256, place, size FROM unsent_chunk"))
    # Two files may share a part; it waits once, as the part of one of them.
    _hold(waiting <= parts, f"parts of no file: {list(waiting - parts)[:3]}")


def _some_lines_are_found(cursor: Cursor, events: list[Event]) -> None:
    """Search answers with the oldest and newest lines; that the index fits them all is asked of
    the index itself."""
    registered = [event for event in events if isinstance(event.body, LetterRegistered)]
    for event in registered[:1] + registered[-2:]:
        if isinstance(body := event.body, LetterRegistered):
            for asked in (f"{body.number}/{body.year}", body.subject):
                found = search.find(cursor, asked, limit=100_000)
                _hold(event.seq in found, f"{event.id} is not found by {asked!r}")


class _Enough(Exception):
    """Ends the rebuilding without keeping it."""


def _rebuilding_changes_nothing(node: Appliance) -> None:
    """The projections made again from the journal are those that are there, row by row."""
    try:
        with node.db.write() as write:
            _search_index_fits(write)
            before = [table(write.cursor, name) for name in PROJECTED]
            projections.rebuild(write)
            _search_index_fits(write)
            after = [table(write.cursor, name) for name in PROJECTED]
            for name, was, made in zip(PROJECTED, before, after, strict=True):
                _hold(was == made, f"rebuilding changes {name}: {was} became {made}")
            raise _Enough
    except _Enough:
        pass


def _search_index_fits(write: Write) -> None:
    write.cursor.execute(
        "INSERT INTO entry_search (entry_search, rank) VALUES ('integrity-check', 1)"
    )
