"""Every page of the centre: for eyes and ears of all kinds, in every size, in both languages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chrome import (
    AXE,
    DESK,
    PHONE,
    barriers,
    complaints,
    foreign_words,
    log_in,
    new_page,
    sticks_out,
)
from tests.browser.filled_centre import a_centre_with_numbers, centre_goes_back, twins_appear
from tests.web_centre import WebCentre
from tests.web_office import PASSWORD

pytestmark = pytest.mark.browser

NAMES = {"area", "ban", "doi", "huai", "nam", "pang", "pornthip", "wichai"}
"""Codes of offices and user names, which somebody chose."""
PAGES = {
    "overview": "/",
    "offices": "/offices",
    "office": "/offices/doi",
    "office-bare": "/offices/huai",
    "register": "/offices/doi/registers/outgoing",
    "emergency": "/offices/doi/emergency",
    "letter": "first /offices/doi/registers/outgoing /letters/",
    "deliveries": "/deliveries",
    "delivery": "first /deliveries /deliveries/",
    "search": "/search",
    "found": "/search?q=ประชุม",
    "ranges": "/ranges",
    "ranges-next": "/ranges?year=2570",
    "numbers": "/numbers",
    "which": "/numbers?q=1/2569",
    "no-number": "/numbers?q=ไม่ใช่เลข",
    "life-late": "/numbers/doi/outgoing/2569/1",
    "life-gap": "/numbers/doi/outgoing/2569/5",
    "life-unused": "/numbers/doi/outgoing/2569/15",
    "life-outside": "/numbers/doi/outgoing/2569/999",
    "proof-none": "/proof",
    "proof": "/proof?office=doi",
    "audit": "/audit",
    "twins": "/twins",
    "twin": "/twins/nam",
    "generation": "/generation",
    "people": "/people",
    "settings": "/settings",
    "nothing": "/nothing-here",
}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCentre]:
    with a_centre_with_numbers(tmp_path_factory.mktemp("centre")) as made:
        twins_appear(made)
        centre_goes_back(made)
        yield made


@pytest.fixture(scope="module")
def looking(browser: Browser, web: WebCentre) -> Page:
    """The administrator, in a window that lets axe in."""
    page = new_page(browser, bypass_csp=True)
    log_in(page, web.address, "pornthip", PASSWORD)
    return page


def visit(page: Page, web: WebCentre, name: str) -> None:
    """Open a page by its name; some are found on another page first."""
    path = PAGES[name]
    if path.startswith("first "):
        _, where, start = path.split()
        page.goto(web.address + where)
        path = page.locator(f'main a[href^="{start}"]').first.get_attribute("href") or ""
    page.goto(web.address + path)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_puts_no_barrier_in_anybodys_way_and_fits_every_window(
    looking: Page, web: WebCentre, name: str
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: scripts/test installs it")
    found, wider = [], {}
    for scheme, size in (("light", DESK), ("dark", PHONE)):
        looking.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of the two
        looking.set_viewport_size(size)  # type: ignore[arg-type] # width and height
        visit(looking, web, name)
        wider[size["width"]] = sticks_out(looking)
        found += [f"{scheme} {size['width']}: {one}" for one in barriers(looking)]

    assert not found
    assert wider == dict.fromkeys(wider, 0), "it scrolls sideways"
    assert foreign_words(looking, NAMES) == []


def test_nothing_on_any_page_is_refused_or_fails_in_either_language(
    browser: Browser, web: WebCentre
) -> None:
    """With the policy on: no inline style, no inline script, no file from elsewhere."""
    page = new_page(browser)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    log_in(page, web.address, "pornthip", PASSWORD)
    for name in PAGES:
        visit(page, web, name)
        page.keyboard.press("?")
        page.keyboard.press("Escape")
    page.goto(web.address)
    page.get_by_role("button", name="English").click()
    for name in PAGES:
        visit(page, web, name)
        assert "{" not in page.locator("main").inner_text(), name

    assert complaints(page) == []
    assert not [url for url in asked if not url.startswith(web.address)]
    page.context.close()
