"""What events change about ranges, gaps, requests and emergencies, and what is known of them."""

from typing import NamedTuple

import msgspec

from saraban_base.sqlite import Cursor, rows
from saraban_central.readmodel.arrived import Arrived
from saraban_central.readmodel.registers import Span
from saraban_sync.body import Body
from saraban_sync.errors import Unintelligible
from saraban_sync.events import RangeAccepted
from saraban_sync.grants import parse_grant
from saraban_sync.number_events import (
    EmergencyClosed,
    EmergencyOpened,
    GapExplained,
    Mark,
    NumbersReturned,
    NumbersSkipped,
    RangeRequested,
    RangeTold,
)
from saraban_sync.registers import Register


class Explanation(NamedTuple):
    """What somebody found out about numbers that were given up."""

    node: str
    event: str
    first: int
    last: int
    text: str
    letter: str
    """Node and event of the letter that bears the number; empty if none does."""
    at: str
    actor: str


class Gap(NamedTuple):
    """Numbers that will never be used, and why."""

    node: str
    event: str
    office: str
    register: Register
    year: int
    first: int
    last: int
    state: str
    """``skipped`` or ``returned``."""
    why: str
    guard: int
    marks: tuple[Mark, ...]
    at: str
    stored_at: str
    actor: str
    """The person's name, when it is known."""
    explanations: tuple[Explanation, ...] = ()

    @property
    def size(self) -> int:
        """How many they are."""
        return self.last - self.first + 1


class Outage(NamedTuple):
    """A time when only the emergency register was open."""

    node: str
    outage: int
    office: str
    cause: str
    opened_at: str
    opened_by: str
    closed_at: str
    total: int


def take_in(cursor: Cursor, arrived: Arrived, body: Body) -> bool:
    """Bring an event in; tells whether it is about any of this."""
    match body:
        case RangeAccepted():
            _accepted(cursor, arrived, body)
        case RangeTold():
            _took(cursor, arrived, body.grant, told=True)
        case NumbersSkipped() | NumbersReturned():
            _gap(cursor, arrived, body)
        case GapExplained():
            _explained(cursor, arrived, body)
        case RangeRequested():
            _requested(cursor, arrived, body)
        case EmergencyOpened():
            _opened(cursor, arrived, body)
        case EmergencyClosed():
            _closed(cursor, arrived, body)
        case _:
            return False
    return True


def gaps(
    cursor: Cursor, office: str = "", register: Register | None = None, year: int = 0
) -> list[Gap]:
    """List numbers that were given up, in order; of one office, register or year, or of all."""
    found = rows(
        cursor,
        "SELECT g.node, g.event, g.office, g.register, g.year, g.first, g.last, g.state, g.why,"
        " g.guard, g.marks, g.at, g.stored_at, coalesce(a.name, g.actor) FROM gap g"
        " LEFT JOIN actor a ON a.node = g.node AND a.person = g.actor"
        " WHERE (:office = '' OR g.office = :office)"
        " AND (:register = '' OR g.register = :register) AND (:year = 0 OR g.year = :year)"
        " ORDER BY g.office, g.register, g.year, g.first, g.node, g.event",
        {"office": office, "register": register or "", "year": year},
    )
    explained = _explanations(cursor, office)
    made = []
    for row in found:
        gap = Gap(*row)
        known = explained.get((gap.office, gap.register, gap.year), [])
        about = [one for one in known if one.first <= gap.last and gap.first <= one.last]
        made.append(
            gap._replace(
                register=Register(row[3]),
                marks=tuple(msgspec.json.decode(row[10], type=list[Mark])),
                explanations=tuple(about),
            )
        )
    return made


def outages(cursor: Cursor, office: str) -> list[Outage]:
    """List the emergencies of an office, the latest first."""
    found = rows(
        cursor,
        "SELECT o.node, o.outage, o.office, o.cause, o.opened_at, coalesce(a.name, o.opened_by),"
        " o.closed_at, o.total FROM outage o"
        " LEFT JOIN actor a ON a.node = o.node AND a.person = o.opened_by"
        " WHERE o.office = ? ORDER BY o.opened_at DESC, o.node",
        (office,),
    )
    return [Outage(*row) for row in found]


def silences(cursor: Cursor) -> dict[str, int]:
    """Give the longest silence that each node has spoken of when it asked for numbers."""
    found = rows(cursor, "SELECT node, max(silence_s) FROM range_request GROUP BY node")
    return {row[0]: row[1] for row in found}


def given_up(cursor: Cursor, span: Span) -> list[tuple[int, int]]:
    """List the runs of numbers that were given up within a span, in order, without overlap."""
    found = rows(
        cursor,
        "SELECT max(first, :low), min(last, :high) FROM gap WHERE office = :office"
        " AND register = :register AND year = :year AND first <= :high AND last >= :low"
        " ORDER BY first, last",
        {
            "office": span.office, "register": span.register, "year": span.year,
            "low": span.first, "high": span.last,
        },
    )  # fmt: skip
    runs: list[tuple[int, int]] = []
    for first, last in found:
        if runs and first <= runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], max(runs[-1][1], last))
        elif first <= last:
            runs.append((first, last))
    return runs


def _explanations(cursor: Cursor, office: str) -> dict[tuple[str, str, int], list[Explanation]]:
    found = rows(
        cursor,
        "SELECT e.office, e.register, e.year, e.node, e.event, e.first, e.last, e.text, e.letter,"
        " e.at, coalesce(a.name, e.actor) FROM gap_explanation e"
        " LEFT JOIN actor a ON a.node = e.node AND a.person = e.actor"
        " WHERE ? = '' OR e.office = ? ORDER BY e.at, e.node, e.event",
        (office, office),
    )
    made: dict[tuple[str, str, int], list[Explanation]] = {}
    for row in found:
        made.setdefault((row[0], row[1], row[2]), []).append(Explanation(*row[3:]))
    return made


def _accepted(cursor: Cursor, arrived: Arrived, body: RangeAccepted) -> None:
    try:
        grant = parse_grant(body.grant)
    except Unintelligible:
        return  # the auditor says what is wrong with it
    _took(cursor, arrived, grant.grant, told=False)


def _took(cursor: Cursor, arrived: Arrived, grant: str, *, told: bool) -> None:
    cursor.execute(
        "INSERT INTO accepted (node, grant_id, event, at, told) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (arrived.event.node, grant, arrived.event.id, arrived.event.at, int(told)),
    )


def _gap(cursor: Cursor, arrived: Arrived, body: NumbersSkipped | NumbersReturned) -> None:
    skipped = body if isinstance(body, NumbersSkipped) else None
    cursor.execute(
        "INSERT INTO gap VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (arrived.node, arrived.event.id, arrived.office, body.register, body.year, body.first,
         body.last, "skipped" if skipped else "returned", skipped.why if skipped else "year-end",
         skipped.guard if skipped else 0,
         msgspec.json.encode(skipped.marks if skipped else ()).decode(), arrived.event.at,
         arrived.stored_at, arrived.event.actor),
    )  # fmt: skip


def _explained(cursor: Cursor, arrived: Arrived, body: GapExplained) -> None:
    cursor.execute(
        "INSERT INTO gap_explanation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (arrived.node, arrived.event.id, arrived.office, body.register, body.year, body.first,
         body.last, body.text, body.letter, arrived.event.at, arrived.event.actor),
    )  # fmt: skip


def _requested(cursor: Cursor, arrived: Arrived, body: RangeRequested) -> None:
    cursor.execute(
        "INSERT INTO range_request VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (arrived.node, arrived.event.id, arrived.office, body.register, body.year, body.size,
         body.left, body.per_day[:20], body.silence_s, arrived.event.at),
    )  # fmt: skip


def _opened(cursor: Cursor, arrived: Arrived, body: EmergencyOpened) -> None:
    cursor.execute(
        "INSERT INTO outage VALUES (?, ?, ?, ?, ?, ?, ?, '', 0)"
        " ON CONFLICT (node, outage) DO UPDATE SET event = excluded.event, cause = excluded.cause,"
        " opened_at = excluded.opened_at, opened_by = excluded.opened_by WHERE event = ''",
        (arrived.node, body.outage, arrived.event.id, arrived.office, body.cause,
         arrived.event.at, arrived.event.actor),
    )  # fmt: skip


def _closed(cursor: Cursor, arrived: Arrived, body: EmergencyClosed) -> None:
    cursor.execute(
        "INSERT INTO outage VALUES (?, ?, '', ?, '', '', '', ?, ?)"
        " ON CONFLICT (node, outage) DO UPDATE SET closed_at = excluded.closed_at,"
        " total = excluded.total",
        (arrived.node, body.outage, arrived.office, arrived.event.at, body.total),
    )
