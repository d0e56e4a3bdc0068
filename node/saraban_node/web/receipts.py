"""Browsers' receipts: each browser keeps the greatest numbers it has seen issued.

When a database was restored from a backup, the browsers in the office are witnesses of how far the
registers had come. The cookie holds register, year and number and nothing else; the node has sealed
it, no script can read it, and what it says is only ever one mark among others.

    number issued ──cookie──> browser ──with the next form──> does the database still know it?
                                                         no ──> the fence, before a number is given
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from litestar import Response

from saraban_base.web.visit import Visit
from saraban_node.appliance import Appliance
from saraban_node.books.entries import Entry
from saraban_node.identity import marks
from saraban_node.identity.marks import Book
from saraban_sync.registers import Register

_KEPT: Final = 366 * 24 * 3600
_MOST: Final = 24
_ITEM: Final = re.compile(r"([a-z]{1,20})\.(2[5-9]\d\d)\.(\d{1,9})")


def cookie_of(visit: Visit) -> str:
    """Name the cookie."""
    return visit.shell.cookie + "-numbers"


def read(visit: Visit, node: Appliance) -> dict[Book, int]:
    """Read what this browser has seen; what this node did not seal is left out."""
    sealed = visit.request.cookies.get(cookie_of(visit), "")
    text = marks.unseal(node.journal, sealed) if sealed else ""
    found: dict[Book, int] = {}
    for item in text.split("_")[:_MOST]:
        match = _ITEM.fullmatch(item)
        if match is not None and match[1] in set(Register):
            book = (Register(match[1]), int(match[2]))
            found[book] = max(found.get(book, 0), int(match[3]))
    return found


def look(visit: Visit, node: Appliance) -> None:
    """Ask the browser, before a number is given, whether the database has forgotten some.

    A database that has is fenced; whoever then asks for a number is told so.
    """
    seen = read(visit, node)
    if seen:
        marks.browser_says(node.db, seen)


def note(visit: Visit, answer: Response[Any], node: Appliance, entry: Entry) -> None:
    """Let the browser remember that a number was issued to it."""
    if not entry.number:
        return
    seen = read(visit, node)
    book = (entry.register, entry.year)
    seen[book] = max(seen.get(book, 0), entry.number)
    sealed = marks.seal(node.journal, written(seen))
    visit.set_cookie(answer, cookie_of(visit), sealed, max_age=_KEPT)


def written(seen: Mapping[Book, int]) -> str:
    """Write receipts as the cookie holds them, the newest years first."""
    newest = sorted(seen.items(), key=lambda item: (-item[0][1], item[0][0]))[:_MOST]
    return "_".join(f"{register}.{year}.{number}" for (register, year), number in newest)
