"""Whatever bytes a file holds, it gives rows and bad rows or one explained problem."""

import io
import tempfile
import zipfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from saraban_node.importer.letter import BadRow, Row
from saraban_node.importer.reader import read_letters
from saraban_sync.errors import SarabanError
from saraban_sync.registers import Register
from saraban_sync.thai import tidy
from tests.register_files import HEADS, SHEET, row, workbook

with tempfile.TemporaryDirectory() as _folder:
    GOOD_XLSX = workbook(Path(_folder), {"รับ": [HEADS, row("ก"), row("ข")]}).read_bytes()
GOOD_CSV = ",".join(HEADS) + '\r\n1,ศธ 04990/1,7/6/2569,"สพป., เขต 1",ผอ.,ขอเชิญประชุม,,ตัวอย่าง\r\n'
CELLS = st.one_of(
    st.sampled_from(
        ["", '"', "\n", "\r", ",", "เรื่อง", "ลงวันที่", "7/6/69", "รับ", "ส่ง", "ลับ", "#REF!"]
    ),
    st.sampled_from(
        [*HEADS, "ประเภท", "รหัสหน่วยงาน", "area-1", "ทะเบียนหนังสือรับ", "ชั้นความเร็ว", "ด่วน"]
    ),
    st.text(max_size=12),
)
REGISTERS = st.sampled_from([None, *Register])


def read(data: bytes, name: str, register: Register | None) -> None:
    """Read bytes as a file; anything but rows or an explained problem fails the test."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            rows = list(read_letters(path, register=register))
        except SarabanError as problem:
            _check_sentences(problem)
            return
    for one in rows:
        if isinstance(one, Row):
            assert one.letter.subject == tidy(one.letter.subject) != ""
        else:
            _check_bad(one)
    assert [one.line for one in rows] == sorted(one.line for one in rows) or name == "letters.xlsx"


def _check_sentences(problem: SarabanError) -> None:
    assert problem.code.startswith("SRB-3")
    assert "…" not in problem.sentence("th").replace("{", "")
    assert problem.sentence("en")


def _check_bad(bad: BadRow) -> None:
    assert bad.line >= 1
    assert bad.reason_th
    assert bad.reason_en
    assert len(bad.seen) <= 80


@given(st.binary(max_size=400), REGISTERS)
def test_any_bytes_as_csv_or_xlsx(data: bytes, register: Register | None) -> None:
    read(data, "letters.csv", register)
    read(b"PK\x03\x04" + data, "letters.xlsx", register)


@given(
    st.lists(st.lists(CELLS, max_size=10), max_size=12),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-16", "cp874"]),
    REGISTERS,
)
def test_any_cells_as_csv(
    rows: list[list[str]], delimiter: str, encoding: str, register: Register | None
) -> None:
    text = "\n".join(delimiter.join(cells) for cells in rows)

    read(text.encode(encoding, errors="ignore"), "letters.csv", register)
    read((GOOD_CSV + text).encode(encoding, errors="ignore"), "letters.csv", register)


@given(st.lists(st.tuples(st.integers(0), st.binary(max_size=3), st.integers(0, 4)), max_size=6))
def test_a_good_file_with_bytes_changed_put_in_or_lost(
    changes: list[tuple[int, bytes, int]],
) -> None:
    for good, name in ((GOOD_CSV.encode(), "letters.csv"), (GOOD_XLSX, "letters.xlsx")):
        data = bytearray(good)
        for place, new, lost in changes:
            at = place % (len(data) + 1)
            data[at : at + lost] = new
        read(bytes(data), name, None)


@given(
    st.sampled_from([SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"]),
    st.lists(st.tuples(st.integers(0), st.binary(max_size=8), st.integers(0, 30)), max_size=4),
)
def test_a_workbook_whose_inner_parts_are_changed(
    part: str, changes: list[tuple[int, bytes, int]]
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD_XLSX)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            data = bytearray(old.read(name))
            for place, put, lost in changes if name == part else ():
                at = place % (len(data) + 1)
                data[at : at + lost] = put
            new.writestr(name, bytes(data))

    read(packed.getvalue(), "letters.xlsx", None)


@given(st.lists(st.lists(CELLS | st.integers() | st.floats(), max_size=8), max_size=8), REGISTERS)
def test_any_cells_as_workbook(
    rows: list[list[str | int | float]], register: Register | None
) -> None:
    kept = [
        [tidy(cell) if isinstance(cell, str) else cell for cell in cells]  # what Excel would allow
        for cells in rows
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = workbook(Path(folder), {"Sheet1": [HEADS, *kept]})
        data = path.read_bytes()

    read(data, "letters.xlsx", register)
