"""ลงทะเบียน: the form, the number, and the empty form for the next letter.

form ──post──> files put away ─> fields read ─> likely duplicate? ─> number  ──303──> form, empty,
  ^                                 │               │                  with the number beside it
  └──── shown again, draft kept ────┴───────────────┘
"""

from litestar.handlers import HTTPRouteHandler

from saraban_base.refusals import SessionEnded, WrongFields
from saraban_base.sqlite import Cursor, Write
from saraban_base.web.errors import status_of
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_node import meta
from saraban_node.books import (
    drafts,
    entries,
    letter_numbers,
    letters,
    registers,
    remembered,
)
from saraban_node.books.entries import Entry
from saraban_node.books.letters import NewLetter
from saraban_node.books.uploads import ACCEPTED
from saraban_node.line import directory
from saraban_node.numbering import emergency, numbers, outages
from saraban_node.web import letter_form, receipts
from saraban_node.web.columns import columns_of, fields_of
from saraban_node.web.letter_form import Filled
from saraban_node.web.office import CLERKS, Office, actor, book_of
from saraban_node.web.problems import FormAlreadySent, LikelyDuplicate
from saraban_sync.errors import SarabanError
from saraban_sync.ids import EventId, PersonId
from saraban_sync.registers import SENDABLE, Register, Urgency, buddhist_year

_MORE_BYTES = 10 * 1024 * 1024


class Registering:
    """Registers letters."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        most = self._node.config.file_most_megabytes * 1024 * 1024 + _MORE_BYTES
        new, draft = "/registers/{book:str}/new", "/registers/{book:str}/draft"
        return [
            page(new, self.show, needs=CLERKS),
            act(new, self.register, needs=CLERKS, max_bytes=most, late=self.keep_late),
            act(draft, self.keep, needs=CLERKS),
            act("/registers/{book:str}/discard", self.discard, needs=CLERKS),
        ]

    def show(self, visit: Visit) -> Answer:
        """Show the form: with a kept draft, or empty with the last number beside it."""
        register = book_of(visit.part("book"))
        with self._node.db.read() as cursor:
            arrival = letter_form.find_arrival(cursor, register, visit.query.get("arrival", ""))
            kept = letter_form.find_reservation(
                cursor, register, visit.query.get("reservation", "")
            )
            kind = letter_form.kind_of(register, arrival, kept)
            draft = drafts.find(cursor, visit.person.person, kind)
            done = entries.by_id(cursor, EventId(visit.query.get("done", "")))
            only_emergency = kept is None and self._only_emergency(cursor, register)
        filled = letter_form.empty(
            visit, self._node, register, arrival=arrival, reservation=kept,
            emergency=only_emergency,
        )  # fmt: skip
        if draft is not None:
            filled = letter_form.from_draft(draft, filled)
        return self._form(visit, filled, done=done)

    def register(self, visit: Visit) -> Answer:
        """Give the letter its number, or show the form again with what is wrong."""
        node = self._node
        filled = self._sent(visit)
        letter_form.take_files(visit, node, filled)
        try:
            letter = letter_form.read_letter(filled, visit.form)
            if (already := self._sent_before(filled, letter)) is not None:
                return self._done(visit, already)
            self._look_for_duplicates(visit, letter)
            receipts.look(visit, node)
            entry = visit.shell.lane.write(
                lambda write: self._issue(write, letter, filled, actor(visit))
            )
        except SarabanError as problem:
            return self._again(visit, filled, problem)
        return self._done(visit, entry)

    def keep(self, visit: Visit) -> Answer:
        """Keep what was typed so far; sent by the page itself while the clerk types."""
        filled = self._sent(visit)
        self._keep_draft(visit, filled, with_files=False)
        return visit.empty()

    def keep_late(self, visit: Visit) -> Answer:
        """Keep a form that was sent after its session had ended, then ask for the log-in."""
        filled = self._sent(visit)
        letter_form.take_files(visit, self._node, filled)
        self._keep_draft(visit, filled)
        back = letter_form.address_of(filled.kind)
        return visit.redirect("/login", next=back, said="draft-kept")

    def discard(self, visit: Visit) -> Answer:
        """Drop the draft and begin with an empty form."""
        filled = self._sent(visit)
        with self._node.db.write() as write:
            drafts.drop(write, visit.person.person, filled.kind)
        return visit.redirect(letter_form.address_of(filled.kind))

    def _issue(self, write: Write, letter: NewLetter, filled: Filled, who: PersonId) -> Entry:
        take = emergency.register if filled.emergency else letters.register_letter
        entry = take(write, self._node.journal, letter, actor=who, form=filled.key)
        drafts.drop_form(write, who, filled.key)
        return entry

    def _sent(self, visit: Visit) -> Filled:
        register, form = book_of(visit.part("book")), visit.form
        arrival = kept = None
        with self._node.db.read() as cursor:
            if drafts.sent_as(cursor, form.text("form")) is None:  # otherwise it has its number
                arrival = letter_form.find_arrival(cursor, register, form.text("arrival"))
                kept = letter_form.find_reservation(cursor, register, form.text("reservation"))
        return letter_form.typed(form, register, arrival=arrival, reservation=kept)

    def _only_emergency(self, cursor: Cursor, register: Register) -> bool:
        """Tell whether letters of a register get emergency numbers now."""
        year = buddhist_year(self._node.clock.now())
        return outages.current(cursor) is not None and not numbers.left(cursor, register, year)

    def _keep_draft(self, visit: Visit, filled: Filled, *, with_files: bool = True) -> None:
        person = visit.person_or_late.person
        with self._node.db.write() as write:
            if drafts.sent_as(write.cursor, filled.key) is not None:
                return  # an autosave that comes after the letter has its number
            draft = filled.draft()
            before = drafts.find(write.cursor, person, filled.kind)
            if not with_files and before is not None and before.form == filled.key:
                filled.files = before.files
                draft = filled.draft()
            drafts.keep(write, person, draft)

    def _sent_before(self, filled: Filled, letter: NewLetter) -> Entry | None:
        with self._node.db.read() as cursor:
            seq = drafts.sent_as(cursor, filled.key)
            entry = None if seq is None else entries.by_seq(cursor, seq)
        if entry is None or letter_form.same_letter(entry, letter):
            return entry
        filled.key = letter_form.new_key()
        raise FormAlreadySent(entry.id, number=entry.number)

    def _look_for_duplicates(self, visit: Visit, letter: NewLetter) -> None:
        if visit.form.text("despite") == "yes":
            return
        with self._node.db.read() as cursor:
            found = registers.likely_duplicates(
                cursor, letter.register, letter.letter_no, letter.sender
            )
        if found:
            raise LikelyDuplicate(f"like {found[0].id}")

    def _again(self, visit: Visit, filled: Filled, problem: SarabanError) -> Answer:
        if isinstance(problem, SessionEnded):
            raise problem
        self._keep_draft(visit, filled)
        if isinstance(problem, WrongFields):
            filled.problems = problem.problems
        duplicates: list[Entry] = []
        if isinstance(problem, LikelyDuplicate):
            letter = letter_form.read_letter(filled, visit.form)
            with self._node.db.read() as cursor:
                duplicates = registers.likely_duplicates(
                    cursor, letter.register, letter.letter_no, letter.sender
                )
        return self._form(visit, filled, problem=problem, duplicates=duplicates)

    def _done(self, visit: Visit, entry: Entry) -> Answer:
        if entry.source_event:
            answer = visit.redirect("/arrivals", done=entry.id)
        else:
            answer = visit.redirect(f"/registers/{entry.register}/new", done=entry.id)
        receipts.note(visit, answer, self._node, entry)
        return answer

    def _form(
        self,
        visit: Visit,
        filled: Filled,
        *,
        done: Entry | None = None,
        problem: SarabanError | None = None,
        duplicates: list[Entry] | None = None,
    ) -> Answer:
        node, register = self._node, filled.register
        kept = filled.reservation
        year = kept.year if kept is not None else buddhist_year(node.clock.now())
        with node.db.read() as cursor:
            if problem is not None:
                filled.emergency = kept is None and self._only_emergency(cursor, register)
            context = {
                "senders": registers.senders(cursor, register),
                "recipients": remembered.recipients(cursor, register),
                "actions": remembered.actions(cursor),
                "prefix": meta.get(cursor, meta.PREFIX),
                "offices": self._offices(cursor, register),
                "left": numbers.left(cursor, register, year),
                "circulars": self._circulars(cursor, register, year),
            }
        return visit.page(
            "register_form.html",
            status=status_of(problem) if problem else 200,
            register=register,
            year=year,
            fields=fields_of(register),
            labels={column.name: column.label for column in columns_of(register)},
            filled=filled,
            kept=kept,
            values=filled.values,
            problems=filled.problems,
            problem=problem,
            done=done if problem is None else None,
            duplicates=duplicates or [],
            urgencies=list(Urgency),
            accepted=ACCEPTED,
            most_megabytes=node.config.file_most_megabytes,
            **context,
        )

    def _offices(self, cursor: Cursor, register: Register) -> list[directory.Office]:
        """List the offices a letter of a register can be sent to."""
        if register not in SENDABLE or not self._office.enrolled:
            return []
        return [one for one in directory.offices(cursor) if one.code != self._node.office]

    def _circulars(self, cursor: Cursor, register: Register, year: int) -> str:
        """Tell where circulars get their numbers, on the form of the outgoing register only."""
        if register is not Register.OUTGOING:
            return ""
        return letter_numbers.circulars(cursor, year)
