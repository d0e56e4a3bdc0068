"""A repository's key in the form that borg takes from paper: ``borg key import --paper``.

Each line has its own checksum, so it can be typed; borg asks line by line and finds a slip at once.
"""

import binascii
import hashlib
from typing import Final

_BYTES: Final = 18
_GROUP: Final = 6
_NAMED: Final = 18
"""How much of the repository's id stands on the first line."""
_WHOLE: Final = 12
_LINE: Final = 2


def lines(exported: str) -> list[str]:
    """Write a key for paper.

    Args:
        exported: the text of ``borg key export``.
    """
    first, _, blob = exported.partition("\n")
    repository = first.split()[1][:_NAMED]
    binary = binascii.a2b_base64(blob.encode())
    parts = [binary[start : start + _BYTES] for start in range(0, len(binary), _BYTES)]
    whole = _sum(binary, _WHOLE)
    head = _sum(f"{len(parts)}/{repository}/{whole}".encode(), _LINE)
    return [
        f"id: {len(parts)} / {_grouped(repository)} / {_grouped(whole)} - {head}",
        *(
            f"{place:2d}: {_grouped(part.hex())} - {_sum(place.to_bytes(2, 'big') + part, _LINE)}"
            for place, part in enumerate(parts, start=1)
        ),
    ]


def _grouped(text: str) -> str:
    return " ".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def _sum(data: bytes, digits: int) -> str:
    return hashlib.sha256(data).hexdigest()[:digits]
