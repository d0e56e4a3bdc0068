"""What people see at the centre, in both languages, with data and without."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from saraban_central.audit.report import read_report
from saraban_central.people import ADMIN
from saraban_central.records import ALARMS, CONTACTS, Alarm, Contact
from saraban_central.store.interface import Put
from saraban_sync.body import Signed
from saraban_sync.events import EntryVoided
from saraban_sync.registers import Register, instant
from tests.central_district import YEAR
from tests.web_centre import WebCentre, a_web_centre, browsing, fill
from tests.web_office import Browser


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCentre]:
    with a_web_centre(tmp_path_factory.mktemp("busy")) as web:
        fill(web)
        yield web


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[WebCentre]:
    with a_web_centre(tmp_path) as web:
        yield web


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[WebCentre]:
    with a_web_centre(tmp_path) as web:
        fill(web)
        yield web


@pytest.fixture
def admin(busy: WebCentre) -> Iterator[Browser]:
    with browsing(busy, "pornthip") as browser:
        yield browser


def pages(web: WebCentre) -> list[str]:
    first = web.letters[0].id if web.letters else "0001-0000000001"
    entry = web.office("doi").events[5].id if web.letters else ""
    always = [
        "/", "/offices", "/deliveries", "/deliveries?state=all", "/search", "/search?q=ประชุม",
        "/search?q=ไม่มีคำนี้", "/ranges", f"/ranges?year={YEAR + 1}", "/audit", "/people",
        "/settings", "/numbers", "/numbers?q=1", "/proof",
    ]  # fmt: skip
    some = [
        "/offices/doi", "/offices/area", "/offices/huai", "/offices/doi/registers/incoming",
        f"/offices/doi/registers/outgoing?year={YEAR - 1}", f"/deliveries/area/{first}",
        f"/letters/doi/{entry}", "/deliveries?office=doi", "/proof?office=doi",
        "/offices/doi/emergency", f"/letters/doi/{entry}/number",
        f"/numbers/doi/incoming/{YEAR}/1", f"/numbers/doi/outgoing/{YEAR}/900",
        f"/people/{web.people['wichai']}",
    ]  # fmt: skip
    return always + (some if web.letters else [])


@pytest.mark.parametrize("language", ["th", "en"])
def test_every_page_opens_in_both_languages(busy: WebCentre, language: str) -> None:
    busy.add(f"reader-{language}", "นางมาลี งามตา", ADMIN)
    with browsing(busy, f"reader-{language}") as browser:
        browser.open("/")
        browser.send("/language", {"language": language, "back": "/"})
        for path in pages(busy):
            answer = browser.open(path)
            assert answer.status_code == 200, path
            assert f'<html lang="{language}">' in answer.text, path
            assert "<h1>" in answer.text, path
            assert "style=" not in answer.text, path
            assert "onclick" not in answer.text, path
            assert "{" not in browser.text.split("<main")[1].split("</main>")[0], path


def test_an_empty_centre_says_what_to_do_first(empty: WebCentre) -> None:
    with browsing(empty, "pornthip") as browser:
        for path in pages(empty):
            assert browser.open(path).status_code == 200, path
        browser.open("/")
        assert "ยังไม่มีหน่วยงาน เพิ่มหน่วยงานแรก" in browser.text
        browser.open("/audit")
        assert "ยังไม่เคยตรวจสอบ" in browser.text
        assert "/audit/report.json" not in browser.text


def test_the_overview_names_every_office_and_what_is_wrong_with_it(admin: Browser) -> None:
    admin.open("/")

    for name in ("สำนักงานเขตพื้นที่การศึกษา", "โรงเรียนบ้านดอย", "โรงเรียนบ้านปาง", "โรงเรียนบ้านห้วย"):
        assert name in admin.text
    assert "ยังไม่มีเครื่อง" in admin.text
    assert "ค้าง ๑ ฉบับ" in admin.text
    assert "รอรับ ๑ ฉบับ" in admin.text
    assert "ยังไม่เคยสำรอง" in admin.text
    assert "๒๒ พฤศจิกายน ๒๕๖๙" in admin.text


def test_the_worst_office_comes_first(fresh: WebCentre) -> None:
    now = fresh.district.clock.now()
    for node in ("area", "doi", "pang"):
        at = instant(now.replace(day=now.day - (9 if node == "pang" else 0)))
        contact = Contact(
            node=node, at=at, claimed_at=at, offset_ms=0, free_bytes=10**11, program="0.1.0",
            last_event=fresh.office(node).events[-1].id,
            last_hash=fresh.office(node).events[-1].hash,
        )  # fmt: skip
        fresh.centre.store.commit(Put(CONTACTS, node, contact))
    with browsing(fresh, "wichai") as browser:
        browser.open("/")
        places = [browser.text.index(f'data-href="/offices/{c}"') for c in ("pang", "area", "doi")]
        assert places == sorted(places)
        assert "เงียบ ๙ วัน" in browser.text


def test_one_office_shows_what_to_say_on_the_telephone(admin: Browser) -> None:
    admin.open("/offices/doi")

    assert "คำพูดทางโทรศัพท์" in admin.text
    assert "สวัสดี ติดต่อจากส่วนกลาง เรื่องเครื่องสารบรรณของโรงเรียนบ้านดอย" in admin.text
    assert "มีหนังสือเข้าค้างลงทะเบียน ๑ ฉบับ" in admin.text
    assert "แจ้งจัดสรรงบประมาณ" in admin.text
    assert "ทะเบียนหนังสือรับ พ.ศ. ๒๕๖๙" in admin.text
    assert "หนังสือมาถึง" in admin.text


def test_alarms_of_an_office_are_shown_where_its_people_are_rung_up(fresh: WebCentre) -> None:
    alarm = Alarm(
        kind="number-outside-grant", node="doi", event="0001-0000000009",
        at=instant(fresh.district.clock.now()), register="incoming", year=YEAR, number=77,
    )  # fmt: skip
    fresh.centre.store.commit(Put(ALARMS, "doi/0001-0000000009/number-outside-grant", alarm))
    with browsing(fresh, "wichai") as browser:
        browser.open("/offices/doi")
        assert "เลขนอกช่วงที่ให้ไว้" in browser.text
        assert "๗๗/๒๕๖๙" in browser.text


def test_a_register_shows_a_void_number_struck(fresh: WebCentre) -> None:
    doi = fresh.office("doi")
    doi.do(EntryVoided(entry=doi.events[5].id, reason="ลงผิดเล่ม"))
    fresh.show()
    with browsing(fresh, "wichai") as browser:
        browser.open("/offices/doi/registers/incoming")
        assert "<s>๑</s>" in browser.text
        assert "ลงผิดเล่ม" in browser.text
        assert "สำรวจนักเรียนยากจน" in browser.text


def test_a_letter_is_followed_to_its_receivers_and_back(busy: WebCentre, admin: Browser) -> None:
    first = busy.letters[0]
    admin.open("/deliveries")
    assert "ขอเชิญประชุมผู้บริหาร" in admin.text
    assert "๑ จาก ๒" in admin.text
    admin.open(f"/deliveries/area/{first.id}")
    assert "๑/๒๕๖๙" in admin.text
    assert "ลงทะเบียนรับแล้ว" in admin.text
    assert "รอหน่วยงานมารับ" in admin.text
    admin.open(f"/letters/doi/{busy.office('doi').events[5].id}")
    assert "มาทางระบบจาก สำนักงานเขตพื้นที่การศึกษา" in admin.text


def test_a_letter_is_found_in_all_registers_with_its_words_marked(admin: Browser) -> None:
    admin.open("/search?q=ศธ 04001/ว123")
    assert "สำรวจนักเรียนยากจน" in admin.text
    admin.open("/search?q=ยากจน")
    assert "<mark>ยากจน</mark>" in admin.text
    admin.open("/search?q=ยากจน&office=area")
    assert "ไม่พบหนังสือ" in admin.text


def test_an_audit_is_run_shown_and_taken_away(fresh: WebCentre) -> None:
    fresh.office("doi").register(9, subject="ข้ามเลข")
    with browsing(fresh, "wichai") as browser:
        browser.open("/audit")
        browser.send("/audit")
        assert browser.shown.url.path == "/audit"
        assert "ตรวจสอบเสร็จแล้ว" in browser.text
        assert "มีเลข ๖ เลขที่ไม่มีคำอธิบาย" in browser.text
        assert "เลขหนังสือรับ ๓–๘ ปี ๒๕๖๙ ถูกข้ามไปโดยไม่มีบันทึก" in browser.text
        assert "โดย นายวิชัย ตรวจการ" in browser.text

        report = browser.open("/audit/report.json")
        signed = msgspec.json.decode(report.content, type=Signed)
        read = read_report(signed, fresh.centre.key.public)
        assert (read.unexplained_numbers, read.by) == (6, "wichai")
        assert "attachment" in report.headers["content-disposition"]

        table = browser.open("/audit/findings.csv").content.decode("utf-8-sig")
        assert "number-missing" in {row[1] for row in csv.reader(io.StringIO(table))}

        browser.open("/audit?severity=notice")
        assert "ถูกข้ามไปโดยไม่มีบันทึก" not in browser.text
        browser.open("/")
        assert "พบเรื่องร้ายแรง ๑ เรื่อง" in browser.text
        browser.open("/offices/doi")
        assert "ข้อค้นพบจากการตรวจสอบล่าสุด" in browser.text


def test_a_report_that_was_changed_on_the_disk_is_not_shown(fresh: WebCentre) -> None:
    with browsing(fresh, "wichai") as browser:
        browser.open("/audit")
        browser.send("/audit")
        fresh.district.tamper(
            "UPDATE audit_report SET payload = replace(payload, 'wichai', 'nobody')"
        )
        browser.open("/audit")
        assert "ถูกแก้ไขหลังลงลายมือชื่อ" in browser.text
        assert browser.open("/").status_code == 200


def test_there_is_nothing_to_take_away_before_the_first_audit(empty: WebCentre) -> None:
    with browsing(empty, "wichai") as browser:
        answer = browser.open("/audit/report.json")
        assert answer.status_code == 404
        assert "SRB-251" in browser.text


def test_an_office_is_added_gets_a_code_and_a_range(fresh: WebCentre) -> None:
    with browsing(fresh, "pornthip") as browser:
        browser.open("/offices")
        browser.send(
            "/offices", {"code": "mae-salong", "name": "โรงเรียนแม่สลอง", "prefix": "ศธ 04123.7"}
        )
        assert browser.shown.url.path == "/offices/mae-salong"
        assert "เพิ่มหน่วยงานแล้ว" in browser.text
        browser.send("/offices/mae-salong/codes")
        assert "รหัสลงทะเบียนเครื่อง mae-salong ของโรงเรียนแม่สลอง" in browser.text
        assert browser.shown.headers["cache-control"] == "no-store"

        browser.open("/ranges?node=doi")
        browser.send(
            "/ranges",
            {"node": "doi", "register": "incoming", "year": str(YEAR), "size": "๓๐", "first": ""},
        )
        assert "ให้ช่วงเลขแล้ว" in browser.text
        assert "๒๑–๕๐" in browser.text
        assert "รอเครื่องมารับ" in browser.text


@pytest.mark.parametrize(
    ("path", "fields", "code"),
    [
        ("/offices", {"code": "Not OK!", "name": "ก", "prefix": "ข"}, "SRB-106"),
        ("/offices", {"code": "doi", "name": "ก", "prefix": "ข"}, "SRB-211"),
        ("/offices", {"code": "new", "name": " ", "prefix": "ข"}, "SRB-214"),
        ("/ranges", {"node": "doi", "size": "0"}, "SRB-231"),
        ("/ranges", {"node": "doi", "size": "many"}, "SRB-5"),
        ("/ranges", {"node": "nobody", "size": "5"}, "SRB-212"),
        ("/ranges", {"node": "doi", "size": "5", "first": "3"}, "SRB-232"),
        ("/ranges", {"node": "doi", "size": "5", "year": "2599"}, "SRB-230"),
        ("/people", {"username": "x!", "name": "ก", "role": "admin"}, "SRB-5"),
        ("/people", {"username": "wichai", "name": "ก", "role": "admin"}, "SRB-5"),
        ("/people", {"username": "new", "name": "", "role": "admin"}, "SRB-5"),
        ("/people", {"username": "new", "name": "ก", "role": "king"}, "SRB-5"),
        ("/people", {"username": "new", "name": "ก", "role": ""}, "SRB-5"),
    ],
)
def test_a_wrong_entry_is_answered_by_a_sentence_and_keeps_what_was_typed(
    admin: Browser, path: str, fields: dict[str, str], code: str
) -> None:
    admin.open(path)
    answer = admin.send(path, fields)

    assert 400 <= answer.status_code < 500
    assert code in admin.text
    assert 'aria-invalid="true"' in admin.text or "p-role" in admin.text
    typed = fields.get("name") or fields.get("size") or fields.get("node") or ""
    assert typed.strip() in admin.text


@pytest.mark.parametrize(
    "path",
    [
        "/offices/nobody", "/offices/doi/registers/secret", "/letters/doi/0001-0000009999",
        "/deliveries/doi/0001-0000009999", "/people/p-nobody", "/nothing",
    ],
)  # fmt: skip
def test_what_is_not_there_is_answered_by_a_sentence(admin: Browser, path: str) -> None:
    assert admin.open(path).status_code == 404
    assert "SRB-" in admin.text


def test_a_hostile_subject_stays_text(fresh: WebCentre) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    doi = fresh.office("doi")
    entry = doi.register(3, subject=evil, letter_no=evil, sender=evil)
    letter = doi.send(1, "area", subject=evil)
    fresh.show()
    with browsing(fresh, "wichai") as browser:
        for path in (
            "/offices/doi", "/offices/doi/registers/incoming", f"/letters/doi/{entry.id}",
            "/deliveries", f"/deliveries/doi/{letter.id}", "/search?q=<script>",
            "/search?q=alert",
        ):  # fmt: skip
            text = browser.open(path).text
            assert "<script>alert" not in text, path
            assert "<img" not in text, path


def test_nonsense_in_an_address_does_no_harm(admin: Browser) -> None:
    for path in (
        "/offices/doi?before=x&node=../..", "/offices/doi/registers/incoming?year=x&before=-1",
        "/deliveries?skip=99999999999999999999", "/search?q=%00%ff&skip=-4", "/ranges?year=๒๕๖๙",
        "/offices/doi/registers/incoming?year=99999999999&before=9999999999999999",
    ):  # fmt: skip
        assert admin.open(path).status_code == 200, path


def test_registers_of_both_kinds_are_kept_apart(admin: Browser) -> None:
    admin.open(f"/offices/area/registers/{Register.OUTGOING}")
    assert "แจ้งจัดสรรงบประมาณ" in admin.text
    admin.open(f"/offices/area/registers/{Register.INCOMING}")
    assert "แจ้งจัดสรรงบประมาณ" not in admin.text


def test_a_long_timeline_is_paged(fresh: WebCentre) -> None:
    area = fresh.office("area")
    for number in range(3, 40):
        area.register(number, register=Register.OUTGOING, subject=f"ฉบับ {number}")
    fresh.show()
    with browsing(fresh, "wichai") as browser:
        browser.open("/offices/area")
        assert "ฉบับ 39" in browser.text
        assert "ฉบับ 5" not in browser.text
        browser.open("/offices/area?node=area&before=0001-0000000020")
        assert "ฉบับ 5" in browser.text
