"""A machine that got another name goes on serving under it, without anybody starting it again."""

from pathlib import Path

import pytest
import uvicorn

from saraban_node import appliance, keys, meta, server
from saraban_node.appliance import Appliance
from saraban_node.identity import machine, marks
from saraban_node.line.syncer import Syncer
from saraban_sync.registers import Register
from saraban_sync.signing import SigningKey
from tests.offices import YEAR, a_letter, an_office, register


class _Served:
    """What was opened, one server after the other."""

    def __init__(self) -> None:
        self.nodes: list[str] = []
        self.line: Syncer | None = None


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> _Served:
    """Servers that open no port: the first one is told in its first moment that it was forked."""
    seen = _Served()

    def made(node: Appliance, **more: object) -> Syncer:
        seen.nodes.append(node.node)
        seen.line = Syncer(node, **more)  # type: ignore[arg-type]
        return seen.line

    def run(self: uvicorn.Server) -> None:
        line = seen.line
        assert line is not None
        if len(seen.nodes) > 1:
            return
        node = line._node
        forked = keys.named(keys.SIGNING, "school-a-2")
        keys.keep(node.keys, forked, SigningKey.generate().to_bytes().hex())
        with node.db.write() as write:
            meta.put(write, meta.NODE, "school-a-2")
        line._renamed()
        assert self.should_exit

    monkeypatch.setattr(server, "Syncer", made)
    monkeypatch.setattr(uvicorn.Server, "run", run)
    return seen


def test_a_forked_machine_is_opened_again_under_its_new_name(
    tmp_path: Path, served: _Served
) -> None:
    an_office(tmp_path / "node").close()

    server.serve(tmp_path / "node", port=0)

    assert served.nodes == ["school-a", "school-a-2"]


def test_serving_remembers_the_machine_and_keeps_the_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = an_office(tmp_path / "node")
    register(node, a_letter(1))
    node.close()
    monkeypatch.setattr(uvicorn.Server, "run", lambda self: None)

    server.serve(tmp_path / "node", port=0)

    files = [tmp_path / "node" / "marks.json"]
    assert marks.read("school-a", files) == {(Register.INCOMING, YEAR): 1}
    node = appliance.open_appliance(tmp_path / "node")
    with node.db.read() as cursor:
        assert meta.get(cursor, meta.MACHINE) == machine.here(tmp_path / "node").hash
    node.close()
