"""Reading from the gateway as a CouchDB client does: by id, in order, by revision, and live."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from saraban_central import directory
from saraban_central.numbering import grants
from saraban_sync.events import EntryNoted, Event
from saraban_sync.registers import Register
from saraban_sync.wire import event_document, journal_database, mailbox_database
from tests.central_district import YEAR, District, Office
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


@dataclass
class Line:
    """A school's line to a serving centre, with a journal of a dozen events."""

    school: Office
    http: httpx.Client
    events: list[Event]

    @property
    def journal(self) -> str:
        return f"/{journal_database(self.school.node)}"

    @property
    def mailbox(self) -> str:
        return f"/{mailbox_database(self.school.node)}"

    def get(self, path: str, **query: object) -> Any:
        params = {k: v if isinstance(v, str) else json.dumps(v) for k, v in query.items()}
        answer = self.http.get(self.journal + path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def note(self, text: str = "เสนอ") -> Event:
        return self.school.do(EntryNoted(entry="0001-0000000001", action=text))


@pytest.fixture
def line(district: District, url: str) -> Iterator[Line]:
    school = district.office(f"school-{len(district.offices)}", size=0)
    for number in range(10):
        school.do(EntryNoted(entry="0001-0000000001", action=f"เสนอครั้งที่ {number}"))
    with client(url, school) as http:
        yield Line(school, http, school.events)


def _ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


# In order of ids


def test_the_last_event_is_asked_for_in_one_small_request(line: Line) -> None:
    answer = line.get("/_all_docs", descending=True, limit=1)

    last = line.events[-1]
    rev = event_document(last).revision
    assert answer["rows"] == [{"id": last.id, "key": last.id, "value": {"rev": rev}}]
    assert answer["total_rows"] == 12


def test_a_whole_journal_is_read_in_either_direction(line: Line) -> None:
    ids = [event.id for event in line.events]

    assert _ids(line.get("/_all_docs")["rows"]) == ids
    assert _ids(line.get("/_all_docs", descending=True)["rows"]) == ids[::-1]
    docs = line.get("/_all_docs", include_docs=True)["rows"]
    assert [row["doc"] for row in docs] == [event_document(e).as_json() for e in line.events]


def test_a_part_of_a_journal_is_read_as_couchdb_counts_its_ends(line: Line) -> None:
    ids = [event.id for event in line.events]

    def seen(**query: object) -> list[str]:
        # Keys are JSON, also when they are strings.
        return _ids(line.get("/_all_docs", **{k: json.dumps(v) for k, v in query.items()})["rows"])

    assert seen(startkey=ids[3], endkey=ids[5]) == ids[3:6]
    assert seen(start_key=ids[3], end_key=ids[5], inclusive_end=False) == ids[3:5]
    assert seen(startkey=ids[5], endkey=ids[3], descending=True) == ids[5:2:-1]
    assert seen(startkey=ids[3], limit=2, skip=1) == ids[4:6]
    assert seen(key=ids[7]) == [ids[7]]
    assert seen(limit=0) == []
    assert seen(skip=100) == []


def test_documents_are_asked_for_by_name_and_missing_ones_are_named(line: Line) -> None:
    ids = [line.events[4].id, "nothing", line.events[1].id]
    expected = [line.events[4].id, None, line.events[1].id]

    by_get = line.get("/_all_docs", keys=ids)
    by_post = line.http.post(f"{line.journal}/_all_docs", json={"keys": ids}).json()

    assert by_get == by_post
    assert [row.get("id") for row in by_get["rows"]] == expected
    assert by_get["rows"][1] == {"key": "nothing", "error": "not_found"}


def test_a_long_journal_is_read_in_pieces_and_whole(district: District, line: Line) -> None:
    for number in range(1000):
        line.school.write(EntryNoted(entry="0001-0000000001", action=f"{number}"))
    line.school.tell(*line.school.events[12:])
    ids = [event.id for event in line.school.events]

    assert _ids(line.get("/_all_docs", include_docs=True)["rows"]) == ids
    assert _ids(line.get("/_all_docs", skip=450, limit=333)["rows"]) == ids[450:783]
    assert _ids(line.get("/_changes")["results"]) == ids


# One and several


def test_one_event_is_read_with_its_revision(line: Line) -> None:
    document = event_document(line.events[3])

    answer = line.http.get(f"{line.journal}/{document.id}")

    assert answer.json() == document.as_json()
    assert answer.headers["ETag"] == f'"{document.revision}"'
    with_revs = line.get(f"/{document.id}", rev=document.revision, revs=True, latest=True)
    assert with_revs["_revisions"] == {"start": 1, "ids": [document.revision[2:]]}


def test_an_event_or_a_revision_that_is_not_there_is_not_found(line: Line) -> None:
    for path in ("/0001-0000009999", f"/{line.events[0].id}?rev=1-{'0' * 32}", "/nothing",
                 "/0001-0000009999?open_revs=all"):  # fmt: skip
        answer = line.http.get(line.journal + path)
        assert answer.status_code == 404
        assert answer.json() == {"error": "not_found", "reason": "missing"}


def test_open_revisions_are_given_as_a_replicator_asks(line: Line) -> None:
    document = event_document(line.events[3])
    other = "1-" + "0" * 32

    found = line.get(f"/{document.id}", open_revs=[document.revision, other], revs=True)
    every = line.get(f"/{document.id}", open_revs="all")

    assert found[0]["ok"]["p"] == document.as_json()["p"]
    assert found[1] == {"missing": other}
    assert every == [{"ok": document.as_json()}]


def test_several_documents_are_fetched_at_once(line: Line) -> None:
    wanted = [event_document(event) for event in line.events[:2]]
    asked = [{"id": d.id, "rev": d.revision} for d in wanted]
    asked += [{"id": wanted[0].id}, {"id": "x", "rev": "1-a"}, {"id": wanted[0].id, "rev": "1-a"}]

    answer = line.http.post(f"{line.journal}/_bulk_get?revs=true", json={"docs": asked}).json()

    rows = answer["results"]
    assert [row["id"] for row in rows] == [one["id"] for one in asked]
    assert rows[0]["docs"][0]["ok"]["s"] == wanted[0].signature
    assert rows[0]["docs"][0]["ok"]["_revisions"]["start"] == 1
    assert "ok" in rows[2]["docs"][0]
    assert [row["docs"][0]["error"]["error"] for row in rows[3:]] == ["not_found", "not_found"]


def test_what_the_centre_lacks_is_told_before_it_is_sent(line: Line) -> None:
    held = event_document(line.events[0])
    asked = {held.id: [held.revision, "1-a"], "0001-0000000099": ["1-b"]}

    answer = line.http.post(f"{line.journal}/_revs_diff", json=asked).json()

    assert answer == {held.id: {"missing": ["1-a"]}, "0001-0000000099": {"missing": ["1-b"]}}


def test_a_database_describes_itself(line: Line) -> None:
    answer = line.get("")

    assert answer["db_name"] == line.journal[1:]
    assert answer["doc_count"] == 12
    assert answer["update_seq"] == line.get("/_changes")["last_seq"]


# Changes


def test_changes_are_fetched_a_page_at_a_time_and_the_cursor_goes_on(line: Line) -> None:
    ids = [event.id for event in line.events]
    since, seen = "0", list[str]()
    while True:
        page = line.get("/_changes", since=since, limit=5, include_docs=True, style="all_docs")
        seen += _ids(page["results"])
        since = page["last_seq"]
        if not page["results"]:
            break

    assert seen == ids
    assert page["pending"] == 0
    assert line.get("/_changes", since="now")["results"] == []


def test_changes_carry_what_was_signed(line: Line) -> None:
    rows = line.get("/_changes", include_docs=True)["results"]

    assert [row["doc"] for row in rows] == [event_document(e).as_json() for e in line.events]
    assert [row["changes"] for row in rows] == [[{"rev": row["doc"]["_rev"]}] for row in rows]


def test_changes_of_named_documents_only(line: Line) -> None:
    wanted = [line.events[2].id, line.events[9].id]
    path = f"{line.journal}/_changes"

    by_post = line.http.post(f"{path}?filter=_doc_ids", json={"doc_ids": wanted}).json()
    by_get = line.get("/_changes", filter="_doc_ids", doc_ids=wanted, limit=1)

    assert _ids(by_post["results"]) == wanted
    assert _ids(by_get["results"]) == wanted[:1]
    rest = line.get("/_changes", filter="_doc_ids", doc_ids=wanted, since=by_get["last_seq"])
    assert _ids(rest["results"]) == wanted[1:]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=x", 400), ("feed=eventsource", 400), ("heartbeat=1", 400),
        ("heartbeat=x", 400), ("timeout=-5", 400),
        ("filter=_doc_ids", 400), ("filter=_selector", 501), ("filter=app/mine", 501),
        ("filter=_doc_ids&doc_ids=7", 400), ("descending=true", 501),
    ],
)  # fmt: skip
def test_changes_that_are_not_offered_are_refused(line: Line, query: str, status: int) -> None:
    answer = line.http.get(f"{line.journal}/_changes?{query}")

    assert answer.status_code == status
    assert set(answer.json()) == {"error", "reason"}


def test_a_long_poll_with_something_to_tell_answers_at_once(line: Line) -> None:
    answer = line.get("/_changes", feed="longpoll", since="0", timeout=30_000)

    assert len(answer["results"]) == 12


def test_a_long_poll_waits_until_its_time_is_up(line: Line) -> None:
    began = time.monotonic()

    answer = line.get("/_changes", feed="longpoll", since="now", timeout=300)

    assert answer["results"] == []
    assert 0.25 < time.monotonic() - began < 5


def test_a_long_poll_is_woken_by_the_first_change(line: Line) -> None:
    since = line.get("")["update_seq"]
    timer = threading.Timer(0.2, line.note)
    timer.start()
    began = time.monotonic()

    answer = line.get("/_changes", feed="longpoll", since=since, timeout=20_000)

    timer.join()
    assert _ids(answer["results"]) == [line.school.events[-1].id]
    assert time.monotonic() - began < 10


def test_a_long_poll_on_a_mailbox_is_woken_by_a_grant(district: District, line: Line) -> None:
    timer = threading.Timer(
        0.2, grants.grant, (district.centre, line.school.node, Register.OUTGOING, YEAR), {"size": 5}
    )
    timer.start()

    query = {"feed": "longpoll", "timeout": "20000", "include_docs": "true"}
    answer = line.http.get(f"{line.mailbox}/_changes", params=query).json()

    timer.join()
    assert [row["doc"]["from"] for row in answer["results"]] == ["centre"]


def test_a_waiting_answer_shows_that_it_lives(line: Line) -> None:
    query = {"feed": "longpoll", "since": "now", "heartbeat": "100", "timeout": "1000"}
    with line.http.stream("GET", f"{line.journal}/_changes", params=query) as answer:
        pieces = list(answer.iter_raw())

    assert pieces.count(b"\n") >= 4
    assert json.loads(b"".join(pieces))["results"] == []


def test_a_continuous_feed_gives_each_change_when_it_comes(line: Line) -> None:
    query = {"feed": "continuous", "since": "0", "heartbeat": "200", "include_docs": "true"}
    seen: list[str] = []
    with line.http.stream("GET", f"{line.journal}/_changes", params=query) as answer:
        for text in answer.iter_lines():
            if not text:
                continue
            seen.append(json.loads(text)["id"])
            if len(seen) == 12:
                line.note("สายตรง")
            if len(seen) == 13:
                break

    assert seen == [event.id for event in line.school.events]


def test_a_continuous_feed_ends_when_it_has_given_enough_or_waited_enough(line: Line) -> None:
    def lines(**query: str) -> list[Any]:
        params = {"feed": "continuous", **query}
        text = line.http.get(f"{line.journal}/_changes", params=params).text
        return [json.loads(one) for one in text.splitlines() if one]

    enough = lines(limit="3")
    patient = lines(since="now", timeout="200")

    assert [one.get("id") for one in enough] == [*(e.id for e in line.events[:3]), None]
    assert enough[-1] == {"last_seq": enough[2]["seq"]}
    assert patient == [{"last_seq": line.get("")["update_seq"]}]


def test_a_feed_ends_when_its_node_is_revoked(district: District, line: Line) -> None:
    timer = threading.Timer(0.2, directory.revoke, (district.centre, line.school.node))
    timer.start()
    query = {"feed": "continuous", "since": "now", "heartbeat": "100", "timeout": "60000"}
    began = time.monotonic()

    with line.http.stream("GET", f"{line.journal}/_changes", params=query) as answer:
        last = [text for text in answer.iter_lines() if text][-1]

    timer.join()
    assert "last_seq" in json.loads(last)
    assert time.monotonic() - began < 10


def test_a_node_holds_only_so_many_feeds_open_and_a_closed_one_is_free_again(line: Line) -> None:
    path = f"{line.journal}/_changes"
    query = {"feed": "continuous", "since": "now", "heartbeat": "100"}
    opened = [line.http.stream("GET", path, params=query) for _ in range(8)]
    answers = [one.__enter__() for one in opened]

    refused = line.http.get(path, params=query)
    other = line.http.get(line.journal)
    for one in opened:
        one.__exit__(None, None, None)

    assert {answer.status_code for answer in answers} == {200}
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "10"
    assert other.status_code == 200
    deadline = time.monotonic() + 10
    status = 429
    while status == 429 and time.monotonic() < deadline:
        status = line.http.get(path, params={**query, "timeout": "50"}).status_code
    assert status == 200


def test_fifty_nodes_that_wait_do_not_hold_up_one_that_works(
    district: District, url: str, line: Line
) -> None:
    query = {"feed": "longpoll", "since": "now", "timeout": "20000"}
    schools = [district.office(f"wait-{n}", size=0) for n in range(10)]
    lines = [client(url, school) for school in schools]
    feeds = [
        http.stream("GET", f"/{journal_database(school.node)}/_changes", params=query)
        for http, school in zip(lines, schools, strict=True)
        for _ in range(5)
    ]
    for feed in feeds:
        feed.__enter__()

    began = time.monotonic()
    for _ in range(20):
        assert line.get("/_all_docs", limit=1)["total_rows"] == 12
    seconds = time.monotonic() - began

    for feed in feeds:
        feed.__exit__(None, None, None)
    for http in lines:
        http.close()
    assert seconds < 5
