"""A repository on another machine: borg speaks with it through ssh, with one key and one host key.

Nothing of the machine's own ssh settings counts: no agent, no configuration file, no question that
nobody could answer. The host must show exactly the key that was handed over.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_URL: Final = re.compile(
    r"ssh://(?P<user>[a-z_][a-z0-9_-]{0,31})@(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252})"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)+)"
)
_PORT: Final = 22


@dataclass(frozen=True, kw_only=True)
class Remote:
    """Where it is, and by which keys both ends know each other.

    Args:
        url: ``ssh://user@host:port/path``.
        key: file with this machine's private key.
        known_hosts: file with the other machine's host key.
    """

    url: str
    key: Path
    known_hosts: Path

    @property
    def path(self) -> Path:
        """The folder on the other machine."""
        return Path(_parts(self.url)["path"])

    @property
    def host(self) -> tuple[str, int]:
        """Name and port of the other machine."""
        parts = _parts(self.url)
        return parts["host"], int(parts["port"] or _PORT)

    def command(self) -> str:
        """Write the ssh command as borg takes it."""
        options = {
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "UserKnownHostsFile": _quoted(self.known_hosts),
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "UpdateHostKeys": "no",
            "BatchMode": "yes",
            "PreferredAuthentications": "publickey",
            "ClearAllForwardings": "yes",
            "ConnectTimeout": "20",
            "ServerAliveInterval": "15",
            "ServerAliveCountMax": "4",
        }
        words = ["ssh", "-F", "/dev/null", "-i", str(self.key.absolute()).replace("%", "%%")]
        for name, setting in options.items():
            words += ["-o", f"{name}={setting}"]
        return shlex.join(words)


def is_url(text: str) -> bool:
    """Tell whether a text names a repository as it must be named."""
    return _URL.fullmatch(text) is not None


def _parts(url: str) -> dict[str, str]:
    found = _URL.fullmatch(url)
    if found is None:
        raise ValueError(f"no ssh:// address of a repository: {url!r}")
    return found.groupdict(default="")


def _quoted(path: Path) -> str:
    return '"' + str(path.absolute()).replace("%", "%%") + '"'
