"""Documents at the gateway's door, good and hostile, over real HTTP: what is taken, what is not."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from saraban_central.records import INTAKE
from saraban_sync.events import Event, canonical
from saraban_sync.signing import SigningKey
from saraban_sync.wire import event_document, journal_database, revision
from tests.central_district import District
from tests.served_centre import Line, altered, as_json, client, ids, serving, signed_document

Json = dict[str, Any]


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
def line(district: District, url: str) -> Iterator[Line]:
    """A school of its own for each test; the centre is the same."""
    school = district.office(f"school-{len(district.offices)}", size=0)
    with client(url, school) as http:
        yield Line(school, district.offices["area-1"], http, url)


# The good ones


def test_a_journal_arrives_whole_and_in_order(line: Line) -> None:
    events = line.events(30)

    assert line.push(events) == []
    assert line.held() == ids(events)


def test_the_time_of_arrival_is_noted_with_each_batch(line: Line) -> None:
    events = line.events(3)

    line.push(events)

    note = line.school.centre.store.records(INTAKE, f"{line.school.node}/")[-1]
    assert note.key.endswith(events[-1].id)
    assert note.value.at == line.school.centre.now()
    assert note.value.first == events[0].id


def test_documents_in_any_order_are_put_into_the_order_of_the_chain(line: Line) -> None:
    events = line.events(20)
    shuffled = events.copy()
    random.Random(7).shuffle(shuffled)

    assert line.push(shuffled) == []
    assert line.held() == ids(events)


def test_sending_again_changes_nothing(line: Line) -> None:
    events = line.events(5)
    line.push(events)
    before = line.school.centre.store.changes(journal_database(line.school.node))

    assert line.push([*events, *events]) == []
    assert line.push(events[2:4]) == []
    assert line.school.centre.store.changes(journal_database(line.school.node)) == before
    assert line.set_aside() == []


def test_a_hundred_requests_repeated_in_any_order_leave_the_journal_as_it_was(line: Line) -> None:
    events = line.events(40)
    line.push(events)
    before = line.school.centre.store.changes(journal_database(line.school.node))
    draw = random.Random(11)

    for _ in range(100):
        start = draw.randrange(40)
        assert line.push(draw.sample(events[start:], min(10, 40 - start))) == []

    assert line.school.centre.store.changes(journal_database(line.school.node)) == before


def test_a_plain_client_is_told_the_revision_of_each_document(line: Line) -> None:
    events = line.events(2)
    docs = [{k: v for k, v in doc.items() if k != "_rev"} for doc in as_json(events)]

    answer = line.http.post(line.path, json={"docs": docs})

    assert answer.status_code == 201
    assert answer.json() == [
        {"ok": True, "id": event.id, "rev": revision(event.payload)} for event in events
    ]


@pytest.mark.parametrize(
    "newer",
    [{"v": 9, "type": "letter.sealed", "more": {"ก": [1]}}, {"type": "stamp.lost"}, {"v": 2}],
)
def test_a_newer_programs_event_is_admitted_whole(line: Line, newer: Json) -> None:
    """The chain must not stop at what an older centre cannot show."""
    (event,) = line.events(1)
    payload = canonical(json.loads(event.payload) | newer)

    assert line.push([signed_document(line.school, payload, event.id)]) == []

    held = line.school.centre.store.page(journal_database(line.school.node))[-1]
    assert held.payload == payload


# The hostile ones: each stands among good ones, which must arrive


def _forged(line: Line, events: list[Event]) -> Json:
    """Signed by a stranger."""
    stranger = SigningKey.generate()
    payload = events[2].payload.replace("ครั้งที่".encode(), "ครั้งที่ ๆ".encode())
    doc = signed_document(line.school, payload, events[2].id)
    return doc | {"s": stranger.sign(b"saraban event v1\x00", payload)}


def _altered_payload(line: Line, events: list[Event]) -> Json:
    doc = event_document(events[2]).as_json()
    text = doc["p"].replace("เสนอ", "ไม่เสนอ")
    return doc | {"p": text, "_rev": revision(text.encode())}


def _altered_signature(line: Line, events: list[Event]) -> Json:
    return altered(events[2])


def _no_signature(line: Line, events: list[Event]) -> Json:
    return event_document(events[2]).as_json() | {"s": "ลายเซ็น"}


def _signed_as_something_else(line: Line, events: list[Event]) -> Json:
    doc = event_document(events[2]).as_json()
    return doc | {"s": line.school.key.sign(b"saraban grant v1\x00", events[2].payload)}


def _of_another_node(line: Line, events: list[Event]) -> Json:
    fields = json.loads(events[2].payload) | {"node": line.area.node}
    return signed_document(line.school, canonical(fields), events[2].id)


def _under_another_id(line: Line, events: list[Event]) -> Json:
    return event_document(events[2]).as_json() | {"_id": "0001-0000000900"}


def _of_an_epoch_never_given(line: Line, events: list[Event]) -> Json:
    fields = json.loads(events[2].payload) | {"epoch": 2}
    return signed_document(line.school, canonical(fields), "0002" + events[2].id[4:])


def _oversized(line: Line, events: list[Event]) -> Json:
    fields = json.loads(events[2].payload)
    fields["body"]["action"] = "x" * (256 * 1024)
    return signed_document(line.school, canonical(fields), events[2].id)


def _no_event(line: Line, events: list[Event]) -> Json:
    return signed_document(line.school, b'{"greeting":"hello"}', events[2].id)


def _no_json(line: Line, events: list[Event]) -> Json:
    return signed_document(line.school, b"\x00\x01 not json", events[2].id)


def _known_type_with_another_body(line: Line, events: list[Event]) -> Json:
    fields = json.loads(events[2].payload) | {"body": {"entry": 7}}
    return signed_document(line.school, canonical(fields), events[2].id)


def _deep_payload(line: Line, events: list[Event]) -> Json:
    return signed_document(line.school, b"[" * 100_000, events[2].id)


def _huge_id(line: Line, events: list[Event]) -> Json:
    return event_document(events[2]).as_json() | {"_id": "9" * 100_000}


def _path_as_id(line: Line, events: list[Event]) -> Json:
    return event_document(events[2]).as_json() | {"_id": "../../etc/passwd"}


def _design_document(line: Line, events: list[Event]) -> Json:
    return {"_id": "_design/all", "validate_doc_update": "function () {}"}


def _revision_not_its_own(line: Line, events: list[Event]) -> Json:
    return event_document(events[2]).as_json() | {"_rev": "1-" + "0" * 32}


def _deleted(line: Line, events: list[Event]) -> Json:
    return {"_id": events[2].id, "_rev": "2-" + "0" * 32, "_deleted": True}


def _number_for_payload(line: Line, events: list[Event]) -> Json:
    return event_document(events[2]).as_json() | {"p": 7}


def _signature_missing(line: Line, events: list[Event]) -> Json:
    return {k: v for k, v in event_document(events[2]).as_json().items() if k != "s"}


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        (_forged, "refused: signature:"),
        (_altered_payload, "refused: signature:"),
        (_altered_signature, "refused: signature:"),
        (_no_signature, "refused: signature:"),
        (_signed_as_something_else, "refused: signature:"),
        (_of_another_node, "refused: node: belongs to area-1"),
        (_under_another_id, "refused: id: the event says 0001-"),
        (_of_an_epoch_never_given, "refused: epoch: 2 was never given"),
        (_oversized, "refused: size:"),
        (_no_event, "quarantined: unreadable:"),
        (_no_json, "quarantined: unreadable:"),
        (_known_type_with_another_body, "quarantined: unreadable:"),
        (_deep_payload, "quarantined: unreadable:"),
        (_huge_id, "refused: id: not an event id"),
        (_path_as_id, "refused: id: not an event id"),
        (_design_document, "refused: document:"),
        (_revision_not_its_own, "refused: document:"),
        (_deleted, "refused: document:"),
        (_number_for_payload, "refused: document:"),
        (_signature_missing, "refused: document:"),
    ],
)
def test_a_hostile_document_is_set_aside_and_the_good_ones_around_it_arrive(
    line: Line, hostile: Callable[[Line, list[Event]], Json], reason: str
) -> None:
    events = line.events(5)
    bad = hostile(line, events)
    good = as_json(events)

    rows = line.push([*good[:2], bad, *good[2:]])

    assert [row["reason"].startswith(reason) for row in rows] == [True], rows
    assert rows[0]["error"] == "forbidden"
    assert rows[0]["id"] == bad["_id"][: len(rows[0]["id"])]
    assert line.held() == ids(events)
    (kept,) = line.set_aside()
    assert f"{kept.verdict}: {kept.reason}".startswith(reason)
    assert (kept.node, kept.times) == (line.school.node, 1)
    assert kept.size >= len(kept.sample) > 0
    assert kept.first_at == kept.last_at == "2026-11-22T02:00:00.000Z"


@pytest.mark.parametrize(
    "raw",
    [
        b'{"_id":"0001-0000000005","p":"\\ud800","s":"x"}',
        b'{"_id":"\\udfff","p":"x","s":"x"}',
        b'{"_id":"0001-0000000005","p":"\xff\xfe","s":"x"}',
        b"[" * 500 + b"]" * 500,
        b'"text"',
        b"null",
        b"1e999",
        b"{}",
    ],
)
def test_a_document_that_is_hardly_json_is_set_aside_too(line: Line, raw: bytes) -> None:
    events = line.events(2)
    good = [json.dumps(doc).encode() for doc in as_json(events)]

    answer = line.http.post(
        line.path,
        content=b'{"new_edits":false,"docs":[' + b",".join([good[0], raw, good[1]]) + b"]}",
    )

    assert answer.status_code == 201, answer.text
    assert [row["reason"].partition(":")[0] for row in answer.json()] == ["refused"]
    assert line.held() == ids(events)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"docs":{}}',
        b'{"docs":[{}]',
        b'{"docs":[{}],"new_edits":"no"}',
        b"\xff\xff\xff",
        b'{"docs":' + b"[" * 100_000,
        b'{"docs":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"docs":[' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"]}",
    ],
    ids=range(10),
)
def test_a_request_that_makes_no_sense_is_a_bad_request(line: Line, body: bytes) -> None:
    """A hundred thousand brackets once made a framework answer 500."""
    answer = line.http.post(line.path, content=body)

    assert answer.status_code == 400
    assert answer.json()["error"] == "bad_request"
    assert line.held() == []
