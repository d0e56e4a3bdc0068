"""What this database says about the numbers of its ranges, in the words of the proof.

Plain letters are told in rows without names, so that a million of them are a few facts; odd lines
(reserved, void, expired, finished later, of the emergency register) are told one by one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from saraban_base.sqlite import Cursor, rows
from saraban_node import journal, meta
from saraban_node.books.entries import Entry
from saraban_sync import events
from saraban_sync.completeness import in_a_row
from saraban_sync.events import Event, LetterRegistered, RangeAccepted
from saraban_sync.grants import parse_grant
from saraban_sync.ids import parse_event_id
from saraban_sync.number_events import NumberReserved
from saraban_sync.registers import Register
from saraban_sync.states import GAPS, Fact, Granted, State

_COLUMNS: Final = (
    "SELECT entry.seq, entry.id, entry.number, entry.state, entry.reservation, entry.registered_at,"
    " coalesce(registrar.name, entry.registered_by), entry.reserved_at,"
    " coalesce(reserver.name, entry.reserved_by), entry.holder, entry.void_reason, entry.emergency,"
    " entry.subject,"
)
_SERIES: Final = (
    " LEFT JOIN person AS registrar ON registrar.person = entry.registered_by"
    " LEFT JOIN person AS reserver ON reserver.person = entry.reserved_by"
    " WHERE register = :register AND year = :year AND number > 0"
    # As the index entry_notable has it, or it is not used.
    " AND (state <> 'issued' OR reservation <> '' OR emergency > 0) ORDER BY entry.number"
)
_ODD: Final = f"{_COLUMNS} :node, :node FROM entry{_SERIES}"
_ODD_AFTER_A_FORK: Final = (
    f"{_COLUMNS} iif(json_valid(own.payload), json_extract(own.payload, '$.node'), ''),"
    " iif(json_valid(reserving.payload), json_extract(reserving.payload, '$.node'), '')"
    " FROM entry JOIN journal AS own ON own.seq = entry.seq"
    " LEFT JOIN journal AS reserving ON entry.reservation <> ''"
    f"  AND reserving.seq = CAST(substr(entry.reservation, 6) AS INTEGER){_SERIES}"
)
"""Only a forked journal holds events that were signed under another name."""


@dataclass(frozen=True)
class OddLine:
    """A line that is not simply a letter registered on the day."""

    seq: int
    id: str
    number: int
    state: State
    reservation: str
    registered_at: str
    registered_by: str
    reserved_at: str
    reserved_by: str
    holder: str
    void_reason: str
    emergency: int
    subject: str
    signer: str
    """The node's name when it signed the line."""
    reservation_signer: str

    @property
    def finished(self) -> bool:
        """Whether it is a letter whose number was reserved before."""
        return self.reservation not in ("", self.id)


def odd_lines(cursor: Cursor, register: Register, year: int) -> list[OddLine]:
    """List the odd lines of a series by number."""
    sql = _ODD_AFTER_A_FORK if meta.get(cursor, meta.ORIGIN) else _ODD
    series = {"register": register, "year": year, "node": meta.get(cursor, meta.NODE)}
    found = rows(cursor, sql, series)
    return [OddLine(row[0], row[1], row[2], State(row[3]), *row[4:]) for row in found]


def granted(cursor: Cursor, register: Register, year: int) -> list[Granted]:
    """List the ranges of one series and to whom each was granted, as the centre signed it."""
    found = rows(
        cursor,
        "SELECT first, last, grant_id, seq FROM number_range WHERE register = ? AND year = ?",
        (register, year),
    )
    return [Granted(first, last, _grantee(cursor, seq), grant) for first, last, grant, seq in found]


def facts(cursor: Cursor, register: Register, year: int, odd: list[OddLine]) -> Iterator[Fact]:
    """Give what this database says about the numbers of a series.

    Args:
        cursor: where to read.
        register: the book.
        year: Buddhist year.
        odd: what :func:`odd_lines` gives.
    """
    yield from in_a_row(_plain(cursor, register, year, odd))
    yield from (_named(line) for line in odd)
    for first, last, state, why in rows(
        cursor,
        "SELECT first, last, state, why FROM number_gap WHERE register = ? AND year = ?",
        (register, year),
    ):
        yield Fact(first, last, State(state), why=why)
    yield from told(cursor, register, year)


def told(cursor: Cursor, register: Register, year: int) -> Iterator[Fact]:
    """Give what others showed us of numbers in our own ranges: an own lost line, or a stranger's.

    What stands in our own journal too is left out, and so is another's word that it will not use
    our numbers.
    """
    own = meta.get(cursor, meta.NODE)
    found = rows(
        cursor,
        "SELECT number, state, payload, reason, node FROM colleague_line AS line"
        " WHERE register = ? AND year = ? AND number > 0 AND EXISTS (SELECT 1 FROM number_range AS"
        " range WHERE range.register = line.register AND range.year = line.year"
        " AND line.number BETWEEN range.first AND range.last)",
        (register, year),
    )
    lines = [(events.parse_event(row[2].encode("utf-8"), ""), row) for row in found]
    homes = _homes((event, row[4]) for event, row in lines)
    for event, (number, state, _, why, owner) in lines:
        if State(state) in GAPS or journal.hash_of(cursor, event.id) == event.hash:
            continue
        claim, ours = _claim(cursor, event, owner, homes)
        yield Fact(
            # Who signed it counts: a fork brings along what it wrote under the name of this node.
            number, number, State(state), "" if ours or event.node == own else event.node,
            _elsewhere(event, event.id, homes[owner, event.id]), claim, event.at, event.actor, why,
        )  # fmt: skip


def _homes(shown: Iterable[tuple[Event, str]]) -> dict[tuple[str, str], str]:
    """Name one journal for each event: a copied machine brings along what others send too."""
    by_hash: dict[str, str] = {}
    return {(owner, event.id): by_hash.setdefault(event.hash, owner) for event, owner in shown}


def facts_of_number(
    cursor: Cursor, register: Register, year: int, number: int, entry: Entry | None
) -> Iterator[Fact]:
    """Give the same about one number.

    Args:
        cursor: where to read.
        register: the book.
        year: Buddhist year.
        number: which one.
        entry: its line, if it has one.
    """
    if entry is not None:
        own, claim = _signed_name(cursor, entry.id), _signed_name(cursor, entry.reservation)
        yield Fact(number, number, State(entry.state), event=own, claim=claim)
    for state, why in rows(
        cursor,
        "SELECT state, why FROM number_gap WHERE register = ? AND year = ?"
        " AND ? BETWEEN first AND last",
        (register, year, number),
    ):
        yield Fact(number, number, State(state), why=why)
    yield from (fact for fact in told(cursor, register, year) if fact.first == number)


def _signed_name(cursor: Cursor, event: str) -> str:
    if not event:
        return ""
    found = journal.event_of(cursor, parse_event_id(event)[1])
    return f"{found.node if found is not None else ''} {event}"


def _plain(cursor: Cursor, register: Register, year: int, odd: list[OddLine]) -> Iterator[int]:
    """Give the numbers of plain letters, rising: every line's, less one for each odd line."""
    left = (line.number for line in odd)
    next_odd = next(left, 0)
    for (number,) in cursor.execute(
        "SELECT number FROM entry WHERE register = ? AND year = ? AND number > 0 ORDER BY number",
        (register, year),
    ):
        if number == next_odd:
            next_odd = next(left, 0)
        else:
            yield number


def _named(line: OddLine) -> Fact:
    claim = f"{line.reservation_signer} {line.reservation}" if line.reservation else ""
    name = f"{line.signer} {line.id}"
    return Fact(line.number, line.number, line.state, event=name, claim=claim)


def _elsewhere(event: Event, name: str, owner: str) -> str:
    """Name an event of another journal so that none of ours has the same name.

    Two machines that worked under one name have both signed an event of that name and place.
    """
    return f"{event.node} {name} in {owner}"


def _claim(
    cursor: Cursor, event: Event, owner: str, homes: Mapping[tuple[str, str], str]
) -> tuple[str, bool]:
    """Name the reservation whose number a letter took, and tell whether it is one of ours.

    A node that was forked from this one may finish what was reserved before.
    """
    body = event.body
    if not isinstance(body, LetterRegistered) or not body.reservation:
        return "", False
    own = journal.event_of(cursor, parse_event_id(body.reservation)[1])
    if own is not None and own.id == body.reservation and isinstance(own.body, NumberReserved):
        reserved = (own.body.register, own.body.year, own.body.number)
        if reserved == (body.register, body.year, body.number):
            return f"{own.node} {own.id}", True
    home = homes.get((owner, body.reservation), owner)
    return _elsewhere(event, body.reservation, home), False


def _grantee(cursor: Cursor, seq: int) -> str:
    """Give the node that a range was granted to, which is an older name after a fork."""
    event = journal.event_of(cursor, seq)
    if event is None:
        return ""
    if isinstance(event.body, RangeAccepted):
        return parse_grant(event.body.grant).node
    return event.node
