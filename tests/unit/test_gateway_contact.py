"""A contact: one machine goes on whatever the line does, two with one name are found out."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from saraban_central.identity import twins
from saraban_central.identity.records import TOKENS, TWINS
from saraban_central.identity.sightings import Standing
from saraban_central.records import CONTACTS
from saraban_sync.events import EntryNoted
from tests.central_district import District
from tests.played_machine import HASH, OTHER, Machine, a_machine, node_of, token
from tests.served_centre import client, serving


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture
def school(district: District) -> Machine:
    return a_machine(district)


def _current(machine: Machine) -> str:
    held = machine.centre.store.record(TOKENS, machine.office.node)
    return held.value.current if held else ""


def _stopped(machine: Machine) -> str:
    return node_of(machine.centre, machine.office.node).stopped


def test_each_contact_moves_the_ratchet_by_one(school: Machine) -> None:
    before = school.token

    assert [school.come() for _ in range(3)] == ["ok"] * 3

    assert _current(school) == school.token != before
    assert school.said["generation"] == 1
    assert "resume" not in school.said
    contact = school.centre.store.record(CONTACTS, "school-1")
    assert contact is not None
    assert (contact.value.machine, contact.value.epoch) == (HASH, 1)


def test_a_lost_answer_is_no_twin(school: Machine) -> None:
    school.say()  # the answer is lost, any number of times
    school.say()

    assert school.come() == "ok"
    assert school.come() == "ok"
    assert twins.open_twins(school.centre) == []


def test_a_request_that_comes_late_moves_nothing(school: Machine) -> None:
    late = {"ratchet": {"token": "", "next": school.token}}
    school.come()
    now = _current(school)

    status, said = school.say(**late)

    assert (status, said["error"], said["current"]) == (409, "ratchet", now)
    assert school.come() == "ok"
    assert twins.open_twins(school.centre) == []


def test_an_overtaken_token_is_a_twin_and_both_are_stopped(school: Machine) -> None:
    copy = school.copy()
    school.come()

    assert copy.come() == "twin"
    assert _stopped(school) == "twin"
    assert school.come() == "twin"

    (found,) = twins.open_twins(school.centre)
    assert found.twin.why == "token"
    assert {one.machine for one in found.twin.machines} == {HASH, OTHER}
    assert found.twin.kept is None
    assert not found.alike


def test_a_copy_from_before_the_first_contact_is_found_too(district: District) -> None:
    first = Machine(district.office("school-1", size=0))
    copy = first.copy()
    first.come()
    first.come()

    assert copy.come() == "twin"
    copy.come()

    (found,) = twins.open_twins(first.centre)
    assert found.twin.why == "stranger"
    assert _stopped(first) == "twin"


def test_two_machines_that_show_the_same_code_are_said_to_be_alike(school: Machine) -> None:
    copy = school.copy(HASH, boot="77777777")
    school.come()

    assert copy.come() == "twin"

    (found,) = twins.open_twins(school.centre)
    assert found.alike
    assert [one.machine for one in found.twin.machines] == [HASH, HASH]


def test_a_restored_machine_is_no_twin_and_leaves_the_ratchet_alone(school: Machine) -> None:
    copy = school.copy()
    copy.fenced = "restored"
    for _ in range(3):
        school.come()
    now = _current(school)

    assert copy.come() == "ok"

    assert copy.said["resume"] is True
    assert "fork" not in copy.said
    assert _current(school) == now
    assert school.come() == "ok"
    assert twins.open_twins(school.centre) == []


def test_a_machine_that_found_the_journals_to_differ_stops_the_name(school: Machine) -> None:
    copy = school.copy()
    copy.office.write(EntryNoted(entry="x", action="ที่อื่น"))
    copy.fenced = "diverged"

    assert copy.come() == "ok"

    assert "resume" not in copy.said
    assert copy.said["fork"] is True, "it has seen that it cannot keep the name"
    (found,) = twins.open_twins(school.centre)
    assert found.twin.why == "diverged"
    assert school.come() == "twin"


def test_a_restored_machine_whose_journal_has_parted_does_not_speak_for_the_name(
    school: Machine,
) -> None:
    """Otherwise the audit would go on saying that two machines share it, long after the fork."""
    copy = school.copy()
    school.office.write(EntryNoted(entry="x", action="ที่นี่"))
    school.send()
    school.come()
    copy.office.write(EntryNoted(entry="x", action="ที่อื่น"))
    copy.fenced = "restored"

    assert copy.come() == "ok"

    held = school.centre.store.record(CONTACTS, school.office.node)
    assert held is not None
    assert (held.value.machine, held.value.last_hash) == (school.machine, school.office.prev)


def test_a_machine_of_an_older_epoch_is_superseded(school: Machine) -> None:
    old = school.copy()
    school.fenced = "restored"
    school.come()
    school.go_on(school.ask())
    school.come()

    assert old.come() == "superseded"

    (found,) = twins.open_twins(school.centre)
    assert (found.twin.why, found.twin.kept, found.twin.epoch) == ("epoch", HASH, 2)
    assert school.come() == "ok", "the one that has the epoch goes on"
    assert old.come() == "ok"
    assert old.said["fork"] is True


def test_what_a_copy_writes_is_seen_to_have_parted(school: Machine) -> None:
    copy = school.copy()
    school.office.write(EntryNoted(entry=str(school.last), action="ก"))
    school.come()
    school.send()
    copy.office.write(EntryNoted(entry=str(copy.last), action="ข"))

    copy.come()

    (found,) = twins.open_twins(school.centre)
    assert [one.machine for one in found.twin.machines] == [HASH, OTHER]
    assert found.standings == (Standing.HERE, Standing.PARTED)


def test_a_twin_found_by_two_at_once_is_one_record(school: Machine) -> None:
    copy = school.copy()
    school.come()
    copy.come()
    for _ in range(3):
        school.come()
        copy.come()

    assert school.centre.store.count(TWINS) == 1


@pytest.mark.parametrize(
    "tokens",
    [{"next": "x"}, {"next": "A" * 32}, {}, {"next": "0" * 32, "token": "short"}, "text", 7],
)
def test_a_token_that_is_none_is_refused(
    district: District, school: Machine, tokens: object
) -> None:
    with serving(district.centre) as url, client(url, school.office) as http:
        path = "/journal-school-1/_local/status"
        answer = http.put(path, json=school.status(ratchet=tokens))

    assert answer.status_code == 400
    assert _current(school) == school.token


def test_a_whole_contact_over_http(district: District, school: Machine) -> None:
    copy = school.copy()
    school.come()
    with serving(district.centre) as url, client(url, school.office) as http:
        path = "/journal-school-1/_local/status"
        good: httpx.Response = http.put(path, json=school.status())
        unknown = http.put(path, json=school.status(ratchet={"token": token(), "next": token()}))
        twin = http.put(path, json=copy.status())

    assert (good.status_code, good.json()["generation"]) == (201, 1)
    assert (unknown.status_code, unknown.json()["error"]) == (409, "ratchet")
    assert len(unknown.json()["current"]) == 32
    assert (twin.status_code, twin.json()["error"]) == (409, "twin")
    assert twin.json()["reason"].startswith("More than one machine has the name school-1")
