"""Every kind of fault, made with real events or by tampering, is found and located."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from saraban_central import directory
from saraban_central.audit.findings import KINDS, Finding, Severity
from saraban_central.audit.keeping import Auditing
from saraban_central.audit.report import Report
from saraban_central.records import (
    ALARMS,
    CONTACTS,
    PENDING,
    SERIES,
    SET_ASIDE,
    Alarm,
    Contact,
    Granted,
    Pending,
    SeriesGrants,
    SetAside,
)
from saraban_central.store.interface import Insert, Open, Put
from saraban_sync import signing
from saraban_sync.events import (
    EntryVoided,
    LetterArrived,
    LetterRegistered,
    LetterSent,
    RangeAccepted,
    ReceiptGiven,
    Source,
    payload_hash,
)
from saraban_sync.grants import Grant, sign_grant
from saraban_sync.registers import Register, instant
from saraban_sync.signing import SigningKey
from saraban_sync.wire import Document, event_document, journal_database
from tests.central_district import YEAR, District, Office


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


def auditing(district: District) -> Auditing:
    return Auditing(district.centre)


def audited(district: District) -> Report:
    return auditing(district).run("system")


def only(report: Report) -> Finding:
    assert [one.kind for one in report.findings] == [report.findings[0].kind], report.findings
    return report.findings[0]


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


# --- the journal ---------------------------------------------------------------------------------


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
    audits = auditing(district)
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
    audits = auditing(district)
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


# --- ranges and numbers --------------------------------------------------------------------------


def test_a_number_passed_over_is_named_with_its_register(
    district: District, school: Office
) -> None:
    for number in (1, 2, 5, 6):
        after = school.register(number)
        if number == 5:
            five = after

    report = audited(district)

    finding = only(report)
    assert (finding.kind, finding.register, finding.year) == ("number-missing", "incoming", YEAR)
    assert (finding.number, finding.last, finding.event) == (3, 4, five.id)
    assert "3–4" in finding.thai
    assert "หนังสือรับ" in finding.thai
    assert report.unexplained_numbers == 2
    assert report.offices[0].unexplained_numbers == 2
    assert report.offices[0].critical == 1


def test_a_number_outside_every_range_is_found(district: District, school: Office) -> None:
    event = school.register(77)

    report = audited(district)

    finding = only(report)
    assert (finding.kind, finding.number, finding.event) == ("number-outside", 77, event.id)
    assert report.unexplained_numbers == 1


def test_a_number_of_another_nodes_range_is_found(
    district: District, area: Office, school: Office
) -> None:
    # The area office's own register has range 1 to 20; the school's number 21 was never granted.
    area.register(1)
    school.register(1)
    school.take(Register.INCOMING, 10, first=31)
    school.register(31)
    assert audited(district).clean

    event = school.register(21)

    kinds = [(one.kind, one.event) for one in audited(district).findings]
    assert kinds == [("number-outside", event.id)]


def test_a_number_used_twice_is_found_at_the_later_entry(
    district: District, school: Office
) -> None:
    first = school.register(1)
    district.clock.forward(hours=1)
    second = school.register(1, subject="อีกเรื่อง")

    finding = only(audited(district))

    assert (finding.kind, finding.event, finding.number) == ("number-twice", second.id, 1)
    assert first.id in finding.english


def test_a_number_taken_after_a_greater_one_is_found(district: District, school: Office) -> None:
    school.register(2)
    event = school.register(1)

    finding = only(audited(district))

    assert (finding.kind, finding.event, finding.number) == ("number-order", event.id, 1)


def test_a_number_of_another_year_is_found(district: District, school: Office) -> None:
    last_year = Grant(
        grant="g-2568", office="school", node="school", register=Register.INCOMING, year=2568,
        first=1, last=9, at=instant(district.clock.now()), generation=1,
    )  # fmt: skip
    keep_grants(district, last_year)
    event = school.register(1, year=2568)

    finding = only(audited(district))

    assert (finding.kind, finding.event, finding.year) == ("year", event.id, 2568)


def test_a_void_of_nothing_is_found(district: District, school: Office) -> None:
    event = school.do(EntryVoided(entry="0001-0000000099", reason="ไม่มี"))

    finding = only(audited(district))

    assert (finding.kind, finding.event) == ("void-unknown", event.id)


def test_ranges_that_overlap_are_found(district: District, school: Office) -> None:
    keep_grants(
        district,
        *(
            Grant(
                grant=f"g-{first}", office="school", node="school", register=Register.INCOMING,
                year=2570, first=first, last=first + 9, at=instant(district.clock.now()),
                generation=1,
            )
            for first in (1, 6)
        ),
    )  # fmt: skip

    finding = only(audited(district))

    assert (finding.kind, finding.number, finding.last) == ("grant-overlap", 6, 10)


def test_a_range_that_the_centre_did_not_sign_is_found_in_the_journal(
    district: District, school: Office
) -> None:
    forged = sign_grant(SigningKey.generate(), a_grant(district, first=21))
    event = school.do(RangeAccepted(grant=forged))

    finding = only(audited(district))

    assert (finding.kind, finding.event) == ("grant-signature", event.id)


def test_a_range_that_was_changed_in_the_list_of_grants_is_found(
    district: District, school: Office
) -> None:
    school.register(1)
    district.tamper(
        "UPDATE record SET value = replace(value, '\\\"last\\\":20', '\\\"last\\\":90')"
        " WHERE shelf = ? AND key = ?", SERIES.name, f"school/incoming/{YEAR}",
    )  # fmt: skip

    kinds = {one.kind for one in audited(district).findings}

    # The node still holds the true paper, so the number is covered; the list has to be mended.
    assert kinds == {"grant-signature", "grant-unknown"}


def test_a_range_missing_from_the_list_still_covers_its_numbers(
    district: District, school: Office
) -> None:
    paper = sign_grant(district.centre.key, a_grant(district, first=21))
    event = school.do(RangeAccepted(grant=paper))
    school.register(21)

    finding = only(audited(district))

    assert (finding.kind, finding.event) == ("grant-unknown", event.id)
    assert (finding.number, finding.last) == (21, 30)


# --- time ----------------------------------------------------------------------------------------


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


# --- the door ------------------------------------------------------------------------------------


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


# --- between offices -----------------------------------------------------------------------------


def test_a_letter_that_waits_to_be_registered_is_found_after_three_days(
    district: District, area: Office, school: Office
) -> None:
    letter = area.send(1, "school")
    arrived = school.receive(letter, area)
    district.clock.forward(days=2)
    assert audited(district).clean
    assert not audited(district).findings
    district.clock.forward(days=1)

    finding = only(audited(district))

    assert (finding.kind, finding.office, finding.event) == ("late", "school", arrived.id)
    assert "3 วัน" in finding.thai
    assert "ศธ 04123/1" in finding.thai


def test_a_letter_that_never_arrived_is_found_at_its_sender(
    district: District, area: Office, school: Office
) -> None:
    letter = area.send(1, "school")
    district.clock.forward(days=5)

    finding = only(audited(district))

    assert (finding.kind, finding.office, finding.event) == ("not-arrived", "area", letter.id)
    assert finding.since == letter.at


def test_a_letter_to_an_unknown_office_or_one_without_a_machine_is_found(
    district: District, area: Office
) -> None:
    directory.add_office(district.centre, "new", name="โรงเรียนใหม่", prefix="ศธ 1")
    area.send(1, "nowhere", "new")

    unknown, waiting = audited(district).findings

    assert (unknown.kind, unknown.office) == ("unknown-office", "area")
    assert (waiting.kind, waiting.office) == ("no-machine", "area")


def test_a_letter_that_is_not_the_one_that_was_sent_is_found(
    district: District, area: Office, school: Office
) -> None:
    letter = area.send(1, "school")
    source = Source(node="area", event=letter.id, hash="a" * 64)
    event = school.do(LetterArrived(source=source, sender_office="area"))
    entry = school.write(registered_from(source, 1))
    school.tell(entry)

    finding = only(audited(district))

    assert (finding.kind, finding.office, finding.event) == ("sent-altered", "school", event.id)


def test_a_letter_that_nobody_sent_is_found(
    district: District, area: Office, school: Office
) -> None:
    source = Source(node="area", event="0001-0000000099", hash="a" * 64)
    event = school.do(LetterArrived(source=source, sender_office="area"))

    assert [(one.kind, one.event) for one in audited(district).findings] == [("not-sent", event.id)]


def test_a_letter_sent_to_somebody_else_is_found(
    district: District, area: Office, school: Office
) -> None:
    other = district.office("other")
    letter = area.send(1, "other")
    other.receive(letter, area)
    event = school.receive(letter, area)

    assert [(one.kind, one.event) for one in audited(district).findings] == [("not-sent", event.id)]


def test_a_receiver_is_not_accused_when_the_senders_own_event_is_damaged_here(
    district: District, area: Office, school: Office
) -> None:
    letter = area.send(1, "school")
    area.register(2, register=Register.OUTGOING)
    school.receive(letter, area)
    school.book(letter, area, 1)
    district.tamper_event(letter, lambda text: text.replace("ประชุม", "ประชุ"))

    finding = only(audited(district))

    assert (finding.kind, finding.office) == ("signature", "area")


def test_a_receipt_with_another_number_is_found(
    district: District, area: Office, school: Office
) -> None:
    letter = area.send(1, "school")
    school.receive(letter, area)
    school.register(1, source=letter)
    receipt = ReceiptGiven(
        source=letter.source, sender_office="area", year=YEAR, number=9,
        registered_at=instant(district.clock.now()),
    )  # fmt: skip
    event = school.do(receipt)

    finding = only(audited(district))

    assert (finding.kind, finding.event, finding.number) == ("receipt-wrong", event.id, 9)
    assert f"1/{YEAR}" in finding.thai


def test_a_letter_sent_without_an_entry_is_found(
    district: District, area: Office, school: Office
) -> None:
    letter = LetterSent(
        entry="0001-0000000001", offices=("school",), year=YEAR, number=5, subject="ลอย"
    )
    event = area.do(letter)

    finding = only(audited(district))

    assert (finding.kind, finding.event, finding.number) == ("sent-unregistered", event.id, 5)


def test_every_kind_of_finding_is_provoked_in_this_file() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    unseen = [kind for kind in KINDS if f'"{kind}"' not in text]
    assert unseen == []


# --- helpers -------------------------------------------------------------------------------------


def a_grant(district: District, *, first: int) -> Grant:
    return Grant(
        grant=f"g-{first}", office="school", node="school", register=Register.INCOMING, year=YEAR,
        first=first, last=first + 9, at=instant(district.clock.now()), generation=1,
    )  # fmt: skip


def keep_grants(district: District, *made: Grant) -> None:
    """Put signed grants into the list, as no grant service would."""
    papers = []
    for grant in made:
        text = sign_grant(district.centre.key, grant)
        papers.append(
            Granted(
                grant=grant.grant, node=grant.node, first=grant.first, last=grant.last,
                at=grant.at, payload=text.p, signature=text.s,
            )
        )  # fmt: skip
    series = SeriesGrants(
        office=made[0].office, register=made[0].register, year=made[0].year, grants=tuple(papers)
    )
    key = f"{series.office}/{series.register}/{series.year}"
    district.centre.store.commit(Put(SERIES, key, series))


def registered_from(source: Source, number: int) -> LetterRegistered:
    return LetterRegistered(
        register=Register.INCOMING, year=YEAR, number=number, subject="x", source=source
    )
