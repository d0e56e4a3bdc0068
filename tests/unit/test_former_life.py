"""What people did between the last backup and the fire comes back from the centre, and counts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from saraban_base.sqlite import rows
from saraban_central import directory, enrolment
from saraban_central.audit.keeping import Auditing
from saraban_central.centre import make_centre
from saraban_central.config import CentralConfig
from saraban_central.gateway.admitting import admit
from saraban_central.numbering import grants
from saraban_central.numbering import proof as central_proof
from saraban_central.post.router import Router
from saraban_central.records import ALARMS, SET_ASIDE_COUNTS
from saraban_node import appliance, journal, projections
from saraban_node.appliance import Appliance
from saraban_node.books import entries, history, letters
from saraban_node.books.entries import Entry
from saraban_node.books.registers import RegisterQuery
from saraban_node.errors import AlreadyRegistered
from saraban_node.identity import fence, lifting
from saraban_node.line import deliveries, inbox
from saraban_node.line import enrolment as joining
from saraban_node.line.deliveries import Stage
from saraban_node.line.inbox import Arrival
from saraban_node.line.syncer import Syncer
from saraban_node.numbering import emergency, numbers, passport, prove, reservations
from saraban_node.numbering.passport import Passport
from saraban_node.web import book_lines
from saraban_node.web.book_lines import BookLine
from saraban_sync.ids import OfficeCode
from saraban_sync.registers import Register, thai_date
from saraban_sync.states import State
from saraban_sync.wire import event_document
from tests.offices import MALI, SOMSRI, YEAR, HandClock, a_letter, events_of, put_file, register
from tests.promises import kept
from tests.served_centre import serving
from tests.unit.test_identity_with_the_centre import HOME, World

OUT = Register.OUTGOING
AREA = OfficeCode("area-1")


class Town(World):
    """The school's machine, and the area office that gets its letters."""

    area: Appliance

    def lifts(self) -> None:
        """Go on without a line, as the person at the machine states."""
        with self.node.db.read() as cursor:
            series = fence.status(self.node, cursor).series
        paper = {(one.register, one.year): one.known for one in series}
        lifting.lift_by_hand(self.node, replace(self.stated(), paper=paper))

    def settles(self) -> None:
        """Let everything travel that there is."""
        for _ in range(4):
            self.exchanges()
            self.exchanges(self.area)

    def area_registers_all(self) -> None:
        with self.area.db.read() as cursor:
            waiting = inbox.arrivals(cursor)
        for one in waiting:
            register(self.area, inbox.letter_of(one), actor=MALI)

    def pushes_all_but_the_last(self) -> None:
        """Bring the journal to the centre, but for its last event, before the line breaks."""
        with self.node.db.read() as cursor:
            events = [event_document(event) for event in journal.read(cursor)]
        raw = [msgspec.Raw(msgspec.json.encode(one.as_json())) for one in events[:-1]]
        admit(self.centre, directory.node(self.centre.store, "school-a").value, raw)
        Router(self.centre).run()

    def line(self, entry: Entry) -> Entry:
        with self.node.db.read() as cursor:
            found = entries.by_id(cursor, entry.id)
        assert found is not None
        return found

    def sends(self, n: int = 1) -> Entry:
        return register(self.node, a_letter(n, OUT, offices=(AREA,)))

    def life(self, number: int, book: Register = OUT) -> Passport:
        with self.node.db.read() as cursor:
            return passport.of_number(cursor, book, YEAR, number)

    def whole(self) -> None:
        """Nothing is unexplained, at the node and at the centre, and nothing is set aside."""
        with self.node.db.read() as cursor:
            proof = prove.prove(cursor)
            again = prove.from_journal(cursor, proof, key=self.node.journal.key.public)
            aside = rows(cursor, "SELECT problem FROM set_aside")
        assert again.whole
        assert not aside
        kept(self.node)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    clock = HandClock()
    centre = make_centre(tmp_path / "centre", CentralConfig(), clock=clock)
    directory.add_office(centre, "school-a", name="โรงเรียนบ้านดอย", prefix="ศธ 04123.45")
    directory.add_office(centre, "area-1", name="สพป. เขต ๑", prefix="ศธ 04001")
    with serving(centre) as url:
        for name in ("school-a", "area-1"):
            code = enrolment.make_code(centre, name).code
            joining.join(tmp_path / name, url=url, code=code, clock=clock).close()
            for book in (Register.INCOMING, OUT):
                grants.grant(centre, name, book, YEAR, size=60)
        node = appliance.open_appliance(tmp_path / "school-a", clock=clock, machine=HOME)
        made = Town(tmp_path, centre, url, clock, node, [node])
        made.area = made.opens(tmp_path / "area-1")
        made.settles()
        yield made
        for one in made.nodes:
            one.close()
    centre.close()


def test_what_was_done_with_letters_of_the_backup_counts_again(town: Town) -> None:
    voided, noted, filed = (register(town.node, a_letter(n, OUT)) for n in range(3))
    town.exchanges()
    yesterday = town.copies("yesterday")
    town.clock.forward(hours=1)
    then = town.clock.now()
    ref = put_file(town.node, b"%PDF one", "ใบเสร็จ.pdf")
    with town.node.db.write() as write:
        own = town.node.journal
        letters.void_entry(write, own, voided.id, reason="พิมพ์ผิด", actor=SOMSRI)
        letters.note_entry(write, own, noted.id, action="เสนอ ผอ.", actor=MALI)
        letters.add_files(write, own, filed.id, files=(ref,), actor=SOMSRI)
    town.settles()

    town.restores(yesterday)
    town.clock.forward(hours=1)
    town.lifts()
    assert town.line(voided).state == "issued"
    town.settles()

    line = town.line(voided)
    assert (line.state, line.void_reason, line.void_former) == ("void", "พิมพ์ผิด", True)
    assert town.line(noted).action == "เสนอ ผอ."
    assert town.node.files.has(ref.sha256)
    with town.node.db.read() as cursor:
        (struck,) = [act for act in history.of_entry(cursor, line.seq) if act.former]
        assert [one.name for one in entries.files(cursor, town.line(filed).seq)] == ["ใบเสร็จ.pdf"]
        (series,) = prove.prove(cursor, register=OUT, year=YEAR).series
    assert (struck.kind, struck.at, struck.who) == ("entry.voided", then, SOMSRI)
    (odd,) = [one for one in series.notable if one.first == voided.number]
    assert (odd.state, odd.at, odd.who, odd.why) == ("void", then, SOMSRI, "พิมพ์ผิด")
    shown = book_line(town, voided.number)
    assert (shown.struck, shown.struck_by, shown.struck_at) == (True, SOMSRI, then)
    town.whole()


def book_line(town: Town, number: int) -> BookLine:
    with town.node.db.read() as cursor:
        found, _ = book_lines.page(cursor, RegisterQuery(register=OUT, year=YEAR))
    return next(line for line in found if line.number == number)


def test_it_is_taken_over_once_however_often_it_comes_and_after_a_rebuild_too(town: Town) -> None:
    letter = register(town.node, a_letter(1, OUT))
    town.exchanges()
    yesterday = town.copies("yesterday")
    with town.node.db.write() as write:
        letters.void_entry(write, town.node.journal, letter.id, reason="ซ้ำ", actor=SOMSRI)
    town.settles()
    again = town.folder / "again"
    town.restores(yesterday)
    town.lifts()
    town.settles()

    with town.node.db.write() as write:
        projections.rebuild(write)
    town.settles()
    assert len(events_of(town.node, "entry.voided")) == 1
    assert town.line(letter).void_former

    town.copies("again")
    town.restores(again)  # a backup that has it already
    town.lifts()
    town.settles()
    assert len(events_of(town.node, "entry.voided")) == 1
    town.whole()


def test_what_was_done_since_the_restore_stands(town: Town) -> None:
    """A newer note, and a cancellation with another reason, are not undone by older ones."""
    noted, voided = register(town.node, a_letter(1, OUT)), register(town.node, a_letter(2, OUT))
    town.exchanges()
    yesterday = town.copies("yesterday")
    with town.node.db.write() as write:
        letters.note_entry(write, town.node.journal, noted.id, action="เก่า", actor=SOMSRI)
        letters.void_entry(write, town.node.journal, voided.id, reason="ก่อน", actor=SOMSRI)
    town.settles()
    town.restores(yesterday)
    town.lifts()
    with town.node.db.write() as write:
        letters.note_entry(write, town.node.journal, noted.id, action="ใหม่", actor=MALI)
        letters.void_entry(write, town.node.journal, voided.id, reason="หลัง", actor=MALI)

    town.settles()

    assert town.line(noted).action == "ใหม่"
    assert (town.line(voided).void_reason, town.line(voided).void_former) == ("หลัง", False)
    with town.node.db.read() as cursor:
        told = [history.of_entry(cursor, town.line(one).seq) for one in (noted, voided)]
    assert [[(act.text, act.former) for act in acts[1:]] for acts in told] == [
        [("เก่า", True), ("ใหม่", False)],
        [("ก่อน", True), ("หลัง", False)],
    ]
    town.whole()


def test_receipts_for_letters_that_only_the_life_before_sent_stand_with_those_letters(
    town: Town,
) -> None:
    yesterday = town.copies("yesterday")
    lost = town.sends()
    town.exchanges()
    town.exchanges(town.area)
    town.restores(yesterday)
    town.lifts()
    town.area_registers_all()

    town.settles()

    (line,) = town.life(lost.number).colleagues
    assert line.line.state == "issued"
    (delivery,) = line.deliveries
    assert (delivery.office, delivery.stage, delivery.number) == ("area-1", Stage.REGISTERED, 1)
    assert delivery.former
    town.whole()


def test_the_other_office_is_asked_again_for_nothing_it_has(town: Town) -> None:
    yesterday = town.copies("yesterday")
    town.sends()
    town.settles()
    town.area_registers_all()
    town.settles()
    town.restores(yesterday)
    town.lifts()
    town.settles()

    assert len(events_of(town.node, "letter.sent")) == 0
    assert len(events_of(town.area, "letter.arrived")) == 1


def arrived(town: Town) -> list[Arrival]:
    """Let the area office send a letter to the school; gives what waits there."""
    register(town.area, a_letter(1, OUT, offices=(OfficeCode("school-a"),)))
    town.settles()
    with town.node.db.read() as cursor:
        return inbox.arrivals(cursor)


@pytest.mark.parametrize("receipt_lost", [False, True])
def test_a_letter_that_the_life_before_registered_waits_for_no_second_number(
    town: Town, receipt_lost: bool
) -> None:
    yesterday = town.copies("yesterday")
    (arrival,) = arrived(town)
    entry = register(town.node, inbox.letter_of(arrival), actor=MALI)
    receipt = events_of(town.node)[-1]
    assert receipt.type == "receipt.given"
    if receipt_lost:  # the line broke before the journal's last event
        town.pushes_all_but_the_last()
    else:
        town.settles()
    town.restores(yesterday)
    town.lifts()

    town.settles()

    with town.node.db.read() as cursor:
        assert inbox.waiting(cursor) == 0
        assert not inbox.arrivals(cursor)
        known = inbox.one_arrival(cursor, arrival.source.node, arrival.source.event)
    assert known is not None
    assert known.former == inbox.RegisteredBefore(YEAR, entry.number)
    with pytest.raises(AlreadyRegistered, match=arrival.source.event):
        register(town.node, inbox.letter_of(arrival), actor=MALI)
    sent = events_of(town.area, "letter.sent")[0]
    with town.area.db.read() as cursor:
        (delivery,) = deliveries.of_entry(cursor, sent.seq - 1)
    assert (delivery.stage, delivery.number) == (Stage.REGISTERED, entry.number)
    assert not Auditing(town.centre).run("system").findings
    town.whole()


def test_a_letter_with_an_emergency_number_only_waits_for_an_ordinary_one(town: Town) -> None:
    for n in range(60):
        register(town.node, a_letter(n))
    town.exchanges()
    yesterday = town.copies("yesterday")
    (arrival,) = arrived(town)
    with town.node.db.write() as write:
        emergency.open_outage(write, town.node.journal, cause="เลขหมด", actor=SOMSRI)
        letter = inbox.letter_of(arrival)
        emergency.register(write, town.node.journal, letter, actor=SOMSRI)
    town.settles()
    town.restores(yesterday)
    town.lifts()
    town.settles()
    grants.grant(town.centre, "school-a", Register.INCOMING, YEAR, size=40)

    town.settles()

    with town.node.db.read() as cursor:
        assert inbox.waiting(cursor) == 1
    assert register(town.node, inbox.letter_of(arrival), actor=MALI).number


def test_an_emergency_letter_that_was_numbered_and_sent_in_the_life_before(town: Town) -> None:
    for n in range(60):
        register(town.node, a_letter(n, OUT))
    with town.node.db.write() as write:
        emergency.open_outage(write, town.node.journal, cause="เลขหมด", actor=SOMSRI)
        letter = a_letter(61, OUT, offices=(AREA,))
        urgent = emergency.register(write, town.node.journal, letter, actor=SOMSRI)
    town.exchanges()
    yesterday = town.copies("yesterday")
    grants.grant(town.centre, "school-a", OUT, YEAR, size=40)
    town.settles()
    with town.node.db.write() as write:
        emergency.settle(write, town.node.journal, actor=SOMSRI)
    town.settles()
    number = town.line(urgent).number
    assert number
    assert events_of(town.node, "letter.sent")
    town.area_registers_all()
    town.settles()

    town.restores(yesterday)
    town.lifts()
    town.settles()

    (gap,) = [
        one for one in gaps(town) if one.first <= number <= one.last and one.state == "skipped"
    ]
    assert [(one.first, one.last) for one in gap.explanations if one.first == number]
    grants.grant(town.centre, "school-a", OUT, YEAR, size=40)
    town.settles()
    with town.node.db.write() as write:
        emergency.settle(write, town.node.journal, actor=SOMSRI)
    town.settles()
    assert town.line(urgent).number == 101
    with town.node.db.read() as cursor:
        (sent,) = deliveries.of_entry(cursor, town.line(urgent).seq)
    assert (sent.former, sent.stage) == (True, Stage.REGISTERED)
    assert len(events_of(town.area, "letter.arrived")) == 1
    assert not Auditing(town.centre).run("system").findings
    town.whole()


def test_an_emergency_letter_sent_again_before_its_past_was_known_is_no_finding(
    town: Town,
) -> None:
    for n in range(60):
        register(town.node, a_letter(n, OUT))
    with town.node.db.write() as write:
        emergency.open_outage(write, town.node.journal, cause="เลขหมด", actor=SOMSRI)
        letter = a_letter(61, OUT, offices=(AREA,))
        urgent = emergency.register(write, town.node.journal, letter, actor=SOMSRI)
    town.exchanges()
    yesterday = town.copies("yesterday")
    grants.grant(town.centre, "school-a", OUT, YEAR, size=40)
    town.exchanges()
    with town.node.db.write() as write:
        emergency.settle(write, town.node.journal, actor=SOMSRI)
    town.exchanges()
    town.restores(yesterday)
    town.lifts()
    for _ in range(2):  # the centre has not looked at what it got yet
        Syncer(town.node).run_cycle()
        grants.grant(town.centre, "school-a", OUT, YEAR, size=40)
    Syncer(town.node).run_cycle()
    with town.node.db.write() as write:
        assert emergency.settle(write, town.node.journal, actor=SOMSRI) == 1

    town.settles()

    assert town.line(urgent).number == 101
    assert len(events_of(town.area, "letter.arrived")) == 2
    assert not Auditing(town.centre).run("system").findings
    town.whole()


def gaps(town: Town) -> list[numbers.Gap]:
    with town.node.db.read() as cursor:
        return numbers.gaps(cursor, OUT, YEAR)


def test_a_number_that_only_the_life_before_reserved_stays_reserved_for_nobody(
    town: Town,
) -> None:
    yesterday = town.copies("yesterday")
    with town.node.db.write() as write:
        one, two = (
            reservations.reserve(
                write, town.node.journal, register=OUT, holder="ครูวิไล", purpose=purpose,
                expires=thai_date(town.clock.now()) + timedelta(days=3), actor=SOMSRI,
            )
            for purpose in ("รายงาน", "ประกาศ")
        )  # fmt: skip
    register(town.node, a_letter(1, OUT, reservation=two.id))
    town.settles()
    town.restores(yesterday)
    town.lifts()

    town.settles()

    assert town.life(one.number).state is State.SKIPPED
    with town.node.db.read() as cursor:
        shown, _ = book_lines.page(cursor, RegisterQuery(register=OUT, year=YEAR))
    (line,) = [line for line in shown if line.number == one.number and not line.is_gap]
    assert (line.state, line.lost, line.holder) == ("expired", True, "ครูวิไล")
    assert town.life(two.number).state is State.ISSUED
    states = {
        number: run.state
        for office in central_proof.prove(town.centre).offices
        for series in office.series
        if series.series.office == "school-a" and series.series.register is OUT
        for run in series.account.runs
        for number in (one.number, two.number)
        if run.first <= number <= run.last
    }
    assert states == {one.number: State.SKIPPED, two.number: State.ISSUED}
    assert not Auditing(town.centre).run("system").findings
    town.whole()


def test_the_audit_has_nothing_to_say_about_a_restore_that_everybody_has_explained(
    town: Town,
) -> None:
    before = town.sends(1)
    town.exchanges()
    yesterday = town.copies("yesterday")
    town.sends(2)
    with town.node.db.write() as write:
        letters.void_entry(write, town.node.journal, before.id, reason="ซ้ำ", actor=SOMSRI)
    town.settles()
    town.area_registers_all()
    town.settles()
    town.restores(yesterday)
    town.lifts()
    town.sends(3)
    town.settles()
    town.area_registers_all()
    town.settles()

    for _ in range(2):
        town.clock.forward(days=5)
        report = Auditing(town.centre).run("system")
        assert not report.findings
    assert not list(town.centre.store.records(ALARMS))
    assert not [one for one in town.centre.store.records(SET_ASIDE_COUNTS) if one.value.refused]
    assert all(office.whole for office in central_proof.prove(town.centre).offices)
    town.whole()
