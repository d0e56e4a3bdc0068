"""borg's own command line at the centre, for what needs no key: checking files, and compacting.

It runs as the owner of the repository, so that nothing in it ever belongs to somebody else than
the user as whom the node logs in.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from saraban_base.backup import locks
from saraban_base.backup.protocol import failure_of
from saraban_central.backup_host.errors import HostProblem
from saraban_central.backup_host.host import BORG

PATIENCE: Final = 12 * 3600
_TOLD: Final = 300


def check(repository: Path) -> None:
    """Read every byte of a repository's files and compare them with their checksums.

    Raises:
        HostProblem: they are not what was written.
    """
    _run(repository, "check", "--repository-only", str(repository))


def compact(repository: Path) -> None:
    """Free the room of what was deleted: from now on it cannot be brought back.

    Raises:
        HostProblem: borg did not do it; the repository is as it was, or partly done, and whole.
    """
    _run(repository, "compact", "--threshold", "0", str(repository))


def clear_dead_lock(repository: Path) -> str:
    """Remove the lock of a session or compaction that was cut, as by a power cut.

    Every session on this repository runs on this machine, so a holder that is no process of borg
    here any more is gone, whatever name the machine had then.

    Returns:
        who holds it still; empty when nobody does.
    """
    held = locks.holders(repository)
    living = [one for one in held if not locks.gone(one, host=one.host)]
    if held and not living:
        _run(repository, "break-lock", str(repository))
    return ", ".join(str(one) for one in living)


def _run(repository: Path, *arguments: str) -> None:
    home = repository.parent.parent / "borg"
    owner = repository.stat()
    becomes = os.geteuid() == 0 and owner.st_uid != 0
    home.mkdir(mode=0o700, exist_ok=True)
    if becomes:
        os.chown(home, owner.st_uid, owner.st_gid)
    try:
        done = subprocess.run(
            [str(BORG), "--lock-wait", "10", *arguments],
            env=_environment(home), stdin=subprocess.DEVNULL, capture_output=True, check=False,
            timeout=PATIENCE, encoding="utf-8", errors="replace", cwd="/", umask=0o077,
            user=owner.st_uid if becomes else None, group=owner.st_gid if becomes else None,
            extra_groups=[] if becomes else None,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as wrong:
        raise HostProblem(str(wrong), why=f"borg {arguments[0]}: {type(wrong).__name__}") from wrong
    if failure_of(done.returncode) is not None:
        told = done.stderr.strip()[-_TOLD:]
        raise HostProblem(told, why=f"borg {arguments[0]} {done.returncode}: {told}")


def _environment(home: Path) -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return kept | {
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "BORG_BASE_DIR": str(home),
        "BORG_EXIT_CODES": "modern",
        "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",  # nothing is sent anywhere and no key is used
        "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "no",
        "BORG_CHECK_I_KNOW_WHAT_I_AM_DOING": "NO",
        "BORG_DELETE_I_KNOW_WHAT_I_AM_DOING": "NO",
    }
