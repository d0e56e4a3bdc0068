"""An administrator of the centre at work: numbers for those who ask, twins, a restored centre.

Without scripts and with the keyboard alone where that is said; the district test has a real node at
the other end of the line.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from saraban_base.clock import SystemClock
from saraban_central import directory, enrolment, people
from saraban_central.centre import Centre, make_centre
from saraban_central.config import CentralConfig
from saraban_node.app import build_app
from saraban_node.line import enrolment as joining
from saraban_node.line.syncer import Syncer
from saraban_node.people import ADMINISTRATOR, CLERK
from saraban_sync.registers import buddhist_year
from saraban_sync.thai import thai_digits
from tests.browser.chrome import complaints, log_in, new_page
from tests.browser.filled_centre import OUT, a_centre_with_numbers, ask, twins_appear
from tests.offices import HandClock
from tests.served_centre import serving as serving_centre
from tests.web_centre import WebCentre
from tests.web_office import CHEAP, PASSWORD, WebOffice, add, serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCentre]:
    with a_centre_with_numbers(tmp_path_factory.mktemp("centre")) as made:
        yield made


@pytest.fixture
def admin(browser: Browser, web: WebCentre) -> Iterator[Page]:
    """The administrator, in a window without scripts."""
    page = new_page(browser, java_script_enabled=False)
    log_in(page, web.address, "pornthip", PASSWORD)
    yield page
    page.context.close()


def request_of(page: Page, words: str) -> Locator:
    return page.locator("section[aria-labelledby=requests] li", has_text=words)


def test_a_request_is_granted_where_it_stands(web: WebCentre, admin: Page) -> None:
    admin.get_by_role("link", name="เลขทะเบียน", exact=True).click()
    asked = request_of(admin, "ขอ ๙,๐๐๐ เลข")
    expect(asked).to_contain_text("มากกว่าที่ระบบให้เองได้")

    asked.get_by_label("จำนวนเลข").fill("สามร้อย")
    asked.get_by_role("button", name="ให้ช่วงเลข").click()
    expect(asked.locator(".problem")).to_contain_text("ต้องเป็นตัวเลข")
    asked.get_by_label("จำนวนเลข").fill("๓๐๐")
    asked.get_by_role("button", name="ให้ช่วงเลข").click()

    expect(admin.get_by_text("ให้ช่วงเลขแล้ว เครื่องจะได้รับ")).to_be_visible()
    expect(asked).to_have_count(0)
    expect(admin.locator("table")).to_contain_text("๒๑–๓๒๐")
    expect(admin.get_by_text("รอเครื่องมารับ")).to_be_visible()


def test_a_request_is_declined_with_its_reason(web: WebCentre, admin: Page) -> None:
    ask(web, OUT, 8_000)
    admin.goto(f"{web.address}/ranges")
    asked = request_of(admin, "ขอ ๘,๐๐๐ เลข")
    asked.get_by_text("ไม่ให้เลข").first.click()
    asked.get_by_label("เหตุผลที่ไม่ให้").fill("ปิดภาคเรียนแล้ว")
    asked.get_by_role("button", name="ยืนยันไม่ให้เลข").click()

    admin.get_by_text("คำขอที่ตอบแล้ว").click()
    expect(admin.get_by_text("ปิดภาคเรียนแล้ว")).to_be_visible()
    expect(admin.get_by_text("นางสาวพรทิพย์ ใจมั่น").last).to_be_visible()


def test_the_life_of_a_number_and_the_proof_are_reached_with_the_keyboard(
    browser: Browser, web: WebCentre
) -> None:
    page = new_page(browser)
    log_in(page, web.address, "wichai", PASSWORD)
    page.goto(f"{web.address}/numbers")
    keys = page.keyboard
    keys.type("ส่งที่ ๑/๒๕๖๙")
    keys.press("Enter")
    page.wait_for_url("**/numbers?q=*")
    expect(page.get_by_text("เลขนี้มีหลายที่")).to_be_visible()
    for _ in range(8):
        keys.press("j")
        if page.locator("a:focus", has_text="ขออนุญาตเดินทาง").count():
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    keys.press("Enter")
    page.wait_for_url("**/numbers/doi/outgoing/2569/1")
    expect(page.get_by_text("ลงทะเบียนหลังวันที่จองเลข").first).to_be_visible()
    expect(page.get_by_text("ลายมือชื่อของเครื่อง doi ถูกต้อง").first).to_be_visible()

    page.goto(f"{web.address}/proof?office=doi")
    expect(page.get_by_role("heading", name="ครบถ้วน อธิบายได้ทุกเลข")).to_be_visible()
    keys.press("j")
    keys.press("Enter")
    page.wait_for_url("**/numbers/doi/**")
    assert complaints(page) == []
    page.context.close()


def test_of_two_machines_one_is_chosen_and_the_other_gets_a_fork_code(
    web: WebCentre, admin: Page
) -> None:
    twins_appear(web)
    admin.goto(web.address)
    admin.get_by_role("link", name="ดูขั้นตอน").click()
    admin.get_by_role("link", name="nam").click()
    expect(admin.get_by_text("แสดงว่ามีสำเนาของข้อมูลชุดนี้อยู่สองแห่ง")).to_be_visible()
    expect(admin.get_by_role("button", name="เครื่องนี้เลิกใช้แล้ว").first).to_be_hidden()

    admin.get_by_role("radio", name="3F8A-07C2").check()
    admin.get_by_role("button", name="ให้เครื่องนี้ใช้ชื่อเดิมต่อ").click()
    expect(admin.get_by_text("เลือกเครื่อง 3F8A-07C2 แล้ว โดย นางสาวพรทิพย์ ใจมั่น")).to_be_visible()
    admin.get_by_role("button", name="ออกรหัสแยกเครื่อง B41D-9E60").click()

    assert len(admin.locator(".secret").inner_text()) == len("abcd-efgh-ijkl-mnop")
    expect(admin.get_by_text("แยกไปใช้ชื่อ nam-2")).to_be_visible()
    expect(admin.get_by_text("แสดงครั้งเดียว ใช้ได้ครั้งเดียว")).to_be_visible()


def test_a_restored_centre_waits_and_a_series_is_reopened_with_a_guard(
    web: WebCentre, admin: Page
) -> None:
    admin.get_by_role("link", name="กู้คืนส่วนกลาง").click()
    admin.get_by_label("ใช่ นำชุดสำรองของส่วนกลางกลับมาใช้แล้ว").check()
    admin.get_by_role("button", name="แจ้งว่าส่วนกลางถูกกู้คืน").click()
    school = admin.locator("li.card section", has_text="โรงเรียนบ้านดอย")
    expect(school).to_contain_text("รอเครื่อง doi")

    school.get_by_text("เครื่องจะไม่กลับมา").click()
    school.get_by_label("เว้นเลขเผื่อ").fill("สองร้อย")
    school.get_by_role("button", name="เปิดให้เลขอีกครั้ง").click()
    expect(school.locator(".problem")).to_contain_text("ต้องเป็นตัวเลข")
    school.get_by_label("เว้นเลขเผื่อ").fill("๒๐๐")
    school.get_by_role("button", name="เปิดให้เลขอีกครั้ง").click()

    expect(admin.get_by_text("เปิดให้เลขอีกครั้งแล้ว โดยเว้นเลขไว้")).to_be_visible()


def _granting_centre(folder: Path, clock: HandClock) -> Centre:
    """A centre with one office, at which every request waits for its administrator."""
    centre = make_centre(folder, CentralConfig(port=0, auto_grant=False), clock=clock)
    directory.add_office(centre, "ban-doi", name="โรงเรียนบ้านดอย", prefix="ศธ 04123.45")
    with centre.database.write() as write:
        account, _ = people.add_person(
            write, CHEAP, username="pornthip", name="นางสาวพรทิพย์ ใจมั่น", role=people.ADMIN
        )
        write.cursor.execute(
            "UPDATE credential SET hash = ?, one_time = 0, expires_ms = NULL WHERE person = ?",
            (CHEAP.hash(PASSWORD), account.person),
        )
    return centre


def _asks_by_the_line(clerk: Page) -> None:
    clerk.get_by_role("link", name="ขอช่วงเลขทางโทรศัพท์หรือด้วยแฟ้ม").click()
    wish = clerk.locator("section[aria-labelledby=ask]")
    wish.get_by_label("ทะเบียน").select_option(label="ทะเบียนหนังสือรับ")
    wish.get_by_label("จำนวนเลข").fill("๑๒๐")
    wish.get_by_role("button", name="ขอช่วงเลข").click()
    expect(clerk.get_by_text("ขอ ๑๒๐ เลข รอส่ง")).to_be_visible()


def _grants_the_request(admin: Page) -> None:
    for _ in range(50):
        if request_of(admin, "ขอ ๑๒๐ เลข").count():
            break
        admin.wait_for_timeout(100)
        admin.reload()
    request_of(admin, "ขอ ๑๒๐ เลข").get_by_role("button", name="ให้ช่วงเลข").click()
    expect(admin.get_by_text("ให้ช่วงเลขแล้ว")).to_be_visible()


def _reads_a_range_out(admin: Page) -> str:
    grant = admin.locator("section[aria-labelledby=grant]")
    grant.get_by_label("ทะเบียน").select_option(label="ทะเบียนคำสั่ง")
    grant.get_by_label("จำนวนเลข").fill("50")
    grant.get_by_label("บอกเลขอย่างไร").select_option(label="อ่านรหัสทางโทรศัพท์เดี๋ยวนี้")
    grant.get_by_role("button", name="ให้ช่วงเลข").click()
    return admin.locator(".secret").inner_text()


def _types_it_in(clerk: Page, told: str, year: str) -> None:
    clerk.get_by_role("link", name="ช่วงเลขและการขอเพิ่ม").click()
    clerk.get_by_label("รหัสนี้สำหรับ").select_option(label=f"ทะเบียนคำสั่ง {year}")
    clerk.get_by_label("รหัส ๒๐ หลัก").fill(told)
    clerk.get_by_role("button", name="รับช่วงเลข", exact=True).click()
    expect(clerk.get_by_text("รับช่วงเลข ๑–๕๐ แล้ว")).to_be_visible()


def test_an_office_asks_the_centre_grants_and_reads_out_and_the_office_numbers(
    browser: Browser, tmp_path: Path
) -> None:
    """One request by the line and one range by telephone, on the pages of both ends."""
    clock = HandClock(SystemClock().now())
    centre = _granting_centre(tmp_path / "centre", clock)
    year = thai_digits(str(buddhist_year(clock.now())))
    with serving_centre(centre) as pages:
        code = enrolment.make_code(centre, "ban-doi").code
        node = joining.join(tmp_path / "node", url=pages, code=code, clock=clock)
        syncer = Syncer(node)
        app = build_app(node, syncer, passwords=CHEAP)
        with serving(app) as address:
            add(WebOffice(node, app, clock, address), "mali", "นางมาลี", CLERK, ADMINISTRATOR)
            syncer.run_cycle()
            clerk, admin = new_page(browser), new_page(browser)
            log_in(clerk, address, "mali", PASSWORD)
            log_in(admin, pages, "pornthip", PASSWORD)

            clerk.goto(f"{address}/registers/incoming/new")
            _asks_by_the_line(clerk)
            syncer.run_cycle()
            admin.goto(f"{pages}/ranges")
            _grants_the_request(admin)
            syncer.run_cycle()
            clerk.goto(f"{address}/registers/incoming/new")
            clerk.get_by_label("เรื่อง").fill("ฉบับแรกหลังได้เลข")
            clerk.keyboard.press("Control+Enter")
            expect(clerk.locator(".issued .number")).to_have_text("๑")

            told = _reads_a_range_out(admin)
            clerk.goto(f"{address}/status")
            _types_it_in(clerk, told, year)
            assert complaints(clerk) == complaints(admin) == []
            clerk.context.close()
            admin.context.close()
        node.close()
    centre.close()
