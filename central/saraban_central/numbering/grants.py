"""Granting number ranges: every number of a series to one node at most, for ever.

All ranges of a series stand in one record, so two grants made at the same moment cannot overlap:
the second finds the record changed, reads again and decides again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from saraban_central import directory
from saraban_central.centre import Centre
from saraban_central.errors import BadSize, NodeRevoked, PastYear, RangeTaken
from saraban_central.identity import generation
from saraban_central.identity.errors import NodeStopped
from saraban_central.post import mailbox
from saraban_central.records import SERIES, Granted, Node, SeriesGrants
from saraban_central.store.interface import Kept, Put, Writing
from saraban_sync import phone, ranges
from saraban_sync.body import Signed
from saraban_sync.errors import RangeProblem
from saraban_sync.grants import Grant, parse_grant, sign_grant
from saraban_sync.ids import OfficeCode
from saraban_sync.ranges import NumberRange
from saraban_sync.registers import Register, Series, buddhist_year
from saraban_sync.wire import CENTRE

MAX_SIZE: Final = 100_000
MAX_NUMBER: Final = 9_999_999
Also: TypeAlias = Callable[[Grant], Sequence[Writing]]


@dataclass(frozen=True, kw_only=True)
class Order:
    """Numbers to grant."""

    node: str
    """Who gets them; the series is its office's."""
    register: Register
    year: int
    """Buddhist year: this one or the next."""
    size: int
    first: int | None = None
    """The first number, for an office that begins in the middle of a year; otherwise the numbers
    follow the last ones granted in the series."""
    by: str = ""
    """Who grants them."""
    request: str = ""
    """Key of the request that they answer."""


def series_key(office: str, register: str, year: int) -> str:
    """Name the record of a series."""
    return f"{office}/{register}/{year}"


def grant(
    centre: Centre,
    node: str,
    register: Register,
    year: int,
    *,
    size: int,
    first: int | None = None,
    by: str = "",
) -> Grant:
    """Grant numbers of one series to a node and put the signed grant into its mailbox.

    Args:
        centre: who grants.
        node: who gets them; the series is its office's.
        register: which book.
        year: Buddhist year: this one or the next.
        size: how many numbers.
        first: the first number, for an office that begins in the middle of a year; otherwise the
            numbers follow the last ones granted in the series.
        by: who grants them.

    Raises:
        UnknownNode: there is no such node.
        NodeRevoked: it may no longer take part.
        PastYear: the year is over, or more than one year ahead.
        BadSize: no numbers, too many, or beyond the highest.
        RangeTaken: some of the numbers were granted before.
        NodeStopped: two machines have its name.
        SeriesClosed: the centre was set back and does not know what it had granted.
    """
    order = Order(node=node, register=register, year=year, size=size, first=first, by=by)
    return centre.decide(lambda: execute(centre, order))


def execute(centre: Centre, order: Order, also: Also = lambda _: ()) -> Grant:
    """Grant numbers, in one commit with what else depends on it; to be run by ``decide``.

    Args:
        centre: who grants.
        order: which numbers, to whom.
        also: says what becomes true with the grant.

    Raises:
        Raced: somebody else granted numbers of this series at the same moment.
        SeriesClosed: the centre was set back and does not know what it had granted.
        UnknownNode, NodeRevoked, PastYear, BadSize, RangeTaken: as for :func:`grant`.
    """
    check(centre, order)
    owner = directory.node(centre.store, order.node).value
    if not owner.active:
        raise NodeRevoked(order.node, node=order.node)
    if owner.stopped:
        raise NodeStopped(order.node, node=order.node)
    generation.require_known(centre, owner.office, order.register, order.year)
    held = series_of(centre, owner, order)
    barred = generation.barred(centre, owner.office, order.register, order.year)
    paper_before = not barred and not (held and held.value.grants)
    made = _make(centre, owner, order, _choose(held, barred, order), paper_before=paper_before)
    _commit(centre, made, order, held, also(made))
    return made


def check(centre: Centre, order: Order) -> None:
    """Check what can be checked without looking at the series.

    Last year's numbers are granted only to a node that asks for them: letters of its emergency
    register may still wait for a number of their own year.

    Raises:
        PastYear: the year is over, or more than one year ahead.
        BadSize: no numbers, or too many.
    """
    this = buddhist_year(centre.clock.now())
    if not (this - 1 if order.request else this) <= order.year <= this + 1:
        raise PastYear(f"year {order.year} in {this}", year=order.year, this=this, next=this + 1)
    if not 1 <= order.size <= MAX_SIZE:
        raise BadSize(f"size {order.size}", limit=MAX_SIZE, highest=MAX_NUMBER)


def series_of(centre: Centre, owner: Node, order: Order) -> Kept[SeriesGrants] | None:
    """Give the record of the series that an order is about."""
    key = series_key(owner.office, order.register, order.year)
    return centre.store.record(SERIES, key)


def granted(centre: Centre, office: str = "") -> list[SeriesGrants]:
    """List what was granted, of one office or of all."""
    prefix = f"{office}/" if office else ""
    return [kept.value for kept in centre.store.records(SERIES, prefix)]


def paper(one: Granted) -> Signed:
    """Give the signed document of a granted range."""
    return Signed(p=one.payload, s=one.signature)


def grant_of(one: Granted) -> Grant:
    """Read a granted range from the paper that this centre has signed and kept."""
    return parse_grant(paper(one))


def _choose(
    held: Kept[SeriesGrants] | None, barred: Sequence[NumberRange], order: Order
) -> NumberRange:
    taken = [NumberRange(g.first, g.last) for g in (held.value.grants if held else ())]
    taken += barred
    following = ranges.next_range(taken, order.size)
    new = following
    if order.first is not None:
        try:
            new = ranges.checked(order.first, order.first + order.size - 1)
            ranges.add(taken, new)
        except RangeProblem as wrong:
            raise RangeTaken(
                str(wrong), first=order.first, last=order.first + order.size - 1,
                free=following.first,
            ) from wrong  # fmt: skip
    if new.last > MAX_NUMBER:
        raise BadSize(f"up to {new.last}", limit=MAX_SIZE, highest=MAX_NUMBER)
    return new


def _make(
    centre: Centre,
    owner: Node,
    order: Order,
    new: NumberRange,
    *,
    paper_before: bool,
) -> Grant:
    series = Series(OfficeCode(owner.office), order.register, order.year)
    return Grant(
        grant=phone.grant_id(series, new.first),
        office=owner.office,
        node=owner.node,
        register=order.register,
        year=order.year,
        first=new.first,
        last=new.last,
        at=centre.now(),
        generation=centre.identity.generation,
        opening=new.first > 1 and paper_before,
    )


def _commit(
    centre: Centre,
    made: Grant,
    order: Order,
    held: Kept[SeriesGrants] | None,
    also: Sequence[Writing],
) -> None:
    text = sign_grant(centre.key, made)
    entry = Granted(
        grant=made.grant,
        node=made.node,
        first=made.first,
        last=made.last,
        at=made.at,
        payload=text.p,
        signature=text.s,
        opening=made.opening,
        request=order.request,
        by=order.by,
    )
    before = held.value.grants if held else ()
    series = SeriesGrants(
        office=made.office, register=made.register, year=made.year, grants=(*before, entry)
    )
    centre.store.commit(
        Put(
            SERIES,
            series_key(made.office, made.register, made.year),
            series,
            held.revision if held else None,
        ),
        *delivery(centre, entry, made.at),
        *also,
    )


def delivery(centre: Centre, one: Granted, at: str) -> list[Writing]:
    """Plan to put a granted range into its node's mailbox, unless it is there already."""
    item = mailbox.Item(
        route=mailbox.route("grant", CENTRE, one.grant, one.node),
        payload=one.payload.encode("utf-8"),
        signature=one.signature,
        sender=CENTRE,
    )
    return mailbox.deliveries(centre.store, one.node, [item], at)
