"""Two machines with one name: an administrator chooses, and every machine finds its place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_central import directory, enrolment
from saraban_central.enrolment import Fork
from saraban_central.identity import twins
from saraban_central.identity.errors import (
    CannotKeep,
    KeepsName,
    NodeStopped,
    NoTwin,
    UnknownMachine,
)
from saraban_central.identity.sightings import code_of
from saraban_central.numbering import grants
from saraban_sync.events import EntryNoted, Event
from saraban_sync.registers import Register
from saraban_sync.signing import SigningKey
from tests.central_district import YEAR, District
from tests.played_machine import HASH, OTHER, THIRD, Machine, a_machine, node_of

CODE, OTHER_CODE = "3F8A-07C2", "B41D-9E60"


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture
def pair(district: District) -> tuple[Machine, Machine]:
    """A machine and its copy, both stopped."""
    school = a_machine(district)
    copy = school.copy()
    school.come()
    assert (copy.come(), school.come()) == ("twin", "twin")
    return school, copy


def _fork(machine: Machine, code: str) -> str:
    """Let a machine use a fork code; gives its new name."""
    base = machine.office.events[-1]
    fork = Fork(node=machine.office.node, base=base.id, base_hash=base.hash)
    key = SigningKey.generate().public
    return enrolment.enrol(machine.centre, code=code, key=key, fork=fork).node.node


def _states(machine: Machine) -> dict[str, str]:
    found = twins.open_twin(machine.centre, "school-1").twin
    return {code_of(one.machine): one.state for one in found.machines}


def test_a_machine_has_a_code_that_two_people_can_compare() -> None:
    assert code_of(HASH) == CODE
    assert code_of("") == "—"


def test_nobody_goes_on_before_somebody_has_chosen(pair: tuple[Machine, Machine]) -> None:
    for one in pair:
        one.come()
        assert "resume" not in one.said
        assert "fork" not in one.said
    assert _states(pair[0]) == {CODE: "", OTHER_CODE: ""}
    assert twins.waiting(pair[0].centre.store) == {"school-1": True}
    with pytest.raises(NodeStopped):
        grants.grant(pair[0].centre, "school-1", Register.INCOMING, YEAR, size=5)


def test_the_machine_that_is_chosen_goes_on_and_the_other_must_fork(
    pair: tuple[Machine, Machine],
) -> None:
    school, copy = pair

    twins.keep(school.centre, "school-1", CODE.lower(), by="pornthip")
    school.come()
    copy.come()

    assert school.said["resume"] is True
    assert copy.said["fork"] is True
    school.go_on(school.ask())
    school.send()
    assert school.come() == "ok"
    assert node_of(school.centre, "school-1").stopped == ""
    assert grants.grant(school.centre, "school-1", Register.INCOMING, YEAR, size=5).last == 5
    assert copy.come() == "ok", "it is fenced and may still say how it is"
    assert copy.said["fork"] is True


def test_it_is_settled_when_the_other_has_a_name_of_its_own(
    pair: tuple[Machine, Machine],
) -> None:
    school, copy = pair
    twins.keep(school.centre, "school-1", HASH, by="pornthip")
    code = enrolment.make_fork_code(school.centre, "school-1")
    assert code.office == "school-1"
    school.go_on(school.ask())

    assert _fork(copy, code.code) == "school-1-2"

    assert twins.open_twins(school.centre) == []
    (settled,) = twins.settled_twins(school.centre)
    assert {one.state for one in settled.machines} == {"kept", "forked"}
    assert (settled.kept, settled.kept_by, settled.epoch) == (HASH, "pornthip", 2)


def test_it_is_settled_when_the_other_is_declared_to_be_gone(
    pair: tuple[Machine, Machine],
) -> None:
    school, _ = pair
    twins.keep(school.centre, "school-1", HASH, by="pornthip")
    twins.gone(school.centre, "school-1", OTHER_CODE)
    assert _states(school) == {CODE: "kept", OTHER_CODE: "gone"}

    school.go_on(school.ask())

    assert twins.open_twins(school.centre) == []
    assert school.come() == "ok"


def test_a_machine_that_was_gone_and_comes_back_is_shown_again(
    pair: tuple[Machine, Machine],
) -> None:
    school, copy = pair
    twins.keep(school.centre, "school-1", HASH, by="pornthip")
    twins.gone(school.centre, "school-1", OTHER)
    school.go_on(school.ask())
    assert twins.open_twins(school.centre) == []

    copy.come()

    assert copy.said["fork"] is True
    assert _states(school) == {CODE: "kept", OTHER_CODE: ""}
    assert school.come() == "ok", "the other goes on meanwhile"


def test_the_chosen_one_that_lost_the_answer_is_still_the_chosen_one(
    pair: tuple[Machine, Machine],
) -> None:
    school, _ = pair
    twins.keep(school.centre, "school-1", HASH, by="pornthip")
    twins.gone(school.centre, "school-1", OTHER)
    school.ask()
    assert twins.open_twins(school.centre) == []

    school.come()

    assert school.said["resume"] is True
    assert school.ask().epoch == 2


def test_whoever_is_settled_may_be_restored_later_like_any_other(
    pair: tuple[Machine, Machine],
) -> None:
    school, _ = pair
    twins.keep(school.centre, "school-1", HASH, by="pornthip")
    twins.gone(school.centre, "school-1", OTHER)
    school.go_on(school.ask())
    school.send()
    school.come()
    restored = school.copy(HASH)
    restored.fenced = "restored"
    restored.office.epoch = 1

    restored.come()

    assert restored.said["resume"] is True
    assert twins.open_twins(school.centre) == []


def test_the_choice_can_be_changed_until_the_other_has_gone_on(
    pair: tuple[Machine, Machine],
) -> None:
    school, copy = pair
    twins.keep(school.centre, "school-1", HASH, by="pornthip")
    school.go_on(school.ask())
    school.come()

    twins.keep(school.centre, "school-1", OTHER, by="pornthip")
    copy.come()

    assert copy.said["resume"] is True
    assert school.come() == "twin"
    assert copy.ask().epoch == 3
    assert _states(school) == {CODE: "", OTHER_CODE: "kept"}


def test_a_machine_whose_journal_has_parted_cannot_keep_the_name(district: District) -> None:
    school = a_machine(district)
    copy = school.copy()
    school.office.write(EntryNoted(entry="x", action="ที่นี่"))
    school.send()
    school.come()
    copy.office.write(EntryNoted(entry="x", action="ที่อื่น"))
    copy.come()

    with pytest.raises(CannotKeep) as wrong:
        twins.keep(school.centre, "school-1", OTHER, by="pornthip")

    assert OTHER_CODE in wrong.value.sentence("th")
    assert twins.keep(school.centre, "school-1", HASH, by="pornthip").kept == HASH


def test_what_lies_in_a_tail_that_was_left_behind_cannot_go_on(district: District) -> None:
    school = a_machine(district)
    for text in "กข":
        school.office.write(EntryNoted(entry="x", action=text))
    school.send()
    old = school.copy()
    school.set_back(len(school.office.events) - 1)
    begun: Event = school.begin_epoch(2, by_hand=True)
    school.ask(claim=begun.hash, base=str(school.office.events[-2].id), base_hash=begun.prev)
    school.send()

    assert old.come() == "superseded"

    with pytest.raises(CannotKeep):
        twins.keep(school.centre, "school-1", OTHER, by="pornthip")


def test_an_office_may_say_that_the_older_epoch_is_the_right_one(district: District) -> None:
    """Somebody restored on another machine by mistake, and the first one goes on."""
    school = a_machine(district)
    wrong = school.copy()
    wrong.fenced = "copied"
    wrong.go_on(wrong.ask())
    assert school.come() == "superseded"

    twins.keep(school.centre, "school-1", HASH, by="pornthip")

    assert wrong.come() == "twin"
    school.come()
    assert school.said["resume"] is True


def test_three_machines_are_told_apart(pair: tuple[Machine, Machine]) -> None:
    school, copy = pair
    third = copy.copy(THIRD)
    third.come()
    twins.keep(school.centre, "school-1", HASH, by="pornthip")
    school.go_on(school.ask())
    code = enrolment.make_fork_code(school.centre, "school-1", machine=code_of(THIRD))

    _fork(third, code.code)

    assert _states(school) == {CODE: "kept", OTHER_CODE: "", "77E1-A2F9": "forked"}
    twins.gone(school.centre, "school-1", OTHER_CODE)
    assert twins.open_twins(school.centre) == []


def test_of_two_with_one_code_the_second_is_the_one_that_goes(district: District) -> None:
    school = a_machine(district)
    copy = school.copy(HASH, boot="77777777")
    school.come()
    copy.come()
    twins.keep(school.centre, "school-1", CODE, by="pornthip")
    school.go_on(school.ask("twin"))
    assert [one.state for one in twins.open_twin(school.centre, "school-1").twin.machines] == [
        "kept", "",
    ]  # fmt: skip

    twins.gone(school.centre, "school-1", CODE)

    assert twins.open_twins(school.centre) == []


def test_an_old_machine_that_nobody_has_dealt_with_keeps_no_office_from_restoring(
    district: District,
) -> None:
    old = a_machine(district)
    school = old.copy(THIRD)
    school.fenced = "copied"
    school.go_on(school.ask())
    school.send()
    school.come()
    assert old.come() == "superseded"
    restored = school.copy(OTHER)
    restored.fenced = "restored"

    restored.come()
    assert restored.said["resume"] is True
    restored.go_on(restored.ask())

    assert school.come() == "superseded"
    assert restored.come() == "ok"
    found = twins.open_twin(old.centre, "school-1").twin
    assert (found.kept, found.epoch) == (OTHER, 3)
    school.come()
    assert school.said["fork"] is True


def test_when_the_one_that_keeps_the_name_has_a_twin_again_somebody_chooses_anew(
    district: District,
) -> None:
    old = a_machine(district)
    school = old.copy(HASH)
    school.fenced = "restored"
    school.go_on(school.ask())
    school.send()
    school.come()
    again = school.copy(THIRD)
    assert old.come() == "superseded"
    assert twins.open_twin(old.centre, "school-1").twin.kept == HASH
    school.come()

    assert again.come() == "twin"

    found = twins.open_twin(old.centre, "school-1").twin
    assert (found.kept, found.epoch, len(found.machines)) == (None, 0, 3)
    assert school.come() == "twin"
    twins.keep(old.centre, "school-1", HASH, by="pornthip")
    assert school.ask("twin").epoch == 3


def test_of_two_with_one_code_the_one_that_has_parted_must_fork(district: District) -> None:
    school = a_machine(district)
    copy = school.copy(HASH, boot="77777777")
    school.office.write(EntryNoted(entry="x", action="ที่นี่"))
    school.send()
    school.come()
    copy.office.write(EntryNoted(entry="x", action="ที่อื่น"))
    copy.come()

    twins.keep(school.centre, "school-1", CODE, by="pornthip")

    assert school.come() == "twin"
    for one in (school, copy):
        one.come()
    assert school.said.get("resume") is True
    assert copy.said.get("fork") is True


def test_of_two_with_one_code_the_other_keeps_the_name_once_the_parted_one_has_left(
    district: District,
) -> None:
    school = a_machine(district)
    copy = school.copy(HASH, boot="77777777")
    school.office.write(EntryNoted(entry="x", action="ที่นี่"))
    school.send()
    copy.office.write(EntryNoted(entry="x", action="ที่อื่น"))
    assert (copy.come(), school.come()) == ("ok", "twin")
    copy.fenced = "diverged"
    copy.come()
    code = enrolment.make_fork_code(school.centre, "school-1", machine=CODE)
    copy.office.events.pop()
    assert _fork(copy, code.code) == "school-1-2"
    found = twins.open_twin(school.centre, "school-1").twin.machines
    assert [(one.boot, one.state) for one in found] == [("77777777", "forked"), (school.boot, "")]

    twins.keep(school.centre, "school-1", CODE, by="pornthip")
    school.come()

    assert school.said.get("resume") is True
    school.go_on(school.ask("twin"))
    assert twins.open_twins(school.centre) == []


def test_of_two_with_one_code_the_one_that_is_not_kept_gets_the_fork_code(
    district: District,
) -> None:
    school = a_machine(district)
    copy = school.copy(HASH, boot="77777777")
    copy.office.write(EntryNoted(entry="x", action="ที่อื่น"))
    assert (copy.come(), school.come()) == ("ok", "twin")
    school.office.write(EntryNoted(entry="x", action="ที่นี่"))
    school.send()
    for one in (copy, school):
        one.come()
    twins.keep(school.centre, "school-1", CODE, by="pornthip")
    assert [one.state for one in twins.open_twin(school.centre, "school-1").twin.machines] == [
        "", "kept",
    ]  # fmt: skip

    code = enrolment.make_fork_code(school.centre, "school-1", machine=CODE)
    copy.office.events.pop()

    assert _fork(copy, code.code) == "school-1-2"


def test_a_single_machine_whose_journal_has_parted_goes_on_under_a_new_name(
    district: District,
) -> None:
    """Its disk was set back, and it went on from there: nobody can keep the name."""
    school = a_machine(district)
    older = school.copy(HASH, boot=school.boot)
    school.office.write(EntryNoted(entry="x", action="ครั้งแรก"))
    school.send()
    school.come()
    older.office.write(EntryNoted(entry="x", action="ครั้งที่สอง"))
    older.fenced = "diverged"

    older.come()

    assert older.said.get("fork") is True
    with pytest.raises(CannotKeep):
        twins.keep(school.centre, "school-1", CODE, by="pornthip")
    code = enrolment.make_fork_code(school.centre, "school-1", machine=CODE)
    older.office.events.pop()
    assert _fork(older, code.code) == "school-1-2"
    assert twins.open_twins(school.centre) == []
    assert node_of(school.centre, "school-1").stopped == ""


def test_a_copy_made_on_purpose_can_be_given_a_name_of_its_own(district: District) -> None:
    school = a_machine(district)
    copy = school.copy()
    copy.fenced = "copied"
    code = enrolment.make_fork_code(school.centre, "school-1", node="school-1-annex")

    assert _fork(copy, code.code) == "school-1-annex"
    assert school.come() == "ok"
    assert twins.open_twins(school.centre) == []


def test_what_cannot_be_decided_is_said(pair: tuple[Machine, Machine], district: District) -> None:
    centre = district.centre
    district.office("area-1", size=0)

    for act in (twins.gone, lambda c, n, m: twins.keep(c, n, m, by="x")):
        with pytest.raises(NoTwin):
            act(centre, "area-1", CODE)
        for code in ("FFFF-FFFF", "3F8A", "", " ", "3f8a-07c2-99"):
            with pytest.raises(UnknownMachine):
                act(centre, "school-1", code)
    twins.keep(centre, "school-1", CODE, by="pornthip")
    for refused in (
        lambda: twins.gone(centre, "school-1", CODE),
        lambda: enrolment.make_fork_code(centre, "school-1", machine=CODE),
    ):
        with pytest.raises(KeepsName):
            refused()
    assert twins.keep(centre, "school-1", CODE, by="somebody else").kept_by == "pornthip"


def test_a_node_that_was_revoked_waits_for_nobody(pair: tuple[Machine, Machine]) -> None:
    directory.revoke(pair[0].centre, "school-1")

    assert twins.open_twins(pair[0].centre) == []
