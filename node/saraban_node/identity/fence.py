"""The fence: a database that was restored, copied or has a twin writes nothing until it is lifted.

    why fenced ─> how far were the books numbered? ─> a new epoch ─> numbers given up ─> go on
                  backup · centre · marks · paper      from the centre, or by hand with no line

An administrator states the last number that stands on paper in each book, or that nobody knows it;
and that no other machine works with these data any more. Where that is not certain, the rest of the
ranges is given up and new ones are asked for: numbers are cheaper than a number given twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from saraban_base.sqlite import Cursor, rows, value
from saraban_node import meta
from saraban_node.appliance import Appliance
from saraban_node.books.labels import REGISTER_ENGLISH, REGISTER_THAI
from saraban_node.identity import machine, marks
from saraban_node.identity.errors import NotStated, PaperTooHigh, PaperTooLow
from saraban_node.identity.floors import Book
from saraban_node.identity.skipping import Rest, Skip, skips
from saraban_node.line import contact, sync_state
from saraban_node.line.answers import SeenMark
from saraban_node.numbering import numbers, waiting_grants
from saraban_sync.ids import PersonId
from saraban_sync.number_events import Mark
from saraban_sync.registers import Register, buddhist_year, parse_instant

BY_HAND: Final = (meta.RESTORED, meta.COPIED)
"""Fences that an administrator may lift with no line."""
_BUSY: Final = 2_000
"""Newest numbers of a book that are looked at for its busiest day."""


@dataclass(frozen=True, kw_only=True)
class OpenSeries:
    """A series of which numbers are left, and how far it is known to have been numbered."""

    register: Register
    year: int
    next: int
    """The number that would come next."""
    last: int
    """The last one of the ranges."""
    left: int
    known: int
    """The greatest number that is known to have been given; 0 for none."""
    marks: tuple[Mark, ...]
    """Who knows of which number."""
    guard: int
    """How many more are given up for safety, unless the administrator says otherwise."""
    begun: bool = True
    """Whether its year has begun. Before that nobody needs to state anything."""


@dataclass(frozen=True, kw_only=True)
class FenceView:
    """The fence as a page shows it."""

    why: str
    """One of :data:`saraban_node.meta.REASONS`; empty when there is no fence."""
    since: datetime | None
    machine: str
    """This machine's code, ``XXXX-XXXX``; empty when nobody looked."""
    machine_before: str
    """The code of the machine that the database belonged to; the same when it is this one."""
    said: str
    """What the centre decided: ``resume``, ``fork``, or empty as long as it has not."""
    by_hand: bool
    """Whether the fence may be lifted with no line."""
    restored_from: str
    """The backup's name."""
    series: tuple[OpenSeries, ...]
    unclaimed: bool
    """Whether an epoch begun by hand still waits for the centre's word."""


@dataclass(frozen=True, kw_only=True)
class Lift:
    """What an administrator states when lifting the fence."""

    actor: PersonId
    paper: Mapping[Book, int | None] = field(default_factory=dict)
    """Last number on paper of each open series, 0 for none; None when nobody knows."""
    alone: bool = False
    """Whether no other machine works with these data any more. If not, nobody can know."""
    guard: int | None = None
    """Numbers given up for safety in each series; as :class:`OpenSeries` says when None."""


class Preview(NamedTuple):
    """One series and the numbers of it that lifting the fence will give up."""

    series: OpenSeries
    paper: int | None
    skips: list[Skip]

    @property
    def total(self) -> int:
        """How many numbers are given up."""
        return sum(skip.last - skip.first + 1 for skip in self.skips)

    @property
    def goes_on_at(self) -> int:
        """The number that is given next; 0 when none is left."""
        end = max((skip.last for skip in self.skips), default=self.series.next - 1)
        return end + 1 if self.total < self.series.left else 0


def status(node: Appliance, cursor: Cursor) -> FenceView:
    """Tell how the fence is, for a page or a command."""
    why = meta.get(cursor, meta.FENCED)
    since = meta.get(cursor, meta.FENCED_AT)
    return FenceView(
        why=why,
        since=parse_instant(since) if why and since else None,
        machine=machine.code(contact.machine_of(cursor)),
        machine_before=machine.code(meta.get(cursor, meta.MACHINE)),
        said=said(cursor) if why else "",
        by_hand=why in BY_HAND,
        restored_from=meta.get(cursor, meta.RESTORED_FROM),
        series=open_series(node, cursor, ()),
        unclaimed=bool(meta.get(cursor, meta.UNCLAIMED)),
    )


def said(cursor: Cursor) -> str:
    """Give what the centre decided about this machine: ``resume``, ``fork``, or empty."""
    return sync_state.get(cursor, contact.SAID)


def check(node: Appliance, cursor: Cursor, lift: Lift) -> None:
    """Check what an administrator states against what is known here.

    Raises:
        NotStated: an open series is missing.
        PaperTooLow: a number is lower than one that is known to have been given.
        PaperTooHigh: a number lies beyond the ranges.
    """
    if anybody_knows(cursor, lift):
        for one in open_series(node, cursor, ()):
            stated(one, lift)


def previews(node: Appliance, cursor: Cursor, lift: Lift) -> list[Preview]:
    """Work out which numbers lifting the fence will give up, as far as is known here."""
    certain = anybody_knows(cursor, lift)
    rests = rests_of(cursor, waiting=True)
    found = []
    for one in open_series(node, cursor, ()):
        book = (one.register, one.year)
        untouched = 0 if not one.begun and one.known == 0 else None
        paper = lift.paper.get(book, untouched) if certain else None
        guard = one.guard if lift.guard is None else lift.guard
        known = None if paper is None else max(paper, one.known)
        chosen, _ = skips(rests[book], known=known, guard=guard)
        found.append(Preview(one, paper, chosen))
    order = list(Register)
    return sorted(found, key=lambda one: (one.series.year, order.index(one.series.register)))


def anybody_knows(cursor: Cursor, lift: Lift) -> bool:
    """Tell whether a statement about paper can be true: not while another machine may number."""
    return lift.alone and meta.get(cursor, meta.FENCED) in BY_HAND


def stated(one: OpenSeries, lift: Lift) -> int | None:
    """Give the last number on paper as stated, checked against what is known."""
    facts = {
        "register_th": REGISTER_THAI[one.register], "register_en": REGISTER_ENGLISH[one.register],
        "year": one.year,
    }  # fmt: skip
    if (one.register, one.year) not in lift.paper:
        if not one.begun and one.known == 0:
            return 0
        raise NotStated(f"{one.register} {one.year}", **facts)
    paper = lift.paper[one.register, one.year]
    if paper is not None and paper < one.known:
        raise PaperTooLow(f"{paper} < {one.known}", paper=paper, known=one.known, **facts)
    if paper is not None and paper > max(one.last, one.known):
        raise PaperTooHigh(f"{paper} > {one.last}", paper=paper, last=one.last, **facts)
    return paper


def open_series(
    node: Appliance, cursor: Cursor, seen: Iterable[SeenMark]
) -> tuple[OpenSeries, ...]:
    """Give the series of which numbers are left, here or in the mailbox, and who knows what.

    One of this year that is used up is among them: the life before may have had more of it.

    Args:
        node: the appliance.
        cursor: where to read.
        seen: how far the centre has seen this node number.
    """
    rested = rests_of(cursor, waiting=True)
    known = _marks(node, cursor, rested, seen)
    ends = {(one.register, one.year): one.last for one in numbers.held(cursor)}
    found = []
    this_year = _this_year(node, cursor)
    for (register, year), rests in sorted(rested.items()):
        if not rests and year < this_year:
            continue
        witnesses = known.get((register, year), {})
        most = max(witnesses.values(), default=0)
        end = max(ends.get((register, year), 0), max((rest.last for rest in rests), default=0))
        found.append(
            OpenSeries(
                register=register,
                year=year,
                next=min(rests).next if rests else end + 1,
                last=end,
                left=sum(rest.last - rest.next + 1 for rest in rests),
                known=most,
                marks=tuple(Mark(source=s, number=n) for s, n in witnesses.items()),
                guard=0
                if most == 0 and year > this_year
                else _guard(node, cursor, (register, year)),
                begun=year <= this_year,
            )
        )
    return tuple(found)


def rests_of(cursor: Cursor, *, waiting: bool = False) -> dict[Book, list[Rest]]:
    """Give what is left of each book that numbers are held of, with the mailbox's if wanted."""
    found: dict[Book, list[Rest]] = {}
    for one in numbers.held(cursor):
        rests = found.setdefault((one.register, one.year), [])
        if one.open:
            rests.append(Rest(one.next, one.last))
    for _, grant in waiting_grants.waiting(cursor) if waiting else ():
        book = (grant.register, grant.year)
        found.setdefault(book, []).append(Rest(grant.first, grant.last))
    return found


def _marks(
    node: Appliance, cursor: Cursor, books: Iterable[Book], seen: Iterable[SeenMark]
) -> dict[Book, dict[str, int]]:
    """Collect who knows of which number, by series and then by witness."""
    found: dict[Book, dict[str, int]] = {}

    def add(book: Book, source: str, number: int) -> None:
        witnesses = found.setdefault(book, {})
        if number > witnesses.get(source, 0):
            witnesses[source] = number

    head = int(meta.get(cursor, meta.FENCED_HEAD) or "0")
    for register, year in books:
        number = numbers.greatest(cursor, register, year)
        before = value(
            cursor,
            "SELECT number FROM entry WHERE register = ? AND year = ? AND number > 0 AND seq <= ?"
            " ORDER BY number DESC LIMIT 1",
            (register, year, head),
        )
        add((register, year), "backup", int(before or 0))
        if number > int(before or 0):
            add((register, year), "centre", number)  # it was healed from there
    for mark in seen:
        if (book := book_of(mark)) is not None:
            add(book, "centre", mark.number)
    files = marks.places(node.folder, node.config, node.node)
    for book, number in marks.read(node.node, files).items():
        add(book, "mark-file", number)
    for book, witnesses in marks.noted(cursor).items():
        for source, number in witnesses.items():
            add(book, source, number)
    return found


def book_of(mark: SeenMark) -> Book | None:
    """Read the series of a mark; a register of a newer program is none of ours."""
    return (Register(mark.register), mark.year) if mark.register in set(Register) else None


def _this_year(node: Appliance, cursor: Cursor) -> int:
    """Give the Buddhist year, by this machine's clock or the centre's, whichever is later."""
    now = node.clock.now()
    offset = timedelta(milliseconds=int(sync_state.get(cursor, "offset_ms") or "0"))
    return max(buddhist_year(now), buddhist_year(now + offset))


def _guard(node: Appliance, cursor: Cursor, book: Book) -> int:
    """Say how many numbers to give up for safety: at least as many as the busiest day took."""
    found = rows(
        cursor,
        "SELECT count(*) FROM (SELECT registered_at FROM entry WHERE register = ? AND year = ?"
        " AND number > 0 ORDER BY number DESC LIMIT ?) GROUP BY substr(registered_at, 1, 10)",
        (*book, _BUSY),
    )
    return max(node.config.guard_gap, max((int(row[0]) for row in found), default=0))
