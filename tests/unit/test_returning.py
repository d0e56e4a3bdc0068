"""A node that was enrolled after the backup that the centre was restored from comes back."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner

from saraban_central import directory, enrolment
from saraban_central.centre import Centre, make_centre, open_centre
from saraban_central.config import CentralConfig
from saraban_central.identity import generation
from saraban_central.identity.errors import SeriesClosed
from saraban_central.numbering import grants
from saraban_central.post.router import Router
from saraban_node.__main__ import cli
from saraban_node.appliance import Appliance, open_appliance
from saraban_node.errors import CentreRefused, NotEnrolled
from saraban_node.identity import returning
from saraban_node.identity.machine import Machine
from saraban_node.line import enrolment as joining
from saraban_node.line.syncer import Syncer
from saraban_sync.registers import Register
from saraban_sync.wire import journal_database
from tests.offices import YEAR, HandClock, a_letter, an_office, events_of, register
from tests.promises import kept
from tests.served_centre import serving

IN = (Register.INCOMING, YEAR)


class World:
    """A centre that can be set back, and a school with two nodes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = HandClock()
        config = CentralConfig(auto_grant=False)
        self.centre: Centre = make_centre(folder / "centre", config, clock=self.clock)
        directory.add_office(self.centre, "school-a", name="โรงเรียนบ้านดอย", prefix="ศธ 1")
        self.nodes: dict[str, Appliance] = {}
        self.serve = ExitStack()
        self.url = self.serve.enter_context(serving(self.centre))

    def joins(self, name: str, machine: str) -> Appliance:
        code = enrolment.make_code(self.centre, "school-a", node=name).code
        folder = self.folder / name
        joining.join(folder, url=self.url, code=code, clock=self.clock).close()
        node = open_appliance(folder, clock=self.clock, machine=Machine(machine * 64))
        self.nodes[name] = node
        return node

    def exchanges(self, *names: str) -> None:
        for name in names:
            Syncer(self.nodes[name]).run_cycle()
        Router(self.centre).run()

    def is_set_back(self, backup: Path) -> None:
        self.serve.close()
        folder = self.centre.folder
        self.centre.close()
        for file in folder.glob("central.db*"):
            file.unlink()
        shutil.copy(backup, folder / "central.db")
        self.centre = open_centre(folder, clock=self.clock)
        port = int(self.url.rpartition(":")[2])
        self.serve.enter_context(serving(self.centre, port=port))

    def close(self) -> None:
        for node in self.nodes.values():
            node.close()
        self.serve.close()
        self.centre.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The second node was enrolled, got numbers and used some after the backup."""
    made = World(tmp_path)
    made.joins("school-a", "a")
    made.exchanges("school-a")
    backup = tmp_path / "backup.db"
    made.centre.database.backup_to(backup)
    made.joins("annex", "b")
    grants.grant(made.centre, "annex", *IN, size=60)
    made.exchanges("annex", "school-a")
    register(made.nodes["annex"], a_letter(1))
    made.exchanges("annex")
    made.is_set_back(backup)
    yield made
    made.close()


def test_its_colleague_tells_the_centre_of_it_and_nothing_is_granted_before_it_is_back(
    world: World,
) -> None:
    with pytest.raises(CentreRefused):
        world.exchanges("annex")
    world.exchanges("school-a")

    assert world.centre.identity.generation == 2
    (closed,) = generation.closed(world.centre)
    assert closed.unknown == ("annex",)
    with pytest.raises(SeriesClosed):
        grants.grant(world.centre, "school-a", *IN, size=5)
    assert [one.node for one in generation.strangers(world.centre.store)] == ["annex"]
    for _ in range(3):
        world.exchanges("school-a")
    assert world.centre.identity.generation == 2, "it is noticed once"


def test_it_comes_back_with_all_it_had(world: World) -> None:
    world.exchanges("school-a")
    annex = world.nodes["annex"]
    code = enrolment.make_code(world.centre, "school-a", node="annex").code

    returning.rejoin(annex, code=code)
    returning.rejoin(annex, code=code)  # the first answer was lost
    world.exchanges("annex")
    world.exchanges("annex")

    held = world.centre.store.page(journal_database("annex"), limit=1_000)
    assert [one.id for one in held] == [event.id for event in events_of(annex)]
    assert generation.closed(world.centre) == []
    assert grants.grant(world.centre, "school-a", *IN, size=5).first == 61
    assert register(annex, a_letter(2)).number == 2
    assert generation.strangers(world.centre.store) == []
    kept(annex)


def test_nobody_else_can_take_its_name_meanwhile(world: World) -> None:
    world.exchanges("school-a")

    made = enrolment.make_code(world.centre, "school-a")

    assert made.node == "school-a-200"


def test_if_nobody_knew_that_the_centre_was_set_back_it_is_known_then(world: World) -> None:
    code = enrolment.make_code(world.centre, "school-a", node="annex").code

    returning.rejoin(world.nodes["annex"], code=code)

    assert world.centre.identity.generation == 2
    assert [one.why for one in generation.raises(world.centre.store)] == ["node"]
    with pytest.raises(SeriesClosed):
        grants.grant(world.centre, "annex", *IN, size=5)


def test_a_code_for_another_name_brings_nobody_back(world: World) -> None:
    code = enrolment.make_code(world.centre, "school-a", node="other").code

    with pytest.raises(CentreRefused):
        returning.rejoin(world.nodes["annex"], code=code)


def test_a_node_without_a_centre_has_nothing_to_come_back_to(tmp_path: Path) -> None:
    node = an_office(tmp_path)
    with pytest.raises(NotEnrolled):
        returning.rejoin(node, code="k7mp-2xqd-9fhw-tc4r")
    node.close()


def test_it_is_done_with_a_command(world: World) -> None:
    code = enrolment.make_code(world.centre, "school-a", node="annex").code
    folder = world.folder / "annex"
    world.nodes.pop("annex").close()

    result = CliRunner().invoke(cli, ["rejoin", "--folder", str(folder), "--code", code])

    assert result.exit_code == 0, result.output
    assert "taken in again" in result.output
