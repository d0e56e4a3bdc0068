"""The pages of numbers in the states that they pass through, and a day of them with keys alone."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from saraban_node import keys
from saraban_node.numbering import emergency, reservations
from saraban_sync.ids import PersonId
from saraban_sync.registers import Register
from tests.browser.chrome import (
    AXE,
    PHONE,
    complaints,
    foreign_words,
    log_in,
    looks,
    new_page,
)
from tests.browser.conftest import LONG_NAME, LONG_SUBJECT
from tests.offices import YEAR, Numbers, a_letter, grant, register
from tests.web_office import PASSWORD, WebOffice, a_web_office

pytestmark = pytest.mark.browser
FEW = (Numbers(Register.INCOMING, YEAR, 2), Numbers(Register.OUTGOING, YEAR, 100))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    """An office with a long name whose incoming numbers are used up."""
    with a_web_office(tmp_path, name=LONG_NAME, ranges=FEW) as made:
        for n in range(2):
            register(made.node, a_letter(n), actor=PersonId(made.people["mali"]))
        yield made


@pytest.fixture
def page(browser: Browser, office: WebOffice) -> Iterator[Page]:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: scripts/test installs it")
    page = new_page(browser, bypass_csp=True)
    log_in(page, office.address, "mali", PASSWORD)
    yield page
    page.context.close()


def reserve(office: WebOffice, expires: date) -> str:
    with office.node.db.write() as write:
        return reservations.reserve(
            write, office.node.journal, register=Register.OUTGOING, holder="ครูวิไล ตั้งใจสอน",
            purpose=LONG_SUBJECT[:120], expires=expires, actor=PersonId(office.people["mali"]),
        ).id  # fmt: skip


def test_a_reserved_number_looks_well_from_beginning_to_end(page: Page, office: WebOffice) -> None:
    at, found = office.address, {}
    page.goto(f"{at}/reserved")
    page.get_by_label("เรื่อง").fill("ขอวิทยากร")
    page.get_by_label("ใช้ได้ถึงวันที่").fill("เมื่อวาน")
    page.keyboard.press("Control+Enter")
    page.locator(".problem").wait_for()
    found["wrong"] = looks(page, "")
    page.get_by_label("ใช้ได้ถึงวันที่").fill("๒๓ พ.ย. ๖๙")
    page.keyboard.press("Control+Enter")
    page.locator(".issued").wait_for()
    found["kept"] = looks(page, "")
    one = reserve(office, date(2026, 11, 23))
    page.goto(f"{at}/letters/{one}")
    page.get_by_text("ยกเลิกการจอง").click()
    page.get_by_label("เหตุผลที่ยกเลิก").fill(" ")
    page.get_by_role("button", name="ยืนยันยกเลิกเลข").click()
    page.locator(".problem").wait_for()
    found["no reason"] = looks(page, "")
    page.get_by_label("เหตุผลที่ยกเลิก").fill("ไม่ใช้แล้ว")
    page.get_by_role("button", name="ยืนยันยกเลิกเลข").click()
    page.get_by_text("เลขนี้ถูกยกเลิก").wait_for()
    assert "ลงทะเบียนจริง" not in page.locator("main").inner_text(), "no letter took it"
    found["cancelled"] = looks(page, "")
    old = reserve(office, date(2026, 11, 23))
    office.clock.forward(days=2)
    log_in(page, at, "mali", PASSWORD)
    found["run out"] = looks(page, f"{at}/letters/{old}")
    expect(page.get_by_text("เลยวันสุดท้ายแล้ว")).to_be_visible()
    assert not page.get_by_role("link", name="ออกหนังสือ").count()
    with office.node.db.write() as write:
        reservations.expire_due(write, office.node.journal)
    found["expired"] = looks(page, f"{at}/letters/{old}")
    found["struck"] = looks(page, f"{at}/registers/outgoing")

    assert {name: one for name, one in found.items() if one} == {}
    assert foreign_words(page, set()) == []


def test_an_emergency_looks_well_from_beginning_to_end(page: Page, office: WebOffice) -> None:
    at, found = office.address, {}
    who = PersonId(office.people["mali"])
    with office.node.db.write() as write:
        emergency.open_outage(write, office.node.journal, cause=LONG_SUBJECT, actor=who)
        for n in range(2):
            letter = a_letter(n, subject=LONG_SUBJECT, sender=LONG_NAME)
            emergency.register(write, office.node.journal, letter, actor=who)
    found["waiting"] = looks(page, f"{at}/emergency")
    expect(page.get_by_text("หนังสือ ๒ ฉบับรอช่วงเลขใหม่")).to_be_visible()
    found["today"] = looks(page, at)
    grant(office.node, Numbers(Register.INCOMING, YEAR, 50, first=3))
    found["ready"] = looks(page, f"{at}/emergency")
    page.get_by_role("button", name="ให้เลขเดี๋ยวนี้").click()
    page.get_by_text("ให้เลขทะเบียนแล้ว ๒ ฉบับ").wait_for()
    found["settled"] = looks(page, "")
    found["paper"] = looks(page, f"{at}/emergency/print")
    found["life"] = looks(page, f"{at}/numbers/incoming/2569/3")
    expect(page.locator(".timeline")).to_contain_text("๓/๒๕๖๙")
    found["proof"] = looks(page, f"{at}/proof")

    assert {name: one for name, one in found.items() if one} == {}


def test_ranges_by_hand_look_well_when_they_go_wrong(page: Page, office: WebOffice) -> None:
    at, found = office.address, {}
    keys.keep(office.node.keys, keys.CENTRE_SECRET, "secret of this node")
    page.goto(f"{at}/ranges")
    wish = page.locator("section[aria-labelledby=ask]")
    wish.get_by_role("button", name="ขอช่วงเลข").click()
    page.get_by_text("รอส่ง").wait_for()
    found["asked"] = looks(page, "")
    wish.get_by_role("button", name="ขอช่วงเลข").click()
    page.get_by_role("alert").wait_for()
    found["asked twice"] = looks(page, "")
    page.get_by_label("รหัส ๒๐ หลัก").fill("๑๒๓๔ ๕๖๗๘ ๙๐๑๒ ๓๔๕๖ ๗๘๙๐")
    page.get_by_role("button", name="รับช่วงเลข", exact=True).click()
    page.locator(".problem").wait_for()
    found["code"] = looks(page, "")
    page.locator("#f-answer").set_input_files(
        {"name": "x.json", "mimeType": "application/json", "buffer": b"{}"}
    )
    page.get_by_role("button", name="รับช่วงเลขจากแฟ้ม").click()
    page.get_by_role("alert").wait_for()
    found["file"] = looks(page, "")

    assert {name: one for name, one in found.items() if one} == {}


def test_a_wrong_number_is_said_beside_the_box_and_the_button_stays_in_reach(
    page: Page, office: WebOffice
) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type] # width and height
    page.goto(f"{office.address}/numbers")
    page.get_by_label("เลขที่ต้องการตรวจ").fill("ไม่ใช่เลข")
    page.keyboard.press("Enter")
    page.locator(".problem").wait_for()

    page.get_by_label("เลขที่ต้องการตรวจ").fill("ส่งที่ ๙๙/๒๕๖๙")
    page.get_by_role("button", name="ตรวจ", exact=True).click()
    page.wait_for_url("**/numbers/outgoing/2569/99")
    expect(page.get_by_text("ยังไม่มีหนังสือใช้เลขนี้")).to_be_visible()
    page.goto(f"{office.address}/numbers/outgoing/2569/101")
    expect(page.get_by_text("โปรดตรวจเลข ทะเบียน และปีอีกครั้ง")).to_be_visible()


def test_a_number_is_kept_and_finished_with_keys_alone(browser: Browser, office: WebOffice) -> None:
    page = new_page(browser)
    log_in(page, office.address, "somsri", PASSWORD)
    press, write = page.keyboard.press, page.keyboard.type
    press("r")
    page.wait_for_url("**/reserved")
    write("ขอวิทยากรอบรม")
    press("Control+Enter")
    expect(page.locator(".issued .number")).to_have_text("๑")
    office.clock.forward(hours=26)
    log_in(page, office.address, "somsri", PASSWORD)
    press("r")
    page.wait_for_url("**/reserved")
    press("Escape")
    press("j")
    expect(page.locator("li.chosen")).to_contain_text("ขอวิทยากรอบรม")
    press("Enter")
    page.wait_for_url("**/letters/**")
    for _ in range(40):
        press("Tab")
        if page.locator("a:focus", has_text="ออกหนังสือเลข ๑/๒๕๖๙").count():
            break
    press("Enter")
    page.wait_for_url("**/registers/outgoing/new?*")
    press("Control+Enter")

    expect(page.locator(".issued .stamp")).to_contain_text("๒๒ พฤศจิกายน ๒๕๖๙")
    expect(page.locator(".issued .stamp")).to_contain_text("๒๓ พ.ย. ๖๙ ๑๑.๐๐ น.")
    assert complaints(page) == []
    page.context.close()
