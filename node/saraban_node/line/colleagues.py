"""Lines of this office's registers that other nodes of it wrote, as they come through the mailbox.

    letter, reservation, gap ──> a line
    note, cancellation, end, number ──> folded into its line
    sending, files ──> kept beside it
    name of a person ──> :mod:`.colleague_people`

Events come from several journals, in any order and more than once; a line is always what its own
event and all that was done with it say, in the order of their places. Among them are events of this
node's own life before it was restored: they cannot stand in its journal any more, but they tell
what became of numbers that were given up, and that is written into the journal; so is what was done
with lines that are still here (:mod:`.former`).

The one writer of ``colleague_line`` and ``colleague_act``.
"""

from datetime import date, datetime
from typing import Any, Final

import msgspec

from saraban_base.sqlite import Cursor, Write, one, rows
from saraban_node import journal, meta
from saraban_node.books import letter_numbers, search
from saraban_node.journal import SYSTEM, Journal
from saraban_node.line import colleague_people, former
from saraban_sync import events
from saraban_sync.errors import Unintelligible
from saraban_sync.events import (
    EntryNoted,
    EntryVoided,
    Event,
    FilesAdded,
    LetterRegistered,
    LetterSent,
)
from saraban_sync.ids import parse_event_id
from saraban_sync.number_events import (
    EmergencyClosed,
    EmergencyCorrelated,
    EmergencyOpened,
    EmergencyRegistered,
    GapExplained,
    NumberReserved,
    NumbersReturned,
    NumbersSkipped,
    ReservationEnded,
)
from saraban_sync.registers import Register, Urgency, parse_instant

_FOUND: Final = "พบรายการที่ใช้เลขนี้ก่อนฐานข้อมูลถูกกู้คืนหรือแยกเครื่อง"
"""What is written beside a number that was given up, once its letter is found."""


class ColleagueLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line of the office's register that another node, or a life before this one, wrote."""

    node: str
    event: str
    register: Register
    year: int
    number: int
    """0 while the line has only an emergency number."""
    last: int
    """Of a gap; otherwise the number itself."""
    emergency: int
    state: str
    """``reserved``, ``issued``, ``void``, ``expired``, ``skipped`` or ``returned``."""
    subject: str
    sender: str
    recipient: str
    letter_no: str
    letter_date: date | None
    action: str
    remark: str
    urgency: Urgency
    registered_at: datetime
    registered_by: str
    """The person, as that node's journal names them."""
    reason: str
    replaced_by: str
    """The event of the letter that has taken a reserved number; empty as long as none has."""


class _Line(msgspec.Struct, kw_only=True):
    """A line while it is put together, in the order of the table's columns."""

    register: str
    year: int
    number: int
    emergency: int = 0
    state: str
    last: int
    subject: str = ""
    sender: str = ""
    recipient: str = ""
    letter_no: str = ""
    letter_date: str = ""
    action: str = ""
    remark: str = ""
    urgency: str = Urgency.NORMAL.value
    registered_at: str
    registered_by: str
    reason: str = ""
    replaced_by: str = ""
    circular: int = 0
    source_node: str = ""
    source_event: str = ""
    search_text: str = ""


_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(_Line))
_SHOWN: Final = tuple(field.name for field in msgspec.structs.fields(ColleagueLine))


def take(write: Write, own: Journal, event: Event, owner: str) -> None:
    """Take in an event of a register of this office; again and out of order is safe.

    Args:
        write: the transaction; the database is not fenced.
        own: this node's journal, which may get to know what became of numbers given up.
        event: checked against the key of the node that wrote it.
        owner: the node whose journal it stands in. A forked journal begins with events that were
            signed under the name before, so two nodes may have events of one name and place.

    Raises:
        Unintelligible: it is no event of a register.
        NotAnIdentifier: what it names is no event.
    """
    if journal.hash_of(write.cursor, event.id) == event.hash:
        return  # from before this node got a name of its own: it stands in its own journal
    if colleague_people.put(write, owner, event):
        return
    target = _target(event)
    if target:
        parse_event_id(target)
        _keep_act(write, owner, event, target)
        _fold(write, owner, target)
        former.take_over(write, own, target)
    if isinstance(event.body, _LINES):
        new = _keep_line(write, owner, event)
        _fold(write, owner, event.id)
        if new and owner == own.node:
            former.give_receipt(write, own, event)
    elif not target and not isinstance(event.body, _KNOWN):
        raise Unintelligible(f"a {event.type} is not for this office")
    explain(write, own)


def settle(write: Write, own: Journal) -> None:
    """Write down all that is known of the life before: what was done, and to numbers given up."""
    former.take_over(write, own)
    explain(write, own)


def explain(write: Write, own: Journal) -> int:
    """Write down what became of given-up numbers whose lines have been found; gives how many."""
    if meta.get(write.cursor, meta.FENCED):
        return 0
    found = rows(
        write.cursor,
        "SELECT line.register, line.year, line.number, line.subject, line.node, line.event"
        " FROM number_gap AS gap JOIN colleague_line AS line ON line.register = gap.register"
        " AND line.year = gap.year AND line.number BETWEEN gap.first AND gap.last"
        " WHERE gap.state = 'skipped' AND line.replaced_by = ''"
        " AND line.state NOT IN ('skipped', 'returned') AND NOT EXISTS"
        " (SELECT 1 FROM gap_explanation AS known WHERE known.register = gap.register"
        " AND known.year = gap.year AND known.first = line.number"
        " AND known.letter = line.node || ' ' || line.event)"
        " ORDER BY line.register, line.year, line.number",
    )
    for register, year, number, subject, node, event in found:
        body = GapExplained(
            register=Register(register), year=year, first=number, last=number,
            text=f"{_FOUND}: {subject}", letter=f"{node} {event}",
        )  # fmt: skip
        own.append(write, body, actor=SYSTEM)
    return len(found)


def select(cursor: Cursor, condition: str, bindings: dict[str, Any]) -> list[ColleagueLine]:
    """Give the lines that fit a condition written by this package, never by a person.

    Args:
        cursor: where to read.
        condition: what stands after ``FROM colleague_line``, with named parameters.
        bindings: their values.
    """
    columns = ", ".join(_SHOWN)
    found = rows(cursor, f"SELECT {columns} FROM colleague_line {condition}", bindings)  # noqa: S608
    return [_shown(row) for row in found]


def registers(cursor: Cursor, year: int) -> list[Register]:
    """List the registers in which colleagues have written in a year."""
    return [
        register
        for register in Register
        if one(
            cursor,
            "SELECT 1 FROM colleague_line WHERE register = ? AND year = ? LIMIT 1",
            (register, year),
        )
    ]


_LINES: Final = (
    LetterRegistered, NumberReserved, EmergencyRegistered, NumbersSkipped, NumbersReturned,
)  # fmt: skip


_KNOWN: Final = (EmergencyOpened, EmergencyClosed)
"""Shown to colleagues too; no line comes of them."""


def _target(event: Event) -> str:
    """Name the line that an event does something with; empty for one that does not."""
    match event.body:
        case EntryVoided(entry=entry) | EntryNoted(entry=entry) | EmergencyCorrelated(entry=entry):
            return entry
        case ReservationEnded(reservation=entry) | LetterRegistered(reservation=entry):
            return entry
        case LetterSent(entry=entry) | FilesAdded(entry=entry):
            return entry
        case _:
            return ""


def _keep_act(write: Write, owner: str, event: Event, line: str) -> None:
    write.cursor.execute(
        "INSERT OR IGNORE INTO colleague_act VALUES (?, ?, ?, ?, ?)",
        (owner, event.id, line, event.payload.decode("utf-8"), event.signature),
    )


def _keep_line(write: Write, owner: str, event: Event) -> bool:
    """Keep what begins a line; tells whether it is new."""
    kept = one(
        write.cursor,
        "SELECT payload FROM colleague_line WHERE node = ? AND event = ?",
        (owner, event.id),
    )
    payload = event.payload.decode("utf-8")
    if kept is not None:
        if kept[0] != payload:
            raise Unintelligible(f"{owner} {event.id} came before as another event")
        return False
    columns = ", ".join(("node", "event", *_FIELDS, "payload", "signature"))
    places = ", ".join("?" * (len(_FIELDS) + 4))
    write.cursor.execute(
        f"INSERT INTO colleague_line ({columns}) VALUES ({places})",  # noqa: S608 - our own names
        (owner, event.id, *_values(_begun(write.cursor, event)), payload, event.signature),
    )
    return True


def _fold(write: Write, node: str, name: str) -> None:
    """Make a line what its event and everything that was done with it say."""
    cursor = write.cursor
    row = one(
        cursor,
        "SELECT payload, signature FROM colleague_line WHERE node = ? AND event = ?",
        (node, name),
    )
    if row is None:
        return  # what was done with it has come first
    line = _begun(cursor, _parsed(row))
    for act in rows(
        cursor,
        "SELECT payload, signature FROM colleague_act WHERE node = ? AND line = ? ORDER BY event",
        (node, name),
    ):
        _apply(line, _parsed(act))
    settings = ", ".join(f"{field} = ?" for field in _FIELDS)
    cursor.execute(
        f"UPDATE colleague_line SET {settings} WHERE node = ? AND event = ?",  # noqa: S608
        (*_values(line), node, name),
    )


def _begun(cursor: Cursor, event: Event) -> _Line:
    """Make the line that an event begins."""
    match event.body:
        case LetterRegistered() as body:
            line = _letter(event, body, number=body.number, text=search.text_of(body))
        case EmergencyRegistered() as body:
            written = letter_numbers.emergency(cursor, event.node, body.year, body.emergency)
            line = _letter(event, body, number=0, text=search.text_of_emergency(body, written))
            line.emergency = body.emergency
        case NumberReserved() as body:
            line = _Line(
                register=body.register, year=body.year, number=body.number, last=body.number,
                state="reserved", subject=body.purpose, recipient=body.holder,
                letter_no=body.letter_no, registered_at=event.at, registered_by=event.actor,
                search_text=search.text_of_reservation(body),
            )  # fmt: skip
        case NumbersSkipped() | NumbersReturned() as body:
            line = _Line(
                register=body.register, year=body.year, number=body.first, last=body.last,
                state="skipped" if isinstance(body, NumbersSkipped) else "returned",
                reason=body.why if isinstance(body, NumbersSkipped) else "year-end",
                registered_at=event.at, registered_by=event.actor,
            )  # fmt: skip
        case _:
            raise Unintelligible(f"{event.id} begins no line")
    return line


def _letter(
    event: Event, body: LetterRegistered | EmergencyRegistered, *, number: int, text: str
) -> _Line:
    source = body.source
    return _Line(
        register=body.register, year=body.year, number=number, last=number, state="issued",
        source_node=source.node if source else "", source_event=source.event if source else "",
        subject=body.subject, sender=body.sender, recipient=body.recipient,
        letter_no=body.letter_no, letter_date=body.letter_date, action=body.action,
        remark=body.remark, urgency=body.urgency, registered_at=event.at,
        registered_by=event.actor, circular=int(body.circular), search_text=text,
    )  # fmt: skip


def _apply(line: _Line, event: Event) -> None:
    """Do with a line what an event says."""
    match event.body:
        case EntryNoted(action=action):
            line.action = action
            line.search_text = search.with_note(line.search_text, action)
        case EntryVoided(reason=reason):
            line.state, line.reason = "void", reason
        case ReservationEnded(how=how, reason=reason):
            line.state, line.reason = how, reason
        case EmergencyCorrelated() as body:
            line.number = line.last = body.number
            line.register, line.year = body.register, body.year
            line.letter_no = body.letter_no or line.letter_no
            line.search_text = search.with_number(line.search_text, body)
        case LetterRegistered():
            line.replaced_by = event.id
        case _:
            pass


def _values(line: _Line) -> tuple[Any, ...]:
    return msgspec.structs.astuple(line)


def _parsed(row: tuple[Any, ...]) -> Event:
    return events.parse_event(str(row[0]).encode("utf-8"), str(row[1]))


def _shown(row: tuple[Any, ...]) -> ColleagueLine:
    found = dict(zip(_SHOWN, row, strict=True))
    try:
        day = date.fromisoformat(found["letter_date"])
    except ValueError:
        day = None
    return ColleagueLine(
        **{
            **found,
            "register": Register(found["register"]),
            "urgency": Urgency(found["urgency"]),
            "letter_date": day,
            "registered_at": parse_instant(found["registered_at"]),
        }
    )
