"""ค้นหา: one box over the registers of all offices."""

from typing import Final
from urllib.parse import urlencode

from litestar.handlers import HTTPRouteHandler

from saraban_base.web.marks import Piece, mark
from saraban_base.web.routes import page
from saraban_base.web.visit import Answer, Visit
from saraban_central import directory
from saraban_central.readmodel import searching
from saraban_central.readmodel.searching import Wish
from saraban_central.web.desk import PEOPLE, Desk, whole
from saraban_sync.registers import Register

_PAGE: Final = 30
_MOST: Final = 200


class SearchPage:
    """Searches the registers."""

    def __init__(self, desk: Desk) -> None:
        self._centre = desk.centre

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [page("/search", self.show, needs=PEOPLE)]

    def show(self, visit: Visit) -> Answer:
        """Show what was found, newest first."""
        asked_for = visit.query
        wish = wish_of(
            asked_for.get("q", ""), asked_for.get("office", ""), asked_for.get("register", "")
        )
        skip = whole(visit.query.get("skip", ""), 0, most=10_000)
        words = searching.terms_of(wish.text)
        asked = bool(words)
        found: list[searching.Hit] = []
        if asked:
            with self._centre.readmodel.read() as cursor:
                found = searching.find(cursor, wish, limit=_PAGE + 1, offset=skip)
        chosen = {"q": wish.text, "office": wish.office, "register": wish.register}
        offices = directory.offices(self._centre.store)

        def marked(text: str) -> list[Piece]:
            return mark(text, words)

        return visit.page(
            "search.html",
            q=wish.text,
            wish=wish,
            asked=asked,
            hits=found[:_PAGE],
            marked=marked,
            registers=list(Register),
            offices=offices,
            names={one.code: one.name for one in offices},
            older=urlencode({**chosen, "skip": skip + _PAGE}) if len(found) > _PAGE else "",
            newest=urlencode(chosen) if skip else "",
        )


def wish_of(text: str, office: str, register: str) -> Wish:
    """Read what is looked for; a register that there is not counts as not given."""
    return Wish(
        text=text[:_MOST],
        office=office[:60],
        register=register if register in tuple(Register) else "",
    )
