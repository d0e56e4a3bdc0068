"""Builds the centre's web application: the only place that puts its parts together."""

from importlib.metadata import version
from typing import Final

from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from saraban_base.passwords import Passwords
from saraban_base.web import shell
from saraban_base.web.needs import OWN
from saraban_central.centre import Centre
from saraban_central.gateway import enrolling, epochs
from saraban_central.gateway.http import Gateway
from saraban_central.web.routes import routes
from saraban_central.web.shell import make_shell
from saraban_central.workers import Workers

VERSION: Final = version("saraban")


def build_app(centre: Centre, *, passwords: Passwords | None = None) -> shell.Application:
    """Build the application of one centre: gateway, enrolment, pages and API.

    Its workers (router, read model) run while it serves. Closing the centre is up to whoever
    opened it.

    Args:
        centre: what it serves.
        passwords: the hasher; tests use a cheaper one.
    """
    workers = Workers(centre)
    return shell.build_app(
        make_shell(centre, passwords=passwords),
        [_gateway(centre), enrolling.route(centre), epochs.route(centre), *routes(centre)],
        title="Saraban centre",
        version=VERSION,
        on_startup=[centre.signals.open, workers.start],
        on_shutdown=[centre.signals.close, workers.stop],
    )


def _gateway(centre: Centre) -> ASGIRouteHandler:
    gateway = Gateway(centre, VERSION)

    @asgi("/db", is_mount=True, copy_scope=True, needs=OWN)
    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        await gateway(scope, receive, send)

    return door
