"""A centre that was set back: it is noticed, nothing is granted twice, what was lost returns."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from saraban_central import enrolment
from saraban_central.centre import Centre, open_centre
from saraban_central.enrolment import Fork
from saraban_central.errors import RangeTaken
from saraban_central.identity import generation, learned, twins
from saraban_central.identity.errors import BadGuard, SeriesClosed, SeriesOpen
from saraban_central.identity.records import RAISES
from saraban_central.numbering import grants
from saraban_central.post.router import Router
from saraban_central.records import ALARMS, SERIES
from saraban_central.store.interface import Put
from saraban_sync.body import Signed
from saraban_sync.events import EntryNoted, RangeAccepted
from saraban_sync.grants import read_entry
from saraban_sync.registers import Register
from saraban_sync.signing import SigningKey
from saraban_sync.wire import DIRECTORY, signed
from tests.central_district import YEAR, District, Office
from tests.played_machine import HASH, Machine, a_machine, node_of
from tests.served_centre import client, journal_ids, serving

IN = (Register.INCOMING, YEAR)


class Place:
    """A district whose centre can be backed up and set back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.district = District(folder)
        self.machines: list[Machine] = []

    @property
    def centre(self) -> Centre:
        return self.district.centre

    def school(self, code: str = "school-1") -> Machine:
        made = a_machine(self.district, code)
        self.machines.append(made)
        return made

    def back_up(self) -> Path:
        target = self.folder / f"backup-{len(list(self.folder.iterdir()))}.db"
        self.centre.database.backup_to(target)
        return target

    def set_back(self, backup: Path) -> None:
        folder = self.centre.folder
        self.centre.close()
        for name in ("central.db-wal", "central.db-shm"):
            (folder / name).unlink(missing_ok=True)
        shutil.copy(backup, folder / "central.db")
        self.district.centre = open_centre(folder, clock=self.district.clock)
        for machine in self.machines:
            machine.office.centre = self.district.centre

    def route(self) -> None:
        Router(self.centre).run()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.district.close()


def _takes(machine: Machine, size: int = 5) -> int:
    """Let a machine be granted numbers, and take them; gives the first."""
    made = grants.grant(machine.centre, machine.office.node, *IN, size=size)
    held = machine.centre.store.record(SERIES, f"{machine.office.code}/incoming/{YEAR}")
    assert held is not None
    paper = held.value.grants[-1]
    machine.office.write(RangeAccepted(grant=Signed(p=paper.payload, s=paper.signature)))
    return made.first


def _why(place: Place) -> list[str]:
    return [one.why for one in generation.raises(place.centre.store)]


# Noticing it


def test_an_administrator_says_that_a_backup_was_put_back(place: Place) -> None:
    school = place.school()

    assert generation.restored(place.centre, by="cli:root") == 2

    assert place.centre.identity.generation == 2
    assert _why(place) == ["restored"]
    assert school.come() == "ok"
    assert school.said["generation"] == 2
    assert place.centre.identity.generation == 2, "nobody notices it a second time"


def test_after_it_everything_in_the_directory_is_said_again(place: Place) -> None:
    place.school()
    before = len(place.centre.store.page(DIRECTORY))

    generation.restored(place.centre, by="cli:root")

    entries = [
        read_entry(signed(one), place.centre.key.public)
        for one in place.centre.store.page(DIRECTORY)
    ]
    assert [(one.kind, one.code, one.generation) for one in entries[before:]] == [
        ("office", "school-1", 2), ("node", "school-1", 2),
    ]  # fmt: skip
    assert [one.version for one in entries] == list(range(1, len(entries) + 1))


def test_a_node_whose_token_the_centre_has_forgotten_proves_it(place: Place) -> None:
    school = place.school()
    backup = place.back_up()
    for _ in range(3):
        school.come()
    place.set_back(backup)

    assert school.come() == "ok"

    assert (_why(place), school.said["generation"]) == (["token"], 2)
    assert school.come() == "ok"
    assert place.centre.identity.generation == 2


def test_a_node_that_has_seen_the_centre_hold_more_proves_it(place: Place) -> None:
    school = place.school()
    backup = place.back_up()
    lost = [school.office.write(EntryNoted(entry="x", action=text)) for text in "กข"]
    school.send()
    place.set_back(backup)

    assert school.come() == "ok"

    assert _why(place) == ["events"]
    (found,) = generation.losses(place.centre.store)
    assert (found.loss.node, found.loss.acknowledged) == ("school-1", lost[-1].id)
    assert found.loss.held == journal_ids(school.office)[-1]
    assert not found.whole
    school.send()
    (found,) = generation.losses(place.centre.store)
    assert found.whole


def test_two_nodes_that_prove_the_same_are_one_generation(place: Place) -> None:
    schools = [place.school("school-1"), place.school("school-2")]
    backup = place.back_up()
    for one in schools:
        one.office.write(EntryNoted(entry="x", action="ก"))
        one.come()
        one.send()
    place.set_back(backup)

    assert [one.come() for one in schools] == ["ok", "ok"]

    assert place.centre.identity.generation == 2
    assert len(generation.losses(place.centre.store)) == 2


def test_setting_it_back_a_second_time_is_another_generation(place: Place) -> None:
    school = place.school()
    first = place.back_up()
    school.come()
    place.set_back(first)
    school.come()
    second = place.back_up()
    school.come()
    place.set_back(second)

    assert school.come() == "ok"

    assert place.centre.identity.generation == 3


def test_a_generation_is_never_counted_twice_even_if_the_backup_knows_nothing_of_it(
    place: Place,
) -> None:
    """The same old backup is put back again: what the first life called 2 was something else."""
    schools = [place.school("school-1"), place.school("school-2")]
    backup = place.back_up()
    for one in schools:
        one.come()
    place.set_back(backup)
    for one in schools:
        one.come()
    assert [one.generation for one in schools] == [2, 2]
    place.set_back(backup)
    generation.restored(place.centre, by="cli:root")

    for one in schools:
        assert one.come() == "ok"

    assert place.centre.identity.generation == 3
    assert [one.generation for one in schools] == [3, 3]


def test_a_lost_answer_raises_nothing_twice(place: Place) -> None:
    school = place.school()
    backup = place.back_up()
    school.come()
    place.set_back(backup)
    school.say(centre_behind=True)
    school.say(centre_behind=True)

    assert school.come() == "ok"

    assert place.centre.identity.generation == 2


def test_a_fenced_machine_that_comes_often_raises_it_once(place: Place) -> None:
    school = place.school()
    backup = place.back_up()
    school.office.write(EntryNoted(entry="x", action="ก"))
    school.send()
    school.fenced = "restored"
    place.set_back(backup)

    for _ in range(3):
        assert school.come() == "ok"

    assert place.centre.identity.generation == 2


def test_an_epoch_that_the_centre_has_forgotten_is_taken_over(place: Place) -> None:
    school = place.school()
    backup = place.back_up()
    school.fenced = "restored"
    school.go_on(school.ask())
    school.send()
    school.come()
    place.set_back(backup)

    assert school.come() == "ok"
    school.send()

    assert _why(place) == ["epoch"]
    assert node_of(place.centre, "school-1").epoch == 2
    assert journal_ids(school.office)[-1] == school.last


def test_a_claim_after_an_epoch_that_was_forgotten_is_agreed_when_it_comes_again(
    place: Place,
) -> None:
    school = place.school()
    backup = place.back_up()
    school.fenced = "restored"
    school.go_on(school.ask())
    school.send()
    place.set_back(backup)
    school.fenced = "restored"
    base = school.office.events[-1]
    begun = school.begin_epoch(3, by_hand=True)
    claim = {"claim": begun.hash, "base": base.id, "base_hash": base.hash}

    with pytest.raises(Exception, match="0002-"):
        school.ask(**claim)
    school.send()

    assert school.ask(**claim).epoch == 3


def test_new_epochs_leap_over_those_that_may_have_been_given(place: Place) -> None:
    school = place.school()
    generation.restored(place.centre, by="cli:root")
    school.fenced = "restored"
    school.come()

    assert school.ask().epoch == 11


# Granting


def test_nothing_is_granted_before_every_node_of_the_office_was_here(place: Place) -> None:
    school, other = place.school("school-1"), place.school("school-2")
    generation.restored(place.centre, by="cli:root")

    with pytest.raises(SeriesClosed) as wrong:
        _takes(school)
    assert "school-1" in wrong.value.sentence("en")
    other.come()
    place.route()
    assert _takes(other) == 1
    with pytest.raises(SeriesClosed):
        _takes(school)

    school.come()
    place.route()

    assert _takes(school) == 1


def test_a_forgotten_grant_is_learned_back_before_anything_else_is_granted(place: Place) -> None:
    school = place.school()
    _takes(school)
    school.send()
    backup = place.back_up()
    school.come()
    assert _takes(school) == 6
    school.office.write(EntryNoted(entry="x", action="ก"))
    place.set_back(backup)
    school.come()

    with pytest.raises(SeriesClosed):
        _takes(school)
    school.send()
    with pytest.raises(SeriesClosed):  # here, but not read yet
        _takes(school)
    place.route()

    assert _takes(school) == 11
    assert learned.grants_lost(place.centre) == 1
    assert place.centre.store.count(ALARMS) == 0


def test_a_number_that_rests_on_a_forgotten_grant_is_no_alarm(place: Place) -> None:
    school = place.school()
    backup = place.back_up()
    _takes(school)
    school.office.register(1)
    place.set_back(backup)
    school.come()
    school.send()

    place.route()

    assert place.centre.store.count(ALARMS) == 0


def test_a_grant_that_nobody_signed_is_not_learned(place: Place) -> None:
    school = place.school()
    school.office.write(RangeAccepted(grant=Signed(p='{"grant":"x"}', s="y")))
    stranger = SigningKey.generate()
    _takes(school)
    true = school.office.events[-1].body
    assert isinstance(true, RangeAccepted)
    forged = Signed(p=true.grant.p, s=stranger.sign(b"saraban grant v1\x00", true.grant.p.encode()))
    node = node_of(place.centre, "school-1")
    place.centre.store.commit(Put(SERIES, "other", place.centre.store.records(SERIES)[0].value))
    event = school.office.write(RangeAccepted(grant=forged))

    assert learned.learn(place.centre, node, [event]) == []


def test_numbers_that_were_granted_to_two_nodes_are_an_alarm(place: Place) -> None:
    """The centre had granted anew before anybody knew that it had been set back."""
    school = place.school()
    backup = place.back_up()
    _takes(school)
    place.set_back(backup)
    extra = Machine(_second_node(place))
    place.machines.append(extra)
    grants.grant(place.centre, extra.office.node, *IN, size=5)

    school.come()
    school.send()
    place.route()

    (alarm,) = place.centre.store.records(ALARMS, "school-1/")
    assert (alarm.value.kind, alarm.value.number) == ("grant-overlaps", 1)


def test_an_office_with_two_nodes_waits_for_both(place: Place) -> None:
    school = place.school()
    second = Machine(_second_node(place))
    place.machines.append(second)
    second.come()
    generation.restored(place.centre, by="cli:root")
    school.come()
    place.route()

    (closed,) = generation.closed(place.centre)
    assert (closed.office, closed.waits_for) == ("school-1", ("school-1-2",))
    with pytest.raises(SeriesClosed):
        _takes(school)
    second.come()
    place.route()

    assert _takes(school) == 1
    assert generation.closed(place.centre) == []


def test_an_office_waits_while_a_machine_that_shows_one_of_its_names_knows_more(
    place: Place,
) -> None:
    school = place.school()
    second = Machine(_second_node(place))
    place.machines.append(second)
    second.come()
    backup = place.back_up()
    school.fenced = "restored"
    school.go_on(school.ask())
    school.send()
    twin = school.copy(HASH)
    twin.fenced = "restored"
    twin.go_on(twin.ask())
    place.machines.append(twin)
    assert _takes(twin) == 1  # and nobody else has heard of these numbers
    twin.send()
    place.set_back(backup)
    generation.restored(place.centre, by="cli:root")
    for one in (school, second):
        assert one.come() == "ok"
        one.send()
    place.route()

    assert twin.come() == "twin"

    with pytest.raises(SeriesClosed):
        _takes(second)
    (closed,) = generation.closed(place.centre)
    assert closed.waits_for == ("school-1",)
    twins.keep(place.centre, "school-1", HASH, by="cli:root")
    twin.send()
    twin.go_on(twin.ask())
    with pytest.raises(SeriesClosed):  # here, but not read yet
        _takes(second)
    place.route()
    assert _takes(second) == 6


def test_a_node_that_is_new_in_this_generation_has_nothing_to_bring_back(place: Place) -> None:
    generation.restored(place.centre, by="cli:root")
    fresh = place.district.office("school-9", size=0)

    assert grants.grant(place.centre, fresh.node, *IN, size=5).first == 1


def test_a_forked_node_brings_back_what_it_has_from_its_old_name(place: Place) -> None:
    school = place.school()
    base = school.office.events[-1]
    generation.restored(place.centre, by="cli:root")
    school.come()
    place.route()
    code = enrolment.make_fork_code(place.centre, "school-1").code
    fork = Fork(node="school-1", base=base.id, base_hash=base.hash)
    enrolment.enrol(place.centre, code=code, key=SigningKey.generate().public, fork=fork)

    with pytest.raises(SeriesClosed):
        _takes(school)


def test_a_series_is_reopened_with_a_guard(place: Place) -> None:
    school = place.school()
    _takes(school)
    generation.restored(place.centre, by="cli:root")

    made = generation.reopen(place.centre, "school-1", *IN, guard=200, by="pornthip")
    again = generation.reopen(place.centre, "school-1", *IN, guard=900, by="pornthip")

    assert made == again
    assert _takes(school) == 206
    with pytest.raises(SeriesClosed):
        grants.grant(place.centre, "school-1", Register.OUTGOING, YEAR, size=5)
    with pytest.raises(RangeTaken):
        grants.grant(place.centre, "school-1", *IN, size=5, first=100)


def test_a_reopened_series_is_closed_again_by_the_next_restoration(place: Place) -> None:
    school = place.school()
    _takes(school)
    for guard in (10, 20):
        generation.restored(place.centre, by="cli:root")
        generation.reopen(place.centre, "school-1", *IN, guard=guard, by="pornthip")

    assert _takes(school) == 36


def test_what_need_not_be_reopened_is_not(place: Place) -> None:
    school = place.school()
    with pytest.raises(SeriesOpen):
        generation.reopen(place.centre, "school-1", *IN, guard=5, by="x")
    generation.restored(place.centre, by="cli:root")
    for guard in (-1, 100_001):
        with pytest.raises(BadGuard):
            generation.reopen(place.centre, "school-1", *IN, guard=guard, by="x")
    school.come()
    place.route()
    with pytest.raises(SeriesOpen):
        generation.reopen(place.centre, "school-1", *IN, guard=5, by="x")


def test_who_was_restored_itself_cannot_say_what_the_centre_has_forgotten(place: Place) -> None:
    school = place.school()
    generation.restored(place.centre, by="cli:root")
    school.fenced = "restored"
    school.come()
    school.go_on(school.ask())
    school.send()
    school.come()
    place.route()

    with pytest.raises(SeriesClosed):
        _takes(school)
    (closed,) = generation.closed(place.centre)
    assert closed.lost == ("school-1",)
    generation.reopen(place.centre, "school-1", *IN, guard=50, by="pornthip")
    assert _takes(school) == 51


# Feeds


@pytest.fixture
def line(place: Place) -> Iterator[Any]:
    school = place.school()
    school.office.tell(*[school.office.write(EntryNoted(entry="x", action=t)) for t in "กขค"])
    with serving(place.centre) as url, client(url, school.office) as http:

        def get(path: str = "", **query: str | int) -> Any:
            answer = http.get(f"/journal-school-1{path}", params=query)
            assert answer.status_code == 200, answer.text
            return answer.json()

        yield get


def test_a_position_names_the_generation(line: Any, place: Place) -> None:
    whole = line("/_changes")

    assert whole["last_seq"].endswith("-g1")
    assert {row["seq"].rpartition("-")[2] for row in whole["results"]} == {"g1"}
    assert line()["update_seq"] == whole["last_seq"]
    assert line("/_changes", since=whole["last_seq"])["results"] == []
    third = whole["results"][2]["seq"]
    assert line("/_changes", since=third)["results"] == whole["results"][3:]


def test_a_position_of_another_generation_begins_anew(line: Any, place: Place) -> None:
    whole = line("/_changes")
    generation.restored(place.centre, by="cli:root")

    again = line("/_changes", since=whole["last_seq"])

    assert [row["id"] for row in again["results"]] == [row["id"] for row in whole["results"]]
    assert again["last_seq"] == whole["last_seq"].replace("-g1", "-g2")


@pytest.mark.parametrize(
    "since",
    ["", "0", "abc", "-1", "7", "9" * 50, "1-g1x", "1-g", "-g1", "999999999-g1", "1-g0", "1-g2",
     "๑-g1", "1-g9999999999"],
)  # fmt: skip
def test_a_position_that_cannot_be_begins_anew(line: Any, since: str) -> None:
    whole = line("/_changes")

    assert line("/_changes", since=since)["results"] == whole["results"]


def test_a_feed_that_is_open_while_the_centre_is_set_back_ends(line: Any, place: Place) -> None:
    timer = threading.Timer(0.3, generation.restored, (place.centre,), {"by": "cli:root"})
    timer.start()

    answer = line("/_changes", feed="longpoll", since="now", timeout=20_000, heartbeat=100)

    timer.join()
    assert answer["results"] == []
    assert answer["last_seq"].endswith("-g1"), "whoever goes on from here begins anew"


def _second_node(place: Place) -> Office:
    code = enrolment.make_code(place.centre, "school-1").code
    key = SigningKey.generate()
    taken = enrolment.enrol(place.centre, code=code, key=key.public)
    first = place.machines[0].office
    return Office(place.centre, first.clock, taken.node.node, "school-1", key)  # type: ignore[arg-type] # a node's name


def test_raises_are_listed_the_latest_first(place: Place) -> None:
    generation.restored(place.centre, by="cli:a")
    generation.restored(place.centre, by="cli:b")

    assert [(one.generation, one.by) for one in generation.raises(place.centre.store)] == [
        (3, "cli:b"), (2, "cli:a"),
    ]  # fmt: skip
    assert place.centre.store.count(RAISES) == 2
