"""Why a row is not taken: one sentence in Thai and one in English, with what to do about it."""

from typing import Final, NamedTuple


class Reason(NamedTuple):
    """A reason in both languages."""

    thai: str
    english: str


class BadCell(Exception):
    """A cell that cannot be read; it becomes the reason of a bad row.

    Args:
        reason: why.
        place: index of the column, once it is known.
    """

    def __init__(self, reason: Reason, place: int | None = None) -> None:
        super().__init__(reason.english)
        self.reason = reason
        self.place = place


NO_SUBJECT: Final = Reason(
    "ไม่มีเรื่อง ทะเบียนต้องมีเรื่องทุกรายการ โปรดเติมเรื่องแล้วนำเข้าแถวนี้อีกครั้ง",
    "The subject is empty. Every register line needs one; fill it in and import the row again.",
)
SECRET: Final = Reason(
    "หนังสือชั้นความลับลงทะเบียนทั่วไปไม่ได้ ให้นายทะเบียนข้อมูลข่าวสารลับลงทะเบียนแยกต่างหาก",
    "A secret letter cannot be entered in the ordinary register; the registrar of secret "
    "information keeps a register of its own.",
)
NOT_A_DATE: Final = Reason(
    "อ่านวันที่ไม่ได้ โปรดพิมพ์เช่น ๗ มิถุนายน ๒๕๖๙ หรือ 7/6/2569",
    "This is not a date that can be read. Write it like 7 June 2026, 7/6/2569 or 2026-06-07.",
)
IMPOSSIBLE_DATE: Final = Reason(
    "ไม่มีวันนี้ในปฏิทิน โปรดตรวจวัน เดือน และปี (เขียนวันก่อนเดือน)",
    "The calendar has no such day. Check day, month and year; the day comes before the month.",
)
SHORT_YEAR: Final = Reason(
    "ปีสองหลักนี้ตีความได้หลายปี โปรดพิมพ์ปีให้ครบสี่หลัก เช่น 2569",
    "The year was written with two digits and can mean several years. "
    "Write all four digits, such as 2569 or 2026.",
)
UNCLEAR_YEAR: Final = Reason(
    "ปีนี้ไม่ใช่ พ.ศ. หรือ ค.ศ. ที่เป็นไปได้ โปรดพิมพ์ปีให้ครบสี่หลัก เช่น 2569",
    "The year is neither a possible Buddhist nor a possible Christian year. "
    "Write all four digits, such as 2569 or 2026.",
)
NO_YEAR: Final = Reason(
    "วันที่ไม่มีปี โปรดเติมปี เช่น 7 มิ.ย. 2569",
    "The date has no year. Add it, such as 7 June 2026.",
)
EXCEL_DATE: Final = Reason(
    "Excel เปลี่ยนเลขที่เป็นวันที่ โปรดจัดรูปแบบเซลล์เป็นข้อความแล้วพิมพ์เลขที่ใหม่",
    "Excel has turned this number into a date. Format the cell as text and type the number again.",
)
ROUNDED_NUMBER: Final = Reason(
    "Excel ย่อเลขนี้จนตัวเลขหาย โปรดจัดรูปแบบเซลล์เป็นข้อความแล้วพิมพ์ใหม่",
    "Excel has shortened this number and digits are lost. "
    "Format the cell as text and type it again.",
)
EXCEL_ERROR: Final = Reason(
    "เซลล์นี้เป็นค่าผิดพลาดของ Excel โปรดแก้สูตรหรือพิมพ์ค่าจริง",
    "The cell holds an error of Excel. Mend the formula or type the value.",
)
UNKNOWN_URGENCY: Final = Reason(
    "ไม่รู้จักชั้นความเร็วนี้ ใช้ได้คือ ปกติ ด่วน ด่วนมาก ด่วนที่สุด",
    "This urgency is not known. Use ปกติ, ด่วน, ด่วนมาก or ด่วนที่สุด "
    "(normal, urgent, very urgent, most urgent).",
)
UNKNOWN_KIND: Final = Reason(
    "ไม่รู้ว่าเป็นหนังสือรับหรือหนังสือส่ง โปรดใส่ รับ หรือ ส่ง ในช่องประเภท",
    "It is not clear whether this letter was received or sent. Write รับ or ส่ง "
    "(incoming or outgoing) in the column for the register.",
)
OTHER_REGISTER: Final = Reason(
    "แถวนี้เป็นของทะเบียนอีกเล่ม ไม่ตรงกับทะเบียนที่เลือกไว้ โปรดนำเข้าแยกต่างหาก",
    "This row belongs to the other register, not to the one chosen. Import it separately.",
)
BAD_OFFICE: Final = Reason(
    "รหัสหน่วยงานไม่ถูกต้อง ใช้ a–z ตัวเลข และขีด (-) คั่นแต่ละรหัสด้วยจุลภาค เช่น area-1, school-2",
    "An office code is not valid. Use a–z, digits and hyphens, with commas between codes, "
    "such as area-1, school-2.",
)
OFFICES_INCOMING: Final = Reason(
    "หนังสือรับไม่ต้องมีรหัสหน่วยงานผู้รับ โปรดลบรหัสหรือย้ายแถวไปทะเบียนหนังสือส่ง",
    "An incoming letter has no receiving office codes. "
    "Clear the cell or move the row to the outgoing register.",
)
DITTO: Final = Reason(
    "เครื่องหมายบุพสัญญา (″) อ่านเป็นข้อมูลไม่ได้ โปรดพิมพ์ค่าเต็ม",
    "A ditto mark cannot be read as a value. Write the value in full.",
)
UNREADABLE_TEXT: Final = Reason(
    "ข้อความมีอักขระเสีย (�) โปรดพิมพ์ข้อความในช่องนี้ใหม่",
    "The text holds broken characters (�). Type this cell again.",
)
TOO_LONG: Final = Reason(
    "ข้อความยาวเกิน 4,000 ตัวอักษร โปรดย่อข้อความ หรือแนบเป็นไฟล์แทน",
    "The text is longer than 4,000 characters. Shorten it, or attach it as a file.",
)
LONG_LINE: Final = Reason(
    "บรรทัดยาวผิดปกติ โปรดตรวจไฟล์ว่ามีการขึ้นบรรทัดใหม่ทุกแถว",
    "The line is far too long. Check that every row of the file is on a line of its own.",
)
OPEN_QUOTE: Final = Reason(
    'มีเครื่องหมายคำพูด (") เปิดไว้แต่ไม่ปิด โปรดลบหรือปิดให้ครบคู่',
    'A quotation mark (") opens and never closes. Remove it or close it.',
)
BAD_QUOTES: Final = Reason(
    'เครื่องหมายคำพูด (") อยู่ผิดที่ โปรดบันทึกไฟล์จาก Excel ใหม่ หรือพิมพ์ซ้ำสองตัว ("") ในข้อความ',
    'A quotation mark (") stands in a wrong place. Save the file from Excel again, '
    'or double the marks ("") inside a text.',
)
EXTRA_CELLS: Final = Reason(
    "แถวนี้มีช่องมากกว่าหัวตาราง อาจมีจุลภาคในข้อความที่ไม่ได้ครอบด้วยเครื่องหมายคำพูด โปรดตรวจแล้วแก้ไข",
    "The row has more cells than the table has heads: perhaps a comma inside a text without "
    "quotation marks. Check and correct it.",
)
TOO_MANY_ROWS: Final = Reason(
    "ไฟล์มีแถวเกินที่อ่านได้ในครั้งเดียว ตั้งแต่แถวนี้ไปยังไม่ได้อ่าน โปรดแบ่งเป็นหลายไฟล์",
    "The file has more rows than can be read at once. From this row on nothing was read; "
    "split the file.",
)
DOUBLED_HEADS: Final = Reason(
    "หัวตารางที่ขึ้นใหม่มีสองช่องที่มีความหมายเดียวกัน จึงไม่ได้อ่านแถวใต้หัวตารางนั้น โปรดลบหรือเปลี่ยนชื่อช่องหนึ่ง",
    "The heads repeated in the middle of the file have two columns that mean the same, "
    "so the rows below them were not read. Remove or rename one.",
)
SHEET_WITHOUT_HEADS: Final = Reason(
    "แผ่นงานนี้ไม่มีหัวตารางที่มีช่องเรื่อง จึงไม่ได้อ่านทั้งแผ่น โปรดเติมหัวตาราง หรือลบแผ่นงานถ้าไม่ใช่ทะเบียน",
    "This sheet has no head row with a column for the subject, so nothing of it was read. "
    "Add the heads, or remove the sheet if it is no register.",
)

ALL: Final = tuple(value for value in list(globals().values()) if isinstance(value, Reason))
"""Every reason there is, for the documents and the tests."""
