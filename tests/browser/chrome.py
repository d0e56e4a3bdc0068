"""Debian's chromium, and what every page is looked at for."""

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, expect

CHROMIUM: Final = "/usr/bin/chromium"
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE: Final = Path(__file__).parents[1] / "js" / "node_modules" / "axe-core" / "axe.min.js"
DESK: Final = {"width": 1366, "height": 768}
WIDE: Final = {"width": 1920, "height": 1080}
PHONE: Final = {"width": 390, "height": 844}
_PATIENCE: Final = 15_000
"""Milliseconds; a machine that does other things besides is slow, not wrong."""
expect.set_options(timeout=_PATIENCE)
_SERIOUS: Final = {"serious", "critical"}
_TOO_WIDE: Final = (
    "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
)
_WORDS: Final = """
() => {
  const found = [], walk = document.createTreeWalker(document.querySelector("main"), 4);
  while (walk.nextNode()) {
    const around = walk.currentNode.parentElement;
    if (around.closest("main [lang], main [translate], option, code, kbd, .code, .code-big"))
      continue;
    const words = walk.currentNode.textContent.match(/[A-Za-z]{3,}/g);
    if (words && around.getClientRects().length) found.push(...words);
  }
  return [...new Set(found)];
}
"""
"""Latin words of a page that a reader sees, codes left out."""
_CUT_OFF: Final = """
() => [...document.querySelectorAll(
    "main .state > span, main .cards td > *, main .card > *, main .button, main button")]
  .filter((one) => one.getClientRects().length && !one.closest(".unseen, .register, [hidden]"))
  .filter((one) => {
    const around = one.parentElement.closest(".state, td, .card, form, p, div");
    return one.getBoundingClientRect().right > around.getBoundingClientRect().right + 2;
  })
  .map((one) => `cut off: ${one.textContent.trim().slice(0, 60)}`)
"""
_THAI_PAGES_SAY: Final = {"PDF", "Word", "Excel", "Ctrl", "Enter", "JSON", "CSV", "SHA", "pdf"}


def new_page(browser: Browser, **options: Any) -> Page:
    """Open a browser window of its own that notes every complaint of the page."""
    options = {"viewport": DESK, "locale": "th-TH", **options}
    context: BrowserContext = browser.new_context(**options)
    context.set_default_timeout(_PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        # The answer of a form with a mistake in it is 409 or 422, which the console calls an error.
        lambda message: (
            complaints.append(message.text)
            if message.type == "error"
            and "the server responded with a status of 4" not in message.text
            else None
        ),
    )
    page.complaints = complaints  # type: ignore[attr-defined] # kept with the page they are about
    return page


def complaints(page: Page) -> list[str]:
    """What the page complained of: errors of its script, anything the CSP refused."""
    found: list[str] = page.complaints  # type: ignore[attr-defined] # set above
    return found


def barriers(page: Page) -> list[str]:
    """Serious and critical findings of axe-core on the page; its context must bypass the CSP."""
    page.add_script_tag(path=str(AXE))
    result: dict[str, Any] = page.evaluate(
        "async () => await axe.run(document, {resultTypes: ['violations']})"
    )
    return [
        f"{one['id']}: {node['html'][:160]} ({node['failureSummary'][:160]})"
        for one in result["violations"]
        if one["impact"] in _SERIOUS
        for node in one["nodes"]
    ]


def sticks_out(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    found: int = page.evaluate(_TOO_WIDE)
    return found


def foreign_words(page: Page, names: set[str]) -> list[str]:
    """English words on a Thai page, besides names that somebody chose."""
    found: list[str] = page.evaluate(_WORDS)
    return sorted(set(found) - _THAI_PAGES_SAY - names)


def log_in(page: Page, address: str, username: str, password: str) -> None:
    """Log in as a person does."""
    page.goto(f"{address}/login")
    page.get_by_label("ชื่อผู้ใช้").fill(username)
    page.get_by_label("รหัสผ่าน").fill(password)
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    page.wait_for_url(lambda url: "/login" not in url)


def looks(page: Page, path: str) -> list[str]:
    """What is in anybody's way on a page, on a desk by day and on a phone by night.

    Args:
        page: a window that lets axe in.
        path: where to go first; empty to stay.
    """
    found = []
    for scheme, size in (("light", DESK), ("dark", PHONE)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of the two
        page.set_viewport_size(size)  # type: ignore[arg-type] # width and height
        if path:
            page.goto(path)
        found += [f"{scheme} {size['width']}: {one}" for one in barriers(page)]
        if (wider := sticks_out(page)) > 0:
            found.append(f"{scheme} {size['width']}: scrolls sideways by {wider}")
        found += [f"{size['width']}: {one}" for one in cut_off(page)]
    return found


def cut_off(page: Page) -> list[str]:
    """Words that stand out of the card, cell or mark they belong to."""
    found: list[str] = page.evaluate(_CUT_OFF)
    return found
