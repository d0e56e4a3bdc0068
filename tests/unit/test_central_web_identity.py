"""The pages that lead an administrator through twins, and through a restored centre."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_central.identity import generation, twins
from saraban_central.records import NODES
from saraban_sync.events import EntryNoted
from saraban_sync.registers import Register
from tests.central_district import YEAR
from tests.played_machine import HASH, Machine, a_machine
from tests.web_centre import WebCentre, a_web_centre, browsing
from tests.web_office import Browser


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebCentre]:
    with a_web_centre(tmp_path) as made:
        yield made


@pytest.fixture
def admin(web: WebCentre) -> Iterator[Browser]:
    with browsing(web, "pornthip") as browser:
        yield browser


def _twins(web: WebCentre) -> tuple[Machine, Machine]:
    school = a_machine(web.district, "doi")
    copy = school.copy()
    school.come()
    copy.come()
    return school, copy


def test_without_twins_the_page_says_so(admin: Browser) -> None:
    admin.open("/twins")

    assert "ทุกชื่อมีเครื่องเดียว" in admin.text
    assert "พบเครื่องซ้ำ" not in admin.open("/").text


def test_twins_are_shown_on_every_page_until_they_are_settled(
    web: WebCentre, admin: Browser
) -> None:
    school, _ = _twins(web)

    for path in ("/", "/offices", "/settings"):
        text = admin.open(path).text
        assert "พบเครื่องซ้ำ ๑ ชื่อ" in text, path
        assert 'href="/twins"' in text, path
    twins.keep(web.centre, "doi", HASH, by="pornthip")
    twins.gone(web.centre, "doi", "B41D-9E60")
    school.ask()
    assert "พบเครื่องซ้ำ" not in admin.open("/").text


def test_an_administrator_is_led_through_it(web: WebCentre, admin: Browser) -> None:
    school, _ = _twins(web)
    admin.open("/twins")
    assert 'href="/twins/doi"' in admin.shown.text
    admin.open("/twins/doi")
    assert "3F8A-07C2" in admin.text
    assert "B41D-9E60" in admin.text
    assert "สองแห่ง" in admin.text

    admin.send("/twins/doi/keep", {"machine": "3F8A-07C2"})
    assert admin.shown.url.path == "/twins/doi"
    assert "เลือกเครื่อง 3F8A-07C2 แล้ว โดย นางสาวพรทิพย์ ใจมั่น" in admin.text
    assert "ตัวตนของเครื่อง" in admin.text

    admin.send("/twins/doi/fork", {"machine": "B41D-9E60"})
    code = re.search(r'class="secret"[^>]*>([^<]+)<', admin.shown.text)
    assert code is not None
    assert len(code[1]) == 19
    assert "แยกไปใช้ชื่อ doi-2" in admin.text

    school.ask()
    admin.open("/twins/doi")
    assert "ออกเลขต่อได้แล้ว" in admin.text
    admin.send("/twins/doi/gone", {"machine": "B41D-9E60"})
    assert admin.shown.url.path == "/twins"
    assert "เรื่องที่เสร็จแล้ว" in admin.text


def test_a_place_for_the_other_machine_is_found_after_the_choice(
    web: WebCentre, admin: Browser
) -> None:
    """Declaring the wrong one gone cannot be taken back, so it is folded away until then."""
    _twins(web)
    before = admin.open("/twins/doi").text
    assert "เลือกเครื่องที่ใช้ชื่อเดิมในขั้นก่อนหน้าก่อน" in before
    assert before.index("จำเป็นต้องจัดการก่อนเลือก") < before.index('action="/twins/doi/gone"')

    admin.send("/twins/doi/keep", {"machine": "3F8A-07C2"})

    after = admin.shown.text
    assert "จำเป็นต้องจัดการก่อนเลือก" not in after
    assert after.index("เลือกเครื่องอื่นแทน") < after.index('action="/twins/doi/keep"')


def test_a_choice_that_cannot_be_is_explained(web: WebCentre, admin: Browser) -> None:
    school, copy = _twins(web)
    school.office.write(EntryNoted(entry="x", action="ที่นี่"))
    school.send()
    copy.office.write(EntryNoted(entry="x", action="ที่อื่น"))
    copy.come()
    admin.open("/twins/doi")
    assert "เลือกไม่ได้" in admin.text

    answer = admin.send("/twins/doi/keep", {"machine": "B41D-9E60"})
    assert answer.status_code == 409
    assert "SRB-262" in admin.text
    for act in ("keep", "gone", "fork"):
        answer = admin.send(f"/twins/doi/{act}", {"machine": "FFFF-FFFF"})
        assert answer.status_code == 404, act
        assert "SRB-261" in admin.text
    assert admin.client.get("/twins/nowhere").status_code == 404


def test_a_centre_that_was_never_restored_says_so_and_offers_to_say_it(
    web: WebCentre, admin: Browser
) -> None:
    web.district.office("doi", "โรงเรียนบ้านดอย")
    admin.open("/generation")
    assert "ไม่เคยถูกกู้คืน" in admin.text

    admin.send("/generation", {})
    assert web.centre.identity.generation == 1
    admin.send("/generation", {"sure": "yes"})

    assert web.centre.identity.generation == 2
    assert "ผู้ดูแลระบบแจ้งว่ากู้คืนจากชุดสำรอง" in admin.text
    assert "pornthip" in admin.text
    assert "รอเครื่อง doi" in admin.text
    assert "ยังให้เลขไม่ได้ ๑ หน่วยงาน" in admin.open("/").text


def test_a_series_is_reopened_from_the_page(web: WebCentre, admin: Browser) -> None:
    web.district.office("doi", "โรงเรียนบ้านดอย")
    generation.restored(web.centre, by="cli:root")
    admin.open("/generation")
    fields = {"register": "incoming", "year": str(YEAR), "guard": "๒๐๐"}

    answer = admin.send("/generation/doi", fields | {"guard": "มาก"})
    assert answer.status_code == 422
    answer = admin.send("/generation/doi", fields | {"guard": "-5"})
    assert answer.status_code == 422
    assert "SRB-265" in admin.text
    admin.send("/generation/doi", fields)

    assert admin.shown.url.path == "/generation"
    assert "เปิดให้เลขอีกครั้งแล้ว" in admin.text
    (made,) = generation.barred(web.centre, "doi", Register.INCOMING, YEAR)
    assert made.last - made.first == 199


def test_what_was_missing_is_listed_until_it_has_come_back(web: WebCentre, admin: Browser) -> None:
    school = a_machine(web.district, "doi")
    school.held = "0001-0000000009"
    school.come()

    admin.open("/generation")

    assert "0001-0000000009" in admin.text
    assert "กำลังส่งกลับ" in admin.text
    assert web.centre.store.record(NODES, "doi") is not None


def test_a_node_that_was_forgotten_is_called_back_from_the_page(
    web: WebCentre, admin: Browser
) -> None:
    school = a_machine(web.district, "doi")
    assert school.come(colleagues=["doi-2"]) == "ok"

    admin.open("/generation")
    assert "doi-2 ลงทะเบียนหลังการสำรอง" in admin.text
    assert "ลืมว่าเคยลงทะเบียน" in admin.text
    admin.send("/offices/doi/codes", {"node": "doi-2"})

    assert "doi-2" in admin.text
    assert re.search(r'class="secret"[^>]*>([^<]+)<', admin.shown.text)


@pytest.mark.parametrize("language", ["th", "en"])
def test_the_pages_open_in_both_languages_and_need_no_script(web: WebCentre, language: str) -> None:
    _twins(web)
    generation.restored(web.centre, by="cli:root")
    with browsing(web, "pornthip") as browser:
        browser.open("/")
        browser.send("/language", {"language": language, "back": "/"})
        for path in ("/twins", "/twins/doi", "/generation"):
            answer = browser.open(path)
            assert answer.status_code == 200, path
            assert "<h1>" in answer.text, path
            assert "style=" not in answer.text, path
            assert "onclick" not in answer.text, path
            assert "{" not in browser.text.split("<main")[1].split("</main>")[0], path


def test_an_auditor_looks_and_decides_nothing(web: WebCentre) -> None:
    _twins(web)
    with browsing(web, "wichai") as browser:
        for path in ("/twins", "/twins/doi", "/generation"):
            text = browser.open(path).text.split("<main")[1]
            assert 'method="post"' not in text, path
