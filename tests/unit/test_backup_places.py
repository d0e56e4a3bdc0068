"""Where backups go: several places at once, a stick known by its label, absence is no failure."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from saraban_base.backup import errors
from saraban_base.backup.remote import Remote
from saraban_node.appliance import Appliance
from saraban_node.backup import places, progress, records, service
from saraban_node.backup.listing import Backup, list_backups
from saraban_node.backup.service import BackupResult
from saraban_node.config import BackupPlace, NodeConfig, read_config, write_config
from saraban_node.errors import BadSettings
from tests.backup_office import make_school, register_letter

MOUNTS = "25 1 8:1 / / rw - ext4 /dev/sda1 rw\n"


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The kernel's table of mounts, as a file to be written; no labels known to udev."""
    return _no_sticks(tmp_path, monkeypatch)


def _no_sticks(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    table = folder / "mountinfo"
    table.write_text(MOUNTS)
    patch.setattr(places, "MOUNTS", table)
    patch.setattr(places, "LABELS", folder / "by-label")
    return table


def plug_in(table: Path, point: Path, device: str = "/dev/sdb1") -> None:
    point.mkdir(parents=True, exist_ok=True)
    name = str(point).replace(" ", "\\040")
    table.write_text(f"{MOUNTS}99 25 8:17 / {name} rw - vfat {device} rw\n")


def a_stick(label: str = "SARABAN") -> BackupPlace:
    return BackupPlace(name="stick", kind="stick", label=label)


def test_without_settings_backups_go_to_the_nodes_own_folder(tmp_path: Path) -> None:
    (place,) = places.places_of(tmp_path, NodeConfig())

    assert (place.name, place.kind, place.present()) == ("repo", "disk", True)
    assert place.repository().path == tmp_path / "repo"


def test_a_stick_is_found_by_its_label_wherever_it_is_mounted(tmp_path: Path, mounts: Path) -> None:
    (place,) = places.places_of(tmp_path, NodeConfig(backup_places=(a_stick("SCHOOL A"),)))
    assert not place.present()

    plug_in(mounts, tmp_path / "media" / "SCHOOL A")

    assert place.present()
    assert place.repository().path == tmp_path / "media" / "SCHOOL A" / "saraban"


def test_the_label_on_the_device_counts_and_not_the_name_of_a_folder(
    tmp_path: Path, mounts: Path
) -> None:
    labels = tmp_path / "by-label"
    labels.mkdir()
    device = tmp_path / "sdc1"
    device.touch()
    (labels / "SCHOOL\\x20A").symlink_to(device)
    plug_in(mounts, tmp_path / "mnt", str(device))

    assert places.mounted("SCHOOL A") == tmp_path / "mnt"
    plug_in(mounts, tmp_path / "SCHOOL A", "/dev/other")
    assert places.mounted("SCHOOL A") is None


def test_the_empty_folder_of_a_stick_that_was_pulled_out_is_no_place(
    tmp_path: Path, mounts: Path
) -> None:
    (tmp_path / "media" / "SARABAN").mkdir(parents=True)
    assert mounts.exists()

    assert places.mounted("SARABAN") is None


@dataclass(frozen=True)
class Story:
    """An office with a disk and a stick, backed up four times."""

    node: Appliance
    unplugged: BackupResult
    told: list[str]
    both: BackupResult
    by_name: BackupResult
    """The stick alone, mounted elsewhere, keeping the newest backup only."""
    left: tuple[Backup, ...]
    """What the stick held then."""
    disk_broken: BackupResult


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("two places")
    with pytest.MonkeyPatch.context() as patch:
        table = _no_sticks(folder, patch)
        node = make_school(folder / "node")
        register_letter(node, "ฉบับแรก")
        disk = BackupPlace(name="disk", kind="disk", path=str(folder / "disk"))
        node = replace(node, config=NodeConfig(backup_places=(disk, a_stick())))
        told: list[str] = []
        unplugged = service.back_up(node, tell=told.append)
        plug_in(table, folder / "media" / "SARABAN")
        _lock_left_by_a_power_cut(node, folder / "disk")
        both = service.back_up(node)
        (folder / "media").rename(folder / "run")
        plug_in(table, folder / "run" / "SARABAN")
        few = NodeConfig(
            backup_places=(disk, a_stick()), backup_keep_hours=0, backup_keep_daily=1,
            backup_keep_weekly=0, backup_keep_monthly=0, backup_keep_yearly=0,
        )  # fmt: skip
        by_name = service.back_up(replace(node, config=few), ["stick"])
        left = list_backups(places.named(node.folder, node.config, "stick").repository())
        (folder / "disk").rename(folder / "broken")
        disk_broken = service.back_up(node)
        yield Story(node, unplugged, told, both, by_name, left, disk_broken)
        node.close()


def _lock_left_by_a_power_cut(node: Appliance, repository: Path) -> None:
    """This machine's own, with the number of a process that is something else now."""
    host = (node.folder / "backup" / "borg" / "host-id").read_text().strip()
    (repository / "lock.exclusive").mkdir()
    (repository / "lock.exclusive" / f"{host}.{os.getpid()}-0").touch()


def test_a_lock_left_by_a_power_cut_is_cleared_and_stands_in_the_journal(story: Story) -> None:
    with story.node.db.read() as cursor:
        good = records.last(cursor, good_only=True, place="disk")

    assert good is not None
    assert "ปลดล็อก" in good.problem
    assert [one.place for one in story.both.good] == ["disk", "stick"]


def test_a_stick_that_is_not_plugged_in_is_told_and_is_no_failure(story: Story) -> None:
    assert story.unplugged.absent == ("stick",)
    assert [one.place for one in story.unplugged.places] == ["disk"]
    assert story.unplugged.problems == ()
    assert any("stick" in line for line in story.told)


def test_a_backup_tells_how_far_it_is(story: Story) -> None:
    shares = [int(line.partition("%")[0]) for line in story.told if "%" in line]
    ended = progress.read(story.node.folder)

    assert shares[0] == 0
    assert shares == sorted(shares)
    assert shares[-1] > 50
    assert ended is not None
    assert not ended.running
    assert ended.code == "SRB-401"


def test_one_backup_goes_to_every_place_and_is_written_down_for_each(story: Story) -> None:
    with story.node.db.read() as cursor:
        written = [
            row[:3]
            for row in cursor.execute(
                "SELECT place, archive, length(archives), good FROM backup_record ORDER BY seq"
            )
        ]

    assert [one.place for one in story.both.good] == ["disk", "stick"]
    assert written == [
        ("disk", story.unplugged.name, 129),
        ("disk", story.both.name, 129),
        ("stick", story.both.name, 129),
        ("stick", story.by_name.name, 129),
        ("disk", story.disk_broken.name, 0),
        ("stick", story.disk_broken.name, 129),
    ]


def test_a_stick_is_known_again_when_it_is_mounted_elsewhere(story: Story) -> None:
    assert [one.place for one in story.by_name.good] == ["stick"]


def test_a_backup_deletes_what_the_settings_do_not_keep(story: Story) -> None:
    assert story.by_name.places[0].removed == 2
    assert [one.name for one in story.left] == [story.by_name.name]


def test_what_fails_at_one_place_does_not_keep_the_backup_from_the_others(story: Story) -> None:
    with story.node.db.read() as cursor:
        failures = records.failures(cursor, "disk")
        good = records.last(cursor, good_only=True, place="disk")

    assert [one.place for one in story.disk_broken.good] == ["stick"]
    assert [type(one) for one in story.disk_broken.problems] == [errors.RepositoryMissing]
    assert failures == 1
    assert good is not None
    assert good.archive == story.both.name


def test_an_unknown_place_is_refused_by_name(story: Story) -> None:
    with pytest.raises(errors.NoSuchPlace) as refused:
        service.back_up(story.node, ["moon"])

    assert "disk, stick" in refused.value.sentence("th")


def test_the_centre_is_reached_with_one_key_and_one_host_key(tmp_path: Path) -> None:
    setting = BackupPlace(name="centre", kind="centre", url="ssh://b@centre.example:2222/srv/s-a")
    (place,) = places.places_of(tmp_path, NodeConfig(backup_places=(setting,)))
    repository = place.repository()

    assert isinstance(repository.remote, Remote)
    assert repository.location == setting.url
    command = repository.remote.command()
    assert f"-i {tmp_path}/keys/backup-ssh" in command
    assert "StrictHostKeyChecking=yes" in command


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('name = "a"\nkind = "disk"', "path"),
        ('name = "a"\nkind = "stick"', "label"),
        ('name = "a"\nkind = "stick"\nlabel = "../x"', "label"),
        ('name = "a"\nkind = "stick"\nlabel = "X"\npath = "../y"', "path"),
        ('name = "a"\nkind = "centre"', "url"),
        ('name = "a"\nkind = "centre"\nurl = "ssh://-oProxyCommand=x@h/p"', "url"),
        ('name = "a"\nkind = "centre"\nurl = "ssh://b@h/p/../q"', "url"),
        ('name = "a"\nkind = "centre"\nurl = "ssh://b@h/p"\nkey = "../k"', "key"),
        ('name = "A B"\nkind = "disk"\npath = "x"', "name"),
        ('name = "a"\nkind = "cloud"', "kind"),
    ],
)
def test_a_place_that_is_not_whole_stops_the_start_and_is_named(
    tmp_path: Path, text: str, named: str
) -> None:
    (tmp_path / "node.toml").write_text(f"[[backup_places]]\n{text}\n")

    with pytest.raises(BadSettings) as refused:
        read_config(tmp_path)

    assert named in refused.value.sentence("en")


def test_places_that_were_written_are_read_back(tmp_path: Path) -> None:
    rows = [
        {"name": "disk", "kind": "disk", "path": 'C:\\ "ที่เก็บ"'},
        {"name": "stick", "kind": "stick", "label": "SCHOOL A"},
    ]

    write_config(tmp_path, {"backup_places": rows, "port": 9})

    read = read_config(tmp_path)
    assert read.port == 9
    assert [(one.name, one.path, one.label) for one in read.backup_places] == [
        ("disk", 'C:\\ "ที่เก็บ"', ""),
        ("stick", "", "SCHOOL A"),
    ]


def test_two_places_of_one_name_stop_the_start(tmp_path: Path) -> None:
    one = '[[backup_places]]\nname = "a"\nkind = "disk"\npath = "x"\n'
    (tmp_path / "node.toml").write_text(one + one)

    with pytest.raises(BadSettings, match="same name"):
        read_config(tmp_path)
