"""What goes into which mailbox in one commit, and which files may be read there."""

import re
from collections.abc import Iterable
from typing import Final

from saraban_central.centre import Centre
from saraban_central.post import mailbox
from saraban_central.post.mailbox import Item
from saraban_central.records import MAY_READ, MayRead
from saraban_central.store.interface import Keep, Writing
from saraban_sync.body import FileRef
from saraban_sync.events import Event, FilesAdded, LetterRegistered, LetterSent
from saraban_sync.number_events import EmergencyRegistered

_CHUNK: Final = re.compile(r"[0-9a-f]{64}")


class Delivery:
    """Collects events for mailboxes; all of it is one commit."""

    def __init__(self) -> None:
        self._items: dict[str, list[Item]] = {}
        self._readable: dict[str, set[str]] = {}

    def add(self, event: Event, target: str, *, journal: str) -> None:
        """Put an event into a node's mailbox, unless it was put there before.

        Args:
            event: what to deliver.
            target: the node that gets it.
            journal: the node in whose journal it stands. Two machines that had one name may have
                written different events under one id; each is delivered.
        """
        item = Item(
            route=mailbox.route(event.type, journal, event.id, target),
            payload=event.payload,
            signature=event.signature,
            sender=journal,
        )
        self._items.setdefault(target, []).append(item)
        self.allow(target, files_of(event))

    def allow(self, node: str, files: Iterable[FileRef]) -> None:
        """Let a node fetch files."""
        names = {name for file in files for name in (file.chunks or (file.sha256,))}
        self._readable.setdefault(node, set()).update(filter(_CHUNK.fullmatch, names))

    def writes(self, centre: Centre) -> list[Writing]:
        """Plan it all."""
        now = centre.now()
        writes: list[Writing] = []
        for target, items in sorted(self._items.items()):
            writes += mailbox.deliveries(centre.store, target, items, now)
        for node, names in sorted(self._readable.items()):
            writes += [Keep(MAY_READ, f"{node}/{name}", MayRead(at=now)) for name in sorted(names)]
        return writes


def files_of(event: Event) -> tuple[FileRef, ...]:
    """Give the files that an event names."""
    match event.body:
        case (
            LetterRegistered(files=files)
            | LetterSent(files=files)
            | FilesAdded(files=files)
            | EmergencyRegistered(files=files)
        ):
            return files
        case _:
            return ()
