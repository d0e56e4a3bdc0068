"""Numbers that were asked for come while the clerk still looks at the form, not a minute later."""

import time
from pathlib import Path

from saraban_base.clock import SystemClock
from saraban_central import directory, enrolment
from saraban_central.centre import make_centre
from saraban_central.config import CentralConfig
from saraban_node.line.enrolment import join
from saraban_node.line.syncer import Syncer
from saraban_node.numbering import numbers, requests
from saraban_sync.registers import Register, buddhist_year
from tests.offices import SOMSRI
from tests.served_centre import serving

_PATIENCE = 30.0
"""Seconds; half of the time between two exchanges."""


def test_numbers_asked_for_come_with_an_exchange_of_their_own(tmp_path: Path) -> None:
    centre = make_centre(tmp_path / "centre", CentralConfig(), clock=SystemClock())
    directory.add_office(centre, "school-a", name="โรงเรียนบ้านดอย", prefix="ศธ 04123.45")
    code = enrolment.make_code(centre, "school-a").code
    with serving(centre) as url:
        node = join(tmp_path / "node", url=url, code=code)
        year = buddhist_year(node.clock.now())
        with node.db.write() as write:
            requests.ask(
                write, node.journal, node.config, register=Register.OUTGOING, year=year,
                actor=SOMSRI,
            )  # fmt: skip
        syncer = Syncer(node)
        syncer.start()
        deadline, left = time.monotonic() + _PATIENCE, 0
        while not left and time.monotonic() < deadline:
            time.sleep(0.1)
            with node.db.read() as cursor:
                left = numbers.left(cursor, Register.OUTGOING, year)
        syncer.stop()
        node.close()
    centre.close()

    assert node.config.sync_every_seconds > _PATIENCE
    assert left == 500
