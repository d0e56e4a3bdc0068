"""Faults of numbers and ranges are made with real events, found and located."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_central.records import (
    SERIES,
    Granted,
    SeriesGrants,
)
from saraban_central.store.interface import Put
from saraban_sync.events import EntryVoided, RangeAccepted
from saraban_sync.grants import Grant, sign_grant
from saraban_sync.registers import Register, instant
from saraban_sync.signing import SigningKey
from tests.central_district import YEAR, District, Office, audited, only


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
