"""Grants that the centre had forgotten when it was set back, read out of the journals again.

    range.accepted  carries the centre's own signed grant: it speaks for itself
    range.told      carries the code that was read out: only this centre could make it

Whatever the record of a series lacks of these is put back into it before the router looks at the
numbers that rest on it.
"""

import logging
from collections.abc import Iterable

from saraban_central.centre import Centre
from saraban_central.records import ALARMS, CREDENTIALS, SERIES, Alarm, Granted, Node, SeriesGrants
from saraban_central.store.interface import Keep, Kept, Put, Writing
from saraban_sync import phone, ranges
from saraban_sync.body import Signed
from saraban_sync.errors import BadSignature, RangeProblem, SarabanError, Unintelligible
from saraban_sync.events import Event, RangeAccepted
from saraban_sync.grants import Grant, read_grant, sign_grant
from saraban_sync.ids import NodeId, OfficeCode
from saraban_sync.number_events import RangeTold
from saraban_sync.ranges import NumberRange

log = logging.getLogger(__name__)

_Found = tuple[Event, Grant, Granted]


def learn(centre: Centre, node: Node, events: Iterable[Event]) -> list[Writing]:
    """Plan to put back the grants that these events prove and the centre does not know.

    Args:
        centre: who has forgotten.
        node: in whose journal the events stand.
        events: those that the router is about to look at.

    Returns:
        what is to be committed before anything that rests on it; usually nothing.
    """
    found: dict[str, list[_Found]] = {}
    for event in events:
        proven = _proven(centre, node, event)
        if proven is not None:
            grant = proven[1]
            key = f"{grant.office}/{grant.register}/{grant.year}"
            found.setdefault(key, []).append(proven)
    return [writing for key in sorted(found) for writing in _put_back(centre, key, found[key])]


def _proven(centre: Centre, node: Node, event: Event) -> _Found | None:
    match event.body:
        case RangeAccepted(grant=text):
            grant = _read(centre, text)
            if grant is None or grant.node != event.node or grant.office != node.office:
                return None
            return event, grant, _granted(grant, text)
        case RangeTold() as body:
            made = _told(centre, node, event, body)
            if made is None:
                return None
            return event, made, _granted(made, sign_grant(centre.key, made), body.code)
        case _:
            return None


def _read(centre: Centre, text: Signed) -> Grant | None:
    try:
        return read_grant(text, centre.key.public)
    except (BadSignature, Unintelligible, RangeProblem):
        return None  # an alarm of the auditor's, not a grant of ours


def _told(centre: Centre, node: Node, event: Event, body: RangeTold) -> Grant | None:
    credential = centre.store.record(CREDENTIALS, event.node)
    if credential is None:
        return None
    try:
        told = phone.read_code(
            body.code,
            phone.shared_key(credential.value.sha256),
            NodeId(event.node),
            OfficeCode(node.office),
            body.register,
            body.year,
        )
    except SarabanError:
        return None  # read out before the node got a new secret, or never
    if (told.grant, told.range) != (body.grant, NumberRange(body.first, body.last)):
        return None
    return Grant(
        grant=told.grant, office=node.office, node=event.node, register=body.register,
        year=body.year, first=body.first, last=body.last, at=event.at,
        generation=centre.identity.generation,
    )  # fmt: skip


def _granted(grant: Grant, text: Signed, code: str = "") -> Granted:
    return Granted(
        grant=grant.grant, node=grant.node, first=grant.first, last=grant.last, at=grant.at,
        payload=text.p, signature=text.s, opening=grant.opening, by="journal",
        codes=(code,) if code else (),
    )  # fmt: skip


def _put_back(centre: Centre, key: str, found: list[_Found]) -> list[Writing]:
    held = centre.store.record(SERIES, key)
    known = list(held.value.grants) if held else []
    there = {(one.grant, one.node) for one in known}
    alarms: list[Writing] = []
    new: list[Granted] = []
    for event, grant, granted in found:
        if (grant.grant, grant.node) in there:
            continue
        there.add((grant.grant, grant.node))
        if any(ranges.overlap(grant.range, NumberRange(one.first, one.last)) for one in known):
            alarms.append(_alarm(centre, event, grant))
        known.append(granted)
        new.append(granted)
    if not new:
        return []
    for one in new:
        log.warning(
            "learned.grant grant=%s node=%s %d-%d", one.grant, one.node, one.first, one.last
        )
    return [_series(key, held, found[0][1], known), *alarms]


def _series(
    key: str, held: Kept[SeriesGrants] | None, one: Grant, known: list[Granted]
) -> Put[SeriesGrants]:
    series = SeriesGrants(
        office=one.office, register=one.register.value, year=one.year,
        grants=tuple(sorted(known, key=lambda granted: (granted.first, granted.at))),
    )  # fmt: skip
    return Put(SERIES, key, series, held.revision if held else None)


def _alarm(centre: Centre, event: Event, grant: Grant) -> Keep[Alarm]:
    """Say that numbers were granted to two nodes: the centre had forgotten that it had."""
    return Keep(
        ALARMS,
        f"{event.node}/{event.id}/grant-overlaps",
        Alarm(
            kind="grant-overlaps", node=event.node, event=event.id, at=centre.now(),
            register=grant.register.value, year=grant.year, number=grant.first,
            detail=f"{grant.first}–{grant.last}",
        ),
    )  # fmt: skip


def grants_lost(centre: Centre) -> int:
    """Count the grants that had to be read out of journals."""
    return sum(
        one.by == "journal" for kept in centre.store.records(SERIES) for one in kept.value.grants
    )
