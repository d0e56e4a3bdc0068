"""The database file: what was promised about it really holds, and what is wrong with it is said."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from saraban_base import sqlite
from saraban_base.errors import (
    DatabaseBusy,
    DatabaseProblem,
    DatabaseTooNew,
    PageDamaged,
)
from saraban_base.sqlite import ConstraintError, Database, looking_at, rows, value
from tests.offices import HandClock

FLIPS = 320


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_first.sql").write_text(
        "CREATE TABLE letter (number INTEGER PRIMARY KEY, subject TEXT NOT NULL) STRICT;\n"
        "CREATE TABLE file (letter INTEGER NOT NULL REFERENCES letter (number)) STRICT;",
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "office.db"


@pytest.fixture
def database(path: Path, migrations: Path) -> Iterator[Database]:
    made = open_(path, migrations)
    yield made
    made.close()


def open_(path: Path, migrations: Path, **options: str) -> Database:
    return Database.open(path, migrations=migrations, clock=HandClock(), **options)


def put(database: Database, *numbers: int) -> None:
    with database.write() as write:
        for number in numbers:
            write.cursor.execute("INSERT INTO letter VALUES (?, ?)", (number, f"เรื่องที่ {number}"))


def numbers(database: Database) -> list[int]:
    with database.read() as cursor:
        return [row[0] for row in rows(cursor, "SELECT number FROM letter ORDER BY number")]


@pytest.mark.parametrize(
    ("pragma", "setting"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("trusted_schema", 0),
        ("cell_size_check", 1),
        ("temp_store", 2),
        ("checksum_verification", 1),
    ],
)
def test_every_safety_setting_really_holds_where_letters_are_written(
    database: Database, pragma: str, setting: object
) -> None:
    with database.write() as write:
        found = value(write.cursor, f"PRAGMA {pragma}")

    assert found == (str(setting) if pragma == "checksum_verification" else setting)


def test_a_reader_cannot_write(database: Database) -> None:
    with database.read() as cursor, pytest.raises(apsw.ReadOnlyError):
        cursor.execute("INSERT INTO letter VALUES (1, 'ก')")


def test_every_page_has_room_for_its_checksum(database: Database, path: Path) -> None:
    put(database, 1)
    database.checkpoint()

    assert path.read_bytes()[20] == 8


def test_a_setting_that_does_not_hold_stops_the_start(path: Path, migrations: Path) -> None:
    """This layer has no shared memory, so that SQLite stays with its old journal, silently."""
    with pytest.raises(DatabaseProblem, match="journal_mode") as refused:
        open_(path, migrations, vfs="unix-none")

    assert "journal_mode=delete" in refused.value.sentence("th")


def test_what_was_written_is_there_after_opening_again(path: Path, migrations: Path) -> None:
    first = open_(path, migrations)
    put(first, 1, 2)
    first.close()

    second = open_(path, migrations)

    assert numbers(second) == [1, 2]
    second.close()


def test_a_write_that_fails_leaves_nothing(database: Database) -> None:
    put(database, 1)

    with pytest.raises(ConstraintError):
        put(database, 2, 3, 1)

    assert numbers(database) == [1]
    put(database, 2)
    assert numbers(database) == [1, 2]


def test_a_write_has_one_moment(path: Path, migrations: Path) -> None:
    clock = HandClock()
    database = Database.open(path, migrations=migrations, clock=clock)

    with database.write() as write:
        clock.forward(hours=1)
        began = write.now
    with database.write() as write:
        later = write.now

    assert (later - began).total_seconds() == 3_600
    database.close()


def test_foreign_keys_are_enforced(database: Database) -> None:
    with pytest.raises(ConstraintError), database.write() as write:
        write.cursor.execute("INSERT INTO file VALUES (77)")


def test_a_reader_sees_one_moment_while_others_write(database: Database) -> None:
    put(database, 1)

    with database.read() as cursor:
        before = rows(cursor, "SELECT number FROM letter")
        put(database, 2)
        during = rows(cursor, "SELECT number FROM letter")

    assert before == during == [(1,)]
    assert numbers(database) == [1, 2]


def test_what_was_not_read_to_its_end_does_not_hold_the_next_reader_in_the_past(
    database: Database,
) -> None:
    put(database, 1, 2)
    with database.read() as cursor:
        first = next(cursor.execute("SELECT number FROM letter ORDER BY number"))
    with database.write() as write:
        half = next(write.cursor.execute("SELECT number FROM letter"))

    put(database, 3)

    assert (first, half) == ((1,), (1,))
    assert numbers(database) == [1, 2, 3]


def test_more_readers_than_there_are_connections_take_turns(database: Database) -> None:
    put(database, 1)
    inside, leave = threading.Semaphore(0), threading.Event()
    done: list[int] = []

    def read() -> None:
        with database.read() as cursor:
            inside.release()
            leave.wait(10)
            done.append(value(cursor, "SELECT count(*) FROM letter"))

    readers = [threading.Thread(target=read) for _ in range(9)]
    for reader in readers:
        reader.start()
    for _ in range(4):
        assert inside.acquire(timeout=10)

    assert not inside.acquire(timeout=0.05), "a fifth was let in"
    leave.set()
    for reader in readers:
        reader.join()
    assert done == [1] * 9


def test_two_threads_write_one_after_the_other(database: Database) -> None:
    put(database, 0)
    start = threading.Barrier(4)

    def count_up() -> None:
        start.wait()
        for _ in range(25):
            with database.write() as write:
                newest = value(write.cursor, "SELECT max(number) FROM letter")
                write.cursor.execute("INSERT INTO letter VALUES (?, 'ก')", (newest + 1,))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert numbers(database) == list(range(101))


def test_another_program_that_keeps_the_file_is_said_to_keep_it(
    path: Path, migrations: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_MS", 50)
    database, other = open_(path, migrations), open_(path, migrations)

    with other.write() as write:
        write.cursor.execute("INSERT INTO letter VALUES (1, 'ก')")
        with pytest.raises(DatabaseBusy) as refused:
            put(database, 2)
    put(database, 3)

    assert "โปรดลองอีกครั้ง" in refused.value.sentence("th")
    assert numbers(database) == [1, 3]
    database.close()
    other.close()


def test_migrations_are_applied_in_the_order_of_their_names_once(
    path: Path, migrations: Path
) -> None:
    open_(path, migrations).close()
    (migrations / "0003_third.sql").write_text("INSERT INTO letter VALUES (2, 'สอง');")
    (migrations / "0002_second.sql").write_text("INSERT INTO letter VALUES (1, 'หนึ่ง');")
    (migrations / "notes.txt").write_text("not a migration")

    for _ in range(2):
        database = open_(path, migrations)
        with database.read() as cursor:
            names = rows(cursor, "SELECT name FROM migration ORDER BY rowid")
        assert numbers(database) == [1, 2]
        database.close()

    assert names == [("0001_first.sql",), ("0002_second.sql",), ("0003_third.sql",)]


def test_a_migration_that_fails_leaves_nothing_and_can_be_repaired(
    path: Path, migrations: Path
) -> None:
    second = migrations / "0002_second.sql"
    second.write_text("CREATE TABLE extra (a) ; INSERT INTO letter VALUES (1, NULL);")

    with pytest.raises(ConstraintError):
        open_(path, migrations)
    second.write_text("CREATE TABLE extra (b);")
    database = open_(path, migrations)

    with database.read() as cursor:
        assert "(b)" in value(cursor, "SELECT sql FROM sqlite_schema WHERE name = 'extra'")
    database.close()


def test_a_database_that_a_newer_program_has_used_is_refused_and_left_alone(
    path: Path, migrations: Path
) -> None:
    (migrations / "0009_newer.sql").write_text("CREATE TABLE newer (a);")
    open_(path, migrations).close()
    (migrations / "0009_newer.sql").unlink()
    (migrations / "0002_ours.sql").write_text("CREATE TABLE ours (a);")
    before = path.read_bytes()

    with pytest.raises(DatabaseTooNew) as refused:
        open_(path, migrations)

    assert "0009_newer.sql" in refused.value.sentence("en")
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"Dear Sir or Madam, " * 400, bytes(8_192)])
def test_a_file_that_is_no_database_is_refused_in_words(
    path: Path, migrations: Path, content: bytes
) -> None:
    path.write_bytes(content)

    with pytest.raises(DatabaseProblem) as refused:
        open_(path, migrations)

    assert "อย่าลบแฟ้มใด" in refused.value.sentence("th")
    assert path.read_bytes() == content


def test_a_file_in_a_folder_that_is_not_there_is_refused_in_words(
    tmp_path: Path, migrations: Path
) -> None:
    with pytest.raises(DatabaseProblem):
        open_(tmp_path / "nowhere" / "office.db", migrations)


def test_one_flipped_bit_anywhere_in_the_file_is_noticed(path: Path, migrations: Path) -> None:
    """SQLite's own check finds one in seven of these; the checksums find them all."""
    database = open_(path, migrations)
    put(database, *range(3_000))
    database.close()
    whole = path.read_bytes()
    chance = random.Random(3)
    pages = len(whole) // 4_096
    assert pages > 20

    for flip in range(FLIPS):
        place = (flip % pages) * 4_096 + chance.randrange(4_096)
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 << chance.randrange(8)
        path.write_bytes(spoilt)

        assert _is_noticed(path, migrations), f"byte {place}"


def test_a_page_that_changed_on_the_disk_is_said_to_be_damaged(
    path: Path, migrations: Path
) -> None:
    database = open_(path, migrations)
    put(database, *range(3_000))
    database.close()
    spoilt = bytearray(path.read_bytes())
    spoilt[-2_000] ^= 4
    path.write_bytes(spoilt)
    database = open_(path, migrations)

    with pytest.raises(PageDamaged) as found:
        database.integrity()

    assert "กู้คืนจากชุดสำรอง" in found.value.sentence("th")
    database.close()


def _is_noticed(path: Path, migrations: Path) -> bool:
    try:
        database = open_(path, migrations)
    except DatabaseProblem:
        return True
    try:
        return bool(database.integrity())
    except DatabaseProblem:
        return True
    finally:
        database.close()


def test_a_copy_made_while_others_write_is_whole_and_of_one_moment(
    database: Database, tmp_path: Path, migrations: Path
) -> None:
    put(database, *range(500))
    stop = threading.Event()

    def write_on() -> None:
        number = 500
        while not stop.is_set():
            put(database, number, number + 1)
            number += 2

    writer = threading.Thread(target=write_on)
    writer.start()
    copies = [tmp_path / f"copy-{n}.db" for n in range(5)]
    for copy in copies:
        database.backup_to(copy)
    stop.set()
    writer.join()

    for copy in copies:
        before = copy.read_bytes()
        with looking_at(copy) as cursor:
            found = [row[0] for row in rows(cursor, "SELECT number FROM letter ORDER BY number")]
        assert found == list(range(len(found)))
        assert len(found) % 2 == 0
        assert copy.read_bytes() == before
        assert not list(tmp_path.glob(f"{copy.name}-*"))
        opened = open_(copy, migrations)
        assert opened.integrity() == []
        opened.close()


def test_a_copy_larger_than_memory_is_whole_also_where_the_log_has_newer_pages(
    database: Database, tmp_path: Path
) -> None:
    """It was not, once an office had more letters than fit into two megabytes."""
    with database.write() as write:
        for number in range(1_500):
            write.cursor.execute("INSERT INTO letter VALUES (?, ?)", (number, "x" * 3_000))
    database.checkpoint()
    with database.write() as write:
        write.cursor.execute("UPDATE letter SET subject = 'y' || subject WHERE number % 50 = 0")

    database.backup_to(tmp_path / "copy.db")

    with looking_at(tmp_path / "copy.db") as cursor:
        assert list(cursor.execute("PRAGMA integrity_check")) == [("ok",)]


def test_looking_at_a_file_that_is_not_there_makes_none(tmp_path: Path) -> None:
    with pytest.raises(DatabaseProblem), looking_at(tmp_path / "none.db"):
        pass

    assert not list(tmp_path.iterdir())


def test_the_log_is_emptied_into_the_file(database: Database, path: Path) -> None:
    put(database, 1)
    log = path.with_name(path.name + "-wal")
    assert log.stat().st_size > 0

    database.checkpoint()

    assert log.stat().st_size == 0
    assert numbers(database) == [1]


def test_integrity_tells_of_rows_that_belong_to_nothing(database: Database) -> None:
    careless = apsw.Connection(str(database.path), vfs="cksmvfs")
    careless.execute("PRAGMA foreign_keys = 0; INSERT INTO file VALUES (404)")
    careless.close()

    assert any("file" in line for line in database.integrity())
