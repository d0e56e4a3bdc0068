"""Makes routes: each one says who may use it; blocking work runs in worker threads.

* :func:`page` answers GET with a page and changes nothing;
* :func:`act` answers POST: origin and token are checked, the form is parsed, then it runs;
* :func:`serve` does the same for the typed handlers of the JSON API.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar

from litestar import get, post
from litestar.handlers import HTTPRouteHandler

from saraban_base.refusals import BadRequest, SessionEnded
from saraban_base.web import tokens
from saraban_base.web.forms import Form, read_multidict
from saraban_base.web.needs import Needs
from saraban_base.web.visit import FORM_BYTES, SCOPE_KEY, Answer, AnyRequest, Shell, Visit

_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")

_T = TypeVar("_T")
Page = Callable[[Visit], Answer]


def page(path: str, show: Page, *, needs: Needs) -> HTTPRouteHandler:
    """Make a route that shows something.

    Args:
        path: as Litestar writes it, ``/letters/{entry:str}``.
        show: makes the answer; runs in a worker thread.
        needs: who may see it.
    """

    async def handler(request: AnyRequest) -> Answer:
        return await serve(request, show)

    return _named(get, path, show, needs, None)(handler)


def act(
    path: str,
    do: Page,
    *,
    needs: Needs,
    slow: bool = False,
    max_bytes: int = FORM_BYTES,
    late: Page | None = None,
) -> HTTPRouteHandler:
    """Make a route that changes something.

    Args:
        path: as Litestar writes it.
        do: does it and makes the answer; runs in a worker thread.
        needs: who may do it.
        slow: it hashes passwords; it must not hold up those who register letters.
        max_bytes: greatest length of the request.
        late: called instead when the session ended less than a day ago, to keep what was typed.
    """

    async def handler(request: AnyRequest) -> Answer:
        def late_or_not(visit: Visit) -> Answer:
            try:
                visit.admit(needs)
            except SessionEnded:
                if late is None or visit.session is None:
                    raise
                return late(visit)
            return do(visit)

        visit = visit_for(request)
        pool = visit.shell.threads.slow if slow else visit.shell.threads.acting
        return await asyncio.get_running_loop().run_in_executor(pool, late_or_not, visit)

    return _named(post, path, do, needs, max_bytes)(handler)


async def serve(
    request: AnyRequest,
    work: Callable[[Visit], _T],
    *,
    slow: bool = False,
    needs: Needs | None = None,
) -> _T:
    """Let the caller in or refuse, then do the work, both in one worker thread.

    Args:
        request: the framework's.
        work: what the route is for.
        slow: it hashes passwords.
        needs: who may do it; the route's own ``needs`` when not given.
    """
    visit = visit_for(request)
    asked: Needs = needs or request.route_handler.opt["needs"]

    def run() -> _T:
        visit.admit(asked)
        return work(visit)

    threads = visit.shell.threads
    changes = request.method not in tokens.SAFE_METHODS
    pool = threads.slow if slow else threads.acting if changes else threads.reading
    return await asyncio.get_running_loop().run_in_executor(pool, run)


def visit_for(request: AnyRequest) -> Visit:
    """Give the request's visit."""
    found = request.scope.get(SCOPE_KEY)
    if not isinstance(found, Visit):
        shell: Shell = request.app.state.shell
        found = Visit(shell, request)
        request.scope[SCOPE_KEY] = found  # type: ignore[typeddict-unknown-key] # ASGI leaves room for ours
    return found


async def check_request(request: AnyRequest) -> None:
    """Run before every route: parse forms, and let nothing be changed from elsewhere.

    Raises:
        FormExpired: another site sent it, or the token is missing or another session's.
        BadRequest: the form cannot be read.
    """
    if request.method in tokens.SAFE_METHODS:
        return
    needs: Needs = request.route_handler.opt["needs"]
    if needs.own:
        return
    visit = visit_for(request)
    headers = {name: value for name, value in request.headers.items()}
    tokens.check_origin(headers)
    token: object = headers.get(tokens.HEADER)
    if request.content_type[0] in _FORMS:
        visit.form = await _read_form(request)
        token = token or visit.form.text(tokens.FIELD)
    tokens.check_token(visit.token_cookie, token)


async def _read_form(request: AnyRequest) -> Form:
    try:
        return read_multidict((await request.form()).multi_items())
    except (UnicodeDecodeError, LookupError) as wrong:
        raise BadRequest(f"form: {type(wrong).__name__}") from wrong


def _named(
    method: Any, path: str, function: Page, needs: Needs, max_bytes: int | None
) -> Callable[[Any], HTTPRouteHandler]:
    more: dict[str, Any] = {} if max_bytes is None else {"request_max_body_size": max_bytes}
    name = f"{function.__module__}.{function.__qualname__}:{path}"
    made: Callable[[Any], HTTPRouteHandler] = method(
        path, name=name, include_in_schema=False, needs=needs, status_code=200, **more
    )
    return made
