"""ช่วงเลข: how long numbers last, and how to get more without a line: by telephone or on a stick.

ask ──> open request ──line──────────────────────────> centre ──> a range
                    ├──voice: what to read out ──────> centre ──voice: twenty digits──> /ranges/code
                    └──stick: /ranges/request ───────> centre ──stick──> /ranges/answer
"""

from datetime import date, datetime
from typing import Final, NamedTuple

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from saraban_base.refusals import FieldMissing, NotAChoice, NotANumber, WrongFields
from saraban_base.sqlite import Cursor
from saraban_base.web.errors import status_of
from saraban_base.web.forms import Form, Reader
from saraban_base.web.needs import PERSON
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_node.appliance import Appliance
from saraban_node.line import syncer
from saraban_node.numbering import handed, numbers, requests
from saraban_node.numbering.requests import Outlook
from saraban_node.people import CLERK
from saraban_node.web.letter import disposition
from saraban_node.web.office import Office, actor
from saraban_node.web.problems import NoFileChosen, TooManyNumbers
from saraban_sync import phone
from saraban_sync.errors import PhoneCodeUnreadable, PhoneCodeWrong, SarabanError
from saraban_sync.range_files import MAX_BYTES
from saraban_sync.registers import BUDDHIST_ERA, Register, buddhist_year, thai_date
from saraban_sync.thai import arabic_digits, tidy

_MORE: Final = 64 * 1024
_MOST_SIZE: Final = phone.SIZES[-1]
REQUEST_FILE: Final = "saraban-request.json"


class Supply(NamedTuple):
    """One series: its outlook, and where numbering goes on."""

    outlook: Outlook
    next: int | None
    """The next number; None when there is none left."""
    rest_days: int
    """Days until the year of the series is over; its numbers do not last beyond that."""


class Order(NamedTuple):
    """Numbers that a person asks for."""

    register: Register
    year: int
    size: int | None


class RangePages:
    """Shows ranges, asks for more, takes what was brought by hand."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/ranges", self.show, needs=PERSON),
            act("/ranges/ask", self.ask, needs=PERSON),
            act("/ranges/code", self.take_code, needs=PERSON),
            page("/ranges/request", self.give_request, needs=PERSON),
            act("/ranges/answer", self.take_answer, needs=PERSON, max_bytes=MAX_BYTES + _MORE),
        ]

    def show(self, visit: Visit) -> Answer:
        """Show how long the numbers last and how to get more."""
        return self._show(visit)

    def ask(self, visit: Visit) -> Answer:
        """Ask the centre for numbers of a register."""
        try:
            order = self._order(visit.form)
            with self._node.db.write() as write:
                requests.ask(
                    write, self._node.journal, self._node.config, register=order.register,
                    year=order.year, size=order.size, actor=actor(visit),
                )  # fmt: skip
        except SarabanError as problem:
            return self._show(visit, problem=problem, part="ask")
        if self._office.syncer is not None:
            self._office.syncer.try_now()
        return visit.redirect("/ranges", said="asked")

    def take_code(self, visit: Visit) -> Answer:
        """Take a range that was read out over the telephone."""
        try:
            register, year = read_series(visit.form.text("series"))
            code = visit.form.text("code")
            if not tidy(code):
                raise WrongFields({"code": FieldMissing("code")})
            told = handed.accept_code(
                self._node, code, register=register, year=year, actor=actor(visit)
            )
        except SarabanError as problem:
            return self._show(visit, problem=problem, part="code")
        return visit.redirect(
            "/ranges", said="range-taken", first=str(told.range.first), last=str(told.range.last)
        )

    def give_request(self, visit: Visit) -> Answer:
        """Give the open requests as a file to be carried to the centre."""
        try:
            content = handed.request_file(self._node)
        except SarabanError as problem:
            return self._show(visit, problem=problem, part="file")
        name = f"{self._node.node}-{REQUEST_FILE}"
        return Response(
            content,
            media_type="application/json",
            headers={"content-disposition": disposition(name), "cache-control": "no-store"},
        )

    def take_answer(self, visit: Visit) -> Answer:
        """Take the ranges of a file that came from the centre."""
        try:
            uploads = visit.form.files.get("answer", ())
            if not uploads:
                raise NoFileChosen("answer")
            raw = uploads[0].stream.read(MAX_BYTES + 1)
            new = handed.accept_file(self._node, raw, actor=actor(visit))
        except SarabanError as problem:
            return self._show(visit, problem=problem, part="file")
        return visit.redirect("/ranges", said="range-taken" if new else "range-known")

    def _order(self, form: Form) -> Order:
        reader = Reader(form)
        register = reader.choice("register", Register, Register.OUTGOING)
        this = buddhist_year(self._node.clock.now())
        year = reader.trial("year", lambda: int(form.text("year") or this), this)
        size = arabic_digits(tidy(form.text("size")))
        if year not in (this - 1, this, this + 1):
            reader.problems["year"] = NotAChoice(f"year {year}")
        if size and not (size.isascii() and size.isdecimal() and len(size) < 9):
            reader.problems["size"] = NotANumber(f"size {size[:20]}")
        elif size and not 1 <= int(size) <= _MOST_SIZE:
            reader.problems["size"] = TooManyNumbers(size, most=f"{_MOST_SIZE:,}")
        reader.done()
        return Order(register, year, int(size) if size else None)

    def _show(self, visit: Visit, *, problem: SarabanError | None = None, part: str = "") -> Answer:
        year = buddhist_year(self._node.clock.now())
        with self._node.db.read() as cursor:
            found = supplies(self._node, cursor)
            line = syncer.state(cursor, enrolled=self._office.enrolled)
        problems = dict(problem.problems) if isinstance(problem, WrongFields) else {}
        if isinstance(problem, (PhoneCodeUnreadable, PhoneCodeWrong)):
            problems = {"code": problem}
        first, last = visit.query.get("first", ""), visit.query.get("last", "")
        return visit.page(
            "ranges.html",
            status=status_of(problem) if problem else 200,
            supplies=found,
            open_requests=[one.outlook for one in found if one.outlook.request],
            used_up=any(one.outlook.year == year and not one.outlook.left for one in found),
            clerk=CLERK in visit.person.roles,
            line=line,
            year=year,
            registers=list(Register),
            node=self._node.node,
            office=self._node.office,
            enrolled=self._office.enrolled,
            taken=(first, last) if first.isdecimal() and last.isdecimal() else None,
            typed=visit.form.fields,
            part=part,
            problem=None if problems else problem,
            problems=problems,
        )


def supplies(node: Appliance, cursor: Cursor) -> list[Supply]:
    """List the series that numbers were granted or asked for, the newest year first."""
    following: dict[tuple[Register, int], int] = {}
    for one in numbers.held(cursor):
        if one.left:
            book = (one.register, one.year)
            following[book] = min(one.next, following.get(book, one.next))
    now = node.clock.now()
    found = requests.outlook(cursor, node.config, now=now)
    return sorted(
        (
            Supply(one, following.get((one.register, one.year)), _rest_of(one.year, now))
            for one in found
        ),
        key=lambda supply: -supply.outlook.year,
    )


def _rest_of(year: int, now: datetime) -> int:
    return (date(year - BUDDHIST_ERA, 12, 31) - thai_date(now)).days


def read_series(text: str) -> tuple[Register, int]:
    """Read ``register.year`` as the form has it.

    Raises:
        WrongFields: it is none.
    """
    register, _, year = text.partition(".")
    if register not in set(Register) or not (year.isascii() and year.isdecimal()):
        raise WrongFields({"series": NotAChoice(text[:40])})
    return Register(register), int(year[:4])
