"""Logging in and out for programs, the same on node and centre: ``/api/v1/session``.

A program asks with GET for a token, logs in with POST, and sends the token of the answer as
``X-Saraban-Token`` with everything that changes something.
"""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta

from saraban_base import accounts, sessions
from saraban_base.web.needs import NEWCOMER, OPEN
from saraban_base.web.routes import serve
from saraban_base.web.tokens import form_token
from saraban_base.web.visit import AnyRequest, Visit


class Credentials(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """User name and password."""

    username: Annotated[str, Meta(max_length=100)]
    password: Annotated[str, Meta(max_length=1000)]


class SessionState(msgspec.Struct, frozen=True, kw_only=True):
    """Who is logged in, and the token for the X-Saraban-Token header."""

    token: str
    person: str = ""
    username: str = ""
    name: str = ""
    roles: tuple[str, ...] = ()
    must_change_password: bool = False


def routes() -> list[HTTPRouteHandler]:
    """List the routes."""
    return [
        get("/api/v1/session", needs=OPEN, tags=["session"])(show_session),
        post("/api/v1/session", needs=OPEN, tags=["session"], status_code=200)(begin_session),
        delete("/api/v1/session", needs=NEWCOMER, tags=["session"])(end_session),
    ]


async def show_session(request: AnyRequest) -> Response[SessionState]:
    """Tell who is logged in; before log-in, give a token for logging in."""

    def work(visit: Visit) -> Response[SessionState]:
        if visit.session is not None and visit.session.live:
            return Response(_state(visit))
        cookie = visit.token_cookie if visit.session is None else ""
        fresh = cookie or sessions.new_token()
        answer = Response(SessionState(token=form_token(fresh)))
        if not cookie:
            visit.set_cookie(answer, visit.shell.visit_cookie, fresh, max_age=None)
            visit.set_cookie(answer, visit.shell.cookie, "", max_age=0)
        return answer

    return await serve(request, work)


async def begin_session(request: AnyRequest, data: JSONBody[Credentials]) -> Response[SessionState]:
    """Log in; the session's cookie and a new token are in the answer."""

    def work(visit: Visit) -> Response[SessionState]:
        shell = visit.shell
        done = accounts.log_in(
            shell.db,
            shell.passwords,
            username=data.username,
            password=data.password,
            origin=visit.origin,
            replaces=visit.request.cookies.get(shell.cookie, ""),
        )
        with shell.db.read() as cursor:
            visit.session = sessions.look_up(cursor, done.session, shell.clock.now())
        answer = Response(_state(visit, form_token(done.session)))
        visit.set_session(answer, done.session)
        visit.set_device(answer, done.device)
        visit.set_cookie(answer, shell.visit_cookie, "", max_age=0)
        return answer

    return await serve(request, work, slow=True)


async def end_session(request: AnyRequest) -> None:
    """Log out."""

    def work(visit: Visit) -> None:
        with visit.shell.db.write() as write:
            sessions.end(write, visit.request.cookies.get(visit.shell.cookie, ""))

    await serve(request, work)


def _state(visit: Visit, token: str = "") -> SessionState:
    person = visit.person
    return SessionState(
        token=token or form_token(visit.token_cookie),
        person=person.person,
        username=person.username,
        name=person.name,
        roles=tuple(sorted(person.roles)),
        must_change_password=person.must_change,
    )
