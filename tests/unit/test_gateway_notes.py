"""A replicator's bookmarks, and what a node tells of itself when it comes by."""

from collections.abc import Iterator

import httpx
import pytest

from saraban_central.records import CONTACTS
from tests.central_district import District, Office
from tests.served_centre import client, serving


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    made = District(tmp_path_factory.mktemp("district"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def url(district: District) -> Iterator[str]:
    with serving(district.centre) as address:
        yield address


@pytest.fixture
def school(district: District) -> Office:
    return district.office(f"school-{len(district.offices)}", size=0)


@pytest.fixture
def http(school: Office, url: str) -> Iterator[httpx.Client]:
    with client(url, school) as line:
        yield line


STATUS = {
    "_id": "_local/status",
    "time": "2026-11-22T01:59:57.500Z",
    "boot": "0a1b2c3d",
    "last_event": "0001-0000000002",
    "last_hash": "ab" * 32,
    "program": "0.1.0",
    "free_bytes": 123_456_789,
    "pushed_files_pending": 3,
    "backup_at": "2026-11-21T18:00:00.000Z",
    "backup_good": True,
}


def test_a_node_that_comes_by_is_noted_with_the_difference_of_the_clocks(
    school: Office, http: httpx.Client
) -> None:
    answer = http.put(f"/journal-{school.node}/_local/status", json=STATUS)

    assert answer.status_code == 201
    assert answer.headers["Saraban-Time"] == "2026-11-22T02:00:00.000Z"
    held = school.centre.store.record(CONTACTS, school.node)
    assert held is not None
    contact = held.value
    assert (contact.at, contact.offset_ms) == ("2026-11-22T02:00:00.000Z", 2500)
    assert (contact.last_event, contact.program) == ("0001-0000000002", "0.1.0")
    assert (contact.free_bytes, contact.pushed_files_pending) == (123_456_789, 3)
    assert (contact.backup_at, contact.backup_good) == ("2026-11-21T18:00:00.000Z", True)


def test_each_time_it_comes_by_the_note_is_written_anew_with_or_without_revision(
    school: Office, http: httpx.Client
) -> None:
    path = f"/journal-{school.node}/_local/status"

    revisions = [http.put(path, json=STATUS).json()["rev"] for _ in range(3)]
    stale = http.put(path, json={**STATUS, "_rev": "0-1"})

    assert revisions == ["0-1", "0-2", "0-3"]
    assert stale.status_code == 201
    assert http.get(path).json() == {**STATUS, "_rev": "0-4"}


@pytest.mark.parametrize(
    "spoil",
    [{"time": "yesterday"}, {"time": 7}, {"free_bytes": "much"}, {"time": "2026-13-45T00:00:00Z"}],
)
def test_a_status_that_makes_no_sense_is_refused(
    school: Office, http: httpx.Client, spoil: dict[str, object]
) -> None:
    answer = http.put(f"/journal-{school.node}/_local/status", json={**STATUS, **spoil})

    assert answer.status_code == 400
    assert school.centre.store.record(CONTACTS, school.node) is None


def test_a_status_from_a_newer_program_is_understood_as_far_as_possible(
    school: Office, http: httpx.Client
) -> None:
    path = f"/journal-{school.node}/_local/status"

    assert http.put(path, json={**STATUS, "battery": {"percent": 80}}).status_code == 201
    assert http.get(path).json()["battery"] == {"percent": 80}


def test_a_status_elsewhere_than_on_the_journal_is_only_a_bookmark(
    school: Office, http: httpx.Client
) -> None:
    http.put(f"/mailbox-{school.node}/_local/status", json=STATUS)

    assert school.centre.store.record(CONTACTS, school.node) is None


def test_a_bookmark_is_kept_and_found_again(school: Office, http: httpx.Client) -> None:
    path = f"/journal-{school.node}/_local/qOQ6kcbmy0dXgWP4dEKF0A=="
    assert http.get(path).status_code == 404

    made = http.put(path, json={"_id": "_local/x", "last_seq": "7", "history": [{"ก": 1}]})
    found = http.get(path).json()

    assert made.json() == {"ok": True, "id": "_local/qOQ6kcbmy0dXgWP4dEKF0A==", "rev": "0-1"}
    assert (found["last_seq"], found["history"], found["_rev"]) == ("7", [{"ก": 1}], "0-1")


def test_a_bookmark_is_only_changed_by_who_read_it_last(school: Office, http: httpx.Client) -> None:
    path = f"/journal-{school.node}/_local/mark"
    http.put(path, json={"last_seq": "1"})
    assert http.put(path, json={"last_seq": "2", "_rev": "0-1"}).status_code == 201

    answer = http.put(path, json={"last_seq": "3", "_rev": "0-1"})

    assert answer.status_code == 409
    assert http.get(path).json()["last_seq"] == "2"


def test_a_node_sees_only_its_own_bookmarks_even_on_the_shared_directory(
    district: District, url: str, school: Office, http: httpx.Client
) -> None:
    http.put("/directory/_local/mark", json={"last_seq": "1"})
    other = district.office(f"other-{school.node}", size=0)

    with client(url, other) as stranger:
        assert stranger.get("/directory/_local/mark").status_code == 404
    assert http.get("/directory/_local/mark").status_code == 200


def test_bookmarks_are_few_and_small(school: Office, http: httpx.Client) -> None:
    base = f"/mailbox-{school.node}/_local"
    assert http.put(f"{base}/big", json={"x": "y" * 70_000}).status_code == 413

    answers = [http.put(f"{base}/n{number}", json={}).status_code for number in range(102)]

    assert answers == [201] * 100 + [403] * 2
    assert http.put(f"{base}/n5", json={"again": True}).status_code == 201


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"7", b'{"a":', b'{"a":' * 100_000, b'{"a":"\xff"}'], ids=range(6)
)
def test_a_bookmark_that_is_no_json_object_is_refused(
    school: Office, http: httpx.Client, body: bytes
) -> None:
    answer = http.put(f"/journal-{school.node}/_local/mark", content=body)

    assert answer.status_code in (400, 413)
