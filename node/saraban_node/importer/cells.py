"""What the cells of one row say: text, numbers, urgency, secrecy, office codes."""

import math
import re
from datetime import date, datetime, time, timedelta
from typing import Final

from saraban_node.importer import reasons
from saraban_node.importer.dates import EMPTY, Cell
from saraban_node.importer.heads import head_key, register_of_sheet
from saraban_node.importer.reasons import BadCell
from saraban_sync.errors import NotAnIdentifier
from saraban_sync.ids import office_code
from saraban_sync.registers import URGENCY_THAI, Register, Urgency
from saraban_sync.thai import arabic_digits, long_date, normalise, tidy

MAX_TEXT: Final = 4_000
_MAX_SEEN: Final = 80
_DITTO: Final = frozenset({'"', "''", "″", "〃", "”", "“", "’’", '""', "-″-", '-"-', "ๆ"})
_ERRORS: Final = re.compile(r"#(?:REF!|N/A|NAME\?|VALUE!|DIV/0!|NUM!|NULL!|SPILL!|CALC!|#+)")
_AS_TEXT: Final = re.compile(r'="(.*)"', re.DOTALL)
_ROUNDED: Final = re.compile(r"\d(?:\.\d+)?[Ee]\+\d+")
_SECRET_START: Final = re.compile(
    r"[\s(\[<*\"']*(?:ด่วน(?:มาก|ที่สุด)?[\s/,-]*)?ลับ(?:มาก|ที่สุด)?(?=$|[\s)\]>*/,:-])"
)
_OFFICE_BREAK: Final = re.compile(r"[\s,;|/]+|และ")
_NOT_SECRET: Final = frozenset(
    {*(head_key(word) for word in EMPTY), "ปกติ", "ไม่ลับ", "ธรรมดา", "ไม่", "เปิดเผย", "0",
     "no", "none", "normal", "public", "notsecret", "false"}
)  # fmt: skip
_SECRET_WORDS: Final = frozenset({"ลับ", "ลับมาก", "ลับที่สุด"})
_URGENCY: Final[dict[str, Urgency]] = {
    **{head_key(word): Urgency.NORMAL for word in EMPTY},
    **{head_key(thai): urgency for urgency, thai in URGENCY_THAI.items()},
    **{head_key(urgency.value): urgency for urgency in Urgency},
    "ธรรมดา": Urgency.NORMAL,
    "ไม่ด่วน": Urgency.NORMAL,
    "none": Urgency.NORMAL,
    "extremelyurgent": Urgency.MOST_URGENT,
    # The levels 1–4 of the registers in AMSS, which schools export.
    "0": Urgency.NORMAL,
    "1": Urgency.NORMAL,
    "2": Urgency.URGENT,
    "3": Urgency.VERY_URGENT,
    "4": Urgency.MOST_URGENT,
}
_URGENT_START: Final = re.compile(r"(ด่วน(?:ที่สุด|มาก)?)(?=\s|$|/|ที่)")


def blank(cell: Cell) -> bool:
    """Tell whether a person sees nothing in the cell."""
    if cell is None or cell == "":
        return True
    if not isinstance(cell, str) or (cell[0] > " " and cell[0].isprintable()):
        return False
    return not tidy(cell)


def shown(cell: Cell) -> str:
    """Write a cell as a person sees it, shortened: what a report of a bad row quotes."""
    try:
        text = tidy(text_of(cell))
    except BadCell:
        text = str(cell)
    return text if len(text) <= _MAX_SEEN else text[: _MAX_SEEN - 1] + "…"


def text_of(cell: Cell) -> str:
    """Write a cell as text, without judging it.

    Raises:
        BadCell: it holds a number that is none.
    """
    match cell:
        case None:
            return ""
        case str():
            return unwrapped[1] if (unwrapped := _AS_TEXT.fullmatch(cell)) else cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case float():
            if not math.isfinite(cell):
                raise BadCell(reasons.EXCEL_ERROR)
            return str(int(cell)) if cell.is_integer() else repr(cell)
        case datetime() | date():
            return _dated(cell)
        case time():
            return cell.strftime("%H:%M")
        case int() | timedelta():
            return str(cell)


def read_text(cell: Cell) -> str:
    """Read a cell that may hold any text; line breaks become spaces.

    Raises:
        BadCell: the text is too long, broken, an error of Excel or a ditto mark.
    """
    text = text_of(cell)
    if len(text) > MAX_TEXT:
        raise BadCell(reasons.TOO_LONG)
    if "\ufffd" in text:
        raise BadCell(reasons.UNREADABLE_TEXT)
    text = tidy(text)
    if _ERRORS.fullmatch(text):
        raise BadCell(reasons.EXCEL_ERROR)
    if text in _DITTO:
        raise BadCell(reasons.DITTO)
    return text


def read_number(cell: Cell) -> str:
    """Read the number of a letter or of a register line: text such as ``ศธ 04123/ว 45``.

    Raises:
        BadCell: Excel changed it, or as for :func:`read_text`.
    """
    if isinstance(cell, (date, time, timedelta)):
        raise BadCell(reasons.EXCEL_DATE)
    text = read_text(cell)
    if _ROUNDED.fullmatch(text):
        raise BadCell(reasons.ROUNDED_NUMBER)
    return "" if text in EMPTY else text


def read_urgency(cell: Cell, letter_no: str = "") -> Urgency:
    """Read the urgency; without a column for it, from the front of the letter's number.

    Args:
        cell: the cell of the column ชั้นความเร็ว.
        letter_no: may begin as on paper, ``ด่วนที่สุด ที่ ศธ 04123/45``.

    Raises:
        BadCell: there is no such class.
    """
    text = read_text(cell)
    if not text and (found := _URGENT_START.match(letter_no)):
        text = found[1]
    urgency = _URGENCY.get(head_key(text).removeprefix("ชั้น"))
    if urgency is None:
        raise BadCell(reasons.UNKNOWN_URGENCY)
    return urgency


def check_secrecy(cell: Cell) -> None:
    """Let only a cell pass that says that the letter is not secret: what is unknown is refused.

    Raises:
        BadCell: the letter is secret, or may be.
    """
    if head_key(text_of(cell)) not in _NOT_SECRET:
        raise BadCell(reasons.SECRET)


def check_not_marked_secret(cell: Cell) -> None:
    """Refuse a text that bears a mark of secrecy at its front, as ``ลับ ที่ ศธ …`` or ``(ลับ)``.

    Raises:
        BadCell: it does.
    """
    if isinstance(cell, str) and _SECRET_START.match(normalise(cell[:MAX_TEXT])):
        raise BadCell(reasons.SECRET)


def read_register(cell: Cell) -> Register | None:
    """Read a cell that says received or sent; None when it says neither."""
    text = shown(cell)
    match head_key(text):
        case "in" | "receive" | "received" | "incoming" | "เข้า":
            return Register.INCOMING
        case "out" | "send" | "sent" | "outgoing" | "ออก":
            return Register.OUTGOING
        case _:
            return register_of_sheet(text)


def read_offices(cell: Cell) -> tuple[str, ...]:
    """Read the codes of the offices a letter is to be sent to, each once.

    Raises:
        BadCell: one of them is no code.
    """
    text = read_text(cell)
    if text in EMPTY:
        return ()
    codes = [code for code in _OFFICE_BREAK.split(arabic_digits(text).lower()) if code]
    try:
        return tuple(dict.fromkeys(office_code(code) for code in codes))
    except NotAnIdentifier as wrong:
        raise BadCell(reasons.BAD_OFFICE) from wrong


def _dated(day: date) -> str:
    # A remark that is a date is kept as one; strange years are shown as they stand in the file.
    if 1900 <= day.year <= 2100:
        return long_date(date(day.year, day.month, day.day), thai=False)
    return f"{day.day}/{day.month}/{day.year}"
