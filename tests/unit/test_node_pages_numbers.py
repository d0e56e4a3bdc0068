"""Numbers on the pages: eight registers, reserved ones, gaps, colleagues, emergencies."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from saraban_node import meta
from saraban_node.books.entries import Entry
from saraban_node.line import colleagues, directory
from saraban_node.numbering import reservations
from saraban_sync.events import Event, LetterRegistered
from saraban_sync.grants import DirectoryEntry
from saraban_sync.ids import EventId, PersonId
from saraban_sync.number_events import (
    EmergencyRegistered,
    GapExplained,
    Mark,
    NumbersReturned,
    NumbersSkipped,
)
from saraban_sync.registers import Circulars, Register, instant
from tests.offices import (
    FarOffice,
    Numbers,
    a_letter,
    events_of,
    grant,
    register,
)
from tests.web_office import Browser, WebOffice, a_web_office, browsing

YEAR = 2569
ALL = [Numbers(book, YEAR, 100) for book in Register if book is not Register.CIRCULAR]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    with a_web_office(tmp_path, ranges=ALL) as made:
        yield made


@pytest.fixture
def clerk(office: WebOffice) -> Iterator[Browser]:
    with browsing(office, "somsri") as browser:
        yield browser


def reserve(
    office: WebOffice, expires: date, *, book: Register = Register.OUTGOING, purpose: str = "รายงาน"
) -> Entry:
    node = office.node
    with node.db.write() as write:
        return reservations.reserve(
            write, node.journal, register=book, holder="ครูวิไล", purpose=purpose,
            expires=expires, actor=PersonId(office.people["somsri"]),
        )  # fmt: skip


def own_circulars(office: WebOffice) -> None:
    with office.node.db.write() as write:
        entry = DirectoryEntry(
            kind="office", version=1, code=office.node.office, name=office.node.office_name,
            at=instant(office.clock.now()), generation=1, circulars=Circulars.OWN,
        )  # fmt: skip
        directory.put(write, entry)


def rail(browser: Browser) -> list[str]:
    return re.findall(r'<li[^>]*><a href="(/[\w/]*)"', browser.text.partition("<nav")[2])


def rows(browser: Browser) -> list[str]:
    body = browser.text.partition("<tbody>")[2].partition("</table>")[0]
    return [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in body.split("<tr")[1:]]


def test_the_rail_holds_the_registers_the_office_was_granted_numbers_of(
    tmp_path: Path, clerk: Browser
) -> None:
    clerk.open("/")
    books = [path for path in rail(clerk) if path.startswith("/registers/")]
    assert books == [
        "/registers/incoming", "/registers/outgoing", "/registers/order",
        "/registers/announcement", "/registers/certificate", "/registers/memo", "/registers/award",
    ]  # fmt: skip

    with a_web_office(tmp_path / "small") as small, browsing(small, "somsri") as other:
        other.open("/")
        books = [path for path in rail(other) if path.startswith("/registers/")]
        assert books == ["/registers/incoming", "/registers/outgoing"]
        own_circulars(small)
        other.open("/")
        assert "/registers/circular" in rail(other)


@pytest.mark.parametrize("book", list(Register))
def test_every_register_has_its_page_its_form_and_its_paper(clerk: Browser, book: str) -> None:
    for address in ("", "/new", "/print"):
        assert clerk.open(f"/registers/{book}{address}").status_code == 200


@pytest.mark.parametrize(
    ("book", "number", "button"),
    [
        ("order", "1/2569", "ออกเลขคำสั่ง"),
        ("announcement", "1/2569", "ออกเลขประกาศ"),
        ("certificate", "1/2569", "ออกเลขหนังสือรับรอง"),
        ("memo", "ศธ 04123.45/1", "ออกเลขบันทึก"),
        ("award", "1/2569", "ออกเลขเกียรติบัตร"),
    ],
)
def test_a_paper_of_each_kind_is_registered_and_gets_its_number_as_the_office_writes_it(
    office: WebOffice, clerk: Browser, book: str, number: str, button: str
) -> None:
    clerk.open(f"/registers/{book}/new")
    assert f"{button} · โรงเรียนบ้านดอย · ๒๕๖๙" in clerk.text

    clerk.register(book, subject="แต่งตั้งคณะกรรมการ", sender="งานบุคคล", remark="ฉบับที่หนึ่ง")

    (event,) = events_of(office.node, "letter.registered")
    assert isinstance(event.body, LetterRegistered)
    assert (event.body.register, event.body.letter_no) == (book, number)
    assert clerk.shown.url.path == f"/registers/{book}/new"
    clerk.open(f"/registers/{book}")
    assert "แต่งตั้งคณะกรรมการ" in clerk.text


def test_an_order_asks_only_for_what_an_order_has(clerk: Browser) -> None:
    clerk.open("/registers/order/new")

    fields = set(re.findall(r'<(?:input|textarea|select)[^>]* name="(\w+)"', clerk.text))
    assert fields & {"letter_no", "recipient", "urgency", "action"} == set()
    assert {"subject", "sender", "letter_date", "remark", "files"} <= fields


def test_a_circular_shares_the_outgoing_numbers_and_is_marked(
    office: WebOffice, clerk: Browser
) -> None:
    clerk.register("outgoing", subject="แจ้งเวียน", circular="yes")

    (event,) = events_of(office.node, "letter.registered")
    assert event.body.letter_no == "ศธ 04123.45/ว 1"  # type: ignore[union-attr]
    clerk.open("/registers/outgoing")
    assert rows(clerk)[1].partition(" ")[2].startswith("ว ๑")


def test_where_circulars_have_a_register_of_their_own_the_form_leads_there(
    office: WebOffice, clerk: Browser
) -> None:
    own_circulars(office)
    grant(office.node, Numbers(Register.CIRCULAR, YEAR, 50))

    clerk.open("/registers/outgoing/new")
    assert 'name="circular"' not in clerk.text
    assert 'href="/registers/circular/new"' in clerk.text
    clerk.register("circular", subject="แจ้งเวียน")
    assert "ว 1" in events_of(office.node, "letter.registered")[0].body.letter_no  # type: ignore[union-attr]


def test_a_number_is_reserved_and_stands_outlined_in_the_register(
    office: WebOffice, clerk: Browser
) -> None:
    clerk.open("/reserved?register=outgoing")
    clerk.send(
        "/reserved",
        {
            "form": clerk.form, "register": "outgoing", "holder": "ครูวิไล",
            "purpose": "ขอวิทยากร", "expires": "29/11/2569",
        },
    )  # fmt: skip

    assert office.entries() == [("outgoing", 1, "ขอวิทยากร", "reserved")]
    assert "จองเลขแล้ว" in clerk.text
    assert "เหลือ ๗ วัน" in clerk.text
    clerk.open("/registers/outgoing")
    assert 'class="kept-number">๑<' in clerk.text
    assert "จองให้ ครูวิไล ใช้ได้ถึง ๒๙ พ.ย. ๖๙" in clerk.text
    clerk.open("/registers/outgoing/print")
    assert "จองให้ ครูวิไล" in clerk.text
    clerk.open("/")
    assert "ขอวิทยากร" in clerk.text


def test_a_form_for_a_reservation_that_is_sent_twice_keeps_one_number(
    office: WebOffice, clerk: Browser
) -> None:
    clerk.open("/reserved")
    fields = {
        "token": clerk.token, "form": clerk.form, "register": "outgoing", "holder": "ก",
        "purpose": "ข", "expires": "29/11/2569",
    }  # fmt: skip
    for _ in range(2):
        assert clerk.client.post("/reserved", data=fields).status_code == 200

    assert len(office.entries()) == 1


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("holder", "", "SRB-519"),
        ("purpose", " ", "SRB-519"),
        ("expires", "", "SRB-519"),
        ("expires", "31/2/2569", "SRB-521"),
        ("expires", "21/11/2569", "SRB-334"),
        ("register", "incoming", "SRB-522"),
    ],
)
def test_what_is_wrong_with_a_reservation_stands_beside_its_field(
    office: WebOffice, clerk: Browser, field: str, value: str, code: str
) -> None:
    clerk.open("/reserved")
    good = {
        "form": clerk.form, "register": "outgoing", "holder": "ก", "purpose": "เรื่องที่พิมพ์ไว้",
        "expires": "29/11/2569",
    }  # fmt: skip
    clerk.send("/reserved", {**good, field: value})

    assert clerk.shown.status_code == 422
    assert code in clerk.text.partition(f'id="p-{field}"')[2].partition("</p>")[0]
    assert not office.entries()
    assert value == " " or "เรื่องที่พิมพ์ไว้" in clerk.text


def test_a_reserved_number_is_finished_days_later_and_both_times_are_shown(
    office: WebOffice, clerk: Browser
) -> None:
    kept = reserve(office, date(2026, 11, 29))
    office.clock.forward(days=2, hours=1)
    clerk.log_in("somsri")

    clerk.open(f"/registers/outgoing/new?reservation={kept.id}")
    assert "ออกหนังสือเลข ๑/๒๕๖๙ ของวันที่ ๒๒ พฤศจิกายน ๒๕๖๙" in clerk.text
    assert 'value="๒๒/๑๑/๒๕๖๙"' in clerk.text
    clerk.send(
        "/registers/outgoing/new",
        {
            "form": clerk.form,
            "reservation": kept.id,
            "subject": "รายงาน",
            "letter_date": "22/11/69",
        },
    )

    assert office.entries() == [("outgoing", 1, "รายงาน", "issued")]
    stamp = clerk.text.partition('class="stamp"')[2].partition("</section>")[0]
    assert "๒๒ พฤศจิกายน ๒๕๖๙" in stamp
    assert "๒๔ พ.ย. ๖๙ ๑๐.๐๐ น." in stamp
    clerk.open("/registers/outgoing")
    assert re.findall(r'scope="rowgroup">([^<]+)<', clerk.text) == ["๒๒ พฤศจิกายน ๒๕๖๙"]
    assert "ลงทะเบียนจริง ๒๔ พ.ย. ๖๙ ๑๐.๐๐ น." in clerk.text
    clerk.open("/registers/outgoing/print")
    assert "เลขของวันที่ ๒๒ พ.ย. ๖๙ ๐๙.๐๐ น. · ลงทะเบียนจริง ๒๔ พ.ย. ๖๙ ๑๐.๐๐ น." in clerk.text
    clerk.open(f"/letters/{kept.id}")
    assert clerk.shown.url.path != f"/letters/{kept.id}", "the old address leads to the letter"
    assert "ลงทะเบียนจริงเมื่อ" in clerk.text


def test_finishing_a_reserved_number_twice_gives_one_letter(
    office: WebOffice, clerk: Browser
) -> None:
    kept = reserve(office, date(2026, 11, 29))
    clerk.open(f"/registers/outgoing/new?reservation={kept.id}")
    fields = {
        "token": clerk.token, "form": clerk.form, "reservation": kept.id, "subject": "รายงาน",
    }  # fmt: skip
    first = clerk.client.post("/registers/outgoing/new", data=fields)
    second = clerk.client.post("/registers/outgoing/new", data=fields)

    assert first.url == second.url
    assert len(office.entries()) == 1
    assert clerk.open(f"/registers/outgoing/new?reservation={kept.id}").status_code == 404
    assert "SRB-547" in clerk.text


def test_a_half_written_letter_for_a_reserved_number_is_gone_on_with(
    office: WebOffice, clerk: Browser
) -> None:
    kept = reserve(office, date(2026, 11, 29))
    clerk.open(f"/registers/outgoing/new?reservation={kept.id}")
    clerk.client.post(
        "/registers/outgoing/draft",
        data={
            "token": clerk.token, "form": clerk.form, "reservation": kept.id, "subject": "ครึ่งเรื่อง",
        },
    )  # fmt: skip

    clerk.open("/")
    (address,) = set(
        re.findall(r'href="(/registers/outgoing/new\?reservation=[^"]+)">ทำต่อ', clerk.text)
    )
    clerk.open(address)
    assert "ครึ่งเรื่อง</textarea>" in clerk.text


def test_a_reservation_is_cancelled_with_a_reason_and_stays_struck(
    office: WebOffice, clerk: Browser
) -> None:
    kept = reserve(office, date(2026, 11, 29))
    clerk.open(f"/letters/{kept.id}")
    clerk.send(f"/reserved/{kept.id}/cancel", {"reason": " "})
    assert clerk.shown.status_code == 422
    assert "SRB-307" in clerk.text.partition('id="p-reason"')[2].partition("</p>")[0]

    clerk.send(f"/reserved/{kept.id}/cancel", {"reason": "ไม่ใช้แล้ว"})

    assert office.entries() == [("outgoing", 1, "รายงาน", "void")]
    assert "เลขนี้ถูกยกเลิก: ไม่ใช้แล้ว" in clerk.text
    clerk.send(f"/reserved/{kept.id}/cancel", {"reason": "อีกครั้ง"})
    assert "SRB-333" in clerk.text
    clerk.open("/registers/outgoing/print")
    assert "<s>๑</s>" in clerk.text


def test_a_reservation_that_runs_out_soon_is_brought_to_mind(
    office: WebOffice, clerk: Browser
) -> None:
    reserve(office, date(2026, 11, 29), purpose="ยังอีกนาน")
    reserve(office, date(2026, 11, 23), purpose="พรุ่งนี้")

    clerk.open("/")

    assert "มีเลขจองใกล้หมดเวลา ๑ เลข" in clerk.text
    assert clerk.text.index("พรุ่งนี้") < clerk.text.index("ยังอีกนาน")
    assert "เหลือ ๑ วัน" in clerk.text


def test_given_up_numbers_stand_in_their_place_with_reason_person_and_explanation(
    office: WebOffice, clerk: Browser
) -> None:
    node, who = office.node, PersonId(office.people["prasert"])
    register(node, a_letter(1))
    with node.db.write() as write:
        skipped = NumbersSkipped(
            register=Register.INCOMING, year=YEAR, first=2, last=16, why="restored", guard=10,
            marks=(Mark(source="paper", number=6),),
        )  # fmt: skip
        node.journal.append(write, skipped, actor=who)
        explained = GapExplained(
            register=Register.INCOMING, year=YEAR, first=2, last=3, text="พบในสำเนา"
        )
        node.journal.append(write, explained, actor=who)
    register(node, a_letter(2))
    with node.db.write() as write:
        rest = NumbersReturned(register=Register.INCOMING, year=YEAR, first=18, last=100)
        node.journal.append(write, rest, actor=who)

    clerk.open("/registers/incoming")

    shown = [row for row in rows(clerk) if "day" not in row.partition(">")[0]]
    assert [row.partition(">")[2].split()[0] for row in shown] == ["๑๘–๑๐๐", "๑๗", "๒–๑๖", "๑"]
    gap = next(row for row in shown if "๒–๑๖" in row)
    for part in ("ข้าม ๑๕ เลข", "กู้คืน", "๑๐", "นายประเสริฐ ดูแลดี", "๒๒ พ.ย. ๖๙", "๒–๓: พบในสำเนา"):
        assert part in gap
    clerk.open("/registers/incoming?state=returned")
    assert len(rows(clerk)) == 2
    clerk.open("/registers/incoming?text=ประชุม")
    assert "ข้าม ๑๕ เลข" not in clerk.text
    clerk.open("/registers/incoming/print")
    assert "ข้าม ๑๕ เลข" in clerk.text


def test_lines_of_the_offices_other_machine_stand_among_the_own_ones_in_number_order(
    office: WebOffice, clerk: Browser
) -> None:
    node = office.node
    register(node, a_letter(1))
    grant(node, Numbers(Register.INCOMING, YEAR, 300, first=201))
    for event in colleague_letters("school-a-2", [101, 102]):
        with node.db.write() as write:
            colleagues.take(write, node.journal, event, "school-a-2")
    for n in range(99):
        register(node, a_letter(n))
    register(node, a_letter(100))

    clerk.open("/registers/incoming?before=203")

    numbers = re.findall(r'number headline">([\d๐-๙]+)', clerk.text)
    assert numbers[:4] == ["๒๐๑", "๑๐๒", "๑๐๑", "๑๐๐"]
    assert clerk.text.count("ออกจากเครื่อง school-a-2") == 2
    clerk.open("/registers/incoming?text=เครื่องที่สอง")
    assert re.findall(r'number headline">([\d๐-๙]+)', clerk.text) == ["๑๐๒", "๑๐๑"]
    clerk.open("/registers/incoming/print")
    assert "ออกจากเครื่อง school-a-2" in clerk.text


def test_letters_of_the_other_machine_are_found_and_its_emergency_register_is_shown(
    office: WebOffice, clerk: Browser
) -> None:
    far = FarOffice(code="school-a-2")
    letter = far.write(
        LetterRegistered(register=Register.INCOMING, year=YEAR, number=901, subject="ของเครื่องที่สอง")
    )
    urgent = far.write(
        EmergencyRegistered(
            outage=1, emergency=1, register=Register.INCOMING, year=YEAR, subject="ด่วนมาก",
            letter_no="ฉ2 1/2569",
        )
    )  # fmt: skip
    for event in (letter, urgent):
        with office.node.db.write() as write:
            colleagues.take(write, office.node.journal, event, "school-a-2")

    clerk.open("/search?q=ของเครื่องที่สอง")
    assert "จากเครื่องอื่นของหน่วยงาน" in clerk.text
    assert 'href="/numbers/incoming/2569/901"' in clerk.text
    assert clerk.open("/numbers/incoming/2569/901").status_code == 200
    assert "school-a-2" in clerk.text
    clerk.open("/emergency")
    assert "ฉ2 1/2569" in clerk.text
    clerk.open("/numbers?q=ฉ2 1/2569")
    assert clerk.shown.status_code == 200


def colleague_letters(node: str, numbers: list[int]) -> list[Event]:
    far = FarOffice(code=node)
    return [
        far.write(
            LetterRegistered(
                register=Register.INCOMING, year=YEAR, number=number, subject="จากเครื่องที่สอง"
            )
        )
        for number in numbers
    ]


def test_a_browser_that_has_seen_more_than_the_database_stops_it_before_a_number_is_given(
    office: WebOffice, clerk: Browser
) -> None:
    for n in range(3):
        clerk.register(subject=f"ฉบับที่ {n}")
    assert [name for name in clerk.client.cookies if name.endswith("-numbers")]
    with office.node.db.write() as write:  # as if somebody had put yesterday's file in its place
        write.cursor.execute("DELETE FROM happening")
        write.cursor.execute("DELETE FROM entry WHERE number > 1")

    clerk.register(subject="เลขสองอีกครั้ง")

    assert clerk.shown.status_code == 409
    assert "SRB-302" in clerk.text
    with office.node.db.read() as cursor:
        assert meta.get(cursor, meta.FENCED) == meta.RESTORED
    assert len(office.entries()) == 1


def test_a_forged_receipt_says_nothing(office: WebOffice, clerk: Browser) -> None:
    clerk.register(subject="หนึ่ง")
    name = next(name for name in clerk.client.cookies if name.endswith("-numbers"))
    sealed = clerk.client.cookies[name]
    for forged in (sealed.replace("incoming.2569.1", "incoming.2569.9999"), "x", "a.b", ""):
        clerk.client.cookies.clear()
        clerk.log_in("somsri")
        clerk.client.cookies.set(name, forged)
        clerk.register(subject="ต่อไป")
        assert 'class="card issued"' in clerk.text


def test_a_letter_without_an_entry_is_not_found(clerk: Browser) -> None:
    assert clerk.open(f"/letters/{EventId('0001-0000009999')}").status_code == 404
    clerk.open("/reserved")
    clerk.send("/reserved/0001-0000009999/cancel", {"reason": "x"})
    assert clerk.shown.status_code == 404
