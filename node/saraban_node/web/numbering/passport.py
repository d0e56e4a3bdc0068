"""ตรวจเลข: paste any number and see its whole life — grant, acts, clock, ways, backups."""

from typing import Final

from litestar.handlers import HTTPRouteHandler

from saraban_base.refusals import NotANumber, PageNotFound
from saraban_base.sqlite import Cursor
from saraban_base.web.errors import status_of
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_node.books import entries
from saraban_node.errors import FieldTooLong, NoSuchEntry, ReasonMissing
from saraban_node.line import elsewhere
from saraban_node.numbering import gap_notes, lookup, passport
from saraban_node.numbering.errors import NotGivenUp
from saraban_node.numbering.lookup import Candidate
from saraban_node.numbering.passport import Passport
from saraban_node.web.clock_words import words_of
from saraban_node.web.office import CLERKS, Office, actor, book_of
from saraban_sync.errors import SarabanError
from saraban_sync.ids import EventId
from saraban_sync.registers import Register
from saraban_sync.thai import arabic_digits, tidy
from saraban_sync.written import MAX_NUMBER, MAX_TEXT

_YEARS: Final = range(2400, 3001)


class PassportPages:
    """Shows the life of numbers."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/numbers", self.find, needs=CLERKS),
            page("/numbers/{book:str}/{year:str}/{number:str}", self.show, needs=CLERKS),
            act("/numbers/{book:str}/{year:str}/{number:str}/explain", self.explain, needs=CLERKS),
            page("/letters/{entry:str}/passport", self.show_letter, needs=CLERKS),
            page("/emergency/{node:str}/{event:str}", self.show_colleagues, needs=CLERKS),
        ]

    def find(self, visit: Visit) -> Answer:
        """Find the number that is meant; go to it at once when there is only one."""
        text = visit.query.get("q", "")[:MAX_TEXT].strip()
        book = visit.query.get("register", "")
        found: list[Candidate] = []
        problem: SarabanError | None = None
        if text:
            try:
                with self._node.db.read() as cursor:
                    found = lookup.candidates(cursor, text)
            except SarabanError as wrong:
                problem = wrong
        if book in set(Register):
            found = [one for one in found if one.register == book] or found
        if len(found) == 1:
            return visit.redirect(address_of(found[0]))
        return visit.page(
            "numbers.html",
            status=status_of(problem) if problem else 200,
            q=text,
            candidates=found,
            address_of=address_of,
            problems={"q": problem} if problem else {},
        )

    def show(self, visit: Visit) -> Answer:
        """Show the passport of a number, which need not exist."""
        book, year, number = named(visit)
        with self._node.db.read() as cursor:
            found = passport.of_number(cursor, book, year, number)
        return self._show(visit, found)

    def explain(self, visit: Visit) -> Answer:
        """Write down what became of a number that was given up."""
        book, year, number = named(visit)
        last = arabic_digits(tidy(visit.form.text("last"))) or str(number)
        try:
            if not _whole(last):
                raise NotANumber(f"last: {last[:20]}")
            with self._node.db.write() as write:
                gap_notes.explain(
                    write, self._node.journal, register=book, year=year, first=number,
                    last=int(last), text=visit.form.text("text"), actor=actor(visit),
                )  # fmt: skip
        except SarabanError as problem:
            with self._node.db.read() as cursor:
                found = passport.of_number(cursor, book, year, number)
            return self._show(visit, found, problem=problem)
        return visit.redirect(f"/numbers/{book}/{year}/{number}", said="saved")

    def show_letter(self, visit: Visit) -> Answer:
        """Show the passport of a letter, which may have only an emergency number."""
        with self._node.db.read() as cursor:
            found = letters_passport(cursor, visit.part("entry"))
        return self._show(visit, found)

    def show_colleagues(self, visit: Visit) -> Answer:
        """Show the passport of another node's letter, which may have only an emergency number."""
        with self._node.db.read() as cursor:
            found = colleagues_passport(cursor, visit.part("node"), visit.part("event"))
        return self._show(visit, found)

    def _show(
        self, visit: Visit, found: Passport, *, problem: SarabanError | None = None
    ) -> Answer:
        about_last = isinstance(problem, (NotGivenUp, NotANumber))
        about_text = isinstance(problem, (ReasonMissing, FieldTooLong))
        field = "last" if about_last else "text" if about_text else ""
        return visit.page(
            "passport.html",
            status=status_of(problem) if problem else 200,
            typed=visit.form.fields,
            problem=None if field else problem,
            problems={field: problem} if field else {},
            passport=found,
            clocks={
                step.happening.event: words_of(visit.voice, step.clock) for step in found.steps
            },
            enrolled=self._office.enrolled,
            node=self._node.node,
        )


def letters_passport(cursor: Cursor, name: str) -> Passport:
    """Give the passport of a line.

    Raises:
        NoSuchEntry: there is none with this id.
    """
    entry = entries.by_id(cursor, EventId(name))
    if entry is None:
        raise NoSuchEntry(name[:40])
    return passport.of_entry(cursor, entry)


def colleagues_passport(cursor: Cursor, node: str, event: str) -> Passport:
    """Give the passport of a line that stands in another journal.

    Raises:
        NoSuchEntry: none such is known here.
    """
    line = elsewhere.find(cursor, node, event)
    if line is None:
        raise NoSuchEntry(f"{node} {event}"[:40])
    return passport.of_colleague(cursor, line)


def address_of(one: Candidate) -> str:
    """Give the address of a candidate's passport."""
    if one.number:
        return f"/numbers/{one.register}/{one.year}/{one.number}"
    return f"/letters/{one.entry}/passport" if one.entry else f"/emergency/{one.node}/{one.event}"


def named(visit: Visit) -> tuple[Register, int, int]:
    """Read register, year and number from an address.

    Raises:
        PageNotFound: they cannot be.
    """
    year, number = visit.part("year"), visit.part("number")
    if not (_whole(year) and int(year) in _YEARS and _whole(number)):
        raise PageNotFound(f"{year[:20]}/{number[:20]}")
    if not 1 <= int(number) <= MAX_NUMBER:
        raise PageNotFound(number)
    return book_of(visit.part("book")), int(year), int(number)


def _whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10
