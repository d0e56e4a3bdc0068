"""Makes register files for tests: CSV in any encoding, workbooks, and workbooks changed inside."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from saraban_node.importer.letter import BadRow, ImportedLetter
from saraban_node.importer.reader import read_letters
from saraban_node.importer.reasons import Reason
from saraban_sync.registers import Register

HEADS = ("เลขทะเบียนรับ", "ที่", "ลงวันที่", "จาก", "ถึง", "เรื่อง", "การปฏิบัติ", "หมายเหตุ")
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_INLINE = re.compile(r't="inlineStr">\s*<is>\s*<t[^>]*>([^<]*)</t>\s*</is>')

Cells = Sequence[Any]


def row(subject: Any = "ขอเชิญประชุม", **fields: Any) -> tuple[Any, ...]:
    """A row under :data:`HEADS`; ``no``, ``letter_no``, ``day``, ``sender``, ``remark``."""
    given = {"no": 1, "letter_no": "ศธ 04990/1", "day": "7/6/2569", "sender": "สพป. (ตัวอย่าง)"}
    given |= {"remark": "ตัวอย่าง"} | fields
    no, number, day, sender = (given[name] for name in ("no", "letter_no", "day", "sender"))
    return (no, number, day, sender, "ผู้อำนวยการ", subject, "", given["remark"])


def csv_file(
    folder: Path, rows: Sequence[Cells] | str, *, encoding: str = "utf-8", delimiter: str = ","
) -> Path:
    """Write rows (without any quoting) or text as a CSV file."""
    text = rows
    if not isinstance(text, str):
        text = "".join(delimiter.join(map(str, cells)) + "\r\n" for cells in rows)
    path = folder / "letters.csv"
    path.write_bytes(text.encode(encoding))
    return path


def workbook(
    folder: Path,
    sheets: Mapping[str, Sequence[Cells]] | Sequence[Cells],
    *,
    change: Callable[[Workbook], None] = lambda _: None,
) -> Path:
    """Write sheets with openpyxl; rows alone become one sheet named Sheet1."""
    book = Workbook()
    book.remove(book.worksheets[0])
    if not isinstance(sheets, Mapping):
        sheets = {"Sheet1": sheets}
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for cells in rows:
            sheet.append(list(cells))
    change(book)
    path = folder / "letters.xlsx"
    book.save(path)
    book.close()
    return path


def rewritten(path: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """Change the parts inside a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    path.write_bytes(packed.getvalue())
    return path


def with_shared_strings(parts: dict[str, bytes]) -> None:
    """Keep the texts in a part of their own, half of them in two colours: as Excel writes them."""
    texts: list[str] = []

    def shared(found: re.Match[str]) -> str:
        texts.append(found[1])
        return f't="s"><v>{len(texts) - 1}</v>'

    parts[SHEET] = _INLINE.sub(shared, parts[SHEET].decode()).encode()
    coloured = "<si><r><t>{}</t></r><r><rPr><b/></rPr><t xml:space='preserve'>{}</t></r></si>"
    items = (
        coloured.format(text[:1], text[1:]) if number % 2 else f"<si><t>{text}</t></si>"
        for number, text in enumerate(texts)
    )
    parts[STRINGS] = f'<sst xmlns="{_MAIN}">{"".join(items)}</sst>'.encode()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    name = "[Content_Types].xml"
    override = f'<Override PartName="/{STRINGS}" ContentType="{kind}"/></Types>'
    if STRINGS.encode() not in parts[name]:
        parts[name] = parts[name].replace(b"</Types>", override.encode())


def letters_of(path: Path, register: Register | None = None) -> list[ImportedLetter]:
    """The letters of a file all of whose rows are good."""
    rows = list(read_letters(path, register=register))
    bad = [one for one in rows if isinstance(one, BadRow)]
    assert not bad
    return [one.letter for one in rows if not isinstance(one, BadRow)]


def bad_rows(path: Path, register: Register | None = None) -> list[BadRow]:
    """The bad rows of a file."""
    return [one for one in read_letters(path, register=register) if isinstance(one, BadRow)]


def only_bad(path: Path, reason: Reason) -> BadRow:
    """The one bad row of a file, which must have this reason."""
    (bad,) = bad_rows(path)
    assert (bad.reason_th, bad.reason_en) == reason
    return bad
