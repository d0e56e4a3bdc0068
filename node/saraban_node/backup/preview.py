"""What a restore would lose, worked out before anything is put to use.

    backup ── ends at event 50
    live folder ── 1 … 58 ──┐
                            ├──> 51 … 56 come back from the centre by themselves
    centre ────── 1 … 56 ───┘    57, 58 are only in the live folder: lost, unless typed in again

The centre is only read, with the node's own key out of the backup. It learns nothing by it, so that
whoever decides against the restore can go on with the machine as it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from saraban_base.sqlite import Cursor, looking_at, rows
from saraban_node import config, journal, keys, meta
from saraban_node.backup import snapshot
from saraban_node.identity import healing
from saraban_node.line.answers import Unreadable
from saraban_node.line.transport import Centre
from saraban_sync.backup_events import BackupDrilled, BackupFinished
from saraban_sync.errors import SarabanError
from saraban_sync.events import Event, LetterRegistered, parse_event, read_event, understood
from saraban_sync.ids import event_id, parse_event_id
from saraban_sync.number_events import EmergencyCorrelated, EmergencyRegistered, NumberReserved
from saraban_sync.registers import Register

_PAGE: Final = 200
_OF_BACKUPS: Final = (BackupFinished, BackupDrilled)
NONE: Final = "none"
"""No such folder; or the settings name no centre."""
READ: Final = "read"
UNREADABLE: Final = "unreadable"
"""The folder's database cannot be read, or the centre cannot be asked."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One entry that the backup does not have."""

    event: str
    hash: str
    register: Register
    year: int
    number: int
    """0 for one that has only an emergency number."""
    emergency: int
    subject: str
    at: str

    @property
    def where(self) -> str:
        """Register, number and year as people write them."""
        number = str(self.number) if self.number else f"E{self.emergency}"
        return f"{self.register} {number}/{self.year}"


@dataclass(frozen=True, kw_only=True)
class Later:
    """What somebody knows of the time after the backup."""

    state: str = NONE
    why: str = ""
    """Why it could not be read."""
    lines: tuple[Line, ...] = ()
    hashes: frozenset[str] = frozenset()
    """Of all its later events."""
    acts: frozenset[str] = frozenset()
    """Of those that are no entries: notes, cancellations …; not what backups write."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What comes back and what does not."""

    live: Later
    centre: Later

    @property
    def comes_back(self) -> tuple[Line, ...]:
        """Entries that the backup lacks and the centre holds."""
        return self.centre.lines

    @property
    def lost(self) -> tuple[Line, ...]:
        """Entries that only the live folder has."""
        return tuple(line for line in self.live.lines if line.hash not in self.centre.hashes)

    @property
    def acts_lost(self) -> int:
        """How many other acts only the live folder has."""
        return len(self.live.acts - self.centre.hashes)

    @property
    def loses(self) -> bool:
        """Whether anything is known that would be lost."""
        return bool(self.lost or self.acts_lost)


def look(restored: Path, live: Path) -> Preview:
    """Compare a backup that was brought back with the live folder and with the centre.

    Args:
        restored: the folder into which the backup was brought back.
        live: the folder whose place it is to take; it need not be there.
    """
    with looking_at(restored / snapshot.DATABASE) as cursor:
        return Preview(live=_live(cursor, live), centre=_centre(cursor, restored))


def node_of(folder: Path) -> str:
    """Tell whose folder it is; empty when it cannot tell."""
    try:
        with looking_at(folder / snapshot.DATABASE) as cursor:
            return meta.get(cursor, meta.NODE)
    except SarabanError:
        return ""


def _live(archive: Cursor, folder: Path) -> Later:
    if not (folder / snapshot.DATABASE).exists():
        return Later()
    try:
        with looking_at(folder / snapshot.DATABASE) as cursor:
            # By content and not by number: the live journal may have gone another way.
            known = {str(row[0]) for row in rows(archive, "SELECT hash FROM journal")}
            later = [
                parse_event(str(payload).encode("utf-8"), str(signature))
                for hash_, payload, signature in rows(
                    cursor, "SELECT hash, payload, signature FROM journal ORDER BY seq"
                )
                if hash_ not in known
            ]
    except SarabanError as wrong:
        return Later(state=UNREADABLE, why=wrong.detail or wrong.english)
    return _later(later)


def _centre(archive: Cursor, restored: Path) -> Later:
    try:
        settings = config.read_config(restored)
        if not settings.centre_url:
            return Later()
        node = meta.get(archive, meta.NODE)
        centre = Centre.at(
            settings.centre_url,
            node=node,
            secret=keys.load_centre_secret(restored / snapshot.KEYS, node),
            timeout=settings.request_timeout_seconds,
        )
        try:
            public = keys.load_signing_key(restored / snapshot.KEYS, node).public
            return _later(_events_after(centre, node, journal.head(archive), public))
        finally:
            centre.close()
    except FileNotFoundError:
        return Later()
    except (SarabanError, OSError, ValueError) as wrong:
        why = wrong.detail or wrong.english if isinstance(wrong, SarabanError) else str(wrong)
        return Later(state=UNREADABLE, why=why)


def _events_after(centre: Centre, node: str, head: journal.Head, public: str) -> list[Event]:
    """Read the own events that the centre holds after the backup's last one."""
    last = centre.last_event()
    if last is None or parse_event_id(last[0]) <= (head.epoch, head.seq):
        return []
    found: list[Event] = []
    for stretch in healing.missing(centre, last[0], head):
        first, end = stretch.first, event_id(stretch.epoch, stretch.last)
        while page := centre.events(event_id(stretch.epoch, first), end, limit=_PAGE):
            for document in page:
                if isinstance(document, Unreadable):
                    raise healing.unreadable(document, node)
                found.append(read_event(document.payload, document.signature, public))
            if found[-1].seq >= stretch.last:
                break
            first = found[-1].seq + 1
    return found


def _later(events: Iterable[Event]) -> Later:
    listed = list(events)
    lines = tuple(line for event in listed if (line := _line(event)) is not None)
    hashes = frozenset(event.hash for event in listed)
    # That a backup ended is written after its copy was taken: none holds it, and none misses it.
    of_backups = {event.hash for event in listed if isinstance(understood(event), _OF_BACKUPS)}
    acts = hashes - {line.hash for line in lines} - of_backups
    return Later(state=READ, lines=lines, hashes=hashes, acts=acts)


def _line(event: Event) -> Line | None:
    """Give the entry that an event makes or numbers."""
    subject, number, emergency = "", 0, 0
    match understood(event):
        case LetterRegistered() as body:
            subject, number = body.subject, body.number
        case NumberReserved() as body:
            subject, number = body.purpose, body.number
        case EmergencyRegistered() as body:
            subject, emergency = body.subject, body.emergency
        case EmergencyCorrelated() as body:
            number = body.number
        case _:
            return None
    return Line(
        event=event.id, hash=event.hash, register=body.register, year=body.year, number=number,
        emergency=emergency, subject=subject, at=event.at,
    )  # fmt: skip
