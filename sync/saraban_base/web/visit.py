"""One request: who makes it, what was sent, and how to answer it."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from litestar import Request, Response
from litestar.datastructures import Cookie

from saraban_base import sessions
from saraban_base.accounts import Origin
from saraban_base.clock import Clock
from saraban_base.lane import Lane
from saraban_base.passwords import Passwords
from saraban_base.refusals import SessionEnded
from saraban_base.sessions import Lifetimes, Session
from saraban_base.sqlite import Database
from saraban_base.web import tokens
from saraban_base.web.assets import Assets
from saraban_base.web.forms import Form
from saraban_base.web.needs import Needs, decide
from saraban_base.web.templates import Templates
from saraban_base.web.voice import LANGUAGES, Catalogue, Voice

FORM_BYTES: Final = 1024 * 1024
"""Greatest length of a request unless its route says otherwise."""
HTML: Final = "text/html; charset=utf-8"
SCOPE_KEY: Final = "saraban.visit"
_LANGUAGE_COOKIE: Final = "saraban-language"
_YEAR: Final = 365 * 24 * 3600

AnyRequest = Request[Any, Any, Any]
Answer = Response[bytes]


class RailItem(NamedTuple):
    """One entry of the rail at the left, on phones of the bar at the bottom."""

    path: str
    icon: str
    """A name from ``icons.html``."""
    label: str
    """Key of a text."""
    counter: int = 0
    """Shown beside the label when it is more than zero."""
    phone: bool = True
    """Whether it stands in the bar on phones; the others are under "more"."""
    counter_label: str = ""
    """Key of a text that says what is counted, for screen readers."""


class Notice(NamedTuple):
    """A sentence that must not be overlooked on any page."""

    sentence: str
    """In the reader's language."""
    path: str = ""
    """Where something can be done about it; empty when this person cannot."""
    label: str = ""
    """Key of a text: what is done there."""
    kind: str = "danger"
    """``danger`` or ``waiting``."""


class Frame(NamedTuple):
    """What stands around every page of a person who is logged in."""

    owner: str
    """Whose appliance this is: the office's name."""
    rail: Sequence[RailItem] = ()
    search: str = ""
    """Where the search box in the head sends its text; no box when empty."""
    notice: str = ""
    """A sentence that must not be overlooked on any page, in the reader's language."""
    notices: Sequence[Notice] = ()
    """The same, each with a way on."""


@dataclass
class Threads:
    """Where blocking work runs: pages, acts, and the slow work of hashing passwords.

    Passwords have threads of their own, so that a queue at the log-in page at 08:30 delays nobody
    who is registering letters.
    """

    reading: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(3, thread_name_prefix="read")
    )
    acting: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(16, thread_name_prefix="act")
    )
    slow: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix="slow")
    )

    def close(self) -> None:
        """Wait for running work and end the threads."""
        for pool in (self.reading, self.acting, self.slow):
            pool.shutdown(wait=True)


@dataclass
class Shell:
    """What an appliance's pages are made with."""

    name: str
    """Sets the cookies of two appliances on one host apart, such as ``node-school-1``."""
    product: str
    """Key of the text that names the appliance in page titles."""
    db: Database
    clock: Clock
    catalogue: Catalogue
    templates: Templates
    assets: Assets
    passwords: Passwords
    frame: Callable[["Visit"], Frame]
    owner: Callable[[], str]
    """Whose appliance it is, for pages before log-in."""
    home: str = "/"
    keys: Sequence[tuple[str, str]] = (
        ("/", "keys.search"), ("j k", "keys.rows"), ("Enter", "keys.open"), ("?", "keys.help"),
    )  # fmt: skip
    """Keys and what they do (a text's key), for the help."""
    language: str = "th"
    digits: str = "thai"
    """For Thai pages of people who have chosen none."""
    jumps: Mapping[str, str] = field(default_factory=dict)
    """Keys that open a page from anywhere: ``{"n": "/registers/incoming/new"}``."""
    hosts: Sequence[str] = ()
    secure: bool = False
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    threads: Threads = field(default_factory=Threads)

    def __post_init__(self) -> None:
        self.lane = Lane(self.db)

    def close(self) -> None:
        """End worker threads after what they are doing."""
        self.threads.close()
        self.lane.close()

    @property
    def cookie(self) -> str:
        """Name of the session cookie."""
        return f"__Host-saraban-{self.name}" if self.secure else f"saraban-{self.name}"

    @property
    def visit_cookie(self) -> str:
        """Name of the cookie that protects the log-in form."""
        return self.cookie + "-visit"

    @property
    def device_cookie(self) -> str:
        """Name of the cookie by which a browser is known again."""
        return self.cookie + "-device"


class Visit:
    """One request and who makes it; handed to every page and act.

    Args:
        shell: the appliance's.
        request: as the framework gives it.
        form: what was sent with it.
    """

    def __init__(self, shell: Shell, request: AnyRequest, form: Form | None = None) -> None:
        self.shell = shell
        self.request = request
        self.form = form or Form()
        self.session: Session | None = None
        self.voice = self._voice()

    @property
    def path(self) -> str:
        """The path that was asked for."""
        return self.request.scope["path"]

    @property
    def query(self) -> Mapping[str, str]:
        """The query's values; of a value given twice the last."""
        return self.request.query_params

    def part(self, name: str) -> str:
        """Give a variable part of the path."""
        return str(self.request.path_params[name])

    @property
    def person(self) -> Session:
        """Who is logged in.

        Raises:
            SessionEnded: nobody.
        """
        if self.session is None or not self.session.live:
            raise SessionEnded("nobody is logged in")
        return self.session

    @property
    def person_or_late(self) -> Session:
        """Who made the request, also when their session has just ended: for keeping drafts only.

        Raises:
            SessionEnded: nobody is known.
        """
        if self.session is None:
            raise SessionEnded("nobody is known")
        return self.session

    @property
    def token_cookie(self) -> str:
        """The cookie from which form tokens are worked out: session, or log-in page's."""
        found = self.request.cookies
        return found.get(self.shell.cookie) or found.get(self.shell.visit_cookie) or ""

    @property
    def origin(self) -> Origin:
        """Where the request comes from."""
        client = self.request.scope.get("client")
        return Origin(
            source=str(client[0]) if client else "",
            agent=self.request.headers.get("user-agent", ""),
            device=self.request.cookies.get(self.shell.device_cookie, ""),
        )

    def admit(self, needs: Needs) -> None:
        """Find out who makes the request and whether they may; runs in a worker thread.

        Raises:
            SessionEnded, MustChangePassword, NotAllowed: they may not.
        """
        token = self.request.cookies.get(self.shell.cookie)
        if token and not needs.own:
            now = self.shell.clock.now()
            with self.shell.db.read() as cursor:
                found = sessions.look_up(cursor, token, now, self.shell.lifetimes)
            if found is not None:
                self.session = found
                self.voice = self._voice()
                if found.live and found.touch:
                    with self.shell.db.write() as write:
                        sessions.touch(write, found)
        decide(needs, self.session)

    def page(self, template: str, *, status: int = 200, **context: Any) -> Answer:
        """Answer with a page."""
        shell, live = self.shell, self.session is not None and self.session.live
        frame = shell.frame(self) if live else Frame(shell.owner())
        said = self.query.get("said", "")
        content = shell.templates.render(
            template,
            self.voice,
            {
                "visit": self,
                "frame": frame,
                "person": self.session if live else None,
                "path": self.path,
                "token": tokens.form_token(self.token_cookie) if self.token_cookie else "",
                "said": f"said.{said}" if self.voice.knows(f"said.{said}") else "",
                "product": shell.product,
                "now": shell.clock.now(),
                **context,
            },
        )
        return Response(content, media_type=HTML, status_code=status)

    def redirect(self, path: str, **query: str) -> Answer:
        """Send the browser on to one of our own pages (303: reloading it does nothing again)."""
        address = quote(own_path(path), safe="/?=&%#-._~:")
        if query:
            address += ("&" if "?" in address else "?") + urlencode(query)
        return Response(b"", status_code=303, headers={"location": address}, media_type=HTML)

    def empty(self) -> Answer:
        """Answer that it is done, with nothing to show."""
        return Response(b"", media_type="text/plain; charset=utf-8")

    def set_cookie(
        self, answer: Response[Any], name: str, value: str, *, max_age: int | None
    ) -> None:
        """Put a cookie that scripts cannot read into an answer; an empty one goes at once."""
        answer.set_cookie(
            Cookie(
                key=name, value=value, path="/", httponly=True, samesite="lax",
                secure=self.shell.secure, max_age=0 if not value else max_age,
            )
        )  # fmt: skip

    def set_session(self, answer: Response[Any], token: str) -> None:
        """Put the session's id into an answer; it goes when the browser is closed."""
        self.set_cookie(answer, self.shell.cookie, token, max_age=None)

    def set_device(self, answer: Response[Any], device: str) -> None:
        """Let the browser be known again."""
        self.set_cookie(answer, self.shell.device_cookie, device, max_age=_YEAR // 2)

    def set_language(self, answer: Response[Any], language: str) -> None:
        """Keep the language for pages before log-in."""
        self.set_cookie(answer, _LANGUAGE_COOKIE, language, max_age=_YEAR)

    def _voice(self) -> Voice:
        language = self.request.cookies.get(_LANGUAGE_COOKIE)
        digits = None
        if self.session is not None:
            language, digits = self.session.language or language, self.session.digits
        if language not in LANGUAGES:
            language = self.shell.language
        standard = self.shell.digits if language == "th" else "arabic"
        return Voice(self.shell.catalogue, language, digits or standard)


def own_path(path: str) -> str:
    """Give a path of this appliance, ``/`` for anything that could lead elsewhere."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if inside and not any(c in path for c in "\r\n\t\\") else "/"
