"""Lines of a register as people see them: own lines, those of colleague nodes, and gaps.

    own lines ─────────┐
    colleagues' lines ─┼── in the order of their numbers ──> one page of the book
    gaps ──────────────┘

A number stands under the day on which it was taken: a reserved one under the day of reserving,
one of the emergency register under the day it got its ordinary number. The legal time of the letter
stands beside it wherever the two differ.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final

import msgspec

from saraban_base.sqlite import Cursor, value
from saraban_node import journal, meta
from saraban_node.books import entries, history, registers, search
from saraban_node.books.entries import Entry
from saraban_node.books.registers import RegisterQuery
from saraban_node.line import colleague_people, colleagues, elsewhere
from saraban_node.line.colleagues import ColleagueLine
from saraban_node.numbering import numbers
from saraban_node.numbering.numbers import Explanation, Gap
from saraban_sync.ids import EventId
from saraban_sync.registers import Register, Urgency, parse_instant, thai_date

GAP_STATES: Final = ("skipped", "returned")
STATES: Final = ("issued", "reserved", "void", "expired", *GAP_STATES)
_MOST: Final = 12_000
"""Greatest number of lines on paper."""


class BookLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of a register, whoever wrote it; a gap is one line for all its numbers."""

    register: Register
    year: int
    number: int
    last: int
    """Of a gap; otherwise the number itself."""
    state: str
    """One of :data:`STATES`."""
    at: datetime
    """The legal time: when the letter was registered, the number reserved, or the gap signed."""
    taken_at: datetime
    """When the number was taken; its day is the day of the number."""
    who: str
    """The person; empty when a colleague's journal has not told who that is."""
    seq: int = 0
    """Its place in this node's journal; 0 for a line of another."""
    href: str = ""
    node: str = ""
    """The colleague node that wrote it; empty for this one, but see ``lost``."""
    lost: bool = False
    """Whether this node wrote it in a life before it was restored, of which its journal knows
    nothing."""
    subject: str = ""
    sender: str = ""
    recipient: str = ""
    letter_no: str = ""
    letter_date: date | None = None
    action: str = ""
    remark: str = ""
    urgency: Urgency = Urgency.NORMAL
    file_count: int = 0
    circular: bool = False
    emergency: int = 0
    holder: str = ""
    expires: date | None = None
    reason: str = ""
    """Why it was cancelled, or why the numbers are a gap."""
    struck_by: str = ""
    """Who cancelled it in a life before a restore; empty for everything else."""
    struck_at: datetime | None = None
    """When that was."""
    guard: int = 0
    explanations: tuple[Explanation, ...] = ()

    @property
    def signed(self) -> str:
        """The person and, of a colleague's line, the node."""
        return elsewhere.signed(self.who, self.node) if self.node else self.who

    @property
    def day(self) -> date:
        """The day of the number."""
        return thai_date(self.taken_at)

    @property
    def two_times(self) -> bool:
        """Whether the letter was registered at another moment than its number was taken."""
        return self.at != self.taken_at and not self.is_gap

    @property
    def late(self) -> bool:
        """Whether the letter was registered on a later day than its number (ออกเลขย้อนหลัง)."""
        return self.state in ("issued", "void") and thai_date(self.at) > self.day

    @property
    def is_gap(self) -> bool:
        """Whether it stands for numbers without a line."""
        return self.state in GAP_STATES

    @property
    def struck(self) -> bool:
        """Whether the number was given up."""
        return self.state in ("void", "expired")

    @property
    def count(self) -> int:
        """How many numbers it stands for."""
        return self.last - self.number + 1


def page(cursor: Cursor, query: RegisterQuery) -> tuple[list[BookLine], bool]:
    """Give the lines of one page, the highest number first, and whether there are more.

    Lines that end with the same number stay on one page.
    """
    found = sorted(_found(cursor, query), key=_place, reverse=True)
    if len(found) <= query.limit:
        return found, False
    end = found[query.limit - 1].last
    shown = [line for place, line in enumerate(found) if place < query.limit or line.last == end]
    return shown, len(shown) < len(found)


def every(cursor: Cursor, query: RegisterQuery) -> list[BookLine]:
    """Give all lines of a book as it is printed: in the order of numbers, up to a limit."""
    lines: list[BookLine] = []
    query = replace(query, before=None, limit=registers.MAX_PAGE)
    while len(lines) < _MOST:
        found, more = page(cursor, query)
        lines += found
        if not more:
            break
        query = replace(query, before=found[-1].last)
    lines.reverse()
    return lines


def is_cut(lines: list[BookLine]) -> bool:
    """Tell whether a printed book was cut at its limit."""
    return len(lines) >= _MOST


def by_day(lines: Iterable[BookLine]) -> list[tuple[date, list[BookLine]]]:
    """Put lines under the day of their number, as a paper register does."""
    return [(day, list(found)) for day, found in groupby(lines, lambda line: line.day)]


def own(entry: Entry) -> BookLine:
    """Show a line of this node."""
    return BookLine(
        register=entry.register, year=entry.year, number=entry.number, last=entry.number,
        state=entry.state, at=entry.registered_at,
        taken_at=entry.reserved_at or entry.numbered_at or entry.registered_at,
        who=entry.registered_by, seq=entry.seq, href=f"/letters/{entry.id}", subject=entry.subject,
        sender=entry.sender, recipient=entry.recipient, letter_no=entry.letter_no,
        letter_date=entry.letter_date, action=entry.action, remark=entry.remark,
        urgency=entry.urgency, file_count=entry.file_count, circular=entry.circular,
        emergency=entry.emergency, holder=entry.holder, expires=entry.expires,
        reason=entry.void_reason,
    )  # fmt: skip


def colleague(cursor: Cursor, line: ColleagueLine, own_node: str) -> BookLine:
    """Show a line that another node, or a life before this one, wrote."""
    passport = f"/numbers/{line.register}/{line.year}/{line.number}"
    lost = line.node == own_node
    return BookLine(
        register=line.register, year=line.year, number=line.number, last=line.last,
        # Nobody can finish what only a lost life had reserved.
        state="expired" if lost and line.state == "reserved" else line.state,
        at=line.registered_at, taken_at=line.registered_at,
        who=colleague_people.name_of(cursor, line.node, line.registered_by),
        href=passport if line.number else f"/emergency/{line.node}/{line.event}",
        node="" if lost else line.node, lost=lost,
        subject=line.subject, sender=line.sender,
        recipient="" if line.state == "reserved" else line.recipient, letter_no=line.letter_no,
        letter_date=line.letter_date, action=line.action, remark=line.remark,
        urgency=line.urgency, emergency=line.emergency,
        holder=line.recipient if line.state == "reserved" else "", reason=line.reason,
    )  # fmt: skip


def of_others(cursor: Cursor, words: Iterable[str], *, limit: int) -> list[BookLine]:
    """Find letters that other nodes of the office registered, the newest first.

    Args:
        cursor: where to read.
        words: normalised; every one must occur.
        limit: greatest number of lines.
    """
    conditions, bindings = ["WHERE replaced_by = ''"], dict[str, Any](limit=limit)
    for place, word in enumerate(words):
        conditions.append(f"AND instr(search_text, :word{place}) > 0")
        bindings[f"word{place}"] = word
    if len(conditions) == 1:
        return []
    condition = " ".join([*conditions, "ORDER BY registered_at DESC LIMIT :limit"])
    return list(_unknown(cursor, condition, bindings))


def emergencies_elsewhere(cursor: Cursor, year: int, *, limit: int) -> list[BookLine]:
    """List letters of other nodes' emergency registers, the newest first."""
    condition = "WHERE emergency > 0 AND year = :year ORDER BY registered_at DESC LIMIT :limit"
    return list(_unknown(cursor, condition, {"year": year, "limit": limit}))


def size(cursor: Cursor, register: Register, year: int) -> int:
    """Count the lines of a register and year, whoever wrote them."""
    others = value(
        cursor,
        "SELECT count(*) FROM colleague_line WHERE register = ? AND year = ? AND number > 0"
        " AND replaced_by = '' AND state NOT IN ('skipped', 'returned')",
        (register, year),
    )
    return registers.size(cursor, register, year) + int(others)


def gap_line(cursor: Cursor, gap: Gap) -> BookLine | None:
    """Show numbers that will never be used; None for one whose event is not in the journal."""
    event = journal.event_of(cursor, gap.seq)
    if event is None:
        return None
    at = parse_instant(event.at)
    name = value(cursor, "SELECT name FROM person WHERE person = ?", (event.actor,))
    return BookLine(
        register=gap.register, year=gap.year, number=gap.first, last=gap.last, state=gap.state,
        at=at, taken_at=at, who=str(name or event.actor), reason=gap.why, guard=gap.guard,
        explanations=gap.explanations,
    )  # fmt: skip


def _found(cursor: Cursor, query: RegisterQuery) -> Iterator[BookLine]:
    """Give at least one line more than the page has room for, if there are as many."""
    if query.state not in GAP_STATES:
        more = replace(query, limit=query.limit + 1)
        yield from (_with_past(cursor, entry) for entry in _entries(cursor, more))
    yield from _colleagues(cursor, query)
    if _shows_gaps(query):
        for gap in numbers.gaps(cursor, query.register, query.year):
            below = query.before is None or gap.last < query.before
            if below and query.state in ("", gap.state) and (line := gap_line(cursor, gap)):
                yield line


def _with_past(cursor: Cursor, entry: Entry) -> BookLine:
    """Show a line of this node, and who cancelled it in a life before a restore."""
    line = own(entry)
    if not entry.void_former:
        return line
    for act in history.of_entry(cursor, entry.seq):
        if act.former and act.kind == "entry.voided":
            return msgspec.structs.replace(line, struck_by=act.who, struck_at=act.at)
    return line


def _colleagues(cursor: Cursor, query: RegisterQuery) -> Iterator[BookLine]:
    """Give what others wrote, and what this node wrote in a life it does not remember."""
    condition, bindings = _asked(query)
    yield from _unknown(cursor, condition, bindings)


def _unknown(cursor: Cursor, condition: str, bindings: dict[str, Any]) -> Iterator[BookLine]:
    """Give colleagues' lines, less those that stand in this node's own register, too."""
    mine = meta.get(cursor, meta.NODE)
    for line in colleagues.select(cursor, condition, bindings):
        known = entries.by_id(cursor, EventId(line.event)) if line.node == mine else None
        if known is None or known.number != line.number:
            yield colleague(cursor, line, mine)


def _asked(query: RegisterQuery) -> tuple[str, dict[str, Any]]:
    """Write the condition for colleagues' lines of one page; values are parameters."""
    conditions = ["WHERE register = :register AND year = :year AND number > 0 AND replaced_by = ''"]
    bindings: dict[str, Any] = {"register": query.register, "year": query.year}

    def ask(condition: str, name: str, wanted: object) -> None:
        if wanted not in ("", None):
            conditions.append(condition)
            bindings[name] = wanted

    ask("AND state = :state", "state", query.state)
    ask("AND urgency = :urgency", "urgency", query.urgency)
    ask("AND last < :before", "before", query.before)
    ask("AND date(registered_at, '+7 hours') >= :first", "first", query.first_day)
    ask("AND date(registered_at, '+7 hours') <= :until", "until", query.last_day)
    for place, word in enumerate(search.question(query.text).words):
        ask(f"AND instr(search_text, :word{place}) > 0", f"word{place}", word)
    bindings["limit"] = query.limit + 1
    return " ".join([*conditions, "ORDER BY last DESC LIMIT :limit"]), bindings


def _entries(cursor: Cursor, query: RegisterQuery) -> Iterator[Entry]:
    """Give entries of one page, also when it is longer than the book gives at once."""
    given, before = 0, query.before
    while given < query.limit:
        part = registers.page(cursor, replace(query, before=before, limit=query.limit - given))
        yield from part
        given += len(part)
        if len(part) < registers.MAX_PAGE:
            return
        before = part[-1].number


def _shows_gaps(query: RegisterQuery) -> bool:
    """A gap has no words, no urgency and no sender: it is shown unless they are asked for."""
    return not (query.text or query.urgency or query.first_day or query.last_day) and (
        query.state in ("", *GAP_STATES)
    )


def _place(line: BookLine) -> tuple[int, int]:
    return line.last, line.number
