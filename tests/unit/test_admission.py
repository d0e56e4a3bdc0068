"""Where an event belongs in a journal at the centre, by its bytes and by what is there already."""

from typing import Final

import msgspec
import pytest

from saraban_sync import signing
from saraban_sync.admission import EMPTY, Head, Judgement, Verdict, judge
from saraban_sync.body import Body
from saraban_sync.events import GENESIS, ClockState, EntryNoted, Event, write_event
from saraban_sync.ids import EventId, NodeId, PersonId
from saraban_sync.journal_events import EpochStarted, JournalForked
from saraban_sync.signing import SigningKey
from saraban_sync.wire import Document, event_document

SCHOOL = NodeId("school")
KEY: Final = SigningKey.from_bytes(bytes(range(32)))
NOTE: Final = EntryNoted(entry="0001-0000000001", action="ทราบ")


def event(body: Body, *, epoch: int = 1, seq: int = 1, prev: str = GENESIS) -> Event:
    return write_event(
        KEY, body, node=SCHOOL, epoch=epoch, seq=seq, prev=prev, at="2026-11-22T02:00:00.000Z",
        clock=ClockState(boot="0a1b2c3d"), actor=PersonId("p-somsri"),
    )  # fmt: skip


def line(count: int, *, epoch: int = 1) -> list[Event]:
    found: list[Event] = []
    for seq in range(1, count + 1):
        found.append(event(NOTE, epoch=epoch, seq=seq, prev=found[-1].hash if found else GENESIS))
    return found


def of_a_newer_program(written: Event, kind: str = "") -> Document:
    """Sign the event again as a program would that knows more than this one."""
    fields = msgspec.json.decode(written.payload)
    payload = msgspec.json.encode(fields | {"v": 2, "type": kind or written.type}, order="sorted")
    signature = KEY.sign(signing.EVENT, payload)
    return Document(id=written.id, payload=payload, signature=signature)


def judged(document: Document | Event, held: list[Event]) -> Judgement:
    if isinstance(document, Event):
        document = event_document(document)
    last = held[-1] if held else None
    return judge(
        document, node=SCHOOL, key=KEY.public, epoch=9,
        head=EMPTY if last is None else Head(last.epoch, last.seq, last.hash),
        known=lambda name: {one.id: one.hash for one in held}.get(EventId(name)),
    )  # fmt: skip


def test_an_epoch_begins_after_any_event_that_is_here() -> None:
    held = line(5)
    for base in held:
        new = event(
            EpochStarted(reason="restored", base=base.id), epoch=3, seq=base.seq + 1,
            prev=base.hash,
        )  # fmt: skip
        assert judged(new, held).verdict is Verdict.ADMITTED


@pytest.mark.parametrize(
    ("base", "seq"),
    [("0003-0000000009", 10), ("0004-0000000009", 10), ("0001-0000000009", 3), ("", 6), ("x", 6)],
)
def test_a_beginning_that_can_never_fit_does_not_wait_for_ever(base: str, seq: int) -> None:
    new = event(EpochStarted(reason="restored", base=base), epoch=3, seq=seq, prev="f" * 64)
    assert judged(new, line(5)).verdict is Verdict.REFUSED


def test_a_beginning_waits_for_the_event_before_it() -> None:
    events = line(7)
    new = event(
        EpochStarted(reason="restored", base=events[-1].id), epoch=2, seq=8, prev=events[-1].hash
    )
    assert judged(new, events[:5]).verdict is Verdict.PENDING
    assert judged(new, events).verdict is Verdict.ADMITTED


def test_an_act_of_a_newer_program_waits_for_the_beginning_of_its_epoch_like_any_other() -> None:
    later = event(NOTE, epoch=2, seq=7, prev="f" * 64)
    for document in (event_document(later), of_a_newer_program(later, "letter.sealed")):
        assert judged(document, line(5)).verdict is Verdict.PENDING


def test_a_beginning_that_cannot_be_read_is_refused() -> None:
    held = line(5)
    new = event(
        EpochStarted(reason="restored", base=held[-1].id), epoch=2, seq=6, prev=held[-1].hash
    )
    assert judged(of_a_newer_program(new), held).verdict is Verdict.REFUSED


def test_nobody_forks_without_the_centre() -> None:
    held = line(5)
    fork = JournalForked(
        office="school", key=KEY.public, program="1", origin="school", base=held[-1].id
    )
    for epoch in (1, 2):
        found = judged(event(fork, epoch=epoch, seq=6, prev=held[-1].hash), held)
        assert (found.verdict, found.reason[:5]) == (Verdict.REFUSED, "fork:")
