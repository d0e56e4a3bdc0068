"""Backing the centre up and bringing it back: what counts, what is refused, what comes next."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec import structs

from saraban_base.backup import errors
from saraban_base.backup.repository import Repository
from saraban_base.errors import DiskFull
from saraban_base.sqlite import Database, value
from saraban_central.backup import manifest as manifests
from saraban_central.backup import restore, service, snapshot
from saraban_central.backup.errors import NoSuchCentreBackup
from saraban_central.backup.manifest import Manifest, Summary
from saraban_central.backup.records import OWN_BACKUPS, last
from saraban_central.backup.restore import From
from saraban_central.backup.service import BackupResult
from saraban_central.backup.verify import Report, verify_copy
from saraban_central.centre import open_centre
from saraban_central.cli.backup import backup as backup_command
from saraban_central.cli.backup import restore as restore_command
from saraban_central.errors import NotACentre
from saraban_central.identity.errors import SeriesClosed
from saraban_central.numbering import grants
from saraban_sync.errors import SarabanError
from saraban_sync.ids import NodeId
from saraban_sync.registers import Register
from tests.central_district import YEAR, District


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    made = District(tmp_path_factory.mktemp("district"))
    school = made.office("school", "โรงเรียนบ้านดอย")
    for number in range(1, 8):
        school.register(number)
    made.centre.store.keep_chunks({"a" * 64: b"paper" * 100})
    yield made
    made.close()


@pytest.fixture(scope="module")
def backed_up(district: District) -> BackupResult:
    return service.back_up(district.centre, by="admin")


@pytest.fixture(scope="module")
def source(district: District, backed_up: BackupResult) -> From:
    keys = district.centre.folder / "keys"
    return From(
        repository=backed_up.repository,
        passphrase_file=keys / "backup-passphrase",
        secrets_folder=keys,
    )


@pytest.fixture
def copy(district: District, tmp_path: Path) -> Path:
    """A snapshot of the centre, for a test to spoil."""
    into = tmp_path / "snapshot"
    centre = district.centre
    snapshot.take(centre.database, centre.folder, into, now=centre.clock.now(), program="0.1.0")
    return into


def verified(copy: Path) -> Report:
    return verify_copy(copy, manifest=snapshot.read_manifest(copy))


def bad(report: Report) -> list[str]:
    return [one.name for one in report.checks if not one.good]


def spoil(copy: Path, *statements: str) -> None:
    """Change a snapshot as a program with an error could."""
    import apsw

    database = apsw.Connection(str(copy / "central.db"), vfs="cksmvfs")
    for statement in (
        "DROP TRIGGER document_is_never_removed",
        "DROP TRIGGER document_is_never_changed",
        *statements,
    ):
        database.execute(statement)
    database.close()


def run(*arguments: str | Path) -> Result:
    command = backup_command if arguments[0] == "backup" else restore_command
    return CliRunner().invoke(command, [str(one) for one in arguments[1:]])


def test_a_backup_of_the_centre_counts_when_every_check_is_good(
    district: District, backed_up: BackupResult
) -> None:
    noted = last(district.centre.store)

    assert backed_up.report.good
    assert backed_up.manifest.nodes == 1
    assert noted is not None
    assert (noted.archive, noted.good, noted.by) == (backed_up.name, True, "admin")
    assert len(noted.borg_id) == 64
    assert backed_up.new_passphrase
    passphrase = district.centre.folder / "keys" / "backup-passphrase"
    assert passphrase.stat().st_mode & 0o777 == 0o600
    assert not (district.centre.folder / "backup" / "snapshot").exists()


def test_the_centre_comes_back_in_a_new_generation_and_waits_for_its_nodes(
    district: District, source: From, tmp_path: Path
) -> None:
    folder = tmp_path / "restored"

    done = run(
        "restore", "--to", folder, "--repository", source.repository,
        "--passphrase-file", source.passphrase_file, "--json",
    )  # fmt: skip

    assert done.exit_code == 0, done.output
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["generation"] == 2
    assert said["closed"] == [{"office": "school", "waits_for": ["school"]}]
    back = open_centre(folder, clock=district.clock)
    try:
        assert back.identity.generation == 2
        assert back.key.public == district.centre.key.public
        assert back.store.chunk("a" * 64) == b"paper" * 100
        with back.database.read() as cursor:
            assert value(cursor, "SELECT count(*) FROM session") == 0
        with pytest.raises(SeriesClosed):
            grants.grant(back, NodeId("school"), Register.INCOMING, YEAR, size=5)
        back.readmodel.catch_up(back.store)
    finally:
        back.close()
    assert not (folder / ".restoring").exists()
    assert (folder / "keys" / "backup-passphrase").read_text() == source.passphrase_file.read_text()


def test_a_restore_never_goes_over_anything(source: From, district: District) -> None:
    with pytest.raises(errors.TargetNotEmpty):
        restore.restore_to(
            district.centre.folder, "latest", source=source, clock=district.clock, by="admin"
        )


def test_a_wrong_passphrase_or_name_leaves_nothing_behind(
    source: From, district: District, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("another\n")
    wrong.chmod(0o600)
    target = tmp_path / "target"
    with pytest.raises(errors.WrongPassphrase):
        restore.restore_to(
            target, "latest",
            source=From(
                repository=source.repository, passphrase_file=wrong,
                secrets_folder=source.secrets_folder,
            ),
            clock=district.clock, by="admin",
        )  # fmt: skip
    with pytest.raises(NoSuchCentreBackup):
        restore.restore_to(target, "centre-9", source=source, clock=district.clock, by="admin")

    assert not target.exists()


def test_a_backup_that_holds_less_than_an_earlier_one_does_not_count(
    district: District, backed_up: BackupResult, tmp_path: Path
) -> None:
    """A new centre was set up in the folder of the old one, with the old repository beside it."""
    other = District(tmp_path)
    folder = other.centre.folder
    shutil.copytree(backed_up.repository, folder / "repo")
    passphrase = folder / "keys" / "backup-passphrase"
    shutil.copyfile(district.centre.folder / "keys" / "backup-passphrase", passphrase)
    passphrase.chmod(0o600)
    try:
        with pytest.raises(SarabanError) as refused:
            service.back_up(other.centre, by="admin")
        noted = last(other.centre.store)
    finally:
        other.close()

    assert isinstance(refused.value, errors.Shrunken)
    assert noted is not None
    assert (noted.good, noted.problem[:7]) == (False, "SRB-412")


def test_a_lost_passphrase_is_never_made_anew_behind_ones_back(
    district: District, backed_up: BackupResult
) -> None:
    file = district.centre.folder / "keys" / "backup-passphrase"
    text = file.read_text()
    file.unlink()
    try:
        with pytest.raises(errors.PassphraseMissing):
            service.back_up(district.centre, by="admin")
        assert not file.exists()
    finally:
        file.write_text(text)
        file.chmod(0o600)


def test_a_copy_of_a_whole_centre_passes(copy: Path) -> None:
    assert bad(verified(copy)) == []
    assert not (copy / "keys" / "backup-passphrase").exists()


@pytest.mark.parametrize(
    ("statement", "question"),
    [
        ("DELETE FROM document WHERE id = '0001-0000000004'", "documents"),
        (
            "UPDATE document SET payload = replace(payload, 'ประชุม', 'ประชม')"
            " WHERE id = '0001-0000000009'",
            "chains",
        ),
        (
            "UPDATE document SET signature ="
            " (SELECT signature FROM document WHERE id = '0001-0000000002')"
            " WHERE id = (SELECT max(id) FROM document WHERE id LIKE '0001-%')",
            "chains",
        ),
        ("DELETE FROM document WHERE id = '0000000001'", "directory"),
        (
            "UPDATE record SET value = json_set(value, '$.generation', 7) WHERE shelf = 'identity'",
            "manifest",
        ),
        ("UPDATE record SET value = json_set(value, '$.key', 'x') WHERE shelf = 'identity'", "key"),
        ("DROP TABLE chunk", "database"),
    ],
)
def test_whatever_is_not_whole_is_told_by_name(copy: Path, statement: str, question: str) -> None:
    spoil(copy, statement)

    assert question in bad(verified(copy))


def test_an_empty_or_missing_database_is_no_copy(copy: Path) -> None:
    (copy / "central.db").unlink()
    assert bad(verified(copy)) == ["database"]
    (copy / "central.db").touch()
    assert bad(verified(copy)) == ["database"]


def test_another_centres_key_or_no_manifest_is_told(copy: Path) -> None:
    (copy / "keys" / "centre.key").write_text("11" * 32)
    (copy / "manifest.json").unlink()

    assert {"key", "manifest"} <= set(bad(verified(copy)))


def test_what_the_line_beside_an_archive_says_is_read_again(copy: Path) -> None:
    found = snapshot.read_manifest(copy)
    assert found is not None

    said = manifests.read_summary(manifests.summary_line(found))

    assert said == Summary(
        uuid=found.uuid, generation=1, documents=found.documents, chunks=1, offices=1, nodes=1
    )
    assert manifests.read_summary("saraban1 epoch=1") is None


@pytest.mark.parametrize(
    ("change", "less"),
    [
        ({}, []),
        ({"documents": 5}, ["documents 9 → 5"]),
        ({"generation": 2, "documents": 5}, []),
        ({"uuid": "other"}, ["uuid centre → other"]),
    ],
)
def test_a_centre_only_ever_grows_except_into_a_new_generation(
    copy: Path, change: dict[str, Any], less: list[str]
) -> None:
    found = snapshot.read_manifest(copy)
    assert isinstance(found, Manifest)
    before = Summary(uuid="centre", generation=1, documents=9, chunks=1, offices=1, nodes=1)
    now = structs.replace(found, uuid="centre", documents=9)

    assert manifests.lost(before, structs.replace(now, **change)) == less


def test_no_room_for_the_copy_is_noted_and_leaves_nothing_in_the_open(
    district: District, backed_up: BackupResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: Database, path: Path) -> None:
        path.write_bytes(b"half a copy")
        raise DiskFull("no space left")

    district.clock.forward(seconds=1)
    monkeypatch.setattr(Database, "backup_to", full)
    monkeypatch.setattr(service, "list_backups", lambda _repository: ())
    monkeypatch.setattr(Repository, "ensure_created", lambda _self: None)

    with pytest.raises(DiskFull):
        service.back_up(district.centre, by="admin")

    noted = district.centre.store.records(OWN_BACKUPS)
    assert [one.value.good for one in noted if one.value.problem.startswith(DiskFull.code)] == [
        False
    ]
    assert not (district.centre.folder / "backup" / "snapshot").exists()


def test_a_restore_that_is_cut_before_the_settings_leaves_no_centre(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Power fails while things are moved into place: nothing opens in the old generation."""
    target, passphrase = tmp_path / "target", tmp_path / "passphrase"
    passphrase.write_text("p\n")
    target.mkdir()
    rename = Path.rename

    def cut(self: Path, to: Path) -> Path:
        if self.name == "central.toml":
            raise KeyboardInterrupt
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", cut)
    with pytest.raises(KeyboardInterrupt):
        restore._put_in_place(copy, target, passphrase)

    assert (target / "central.db").exists()
    with pytest.raises(NotACentre):
        open_centre(target)
