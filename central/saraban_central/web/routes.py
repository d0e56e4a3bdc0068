"""All routes of the centre's pages and of its JSON API."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from saraban_base.web import session_api
from saraban_central.centre import Centre
from saraban_central.web.api import Api
from saraban_central.web.api_numbers import NumbersApi
from saraban_central.web.auditing import AuditPages
from saraban_central.web.deliveries import DeliveryPages
from saraban_central.web.desk import Desk
from saraban_central.web.generation import GenerationPages
from saraban_central.web.letters import LetterPages
from saraban_central.web.numbers import NumberPages
from saraban_central.web.offices import OfficePages
from saraban_central.web.people import PeoplePages
from saraban_central.web.ranges import RangePages
from saraban_central.web.searching import SearchPage
from saraban_central.web.twins import TwinPages


def routes(centre: Centre) -> Sequence[HTTPRouteHandler]:
    """List the routes of a centre."""
    desk = Desk.of(centre)
    kinds = (
        OfficePages,
        LetterPages,
        DeliveryPages,
        SearchPage,
        AuditPages,
        RangePages,
        NumberPages,
        TwinPages,
        GenerationPages,
        PeoplePages,
        Api,
        NumbersApi,
    )
    return [
        *(route for kind in kinds for route in kind(desk).routes()),
        *session_api.routes(),
    ]
