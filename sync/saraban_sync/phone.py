"""A range of numbers read out over the telephone: twenty digits that prove themselves.

    centre: grants 501–1000 ── 0134 8130 4643 7577 5065 ──> a voice ──> node: checks, takes them

The twenty digits are one number of 64 bits: a seal (36) over everything the range says, made with a
key that only this centre and this node share, where the range begins (24), and how long it is (4, a
place in :data:`SIZES`). The seal stands first, so that no code begins with a row of zeros. Whoever
mishears a digit, reads a code meant for another school, or for another register or year, is told
so; nobody takes a number that was not granted. The grant itself lies in the node's mailbox as
always: the code only goes before it.
"""

import hashlib
import hmac
from typing import Final, NamedTuple

from saraban_sync import thai
from saraban_sync.errors import PhoneCodeUnreadable, PhoneCodeWrong, SizeNotSpoken
from saraban_sync.events import canonical
from saraban_sync.ids import NodeId, OfficeCode
from saraban_sync.ranges import NumberRange
from saraban_sync.registers import Register, Series

SIZES: Final = (
    10, 20, 30, 50, 100, 150, 200, 300, 400, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000,
)  # fmt: skip
"""How many numbers a range given by telephone can have. A place in it never changes."""
DIGITS: Final = 20
_GROUP: Final = 4
_FIRST_BITS: Final = 24
_SIZE_BITS: Final = 4
_WHERE_BITS: Final = _FIRST_BITS + _SIZE_BITS
_SEAL_BITS: Final = 64 - _WHERE_BITS
_LABEL: Final = b"saraban phone v1\x00"
_BETWEEN: Final = frozenset(" -–.\u00a0\u200b")


class Told(NamedTuple):
    """What a code says."""

    grant: str
    series: Series
    range: NumberRange
    code: str
    """The twenty digits alone."""


def grant_id(series: Series, first: int) -> str:
    """Name a grant: both sides can work it out from where the range begins."""
    return f"{series.office}-{series.register}-{series.year}-{first}"


def shared_key(secret_sha256: str) -> bytes:
    """Derive the key of the seal: HKDF (RFC 5869) with SHA-256, one block.

    Args:
        secret_sha256: SHA-256 of the node's secret, hexadecimal: all that the centre keeps of it.
    """
    extracted = hmac.digest(_LABEL, bytes.fromhex(secret_sha256), hashlib.sha256)
    return hmac.digest(extracted, _LABEL + b"\x01", hashlib.sha256)


def spoken_size(wanted: int) -> int:
    """Give the smallest size that can be told and is not less than what is wanted.

    Raises:
        SizeNotSpoken: nothing of that kind can be told.
    """
    for size in SIZES:
        if size >= wanted >= 1:
            return size
    raise SizeNotSpoken(f"{wanted}", wanted=wanted, most=SIZES[-1])


def write_code(key: bytes, node: NodeId, series: Series, *, first: int, size: int) -> str:
    """Write the code of a range: twenty digits.

    Args:
        key: from :func:`shared_key`.
        node: who may take the range.
        series: office, register and year.
        first: the first number.
        size: how many; one of :data:`SIZES`.

    Raises:
        SizeNotSpoken: the size is none of them, or the number does not fit.
    """
    if size not in SIZES or not 1 <= first < 1 << _FIRST_BITS:
        raise SizeNotSpoken(f"{size} from {first}", wanted=size, most=SIZES[-1])
    where = first << _SIZE_BITS | SIZES.index(size)
    whole = _seal(key, node, series, first, size) << _WHERE_BITS | where
    return f"{whole:0{DIGITS}d}"


def groups(code: str) -> str:
    """Write a code as it is read out: five groups of four."""
    return " ".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def read_code(
    spoken: str, key: bytes, node: NodeId, office: OfficeCode, register: Register, year: int
) -> Told:
    """Check a code that was heard and typed, and give the range it tells of.

    Args:
        spoken: as typed: Thai digits, spaces and hyphens do no harm.
        key: from :func:`shared_key`.
        node: this node.
        office: its office.
        register: the register for which the code was read out.
        year: the Buddhist year for which it was read out.

    Raises:
        PhoneCodeUnreadable: it is not twenty digits.
        PhoneCodeWrong: a digit is wrong, or it is meant for another node, register or year.
    """
    code = _digits(spoken)
    whole = int(code)
    seal, where = divmod(whole, 1 << _WHERE_BITS)
    first, place = divmod(where, 1 << _SIZE_BITS)
    series = Series(office, register, year)
    if not first or seal >> _SEAL_BITS:
        raise PhoneCodeWrong("no range at all")
    size = SIZES[place]
    if not hmac.compare_digest(_bytes(seal), _bytes(_seal(key, node, series, first, size))):
        raise PhoneCodeWrong(f"seal does not fit {node} {register} {year}")
    range_ = NumberRange(first, first + size - 1)
    return Told(grant=grant_id(series, first), series=series, range=range_, code=code)


def _digits(spoken: str) -> str:
    text = "".join(c for c in thai.arabic_digits(spoken) if not c.isspace() and c not in _BETWEEN)
    if not (text.isascii() and text.isdigit() and len(text) == DIGITS):
        raise PhoneCodeUnreadable(f"{len(text)} characters", have=len(text), want=DIGITS)
    return text


def _seal(key: bytes, node: NodeId, series: Series, first: int, size: int) -> int:
    said = [series.office, node, series.register, series.year, first, size, grant_id(series, first)]
    mac = hmac.digest(key, _LABEL + canonical(said), hashlib.sha256)
    return int.from_bytes(mac[:8], "big") >> (64 - _SEAL_BITS)


def _bytes(seal: int) -> bytes:
    return seal.to_bytes(8, "big")
