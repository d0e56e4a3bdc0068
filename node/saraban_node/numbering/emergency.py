"""ทะเบียนฉุกเฉิน: work goes on when the numbers have run out and there is no line.

    open_outage(cause) ──> register ──> ฉ 1, ฉ 2, … ──a range comes──> settle:
                                                        each gets its ordinary number and keeps both

The emergency series belongs to the node, runs through the year across all outages, and has no end.
The legal time of a letter is that of its emergency number; nothing is dated again.
"""

from typing import Final

from saraban_base.sqlite import Cursor, Write, rows, value
from saraban_node import meta
from saraban_node.books import entries, letter_numbers
from saraban_node.books.acts import required, tidied, trusted_clock, year_to_number
from saraban_node.books.entries import Entry
from saraban_node.books.letters import (
    NewLetter,
    checked,
    entry_of_form,
    give_receipt,
    remember_form,
    send,
)
from saraban_node.clocks.errors import ClockUntrusted
from saraban_node.errors import (
    EmergencyClosedNow,
    EmergencyOpenAlready,
    Fenced,
    NoRangeLeft,
    NumbersLeft,
    ReasonMissing,
)
from saraban_node.journal import SYSTEM, Journal, event_of
from saraban_node.line import deliveries
from saraban_node.numbering import left_letters, numbers, outages
from saraban_node.numbering.left_letters import WAITING
from saraban_node.numbering.outages import Outage
from saraban_sync.events import understood
from saraban_sync.ids import OfficeCode, PersonId
from saraban_sync.number_events import (
    EmergencyClosed,
    EmergencyCorrelated,
    EmergencyOpened,
    EmergencyRegistered,
)
from saraban_sync.registers import Circulars, Register, buddhist_year, parse_instant

_MAX_CAUSE: Final = 500
_EPOCH_GUARD: Final = 20
"""Emergency numbers passed over when a new epoch begins."""


def open_outage(write: Write, journal: Journal, *, cause: str, actor: PersonId) -> Outage:
    """Open the emergency register.

    Args:
        write: the transaction; its moment is the beginning of the outage.
        journal: the office's journal.
        cause: why ordinary numbers cannot be had.
        actor: who opens it.

    Raises:
        EmergencyOpenAlready: it is open.
        NumbersLeft: every register in use has ordinary numbers.
        ReasonMissing: no cause is given.
        Fenced: the database may give no numbers.
    """
    _unfenced(write.cursor)
    if outages.current(write.cursor) is not None:
        raise EmergencyOpenAlready
    cause = tidied("สาเหตุ", cause, _MAX_CAUSE)
    if not cause:
        raise ReasonMissing("emergency")
    year = year_to_number(write, journal)
    if not without_numbers(write.cursor, year):
        raise NumbersLeft(str(year))
    last = value(write.cursor, "SELECT coalesce(max(outage), 0) FROM outage")
    journal.append(write, EmergencyOpened(outage=int(last) + 1, cause=cause), actor=actor)
    return _current(write.cursor)


def without_numbers(cursor: Cursor, year: int) -> list[Register]:
    """List the registers in use that have no number left in a year.

    One that was used in the year before is in use on 1 January, whether numbers have come or not.
    """
    known = numbers.registers_in_use(cursor, year - 1, year)
    used = {Register.INCOMING, Register.OUTGOING, *known}
    if letter_numbers.circulars(cursor, year) is Circulars.SHARED:
        used.discard(Register.CIRCULAR)
    return [one for one in Register if one in used and not numbers.left(cursor, one, year)]


def register(
    write: Write, journal: Journal, letter: NewLetter, *, actor: PersonId, form: str | None = None
) -> Entry:
    """Register a letter in the emergency register.

    Args:
        write: the transaction; its moment is the legal time of registration.
        journal: the office's journal.
        letter: what the clerk wrote.
        actor: the clerk.
        form: the form's own key; a form that was already turned into an entry gives that entry.

    Raises:
        EmergencyClosedNow: the emergency register is not open.
        NumbersLeft: the letter's register has ordinary numbers.
        Fenced: the database may give no numbers.
        SubjectMissing, FieldTooLong, FileRefused, NotSendable, UnknownOffice, AlreadyRegistered:
            as for :func:`saraban_node.books.letters.register_letter`.
    """
    if form and (seq := entry_of_form(write, form)):
        return entries.written(write.cursor, seq)
    _unfenced(write.cursor)
    outage = _current(write.cursor)
    letter = checked(write, letter)
    year = year_to_number(write, journal)
    book, circular = letter_numbers.book_of(
        write.cursor, letter.register, year, circular=letter.circular
    )
    if numbers.left(write.cursor, book, year):
        raise NumbersLeft(f"{book} {year}")
    number = _next(write.cursor, year)
    letter_no = letter.letter_no
    if book is not Register.INCOMING and not letter_no:
        letter_no = letter_numbers.emergency(write.cursor, journal.node, year, number)
    body = EmergencyRegistered(
        outage=outage.outage, emergency=number, register=book, year=year,
        subject=letter.subject, sender=letter.sender, recipient=letter.recipient,
        letter_no=letter_no,
        letter_date=letter.letter_date.isoformat() if letter.letter_date else "",
        action=letter.action, remark=letter.remark, urgency=letter.urgency, files=letter.files,
        source=letter.source, circular=circular, offices=letter.offices,
    )  # fmt: skip
    event = journal.append(write, body, actor=actor)
    if form:
        remember_form(write, form, event)
    return required(write, event.id)


def settle(write: Write, journal: Journal, *, actor: PersonId, limit: int = 50) -> int:
    """Give letters of the emergency register their ordinary numbers, in the order of registering.

    Letters that were to be sent are sent now, receipts that were due are given. When no letter
    waits any more the emergency is over. What another machine numbers is left to it; what it
    has left behind when it went out of use is numbered when a person asks for it.

    Args:
        write: the transaction.
        journal: the office's journal.
        actor: who does it; ``system`` when numbers have come by themselves.
        limit: greatest number of letters at once.

    Returns:
        How many letters got their number.

    Raises:
        ClockUntrusted: nobody can say what day it is; nothing was written.
    """
    if meta.get(write.cursor, meta.FENCED):
        return 0
    given, due = 0, _due(write.cursor, limit, asked=actor != SYSTEM)
    if due:
        trusted_clock(write, journal)
    for entry in due:
        try:
            number = numbers.next_number(write.cursor, entry.register, entry.year)
        except NoRangeLeft:
            continue
        _correlate(write, journal, entry, number, actor)
        given += 1
    outage = outages.current(write.cursor)
    if outage is not None and _over(write, journal):
        body = EmergencyClosed(outage=outage.outage, total=outages.letters(write.cursor, outage))
        journal.append(write, body, actor=actor)
    return given


def waiting(cursor: Cursor, *, limit: int = 1_000) -> list[Entry]:
    """List letters that wait for an ordinary number from this machine, oldest first."""
    # The plus keeps SQLite from reading every line there is in order of seq.
    return entries.select(
        cursor,
        f"WHERE {WAITING}{left_letters.not_ours(cursor)} ORDER BY +seq LIMIT :limit",
        {"limit": limit},
    )


def waiting_series(cursor: Cursor) -> list[tuple[Register, int]]:
    """List the registers and years in which letters wait for a number from this machine."""
    ours = WAITING + left_letters.not_ours(cursor)
    found = rows(cursor, f"SELECT DISTINCT register, year FROM entry WHERE {ours}")  # noqa: S608
    return [(Register(row[0]), int(row[1])) for row in found]


def waiting_count(cursor: Cursor) -> int:
    """Count the letters that wait for an ordinary number from this machine."""
    ours = WAITING + left_letters.not_ours(cursor)
    return int(value(cursor, f"SELECT count(*) FROM entry WHERE {ours}"))  # noqa: S608


def _due(cursor: Cursor, limit: int, *, asked: bool) -> list[Entry]:
    """List the letters whose register has numbers again, oldest first."""
    found: list[Entry] = []
    others = left_letters.not_ours(cursor) if asked else left_letters.not_ours_by_itself(cursor)
    for book, year in waiting_series(cursor):
        if numbers.left(cursor, book, year):
            found += entries.select(
                cursor,
                f"WHERE {WAITING}{others} AND register = :register AND year = :year"
                " ORDER BY +seq LIMIT :limit",
                {"register": book, "year": year, "limit": limit},
            )
    return sorted(found, key=lambda entry: entry.seq)[:limit]


def _correlate(write: Write, journal: Journal, entry: Entry, number: int, actor: PersonId) -> None:
    event = _registered(write.cursor, entry)
    letter_no = event.letter_no
    if letter_no in ("", _as_written(write.cursor, entry)):
        letter_no = letter_numbers.written(
            write.cursor, entry.register, entry.year, number, circular=event.circular
        )
    body = EmergencyCorrelated(
        entry=entry.id, register=entry.register, year=entry.year, number=number,
        letter_no=letter_no,
    )  # fmt: skip
    journal.append(write, body, actor=actor)
    if event.source is not None:
        give_receipt(
            write, journal, event.source, year=entry.year, number=number,
            registered_at=entry.registered_at, actor=actor,
        )  # fmt: skip
    # What was sent before a restore is not sent again, under another number.
    reached = {one.office for one in deliveries.of_line(write.cursor, journal.node, entry.id)}
    offices = tuple(OfficeCode(one) for one in event.offices if one not in reached)
    if offices:
        files = tuple(entries.files(write.cursor, entry.seq))
        send(
            write, journal, required(write, entry.id), files, offices=offices,
            letter_no=letter_no, actor=actor,
        )  # fmt: skip


def _registered(cursor: Cursor, entry: Entry) -> EmergencyRegistered:
    """Give what was written when a letter got its emergency number.

    Raises:
        EmergencyClosedNow: the line is not of the emergency register.
    """
    found = event_of(cursor, entry.seq)
    body = understood(found) if found is not None else None
    if not isinstance(body, EmergencyRegistered):
        raise EmergencyClosedNow(entry.id)
    return body


def _as_written(cursor: Cursor, entry: Entry) -> str:
    """Give the emergency number as it was written, by the node's name then."""
    found = event_of(cursor, entry.seq)
    node = found.node if found is not None else meta.get(cursor, meta.NODE)
    return letter_numbers.emergency(cursor, node, entry.year, entry.emergency)


def _over(write: Write, journal: Journal) -> bool:
    """Tell whether ordinary numbers are back: nothing waits and every register has some."""
    if waiting(write.cursor, limit=1):
        return False
    try:
        year = year_to_number(write, journal)
    except ClockUntrusted:
        return False
    return not without_numbers(write.cursor, year)


def _next(cursor: Cursor, year: int) -> int:
    """Give the next emergency number of a year.

    The series has no ranges that a lifted fence could give up. So the first number of a new epoch
    keeps away from what the life before may have given and nobody has heard of.
    """
    found = rows(
        cursor,
        "SELECT emergency, id FROM entry WHERE year = ? AND emergency > 0"
        " ORDER BY emergency DESC LIMIT 1",
        (year,),
    )
    last, line = found[0] if found else (0, "")
    lost = value(
        cursor,
        "SELECT max(emergency) FROM colleague_line WHERE node = ? AND year = ?",
        (meta.get(cursor, meta.NODE), year),
    )
    guard = _EPOCH_GUARD if _epoch_began(cursor, str(line), year) else 0
    return max(int(last), int(lost or 0)) + 1 + guard


def _epoch_began(cursor: Cursor, line: str, year: int) -> bool:
    """Tell whether a new epoch began since a line, or in the year when there is no line yet."""
    epoch = meta.epoch(cursor)
    if line:
        return int(line[:4]) < epoch
    if epoch == 1:
        return False
    began = value(cursor, "SELECT at FROM journal WHERE epoch = ? ORDER BY seq LIMIT 1", (epoch,))
    return began is not None and buddhist_year(parse_instant(str(began))) == year


def _unfenced(cursor: Cursor) -> None:
    if meta.get(cursor, meta.FENCED):
        raise Fenced


def _current(cursor: Cursor) -> Outage:
    found = outages.current(cursor)
    if found is None:
        raise EmergencyClosedNow
    return found
