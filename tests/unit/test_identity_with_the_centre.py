"""Restored, copied and twin machines against the real centre: no number twice and none lost."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from saraban_base.sqlite import rows
from saraban_central import directory, enrolment
from saraban_central.centre import Centre, make_centre, open_centre
from saraban_central.config import CentralConfig
from saraban_central.identity import twins
from saraban_central.numbering import grants
from saraban_central.post.router import Router
from saraban_central.records import SET_ASIDE
from saraban_node import appliance, meta
from saraban_node.app import build_app
from saraban_node.appliance import Appliance
from saraban_node.books import entries, history, letters
from saraban_node.books.entries import Entry
from saraban_node.errors import NoRangeLeft
from saraban_node.identity import fence, lifting, ratchet
from saraban_node.identity.errors import CentreDecides, Superseded, TwinFound
from saraban_node.identity.fence import Lift
from saraban_node.identity.machine import Machine
from saraban_node.line import colleagues, sync_state
from saraban_node.line import enrolment as joining
from saraban_node.line.syncer import Syncer
from saraban_node.numbering import numbers
from saraban_node.numbering.numbers import Gap
from saraban_node.people import ADMINISTRATOR, CLERK
from saraban_sync.registers import Register
from saraban_sync.wire import journal_database
from tests import web_office
from tests.offices import SOMSRI, YEAR, HandClock, a_letter, events_of, register
from tests.promises import kept
from tests.served_centre import serving
from tests.web_office import CHEAP, WebOffice, add, browsing

IN = (Register.INCOMING, YEAR)
HOME, AWAY = Machine("a" * 64), Machine("b" * 64)


@dataclass
class World:
    """A centre with one school, and what can happen to their machines."""

    folder: Path
    centre: Centre
    url: str
    clock: HandClock
    node: Appliance
    nodes: list[Appliance] = field(default_factory=list)

    def works(self, count: int, node: Appliance | None = None) -> list[int]:
        """Register letters; gives their numbers."""
        return [register(node or self.node, a_letter(n)).number for n in range(count)]

    def exchanges(self, node: Appliance | None = None) -> None:
        """Exchange, and let the centre do its work."""
        Syncer(node or self.node).run_cycle()
        Router(self.centre).run()

    def copies(self, name: str) -> Path:
        """Copy the node's folder as it is now."""
        self.node.db.checkpoint()
        shutil.copytree(self.node.folder, self.folder / name)
        return self.folder / name

    def opens(self, folder: Path, machine: Machine | None = None) -> Appliance:
        found = appliance.open_appliance(folder, clock=self.clock, machine=machine)
        self.nodes.append(found)
        return found

    def restores(self, folder: Path) -> Appliance:
        """Bring yesterday's copy back as the restore command does."""
        node = self.opens(folder)
        with node.db.write() as write:
            meta.fence(write, meta.RESTORED)
            meta.remove(write, meta.MACHINE)
            meta.remove(write, meta.MACHINE_HERE)
            ratchet.forget(write)
            sync_state.forget(write)
        node.close()
        self.node.close()
        self.node = self.opens(folder, AWAY)
        return self.node

    def at_the_centre(self, name: str = "school-a") -> list[str]:
        found = self.centre.store.page(journal_database(name), limit=1_000)
        return [document.id for document in found]

    def gaps(self, node: Appliance | None = None) -> list[Gap]:
        with (node or self.node).db.read() as cursor:
            return numbers.gaps(cursor, *IN)

    def why(self, node: Appliance | None = None) -> str:
        with (node or self.node).db.read() as cursor:
            return meta.get(cursor, meta.FENCED)

    def stated(self, paper: int | None = None, **more: bool) -> Lift:
        return Lift(actor=SOMSRI, paper={IN: paper}, **{"alone": True, **more})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = HandClock()
    centre = make_centre(tmp_path / "centre", CentralConfig(), clock=clock)
    directory.add_office(centre, "school-a", name="โรงเรียนบ้านดอย", prefix="ศธ 04123.45")
    with serving(centre) as url:
        code = enrolment.make_code(centre, "school-a").code
        joining.join(tmp_path / "node", url=url, code=code, clock=clock).close()
        grants.grant(centre, "school-a", *IN, size=60)
        node = appliance.open_appliance(tmp_path / "node", clock=clock, machine=HOME)
        made = World(tmp_path, centre, url, clock, node, [node])
        made.exchanges()
        yield made
        for one in made.nodes:
            one.close()
    centre.close()


def test_a_restored_office_heals_and_goes_on_with_a_line(world: World) -> None:
    world.works(4)
    world.exchanges()
    yesterday = world.copies("yesterday")
    world.works(3)
    world.exchanges()
    world.restores(yesterday)
    world.exchanges()
    assert world.why() == meta.RESTORED

    lifted = Syncer(world.node).lift(world.stated(7))

    assert (lifted.epoch, world.works(1)) == (2, [28])
    world.exchanges()
    world.exchanges()
    assert world.at_the_centre() == [event.id for event in events_of(world.node)]
    assert directory.node(world.centre.store, "school-a").value.epoch == 2
    kept(world.node)


def test_an_office_restored_with_no_line_gives_no_number_twice_and_explains_the_gap(
    world: World,
) -> None:
    yesterday = world.copies("yesterday")
    lost = world.works(5)
    world.exchanges()
    world.restores(yesterday)

    lifting.lift_by_hand(world.node, world.stated(3))  # the last two letters were not on the desk
    again = world.works(2)
    for _ in range(3):
        world.exchanges()

    assert not set(lost) & set(again)
    (gap,) = world.gaps()
    assert (gap.first, gap.last, gap.guard) == (1, 23, 20)
    assert sorted(one.first for one in gap.explanations) == lost
    assert all("ก่อนฐานข้อมูลถูกกู้คืน" in one.text for one in gap.explanations)
    assert not fence_view(world).unclaimed
    assert len(world.at_the_centre()) == len(events_of(world.node)) + len(lost)
    kept(world.node)


def fence_view(world: World) -> fence.FenceView:
    with world.node.db.read() as cursor:
        return fence.status(world.node, cursor)


def test_a_copied_folder_is_moved_to_its_new_machine_and_the_old_one_stops(world: World) -> None:
    world.works(2)
    world.exchanges()
    copy = world.opens(world.copies("copy"), AWAY)
    assert world.why(copy) == meta.COPIED

    Syncer(copy).lift(world.stated(alone=False))  # nobody is sure that the old machine is off
    with pytest.raises(Superseded):
        world.exchanges()

    assert (world.why(), world.why(copy)) == (meta.SUPERSEDED, "")
    assert [(gap.first, gap.last) for gap in world.gaps(copy)] == [(3, 60)]
    world.exchanges(copy)


def test_two_machines_that_number_under_one_name_are_found_at_the_first_contact_of_both(
    world: World,
) -> None:
    world.works(2)
    world.exchanges()
    twin = world.opens(world.copies("twin"))
    ours, theirs = world.works(2), world.works(3, twin)
    assert set(ours) & set(theirs)  # this is what must come to light
    world.exchanges()

    with pytest.raises(TwinFound):
        world.exchanges(twin)
    with pytest.raises(TwinFound):
        world.exchanges()

    assert (world.why(), world.why(twin)) == (meta.TWIN, meta.TWIN)
    with pytest.raises(CentreDecides):
        Syncer(world.node).lift(world.stated(4))


def test_the_machine_that_the_centre_chooses_goes_on_in_a_new_epoch(world: World) -> None:
    world.works(2)
    world.exchanges()
    twin = world.opens(world.copies("twin"))
    world.works(2)
    world.works(3, twin)
    world.exchanges()
    with twin.db.write() as write:
        meta.put(write, meta.MACHINE_HERE, AWAY.hash)
    for node in (twin, world.node):
        with pytest.raises(TwinFound):
            world.exchanges(node)
    for node in (twin, world.node):
        world.exchanges(node)

    twins.keep(world.centre, "school-a", HOME.code, by="admin")
    lifted = Syncer(world.node).lift(world.stated(4))

    assert (lifted.epoch, world.why()) == (2, "")
    assert [(gap.first, gap.last, gap.why) for gap in world.gaps()] == [(5, 60, "twin")]
    world.exchanges(twin)
    with twin.db.read() as cursor:
        assert fence.said(cursor) == "fork"
    world.exchanges()
    assert world.why() == ""
    assert world.at_the_centre() == [event.id for event in events_of(world.node)]


def test_a_centre_put_back_from_yesterday_gets_everything_again(tmp_path: Path) -> None:
    clock = HandClock()
    centre = make_centre(tmp_path / "centre", CentralConfig(), clock=clock)
    directory.add_office(centre, "school-a", name="โรงเรียนบ้านดอย", prefix="ศธ 04123.45")
    with serving(centre) as url:
        port = int(url.rpartition(":")[2])
        code = enrolment.make_code(centre, "school-a").code
        joining.join(tmp_path / "node", url=url, code=code, clock=clock).close()
        grants.grant(centre, "school-a", *IN, size=60)
        node = appliance.open_appliance(tmp_path / "node", clock=clock, machine=HOME)
        world = World(tmp_path, centre, url, clock, node)
        world.exchanges()
        world.works(3)
        world.exchanges()
        centre.database.checkpoint()
        shutil.copytree(tmp_path / "centre", tmp_path / "yesterday")
        world.works(3)
        for _ in range(3):
            world.exchanges()
    centre.close()

    old = open_centre(tmp_path / "yesterday", clock=clock)
    with serving(old, port=port):
        world.centre = old
        world.exchanges()
        world.exchanges()
        assert world.at_the_centre() == [event.id for event in events_of(node)]
    assert world.why() == ""
    assert len(events_of(node, "centre.fell-behind")) == 1
    assert old.identity.generation == 2
    with node.db.read() as cursor:
        assert meta.get(cursor, meta.GENERATION) == "2"
    node.close()
    old.close()


def test_a_centre_that_was_put_back_refuses_nothing_of_epochs_that_it_has_forgotten(
    tmp_path: Path,
) -> None:
    clock = HandClock()
    centre = make_centre(tmp_path / "centre", CentralConfig(), clock=clock)
    directory.add_office(centre, "school-a", name="โรงเรียนบ้านดอย", prefix="ศธ 04123.45")
    with serving(centre) as url:
        port = int(url.rpartition(":")[2])
        code = enrolment.make_code(centre, "school-a").code
        joining.join(tmp_path / "node", url=url, code=code, clock=clock).close()
        grants.grant(centre, "school-a", *IN, size=60)
        node = appliance.open_appliance(tmp_path / "node", clock=clock, machine=HOME)
        world = World(tmp_path, centre, url, clock, node)
        world.exchanges()
        centre.database.checkpoint()
        shutil.copytree(tmp_path / "centre", tmp_path / "yesterday")
        world.restores(world.copies("first"))
        Syncer(world.node).lift(world.stated(0))
        world.works(2)
    centre.close()
    world.restores(world.copies("second"))
    lifting.lift_by_hand(world.node, world.stated(30))

    old = open_centre(tmp_path / "yesterday", clock=clock)
    with serving(old, port=port):
        world.centre = old
        world.exchanges()

        assert old.store.records(SET_ASIDE) == []
        assert world.at_the_centre() == [event.id for event in events_of(world.node)]
    world.node.close()
    old.close()


def test_two_nodes_of_one_office_show_each_others_lines(world: World) -> None:
    code = enrolment.make_code(world.centre, "school-a").code
    joining.join(world.folder / "second", url=world.url, code=code, clock=world.clock).close()
    grants.grant(world.centre, "school-a-2", *IN, size=60)
    second = world.opens(world.folder / "second")
    world.exchanges(second)
    first, other = world.works(2), world.works(2, second)

    for _ in range(2):
        world.exchanges()
        world.exchanges(second)

    for node, numbers_, name in ((world.node, other, "school-a-2"), (second, first, "school-a")):
        with node.db.read() as cursor:
            lines = colleagues.select(cursor, "WHERE number > 0 ORDER BY number", {})
            set_aside = rows(cursor, "SELECT problem FROM set_aside")
        assert [(line.node, line.number) for line in lines] == [(name, n) for n in numbers_]
        assert not set_aside


def test_what_the_forked_machine_numbered_is_not_numbered_again_by_the_one_that_kept_the_name(
    world: World,
) -> None:
    """Somebody has lifted a copy's fence while the old machine went on."""
    world.works(2)
    world.exchanges()
    copy = world.opens(world.copies("copy"), AWAY)
    lifting.lift_by_hand(copy, world.stated(2))
    ours, theirs = world.works(1, copy), world.works(28)
    assert (ours, theirs) == ([23], list(range(3, 31)))
    world.exchanges(copy)
    with pytest.raises(Superseded):
        world.exchanges()
    slip = enrolment.make_fork_code(world.centre, "school-a", machine=HOME.code)
    Syncer(world.node).fork(slip.code)
    world.node.close()
    world.node = world.opens(world.node.folder, HOME)

    world.exchanges()
    world.exchanges(copy)

    assert world.works(1, copy) == [31]
    gap = world.gaps(copy)[-1]
    assert (gap.first, gap.last, gap.why) == (24, 30, "twin")
    assert [one.first for one in gap.explanations] == list(range(24, 31))
    world.exchanges(copy)
    assert world.at_the_centre()[-1] == events_of(copy)[-1].id


def test_nobody_numbers_on_in_ranges_of_which_another_machine_has_numbered_nobody_knows_how_far(
    world: World,
) -> None:
    """The old machine is stopped and not yet forked; what it wrote is known to nobody else."""
    world.works(2)
    world.exchanges()
    copy = world.opens(world.copies("copy"), AWAY)
    lifting.lift_by_hand(copy, world.stated(2))
    assert (world.works(1, copy), world.works(28)[-1]) == ([23], 30)
    world.exchanges(copy)
    with pytest.raises(Superseded):
        world.exchanges()

    world.exchanges(copy)
    world.exchanges(copy)

    gap = world.gaps(copy)[-1]
    assert (gap.first, gap.last, gap.why) == (24, 60, "twin")
    assert len([one for one in world.gaps(copy) if one.why == "twin"]) == 1
    with pytest.raises(NoRangeLeft):
        world.works(1, copy)
    assert [event.body.left for event in events_of(copy, "range.requested")][-1:] == [0]  # type: ignore[union-attr]
    grants.grant(world.centre, "school-a", *IN, size=40)
    world.exchanges(copy)
    assert world.works(1, copy) == [61]
    world.exchanges(copy)
    assert world.works(1, copy) == [62]


def test_an_old_machine_that_has_written_nothing_more_costs_no_numbers(world: World) -> None:
    world.works(2)
    world.exchanges()
    copy = world.opens(world.copies("copy"), AWAY)
    lifting.lift_by_hand(copy, world.stated(2))
    world.exchanges(copy)
    with pytest.raises(Superseded):
        world.exchanges()

    world.exchanges(copy)

    assert world.works(1, copy) == [23]


def test_the_other_twin_gets_a_name_of_its_own_and_both_lives_are_kept(world: World) -> None:
    world.works(2)
    world.exchanges()
    twin = world.opens(world.copies("twin"), AWAY)
    with twin.db.write() as write:
        meta.remove(write, meta.FENCED)  # as if nobody had looked at the machine
    ours, theirs = world.works(2), world.works(3, twin)
    world.exchanges()
    for node in (twin, world.node):
        with pytest.raises(TwinFound):
            world.exchanges(node)
    for node in (twin, world.node):
        world.exchanges(node)
    twins.keep(world.centre, "school-a", HOME.code, by="admin")
    Syncer(world.node).lift(world.stated(4))

    slip = enrolment.make_fork_code(world.centre, "school-a", machine=AWAY.code)
    name = Syncer(twin).fork(slip.code)
    twin.close()
    forked = world.opens(twin.folder, AWAY)

    assert (name, forked.node, world.why(forked)) == ("school-a-2", "school-a-2", "")
    for book_of in (forked.node, world.node.node):
        grants.grant(world.centre, book_of, *IN, size=40)
    for _ in range(3):
        world.exchanges(forked)
        world.exchanges()
    # Everything that either has written is at the centre, each in a journal of its own.
    assert world.at_the_centre() == [event.id for event in events_of(world.node)]
    own = world.at_the_centre("school-a-2")
    assert own == [event.id for event in events_of(forked)][-len(own) :]
    assert events_of(forked)[-len(own) - 1].id == _shared(world, forked)
    # Each sees the other's lines, and the numbers that both have given stand there twice.
    with world.node.db.read() as cursor:
        lines = colleagues.select(cursor, "WHERE state = 'issued' ORDER BY number", {})
        set_aside = rows(cursor, "SELECT problem FROM set_aside")
    assert [(line.node, line.number) for line in lines] == [("school-a-2", n) for n in theirs]
    assert not set_aside
    with forked.db.read() as cursor:
        lines = colleagues.select(cursor, "WHERE state = 'issued' ORDER BY number", {})
        assert not rows(cursor, "SELECT problem FROM set_aside")
    assert [(line.node, line.number) for line in lines] == [("school-a", n) for n in ours]
    # The number that only the other one had given explains the gap that this one has left.
    (gap,) = [gap for gap in world.gaps() if gap.why == "twin"]
    assert [one.first for one in gap.explanations] == [5]
    # And both go on, each in numbers of its own.
    after, other = world.works(2), world.works(2, forked)
    assert not {*after, *other} & {*ours, *theirs}
    assert not {*after} & {*other}
    kept(world.node)
    kept(forked)


@contextmanager
def pages(world: World, node: Appliance) -> Iterator[WebOffice]:
    """Serve the pages of a machine that is on the line to the real centre."""
    app = build_app(node, Syncer(node), passwords=CHEAP)
    with web_office.serving(app) as address:
        yield WebOffice(node, app, world.clock, address)


def parted(world: World) -> Appliance:
    """Two machines with people, found to be twins; the first was chosen. Gives the second."""
    office = WebOffice(world.node, build_app(world.node, None), world.clock, "")
    add(office, "prasert", "ประเสริฐ", ADMINISTRATOR)
    add(office, "somsri", "สมศรี", CLERK)
    world.works(2)
    world.exchanges()
    twin = world.opens(world.copies("twin"), AWAY)
    with twin.db.write() as write:
        meta.remove(write, meta.FENCED)
    world.works(2)
    world.works(3, twin)
    world.exchanges()
    for node in (twin, world.node):
        with pytest.raises(TwinFound):
            world.exchanges(node)
    for node in (twin, world.node):
        world.exchanges(node)
    twins.keep(world.centre, "school-a", HOME.code, by="admin")
    world.exchanges(twin)
    return twin


def test_the_fork_is_done_on_the_page_with_the_code_from_the_centre(world: World) -> None:
    twin = parted(world)
    slip = enrolment.make_fork_code(world.centre, "school-a", machine=AWAY.code)
    before = [event.payload for event in events_of(twin)]

    with pages(world, twin) as office, browsing(office, "prasert") as administrator:
        administrator.open("/fence")
        assert 'href="/fence/fork"' in administrator.text
        administrator.open("/fence/fork")
        assert AWAY.code in administrator.text
        administrator.send("/fence/fork", {"code": "2222-2222-2222-2222"})
        assert "SRB-" in administrator.text
        assert "school-a-2" not in administrator.text
        assert [event.payload for event in events_of(twin)] == before
        administrator.send("/fence/fork", {"code": f"  {slip.code.upper()} "})
        assert administrator.shown.status_code == 200
        assert "school-a-2" in administrator.text
        assert "systemctl restart saraban-node" in administrator.text
        events = events_of(twin)
        administrator.open("/fence/fork")  # again, and as a clerk who has not been told
        administrator.send("/fence/fork", {"code": slip.code})
        assert "SRB-" in administrator.text
        with browsing(office, "somsri") as clerk:
            clerk.register(subject="ก่อนเปิดโปรแกรมใหม่")
            assert clerk.shown.status_code == 409
        assert events_of(twin) == events
    twin.close()

    forked = world.opens(twin.folder, AWAY)
    assert (forked.node, world.why(forked)) == ("school-a-2", "")
    grants.grant(world.centre, "school-a-2", *IN, size=40)
    world.exchanges(forked)
    with pages(world, forked) as office, browsing(office, "somsri") as clerk:
        clerk.register(subject="ด้วยชื่อใหม่")
        assert "ออกเลขแล้ว" in clerk.text
    world.exchanges(forked)
    assert events_of(forked)[-1].id in world.at_the_centre("school-a-2")
    kept(forked)


def test_what_either_machine_does_with_a_letter_of_both_is_seen_at_both(world: World) -> None:
    both = [register(world.node, a_letter(n)) for n in range(4)]
    twin = parted(world)
    Syncer(world.node).lift(world.stated(8))
    slip = enrolment.make_fork_code(world.centre, "school-a", machine=AWAY.code)
    Syncer(twin).fork(slip.code)
    twin.close()
    forked = world.opens(twin.folder, AWAY)
    own = register_with_one_id(world, forked)

    def void(node: Appliance, entry: Entry, reason: str) -> None:
        with node.db.write() as write:
            letters.void_entry(write, node.journal, entry.id, reason=reason, actor=SOMSRI)

    def note(node: Appliance, entry: Entry, action: str) -> None:
        world.clock.forward(minutes=1)
        with node.db.write() as write:
            letters.note_entry(write, node.journal, entry.id, action=action, actor=SOMSRI)

    void(world.node, both[0], "หนึ่ง")
    void(forked, both[1], "สอง")
    note(forked, both[2], "เก่า")
    note(world.node, both[2], "ใหม่")
    note(forked, both[3], "ดี")
    void(forked, own, "ของเครื่องนี้เอง")
    for _ in range(4):
        world.exchanges(forked)
        world.exchanges()
    counts = [_acts(node) for node in (world.node, forked)]
    for _ in range(3):
        world.exchanges(forked)
        world.exchanges()

    for node, other, seen in ((world.node, "school-a-2", 1), (forked, "school-a", 0)):
        with node.db.read() as cursor:
            lines = [entries.by_id(cursor, one.id) for one in both]
            acts = [history.of_entry(cursor, one.seq)[-1] for one in both]
        assert [(line.state, line.void_former, line.action) for line in lines if line] == [
            ("void", False, ""), ("void", False, ""), ("issued", False, "ใหม่"),
            ("issued", False, "ดี"),
        ]  # fmt: skip
        assert (acts[seen].node, acts[seen].former, acts[1 - seen].node) == (other, False, "")
        kept(node)
    assert [_acts(node) for node in (world.node, forked)] == counts
    with world.node.db.read() as cursor:  # the letter that has the same id in the other journal
        known = entries.by_id(cursor, own.id)
    assert known is not None
    assert known.state == "issued"


def _acts(node: Appliance) -> int:
    """Count what was written, but for ranges: the centre grants them when it comes to it."""
    return sum(not event.type.startswith("range.") for event in events_of(node))


def register_with_one_id(world: World, forked: Appliance) -> Entry:
    """Give the first letter that the forked machine wrote after both had parted."""
    shared = _shared(world, forked)
    with forked.db.read() as cursor:
        found = entries.by_seq(cursor, int(shared[5:]) + 1)
    assert found is not None
    return found


def _shared(world: World, forked: Appliance) -> str:
    """The last event that both machines have."""
    theirs = {event.hash for event in events_of(forked)}
    return max(event.id for event in events_of(world.node) if event.hash in theirs)
