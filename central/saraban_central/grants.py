"""Granting number ranges: every number of a series to one node at most, for ever.

All ranges of a series stand in one record, so two grants made at the same moment cannot overlap:
the second finds the record changed, reads again and decides again.
"""

from typing import Final

from saraban_central import directory, mailbox
from saraban_central.centre import Centre
from saraban_central.errors import BadSize, NodeRevoked, PastYear, RangeTaken
from saraban_central.records import SERIES, Granted, Node, SeriesGrants
from saraban_central.store.interface import Kept, Put
from saraban_sync import ranges
from saraban_sync.errors import RangeProblem
from saraban_sync.grants import Grant, sign_grant
from saraban_sync.ranges import NumberRange
from saraban_sync.registers import Register, buddhist_year
from saraban_sync.wire import CENTRE

MAX_SIZE: Final = 100_000
MAX_NUMBER: Final = 9_999_999


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

    Raises:
        UnknownNode: there is no such node.
        NodeRevoked: it may no longer take part.
        PastYear: the year is over, or more than one year ahead.
        BadSize: no numbers, too many, or beyond the highest.
        RangeTaken: some of the numbers were granted before.
    """
    _check_year(centre, year)
    if not 1 <= size <= MAX_SIZE:
        raise BadSize(f"size {size}", limit=MAX_SIZE, highest=MAX_NUMBER)

    def attempt() -> Grant:
        owner = directory.node(centre.store, node).value
        if not owner.active:
            raise NodeRevoked(node, node=node)
        key = series_key(owner.office, register, year)
        held = centre.store.record(SERIES, key)
        new = _choose(held, size, first)
        made = _make(centre, owner, register, year, new)
        _commit(centre, owner, made, held)
        return made

    return centre.decide(attempt)


def granted(centre: Centre, office: str = "") -> list[SeriesGrants]:
    """List what was granted, of one office or of all."""
    prefix = f"{office}/" if office else ""
    return [kept.value for kept in centre.store.records(SERIES, prefix)]


def _check_year(centre: Centre, year: int) -> None:
    this = buddhist_year(centre.clock.now())
    if not this <= year <= this + 1:
        raise PastYear(f"year {year} in {this}", year=year, this=this, next=this + 1)


def _choose(held: Kept[SeriesGrants] | None, size: int, first: int | None) -> NumberRange:
    taken = [NumberRange(g.first, g.last) for g in (held.value.grants if held else ())]
    following = ranges.next_range(taken, size)
    new = following
    if first is not None:
        try:
            new = ranges.checked(first, first + size - 1)
            ranges.add(taken, new)
        except RangeProblem as wrong:
            raise RangeTaken(
                str(wrong), first=first, last=first + size - 1, free=following.first
            ) from wrong
    if new.last > MAX_NUMBER:
        raise BadSize(f"up to {new.last}", limit=MAX_SIZE, highest=MAX_NUMBER)
    return new


def _make(centre: Centre, owner: Node, register: Register, year: int, new: NumberRange) -> Grant:
    return Grant(
        grant=f"{owner.office}-{register}-{year}-{new.first}",
        office=owner.office,
        node=owner.node,
        register=register,
        year=year,
        first=new.first,
        last=new.last,
        at=centre.now(),
        generation=centre.identity.generation,
    )


def _commit(centre: Centre, owner: Node, made: Grant, held: Kept[SeriesGrants] | None) -> None:
    text = sign_grant(centre.key, made)
    entry = Granted(
        grant=made.grant,
        node=made.node,
        first=made.first,
        last=made.last,
        at=made.at,
        payload=text.p,
        signature=text.s,
    )
    before = held.value.grants if held else ()
    series = SeriesGrants(
        office=made.office, register=made.register, year=made.year, grants=(*before, entry)
    )
    item = mailbox.Item(
        route=mailbox.route("grant", CENTRE, made.grant, owner.node),
        payload=text.p.encode("utf-8"),
        signature=text.s,
        sender=CENTRE,
    )
    centre.store.commit(
        Put(
            SERIES,
            series_key(made.office, made.register, made.year),
            series,
            held.revision if held else None,
        ),
        *mailbox.deliveries(centre.store, owner.node, [item], made.at),
    )
