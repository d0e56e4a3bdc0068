"""จองเลข: keep a number for a letter to come, see which are kept, cancel one with a reason.

A kept number is finished on the ordinary form (``/registers/{book}/new?reservation=…``), whose
button names the number and its day.
"""

from datetime import date, timedelta
from typing import Final, NamedTuple

from litestar.handlers import HTTPRouteHandler

from saraban_base.refusals import FieldMissing, WrongFields
from saraban_base.sqlite import Write
from saraban_base.web.errors import status_of
from saraban_base.web.forms import Reader
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_node import journal
from saraban_node.appliance import Appliance
from saraban_node.books import entries, letters, registers
from saraban_node.books.entries import Entry
from saraban_node.errors import ReservationWrong
from saraban_node.numbering import numbers, reservations
from saraban_node.numbering.reservations import MAX_HOLDER, MAX_PURPOSE
from saraban_node.web import letter_form, receipts
from saraban_node.web.columns import registers_shown
from saraban_node.web.letter import is_without_letter, show_reserved
from saraban_node.web.office import CLERKS, Office, actor
from saraban_node.web.problems import NoSuchReservation
from saraban_sync.errors import SarabanError
from saraban_sync.ids import EventId, PersonId
from saraban_sync.registers import BUDDHIST_ERA, Register, buddhist_year, thai_date

USUAL_DAYS: Final = timedelta(days=7)
"""For how long a number is kept when the clerk does not say."""


class Wish(NamedTuple):
    """A number that somebody wants kept."""

    register: Register
    holder: str
    purpose: str
    expires: date


class ReservedPages:
    """Keeps numbers."""

    def __init__(self, office: Office) -> None:
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/reserved", self.show, needs=CLERKS),
            act("/reserved", self.reserve, needs=CLERKS),
            act("/reserved/{entry:str}/cancel", self.cancel, needs=CLERKS),
        ]

    def show(self, visit: Visit) -> Answer:
        """List the numbers that are kept, and offer to keep another."""
        return self._show(visit)

    def reserve(self, visit: Visit) -> Answer:
        """Keep the next number of a register."""
        key = letter_form.form_key(visit.form.text("form"))
        try:
            wish = self._wish(visit)
            receipts.look(visit, self._node)
            entry = visit.shell.lane.write(
                lambda write: reserve_once(write, self._node, wish, key=key, actor=actor(visit))
            )
        except SarabanError as problem:
            return self._show(visit, problem=problem)
        answer = visit.redirect("/reserved", done=entry.id)
        receipts.note(visit, answer, self._node, entry)
        return answer

    def cancel(self, visit: Visit) -> Answer:
        """Cancel a kept number; it stays in the register and is never given again."""
        entry = EventId(visit.part("entry"))
        try:
            with self._node.db.write() as write:
                reservations.cancel(
                    write, self._node.journal, entry,
                    reason=visit.form.text("reason"), actor=actor(visit),
                )  # fmt: skip
        except SarabanError as problem:
            with self._node.db.read() as cursor:
                found = entries.by_id(cursor, entry)
            if found is None or not is_without_letter(found):
                raise
            return show_reserved(visit, found, self._node, problem=problem)
        return visit.redirect(f"/letters/{entry}", said="voided")

    def _wish(self, visit: Visit) -> Wish:
        reader = Reader(visit.form)
        wish = Wish(
            register=reader.choice("register", _reservable, Register.OUTGOING),
            holder=reader.line("holder", limit=MAX_HOLDER, required=True),
            purpose=reader.line("purpose", limit=MAX_PURPOSE, required=True),
            expires=reader.day("expires") or date.min,
        )
        if wish.expires == date.min and "expires" not in reader.problems:
            reader.problems["expires"] = FieldMissing("expires")
        reader.done()
        return wish

    def _show(self, visit: Visit, *, problem: SarabanError | None = None) -> Answer:
        node, now = self._node, self._node.clock.now()
        with node.db.read() as cursor:
            found = registers.reserved(cursor)
            done = entries.by_id(cursor, EventId(visit.query.get("done", "")))
            year = buddhist_year(now)
            books = [one for one in registers_shown(cursor, year) if one is not Register.INCOMING]
            left = {one: numbers.left(cursor, one, year) for one in books}
        problems: dict[str, SarabanError] = {}
        if isinstance(problem, WrongFields):
            problems = problem.problems
        elif isinstance(problem, ReservationWrong):  # the other fields were looked at before
            problems, problem = {"expires": problem}, problem
        placed = bool(problems)
        return visit.page(
            "reserved.html",
            status=status_of(problem) if problem else 200,
            reserved=found,
            done=done if problem is None else None,
            books=books,
            left=left,
            year=year,
            today=thai_date(now),
            form=letter_form.form_key(visit.form.text("form")),
            typed=self._typed(visit, problem),
            problems=problems,
            problem=None if placed else problem,
        )

    def _typed(self, visit: Visit, problem: SarabanError | None) -> dict[str, str]:
        """Give what stands in the form: what was typed, or what is likely."""
        if problem is not None:
            return dict(visit.form.fields)
        until = thai_date(self._node.clock.now()) + USUAL_DAYS
        day = f"{until.day}/{until.month}/{until.year + BUDDHIST_ERA}"
        book = visit.query.get("register", "")
        return {
            "register": book if book in set(Register) else Register.OUTGOING,
            "holder": visit.person.name,
            "expires": visit.voice.digits(day),
        }


def reserve_once(write: Write, node: Appliance, wish: Wish, *, key: str, actor: PersonId) -> Entry:
    """Keep a number; the same form again gives the same number.

    Raises:
        NoSuchReservation: the form gave a number before, whose letter is registered by now.
        ReservationWrong, FieldTooLong, NoRangeLeft, Fenced:
            as for :func:`saraban_node.numbering.reservations.reserve`.
    """
    if seq := letters.entry_of_form(write, key):
        known = entries.by_seq(write.cursor, seq)
        if known is None:
            raise NoSuchReservation(key)
        return known
    entry = reservations.reserve(
        write, node.journal, register=wish.register, holder=wish.holder, purpose=wish.purpose,
        expires=wish.expires, actor=actor,
    )  # fmt: skip
    event = journal.event_of(write.cursor, entry.seq)
    if event is not None:
        letters.remember_form(write, key, event)
    return entry


def _reservable(text: str) -> Register:
    register = Register(text)
    if register is Register.INCOMING:
        raise ValueError(text)
    return register
