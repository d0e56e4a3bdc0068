"""Keeping what was refused or quarantined, so that a person can look at it.

The same bad document sent a hundred times is one record that counts to a hundred. A node can fill
only so much: beyond the limit its bad documents are counted, not kept. What the node has signed
itself (the other branch of a twin, what came after an epoch was closed) has a limit of its own,
far above what an office writes in a year: nobody else can make it, and it may be all there is.
"""

import hashlib
from typing import Final, NamedTuple

from saraban_central.centre import Centre
from saraban_central.records import SET_ASIDE, SET_ASIDE_COUNTS, SetAside, SetAsideCount
from saraban_central.store.interface import Put, Writing
from saraban_sync.admission import Verdict

SAMPLE_BYTES: Final = 4 * 1024
"""So much of a refused document is kept; anybody can make one."""
WHOLE_BYTES: Final = 512 * 1024
"""So much of one that the node itself has signed, such as a twin: all of it."""
SIGNED_DOCUMENTS: Final = 20_000
"""So many of those that the node has signed are kept."""
_SIGNED: Final = "signed/"


class Bad(NamedTuple):
    """A document that was not taken in."""

    id: str
    verdict: Verdict
    reason: str
    raw: bytes
    """As it came."""
    signed: bool = False
    """Whether the node itself has signed it, which makes it evidence."""


def notes(centre: Centre, node: str, found: list[Bad]) -> list[Writing]:
    """Plan to write down what was not taken in."""
    if not found:
        return []
    now = centre.now()
    writes: list[Writing] = []
    room = _room(centre, node)
    for key, bad in {_key(node, bad): bad for bad in found}.items():
        held = centre.store.record(SET_ASIDE, key)
        if held is None and room[bad.signed] <= 0:
            continue
        room[bad.signed] -= held is None
        times = held.value.times if held else 0
        record = SetAside(
            node=node,
            id=bad.id[:64],
            verdict=bad.verdict.value,
            reason=bad.reason[:300],
            first_at=held.value.first_at if held else now,
            last_at=now,
            times=times + 1,
            size=len(bad.raw),
            sample=bad.raw[: WHOLE_BYTES if bad.signed else SAMPLE_BYTES],
        )
        writes.append(Put(SET_ASIDE, key, record, held.revision if held else None))
    return [*writes, _count(centre, node, found, now)]


def _room(centre: Centre, node: str) -> dict[bool, int]:
    """Tell how many more are kept: of those that the node has signed, and of others."""
    every = centre.store.count(SET_ASIDE, f"{node}/")
    signed = centre.store.count(SET_ASIDE, f"{node}/{_SIGNED}")
    return {
        True: SIGNED_DOCUMENTS - signed,
        False: centre.config.set_aside_documents - (every - signed),
    }


def _count(centre: Centre, node: str, found: list[Bad], now: str) -> Writing:
    held = centre.store.record(SET_ASIDE_COUNTS, node)
    before = held.value if held else SetAsideCount()
    refused = sum(bad.verdict is Verdict.REFUSED for bad in found)
    after = SetAsideCount(
        refused=before.refused + refused,
        quarantined=before.quarantined + len(found) - refused,
        last_at=now,
    )
    return Put(SET_ASIDE_COUNTS, node, after, held.revision if held else None)


def _key(node: str, bad: Bad) -> str:
    digest = hashlib.sha256(f"{bad.verdict}\0{bad.reason}\0".encode() + bad.raw).hexdigest()
    return f"{node}/{_SIGNED}{bad.id[:20]}/{digest[:32]}" if bad.signed else f"{node}/{digest[:32]}"
