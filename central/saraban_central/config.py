"""The centre's settings: one TOML file, ``central.toml`` in the centre's folder.

A key that is not listed here stops the start, so that a slip of the pen cannot silently leave a
setting at its default.
"""

from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from saraban_central.errors import ConfigProblem, NotACentre

FILE: Final = "central.toml"

Port = Annotated[int, Meta(ge=0, le=65535)]
Hours = Annotated[int, Meta(ge=1, le=24 * 30)]
Seconds = Annotated[float, Meta(gt=0, le=3600)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Kept = Annotated[int, Meta(ge=0, le=1_000)]


class CentralConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of the centre; each has a default that suits a district of 300 offices."""

    name: str = "ส่วนกลาง"
    """What the pages call this centre, such as the area office's name."""
    host: str = "127.0.0.1"
    """Address to listen on. Anything but this machine's own needs TLS in front."""
    port: Port = 8470
    """Port to listen on; 0 lets the system choose one."""
    allowed_hosts: tuple[str, ...] = ()
    """Names by which browsers and nodes may call the centre, besides this machine's own."""
    language: Literal["th", "en"] = "th"
    """Language of the pages until a person chooses."""
    digits: Literal["thai", "arabic"] = "thai"
    """Digits on the pages until a person chooses."""
    session_hours: Hours = 12
    """A log-in ends after so many hours."""
    idle_minutes: Annotated[int, Meta(ge=1, le=24 * 60)] = 60
    """A log-in ends after so many minutes without a click."""
    secure_cookies: bool = False
    """True when the pages are served over TLS: browsers then never send a log-in in clear."""
    enrol_code_hours: Hours = 72
    """A one-time code for a new node is good for so many hours."""
    range_size: Annotated[int, Meta(ge=1, le=100_000)] = 500
    """How many numbers a grant has when the command does not say."""
    auto_grant: bool = True
    """Whether requests of nodes are granted without asking an administrator."""
    auto_grant_most: Annotated[int, Meta(ge=1, le=100_000)] = 5_000
    """A request for more numbers than this waits for an administrator."""
    pending_documents: Count = 10_000
    """So many events of one node may wait for a missing one before it."""
    set_aside_documents: Count = 200
    """So many refused or quarantined documents of one node are kept for inspection."""
    poll_seconds: Seconds = 2.0
    """How often routing and overview look for work that no signal announced."""
    silent_hours: Hours = 24
    """A node that has not come by for so many hours is shown as silent."""
    backup_repository: str = ""
    """Where the centre's own backups go, a folder or ``ssh://``; its folder's ``repo`` if empty."""
    backup_delay_days: Annotated[int, Meta(ge=1, le=3650)] = 30
    """What a node deletes from its backups here can be brought back for so many days at least."""
    backup_keep_daily: Kept = 14
    """Of a node's backups here the newest of each of so many days must stay."""
    backup_keep_weekly: Kept = 8
    """The same for weeks."""
    backup_keep_monthly: Kept = 12
    """The same for months."""
    backup_keep_yearly: Kept = 10
    """The same for years."""


def read_config(folder: Path) -> CentralConfig:
    """Read the settings of a centre.

    Raises:
        NotACentre: there is no settings file.
        ConfigProblem: it is no TOML, has an unknown key or a value that cannot be.
    """
    file = folder / FILE
    try:
        raw = file.read_bytes()
    except FileNotFoundError as wrong:
        raise NotACentre(str(file), folder=folder) from wrong
    except OSError as wrong:
        raise ConfigProblem(str(wrong), file=file, problem=wrong.strerror) from wrong
    try:
        return msgspec.toml.decode(raw, type=CentralConfig)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise ConfigProblem(str(wrong), file=file, problem=wrong) from wrong


def write_config(folder: Path, config: CentralConfig) -> None:
    """Write the settings that differ from their defaults, for a new centre."""
    defaults = msgspec.structs.asdict(CentralConfig())
    changed = {
        name: setting
        for name, setting in msgspec.structs.asdict(config).items()
        if setting != defaults[name]
    }
    head = b"# Settings of this centre; all of them are explained in docs/reference/settings.md.\n"
    (folder / FILE).write_bytes(head + _toml(changed))


def _toml(settings: dict[str, object]) -> bytes:
    # A JSON string, number, truth value or list of strings is a TOML one too.
    lines = (f"{key} = {msgspec.json.encode(to).decode()}\n" for key, to in settings.items())
    return "".join(lines).encode("utf-8")
