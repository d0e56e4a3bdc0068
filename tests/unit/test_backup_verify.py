"""Every way in which a copy of an office can be less than whole is seen, and said."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from saraban_base.clock import SystemClock
from saraban_base.sqlite import Database
from saraban_node.appliance import MIGRATIONS, Appliance
from saraban_node.backup import snapshot
from saraban_node.backup.verify import Report, verify_copy
from saraban_sync.registers import Register
from tests.backup_office import make_school, put_file, register_letter

PROGRAM = "0.1.0"


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    node = make_school(tmp_path_factory.mktemp("school") / "node")
    paper = put_file(node, b"%PDF-1.7 " + b"x" * 400_000)
    for count in range(20):
        register_letter(node, f"ขอเชิญประชุม ครั้งที่ {count}", files=(paper,) if count == 3 else ())
    register_letter(node, "ส่งรายงาน", register=Register.OUTGOING)
    yield node
    node.close()


@pytest.fixture
def copy(school: Appliance, tmp_path: Path) -> Path:
    """A fresh snapshot with the files beside it."""
    into = tmp_path / "copy"
    snapshot.take(school.db, school.folder, into, now=school.clock.now(), program=PROGRAM)
    shutil.copytree(school.folder / "files", tmp_path / "files")
    return into


def _verify(school: Appliance, copy: Path) -> Report:
    return verify_copy(
        copy,
        copy.parent / "files",
        manifest=snapshot.read_manifest(copy),
        key=school.journal.key.public,
    )


def _bad(report: Report) -> list[str]:
    return [check.name for check in report.checks if not check.good]


def _change(copy: Path, *statements: str) -> None:
    """Change the copy as somebody with the file in hands could."""
    database = Database.open(copy / "node.db", migrations=MIGRATIONS, clock=SystemClock())
    with database.write() as write:
        for statement in statements:
            write.cursor.execute(statement)
    database.checkpoint()
    database.close()


def test_a_fresh_copy_is_whole(school: Appliance, copy: Path) -> None:
    report = _verify(school, copy)

    assert report.good, report.problems()
    assert (report.entries, report.events, report.files) == (21, 24, 1)
    assert report.problems("th") == ""


def test_a_copy_holds_what_a_burnt_machine_needs_but_not_the_backup_passphrase(
    school: Appliance, copy: Path
) -> None:
    """The passphrase opens the archive; inside the archive it would help nobody."""
    assert (copy / "keys" / "signing").read_bytes() == (school.keys / "signing").read_bytes()
    assert (copy / "keys" / "signing").stat().st_mode & 0o777 == 0o600
    assert not (copy / "keys" / "backup-passphrase").exists()
    assert (copy / "node.toml").exists()
    assert copy.stat().st_mode & 0o777 == 0o700


def test_checking_a_copy_does_not_change_it(school: Appliance, copy: Path) -> None:
    before = (copy / "node.db").read_bytes()
    _verify(school, copy)

    assert (copy / "node.db").read_bytes() == before
    assert sorted(path.name for path in copy.iterdir()) == [
        "keys", "manifest.json", "node.db", "node.toml",
    ]  # fmt: skip


@pytest.mark.parametrize("part", [0.1, 0.35, 0.6, 0.9])
def test_a_flipped_bit_in_the_database_is_noticed(
    school: Appliance, copy: Path, part: float
) -> None:
    path = copy / "node.db"
    data = bytearray(path.read_bytes())
    data[int(len(data) * part)] ^= 0x10
    path.write_bytes(data)

    assert "database" in _bad(_verify(school, copy))


@pytest.mark.parametrize(
    ("statements", "check"),
    [
        (("DELETE FROM happening", "DELETE FROM entry WHERE number = 7"), "registers"),
        (
            (
                "DROP TRIGGER journal_keeps_events_as_they_are",
                "UPDATE journal SET payload = replace(payload, 'ขอเชิญ', 'ของเชิญ') WHERE seq = 9",
            ),
            "chain",
        ),
        (
            (
                "DROP TRIGGER journal_keeps_every_event",
                "PRAGMA defer_foreign_keys = 1",
                "DELETE FROM happening",
                "DELETE FROM entry WHERE seq = 24",
                "DELETE FROM journal WHERE seq = 24",
            ),
            "manifest",
        ),
        (("UPDATE entry SET year = 2500 WHERE number = 20",), "registers"),
        (("UPDATE meta SET value = 'school-b' WHERE key = 'node'",), "chain"),
    ],
    ids=["line removed", "event altered", "tail cut", "year moved", "renamed"],
)
def test_a_register_changed_behind_the_programs_back_is_noticed(
    school: Appliance, copy: Path, statements: tuple[str, ...], check: str
) -> None:
    _change(copy, *statements)

    report = _verify(school, copy)

    assert check in _bad(report), report.problems()


def _remove(path: Path) -> None:
    path.unlink()


def _shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _rot(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"xxxx", b"xxXx", 1))


@pytest.mark.parametrize("harm", [_remove, _shorten, _rot])
def test_a_letters_file_that_is_missing_or_rotten_is_noticed(
    school: Appliance, copy: Path, harm: Callable[[Path], None]
) -> None:
    paper = next(path for path in (copy.parent / "files").rglob("*") if path.is_file())
    harm(paper)

    assert _bad(_verify(school, copy)) == ["files"]


def test_a_file_still_on_its_way_from_the_centre_is_not_missed(
    school: Appliance, copy: Path
) -> None:
    paper = next(path for path in (copy.parent / "files").rglob("*") if path.is_file())
    _change(copy, f"INSERT INTO wanted_file VALUES ('{paper.name}', 'a', 'b', 1, '')")
    paper.unlink()

    assert "files" not in _bad(_verify(school, copy))


def test_a_copy_of_another_office_does_not_pass(school: Appliance, copy: Path) -> None:
    manifest = snapshot.read_manifest(copy)
    assert manifest is not None
    other = msgspec.structs.replace(manifest, office="school-b")
    snapshot.write_manifest(copy, other)

    assert _bad(_verify(school, copy)) == ["manifest"]


def test_an_empty_database_is_not_called_a_good_backup(school: Appliance, copy: Path) -> None:
    (copy / "node.db").unlink()
    Database.open(copy / "node.db", migrations=MIGRATIONS, clock=SystemClock()).close()

    assert {"chain", "manifest"} <= set(_bad(_verify(school, copy)))


@pytest.mark.parametrize("content", [None, b"", b"not a database, not at all" * 100])
def test_a_missing_empty_or_foreign_file_is_no_database(
    school: Appliance, copy: Path, content: bytes | None
) -> None:
    (copy / "node.db").unlink()
    if content is not None:
        (copy / "node.db").write_bytes(content)

    assert not _verify(school, copy).good


def test_a_copy_without_a_manifest_does_not_pass(school: Appliance, copy: Path) -> None:
    (copy / "manifest.json").unlink()

    assert _bad(_verify(school, copy)) == ["manifest"]
