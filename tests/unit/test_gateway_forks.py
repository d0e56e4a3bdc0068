"""A fork: one of two machines with one name goes on under its own, from what both have."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from saraban_central import enrolment
from saraban_central.enrolment import Fork
from saraban_central.errors import BadCode
from saraban_central.gateway.former import take_in
from saraban_central.identity.errors import BaseUnknown
from saraban_sync import grants
from saraban_sync.admission import Verdict
from saraban_sync.events import EntryNoted, Event, write_event
from saraban_sync.ids import NodeId
from saraban_sync.journal_events import JournalForked
from saraban_sync.signing import SigningKey
from saraban_sync.wire import DIRECTORY, signed
from tests.central_district import District, Office
from tests.played_machine import Machine, a_machine, noted, push, raw, verdicts
from tests.served_centre import journal_ids

ADMITTED, KNOWN, PENDING_, REFUSED = (
    Verdict.ADMITTED, Verdict.KNOWN, Verdict.PENDING, Verdict.REFUSED,
)  # fmt: skip


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture
def school(district: District) -> Machine:
    return a_machine(district, size=20)


class _Forked:
    """A machine that went on under a new name."""

    def __init__(self, machine: Machine, base: Event, **more: object) -> None:
        centre = machine.centre
        code = enrolment.make_fork_code(centre, machine.office.node)
        self.key = SigningKey.generate()
        self.fork = Fork(
            node=machine.office.node, base=base.id, base_hash=base.hash, **more,  # type: ignore[arg-type] # named freely
        )  # fmt: skip
        self.done = enrolment.enrol(centre, code=code.code, key=self.key.public, fork=self.fork)
        self.node = self.done.node
        old = machine.office
        self.office = Office(
            centre, old.clock, NodeId(self.node.node), old.code, self.key,
            epoch=self.node.epoch, seq=old.seq, prev=old.prev,
        )  # fmt: skip
        self.event = self.office.write(
            JournalForked(
                office=old.code, key=self.key.public, program="0.1.0", origin=old.node,
                base=base.id,
            )
        )  # fmt: skip


def _twins_apart(school: Machine) -> tuple[Machine, Event, list[Event]]:
    """Two machines that have parted; gives the copy, their last common event, its own ones."""
    base = school.office.events[-1]
    copy = school.copy()
    school.office.do(EntryNoted(entry="0001-0000000001", action="ที่นี่"))
    own = [noted(copy, text) for text in "กขค"]
    return copy, base, own


def test_a_forked_journal_begins_with_what_was_written_under_the_old_name(school: Machine) -> None:
    copy, base, own = _twins_apart(school)
    forked = _Forked(copy, base)
    later = forked.office.write(EntryNoted(entry="0001-0000000001", action="ชื่อใหม่"))

    first = push(school.centre, forked.node.node, [later, forked.event])
    second = push(school.centre, forked.node.node, own)

    assert verdicts(first) == [PENDING_, PENDING_]
    assert verdicts(second) == [ADMITTED] * 3
    held = journal_ids(forked.office)
    assert held == [*(one.id for one in own), forked.event.id, later.id]
    assert (forked.node.node, forked.node.epoch, forked.node.office) == (
        "school-1-2",
        2,
        "school-1",
    )
    assert not forked.node.registry


def test_a_fork_without_own_events_begins_right_after_the_common_one(school: Machine) -> None:
    base = school.office.events[-1]
    forked = _Forked(school.copy(), base)

    assert verdicts(push(school.centre, forked.node.node, [forked.event])) == [ADMITTED]


def test_in_a_forked_journal_nobody_elses_events_are_taken(school: Machine) -> None:
    copy, base, own = _twins_apart(school)
    forked = _Forked(copy, base)
    shared = school.office.events[-3]
    stranger = write_event(
        SigningKey.generate(), EntryNoted(entry="x", action="ปลอม"), node=NodeId("school-1"),
        epoch=1, seq=own[0].seq, prev=base.hash, at=own[0].at, clock=own[0].clock,
        actor=own[0].actor,
    )  # fmt: skip

    outcomes = push(
        school.centre, forked.node.node, [stranger, shared, base, school.office.events[-1]]
    )

    assert [one.reason.partition(":")[0] for one in outcomes[:2]] == ["signature", "chain"]
    assert outcomes[2].verdict is KNOWN
    assert outcomes[3].verdict is ADMITTED, "signed by the old name: as good as the copy's own"


def test_a_journal_under_the_old_name_takes_nothing_from_the_new_one(school: Machine) -> None:
    copy, base, _ = _twins_apart(school)
    forked = _Forked(copy, base)

    (outcome,) = push(school.centre, "school-1", [forked.event])

    assert outcome.reason.startswith("signature:")


def test_the_epoch_of_a_fork_is_above_all_that_the_old_name_had(school: Machine) -> None:
    copy = school.copy()
    base = school.office.events[-1]
    school.fenced = "restored"
    school.go_on(school.ask())
    school.send()
    copy.begin_epoch(2, by_hand=True)
    copy.begin_epoch(3, by_hand=True)
    own = copy.office.events[-2:]

    forked = _Forked(copy, base, epoch=3)

    assert forked.node.epoch == 4
    assert verdicts(push(school.centre, forked.node.node, [*own, forked.event])) == [ADMITTED] * 3


def test_the_directory_says_where_a_forked_node_comes_from(school: Machine) -> None:
    base = school.office.events[-1]
    forked = _Forked(school.copy(), base)

    last = school.centre.store.page(DIRECTORY, descending=True, limit=1)[0]
    entry = grants.read_entry(signed(last), school.centre.key.public)
    assert (entry.code, entry.epoch, entry.origin) == (forked.node.node, 2, "school-1")
    assert (entry.base, entry.base_hash) == (base.id, base.hash)


def test_a_fork_needs_a_fork_code_and_a_fork_code_a_fork(school: Machine) -> None:
    centre, base = school.centre, school.office.events[-1]
    fork = Fork(node="school-1", base=base.id, base_hash=base.hash)
    plain = enrolment.make_code(centre, "school-1").code
    key = SigningKey.generate().public
    with pytest.raises(BadCode):
        enrolment.enrol(centre, code=plain, key=key, fork=fork)

    code = enrolment.make_fork_code(centre, "school-1").code
    with pytest.raises(BadCode):
        enrolment.enrol(centre, code=code, key=key)
    other = Fork(node="school-9", base=base.id, base_hash=base.hash)
    with pytest.raises(BadCode):
        enrolment.enrol(centre, code=code, key=key, fork=other)
    for event, hash_ in (("0001-0000000999", base.hash), (base.id, "0" * 64)):
        wrong = Fork(node="school-1", base=event, base_hash=hash_)
        with pytest.raises(BaseUnknown):
            enrolment.enrol(centre, code=code, key=key, fork=wrong)

    assert enrolment.enrol(centre, code=code, key=key, fork=fork).node.origin == "school-1"
    again = enrolment.enrol(centre, code=code, key=key, fork=fork)
    assert again.node.node == "school-1-2"


def test_what_only_a_forked_machine_still_has_of_its_former_life_comes_again(
    district: District, school: Machine
) -> None:
    for text in "กข":
        school.send(noted(school, text))
    copy, base, own = _twins_apart(school)
    forked = _Forked(copy, base)
    machine = Machine(forked.office, machine=copy.machine, boot=copy.boot)
    assert "former" not in _said(machine)
    push(school.centre, forked.node.node, [*own, forked.event])
    shared = school.office.events[: base.seq]
    district.lose_events(school.office, base.seq - 1, 99)  # the centre was set back

    said = _said(machine)["former"]
    again = take_in(school.centre, forked.node, [raw(one) for one in [own[0], *shared[-3:]]])

    assert said == {"after": shared[-3].id, "hash": shared[-3].hash}
    assert [(one.id, one.verdict) for one in again] == [
        (own[0].id, KNOWN), (shared[-3].id, KNOWN), (shared[-2].id, ADMITTED),
        (base.id, ADMITTED),
    ]  # fmt: skip
    assert journal_ids(school.office) == [one.id for one in shared]
    assert "former" not in _said(machine)


def test_nobody_writes_into_the_journal_of_the_former_name_but_what_was_signed_there(
    district: District, school: Machine
) -> None:
    copy, base, _ = _twins_apart(school)
    forked = _Forked(copy, base)
    before = school.office.events[base.seq - 2]
    district.lose_events(school.office, base.seq, 99)
    forged = write_event(
        forked.key, EntryNoted(entry="x", action="ปลอม"), node=NodeId("school-1"), epoch=1,
        seq=base.seq, prev=before.hash, at=base.at, clock=base.clock, actor=base.actor,
    )  # fmt: skip

    outcomes = take_in(school.centre, forked.node, [raw(forged)])

    assert verdicts(outcomes) == [REFUSED]
    assert journal_ids(school.office)[-1] == before.id


def _said(machine: Machine) -> dict[str, Any]:
    """Let a machine come by; gives the centre's answer."""
    assert machine.come() == "ok"
    return machine.said
