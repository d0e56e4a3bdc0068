"""A browser for all tests of this folder, and an office with letters, arrivals and long names."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from saraban_node.books import letters
from saraban_node.numbering import reservations
from saraban_sync.ids import PersonId
from saraban_sync.number_events import GapExplained, Mark, NumbersSkipped
from saraban_sync.registers import Register, Urgency
from tests.browser.chrome import CHROMIUM, FLAGS, log_in, new_page
from tests.offices import (
    YEAR,
    Numbers,
    a_letter,
    an_office,
    carry,
    events_of,
    grant,
    introduce,
    put_file,
    register,
)
from tests.web_office import PASSWORD, WebOffice, a_web_office

LONG_NAME = "โรงเรียนชุมชนบ้านห้วยน้ำใสราษฎร์อุปถัมภ์เฉลิมพระเกียรติสมเด็จพระศรีนครินทร์"
LONG_SUBJECT = (
    "ขอความอนุเคราะห์ประชาสัมพันธ์และส่งบุคลากรเข้ารับการอบรมเชิงปฏิบัติการการพัฒนาหลักสูตรสถานศึกษา"
    "และการจัดการเรียนรู้ฐานสมรรถนะสำหรับครูผู้สอนระดับประถมศึกษา ประจำปีงบประมาณ พ.ศ. ๒๕๗๐"
)


@pytest.fixture(scope="package")  # playwright's loop would be in the way of tests elsewhere
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    folder = tmp_path_factory.mktemp("office")
    with a_web_office(
        folder, name=LONG_NAME, settings={"centre_url": "http://127.0.0.1:9"}
    ) as made:
        _fill(made, folder)
        yield made


@pytest.fixture
def clerk(browser: Browser, office: WebOffice) -> Iterator[Page]:
    page = new_page(browser)
    log_in(page, office.address, "somsri", PASSWORD)
    yield page
    page.context.close()


def _fill(office: WebOffice, folder: Path) -> None:
    node = office.node
    who = PersonId(office.people["somsri"])
    file = put_file(
        node, b"%PDF-1.7 x" * 5_000, "คำสั่งแต่งตั้งคณะกรรมการตรวจรับพัสดุโครงการอาหารกลางวัน.pdf"
    )
    for n in range(30):
        urgency = list(Urgency)[n % 4] if n % 5 == 0 else Urgency.NORMAL
        register(
            node,
            a_letter(n, letter_date=date(2026, 11, 1 + n % 20), urgency=urgency, files=(file,)),
            actor=who,
        )
    long = a_letter(
        61, subject=LONG_SUBJECT, sender=LONG_NAME, recipient=LONG_NAME, action=LONG_SUBJECT[:200],
        remark="ตอบรับภายในวันที่ ๓๐ พฤศจิกายน ๒๕๖๙", files=(file,),
    )  # fmt: skip
    entry = register(node, long, actor=who)
    with node.db.write() as write:
        letters.void_entry(write, node.journal, entry.id, reason="ออกเลขผิดทะเบียน", actor=who)
        letters.note_entry(write, node.journal, entry.id, action="มอบฝ่ายวิชาการดำเนินการ", actor=who)
    area = an_office(folder / "area", code="area-1", name="สพป. เชียงใหม่ เขต ๒", clock=office.clock)
    introduce(node, area)
    introduce(area, node)
    for n in range(3):
        register(area, a_letter(n, Register.OUTGOING, offices=(node.office,)))
    for place, sent in enumerate(events_of(area, "letter.sent"), 1):
        carry(sent, node, place=place)
    register(node, a_letter(70, Register.OUTGOING, offices=(area.office,)), actor=who)
    area.close()
    _keep_numbers(office, who)


def _keep_numbers(office: WebOffice, who: PersonId) -> None:
    """Orders, reserved numbers, one of them finished a day later, and numbers given up."""
    node = office.node
    grant(node, Numbers(Register.ORDER, YEAR, 300))
    register(node, a_letter(5, Register.ORDER, subject=LONG_SUBJECT, sender="งานบุคคล"), actor=who)
    with node.db.write() as write:
        kept = [
            reservations.reserve(
                write, node.journal, register=book, holder="ครูวิไล ตั้งใจสอน",
                purpose=LONG_SUBJECT[:120], expires=date(2026, 11, 24 + n), actor=who,
            )
            for n, book in enumerate((Register.OUTGOING, Register.OUTGOING, Register.ORDER))
        ]  # fmt: skip
        skipped = NumbersSkipped(
            register=Register.OUTGOING, year=YEAR, first=4, last=24, why="restored", guard=20,
            marks=(Mark(source="backup", number=3), Mark(source="paper", number=4)),
        )  # fmt: skip
        node.journal.append(write, skipped, actor=who)
        explained = GapExplained(register=Register.OUTGOING, year=YEAR, first=4, last=4, text="พบ")
        node.journal.append(write, explained, actor=who)
    office.clock.forward(days=1)
    late = a_letter(71, Register.OUTGOING, subject=kept[0].subject, reservation=kept[0].id)
    register(node, late, actor=who)
