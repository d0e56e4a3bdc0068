"""Puts an appliance's routes, its shell and the safety layers together into one application."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from litestar import Litestar, MediaType, Request, Response, Router, get
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import ASGIRouteHandler, BaseRouteHandler, HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import FromPath

from saraban_base.refusals import PageNotFound
from saraban_base.web import login
from saraban_base.web.errors import answer_any, answer_http, answer_saraban
from saraban_base.web.gate import Gate
from saraban_base.web.needs import OPEN, PERSON, Needs
from saraban_base.web.routes import check_request, serve
from saraban_base.web.visit import FORM_BYTES, AnyRequest, Shell, Visit
from saraban_sync.errors import SarabanError

AnyConnection = ASGIConnection[Any, Any, Any, Any]
_IMMUTABLE: Final = {"cache-control": "public, max-age=31536000, immutable"}


class Application(Gate):
    """An ASGI application behind its gate.

    ``litestar`` is the framework's application inside, for tests that list all routes.
    """

    def __init__(self, litestar: Litestar, shell: Shell) -> None:
        super().__init__(litestar, hosts=shell.hosts, secure=shell.secure)
        self.litestar = litestar
        self.shell = shell


def build_app(
    shell: Shell,
    routes: Sequence[HTTPRouteHandler | ASGIRouteHandler],
    *,
    title: str,
    version: str,
    ready: Callable[[], bool] = lambda: True,
    on_startup: Sequence[Callable[[], Any]] = (),
    on_shutdown: Sequence[Callable[[], Any]] = (),
) -> Application:
    """Build the application.

    Args:
        shell: what pages are made with.
        routes: the appliance's own; log-in, assets, probes and the API description come with it.
        title: of the API description.
        version: the program's.
        ready: whether requests can be served, for ``/readyz``.
        on_startup: called when serving begins.
        on_shutdown: called when it ends, before the worker threads are closed.

    Raises:
        ValueError: a route does not say who may use it.
    """
    handlers = [*routes, *login.routes(), asset, healthz, readyz]
    for handler in handlers:
        if not isinstance(handler.opt.get("needs"), Needs):
            raise ValueError(  # noqa: TRY004 - a wrong route, not a wrong type
                f"route {sorted(handler.paths)} does not say who may use it"
            )
    app = Litestar(
        route_handlers=handlers,
        before_request=check_request,
        exception_handlers={
            SarabanError: answer_saraban,
            HTTPException: answer_http,
            Exception: answer_any,
        },
        openapi_config=_description(title, version),
        request_max_body_size=FORM_BYTES,
        logging_config=None,
        state=State({"shell": shell, "ready": ready}),
        on_startup=list(on_startup),
        on_shutdown=[*on_shutdown, shell.close],
    )
    return Application(app, shell)


@get("/assets/{name:str}", needs=OPEN, include_in_schema=False)
async def asset(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Give a file that every page needs; its name changes with its content."""
    found = request.app.state.shell.assets.find(name)
    if found is None:
        raise PageNotFound(name[:80])
    return Response(found.content, media_type=found.media, headers=_IMMUTABLE)


@get("/healthz", needs=OPEN, include_in_schema=False, media_type=MediaType.TEXT)
async def healthz() -> str:
    """Say that the process is alive."""
    return "ok\n"


@get("/readyz", needs=OPEN, include_in_schema=False)
async def readyz(request: AnyRequest) -> Response[str]:
    """Say whether requests can be served: the database answers."""

    def look(visit: Visit) -> bool:
        with visit.shell.db.read() as cursor:
            cursor.execute("SELECT 1 FROM person LIMIT 1").fetchall()
        return bool(request.app.state.ready())

    good = await serve(request, look)
    return Response(
        "ready\n" if good else "not ready\n",
        status_code=200 if good else 503,
        media_type=MediaType.TEXT,
    )


def _description(title: str, version: str) -> OpenAPIConfig:
    # The description is for people who are logged in: it tells a stranger too much.
    async def persons_only(connection: AnyConnection, _: BaseRouteHandler) -> None:
        await serve(Request(connection.scope), lambda _: None, needs=PERSON)

    return OpenAPIConfig(
        title=title,
        version=version,
        use_handler_docstrings=True,
        render_plugins=[JsonRenderPlugin()],
        openapi_router=Router(
            "/schema",
            route_handlers=[],
            guards=[persons_only],
            opt={"needs": PERSON},
            include_in_schema=False,
        ),
    )
