"""The line to the centre's repository: cut, to a strange machine, without a key. A real sshd."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from saraban_base.backup import errors
from saraban_base.backup.remote import Remote
from saraban_base.backup.repository import Repository
from tests.loopback_sshd import make_key, sshd

LARGE = 30_000_000


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """A repository behind a real sshd that lets one key in, to this repository and nothing else."""
    folder = tmp_path_factory.mktemp("line")
    key = make_key(folder / "backup-ssh")
    make_key(folder / "strange")
    place = folder / "kept" / "school-a"
    place.parent.mkdir()
    serve = f"{sys.executable} -m borg serve --append-only --restrict-to-repository {place}"
    (folder / "authorized_keys").write_text(f'command="{serve}",restrict {key}\n')
    (folder / "passphrase").write_text("just a passphrase\n")
    (folder / "large").write_bytes(os.urandom(LARGE))
    with sshd(folder / "sshd", folder / "authorized_keys") as server:
        known = (folder / "sshd" / "ssh_host_ed25519_key.pub").read_text()
        (folder / "known").write_text(f"[127.0.0.1]:{server.port} {known}")
        remote = Remote(
            url=f"ssh://{server.user}@127.0.0.1:{server.port}{place}",
            key=folder / "backup-ssh",
            known_hosts=folder / "known",
        )
        made = Repository(place, folder / "passphrase", folder / "borg", remote=remote)
        made.ensure_created()
        yield made


def _cut_when_storing(there: Repository, cut: list[int]) -> None:
    """End the ssh of the running backup once it has begun to send."""
    folder, key = there.path, str(there.base_dir.with_name("backup-ssh")).encode()
    until = time.monotonic() + 60
    before = _size(folder)
    while time.monotonic() < until and not cut:
        if _size(folder) > before + 2_000_000:
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    words = (process / "cmdline").read_bytes()
                    if words.startswith(b"ssh\0") and key in words:
                        cut.append(int(process.name))
                        os.kill(cut[-1], signal.SIGKILL)
        time.sleep(0.02)


def _size(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


def test_a_line_that_is_cut_is_said_and_the_next_backup_works(there: Repository) -> None:
    cut: list[int] = []
    cutter = threading.Thread(target=_cut_when_storing, args=(there, cut))
    cutter.start()

    with pytest.raises(errors.LineCut) as caught:
        there.create("a-1", source=there.base_dir.parent, paths=("large",))

    cutter.join()
    assert cut
    assert caught.value.code == "SRB-419"
    there.create("a-2", source=there.base_dir.parent, paths=("passphrase",))
    assert [one.name for one in there.archives()] == ["a-2"]


def test_a_machine_with_another_key_gets_nothing(there: Repository) -> None:
    assert there.remote is not None
    strange = there.remote.known_hosts.with_name("strange-hosts")
    key = strange.with_name("strange.pub").read_text()
    strange.write_text(f"[127.0.0.1]:{there.remote.host[1]} {key}")

    with pytest.raises(errors.StrangeHost):
        replace(there, remote=replace(there.remote, known_hosts=strange)).archives()


def test_a_key_that_the_centre_does_not_know_is_said(there: Repository) -> None:
    assert there.remote is not None
    unknown = replace(there.remote, key=there.remote.key.with_name("strange"))

    with pytest.raises(errors.NotLetIn):
        replace(there, remote=unknown).archives()


def test_a_repository_that_the_centre_has_no_more_is_not_made_anew(there: Repository) -> None:
    there.path.rename(there.path.with_name("elsewhere"))

    try:
        with pytest.raises(errors.NotAtCentre):
            there.ensure_created()
        assert not there.path.exists()
    finally:
        there.path.with_name("elsewhere").rename(there.path)
