"""A month with no line, then everything arrives once and in order."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from saraban_central import directory, enrolment, grants
from saraban_central.centre import Centre, make_centre
from saraban_central.config import CentralConfig
from saraban_node import appliance, journal, numbers
from saraban_node import enrolment as joining
from saraban_node.appliance import Appliance
from saraban_node.errors import CentreUnreachable
from saraban_node.syncer import Syncer
from saraban_sync.registers import Register
from saraban_sync.wire import journal_database
from tests.offices import MORNING, YEAR, HandClock, a_letter, put_file, register
from tests.served_centre import serving

DAYS = 30
LETTERS_A_DAY = 12


def _school(folder: Path, centre: Centre) -> tuple[Appliance, HandClock]:
    """A school that was introduced to the centre, fetched its numbers, and then lost its line."""
    directory.add_office(centre, "school-1", name="โรงเรียน (ตัวอย่าง)", prefix="ศธ 04990.12")
    with serving(centre) as url:
        code = enrolment.make_code(centre, "school-1", node="school-1").code
        made = joining.join(folder, url=url, code=code)
        for book in Register:
            grants.grant(centre, made.node, book, YEAR, size=1_000)
        Syncer(made).run_cycle()
        made.close()
    clock = HandClock(MORNING)
    return appliance.open_appliance(folder, clock=clock), clock


def _at(node: Appliance, url: str) -> Appliance:
    return replace(node, config=msgspec.structs.replace(node.config, centre_url=url))


def test_a_month_of_days_with_no_centre_arrives_whole_once_and_in_order(tmp_path: Path) -> None:
    centre = make_centre(tmp_path / "centre", CentralConfig())
    node, clock = _school(tmp_path / "node", centre)
    for day in range(DAYS):
        clock.moment = MORNING + timedelta(days=day)
        for n in range(LETTERS_A_DAY):
            book = Register.OUTGOING if n % 3 == 0 else Register.INCOMING
            files = (put_file(node, f"{day} {n}".encode() * 1_000),) if n == 0 else ()
            register(node, a_letter(day * 100 + n, book, files=files))
        with pytest.raises(CentreUnreachable):
            Syncer(node).run_cycle()

    with serving(centre) as url:
        first = Syncer(_at(node, url)).run_cycle()
        again = Syncer(_at(node, url)).run_cycle()

    with node.db.read() as cursor:
        ours = [(event.id, event.payload) for event in journal.read(cursor)]
        left = numbers.unexplained(cursor)
        years = {row[0] for row in cursor.execute("SELECT DISTINCT year FROM entry")}
    held = centre.store.page(journal_database(node.node), limit=10_000)
    assert [(document.id, document.payload) for document in held] == ours
    assert first.pushed >= DAYS * LETTERS_A_DAY
    assert (first.refused, again.pushed, left, years) == (0, 0, {}, {YEAR})
    node.close()
    centre.close()
