"""A number's life as programs read it: for the command line and the API."""

from dataclasses import asdict
from typing import Any

from saraban_central.numbering.lookup import Candidate
from saraban_central.numbering.passport import Passport, Step


def candidate_result(one: Candidate) -> dict[str, Any]:
    """Write a number that may be meant."""
    return asdict(one)


def passport_result(found: Passport) -> dict[str, Any]:
    """Write a passport for a program."""
    grant = found.grant
    return {
        "office": found.office,
        "register": found.register.value,
        "year": found.year,
        "number": found.number,
        "state": found.state.value if found.state else None,
        "problems": [one.trouble.value for one in found.problems],
        "settled": found.settled,
        "grant": {
            "grant": grant.grant.grant,
            "first": grant.grant.first,
            "last": grant.grant.last,
            "node": grant.node,
            "granted_at": grant.grant.at,
            "granted_by": grant.grant.by,
            "generation": grant.generation,
            "opening": grant.grant.opening,
            "by_phone": bool(grant.grant.codes),
            "request": grant.request.event if grant.request else "",
            "taken_at": grant.taken.at if grant.taken else "",
        }
        if grant
        else None,
        "lines": [
            {
                "node": line.node, "event": line.event, "state": line.state,
                "subject": line.subject, "letter_no": line.letter_no, "at": line.at,
                "emergency": line.emergency, "reserved_at": line.reserved_at,
                "numbered_at": line.numbered_at, "late": line.late,
            }
            for line in found.lines
        ],
        "steps": [_step(step) for step in found.steps],
        "gaps": [
            {
                "first": gap.first, "last": gap.last, "state": gap.state, "why": gap.why,
                "at": gap.at, "who": gap.actor, "guard": gap.guard,
                "marks": [{"source": one.source, "number": one.number} for one in gap.marks],
                "explanations": [
                    {"text": one.text, "letter": one.letter, "at": one.at, "who": one.actor}
                    for one in gap.explanations
                ],
            }
            for gap in found.gaps
        ],
        "receivers": [
            {"office": one.office, "stage": one.stage, "arrived_at": one.arrived_at,
             "registered_at": one.registered_at, "receipt_at": one.receipt_at}
            for one in found.receivers
        ],
        "alarms": [{"kind": one.kind, "event": one.event, "at": one.at} for one in found.alarms],
    }  # fmt: skip


def _step(step: Step) -> dict[str, Any]:
    clock = step.clock
    return {
        "type": step.act.type,
        "at": step.act.at,
        "who": step.act.actor,
        "journal": step.journal,
        "signer": step.signer,
        "event": step.act.event,
        "hash": step.hash,
        "signed": step.signed,
        "stored_at": step.act.stored_at,
        "clock": {
            "boot": clock.boot, "offset_ms": clock.offset_ms, "stepped": clock.stepped,
            "source": clock.source, "age_s": clock.age_s, "doubt_s": clock.doubt_s,
        }
        if clock
        else None,
        "mailboxes": [{"node": one.node, "at": one.at} for one in step.passed],
    }  # fmt: skip
