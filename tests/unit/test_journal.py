"""The journal: every act in order, signed, chained; whoever changes a byte of it is found."""

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from saraban_base.sqlite import ConstraintError, Write, rows
from saraban_node import journal, meta
from saraban_node.appliance import Appliance
from saraban_sync import events
from saraban_sync.errors import BrokenChain, DocumentTooLarge
from saraban_sync.events import GENESIS, EntryNoted
from saraban_sync.ids import EventId, NodeId, event_id
from saraban_sync.signing import SigningKey
from tests.offices import MORNING, SOMSRI, HandClock, a_letter, an_office, events_of, register

MUTATIONS = 5_000
COLUMNS = ("epoch", "type", "at", "actor", "payload", "signature", "hash")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def node(tmp_path: Path, clock: HandClock) -> Iterator[Appliance]:
    """An office with a journal of seven events, four of them letters."""
    made = an_office(tmp_path / "node", clock=clock)
    for number in range(4):
        register(made, a_letter(number))
    yield made
    made.close()


@contextmanager
def behind_the_program(node: Appliance) -> Iterator[Write]:
    """Change the file as somebody does who knows SQLite; it is undone afterwards."""
    with suppress(_Undone), node.db.write() as write:
        for (trigger,) in rows(
            write.cursor,
            "SELECT name FROM sqlite_schema WHERE type='trigger' AND tbl_name='journal'",
        ):
            write.cursor.execute(f"DROP TRIGGER {trigger}")
        for pragma in ("ignore_check_constraints = 1", "defer_foreign_keys = 1"):
            write.cursor.execute(f"PRAGMA {pragma}")
        yield write
        write.cursor.execute("PRAGMA ignore_check_constraints = 0")
        raise _Undone


class _Undone(Exception):
    """Rolls the transaction back."""


def verify(node: Appliance, write: Write) -> int:
    return journal.verify(write.cursor, node=node.node, key=node.journal.key.public)


def test_the_first_event_follows_nothing_and_each_other_one_the_one_before(
    node: Appliance,
) -> None:
    prev = GENESIS
    for place, event in enumerate(events_of(node), 1):
        assert (event.seq, event.prev, event.id) == (place, prev, event_id(1, place))
        prev = event.hash

    with node.db.read() as cursor:
        assert journal.head(cursor).hash == prev
        assert journal.verify(cursor, node=node.node, key=node.journal.key.public) == 7


def test_an_event_is_found_by_its_place_and_its_hash_by_its_id(node: Appliance) -> None:
    third = events_of(node)[2]

    with node.db.read() as cursor:
        assert journal.event_of(cursor, 3) == third
        assert journal.event_of(cursor, 99) is None
        assert journal.hash_of(cursor, third.id) == third.hash
        assert journal.hash_of(cursor, EventId("0002-0000000003")) is None
        assert [event.seq for event in journal.read(cursor, after=2, limit=3)] == [3, 4, 5]


@pytest.mark.parametrize(
    "statement", ["DELETE FROM journal WHERE seq = 3", "UPDATE journal SET actor = 'x'"]
)
def test_the_database_itself_refuses_to_change_an_event(node: Appliance, statement: str) -> None:
    with pytest.raises(ConstraintError, match="an event is never"), node.db.write() as write:
        write.cursor.execute(statement)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_column_is_found_and_located(node: Appliance, column: str) -> None:
    for seq in range(1, 8):
        with behind_the_program(node) as write:
            old = rows(write.cursor, f"SELECT {column} FROM journal WHERE seq = ?", (seq,))[0][0]
            new = old + 1 if isinstance(old, int) else _one_letter_changed(old, random.Random(seq))
            write.cursor.execute(f"UPDATE journal SET {column} = ? WHERE seq = ?", (new, seq))

            with pytest.raises(BrokenChain) as found:
                verify(node, write)

        epoch = new if column == "epoch" else 1
        assert found.value.facts["event"] == f"{epoch:04d}-{seq:010d}"
        assert node.node in found.value.sentence("th")


def test_any_byte_of_any_column_that_is_changed_is_found_and_located(node: Appliance) -> None:
    """Thousands of forgeries, each undone; not one may pass."""
    chance = random.Random(5)
    columns = [column for column in COLUMNS if column != "epoch"]
    with behind_the_program(node) as write:
        texts = {
            (seq, column): text
            for seq, *fields in rows(write.cursor, f"SELECT seq, {', '.join(columns)} FROM journal")
            for column, text in zip(columns, fields, strict=True)
        }
        for _ in range(MUTATIONS):
            (seq, column), text = chance.choice(list(texts.items()))
            _update(write, seq, column, _one_byte_changed(text, chance))
            with pytest.raises(BrokenChain, match=f"0001-{seq:010d}"):
                verify(node, write)
            _update(write, seq, column, text.encode())
        assert verify(node, write) == 7


def test_an_epoch_that_no_id_can_hold_is_found_too(node: Appliance) -> None:
    with behind_the_program(node) as write:
        write.cursor.execute("UPDATE journal SET epoch = 123456 WHERE seq = 2")

        with pytest.raises(BrokenChain):
            verify(node, write)


def test_a_payload_longer_than_any_event_is_found_too(node: Appliance) -> None:
    with behind_the_program(node) as write:
        write.cursor.execute("UPDATE journal SET payload = zeroblob(300000) || '' WHERE seq = 2")

        with pytest.raises(BrokenChain):
            verify(node, write)


@pytest.mark.parametrize(
    ("forgery", "first_bad"),
    [
        ("DELETE FROM journal WHERE seq = 3", 4),
        ("DELETE FROM journal WHERE seq = 1", 2),
        ("UPDATE journal SET seq = 99 WHERE seq = 7", 99),
        ("UPDATE journal SET seq = CASE seq WHEN 3 THEN -4 ELSE -3 END WHERE seq IN (3, 4)", 3),
    ],
    ids=["one removed", "the first removed", "one moved to the end", "two exchanged"],
)
def test_events_removed_or_moved_are_found(node: Appliance, forgery: str, first_bad: int) -> None:
    with behind_the_program(node) as write:
        write.cursor.execute(forgery)
        write.cursor.execute("UPDATE journal SET seq = -seq WHERE seq < 0")

        with pytest.raises(BrokenChain, match=f"{first_bad:010d}"):
            verify(node, write)


def test_an_event_signed_again_with_another_key_is_found(node: Appliance) -> None:
    """Even one whose links and hashes are made to fit."""
    last = events_of(node)[-1]
    forged = SigningKey.generate().sign(b"saraban event v1\x00", last.payload)

    with behind_the_program(node) as write:
        _update(write, last.seq, "signature", forged.encode())

        with pytest.raises(BrokenChain, match=last.id):
            verify(node, write)


def test_an_event_of_another_node_is_found_though_it_is_properly_signed(node: Appliance) -> None:
    last = events_of(node)[-1]
    body = EntryNoted(entry=last.id, action="แทรก")
    stranger = events.write_event(
        node.journal.key, body, node=NodeId("school-b"), epoch=1, seq=8, prev=last.hash,
        at=last.at, clock=last.clock, actor=SOMSRI,
    )  # fmt: skip

    with behind_the_program(node) as write:
        journal._store(write, stranger)

        with pytest.raises(BrokenChain, match=stranger.id):
            verify(node, write)


def test_an_earlier_epoch_after_a_later_one_is_found(node: Appliance) -> None:
    with node.db.write() as write:
        meta.put(write, meta.EPOCH, "2")
    register(node, a_letter(5))
    with node.db.write() as write:
        meta.put(write, meta.EPOCH, "1")
    register(node, a_letter(6))

    with node.db.read() as cursor, pytest.raises(BrokenChain, match="0001-0000000009"):
        journal.verify(cursor, node=node.node, key=node.journal.key.public)


def test_a_fact_that_is_too_long_is_refused_and_leaves_nothing(node: Appliance) -> None:
    before = events_of(node)
    body = EntryNoted(entry=before[-1].id, action="ก" * events.MAX_PAYLOAD_BYTES)

    with node.db.write() as write, pytest.raises(DocumentTooLarge):
        node.journal.append(write, body, actor=SOMSRI)

    assert events_of(node) == before


def test_a_clock_that_was_set_back_is_written_down_and_orders_nothing(
    node: Appliance, clock: HandClock
) -> None:
    clock.put(MORNING.replace(year=2019))
    with node.db.write() as write:
        event = node.journal.append(
            write, EntryNoted(entry="0001-0000000004", action="ก"), actor=SOMSRI
        )

    assert event.clock.stepped
    assert event.at.startswith("2019")
    assert [one.seq for one in events_of(node)] == list(range(1, 9))


def test_the_distance_to_the_centre_s_clock_and_its_age_are_written_down(
    node: Appliance, clock: HandClock
) -> None:
    register(node, a_letter(1))
    with node.db.write() as write:
        node.journal.clock.measured(write, -1_500, seconds=0.2)
    clock.forward(minutes=3)
    register(node, a_letter(2))

    before, after = (event.clock for event in events_of(node)[-2:])

    assert (before.offset_ms, before.source) == (None, "human")
    assert (before.age_s, before.doubt_s) == (0, 300)
    assert (after.offset_ms, after.source, after.age_s, after.doubt_s) == (-1_500, "centre", 180, 2)
    assert after.offset_age_s is None  # it is the source's own age
    assert after.boot == clock.boot()


def _update(write: Write, seq: int, column: str, content: bytes) -> None:
    write.cursor.execute(
        f"UPDATE journal SET {column} = CAST(? AS TEXT) WHERE seq = ?", (content, seq)
    )


def _one_letter_changed(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text))
    return text[:place] + ("x" if text[place] != "x" else "y") + text[place + 1 :]


def _one_byte_changed(text: str, chance: random.Random) -> bytes:
    """Change, put in or take out one byte, whether or not text comes of it."""
    data: Any = bytearray(text.encode())
    place = chance.randrange(len(data))
    match chance.randrange(3):
        case 0:
            data[place] ^= 1 << chance.randrange(8)
        case 1:
            data.insert(place, chance.randrange(1, 256))
        case _:
            del data[place]
    return bytes(data)
