"""A clerk's day in a browser: log in, register, read the number, find the letter again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from saraban_base.clock import SystemClock
from saraban_central import directory, enrolment
from saraban_central.centre import make_centre
from saraban_central.config import CentralConfig
from saraban_central.numbering import grants
from saraban_node import people
from saraban_node.app import build_app
from saraban_node.journal import SYSTEM
from saraban_node.line import enrolment as joining
from saraban_node.line.syncer import Syncer
from saraban_sync.registers import buddhist_year
from tests.browser.chrome import PHONE, complaints, log_in, new_page
from tests.offices import BOOKS
from tests.served_centre import serving as serving_centre
from tests.web_office import CHEAP, PASSWORD, WebOffice, a_web_office, browsing, serving

pytestmark = pytest.mark.browser
OWN = "ฝนตกที่ปลายนา ปลาว่าย"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[WebOffice]:
    with a_web_office(tmp_path) as office:
        yield office


def stamp(page: Page) -> str:
    return page.locator(".issued .stamp-number .number").inner_text()


def test_a_new_clerk_registers_the_first_letter_and_finds_it_again(
    browser: Browser, empty: WebOffice
) -> None:
    with browsing(empty, "prasert") as administrator:
        administrator.open("/people")
        administrator.send("/people", {"username": "new", "name": "คนใหม่", "roles": "clerk"})
        (first,) = re.findall(r'class="secret"[^>]*>([^<]+)<', administrator.text)
    page = new_page(browser)
    log_in(page, empty.address, "new", first)

    page.get_by_label("รหัสผ่านปัจจุบัน").fill(first)
    page.get_by_label("รหัสผ่านใหม่", exact=False).nth(0).fill(OWN)
    page.get_by_label("รหัสผ่านใหม่อีกครั้ง").fill(OWN)
    page.get_by_role("button", name="ใช้รหัสผ่านนี้").click()
    page.get_by_role("link", name="ลงทะเบียนรับ").first.click()
    page.get_by_label("ที่", exact=True).fill("ศธ 04123/ว 45")
    page.get_by_label("ลงวันที่").fill("๗ มิ.ย. ๖๙")
    page.get_by_label("จาก", exact=True).fill("สพป. เชียงใหม่ เขต ๒")
    page.get_by_label("เรื่อง").fill("ขอเชิญประชุมผู้บริหารสถานศึกษา")
    page.get_by_role("button", name="ออกเลขรับ").click()

    assert stamp(page) == "๑"
    page.get_by_role("searchbox").fill("ผู้บริหาร")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("mark")).to_have_text("ผู้บริหาร")
    page.get_by_role("link", name="ขอเชิญประชุม").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ทะเบียนหนังสือรับ ๑/๒๕๖๙")
    assert complaints(page) == []
    page.context.close()


def test_the_number_can_be_read_from_two_metres_and_the_next_letter_typed_at_once(
    browser: Browser, empty: WebOffice
) -> None:
    """A letter 12 mm high is read from two metres with ease; 96 pixels are 25.4 mm."""
    for size in ({"width": 1366, "height": 768}, PHONE):
        page = new_page(browser, viewport=size)
        log_in(page, empty.address, "somsri", PASSWORD)
        page.goto(f"{empty.address}/registers/incoming/new")
        page.get_by_label("เรื่อง").fill(f"จอกว้าง {size['width']}")
        page.keyboard.press("Control+Enter")
        number = page.locator(".issued .stamp-number .number")
        number.wait_for()

        assert float(number.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) >= 70
        expect(number).to_be_in_viewport()
        focused = page.evaluate("document.activeElement.name")
        assert focused == "letter_no"
        expect(page.locator("[name=letter_no]")).to_be_in_viewport()
        page.context.close()


def test_the_whole_day_needs_no_mouse(browser: Browser, empty: WebOffice) -> None:
    page = new_page(browser)
    page.goto(f"{empty.address}/login")
    keys = page.keyboard
    keys.type("somsri")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    page.wait_for_selector(".rail")
    for n in (1, 2):
        keys.press("n")
        page.wait_for_url("**/registers/incoming/new")
        keys.type(f"ที่ {n}")
        for _ in range(4):
            keys.press("Tab")
        keys.type(f"เรื่องที่พิมพ์ด้วยแป้น {n}")
        keys.press("Control+Enter")
        page.wait_for_selector(".issued")
        assert stamp(page) == "๑๒"[n - 1]
        keys.press("Escape")
    keys.press("/")
    keys.type("พิมพ์ด้วยแป้น")
    keys.press("Enter")
    page.wait_for_selector("mark")
    keys.press("j")
    keys.press("j")
    keys.press("Enter")
    page.wait_for_url("**/letters/**")
    expect(page.locator("h2").first).to_have_text("เรื่องที่พิมพ์ด้วยแป้น 1")
    keys.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    keys.press("Escape")
    keys.press("s")
    page.wait_for_url("**/registers/outgoing/new")
    assert complaints(page) == []
    page.context.close()


def test_the_first_key_pressed_on_a_page_is_not_lost(browser: Browser, empty: WebOffice) -> None:
    page = new_page(browser)
    log_in(page, empty.address, "somsri", PASSWORD)
    page.add_init_script(
        "addEventListener('DOMContentLoaded',"
        " () => { window.typed_into = document.activeElement.name })"
    )
    for path, name in (("/reserved", "purpose"), ("/search", "q"), ("/numbers", "q")):
        page.goto(f"{empty.address}{path}")
        assert page.evaluate("typed_into") == name
    page.context.close()


def test_a_thai_keyboard_has_the_same_keys(browser: Browser, empty: WebOffice) -> None:
    page = new_page(browser)
    log_in(page, empty.address, "somsri", PASSWORD)

    page.dispatch_event("body", "keydown", {"key": "ื"})

    page.wait_for_url("**/registers/incoming/new")
    page.context.close()


def test_everything_works_without_javascript(browser: Browser, empty: WebOffice) -> None:
    page = new_page(browser, java_script_enabled=False)
    log_in(page, empty.address, "somsri", PASSWORD)
    page.get_by_role("link", name="ลงทะเบียนรับ").first.click()
    page.get_by_label("เรื่อง").fill("ไม่มีสคริปต์")
    page.locator("#f-files").set_input_files(
        {"name": "ก.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 x"}
    )
    page.get_by_role("button", name="ออกเลขรับ").click()
    assert stamp(page) == "๑"
    page.get_by_role("link", name="เปิดหนังสือ").click()
    expect(page.get_by_text("ก.pdf").first).to_be_visible()
    page.get_by_role("textbox", name="การปฏิบัติ").fill("มอบครูประจำชั้น")
    page.get_by_role("button", name="บันทึก", exact=True).click()
    page.get_by_text("ยกเลิกเลขนี้").click()
    page.get_by_label("เหตุผลที่ยกเลิก").fill("ทดลอง")
    page.get_by_role("button", name="ยืนยันยกเลิกเลข").click()
    expect(page.get_by_text("เลขนี้ถูกยกเลิก: ทดลอง")).to_be_visible()
    page.get_by_role("searchbox").fill("สคริปต์")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("mark")).to_have_text("สคริปต์")
    page.locator("details.menu summary").first.click()
    page.get_by_role("button", name="ออกจากระบบ").click()
    expect(page.get_by_text("ออกจากระบบแล้ว")).to_be_visible()
    page.context.close()


def test_a_double_click_takes_one_number(browser: Browser, empty: WebOffice) -> None:
    page = new_page(browser, java_script_enabled=False)
    log_in(page, empty.address, "somsri", PASSWORD)
    page.goto(f"{empty.address}/registers/incoming/new")
    page.get_by_label("เรื่อง").fill("ใจร้อน")

    page.get_by_role("button", name="ออกเลขรับ").dblclick()

    page.wait_for_selector(".issued")
    page.reload()
    assert stamp(page) == "๑"
    assert len(empty.entries()) == 1
    page.context.close()


def test_what_was_typed_survives_a_crash_of_the_browser(browser: Browser, empty: WebOffice) -> None:
    page = new_page(browser)
    log_in(page, empty.address, "somsri", PASSWORD)
    page.goto(f"{empty.address}/registers/incoming/new")
    page.get_by_label("เรื่อง").fill("ไฟดับกลางคัน")
    page.get_by_text("เก็บแบบร่างแล้ว").wait_for()
    page.context.close()

    again = new_page(browser)
    log_in(again, empty.address, "somsri", PASSWORD)
    expect(again.get_by_role("link", name="ไฟดับกลางคัน")).to_be_visible()
    again.get_by_role("link", name="ทำต่อ").click()
    expect(again.get_by_label("เรื่อง")).to_have_value("ไฟดับกลางคัน")
    again.context.close()


def test_the_number_is_copied_with_one_key(browser: Browser, empty: WebOffice) -> None:
    page = new_page(browser, permissions=["clipboard-read", "clipboard-write"])
    log_in(page, empty.address, "somsri", PASSWORD)
    page.goto(f"{empty.address}/registers/outgoing/new")
    page.get_by_label("เรื่อง").fill("ส่งรายงาน")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".issued")
    page.keyboard.press("Escape")

    page.keyboard.press("c")

    page.get_by_text("คัดลอกแล้ว").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "ศธ ๐๔๑๒๓.๔๕/๑"
    page.context.close()


def test_going_back_keeps_the_filters_and_the_place(clerk: Page, office: WebOffice) -> None:
    clerk.goto(f"{office.address}/registers/incoming?text=รายงาน")
    before = clerk.locator("td.headline").all_inner_texts()
    clerk.locator("td.subject a").nth(2).click()
    clerk.wait_for_url("**/letters/**")

    clerk.go_back()

    assert clerk.locator("td.headline").all_inner_texts() == before
    expect(clerk.get_by_label("คำในทะเบียน")).to_have_value("รายงาน")


@pytest.mark.parametrize(
    "attack",
    [
        "<script>window.__xss=1</script>",
        "\"><img src=x onerror='window.__xss=1'>",
        "'-window.__xss=1-'",
        "javascript:window.__xss=1",
        "</textarea><svg/onload=window.__xss=1>",
        "{{constructor.constructor('window.__xss=1')()}}",
    ],
)
def test_no_text_of_a_letter_becomes_a_script(
    browser: Browser, empty: WebOffice, attack: str
) -> None:
    with browsing(empty, "somsri") as clerk:
        clerk.register(
            subject=attack, sender=attack, recipient=attack, letter_no=attack, action=attack
        )
    page = new_page(browser)
    log_in(page, empty.address, "somsri", PASSWORD)
    for path in (
        "/",
        "/registers/incoming",
        "/registers/incoming/print",
        "/registers/incoming/new",
    ):
        page.goto(empty.address + path)
        assert page.evaluate("window.__xss") is None
    page.goto(f"{empty.address}/search")
    page.get_by_role("searchbox").first.fill(attack[:190])
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    assert page.evaluate("window.__xss") is None
    page.context.close()


def test_a_letter_is_seen_to_reach_the_centre(browser: Browser, tmp_path: Path) -> None:
    """With no line the letter waits and says so; with the line back it says when it arrived."""
    centre = make_centre(tmp_path / "centre", CentralConfig(port=0), clock=SystemClock())
    directory.add_office(centre, "school-a", name="โรงเรียนบ้านดอย", prefix="ศธ 04123.45")
    with serving_centre(centre) as centre_address:
        code = enrolment.make_code(centre, "school-a").code
        node = joining.join(tmp_path / "node", url=centre_address, code=code)
        year = buddhist_year(node.clock.now())
        for register in BOOKS:
            grants.grant(centre, node.node, register, year, size=100)
        with node.db.write() as write:
            _, first = people.add_person(
                write, node.journal, CHEAP, username="somsri", name="สมศรี ใจดี",
                roles=frozenset({"clerk"}), actor=SYSTEM,
            )  # fmt: skip
        syncer = Syncer(node)
        syncer.run_cycle()
        app = build_app(node, syncer, passwords=CHEAP)
        with serving(app) as address:
            page = new_page(browser)
            log_in(page, address, "somsri", first)
            page.get_by_label("รหัสผ่านปัจจุบัน").fill(first)
            page.get_by_label("รหัสผ่านใหม่", exact=False).nth(0).fill(OWN)
            page.get_by_label("รหัสผ่านใหม่อีกครั้ง").fill(OWN)
            page.get_by_role("button", name="ใช้รหัสผ่านนี้").click()
            page.goto(f"{address}/registers/incoming/new")
            page.get_by_label("เรื่อง").fill("ไปให้ถึงส่วนกลาง")
            page.keyboard.press("Control+Enter")
            page.get_by_role("link", name="เปิดหนังสือ").click()
            expect(page.get_by_text("ยังอยู่เฉพาะในเครื่องนี้")).to_be_visible()
            letter = page.url

            syncer.start()
            page.goto(f"{address}/line")
            page.get_by_role("button", name="ลองเชื่อมต่อเดี๋ยวนี้").click()
            page.wait_for_url("**/line?said=*")
            page.goto(letter)

            expect(page.get_by_text("ทะเบียนรายการนี้ถึงส่วนกลางแล้ว")).to_be_visible()
            page.goto(f"{address}/line")
            expect(page.get_by_text("ส่วนกลางมีทะเบียนครบทุกรายการแล้ว")).to_be_visible()
            assert complaints(page) == []
            page.context.close()
            syncer.stop()
        node.close()
    centre.close()
