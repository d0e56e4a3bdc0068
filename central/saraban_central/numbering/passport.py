"""The number passport: the whole life of one number, as far as the centre holds evidence of it.

grant ── request ── taken by its node
every act of its line ── signature, clock, when it came here, whose mailbox it went to
gaps and what was found out ── receivers of the letter ── alarms
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from saraban_base.sqlite import Cursor
from saraban_central import directory
from saraban_central.centre import Centre
from saraban_central.numbering import grants
from saraban_central.numbering.grants import series_key
from saraban_central.readmodel import deliveries, machines, numbering, registers
from saraban_central.readmodel.deliveries import Receiver
from saraban_central.readmodel.machines import Accepted
from saraban_central.readmodel.numbering import Gap
from saraban_central.readmodel.registers import Act, Line
from saraban_central.records import (
    ALARMS,
    NODES,
    REQUESTS,
    ROUTED,
    SERIES,
    Alarm,
    Granted,
    Request,
)
from saraban_central.store.interface import Store
from saraban_sync.completeness import account
from saraban_sync.errors import BadSignature, DocumentTooLarge, Unintelligible
from saraban_sync.events import ClockState, Event, parse_event, read_event
from saraban_sync.registers import Register
from saraban_sync.states import Account, Fact, Problem, State, Trouble
from saraban_sync.states import Granted as Span
from saraban_sync.wire import journal_database


@dataclass(frozen=True, kw_only=True)
class GrantPaper:
    """The grant that a number belongs to."""

    grant: Granted
    node: str
    generation: int
    """The centre's, when it was granted."""
    request: Request | None
    """What it answers, if somebody asked."""
    taken: Accepted | None
    """When and how the node took it; None as long as its journal does not say so."""


@dataclass(frozen=True, kw_only=True)
class Passed:
    """That an event was put into a mailbox."""

    node: str
    at: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """One act of a number's life, with the evidence for it."""

    act: Act
    journal: str
    """The node in whose journal the event stands."""
    signer: str
    """The name under which it was signed; empty when it cannot be read."""
    hash: str
    signed: bool
    """Whether these very bytes were signed by that node."""
    clock: ClockState | None
    passed: tuple[Passed, ...]


@dataclass(frozen=True, kw_only=True)
class Passport:
    """All that the centre knows of one number."""

    office: str
    register: Register
    year: int
    number: int
    """0 for a letter that has only an emergency number yet."""
    state: State | None
    """None for a number that was never granted and that nobody used."""
    problems: tuple[Problem, ...]
    settled: bool
    """Whether it was given twice, and all but one of its letters, or all, were struck since."""
    grant: GrantPaper | None
    lines: tuple[Line, ...]
    """More than one when two letters bear the number."""
    steps: tuple[Step, ...]
    gaps: tuple[Gap, ...]
    receivers: tuple[Receiver, ...]
    alarms: tuple[Alarm, ...]


def of_number(
    centre: Centre, cursor: Cursor, office: str, register: Register, year: int, number: int
) -> Passport:
    """Give the passport of a number; it need not exist.

    Args:
        centre: has the evidence.
        cursor: reads the read model.
        office: whose.
        register: the book.
        year: Buddhist year.
        number: which.

    Raises:
        UnknownOffice: there is no such office.
    """
    directory.office(centre.store, office)
    lines = registers.with_number(cursor, number, office=office, register=register, year=year)
    gaps = [
        one
        for one in numbering.gaps(cursor, office, register, year)
        if one.first <= number <= one.last
    ]
    held = centre.store.record(SERIES, series_key(office, register, year))
    granted = next(
        (one for one in (held.value.grants if held else ()) if one.first <= number <= one.last),
        None,
    )
    state, problems, settled = _judged(
        cursor, office, (register, year, number), granted, lines, gaps
    )
    return Passport(
        office=office, register=register, year=year, number=number, state=state,
        problems=problems, settled=settled,
        grant=_paper(centre, cursor, granted) if granted else None,
        lines=tuple(lines), steps=tuple(_steps(centre.store, cursor, lines, gaps)),
        gaps=tuple(gaps), receivers=tuple(_receivers(cursor, lines)),
        alarms=tuple(_alarms(centre.store, lines)),
    )  # fmt: skip


def of_line(centre: Centre, cursor: Cursor, line: Line) -> Passport:
    """Give the passport of a line, which may have only an emergency number."""
    if line.number:
        return of_number(
            centre, cursor, line.office, Register(line.register), line.year, line.number
        )
    return Passport(
        office=line.office, register=Register(line.register), year=line.year, number=0,
        state=State(line.state), problems=(), settled=False, grant=None, lines=(line,),
        steps=tuple(_steps(centre.store, cursor, [line], [])), gaps=(),
        receivers=tuple(_receivers(cursor, [line])), alarms=tuple(_alarms(centre.store, [line])),
    )  # fmt: skip


def _judged(
    cursor: Cursor,
    office: str,
    place: tuple[Register, int, int],
    granted: Granted | None,
    lines: Iterable[Line],
    gaps: Iterable[Gap],
) -> tuple[State | None, tuple[Problem, ...], bool]:
    """Account for one number by the rules of the proof."""
    register, year, number = place
    facts = [
        Fact(number, number, State(line.state), "", f"{line.node} {line.event}") for line in lines
    ]
    facts += [Fact(number, number, State(one.state), "", f"{one.node} {one.event}") for one in gaps]
    if granted is not None and not facts:
        span = registers.Span(office, register, year, granted.first, granted.last)
        last = max(
            registers.greatest(cursor, span) or 0,
            *(end for _, end in numbering.given_up(cursor, span)),
            0,
        )
        if number < last:
            return State.MISSING, (Problem(Trouble.MISSING, number, number),), False
    ranges = [Span(granted.first, granted.last, "", granted.grant)] if granted else []
    found: Account = account(ranges, facts)
    state = next((run.state for run in found.runs if run.first <= number <= run.last), None)
    if state is None and facts:
        state = facts[0].state
    problems = tuple(one for one in found.problems if one.first <= number <= one.last)
    return state, problems, bool(found.settled)


def _paper(centre: Centre, cursor: Cursor, granted: Granted) -> GrantPaper:
    request = centre.store.record(REQUESTS, granted.request) if granted.request else None
    return GrantPaper(
        grant=granted,
        node=granted.node,
        generation=grants.grant_of(granted).generation,
        request=request.value if request else None,
        taken=machines.accepted(cursor).get(granted.grant),
    )


def _steps(
    store: Store, cursor: Cursor, lines: Iterable[Line], gaps: Iterable[Gap]
) -> Iterator[Step]:
    acts = {
        (act.node, act.event): act
        for line in lines
        for act in registers.history(cursor, line.node, line.event)
    }
    for gap in gaps:
        named = [(gap.node, gap.event), *((one.node, one.event) for one in gap.explanations)]
        for node, event in named:
            if (act := registers.act(cursor, node, event)) is not None:
                acts[node, event] = act
    for (node, name), act in sorted(acts.items(), key=lambda item: (item[1].at, item[0])):
        yield _step(store, node, name, act)


def _step(store: Store, journal: str, name: str, act: Act) -> Step:
    event, signed = _event(store, journal, name)
    return Step(
        act=act,
        journal=journal,
        signer=event.node if event else "",
        hash=event.hash if event else "",
        signed=signed,
        clock=event.clock if event else None,
        passed=tuple(_passed(store, act.type, journal, name)),
    )


def _event(store: Store, journal: str, name: str) -> tuple[Event | None, bool]:
    """Read an event again from the store's own bytes, and check its signature."""
    document = store.get(journal_database(journal), [name]).get(name)
    if document is None:
        return None, False
    try:
        event = parse_event(document.payload, document.signature)
        owner = store.record(NODES, event.node)
        if owner is None:
            return event, False
        return read_event(document.payload, document.signature, owner.value.key), True
    except Unintelligible:
        return None, False
    except (BadSignature, DocumentTooLarge):
        return parse_event(document.payload, document.signature), False


def _passed(store: Store, kind: str, journal: str, event: str) -> Iterator[Passed]:
    prefix = f"{kind}/{journal}/{event}/"
    for kept in store.records(ROUTED, prefix):
        yield Passed(node=kept.key.removeprefix(prefix), at=kept.value.at)


def _receivers(cursor: Cursor, lines: Iterable[Line]) -> Iterator[Receiver]:
    for line in lines:
        yield from deliveries.sent_from(cursor, line.node, line.event)


def _alarms(store: Store, lines: Iterable[Line]) -> Iterator[Alarm]:
    for line in lines:
        names = [(line.node, line.event)]
        if line.numbered_by:
            node, _, event = line.numbered_by.partition("/")
            names.append((node, event))
        for node, event in names:
            for kept in store.records(ALARMS, f"{node}/{event}/"):
                yield kept.value
