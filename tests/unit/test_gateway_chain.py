"""The chain at the gateway's door: gaps, twins, many at once, and what is set aside."""

import gzip
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from saraban_base.errors import DiskFull
from saraban_central.records import SET_ASIDE_COUNTS
from saraban_central.store.interface import Conflict
from saraban_sync.events import EntryNoted, Event, write_event
from saraban_sync.ids import NodeId
from saraban_sync.wire import journal_database
from tests.central_district import District, Office
from tests.served_centre import (
    HELD,
    Line,
    altered,
    batches,
    bulk,
    client,
    ids,
    push,
    serving,
)


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


# The chain


def test_an_event_that_does_not_follow_the_head_is_refused(line: Line) -> None:
    events = line.events(3)
    line.push(events[:1])
    line.school.prev = "0" * 64
    line.school.seq -= 2
    stray = line.school.write(EntryNoted(entry="0001-0000000001", action="แทรก"))

    (row,) = line.push([stray])

    assert row["reason"] == "refused: chain: does not follow the head"
    assert line.push(events[1:]) == []
    assert line.held() == ids(events)


def test_a_twin_is_refused_and_kept_whole_as_evidence(line: Line) -> None:
    events = line.events(3)
    line.push(events)
    twin = _twin(line.school, events[1], "x" * 100_000)

    (row,) = line.push([twin])

    assert row["reason"] == "refused: twin: another event has this id"
    (kept,) = line.set_aside()
    document = msgspec.json.decode(kept.sample)
    assert document["p"].encode() == twin.payload
    assert line.held() == ids(events)


def test_of_two_events_for_one_place_only_one_is_taken(line: Line) -> None:
    (event,) = line.events(1)
    twin = _twin(line.school, event, "อีกเครื่องหนึ่ง")

    rows = line.push([event, twin])

    assert [row["reason"] for row in rows] == ["refused: twin: another event has this id"]
    assert len(line.held()) == 1


def test_twins_pushing_at_the_same_moment_leave_one_unbroken_chain(line: Line) -> None:
    start = (line.school.seq, line.school.prev)
    branches = []
    for name in ("ก", "ข"):
        line.school.seq, line.school.prev = start
        branches.append(
            [
                line.school.write(EntryNoted(entry="0001-0000000001", action=f"{name} {n}"))
                for n in range(40)
            ]
        )

    def send(http: httpx.Client, branch: list[Event]) -> None:
        for page in batches(branch, 5):
            push(http, line.school, page)

    with client(line.url, line.school) as one, client(line.url, line.school) as other:
        threads = [
            threading.Thread(target=send, args=pair)
            for pair in zip((one, other), branches, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    held = line.school.centre.store.page(journal_database(line.school.node), limit=1000)[HELD:]
    assert [d.payload for d in held] in [[e.payload for e in branch] for branch in branches]
    assert any(kept.reason.startswith(("twin", "chain")) for kept in line.set_aside())


def _twin(school: Office, event: Event, action: str) -> Event:
    return write_event(
        school.key,
        EntryNoted(entry="0001-0000000001", action=action),
        node=NodeId(school.node),
        epoch=event.epoch,
        seq=event.seq,
        prev=event.prev,
        at=event.at,
        clock=event.clock,
        actor=event.actor,
    )


# Gaps


def test_events_after_a_gap_wait_and_are_admitted_when_it_closes(line: Line) -> None:
    events = line.events(6)

    assert line.push([events[0], *events[2:]]) == []
    assert line.held() == ids(events[:1])
    assert line.pending() == 4

    assert line.push(events[1:2]) == []
    assert line.held() == ids(events)
    assert line.pending() == 0


def test_several_gaps_are_closed_by_several_requests_in_any_order(line: Line) -> None:
    events = line.events(12)
    for part in (events[8:10], events[4:6], events[10:], events[2:4], events[6:8]):
        assert line.push(part) == []
        assert line.held() == []

    line.push(events[:2])

    assert line.held() == ids(events)
    assert line.pending() == 0


def test_more_events_than_fit_one_look_wait_and_are_all_admitted(line: Line) -> None:
    events = line.events(1201)
    for page in batches(events[1:], 300):
        line.push(page)
    assert (line.held(), line.pending()) == ([], 1200)

    line.push(events[:1])

    assert line.held() == ids(events)
    assert line.pending() == 0


def test_what_waited_and_turns_out_to_be_a_twin_is_set_aside(line: Line) -> None:
    events = line.events(3)
    twin = _twin(line.school, events[1], "อีกเครื่องหนึ่ง")
    line.push([twin])
    assert line.pending() == 1

    line.push(events)

    assert line.held() == ids(events)
    assert line.pending() == 0
    assert [kept.reason.partition(":")[0] for kept in line.set_aside()] == ["twin"]


def test_a_forged_event_cannot_wait(line: Line) -> None:
    events = line.events(3)
    forged = altered(events[2])

    (row,) = line.push([forged])

    assert row["reason"].startswith("refused: signature")
    assert line.pending() == 0


def test_so_many_events_may_wait_and_no_more(tmp_path: Path) -> None:
    district = District(tmp_path)
    school = district.office("school-1", size=0)
    few = msgspec.structs.replace(district.centre.config, pending_documents=3)
    object.__setattr__(district.centre, "config", few)
    with serving(district.centre) as url, client(url, school) as http:
        line = Line(school, school, http, url)
        events = line.events(8)

        rows = line.push(events[1:])

        assert [row["id"] for row in rows] == ids(events[4:])
        assert all(row["reason"].startswith("refused: pending: too many") for row in rows)
        assert line.pending() == 3
        assert [row["id"] for row in line.push(events[1:])] == ids(events[4:])
        assert line.push(events[1:4]) == []
        assert line.push(events) == []
        assert line.held() == ids(events)
    district.close()


def test_a_plain_client_is_told_that_an_event_waits(line: Line) -> None:
    events = line.events(2)

    answer = line.http.post(line.path, json=bulk(events[1:], new_edits=True))

    assert [row["error"] for row in answer.json()] == ["pending"]


# The centre's own trouble


def test_a_full_disk_takes_nothing_and_the_same_request_is_good_later(
    line: Line, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    events = line.events(3)

    def full(*_: object) -> list[Conflict]:
        raise DiskFull("no room")

    with monkeypatch.context() as patch:
        patch.setattr(line.school.centre.store, "commit", full)
        answer = line.http.post(line.path, json=bulk(events))

    assert answer.status_code == 507
    assert answer.json()["reason"].startswith("SRB-012")
    assert "gateway.failed code=SRB-012" in caplog.text
    assert line.held() == []
    assert line.push(events) == []
    assert line.held() == ids(events)


# What is set aside


def test_the_same_bad_document_a_hundred_times_is_one_note(line: Line) -> None:
    bad = altered(line.events(3)[2])

    for _ in range(10):
        line.push([bad] * 10)

    (kept,) = line.set_aside()
    assert kept.times == 10
    count = line.school.centre.store.record(SET_ASIDE_COUNTS, line.school.node)
    assert count is not None
    assert (count.value.refused, count.value.quarantined) == (100, 0)


def test_a_node_cannot_fill_the_disk_with_bad_documents(line: Line) -> None:
    limit = line.school.centre.config.set_aside_documents
    bad = [{"_id": f"x{n}", "p": "y" * 6000, "s": "z"} for n in range(limit + 50)]

    rows = line.push(bad)

    assert len(rows) == limit + 50
    kept = line.set_aside()
    assert len(kept) == limit
    assert max(len(one.sample) for one in kept) == 4096
    assert min(one.size for one in kept) > 6000


def test_good_ones_in_a_packed_request_arrive_as_well(line: Line) -> None:
    events = line.events(50)
    body = gzip.compress(json.dumps(bulk(events)).encode())

    answer = line.http.post(line.path, content=body, headers={"Content-Encoding": "gzip"})

    assert answer.status_code == 201
    assert line.held() == ids(events)
