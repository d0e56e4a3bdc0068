"""Nodes that ask for numbers get them: by themselves within the settings, once, and never twice."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs

from saraban_central import directory
from saraban_central.errors import NoSuchRequest, RangeTaken, ReasonNeeded, RequestDone
from saraban_central.numbering import granting, grants
from saraban_central.numbering.granting import Granting
from saraban_central.post.router import Router
from saraban_central.records import NODES, OPEN_REQUESTS, REQUESTS, SERIES
from saraban_central.store.interface import Conflict, Put, Writing
from saraban_sync.events import Event
from saraban_sync.number_events import RangeRequested
from saraban_sync.registers import Register
from saraban_sync.wire import CENTRE, mailbox_database
from tests.central_district import YEAR, District, Office

IN = Register.INCOMING
JUNE = datetime(2026, 6, 9, 2, 0, tzinfo=UTC)
OCTOBER = datetime(2026, 9, 30, 17, 0, tzinfo=UTC)
"""The first minute of 1 October in Thailand."""


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    made.clock.moment = JUNE
    yield made
    made.close()


@pytest.fixture
def school(district: District) -> Office:
    return district.office("school", "โรงเรียนบ้านดอย")


def _ask(office: Office, size: int = 500, *, year: int = YEAR, register: Register = IN) -> Event:
    return office.do(
        RangeRequested(register=register, year=year, size=size, left=3, per_day="4.25")
    )


def _serve(district: District, times: int = 1) -> int:
    made = 0
    for _ in range(times):
        Router(district.centre).run()
        made += Granting(district.centre).run()
    return made


def _ranges(district: District, register: Register = IN, year: int = YEAR) -> list[tuple[int, int]]:
    held = district.centre.store.record(SERIES, f"school/{register}/{year}")
    return [(one.first, one.last) for one in held.value.grants] if held else []


def _settings(district: District, **changed: object) -> None:
    config = structs.replace(district.centre.config, **changed)
    object.__setattr__(district.centre, "config", config)


def test_a_request_is_granted_once_however_often_the_centre_looks(
    district: District, school: Office
) -> None:
    event = _ask(school)

    assert _serve(district, 3) == 1

    assert _ranges(district) == [(1, 20), (21, 520)]
    (kept,) = district.centre.store.records(REQUESTS)
    assert kept.key == granting.request_key(event)
    assert (kept.value.state, kept.value.grant) == ("granted", f"school-incoming-{YEAR}-21")
    assert (kept.value.by, kept.value.left, kept.value.per_day) == ("system", 3, "4.25")
    assert district.centre.store.count(OPEN_REQUESTS) == 0
    box = district.centre.store.page(mailbox_database("school"))
    assert sum(f"school-incoming-{YEAR}-21" in one.payload.decode() for one in box) == 1


def test_a_request_is_granted_once_even_if_the_routers_place_is_lost(
    district: District, school: Office
) -> None:
    _ask(school)
    _serve(district)
    district.tamper("DELETE FROM record WHERE shelf = 'followed'")

    assert _serve(district, 2) == 0
    assert _ranges(district) == [(1, 20), (21, 520)]


def test_requests_repeated_while_there_was_no_line_are_answered_by_one_range(
    district: District, school: Office
) -> None:
    for _ in range(3):
        _ask(school)
    _ask(school, 50, register=Register.OUTGOING)

    assert _serve(district) == 2

    assert _ranges(district) == [(1, 20), (21, 520)]
    assert _ranges(district, Register.OUTGOING) == [(1, 20), (21, 70)]
    states = {kept.value.state for kept in district.centre.store.records(REQUESTS)}
    assert states == {"granted"}


def test_a_large_request_waits_for_a_person(district: District, school: Office) -> None:
    _settings(district, auto_grant_most=400)
    _ask(school)

    assert _serve(district) == 0

    (one,) = granting.waiting(district.centre)
    assert (one.why, one.request.size) == ("much", 500)
    made = granting.answer(district.centre, one.key, by="pornthip", size=300)
    assert (made.first, made.last) == (21, 320)
    assert granting.waiting(district.centre) == []
    (done,) = granting.answered(district.centre.store)
    assert (done.by, done.grant) == ("pornthip", made.grant)
    with pytest.raises(RequestDone) as twice:
        granting.answer(district.centre, one.key, by="pornthip")
    assert "pornthip" in twice.value.sentence("th")


def test_nothing_is_granted_without_a_person_when_the_centre_is_set_so(
    district: District, school: Office
) -> None:
    _settings(district, auto_grant=False)
    _ask(school)

    assert _serve(district) == 0
    assert [one.why for one in granting.waiting(district.centre)] == ["off"]


def test_a_declined_request_stays_declined_and_the_node_may_ask_again(
    district: District, school: Office
) -> None:
    _settings(district, auto_grant=False)
    _ask(school)
    _serve(district)
    (one,) = granting.waiting(district.centre)

    with pytest.raises(ReasonNeeded):
        granting.decline(district.centre, one.key, reason="  ", by="pornthip")
    gone = granting.decline(district.centre, one.key, reason=" ปิดภาคเรียน ", by="pornthip")

    assert (gone.state, gone.reason) == ("declined", "ปิดภาคเรียน")
    _settings(district, auto_grant=True)
    assert _serve(district) == 0
    with pytest.raises(RequestDone):
        granting.decline(district.centre, one.key, reason="อีกครั้ง", by="pornthip")
    _ask(school)
    assert _serve(district) == 1


@pytest.mark.parametrize(("year", "why"), [(YEAR + 2, "year"), (YEAR + 40, "year")])
def test_a_request_for_a_year_far_ahead_waits(
    district: District, school: Office, year: int, why: str
) -> None:
    _ask(school, year=year)

    assert _serve(district) == 0
    assert [one.why for one in granting.waiting(district.centre)] == [why]


def test_a_request_that_comes_when_its_year_is_over_is_declined(
    district: District, school: Office
) -> None:
    _ask(school)
    district.clock.moment = datetime(2027, 1, 5, tzinfo=UTC)

    assert _serve(district) == 0
    (done,) = granting.answered(district.centre.store, "school")
    assert (done.state, done.by) == ("declined", "system")
    assert "สิ้นสุดแล้ว" in done.reason
    assert granting.answered(district.centre.store, "other") == []


def test_last_years_numbers_are_granted_to_whoever_asks_for_them_in_the_new_year(
    district: District, school: Office
) -> None:
    """Letters of 31 December may wait in its emergency register for a number of their own year."""
    district.clock.moment = datetime(2027, 1, 5, tzinfo=UTC)
    _ask(school, 50)

    assert _serve(district) == 1
    assert _ranges(district)[-1] == (21, 70)
    _ask(school, 50, year=YEAR - 1)
    assert _serve(district) == 0
    (done,) = [one for one in granting.answered(district.centre.store) if one.state == "declined"]
    assert done.year == YEAR - 1


def test_a_revoked_or_stopped_node_gets_nothing(district: District, school: Office) -> None:
    _ask(school)
    held = directory.node(district.centre.store, "school")
    stopped = structs.replace(held.value, stopped="twin")
    district.centre.store.commit(Put(NODES, "school", stopped, held.revision))

    assert _serve(district) == 0
    assert [one.why for one in granting.waiting(district.centre)] == ["revoked"]
    held = directory.node(district.centre.store, "school")
    again = structs.replace(held.value, stopped="")
    district.centre.store.commit(Put(NODES, "school", again, held.revision))
    directory.revoke(district.centre, "school")
    assert _serve(district) == 0


def test_what_cannot_be_granted_stays_open(district: District, school: Office) -> None:
    school.take(IN, size=10, first=grants.MAX_NUMBER - 9)
    _ask(school)

    assert _serve(district) == 0
    assert len(granting.waiting(district.centre)) == 1


def test_a_request_is_found_by_node_and_event(district: District, school: Office) -> None:
    event = _ask(school)
    Router(district.centre).run()
    store = district.centre.store

    assert granting.find(store, f"school/{event.id}") == granting.request_key(event)
    assert granting.find(store, granting.request_key(event)) == granting.request_key(event)
    for nonsense in ("", "school/9", "nobody"):
        with pytest.raises(NoSuchRequest):
            granting.find(store, nonsense)
    _ask(school)
    Router(district.centre).run()
    with pytest.raises(NoSuchRequest):
        granting.find(store, "school")


# The year ahead


def test_from_october_every_register_has_its_first_range_of_the_next_year(
    district: District, school: Office
) -> None:
    district.clock.moment = OCTOBER.replace(hour=16)
    assert _serve(district) == 0
    district.clock.moment = OCTOBER

    worker = Granting(district.centre)
    assert worker.run() == 2
    assert worker.run() == 0
    assert Granting(district.centre).run() == 0

    for register in (IN, Register.OUTGOING):
        assert _ranges(district, register, YEAR + 1) == [(1, 20)]
    assert _ranges(district, Register.MEMO, YEAR + 1) == []


def test_a_node_that_joins_in_november_gets_its_range_within_the_hour(
    district: District, school: Office
) -> None:
    district.clock.moment = OCTOBER
    worker = Granting(district.centre)
    assert worker.run() == 2
    district.office("late")

    assert worker.run() == 0
    district.clock.forward(hours=1)
    assert worker.run() == 2


def test_a_node_that_asked_for_next_year_itself_is_not_given_it_twice(
    district: District, school: Office
) -> None:
    district.clock.moment = OCTOBER
    _ask(school, year=YEAR + 1)

    assert _serve(district) == 2

    assert _ranges(district, IN, YEAR + 1) == [(1, 500)]
    assert _ranges(district, Register.OUTGOING, YEAR + 1) == [(1, 20)]


def test_a_revoked_node_gets_no_range_of_next_year(district: District, school: Office) -> None:
    directory.revoke(district.centre, "school")
    district.clock.moment = OCTOBER

    assert _serve(district) == 0


def test_no_year_is_opened_by_itself_when_the_centre_is_set_so(
    district: District, school: Office
) -> None:
    _settings(district, auto_grant=False)
    district.clock.moment = OCTOBER

    assert _serve(district) == 0


# Crashes and races


class _Stop(Exception):
    pass


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_while_granting_neither_loses_nor_doubles_a_range(
    district: District, school: Office, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    _ask(school)
    Router(district.centre).run()
    commit = district.centre.store.commit

    def failing(*writes: Writing) -> list[Conflict]:
        if after:
            commit(*writes)
        raise _Stop

    with monkeypatch.context() as patch:
        patch.setattr(district.centre.store, "commit", failing)
        with pytest.raises(_Stop):
            Granting(district.centre).run()

    _serve(district, 2)

    assert _ranges(district) == [(1, 20), (21, 520)]
    box = district.centre.store.page(mailbox_database("school"))
    assert len([one for one in box if one.sender == CENTRE]) == 3


def test_a_store_that_stopped_between_grant_and_mark_is_put_right(
    district: District, school: Office
) -> None:
    """What a store without transactions may leave behind."""
    event = _ask(school)
    _serve(district)
    key = granting.request_key(event)
    kept = district.centre.store.record(REQUESTS, key)
    assert kept is not None
    opened = structs.replace(kept.value, state="open", grant="")
    district.centre.store.commit(Put(REQUESTS, key, opened, kept.revision))
    district.tamper("DELETE FROM record WHERE shelf = 'followed'")

    _serve(district, 2)

    assert _ranges(district) == [(1, 20), (21, 520)]
    done = district.centre.store.record(REQUESTS, key)
    assert done is not None
    assert done.value.state == "granted"


def test_many_workers_at_once_grant_a_request_once(district: District, school: Office) -> None:
    for register in (IN, Register.OUTGOING, Register.MEMO):
        _ask(school, register=register)
    Router(district.centre).run()
    workers = [threading.Thread(target=Granting(district.centre).run) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert _ranges(district) == [(1, 20), (21, 520)]
    assert _ranges(district, Register.MEMO) == [(1, 500)]


# An office that begins in the middle of a year


def test_the_first_range_of_an_office_says_that_a_paper_book_stands_before_it(
    district: District,
) -> None:
    office = district.office("late", size=0)

    opening = grants.grant(district.centre, "late", IN, YEAR, size=100, first=38, by="pornthip")
    following = grants.grant(district.centre, "late", IN, YEAR, size=100)
    from_one = grants.grant(district.centre, "late", Register.MEMO, YEAR, size=100, first=1)

    assert (opening.opening, following.opening, from_one.opening) == (True, False, False)
    (kept,) = [
        one for one in grants.granted(district.centre, office.code) if one.register == IN.value
    ]
    assert (kept.grants[0].opening, kept.grants[0].by) == (True, "pornthip")
    with pytest.raises(RangeTaken):
        grants.grant(district.centre, "late", IN, YEAR, size=10, first=38)
