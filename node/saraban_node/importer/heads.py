"""Which column of a register is which, told from the heads people write.

Some heads are plain (``ลงวันที่``). Others depend on what else is there: ``วันที่`` is the date of the
letter when no other column is, otherwise the day of receiving. Case, space, punctuation, words in
brackets and zero-width characters make no difference; ``เรื่อง / Subject`` counts as both.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from saraban_node.importer.dates import Cell
from saraban_sync.registers import Register
from saraban_sync.thai import normalise, tidy


class Field(StrEnum):
    """A column that is read."""

    OLD_NUMBER = "old_number"
    LETTER_NO = "letter_no"
    LETTER_DATE = "letter_date"
    SENDER = "sender"
    RECIPIENT = "recipient"
    SUBJECT = "subject"
    ACTION = "action"
    REMARK = "remark"
    URGENCY = "urgency"
    SECRECY = "secrecy"
    OFFICES = "offices"
    RECEIVED_ON = "received_on"
    REGISTER = "register"


INCOMING_NUMBER: Final = (
    "เลขทะเบียนรับ", "เลขที่รับ", "เลขรับ", "เลขรับหนังสือ", "เลขทะเบียนหนังสือรับ", "ทะเบียนรับ", "ทะเบียนรับที่",
    "รับที่", "เลขที่ทะเบียนรับ", "เลขลงรับ", "ลงรับที่", "receive no", "received no", "receipt no",
    "receiving no", "receive number", "receiving number", "incoming no", "incoming number",
)  # fmt: skip
OUTGOING_NUMBER: Final = (
    "เลขทะเบียนส่ง", "เลขที่ส่ง", "เลขส่ง", "เลขส่งหนังสือ", "เลขทะเบียนหนังสือส่ง", "ทะเบียนส่ง", "ทะเบียนส่งที่",
    "ส่งที่", "เลขที่ทะเบียนส่ง", "send no", "sent no", "sending no", "send number", "sending number",
    "dispatch no", "outgoing no", "outgoing number",
)  # fmt: skip
PLAIN: Final[Mapping[Field, tuple[str, ...]]] = {
    Field.OLD_NUMBER: (
        *INCOMING_NUMBER, *OUTGOING_NUMBER, "เลขทะเบียน", "ทะเบียนที่", "เลขที่ทะเบียน",
        "register no", "register number", "registration no", "registration number",
    ),
    Field.LETTER_NO: (
        "เลขที่หนังสือ", "ที่หนังสือ", "หนังสือที่", "เลขหนังสือ", "หนังสือเลขที่", "ที่ของหนังสือ",
        "letter no", "letter number", "reference", "ref", "ref no", "reference no",
        "reference number", "document no", "document number",
    ),
    Field.LETTER_DATE: (
        "ลงวันที่", "วันที่หนังสือ", "วันที่ของหนังสือ", "วันที่ในหนังสือ", "หนังสือลงวันที่", "ลว", "ลงวันเดือนปี",
        "letter date", "date of letter", "dated", "document date",
    ),
    Field.SENDER: (
        "จาก", "จากหน่วยงาน", "หน่วยงานต้นเรื่อง", "ผู้ส่ง", "ผู้ส่งหนังสือ", "หน่วยงานที่ส่ง", "หน่วยงานผู้ส่ง",
        "ต้นเรื่อง", "from", "sender", "from office",
    ),
    Field.RECIPIENT: (
        "ถึง", "เรียนถึง", "ส่งถึง", "ถึงหน่วยงาน", "หน่วยงานผู้รับ", "ผู้รับหนังสือ",
        "to", "recipient", "receiver", "addressee", "sent to",
    ),
    Field.SUBJECT: ("เรื่อง", "ชื่อเรื่อง", "หัวเรื่อง", "เรื่องที่รับ", "เรื่องที่ส่ง", "subject", "title", "about"),
    Field.ACTION: (
        "การปฏิบัติ", "การดำเนินการ", "การปฏิบัติงาน", "ผลการปฏิบัติ", "ผลการดำเนินการ", "ดำเนินการ", "ปฏิบัติ",
        "action", "action taken", "operation",
    ),
    Field.REMARK: ("หมายเหตุ", "remark", "remarks"),
    Field.URGENCY: (
        "ชั้นความเร็ว", "ความเร็ว", "ความเร่งด่วน", "ความด่วน", "ระดับความเร่งด่วน", "ด่วน", "ระดับความเร็ว",
        "urgency", "priority", "urgent", "speed",
    ),
    Field.SECRECY: (
        "ชั้นความลับ", "ความลับ", "ระดับความลับ", "ลับ", "ชั้นลับ",
        "secrecy", "secret", "confidentiality", "classification", "security class",
    ),
    Field.OFFICES: (
        "ส่งถึงหน่วยงาน", "รหัสหน่วยงาน", "รหัสหน่วยงานผู้รับ", "รหัสหน่วยงานที่รับ", "รหัสผู้รับ", "ส่งถึงรหัสหน่วยงาน",
        "ส่งอิเล็กทรอนิกส์ถึง", "office", "offices", "office code", "office codes", "receiving office",
        "receiving offices", "send to offices",
    ),
    Field.RECEIVED_ON: (
        "วันที่รับ", "รับวันที่", "วันรับ", "วันที่ลงรับ", "วันที่รับหนังสือ", "ลงรับวันที่", "วันเดือนปีที่รับ",
        "received on", "receive date", "received date", "date received", "receiving date",
    ),
    Field.REGISTER: (
        "ประเภท", "ประเภทหนังสือ", "ประเภททะเบียน", "ทะเบียน", "รับส่ง", "รับหรือส่ง", "ชนิดทะเบียน",
        "register", "register kind", "direction", "incoming outgoing", "in out",
    ),
}  # fmt: skip
"""Heads that always mean the same."""

LOOSE: Final[Mapping[str, tuple[Field, ...]]] = {
    "ที่": (Field.LETTER_NO, Field.OLD_NUMBER),
    "เลขที่": (Field.LETTER_NO, Field.OLD_NUMBER),
    "number": (Field.LETTER_NO, Field.OLD_NUMBER),
    "วันที่": (Field.LETTER_DATE, Field.RECEIVED_ON),
    "วันเดือนปี": (Field.LETTER_DATE, Field.RECEIVED_ON),
    "date": (Field.LETTER_DATE, Field.RECEIVED_ON),
    "ลำดับ": (Field.OLD_NUMBER,),
    "ลำดับที่": (Field.OLD_NUMBER,),
    "no": (Field.OLD_NUMBER,),
    "เรียน": (Field.RECIPIENT,),
    **dict.fromkeys(("การสั่งการ", "คำสั่งการ", "เกษียณ", "เกษียน", "ผู้ปฏิบัติ", "มอบหมาย"), (Field.ACTION,)),
    **dict.fromkeys(("บันทึกเพิ่มเติม", "note", "notes", "comment", "comments"), (Field.REMARK,)),
}
"""Heads that mean the first of these that no plain head has taken; nothing when all are taken."""

_MAX_HEAD: Final = 60
_NOT_IN_KEY: Final = re.compile(r"[^\w\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]|_")
"""What is neither letter, digit nor Thai vowel or tone mark."""
_LATIN: Final = re.compile(r"[a-z]+")
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_RECEIVED: Final = re.compile(r"(?:ทะเบียน|หนังสือ)(?:คุม|ราชการ)?รับ(?!รอง)|หนังสือเข้า|incoming|received")
_SENT: Final = re.compile(r"(?:ทะเบียน|หนังสือ)(?:คุม|ราชการ)?ส่ง|หนังสือออก|outgoing|letterssent")
_SECRET: Final = re.compile(r"(?<![กส])ลับ|ทขล|secret(?!ar)|confidential")
"""Not กลับ, สลับ, secretary."""


def head_key(text: str) -> str:
    """Reduce a head to what is compared: normalised, without space, punctuation and symbols."""
    return _NOT_IN_KEY.sub("", normalise(text))


_PLAIN: Final = {head_key(name): field for field, names in PLAIN.items() for name in names}
_LOOSE: Final = {head_key(name): fields for name, fields in LOOSE.items()}
_SAYS: Final = {
    **{head_key(name): Register.INCOMING for name in INCOMING_NUMBER},
    **{head_key(name): Register.OUTGOING for name in OUTGOING_NUMBER},
}


class Doubled(Exception):
    """Two columns have the same meaning.

    Args:
        first: head of the one.
        second: head of the other.
    """

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first!r} and {second!r}")
        self.first = first
        self.second = second


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands in a row."""

    places: Mapping[Field, int]
    names: Mapping[int, str]
    """The heads as the file writes them, also those that are not read."""
    register: Register | None
    """Which register the heads speak of, if they do."""

    @property
    def width(self) -> int:
        """Number of columns up to the last head."""
        return max(self.names, default=-1) + 1

    def joined(self, more: "Columns") -> "Columns":
        """Add the heads of a second head row, written under the first.

        Raises:
            Doubled: a column of the second row is one of the first.
        """
        for field, place in more.places.items():
            if field in self.places and self.places[field] != place:
                raise Doubled(self.names[self.places[field]], more.names[place])
        kept = {place: name for place, name in more.names.items() if place not in self.names}
        return Columns(
            {**more.places, **self.places},
            {**kept, **self.names},
            self.register or more.register,
        )


def find_columns(cells: Sequence[Cell], *, whole: bool = True) -> Columns | None:
    """Read a row as a row of heads; None if it is none.

    Args:
        cells: the row.
        whole: the row must have the subject and something else (or nothing but the subject);
            otherwise every cell that is not empty must be a known head.

    Raises:
        Doubled: two heads mean the same.
    """
    written = {place: cell for place, cell in enumerate(cells) if cell not in (None, "")}
    if not all(isinstance(cell, str) for cell in written.values()):
        return None
    names = {place: name for place, cell in written.items() if (name := tidy(str(cell)))}
    known = {place: key for place, name in names.items() if (key := _known(name))}
    if not known or not (whole or len(known) == len(names)):
        return None
    subject = any(_PLAIN.get(key) is Field.SUBJECT for key in known.values())
    if whole and not (subject and (len(known) > 1 or len(names) == 1)):
        return None
    said = {_SAYS[key] for key in known.values() if key in _SAYS}
    return Columns(_placed(known, names), names, said.pop() if len(said) == 1 else None)


def is_known(cell: str) -> bool:
    """Tell whether a cell is a head that is known."""
    return bool(_known(cell))


def known_heads(cells: Sequence[Cell]) -> int:
    """Count the cells that are known heads."""
    return sum(bool(_known(cell)) for cell in cells if isinstance(cell, str))


def register_named(text: str) -> Register | None:
    """Tell which register a title or a file name speaks of; None when neither or both."""
    key = head_key(text)
    return _one_of(incoming=bool(_RECEIVED.search(key)), outgoing=bool(_SENT.search(key)))


def register_of_sheet(name: str) -> Register | None:
    """Tell the register from the name of a sheet, where ``รับ`` and ``ส่ง`` alone are enough."""
    key = head_key(name).replace("สำหรับ", "").replace("รับรอง", "")
    said = _one_of(incoming="รับ" in key, outgoing="ส่ง" in key)
    return said or register_named(name)


def names_secret_register(text: str) -> bool:
    """Tell whether a title speaks of a register of secret letters."""
    return bool(_SECRET.search(head_key(text)))


def is_title(text: str) -> bool:
    """Tell whether a text is the title of a register (``ทะเบียนหนังสือรับ วันที่ …``)."""
    key = head_key(text)
    return key.startswith(("ทะเบียน", "สมุดทะเบียน", "incomingregister", "outgoingregister"))


def _one_of(*, incoming: bool, outgoing: bool) -> Register | None:
    if incoming == outgoing:
        return None
    return Register.INCOMING if incoming else Register.OUTGOING


def _known(cell: str) -> str:
    """Give the key of a known head, or nothing."""
    return _key_of(cell) if len(cell) <= _MAX_HEAD else ""


@lru_cache(maxsize=8192)  # many cells of a register say the same
def _key_of(head: str) -> str:
    for key in _spellings(head):
        if key in _PLAIN or key in _LOOSE:
            return key
    if "/" not in head and "|" not in head:
        return ""
    parts = [head_key(part) for part in re.split(r"[/|]", head)]
    fields = {_PLAIN.get(part) or _LOOSE.get(part) for part in parts if part}
    return parts[0] if len(fields) == 1 and None not in fields else ""


def _spellings(head: str) -> Iterator[str]:
    bare = head_key(head)
    yield bare
    if "(" in head or "[" in head:
        bare = head_key(_BRACKETS.sub(" ", head))
        yield bare
    if not bare.isascii():  # เรื่อง Subject
        yield _LATIN.sub("", bare)


def _placed(known: Mapping[int, str], names: Mapping[int, str]) -> dict[Field, int]:
    places: dict[Field, int] = {}
    for place, key in known.items():
        field = _PLAIN.get(key)
        if field is None:
            continue
        if field in places:
            raise Doubled(names[places[field]], names[place])
        places[field] = place
    for place, key in known.items():
        free = [field for field in _LOOSE.get(key, ()) if field not in places]
        if free:
            places[free[0]] = place
    return places
