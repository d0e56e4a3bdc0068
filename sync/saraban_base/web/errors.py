"""Refusals as browsers and programs see them: one table, one place where all errors end.

Pages get a page with the sentence; calls under ``/api/`` get RFC 9457 problem JSON with the same
sentence and code. What nobody foresaw is logged with a number that the person can read out on the
telephone; nothing else of it leaves the machine.
"""

import logging
import secrets
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException, ValidationException

from saraban_base import refusals
from saraban_base.errors import DatabaseBusy, DiskFull
from saraban_base.web.visit import FORM_BYTES, SCOPE_KEY, AnyRequest, Visit
from saraban_sync.errors import SarabanError

log: Final = logging.getLogger("saraban.web")

HTTP_STATUS: Final[dict[type[SarabanError], int]] = {
    refusals.WrongPassword: 403,
    refusals.TooManyAttempts: 429,
    refusals.OneTimePasswordExpired: 403,
    refusals.SessionEnded: 401,
    refusals.FormExpired: 403,
    refusals.NotAllowed: 403,
    refusals.MustChangePassword: 403,
    refusals.PageNotFound: 404,
    refusals.NoSuchPerson: 404,
    refusals.WrongMethod: 405,
    refusals.TooLarge: 413,
    refusals.WrongHost: 400,
    refusals.BadRequest: 400,
    refusals.WrongFields: 422,
    refusals.UsernameTaken: 409,
    refusals.LastAdministrator: 409,
    refusals.WebError: 422,
    DatabaseBusy: 503,
    DiskFull: 507,
    SarabanError: 500,
}
"""Status of each error; the nearest class counts. Appliances add theirs by :func:`register`."""


def register(table: dict[type[SarabanError], int]) -> None:
    """Add the statuses of an appliance's own errors."""
    HTTP_STATUS.update(table)


def status_of(problem: SarabanError) -> int:
    """Give the HTTP status of an error."""
    return next(HTTP_STATUS[cls] for cls in type(problem).__mro__ if cls in HTTP_STATUS)


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457 problem details."""

    status: int
    title: str
    detail: str
    code: str
    type: str = "about:blank"
    incident: str = ""
    fields: dict[str, str] = {}


def answer_saraban(request: AnyRequest, problem: SarabanError) -> Response[Any]:
    """Answer an error that the program can explain."""
    status = status_of(problem)
    visit = visit_of(request)
    if status >= 500:
        return _unforeseen(visit, problem, status)
    log.info(
        "refused %s %s code=%s status=%d", request.method, _safe(visit.path), problem.code, status
    )
    if _wants_page(visit):
        match problem:
            case refusals.SessionEnded():
                return _to_log_in(visit)
            case refusals.MustChangePassword():
                return visit.redirect("/password")
    return _answer(visit, problem, status)


def answer_http(request: AnyRequest, problem: HTTPException) -> Response[Any]:
    """Answer what the web framework refused."""
    kind: type[SarabanError] = {
        404: refusals.PageNotFound,
        405: refusals.WrongMethod,
        413: refusals.TooLarge,
    }.get(problem.status_code, refusals.BadRequest)
    visit = visit_of(request)
    if problem.status_code >= 500:
        return _unforeseen(visit, problem, 500)
    status = problem.status_code if kind is not refusals.BadRequest else 400
    limit = max(1, _body_limit(request) // (1024 * 1024))
    fields = {}
    if isinstance(problem, ValidationException):
        fields = _field_notes(problem.extra)
    return _answer(visit, kind(problem.detail, limit=limit), status, fields=fields)


def answer_any(request: AnyRequest, problem: Exception) -> Response[Any]:
    """Answer what nobody foresaw: a number for the telephone, the rest into the log."""
    visit = visit_of(request)
    if isinstance(problem, RecursionError):  # JSON nested a hundred thousand deep
        return _answer(visit, refusals.BadRequest("nested too deeply"), 400)
    return _unforeseen(visit, problem, 500)


def visit_of(request: AnyRequest) -> Visit:
    """Give the request's visit, making one for requests that reached no route."""
    found = request.scope.get(SCOPE_KEY)
    if isinstance(found, Visit):
        return found
    return Visit(request.app.state.shell, request)


def _unforeseen(visit: Visit, problem: Exception, status: int) -> Response[Any]:
    incident = secrets.token_hex(4)
    log.error(
        "incident=%s %s %s", incident, visit.request.method, _safe(visit.path), exc_info=problem
    )
    shown = problem if isinstance(problem, SarabanError) else SarabanError("unforeseen")
    return _answer(visit, shown, status, incident=incident)


def _answer(
    visit: Visit,
    problem: SarabanError,
    status: int,
    *,
    incident: str = "",
    fields: dict[str, str] | None = None,
) -> Response[Any]:
    sentence = visit.voice.sentence(problem)
    if isinstance(problem, refusals.WrongFields):
        fields = {name: visit.voice.sentence(one) for name, one in problem.problems.items()}
    headers = {}
    if isinstance(problem, refusals.TooManyAttempts):
        headers["retry-after"] = problem.facts.get("seconds", "60")
    if not _wants_page(visit):
        body = Problem(
            status=status, title=type(problem).__name__, detail=sentence, code=problem.code,
            incident=incident, fields=fields or {},
        )  # fmt: skip
        return Response(
            msgspec.json.encode(body), status_code=status, headers=headers,
            media_type="application/problem+json",
        )  # fmt: skip
    answer = visit.page(
        "error.html", status=status, sentence=sentence, code=problem.code, incident=incident
    )
    answer.headers.update(headers)
    return answer


def _to_log_in(visit: Visit) -> Response[Any]:
    query = {}
    if visit.request.method in ("GET", "HEAD") and visit.path != "/":
        raw = visit.request.scope.get("query_string", b"").decode("latin-1")
        query["next"] = visit.path + (f"?{raw}" if raw else "")
    if visit.session is not None:
        query["said"] = "session-ended"
    answer = visit.redirect("/login")
    if query:
        answer.headers["location"] = "/login?" + urlencode(query)
    return answer


def _wants_page(visit: Visit) -> bool:
    return not visit.path.startswith(("/api/", "/schema", "/db/"))


def _field_notes(extra: object) -> dict[str, str]:
    notes = extra if isinstance(extra, list) else []
    return {
        str(note.get("key", "body")): str(note.get("message", ""))
        for note in notes
        if isinstance(note, dict)
    }


def _body_limit(request: AnyRequest) -> int:
    handler = request.scope.get("route_handler")
    limit = getattr(handler, "request_max_body_size", None)
    return limit if isinstance(limit, int) else FORM_BYTES


def _safe(path: str) -> str:
    """Keep a path from writing log lines of its own."""
    return path.encode("unicode_escape").decode("ascii")[:200]
