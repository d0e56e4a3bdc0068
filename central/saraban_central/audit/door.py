"""What the gateway turned away or set aside, and what it warned of when it let a document in."""

from collections.abc import Iterable

from saraban_central.audit.evidence import Directory
from saraban_central.audit.findings import Finding, Place, found
from saraban_central.records import ALARMS, PENDING, SET_ASIDE, Alarm, SetAside
from saraban_central.store.interface import Store

_TOLD_BETTER = frozenset({"conflict", "unknown-office"})


def check_door(store: Store, directory: Directory, others: Iterable[Finding]) -> list[Finding]:
    """Report what stands on the gateway's shelves.

    Args:
        store: the centre's store.
        directory: whose node is whose.
        others: what the rest of the audit found; an alarm about the same event, or about a number
            whose letters are all named, is not repeated.
    """
    found_already = {(one.node, one.event) for one in others}
    twice = {
        (one.office, one.register, one.year, one.number)
        for one in others
        if one.kind.startswith("number-twice")
    }
    findings = [_set_aside(kept.value, directory) for kept in store.records(SET_ASIDE)]
    for waiting in store.records(PENDING):
        node = waiting.key.partition("/")[0]
        place = Place(_office(directory, node), node, waiting.value.id, waiting.value.came_at)
        findings.append(found("pending", place))
    alarms = [kept.value for kept in store.records(ALARMS)]
    for alarm in alarms:
        office = _office(directory, alarm.node)
        known = (alarm.node, alarm.event) in found_already or (
            alarm.kind == "number-used-twice"
            and (office, alarm.register, alarm.year, alarm.number) in twice
        )
        if alarm.kind not in _TOLD_BETTER and not known:
            place = Place(office, alarm.node, alarm.event, alarm.at)
            findings.append(found("alarm", place, reason=alarm.detail or alarm.kind))
    return findings + _conflicts([alarm for alarm in alarms if alarm.kind == "conflict"], directory)


def _set_aside(document: SetAside, directory: Directory) -> Finding:
    kind = document.verdict
    if document.reason.startswith("twin"):
        kind = "twin"
    place = Place(_office(directory, document.node), document.node, document.id, document.first_at)
    return found(kind, place, reason=document.reason)


def _conflicts(alarms: list[Alarm], directory: Directory) -> list[Finding]:
    by_node: dict[str, list[Alarm]] = {}
    for alarm in alarms:
        by_node.setdefault(alarm.node, []).append(alarm)
    return [
        found(
            "conflict",
            Place(_office(directory, node), node, those[0].event, min(one.at for one in those)),
            count=len(those),
        )
        for node, those in sorted(by_node.items())
    ]


def _office(directory: Directory, node: str) -> str:
    entry = directory.nodes.get(node)
    return entry.office if entry else ""
