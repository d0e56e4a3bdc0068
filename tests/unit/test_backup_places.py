"""Where backups go: several places at once, a stick known by its label, absence is no failure."""

from pathlib import Path

import pytest

from saraban_base.backup import errors
from saraban_base.backup.remote import Remote
from saraban_node.appliance import Appliance
from saraban_node.backup import places, records, service
from saraban_node.config import BackupPlace, NodeConfig, read_config, write_config
from saraban_node.errors import BadSettings
from tests.backup_office import make_school, register_letter

MOUNTS = "25 1 8:1 / / rw - ext4 /dev/sda1 rw\n"


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The kernel's table of mounts, as a file to be written; no labels known to udev."""
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS)
    monkeypatch.setattr(places, "MOUNTS", table)
    monkeypatch.setattr(places, "LABELS", tmp_path / "by-label")
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


def two_places(folder: Path) -> Appliance:
    node = make_school(folder / "node")
    settings = [
        {"name": "disk", "kind": "disk", "path": str(folder / "disk")},
        {"name": "stick", "kind": "stick", "label": "SARABAN"},
    ]
    write_config(node.folder, {"backup_places": settings})
    config = read_config(node.folder)
    register_letter(node, "ฉบับแรก")
    return Appliance(**{**vars(node), "config": config})


def test_one_backup_goes_to_every_place_and_is_written_down_for_each(
    tmp_path: Path, mounts: Path
) -> None:
    node = two_places(tmp_path)
    plug_in(mounts, tmp_path / "media" / "SARABAN")

    made = service.back_up(node)

    with node.db.read() as cursor:
        written = [records.last(cursor, good_only=True, place=one) for one in ("disk", "stick")]
    node.close()
    assert [one.place for one in made.good] == ["disk", "stick"]
    assert [one.archive for one in written if one] == [made.name, made.name]
    assert all(one and len(one.archives) == 2 for one in written)


def test_a_stick_that_is_not_plugged_in_is_told_and_is_no_failure(
    tmp_path: Path, mounts: Path
) -> None:
    node = two_places(tmp_path)
    told: list[str] = []
    assert mounts.exists()

    made = service.back_up(node, tell=told.append)

    with node.db.read() as cursor:
        written = records.last(cursor, place="stick")
    node.close()
    assert made.absent == ("stick",)
    assert [one.place for one in made.places] == ["disk"]
    assert written is None
    assert any("stick" in line for line in told)


def test_what_fails_at_one_place_does_not_keep_the_backup_from_the_others(
    tmp_path: Path, mounts: Path
) -> None:
    node = two_places(tmp_path)
    plug_in(mounts, tmp_path / "media" / "SARABAN")
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "photos").touch()

    made = service.back_up(node)

    with node.db.read() as cursor:
        disk, stick = (records.last(cursor, place=one) for one in ("disk", "stick"))
    node.close()
    assert [one.place for one in made.good] == ["stick"]
    assert len(made.problems) == 1
    assert disk is not None
    assert not disk.good
    assert stick is not None
    assert stick.good


def test_a_place_can_be_asked_for_by_name_and_an_unknown_one_is_refused(
    tmp_path: Path, mounts: Path
) -> None:
    node = two_places(tmp_path)
    plug_in(mounts, tmp_path / "media" / "SARABAN")

    made = service.back_up(node, ["stick"])
    with pytest.raises(errors.NoSuchPlace) as refused:
        service.back_up(node, ["moon"])

    node.close()
    assert [one.place for one in made.places] == ["stick"]
    assert "disk, stick" in refused.value.sentence("th")


def test_a_stick_is_known_again_when_it_is_mounted_elsewhere(tmp_path: Path, mounts: Path) -> None:
    node = two_places(tmp_path)
    plug_in(mounts, tmp_path / "media" / "SARABAN")
    service.back_up(node, ["stick"])
    (tmp_path / "media").rename(tmp_path / "run")
    plug_in(mounts, tmp_path / "run" / "SARABAN")

    made = service.back_up(node, ["stick"])

    place = places.named(node.folder, node.config, "stick")
    listed = service.list_backups(place.repository())
    node.close()
    assert len(made.good) == 1
    assert len(listed) == 2


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


def test_two_places_of_one_name_stop_the_start(tmp_path: Path) -> None:
    one = '[[backup_places]]\nname = "a"\nkind = "disk"\npath = "x"\n'
    (tmp_path / "node.toml").write_text(one + one)

    with pytest.raises(BadSettings, match="same name"):
        read_config(tmp_path)
