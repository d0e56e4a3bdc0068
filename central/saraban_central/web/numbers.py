"""ความเป็นมาของเลข and พิสูจน์ความครบถ้วน: one number's whole life, and the proof of all of them."""

from typing import Final

from litestar.handlers import HTTPRouteHandler

from saraban_base.refusals import PageNotFound
from saraban_base.web.errors import status_of
from saraban_base.web.routes import page
from saraban_base.web.visit import Answer, Visit
from saraban_central import directory
from saraban_central.errors import NumberUnclear
from saraban_central.numbering import lookup, passport, proof
from saraban_central.numbering.lookup import Candidate, Narrow
from saraban_central.numbering.passport import Passport
from saraban_central.numbering.proof import OfficeProof, Wanted
from saraban_central.readmodel import registers
from saraban_central.web.clock_words import words_of
from saraban_central.web.desk import PEOPLE, Desk, book_of, spoken, whole
from saraban_sync.registers import buddhist_year
from saraban_sync.states import State

_MOST_TEXT: Final = 200
_NOTABLE: Final = 500
COUNTED: Final = (
    State.ISSUED, State.RESERVED, State.VOID, State.EXPIRED, State.SKIPPED, State.RETURNED,
    State.UNUSED, State.MISSING,
)  # fmt: skip


class NumberPages:
    """Looks numbers up, shows their lives, and proves them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._centre = desk.centre

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/numbers", self.find, needs=PEOPLE),
            page("/numbers/{office:str}/{book:str}/{year:str}/{number:str}", self.life,
                 needs=PEOPLE),
            page("/letters/{node:str}/{event:str}/number", self.life_of_letter, needs=PEOPLE),
            page("/proof", self.prove, needs=PEOPLE),
        ]  # fmt: skip

    def find(self, visit: Visit) -> Answer:
        """Look a number up, however it is written; one that is alone is shown at once."""
        text = visit.query.get("q", "")[:_MOST_TEXT]
        office = visit.query.get("office", "")[:60]
        found: list[Candidate] = []
        problem = None
        if text.strip():
            with self._centre.readmodel.read() as cursor:
                try:
                    found = lookup.candidates(self._centre, cursor, text, Narrow(office=office))
                except NumberUnclear as unclear:
                    problem = unclear
        if len(found) == 1:
            return visit.redirect(address(found[0]))
        return visit.page(
            "numbers.html",
            status=status_of(problem) if problem else 200,
            q=text,
            asked=bool(text.strip()),
            found=[(one, address(one)) for one in found],
            office=office,
            offices=directory.offices(self._centre.store),
            names=self._desk.names(),
            problems={"q": problem} if problem else {},
        )

    def life(self, visit: Visit) -> Answer:
        """Show the whole life of a number."""
        office, register = visit.part("office"), book_of(visit.part("book"))
        year = whole(visit.part("year"), 0, most=9999)
        number = whole(visit.part("number"), 0)
        if not year or not number:
            raise PageNotFound("no number")
        with self._centre.readmodel.read() as cursor:
            found = passport.of_number(self._centre, cursor, office, register, year, number)
        return self._life(visit, found)

    def life_of_letter(self, visit: Visit) -> Answer:
        """Show the life of a letter's number, which may be only of the emergency register."""
        node, event = visit.part("node"), visit.part("event")
        with self._centre.readmodel.read() as cursor:
            line = registers.line(cursor, node, event)
            if line is None:
                raise PageNotFound(f"letter {node[:40]} {event[:40]}")
            found = passport.of_line(self._centre, cursor, line)
        return self._life(visit, found)

    def _life(self, visit: Visit, found: Passport) -> Answer:
        return visit.page(
            "passport.html",
            passport=found,
            clocks={
                (step.journal, step.act.event): words_of(visit.voice, step.clock)
                for step in found.steps
                if step.clock is not None
            },
            names=self._desk.names(),
            people=self._desk.people(),
        )

    def prove(self, visit: Visit) -> Answer:
        """Prove the numbers of one office, or let one be chosen."""
        centre = self._centre
        this_year = buddhist_year(centre.clock.now())
        code = visit.query.get("office", "")[:60]
        year = whole(visit.query.get("year", ""), this_year, most=9999)
        found: OfficeProof | None = None
        events = 0
        if code:
            wanted = Wanted(office=code, year=year)
            done = proof.prove(centre, wanted, stop=lambda: centre.signals.closing)
            (found,), events = done.offices, done.events
        return visit.page(
            "proof.html",
            office=code,
            offices=directory.offices(centre.store),
            proof=found,
            events=events,
            year=year,
            years=sorted({this_year + 1, this_year, this_year - 1, year}, reverse=True),
            counted=COUNTED,
            spoken=spoken(visit),
            most=_NOTABLE,
        )


def address(one: Candidate) -> str:
    """Give the address of a number's life."""
    if not one.number:
        return f"/letters/{one.node}/{one.event}/number"
    return f"/numbers/{one.office}/{one.register}/{one.year}/{one.number}"
