"""Writes the sample workbook: both registers, with the mess that real ones have.

``scripts/make-sample-letters`` runs it. The offices and people are invented and marked as samples.
The file is committed, so that a person can open it and ``scripts/run --once`` finds it; a test
compares it with what would be written here.
"""

import io
import re
import sys
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side

FILE: Final = Path(__file__).parent / "sample-letters" / "both-registers.xlsx"
_SCHOOL: Final = "โรงเรียนบ้านดอยฟ้า (ตัวอย่าง)"
_AREA: Final = "สพป.ภูดาว เขต 1 (ตัวอย่าง)"
_HEAD: Final = f"ผู้อำนวยการ{_SCHOOL}"
_ALL: Final = "ผู้อำนวยการโรงเรียนในสังกัดทุกโรง"
_S: Final = "ตัวอย่าง"
_WRITTEN: Final = b"2026-11-16T00:00:00Z"
_PACKED: Final = (2026, 11, 16, 0, 0, 0)

Cells = Sequence[Any]

INCOMING: Final[tuple[Cells, ...]] = (
    ("ทะเบียนหนังสือรับ วันที่ ๑๗ เดือน พฤศจิกายน พ.ศ. ๒๕๖๙",),
    (_SCHOOL,),
    (),
    ("เลขทะเบียน\nรับ", "ที่", "ลงวันที่", "จาก", "ถึง", "เรื่อง", "การปฏิบัติ", "ชั้นความเร็ว", "หมายเหตุ"),
    ("(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)", "(9)"),
    (45.0, "ศธ 04990/ว 610", date(2026, 11, 16), _AREA, _ALL,
     "การเปิดใช้ระบบทะเบียนหนังสือราชการของโรงเรียนในสังกัด", "มอบงานสารบรรณ", "ด่วน", _S),
    (46, "ศธ 04990/ว 611", date(2569, 11, 16), _AREA, _ALL,
     "ขอเชิญเข้าร่วมอบรมการเขียนหนังสือราชการ\nรุ่นที่ 2", "มอบครูธุรการ", None, _S),
    (47, "ด่วนที่สุด ที่ ศธ 04990/ว 612", "16 พ.ย. 69", _AREA, _ALL,
     "แจ้งปิดโรงเรียนเป็นกรณีพิเศษเนื่องจากสภาพอากาศหนาวจัด", "แจ้งผู้ปกครอง", None, _S),
    (),
    (48, "ภด 71201/260", "๑๓ พฤศจิกายน ๒๕๖๙", "องค์การบริหารส่วนตำบลดอยฟ้า (ตัวอย่าง)", _HEAD,
     "การจ่ายน้ำอุปโภคบริโภคให้โรงเรียนในช่วงฤดูแล้ง", "ทราบ", "ปกติ", _S),
    (49, "-", "15/11/2569", "นางคำปัน ดอยแก้ว ผู้ปกครอง (ตัวอย่าง)", "ครูประจำชั้น ป.2",
     "ขอลากิจให้เด็กหญิงใบบัว ดอยแก้ว (ตัวอย่าง) วันที่ 18 - 20 พฤศจิกายน 2569", None, None, _S),
    (50, "ศธ 04990/ว 615", "46342", _AREA, _ALL,
     "การเลือกตั้งผู้แทนข้าราชการครูในคณะกรรมการเขตพื้นที่", None, "ด่วนมาก", _S),
    ("ทะเบียนหนังสือรับ วันที่ ๑๘ เดือน พฤศจิกายน พ.ศ. ๒๕๖๙",),
    ("เลขทะเบียน\nรับ", "ที่", "ลงวันที่", "จาก", "ถึง", "เรื่อง", "การปฏิบัติ", "ชั้นความเร็ว", "หมายเหตุ"),
    ("๕๑", "วดฟ. ๙/๒๕๖๙", "๑๗ พ.ย. ๖๙", "วัดดอยฟ้าวนาราม (ตัวอย่าง)", _HEAD,
     "ขอเชิญร่วมทอดผ้าป่าเพื่อการศึกษา", "เข้าร่วมวันที่ ๒๙ พ.ย. ๖๙", None, _S),
    ("๕๒", "สธ ภด 33.05/61", date(2026, 11, 17), "โรงพยาบาลส่งเสริมสุขภาพตำบลดอยฟ้า (ตัวอย่าง)",
     _HEAD, "กำหนดการให้วัคซีนป้องกันโรคไข้หวัดใหญ่แก่นักเรียนชั้น ป.1", "มอบงานอนามัยโรงเรียน", "ด่วน", _S),
    (53, "จบ 31/2569", "17-11-2026", "ร้านดอยฟ้าการค้า (ตัวอย่าง)", "เจ้าหน้าที่พัสดุ",
     "ส่งใบเสนอราคาวัสดุสำนักงาน จำนวน 14 รายการ", None, None, _S),
    (54, "ศธ 04990/ว 620", "2026-11-17", _AREA, _ALL,
     "รายงานผลการดำเนินงานโครงการอาหารกลางวัน ภาคเรียนที่ 1 ปีการศึกษา 2569",
     "มอบงานโครงการอาหารกลางวัน", "ด่วนที่สุด", _S),
)  # fmt: skip

OUTGOING: Final[tuple[Cells, ...]] = (
    ("Outgoing register 2569", None, None, None, None, None, None, None, None),
    ("Sending no.", "Letter no.", "Letter date", "From", "To", "Subject / เรื่อง", "Action",
     "Urgency", "Office codes", "Remark"),
    (29.0, "ศธ 04990.12/29", date(2026, 11, 17), _SCHOOL, f"ผู้อำนวยการ {_AREA}",
     "ตอบรับการเข้าร่วมอบรมการเขียนหนังสือราชการ รุ่นที่ 2", "ตอบหนังสือรับที่ 46/2569", "normal", "area-1", _S),
    (30, "ศธ 04990.12/ว 30", date(2569, 11, 17), _SCHOOL, "ผู้ปกครองนักเรียนทุกคน (ตัวอย่าง)",
     "แจ้งปิดโรงเรียนเป็นกรณีพิเศษเนื่องจากสภาพอากาศหนาวจัด", None, "most urgent", None, _S),
    (31, "ศธ 04990.12/31", "18 November 2026", _SCHOOL, f"ผู้อำนวยการ {_AREA}",
     "รายงานการปิดโรงเรียนเป็นกรณีพิเศษ", "ตอบหนังสือรับที่ 47/2569", "most urgent", "area-1", _S),
    (None, None, None, None, None, None, None, None, None, None, None, None, None, None),
    (32, "ศธ 04990.12/32", "18 พ.ย. 69", _SCHOOL, "ร้านดอยฟ้าการค้า (ตัวอย่าง)",
     "สั่งซื้อวัสดุสำนักงาน จำนวน 14 รายการ", "ตอบหนังสือรับที่ 53/2569", None, None, _S),
    (33, "ศธ 04990.12/33", "19/11/2569", _SCHOOL, f"ผู้อำนวยการ {_AREA}",
     "ส่งรายงานผลการดำเนินงานโครงการอาหารกลางวัน ภาคเรียนที่ 1 ปีการศึกษา 2569",
     "ตอบหนังสือรับที่ 54/2569", "very urgent", "area-1", _S),
    (34, "ศธ 04990.12/34", "19 พฤศจิกายน ๒๕๖๙", _SCHOOL, "เจ้าอาวาสวัดดอยฟ้าวนาราม (ตัวอย่าง)",
     "ตอบรับการร่วมทอดผ้าป่าเพื่อการศึกษา", None, None, None, _S),
)  # fmt: skip

_NOTES: Final[tuple[Cells, ...]] = (
    ("ไฟล์ตัวอย่าง ชื่อคนและหน่วยงานทั้งหมดสมมุติขึ้น",),
    ("A sample file; all people and offices are invented.",),
)


def workbook() -> bytes:
    """Make the sample workbook; the same bytes each time."""
    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet("ทะเบียนรับ 2569")
    _fill(sheet, INCOMING, head=4)
    for row, cells in enumerate(INCOMING, start=1):
        if len(cells) == 1:
            sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=9)
    _fill(book.create_sheet("ส่ง"), OUTGOING, head=2)
    _fill(book.create_sheet("อ่านก่อน"), _NOTES, head=0)
    hidden = book.create_sheet("รายการเลือก")
    hidden.sheet_state = "hidden"
    _fill(hidden, [("ปกติ",), ("ด่วน",), ("ด่วนมาก",), ("ด่วนที่สุด",)], head=0)
    book.properties.creator = "ตัวอย่าง"
    packed = io.BytesIO()
    book.save(packed)
    return _same_each_time(packed.getvalue())


def _fill(sheet: Any, rows: Sequence[Cells], *, head: int) -> None:
    side = Side(style="thin")
    line = Border(left=side, right=side, top=side, bottom=side)
    for number, cells in enumerate(rows, start=1):
        for column, value in enumerate(cells, start=1):
            cell = sheet.cell(number, column, value)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            cell.font = Font(bold=number == head)
            if isinstance(value, date):
                cell.number_format = "d/m/yyyy"
        for column in range(1, 15 if number >= head > 0 else 1):  # borders reach beyond the table
            sheet.cell(number, column).border = line
    widths = (9, 22, 16, 34, 34, 60, 28, 12, 12, 12)
    for letter, width in zip("ABCDEFGHIJ", widths, strict=True):
        sheet.column_dimensions[letter].width = width


def _same_each_time(packed: bytes) -> bytes:
    """Take the present time out of the archive: openpyxl writes it in two places."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:\w+[^>]*>)[^<]*", rb"\g<1>" + _WRITTEN, data)
            part = zipfile.ZipInfo(name, _PACKED)
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, data)
    return out.getvalue()


def main() -> int:
    """Write the file; the exit code is 0."""
    FILE.write_bytes(workbook())
    print(f"written: {FILE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
