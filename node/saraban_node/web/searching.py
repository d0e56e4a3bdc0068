"""ค้นหา: one box, hits with the words marked."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from litestar.handlers import HTTPRouteHandler

from saraban_base.web.marks import Piece, mark
from saraban_base.web.routes import page
from saraban_base.web.visit import Answer, Visit
from saraban_node.books import entries, search
from saraban_node.web import book_lines
from saraban_node.web.office import CLERKS, Office

_PAGE: Final = 30
_OTHERS: Final = 20
_MOST: Final = 200


class SearchPage:
    """Searches the registers."""

    def __init__(self, office: Office) -> None:
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [page("/search", self.show, needs=CLERKS)]

    def show(self, visit: Visit) -> Answer:
        """Show what was found, newest first."""
        text = visit.query.get("q", "")[:_MOST]
        before = visit.query.get("before", "")
        place = int(before) if before.isdecimal() and len(before) < 16 else None
        words = search.question(text).words
        with self._node.db.read() as cursor:
            found = search.find(cursor, text, limit=_PAGE + 1, before=place)
            lines = [entries.by_seq(cursor, seq) for seq in found[:_PAGE]]
            others = book_lines.of_others(cursor, words, limit=_OTHERS) if place is None else []
        more = len(found) > _PAGE
        return visit.page(
            "search.html",
            q=text,
            asked=bool(words),
            hits=[line for line in lines if line is not None],
            others=others,
            marked=_marker(words),
            older=urlencode({"q": text, "before": found[_PAGE - 1]}) if more else "",
            later=place is not None,
        )


def _marker(words: tuple[str, ...]) -> Callable[[str], list[Piece]]:
    return lambda text: mark(text, words)
