"""The number passport: the whole life of one number, from what was signed about it.

    a text ──written.read──> candidates ──passport──> grant · steps with their clock · files ·
                                                      deliveries · backups · gap · colleagues

What is shown comes from this machine alone: no line is needed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from saraban_base.sqlite import Cursor, rows, value
from saraban_node import journal, meta
from saraban_node.backup import records as backup_records
from saraban_node.backup.records import BackupRecord
from saraban_node.books import entries, history
from saraban_node.books.entries import Entry
from saraban_node.books.history import Happening
from saraban_node.line import colleagues, deliveries, directory, elsewhere
from saraban_node.line.colleagues import ColleagueLine
from saraban_node.line.deliveries import Delivery
from saraban_node.line.elsewhere import Elsewhere
from saraban_node.numbering import number_facts, numbers
from saraban_node.numbering.numbers import Gap
from saraban_sync import events
from saraban_sync.body import FileRef
from saraban_sync.completeness import account, is_late
from saraban_sync.errors import SarabanError
from saraban_sync.events import ClockState, Event, RangeAccepted
from saraban_sync.grants import parse_grant
from saraban_sync.journal_events import JournalOpened
from saraban_sync.number_events import RangeTold
from saraban_sync.registers import Register, instant, parse_instant
from saraban_sync.states import Problem, State, Trouble

_BACKUPS: Final = 20


@dataclass(frozen=True, kw_only=True)
class GrantPaper:
    """The grant a number belongs to."""

    grant: str
    first: int
    last: int
    granted_at: datetime
    """When the centre signed it; of a range told by telephone, when it was typed."""
    generation: int
    """The centre's; 0 for a range told by telephone."""
    node: str
    """To whom it was granted: an older name after a fork."""
    by_phone: bool
    opening: bool
    """Whether the numbers before it stand in a paper book."""
    taken_at: datetime
    taken_by: str
    event: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """One act of a number's life, and what the machine knew of its clock then."""

    happening: Happening
    node: str
    """The name under which the machine signed it."""
    hash: str
    clock: ClockState
    stored_at: datetime | None
    """When the centre was first seen to hold it; None while it is not known to, and for an act
    of the life before a restore, which has come back from there."""
    signature_good: bool | None
    """None when the key is not at hand; checking the whole journal settles it."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """How a letter that was registered here had come from another office."""

    node: str
    event: str
    office: str
    """Its Thai name."""
    sent_at: datetime | None
    arrived_at: datetime


@dataclass(frozen=True, kw_only=True)
class GapPaper:
    """That a number was given up, by whom, and what was found out since."""

    gap: Gap
    at: datetime
    who: str


@dataclass(frozen=True, kw_only=True)
class Passport:
    """All that this machine knows of one number."""

    office: str
    node: str
    register: Register
    year: int
    number: int
    """0 for a letter that has only an emergency number yet."""
    emergency: int
    state: State | None
    """None for a number that lies in no range of this node."""
    late: bool
    """Whether the letter was registered on a later day than its number was reserved."""
    problems: tuple[Problem, ...]
    """What is wrong with this number; nearly always nothing."""
    settled: bool
    """Whether it was given twice, and all but one of its letters, or all, were struck since."""
    grant: GrantPaper | None
    entry: Entry | None
    steps: tuple[Step, ...]
    files: tuple[FileRef, ...]
    origin: Origin | None
    deliveries: tuple[Delivery, ...]
    gap: GapPaper | None
    backups: tuple[BackupRecord, ...]
    """Good backups that contain it, the newest first, at most twenty."""
    backup_count: int
    colleagues: tuple[Elsewhere, ...]
    """What other nodes of the office, or a life of this one before a restore, wrote of it."""


def of_number(cursor: Cursor, register: Register, year: int, number: int) -> Passport:
    """Give the passport of a number.

    Args:
        cursor: where to read.
        register: the book.
        year: Buddhist year.
        number: 1 or more; it need not exist.
    """
    entry = entries.by_number(cursor, register, year, number)
    return _passport(cursor, entry, register, year, number)


def of_entry(cursor: Cursor, entry: Entry) -> Passport:
    """Give the passport of a line, which may have only an emergency number."""
    return _passport(cursor, entry, entry.register, entry.year, entry.number)


def of_colleague(cursor: Cursor, line: ColleagueLine) -> Passport:
    """Give the passport of a colleague's line, which may have only an emergency number."""
    found = of_number(cursor, line.register, line.year, line.number) if line.number else None
    if found is not None:
        return found
    return Passport(
        office=meta.get(cursor, meta.OFFICE_NAME), node=line.node, register=line.register,
        year=line.year, number=0, emergency=line.emergency, state=State(line.state), late=False,
        problems=(), settled=False, grant=None, entry=None, steps=(), files=(), origin=None,
        deliveries=(), gap=None, backups=(), backup_count=0,
        colleagues=(elsewhere.of_line(cursor, line),),
    )  # fmt: skip


def state_of(cursor: Cursor, register: Register, year: int, number: int) -> State | None:
    """Tell the state of a number; None when it lies in no range of this node and nobody used it."""
    entry = entries.by_number(cursor, register, year, number)
    return _judged(cursor, entry, register, year, number)[0]


def _passport(
    cursor: Cursor, entry: Entry | None, register: Register, year: int, number: int
) -> Passport:
    state, problems, given_twice = _judged(cursor, entry, register, year, number)
    steps = () if entry is None else tuple(_steps(cursor, entry))
    kept, count = _backups(cursor, entry)
    finished = entry is not None and entry.reservation not in ("", entry.id)
    return Passport(
        office=meta.get(cursor, meta.OFFICE_NAME),
        node=meta.get(cursor, meta.NODE),
        register=register,
        year=year,
        number=number,
        emergency=entry.emergency if entry is not None else 0,
        state=state,
        late=entry is not None and finished and _late(entry),
        problems=problems,
        settled=given_twice,
        grant=_grant(cursor, register, year, number),
        entry=entry,
        steps=steps,
        files=tuple(entries.files(cursor, entry.seq)) if entry is not None else (),
        origin=_origin(cursor, entry) if entry is not None else None,
        deliveries=tuple(deliveries.of_entry(cursor, entry.seq)) if entry is not None else (),
        gap=_gap(cursor, register, year, number),
        backups=kept,
        backup_count=count,
        colleagues=tuple(_colleagues(cursor, register, year, number)),
    )


def _judged(
    cursor: Cursor, entry: Entry | None, register: Register, year: int, number: int
) -> tuple[State | None, tuple[Problem, ...], bool]:
    """Account for one number by the rules of the proof."""
    if not number:
        return (None if entry is None else State(entry.state)), (), False
    ranges = [
        one
        for one in number_facts.granted(cursor, register, year)
        if one.first <= number <= one.last
    ]
    known = list(number_facts.facts_of_number(cursor, register, year, number, entry))
    if not known and _was_passed_over(cursor, register, year, number):
        return State.MISSING, (Problem(Trouble.MISSING, number, number),), False
    found = account(ranges, known)
    state = next((run.state for run in found.runs if run.first <= number <= run.last), None)
    if state is None and known:
        state = known[0].state
    problems = tuple(one for one in found.problems if one.first <= number <= one.last)
    return state, problems, bool(found.settled)


def _was_passed_over(cursor: Cursor, register: Register, year: int, number: int) -> bool:
    return any(
        one.first <= number < one.next
        for one in numbers.held(cursor)
        if (one.register, one.year) == (register, year)
    )


def _late(entry: Entry) -> bool:
    reserved = instant(entry.reserved_at) if entry.reserved_at else ""
    return is_late(reserved, instant(entry.registered_at))


def _steps(cursor: Cursor, entry: Entry) -> Iterator[Step]:
    keys = _keys(cursor)
    for event, happening in history.acts(cursor, entry.seq):
        ours = journal.hash_of(cursor, event.id) == event.hash
        yield Step(
            happening=happening,
            node=event.node,
            hash=event.hash,
            clock=event.clock,
            stored_at=deliveries.stored_at(cursor, event.seq) if ours else None,
            signature_good=_good(event, keys.get(event.node)),
        )


def _keys(cursor: Cursor) -> dict[str, str]:
    """Give the public keys of the nodes that the directory knows, and the one we began with."""
    found = rows(cursor, "SELECT code, key FROM directory_entry WHERE kind = 'node'")
    keys = {str(row[0]): str(row[1]) for row in found}
    opened = journal.event_of(cursor, 1)
    if opened is not None and isinstance(opened.body, JournalOpened):
        keys.setdefault(opened.node, opened.body.key)
    return keys


def _good(event: Event, key: str | None) -> bool | None:
    if not key:
        return None
    try:
        events.read_event(event.payload, event.signature, key)
    except SarabanError:
        return False
    return True


def _grant(cursor: Cursor, register: Register, year: int, number: int) -> GrantPaper | None:
    found = rows(
        cursor,
        "SELECT seq FROM number_range WHERE register = ? AND year = ? AND ? BETWEEN first AND last",
        (register, year, number),
    )
    event = journal.event_of(cursor, int(found[0][0])) if found else None
    if event is None:
        return None
    who = value(cursor, "SELECT name FROM person WHERE person = ?", (event.actor,))
    taken_at, taken_by = parse_instant(event.at), str(who or event.actor)
    match event.body:
        case RangeAccepted(grant=text):
            grant = parse_grant(text)
            return GrantPaper(
                grant=grant.grant, first=grant.first, last=grant.last,
                granted_at=parse_instant(grant.at), generation=grant.generation, node=grant.node,
                by_phone=False, opening=grant.opening, taken_at=taken_at, taken_by=taken_by,
                event=event.id,
            )  # fmt: skip
        case RangeTold() as told:
            return GrantPaper(
                grant=told.grant, first=told.first, last=told.last, granted_at=taken_at,
                generation=0, node=event.node, by_phone=True, opening=False, taken_at=taken_at,
                taken_by=taken_by, event=event.id,
            )  # fmt: skip
        case _:
            return None


def _gap(cursor: Cursor, register: Register, year: int, number: int) -> GapPaper | None:
    for gap in numbers.gaps(cursor, register, year):
        if not gap.first <= number <= gap.last:
            continue
        event = journal.event_of(cursor, gap.seq)
        if event is None:
            return None
        who = value(cursor, "SELECT name FROM person WHERE person = ?", (event.actor,))
        return GapPaper(gap=gap, at=parse_instant(event.at), who=str(who or event.actor))
    return None


def _origin(cursor: Cursor, entry: Entry) -> Origin | None:
    found = rows(
        cursor,
        "SELECT source_node, source_event, sender_office, arrived_at, payload FROM arrival"
        " LEFT JOIN letter_received USING (source_node, source_event) WHERE entry = ?",
        (entry.seq,),
    )
    if not found:
        return None
    node, event, office, arrived, payload = found[0]
    sent = events.parse_event(payload.encode("utf-8"), "").at if payload else ""
    return Origin(
        node=node,
        event=event,
        office=directory.office_name(cursor, office),
        sent_at=parse_instant(sent) if sent else None,
        arrived_at=parse_instant(arrived),
    )


def _backups(cursor: Cursor, entry: Entry | None) -> tuple[tuple[BackupRecord, ...], int]:
    if entry is None:
        return (), 0
    return backup_records.containing(cursor, entry.seq, limit=_BACKUPS)


def _colleagues(cursor: Cursor, register: Register, year: int, number: int) -> Iterator[Elsewhere]:
    if number:
        for line in colleagues.select(
            cursor,
            "WHERE register = :register AND year = :year AND number <= :number AND last >= :number"
            " AND number > 0 ORDER BY registered_at, node, event",
            {"register": register, "year": year, "number": number},
        ):
            yield elsewhere.of_line(cursor, line)
