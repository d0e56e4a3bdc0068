"""What the auditor can find about ranges and numbers."""

from typing import Final

from saraban_central.audit.kinds import Kind, Severity

_C, _S, _N = Severity.CRITICAL, Severity.SERIOUS, Severity.NOTICE

NUMBERS: Final[dict[str, Kind]] = {
    "grant-signature": Kind(
        _C,
        "ช่วงเลขที่เครื่องนี้รับไว้ ({grant}) ไม่ได้ลงลายมือชื่อโดยส่วนกลาง ให้หยุดออกเลขจากช่วงนี้และแจ้งผู้ดูแลระบบ",
        "The range this machine took ({grant}) is not signed by the centre. "
        "Stop numbering from it and tell the administrator.",
    ),
    "grant-unknown": Kind(
        _S,
        "ช่วงเลข {first}–{last} ลงลายมือชื่อโดยส่วนกลาง แต่ไม่มีในบัญชีการให้ช่วงเลขแล้ว "
        "ส่วนกลางอาจถูกกู้คืนย้อนหลัง ให้ผู้ดูแลระบบบันทึกช่วงนี้กลับก่อนให้ช่วงใหม่",
        "Range {first}–{last} bears the centre's signature but is no longer in its list of grants; "
        "the centre may have been set back. Put it back before granting new ranges.",
    ),
    "grant-overlap": Kind(
        _C,
        "ช่วงเลข{register} ปี {year} ที่ให้ไว้คาบเกี่ยวกันที่เลข {number}–{last} "
        "ให้หยุดออกเลขในช่วงนี้จนกว่าผู้ดูแลระบบจะแก้ไข",
        "Ranges of the {register} register of {year} overlap at {number}–{last}. "
        "Stop numbering there until the administrator has put it right.",
    ),
    "number-outside": Kind(
        _C,
        "เลข{register} {number}/{year} อยู่นอกช่วงเลขที่ให้เครื่องนี้ "
        "ให้สอบถามหน่วยงานว่าออกเลขนี้อย่างไร และบันทึกคำอธิบายไว้",
        "Number {number}/{year} of the {register} register is outside the ranges of this machine. "
        "Ask the office how it came about and write the answer down.",
    ),
    "number-twice": Kind(
        _C,
        "เลข{register} {number}/{year} ถูกใช้มากกว่าหนึ่งครั้ง ครั้งแรกที่ {other} "
        "ให้หน่วยงานยกเลิกฉบับหลังและออกเลขใหม่",
        "Number {number}/{year} of the {register} register was used more than once, first in "
        "{other}. Let the office void the later one and take a new number.",
    ),
    "number-twice-void": Kind(
        _N,
        "เลข{register} {number}/{year} เคยออกให้หนังสือมากกว่าหนึ่งฉบับ คือ {letter} กับ {other} "
        "{who} ยกเลิก {letter} แล้วเมื่อ {when_thai} เหตุผล: {why} ไม่ต้องทำอะไรอีก เลขนี้ยังแสดงว่าเคยออกซ้ำ",
        "Number {number}/{year} of the {register} register was given to more than one letter, "
        "{letter} and {other}. {who} voided {letter} on {when}: {why}. Nothing is left to be done; "
        "the number stays listed as given twice.",
    ),
    "number-twice-expired": Kind(
        _N,
        "เลข{register} {number}/{year} เคยออกมากกว่าหนึ่งครั้ง คือ {letter} กับ {other} "
        "การจอง {letter} หมดอายุแล้วเมื่อ {when_thai} โดยไม่มีหนังสือ ไม่ต้องทำอะไรอีก เลขนี้ยังแสดงว่าเคยออกซ้ำ",
        "Number {number}/{year} of the {register} register was given more than once, in {letter} "
        "and {other}. The reservation {letter} ran out on {when} without a letter. Nothing is left "
        "to be done; the number stays listed as given twice.",
    ),
    "number-missing": Kind(
        _C,
        "เลข{register} {numbers} ปี {year} ถูกข้ามไปโดยไม่มีบันทึก "
        "ให้หน่วยงานค้นในสมุดและในเครื่อง แล้วบันทึกคำอธิบาย",
        "Of the {register} register of {year}, {numbers} was passed over without a word. "
        "Let the office look in its book and its machine and write the reason down.",
    ),
    "number-order": Kind(
        _S,
        "เลข{register} {number}/{year} ถูกออกหลังเลข {greater} ในช่วงเดียวกัน "
        "อาจเป็นการออกเลขย้อนหลัง ให้สอบถามหน่วยงาน",
        "Number {number}/{year} of the {register} register was taken after {greater} of the same "
        "range: perhaps a back-dated letter. Ask the office.",
    ),
    "year": Kind(
        _S,
        "เลข{register} {number}/{year} ถูกออกในปี {other} ตามเวลาของเครื่อง "
        "ให้ตรวจนาฬิกาของเครื่องและสมุดทะเบียนของหน่วยงาน",
        "Number {number}/{year} of the {register} register was taken in {other} by the machine's "
        "clock. Check that clock and the office's book.",
    ),
    "void-unknown": Kind(
        _S,
        "เหตุการณ์ {event} ยกเลิกรายการ {entry} ซึ่งไม่มีในทะเบียนของเครื่องนี้ ให้สอบถามหน่วยงาน",
        "Event {event} voids {entry}, which this machine never registered. Ask the office.",
    ),
    "number-after-gap": Kind(
        _C,
        "เลข{register} {number}/{year} ถูกใช้หลังจากเครื่องเดียวกันแจ้งไว้ใน {other} ว่าจะไม่ใช้อีก "
        "ให้สอบถามหน่วยงานว่ามีหนังสือสองฉบับใช้เลขนี้หรือไม่",
        "Number {number}/{year} of the {register} register was used after the same machine had "
        "given it up in {other}. Ask the office whether two letters bear it.",
    ),
    "gap-outside": Kind(
        _S,
        "เลข{register} {numbers}/{year} ที่แจ้งว่าข้ามหรือคืนไม่ได้อยู่ในช่วงเลขที่เคยให้ ให้สอบถามหน่วยงาน",
        "The numbers {numbers}/{year} of the {register} register were given up but never granted. "
        "Ask the office.",
    ),
    "reservation-unknown": Kind(
        _C,
        "เหตุการณ์ {event} อ้างการจองเลข {entry} ซึ่งไม่มีในทะเบียน หรือเป็นเลขอื่น "
        "อาจเป็นการลงวันที่ย้อนหลังโดยไม่ได้จองไว้ ให้สอบถามหน่วยงาน",
        "Event {event} rests on reservation {entry}, which is not in the register or is of another "
        "number: the letter may be back-dated without a reservation. Ask the office.",
    ),
    "reservation-over": Kind(
        _C,
        "เหตุการณ์ {event} ใช้เลขที่จองไว้ใน {entry} ซึ่งมีผู้ใช้ ถูกยกเลิก หรือหมดอายุไปแล้ว ให้สอบถามหน่วยงาน",
        "Event {event} uses the number reserved in {entry}, which had been used, cancelled or had "
        "run out. Ask the office.",
    ),
    "emergency-unknown": Kind(
        _S,
        "เหตุการณ์ {event} ให้เลขแก่รายการ {entry} ซึ่งไม่มีในทะเบียนฉุกเฉินของเครื่องนี้ ให้สอบถามหน่วยงาน",
        "Event {event} gives a number to {entry}, which is not in this machine's emergency "
        "register. Ask the office.",
    ),
    "emergency-twice": Kind(
        _C,
        "เลขฉุกเฉิน {numbers}/{year} ถูกใช้มากกว่าหนึ่งครั้ง ให้หน่วยงานตรวจทะเบียนฉุกเฉินกับหนังสือฉบับจริง",
        "Emergency number {numbers}/{year} was used more than once. Let the office compare its "
        "emergency register with the letters.",
    ),
    "emergency-missing": Kind(
        _C,
        "เลขฉุกเฉิน {numbers}/{year} หายไปโดยไม่มีคำอธิบาย ให้สอบถามหน่วยงาน",
        "Emergency number {numbers}/{year} is missing without a word. Ask the office.",
    ),
    "range-told": Kind(
        _C,
        "เครื่องนี้รับเลข{register} {number}–{last} ปี {year} ทางโทรศัพท์ แต่ส่วนกลางไม่เคยให้ "
        "ให้หยุดออกเลขจากช่วงนี้และแจ้งผู้ดูแลระบบ",
        "This machine took {number}–{last} of the {register} register of {year} by telephone, but "
        "the centre never granted them. Stop numbering from them and tell the administrator.",
    ),
    "request-twice": Kind(
        _S,
        "คำขอเลข {request} ได้รับช่วงเลขมากกว่าหนึ่งช่วง ไม่มีเลขใดซ้ำ แต่ให้ผู้ดูแลระบบตรวจบัญชีการให้ช่วงเลข",
        "The request {request} was answered by more than one range. No number is there twice, but "
        "let the administrator look at the list of grants.",
    ),
}
