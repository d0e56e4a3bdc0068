"""A program uses the JSON API: the same services, the same rules, one number for one key."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.offices import register
from tests.web_office import PASSWORD, WebOffice, a_client, a_web_office

LETTER = {
    "register": "incoming",
    "subject": "ขอเชิญประชุม",
    "sender": "สพป. เชียงใหม่ เขต ๒",
    "letter_no": "ศธ 04123/ว 45",
    "letter_date": "2026-06-07",
    "urgency": "urgent",
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    with a_web_office(tmp_path) as made:
        yield made


@pytest.fixture
def api(office: WebOffice) -> Iterator[httpx.Client]:
    with a_client(office.address) as client:
        log_in(client, "somsri")
        yield client


def log_in(client: httpx.Client, username: str, password: str = PASSWORD) -> httpx.Response:
    first = client.get("/api/v1/session").json()["token"]
    answer = client.post(
        "/api/v1/session",
        json={"username": username, "password": password},
        headers={"x-saraban-token": first},
    )
    if answer.is_success:
        client.headers["x-saraban-token"] = answer.json()["token"]
    return answer


def send(api: httpx.Client, letter: dict[str, Any], key: str) -> httpx.Response:
    return api.post("/api/v1/letters", json=letter, headers={"idempotency-key": key})


def test_a_program_logs_in_as_a_person(office: WebOffice) -> None:
    with a_client(office.address) as client:
        answer = log_in(client, "mali")
        assert answer.json()["roles"] == ["administrator", "clerk"]
        assert client.get("/api/v1/session").json()["username"] == "mali"
        assert client.delete("/api/v1/session").status_code == 204
        assert client.get("/api/v1/letters").status_code == 401

        wrong = log_in(client, "mali", "ไม่ใช่")
        assert wrong.status_code == 403
        assert wrong.json()["code"] == "SRB-501"
        assert wrong.headers["content-type"] == "application/problem+json"


def test_a_letter_gets_its_number(office: WebOffice, api: httpx.Client) -> None:
    answer = send(api, LETTER, "letter-0001")

    assert answer.status_code == 201
    made = answer.json()
    assert (made["number"], made["year"], made["state"]) == (1, 2569, "issued")
    assert made["registered_at"] == "2026-11-22T02:00:00Z"
    whole = api.get(answer.headers["location"]).json()
    assert whole["letter"] == made
    assert [act["kind"] for act in whole["history"]] == ["letter.registered"]


def test_the_same_key_gives_the_same_letter_and_other_words_are_refused(
    office: WebOffice, api: httpx.Client
) -> None:
    first = send(api, LETTER, "letter-0001")
    again = send(api, LETTER, "letter-0001")
    other = send(api, {**LETTER, "subject": "เรื่องอื่น"}, "letter-0001")

    assert (again.status_code, again.json()) == (200, first.json())
    assert (other.status_code, other.json()["code"]) == (409, "SRB-540")
    assert len(office.entries()) == 1


def test_a_letter_without_a_key_gets_no_number(office: WebOffice, api: httpx.Client) -> None:
    answers = [
        api.post("/api/v1/letters", json=LETTER),
        send(api, LETTER, "short"),
        send(api, LETTER, "x" * 101),
    ]

    assert {(one.status_code, one.json()["code"]) for one in answers} == {(400, "SRB-544")}
    assert not office.entries()


def test_two_people_may_use_the_same_key(office: WebOffice, api: httpx.Client) -> None:
    with a_client(office.address) as mali:
        log_in(mali, "mali")
        assert send(mali, LETTER, "letter-0001").json()["number"] == 1

    assert send(api, LETTER, "letter-0001").json()["number"] == 2


def test_fifty_calls_at_once_get_the_next_fifty_numbers_each_once(
    office: WebOffice, api: httpx.Client
) -> None:
    def one(n: int) -> int:
        letter = {**LETTER, "letter_no": f"ที่ {n}"}
        answers = [send(api, letter, f"letter-{n:04d}") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 200]
        return int(answers[0].json()["number"])

    with ThreadPoolExecutor(50) as pool:
        assert sorted(pool.map(one, range(50))) == list(range(1, 51))


@pytest.mark.parametrize(
    "wrong",
    [
        {"subjct": "x"},
        {"subject": ""},
        {"subject": "ก" * 1001},
        {"register": "secret"},
        {"letter_date": "7/6/2569"},
        {"urgency": 1},
        {"number": 5},
        {"files": [{"sha256": "../../etc/passwd", "name": "x"}]},
        {"offices": "area-1"},
    ],
)
def test_a_letter_that_is_none_is_refused_with_the_field_named(
    office: WebOffice, api: httpx.Client, wrong: dict[str, Any]
) -> None:
    answer = send(api, {**LETTER, **wrong}, "letter-0001")

    assert answer.status_code == 400
    problem = answer.json()
    assert problem["code"] == "SRB-517"
    assert problem["fields"]
    assert not office.entries()


def test_the_sentence_of_an_error_is_in_the_persons_language(
    office: WebOffice, api: httpx.Client
) -> None:
    letter = {**LETTER, "register": "outgoing", "offices": ["nobody"]}

    problem = send(api, letter, "letter-0001").json()

    assert problem["code"] == "SRB-308"
    assert "โปรดเลือกหน่วยงาน" in problem["detail"]


def test_files_are_uploaded_attached_and_given_back(office: WebOffice, api: httpx.Client) -> None:
    ref = api.post("/api/v1/files?name=คำสั่ง.pdf", content=b"%PDF-1.4 x" * 1000).json()
    attached = {"sha256": ref["sha256"], "name": ref["name"]}

    made = send(api, {**LETTER, "files": [attached]}, "letter-0001").json()

    assert made["file_count"] == 1
    address = f"/api/v1/letters/{made['id']}"
    assert api.get(f"{address}/files/{ref['sha256']}").content == b"%PDF-1.4 x" * 1000
    more = api.post("/api/v1/files?name=ตาราง.csv", content=b"a,b").json()
    whole = api.post(
        f"{address}/files", json={"files": [{"sha256": more["sha256"], "name": "ตาราง.csv"}]}
    ).json()
    assert [file["name"] for file in whole["files"]] == ["คำสั่ง.pdf", "ตาราง.csv"]
    nothing = api.post(f"{address}/files", json={"files": [{"sha256": "0" * 64, "name": "x.pdf"}]})
    assert (nothing.status_code, nothing.json()["code"]) == (404, "SRB-310")
    program = api.post("/api/v1/files?name=x.exe", content=b"MZ")
    assert (program.status_code, program.json()["code"]) == (422, "SRB-312")


def test_a_register_is_listed_in_pieces_and_searched(office: WebOffice, api: httpx.Client) -> None:
    for n in range(25):
        register(office.node, f"เรื่องประชุม {n}" if n % 2 else f"เรื่องงบ {n}")

    seen: list[int] = []
    before = None
    while True:
        params = {"limit": 10} if before is None else {"limit": 10, "before": before}
        piece = api.get("/api/v1/letters", params=params).json()
        seen += [letter["number"] for letter in piece["letters"]]
        before = piece["before"]
        if before is None:
            break

    assert seen == list(range(25, 0, -1))
    found = api.get("/api/v1/search", params={"q": "ประชุม"}).json()["letters"]
    assert len(found) == 12
    void = api.get("/api/v1/letters", params={"state": "void"}).json()["letters"]
    assert void == []


def test_numbers_are_cancelled_and_notes_written(office: WebOffice, api: httpx.Client) -> None:
    made = send(api, LETTER, "letter-0001").json()
    address = f"/api/v1/letters/{made['id']}"

    noted = api.post(f"{address}/note", json={"action": "มอบครูประจำชั้น"}).json()
    void = api.post(f"{address}/void", json={"reason": "ออกผิด"}).json()
    again = api.post(f"{address}/void", json={"reason": "ออกผิด"})

    assert noted["letter"]["action"] == "มอบครูประจำชั้น"
    assert (void["letter"]["state"], void["letter"]["void_reason"]) == ("void", "ออกผิด")
    assert (again.status_code, again.json()["code"]) == (409, "SRB-306")
    assert api.get("/api/v1/letters/0009-0000000009").json()["code"] == "SRB-305"


def test_the_machine_tells_how_it_is(office: WebOffice, api: httpx.Client) -> None:
    state = api.get("/api/v1/status").json()
    line = api.get("/api/v1/sync").json()
    now = api.post("/api/v1/sync")

    assert state["node"] == "school-a"
    assert {"disk", "backup", "numbers.incoming"} <= {one["name"] for one in state["findings"]}
    assert line["enrolled"] is False
    assert (now.status_code, now.json()["code"]) == (409, "SRB-320")
    assert api.get("/api/v1/arrivals").json() == []


def test_the_description_names_every_route_of_the_api(office: WebOffice, api: httpx.Client) -> None:
    described = api.get("/schema/openapi.json").json()

    for path in ("letters", "files", "search", "sync", "status", "session", "arrivals"):
        assert f"/api/v1/{path}" in described["paths"]
    for methods in described["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["description"]
