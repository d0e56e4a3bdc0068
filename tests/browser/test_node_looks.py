"""Every page: for eyes and ears of all kinds, in every size, with nothing refused by the CSP."""

import re

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chrome import (
    AXE,
    DESK,
    PHONE,
    WIDE,
    barriers,
    complaints,
    foreign_words,
    log_in,
    new_page,
    sticks_out,
)
from tests.web_office import PASSWORD, WebOffice

pytestmark = pytest.mark.browser

NAMES = {"school", "somsri", "prasert", "mali"}
"""The code of the office and user names, which somebody chose."""
PAGES = {
    "today": "/",
    "arrivals": "/arrivals",
    "arrival": "first /arrivals/",
    "incoming": "/registers/incoming",
    "outgoing": "/registers/outgoing",
    "filtered": "/registers/incoming?text=ประชุม&from=32/13/69",
    "no-year": "/registers/incoming?year=2560",
    "paper": "/registers/incoming/print",
    "new-incoming": "/registers/incoming/new",
    "new-outgoing": "/registers/outgoing/new",
    "new-arrival": "first /registers/incoming/new?arrival=",
    "letter": "first /letters/",
    "search": "/search",
    "found": "/search?q=ประชุม",
    "not-found": "/search?q=ไม่มีคำนี้",
    "line": "/line",
    "backup": "/backup",
    "recovery-sheet": "/backup/sheet",
    "status": "/status",
    "people": "/people",
    "person": "first /people/",
    "settings": "/settings",
    "password": "/password",
    "outgoing-paper": "/registers/outgoing/print",
    "order": "/registers/order",
    "new-order": "/registers/order/new",
    "reserved": "/reserved",
    "reserved-one": "first /letters/",
    "new-reserved": "first /registers/outgoing/new?reservation=",
    "emergency": "/emergency",
    "emergency-paper": "/emergency/print",
    "numbers": "/numbers",
    "which-number": "/numbers?q=1",
    "no-number": "/numbers?q=ไม่ใช่เลข",
    "passport": "/numbers/incoming/2569/31",
    "passport-gap": "/numbers/outgoing/2569/4",
    "passport-kept": "/numbers/outgoing/2569/3",
    "proof": "/proof",
    "ranges": "/ranges",
    "clock": "/clock",
    "fence": "/fence",
    "fork": "/fence/fork",
    "nothing": "/nothing-here",
    "refused": "/letters/0009-0000000009",
}
_WHERE = {
    "arrival": "/arrivals",
    "new-arrival": "/arrivals",
    "letter": "/registers/incoming",
    "person": "/people",
    "reserved-one": "/reserved",
    "new-reserved": "/reserved",
}


def visit(page: Page, office: WebOffice, name: str) -> None:
    """Open a page by its name; some are found on another page first."""
    path = PAGES[name]
    if path.startswith("first "):
        page.goto(office.address + _WHERE[name])
        start = path.removeprefix("first ")
        path = page.locator(f'main a[href^="{start}"]').first.get_attribute("href") or ""
    page.goto(office.address + path)


@pytest.fixture(scope="module")
def looking(browser: Browser, office: WebOffice) -> Page:
    """Somebody with both roles, in a window that lets axe in."""
    page = new_page(browser, bypass_csp=True)
    log_in(page, office.address, "mali", PASSWORD)
    return page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_puts_no_barrier_in_anybodys_way_and_fits_every_window(
    looking: Page, office: WebOffice, name: str
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: scripts/test installs it")
    found, wider = [], {}
    for scheme, size in (("light", DESK), ("dark", PHONE), ("light", WIDE)):
        looking.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of the two
        looking.set_viewport_size(size)  # type: ignore[arg-type] # width and height
        visit(looking, office, name)
        wider[size["width"]] = sticks_out(looking)
        if size is not WIDE:
            found += [f"{scheme} {size['width']}: {one}" for one in barriers(looking)]

    assert not found
    assert wider == dict.fromkeys(wider, 0), "it scrolls sideways"
    assert foreign_words(looking, NAMES) == []


def test_nothing_on_any_page_is_refused_or_fails(browser: Browser, office: WebOffice) -> None:
    """With the policy on: no inline style, no inline script, no file from elsewhere."""
    page = new_page(browser)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    log_in(page, office.address, "mali", PASSWORD)
    for name in PAGES:
        visit(page, office, name)
        page.keyboard.press("?")
        page.keyboard.press("Escape")

    assert complaints(page) == []
    assert not [url for url in asked if not url.startswith(office.address)]
    page.context.close()


def test_the_log_in_page_puts_no_barrier_in_anybodys_way(
    browser: Browser, office: WebOffice
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: scripts/test installs it")
    for size in (DESK, PHONE):
        page = new_page(browser, viewport=size, bypass_csp=True)
        page.goto(f"{office.address}/login")
        assert barriers(page) == []
        page.get_by_label("ชื่อผู้ใช้").fill("somsri")
        page.get_by_label("รหัสผ่าน").fill("ผิด")
        page.get_by_role("button", name="เข้าสู่ระบบ").click()
        page.get_by_role("alert").wait_for()
        assert barriers(page) == []
        assert sticks_out(page) == 0
        page.context.close()


def test_the_pages_are_set_in_sarabun(looking: Page, office: WebOffice) -> None:
    visit(looking, office, "today")

    assert looking.evaluate("document.fonts.ready.then(() => document.fonts.check('17px Sarabun'))")
    assert looking.evaluate("getComputedStyle(document.body).fontSize") == "17px"
    loaded = looking.evaluate(
        "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.weight).sort()"
    )
    assert loaded == ["400", "600"]


def test_the_first_and_last_column_of_a_register_are_seen_at_1366(
    looking: Page, office: WebOffice
) -> None:
    looking.set_viewport_size(DESK)  # type: ignore[arg-type] # width and height
    visit(looking, office, "incoming")

    heads = looking.locator("table.register thead th")
    first, last = heads.first.bounding_box(), heads.last.bounding_box()
    assert first
    assert last
    assert first["x"] >= 0
    assert last["x"] + last["width"] <= DESK["width"]
    rows = looking.locator("table.register tbody tr[data-href]")
    heights = [rows.nth(n).bounding_box() for n in range(10)]
    assert all(box and box["height"] <= 60 for box in heights)


def test_the_head_of_a_register_stays_while_its_lines_scroll(
    looking: Page, office: WebOffice
) -> None:
    looking.set_viewport_size(DESK)  # type: ignore[arg-type] # width and height
    visit(looking, office, "incoming")

    looking.mouse.wheel(0, 700)
    looking.wait_for_function("scrollY > 500")

    box = looking.locator("table.register thead th").first.bounding_box()
    assert box
    assert 0 <= box["y"] < 120


def test_a_register_is_printed_in_its_official_columns_and_nothing_else(
    looking: Page, office: WebOffice
) -> None:
    visit(looking, office, "paper")
    looking.emulate_media(media="print")

    try:
        shown = looking.locator("table.register thead th:visible").all_inner_texts()
        assert shown == ["เลขทะเบียนรับ", "ที่", "ลงวันที่", "จาก", "ถึง", "เรื่อง", "การปฏิบัติ", "หมายเหตุ"]
        for hidden in (".rail", ".top", "[data-print]"):
            assert looking.locator(hidden).first.is_hidden()
    finally:
        looking.emulate_media(media="screen")


def test_words_of_buttons_are_not_broken_in_the_middle(looking: Page, office: WebOffice) -> None:
    looking.set_viewport_size(PHONE)  # type: ignore[arg-type] # width and height
    visit(looking, office, "new-incoming")

    button = looking.locator("[data-submit]")
    assert re.sub(r"\s+", " ", button.inner_text()).startswith("ออกเลขรับ · ")
    assert button.evaluate("e => e.scrollWidth <= e.clientWidth")
