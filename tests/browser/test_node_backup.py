"""The one button: a clerk presses it, sees how far it is, and reads that the letters are safe."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from saraban_node.appliance import Appliance
from saraban_node.backup.schedule import Scheduler
from saraban_sync.registers import Register
from tests.browser.chrome import complaints, log_in, new_page
from tests.offices import YEAR, Numbers, a_letter, register
from tests.web_office import PASSWORD, a_web_office

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    running: list[Scheduler] = []

    def backups(node: Appliance) -> Scheduler:
        running.append(Scheduler(node, first=3_600))
        return running[0]

    ranges = (Numbers(Register.INCOMING, YEAR, last=9),)
    with a_web_office(tmp_path, ranges=ranges, backups=backups) as office:
        register(office.node, a_letter(1))
        running[0].start()
        page = new_page(browser)
        log_in(page, office.address, "somsri", PASSWORD)
        page.goto(f"{office.address}/backup")
        yield page
        page.context.close()
        running[0].stop()


def test_a_clerk_backs_up_with_one_button_and_sees_it_end(page: Page) -> None:
    expect(page.get_by_text("จะเสียหนังสือ ๑ ฉบับ")).to_be_visible()

    page.get_by_role("button", name="สำรองข้อมูลเดี๋ยวนี้").click()

    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("link", name="ดูความคืบหน้าล่าสุด")).to_be_visible()
    safe = page.get_by_text("หนังสือทุกฉบับอยู่ในชุดสำรองแล้ว")
    expect(safe).to_be_visible(timeout=60_000)
    assert complaints(page) == []
