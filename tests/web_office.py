"""An office with its web pages, and a browser without a screen that clicks through them.

The application is the one that is shipped, behind the server it is shipped with, on a free port of
127.0.0.1; only the memory of password hashing is smaller.
"""

import html
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import uvicorn

from saraban_base import accounts
from saraban_base.passwords import Passwords
from saraban_base.web.shell import Application
from saraban_node import people
from saraban_node.app import build_app
from saraban_node.appliance import Appliance
from saraban_node.backup.schedule import Scheduler
from saraban_node.journal import SYSTEM
from saraban_node.line.syncer import Syncer
from saraban_node.people import ADMINISTRATOR, CLERK
from tests.offices import HandClock, an_office

PASSWORD: Final = "ลมพัดใบไผ่ ริมห้วยน้ำใส"
CHEAP: Final = Passwords(memory_kib=64)
_TOKEN: Final = re.compile(r'name="token" value="([^"]+)"')
_FORM: Final = re.compile(r'name="form" value="([^"]+)"')


@dataclass
class WebOffice:
    """A node, its application, and people with the password :data:`PASSWORD`."""

    node: Appliance
    app: Application
    clock: HandClock
    address: str
    people: dict[str, str] = field(default_factory=dict)
    """User name -> person."""

    def events(self) -> int:
        """Count the events of the journal: whether anything was changed."""
        with self.node.db.read() as cursor:
            return int(next(iter(cursor.execute("SELECT count(*) FROM journal")))[0])

    def entries(self) -> list[tuple[Any, ...]]:
        """Read register, number, subject and state of every line."""
        with self.node.db.read() as cursor:
            return list(
                cursor.execute("SELECT register, number, subject, state FROM entry ORDER BY seq")
            )


@contextmanager
def a_web_office(
    folder: Path,
    *,
    line: Callable[[Appliance], Syncer] | None = None,
    backups: Callable[[Appliance], Scheduler] | None = None,
    **options: Any,
) -> Iterator[WebOffice]:
    """Set up an office with a clerk (somsri), an administrator (prasert), and mali who is both.

    Args:
        folder: a new folder.
        line: makes the exchange with a centre, which nobody starts; there is none when not given.
        backups: makes what runs backups, which nobody starts; there is none when not given.
        options: as for :func:`tests.offices.an_office`.
    """
    clock = HandClock()
    node = an_office(folder / "node", clock=clock, **options)
    scheduler = backups(node) if backups else None
    app = build_app(node, line(node) if line else None, scheduler, passwords=CHEAP)
    try:
        with serving(app) as address:
            office = WebOffice(node, app, clock, address)
            _people(office)
            yield office
    finally:
        node.close()


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an application until the end of the block; gives its address."""
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, name="web")
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        door.close()


def _people(office: WebOffice) -> None:
    add(office, "somsri", "นางสาวสมศรี ใจดี", CLERK)
    add(office, "prasert", "นายประเสริฐ ดูแลดี", ADMINISTRATOR)
    add(office, "mali", "นางมาลี งามตา", CLERK, ADMINISTRATOR)


def add(office: WebOffice, username: str, name: str, *roles: str) -> None:
    """Give a person an account with an own password."""
    node = office.node
    with node.db.write() as write:
        account, _ = people.add_person(
            write,
            node.journal,
            CHEAP,
            username=username,
            name=name,
            roles=frozenset(roles),
            actor=SYSTEM,
        )
        write.cursor.execute(
            "UPDATE credential SET hash = ?, one_time = 0, expires_ms = NULL WHERE person = ?",
            (CHEAP.hash(PASSWORD), account.person),
        )
    office.people[username] = account.person


class Browser:
    """Keeps cookies, follows redirects, finds the token in a page, as a browser's user would."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.page: httpx.Response | None = None

    @property
    def text(self) -> str:
        """The page as text, entities undone."""
        return html.unescape(self.shown.text).replace("\u00a0", " ")

    @property
    def shown(self) -> httpx.Response:
        """The answer that is on the screen."""
        if self.page is None:
            raise AssertionError("no page was opened")
        return self.page

    @property
    def token(self) -> str:
        """The form token of the page."""
        return _found(_TOKEN, self.shown.text)

    @property
    def form(self) -> str:
        """The key of the letter form on the page."""
        return _found(_FORM, self.shown.text)

    def open(self, path: str) -> httpx.Response:
        """Open a page."""
        self.page = self.client.get(path)
        return self.page

    def send(
        self,
        path: str,
        fields: Mapping[str, str | Sequence[str]] | None = None,
        *,
        files: Sequence[tuple[str, bytes]] = (),
        follow: bool = True,
    ) -> httpx.Response:
        """Send a form of the page that is open, with its token."""
        data: dict[str, Any] = {"token": self.token, **(fields or {})}
        uploads = [("files", (name, content)) for name, content in files]
        self.page = self.client.post(
            path, data=data, files=uploads or None, follow_redirects=follow
        )
        return self.page

    def log_in(self, username: str, password: str = PASSWORD) -> "Browser":
        """Log in through the log-in page."""
        self.open("/login")
        self.send("/login", {"username": username, "password": password})
        return self

    def register(
        self,
        book: str = "incoming",
        *,
        files: Sequence[tuple[str, bytes]] = (),
        **fields: str | Sequence[str],
    ) -> httpx.Response:
        """Fill in the form for a new letter and send it."""
        self.open(f"/registers/{book}/new")
        return self.send(f"/registers/{book}/new", {"form": self.form, **fields}, files=files)


@contextmanager
def browsing(office: WebOffice, username: str = "") -> Iterator[Browser]:
    """Open a browser at an office's address, logged in when a user name is given."""
    with a_client(office.address) as client:
        browser = Browser(client)
        yield browser.log_in(username) if username else browser


def a_client(address: str, **options: Any) -> httpx.Client:
    """Make an HTTP client that asks nobody else."""
    return httpx.Client(
        base_url=address, trust_env=False, follow_redirects=True, timeout=20, **options
    )


def change_account(office: WebOffice, username: str, *, active: bool, roles: set[str]) -> None:
    """Let an administrator change an account."""
    with office.node.db.write() as write:
        before = accounts.by_username(write.cursor, username)
        if before is None:
            raise AssertionError(username)
        people.change_person(
            write,
            office.node.journal,
            before.person,
            name=before.name,
            roles=frozenset(roles),
            active=active,
            actor=SYSTEM,
        )


def _found(pattern: re.Pattern[str], text: str) -> str:
    hits = pattern.findall(text)
    if not hits:
        raise AssertionError(f"no {pattern.pattern} in the page")
    return html.unescape(hits[-1])
