"""What a restored office remembers of who it is: its marks, not its machine and not its tokens."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_base.backup import errors
from saraban_base.clock import SystemClock
from saraban_base.sqlite import rows
from saraban_node import appliance, keys, meta
from saraban_node.appliance import Appliance
from saraban_node.backup import restore, service
from saraban_node.backup.restore import From
from saraban_node.identity import fence, forking, machine, marks, ratchet
from saraban_node.journal import SYSTEM
from saraban_node.line.answers import Enrolment
from saraban_sync.registers import Register, buddhist_year
from saraban_sync.signing import SigningKey
from tests.backup_office import make_school, register_letter


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Appliance]:
    """Four letters, a backup, and two letters more; it knows its machine and has tokens."""
    make_school(tmp_path / "node").close()
    node = appliance.open_appliance(tmp_path / "node", machine=machine.here(tmp_path / "node"))
    for count in range(4):
        register_letter(node, f"ฉบับที่ {count}")
    with node.db.write() as write:
        ratchet.answered(write, ratchet.following(write))
    service.back_up(node)
    for count in range(2):
        register_letter(node, f"ฉบับหลังสำรอง {count}")
    marks.keep(node.db, node.marks)
    yield node
    node.close()


def bring_back(school: Appliance, folder: Path) -> Appliance:
    source = From(
        repository=school.folder / "repo", passphrase_file=school.keys / "backup-passphrase"
    )
    restore.restore_to(folder, restore.LATEST, source=source, clock=SystemClock())
    return appliance.open_appliance(folder, machine=machine.here(folder))


def test_the_marks_of_the_folder_beside_it_say_how_far_it_numbered(
    school: Appliance, tmp_path: Path
) -> None:
    node = bring_back(school, tmp_path / "new")
    year = buddhist_year(node.clock.now())

    with node.db.read() as cursor:
        view = fence.status(node, cursor)
        tokens = rows(cursor, "SELECT token FROM ratchet")

    incoming = next(one for one in view.series if one.register is Register.INCOMING)
    assert {mark.source: mark.number for mark in incoming.marks} == {"backup": 4, "mark-file": 6}
    assert (view.why, view.restored_from[:8], incoming.year) == ("restored", "school-a", year)
    assert not tokens
    assert view.machine == machine.here(node.folder).code != machine.here(school.folder).code
    node.close()


def test_marks_that_lie_in_an_otherwise_empty_folder_stay(
    school: Appliance, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere" / "new").mkdir(parents=True)
    file = tmp_path / "elsewhere" / "new" / "marks.json"
    file.write_bytes((school.folder / "marks.json").read_bytes())

    bring_back(school, file.parent).close()

    assert json.loads(file.read_text())["numbers"] == {
        f"incoming/{buddhist_year(SystemClock().now())}": 6
    }


def test_marks_with_anything_else_beside_them_are_no_empty_folder(
    school: Appliance, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "marks.json").write_text("{}")
    (tmp_path / "new" / "letters.txt").write_text("เอกสารของคนอื่น")

    with pytest.raises(errors.TargetNotEmpty):
        bring_back(school, tmp_path / "new")


def test_a_forked_office_comes_back_under_its_new_name_and_key(
    school: Appliance, tmp_path: Path
) -> None:
    with school.db.write() as write:
        meta.fence(write, meta.TWIN)
        meta.put(write, meta.CENTRE_KEY, "c" * 43)
    key = SigningKey.generate()
    given = Enrolment(
        node="school-a-2", office="school-a", office_name="โรงเรียนบ้านดอย", prefix="",
        secret="s" * 43, centre_key="c" * 43, epoch=4, generation=1,
    )  # fmt: skip
    forking._keep_secrets(school.keys, forking._checked(school, given), key, given.secret)
    with school.db.write() as write:
        forking._rename(school, write, given, key, None, SYSTEM)
    forked = appliance.open_appliance(school.folder)
    service.back_up(forked)
    forked.close()

    back = bring_back(school, tmp_path / "new")

    assert back.node == "school-a-2"
    assert back.journal.key.public == key.public
    assert keys.load_centre_secret(back.keys, back.node) == "s" * 43
    back.close()
