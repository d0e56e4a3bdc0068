"""Two machines that had one name and parted: neither is blamed for what it could not know."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_central.post.router import Router
from saraban_central.records import ALARMS, CONTACTS, Contact
from saraban_central.store.interface import Put
from saraban_sync.body import Body
from saraban_sync.events import Event, LetterRegistered
from saraban_sync.number_events import NumberReserved, ReservationEnded
from saraban_sync.registers import Register, instant
from tests.central_district import YEAR, District, Office, audited

OUT = Register.OUTGOING


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture
def school(district: District) -> Office:
    return district.office("school", "โรงเรียนบ้านดอย")


@pytest.fixture
def reserved(school: Office) -> Event:
    return school.do(
        NumberReserved(
            register=OUT, year=YEAR, number=1, holder="ครูสมชาย", purpose="ขออนุญาต",
            expires="2026-12-31",
        )
    )  # fmt: skip


def _letter(reserved: Event) -> Body:
    return LetterRegistered(
        register=OUT, year=YEAR, number=1, subject="ขออนุญาต", reservation=reserved.id
    )


def _end(reserved: Event) -> Body:
    return ReservationEnded(reservation=reserved.id, how="expired")


def _found(district: District) -> list[tuple[str, str]]:
    Router(district.centre).run()
    return [(one.kind, one.node) for one in audited(district).findings]


def _alarms(district: District) -> list[str]:
    return [kept.value.kind for kept in district.centre.store.records(ALARMS)]


def test_a_copied_machine_may_finish_what_the_other_let_run_out(
    district: District, school: Office, reserved: Event
) -> None:
    school.do(_end(reserved))
    Router(district.centre).run()
    district.fork(school, reserved, "school-2", _letter(reserved))

    assert _found(district) == []


def test_what_a_machine_finished_may_run_out_on_its_copy(
    district: District, school: Office, reserved: Event
) -> None:
    district.fork(school, reserved, "school-2", _end(reserved))
    Router(district.centre).run()
    school.do(_letter(reserved))

    assert _found(district) == []


def test_a_forked_machine_finishes_under_its_own_name_what_the_other_let_run_out(
    district: District, school: Office, reserved: Event
) -> None:
    school.do(_end(reserved))
    twin = district.fork(school, reserved, "school-2")
    twin.do(_letter(reserved))

    assert _found(district) == []


def test_a_number_that_two_copies_finish_is_given_twice_and_nothing_else(
    district: District, school: Office, reserved: Event
) -> None:
    school.do(_letter(reserved))
    district.clock.forward(minutes=1)
    district.fork(school, reserved, "school-2", _letter(reserved))

    assert _found(district) == [("number-twice", "school-2")]
    assert _alarms(district) == ["number-used-twice"]


def test_a_restored_machine_may_finish_what_was_ended_after_its_backup(
    district: District, school: Office, reserved: Event
) -> None:
    school.do(_end(reserved))
    school.set_back(reserved)
    school.do(_letter(reserved))

    assert _found(district) == []


def test_a_forked_machine_may_not_finish_what_it_knew_to_be_over(
    district: District, school: Office, reserved: Event
) -> None:
    ended = school.do(_end(reserved))
    twin = district.fork(school, ended, "school-2")
    twin.do(_letter(reserved))

    assert _found(district) == [("reservation-over", "school-2")]
    assert _alarms(district) == ["reservation-unknown"]


def test_a_forked_machine_may_not_finish_what_it_has_ended_itself(
    district: District, school: Office, reserved: Event
) -> None:
    school.do(_end(reserved))
    twin = district.fork(school, reserved, "school-2", _end(reserved))
    Router(district.centre).run()
    twin.do(_letter(reserved))

    assert _found(district) == [("reservation-over", "school-2")]
    assert _alarms(district) == ["reservation-unknown"]


def test_a_machine_that_named_its_own_last_event_and_was_forked_since_is_no_fork_any_more(
    district: District, school: Office, reserved: Event
) -> None:
    school.register(1)
    base, parted = reserved, _letter(reserved)
    twin = Office(
        school.centre, school.clock, school.node, school.code, school.key, seq=base.seq,
        prev=base.hash,
    )  # fmt: skip
    said = twin.write(parted)
    _says(district, school, said)
    assert _found(district) == [("fork", "school")]

    district.fork(school, base, "school-2", parted)

    assert _found(district) == []


def _says(district: District, office: Office, last: Event) -> None:
    at = instant(district.clock.now())
    contact = Contact(
        node=office.node, at=at, claimed_at=at, offset_ms=0, boot="0a1b2c3d", last_event=last.id,
        last_hash=last.hash, program="0.1.0", free_bytes=1, pushed_files_pending=0,
    )  # fmt: skip
    held = district.centre.store.record(CONTACTS, office.node)
    district.centre.store.commit(
        Put(CONTACTS, office.node, contact, held.revision if held else None)
    )
