"""The read model follows every journal exactly once, and can be made again from nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saraban_base.sqlite import Cursor, rows
from saraban_central.readmodel import deliveries, machines, registers
from saraban_central.readmodel.model import ReadModel
from saraban_central.records import IDENTITY, Identity
from saraban_central.store.interface import Insert, Put
from saraban_sync.backup_events import BackupFinished
from saraban_sync.body import FileRef, Source
from saraban_sync.events import (
    EntryNoted,
    EntryVoided,
    FilesAdded,
    LetterArrived,
    LetterRegistered,
)
from saraban_sync.registers import Register
from saraban_sync.wire import Document, journal_database
from tests.central_district import YEAR, District, Office

TABLES = (
    "progress", "passed_over", "happening", "journal", "actor", "delivery", "accepted", "backup",
    "gap", "gap_explanation", "range_request", "outage",
)  # fmt: skip


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture
def area(district: District) -> Office:
    return district.office("area", "สำนักงานเขตพื้นที่การศึกษา")


@pytest.fixture
def school(district: District) -> Office:
    return district.office("school", "โรงเรียนบ้านดอย")


def picture(model: ReadModel) -> dict[str, Any]:
    """Everything that is shown, in an order that does not depend on who came first."""
    with model.read() as cursor:
        found: dict[str, Any] = {
            table: sorted(rows(cursor, f"SELECT * FROM {table}")) for table in TABLES
        }
        fields = [row[1] for row in rows(cursor, "PRAGMA table_info(entry)") if row[1] != "id"]
        found["entry"] = sorted(
            rows(
                cursor,
                f"SELECT {', '.join(fields)}, coalesce(text, '') FROM entry"
                " LEFT JOIN entry_search ON entry_search.rowid = entry.id",
            )
        )
    return found


def catch_up(district: District) -> int:
    return district.centre.readmodel.catch_up(district.centre.store)


def read(district: District, what: Any, *arguments: Any, **named: Any) -> Any:
    catch_up(district)
    with district.centre.readmodel.read() as cursor:
        return what(cursor, *arguments, **named)


def test_a_letters_way_is_told_from_both_sides(
    district: District, area: Office, school: Office
) -> None:
    letter = area.send(1, "school", subject="ขอเชิญประชุม")
    (before,) = read(district, deliveries.receivers, "area", letter.id)
    assert (before.stage, before.sender_office, before.subject) == ("sent", "area", "ขอเชิญประชุม")
    district.clock.forward(hours=1)
    school.receive(letter, area)
    (fetched,) = read(district, deliveries.receivers, "area", letter.id)
    assert fetched.stage == "arrived"
    assert read(district, deliveries.waiting) == {
        "school": deliveries.Waiting(1, fetched.arrived_at, 0)
    }
    district.clock.forward(hours=1)

    entry = school.book(letter, area, 1)

    (after,) = read(district, deliveries.receivers, "area", letter.id)
    assert after.stage == "registered"
    assert (after.registered_year, after.registered_number) == (YEAR, 1)
    assert after.registered_at == entry.at
    assert after.registered_by == f"school/{entry.id}"
    assert after.receipt_at == entry.at
    assert after.sent_at < after.arrived_at < after.registered_at
    assert read(district, deliveries.waiting) == {}


def test_it_does_not_matter_which_journal_comes_first(
    district: District, area: Office, school: Office
) -> None:
    letter = area.send(1, "school")
    held = area.events[-2:]
    district.lose_events(area, held[0].seq, held[1].seq)
    school.receive(letter, area)
    school.book(letter, area, 1)
    catch_up(district)
    (early,) = read(district, deliveries.receivers, "area", letter.id)
    assert early.stage == "registered"
    assert early.sent_at == ""
    assert read(district, deliveries.letters) == []

    area.tell(*held)

    (whole,) = read(district, deliveries.receivers, "area", letter.id)
    assert (whole.stage, whole.subject, whole.sent_at) == ("registered", "ขอเชิญประชุม", letter.at)


def test_a_line_shows_what_was_done_with_it(district: District, school: Office) -> None:
    entry = school.register(1, letter_no="ศธ 04001/ว 123")
    school.do(EntryNoted(entry=entry.id, action="มอบกลุ่มบริหารวิชาการ"))
    file = FileRef(name="คำสั่ง.pdf", media="application/pdf", size=3, sha256="a" * 64)
    school.do(FilesAdded(entry=entry.id, files=(file, file)))
    school.do(EntryVoided(entry=entry.id, reason="ลงซ้ำ"))

    line = read(district, registers.line, "school", entry.id)

    assert (line.action, line.files, line.state) == ("มอบกลุ่มบริหารวิชาการ", 2, "void")
    assert line.void_reason == "ลงซ้ำ"
    acts = read(district, registers.history, "school", entry.id)
    assert [act.type for act in acts] == [
        "letter.registered", "entry.noted", "files.added", "entry.voided",
    ]  # fmt: skip
    assert {act.actor for act in acts} == {"สมศรี ใจดี"}
    (book,) = read(district, registers.books, "school")
    assert (book.register, book.issued, book.void, book.greatest) == (Register.INCOMING, 0, 1, 1)


def test_a_register_is_paged_from_the_greatest_number(district: District, school: Office) -> None:
    for number in range(1, 8):
        school.register(number)

    first = read(district, registers.page, "school", Register.INCOMING, YEAR, limit=3)
    then = read(district, registers.page, "school", Register.INCOMING, YEAR, before=5, limit=3)

    assert [line.number for line in first] == [7, 6, 5]
    assert [line.number for line in then] == [4, 3, 2]


def test_both_uses_of_a_number_stay_to_be_seen(district: District, school: Office) -> None:
    school.register(1, subject="หนึ่ง")
    school.register(1, subject="สอง")

    found = read(district, registers.page, "school", Register.INCOMING, YEAR)

    assert sorted(line.subject for line in found) == ["สอง", "หนึ่ง"]


def test_a_backup_is_known_from_the_journal(district: District, school: Office) -> None:
    for archive, good in (("a-1", True), ("a-2", False)):
        school.do(
            BackupFinished(
                archive=archive, repository="/repo", last_event="", entries=0, good=good,
                problem="" if good else "ดิสก์เต็ม",
            )
        )  # fmt: skip

    assert read(district, machines.last_backups)["school"].problem == "ดิสก์เต็ม"
    assert read(district, machines.last_backups, good=True)["school"].archive == "a-1"


def test_events_of_a_newer_program_pass_and_are_counted(district: District, school: Office) -> None:
    event = school.write(EntryVoided(entry="x", reason=""))
    newer = event.payload.replace(b'"type":"entry.voided"', b'"type":"letter.sealed"')
    document = Document(id=event.id, payload=newer, signature="x")
    district.centre.store.commit(Insert(journal_database("school"), [document]))
    school.register(1)

    found = read(district, machines.passed_over)

    assert found == [machines.PassedOver("school", "newer", "letter.sealed", 1)]
    assert len(read(district, registers.page, "school", Register.INCOMING, YEAR)) == 1


def test_damaged_bytes_in_the_store_do_not_stop_the_rest(
    district: District, school: Office
) -> None:
    event = school.register(1)
    school.register(2)
    district.tamper_event(event, lambda text: text[:-9])

    assert [line.number for line in read(
        district, registers.page, "school", Register.INCOMING, YEAR
    )] == [2]  # fmt: skip
    assert read(district, machines.passed_over)[0].reason == "unreadable"


def test_nonsense_that_an_office_signed_stops_nothing(
    district: District, area: Office, school: Office
) -> None:
    source = Source(node="no node", event="../..", hash="")
    school.do(LetterArrived(source=source, sender_office="?"))
    school.do(
        LetterRegistered(
            register=Register.INCOMING, year=YEAR, number=1, subject="x", source=source,
            letter_date="yesterday",
        )
    )  # fmt: skip
    area.send(1, "no office!", "school", "")

    line = read(district, registers.page, "school", Register.INCOMING, YEAR)[0]

    assert (line.letter_date, line.source_node) == ("", "")
    (letter,) = read(district, deliveries.letters)
    assert letter.offices == 1


def test_an_event_under_another_name_is_passed_over(district: District, school: Office) -> None:
    event = school.register(1)
    for name in ("0001-0000000077", "0001-0000000078x"):
        document = Document(id=name, payload=event.payload, signature=event.signature)
        district.centre.store.commit(Insert(journal_database("school"), [document]))

    assert len(read(district, registers.page, "school", Register.INCOMING, YEAR)) == 1
    assert [one.events for one in read(district, machines.passed_over)] == [2]


def test_catching_up_twice_changes_nothing(district: District, school: Office) -> None:
    school.register(1)
    assert catch_up(district) == len(school.events)
    before = picture(district.centre.readmodel)

    assert catch_up(district) == 0

    assert picture(district.centre.readmodel) == before


def test_a_stop_between_two_batches_loses_and_doubles_nothing(
    district: District, school: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 12):
        school.register(number)
    model = district.centre.readmodel
    monkeypatch.setattr("saraban_central.readmodel.model.BATCH", 4)
    calls = 0
    real = ReadModel._take_in

    def failing(self: ReadModel, *arguments: Any) -> None:
        nonlocal calls
        calls += 1
        real(self, *arguments)
        if calls == 2:
            raise OSError("power cut")

    monkeypatch.setattr(ReadModel, "_take_in", failing)
    with pytest.raises(OSError, match="power cut"):
        catch_up(district)
    with model.read() as cursor:
        assert machines.progress(cursor)["school"].seq == 4
    assert model.rebuilding()

    assert catch_up(district) == len(school.events) - 4

    assert not model.rebuilding()
    assert len(read(district, registers.page, "school", Register.INCOMING, YEAR)) == 11


def test_what_is_rebuilt_equals_what_has_grown(
    district: District, area: Office, school: Office
) -> None:
    letter = area.send(1, "school", "area", "nowhere")
    for number in range(2, 6):
        area.register(number, register=Register.OUTGOING)
        catch_up(district)
        district.clock.forward(minutes=7)
    school.receive(letter, area)
    catch_up(district)
    entry = school.book(letter, area, 1)
    school.do(EntryNoted(entry=entry.id, action="ทราบ"))
    school.do(EntryVoided(entry=school.register(2).id, reason="ผิด"))
    catch_up(district)
    grown = picture(district.centre.readmodel)
    district.clock.forward(days=9)

    taken = district.centre.readmodel.rebuild(district.centre.store)

    assert taken == len(area.events) + len(school.events)
    assert picture(district.centre.readmodel) == grown


@given(order=st.permutations(range(9)), cuts=st.sets(st.integers(0, 8)))
def test_any_order_of_arrival_gives_the_same_picture(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], cuts: set[int]
) -> None:
    """Nine events of three offices come in any interleaving, followed up to at any moments."""
    folder = tmp_path_factory.mktemp("d")
    district = District(folder)
    try:
        offices = [district.office(code, size=0) for code in ("a", "b", "c")]
        a, b, c = offices
        letter = a.send(1, "b", "c")
        for number, office in enumerate((b, c, b), 1):
            office.receive(letter, a)
            office.book(letter, a, number)
        queues = {office.code: list(office.events[2:]) for office in offices}
        for office in offices:
            district.lose_events(office, 3, 99)
        codes = [office.code for office in offices for _ in queues[office.code]]
        for step, place in enumerate(order + list(range(9, len(codes)))):
            code = codes[place]
            district.offices[code].tell(queues[code].pop(0))
            if step in cuts:
                catch_up(district)
        catch_up(district)
        with district.centre.readmodel.read() as cursor:
            found = deliveries.receivers(cursor, "a", letter.id)
        assert [(one.office, one.stage, one.registered_number) for one in found] == [
            ("b", "registered", 1), ("c", "registered", 2),
        ]  # fmt: skip
        grown = picture(district.centre.readmodel)
        district.centre.readmodel.rebuild(district.centre.store)
        again = picture(district.centre.readmodel)
        assert again == grown
    finally:
        district.close()


def test_a_centre_that_was_set_back_is_shown_as_it_is_now(
    district: District, school: Office
) -> None:
    school.register(1)
    school.register(2)
    catch_up(district)
    district.lose_events(school, school.seq, school.seq)

    catch_up(district)

    assert [line.number for line in read(
        district, registers.page, "school", Register.INCOMING, YEAR
    )] == [1]  # fmt: skip


def test_a_new_generation_of_the_centre_is_read_from_the_beginning(
    district: District, school: Office
) -> None:
    school.register(1)
    catch_up(district)
    store = district.centre.store
    held = store.record(IDENTITY, "centre")
    assert held is not None
    fields = {name: getattr(held.value, name) for name in held.value.__struct_fields__}
    store.commit(Put(IDENTITY, "centre", Identity(**{**fields, "generation": 2}), held.revision))

    assert catch_up(district) == len(school.events)


def test_the_time_when_the_centre_took_an_event_in_survives_a_rebuild(
    district: District, school: Office
) -> None:
    entry = school.register(1)
    catch_up(district)
    seen = read(district, registers.line, "school", entry.id).stored_at
    district.clock.forward(days=3)
    school.register(2)

    district.centre.readmodel.rebuild(district.centre.store)

    assert read(district, registers.line, "school", entry.id).stored_at == seen


def test_reading_sees_one_moment(district: District, school: Office) -> None:
    catch_up(district)

    def count(cursor: Cursor) -> int:
        return len(registers.page(cursor, "school", Register.INCOMING, YEAR))

    with district.centre.readmodel.read() as cursor:
        assert count(cursor) == 0
        school.register(1)
        catch_up(district)
        assert count(cursor) == 0
    with district.centre.readmodel.read() as cursor:
        assert count(cursor) == 1
