"""What the centre signs: grants of number ranges, and entries of the directory.

Both are canonical JSON signed by the centre's key under a label of their own, so that a node can
check them without asking, however they reached it.
"""

from typing import Final, Literal, TypeVar

import msgspec

from saraban_sync import ranges, signing
from saraban_sync.body import Body, Signed
from saraban_sync.errors import Unintelligible
from saraban_sync.events import canonical
from saraban_sync.ids import NodeId, OfficeCode, Whole
from saraban_sync.ranges import NumberRange
from saraban_sync.registers import Circulars, Register, Series
from saraban_sync.signing import SigningKey


class Grant(Body, frozen=True):
    """Numbers ``first`` to ``last`` of one series, for one node."""

    grant: str
    office: str
    node: str
    register: Register
    year: Whole
    first: Whole
    last: Whole
    at: str
    generation: Whole
    opening: bool = False
    """Whether the numbers before ``first`` were given on paper, before the office began here."""

    @property
    def series(self) -> Series:
        """The series the numbers belong to."""
        return Series(OfficeCode(self.office), self.register, self.year)

    @property
    def range(self) -> NumberRange:
        """The numbers.

        Raises:
            RangeProblem: they are reversed.
        """
        return ranges.checked(self.first, self.last)


class DirectoryEntry(Body, frozen=True):
    """An office or a node as the centre knows it; a later ``version`` replaces an earlier one."""

    kind: Literal["office", "node"]
    version: Whole
    code: str
    """Office code or node name."""
    name: str
    """Thai name of an office; empty for a node."""
    at: str
    generation: Whole
    prefix: str = ""
    """An office's letter prefix, such as ``ศธ 04123.45``."""
    office: str = ""
    """The office a node belongs to."""
    key: str = ""
    """A node's public key."""
    epoch: Whole = 1
    """The epoch given to a node."""
    active: bool = True
    registry: bool = True
    """Whether a node takes the letters that arrive for its office."""
    circulars: Circulars = Circulars.SHARED
    """Where an office's circulars take their numbers from."""
    origin: str = ""
    """The node from whose name this one was forked."""
    base: str = ""
    """The last event it shares with that one."""
    base_hash: str = ""


_B = TypeVar("_B", bound=Body)
_grants: Final = msgspec.json.Decoder(Grant)
_entries: Final = msgspec.json.Decoder(DirectoryEntry)


def sign_grant(key: SigningKey, grant: Grant) -> Signed:
    """Sign a grant with the centre's key."""
    return _sign(key, signing.GRANT, grant)


def read_grant(text: Signed, centre: str) -> Grant:
    """Check and read a grant.

    Args:
        text: the signed document.
        centre: the centre's public key.

    Raises:
        BadSignature: the centre did not sign it.
        Unintelligible: it is no grant.
        RangeProblem: the range is reversed.
    """
    grant = _read(text, centre, signing.GRANT, _grants)
    ranges.checked(grant.first, grant.last)
    return grant


def sign_entry(key: SigningKey, entry: DirectoryEntry) -> Signed:
    """Sign a directory entry with the centre's key."""
    return _sign(key, signing.DIRECTORY, entry)


def read_entry(text: Signed, centre: str) -> DirectoryEntry:
    """Check and read a directory entry.

    Raises:
        BadSignature: the centre did not sign it.
        Unintelligible: it is no directory entry.
    """
    return _read(text, centre, signing.DIRECTORY, _entries)


def own_grant(grant: Grant, *, office: OfficeCode, node: NodeId) -> bool:
    """Tell whether a grant is for this office and node."""
    return grant.office == office and grant.node == node


def _sign(key: SigningKey, context: bytes, body: Body) -> Signed:
    payload = canonical(body)
    return Signed(p=payload.decode("utf-8"), s=key.sign(context, payload))


def _read(text: Signed, centre: str, context: bytes, decoder: "msgspec.json.Decoder[_B]") -> _B:
    payload = text.p.encode("utf-8")
    signing.verify(centre, context, payload, text.s)
    try:
        return decoder.decode(payload)
    except msgspec.DecodeError as wrong:
        raise Unintelligible(f"not what the centre signs: {wrong}") from wrong


def parse_grant(text: Signed) -> Grant:
    """Read a grant whose signature was checked before, such as one in our own journal.

    Raises:
        Unintelligible: it is no grant.
    """
    try:
        return _grants.decode(text.p.encode("utf-8"))
    except msgspec.DecodeError as wrong:
        raise Unintelligible(f"no grant: {wrong}") from wrong
