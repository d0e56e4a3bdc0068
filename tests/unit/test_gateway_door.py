"""Who is let in at the gateway, and how far: everything that is not allowed is refused."""

import itertools
from collections.abc import Iterator

import httpx
import pytest

from saraban_central import directory
from saraban_central.records import CREDENTIALS
from tests.central_district import District, Office
from tests.served_centre import basic, client, new_secret, serving


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    made = District(tmp_path_factory.mktemp("district"))
    made.office("area-1", size=0)
    yield made
    made.close()


@pytest.fixture(scope="module")
def url(district: District) -> Iterator[str]:
    with serving(district.centre) as address:
        yield address


@pytest.fixture
def school(district: District) -> Office:
    return district.office(f"school-{len(district.offices)}", size=0)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + "A" * 5000},
        {"Authorization": "Bearer abc"},
        basic("area-1", ""),
        basic("area-1", "wrong"),
        basic("nobody", "s" * 43),
        basic("", "s" * 43),
        basic("AREA-1", "s" * 43),
        basic("area-1 ", "s" * 43),
        basic("../area-1", "s" * 43),
        basic("centre", "s" * 43),
        {"Authorization": "Basic /////w=="},
    ],
)
@pytest.mark.parametrize("path", ["/", "/journal-area-1", "/nowhere", "/chunks/_bulk_docs"])
def test_nobody_without_a_nodes_name_and_secret_learns_anything(
    district: District, url: str, headers: dict[str, str], path: str
) -> None:
    new_secret(district.offices["area-1"])

    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = httpx.request(method, url + "/db" + path, headers=headers)
        assert answer.status_code == 401
        assert answer.json() == {"error": "unauthorized", "reason": "name or secret is wrong"}
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="saraban"'
        assert answer.headers["Saraban-Time"] == "2026-11-22T02:00:00.000Z"


def test_only_the_hash_of_a_secret_is_kept(district: District, school: Office) -> None:
    _, secret = new_secret(school, "k" * 43)

    credential = district.centre.store.record(CREDENTIALS, school.node)
    assert credential is not None
    assert len(credential.value.sha256) == 64
    assert secret not in str(credential)
    raw = (district.centre.folder / "central.db").read_bytes()
    wal = (district.centre.folder / "central.db-wal").read_bytes()
    assert secret.encode() not in raw + wal


ROUTES = ["", "/_bulk_docs", "/_all_docs", "/_changes", "/_revs_diff", "/_bulk_get",
          "/_ensure_full_commit", "/_local/x", "/0001-0000000001", "/_security", "/_design/x",
          "/_purge", "/_compact", "/_find", "/_index", "/x/attachment", "/_local/a/b", "/%2e%2e",
          "/_changes/x", "/_local"]  # fmt: skip


@pytest.mark.parametrize(
    "database",
    ["journal-area-1", "mailbox-area-1", "journal-x", "_users", "_replicator", "_all_dbs",
     "_session", "_up", "central.db", "journal-", "Journal-area-1", "chunks2"],
)  # fmt: skip
def test_a_node_reaches_no_database_but_its_own(url: str, school: Office, database: str) -> None:
    with client(url, school) as http:
        for method, route in itertools.product(("GET", "POST", "PUT", "DELETE"), ROUTES):
            answer = http.request(method, f"/{database}{route}", content=b"{}")
            assert answer.status_code == 403, (method, route)
            assert answer.json()["reason"] == "not a database of this node"


ALLOWED = {
    ("GET", "journal"): ["", "/_all_docs", "/_changes", "/0001-0000000001"],
    ("PUT", "journal"): ["/_local/x"],
    ("POST", "journal"): ["/_bulk_docs", "/_all_docs", "/_changes", "/_revs_diff", "/_bulk_get",
                          "/_ensure_full_commit"],
    ("GET", "mailbox"): ["", "/_all_docs", "/_changes"],
    ("PUT", "mailbox"): ["/_local/x"],
    ("POST", "mailbox"): ["/_all_docs", "/_changes", "/_revs_diff", "/_bulk_get",
                          "/_ensure_full_commit"],
    ("GET", "directory"): ["", "/_all_docs", "/_changes"],
    ("PUT", "directory"): ["/_local/x"],
    ("POST", "directory"): ["/_all_docs", "/_changes", "/_revs_diff", "/_bulk_get",
                            "/_ensure_full_commit"],
    ("GET", "chunks"): [""],
    ("POST", "chunks"): ["/_bulk_docs", "/_revs_diff", "/_bulk_get", "/_ensure_full_commit"],
}  # fmt: skip


@pytest.mark.parametrize("kind", ["journal", "mailbox", "directory", "chunks"])
def test_every_request_that_is_not_on_the_list_is_refused(
    url: str, school: Office, kind: str
) -> None:
    name = kind if kind in ("directory", "chunks") else f"{kind}-{school.node}"
    bodies: dict[str, dict[str, list[str]]] = {
        "/_bulk_docs": {"docs": []},
        "/_bulk_get": {"docs": []},
    }
    with client(url, school) as http:
        for method, route in itertools.product(
            ("GET", "POST", "PUT", "DELETE", "PATCH", "COPY"), ROUTES
        ):
            answer = http.request(method, f"/{name}{route}", json=bodies.get(route, {}))
            if route in ALLOWED.get((method, kind), []):
                assert answer.status_code in (200, 201), (method, route, answer.text)
            else:
                assert answer.status_code in (403, 404, 405, 412), (method, route, answer.text)
                assert set(answer.json()) == {"error", "reason"}


def test_a_revoked_node_is_out_with_its_next_request(
    district: District, url: str, school: Office
) -> None:
    with client(url, school) as http:
        assert http.get("/").status_code == 200

        directory.revoke(district.centre, school.node)

        for path in ("/", f"/journal-{school.node}", "/directory/_changes", "/chunks"):
            answer = http.get(path)
            assert answer.status_code == 403
            assert answer.json()["reason"] == "this node was revoked at the centre"


def test_an_old_secret_opens_nothing_after_a_new_one_was_given(url: str, school: Office) -> None:
    new_secret(school, "a" * 43)
    new_secret(school, "b" * 43)

    def status(secret: str) -> int:
        return httpx.get(f"{url}/db/", headers=basic(school.node, secret)).status_code

    assert (status("a" * 43), status("b" * 43)) == (401, 200)


@pytest.mark.parametrize("path", ["/db/", "/db/directory", "/api/v1/enrol", "/"])
def test_a_request_for_another_host_is_refused(url: str, path: str) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "", "127.0.0.1@evil.example"):
        answer = httpx.get(url + path, headers={"Host": host})
        assert answer.status_code == 400
        assert "evil" not in answer.text


def test_the_gateway_greets_as_couchdb_does(district: District, url: str, school: Office) -> None:
    with client(url, school) as http:
        for path in ("", "/"):
            answer = http.get(path)
            assert answer.status_code == 200
            assert answer.json()["couchdb"] == "Welcome"
            assert answer.json()["uuid"] == district.centre.identity.uuid
            assert answer.json()["vendor"]["name"] == "Saraban"
        assert http.post("/").status_code == 405


def test_a_path_that_only_looks_like_the_gateways_leads_nowhere(url: str, school: Office) -> None:
    with client(url, school) as http:
        for path in ("/dbx", "/dbx/journal-area-1", f"/dbjournal-{school.node}"):
            assert http.get(url + path).status_code == 404
        assert http.get(f"/db/journal-{school.node}").status_code == 403
        assert http.get(f"/journal-{school.node}/%ff").status_code == 400
        assert http.get(f"/journal-{school.node}%2F_all_docs").status_code == 403
        assert http.get(f"/journal-{school.node}/_local%2Fx").json()["reason"] == "missing"


def test_head_answers_like_get_without_a_body(url: str, school: Office) -> None:
    with client(url, school) as http:
        for path in ("/directory", f"/journal-{school.node}/0001-0000000001", "/directory/_changes",
                     "/directory/_all_docs"):  # fmt: skip
            head, get = http.head(path), http.get(path)
            assert head.status_code == get.status_code == 200
            assert head.content == b""


def test_making_a_database_that_is_there_is_refused_as_couchdb_does(
    url: str, school: Office
) -> None:
    with client(url, school) as http:
        answer = http.put(f"/journal-{school.node}")

    assert answer.status_code == 412
    assert answer.json()["error"] == "file_exists"
