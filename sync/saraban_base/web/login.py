"""Log in, log out, own password, language: the same on node and centre."""

from datetime import UTC, datetime

from litestar.handlers import HTTPRouteHandler

from saraban_base import accounts, sessions
from saraban_base.refusals import (
    OneTimePasswordExpired,
    PasswordsDiffer,
    TooManyAttempts,
    WebError,
    WrongPassword,
)
from saraban_base.web.errors import status_of
from saraban_base.web.needs import NEWCOMER, OPEN, PERSON
from saraban_base.web.routes import act, page
from saraban_base.web.tokens import form_token
from saraban_base.web.visit import Answer, Visit, own_path


def routes() -> list[HTTPRouteHandler]:
    """List the routes."""
    return [
        page("/login", show_log_in, needs=OPEN),
        act("/login", log_in, needs=OPEN, slow=True),
        act("/logout", log_out, needs=OPEN),
        page("/password", show_password, needs=NEWCOMER),
        act("/password", change_password, needs=NEWCOMER, slow=True),
        act("/language", switch_language, needs=OPEN),
        page("/settings", show_settings, needs=PERSON),
        act("/settings/reading", keep_reading, needs=PERSON),
        act("/settings/sessions/end", end_session, needs=PERSON),
    ]


def show_log_in(visit: Visit) -> Answer:
    """Show the log-in page."""
    if visit.session is not None and visit.session.live:
        return visit.redirect(visit.shell.home)
    return _log_in_page(visit)


def log_in(visit: Visit) -> Answer:
    """Log a person in."""
    shell, form = visit.shell, visit.form
    try:
        done = accounts.log_in(
            shell.db,
            shell.passwords,
            username=form.text("username"),
            password=form.text("password"),
            origin=visit.origin,
            replaces=visit.request.cookies.get(shell.cookie, ""),
        )
    except (WrongPassword, TooManyAttempts, OneTimePasswordExpired) as problem:
        return _log_in_page(visit, problem)
    # Open the page that was asked for; a first password leads to choosing an own one.
    target = "/password" if done.must_change else own_path(form.text("next") or shell.home)
    answer = visit.redirect(target)
    visit.set_session(answer, done.session)
    visit.set_device(answer, done.device)
    visit.set_cookie(answer, shell.visit_cookie, "", max_age=0)
    return answer


def log_out(visit: Visit) -> Answer:
    """End the session."""
    token = visit.request.cookies.get(visit.shell.cookie, "")
    with visit.shell.db.write() as write:
        sessions.end(write, token)
    answer = visit.redirect("/login", said="logged-out")
    visit.set_session(answer, "")
    answer.headers["clear-site-data"] = '"cache", "storage"'
    return answer


def show_password(visit: Visit) -> Answer:
    """Show the page where a person chooses a password."""
    return visit.page("password.html", problem=None, field="")


def change_password(visit: Visit) -> Answer:
    """Change the own password; every other log-in of this person ends."""
    form, shell = visit.form, visit.shell
    field = "new"
    try:
        if form.text("new") != form.text("again"):
            field = "again"
            raise PasswordsDiffer("typed differently")
        session = accounts.change_password(
            shell.db,
            shell.passwords,
            visit.person.person,
            current=form.text("current"),
            new=form.text("new"),
            origin=visit.origin,
        )
    except WebError as problem:
        if isinstance(problem, (WrongPassword, TooManyAttempts)):
            field = "current"
        return visit.page("password.html", status=status_of(problem), problem=problem, field=field)
    answer = visit.redirect(shell.home, said="password-changed")
    visit.set_session(answer, session)
    return answer


def switch_language(visit: Visit) -> Answer:
    """Switch between Thai and English, for this browser and, when logged in, for the person."""
    language = "en" if visit.form.text("language") == "en" else "th"
    if visit.session is not None:
        digits = "arabic" if language == "en" else "thai"
        with visit.shell.db.write() as write:
            accounts.set_preference(write, visit.session.person, language=language, digits=digits)
    answer = visit.redirect(own_path(visit.form.text("back") or "/"))
    visit.set_language(answer, language)
    return answer


def show_settings(visit: Visit) -> Answer:
    """Show the person's own settings and running log-ins."""
    shell, person = visit.shell, visit.person
    with shell.db.read() as cursor:
        found = sessions.running(cursor, person.person, shell.clock.now(), shell.lifetimes)
    running = [
        {
            "key": one.key,
            "source": one.source,
            "agent": one.agent,
            "here": one.key == person.id_hash.hex(),
            "seen": datetime.fromtimestamp(one.seen_ms / 1000, UTC),
        }
        for one in found
    ]
    return visit.page("settings.html", running=running)


def keep_reading(visit: Visit) -> Answer:
    """Keep language and digits as the person likes to read."""
    language = "en" if visit.form.text("language") == "en" else "th"
    digits = "arabic" if visit.form.text("digits") == "arabic" else "thai"
    with visit.shell.db.write() as write:
        accounts.set_preference(write, visit.person.person, language=language, digits=digits)
    answer = visit.redirect("/settings", said="saved")
    visit.set_language(answer, language)
    return answer


def end_session(visit: Visit) -> Answer:
    """End one of the own log-ins, or all others."""
    key = visit.form.text("key")
    with visit.shell.db.write() as write:
        if key:
            sessions.end_listed(write, visit.person.person, key)
        else:
            sessions.end_others(write, visit.person)
    return visit.redirect("/settings", said="session-closed")


def _log_in_page(visit: Visit, problem: WebError | None = None) -> Answer:
    shell = visit.shell
    cookie = visit.request.cookies.get(shell.visit_cookie, "")
    fresh = "" if cookie else sessions.new_token()
    has_session = visit.request.cookies.get(shell.cookie, "")
    answer = visit.page(
        "login.html",
        status=status_of(problem) if problem else 200,
        problem=problem,
        username=visit.form.text("username"),
        next=own_path(visit.form.text("next") or visit.query.get("next", shell.home)),
        token=form_token(has_session or cookie or fresh),
    )
    if fresh:
        visit.set_cookie(answer, shell.visit_cookie, fresh, max_age=None)
    return answer
