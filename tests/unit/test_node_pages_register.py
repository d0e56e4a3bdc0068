"""A clerk registers letters at the page: one number for each letter, and nothing typed is lost."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from saraban_base.web.forms import parse_day
from saraban_sync.registers import Register
from tests.offices import Numbers, a_letter, carry, events_of, introduce, put_file, register
from tests.offices import an_office as a_node
from tests.web_office import Browser, WebOffice, a_web_office, browsing

AREA = "สำนักงานเขตพื้นที่การศึกษาประถมศึกษาเชียงใหม่ เขต ๒"
PDF = b"%PDF-1.7 content"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    with a_web_office(tmp_path) as made:
        yield made


@pytest.fixture
def clerk(office: WebOffice) -> Iterator[Browser]:
    with browsing(office, "somsri") as browser:
        yield browser


def test_the_number_stands_large_and_the_form_is_empty_for_the_next_letter(
    office: WebOffice, clerk: Browser
) -> None:
    clerk.register(
        subject="ขอเชิญประชุม", sender=AREA, letter_no="ศธ 04123/ว 45", letter_date="๗ มิ.ย. ๖๙"
    )

    assert office.entries() == [("incoming", 1, "ขอเชิญประชุม", "issued")]
    assert clerk.shown.url.path == "/registers/incoming/new"
    assert 'class="card issued"' in clerk.text
    stamp = clerk.text.partition('class="stamp"')[2].partition("</section>")[0]
    for part in ("โรงเรียนบ้านดอย", "๑", "๒๒ พฤศจิกายน ๒๕๖๙", "๐๙.๐๐ น."):
        assert part in stamp
    form = clerk.text.partition('id="letter"')[2]
    assert 'name="letter_no" value="" ' in form
    assert "autofocus" in form.partition("</div>")[0]
    assert "ขอเชิญประชุม" not in form


def test_the_button_names_register_office_and_year(clerk: Browser) -> None:
    clerk.open("/registers/incoming/new")
    assert "ออกเลขรับ · โรงเรียนบ้านดอย · ๒๕๖๙" in clerk.text

    clerk.open("/registers/outgoing/new")
    assert "ออกเลขส่ง · โรงเรียนบ้านดอย · ๒๕๖๙" in clerk.text


def test_a_form_sent_twice_takes_one_number(office: WebOffice, clerk: Browser) -> None:
    clerk.open("/registers/incoming/new")
    form = {"form": clerk.form, "subject": "หนังสือฉบับเดียว", "letter_no": "ที่ 1"}
    token = clerk.token

    first = clerk.client.post("/registers/incoming/new", data={"token": token, **form})
    second = clerk.client.post("/registers/incoming/new", data={"token": token, **form})

    assert first.url == second.url
    assert len(office.entries()) == 1


def test_twenty_clicks_at_the_same_moment_take_one_number(
    office: WebOffice, clerk: Browser
) -> None:
    clerk.open("/registers/incoming/new")
    form = {"token": clerk.token, "form": clerk.form, "subject": "หนังสือฉบับเดียว"}

    def send(_: int) -> httpx.Response:
        return clerk.client.post("/registers/incoming/new", data=form)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))

    assert {answer.status_code for answer in answers} == {200}
    assert len(office.entries()) == 1


def test_two_clerks_and_fifty_letters_at_once_get_exactly_the_next_fifty_numbers(
    office: WebOffice, clerk: Browser
) -> None:
    with browsing(office, "mali") as mali:
        clerk.open("/settings")
        mali.open("/settings")

        def send(n: int) -> int:
            who = (clerk, mali)[n % 2]
            fields = {"token": who.token, "form": f"form-number-{n:06d}", "subject": f"ที่ {n}"}
            return who.client.post("/registers/incoming/new", data=fields).status_code

        with ThreadPoolExecutor(50) as pool:
            assert set(pool.map(send, range(50))) == {200}

    entries = office.entries()
    assert [number for _, number, _, _ in entries] == list(range(1, 51))
    assert {subject for _, _, subject, _ in entries} == {f"ที่ {n}" for n in range(50)}


def test_going_back_and_changing_the_words_never_hides_the_second_letter(
    office: WebOffice, clerk: Browser
) -> None:
    clerk.open("/registers/incoming/new")
    key, token = clerk.form, clerk.token
    clerk.send("/registers/incoming/new", {"form": key, "subject": "ฉบับแรก"})

    clerk.page = clerk.client.post(
        "/registers/incoming/new", data={"token": token, "form": key, "subject": "ฉบับที่สอง"}
    )

    assert clerk.shown.status_code == 409
    assert "SRB-540" in clerk.text
    assert len(office.entries()) == 1
    clerk.send("/registers/incoming/new", {"form": clerk.form, "subject": "ฉบับที่สอง"})
    assert [row[2] for row in office.entries()] == ["ฉบับแรก", "ฉบับที่สอง"]


def test_a_likely_duplicate_is_shown_before_the_number_is_taken(
    office: WebOffice, clerk: Browser
) -> None:
    number = "ศธ 04123/ว 45"
    clerk.register(subject="ขอเชิญประชุม", letter_no=number, sender=AREA)

    clerk.register(subject="ขอเชิญประชุม (สำเนา)", letter_no=number, sender=AREA)

    assert clerk.shown.status_code == 409
    assert "SRB-541" in clerk.text
    assert "ขอเชิญประชุม</a>" in clerk.text
    assert len(office.entries()) == 1
    assert 'name="despite" value="yes"' in clerk.text
    again = {"subject": "ขอเชิญประชุม (สำเนา)", "letter_no": number, "sender": AREA}
    clerk.send("/registers/incoming/new", {"form": clerk.form, "despite": "yes", **again})
    assert len(office.entries()) == 2


def test_wrong_fields_say_so_beside_the_field_and_everything_typed_is_still_there(
    office: WebOffice, clerk: Browser
) -> None:
    clerk.register(
        subject="", sender=AREA, letter_date="31/2/2569", remark="ก" * 501, urgency="someday"
    )

    assert clerk.shown.status_code == 422
    assert not office.entries()
    for field, code in (
        ("subject", "SRB-519"),
        ("letter_date", "SRB-521"),
        ("remark", "SRB-520"),
        ("urgency", "SRB-522"),
    ):
        note = clerk.text.partition(f'id="p-{field}"')[2].partition("</p>")[0]
        assert code in note, field
        assert f'aria-describedby="p-{field}' in clerk.text
    assert f'value="{AREA}"' in clerk.text
    assert 'value="31/2/2569"' in clerk.text


def test_files_go_with_the_letter_and_survive_a_form_that_is_shown_again(
    office: WebOffice, clerk: Browser
) -> None:
    clerk.register(subject="", files=[("แผน.pdf", PDF), ("ภาพ.png", b"\x89PNG\r\n\x1a\n...")])
    assert "แผน.pdf" in clerk.text
    struck = re.findall(r'name="drop" value="(\w{64})"', clerk.shown.text)[1]

    clerk.send(
        "/registers/incoming/new",
        {"form": clerk.form, "subject": "มีแฟ้ม", "drop": struck},
        files=[("ตาราง.csv", b"a,b\n1,2\n")],
    )

    (event,) = events_of(office.node, "letter.registered")
    assert [ref.name for ref in event.body.files] == ["แผน.pdf", "ตาราง.csv"]  # type: ignore[union-attr]
    assert office.node.files.read(event.body.files[0]) == PDF  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ว่าง.pdf", b""),
        ("โปรแกรม.exe", b"MZ\x90\x00"),
        ("ปลอม.pdf", b"MZ\x90\x00"),
        ("ปลอม.png", PDF),
        ("ไม่มีนามสกุล", b"hello"),
        ("ข้อความ.txt", b"a\x00b"),
        ("หน้า.html", b"<script>"),
        ("รูป.svg", b"<svg onload=alert(1)>"),
    ],
)
def test_a_file_that_is_no_letter_is_refused_and_the_form_is_kept(
    office: WebOffice, clerk: Browser, name: str, content: bytes
) -> None:
    clerk.register(subject="มีแฟ้มแปลก", files=[(name, content)])

    assert clerk.shown.status_code == 422
    assert "SRB-312" in clerk.text
    assert "มีแฟ้มแปลก</textarea>" in clerk.text
    assert not office.entries()


def test_a_file_over_the_limit_is_refused_in_words(tmp_path: Path) -> None:
    with (
        a_web_office(tmp_path, settings={"file_most_megabytes": 1}) as office,
        browsing(office, "somsri") as clerk,
    ):
        clerk.register(subject="แฟ้มใหญ่", files=[("ใหญ่.pdf", PDF + b"x" * 2_000_000)])
        assert "SRB-312" in clerk.text
        assert "๑ เมกะไบต์" in clerk.text or "1 เมกะไบต์" in clerk.text

        clerk.register(subject="แฟ้มใหญ่มาก", files=[("ใหญ่.pdf", PDF + b"x" * 12_000_000)])
        assert clerk.shown.status_code == 413
        assert "SRB-509" in clerk.text
        assert not office.entries()


def test_a_half_written_form_survives_a_log_out(office: WebOffice, clerk: Browser) -> None:
    clerk.open("/registers/incoming/new")
    kept = clerk.client.post(
        "/registers/incoming/draft",
        data={"token": clerk.token, "form": clerk.form, "subject": "ครึ่งฉบับ", "sender": AREA},
    )
    assert kept.status_code == 200
    clerk.open("/")
    assert "ครึ่งฉบับ" in clerk.text
    clerk.send("/logout")
    clerk.log_in("somsri")

    clerk.open("/registers/incoming/new")

    assert "ครึ่งฉบับ</textarea>" in clerk.text
    assert "ทำต่อจากแบบร่าง" in clerk.text
    clerk.send("/registers/incoming/new", {"form": clerk.form, "subject": "ครึ่งฉบับ ครบแล้ว"})
    clerk.open("/registers/incoming/new")
    assert "ครึ่งฉบับ" not in clerk.text.partition('id="letter"')[2]


def test_a_draft_is_seen_by_nobody_else_and_can_be_dropped(
    office: WebOffice, clerk: Browser
) -> None:
    clerk.open("/registers/outgoing/new")
    clerk.client.post(
        "/registers/outgoing/draft",
        data={"token": clerk.token, "form": clerk.form, "subject": "ความในใจ"},
    )

    with browsing(office, "mali") as mali:
        assert "ความในใจ" not in mali.open("/registers/outgoing/new").text
        assert "ความในใจ" not in mali.open("/").text
    clerk.open("/registers/outgoing/new")
    clerk.send("/registers/outgoing/discard", {"form": clerk.form})
    assert "ความในใจ" not in clerk.text


def test_an_autosave_that_comes_late_does_not_bring_a_registered_letter_back(
    office: WebOffice, clerk: Browser
) -> None:
    clerk.open("/registers/incoming/new")
    fields = {"token": clerk.token, "form": clerk.form, "subject": "เสร็จแล้ว"}
    clerk.client.post("/registers/incoming/new", data=fields)

    clerk.client.post("/registers/incoming/draft", data=fields)

    assert "เสร็จแล้ว" not in clerk.open("/registers/incoming/new").text


def test_a_form_sent_after_the_session_ended_is_kept_as_a_draft_with_its_files(
    office: WebOffice, clerk: Browser
) -> None:
    clerk.open("/registers/incoming/new")
    office.clock.forward(minutes=45)

    clerk.send(
        "/registers/incoming/new",
        {"form": clerk.form, "subject": "พักเที่ยงนานไป", "sender": AREA},
        files=[("แผน.pdf", PDF)],
    )

    assert clerk.shown.url.path == "/login"
    assert "เก็บเป็นแบบร่าง" in clerk.text
    assert not office.entries()
    clerk.send(
        "/login",
        {"username": "somsri", "password": "ลมพัดใบไผ่ ริมห้วยน้ำใส", "next": "/registers/incoming/new"},
    )
    assert "พักเที่ยงนานไป</textarea>" in clerk.text
    assert "แผน.pdf" in clerk.text


def test_with_no_number_left_the_letter_is_kept_and_the_way_out_is_said(tmp_path: Path) -> None:
    with (
        a_web_office(tmp_path, ranges=[Numbers(Register.INCOMING, 2569, 1)]) as office,
        browsing(office, "somsri") as clerk,
    ):
        clerk.register(subject="ฉบับสุดท้าย")
        clerk.register(subject="ฉบับที่ไม่มีเลข", letter_no="ที่ 2", files=[("ก.pdf", PDF)])

        assert clerk.shown.status_code == 409
        assert "SRB-301" in clerk.text
        assert len(office.entries()) == 1
        clerk.open("/registers/incoming/new")
        assert "ฉบับที่ไม่มีเลข</textarea>" in clerk.text
        assert "ก.pdf" in clerk.text
        clerk.open("/")
        assert "ไม่มีเลขเหลือ" in clerk.text


def test_an_outgoing_letter_gets_the_offices_prefix(office: WebOffice, clerk: Browser) -> None:
    clerk.open("/registers/outgoing/new")
    assert 'value="โรงเรียนบ้านดอย"' in clerk.text
    assert 'value="๒๒/๑๑/๒๕๖๙"' in clerk.text

    clerk.register("outgoing", subject="ส่งรายงาน", sender="โรงเรียนบ้านดอย", recipient=AREA)

    (event,) = events_of(office.node, "letter.registered")
    assert event.body.letter_no == "ศธ 04123.45/1"  # type: ignore[union-attr]
    assert 'data-copy="ศธ ๐๔๑๒๓.๔๕/๑"' in clerk.text


def test_senders_and_recipients_are_remembered(office: WebOffice, clerk: Browser) -> None:
    clerk.register(subject="แรก", sender=AREA, recipient="ผู้อำนวยการ")

    clerk.open("/registers/incoming/new")

    assert f'<option value="{AREA}">' in clerk.text
    assert '<option value="ผู้อำนวยการ">' in clerk.text


def test_a_letter_is_sent_to_offices_of_the_directory(tmp_path: Path) -> None:
    with a_web_office(tmp_path, settings={"centre_url": "http://127.0.0.1:9"}) as office:
        area = a_node(tmp_path / "area", code="area-1", name="สพป. เขต ๑", clock=office.clock)
        introduce(office.node, area)
        area.close()
        with browsing(office, "somsri") as clerk:
            clerk.open("/registers/outgoing/new")
            assert 'value="area-1"' in clerk.text
            assert 'value="school-a"' not in clerk.text, "not to itself"
            clerk.register("outgoing", subject="รายงาน", offices=["area-1"])

            (sent,) = events_of(office.node, "letter.sent")
            assert sent.body.offices == ("area-1",)  # type: ignore[union-attr]
            clerk.open(re.findall(r'href="(/letters/[\d-]+)"', clerk.text)[0])
            assert "สพป. เขต ๑" in clerk.text
            assert "รอส่งออกจากเครื่องนี้" in clerk.text

            clerk.register("outgoing", subject="ถึงใคร", offices=["nobody"])
            assert "SRB-308" in clerk.text


def test_an_arrival_is_registered_with_its_fields_filled_in(tmp_path: Path) -> None:
    with a_web_office(tmp_path) as office:
        area = a_node(tmp_path / "area", code="area-1", name="สพป. เขต ๑", clock=office.clock)
        introduce(office.node, area)
        introduce(area, office.node)
        file = put_file(area, PDF, "คำสั่ง.pdf")
        register(
            area,
            a_letter(3, Register.OUTGOING, offices=(office.node.office,), files=(file,)),
        )
        (sent,) = events_of(area, "letter.sent")
        carry(sent, office.node)
        area.close()
        with browsing(office, "somsri") as clerk:
            clerk.open("/")
            assert "สพป. เขต ๑" in clerk.text
            clerk.open("/arrivals")
            (address, *_) = re.findall(
                r'href="(/registers/incoming/new\?arrival=[^"]+)"', clerk.text
            )
            clerk.open(f"/arrivals/{address.partition('=')[2]}")
            assert "คำสั่ง.pdf" in clerk.text
            assert "ยังมาไม่ถึงเครื่องนี้" in clerk.text

            clerk.open(address)
            fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', clerk.text))
            assert fields["sender"] == sent.body.sender  # type: ignore[union-attr]
            subject = sent.body.subject  # type: ignore[union-attr]
            assert f"{subject}</textarea>" in clerk.text
            wanted = {name: fields[name] for name in ("form", "arrival", "letter_no", "sender")}
            clerk.send("/registers/incoming/new", {**wanted, "subject": subject})

            assert clerk.shown.url.path == "/arrivals"
            assert 'class="card issued"' in clerk.text
            assert "ไม่มีหนังสือเข้าค้าง" in clerk.text
            (receipt,) = events_of(office.node, "receipt.given")
            assert receipt.body.source == sent.source  # type: ignore[union-attr]
            (event,) = events_of(office.node, "letter.registered")
            assert [ref.name for ref in event.body.files] == ["คำสั่ง.pdf"]  # type: ignore[union-attr]
            assert clerk.open(address).status_code == 404
            assert clerk.open(f"/arrivals/{wanted['arrival']}").url.path.startswith("/letters/")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("7/6/2569", "2026-06-07"),
        ("๗/๖/๒๕๖๙", "2026-06-07"),
        ("7 มิ.ย. 69", "2026-06-07"),
        ("๗ มิถุนายน ๒๕๖๙", "2026-06-07"),
        ("7 มิถุนายน พ.ศ. 2569", "2026-06-07"),
        ("7-6-69", "2026-06-07"),
        ("7.6.2026", "2026-06-07"),
        ("2026-06-07", "2026-06-07"),
        ("7 June 2026", "2026-06-07"),
        ("7 jun 69", "2026-06-07"),
        ("29/2/2567", "2024-02-29"),
    ],
)
def test_a_date_is_read_however_it_is_written(typed: str, meant: str) -> None:
    assert parse_day(typed).isoformat() == meant
