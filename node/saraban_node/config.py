"""Settings of a node: one TOML file, every key known, every key with a meaning."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from saraban_base import durable
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
    backup_repository: str = ""


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


def write_config(folder: Path, settings: dict[str, str | int | list[str]]) -> None:
    """Write a settings file with the keys that differ from the defaults.

    Raises:
        BadSettings: a key is unknown or a value does not fit.
    """
    path = folder / FILE_NAME
    try:
        msgspec.convert(settings, NodeConfig, strict=True)
    except msgspec.ValidationError as wrong:
        raise BadSettings(str(wrong), file=path, what=wrong) from wrong
    lines = [f"{key} = {_toml(setting)}" for key, setting in settings.items()]
    durable.write_file(path, ("\n".join(lines) + "\n").encode("utf-8"))


def _toml(setting: str | int | list[str]) -> str:
    # A JSON string, number or list of strings is a TOML one too.
    return msgspec.json.encode(setting).decode("utf-8")
