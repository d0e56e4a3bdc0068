"""Moves letter files between this node and the centre, in parts, and goes on where it broke off.

One file that cannot be moved never holds up the others: a damaged one stays in the list of what has
to go and is told to the office; one that can never be whole is set aside with the reason.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from saraban_node.appliance import Appliance
from saraban_node.errors import CentreUnreachable, FileDamaged, FileMissing
from saraban_node.line import outbox, postbox
from saraban_node.line.outbox import Part
from saraban_node.line.transport import Centre
from saraban_sync.body import FileRef
from saraban_sync.errors import Unintelligible
from saraban_sync.wire import chunk_name, chunk_names

_MOST: Final = 3  # 256 KiB each, written as base64 and compressed: under 1 MiB a request
_LOOK: Final = 50
_T = TypeVar("_T")


@dataclass
class CycleReport:
    """What one exchange did."""

    pushed: int = 0
    refused: int = 0
    fetched: int = 0
    healed: int = 0
    """Own events that came back from the centre."""
    parts_sent: int = 0
    files_fetched: int = 0
    seconds: float = 0.0


class FileExchange:
    """Sends and fetches parts of files; fewer in a request while the line is thin.

    Args:
        node: the appliance.
    """

    def __init__(self, node: Appliance) -> None:
        self._node = node
        self._at_once = _MOST

    def push(self, centre: Centre, report: CycleReport) -> None:
        """Send the parts that the centre does not have yet."""
        stuck: dict[str, str] = {}
        while waiting := self._waiting(stuck):
            missing = centre.missing_chunks([part.chunk for part in waiting])
            self._sent([part.chunk for part in waiting if part.chunk not in missing])
            for group in self._groups([part for part in waiting if part.chunk in missing]):
                stuck |= self._push_group(centre, group, report)
        if stuck:
            outbox.note_refused(self._node.db, [(f"chunk {n}", why) for n, why in stuck.items()])

    def fetch(self, centre: Centre, report: CycleReport) -> None:
        """Fetch the files that have arrived in letters."""
        with self._node.db.read() as cursor:
            wanted = postbox.wanted_files(cursor)
        for ref in wanted:
            try:
                report.files_fetched += self._fetch_file(centre, ref)
            except FileMissing:
                continue  # a part was damaged on this disk; it is fetched again
            except (FileDamaged, Unintelligible) as wrong:
                with self._node.db.write() as write:
                    postbox.give_up(write, ref, wrong)

    def _waiting(self, stuck: dict[str, str]) -> list[Part]:
        with self._node.db.read() as cursor:
            found = outbox.parts(cursor, limit=_LOOK + len(stuck))
        return [part for part in found if part.chunk not in stuck]

    def _push_group(self, centre: Centre, group: list[Part], report: CycleReport) -> dict[str, str]:
        """Send a few parts; give those that could not go, and why."""
        data: list[bytes] = []
        done: list[str] = []
        stuck: dict[str, str] = {}
        for part in group:
            try:
                content = self._node.files.read_chunk(part.sha256, part.place)
            except FileMissing:  # still on its way to us: its sender brings it
                done.append(part.chunk)
                continue
            if chunk_name(content) == part.chunk:
                data.append(content)
                done.append(part.chunk)
            else:
                stuck[part.chunk] = f"{FileDamaged.code} {part.sha256}"
        if data:
            stuck |= self._answered(centre, data)
            report.parts_sent += len(data)
        self._sent([chunk for chunk in done if chunk not in stuck])
        return stuck

    def _answered(self, centre: Centre, data: list[bytes]) -> dict[str, str]:
        try:
            refused = dict(centre.push_chunks(data))
        except CentreUnreachable:
            self._at_once = 1
            raise
        self._at_once = min(_MOST, self._at_once + 1)
        return refused

    def _fetch_file(self, centre: Centre, ref: FileRef) -> bool:
        store = self._node.files
        names = chunk_names(ref.size, ref.sha256, ref.chunks)
        lacking = list(dict.fromkeys(name for name in names if not store.has_chunk(name)))
        for group in self._groups(lacking):
            try:
                found = centre.chunks(group)
            except CentreUnreachable:
                self._at_once = 1
                raise
            self._at_once = min(_MOST, self._at_once + 1)
            for name, data in found.items():
                store.keep_chunk(name, data)
        if not all(store.has_chunk(name) for name in names):
            return False
        store.assemble(ref, names)
        with self._node.db.write() as write:
            postbox.file_is_here(write, ref.sha256)
        return True

    def _sent(self, chunks: list[str]) -> None:
        if chunks:
            with self._node.db.write() as write:
                outbox.sent(write, chunks)

    def _groups(self, items: Sequence[_T]) -> Iterator[list[_T]]:
        """Cut items into groups of as many as the line bears at that moment."""
        place = 0
        while place < len(items):
            size = self._at_once
            yield list(items[place : place + size])
            place += size
