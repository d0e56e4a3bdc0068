"""เครื่องนี้หยุดออกเลข: why, what is safe, and step by step back to work; and a name of its own.

/fence ──what is on paper──> /fence/check ──numbers that will be given up──> /fence/lift ──> done
  └── two machines, one name ──> the centre chooses ──> this one goes on, or /fence/fork
"""

from typing import Final

from litestar.handlers import HTTPRouteHandler

from saraban_base.refusals import FieldMissing, NotANumber, WrongFields
from saraban_base.sqlite import Cursor
from saraban_base.web.errors import status_of
from saraban_base.web.forms import Form
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_node.books import registers
from saraban_node.errors import CentreRefused, NotEnrolled
from saraban_node.identity import fence, lifting
from saraban_node.identity.errors import ForkRefused, NotStated, PaperTooHigh, PaperTooLow
from saraban_node.identity.fence import FenceView, Lift, OpenSeries
from saraban_node.identity.floors import Book
from saraban_node.identity.lifting import Lifted
from saraban_node.line import syncer
from saraban_node.numbering import numbers
from saraban_node.web.office import ADMINISTRATORS, Office, actor
from saraban_sync.errors import SarabanError
from saraban_sync.ids import PersonId
from saraban_sync.registers import Register
from saraban_sync.thai import arabic_digits, tidy

MOST_GUARD: Final = 100_000
_GUARD: Final = "guard"
_CODE: Final = "code"
_ABOUT_PAPER: Final = (NotStated, PaperTooLow, PaperTooHigh)
_ABOUT_CODE: Final = (FieldMissing, ForkRefused, CentreRefused)


class FencePages:
    """Leads an administrator through the fence."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/fence", self.show, needs=ADMINISTRATORS),
            act("/fence/check", self.check, needs=ADMINISTRATORS),
            act("/fence/lift", self.lift, needs=ADMINISTRATORS, slow=True),
            page("/fence/fork", self.show_fork, needs=ADMINISTRATORS),
            act("/fence/fork", self.fork, needs=ADMINISTRATORS, slow=True),
        ]

    def show(self, visit: Visit) -> Answer:
        """Say why the machine has stopped, what is safe, and what to do."""
        return self._show(visit)

    def check(self, visit: Visit) -> Answer:
        """Show which numbers will be given up, before anything is done."""
        try:
            lift = self._stated(visit)
        except SarabanError as problem:
            return self._show(visit, problem=problem)
        return self._preview(visit, lift)

    def lift(self, visit: Visit) -> Answer:
        """Lift the fence, and say what was done."""
        try:
            lift = self._stated(visit)
        except SarabanError as problem:
            return self._show(visit, problem=problem)
        try:
            if visit.form.text("how") == "by-hand":
                lifted = lifting.lift_by_hand(self._node, lift)
            elif self._office.syncer is None:
                raise NotEnrolled
            else:
                lifted = self._office.syncer.lift(lift)
        except _ABOUT_PAPER as problem:  # the centre knew of more
            return self._show(visit, problem=problem)
        except SarabanError as problem:
            return self._preview(visit, lift, problem=problem)
        return self._done(visit, lifted)

    def show_fork(self, visit: Visit) -> Answer:
        """Ask for the code with which this machine gets a name of its own."""
        return self._fork_page(visit)

    def fork(self, visit: Visit) -> Answer:
        """Give this machine a name of its own."""
        code = tidy(visit.form.text(_CODE))
        try:
            if not code:
                raise FieldMissing(_CODE)
            if self._office.syncer is None:
                raise NotEnrolled
            name = self._office.syncer.fork(code, actor=actor(visit))
        except SarabanError as problem:
            return self._fork_page(visit, problem=problem)
        return visit.page("forked.html", before=self._node.node, name=name)

    def _stated(self, visit: Visit) -> Lift:
        """Read what an administrator states, checked against what is known here."""
        with self._node.db.read() as cursor:
            view = fence.status(self._node, cursor)
            lift = read_lift(visit.form, view, actor(visit))
            check_lift(cursor, view, lift)
        return lift

    def _show(self, visit: Visit, *, problem: SarabanError | None = None) -> Answer:
        with self._node.db.read() as cursor:
            view = fence.status(self._node, cursor)
            line = syncer.state(cursor, enrolled=self._office.enrolled)
        problems: dict[str, SarabanError] = {}
        if isinstance(problem, WrongFields):
            problems = problem.problems
        elif isinstance(problem, _ABOUT_PAPER):  # it came up on the line; the form has it now, too
            try:
                self._stated(visit)
            except WrongFields as wrong:
                problems = wrong.problems
        return visit.page(
            "fence.html",
            status=status_of(problem) if problem else 200,
            view=view,
            series=sorted(view.series, key=_in_order),
            asks=asks_paper(view),
            typed=visit.form.fields,
            enrolled=self._office.enrolled,
            line=line,
            problem=None if problems else problem,
            problems=problems,
            field_of=field_of,
            node=self._node.node,
        )

    def _preview(self, visit: Visit, lift: Lift, *, problem: SarabanError | None = None) -> Answer:
        with self._node.db.read() as cursor:
            view = fence.status(self._node, cursor)
            found = fence.previews(self._node, cursor, lift)
            kept = registers.reserved(cursor)
        return visit.page(
            "fence_check.html",
            status=status_of(problem) if problem else 200,
            view=view,
            previews=found,
            kept=kept,
            lift=lift,
            typed=visit.form.fields,
            enrolled=self._office.enrolled,
            problem=problem,
            field_of=field_of,
        )

    def _done(self, visit: Visit, lifted: Lifted) -> Answer:
        with self._node.db.read() as cursor:
            view = fence.status(self._node, cursor)
            held = [one for one in numbers.held(cursor) if one.open]
        return visit.page("fence_done.html", lifted=lifted, view=view, held=held)

    def _fork_page(self, visit: Visit, *, problem: SarabanError | None = None) -> Answer:
        with self._node.db.read() as cursor:
            view = fence.status(self._node, cursor)
        about_code = isinstance(problem, _ABOUT_CODE)
        return visit.page(
            "fork.html",
            status=status_of(problem) if problem else 200,
            view=view,
            node=self._node.node,
            typed=visit.form.fields,
            problems={_CODE: problem} if about_code else {},
            problem=None if about_code else problem,
        )


def field_of(one: OpenSeries) -> str:
    """Name the field for the last number of a series on paper."""
    return f"paper-{one.register}-{one.year}"


def asks_paper(view: FenceView) -> bool:
    """Tell whether a word about paper can help: not while another machine may have numbered."""
    return view.by_hand and view.said != "fork"


def read_lift(form: Form, view: FenceView, who: PersonId) -> Lift:
    """Read what an administrator states.

    Raises:
        WrongFields: a number is none, or something is not answered.
    """
    alone = form.text("alone")
    problems: dict[str, SarabanError] = {}
    if asks_paper(view) and alone not in ("yes", "no"):
        problems["alone"] = FieldMissing("alone")
    paper: dict[Book, int | None] = {}
    for one in view.series if asks_paper(view) and alone == "yes" else ():
        name = field_of(one)
        text = arabic_digits(tidy(form.text(name)))
        if form.text(f"{name}-unknown") == "yes":
            paper[one.register, one.year] = None
        elif text.isascii() and text.isdecimal() and len(text) < 9:
            paper[one.register, one.year] = int(text)
        elif text:
            problems[name] = NotANumber(f"{name}: {text[:20]}")
    guard = arabic_digits(tidy(form.text(_GUARD)))
    if guard and not (guard.isascii() and guard.isdecimal() and int(guard) <= MOST_GUARD):
        problems[_GUARD] = NotANumber(f"guard: {guard[:20]}")
    if problems:
        raise WrongFields(problems)
    return Lift(actor=who, paper=paper, alone=alone == "yes", guard=int(guard) if guard else None)


def check_lift(cursor: Cursor, view: FenceView, lift: Lift) -> None:
    """Check what an administrator states about every series, and say all that is wrong at once.

    Raises:
        WrongFields: something is missing or cannot be.
    """
    if not fence.anybody_knows(cursor, lift):
        return
    problems: dict[str, SarabanError] = {}
    for one in view.series:
        try:
            fence.stated(one, lift)
        except _ABOUT_PAPER as problem:
            problems[field_of(one)] = problem
    if problems:
        raise WrongFields(problems)


def _in_order(one: OpenSeries) -> tuple[int, int]:
    """Put the books in the order of the rail, the older year first."""
    return one.year, list(Register).index(one.register)
