"""การส่ง: letters between offices, which have not arrived or are not registered."""

from typing import Final
from urllib.parse import urlencode

from litestar.handlers import HTTPRouteHandler

from saraban_base.refusals import PageNotFound
from saraban_base.web.routes import page
from saraban_base.web.visit import Answer, Visit
from saraban_central.readmodel import deliveries
from saraban_central.web.desk import PEOPLE, Desk, whole

_PAGE: Final = 50


class DeliveryPages:
    """Shows deliveries."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._centre = desk.centre

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/deliveries", self.show_all, needs=PEOPLE),
            page("/deliveries/{node:str}/{event:str}", self.show, needs=PEOPLE),
        ]

    def show_all(self, visit: Visit) -> Answer:
        """List letters, those that are not complete unless all are asked for."""
        everything = visit.query.get("state") == "all"
        office = visit.query.get("office", "")[:60]
        skip = whole(visit.query.get("skip", ""), 0, most=1_000_000)
        with self._centre.readmodel.read() as cursor:
            found = deliveries.letters(
                cursor,
                open_only=not everything,
                office=office,
                limit=_PAGE + 1,
                offset=skip,
            )
        chosen = {"state": "all"} if everything else {}
        if office:
            chosen["office"] = office
        return visit.page(
            "deliveries.html",
            letters=found[:_PAGE],
            names=self._desk.names(),
            office=office,
            everything=everything,
            older=urlencode({**chosen, "skip": skip + _PAGE}) if len(found) > _PAGE else "",
            newest=urlencode(chosen) if skip else "",
            later=skip > 0,
        )

    def show(self, visit: Visit) -> Answer:
        """Show how far one letter has come to each office."""
        node, event = visit.part("node"), visit.part("event")
        with self._centre.readmodel.read() as cursor:
            letter = deliveries.letter(cursor, node, event)
            receivers = deliveries.receivers(cursor, node, event)
        if letter is None:
            raise PageNotFound(f"delivery {node[:40]} {event[:40]}")
        return visit.page(
            "delivery.html", letter=letter, receivers=receivers, names=self._desk.names()
        )
