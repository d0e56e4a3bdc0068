"""The life of a number and the proof that none is missing, as a clerk and an inspector see them."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from saraban_base.sqlite import rows
from saraban_node.books import letters
from saraban_node.books.letters import NewLetter
from saraban_node.numbering import reservations
from saraban_sync.ids import PersonId
from saraban_sync.number_events import Mark, NumbersSkipped
from saraban_sync.registers import Register
from tests.offices import Numbers, a_letter, events_of, register
from tests.web_office import Browser, WebOffice, a_web_office, browsing

YEAR = 2569
BOOKS = (Register.INCOMING, Register.OUTGOING, Register.ORDER)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    """An office with one of everything: plain, void, reserved, late, skipped."""
    with a_web_office(tmp_path, ranges=[Numbers(book, YEAR, 100) for book in BOOKS]) as made:
        fill(made)
        yield made


def fill(office: WebOffice) -> None:
    node, who = office.node, PersonId(office.people["somsri"])
    for n in range(1, 4):
        register(node, a_letter(n), actor=who)
    void = register(node, a_letter(4), actor=who)
    with node.db.write() as write:
        letters.void_entry(write, node.journal, void.id, reason="ออกผิดทะเบียน", actor=who)
        late, kept = (
            reservations.reserve(
                write, node.journal, register=Register.OUTGOING, holder="ครูวิไล",
                purpose=f"รายงาน {n}", expires=date(2026, 11, 30), actor=who,
            )
            for n in (1, 2)
        )  # fmt: skip
    office.clock.forward(days=2)
    register(
        node,
        NewLetter(register=Register.OUTGOING, subject="รายงาน 1", reservation=late.id),
        actor=who,
    )
    with node.db.write() as write:
        skipped = NumbersSkipped(
            register=Register.INCOMING, year=YEAR, first=5, last=14, why="restored", guard=4,
            marks=(Mark(source="paper", number=10),),
        )  # fmt: skip
        node.journal.append(write, skipped, actor=PersonId(office.people["prasert"]))
    assert kept.number == 2


@pytest.fixture
def clerk(office: WebOffice) -> Iterator[Browser]:
    with browsing(office, "somsri") as browser:
        yield browser


@pytest.mark.parametrize(
    ("typed", "leads_to"),
    [
        ("รับที่ ๓/๒๕๖๙", "/numbers/incoming/2569/3"),
        ("ศธ 04123.45/1", "/numbers/outgoing/2569/1"),
        ("ศธ ๐๔๑๒๓.๔๕/๒", "/numbers/outgoing/2569/2"),
        ("คำสั่งที่ 7/2569", "/numbers/order/2569/7"),
        ("เลขรับ 12", "/numbers/incoming/2569/12"),
    ],
)
def test_a_number_leads_to_its_life_however_it_is_written(
    clerk: Browser, typed: str, leads_to: str
) -> None:
    clerk.client.get("/numbers", params={"q": typed}).raise_for_status()
    clerk.page = clerk.client.get("/numbers", params={"q": typed})

    assert clerk.shown.url.path == leads_to


def test_a_number_that_occurs_in_several_books_is_asked_about(clerk: Browser) -> None:
    clerk.open("/numbers?q=1/2569")
    assert "เลือกเลขที่ต้องการ" in clerk.text
    assert 'href="/numbers/incoming/2569/1"' in clerk.text
    assert 'href="/numbers/order/2569/1"' in clerk.text
    clerk.open("/numbers?q=1/2569&register=incoming")
    assert clerk.shown.url.path == "/numbers/incoming/2569/1"


def test_what_is_no_number_is_said_beside_the_box(clerk: Browser) -> None:
    clerk.open("/numbers?q=สวัสดี")

    assert clerk.shown.status_code == 422
    assert "SRB-388" in clerk.text.partition('id="p-q"')[2].partition("</p>")[0]
    assert clerk.open("/numbers?q=9999").status_code == 200
    assert "ไม่พบเลข “9999”" in clerk.text


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        (
            "incoming/2569/1",
            ["มีหนังสือใช้เลขนี้", "แน่นอนภายใน ± ๕ นาที", "ลายมือชื่อของเครื่องถูกต้อง", "๑–๑๐๐"],
        ),
        ("incoming/2569/4", ["ยกเลิกแล้ว", "ออกผิดทะเบียน", "นางสาวสมศรี ใจดี"]),
        ("incoming/2569/9", ["ข้ามไป", "กู้คืน", "กระดาษ</dt><dd>๑๐", "นายประเสริฐ ดูแลดี"]),
        ("incoming/2569/50", ["ยังไม่มีหนังสือใช้เลขนี้"]),
        ("incoming/2569/500", ["ไม่อยู่ในช่วงเลข"]),
        ("outgoing/2569/1", ["ออกเลขย้อนหลัง", "ครูวิไล", "จองเลข", "ลงทะเบียน"]),
        ("outgoing/2569/2", ["จองไว้ ยังไม่มีหนังสือ", "ครูวิไล"]),
    ],
)
def test_the_page_tells_the_whole_life_of_a_number(
    clerk: Browser, path: str, parts: list[str]
) -> None:
    assert clerk.open(f"/numbers/{path}").status_code == 200
    for part in parts:
        assert part in clerk.text, part


@pytest.mark.parametrize(
    "path", ["incoming/0/1", "incoming/2569/0", "incoming/x/1", "nobody/2569/1"]
)
def test_what_cannot_be_a_number_is_not_found(clerk: Browser, path: str) -> None:
    assert clerk.open(f"/numbers/{path}").status_code == 404


def test_a_letter_links_to_its_life(office: WebOffice, clerk: Browser) -> None:
    (first, *_) = events_of(office.node, "letter.registered")
    clerk.open(f"/letters/{first.id}")
    assert f'href="/letters/{first.id}/passport"' in clerk.text
    assert clerk.open(f"/letters/{first.id}/passport").status_code == 200
    assert clerk.open("/letters/0001-0000009999/passport").status_code == 404


def test_a_number_that_was_passed_over_is_explained_later(
    office: WebOffice, clerk: Browser
) -> None:
    path = "/numbers/incoming/2569/5"
    clerk.open(path)
    for typed, field, code in (
        ({"text": ""}, "text", "SRB-307"),
        ({"text": "พบ", "last": "15"}, "last", "SRB-389"),
        ({"text": "พบ", "last": "หก"}, "last", "SRB-527"),
    ):
        clerk.send(f"{path}/explain", typed)
        assert code in clerk.text.partition(f'id="p-{field}"')[2].partition("</p>")[0]

    clerk.send(f"{path}/explain", {"text": "พบในสำเนา", "last": "๖"})

    assert clerk.shown.url.path == path
    assert "คำอธิบายเลข ๕–๖: พบในสำเนา" in clerk.text
    clerk.open("/registers/incoming")
    assert "พบในสำเนา" in clerk.text


def test_the_proof_counts_every_number_and_names_the_odd_ones(clerk: Browser) -> None:
    clerk.open("/proof")

    assert "ครบถ้วน อธิบายได้ทุกเลข ๓๐๐ เลข" in clerk.text
    row = clerk.text.partition("ทะเบียนหนังสือรับ</td>")[2].partition("</tr>")[0]
    counts = [int(n) for n in re.findall(r'class="right(?: zero)?"[^>]*>([๐-๙\d]+)<', row)]
    assert counts == [100, 3, 0, 1, 0, 10, 0, 86]
    for part in ("ออกผิดทะเบียน", "นายประเสริฐ ดูแลดี", "๕–๑๔", "ลงทะเบียนทีหลัง", "รายงาน 1"):
        assert part in clerk.text


def test_an_administrator_sees_the_proof_without_the_letters(office: WebOffice) -> None:
    with browsing(office, "prasert") as administrator:
        administrator.open("/proof")
        assert "ครบถ้วน" in administrator.text
        assert "รายงาน 1" not in administrator.text
        assert "/letters/" not in administrator.text


def test_the_proof_is_made_again_from_the_signed_journal(office: WebOffice, clerk: Browser) -> None:
    clerk.open("/proof")
    clerk.send("/proof/check", {"year": str(YEAR)})

    assert f"พิสูจน์จากบันทึกเหตุการณ์ {thai(office.events())} รายการ" in clerk.text


def test_a_number_lost_behind_the_programs_back_is_shown(office: WebOffice, clerk: Browser) -> None:
    with office.node.db.write() as write:
        gone = rows(
            write.cursor, "SELECT seq FROM entry WHERE register = 'incoming' AND number = 2"
        )
        write.cursor.execute("DELETE FROM entry WHERE seq = ?", gone[0])

    clerk.open("/proof")
    assert "มีเลขที่อธิบายไม่ได้" in clerk.text
    assert "เลขถูกข้ามโดยไม่มีบันทึก" in clerk.text
    clerk.send("/proof/check", {"year": str(YEAR)})
    assert "ทะเบียนกับบันทึกเหตุการณ์ไม่ตรงกัน" in clerk.text
    clerk.open("/numbers/incoming/2569/2")
    assert "อธิบายเลขนี้ไม่ได้" in clerk.text


def test_a_year_without_ranges_says_so(clerk: Browser) -> None:
    clerk.open("/proof?year=2560")
    assert "ปีนี้ยังไม่มีช่วงเลข" in clerk.text


def thai(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
