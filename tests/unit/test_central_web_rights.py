"""Who may do what at the centre. The routes are taken from the application itself."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from litestar.routes import HTTPRoute

from saraban_base.web.needs import Needs
from saraban_central.numbering import grants
from saraban_central.people import ADMIN, AUDITOR
from tests.web_centre import WebCentre, a_web_centre, browsing, fill
from tests.web_office import PASSWORD, a_client

READS_AND_RUNS = {"/audit", "/api/v1/audit"}
"""What an auditor may send."""
BODIES = {
    "/api/v1/offices": {"code": "evil", "name": "ก", "prefix": "ข"},
    "/api/v1/ranges": {"node": "doi", "register": "incoming", "year": 2569, "size": 5},
    "/api/v1/requests": {"request": "doi/0001-0000000001"},
    "/api/v1/offices/doi/settings": {"circulars": "own"},
}
"""Calls that would be right, but for the rights of their caller."""


class Route(NamedTuple):
    method: str
    path: str
    needs: Needs

    @property
    def changes(self) -> bool:
        return self.method not in ("GET", "HEAD", "OPTIONS")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCentre]:
    with a_web_centre(tmp_path_factory.mktemp("centre")) as made:
        fill(made)
        yield made


def routes_of(web: WebCentre) -> list[Route]:
    found = []
    for route in web.app.litestar.routes:
        if not isinstance(route, HTTPRoute):
            continue  # the gateway's mount has a door of its own
        for handler in route.route_handlers:
            needs = handler.opt.get("needs")
            if not isinstance(needs, Needs):
                continue  # made by the framework: OPTIONS
            found += [Route(str(m), route.path, needs) for m in handler.http_methods]
    assert len(found) > 40
    return found


def address(web: WebCentre, path: str) -> str:
    values = {
        "code": "doi", "book": "incoming", "node": "area", "event": web.letters[0].id,
        "who": web.people["wichai"], "year": "2569", "office": "doi", "number": "1",
    }  # fmt: skip
    return re.sub(r"{(\w+):?\w*}", lambda part: values.get(part[1], "x"), path)


def guarded(web: WebCentre) -> list[Route]:
    return [r for r in routes_of(web) if not r.needs.open and not r.needs.own]


def test_nobody_sees_anything_without_logging_in(web: WebCentre) -> None:
    with a_client(web.address) as client:
        for route in guarded(web):
            answer = client.request(route.method, address(web, route.path), follow_redirects=False)
            if route.changes:
                assert answer.status_code == 403, route  # no token
            elif route.path.startswith(("/api/", "/schema")):
                assert answer.status_code == 401, route
            else:
                assert answer.status_code == 303, route
                assert answer.headers["location"].startswith("/login"), route


def test_after_logging_in_the_page_that_was_asked_for_opens(web: WebCentre) -> None:
    with browsing(web) as browser:
        browser.open("/deliveries")
        assert browser.shown.url.path == "/login"
        browser.send("/login", {"username": "wichai", "password": PASSWORD, "next": "/deliveries"})
        assert browser.shown.url.path == "/deliveries"


def _granted_by_people(web: WebCentre) -> int:
    """Count the grants that a person gave; meanwhile the centre answers nodes by itself."""
    every = [one for series in grants.granted(web.centre) for one in series.grants]
    return sum(one.by != "system" for one in every)


def test_an_auditor_reads_everything_and_changes_nothing(web: WebCentre) -> None:
    before = _granted_by_people(web)
    with browsing(web, "wichai") as browser:
        browser.open("/")
        token = browser.token
        for route in guarded(web):
            path = address(web, route.path)
            only_admin = route.needs.roles == {ADMIN}
            if route.changes:
                if path in READS_AND_RUNS or AUDITOR in route.needs.roles or not route.needs.roles:
                    continue
                answer = browser.client.request(
                    route.method,
                    path,
                    headers={"x-saraban-token": token},
                    json=BODIES.get(path, {}),
                )
                assert answer.status_code == 403, route
                assert "SRB-506" in answer.text, route
            else:
                answer = browser.client.get(path)
                assert (answer.status_code == 403) is only_admin, route
    assert _granted_by_people(web) == before


def test_only_administrators_may_change_anything_but_run_an_audit(web: WebCentre) -> None:
    changing = {r.path for r in guarded(web) if r.changes and AUDITOR in r.needs.roles}
    assert changing == READS_AND_RUNS


def test_an_auditor_is_shown_no_form_that_would_be_refused(web: WebCentre) -> None:
    with browsing(web, "wichai") as browser:
        for path in ("/offices", "/offices/doi", "/ranges"):
            text = browser.open(path).text.split("<main")[1]
            assert 'method="post"' not in text, path
        assert "/people" not in browser.open("/").text


def test_a_form_without_its_token_changes_nothing(web: WebCentre) -> None:
    with browsing(web, "pornthip") as browser:
        for route in guarded(web):
            if not route.changes:
                continue
            path = address(web, route.path)
            for token in ("", "x" * 43):
                answer = browser.client.request(route.method, path, data={"token": token})
                assert answer.status_code == 403, route
                assert "SRB-505" in answer.text, route


def test_a_form_sent_from_another_site_changes_nothing(web: WebCentre) -> None:
    with browsing(web, "pornthip") as browser:
        browser.open("/offices")
        for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            answer = browser.client.post(
                "/offices",
                data={"token": browser.token, "code": "evil", "name": "ก", "prefix": "ข"},
                headers=headers,
            )
            assert answer.status_code == 403
        assert "evil" not in browser.open("/offices").text


def test_a_first_password_opens_only_the_page_where_an_own_one_is_chosen(tmp_path: Path) -> None:
    with a_web_centre(tmp_path) as web, browsing(web, "pornthip") as admin:
        admin.open("/people")
        admin.send("/people", {"username": "somchai", "name": "นายสมชาย", "role": AUDITOR})
        found = re.search(r'class="secret"[^>]*>([^<]+)<', admin.shown.text)
        assert found is not None
        with browsing(web) as browser:
            browser.log_in("somchai", found[1])
            assert browser.shown.url.path == "/password"
            browser.open("/audit")
            assert browser.shown.url.path == "/password"
            browser.send(
                "/password", {"current": found[1], "new": PASSWORD + "!", "again": PASSWORD + "!"}
            )
            assert browser.open("/audit").status_code == 200


def test_a_closed_account_is_out_at_once(tmp_path: Path) -> None:
    with (
        a_web_centre(tmp_path) as web,
        browsing(web, "wichai") as auditor,
        browsing(web, "pornthip") as admin,
    ):
        assert auditor.open("/audit").url.path == "/audit"
        who = web.people["wichai"]
        admin.open(f"/people/{who}")
        admin.send(f"/people/{who}", {"name": "นายวิชัย", "role": AUDITOR})
        assert auditor.open("/audit").url.path == "/login"
        admin.open("/people")
        assert "ปิดใช้งาน" in admin.text


def test_the_last_administrator_cannot_go(tmp_path: Path) -> None:
    with a_web_centre(tmp_path) as web, browsing(web, "pornthip") as admin:
        who = web.people["pornthip"]
        admin.open(f"/people/{who}")
        for fields in (
            {"name": "ก", "role": AUDITOR, "active": "yes"},
            {"name": "ก", "role": ADMIN},
        ):
            assert admin.send(f"/people/{who}", fields).status_code == 409
            assert "SRB-526" in admin.text


def test_the_gateway_and_the_probes_stand_beside_the_pages(web: WebCentre) -> None:
    with a_client(web.address) as client:
        assert client.get("/healthz").text == "ok\n"
        assert client.get("/readyz").status_code == 200
        assert client.get("/db/journal-doi").status_code == 401
