"""A real sshd on loopback, run by whoever runs the tests, that lets in by key alone."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_SSHD = "/usr/sbin/sshd"
_PATIENCE = 20.0


@dataclass(frozen=True)
class Sshd:
    """A running sshd."""

    folder: Path
    port: int
    user: str

    @property
    def host_keys(self) -> Path:
        """The folder with its public key, as ``/etc/ssh`` of a real machine."""
        return self.folder


def make_key(path: Path) -> str:
    """Make a key pair for a node and give the public line."""
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True
    )
    return path.with_name(path.name + ".pub").read_text("ascii").strip()


def free_port() -> int:
    """Give a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def sshd(folder: Path, authorized_keys: Path, *, port: int = 0) -> Iterator[Sshd]:
    """Run sshd until the block ends; skips the test where there is none."""
    if not Path(_SSHD).exists() or not shutil.which("ssh"):
        pytest.skip("openssh-server is not installed (scripts/test installs it)")
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:  # where sshd locks up the part of it that talks to strangers
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    port = port or free_port()
    key = folder / "ssh_host_ed25519_key"
    if not key.exists():
        make_key(key)
    config = folder / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {key}\nPidFile none\nUsePAM no\n"
        f"AuthorizedKeysFile {authorized_keys}\nStrictModes no\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nLogLevel ERROR\n"
    )
    with (folder / "sshd.log").open("wb") as log:
        server = subprocess.Popen([_SSHD, "-D", "-e", "-f", str(config)], stderr=log)
    try:
        _wait(server, port)
        yield Sshd(folder, port, getpass.getuser())
    finally:
        server.terminate()
        server.wait(20)


def _wait(server: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        assert server.poll() is None, "sshd did not start"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("sshd does not answer")
