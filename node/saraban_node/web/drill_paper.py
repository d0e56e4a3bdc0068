"""ใบรับรองผลการซ้อมกู้คืน: a drill of the journal as a page on paper."""

from typing import Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from saraban_base.web import errors as web_errors
from saraban_base.web.needs import PERSON
from saraban_base.web.routes import page
from saraban_base.web.visit import Answer, Visit
from saraban_node.backup import certificate
from saraban_node.backup.drill_errors import NoSuchDrill
from saraban_node.web.letter import disposition
from saraban_node.web.office import Office

_DIGITS: Final = 15
"""More the journal never has."""

web_errors.register({NoSuchDrill: 404})


class DrillPaperPage:
    """Gives the certificates of drills."""

    def __init__(self, office: Office) -> None:
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [page("/backup/drill/{seq:str}", self.paper, needs=PERSON)]

    def paper(self, visit: Visit) -> Answer:
        """Give the certificate of one drill."""
        said = visit.part("seq")
        if not (said.isascii() and said.isdecimal() and len(said) <= _DIGITS):
            raise NoSuchDrill(said[:20], drill=said[:20])
        return Response(
            certificate.of_drill(self._node, int(said)),
            media_type="application/pdf",
            headers={"content-disposition": disposition(f"drill-{self._node.node}-{said}.pdf")},
        )
