"""Settings of a node: one TOML file, every key known, every key with a meaning."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from saraban_base import durable
from saraban_base.backup.remote import is_url
from saraban_node.errors import BadSettings, NoNodeHere
from saraban_sync.registers import Register

FILE_NAME = "node.toml"

Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Natural = Annotated[int, msgspec.Meta(ge=0)]
Pattern = Annotated[str, msgspec.Meta(pattern=r"\{number\}", max_length=100)]
Numbered = Literal[
    "outgoing", "outgoing.circular", "circular", "order", "announcement", "certificate", "memo",
    "award",
]  # fmt: skip
"""What has numbers of its own to write; ``outgoing.circular`` are circulars that share them."""
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
TimeOfDay = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Compression = Annotated[
    str, msgspec.Meta(pattern=r"^(auto,)?(none|lz4|zstd(,([1-9]|1[0-9]|2[0-2]))?|zlib(,[0-9])?)$")
]
Setting = str | int | list[str] | list[dict[str, str]]


class BackupPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One place where backups go."""

    name: Name
    kind: Literal["disk", "stick", "centre"]
    path: str = ""
    """disk: the repository's folder. stick: the folder on it."""
    label: str = ""
    """stick: the label of its file system."""
    url: str = ""
    """centre: ``ssh://user@host:port/path``."""
    key: str = "backup-ssh"
    """centre: file in ``keys/`` with the private key."""
    known_hosts: str = "backup-known-hosts"
    """centre: file in ``keys/`` with the host's key."""

    def __post_init__(self) -> None:
        """Refuse what this kind of place cannot do without, or cannot have."""
        needed = {"disk": self.path, "stick": self.label, "centre": self.url}[self.kind]
        if not needed:
            word = {"disk": "path", "stick": "label", "centre": "url"}[self.kind]
            raise ValueError(f"backup_places {self.name!r}: kind {self.kind!r} needs {word!r}")
        if "/" in self.label or Path(self.key).name != self.key:
            raise ValueError(f"backup_places {self.name!r}: label and key are names, not paths")
        if Path(self.known_hosts).name != self.known_hosts or ".." in Path(self.path).parts:
            raise ValueError(f"backup_places {self.name!r}: known_hosts or path")
        if self.url and not is_url(self.url):
            raise ValueError(f"backup_places {self.name!r}: url is ssh://user@host:port/path")


class NodeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set; ``docs/reference/settings.md`` explains each key."""

    host: str = "127.0.0.1"
    port: Port = 8001
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    centre_url: str = ""
    sync_every_seconds: Positive = 60
    sync_retry_most_seconds: Positive = 900
    request_timeout_seconds: Positive = 60
    language: Literal["th", "en"] = "th"
    digits: Literal["thai", "arabic"] = "thai"
    session_idle_minutes: Positive = 30
    session_most_hours: Positive = 12
    file_most_megabytes: Positive = 50
    number_block: Positive = 500
    number_low_water: Positive = 50
    number_bridge_days: Positive = 14
    number_blocks: dict[Register, Positive] = {}
    number_patterns: dict[Numbered, Pattern] = {}
    reservation_days: Positive = 7
    return_after_days: Positive = 30
    guard_gap: Natural = 20
    mark_folder: str = ""
    backup_places: tuple[BackupPlace, ...] = ()
    backup_times: tuple[TimeOfDay, ...] = ("12:15", "16:15")
    backup_compression: Compression = "zstd,3"
    backup_keep_hours: Natural = 72
    backup_keep_daily: Natural = 14
    backup_keep_weekly: Natural = 8
    backup_keep_monthly: Natural = 24
    backup_keep_yearly: Natural = 10
    drill_every_days: Natural = 7

    def __post_init__(self) -> None:
        """Refuse two places of one name."""
        names = [one.name for one in self.backup_places]
        if len(set(names)) < len(names):
            raise ValueError("backup_places: two places have the same name")


def read_config(folder: Path) -> NodeConfig:
    """Read a node's settings.

    Args:
        folder: the node's folder.

    Raises:
        NoNodeHere: there is no settings file.
        BadSettings: a key is unknown or a value does not fit.
    """
    path = folder / FILE_NAME
    try:
        text = path.read_bytes()
    except OSError as wrong:
        raise NoNodeHere(str(folder), folder=folder) from wrong
    try:
        return msgspec.toml.decode(text, type=NodeConfig)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise BadSettings(str(wrong), file=path, what=wrong) from wrong


def write_config(folder: Path, settings: Mapping[str, Setting]) -> None:
    """Write a settings file with the keys that differ from the defaults.

    Raises:
        BadSettings: a key is unknown or a value does not fit.
    """
    path = folder / FILE_NAME
    try:
        msgspec.convert(settings, NodeConfig, strict=True)
    except msgspec.ValidationError as wrong:
        raise BadSettings(str(wrong), file=path, what=wrong) from wrong
    lines, tables = [], []
    for key, setting in settings.items():
        rows = setting if isinstance(setting, list) else []
        for row in rows:
            if isinstance(row, dict):
                tables += ["", f"[[{key}]]", *(f"{one} = {_toml(row[one])}" for one in row)]
        if not any(isinstance(row, dict) for row in rows):
            lines.append(f"{key} = {_toml(setting)}")
    lines += tables
    durable.write_file(path, ("\n".join(lines) + "\n").encode("utf-8"))


def _toml(setting: object) -> str:
    # A JSON string, number or list of strings is a TOML one too.
    return msgspec.json.encode(setting).decode("utf-8")
