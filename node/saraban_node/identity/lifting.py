"""Lifting the fence: a new epoch begins, numbers are given up, and writing goes on.

All of it is one transaction: a power cut leaves the fence standing or the office at work.
"""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from saraban_base.sqlite import Write, all_or_nothing
from saraban_node import journal, meta
from saraban_node.appliance import Appliance
from saraban_node.identity import fence, floors, machine, marks, ratchet
from saraban_node.identity.errors import CentreDecides
from saraban_node.identity.fence import Lift, OpenSeries
from saraban_node.identity.floors import Book, Floor
from saraban_node.identity.skipping import Rest, skips
from saraban_node.journal import SYSTEM
from saraban_node.line import colleagues, contact, sync_state
from saraban_node.line.answers import SeenMark
from saraban_node.numbering import requests, reservations, waiting_grants
from saraban_sync.errors import RangeProblem
from saraban_sync.events import RangeAccepted
from saraban_sync.ids import PersonId
from saraban_sync.journal_events import EpochStarted
from saraban_sync.number_events import Mark, NumbersSkipped
from saraban_sync.registers import buddhist_year


@dataclass(frozen=True, kw_only=True)
class NewEpoch:
    """Where the new epoch comes from."""

    epoch: int
    token: str = ""
    """The token of the next contact, when the centre gave the epoch."""
    generation: int = 0
    marks: tuple[SeenMark, ...] = ()
    by_hand: bool = False


@dataclass(frozen=True, kw_only=True)
class Lifted:
    """What lifting the fence did."""

    epoch: int
    skipped: tuple[NumbersSkipped, ...] = ()
    already: bool = False
    """Whether there was no fence any more."""


def lift_by_hand(node: Appliance, lift: Lift) -> Lifted:
    """Lift the fence with no line to the centre, into an epoch of the node's own counting.

    The centre is asked to agree at the next contact. Doing it again changes nothing.

    Args:
        node: the appliance.
        lift: what an administrator states.

    Raises:
        CentreDecides: there may be a twin; only the centre can choose.
        NotStated, PaperTooLow, PaperTooHigh: as for :func:`check`.
    """
    with node.db.write() as write:
        if not (why := meta.get(write.cursor, meta.FENCED)):
            return Lifted(epoch=meta.epoch(write.cursor), already=True)
        if why not in fence.BY_HAND:
            here = machine.code(contact.machine_of(write.cursor))
            raise CentreDecides(why, machine=here)
        epoch = max(meta.epoch(write.cursor), journal.head(write.cursor).epoch) + 1
        return begin(node, write, lift, NewEpoch(epoch=epoch, by_hand=True))


def begin(node: Appliance, write: Write, lift: Lift, given: NewEpoch) -> Lifted:
    """Begin the new epoch, give numbers up, and take the fence away; all or nothing of it.

    Args:
        node: the appliance.
        write: the transaction.
        lift: what an administrator states.
        given: the epoch.

    Raises:
        NotStated, PaperTooLow, PaperTooHigh: as for :func:`check`; nothing was written.
    """
    cursor = write.cursor
    why = meta.get(cursor, meta.FENCED)
    series = fence.open_series(node, cursor, given.marks)
    certain = fence.anybody_knows(cursor, lift)
    stated = [fence.stated(one, lift) if certain else None for one in series]
    base = journal.head(cursor)
    reason = meta.TWIN if why == meta.DIVERGED else why
    meta.put(write, meta.EPOCH, str(given.epoch))
    body = EpochStarted(reason=reason, base=base.id or "", by_hand=given.by_hand)
    begun = node.journal.append(write, body, actor=lift.actor, lifting=True)
    reservations.give_up(write, node.journal, actor=lift.actor)
    _take_waiting(node, write)
    skipped: list[NumbersSkipped] = []
    for one, paper in zip(series, stated, strict=True):
        skipped += _give_up(node, write, lift, one, paper, given.by_hand)
    _settle(write, given, begun.seq)
    colleagues.settle(write, node.journal)
    requests.ask_due(write, node.journal, node.config)
    return Lifted(epoch=given.epoch, skipped=tuple(skipped))


def settle_claim(node: Appliance, write: Write, seen: Iterable[SeenMark], year: int) -> None:
    """Take the ranges that waited, once the centre has agreed to an epoch begun by hand.

    What the life before may have used of them is given up, and what the centre has seen used.

    Args:
        node: the appliance.
        write: the transaction; the database is not fenced any more.
        seen: how far the centre has seen this node number.
        year: the Buddhist year it is, by the centre's clock.
    """
    known = floors.stated(write.cursor)
    fresh = waiting_grants.waiting(write.cursor)
    _take_waiting(node, write)
    for book in sorted({(one.grant.register, one.grant.year) for one in fresh}):
        mine = [one.grant for one in fresh if (one.grant.register, one.grant.year) == book]
        rests = [Rest(one.first, one.last) for one in mine]
        _skip(node, write, book, rests, known.get(book, _unasked(book, year)))
    for mark in seen:
        if (found := fence.book_of(mark)) is not None:
            rests = fence.rests_of(write.cursor).get(found, [])
            witness = (Mark(source="centre", number=mark.number),)
            floor = Floor(
                known=mark.number, guard=0, why=meta.RESTORED, marks=witness, actor=SYSTEM
            )
            _skip(node, write, found, rests, floor)
    floors.forget(write)
    waiting_grants.forget(write)
    colleagues.settle(write, node.journal)


def settle_handed(node: Appliance, write: Write, book: Book) -> None:
    """Give up what may be used of a range that came on a stick or over the telephone.

    It may be one that the life before had already, as long as the centre has not agreed to an
    epoch begun by hand. Whoever takes such a range calls this in the same transaction.

    Args:
        node: the appliance.
        write: the transaction.
        book: the range's series.
    """
    if not meta.get(write.cursor, meta.UNCLAIMED):
        return
    unasked = _unasked(book, buddhist_year(write.now))
    floor = floors.stated(write.cursor).get(book, unasked)
    _, left = _skip(node, write, book, fence.rests_of(write.cursor).get(book, []), floor)
    floors.put(write, book, msgspec.structs.replace(floor, guard=left))


def _unasked(book: Book, year: int) -> Floor:
    """Say what is known of a book that nobody was asked about: nothing, once its year has begun."""
    known = 0 if book[1] > year else None
    return Floor(known=known, guard=0, why=meta.RESTORED, marks=(), actor=SYSTEM)


def _take_waiting(node: Appliance, write: Write) -> None:
    for one in waiting_grants.waiting(write.cursor):
        # One that does not fit is set aside with its reason when the mailbox itself is read.
        with contextlib.suppress(RangeProblem), all_or_nothing(write):
            node.journal.append(write, RangeAccepted(grant=one.text), actor=SYSTEM, lifting=True)


def _give_up(
    node: Appliance,
    write: Write,
    lift: Lift,
    one: OpenSeries,
    paper: int | None,
    by_hand: bool,
) -> list[NumbersSkipped]:
    """Give up what may have been used of one series."""
    book = (one.register, one.year)
    why = meta.get(write.cursor, meta.FENCED)
    why = meta.TWIN if why == meta.DIVERGED else why
    witnesses = one.marks if paper is None else (*one.marks, Mark(source="paper", number=paper))
    floor = Floor(
        known=None if paper is None else max(paper, one.known),
        guard=0 if paper is None else one.guard if lift.guard is None else lift.guard,
        why=why,
        marks=witnesses,
        actor=lift.actor,
    )
    rests = fence.rests_of(write.cursor).get(book, [])
    skipped, left = _skip(node, write, book, rests, floor)
    if by_hand:
        floors.put(write, book, msgspec.structs.replace(floor, guard=left))
    return skipped


def _skip(
    node: Appliance, write: Write, book: Book, rests: list[Rest], floor: Floor
) -> tuple[list[NumbersSkipped], int]:
    chosen, left = skips(rests, known=floor.known, guard=floor.guard)
    done = []
    for skip in chosen:
        body = NumbersSkipped(
            register=book[0], year=book[1], first=skip.first, last=skip.last,
            why=floor.why, marks=floor.marks, guard=skip.guard,  # type: ignore[arg-type]
        )  # fmt: skip
        node.journal.append(write, body, actor=PersonId(floor.actor), lifting=True)
        done.append(body)
    return done, left


def _settle(write: Write, given: NewEpoch, begun: int) -> None:
    """Take the fence away, and all that only served to lift it."""
    for key in (meta.FENCED, meta.FENCED_AT, meta.FENCED_HEAD):
        meta.remove(write, key)
    machine.settle(write)
    marks.forget_noted(write)
    ratchet.forget(write)
    sync_state.remove(write, contact.SAID)
    if given.by_hand:
        before = meta.get(write.cursor, meta.UNCLAIMED)
        meta.put(write, meta.UNCLAIMED, f"{before} {begun}".strip())
        return
    ratchet.answered(write, given.token)
    meta.remove(write, meta.UNCLAIMED)
    waiting_grants.forget(write)
    floors.forget(write)
    if given.generation:
        meta.put(write, meta.GENERATION, str(given.generation))
