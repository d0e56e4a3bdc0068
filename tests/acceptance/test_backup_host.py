"""A node stores its backups at the centre over a real sshd, and can do nothing else there."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_central.backup_host import doors, host, looking, ssh_keys
from saraban_central.backup_host.records import HostPlace
from saraban_node import appliance, journal
from saraban_node.appliance import Appliance
from saraban_node.backup import service
from saraban_sync.backup_events import BackupFinished
from tests.backup_office import make_school, register_letter
from tests.kept_backups import Keeping
from tests.loopback_sshd import Sshd, free_port, make_key, sshd


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keeping]:
    made = Keeping(tmp_path_factory.mktemp("kept"), port=free_port())
    yield made
    made.close()


@pytest.fixture(scope="module")
def server(kept: Keeping) -> Iterator[Sshd]:
    folder = kept.host.folder.with_name("sshd")
    with sshd(folder, kept.host.authorized_keys, port=kept.host.place.port) as running:
        key = make_key(folder / "node")
        place = HostPlace(
            folder=str(kept.host.folder), user=running.user, address="127.0.0.1",
            port=running.port, quota_gb=1,
        )  # fmt: skip
        kept.host = host.set_up(kept.centre, place)
        host.add(kept.centre, "school", key, by="test", replace=True)
        known = ssh_keys.known_hosts("127.0.0.1", running.port, ssh_keys.host_keys(folder))
        (folder / "known_hosts").write_text(known)
        kept.borg.url = kept.host.url("school")
        kept.borg.rsh = " ".join(_ssh(folder))
        yield running


def _ssh(folder: Path) -> list[str]:
    return [
        "ssh", "-F", "none", "-i", str(folder / "node"), "-o", "IdentitiesOnly=yes",
        "-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={folder / 'known_hosts'}",
        "-o", "StrictHostKeyChecking=yes",
    ]  # fmt: skip


def test_a_node_stores_a_backup_and_the_centre_sees_it_there(
    kept: Keeping, server: Sshd, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("node") / "school"
    make_school(folder).close()
    with (folder / "node.toml").open("a") as settings:
        settings.write(f"\n{host.settings_of_node(kept.host, 'school')}")
    node = appliance.open_appliance(folder)
    for name, file in (("backup-ssh", "node"), ("backup-known-hosts", "known_hosts")):
        shutil.copy(server.folder / file, node.keys / name)
    kept.borg.passphrase = (node.keys / "backup-passphrase").read_text().strip()
    register_letter(node, "ขอเชิญประชุม")

    service.back_up(node)

    told = _last_backup(node)
    node.close()
    kept.school.do(told)
    seen = looking.check(kept.centre, "school")
    assert told.repository == kept.borg.url
    assert len(told.archives) == 2
    assert seen.findings == ()
    assert [(one.name, one.state) for one in seen.judgement.backups] == [(told.archive, "here")]


def _last_backup(node: Appliance) -> BackupFinished:
    with node.db.read() as cursor:
        event = journal.event_of(cursor, journal.head(cursor).seq)
    assert event is not None
    assert isinstance(event.body, BackupFinished)
    return event.body


def test_a_node_runs_nothing_but_its_own_borg(kept: Keeping, server: Sshd) -> None:
    done = subprocess.run(
        [*_ssh(server.folder), "-p", str(server.port), f"{server.user}@127.0.0.1",
         "cat", "/etc/passwd"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.stdout == ""
    assert "borg: error" in done.stderr, "what runs is borg, whatever was asked for"


def test_a_node_does_not_reach_another_nodes_repository(kept: Keeping, server: Sshd) -> None:
    other = kept.borg.url.replace("/repos/school", "/repos/hospital")

    done = kept.borg.run("init", "--encryption", "none", other, check=False)

    assert done.returncode == 83, done.stderr  # a path that is not allowed
    assert not kept.host.repository("hospital").exists()


def test_a_node_waits_at_a_closed_door(
    kept: Keeping, server: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "PATIENCE", 1)
    host.write_authorized_keys(kept.centre)

    with doors.closed(kept.host.door("school"), node="school"):
        done = kept.borg.run("list", "REPO", check=False)

    assert done.returncode == 81, "the session ends without having begun"


def test_a_node_that_is_removed_is_let_in_no_more(kept: Keeping, server: Sshd) -> None:
    if not kept.repository.exists():
        kept.borg.init()
    host.remove(kept.centre, "school")

    done = kept.borg.run("list", "REPO", check=False)

    assert done.returncode == 81, "sshd closes the line"
    assert done.stdout == ""
    assert kept.repository.exists()
    assert shutil.which("flock"), "which holds the doors, comes with every Debian"
    public = (server.folder / "node.pub").read_text().strip()
    host.add(kept.centre, "school", public, by="test", replace=True)
    assert kept.borg.run("list", "REPO").returncode == 0, "and is let in again when it is added"
