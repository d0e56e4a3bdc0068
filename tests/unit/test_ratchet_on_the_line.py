"""Each contact shows the token of the one before: an old copy, a twin and a centre from yesterday
give themselves away at first sight, and a line that breaks is none of these."""

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_base.sqlite import rows
from saraban_node import appliance, meta
from saraban_node.appliance import Appliance
from saraban_node.errors import CentreStrange, CentreUnreachable, Fenced, JournalsDiverge
from saraban_node.identity import ratchet
from saraban_node.identity.errors import Superseded, TwinFound
from saraban_node.line import contact, deliveries, sync_state
from saraban_sync.number_events import CentreFellBehind
from tests.offices import HandClock, a_letter, an_office, events_of, register
from tests.played_centre import PlayedCentre


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Appliance]:
    made = an_office(tmp_path / "node")
    yield made
    made.close()


@pytest.fixture
def centre() -> PlayedCentre:
    return PlayedCentre()


def fenced(node: Appliance) -> str:
    with node.db.read() as cursor:
        return meta.get(cursor, meta.FENCED)


def a_copy(node: Appliance, folder: Path) -> Appliance:
    """The node's folder as it is, on another machine."""
    node.db.checkpoint()
    shutil.copytree(node.folder, folder)
    return appliance.open_appliance(folder, clock=HandClock())


def test_each_contact_shows_the_token_of_the_one_before(
    node: Appliance, centre: PlayedCentre
) -> None:
    line = centre.line(node)
    for _ in range(3):
        line.run_cycle()

    shown = [status["ratchet"] for status in centre.statuses]
    assert shown[0]["token"] == ""
    assert [one["token"] for one in shown[1:]] == [one["next"] for one in shown[:-1]]
    assert len({one["next"] for one in shown}) == 3
    assert all(len(one["next"]) == 32 for one in shown)


def test_a_contact_whose_answer_was_lost_is_repeated_with_the_same_tokens(
    node: Appliance, centre: PlayedCentre
) -> None:
    line = centre.line(node)
    line.run_cycle()
    for _ in range(3):
        centre.lose = "put"
        with pytest.raises(CentreUnreachable):
            line.run_cycle()
    line.run_cycle()
    line.run_cycle()

    tokens = [tuple(status["ratchet"].values()) for status in centre.statuses]
    assert len(set(tokens[1:5])) == 1
    assert tokens[5][0] == tokens[4][1]
    assert not fenced(node)


def test_a_token_is_on_the_disk_before_anybody_sees_it(
    node: Appliance, centre: PlayedCentre
) -> None:
    centre.lose = "put"
    with pytest.raises(CentreUnreachable):
        centre.line(node).run_cycle()

    with node.db.write() as write:
        assert ratchet.following(write) == centre.statuses[0]["ratchet"]["next"]


def test_a_status_says_who_and_how_far_this_database_is(
    node: Appliance, centre: PlayedCentre
) -> None:
    register(node, a_letter(1))
    with node.db.write() as write:
        meta.put(write, meta.MACHINE_HERE, "ab" * 32)
    centre.line(node).run_cycle()
    centre.line(node).run_cycle()

    first, second = centre.statuses
    assert (first["machine"], first["fenced"], first["epoch"]) == ("ab" * 32, "", 1)
    assert (first["held"], second["held"]) == ("", events_of(node)[-1].id)
    assert first["centre_behind"] is False


def test_of_two_copies_the_later_one_is_found_and_stops(
    node: Appliance, centre: PlayedCentre, tmp_path: Path
) -> None:
    centre.line(node).run_cycle()
    twin = a_copy(node, tmp_path / "copy")
    register(node, a_letter(1))
    centre.line(node).run_cycle()
    register(twin, a_letter(2))

    with pytest.raises(TwinFound):
        centre.line(twin).run_cycle()

    assert (fenced(node), fenced(twin)) == ("", meta.TWIN)
    with pytest.raises(Fenced):
        register(twin, a_letter(3))
    assert events_of(node)[-1].id in centre.journal
    twin.close()


def test_a_token_that_is_none_of_ours_means_another_machine(
    node: Appliance, centre: PlayedCentre
) -> None:
    centre.line(node).run_cycle()
    centre.current, centre.history = "f" * 32, set()

    with pytest.raises(TwinFound) as told:
        centre.line(node).run_cycle()

    assert fenced(node) == meta.TWIN
    assert "รหัสเครื่อง" in told.value.sentence("th")


@pytest.mark.parametrize(
    ("error", "wrong", "why"),
    [
        ("twin", TwinFound, meta.TWIN),
        ("superseded", Superseded, meta.SUPERSEDED),
        ("heal-first", CentreStrange, ""),
    ],
)
def test_what_the_centre_says_about_another_machine_is_believed(
    node: Appliance, centre: PlayedCentre, error: str, wrong: type[Exception], why: str
) -> None:
    centre.says = {"error": error, "reason": "seen elsewhere"}

    with pytest.raises(wrong):
        centre.line(node).run_cycle()

    assert fenced(node) == why


def test_a_centre_restored_from_yesterday_is_told_so_and_gets_everything_again(
    node: Appliance, centre: PlayedCentre
) -> None:
    line = centre.line(node)
    for n in range(3):
        register(node, a_letter(n))
        line.run_cycle()
    yesterday = copy.deepcopy(centre)
    for n in range(3, 6):
        register(node, a_letter(n))
        line.run_cycle()
    acknowledged = events_of(node)[-1].id
    yesterday.generation = 2

    yesterday.line(node).run_cycle()

    assert not fenced(node)
    assert [status["centre_behind"] for status in yesterday.statuses[-2:]] == [False, True]
    (fell,) = events_of(node, "centre.fell-behind")
    held = sorted(yesterday.journal)[sorted(yesterday.journal).index(fell.id) - 4]
    assert fell.body == CentreFellBehind(acknowledged=acknowledged, held=held, generation=2)
    assert sorted(yesterday.journal) == [event.id for event in events_of(node)]
    with node.db.read() as cursor:
        assert deliveries.known_stored(cursor) == fell.seq
        assert meta.get(cursor, meta.GENERATION) == "2"

    yesterday.line(node).run_cycle()
    assert len(events_of(node, "centre.fell-behind")) == 1


def test_a_centre_made_anew_is_noticed_by_what_it_does_not_hold(
    node: Appliance, centre: PlayedCentre
) -> None:
    register(node, a_letter(1))
    centre.line(node).run_cycle()
    known = events_of(node)[-1].id

    fresh = PlayedCentre(generation=2)
    fresh.line(node).run_cycle()

    (fell,) = events_of(node, "centre.fell-behind")
    assert fell.body == CentreFellBehind(acknowledged=known, held="", generation=2)
    assert sorted(fresh.journal) == [event.id for event in events_of(node)]


def test_a_line_that_breaks_after_the_centre_was_told_loses_nothing_of_the_finding(
    node: Appliance, centre: PlayedCentre
) -> None:
    line = centre.line(node)
    line.run_cycle()
    yesterday = copy.deepcopy(centre)
    line.run_cycle()  # a token further, and no event
    yesterday.lose = "get"
    with pytest.raises(CentreUnreachable):
        yesterday.line(node).run_cycle()
    assert not events_of(node, "centre.fell-behind")

    yesterday.line(node).run_cycle()
    yesterday.line(node).run_cycle()

    assert len(events_of(node, "centre.fell-behind")) == 1


def test_after_the_centre_fell_behind_the_mailbox_is_read_from_its_beginning(
    node: Appliance, centre: PlayedCentre
) -> None:
    centre.line(node).run_cycle()
    with node.db.write() as write:
        sync_state.put(write, sync_state.CURSOR + "mailbox-school-a", "77-g1")
        sync_state.put(write, contact.FELL_BEHIND, contact.FOUND)

    centre.line(node).run_cycle()

    with node.db.read() as cursor:
        assert sync_state.get(cursor, sync_state.CURSOR + "mailbox-school-a") == ""


def test_another_history_at_the_centre_stops_the_numbering(
    node: Appliance, centre: PlayedCentre, tmp_path: Path
) -> None:
    other = a_copy(node, tmp_path / "copy")
    register(node, a_letter(1))
    register(other, a_letter(2))
    centre.hold(events_of(other))
    other.close()

    with pytest.raises(JournalsDiverge):
        centre.line(node).run_cycle()

    assert fenced(node) == meta.DIVERGED


def test_a_stopped_twin_that_sees_another_history_says_so_from_then_on(
    node: Appliance, centre: PlayedCentre, tmp_path: Path
) -> None:
    other = a_copy(node, tmp_path / "other")
    register(other, a_letter(1))
    centre.line(other).run_cycle()
    other.close()
    register(node, a_letter(2))
    with node.db.write() as write:
        meta.fence(write, meta.TWIN)
    centre.says["resume"] = True

    with pytest.raises(JournalsDiverge):
        centre.line(node).run_cycle()

    assert fenced(node) == meta.DIVERGED


def test_only_as_many_tokens_are_kept_as_a_restored_centre_may_be_old(
    node: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratchet, "NODE_REMEMBERS", 200)
    with node.db.write() as write:
        for n in range(250):
            ratchet.answered(write, f"{n:032x}")
        kept = rows(write.cursor, "SELECT token FROM ratchet ORDER BY place")
        assert ratchet.knows(write.cursor, f"{50:032x}")
        assert not ratchet.knows(write.cursor, f"{49:032x}")
        assert not ratchet.knows(write.cursor, "")

    assert len(kept) == 200
