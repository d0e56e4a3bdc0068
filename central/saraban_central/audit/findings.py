"""What the auditor can find, each kind with its weight and its sentence in Thai and English.

A sentence says what was seen and what to do next, so that an administrator can read it out on the
telephone. The kinds are stable codes: reports of different months can be compared.
"""

from typing import Final, NamedTuple

import msgspec

from saraban_central.audit.kinds import Kind, Severity
from saraban_central.audit.number_kinds import NUMBERS
from saraban_sync.registers import Register

WEIGHT: Final = {Severity.CRITICAL: 0, Severity.SERIOUS: 1, Severity.NOTICE: 2}


class Place(NamedTuple):
    """Where a finding is: office and node, and the journal's event where there is one."""

    office: str
    node: str
    event: str = ""
    since: str = ""
    """UTC instant from which it has been so; empty when unknown."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the auditor found, located."""

    kind: str
    severity: Severity
    office: str
    node: str
    register: str
    """As :class:`saraban_sync.registers.Register` names it; empty when none is concerned."""
    year: int
    number: int
    last: int
    """Last number of a run of numbers; equal to ``number`` for one."""
    event: str
    since: str
    thai: str
    english: str


class Numbers(NamedTuple):
    """The numbers a finding is about."""

    register: Register
    year: int
    number: int
    last: int = 0


_LONGEST: Final = 160
_C, _S, _N = Severity.CRITICAL, Severity.SERIOUS, Severity.NOTICE
REGISTER_THAI: Final = {
    Register.INCOMING: "หนังสือรับ",
    Register.OUTGOING: "หนังสือส่ง",
    Register.CIRCULAR: "หนังสือเวียน",
    Register.ORDER: "คำสั่ง",
    Register.ANNOUNCEMENT: "ประกาศ",
    Register.CERTIFICATE: "หนังสือรับรอง",
    Register.MEMO: "บันทึกข้อความ",
    Register.AWARD: "เกียรติบัตร",
}
REGISTER_ENGLISH: Final = {register: register.value for register in Register}

KINDS: Final[dict[str, Kind]] = {
    # --- the journal -------------------------------------------------------------------------
    "signature": Kind(
        _C,
        "ลายมือชื่อของเหตุการณ์ {event} ไม่ถูกต้อง เนื้อหาที่ส่วนกลางอาจถูกแก้ไข "
        "อย่าใช้รายการนี้เป็นหลักฐาน ให้เทียบกับเครื่องของหน่วยงาน",
        "Event {event} does not fit its signature: what the centre holds may have been altered. "
        "Do not rely on it; compare it with the office's own machine.",
    ),
    "chain": Kind(
        _C,
        "เหตุการณ์ {event} ไม่ต่อจากเหตุการณ์ก่อนหน้า ลำดับเหตุการณ์ขาดตรงนี้ "
        "ให้เทียบกับเครื่องของหน่วยงานก่อนเชื่อรายการหลังจากนี้",
        "Event {event} does not follow the one before it: the chain breaks here. "
        "Compare with the office's own machine before relying on what comes after.",
    ),
    "events-missing": Kind(
        _C,
        "เหตุการณ์ลำดับที่ {first} ถึง {last} หายไปจากที่เก็บของส่วนกลาง "
        "ให้หน่วยงานส่งใหม่ หรือกู้จากข้อมูลสำรองของส่วนกลาง",
        "Events {first} to {last} are missing from the centre's store. "
        "Let the office send them again, or restore them from the centre's backup.",
    ),
    "end-missing": Kind(
        _C,
        "ส่วนกลางเคยมีเหตุการณ์ถึงลำดับที่ {last} แต่ตอนนี้มีถึงเพียง {have} "
        "ท้ายรายการหายไป ให้หน่วยงานส่งใหม่ หรือกู้จากข้อมูลสำรองของส่วนกลาง",
        "The centre once held events up to {last} but now ends at {have}: the end is gone. "
        "Let the office send it again, or restore it from the centre's backup.",
    ),
    "rewritten": Kind(
        _C,
        "เหตุการณ์ลำดับที่ {seq} ไม่ใช่ฉบับเดียวกับที่ตรวจครั้งก่อนเมื่อ {before} "
        "ประวัติถูกเขียนใหม่ ให้แจ้งผู้ดูแลระบบและเก็บหลักฐานทั้งสองชุด",
        "Event {seq} is not the one seen by the audit of {before}: history was rewritten. "
        "Tell the administrator and keep both copies.",
    ),
    "fork": Kind(
        _C,
        "เครื่องแจ้งเหตุการณ์ {event} คนละฉบับกับที่ส่วนกลางมี อาจมีเครื่องสองเครื่องใช้ชื่อเดียวกัน "
        "ให้หยุดออกเลขที่เครื่องนี้และติดต่อผู้ดูแลระบบ",
        "The machine names another event {event} than the one the centre holds: two machines may "
        "share one identity. Stop numbering there and call the administrator.",
    ),
    "foreign": Kind(
        _C,
        "เอกสาร {event} ในลำดับเหตุการณ์นี้เป็นของ {other} ไม่ใช่ของเครื่องนี้ ให้ผู้ดูแลระบบตรวจที่เก็บของส่วนกลาง",
        "Document {event} in this journal belongs to {other}. "
        "Let the administrator inspect the centre's store.",
    ),
    "unreadable": Kind(
        _S,
        "อ่านเหตุการณ์ {event} ไม่ได้ แม้ลายมือชื่อถูกต้อง ให้ผู้ดูแลระบบตรวจรุ่นโปรแกรมของเครื่องนี้",
        "Event {event} cannot be read although its signature is right. "
        "Let the administrator check that machine's program version.",
    ),
    "epoch": Kind(
        _S,
        "เหตุการณ์ {event} ใช้รุ่นฐานข้อมูลที่ส่วนกลางไม่เคยให้ หรือย้อนกลับ ให้ตรวจว่าเครื่องนี้ถูกกู้คืนหรือทำสำเนาหรือไม่",
        "Event {event} uses an epoch that the centre never gave, or goes back to an older one. "
        "Find out whether this machine was restored or copied.",
    ),
    "newer": Kind(
        _N,
        "มี {count} เหตุการณ์จากโปรแกรมรุ่นใหม่กว่า ส่วนกลางเก็บไว้ครบแต่ตรวจเนื้อหาไม่ได้ ให้ปรับรุ่นโปรแกรมส่วนกลาง",
        "{count} events were written by a newer program. They are kept whole but their content "
        "cannot be audited; update the centre.",
    ),
    "journal-unknown": Kind(
        _C,
        "มีลำดับเหตุการณ์ของเครื่อง {node} ซึ่งไม่มีในสารบบของส่วนกลาง ให้ผู้ดูแลระบบตรวจที่เก็บของส่วนกลาง",
        "There is a journal of node {node}, which the directory does not have. "
        "Let the administrator inspect the centre's store.",
    ),
    "directory": Kind(
        _C,
        "รายการ {event} ในสารบบไม่ได้ลงลายมือชื่อโดยส่วนกลาง ให้ผู้ดูแลระบบตรวจที่เก็บของส่วนกลาง",
        "Entry {event} of the directory is not signed by the centre. "
        "Let the administrator inspect the centre's store.",
    ),
    # --- time --------------------------------------------------------------------------------
    "clock-back": Kind(
        _S,
        "เหตุการณ์ {event} ลงเวลาก่อนเหตุการณ์ที่เกิดก่อนหน้า {seconds} วินาที "
        "นาฬิกาถูกหมุนกลับหรือลงเวลาย้อนหลัง ให้ตรวจนาฬิกาของเครื่องและเวลาในทะเบียน",
        "Event {event} is dated {seconds} s before the event that happened before it: the clock "
        "was set back, or the entry back-dated. Check that clock and the register's times.",
    ),
    "clock-ahead": Kind(
        _S,
        "เหตุการณ์ {event} ลงเวลาล่วงหน้าเวลาที่ส่วนกลางได้รับ {seconds} วินาที "
        "นาฬิกาของเครื่องเร็วไป ให้ตั้งเวลาและตรวจวันที่ในทะเบียน",
        "Event {event} is dated {seconds} s after the moment the centre received it: that "
        "machine's clock is fast. Set it and check the dates in the register.",
    ),
    # --- the door ----------------------------------------------------------------------------
    "twin": Kind(
        _C,
        "มีเหตุการณ์ {event} สองฉบับที่ลงลายมือชื่อโดยเครื่องเดียวกัน อาจมีเครื่องสองเครื่องใช้ชื่อเดียวกัน "
        "ให้หยุดออกเลขที่เครื่องนี้และติดต่อผู้ดูแลระบบ",
        "Two different events {event} were signed by one machine: two machines may share one "
        "identity. Stop numbering there and call the administrator.",
    ),
    "refused": Kind(
        _S,
        "ส่วนกลางไม่รับเอกสาร {event}: {reason} ให้ตรวจว่าใครส่งและเพราะเหตุใด",
        "The centre refused document {event}: {reason}. Find out who sent it and why.",
    ),
    "quarantined": Kind(
        _S,
        "ส่วนกลางกักเอกสาร {event} ไว้เพราะอ่านไม่ได้: {reason} ให้ผู้ดูแลระบบตรวจ",
        "The centre set document {event} aside because it cannot be read: {reason}. "
        "Let the administrator look at it.",
    ),
    "pending": Kind(
        _N,
        "เหตุการณ์ {event} รอเหตุการณ์ก่อนหน้าที่ยังมาไม่ถึง ให้หน่วยงานเชื่อมต่ออีกครั้ง",
        "Event {event} waits for an earlier one that has not come. Let the office connect again.",
    ),
    "alarm": Kind(
        _S,
        "ส่วนกลางแจ้งเตือนตอนรับเอกสาร {event}: {reason} ให้ตรวจรายการนี้กับหน่วยงาน",
        "The centre raised an alarm when document {event} came in: {reason}. "
        "Check that entry with the office.",
    ),
    "conflict": Kind(
        _C,
        "ที่เก็บของส่วนกลางมีเอกสารขัดแย้งกัน {count} รายการ ซึ่งต้องไม่เกิดขึ้น "
        "ให้หยุดการให้ช่วงเลขและแจ้งผู้ดูแลระบบทันที",
        "The centre's store holds {count} conflicting documents, which must never happen. "
        "Stop granting ranges and tell the administrator at once.",
    ),
    # --- between offices ---------------------------------------------------------------------
    "late": Kind(
        _N,
        "หนังสือ {letter} จาก {other} ถึงแล้ว {days} วัน แต่ยังไม่ลงทะเบียนรับ ให้โทรแจ้งหน่วยงานให้ลงทะเบียน",
        "Letter {letter} from {other} arrived {days} days ago and is not registered. "
        "Ring the office and ask it to register the letter.",
    ),
    "not-arrived": Kind(
        _N,
        "หนังสือ {letter} ที่ส่งถึง {other} {days} วันแล้ว ปลายทางยังไม่ได้รับ ให้ตรวจการเชื่อมต่อของ {other}",
        "Letter {letter}, sent to {other} {days} days ago, has not reached it. "
        "Look at the line of {other}.",
    ),
    "no-machine": Kind(
        _N,
        "หนังสือ {letter} รอหน่วยงาน {other} ซึ่งยังไม่มีเครื่องรับหนังสือ ให้ติดตั้งเครื่อง หรือให้ผู้ส่งส่งเป็นกระดาษ",
        "Letter {letter} waits for office {other}, which has no machine that takes letters yet. "
        "Set one up, or let the sender send it on paper.",
    ),
    "unknown-office": Kind(
        _S,
        "หนังสือ {letter} ส่งถึงรหัส {other} ซึ่งไม่มีในสารบบ ให้ผู้ส่งส่งใหม่ถึงหน่วยงานที่ถูกต้อง",
        "Letter {letter} was sent to {other}, an office that the directory does not have. "
        "Let the sender send it to the right one.",
    ),
    "sent-altered": Kind(
        _C,
        "หนังสือที่ได้รับตามเหตุการณ์ {event} ไม่ตรงกับฉบับที่ {other} ส่ง ({source}) ให้ทั้งสองหน่วยงานเทียบต้นฉบับ",
        "The letter received in event {event} is not the one {other} sent ({source}). "
        "Let both offices compare the originals.",
    ),
    "not-sent": Kind(
        _C,
        "เหตุการณ์ {event} อ้างหนังสือ {source} ของ {other} ซึ่งไม่มีในลำดับเหตุการณ์ของผู้ส่ง "
        "ให้สอบถามทั้งสองหน่วยงาน",
        "Event {event} names letter {source} of {other}, which is not in the sender's journal. "
        "Ask both offices.",
    ),
    "receipt-wrong": Kind(
        _S,
        "ใบตอบรับในเหตุการณ์ {event} แจ้งเลขรับ {said} แต่ทะเบียนลงเลข {held} ให้หน่วยงานตรวจและแจ้งผู้ส่ง",
        "The receipt in event {event} says number {said}, but the register says {held}. "
        "Let the office check it and tell the sender.",
    ),
    "sent-unregistered": Kind(
        _S,
        "เหตุการณ์ {event} ส่งหนังสือ {letter} โดยไม่ตรงกับทะเบียนหนังสือส่ง ให้สอบถามหน่วยงาน",
        "Event {event} sends letter {letter}, which does not agree with the outgoing register. "
        "Ask the office.",
    ),
} | NUMBERS


def found(kind: str, place: Place, numbers: Numbers | None = None, /, **facts: object) -> Finding:
    """Write down a finding of a known kind.

    Args:
        kind: a key of :data:`KINDS`.
        place: where it is.
        numbers: the register and numbers concerned, if any.
        facts: further values for the braces in the sentences.
    """
    severity, thai, english = KINDS[kind]
    # What an office wrote may be of any length; a sentence for the telephone is not.
    said = {name: _short(value) for name, value in facts.items()}
    values = {"event": place.event, "office": place.office, "node": place.node} | said
    registers = ("", "")
    if numbers is not None:
        values |= {"year": numbers.year, "number": numbers.number, "last": numbers.last}
        registers = (REGISTER_THAI[numbers.register], REGISTER_ENGLISH[numbers.register])
    return Finding(
        kind=kind,
        severity=severity,
        office=place.office,
        node=place.node,
        register=numbers.register if numbers else "",
        year=numbers.year if numbers else 0,
        number=numbers.number if numbers else 0,
        last=(numbers.last or numbers.number) if numbers else 0,
        event=place.event,
        since=place.since,
        thai=thai.format_map(values | {"register": registers[0]}),
        english=english.format_map(values | {"register": registers[1]}),
    )


def _short(value: object) -> object:
    return f"{value[:_LONGEST]}…" if isinstance(value, str) and len(value) > _LONGEST else value


def worst_first(finding: Finding) -> tuple[int, str, str, str, int, str, str]:
    """Sort key: weight, then office, register and number, so that a report reads like a walk."""
    return (
        WEIGHT[finding.severity], finding.office, finding.register, finding.kind,
        finding.number, finding.node, finding.event,
    )  # fmt: skip
