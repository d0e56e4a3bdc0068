"""The two halves of a recovery sheet: a passphrase that one alone says nothing about.

    passphrase ──┬── random bytes ───────────────> first half
                 └── XOR with the same bytes ────> second half

Each half is written in groups of five characters: four of what it says and one that checks them,
so that a slip is found while the paper is still at hand, and it is said in which group. Letters
that look like digits do not occur. What is written names its sheet and which half it is.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from saraban_node.backup.key_errors import (
    HalfMistyped,
    HalfTwice,
    HalvesApart,
    PassphraseTooLong,
)

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no I, L, O or U."""
SHEET_NAME: Final = 6
MOST_BYTES: Final = 120
"""Greatest length of a passphrase that goes on paper."""
MARK: Final = "SARABAN-KEY"
"""What the line with a half begins with in a QR code."""
_MADE: Final = "1"
"""A passphrase as the program makes it: 32 bytes in base64."""
_OTHER: Final = "2"
"""Any other: one byte for its length, then itself."""
_MADE_BYTES: Final = 32
_MADE_GROUPS: Final = 16
_GROUP: Final = 4
_CHECK: Final = 4
_HEAD: Final = 2 + SHEET_NAME
_LEAST: Final = 4
"""Groups of the shortest half there could be."""
_READ_AS: Final = {
    **{one: place for place, one in enumerate(ALPHABET)},
    "O": 0, "I": 1, "L": 1,
    **{one: place for place, one in enumerate("๐๑๒๓๔๕๖๗๘๙")},
}  # fmt: skip
_TYPED: Final = re.compile(r"[\w -]{60,}")
_BETWEEN: Final = frozenset("-–—‐._,;:/|\u200b\ufeff")
"""What people put between groups, besides blanks."""


@dataclass(frozen=True)
class Half:
    """One half, as it was read."""

    form: str
    number: int
    """1 or 2."""
    sheet: str
    share: bytes


@dataclass(frozen=True)
class Joined:
    """What both halves say together."""

    sheet: str
    passphrase: str


def pad_length(passphrase: str) -> int:
    """Tell how many random bytes :func:`split` needs."""
    return len(_packed(passphrase)[1])


def split(passphrase: str, sheet: str, pad: bytes) -> tuple[str, str]:
    """Divide a passphrase.

    Args:
        passphrase: what opens the backups.
        sheet: the sheet's name, six characters of :data:`ALPHABET`.
        pad: as many random bytes as :func:`pad_length` says, used for nothing else.

    Raises:
        PassphraseTooLong: it does not fit on paper.
    """
    form, said = _packed(passphrase)
    if len(pad) != len(said) or len(sheet) != SHEET_NAME or set(sheet) - set(ALPHABET):
        raise ValueError("pad or name of the sheet does not fit")
    other = bytes(a ^ b for a, b in zip(said, pad, strict=True))
    return _written(Half(form, 1, sheet, pad)), _written(Half(form, 2, sheet, other))


def join(first: str, second: str) -> str:
    """Give the passphrase that two halves hold.

    Args:
        first: one half as it was typed, or the text of its QR code.
        second: the other one; which is which does not matter.

    Raises:
        HalfMistyped: one of them, which is said, is not as it was printed.
        HalvesApart, HalfTwice: they are not the two halves of one sheet.
    """
    return open_both(first, second).passphrase


def open_both(first: str, second: str) -> Joined:
    """As :func:`join`; gives the sheet's name too."""
    one, two = read(first, 1), read(second, 2)
    if one.sheet != two.sheet or one.form != two.form or len(one.share) != len(two.share):
        raise HalvesApart(f"{one.sheet} {two.sheet}", first=one.sheet, second=two.sheet)
    if one.number == two.number:
        raise HalfTwice(str(one.number), half=one.number, sheet=one.sheet)
    said = bytes(a ^ b for a, b in zip(one.share, two.share, strict=True))
    try:
        return Joined(one.sheet, _unpacked(one.form, said))
    except (UnicodeDecodeError, IndexError) as wrong:
        raise HalvesApart(str(wrong), first=one.sheet, second=two.sheet) from wrong


def read(text: str, asked: int) -> Half:
    """Read one half as it was typed or scanned.

    Args:
        text: with or without what stands between the groups, in small or capital letters.
        asked: which half was asked for, so that an error can say which one is meant.

    Raises:
        HalfMistyped: it is not as it was printed.
    """
    values = _values(_own_line(text))
    size = _GROUP + 1
    groups = [values[start : start + size] for start in range(0, len(values), size)]
    for place, group in enumerate(groups):
        if len(group) < size or None in group or _check(place, group[:_GROUP]) != group[_GROUP]:
            raise HalfMistyped(f"group {place + 1}", half=asked, group=place + 1)
    if len(groups) < _LEAST:
        raise HalfMistyped("too short", half=asked, group=len(groups) + 1)
    words = "".join(ALPHABET[one or 0] for group in groups for one in group[:_GROUP])
    if words[0] == _MADE and len(groups) < _MADE_GROUPS:
        raise HalfMistyped("too short", half=asked, group=len(groups) + 1)
    if _sum(words[:-_CHECK]) != words[-_CHECK:]:
        # Every group is right by itself: one is left out or too many, or two slips hide each other.
        raise HalfMistyped("sum", half=asked, group=f"1–{len(groups)}")
    form, number, sheet = words[0], words[1], words[2:_HEAD]
    if form not in {_MADE, _OTHER} or number not in {"1", "2"}:
        raise HalfMistyped("unknown form", half=asked, group=1)
    return Half(form, int(number), sheet, _bytes(form, words[_HEAD:-_CHECK]))


def groups(half: str) -> list[str]:
    """Give a half's groups, for paper."""
    return half.split("-")


def for_code(half: str, node: str, places: tuple[str, ...]) -> str:
    """Write the text of a half's QR code: the half, the node, and where its backups are."""
    return "\n".join([f"{MARK} {half}", node, *places])


def places_in(text: str) -> tuple[str, ...]:
    """Give the places for backups that the text of a QR code names."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return tuple(lines[2:]) if lines and lines[0].upper().startswith(MARK) else ()


def is_one(line: str) -> bool:
    """Tell whether a line could be a half, rather than another line of a code that was scanned.

    A scanner that types sends all lines of a code; after the first half come the node's name and
    the places, which are no second half.
    """
    plain = line.strip()
    return plain.upper().startswith(MARK) or _TYPED.fullmatch(plain) is not None


def _own_line(text: str) -> str:
    """Take the line with the half out of the text of a QR code."""
    for line in text.splitlines():
        if line.strip().upper().startswith(MARK):
            return line.strip()[len(MARK) :]
    return text


def _values(text: str) -> list[int | None]:
    """Read characters; None for one that is not of the alphabet."""
    kept = [one for one in text.upper() if not one.isspace() and one not in _BETWEEN]
    return [_READ_AS.get(one) for one in kept]


def _packed(passphrase: str) -> tuple[str, bytes]:
    plain = passphrase.encode()
    try:
        made = base64.b64decode(plain + b"=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        made = b""
    if len(made) == _MADE_BYTES and _base64(made) == passphrase:
        return _MADE, made
    if not 0 < len(plain) <= MOST_BYTES:
        raise PassphraseTooLong(f"{len(plain)} bytes", most=MOST_BYTES)
    return _OTHER, bytes([len(plain)]) + plain


def _unpacked(form: str, said: bytes) -> str:
    return _base64(said) if form == _MADE else said[1 : 1 + said[0]].decode()


def _base64(made: bytes) -> str:
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _written(half: Half) -> str:
    words = f"{half.form}{half.number}{half.sheet}{_letters(half.share)}"
    words += ALPHABET[0] * (-(len(words) + _CHECK) % _GROUP)
    words += _sum(words)
    quads = [words[start : start + _GROUP] for start in range(0, len(words), _GROUP)]
    return "-".join(
        quad + ALPHABET[_check(place, [ALPHABET.index(one) for one in quad])]
        for place, quad in enumerate(quads)
    )


def _letters(share: bytes) -> str:
    count = -(-len(share) * 8 // 5)
    number = int.from_bytes(share, "big") << (count * 5 - len(share) * 8)
    return "".join(ALPHABET[number >> (5 * (count - 1 - place)) & 31] for place in range(count))


def _bytes(form: str, letters: str) -> bytes:
    number = 0
    for one in letters:
        number = number << 5 | ALPHABET.index(one)
    whole = len(letters) * 5 // 8
    said = (number >> (len(letters) * 5 - whole * 8)).to_bytes(whole, "big")
    return said[:_MADE_BYTES] if form == _MADE else said


def _sum(words: str) -> str:
    """Check a whole half: twenty bits."""
    found = zlib.crc32(words.encode())
    return "".join(ALPHABET[found >> (5 * place) & 31] for place in range(_CHECK))


def _check(place: int, group: "Sequence[int | None]") -> int:
    """Check one group.

    A sum in the field of 32 elements with another weight at each place, so that one wrong
    character, or two changed about, are always found; and with the group's own place in it.
    """
    found = place & 31
    for weight, one in enumerate(group, start=1):
        found ^= _times(one or 0, weight)
    return found


def _times(value: int, doublings: int) -> int:
    for _ in range(doublings):
        value = value << 1 ^ (0b100101 if value & 16 else 0)
    return value
