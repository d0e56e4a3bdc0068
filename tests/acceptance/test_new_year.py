"""31 December 23:59 without a line, 1 January without a line, the line again on 5 January.

Real programs on machines whose clocks are moved; the centre, too, lives through these days. Nobody
grants anything by hand: next year's numbers were asked for and granted in the autumn.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from saraban_node import appliance
from saraban_sync.registers import BANGKOK
from tests.moved_clock import MovedClock
from tests.offices import events_of
from tests.real_district import RealDistrict
from tests.served_office import Clerk

pytestmark = pytest.mark.slow
OFFICES = ("school-1", "school-2", "area-1")
SUBJECT = "ขออนุมัติโครงการ"


@pytest.fixture
def clocks(tmp_path: Path) -> dict[str, MovedClock]:
    """The clocks of the district's machines, in December."""
    found = {name: MovedClock(tmp_path / f"{name}.clock") for name in ("centre", *OFFICES)}
    for clock in found.values():
        clock.until(_at("2026-12-01 09:00"))
    return found


def _at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=BANGKOK).astimezone(UTC)


def _register(clerk: Clerk, book: str, subject: str, **more: Any) -> str:
    """Register a letter; gives its number as it is stamped."""
    answer = clerk.register(uuid4().hex, register=book, subject=subject, **more)
    assert answer.status_code == 201, answer.text
    return f"{answer.json()['number']}/{answer.json()['year']}"


def test_the_year_changes_without_a_line_and_without_an_administrator(
    tmp_path: Path, clocks: dict[str, MovedClock]
) -> None:
    district = RealDistrict(tmp_path, clocks)
    _prepare(district)

    # One school works through midnight; in the other everything is switched off over New Year.
    clocks["school-1"].until(_at("2026-12-31 16:30"))
    with district.office("school-1") as school:
        clocks["school-1"].until(_at("2026-12-31 23:59"))
        clerk = school.clerk("somsri")
        before = [_register(clerk, "incoming", "หนังสือสุดท้ายของปี") for _ in range(2)]
        before += [_register(clerk, "outgoing", "ส่งก่อนเที่ยงคืน", offices=["area-1"])]
        kept = _reserve(clerk)
        clocks["school-1"].until(_at("2027-01-01 00:00"))
        clerk = school.clerk("somsri")
        after = [_register(clerk, "incoming", "หนังสือแรกของปี") for _ in range(2)]
        after += [_register(clerk, "outgoing", "ส่งหลังเที่ยงคืน", offices=["area-1"])]
        finished = _register(clerk, "outgoing", SUBJECT, reservation=kept["id"])
        home = clerk.page("/")
    clocks["school-2"].until(_at("2026-12-30 16:00"))
    district.node("school-2", "clock", "status")
    clocks["school-2"].off_until(_at("2027-01-04 08:30"))
    with district.office("school-2") as school:
        other = [_register(school.clerk("somsri"), "incoming", "เปิดทำการวันแรก")]

    assert before == ["1/2569", "2/2569", "1/2569"]
    assert (kept["number"], kept["year"]) == (2, 2569)
    assert after == ["1/2570", "2/2570", "1/2570"]
    assert finished == "2/2569"
    assert other == ["1/2570"]
    assert "๑ มกราคม ๒๕๗๐" in home
    for clock in clocks.values():
        clock.until(_at("2027-01-05 09:00"))
    with district.served():
        district.exchange("school-1", "school-2", "area-1")
    _everybody_agrees(district)


def _prepare(district: RealDistrict) -> None:
    """Enrol the offices in December; they ask for numbers and the centre grants them by itself."""
    with district.served():
        for code in reversed(OFFICES):
            district.add_office(code, f"หน่วยงาน {code}", granted=50)
            district.node(code, "housekeeping")
        district.exchange(*OFFICES)


def _reserve(clerk: Clerk) -> dict[str, Any]:
    """Keep a number for an order that will be signed in the new year."""
    answer = clerk.client.post(
        "/api/v1/reservations",
        json={
            "register": "outgoing",
            "holder": "ครูสมใจ",
            "purpose": SUBJECT,
            "expires": "2027-01-08",
        },
        headers={"X-Saraban-Token": clerk.token, "Idempotency-Key": uuid4().hex},
    )
    assert answer.status_code == 201, answer.text
    kept: dict[str, Any] = answer.json()
    return kept


def _everybody_agrees(district: RealDistrict) -> None:
    """Every number is accounted for, nothing is dated again, and the letters have arrived."""
    for name in ("school-1", "school-2"):
        told = district.node(name, "numbers", "prove", "--journal", "--json").told
        assert told["whole"]
        assert district.node(name, "fence", "--json").told["fenced"] == ""
    for name, dated, vouched in (
        ("school-1", "2027-01-01 00:00", "clock centre"),
        ("school-2", "2027-01-04 08:30", "clock rtc"),
    ):
        life = district.node(name, "numbers", "show", "1/2570", "--register", "incoming").text
        assert dated in life
        assert vouched in life
    assert district.central("numbers", "prove", "--json").told["whole"]
    audit = district.central("audit", "--json").told
    assert (audit["clean"], audit["findings"]) == (True, 0)
    arrived = district.node("area-1", "arrivals", "--json").told["arrivals"]
    assert [one["letter_no"] for one in arrived] == ["ศธ 04123.45/1", "ศธ 04123.45/1"]
    for name in OFFICES:
        node = appliance.open_appliance(district.folder / name)
        assert events_of(node, "clock.confirmed") == []
        node.close()
