"""What the program gives out on paper: Thai as it must look, one font, codes that can be read."""

import re
from datetime import UTC, datetime

import pytest

from saraban_base.paper import pdf, qr
from tests.recovery_paper import codes, words

NOON = datetime(2026, 11, 27, 5, 0, 0, 250, tzinfo=UTC)
PAGE = """
#import "paper.typ": *
#show: paper.with("ทดสอบ")
#heading-line("แผ่นกู้คืนข้อมูล", "Recovery sheet")
#facts(("หน่วยงาน", data.office))
#if "code" in data { image("qr.svg", width: 40mm) }
"""


def test_what_an_office_is_called_is_never_read_as_typst() -> None:
    made = pdf.make(PAGE, {"office": '#panic("x") *สพป.* $x$ \\ "'}, made_at=NOON)

    assert '#panic("x")*สพป.*$x$\\"' in words(made)


def test_a_paper_has_sarabun_and_no_other_font() -> None:
    made = pdf.make(PAGE, {"office": "ที่ว่าการอำเภอปัว"}, made_at=NOON)

    fonts = set(re.findall(rb"/BaseFont\s*/[A-Z]{6}\+([A-Za-z-]+)", made))
    assert fonts == {b"Sarabun-Regular", b"Sarabun-Bold"}


def test_the_same_paper_is_the_same_file() -> None:
    first, second = (pdf.make(PAGE, {"office": "กองกลาง"}, made_at=NOON) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("said", ["SRB1 A 7K3D-99QX", "ที่ ศธ ๐๔๐๐๑/๑"])
def test_a_code_on_paper_can_be_read(said: str) -> None:
    made = pdf.make(
        PAGE, {"office": "กองกลาง", "code": True}, made_at=NOON, pictures={"qr.svg": qr.svg(said)}
    )

    assert codes(made) == [said]
