"""A centre that keeps the backups of a school, and the school's own borg that stores them there.

The school's sessions run the very command that sshd would run for its key, without the wire between
(:func:`without_a_wire`); tests of the wire itself use :mod:`tests.loopback_sshd`.
"""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from saraban_base.clock import SystemClock
from saraban_central.backup_host import host
from saraban_central.backup_host.host import BORG, Host
from saraban_central.backup_host.records import HostPlace
from saraban_central.centre import Centre
from saraban_sync.backup_events import BackupDrilled, BackupFinished
from tests.central_district import District, Office

PASSPHRASE = "correct horse battery staple"
SCHOOL_KEY = "ssh-ed25519 " + "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


@dataclass
class SchoolBorg:
    """borg as a node runs it: its own passphrase, its own memory, a session for every command."""

    home: Path
    url: str
    rsh: str
    passphrase: str = PASSPHRASE
    more: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """What borg is told by its environment, and nothing else."""
        return {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "BORG_BASE_DIR": str(self.home),
            "BORG_PASSPHRASE": self.passphrase,
            "BORG_RSH": self.rsh,
            "BORG_EXIT_CODES": "modern",
            "BORG_SELFTEST": "disabled",  # a third of the time of a short command
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
            **self.more,
        }

    def run(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run one command; ``REPO`` in it stands for the repository."""
        words = [word.replace("REPO", self.url, 1) for word in arguments]
        done = subprocess.run(
            [str(BORG), *words], env=self.environment(), capture_output=True, text=True,
            check=False, cwd=self.home, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0 or not check, done.stderr
        return done

    def init(self) -> None:
        """Make the repository."""
        self.run("init", "--encryption", "repokey-blake2", "REPO")

    def create(self, name: str, *files: str) -> str:
        """Make an archive of files in its home, and give its id."""
        done = self.run("create", "--json", f"REPO::{name}", *files)
        return str(json.loads(done.stdout)["archive"]["id"])

    def write(self, name: str, size: int = 40_000) -> str:
        """Write a file of noise into its home, and give its name."""
        (self.home / name).write_bytes(os.urandom(size))
        return name


def without_a_wire(authorized_keys: Path, folder: Path) -> str:
    """Make what stands in for ssh: it runs the command that the only line of a file forces."""
    line = authorized_keys.read_text("ascii").splitlines()[-1]
    forced = re.match(r'command="([^"]*)",restrict ', line)
    assert forced, line
    script = folder / "in-place-of-ssh"
    script.write_text(
        # The first arguments are the options and the machine; the rest is what the node asked for.
        '#!/bin/sh\nwhile [ "$1" != borg ]; do shift; done\n'
        f'SSH_ORIGINAL_COMMAND="$*" exec {forced[1]}\n',
        encoding="ascii",
    )
    script.chmod(0o755)
    return str(script)


class Keeping:
    """A district whose centre keeps the backups of one school.

    Args:
        folder: where everything lies.
        copy_of: a repository that stands in the school's place from the beginning.
    """

    def __init__(self, folder: Path, copy_of: Path | None = None, *, port: int = 22) -> None:
        self.district = District(folder)
        self.district.clock.moment = SystemClock().now()
        self.school: Office = self.district.office("school", "โรงเรียนบ้านดอย")
        user = os.environ.get("USER", "") or "root"
        self.host: Host = host.set_up(
            self.centre, HostPlace(folder=str(folder / "host"), user=user, address="127.0.0.1",
                                   port=port, quota_gb=1)
        )  # fmt: skip
        host.add(self.centre, "school", SCHOOL_KEY, by="test")
        home = folder / "school-borg"
        home.mkdir()
        rsh = without_a_wire(self.host.authorized_keys, folder)
        self.borg = SchoolBorg(home, self.host.url("school"), rsh)
        if copy_of is not None:
            shutil.copytree(copy_of, self.repository)

    @property
    def centre(self) -> Centre:
        return self.district.centre

    @property
    def repository(self) -> Path:
        return self.host.repository("school")

    def tell(self, name: str, *archives: str) -> None:
        """Let the school's journal say that a good backup was made here."""
        self.school.do(
            BackupFinished(
                archive=name, repository=self.borg.url, last_event="", entries=1, good=True,
                place="centre", archives=archives,
            )
        )  # fmt: skip

    def drill(self, name: str) -> None:
        """Let the school's journal say that a backup was restored well."""
        self.school.do(
            BackupDrilled(archive=name, place="centre", result="good", key="machine", entries=1)
        )

    def close(self) -> None:
        self.district.close()
