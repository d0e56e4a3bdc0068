"""จองเลข: a number is kept for a letter that is still to be written.

    reserve ──> reserved ──register_letter──> issued     (the number's day is that of reserving)
                    ├──────cancel───────────> void       (reason, person, time)
                    ├──────expire_due───────> expired    (the day after its last day)
                    └──────give_up──────────> void       (a fence is lifted: it may be used already)

A reserved number is never given to anybody else and never used again. Dating a letter back is
possible only in this way: onto a number that was reserved on that day.
"""

from datetime import date, timedelta
from typing import Final

from saraban_base.sqlite import Write, rows
from saraban_node.books import entries, letter_numbers
from saraban_node.books.acts import required, tidied, year_to_number
from saraban_node.books.entries import Entry
from saraban_node.errors import ReasonMissing, ReservationOver, ReservationWrong
from saraban_node.journal import SYSTEM, Journal
from saraban_node.numbering import numbers
from saraban_sync.ids import EventId, PersonId
from saraban_sync.number_events import NumberReserved, ReservationEnded
from saraban_sync.registers import Register, thai_date

MAX_HOLDER: Final = 200
MAX_PURPOSE: Final = 500
MAX_DAYS: Final = 366
_MAX_REASON: Final = 500
_UNKNOWN: Final = "ฐานข้อมูลกู้คืนหรือแยกเครื่อง จึงไม่อาจรู้ว่าเลขที่จองไว้นี้ใช้ไปแล้วหรือไม่"
_OVER: Final = {
    "issued": ("มีหนังสือใช้เลขนี้แล้ว", "a letter has it already"),
    "void": ("ถูกยกเลิกแล้ว", "it was cancelled"),
    "expired": ("เลยวันสุดท้ายที่จองไว้แล้ว", "its last day is over"),
}


def reserve(
    write: Write,
    journal: Journal,
    *,
    register: Register,
    holder: str,
    purpose: str,
    expires: date,
    actor: PersonId,
) -> Entry:
    """Keep the next number of a register for a letter to come.

    Args:
        write: the transaction; its moment is the day of the number.
        journal: the office's journal.
        register: the book.
        holder: who asked for the number.
        purpose: what it is for.
        expires: the last day on which it can be used, Thailand's calendar.
        actor: the clerk.

    Raises:
        ReservationWrong: something is missing, or the last day cannot be one.
        FieldTooLong: a field does not fit.
        NoRangeLeft: the node has no number left for this year.
        Fenced: the database may give no numbers.
    """
    holder = tidied("ผู้ขอ", holder, MAX_HOLDER)
    purpose = tidied("เรื่อง", purpose, MAX_PURPOSE)
    _check(write, register, holder, purpose, expires)
    year = year_to_number(write, journal)
    number = numbers.next_number(write.cursor, register, year)
    body = NumberReserved(
        register=register,
        year=year,
        number=number,
        letter_no=letter_numbers.written(write.cursor, register, year, number),
        holder=holder,
        purpose=purpose,
        expires=expires.isoformat(),
    )
    event = journal.append(write, body, actor=actor)
    return required(write, event.id)


def cancel(
    write: Write, journal: Journal, entry: EventId, *, reason: str, actor: PersonId
) -> Entry:
    """Cancel a reservation. The number stays in the register and is never given again.

    Raises:
        NoSuchEntry: there is no such line.
        ReservationOver: it is no reservation any more.
        ReasonMissing: no reason is given.
        FieldTooLong: the reason is too long.
    """
    open_reservation(write, entry)
    reason = tidied("เหตุผล", reason, _MAX_REASON)
    if not reason:
        raise ReasonMissing(entry)
    body = ReservationEnded(reservation=entry, how="void", reason=reason)
    journal.append(write, body, actor=actor)
    return required(write, entry)


def expire_due(write: Write, journal: Journal, *, limit: int = 100) -> int:
    """End the reservations whose last day is over.

    Args:
        write: the transaction; its moment says which day it is.
        journal: the office's journal.
        limit: greatest number at once.

    Returns:
        How many ended.
    """
    today = thai_date(write.now).isoformat()
    due = rows(
        write.cursor,
        "SELECT id FROM entry WHERE state = 'reserved' AND expires < ? ORDER BY +seq LIMIT ?",
        (today, limit),
    )
    for (entry,) in due:
        journal.append(write, ReservationEnded(reservation=entry, how="expired"), actor=SYSTEM)
    return len(due)


def give_up(write: Write, journal: Journal, *, actor: PersonId) -> int:
    """End every reservation of a restored or copied database, as part of lifting its fence.

    In the life before, or on the other machine, a letter may have taken the number already.

    Returns:
        How many ended.
    """
    found = rows(write.cursor, "SELECT id FROM entry WHERE state = 'reserved' ORDER BY +seq")
    for (entry,) in found:
        body = ReservationEnded(reservation=entry, how="void", reason=_UNKNOWN)
        journal.append(write, body, actor=actor, lifting=True)
    return len(found)


def open_reservation(write: Write, entry: EventId) -> Entry:
    """Give a reservation that can still be used.

    Raises:
        NoSuchEntry: there is no such line.
        ReservationOver: it was used, cancelled, or has run out.
    """
    if entries.took_reservation(write.cursor, entry):
        raise _over(entry, "issued")
    found = required(write, entry)
    state = found.state
    over = found.expires is None or thai_date(write.now) > found.expires
    if state == "reserved" and over:
        state = "expired"
    if state != "reserved":
        raise _over(entry, state)
    return found


def due_within(today: date, found: list[Entry], days: int) -> list[Entry]:
    """Choose the reservations that run out within some days, for a reminder."""
    until = today + timedelta(days=days)
    return [entry for entry in found if entry.expires is not None and entry.expires <= until]


def _over(entry: EventId, state: str) -> ReservationOver:
    why_th, why_en = _OVER[state]
    return ReservationOver(entry, why_th=why_th, why_en=why_en)


def _check(write: Write, register: Register, holder: str, purpose: str, expires: date) -> None:
    today = thai_date(write.now)
    problem: tuple[str, str] | None = None
    if register is Register.INCOMING:
        problem = ("เลขรับออกเมื่อหนังสือมาถึงเท่านั้น", "a receiving number is given when a letter comes")
    elif not holder:
        problem = ("ยังไม่ได้ระบุผู้ขอเลข", "it does not say for whom")
    elif not purpose:
        problem = ("ยังไม่ได้ระบุเรื่อง", "it does not say what for")
    elif not today <= expires <= today + timedelta(days=MAX_DAYS):
        problem = (
            f"วันสุดท้ายต้องอยู่ระหว่างวันนี้ถึงอีก {MAX_DAYS} วัน",
            f"the last day must be within {MAX_DAYS} days from today",
        )
    if problem is not None:
        raise ReservationWrong(register, why_th=problem[0], why_en=problem[1])
