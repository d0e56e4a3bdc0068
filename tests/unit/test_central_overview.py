"""What the centre makes of what it knows: each judgement at the point where it turns."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from saraban_central import condition, directory, overview
from saraban_central.backup.records import OWN_BACKUPS, OwnBackup
from saraban_central.backup_host.records import HOSTED, LOOKED, Hosted, Looked
from saraban_central.overview import Limits, Machine
from saraban_central.records import (
    ALARMS,
    CONTACTS,
    SET_ASIDE_COUNTS,
    Alarm,
    Contact,
    SetAsideCount,
)
from saraban_central.store.interface import Put
from saraban_sync.backup_events import BackupDrilled, BackupFinished
from saraban_sync.registers import instant
from tests.central_district import District, Office


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture
def school(district: District) -> Office:
    return district.office("school", "โรงเรียนบ้านดอย")


def look(district: District) -> Machine:
    return all_machines(district)[0]


def all_machines(district: District) -> list[Machine]:
    centre = district.centre
    centre.readmodel.catch_up(centre.store)
    with centre.readmodel.read() as cursor:
        return overview.machines_of(centre.store, cursor, centre.clock.now(), Limits())


def contact(district: District, school: Office, **fields: Any) -> None:
    at = instant(district.clock.now())
    said: dict[str, Any] = {
        "node": school.node, "at": at, "claimed_at": at, "offset_ms": 0,
        "last_event": school.events[-1].id, "last_hash": school.events[-1].hash,
        "program": "0.1.0", "free_bytes": 10**11,
    } | fields  # fmt: skip
    store = district.centre.store
    held = store.record(CONTACTS, school.node)
    store.commit(Put(CONTACTS, school.node, Contact(**said), held.revision if held else None))


def back_up(school: Office, *, good: bool = True) -> None:
    school.do(BackupFinished(archive="a", repository="r", last_event="", entries=0, good=good))


def sign(district: District, about: str) -> tuple[str, str]:
    found = look(district).sign(about)
    return found.kind, found.key


def test_a_school_where_all_is_well_needs_nobody(district: District, school: Office) -> None:
    back_up(school)
    contact(district, school)

    machine = look(district)

    assert [one.key for one in machine.signs if one.grave] == []
    assert machine.gravity == 0


def test_an_office_without_a_machine_is_in_the_list(district: District) -> None:
    directory.add_office(district.centre, "new", name="โรงเรียนใหม่", prefix="ศธ 1")

    machine = look(district)

    assert (machine.node, machine.sign("contact").key) == (None, "no-node")


def test_a_revoked_machine_stands_last_and_asks_for_nothing(
    district: District, school: Office
) -> None:
    district.office("other")
    directory.revoke(district.centre, "school")

    machine = all_machines(district)[-1]

    assert machine.office.code == "school"
    assert [one.key for one in machine.signs] == ["revoked"]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(1, ("done", "in-touch")), (25, ("waiting", "silent")), (73, ("danger", "silent-long"))],
)
def test_silence_is_counted_from_the_last_contact(
    district: District, school: Office, hours: int, expected: tuple[str, str]
) -> None:
    contact(district, school)
    district.clock.forward(hours=hours)

    assert sign(district, "contact") == expected


def test_a_machine_that_never_came_is_told_apart(district: District, school: Office) -> None:
    assert sign(district, "contact") == ("waiting", "never-seen")
    assert sign(district, "events") == ("plain", "unknown")


def test_what_the_machine_spoke_of_and_is_not_here_is_counted(
    district: District, school: Office
) -> None:
    contact(district, school, last_event=f"0001-{len(school.events) + 7:010d}")

    assert sign(district, "events") == ("waiting", "events-to-come")
    assert look(district).events_to_come == 7


def test_nonsense_about_the_last_event_counts_as_nothing(
    district: District, school: Office
) -> None:
    contact(district, school, last_event="<script>")

    assert look(district).events_to_come == 0


@pytest.mark.parametrize(
    ("offset_ms", "expected"),
    [
        (59_999, ("done", "clock-right")),
        (60_000, ("waiting", "clock-slow")),
        (-60_000, ("waiting", "clock-fast")),
        (600_000, ("danger", "clock-slow")),
        (-86_400_000, ("danger", "clock-fast")),
    ],
)
def test_a_wrong_clock_is_judged_by_how_wrong_it_is(
    district: District, school: Office, offset_ms: int, expected: tuple[str, str]
) -> None:
    contact(district, school, offset_ms=offset_ms)

    assert sign(district, "clock") == expected


def test_a_backup_grows_old_and_can_fail(district: District, school: Office) -> None:
    assert sign(district, "backup") == ("danger", "backup-never")
    back_up(school)
    assert sign(district, "backup") == ("done", "backup-good")
    district.clock.forward(days=3)
    assert sign(district, "backup") == ("waiting", "backup-old")
    district.clock.forward(days=5)
    assert sign(district, "backup") == ("danger", "backup-old")
    back_up(school, good=False)
    assert sign(district, "backup") == ("danger", "backup-failed")
    back_up(school)
    assert sign(district, "backup") == ("done", "backup-good")


def test_letters_that_wait_grow_grave_after_three_days(district: District, school: Office) -> None:
    area = district.office("area")
    letter = area.send(1, "school")

    def school_sign() -> tuple[str, str]:
        machine = next(one for one in all_machines(district) if one.office.code == "school")
        found = machine.sign("letters")
        return found.kind, found.key

    assert school_sign() == ("plain", "coming")
    school.receive(letter, area)
    assert school_sign() == ("waiting", "unregistered")
    district.clock.forward(days=3, minutes=1)
    assert school_sign() == ("danger", "unregistered")
    school.book(letter, area, 1)
    assert school_sign() == ("done", "none-waiting")


@pytest.mark.parametrize(
    ("free", "expected"),
    [
        (-1, ("plain", "unknown")),
        (100 * 1024**2, ("danger", "disk-full")),
        (1024**3, ("waiting", "disk-low")),
        (10 * 1024**3, ("done", "disk-room")),
    ],
)
def test_room_on_the_disk_is_judged(
    district: District, school: Office, free: int, expected: tuple[str, str]
) -> None:
    contact(district, school, free_bytes=free)

    assert sign(district, "disk") == expected


def test_numbers_run_low_and_out(district: District, school: Office) -> None:
    assert sign(district, "numbers") == ("done", "numbers-left")
    for number in range(1, 18):
        school.register(number)
    assert sign(district, "numbers") == ("waiting", "numbers-low")
    for number in range(18, 21):
        school.register(number)
    assert sign(district, "numbers") == ("danger", "numbers-out")
    district.clock.forward(days=60)
    assert sign(district, "numbers") == ("waiting", "numbers-none")


def test_another_program_version_is_seen(district: District, school: Office) -> None:
    contact(district, school, program="0.0.9")

    assert sign(district, "program") == ("waiting", "program-other")


def test_alarms_weigh_more_than_what_was_turned_away(district: District, school: Office) -> None:
    store = district.centre.store
    store.commit(Put(SET_ASIDE_COUNTS, "school", SetAsideCount(refused=1, quarantined=2)))
    assert sign(district, "alarms") == ("waiting", "turned-away")
    alarm = Alarm(
        kind="number-used-twice", node="school", event="0001-0000000001",
        at=instant(district.clock.now()),
    )  # fmt: skip
    store.commit(Put(ALARMS, "school/0001-0000000001/number-used-twice", alarm))
    assert sign(district, "alarms") == ("danger", "alarms")


def test_the_one_that_needs_somebody_most_comes_first(district: District) -> None:
    good, silent, late = (district.office(code) for code in ("a-good", "b-silent", "c-late"))
    for office in (good, silent, late):
        back_up(office)
    contact(district, silent)
    district.clock.forward(days=1, hours=2)
    contact(district, good)
    contact(district, late, offset_ms=900_000)

    assert [one.office.code for one in all_machines(district)] == ["c-late", "b-silent", "a-good"]
    assert timedelta(hours=24) == Limits().silent


@pytest.mark.parametrize(
    ("result", "days", "expected"),
    [
        ("good", 1, ("done", "drill-good")),
        ("good", 101, ("waiting", "drill-old")),
        ("not-run", 1, ("waiting", "drill-not-run")),
        ("bad", 1, ("danger", "drill-bad")),
    ],
)
def test_a_drill_tells_a_bad_backup_from_a_drill_that_could_not_run(
    district: District, school: Office, result: str, days: int, expected: tuple[str, str]
) -> None:
    assert sign(district, "drill") == ("plain", "drill-never")
    school.do(BackupDrilled(archive="a", place="centre", result=result, key="machine", entries=9))
    district.clock.forward(days=days)

    assert sign(district, "drill") == expected


@pytest.mark.parametrize(
    ("looked", "expected"),
    [
        (None, ("waiting", "kept-unchecked")),
        ({"backups": 0}, ("waiting", "kept-empty")),
        ({"backups": 3}, ("done", "kept-good")),
        ({"backups": 3, "problems": ("key-changed",)}, ("done", "kept-good")),
        ({"backups": 3, "problems": ("vanished",)}, ("danger", "kept-harmed")),
    ],
)
def test_what_was_seen_of_the_backups_kept_here_stands_beside_the_node(
    district: District, school: Office, looked: dict[str, Any] | None, expected: tuple[str, str]
) -> None:
    assert sign(district, "kept") == ("plain", "kept-none")
    store, at = district.centre.store, instant(district.clock.now())
    store.commit(Put(HOSTED, "school", Hosted(node="school", ssh_key="k", at=at, by="admin")))
    if looked is not None:
        store.commit(Put(LOOKED, "school", Looked(at=at, newest_at=at, **looked)))

    assert sign(district, "kept") == expected
    harmed = condition.of_centre(district.centre).backups_harmed
    assert harmed == (expected[0] == "danger")


def test_the_centre_says_when_it_was_never_backed_up_itself_or_not_lately(
    district: District,
) -> None:
    centre = district.centre
    keys = []
    for good, days in ((None, 0), (True, 0), (True, 3), (True, 8), (False, 0)):
        if good is not None and days == 0:
            note = OwnBackup(at=centre.now(), archive="a", repository="r", good=good)
            centre.store.commit(Put(OWN_BACKUPS, f"a-{good}", note))
        district.clock.forward(days=days)
        one = overview.own_backup(centre.store, centre.clock.now())
        keys.append((one.kind, one.key) if one else None)

    assert keys == [
        ("waiting", "overview.own_never"),
        None,
        ("waiting", "overview.own_old"),
        ("danger", "overview.own_old"),
        ("danger", "overview.own_failed"),
    ]
    assert not condition.of_centre(centre).own_backup_good
