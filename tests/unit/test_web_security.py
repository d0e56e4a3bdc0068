"""What a hostile page, a curious colleague or a careless link can do to an office: nothing.

The routes are taken from the application itself, so that a new one is tested on the day it is made.
"""

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from litestar import get
from litestar.routes import HTTPRoute

from saraban_base.web import errors
from saraban_base.web.needs import OPEN, Needs, role
from saraban_base.web.routes import page
from saraban_base.web.shell import Application, build_app
from saraban_base.web.visit import Answer, Visit, own_path
from saraban_node.app import make_shell
from saraban_node.web.office import Office
from tests.offices import register
from tests.web_office import (
    CHEAP,
    PASSWORD,
    WebOffice,
    a_client,
    a_web_office,
    browsing,
    serving,
)

EVIL = "https://evil.example"


class Route(NamedTuple):
    """One way into the application."""

    method: str
    path: str
    needs: Needs
    name: str

    @property
    def changes(self) -> bool:
        return self.method not in ("GET", "HEAD", "OPTIONS")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    with a_web_office(tmp_path_factory.mktemp("office")) as made:
        register(made.node, "หนังสือที่มีอยู่แล้ว")
        yield made


def routes_of(app: Application) -> list[Route]:
    found = []
    for route in app.litestar.routes:
        assert isinstance(route, HTTPRoute), "only HTTP is spoken here"
        for handler in route.route_handlers:
            if set(handler.http_methods) == {"OPTIONS"}:
                continue  # made by the framework: says which methods there are
            needs = handler.opt.get("needs")
            assert isinstance(needs, Needs), f"{route.path} says nothing about who may use it"
            found += [
                Route(str(method), route.path, needs, handler.fn.__qualname__)
                for method in handler.http_methods
            ]
    return found


def address(office: WebOffice, path: str) -> str:
    """Fill in the variable parts of a path with something that exists."""
    with office.node.db.read() as cursor:
        (entry,) = next(iter(cursor.execute("SELECT id FROM entry")))
    values = {"book": "incoming", "entry": entry, "who": office.people["somsri"]}
    return re.sub(r"{(\w+):?\w*}", lambda part: values.get(part[1], "0" * 64), path)


def ask(
    client: httpx.Client, method: str, path: str, headers: dict[str, str], body: bool = True
) -> httpx.Response:
    content: dict[str, Any] = {}
    if body and method != "GET":
        content = {"json": {}} if path.startswith("/api/") else {"data": {"subject": "x"}}
    return client.request(method, path, headers=headers, follow_redirects=False, **content)


def test_every_route_that_changes_something_needs_its_token_and_our_own_page(
    office: WebOffice,
) -> None:
    changing = [route for route in routes_of(office.app) if route.changes]
    assert len(changing) > 15
    with browsing(office, "mali") as browser:
        browser.open("/settings")
        token = browser.token
        before = office.events()
        attacks: dict[str, dict[str, str]] = {
            "no token": {},
            "a wrong token": {"x-saraban-token": "A" * 43},
            "another site's origin": {"x-saraban-token": token, "origin": EVIL},
            "no origin to speak of": {"x-saraban-token": token, "origin": "null"},
            "another port": {"x-saraban-token": token, "origin": "http://127.0.0.1:1"},
            "another site": {"x-saraban-token": token, "sec-fetch-site": "cross-site"},
            "a sibling host": {"x-saraban-token": token, "sec-fetch-site": "same-site"},
        }
        for route in changing:
            for attack, headers in attacks.items():
                got = ask(browser.client, route.method, address(office, route.path), headers)
                assert got.status_code == 403, f"{attack}: {route.method} {route.path}"
                assert "SRB-505" in got.text

        assert office.events() == before
        assert browser.open("/settings").status_code == 200, "the session has survived it all"


def test_nothing_is_changed_by_following_a_link(office: WebOffice) -> None:
    with browsing(office, "mali") as browser:
        before = office.events()
        for route in routes_of(office.app):
            if route.method == "GET":
                path = address(office, route.path)
                assert browser.client.get(path, follow_redirects=False).status_code < 500, path

        assert office.events() == before


def test_a_stranger_reaches_only_what_is_open(office: WebOffice) -> None:
    with browsing(office) as browser:
        browser.open("/login")
        headers = {"x-saraban-token": browser.token}
        for route in routes_of(office.app):
            path = address(office, route.path)
            got = ask(browser.client, route.method, path, headers)
            if route.needs.open:
                assert got.status_code != 401, path
            elif path.startswith(("/api/", "/schema")):
                assert got.status_code in (400, 401), path
            else:
                assert got.status_code == 303, path
                assert got.headers["location"].startswith("/login"), path


@pytest.mark.parametrize(
    ("username", "roles"), [("somsri", {"clerk"}), ("prasert", {"administrator"})]
)
def test_nobody_reaches_beyond_their_role(
    office: WebOffice, username: str, roles: set[str]
) -> None:
    """An administrator reads no letters; a clerk makes no accounts."""
    tried = 0
    with browsing(office, username) as browser:
        browser.open("/settings")
        headers = {"x-saraban-token": browser.token}
        before = office.events()
        for route in routes_of(office.app):
            if not route.needs.roles or route.needs.roles & roles:
                continue
            path = address(office, route.path)
            got = ask(browser.client, route.method, path, headers, body=False)
            # A body that is missing is noticed before the role, and nothing is told by it.
            assert got.status_code in ((400, 403) if path.startswith("/api/") else (403,)), path
            assert "หนังสือที่มีอยู่แล้ว" not in got.text
            tried += got.status_code == 403

        assert office.events() == before
    assert tried >= 3


def test_a_right_that_is_taken_away_is_gone_at_the_next_click(tmp_path: Path) -> None:
    with a_web_office(tmp_path) as office, browsing(office, "somsri") as clerk:
        assert clerk.open("/registers/incoming").status_code == 200
        with browsing(office, "prasert") as administrator:
            who = office.people["somsri"]
            administrator.open(f"/people/{who}")
            administrator.send(f"/people/{who}", {"name": "สมศรี", "roles": "clerk", "active": ""})

        assert clerk.open("/registers/incoming").url.path == "/login"


def test_an_application_with_a_route_open_by_oversight_is_not_built(office: WebOffice) -> None:
    @get("/oversight", include_in_schema=False)
    async def oversight() -> str:
        return "open"

    shell = make_shell(Office(office.node), CHEAP)
    with pytest.raises(ValueError, match="/oversight"):
        build_app(shell, [oversight], title="", version="1")
    shell.close()


def test_a_cookie_set_before_log_in_is_worth_nothing_after_it(office: WebOffice) -> None:
    """Session fixation: whoever planted the cookie must not be in when the victim logs in."""
    name = office.app.shell.cookie
    with browsing(office) as browser:
        browser.client.cookies.set(name, "A" * 43, domain="127.0.0.1")
        browser.log_in("somsri")
        given = browser.client.cookies.get(name, domain="127.0.0.1")

    assert given != "A" * 43
    assert status_with(office, name, "A" * 43) == 303
    assert status_with(office, name, str(given)) == 200


def test_the_id_changes_when_the_password_does_and_the_old_one_dies(tmp_path: Path) -> None:
    with a_web_office(tmp_path) as office, browsing(office, "somsri") as browser:
        name = office.app.shell.cookie
        old = browser.client.cookies[name]
        browser.open("/password")
        browser.send(
            "/password", {"current": PASSWORD, "new": "ดอกไม้ริมรั้ว 9", "again": "ดอกไม้ริมรั้ว 9"}
        )

        assert "เปลี่ยนรหัสผ่านแล้ว" in browser.text
        assert browser.client.cookies[name] != old
        assert status_with(office, name, old) == 303


def test_logging_out_ends_the_session_on_the_appliance_too(office: WebOffice) -> None:
    with browsing(office, "somsri") as browser:
        name = office.app.shell.cookie
        kept = browser.client.cookies[name]
        browser.open("/settings")
        browser.send("/logout")

        assert "ออกจากระบบแล้ว" in browser.text
        assert browser.open("/").url.path == "/login"
    assert status_with(office, name, kept) == 303


def status_with(office: WebOffice, cookie: str, value: str) -> int:
    with a_client(office.address, cookies={cookie: value}) as client:
        return client.get("/", follow_redirects=False).status_code


def test_a_one_time_password_opens_only_the_page_where_an_own_one_is_chosen(
    tmp_path: Path,
) -> None:
    with a_web_office(tmp_path) as office, browsing(office, "prasert") as administrator:
        register(office.node, "หนังสือที่มีอยู่แล้ว")
        administrator.open("/people")
        administrator.send("/people", {"username": "new.clerk", "name": "คนใหม่", "roles": "clerk"})
        (first,) = re.findall(r'class="secret"[^>]*>([^<]+)<', administrator.shown.text)
        with browsing(office) as browser:
            browser.log_in("new.clerk", first)
            assert browser.shown.url.path == "/password"
            for route in routes_of(office.app):
                if route.method == "GET" and not route.needs.open and not route.needs.first:
                    path = address(office, route.path)
                    got = browser.client.get(path, follow_redirects=False)
                    assert got.status_code in (303, 400 if "/api/" in path else 403, 403), path
                    if got.status_code == 303:
                        assert got.headers["location"] == "/password"

            browser.send(
                "/password", {"current": first, "new": "ฝนตกที่ปลายนา", "again": "ฝนตกที่ปลายนา"}
            )
            assert browser.open("/registers/incoming").status_code == 200
        with browsing(office) as again:
            again.log_in("new.clerk", first)
            assert "SRB-501" in again.text, "it worked once"


def every_kind_of_answer(client: httpx.Client) -> list[httpx.Response]:
    paths = ("/", "/login", "/nothing-here", "/assets/nothing", "/healthz", "/readyz", "/broken")
    answers = [client.get(path, follow_redirects=False) for path in paths]
    answers.append(client.post("/healthz"))
    answers.append(client.get("/api/v1/letters"))
    answers.append(client.get("/login", headers={"host": "evil.example"}))
    return answers


def broken(visit: Visit) -> Answer:
    raise ZeroDivisionError("secret-of-the-house")


def test_every_answer_carries_the_safety_headers(office: WebOffice) -> None:
    app = build_app(
        make_shell(Office(office.node), CHEAP), [page("/broken", broken, needs=OPEN)],
        title="", version="1",
    )  # fmt: skip
    with serving(app) as where, a_client(where) as client:
        for answer in every_kind_of_answer(client):
            csp = answer.headers["content-security-policy"]
            assert "default-src 'none'" in csp
            assert "unsafe" not in csp
            assert "frame-ancestors 'none'" in csp
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "same-origin"
            assert answer.headers["x-frame-options"] == "DENY"
            assert answer.headers["cache-control"] == "no-store"
            assert "server" not in answer.headers


def test_what_nobody_foresaw_shows_a_number_for_the_telephone_and_nothing_else(
    office: WebOffice, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The import linter, when it ran before in this process, has switched all loggers off.
    monkeypatch.setattr(errors.log, "disabled", False)
    app = build_app(
        make_shell(Office(office.node), CHEAP), [page("/broken", broken, needs=OPEN)],
        title="", version="1",
    )  # fmt: skip
    with serving(app) as where, a_client(where) as client:
        answer = client.get("/broken")

    assert answer.status_code == 500
    assert "secret-of-the-house" not in answer.text
    assert "Traceback" not in answer.text
    (incident,) = re.findall(r'class="code">([0-9a-f]{8})<', answer.text)
    assert incident in caplog.text
    assert "secret-of-the-house" in caplog.text


def test_an_address_that_is_not_ours_is_refused_on_every_route(office: WebOffice) -> None:
    with browsing(office, "mali") as browser:
        for host in ("evil.example", "evil.example:8001", "127.0.0.1.evil.example", "127.0.0.1@x"):
            for route in routes_of(office.app):
                got = ask(browser.client, route.method, address(office, route.path), {"host": host})
                assert got.status_code == 400
                assert "evil" not in got.text


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "localhost", "LOCALHOST:1", "[::1]:8001"])
def test_the_appliances_own_names_are_known(office: WebOffice, host: str) -> None:
    with browsing(office) as browser:
        assert browser.client.get("/login", headers={"host": host}).status_code == 200


def test_scripts_cannot_read_the_cookies_and_other_sites_do_not_send_them(
    office: WebOffice,
) -> None:
    with browsing(office) as browser:
        browser.open("/login")
        answer = browser.send("/login", {"username": "somsri", "password": PASSWORD}, follow=False)

    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 3
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie


def test_over_tls_the_cookies_are_bound_to_the_host(office: WebOffice) -> None:
    shell = make_shell(Office(office.node), CHEAP)
    shell.secure = True
    app = build_app(shell, [], title="", version="1")
    with serving(app) as where, a_client(where) as client:
        answer = client.get("/login")

    assert "strict-transport-security" in answer.headers
    for cookie in answer.headers.get_list("set-cookie"):
        assert cookie.startswith("__Host-")
        assert "Secure" in cookie


def test_two_appliances_on_one_machine_do_not_share_a_log_in(
    office: WebOffice, tmp_path: Path
) -> None:
    """Browsers do not look at the port when they send cookies."""
    with a_web_office(tmp_path, code="school-b") as other:
        assert other.app.shell.cookie != office.app.shell.cookie
        with browsing(office, "somsri") as browser:
            value = browser.client.cookies[office.app.shell.cookie]
        assert status_with(other, other.app.shell.cookie, value) == 303


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil",
        "/a\r\nx: y",
        "",
        "x",
    ],
)
def test_after_log_in_nobody_is_sent_elsewhere(office: WebOffice, path: str) -> None:
    assert own_path(path) == "/"
    with browsing(office) as browser:
        browser.open("/login")
        answer = browser.send(
            "/login", {"username": "somsri", "password": PASSWORD, "next": path}, follow=False
        )

    assert answer.headers["location"] == "/"


def test_log_in_leads_back_to_the_page_that_was_asked_for(office: WebOffice) -> None:
    with browsing(office) as browser:
        browser.open("/registers/incoming?year=2569&text=ประชุม")
        assert browser.shown.url.path == "/login"
        wanted = re.findall(r'name="next" value="([^"]+)"', browser.shown.text)[0]
        browser.send(
            "/login",
            {"username": "somsri", "password": PASSWORD, "next": wanted.replace("&amp;", "&")},
        )

    assert browser.shown.url.path == "/registers/incoming"
    assert browser.shown.url.params["text"] == "ประชุม"


def test_json_nested_a_hundred_thousand_deep_is_a_bad_request(office: WebOffice) -> None:
    with browsing(office, "somsri") as browser:
        browser.open("/settings")
        answer = browser.client.post(
            "/api/v1/letters",
            content=b"[" * 100_000 + b"]" * 100_000,
            headers={"content-type": "application/json", "x-saraban-token": browser.token},
        )

    assert answer.status_code == 400


def test_more_than_a_form_holds_is_refused_before_it_is_read(office: WebOffice) -> None:
    with browsing(office, "somsri") as browser:
        browser.open("/settings")
        answer = browser.send("/settings/reading", {"language": "x" * 1_500_000})

    assert answer.status_code == 413
    assert "SRB-509" in answer.text


@pytest.mark.parametrize(
    "body",
    [
        (b"token=%FF%FE&x=1", "application/x-www-form-urlencoded"),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"x", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n'
            b"Content-Type: text/plain; charset=nope\r\n\r\nx\r\n--x--\r\n",
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_a_form_that_is_no_form_is_refused_in_words(
    office: WebOffice, body: tuple[bytes, str]
) -> None:
    with browsing(office, "somsri") as browser:
        answer = browser.client.post(
            "/settings/reading", content=body[0], headers={"content-type": body[1]}
        )

    assert answer.status_code in (400, 403)
    assert "SRB-5" in answer.text


def test_log_lines_cannot_be_forged_by_an_address(
    office: WebOffice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "saraban.web")
    with browsing(office, "somsri") as browser:
        browser.open("/registers/x%0Aincident=forged")

    assert not any(line.startswith("incident=forged") for line in caplog.text.splitlines())


def test_no_template_switches_the_escaping_off() -> None:
    bad = re.compile(
        r"\|\s*safe|Markup|autoescape|\|\s*xmlattr|<script(?! src)|<style| style=| on\w+="
    )
    for package in ("saraban_base", "saraban_node"):
        for file in (resources.files(package) / "templates").iterdir():
            assert not bad.findall(file.read_text(encoding="utf-8")), file.name


def test_whatever_is_typed_is_shown_as_it_was_typed(tmp_path: Path) -> None:
    """Stored XSS: every field, every page that shows it."""
    attack = "<script>window.__xss=1</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
    with a_web_office(tmp_path) as office, browsing(office, "mali") as browser:
        browser.register(
            "incoming",
            subject=attack,
            sender=attack,
            recipient=attack,
            letter_no=attack,
            action=attack,
            remark=attack,
        )
        (entry,) = office.entries()
        assert entry[2] == attack
        paths = ["/", "/registers/incoming", "/registers/incoming/print", "/search?q=script"]
        with office.node.db.read() as cursor:
            paths += [f"/letters/{row[0]}" for row in cursor.execute("SELECT id FROM entry")]
        for path in paths:
            raw = browser.open(path).text
            assert "<script>window" not in raw, path
            assert "<img src=x" not in raw, path
            assert "&lt;script&gt;" in raw.replace("<mark>", "").replace("</mark>", ""), path
            assert "{{7*7}}" in browser.text.replace("<mark>", "").replace("</mark>", "")


def test_the_description_of_the_api_is_for_people_who_are_logged_in(office: WebOffice) -> None:
    with browsing(office) as browser:
        for path in ("/schema", "/schema/openapi.json", "/schema/swagger", "/schema/x"):
            assert browser.client.get(path).status_code == 401
        browser.log_in("somsri")
        described = browser.client.get("/schema/openapi.json").json()

    assert "/api/v1/letters" in described["paths"]
    assert not [path for path in described["paths"] if not path.startswith("/api/")]


def test_assets_may_be_kept_for_ever_because_their_name_tells_their_content(
    office: WebOffice,
) -> None:
    with browsing(office) as browser:
        names = re.findall(r'"(/assets/[^"]+)"', browser.open("/login").text)
        assert len(names) >= 3
        for name in names:
            answer = browser.client.get(name)
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]
        css = browser.client.get(next(name for name in names if name.endswith(".css"))).text
        for font in re.findall(r'url\("([^"]+)"\)', css):
            assert browser.client.get(f"/assets/{font}").headers["content-type"] == "font/ttf"


def test_nothing_on_the_pages_comes_from_elsewhere(office: WebOffice) -> None:
    with browsing(office, "mali") as browser:
        for path in ("/", "/login", "/registers/incoming", "/registers/incoming/new", "/people"):
            assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', browser.open(path).text)


def test_a_probe_learns_that_the_office_is_ready_and_nothing_more(office: WebOffice) -> None:
    with browsing(office) as browser:
        assert browser.client.get("/healthz").text == "ok\n"
        assert browser.client.get("/readyz").text == "ready\n"


def test_role_names_cannot_be_invented(office: WebOffice) -> None:
    assert role("clerk").roles == {"clerk"}
    with browsing(office, "prasert") as browser:
        browser.open("/people")
        answer = browser.send("/people", {"username": "x.y", "name": "ก", "roles": "king"})

    assert answer.status_code == 422
    assert "SRB-522" in answer.text


def test_a_browser_is_known_by_its_cookie_alone(office: WebOffice) -> None:
    """Proxy headers that anybody can write change neither the address nor the host."""
    forged = {"x-forwarded-for": "1.2.3.4", "x-forwarded-host": "evil.example"}
    with browsing(office) as browser:
        answer = browser.client.get("/login", headers=forged)

    assert answer.status_code == 200
    assert "evil.example" not in answer.text
