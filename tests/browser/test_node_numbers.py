"""Numbers in a real browser: kept and finished, in an emergency, after a restore, with a bad clock.

Everything is done without scripts, as on the oldest machine of the oldest school.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from saraban_node import meta
from saraban_node.numbering import emergency
from saraban_sync.ids import PersonId
from saraban_sync.registers import Register
from tests.browser.chrome import AXE, complaints, log_in, looks, new_page
from tests.offices import YEAR, Numbers, a_letter, grant, register
from tests.web_office import PASSWORD, WebOffice, a_web_office

pytestmark = pytest.mark.browser
FEW = (Numbers(Register.INCOMING, YEAR, 2), Numbers(Register.OUTGOING, YEAR, 100))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    """An office whose incoming numbers are used up."""
    with a_web_office(tmp_path, ranges=FEW) as made:
        for n in range(2):
            register(made.node, a_letter(n), actor=PersonId(made.people["somsri"]))
        yield made


def visitor(browser: Browser, office: WebOffice, username: str, **options: object) -> Page:
    """Log somebody in, in a window without scripts unless the options say otherwise."""
    page = new_page(browser, **{"java_script_enabled": False, **options})
    log_in(page, office.address, username, PASSWORD)
    return page


def stop(office: WebOffice, why: str) -> None:
    with office.node.db.write() as write:
        meta.put(write, meta.FENCED, "")  # a weightier reason would stay
        meta.fence(write, why)
        meta.put(write, meta.MACHINE_HERE, "3f8a07c2" + "0" * 56)
        meta.put(write, meta.MACHINE, "91bb20fe" + "0" * 56)


def test_a_number_is_kept_finished_two_days_later_and_both_times_are_seen(
    browser: Browser, office: WebOffice
) -> None:
    page = visitor(browser, office, "somsri")
    page.goto(f"{office.address}/registers/outgoing")
    page.get_by_role("link", name="จองเลข").last.click()
    page.get_by_label("ผู้ขอเลข").fill("ครูวิไล")
    page.get_by_label("เรื่อง").fill("ขอวิทยากร")
    page.get_by_label("ใช้ได้ถึงวันที่").fill("๓๐ พ.ย. ๖๙")
    page.get_by_role("button", name="จองเลข · โรงเรียนบ้านดอย").click()
    expect(page.locator(".issued .number")).to_have_text("๑")

    office.clock.forward(days=2)
    log_in(page, office.address, "somsri", PASSWORD)
    expect(page.get_by_text("เหลือ ๖ วัน")).to_be_visible()
    page.get_by_role("link", name="ออกหนังสือ").click()
    page.get_by_label("ถึง", exact=True).fill("โรงพยาบาลเชียงดาว")
    page.get_by_role("button", name="ออกหนังสือเลข ๑/๒๕๖๙ ของวันที่ ๒๒ พฤศจิกายน ๒๕๖๙").click()

    stamp = page.locator(".issued .stamp")
    expect(stamp).to_contain_text("๒๒ พฤศจิกายน ๒๕๖๙")
    expect(stamp).to_contain_text("๒๔ พ.ย. ๖๙ ๐๙.๐๐ น.")
    page.get_by_role("link", name="ทะเบียนส่ง").click()
    expect(page.locator("tr.day")).to_have_text("๒๒ พฤศจิกายน ๒๕๖๙")
    expect(page.locator(".note.late")).to_have_text("ลงทะเบียนจริง ๒๔ พ.ย. ๖๙ ๐๙.๐๐ น.")
    page.context.close()


def test_an_emergency_is_opened_worked_through_and_settled(
    browser: Browser, office: WebOffice
) -> None:
    page = visitor(browser, office, "somsri")
    page.goto(f"{office.address}/registers/incoming/new")
    page.get_by_role("link", name="ใช้ทะเบียนฉุกเฉิน").click()
    page.get_by_label("สาเหตุ").fill("สายขาดจากพายุ")
    page.get_by_role("button", name="เปิดทะเบียนฉุกเฉิน").click()
    page.get_by_role("link", name="ลงทะเบียนฉุกเฉิน · ทะเบียนหนังสือรับ").click()
    page.get_by_label("เรื่อง").fill("แจ้งเตือนน้ำป่า")
    page.get_by_role("button", name="ออกเลขฉุกเฉิน · ทะเบียนหนังสือรับ").click()
    expect(page.locator(".issued .number")).to_have_text("ฉ ๑")

    office.clock.forward(hours=20)
    grant(office.node, Numbers(Register.INCOMING, YEAR, 50, first=3))
    log_in(page, office.address, "somsri", PASSWORD)
    page.get_by_role("link", name="ทะเบียนฉุกเฉิน", exact=False).first.click()
    page.get_by_role("button", name="ให้เลขเดี๋ยวนี้").click()
    expect(page.get_by_text("ให้เลขทะเบียนแล้ว ๑ ฉบับ")).to_be_visible()
    page.get_by_role("link", name="แจ้งเตือนน้ำป่า").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("ทะเบียนหนังสือรับ ๓/๒๕๖๙")
    expect(page.locator(".stamp")).to_contain_text("ฉ ๑/๒๕๖๙")
    expect(page.locator(".stamp")).to_contain_text("๐๙.๐๐ น.")
    page.context.close()


def test_an_administrator_is_led_through_the_fence(browser: Browser, office: WebOffice) -> None:
    stop(office, meta.RESTORED)
    page = visitor(browser, office, "prasert")
    page.get_by_role("link", name="ดูขั้นตอน").click()
    expect(page.get_by_text("3F8A-07C2").first).to_be_visible()
    page.get_by_label("ไม่มีเครื่องอื่นแล้ว").check()
    page.get_by_label("เลขสุดท้ายบนกระดาษ · ทะเบียนหนังสือรับ").fill("2")
    page.get_by_label("เลขสุดท้ายบนกระดาษ · ทะเบียนหนังสือส่ง").fill("๗")
    page.get_by_role("button", name="ดูเลขที่จะข้าม").click()
    expect(page.locator("main")).to_contain_text("๑–๒๗")

    page.get_by_role("button", name="ไม่มีสัญญาณ เปิดการออกเลขเดี๋ยวนี้").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("เปิดการออกเลขแล้ว")
    expect(page.get_by_text("๑–๒๗")).to_be_visible()
    page.context.close()
    clerk = visitor(browser, office, "somsri")
    clerk.goto(f"{office.address}/registers/outgoing/new")
    clerk.get_by_label("เรื่อง").fill("ทำงานต่อ")
    clerk.get_by_role("button", name="ออกเลขส่ง").click()
    expect(clerk.locator(".issued .number")).to_have_text("๒๘")
    clerk.context.close()


def test_a_clock_that_jumped_is_confirmed_and_work_goes_on(
    browser: Browser, office: WebOffice
) -> None:
    office.clock.put(office.clock.moment + timedelta(hours=5))
    page = visitor(browser, office, "somsri")
    page.get_by_role("link", name="ตรวจและยืนยัน").click()
    page.get_by_label("เทียบกับนาฬิกาอื่นแล้ว").check()
    page.get_by_role("button", name="ถูกต้อง · ๒๒ พฤศจิกายน ๒๕๖๙ ๑๔.๐๐ น.").click()
    expect(page.get_by_text("บันทึกคำยืนยันวันและเวลาแล้ว")).to_be_visible()
    expect(page.get_by_text("นาฬิกาของเครื่องยังเชื่อถือไม่ได้")).to_have_count(0)
    page.context.close()


def test_a_pasted_number_shows_its_life_and_the_proof_is_one_click_away(
    browser: Browser, office: WebOffice
) -> None:
    page = new_page(browser)
    log_in(page, office.address, "somsri", PASSWORD)
    page.get_by_role("link", name="ตรวจเลข").click()
    page.get_by_label("เลขที่ต้องการตรวจ").fill("รับที่ ๒/๒๕๖๙")
    page.keyboard.press("Enter")
    page.wait_for_url("**/numbers/incoming/2569/2")
    expect(page.get_by_text("ลายมือชื่อของเครื่องถูกต้อง")).to_be_visible()
    page.get_by_role("link", name="ตรวจเลขอื่น").click()
    page.get_by_role("link", name="พิสูจน์ความครบถ้วนของเลข").click()
    expect(
        page.get_by_role("heading", name=re.compile("ครบถ้วน อธิบายได้ทุกเลข ๑๐๒ เลข"))
    ).to_be_visible()
    assert complaints(page) == []
    page.context.close()


def test_pages_of_an_office_in_trouble_put_no_barrier_in_anybodys_way(
    browser: Browser, office: WebOffice
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: scripts/test installs it")
    page = visitor(browser, office, "mali", java_script_enabled=True, bypass_csp=True)
    at = office.address
    found = {
        path: looks(page, at + path)
        for path in ("/emergency", "/registers/incoming/new", "/ranges")
    }
    with office.node.db.write() as write:
        emergency.open_outage(
            write, office.node.journal, cause="สายขาด", actor=PersonId(office.people["mali"])
        )
    found["outage"] = looks(page, f"{at}/emergency")
    found["outage form"] = looks(page, f"{at}/registers/incoming/new")
    office.clock.put(office.clock.moment + timedelta(days=60))
    log_in(page, at, "mali", PASSWORD)
    found["clock"] = looks(page, f"{at}/clock")
    for why in meta.REASONS:
        stop(office, why)
        found[why] = looks(page, f"{at}/fence")
    found["fork"] = looks(page, f"{at}/fence/fork")

    assert {name: one for name, one in found.items() if one} == {}
    page.context.close()


def test_the_steps_of_lifting_put_no_barrier_in_anybodys_way(
    browser: Browser, office: WebOffice
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: scripts/test installs it")
    stop(office, meta.COPIED)
    page = visitor(browser, office, "mali", java_script_enabled=True, bypass_csp=True)
    page.goto(f"{office.address}/fence")
    page.get_by_label("ไม่มีเครื่องอื่นแล้ว").check()
    page.get_by_role("button", name="ดูเลขที่จะข้าม").click()
    page.locator(".problem").first.wait_for()
    found = {"wrong": looks(page, "")}
    for book in ("ทะเบียนหนังสือรับ", "ทะเบียนหนังสือส่ง"):
        page.get_by_label(f"เลขสุดท้ายบนกระดาษ · {book}").fill("7")
    page.get_by_label("ไม่ทราบ").first.check()
    page.get_by_role("button", name="ดูเลขที่จะข้าม").click()
    page.get_by_role("heading", name="เลขที่จะข้าม").wait_for()
    found["check"] = looks(page, "")
    page.get_by_role("button", name="ไม่มีสัญญาณ เปิดการออกเลขเดี๋ยวนี้").click()
    page.get_by_role("heading", name="เปิดการออกเลขแล้ว").wait_for()
    found["done"] = looks(page, "")

    assert {name: one for name, one in found.items() if one} == {}
    page.context.close()
