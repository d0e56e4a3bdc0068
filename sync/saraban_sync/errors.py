"""The one error tree of Saraban.

Every error has a stable code for the telephone and a sentence in Thai and in English that says what
happened, what is safe, and what to do next. ``docs/reference/errors.md`` lists them all; a test
keeps that page complete.

Who is at fault is said by the class: a :class:`RemoteProtocolError` means that the other side sent
something the rules forbid and nothing it sent may be trusted.
"""

from typing import ClassVar


class SarabanError(Exception):
    """Something the program can explain to a person.

    Args:
        detail: what was seen, in English, for the log. Never shown alone to a clerk.
        facts: values for the braces in the sentences.
    """

    code: ClassVar[str] = "SRB-000"
    thai: ClassVar[str] = "เกิดข้อผิดพลาดภายในระบบ ข้อมูลที่บันทึกแล้วยังอยู่ครบ โปรดแจ้งผู้ดูแลระบบ"
    english: ClassVar[str] = (
        "Something went wrong inside the program. What was saved is safe; tell the administrator."
    )

    def __init__(self, detail: str = "", **facts: object) -> None:
        super().__init__(detail or self.english)
        self.detail = detail
        self.facts = {name: str(value) for name, value in facts.items()}

    def sentence(self, language: str) -> str:
        """Say in one sentence what happened and what to do next.

        Args:
            language: ``th`` or ``en``; anything else is taken as Thai.
        """
        template = self.english if language == "en" else self.thai
        return template.format_map(_Blanks(self.facts))


class _Blanks(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


class RemoteProtocolError(SarabanError):
    """The peer sent something the rules forbid: trust nothing it sent."""

    code = "SRB-100"
    thai = "ข้อมูลที่ได้รับจากอีกฝั่งไม่ถูกต้อง ระบบไม่รับข้อมูลนั้นไว้ ข้อมูลเดิมยังอยู่ครบ โปรดแจ้งผู้ดูแลระบบส่วนกลาง"
    english = (
        "The other side sent data that is not valid. It was not taken in and nothing here changed; "
        "tell the administrator at the centre."
    )


class DocumentTooLarge(RemoteProtocolError):
    """A document is longer than the protocol allows."""

    code = "SRB-101"
    thai = "เอกสารมีขนาดใหญ่เกินกำหนด ({size} ไบต์ เกิน {limit} ไบต์) ระบบไม่รับไว้ โปรดแจ้งผู้ดูแลระบบส่วนกลาง"
    english = (
        "A document of {size} bytes is over the limit of {limit} bytes and was not taken in; "
        "tell the administrator at the centre."
    )


class BadSignature(RemoteProtocolError):
    """A signature does not belong to these bytes and this key."""

    code = "SRB-102"
    thai = "ลายมือชื่ออิเล็กทรอนิกส์ของเอกสารไม่ถูกต้อง ระบบไม่รับไว้ โปรดแจ้งผู้ดูแลระบบส่วนกลาง"
    english = (
        "The signature on a document is not valid; it was not taken in. "
        "Tell the administrator at the centre."
    )


class Unintelligible(RemoteProtocolError):
    """Bytes that are not a document of this protocol."""

    code = "SRB-103"
    thai = "อ่านเอกสารที่ได้รับไม่ได้ ระบบกักไว้ตรวจสอบ เอกสารอื่นยังรับส่งได้ตามปกติ"
    english = (
        "A document could not be read and was set aside for inspection. "
        "Everything else goes on as usual."
    )


class NewerVersion(RemoteProtocolError):
    """A document made by a newer program."""

    code = "SRB-104"
    thai = "เอกสารนี้สร้างจากโปรแกรมรุ่นใหม่กว่า ระบบเก็บไว้ครบถ้วน โปรดปรับรุ่นโปรแกรมเพื่อเปิดอ่าน"
    english = (
        "This document was made by a newer program. "
        "It is kept whole; update this program to read it."
    )


class BrokenChain(RemoteProtocolError):
    """An event does not follow the one before it."""

    code = "SRB-105"
    thai = (
        "ลำดับเหตุการณ์ของ {node} ไม่ต่อเนื่องที่ {event} ระบบไม่รับรายการนี้ "
        "โปรดแจ้งผู้ดูแลระบบส่วนกลางก่อนออกเลขต่อไป"
    )
    english = (
        "The journal of {node} does not continue at {event}; this entry was refused. "
        "Tell the administrator at the centre before issuing more numbers."
    )


class NotAnIdentifier(RemoteProtocolError):
    """A name that cannot be an office, a node or an event."""

    code = "SRB-106"
    thai = "รหัส “{value}” ใช้ไม่ได้ ใช้ได้เฉพาะ a–z ตัวเลข และขีด (-) ขึ้นต้นด้วยตัวอักษร ยาวไม่เกิน 40 ตัว"
    english = (
        "“{value}” cannot be used as a code. Use a–z, digits and hyphens, "
        "starting with a letter, at most 40 characters."
    )


class RangeProblem(SarabanError):
    """A range of numbers that cannot be: reversed, overlapping or outside its series."""

    code = "SRB-110"
    thai = (
        "ช่วงเลข {first}–{last} ใช้ไม่ได้ เพราะซ้ำหรือคาบเกี่ยวกับช่วงที่มีอยู่ "
        "ไม่มีเลขใดถูกออก โปรดแจ้งผู้ดูแลระบบส่วนกลาง"
    )
    english = (
        "The range {first}–{last} cannot be used: it is reversed or overlaps another. "
        "No number was issued; tell the administrator at the centre."
    )


class PhoneCodeUnreadable(SarabanError):
    """What was typed cannot be a code that was read over the telephone."""

    code = "SRB-380"
    thai = (
        "รหัสช่วงเลขทางโทรศัพท์ต้องเป็นตัวเลข {want} ตัว (5 ชุด ชุดละ 4 ตัว) แต่พิมพ์มา {have} ตัว "
        "ยังไม่มีเลขใดเปลี่ยนแปลง โปรดพิมพ์ใหม่ทีละชุด"
    )
    english = (
        "A code read over the telephone has {want} digits (five groups of four), but {have} were "
        "typed. Nothing was changed; type it again, group by group."
    )


class PhoneCodeWrong(SarabanError):
    """A code that was read over the telephone does not fit this node, register and year."""

    code = "SRB-381"
    thai = (
        "รหัสนี้ไม่ตรงกับเครื่อง ทะเบียน และปีนี้ ยังไม่ได้รับเลขใด โปรดให้ส่วนกลางอ่านรหัสซ้ำ "
        "และตรวจว่าเลือกทะเบียนกับปีตรงกัน"
    )
    english = (
        "This code does not fit this machine, register and year. No number was taken. Have the "
        "centre read it again, and see that both sides mean the same register and year."
    )


class SizeNotSpoken(SarabanError):
    """So many numbers cannot be granted over the telephone."""

    code = "SRB-382"
    thai = "ให้เลขทางโทรศัพท์ {wanted} เลขไม่ได้ ให้ได้ครั้งละไม่เกิน {most} เลข โปรดลดจำนวนหรือให้หลายครั้ง"
    english = (
        "{wanted} numbers cannot be granted over the telephone: at most {most} at a time. "
        "Grant fewer, or several times."
    )


class NotARangeFile(SarabanError):
    """A file does not hold the request or the grants that it should."""

    code = "SRB-383"
    thai = (
        "แฟ้มนี้ไม่ใช่แฟ้มขอเลขหรือแฟ้มให้เลขของเครื่องนี้ หรือถูกแก้ไขระหว่างทาง "
        "ยังไม่มีเลขใดเปลี่ยนแปลง โปรดทำแฟ้มใหม่แล้วนำมาอีกครั้ง"
    )
    english = (
        "This is no request or grant of numbers for this machine, or it was changed on the way. "
        "Nothing was changed; make the file again and bring it once more."
    )
