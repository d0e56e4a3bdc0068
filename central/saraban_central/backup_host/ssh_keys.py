"""Public keys of ssh: read strictly, because they become a line that sshd obeys."""

import base64
import binascii
from pathlib import Path
from typing import Final

_KINDS: Final = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
)
_LONGEST: Final = 4_096


def read_key(text: str) -> str:
    """Read a line as ``ssh-keygen`` writes it, and give kind and key without the comment.

    Raises:
        ValueError: it is none; the message says why.
    """
    words = text.split()
    if len(text) > _LONGEST or "\n" in text.strip() or len(words) < 2:
        raise ValueError("not one line of kind and key")
    kind, encoded = words[0], words[1]
    if kind not in _KINDS:
        raise ValueError(f"kind {kind[:20]!r}")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise ValueError("not base64") from wrong
    length = int.from_bytes(raw[:4], "big")
    if raw[4 : 4 + length] != kind.encode("ascii") or len(raw) <= 4 + length + 4:
        raise ValueError("kind and key do not fit together")
    return f"{kind} {encoded}"


def host_keys(folder: Path) -> list[str]:
    """Give the public keys with which this machine's sshd shows who it is."""
    found = []
    for file in sorted(folder.glob("ssh_host_*_key.pub")):
        try:
            found.append(read_key(file.read_text("utf-8", "replace")))
        except (OSError, ValueError):
            continue
    return sorted(found, key=lambda key: not key.startswith("ssh-ed25519"))


def known_hosts(address: str, port: int, keys: list[str]) -> str:
    """Write the lines by which a node knows this machine again."""
    name = address if port == 22 else f"[{address}]:{port}"
    return "".join(f"{name} {key}\n" for key in keys)
