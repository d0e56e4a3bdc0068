"""How proofs, passports and candidates are printed."""

from typing import Final

from saraban_central.audit.findings import REGISTER_THAI
from saraban_central.numbering.lookup import Candidate
from saraban_central.numbering.passport import Passport
from saraban_central.numbering.proof import Notable, Proof, SeriesProof
from saraban_sync.states import State, Trouble

STATES: Final = {
    State.UNUSED: "ยังไม่ใช้ · unused",
    State.RESERVED: "จองไว้ · reserved",
    State.ISSUED: "ใช้แล้ว · issued",
    State.VOID: "ยกเลิก · void",
    State.EXPIRED: "จองแล้วหมดอายุ · expired",
    State.SKIPPED: "ข้ามหลังกู้คืน · skipped",
    State.RETURNED: "คืนเมื่อสิ้นปี · returned",
    State.MISSING: "ไม่มีคำอธิบาย · unexplained",
}

TROUBLES: Final = {
    Trouble.TWICE: "หนังสือสองฉบับใช้เลขเดียวกัน · twice",
    Trouble.OUTSIDE: "เลขที่ไม่ได้ให้ไว้ · not granted",
    Trouble.MISSING: "ขาดหายโดยไม่มีคำอธิบาย · missing",
    Trouble.OVERLAP: "ช่วงเลขทับกัน · overlapping ranges",
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
"""Why numbers were given up, as the journals have it."""


def proof_lines(found: Proof) -> list[str]:
    """Write a proof for a person."""
    lines = [
        f"{'✓' if found.whole else '✗'} {found.total} เลข · numbers, "
        f"{found.events} เหตุการณ์ · verified events"
    ]
    for office in found.offices:
        lines.append(f"{'✓' if office.whole else '✗'} {office.office}  {office.name}")
        lines += [
            f"  ✗ {node.node}: ลำดับเหตุการณ์พิสูจน์ไม่ได้ · chain not proven"
            for node in office.nodes
            if not node.chain_ok
        ]
        for series in office.series:
            lines += _series_lines(series)
        lines += [
            f"  {'✓' if one.account.whole else '✗'} ทะเบียนฉุกเฉิน · emergency {one.node} "
            f"{one.year}: {one.total}, รอเลข · waiting {one.waiting}"
            for one in office.emergency
        ]
        lines += [
            f"  {one.severity.value}  {one.thai}\n    {one.english}" for one in office.findings
        ]
    return lines


def _series_lines(one: SeriesProof) -> list[str]:
    counts = ", ".join(
        f"{STATES[state]} {count}" for state, count in sorted(one.account.counts.items())
    )
    register = one.series.register
    head = f"{'✓' if one.account.whole else '✗'} {REGISTER_THAI[register]} · {register.value}"
    lines = [f"  {head} {one.series.year}: {counts}"]
    lines += [
        f"    ✗ {span(problem.first, problem.last)}  {TROUBLES[problem.trouble]}"
        for problem in one.account.problems
    ]
    for found in one.settled:
        lines.append(f"    ! {found.number}  {_SETTLED}")
        lines += [
            f"        {each.node} {each.event}  {_notable(each)}  {each.subject}".rstrip()
            for each in found.letters
        ]
    return lines + [f"    {_notable(found)}" for found in one.notable]


def _notable(one: Notable) -> str:
    late = " ลงทะเบียนภายหลัง · late" if one.late else ""
    why = f"  {WHYS.get(one.why, one.why)}" if one.why else ""
    return f"{span(one.first, one.last)}  {STATES[one.state]}{late}  {one.at}  {one.who}{why}"


def span(first: int, last: int) -> str:
    """Write a run of numbers."""
    return str(first) if first == last else f"{first}–{last}"


def candidate_line(one: Candidate) -> str:
    """Write one number that may be meant."""
    number = str(one.number) if one.number else f"ฉ {one.emergency}"
    return (
        f"{one.office}  {one.register.value} {number}/{one.year}  {one.state}  "
        f"{one.letter_no}  {one.subject}"
    ).rstrip()


def passport_lines(found: Passport) -> list[str]:
    """Write a passport for a person."""
    state = STATES[found.state] if found.state else "ไม่เคยให้เลขนี้ · never granted"
    lines = [f"{found.office}  {found.register.value} {found.number}/{found.year}: {state}"]
    if found.grant is not None:
        grant = found.grant.grant
        lines.append(
            f"  ช่วงเลข · grant {grant.grant} {grant.first}–{grant.last} → {grant.node}  "
            f"{grant.at}  {grant.by}".rstrip()
        )
    if found.settled:
        lines.append(f"  ! {_SETTLED}")
    for line in found.lines:
        lines.append(f"  {line.node} {line.event}  {line.letter_no}  {line.subject}")
    for step in found.steps:
        good = "✓" if step.signed else "✗"
        lines.append(f"  {good} {step.act.at}  {step.act.type}  {step.act.actor}")
        lines.append(f"      {step.journal} {step.act.event}  → {step.act.stored_at or '–'}")
    for gap in found.gaps:
        numbers, why = span(gap.first, gap.last), WHYS.get(gap.why, gap.why)
        lines.append(f"  {gap.state} {numbers}  {why}  {gap.at}  {gap.actor}")
        lines += [f"      {one.at}  {one.actor}: {one.text}" for one in gap.explanations]
    lines += [f"  ✗ {alarm.kind}  {alarm.event}" for alarm in found.alarms]
    return lines
