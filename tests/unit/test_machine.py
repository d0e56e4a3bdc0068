"""A machine knows itself again after a restart, and a copy of its folder is noticed."""

import os
import shutil
from pathlib import Path

import pytest

from saraban_node import appliance, meta
from saraban_node.errors import Fenced, NoNodeHere
from saraban_node.identity import machine, ratchet
from saraban_node.identity.machine import Machine
from tests.offices import HandClock, a_letter, an_office, register


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = an_office(tmp_path / "node")
    made.close()
    return tmp_path / "node"


def opened_on(folder: Path, here: Machine | None = None) -> appliance.Appliance:
    return appliance.open_appliance(folder, clock=HandClock(), machine=here or machine.here(folder))


def fenced(node: appliance.Appliance) -> str:
    with node.db.read() as cursor:
        return meta.get(cursor, meta.FENCED)


def a_root(folder: Path, *, number: str = "3d1219c7", card: str = "") -> Path:
    """A machine's own files, with a memory card if wanted under every disk."""
    root = folder / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "machine-id").write_text(number)
    if card:
        device = (folder / "node" / "node.db").stat().st_dev
        block = root / "sys" / "dev" / "block" / f"{os.major(device)}:{os.minor(device)}"
        (block / "device").mkdir(parents=True)
        (block / "device" / "cid").write_text(card)
    return root


def test_a_node_opened_again_on_its_machine_goes_on(folder: Path) -> None:
    for n in range(3):
        node = opened_on(folder)
        register(node, a_letter(n))
        assert not fenced(node)
        node.close()


def test_a_copied_folder_gives_no_number_and_the_original_goes_on(
    folder: Path, tmp_path: Path
) -> None:
    opened_on(folder).close()
    shutil.copytree(folder, tmp_path / "copy")

    copy, original = opened_on(tmp_path / "copy"), opened_on(folder)

    assert fenced(copy) == meta.COPIED
    with pytest.raises(Fenced):
        register(copy, a_letter(1))
    assert register(original, a_letter(1)).number == 1
    copy.close()
    original.close()


def test_a_folder_moved_on_its_disk_is_no_copy(folder: Path, tmp_path: Path) -> None:
    opened_on(folder).close()
    folder.rename(tmp_path / "elsewhere")

    node = opened_on(tmp_path / "elsewhere")

    assert not fenced(node)
    node.close()


def test_another_machine_or_memory_card_under_the_same_files_is_another_machine(
    folder: Path, tmp_path: Path
) -> None:
    seen = set()
    for place, number, card in (("a", "1", "x"), ("b", "2", "x"), ("c", "1", "y"), ("d", "1", "")):
        (tmp_path / place).mkdir()
        os.link(folder / "node.db", tmp_path / place / "node.db")
        (tmp_path / place / "node").mkdir()
        os.link(folder / "node.db", tmp_path / place / "node" / "node.db")
        root = a_root(tmp_path / place, number=number, card=card)
        seen.add(machine.here(tmp_path / place / "node", root=root).hash)

    assert len(seen) == 4


def test_what_only_root_may_read_does_not_count(folder: Path, tmp_path: Path) -> None:
    """A technician's command and the server must see the same machine."""
    root = a_root(tmp_path)
    before = machine.here(folder, root=root)
    (root / "etc" / "machine-id").chmod(0o600)

    after = machine.here(folder, root=root)
    (root / "etc" / "machine-id").unlink()

    assert after != before
    assert after == machine.here(folder, root=root)


def test_the_code_of_a_machine_can_be_read_out_on_the_telephone() -> None:
    assert Machine("3f8a07c2" + "0" * 56).code == "3F8A-07C2"
    assert machine.code("") == ""


def test_a_folder_without_a_node_has_no_machine(tmp_path: Path) -> None:
    with pytest.raises(NoNodeHere):
        machine.here(tmp_path)


def test_a_weightier_fence_stays_when_the_folder_is_copied(folder: Path, tmp_path: Path) -> None:
    node = opened_on(folder)
    with node.db.write() as write:
        meta.fence(write, meta.TWIN)
    node.close()
    shutil.copytree(folder, tmp_path / "copy")

    copy = opened_on(tmp_path / "copy")

    assert fenced(copy) == meta.TWIN
    copy.close()


def test_a_copy_never_shows_the_token_that_its_original_is_about_to_show(
    folder: Path, tmp_path: Path
) -> None:
    node = opened_on(folder)
    with node.db.write() as write:
        pending = ratchet.following(write)
        assert ratchet.following(write) == pending
    node.close()
    shutil.copytree(folder, tmp_path / "copy")

    copy = opened_on(tmp_path / "copy")
    with copy.db.write() as write:
        other = ratchet.following(write)
    copy.close()
    copy = opened_on(tmp_path / "copy")
    with copy.db.write() as write:
        assert ratchet.following(write) == other
    copy.close()

    assert other != pending
