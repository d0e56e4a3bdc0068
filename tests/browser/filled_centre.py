"""A centre of which every page has something to show: requests, gaps, twins, a restore."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from saraban_central.identity import generation
from saraban_central.post.router import Router
from saraban_sync.events import EntryVoided, LetterRegistered
from saraban_sync.number_events import (
    EmergencyCorrelated,
    EmergencyOpened,
    EmergencyRegistered,
    GapExplained,
    Mark,
    NumberReserved,
    NumbersSkipped,
    RangeRequested,
)
from saraban_sync.registers import Register
from tests.central_district import YEAR, audited
from tests.played_machine import a_machine
from tests.web_centre import WebCentre, a_web_centre, fill

IN, OUT = Register.INCOMING, Register.OUTGOING
LONG = (
    "ขออนุญาตเดินทางไปราชการเพื่อเข้ารับการอบรมเชิงปฏิบัติการการพัฒนาหลักสูตรสถานศึกษา"
    "และการจัดการเรียนรู้ฐานสมรรถนะ ประจำปีงบประมาณ พ.ศ. ๒๕๗๐"
)


@contextmanager
def a_centre_with_numbers(folder: Path) -> Iterator[WebCentre]:
    """Set up a centre with three offices whose numbers have met with everything."""
    with a_web_centre(folder) as made:
        fill(made)
        _numbers(made)
        _emergency(made)
        ask(made, IN, 9_000)
        made.show()
        yield made


def ask(web: WebCentre, register: Register, size: int) -> None:
    """Let a school ask for more numbers than are granted without a person."""
    wish = RangeRequested(register=register, year=YEAR, size=size, left=3, per_day="4.25")
    web.office("doi").do(wish)
    Router(web.centre).run()


def twins_appear(web: WebCentre, code: str = "nam") -> None:
    """Let a copy of a machine come into contact beside the one it was copied from."""
    school = a_machine(web.district, code)
    copy = school.copy()
    school.come()
    copy.come()


def centre_goes_back(web: WebCentre) -> None:
    """Say that the centre was restored, and audit it."""
    generation.restored(web.centre, by="pornthip")
    audited(web.district)


def _numbers(web: WebCentre) -> None:
    """Number 1 was kept and finished a day later; 2 is void, 3 kept, 4 to 9 given up."""
    doi = web.office("doi")
    kept = NumberReserved(
        register=OUT, year=YEAR, number=1, holder="ครูสมชาย", purpose=LONG, expires="2026-11-30"
    )
    reservation = doi.do(kept).id
    web.district.clock.forward(days=1)
    doi.do(
        LetterRegistered(register=OUT, year=YEAR, number=1, subject=LONG, reservation=reservation)
    )
    void = doi.register(2, register=OUT, subject="ผิดฉบับ")
    doi.do(EntryVoided(entry=void.id, reason="ลงซ้ำ"))
    doi.do(
        NumberReserved(
            register=OUT, year=YEAR, number=3, holder="ครูสมหญิง", purpose="ขอใช้รถ",
            expires="2026-11-30",
        )
    )  # fmt: skip
    marks = (Mark(source="backup", number=3), Mark(source="paper", number=6))
    doi.do(
        NumbersSkipped(
            register=OUT, year=YEAR, first=4, last=9, why="restored", guard=2, marks=marks
        )
    )
    doi.do(GapExplained(register=OUT, year=YEAR, first=5, last=5, text="พบในแฟ้มโรงพยาบาล"))


def _emergency(web: WebCentre) -> None:
    doi = web.office("doi")
    doi.do(EmergencyOpened(outage=1, cause="สายอินเทอร์เน็ตขาด"))
    lines = [
        doi.do(EmergencyRegistered(outage=1, emergency=n, register=IN, year=YEAR, subject=subject))
        for n, subject in ((1, "แจ้งเหตุด่วน"), (2, LONG))
    ]
    doi.do(EmergencyCorrelated(entry=lines[0].id, register=IN, year=YEAR, number=3))
