"""Proofs and passports in words for the terminal, and in fields for programs."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from saraban_node.books.labels import REGISTER_ENGLISH, REGISTER_THAI
from saraban_node.line.deliveries import Delivery
from saraban_node.line.elsewhere import Elsewhere
from saraban_node.numbering.lookup import Candidate
from saraban_node.numbering.passport import Passport, Step
from saraban_node.numbering.prove import EmergencyProof, Notable, Proof, SeriesProof
from saraban_node.numbering.requests import Outlook
from saraban_node.numbering.settled import Bearer
from saraban_sync.events import ClockState
from saraban_sync.policy import Wish
from saraban_sync.registers import BANGKOK, thai_date
from saraban_sync.states import State, Trouble

STATES: Final = {
    State.UNUSED: ("ยังไม่ใช้", "unused"),
    State.RESERVED: ("จองไว้", "reserved"),
    State.ISSUED: ("ออกแล้ว", "issued"),
    State.VOID: ("ยกเลิก", "void"),
    State.EXPIRED: ("หมดอายุ", "expired"),
    State.SKIPPED: ("ข้าม", "skipped"),
    State.RETURNED: ("คืน", "returned"),
    State.MISSING: ("อธิบายไม่ได้", "missing"),
}
TROUBLES: Final = {
    Trouble.TWICE: ("หนังสือสองฉบับใช้เลขเดียวกัน", "two letters bear one number"),
    Trouble.OUTSIDE: ("เลขที่ไม่ได้รับอนุญาต", "a number that was not granted"),
    Trouble.MISSING: ("เลขที่ขาดหายโดยไม่มีคำอธิบาย", "passed over without a word"),
    Trouble.OVERLAP: ("ช่วงเลขทับกัน", "ranges that overlap"),
}

_SETTLED: Final = "ออกซ้ำ แต่ยกเลิกหรือหมดอายุจนเหลือไม่เกินหนึ่งฉบับแล้ว · given twice, settled since by"
WHYS: Final = {
    "restored": "กู้คืนจากชุดสำรอง · restored",
    "copied": "ย้ายหรือสำเนาข้อมูล · copied",
    "twin": "เครื่องสองเครื่องใช้ชื่อเดียวกัน · twin",
    "forked": "แยกเครื่องเป็นชื่อใหม่ · forked",
    "superseded": "มีเครื่องอื่นรับช่วงชื่อ · superseded",
    "year-end": "สิ้นปี · year end",
}
"""Why numbers were given up, as the journal has it."""


def wish_row(wish: Wish) -> dict[str, Any]:
    """Give a request as fields."""
    return {
        "register": wish.register, "year": wish.year, "size": wish.size, "left": wish.left,
        "per_day": wish.per_day,
    }  # fmt: skip


def outlook_row(one: Outlook) -> dict[str, Any]:
    """Give how long numbers last as fields."""
    return {
        "register": one.register,
        "year": one.year,
        "granted": one.stock.granted,
        "left": one.left,
        "per_day": one.forecast.per_day_text,
        "days_left": one.forecast.days_left,
        "bridge_days": one.forecast.bridge_days,
        "mark": one.forecast.mark,
        "enough": one.forecast.enough,
        "asked": one.request.size if one.request is not None else 0,
    }


def outlook_line(one: Outlook) -> str:
    """Say how long numbers last."""
    days = "" if one.forecast.days_left is None else f"  ~{one.forecast.days_left} วัน · days"
    asked = f"  ขอแล้ว · asked {one.request.size}" if one.request is not None else ""
    name = f"{REGISTER_THAI[one.register]} · {REGISTER_ENGLISH[one.register]} {one.year}"
    return f"{name}: เหลือ · left {one.left}/{one.stock.granted}{days}{asked}"


def proof_result(proof: Proof) -> dict[str, Any]:
    """Give a proof as fields."""
    return {
        "whole": proof.whole,
        "node": proof.node,
        "office": proof.office,
        "head": proof.head,
        "head_hash": proof.head_hash,
        "verified": proof.verified,
        "total": proof.total,
        "series": [_series_result(one) for one in proof.series],
        "emergency": [
            {"year": one.year, "total": one.total, "waiting": one.waiting, "whole": one.whole}
            for one in proof.emergency
        ],
    }


def proof_lines(proof: Proof) -> Iterator[str]:
    """Say what was proved, the result last."""
    for one in proof.series:
        yield from _series_lines(one)
    for emergency in proof.emergency:
        yield _emergency_line(emergency)
    yield f"ถึงเหตุการณ์ · up to event {proof.head or '–'} {proof.head_hash[:16]}"
    if proof.verified is not None:
        yield f"ตรวจลายมือชื่อแล้ว {proof.verified} รายการ · {proof.verified} signatures checked"
    verdict = (
        ("ทุกเลขมีคำอธิบาย", "every number is accounted for")
        if proof.whole
        else ("มีเลขที่อธิบายไม่ได้", "some numbers are not explained")
    )
    mark = "✓" if proof.whole else "✗"
    yield f"{mark} {proof.total} เลข {verdict[0]} · {proof.total} numbers, {verdict[1]}"


def candidate_row(one: Candidate) -> dict[str, Any]:
    """Give a number that may be meant as fields."""
    return dict(msgspec.to_builtins(one))


def candidate_line(one: Candidate) -> str:
    """Name a number that may be meant."""
    thai, english = STATES[one.state]
    number = f"{one.number}/{one.year}" if one.number else f"ฉ {one.emergency}/{one.year}"
    where = f"  ({one.node})" if one.node else ""
    return (
        f"{one.register.value:<13} {number:<14} {thai} · {english}  {one.letter_no}  {one.subject}"
        f"{where}  {one.entry}"
    )


def passport_result(found: Passport) -> dict[str, Any]:
    """Give a passport as fields."""
    return dict(msgspec.to_builtins(found))


def passport_lines(found: Passport) -> Iterator[str]:
    """Tell the life of a number."""
    number = f"{found.number}/{found.year}" if found.number else ""
    emergency = f"ฉ {found.emergency}/{found.year}" if found.emergency else ""
    name = f"{REGISTER_THAI[found.register]} · {REGISTER_ENGLISH[found.register]}"
    yield f"{name}  {' = '.join(filter(None, (number, emergency)))}  {found.office}"
    if found.state is None:
        yield "ไม่อยู่ในช่วงเลขของเครื่องนี้ · in no range of this node"
    else:
        thai, english = STATES[found.state]
        late = "  (ลงทะเบียนภายหลัง · late)" if found.late else ""
        yield f"สถานะ · state: {thai} · {english}{late}"
    for problem in found.problems:
        yield f"✗ {TROUBLES[problem.trouble][0]} · {TROUBLES[problem.trouble][1]}"
    if found.settled:
        yield f"! {_SETTLED}"
    yield from _grant_lines(found)
    if found.entry is not None:
        yield f"เรื่อง · subject: {found.entry.subject}  {found.entry.letter_no}"
    if found.origin is not None:
        origin = found.origin
        yield f"มาจาก · from: {origin.office} ({origin.node} {origin.event})"
    yield from (_step_line(step) for step in found.steps)
    yield from (f"แฟ้ม · file: {ref.name} {ref.sha256[:16]}" for ref in found.files)
    yield from (_delivery_line(one) for one in found.deliveries)
    yield from _gap_lines(found)
    for other in found.colleagues:
        yield from _elsewhere_lines(other)
    if found.backup_count:
        newest = found.backups[0]
        yield f"สำรองไว้ {found.backup_count} ชุด · in {found.backup_count} backups: {newest.archive}"


def _series_result(one: SeriesProof) -> dict[str, Any]:
    account = one.account
    return {
        "register": one.register,
        "year": one.year,
        "whole": one.whole,
        "agrees_with_journal": one.agrees,
        "total": account.total,
        "counts": {state.value: count for state, count in account.counts.items()},
        "runs": [
            {"first": run.first, "last": run.last, "state": run.state} for run in account.runs
        ],
        "problems": [
            {"trouble": problem.trouble, "first": problem.first, "last": problem.last}
            for problem in account.problems
        ],
        "settled": [msgspec.to_builtins(found) for found in one.settled],
        "notable": [msgspec.to_builtins(notable) for notable in one.notable],
        "found_after_all": [
            {"first": found.first, "last": found.last} for found in account.overruled
        ],
    }


def _series_lines(one: SeriesProof) -> Iterator[str]:
    counts = ", ".join(
        f"{STATES[state][0]} · {STATES[state][1]} {count}"
        for state, count in one.account.counts.items()
    )
    mark = "✓" if one.whole else "✗"
    yield f"{mark} {REGISTER_THAI[one.register]} {one.year}: {one.account.total} เลข — {counts}"
    yield from (f"    {_notable_line(notable)}" for notable in one.notable)
    for twice in one.settled:
        yield f"  ! {twice.number} {_SETTLED}"
        yield from (f"      {_bearer_line(each)}" for each in twice.letters)
    for problem in one.account.problems:
        thai, english = TROUBLES[problem.trouble]
        yield f"  ✗ {_numbers(problem.first, problem.last)} {thai} · {english}"
        which = f"--register {one.register} {problem.first}/{one.year}"
        yield f"      saraban-node numbers show {which}"
    if one.agrees is False:
        yield "  ✗ ทะเบียนไม่ตรงกับบันทึกเหตุการณ์ · the register does not agree with the journal"


def _bearer_line(one: Bearer) -> str:
    thai, english = STATES[one.state]
    return (
        f"{one.node} {one.event}  {thai} · {english}  {thai_date(one.at).isoformat()} {one.who}"
        f"  {one.why}  {one.subject}"
    )


def _notable_line(one: Notable) -> str:
    thai, english = STATES[one.state]
    words = f"{thai} · {english}"
    if one.late:
        words += "  ลงทะเบียนภายหลัง · late"
    if one.emergency:
        words += f"  ฉ {one.emergency}"
    why = f"  {WHYS.get(one.why, one.why)}" if one.why else ""
    found = "".join(
        f"\n      {_numbers(said.first, said.last)}: {said.text}" for said in one.explanations
    )
    return f"{_numbers(one.first, one.last)} {words}  {one.day.isoformat()} {one.who}{why}{found}"


def _emergency_line(one: EmergencyProof) -> str:
    mark = "✓" if one.whole else "✗"
    waiting = f", รอเลข · waiting {one.waiting}" if one.waiting else ""
    return f"{mark} ทะเบียนฉุกเฉิน · emergency register {one.year}: {one.total}{waiting}"


def _numbers(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


def _elsewhere_lines(one: Elsewhere) -> Iterator[str]:
    line = one.line
    yield (
        f"เครื่องอื่น · another node: {line.node} {line.event} {line.state} {line.subject}"
        f"  {one.who}  {line.reason}"
    )
    for done in one.acts:
        yield f"    {_moment(done.at)}  {done.kind}  {done.who}  {done.text}"
    for sent in one.deliveries:
        yield f"    {_delivery_line(sent)}"


def _delivery_line(one: Delivery) -> str:
    registered = f" {one.number}/{one.year}" if one.number else ""
    former = "  (ก่อนกู้คืนข้อมูล · before the restore)" if one.former else ""
    return f"ส่งถึง · sent to: {one.office_name} {one.stage.value}{registered}{former}"


def _grant_lines(found: Passport) -> Iterator[str]:
    if found.grant is None:
        return
    grant = found.grant
    how = "ทางโทรศัพท์ · by telephone" if grant.by_phone else f"generation {grant.generation}"
    numbers = _numbers(grant.first, grant.last)
    yield f"ช่วงเลข · range: {numbers} {grant.grant} {_moment(grant.granted_at)} {how}"


def _step_line(step: Step) -> str:
    done = step.happening
    good = {True: "✓", False: "✗", None: "?"}[step.signature_good]
    former = "  (ก่อนกู้คืนข้อมูล · before the restore)" if done.former else ""
    stored = f"  ถึงส่วนกลาง · at the centre {_moment(step.stored_at)}" if step.stored_at else ""
    return (
        f"{_moment(done.at)}  {done.kind}  {done.who}  {done.text}{former}\n"
        f"    {good} {step.node} {done.event} {step.hash[:16]}  {_clock(step.clock)}{stored}"
    )


def _clock(clock: ClockState) -> str:
    source = clock.source or "?"
    age = f" {clock.age_s}s" if clock.age_s is not None else ""
    doubt = f" ±{clock.doubt_s}s" if clock.doubt_s is not None else ""
    stepped = " stepped" if clock.stepped else ""
    return f"clock {source}{age}{doubt} boot {clock.boot}{stepped}"


def _gap_lines(found: Passport) -> Iterator[str]:
    if found.gap is None:
        return
    gap = found.gap.gap
    thai, english = STATES[State(gap.state)]
    yield (
        f"{thai} · {english}: {_numbers(gap.first, gap.last)} {WHYS.get(gap.why, gap.why)}"
        f" {_moment(found.gap.at)} {found.gap.who}"
    )
    for mark in gap.marks:
        yield f"    {mark.source}: {mark.number}"
    for said in gap.explanations:
        yield f"    {_numbers(said.first, said.last)}: {said.text} {said.letter}"


def _moment(moment: datetime) -> str:
    return moment.astimezone(BANGKOK).strftime("%Y-%m-%d %H:%M:%S")
