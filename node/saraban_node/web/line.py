"""การเชื่อมต่อ: what has not left, and why; when the centre was last reached; try now."""

import time
from typing import Final

from litestar.handlers import HTTPRouteHandler

from saraban_base.web.needs import PERSON
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_node.books import entries
from saraban_node.line import deliveries, outbox, syncer
from saraban_node.people import CLERK
from saraban_node.web.office import Office

_SHOWN: Final = 30
_WAIT: Final = 6.0
"""How long the button waits for news before the page is shown as it is."""
_FROM: Final = ("/fence", "/ranges")
"""Pages with the button, besides the page of the line: the result is shown there."""


class LinePage:
    """Shows the line to the centre."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/line", self.show, needs=PERSON),
            act("/line/try", self.try_now, needs=PERSON, slow=True),
        ]

    def show(self, visit: Visit) -> Answer:
        """Show what has not left, from evidence."""
        with self._node.db.read() as cursor:
            state = syncer.state(cursor, enrolled=self._office.enrolled)
            unsent = []
            if CLERK in visit.person.roles:
                unsent = entries.select(
                    cursor,
                    "WHERE seq > :seq ORDER BY seq LIMIT :limit",
                    {"seq": deliveries.known_stored(cursor), "limit": _SHOWN},
                )
            parts = outbox.parts_left(cursor)
        return visit.page(
            "line.html",
            state=state,
            unsent=unsent,
            parts=parts,
            centre=self._node.config.centre_url,
            shown=_SHOWN,
        )

    def try_now(self, visit: Visit) -> Answer:
        """Try to exchange at once, and wait a moment for the result."""
        asked = visit.form.text("back")
        back = asked if asked in _FROM else "/line"
        if self._office.syncer is None or not self._office.enrolled:
            return visit.redirect(back)
        before = self._last_attempt()
        self._office.syncer.try_now()
        end = self._node.clock.monotonic() + _WAIT
        while self._node.clock.monotonic() < end:
            time.sleep(0.2)
            if self._last_attempt() != before:
                return visit.redirect(back, said="tried")
        return visit.redirect(back, said="trying")

    def _last_attempt(self) -> object:
        with self._node.db.read() as cursor:
            return syncer.state(cursor, enrolled=True).last_attempt
