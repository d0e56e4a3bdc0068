"""Which repositories this machine knows, by the place they stand at: files beside borg's."""

import contextlib
import secrets
from pathlib import Path
from typing import Final

import msgspec

from saraban_base import durable

_FILE: Final = "repositories.json"
_HOST: Final = "host-id"


def known(base_dir: Path) -> dict[str, str]:
    """Give the ids of all repositories by place."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((base_dir / _FILE).read_bytes(), type=dict[str, str])
    return {}


def remember(base_dir: Path, place: str, identity: str) -> None:
    """Keep which repository stands at a place."""
    before = known(base_dir)
    if identity and before.get(place) != identity:
        text = msgspec.json.encode({**before, place: identity})
        durable.write_file(base_dir / _FILE, text)


def host(base_dir: Path) -> str:
    """Give the name under which this node's processes lock, made once.

    Host names and network cards repeat among appliances made from one image.
    """
    path = base_dir / _HOST
    with contextlib.suppress(OSError):
        if text := path.read_text(encoding="ascii").strip():
            return text
    base_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(f"saraban{secrets.token_hex(8)}\n", encoding="ascii")
    return path.read_text(encoding="ascii").strip()
