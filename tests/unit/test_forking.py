"""One of two machines with one name gets a name of its own, and nothing either wrote is lost."""

import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from saraban_node import appliance, journal, keys, meta, projections
from saraban_node.appliance import Appliance
from saraban_node.books import letters
from saraban_node.errors import CentreUnreachable, NoRangeLeft, ReservationOver
from saraban_node.identity import forking
from saraban_node.identity.errors import ForkRefused, NotFenced, Renamed, TwinFound
from saraban_node.line import outbox, strict
from saraban_node.line.syncer import Syncer
from saraban_node.line.transport import Centre
from saraban_node.numbering import numbers, requests, reservations
from saraban_sync import admission
from saraban_sync.admission import Origin, Verdict
from saraban_sync.errors import BrokenChain
from saraban_sync.events import Event
from saraban_sync.ids import EventId, NodeId
from saraban_sync.journal_events import JournalForked
from saraban_sync.number_events import RangeRequested
from saraban_sync.registers import Register, thai_date
from saraban_sync.wire import event_document
from tests.offices import (
    CENTRE_KEY,
    SOMSRI,
    YEAR,
    HandClock,
    Numbers,
    a_letter,
    an_office,
    events_of,
    grant,
    register,
)
from tests.played_centre import PlayedCentre
from tests.promises import kept

WELCOME = {
    "node": "school-a-2", "office": "school-a", "office_name": "โรงเรียนบ้านดอย",
    "prefix": "ศธ 04123.45", "secret": "n" * 43, "centre_key": CENTRE_KEY.public, "epoch": 5,
    "generation": 3,
}  # fmt: skip


@dataclass
class Twins:
    """Two machines that came from one folder; the second one has three letters of its own."""

    keeper: Appliance
    loser: Appliance
    centre: PlayedCentre

    def fork(self, node: Appliance | None = None) -> Appliance:
        """Fork the losing machine and open it under its new name."""
        node = node or self.loser
        self.centre.line(node).fork("abcd-efgh-jkmn-pqrs", actor=SOMSRI)
        node.close()
        self.loser = appliance.open_appliance(node.folder, clock=HandClock())
        return self.loser


@pytest.fixture
def twins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Twins]:
    centre = PlayedCentre(welcome=dict(WELCOME))
    monkeypatch.setattr(strict, "post_once", centre.enrol)
    keeper = an_office(
        tmp_path / "keeper",
        ranges=[Numbers(Register.INCOMING, YEAR, last=100)],
        settings={"centre_url": "http://centre.test"},
    )
    for n in range(4):
        register(keeper, a_letter(n))
    centre.line(keeper).run_cycle()
    keeper.db.checkpoint()
    shutil.copytree(keeper.folder, tmp_path / "loser")
    loser = appliance.open_appliance(tmp_path / "loser", clock=HandClock())
    for n in range(2):
        register(keeper, a_letter(n))
    centre.line(keeper).run_cycle()
    for n in range(3):
        register(loser, a_letter(20 + n))
    with pytest.raises(TwinFound):
        centre.line(loser).run_cycle()
    made = Twins(keeper, loser, centre)
    yield made
    made.keeper.close()
    made.loser.close()


def why(node: Appliance) -> str:
    with node.db.read() as cursor:
        return meta.get(cursor, meta.FENCED)


def test_the_forked_machine_has_a_new_name_and_key_and_all_it_wrote(twins: Twins) -> None:
    before = events_of(twins.loser)
    old_key = twins.loser.journal.key.public

    node = twins.fork()

    assert (node.node, node.office, why(node)) == ("school-a-2", "school-a", "")
    assert node.journal.key.public != old_key
    assert keys.load_centre_secret(node.keys, node.node) == "n" * 43
    assert [e.payload for e in events_of(node)][: len(before)] == [e.payload for e in before]
    skipped, forked, *_ = events_of(node)[len(before) :]
    assert (skipped.node, skipped.body.why) == ("school-a", "forked")  # type: ignore[union-attr]
    shared = events_of(twins.keeper)[len(before) - 4]
    assert forked.body == JournalForked(
        office="school-a", key=node.journal.key.public, program=appliance.PROGRAM,
        origin="school-a", base=shared.id,
    )  # fmt: skip
    assert (forked.id, forked.prev) == (f"0005-{forked.seq:010d}", skipped.hash)


def test_what_both_share_is_said_exactly(twins: Twins) -> None:
    shared = events_of(twins.loser)[-4]
    assert events_of(twins.keeper)[shared.seq - 1].hash == shared.hash

    twins.fork()

    asked = twins.centre.enrolled[0]
    assert asked["code"] == "abcd-efgh-jkmn-pqrs"
    assert asked["fork"] == {
        "node": "school-a", "base": shared.id, "base_hash": shared.hash, "epoch": 1, "machine": "",
    }  # fmt: skip


@pytest.mark.parametrize("held", [0, 1, 2, 99, 100, 101, 199, 250])
def test_the_last_shared_event_is_found_in_a_long_journal(tmp_path: Path, held: int) -> None:
    node = an_office(tmp_path / "node", ranges=[Numbers(Register.INCOMING, YEAR, last=300)])
    for n in range(248):
        register(node, a_letter(n))
    all_of_it = events_of(node)
    assert len(all_of_it) == 250
    centre = PlayedCentre()
    centre.hold(all_of_it[:held])

    found = forking.shared(node, Centre(centre, node="school-a"))

    assert found == (all_of_it[held - 1].id if held else None)
    node.close()


def test_numbers_of_the_old_name_are_given_up_and_new_ones_are_asked_for(twins: Twins) -> None:
    node = twins.fork()

    with node.db.read() as cursor:
        (gap,) = numbers.gaps(cursor, Register.INCOMING, YEAR)
        assert (gap.first, gap.last, gap.why) == (8, 100, "forked")
        assert not [one for one in numbers.held(cursor) if one.open]
    with pytest.raises(NoRangeLeft):
        register(node, a_letter(1))
    grant(node, Numbers(Register.INCOMING, YEAR, first=201, last=300))
    assert register(node, a_letter(1)).number == 201
    kept(node)


def test_a_forked_machine_asks_at_once_for_numbers_of_its_own_also_for_the_coming_year(
    twins: Twins,
) -> None:
    node = twins.fork()

    asked = [event for event in events_of(node, "range.requested") if event.node == node.node]
    assert [_book(event) for event in asked] == [
        (Register.INCOMING, YEAR), (Register.INCOMING, YEAR + 1)
    ]  # fmt: skip
    assert all(_size(event) >= 500 for event in asked)


def test_what_was_asked_under_the_old_name_is_asked_again_under_the_new_one(
    twins: Twins,
) -> None:
    """The centre answers the old name only; a machine that waited for it would have no numbers."""
    keeper = twins.keeper
    with keeper.db.write() as write:
        requests.ask(
            write, keeper.journal, keeper.config, register=Register.INCOMING, year=YEAR,
            actor=SOMSRI,
        )  # fmt: skip
        meta.fence(write, meta.TWIN)
    node = twins.fork(keeper)

    asked = [(event.node, *_book(event)) for event in events_of(node, "range.requested")]
    assert asked[0] == ("school-a", Register.INCOMING, YEAR)
    assert ("school-a-2", Register.INCOMING, YEAR) in asked[1:]
    with node.db.write() as write:
        before = list(requests.open_requests(write.cursor, now=write.now))
        projections.rebuild(write)
        assert list(requests.open_requests(write.cursor, now=write.now)) == before


def _book(event: Event) -> tuple[Register, int]:
    assert isinstance(event.body, RangeRequested)
    return event.body.register, event.body.year


def _size(event: Event) -> int:
    assert isinstance(event.body, RangeRequested)
    return event.body.size


def test_a_forked_journal_is_good_and_a_changed_one_is_not(twins: Twins, tmp_path: Path) -> None:
    node = twins.fork()
    grant(node, Numbers(Register.INCOMING, YEAR, first=201, last=300))
    register(node, a_letter(1))
    key = node.journal.key.public

    with node.db.read() as cursor:
        assert journal.verify(cursor, node=node.node, key=key) == len(events_of(node))
        with pytest.raises(BrokenChain):
            journal.verify(cursor, node=NodeId("school-a"), key=key)
        with pytest.raises(BrokenChain):
            journal.verify(cursor, node=node.node, key=twins.keeper.journal.key.public)
    with node.db.write() as write:
        for (trigger,) in list(
            write.cursor.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        ):
            write.cursor.execute(f"DROP TRIGGER {trigger}")
        write.cursor.execute("UPDATE journal SET payload = replace(payload, 'กำหนด', 'กำกวม')")
        with pytest.raises(BrokenChain):
            journal.verify(write.cursor, node=node.node, key=key)


def test_its_journal_goes_to_the_centre_from_where_both_parted(twins: Twins) -> None:
    node = twins.fork()
    grant(node, Numbers(Register.INCOMING, YEAR, first=201, last=300))
    register(node, a_letter(1))
    base = events_of(node)[-1].seq - 8
    fresh = PlayedCentre()

    fresh.line(node).run_cycle()
    fresh.line(node).run_cycle()

    sent = [event for event in events_of(node) if event.id in fresh.journal]
    assert [event.seq for event in sent] == list(range(base, events_of(node)[-1].seq + 1))
    assert fresh.statuses[0]["ratchet"]["token"] == ""
    with node.db.read() as cursor:
        assert outbox.waiting_events(cursor) == 0


def test_it_brings_again_what_the_centre_has_lost_of_the_life_before(twins: Twins) -> None:
    node = twins.fork()
    first, second = events_of(node)[:2]
    base = next(one.body.base for one in events_of(node, "journal.forked"))  # type: ignore[union-attr]
    lost = {one.id for one in events_of(node) if first.id < one.id <= base}
    fresh = PlayedCentre(says={"former": {"after": first.id, "hash": first.hash}})

    fresh.line(node).run_cycle()

    assert second.id in lost <= fresh.journal.keys()
    assert first.id not in fresh.journal


@pytest.mark.parametrize(
    "said",
    [
        {"after": "0001-0000000001", "hash": "0" * 64},
        {"after": "0009-0000000001", "hash": "0" * 64},
        {"after": "../x", "hash": "0" * 64},
        {"after": 7},
        "all of it",
    ],
)
def test_of_a_former_life_that_another_machine_leads_nothing_is_brought(
    twins: Twins, said: object
) -> None:
    node = twins.fork()
    base = next(one.body.base for one in events_of(node, "journal.forked"))  # type: ignore[union-attr]
    fresh = PlayedCentre(says={"former": said})

    fresh.line(node).run_cycle()

    assert min(fresh.journal) > base


def test_the_centres_door_admits_the_forked_journal(twins: Twins) -> None:
    old_key = twins.keeper.journal.key.public
    node = twins.fork()
    forked = events_of(node, "journal.forked")[0]
    base = events_of(node)[forked.seq - 6]
    assert forked.body.base == base.id  # type: ignore[union-attr]
    head = admission.Head(base.epoch, base.seq, base.hash)
    known = {base.id: base.hash}

    for event in events_of(node)[base.seq :]:
        judged = admission.judge(
            event_document(event), node=node.node, key=node.journal.key.public, epoch=5,
            head=head, known=lambda name: known.get(EventId(name)),
            origin=Origin(NodeId("school-a"), old_key, admission.Head(*head)),
        )  # fmt: skip
        assert judged.verdict is Verdict.ADMITTED, judged
        head = admission.Head(event.epoch, event.seq, event.hash)
        known[event.id] = event.hash


def test_a_machine_that_numbers_as_usual_is_not_forked(twins: Twins) -> None:
    with pytest.raises(NotFenced):
        twins.centre.line(twins.keeper).fork("abcd", actor=SOMSRI)

    assert not twins.centre.enrolled


@pytest.mark.parametrize(
    "wrong",
    [
        {"office": "school-b"},
        {"node": "school-a"},
        {"node": "../etc"},
        {"epoch": 1},
        {"centre_key": "x" * 43},
    ],
)
def test_an_answer_that_does_not_fit_changes_nothing(twins: Twins, wrong: dict[str, Any]) -> None:
    twins.centre.welcome |= wrong
    before = events_of(twins.loser)

    with pytest.raises(ForkRefused):
        twins.fork()

    assert events_of(twins.loser) == before
    assert why(twins.loser) == meta.TWIN


def test_a_lost_answer_is_asked_for_again_with_the_same_key(twins: Twins) -> None:
    twins.centre.lose = "enrol"
    with pytest.raises(CentreUnreachable):
        twins.fork()
    assert why(twins.loser) == meta.TWIN

    node = twins.fork()

    first, second = (asked["key"] for asked in twins.centre.enrolled)
    assert first == second == node.journal.key.public


def test_a_copy_of_a_machine_that_waited_for_its_new_name_takes_another_key(twins: Twins) -> None:
    """The first one's name came with the key that waits in both folders."""
    twins.centre.lose = "enrol"
    with pytest.raises(CentreUnreachable):
        twins.fork()
    waiting = twins.centre.enrolled[0]["key"]
    twins.centre.taken.add(waiting)

    node = twins.fork()

    assert node.node == "school-a-2"
    assert node.journal.key.public != waiting


def test_a_program_still_open_under_the_old_name_writes_nothing(twins: Twins) -> None:
    old = appliance.open_appliance(twins.loser.folder, clock=HandClock())
    twins.fork()

    first = events_of(old, "letter.registered")[0].id
    with pytest.raises(Renamed), old.db.write() as write:
        letters.void_entry(write, old.journal, first, reason="พิมพ์ผิด", actor=SOMSRI)
    old.close()


def test_an_exchange_still_running_under_the_old_name_does_nothing(twins: Twins) -> None:
    old = twins.centre.line(appliance.open_appliance(twins.loser.folder, clock=HandClock()))
    told: list[str] = []
    line = Syncer(
        twins.loser,
        connect=lambda node: Centre(twins.centre, node=node.node),
        renamed=lambda: told.append("open me again"),
    )
    line.fork("abcd-efgh-jkmn-pqrs")
    seen = len(twins.centre.statuses)

    with pytest.raises(Renamed):
        old.run_cycle()

    assert told == ["open me again"]
    assert len(twins.centre.statuses) == seen
    with twins.loser.db.read() as cursor:
        assert not meta.get(cursor, meta.FENCED)


def test_a_forked_machine_can_be_forked_again(twins: Twins) -> None:
    node = twins.fork()
    with node.db.write() as write:
        meta.fence(write, meta.TWIN)
    twins.centre.welcome |= {"node": "school-a-3", "epoch": 9}
    # A node's journal begins at the centre after what stands in the one of its old name.
    twins.centre.journal.clear()

    again = twins.fork(node)

    assert again.node == "school-a-3"
    first, second = (one["fork"] for one in twins.centre.enrolled)
    assert second["base"] == first["base"], "nothing came under the name between"
    with again.db.read() as cursor:
        journal.verify(cursor, node=again.node, key=again.journal.key.public)
    assert len(events_of(again, "journal.forked")) == 2


def _die_forking(folder: str, welcome: dict[str, Any], held: list[Any], step: str) -> None:
    """Fork in a process of its own that is killed at a step."""
    node = appliance.open_appliance(Path(folder), clock=HandClock())
    centre = PlayedCentre(welcome=welcome)
    centre.journal = {doc["_id"]: doc for doc in held}
    strict.post_once = centre.enrol

    def killed(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if step == "asked":
        strict.post_once = killed  # type: ignore[assignment]
    elif step == "secrets":
        forking._rename = killed
    else:
        project = node.journal.project

        def projected(write: Any, event: Any) -> None:
            project(write, event)
            if event.type == step:
                killed()

        object.__setattr__(node.journal, "project", projected)
    if step == "done":
        Path.unlink = killed  # type: ignore[method-assign]
    centre.line(node).fork("abcd-efgh-jkmn-pqrs")


@pytest.mark.parametrize("step", ["asked", "secrets", "numbers.skipped", "journal.forked", "done"])
def test_killed_at_any_step_a_fork_is_finished_by_doing_it_again(twins: Twins, step: str) -> None:
    before = events_of(twins.loser)
    twins.loser.db.checkpoint()
    held = list(twins.centre.journal.values())

    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(
        target=_die_forking, args=(str(twins.loser.folder), dict(WELCOME), held, step)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL

    twins.loser.close()
    twins.loser = appliance.open_appliance(twins.loser.folder, clock=HandClock())
    if step == "done":
        assert twins.loser.node == "school-a-2"
    else:
        assert (twins.loser.node, events_of(twins.loser)) == ("school-a", before)
        twins.fork()
    with twins.loser.db.read() as cursor:
        journal.verify(cursor, node=twins.loser.node, key=twins.loser.journal.key.public)
    assert len(events_of(twins.loser, "journal.forked")) == 1
    kept(twins.loser)


def test_a_number_reserved_before_the_copy_is_finished_on_neither_machine_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine that keeps the name may have finished it; the other one gives it up."""
    centre = PlayedCentre(welcome=dict(WELCOME))
    monkeypatch.setattr(strict, "post_once", centre.enrol)
    keeper = an_office(
        tmp_path / "keeper",
        ranges=[Numbers(Register.OUTGOING, YEAR, last=100)],
        settings={"centre_url": "http://centre.test"},
    )
    with keeper.db.write() as write:
        reserved = reservations.reserve(
            write, keeper.journal, register=Register.OUTGOING, holder="ครูมะลิ", purpose="ขอเลข",
            expires=thai_date(write.now), actor=SOMSRI,
        )  # fmt: skip
    centre.line(keeper).run_cycle()
    keeper.db.checkpoint()
    shutil.copytree(keeper.folder, tmp_path / "loser")
    loser = appliance.open_appliance(tmp_path / "loser", clock=HandClock())
    letter = a_letter(1, Register.OUTGOING, reservation=reserved.id)
    assert register(keeper, letter).number == 1
    centre.line(keeper).run_cycle()
    register(loser, a_letter(2, Register.OUTGOING))
    with pytest.raises(TwinFound):
        centre.line(loser).run_cycle()
    centre.line(loser).fork("abcd-efgh-jkmn-pqrs", actor=SOMSRI)
    loser.close()
    loser = appliance.open_appliance(loser.folder, clock=HandClock())

    with pytest.raises(ReservationOver):
        register(loser, letter)

    (ended,) = events_of(loser, "reservation.ended")
    assert (ended.node, ended.actor) == ("school-a", SOMSRI)
    kept(loser)
    keeper.close()
    loser.close()
