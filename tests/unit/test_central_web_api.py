"""The JSON API of the centre: the same facts, the same rights, described by OpenAPI."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from saraban_sync.registers import Register
from tests.central_district import YEAR
from tests.web_centre import WebCentre, a_web_centre, fill
from tests.web_office import PASSWORD, a_client

WANTED = {"node": "doi", "register": "incoming", "year": YEAR, "size": 1}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCentre]:
    with a_web_centre(tmp_path_factory.mktemp("centre")) as made:
        fill(made)
        yield made


@contextmanager
def program(web: WebCentre, username: str) -> Iterator[httpx.Client]:
    """A program that logs in as a person."""
    with a_client(web.address) as client:
        token = client.get("/api/v1/session").json()["token"]
        answer = client.post(
            "/api/v1/session",
            json={"username": username, "password": PASSWORD},
            headers={"x-saraban-token": token},
        )
        assert answer.status_code == 200
        client.headers["x-saraban-token"] = answer.json()["token"]
        yield client


@pytest.fixture
def auditor(web: WebCentre) -> Iterator[httpx.Client]:
    with program(web, "wichai") as client:
        yield client


def test_every_machine_is_told_with_what_the_centre_makes_of_it(auditor: httpx.Client) -> None:
    found = {one["office"]: one for one in auditor.get("/api/v1/machines").json()}

    assert set(found) == {"area", "doi", "pang", "huai"}
    doi = found["doi"]
    assert (doi["unregistered_letters"], doi["letters_to_fetch"]) == (1, 0)
    assert (found["pang"]["letters_to_fetch"], found["huai"]["letters_to_fetch"]) == (1, 1)
    assert doi["good_backup_at"].endswith("Z")
    assert doi["clock_offset_ms"] is None
    assert found["huai"]["node"] == ""
    about = {one["about"]: one for one in doi["judgements"]}
    assert about["letters"]["grave"] is True
    assert about["backup"]["grave"] is False


def test_registers_deliveries_ranges_and_search_are_read(
    web: WebCentre, auditor: httpx.Client
) -> None:
    book = auditor.get(f"/api/v1/offices/doi/registers/incoming/{YEAR}").json()
    assert [line["number"] for line in book["entries"]] == [2, 1]
    assert book["before"] is None
    one = auditor.get(f"/api/v1/offices/doi/registers/incoming/{YEAR}?before=2").json()
    assert [line["number"] for line in one["entries"]] == [1]

    letters = auditor.get("/api/v1/deliveries").json()["letters"]
    assert {(one["number"], one["offices"], one["registered"]) for one in letters} == {
        (1, 2, 1), (2, 2, 0),
    }  # fmt: skip
    whole = auditor.get(f"/api/v1/deliveries/area/{web.letters[0].id}").json()
    stages = {one["office"]: one["stage"] for one in whole["receivers"]}
    assert stages == {"doi": "registered", "pang": "sent"}

    ranges = auditor.get("/api/v1/ranges?office=doi").json()
    incoming = next(one for one in ranges if one["register"] == Register.INCOMING)
    assert (incoming["first"], incoming["last"], incoming["next"], incoming["used"]) == (
        1,
        20,
        3,
        2,
    )
    assert (incoming["left"], incoming["missing"]) == (18, 0)

    found = auditor.get("/api/v1/search", params={"q": "ยากจน"}).json()["entries"]
    assert [(one["office"], one["number"]) for one in found] == [("doi", 2)]
    assert [one["code"] for one in auditor.get("/api/v1/offices").json()] == [
        "area", "doi", "huai", "pang",
    ]  # fmt: skip


def test_an_administrator_adds_an_office_a_machine_and_a_range(tmp_path: Path) -> None:
    with a_web_centre(tmp_path) as web:
        fill(web)
        with program(web, "pornthip") as client:
            office = {"code": "new", "name": "โรงเรียนใหม่", "prefix": "ศธ 04123.8"}
            assert client.post("/api/v1/offices", json=office).status_code == 201
            code = client.post("/api/v1/offices/new/codes", json={}).json()
            assert (code["node"], len(code["code"].split("-"))) == ("new", 4)
            wanted = {"node": "doi", "register": "incoming", "year": YEAR, "size": 5}
            made = client.post("/api/v1/ranges", json=wanted)
            assert made.status_code == 201
            assert (made.json()["first"], made.json()["last"]) == (21, 25)


def test_an_audit_is_run_and_read(tmp_path: Path) -> None:
    with a_web_centre(tmp_path) as web:
        fill(web)
        with program(web, "wichai") as client:
            assert client.get("/api/v1/audit").json() == {"running": False, "report": None}
            answer = client.post("/api/v1/audit")
            assert answer.status_code == 202
            report = client.get("/api/v1/audit").json()["report"]
            assert (report["chain_ok"], report["unexplained_numbers"]) == (True, 0)
            assert {one["kind"] for one in report["findings"]} == {"no-machine"}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/v1/offices", {"code": "x", "name": "ก", "prefix": "ข", "evil": 1}, 400),
        ("/api/v1/offices", {"code": "Not OK", "name": "ก", "prefix": "ข"}, 422),
        ("/api/v1/offices", {"code": "doi", "name": "ก", "prefix": "ข"}, 409),
        ("/api/v1/offices/nobody/codes", {}, 404),
        ("/api/v1/ranges", {"node": "doi", "register": "secret", "year": YEAR, "size": 1}, 400),
        (
            "/api/v1/ranges",
            {"node": "nobody", "register": "incoming", "year": YEAR, "size": 1},
            404,
        ),
        ("/api/v1/ranges", {"node": "doi", "register": "incoming", "year": 2599, "size": 1}, 422),
    ],
)
def test_a_wrong_call_is_answered_by_a_problem_with_a_sentence(
    web: WebCentre, path: str, body: dict[str, Any], status: int
) -> None:
    with program(web, "pornthip") as client:
        answer = client.post(path, json=body)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"].startswith("SRB-")
    assert answer.json()["detail"]


def test_an_auditor_cannot_grant(web: WebCentre, auditor: httpx.Client) -> None:
    wanted = {"node": "doi", "register": "incoming", "year": YEAR, "size": 5}
    answer = auditor.post("/api/v1/ranges", json=wanted)

    assert answer.status_code == 403
    assert answer.json()["code"] == "SRB-506"


def test_the_description_names_every_call(auditor: httpx.Client) -> None:
    described = auditor.get("/schema/openapi.json").json()

    assert described["info"]["title"] == "Saraban centre"
    for path in ("/api/v1/machines", "/api/v1/ranges", "/api/v1/audit", "/api/v1/session"):
        assert path in described["paths"]
    for path, methods in described["paths"].items():
        for method, call in methods.items():
            if method in ("get", "post", "put", "delete"):
                assert call.get("summary") or call.get("description"), f"{method} {path}"
