"""What every store of the centre must do, whatever is underneath; one implementation today."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from saraban_base.clock import SystemClock
from saraban_central.errors import Raced
from saraban_central.records import MAY_READ, OFFICES, WAITING, MayRead, Office
from saraban_central.store.interface import (
    START,
    Conflict,
    Insert,
    Keep,
    Open,
    Position,
    Put,
    Remove,
    Store,
)
from saraban_central.store.sqlite import SqliteStore, open_database
from saraban_sync.wire import Document, chunk_name

Opener = Callable[[Callable[[frozenset[str]], None] | None], Store]


def _sqlite(folder: Path, changed: Callable[[frozenset[str]], None] | None) -> Store:
    return SqliteStore(open_database(folder / "central.db", SystemClock()), changed)


@pytest.fixture(params=[_sqlite], ids=["sqlite"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens the same store, again and again."""
    make = request.param

    def opening(changed: Callable[[frozenset[str]], None] | None) -> Store:
        opened: Store = make(tmp_path, changed)
        return opened

    return opening


@pytest.fixture
def store(opener: Opener) -> Iterator[Store]:
    with closing(opener(None)) as opened:
        opened.commit(Open("journal-a"), Open("journal-b"))
        yield opened


def _document(number: int, text: str = "") -> Document:
    payload = f'{{"n":{number},"t":"{text}"}}'.encode()
    return Document(id=f"0001-{number:010d}", payload=payload, signature="s", sender="a")


def _office(code: str = "school-1", name: str = "โรงเรียนบ้านห้วย") -> Office:
    return Office(code=code, name=name, prefix="ศธ 04999", made_at="2026-11-22T02:00:00.000Z")


# Documents


def test_what_was_committed_is_there_after_opening_again(opener: Opener) -> None:
    with closing(opener(None)) as first:
        first.commit(Open("journal-a"), Insert("journal-a", [_document(1)]))
    with closing(opener(None)) as second:
        assert second.get("journal-a", ["0001-0000000001"]) == {"0001-0000000001": _document(1)}


def test_a_database_tells_how_much_it_holds_and_where_it_ends(store: Store) -> None:
    before = store.database("journal-a")
    store.commit(Insert("journal-a", [_document(1), _document(2)]))
    after = store.database("journal-a")

    assert before is not None
    assert after is not None
    assert (before.documents, before.last) == (0, "")
    assert (after.documents, after.last) == (2, "0001-0000000002")
    assert store.database("journal-x") is None


def test_databases_are_listed_by_the_beginning_of_their_names(store: Store) -> None:
    store.commit(Open("mailbox-a"), Open("mailbox-a"), Insert("journal-b", [_document(1)]))

    assert [info.name for info in store.databases("journal-")] == ["journal-a", "journal-b"]
    assert [info.name for info in store.databases()] == ["journal-a", "journal-b", "mailbox-a"]
    assert [info.last for info in store.databases("journal-")] == ["", "0001-0000000001"]


def test_the_same_document_twice_changes_nothing(store: Store) -> None:
    store.commit(Insert("journal-a", [_document(1)]))
    before = store.database("journal-a")

    assert store.commit(Insert("journal-a", [_document(1)])) == []
    assert store.database("journal-a") == before
    assert len(store.changes("journal-a")) == 1


def test_another_document_under_the_same_id_is_a_conflict_and_the_first_one_stays(
    store: Store,
) -> None:
    store.commit(Insert("journal-a", [_document(2)]))
    other = _document(2, "another")

    conflicts = store.commit(Insert("journal-a", [_document(1), other, _document(3)]))

    assert conflicts == [
        Conflict("journal-a", "0001-0000000002", _document(2).revision, other.revision)
    ]
    assert store.page("journal-a") == [_document(1), _document(2), _document(3)]


def test_two_different_documents_under_one_id_in_one_commit_are_a_conflict(store: Store) -> None:
    conflicts = store.commit(Insert("journal-a", [_document(1), _document(1, "another")]))

    assert [conflict.id for conflict in conflicts] == ["0001-0000000001"]
    assert store.page("journal-a") == [_document(1)]


def test_who_did_not_see_the_last_document_adds_nothing(store: Store) -> None:
    store.commit(Insert("journal-a", [_document(1)], after=""))

    with pytest.raises(Raced):
        store.commit(
            Put(OFFICES, "school-1", _office()),
            Insert("journal-a", [_document(2, "twin")], after=""),
        )

    assert store.page("journal-a") == [_document(1)]


def test_documents_come_in_the_order_of_their_ids_either_way(store: Store) -> None:
    store.commit(Insert("journal-a", [_document(3)]))
    store.commit(Insert("journal-a", [_document(n) for n in (1, 2, 4, 5)]))
    ids = [_document(n).id for n in range(6)]

    def seen(**wanted: object) -> list[int]:
        return [int(d.id[5:]) for d in store.page("journal-a", **wanted)]  # type: ignore[arg-type] # named freely

    assert seen() == [1, 2, 3, 4, 5]
    assert seen(descending=True, limit=2) == [5, 4]
    assert seen(after=ids[2], limit=2) == [3, 4]
    assert seen(after=ids[3], descending=True) == [2, 1]
    assert seen(first=ids[2], last=ids[4]) == [2, 3, 4]
    assert seen(first=ids[2], last=ids[4], descending=True, limit=1) == [4]
    assert seen(after=ids[5]) == []


def test_changes_come_in_the_order_of_arrival_and_go_on_from_any_position(store: Store) -> None:
    for number in (3, 1, 2):
        store.commit(Insert("journal-a", [_document(number)]))
        store.commit(Insert("journal-b", [_document(number)]))
    every = store.changes("journal-a")
    info = store.database("journal-a")

    assert [int(change.document.id[5:]) for change in every] == [3, 1, 2]
    assert store.changes("journal-a", every[0].position, limit=1) == [every[1]]
    assert store.changes("journal-a", every[-1].position) == []
    assert store.changes("journal-x", START) == []
    assert info is not None
    assert info.position == every[-1].position


@pytest.mark.parametrize("position", ["abc", "-1", "", "1e3", "9" * 40, "٣"])
def test_a_position_of_another_store_is_refused(store: Store, position: str) -> None:
    with pytest.raises(ValueError, match="position"):
        store.changes("journal-a", Position(position))


def test_only_documents_that_are_there_are_given(store: Store) -> None:
    store.commit(Insert("journal-a", [_document(1), _document(2)]))

    found = store.get("journal-a", ["0001-0000000002", "0001-0000000009", "nonsense", "ก"])

    assert found == {"0001-0000000002": _document(2)}
    assert store.get("journal-a", []) == {}
    assert store.get("journal-x", ["0001-0000000002"]) == {}


def test_a_document_keeps_its_bytes_whatever_is_in_them(store: Store) -> None:
    payload = 'ขอเชิญประชุม \\u0000 "ํา" \U0001f600 \t'.encode()
    document = Document(id="0001-0000000001", payload=payload, signature="ลง-ชื่อ", sender="a")
    store.commit(Insert("journal-a", [document]))

    assert store.get("journal-a", [document.id])[document.id] == document


def test_adding_to_a_database_that_was_never_made_is_a_mistake_of_ours(store: Store) -> None:
    with pytest.raises(LookupError):
        store.commit(Insert("journal-x", [_document(1)]))


# Records


def test_a_record_is_changed_only_by_who_read_its_last_revision(store: Store) -> None:
    store.commit(Put(OFFICES, "school-1", _office()))
    first = store.record(OFFICES, "school-1")
    assert first is not None
    store.commit(Put(OFFICES, "school-1", _office(name="ใหม่"), first.revision))

    with pytest.raises(Raced):
        store.commit(Put(OFFICES, "school-1", _office(name="ช้าไป"), first.revision))
    with pytest.raises(Raced):
        store.commit(Put(OFFICES, "school-1", _office(name="ไม่รู้ว่ามี")))
    with pytest.raises(Raced):
        store.commit(Put(OFFICES, "school-9", _office(), first.revision))

    held = store.record(OFFICES, "school-1")
    assert held is not None
    assert (held.key, held.value) == ("school-1", _office(name="ใหม่"))
    assert store.record(OFFICES, "school-9") is None


def test_a_record_that_is_only_to_be_there_is_left_as_it_is(store: Store) -> None:
    store.commit(Keep(MAY_READ, "a/1", MayRead(at="first")))
    store.commit(Keep(MAY_READ, "a/1", MayRead(at="second")))

    held = store.record(MAY_READ, "a/1")
    assert held is not None
    assert held.value.at == "first"


def test_a_record_can_be_taken_away_and_written_anew(store: Store) -> None:
    store.commit(Put(OFFICES, "school-1", _office()))
    store.commit(Remove(OFFICES, "school-1"), Remove(OFFICES, "never-there"))
    assert store.record(OFFICES, "school-1") is None

    store.commit(Put(OFFICES, "school-1", _office(name="ใหม่")))
    assert [kept.value.name for kept in store.records(OFFICES)] == ["ใหม่"]


def test_records_are_listed_by_the_beginning_of_their_keys_a_page_at_a_time(store: Store) -> None:
    keys = ["a-1/x", "a/1", "a/2", "a/3", "b/1"]
    store.commit(*(Put(MAY_READ, key, MayRead(at=key)) for key in reversed(keys)))
    store.commit(Put(OFFICES, "a/9", _office()))

    assert [kept.key for kept in store.records(MAY_READ, "a/")] == ["a/1", "a/2", "a/3"]
    page = store.records(MAY_READ, "a/", after="a/1", limit=1)
    assert [kept.key for kept in page] == ["a/2"]
    assert [kept.key for kept in store.records(MAY_READ)] == keys
    assert (store.count(MAY_READ), store.count(MAY_READ, "a/"), store.count(WAITING)) == (5, 3, 0)


# Commits


def test_a_commit_is_done_wholly_or_not_at_all(store: Store) -> None:
    """For a store without transactions: nothing after the write that lost."""
    store.commit(Put(OFFICES, "taken", _office()))

    with pytest.raises(Raced):
        store.commit(
            Put(OFFICES, "taken", _office()),
            Insert("journal-a", [_document(1)]),
            Put(OFFICES, "new", _office()),
        )

    assert store.page("journal-a") == []
    assert store.record(OFFICES, "new") is None


def test_those_who_wait_are_told_after_the_commit_and_only_of_what_grew(opener: Opener) -> None:
    told: list[tuple[frozenset[str], int]] = []
    opened: list[Store] = []

    def listen(names: frozenset[str]) -> None:
        told.append((names, len(opened[0].page("journal-a"))))

    with closing(opener(listen)) as store:
        opened.append(store)
        store.commit(Open("journal-a"), Put(OFFICES, "school-1", _office()))
        store.commit(Insert("journal-a", [_document(1)]))
        with pytest.raises(Raced):
            store.commit(Insert("journal-a", [_document(2)], after="nothing"))

        assert told == [(frozenset({"journal-a"}), 1)]


def test_of_many_who_append_at_once_each_place_goes_to_one(store: Store) -> None:
    """What twin nodes, two gateways or two routers do: read the end, then append after it."""
    failures: list[str] = []

    def append(name: str) -> None:
        for _ in range(20):
            while True:
                info = store.database("journal-a")
                last = info.last if info else ""
                number = int(last[5:] or 0) + 1 if last else 1
                document = _document(number, name)
                try:
                    if store.commit(Insert("journal-a", [document], after=last)):
                        failures.append(f"conflict at {number}")
                except Raced:
                    continue
                break

    threads = [threading.Thread(target=append, args=(f"writer-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    numbers = [int(document.id[5:]) for document in store.page("journal-a")]
    assert numbers == list(range(1, 81))


# Chunks


def test_a_chunk_is_kept_once_and_given_back_as_it_was(store: Store) -> None:
    one, other = bytes(range(256)) * 1024, b""
    names = chunk_name(one), chunk_name(other)

    assert store.missing_chunks(names) == set(names)
    store.keep_chunks({names[0]: one})
    store.keep_chunks({names[0]: one, names[1]: other})

    assert store.missing_chunks([*names, "0" * 64]) == {"0" * 64}
    assert (store.chunk(names[0]), store.chunk(names[1])) == (one, other)
    assert store.chunk("0" * 64) is None
