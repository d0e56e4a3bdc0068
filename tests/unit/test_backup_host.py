"""Who may keep backups at the centre, and what sshd is told: read strictly, written whole."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from saraban_central import directory
from saraban_central.backup_host import host, ssh_keys
from saraban_central.backup_host.errors import (
    BadHostPlace,
    BadSshKey,
    NoHost,
    NotHosted,
    OtherSshKey,
)
from saraban_central.backup_host.host import BORG
from saraban_central.backup_host.records import HostPlace
from saraban_central.cli.backup_host import backup_host
from saraban_central.errors import UnknownNode
from tests.central_district import District
from tests.kept_backups import SCHOOL_KEY

OTHER_KEY = SCHOOL_KEY[:-4] + "AAAA"


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    made.office("school", "โรงเรียนบ้านดอย")
    made.office("temple", "โรงเรียนวัด")
    yield made
    made.close()


@pytest.fixture
def place(tmp_path: Path) -> HostPlace:
    return HostPlace(folder=str(tmp_path / "host"), user="saraban-backup", address="centre.local")


def run(district: District, *arguments: str) -> Result:
    words = [arguments[0], "--folder", str(district.centre.folder), *arguments[1:]]
    return CliRunner().invoke(backup_host, words, catch_exceptions=False)


def said(district: District, *arguments: str) -> Any:
    done = run(district, arguments[0], "--json", *arguments[1:])
    return json.loads(done.stdout)


def test_a_node_gets_one_line_that_forces_the_locked_borg_on_its_own_repository(
    district: District, place: HostPlace
) -> None:
    made = host.set_up(district.centre, place)
    host.add(district.centre, "school", f"{SCHOOL_KEY} somsri@school\n", by="admin")

    lines = made.authorized_keys.read_text().splitlines()

    assert lines[1:] == [
        f'command="flock --shared --wait 60 --no-fork {made.folder}/doors/school {BORG} serve'
        f" --append-only --restrict-to-repository {made.folder}/repos/school"
        f' --storage-quota 20G",restrict {SCHOOL_KEY} school'
    ]
    assert BORG.is_absolute()
    assert made.authorized_keys.stat().st_mode & 0o777 == 0o644


def test_doing_it_again_changes_nothing_and_another_key_needs_a_word(
    district: District, place: HostPlace
) -> None:
    made = host.set_up(district.centre, place)
    host.add(district.centre, "school", SCHOOL_KEY, by="admin")
    before = made.authorized_keys.read_text()
    host.add(district.centre, "school", SCHOOL_KEY, by="another")
    assert made.authorized_keys.read_text() == before

    with pytest.raises(OtherSshKey):
        host.add(district.centre, "school", OTHER_KEY, by="admin")
    host.add(district.centre, "school", OTHER_KEY, by="admin", replace=True)

    assert SCHOOL_KEY not in made.authorized_keys.read_text()


def test_two_nodes_never_share_a_key(district: District, place: HostPlace) -> None:
    host.set_up(district.centre, place)
    host.add(district.centre, "school", SCHOOL_KEY, by="admin")

    with pytest.raises(BadSshKey):
        host.add(district.centre, "temple", SCHOOL_KEY, by="admin")


def test_only_enrolled_nodes_have_a_place_and_only_where_there_is_one(
    district: District, place: HostPlace
) -> None:
    with pytest.raises(NoHost):
        host.add(district.centre, "school", SCHOOL_KEY, by="admin")
    host.set_up(district.centre, place)
    with pytest.raises(UnknownNode):
        host.add(district.centre, "stranger", SCHOOL_KEY, by="admin")
    with pytest.raises(NotHosted):
        host.hosted(district.centre, "school")


def test_a_revoked_node_is_left_out(district: District, place: HostPlace) -> None:
    made = host.set_up(district.centre, place)
    host.add(district.centre, "school", SCHOOL_KEY, by="admin")
    directory.revoke(district.centre, "school")

    host.write_authorized_keys(district.centre)

    assert SCHOOL_KEY not in made.authorized_keys.read_text()


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 %%%",
        "ssh-ed25519 AAAA",
        'command="sh" ' + SCHOOL_KEY,
        SCHOOL_KEY + "\nssh-ed25519 AAAA",
        SCHOOL_KEY.replace("ssh-ed25519 ", "ssh-rsa "),
        "ssh-dss AAAAB3NzaC1kc3M=",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        SCHOOL_KEY + "A" * 5_000,
    ],
)
def test_what_is_no_public_key_is_refused(bad: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message says why, in many words
        ssh_keys.read_key(bad)


@pytest.mark.parametrize(
    ("folder", "user", "address"),
    [
        ("relative/host", "u", "centre"),
        ('/srv/a"b', "u", "centre"),
        ("/srv/a b", "u", "centre"),
        ("/srv/../etc", "u", "centre"),
        ("/srv/host", "u;sh", "centre"),
        ("/srv/host", "u", "centre/x"),
        ("/srv/host", "", "centre"),
    ],
)
def test_a_place_that_sshd_could_misread_is_refused(
    district: District, folder: str, user: str, address: str
) -> None:
    with pytest.raises(BadHostPlace):
        host.set_up(district.centre, HostPlace(folder=folder, user=user, address=address))


def test_the_commands_lead_from_nothing_to_what_the_node_needs(
    district: District, tmp_path: Path
) -> None:
    keys = tmp_path / "ssh"
    keys.mkdir()
    (keys / "ssh_host_ed25519_key.pub").write_text(f"{OTHER_KEY} root@centre\n")
    (tmp_path / "node.pub").write_text(f"{SCHOOL_KEY} node\n")
    there = str(tmp_path / "host")

    made = said(district, "init", "--host", there, "--address", "nobody@10.0.0.1:2222")
    added = said(district, "add", "school", str(tmp_path / "node.pub"), "--host-keys", str(keys))
    listed = said(district, "list")
    checked = said(district, "check")

    assert made["authorized_keys"] == f"{there}/authorized_keys"
    assert added == {
        "node": "school",
        "url": f"ssh://nobody@10.0.0.1:2222{there}/repos/school",
        "known_hosts": f"[10.0.0.1]:2222 {OTHER_KEY}\n",
    }
    assert [one["node"] for one in listed["nodes"]] == ["school"]
    assert checked["nodes"][0]["good"]


def test_a_loss_ends_the_check_with_an_exit_code(
    district: District, place: HostPlace, tmp_path: Path
) -> None:
    host.set_up(district.centre, place)
    host.add(district.centre, "school", SCHOOL_KEY, by="admin")
    repository = host.host_of(district.centre).repository("school")
    (repository / "data" / "0").mkdir(parents=True)
    (repository / "config").write_text("[repository]\nid = aa\n")
    (repository / "data" / "0" / "1").write_bytes(b"BORG_SEG" + b"x" * 20 + b"\x09\0\0\0\2")

    done = run(district, "check", "school")

    assert done.exit_code == 1
    assert "เสียหาย" in done.stdout
    assert "backup-host recover school" in done.stdout
    assert run(district, "compact", "--dry-run", "school").exit_code == 1
