"""A month without a line, over New Year: then everything arrives, once and in order.

The school works thirty simulated days with no centre, tries the line every evening, and crosses the
year change. The centre is the real application behind its real server on loopback; the node's own
exchange (saraban_node.line.syncer) brings it everything.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from saraban_central import directory, enrolment
from saraban_central.audit.keeping import Auditing
from saraban_central.centre import Centre, make_centre, open_centre
from saraban_central.config import CentralConfig
from saraban_central.numbering import grants
from saraban_node import appliance
from saraban_node.appliance import Appliance
from saraban_node.books import entries, letters
from saraban_node.books.entries import Entry
from saraban_node.errors import CentreUnreachable
from saraban_node.line import deliveries, inbox, syncer
from saraban_node.line.deliveries import Stage
from saraban_node.line.enrolment import join
from saraban_node.line.syncer import Syncer
from saraban_sync.ids import NodeId, OfficeCode
from saraban_sync.registers import BANGKOK, Register
from saraban_sync.wire import journal_database
from tests.offices import BOOKS, MALI, SOMSRI, HandClock, a_letter, events_of, put_file, register
from tests.promises import kept
from tests.served_centre import serving

DAYS = 30
LETTERS = 30
"""Each day."""
FIRST_MORNING = datetime(2026, 12, 5, 8, 30, tzinfo=BANGKOK)
YEARS = (2569, 2570)
_PATIENCE = 60.0


@dataclass
class World:
    """A centre, a school and the area office, all on one clock."""

    folder: Path
    clock: HandClock
    address: str = ""
    sent: list[Entry] = field(default_factory=list)
    """What the school sent to the area office."""

    def node(self, code: str) -> Appliance:
        """Open an office's node on the world's clock."""
        return appliance.open_appliance(self.folder / code, clock=self.clock)

    @contextmanager
    def centre(self, *, serve: bool = True) -> Iterator[Centre]:
        """Start the centre, where it was before; at the end of the block it is gone again."""
        centre = open_centre(self.folder / "centre", clock=self.clock)
        try:
            if serve:
                with serving(centre, port=urlsplit(self.address).port or 0) as self.address:
                    yield centre
            else:
                yield centre
        finally:
            centre.close()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Both offices enrolled, with ranges of two years and the directory; then the line breaks."""
    clock = HandClock(FIRST_MORNING.astimezone(UTC) - timedelta(days=1))
    made = World(tmp_path, clock)
    make_centre(tmp_path / "centre", CentralConfig(), clock=clock).close()
    with made.centre() as centre:
        for code, name in (("school-a", "โรงเรียนบ้านดอย"), ("area-1", "สพป. เขต ๑")):
            directory.add_office(centre, code, name=name, prefix="ศธ 04123.45")
        for code in ("school-a", "area-1"):
            slip = enrolment.make_code(centre, code)
            join(tmp_path / code, url=made.address, code=slip.code, clock=clock).close()
            for year in YEARS:
                for book in BOOKS:
                    grants.grant(centre, NodeId(code), book, year, size=2_000)
            node = made.node(code)
            Syncer(node).run_cycle()
            node.close()
    return made


def _a_day(world: World, school: Appliance, day: int) -> None:
    """Thirty letters between half past eight and half past four."""
    for number in range(LETTERS):
        n = day * LETTERS + number
        book = Register.OUTGOING if number % 3 == 0 else Register.INCOMING
        files = (put_file(school, f"%PDF-1.7 {n}".encode() * 40),) if number % 10 == 5 else ()
        far = number % 15 == 0
        if far:
            files = (put_file(school, f"%PDF-1.7 ถึงเขต {n}".encode()),)
        letter = a_letter(n, book, files=files, offices=(OfficeCode("area-1"),) if far else ())
        entry = register(school, letter, actor=MALI if n % 2 else SOMSRI, form=f"form-{n}")
        if far:
            world.sent.append(entry)
        with school.db.write() as write:
            if number == 11:
                letters.note_entry(write, school.journal, entry.id, action="มอบครูสมใจ", actor=MALI)
            if number == 20:
                letters.void_entry(write, school.journal, entry.id, reason="ลงซ้ำ", actor=SOMSRI)
        world.clock.forward(minutes=16)


def _an_evening(world: World, school: Appliance) -> None:
    """Try the line: there is none, and nothing is lost by trying."""
    with pytest.raises(CentreUnreachable):
        Syncer(school).run_cycle()
    with school.db.read() as cursor:
        state = syncer.state(cursor, enrolled=True)
        assert state.error_code == "SRB-321"
        assert state.waiting_letters == len(entries.select(cursor, "", {}))


def _over_new_year(world: World, school: Appliance) -> list[tuple[int, int]]:
    """A clerk works through midnight; gives year and number of each letter."""
    given = []
    for moment in ("2026-12-31T23:58", "2026-12-31T23:59", "2027-01-01T00:00", "2027-01-01T00:01"):
        world.clock.until(datetime.fromisoformat(moment).replace(tzinfo=BANGKOK).astimezone(UTC))
        entry = register(school, a_letter(1))
        given.append((entry.year, entry.number))
    return given


def _exchange_until(node: Appliance, count: int) -> list[inbox.Arrival]:
    """Exchange until so many letters have arrived; the centre's router needs a moment."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        Syncer(node).run_cycle()
        with node.db.read() as cursor:
            found = inbox.arrivals(cursor, limit=10_000)
        if len(found) >= count:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{len(found)} of {count} letters arrived")


@pytest.mark.slow
def test_a_month_without_a_line_arrives_at_the_centre_once_and_in_order(world: World) -> None:
    school = world.node("school-a")
    given: list[tuple[int, int]] = []
    for day in range(DAYS):
        morning = FIRST_MORNING + timedelta(days=day)
        world.clock.until(morning.astimezone(UTC))
        _a_day(world, school, day)
        _an_evening(world, school)
        if morning.date().isoformat() == "2026-12-31":
            given = _over_new_year(world, school)
    stored = kept(school)
    journal = events_of(school)

    assert [year for year, _ in given] == [2569, 2569, 2570, 2570]
    assert [number for _, number in given[2:]] == [1, 2]
    with world.centre() as centre:
        first, second = Syncer(school).run_cycle(), Syncer(school).run_cycle()
        _the_centre_has_it_all(centre, school)
        area = world.node("area-1")
        _the_area_office_has_its_letters(world, school, area)
    with world.centre(serve=False) as centre:
        report = Auditing(centre).run("system")

    before = len(events_of(school, "range.accepted")) + 1  # they went on the day of enrolment
    assert (first.pushed, first.refused) == (len(journal) - before, 0)
    assert (second.pushed, second.refused) == (0, 0)
    assert events_of(school)[: len(journal)] == journal
    assert kept(school).numbers == stored.numbers
    assert len(stored.numbers) == DAYS * LETTERS + len(given)
    assert report.findings == ()
    area.close()
    school.close()


def _the_centre_has_it_all(centre: Centre, school: Appliance) -> None:
    """The same bytes in the same order, each once; and every part of every file."""
    own = events_of(school)
    held = centre.store.page(journal_database("school-a"), limit=100_000)

    assert [one.id for one in held] == [event.id for event in own]
    assert [one.payload for one in held] == [event.payload for event in own]
    assert [one.signature for one in held] == [event.signature for event in own]
    with school.db.read() as cursor:
        state = syncer.state(cursor, enrolled=True)
        names = {
            chunk
            for entry in entries.select(cursor, "", {})
            for ref in entries.files(cursor, entry.seq)
            for chunk in (ref.chunks or (ref.sha256,))
        }
    assert (state.waiting_events, state.waiting_letters, state.waiting_parts) == (0, 0, 0)
    assert (state.error_code, state.refused) == ("", ())
    assert centre.store.missing_chunks(names) == set()


def _the_area_office_has_its_letters(world: World, school: Appliance, area: Appliance) -> None:
    """Each letter once, in the order in which they were sent, with its file; receipts go back."""
    arrivals = _exchange_until(area, len(world.sent))
    assert [one.letter_no for one in arrivals] == [one.letter_no for one in world.sent]
    for arrival in arrivals:
        for ref in arrival.files:
            assert "ถึงเขต".encode() in area.files.read(ref)
        register(area, inbox.letter_of(arrival))
    Syncer(area).run_cycle()

    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        Syncer(school).run_cycle()
        with school.db.read() as cursor:
            found = [deliveries.of_entry(cursor, entry.seq)[0] for entry in world.sent]
        if all(one.stage is Stage.REGISTERED for one in found):
            break
        time.sleep(0.05)
    assert {one.stage for one in found} == {Stage.REGISTERED}
    assert [one.number for one in found] == list(range(1, len(world.sent) + 1))
    kept(area)
