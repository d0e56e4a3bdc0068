"""Introduces a new node to its centre with a one-time code."""

from datetime import datetime
from pathlib import Path
from typing import Final

from saraban_base.clock import Clock, SystemClock
from saraban_node import appliance, config, keys, meta
from saraban_node.appliance import PROGRAM, Appliance
from saraban_node.errors import CentreRefused, FolderInUse
from saraban_node.line import transport
from saraban_sync.ids import node_id, office_code
from saraban_sync.registers import parse_instant
from saraban_sync.signing import SigningKey

_JOINING: Final = "joining"
_SOON: Final = 10
"""Seconds within which an answer tells the time."""


def join(
    folder: Path,
    *,
    url: str,
    code: str,
    settings: dict[str, str | int | list[str]] | None = None,
    clock: Clock | None = None,
) -> Appliance:
    """Make a node in an empty folder with what the centre gives for a code.

    The node makes its own key; only the public half travels. If the centre's answer is lost on
    the way, the key waits in the folder: asked again soon, the centre knows it and the code counts.

    Args:
        folder: where the node will live.
        url: the centre's address.
        code: the one-time code from the centre's administrator.
        settings: keys of the settings file that differ from the defaults.
        clock: where time comes from; the machine's when not given.

    Raises:
        FolderInUse: the folder holds something already; the code is not used up.
        CentreUnreachable: there is no line; try again with the same folder and code.
        CentreRefused: the code is wrong, used or too old.
    """
    key, clock = _key_for(folder), clock or SystemClock()
    timeout = config.NodeConfig().request_timeout_seconds
    began = clock.monotonic()
    try:
        given = transport.enrol(url, code=code, key=key.public, program=PROGRAM, timeout=timeout)
    except CentreRefused:
        (folder / _JOINING).unlink()
        raise
    seconds = clock.monotonic() - began
    offset_ms = _offset_ms(given.time, clock.now(), seconds)
    (folder / _JOINING).unlink()
    made = appliance.create(
        folder,
        node=node_id(given.node),
        office=office_code(given.office),
        office_name=given.office_name,
        prefix=given.prefix,
        key=key,
        settings={**(settings or {}), "centre_url": url},
        clock=clock,
    )
    keys.keep(made.keys, keys.CENTRE_SECRET, given.secret)
    with made.db.write() as write:
        meta.put(write, meta.CENTRE_KEY, given.centre_key)
        meta.put(write, meta.EPOCH, str(given.epoch))
        meta.put(write, meta.GENERATION, str(given.generation))
        if offset_ms is not None:
            made.journal.clock.measured(write, offset_ms, seconds=seconds)
    return made


def _offset_ms(centre: str, here: datetime, seconds: float) -> int | None:
    """Tell how far the centre's clock is ahead of this machine's, if the answer says so."""
    try:
        ahead = (parse_instant(centre) - here).total_seconds() + seconds / 2
    except ValueError:
        return None
    return round(ahead * 1000) if seconds < _SOON else None


def _key_for(folder: Path) -> SigningKey:
    there = {item.name for item in folder.iterdir()} if folder.exists() else set()
    if there == {_JOINING}:
        return SigningKey.from_bytes(bytes.fromhex(keys.load(folder, _JOINING)))
    if there:
        raise FolderInUse(str(folder), folder=folder)
    key = SigningKey.generate()
    keys.keep(folder, _JOINING, key.to_bytes().hex())
    return key
