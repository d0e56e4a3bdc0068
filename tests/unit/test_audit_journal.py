"""Faults of a journal, its clock and the door are made for real, found and located."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from saraban_central.audit.keeping import Auditing
from saraban_central.audit.kinds import Severity
from saraban_central.records import (
    ALARMS,
    CONTACTS,
    PENDING,
    SET_ASIDE,
    Alarm,
    Contact,
    Pending,
    SetAside,
)
from saraban_central.store.interface import Insert, Open, Put
from saraban_sync import signing
from saraban_sync.events import EntryVoided, payload_hash
from saraban_sync.registers import Register, instant
from saraban_sync.wire import Document, event_document, journal_database
from tests.central_district import District, Office, audited, only


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


def test_a_district_where_all_is_well_has_no_findings(
    district: District, area: Office, school: Office
) -> None:
    letter = area.send(1, "school")
    area.register(2, register=Register.OUTGOING)
    school.receive(letter, area)
    entry = school.book(letter, area, 1)
    school.register(2)
    school.do(EntryVoided(entry=entry.id, reason="ลงผิดเล่ม"))

    report = audited(district)

    assert report.findings == ()
    assert report.clean
    assert report.chain_ok
    assert report.unexplained_numbers == 0
    assert (report.entries, report.letters_sent) == (4, 1)
    assert (report.letters_arrived, report.letters_registered) == (1, 1)
    assert [(one.office, one.entries, one.void) for one in report.offices] == [
        ("area", 2, 0), ("school", 2, 1),
    ]  # fmt: skip
    assert report.offices[1].nodes[0].last == school.events[-1].id
    assert report.offices[1].nodes[0].hash == school.events[-1].hash


def test_an_empty_centre_has_no_findings(district: District) -> None:
    assert audited(district).clean


def test_an_altered_event_is_named_and_its_number_proves_nothing(
    district: District, school: Office
) -> None:
    for number in (1, 2, 3):
        school.register(number, subject=f"เรื่องที่ {number}")
    second = school.events[-2]
    district.tamper_event(second, lambda text: text.replace("เรื่องที่ 2", "เรื่องที่ 9"))

    report = audited(district)

    assert not report.chain_ok
    assert report.unexplained_numbers == 1
    kinds = {one.kind: one for one in report.findings}
    assert kinds.keys() == {"signature", "number-missing"}
    assert (kinds["signature"].event, kinds["signature"].node) == (second.id, "school")
    assert kinds["number-missing"].number == 2


@pytest.mark.parametrize("place", range(0, 400, 37))
def test_a_flipped_character_anywhere_in_an_event_is_found(
    district: District, school: Office, place: int
) -> None:
    event = school.register(1)

    def flip(text: str) -> str:
        where = place % len(text)
        return text[:where] + ("0" if text[where] != "0" else "1") + text[where + 1 :]

    district.tamper_event(event, flip)
    report = audited(district)

    assert not report.chain_ok
    assert report.findings[0].event == event.id


def test_missing_events_are_counted_from_first_to_last(district: District, school: Office) -> None:
    for number in range(1, 7):
        school.register(number)
    district.lose_events(school, 7, 8)

    report = audited(district)

    kinds = {one.kind: one for one in report.findings}
    assert kinds.keys() == {"events-missing", "number-missing"}
    assert "7" in kinds["events-missing"].english
    assert "8" in kinds["events-missing"].english
    assert (kinds["number-missing"].number, kinds["number-missing"].last) == (3, 4)
    assert report.unexplained_numbers == 2


def test_a_journal_cut_short_is_found_by_every_later_audit(
    district: District, school: Office
) -> None:
    for number in range(1, 6):
        school.register(number)
    audits = Auditing(district.centre)
    assert audits.run("system").clean
    district.lose_events(school, 8, 9)

    for _ in range(2):
        finding = only(audits.run("system"))
        assert finding.kind == "end-missing"
        assert finding.event == "0001-0000000009"
        assert "ถึงเพียง 7" in finding.thai


def test_a_history_written_again_with_the_right_key_is_found(
    district: District, school: Office
) -> None:
    school.register(1, subject="ของจริง")
    audits = Auditing(district.centre)
    assert audits.run("system").clean
    true = school.events.pop()
    school.seq, school.prev = true.seq - 1, school.events[-1].hash
    district.lose_events(school, true.seq, true.seq)
    school.register(1, subject="เขียนใหม่")

    finding = only(audits.run("system"))

    assert (finding.kind, finding.event) == ("rewritten", true.id)


def test_an_event_that_does_not_follow_is_found(district: District, school: Office) -> None:
    school.register(1)
    school.prev = "f" * 64
    wrong = school.register(2)

    finding = only(audited(district))

    assert (finding.kind, finding.event) == ("chain", wrong.id)


def test_another_nodes_event_in_a_journal_is_found(
    district: District, area: Office, school: Office
) -> None:
    area.key = school.key  # signed by the school, written in the area office's name
    foreign = area.write(EntryVoided(entry="0001-0000000001", reason=""))
    school.seq += 1
    document = event_document(foreign, name=f"0001-{school.seq:010d}")
    district.centre.store.commit(Insert(journal_database("school"), [document]))

    finding = only(audited(district))

    assert (finding.kind, finding.node, finding.event) == ("foreign", "school", document.id)


def test_a_signed_event_that_cannot_be_read_does_not_break_the_chain(
    district: District, school: Office
) -> None:
    payload = b'{"seq": "no number"}'
    school.seq += 1
    name = f"0001-{school.seq:010d}"
    school.prev = payload_hash(payload)
    document = Document(id=name, payload=payload, signature=school.key.sign(signing.EVENT, payload))
    district.centre.store.commit(Insert(journal_database("school"), [document]))
    school.register(1)

    report = audited(district)

    assert only(report).kind == "unreadable"
    assert only(report).event == name
    assert report.chain_ok


def test_an_epoch_that_was_never_given_is_found(district: District, school: Office) -> None:
    school.epoch = 2
    event = school.register(1)

    finding = only(audited(district))

    assert (finding.kind, finding.event) == ("epoch", event.id)


def test_events_of_a_newer_program_are_counted(district: District, school: Office) -> None:
    event = school.write(EntryVoided(entry="x", reason=""))
    newer = event.payload.replace(b'"type":"entry.voided"', b'"type":"letter.sealed"')
    document = Document(id=event.id, payload=newer, signature=school.key.sign(signing.EVENT, newer))
    district.centre.store.commit(Insert(journal_database("school"), [document]))

    report = audited(district)

    assert only(report).kind == "newer"
    assert report.chain_ok


def test_a_machine_that_names_another_last_event_is_a_fork(
    district: District, school: Office
) -> None:
    school.register(1)
    contact = Contact(
        node="school", at=instant(district.clock.now()), claimed_at="", offset_ms=0,
        last_event=school.events[-1].id, last_hash="e" * 64,
    )  # fmt: skip
    district.centre.store.commit(Put(CONTACTS, "school", contact))

    finding = only(audited(district))

    assert (finding.kind, finding.severity) == ("fork", Severity.CRITICAL)


def test_a_machine_that_has_more_than_the_centre_is_no_fork(
    district: District, school: Office
) -> None:
    contact = Contact(
        node="school", at=instant(district.clock.now()), claimed_at="", offset_ms=0,
        last_event="0001-0000000099", last_hash="e" * 64,
    )  # fmt: skip
    district.centre.store.commit(Put(CONTACTS, "school", contact))

    assert audited(district).clean


def test_a_journal_of_an_unknown_node_is_found(district: District) -> None:
    district.centre.store.commit(Open(journal_database("ghost")))

    assert only(audited(district)).kind == "journal-unknown"


def test_a_forged_directory_entry_is_found(district: District, school: Office) -> None:
    district.tamper(
        "UPDATE document SET payload = replace(payload, 'บ้านดอย', 'บ้านดิน') WHERE id = '0000000001'"
    )

    report = audited(district)

    assert only(report).kind == "directory"
    assert not report.chain_ok


def test_an_event_dated_before_the_one_before_is_found(district: District, school: Office) -> None:
    school.register(1)
    event = school.register(2, at=district.clock.now() - timedelta(hours=2))
    school.register(3, at=district.clock.now() - timedelta(hours=1))

    finding = only(audited(district))

    assert (finding.kind, finding.event) == ("clock-back", event.id)
    assert "7200" in finding.english


def test_a_clock_a_minute_slow_is_no_finding(district: District, school: Office) -> None:
    school.register(1)
    school.register(2, at=district.clock.now() - timedelta(minutes=1))

    assert audited(district).clean


def test_a_fast_clock_is_found_once(district: District, school: Office) -> None:
    first = school.register(1, at=district.clock.now() + timedelta(days=1))
    school.register(2, at=district.clock.now() + timedelta(days=1, hours=1))

    finding = only(audited(district))

    assert (finding.kind, finding.event) == ("clock-ahead", first.id)


def test_a_fast_clock_is_still_found_when_its_time_has_come(
    district: District, school: Office
) -> None:
    event = school.register(1, at=district.clock.now() + timedelta(days=1))
    district.clock.forward(days=5)

    finding = only(audited(district))

    assert (finding.kind, finding.event) == ("clock-ahead", event.id)


@pytest.mark.parametrize(
    ("verdict", "reason", "kind"),
    [
        ("refused", "twin: another event has this id", "twin"),
        ("refused", "signature: does not fit the node's key", "refused"),
        ("quarantined", "unreadable: no event", "quarantined"),
    ],
)
def test_what_the_door_turned_away_is_reported(
    district: District, school: Office, verdict: str, reason: str, kind: str
) -> None:
    at = instant(district.clock.now())
    aside = SetAside(
        node="school", id="0001-0000000009", verdict=verdict, reason=reason, first_at=at,
        last_at=at, times=1, size=10, sample=b"{}",
    )  # fmt: skip
    district.centre.store.commit(Put(SET_ASIDE, "school/abc", aside))

    finding = only(audited(district))

    assert (finding.kind, finding.office, finding.event) == (kind, "school", "0001-0000000009")
    assert finding.since == at


def test_a_document_that_waits_for_another_is_reported(district: District, school: Office) -> None:
    at = instant(district.clock.now())
    waiting = Pending(id="0001-0000000042", payload="{}", signature="", came_at=at)
    district.centre.store.commit(Put(PENDING, "school/0001-0000000042/1-a", waiting))

    finding = only(audited(district))

    assert (finding.kind, finding.severity) == ("pending", Severity.NOTICE)


def test_a_conflict_in_the_store_is_an_alarm(district: District, school: Office) -> None:
    alarm = Alarm(
        kind="conflict", node="school", event="0001-0000000001",
        at=instant(district.clock.now()),
    )  # fmt: skip
    district.centre.store.commit(Put(ALARMS, "school/0001-0000000001/conflict", alarm))

    report = audited(district)

    assert only(report).kind == "conflict"
    assert report.conflicts == 1
    assert not report.clean


def test_an_alarm_that_the_journal_no_longer_explains_is_reported(
    district: District, school: Office
) -> None:
    event = school.register(77)
    for name in (event.id, "0001-0000000002"):
        alarm = Alarm(
            kind="number-outside-grant", node="school", event=name,
            at=instant(district.clock.now()), detail="number 77",
        )  # fmt: skip
        district.centre.store.commit(Put(ALARMS, f"school/{name}/number-outside-grant", alarm))

    kinds = [(one.kind, one.event) for one in audited(district).findings]

    assert kinds == [("number-outside", event.id), ("alarm", "0001-0000000002")]
