"""The centre's sshd, on loopback and for the drill only."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from scripts.district.programs import Failed

_SSHD: Final = "/usr/sbin/sshd"
_PATIENCE: Final = 30.0


def make_key(path: Path) -> str:
    """Make a key pair and give the public line."""
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True
    )
    return path.with_name(path.name + ".pub").read_text("ascii").strip()


@contextmanager
def sshd(folder: Path, authorized_keys: Path, port: int) -> Iterator[None]:
    """Run sshd until the block ends; it lets in by the keys of that file alone."""
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    config = folder / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {folder / 'ssh_host_ed25519_key'}\n"
        f"PidFile none\nUsePAM no\nAuthorizedKeysFile {authorized_keys}\nStrictModes no\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        "PermitRootLogin prohibit-password\nLogLevel ERROR\n"
    )
    with (folder / "sshd.log").open("wb") as log:
        server = subprocess.Popen(
            [_SSHD, "-D", "-e", "-f", str(config)], stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        _wait(server, port)
        yield
    finally:
        server.terminate()
        server.wait(_PATIENCE)


def _wait(server: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise Failed("sshd does not answer")
