"""Numbers in the JSON API: reserve, look up, prove, go on in an emergency."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter

from saraban_base.web.needs import PERSON
from saraban_base.web.routes import serve
from saraban_base.web.visit import AnyRequest, Visit
from saraban_node.books import drafts, registers
from saraban_node.books.registers import RegisterQuery
from saraban_node.errors import NoSuchEntry
from saraban_node.numbering import (
    emergency,
    gap_notes,
    lookup,
    outages,
    passport,
    prove,
    reservations,
)
from saraban_node.web import book_lines, receipts
from saraban_node.web.api_types import Letter, Reason, letter_of
from saraban_node.web.numbering import answers
from saraban_node.web.numbering.api_heard import (
    Cause,
    GapWord,
    NumberToReserve,
)
from saraban_node.web.numbering.api_types import (
    Book,
    Emergency,
    Given,
    LetterLines,
    Life,
    Match,
    Matches,
    WholeProof,
)
from saraban_node.web.numbering.emergency import settle_all
from saraban_node.web.numbering.passport import colleagues_passport, letters_passport
from saraban_node.web.numbering.proof import from_journal
from saraban_node.web.numbering.reserved import Wish, reserve_once
from saraban_node.web.office import CLERKS, Office, actor
from saraban_node.web.problems import KeyMissing
from saraban_sync.ids import EventId
from saraban_sync.registers import Register, buddhist_year
from saraban_sync.written import MAX_NUMBER

_TAGS = ["numbers"]
Limit = Annotated[int, QueryParameter(ge=1, le=registers.MAX_PAGE)]


class NumberApi:
    """Numbers for programs."""

    def __init__(self, office: Office) -> None:
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        clerk: dict[str, Any] = {"needs": CLERKS, "tags": _TAGS}
        person: dict[str, Any] = {"needs": PERSON, "tags": _TAGS}
        kept, one = "/api/v1/reservations", "/api/v1/numbers/{register:str}/{year:int}/{number:int}"
        return [
            get("/api/v1/books/{register:str}", **clerk)(self.book),
            get(kept, **clerk)(self.reserved),
            post(kept, **clerk)(self.reserve),
            post(kept + "/{entry:str}/cancel", **clerk, status_code=200)(self.cancel),
            get("/api/v1/emergency", **clerk)(self.emergency),
            post("/api/v1/emergency", **clerk)(self.open_emergency),
            post("/api/v1/emergency/settle", **clerk, status_code=200)(self.settle),
            get("/api/v1/emergency/letters", **clerk)(self.emergency_letters),
            get("/api/v1/numbers", **clerk)(self.find),
            get(one, **clerk)(self.life),
            get("/api/v1/letters/{entry:str}/passport", **clerk)(self.letter_life),
            get("/api/v1/colleagues/{node:str}/{event:str}", **clerk)(self.colleagues_life),
            post("/api/v1/gaps/explain", **clerk, status_code=204)(self.explain),
            get("/api/v1/proof", **person)(self.proof),
            post("/api/v1/proof", **person, status_code=200)(self.thorough_proof),
        ]

    async def book(
        self,
        request: AnyRequest,
        register: FromPath[Register],
        *,
        year: FromQuery[int] = 0,
        text: FromQuery[str] = "",
        in_state: Annotated[str, QueryParameter(name="state")] = "",
        before: FromQuery[int | None] = None,
        limit: Limit = 50,
    ) -> Book:
        """List a register with the lines of the office's other nodes and with gaps."""
        asked = RegisterQuery(
            register=register,
            year=year or buddhist_year(self._node.clock.now()),
            text=text,
            state=in_state,
            before=before,
            limit=limit,
        )

        def work(_: Visit) -> Book:
            with self._node.db.read() as cursor:
                found, more = book_lines.page(cursor, asked)
            return Book(
                register=register,
                year=asked.year,
                lines=tuple(answers.line_of(line) for line in found),
                before=found[-1].last if more else None,
            )

        return await serve(request, work)

    async def reserved(self, request: AnyRequest) -> LetterLines:
        """List the reserved numbers that wait for their letter."""

        def work(_: Visit) -> LetterLines:
            with self._node.db.read() as cursor:
                return LetterLines(letters=tuple(map(letter_of, registers.reserved(cursor))))

        return await serve(request, work)

    async def reserve(
        self,
        request: AnyRequest,
        data: JSONBody[NumberToReserve],
        key: Annotated[str, HeaderParameter(name="Idempotency-Key")] = "",
    ) -> Response[bytes]:
        """Keep a number for a letter to come. The same Idempotency-Key gives the same number."""

        def work(visit: Visit) -> Response[bytes]:
            if not 8 <= len(key) <= 100:
                raise KeyMissing(f"{len(key)} characters")
            node, form = self._node, f"api:{visit.person.person}:{key}"
            with node.db.read() as cursor:
                known = drafts.sent_as(cursor, form)
            if known is None:
                receipts.look(visit, node)
            wish = Wish(data.register, data.holder, data.purpose, data.expires)
            entry = visit.shell.lane.write(
                lambda write: reserve_once(write, node, wish, key=form, actor=actor(visit))
            )
            answer = Response(
                msgspec.json.encode(letter_of(entry)),
                status_code=201 if known is None else 200,
                media_type="application/json",
                headers={"location": f"/api/v1/letters/{entry.id}"},
            )
            receipts.note(visit, answer, node, entry)
            return answer

        return await serve(request, work)

    async def cancel(
        self, request: AnyRequest, entry: FromPath[str], data: JSONBody[Reason]
    ) -> Letter:
        """Cancel a reserved number; it stays in the register and is never given again."""

        def work(visit: Visit) -> Letter:
            with self._node.db.write() as write:
                found = reservations.cancel(
                    write, self._node.journal, EventId(entry),
                    reason=data.reason, actor=actor(visit),
                )  # fmt: skip
            return letter_of(found)

        return await serve(request, work)

    async def emergency(self, request: AnyRequest) -> Emergency:
        """Tell whether the emergency register is open."""
        return await serve(request, lambda _: self._emergency())

    async def open_emergency(self, request: AnyRequest, data: JSONBody[Cause]) -> Emergency:
        """Open the emergency register, with its cause."""

        def work(visit: Visit) -> Emergency:
            with self._node.db.write() as write:
                emergency.open_outage(
                    write, self._node.journal, cause=data.cause, actor=actor(visit)
                )
            return self._emergency()

        return await serve(request, work)

    async def settle(self, request: AnyRequest) -> Given:
        """Give letters of the emergency register their ordinary numbers, as far as there are."""
        return await serve(request, lambda visit: Given(given=settle_all(self._node, actor(visit))))

    async def emergency_letters(
        self,
        request: AnyRequest,
        *,
        year: FromQuery[int] = 0,
        before: FromQuery[int | None] = None,
        limit: Limit = 50,
    ) -> LetterLines:
        """List the emergency register of a year, newest first."""

        def work(_: Visit) -> LetterLines:
            of_year = year or buddhist_year(self._node.clock.now())
            with self._node.db.read() as cursor:
                found = registers.emergency_page(cursor, of_year, before=before, limit=limit)
            return LetterLines(letters=tuple(map(letter_of, found)))

        return await serve(request, work)

    async def find(self, request: AnyRequest, q: FromQuery[str]) -> Matches:
        """Find the numbers that a text may mean, however it is written."""

        def work(_: Visit) -> Matches:
            with self._node.db.read() as cursor:
                found = lookup.candidates(cursor, q)
            return Matches(
                candidates=tuple(msgspec.convert(one, Match, from_attributes=True) for one in found)
            )

        return await serve(request, work)

    async def life(
        self,
        request: AnyRequest,
        register: FromPath[Register],
        year: FromPath[int],
        number: FromPath[int],
    ) -> Life:
        """Give all that this machine knows of a number."""

        def work(_: Visit) -> Life:
            if not (1 <= number <= MAX_NUMBER and 2400 <= year <= 3000):
                raise NoSuchEntry(f"{register} {year} {number}")
            with self._node.db.read() as cursor:
                return answers.life_of(passport.of_number(cursor, register, year, number))

        return await serve(request, work)

    async def letter_life(self, request: AnyRequest, entry: FromPath[str]) -> Life:
        """Give all that this machine knows of a letter's number."""

        def work(_: Visit) -> Life:
            with self._node.db.read() as cursor:
                return answers.life_of(letters_passport(cursor, entry))

        return await serve(request, work)

    async def colleagues_life(
        self, request: AnyRequest, node: FromPath[str], event: FromPath[str]
    ) -> Life:
        """Give all that this machine knows of another node's line, such as an emergency letter."""

        def work(_: Visit) -> Life:
            with self._node.db.read() as cursor:
                return answers.life_of(colleagues_passport(cursor, node, event))

        return await serve(request, work)

    async def explain(self, request: AnyRequest, data: JSONBody[GapWord]) -> None:
        """Write down what became of numbers that were given up."""

        def work(visit: Visit) -> None:
            with self._node.db.write() as write:
                gap_notes.explain(
                    write, self._node.journal, register=data.register, year=data.year,
                    first=data.first, last=data.last, text=data.text, actor=actor(visit),
                )  # fmt: skip

        await serve(request, work)

    async def proof(self, request: AnyRequest, year: FromQuery[int | None] = None) -> WholeProof:
        """Account for every number of every range, from the registers."""

        def work(_: Visit) -> WholeProof:
            with self._node.db.read() as cursor:
                return answers.proof_of(prove.prove(cursor, year=year))

        return await serve(request, work)

    async def thorough_proof(
        self, request: AnyRequest, year: FromQuery[int | None] = None
    ) -> WholeProof:
        """The same, and again from the journal alone, with every signature."""

        def work(_: Visit) -> WholeProof:
            return answers.proof_of(from_journal(self._node, year))

        return await serve(request, work, slow=True)

    def _emergency(self) -> Emergency:
        with self._node.db.read() as cursor:
            outage = outages.current(cursor)
            year = buddhist_year(self._node.clock.now())
            return Emergency(
                open=outage is not None,
                cause=outage.cause if outage else "",
                opened_at=outage.opened_at if outage else None,
                opened_by=outage.opened_by if outage else "",
                without_numbers=tuple(emergency.without_numbers(cursor, year)),
                waiting=emergency.waiting_count(cursor),
            )
