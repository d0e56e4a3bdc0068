"""Numbers asked for and granted on a stick: only what was signed gets through."""

from typing import Any

import msgspec
import pytest

from saraban_sync import range_files
from saraban_sync.body import Body
from saraban_sync.errors import NotARangeFile
from saraban_sync.events import GENESIS, ClockState, EntryNoted, Event, write_event
from saraban_sync.grants import Grant, sign_grant
from saraban_sync.ids import NodeId, PersonId
from saraban_sync.number_events import RangeRequested
from saraban_sync.registers import Register
from saraban_sync.signing import SigningKey

DOI = NodeId("ban-doi")
KEY, CENTRE = SigningKey.generate(), SigningKey.generate()
ASKED = RangeRequested(register=Register.INCOMING, year=2569, size=500, left=12)


def _event(body: Body = ASKED, node: NodeId = DOI, key: SigningKey = KEY) -> Event:
    return write_event(
        key, body, node=node, epoch=1, seq=7, prev=GENESIS, at="2026-11-22T02:00:00.000Z",
        clock=ClockState(boot="0a1b2c3d"), actor=PersonId("system"),
    )  # fmt: skip


def _grant(node: str = DOI) -> Grant:
    return Grant(
        grant="ban-doi-incoming-2569-501", office="ban-doi", node=node, register=Register.INCOMING,
        year=2569, first=501, last=1000, at="2026-11-22T02:00:00.000Z", generation=1,
    )  # fmt: skip


def test_a_request_arrives_as_the_event_it_is() -> None:
    event = _event()
    raw = range_files.write_request(DOI, (event,))

    assert range_files.asker(raw) == DOI
    assert range_files.read_request(raw, node=DOI, key=KEY.public) == [event]


def test_an_answer_brings_the_centres_own_paper() -> None:
    paper = sign_grant(CENTRE, _grant())
    raw = range_files.write_answer(DOI, (paper,))

    assert range_files.read_answer(raw, node=DOI, centre=CENTRE.public) == [(_grant(), paper)]


@pytest.mark.parametrize(
    "event",
    [
        _event(EntryNoted(entry="0001-0000000001", action="x")),
        _event(node=NodeId("ban-pang")),
        _event(key=SigningKey.generate()),
    ],
    ids=["no request", "another node's", "forged"],
)
def test_what_is_no_request_of_this_node_is_refused(event: Event) -> None:
    raw = range_files.write_request(DOI, (event,))

    with pytest.raises(NotARangeFile):
        range_files.read_request(raw, node=DOI, key=KEY.public)


def test_a_changed_request_is_refused() -> None:
    raw = range_files.write_request(DOI, (_event(),)).replace(b":500", b":900")

    with pytest.raises(NotARangeFile) as refused:
        range_files.read_request(raw, node=DOI, key=KEY.public)
    assert "ถูกแก้ไขระหว่างทาง" in refused.value.sentence("th")


def test_a_grant_for_another_node_or_by_another_centre_is_refused() -> None:
    other = range_files.write_answer(DOI, (sign_grant(CENTRE, _grant("ban-pang")),))
    forged = range_files.write_answer(DOI, (sign_grant(SigningKey.generate(), _grant()),))

    for raw in (other, forged):
        with pytest.raises(NotARangeFile):
            range_files.read_answer(raw, node=DOI, centre=CENTRE.public)


def _changed(**fields: Any) -> bytes:
    found = msgspec.json.decode(range_files.write_request(DOI, (_event(),)))
    return msgspec.json.encode(found | fields)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b"[" * 2000,
        range_files.write_answer(DOI, ()),
        _changed(kind="something-else"),
        _changed(v=2),
        _changed(events=[{"p": "\\ud800", "s": "x"}]),
        b" " * (range_files.MAX_BYTES + 1),
    ],
)
def test_any_other_file_is_told_to_be_none(raw: bytes) -> None:
    with pytest.raises(NotARangeFile):
        range_files.read_request(raw, node=DOI, key=KEY.public)
