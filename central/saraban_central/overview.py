"""Which offices need somebody, and why: what is known of each node, judged, the worst first.

Every judgement is a :class:`Sign`: how grave, an icon's name and the key of a sentence, so that
page, API and telephone words say the same.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Final, NamedTuple

from saraban_base.sqlite import Cursor
from saraban_central import directory
from saraban_central.backup import records as own_backups
from saraban_central.backup_host.findings import Finding
from saraban_central.backup_host.records import HOSTED, LOOKED, Looked
from saraban_central.numbering.holdings import Holding, holdings
from saraban_central.readmodel import deliveries, machines
from saraban_central.readmodel.deliveries import NOBODY, Waiting
from saraban_central.readmodel.machines import Backup, Drill, Progress
from saraban_central.records import (
    ALARMS,
    CONTACTS,
    OPEN_REQUESTS,
    SET_ASIDE_COUNTS,
    Alarm,
    Contact,
    Node,
    Office,
)
from saraban_central.store.interface import Store
from saraban_sync.errors import NotAnIdentifier
from saraban_sync.ids import parse_event_id
from saraban_sync.registers import parse_instant, thai_date

DONE: Final = "done"
PLAIN: Final = "plain"
WAITING: Final = "waiting"
DANGER: Final = "danger"
_GRAVITY: Final = {DANGER: 100, WAITING: 1}

CLOCK_WAITING_MS: Final = 60_000
CLOCK_DANGER_MS: Final = 10 * 60_000
BACKUP_WAITING: Final = timedelta(days=2)
BACKUP_DANGER: Final = timedelta(days=7)
DRILL_WAITING: Final = timedelta(days=100)
"""A quarter of a year and a week: drills are made once a quarter."""
LOOK_WAITING: Final = timedelta(days=8)
LATE: Final = timedelta(days=3)
DISK_WAITING: Final = 2 * 1024**3
DISK_DANGER: Final = 512 * 1024**2
NEXT_YEAR_MONTH: Final = 12
"""From this month on, a machine without numbers of the next year is news."""
PROGRAM: Final = version("saraban")


class Sign(NamedTuple):
    """One judgement."""

    about: str
    """``contact``, ``events``, ``letters``, ``clock``, ``backup``, ``drill``, ``kept``, ``disk``,
    ``program``, ``numbers`` or ``alarms``."""
    kind: str
    """``danger``, ``waiting``, ``plain`` or ``done``."""
    icon: str
    key: str
    """Of the text that says it, under ``sign``."""
    facts: Mapping[str, int | str] = {}
    at: str = ""
    """The moment it speaks of, if any."""

    @property
    def grave(self) -> bool:
        """Whether somebody should do something."""
        return self.kind in _GRAVITY


class Machine(NamedTuple):
    """Everything the centre knows of one node, or of an office that has none yet."""

    office: Office
    node: Node | None
    contact: Contact | None
    progress: Progress | None
    backup: Backup | None
    good_backup: Backup | None
    drill: Drill | None
    kept: Looked | None
    """What was last seen of its repository at the centre; None if it keeps none here."""
    waiting: Waiting
    alarms: tuple[Alarm, ...]
    turned_away: int
    held: tuple[Holding, ...]
    asked: int
    """Requests for numbers that wait for a person."""
    signs: tuple[Sign, ...]

    @property
    def events_to_come(self) -> int:
        """How many events the node said it has that are not here; 0 when it has said nothing."""
        said = self.contact.last_event if self.contact else ""
        here = self.progress.event if self.progress else ""
        if not _is_event(said) or said <= here:
            return 0
        # A new epoch may count again from further back.
        return max(1, _seq(said) - (self.progress.seq if self.progress else 0))

    @property
    def program(self) -> str:
        """Version of the program it last named; empty when it never did."""
        said = self.contact.program if self.contact else ""
        return said or (self.node.program if self.node else "")

    @property
    def gravity(self) -> int:
        """How much it needs somebody."""
        return sum(_GRAVITY.get(sign.kind, 0) for sign in self.signs)

    def sign(self, about: str) -> Sign:
        """Give the judgement about one thing.

        Raises:
            KeyError: nothing is judged there.
        """
        for sign in self.signs:
            if sign.about == about:
                return sign
        raise KeyError(about)


class Limits(NamedTuple):
    """When silence becomes news."""

    silent: timedelta = timedelta(hours=24)


def machines_of(
    store: Store, cursor: Cursor, now: datetime, limits: Limits, *, office: str = ""
) -> list[Machine]:
    """Look at every node, the worst first.

    Args:
        store: the centre's store.
        cursor: reads the read model.
        now: this moment.
        limits: how patient to be.
        office: only the nodes of this office.
    """
    known = directory.nodes(store)
    contacts = {kept.key: kept.value for kept in store.records(CONTACTS)}
    away = {kept.key: kept.value for kept in store.records(SET_ASIDE_COUNTS)}
    alarms: dict[str, list[Alarm]] = {}
    for kept in store.records(ALARMS):
        alarms.setdefault(kept.value.node, []).append(kept.value)
    journals = machines.progress(cursor)
    last, good = machines.last_backups(cursor), machines.last_backups(cursor, good=True)
    drills, looked = machines.last_drills(cursor), _kept_here(store)
    open_letters = deliveries.waiting(cursor)
    held = holdings(store, cursor, now, office=office)
    asked = Counter(kept.key.partition("/")[0] for kept in store.records(OPEN_REQUESTS))
    found = []
    for one in directory.offices(store):
        if office and one.code != office:
            continue
        own: list[Node | None] = [node for node in known if node.office == one.code]
        for node in own or [None]:
            name = node.node if node else ""
            counts = away.get(name)
            takes = node is None or node.registry
            machine = Machine(
                office=one, node=node, contact=contacts.get(name), progress=journals.get(name),
                backup=last.get(name), good_backup=good.get(name), drill=drills.get(name),
                kept=looked.get(name),
                waiting=open_letters.get(one.code, NOBODY) if takes else NOBODY,
                alarms=tuple(alarms.get(name, ())),
                turned_away=counts.refused + counts.quarantined if counts else 0,
                held=tuple(held.get(name, ())), asked=asked[name], signs=(),
            )  # fmt: skip
            found.append(machine._replace(signs=tuple(_judge(machine, now, limits))))
    return sorted(found, key=_worst_first)


def _worst_first(machine: Machine) -> tuple[bool, int, str, str]:
    active = machine.node is None or machine.node.active
    contact = machine.contact.at if machine.contact else ""
    return not active, -machine.gravity, contact, machine.office.code


def _judge(machine: Machine, now: datetime, limits: Limits) -> list[Sign]:
    if machine.node is None:
        return [Sign("contact", WAITING, "info", "no-node")]
    if not machine.node.active:
        return [Sign("contact", PLAIN, "void", "revoked")]
    return [
        _contact(machine, now, limits),
        _events(machine),
        _letters(machine, now),
        _clock(machine.contact),
        _backup(machine, now),
        _drill(machine, now),
        _kept(machine, now),
        _disk(machine.contact),
        _program(machine),
        _numbers(machine, now),
        _alarms(machine),
    ]


def _contact(machine: Machine, now: datetime, limits: Limits) -> Sign:
    if machine.contact is None:
        return Sign("contact", WAITING, "clock", "never-seen")
    at = machine.contact.at
    silent = now - parse_instant(at)
    if silent > 3 * limits.silent:
        return Sign("contact", DANGER, "stop", "silent-long", {"days": silent.days}, at)
    if silent > limits.silent:
        return Sign(
            "contact",
            WAITING,
            "clock",
            "silent",
            {"hours": int(silent.total_seconds() // 3600)},
            at,
        )
    return Sign("contact", DONE, "check", "in-touch", at=at)


def _events(machine: Machine) -> Sign:
    if machine.contact is None:
        return Sign("events", PLAIN, "info", "unknown")
    if count := machine.events_to_come:
        return Sign("events", WAITING, "clock", "events-to-come", {"n": count})
    return Sign("events", DONE, "check", "all-here")


def _letters(machine: Machine, now: datetime) -> Sign:
    waiting = machine.waiting
    if waiting.unregistered:
        late = now - parse_instant(waiting.oldest) > LATE
        kind, icon = (DANGER, "warning") if late else (WAITING, "arrivals")
        facts: dict[str, int | str] = {"n": waiting.unregistered}
        return Sign("letters", kind, icon, "unregistered", facts, waiting.oldest)
    if waiting.coming:
        return Sign("letters", PLAIN, "arrivals", "coming", {"n": waiting.coming})
    return Sign("letters", DONE, "check", "none-waiting")


def _clock(contact: Contact | None) -> Sign:
    if contact is None:
        return Sign("clock", PLAIN, "info", "unknown")
    off = abs(contact.offset_ms)
    seconds = off // 1000
    # The offset is the centre's time minus the node's: positive means that the node is behind.
    key = "clock-slow" if contact.offset_ms > 0 else "clock-fast"
    amount: dict[str, int | str] = {"minutes": seconds // 60, "seconds": seconds % 60}
    if off >= CLOCK_DANGER_MS:
        return Sign("clock", DANGER, "warning", key, amount)
    if off >= CLOCK_WAITING_MS:
        return Sign("clock", WAITING, "clock", key, amount)
    return Sign("clock", DONE, "check", "clock-right", {"seconds": seconds})


def _backup(machine: Machine, now: datetime) -> Sign:
    good, last = machine.good_backup, machine.backup
    if good is None:
        key = "backup-failed" if last else "backup-never"
        return Sign("backup", DANGER, "warning", key, at=last.at if last else "")
    age = now - parse_instant(good.at)
    facts: dict[str, int | str] = {"days": max(0, age.days)}
    if last is not None and not last.good:
        return Sign("backup", DANGER, "warning", "backup-failed", facts, last.at)
    if age > BACKUP_DANGER:
        return Sign("backup", DANGER, "warning", "backup-old", facts, good.at)
    if age > BACKUP_WAITING:
        return Sign("backup", WAITING, "clock", "backup-old", facts, good.at)
    return Sign("backup", DONE, "check", "backup-good", facts, good.at)


def _drill(machine: Machine, now: datetime) -> Sign:
    drill = machine.drill
    if drill is None:
        return Sign("drill", PLAIN, "info", "drill-never")
    if drill.result == "bad":
        return Sign("drill", DANGER, "warning", "drill-bad", at=drill.at)
    if drill.result != "good":
        return Sign("drill", WAITING, "clock", "drill-not-run", at=drill.at)
    age = now - parse_instant(drill.at)
    facts: dict[str, int | str] = {"days": max(0, age.days), "n": drill.entries}
    if age > DRILL_WAITING:
        return Sign("drill", WAITING, "clock", "drill-old", facts, drill.at)
    return Sign("drill", DONE, "check", "drill-good", facts, drill.at)


def _kept_here(store: Store) -> dict[str, Looked]:
    looked = {one.key: one.value for one in store.records(LOOKED)}
    return {one.key: looked.get(one.key, Looked(at="")) for one in store.records(HOSTED)}


def _kept(machine: Machine, now: datetime) -> Sign:
    kept = machine.kept
    if kept is None:
        return Sign("kept", PLAIN, "info", "kept-none")
    if harm := [one for one in kept.problems if Finding(name=one).grave]:
        return Sign("kept", DANGER, "warning", "kept-harmed", {"n": len(harm)}, kept.at)
    if not kept.at or now - parse_instant(kept.at) > LOOK_WAITING:
        return Sign("kept", WAITING, "clock", "kept-unchecked", at=kept.at)
    if not kept.backups:
        return Sign("kept", WAITING, "clock", "kept-empty", at=kept.at)
    return Sign("kept", DONE, "check", "kept-good", {"n": kept.backups}, kept.newest_at)


def own_backup(store: Store, now: datetime) -> Sign | None:
    """Judge the centre's backup of itself; None when there is nothing to say."""
    last, good = own_backups.last(store), own_backups.last(store, good_only=True)
    if last is not None and not last.good:
        return Sign("own", DANGER, "warning", "overview.own_failed", at=last.at)
    if good is None:
        return Sign("own", WAITING, "disk", "overview.own_never")
    age = now - parse_instant(good.at)
    if age <= BACKUP_WAITING:
        return None
    return Sign(
        "own", DANGER if age > BACKUP_DANGER else WAITING, "clock", "overview.own_old", at=good.at
    )


def _disk(contact: Contact | None) -> Sign:
    if contact is None or contact.free_bytes < 0:
        return Sign("disk", PLAIN, "info", "unknown")
    facts: dict[str, int | str] = {"mb": contact.free_bytes // 1024**2}
    if contact.free_bytes < DISK_DANGER:
        return Sign("disk", DANGER, "warning", "disk-full", facts)
    if contact.free_bytes < DISK_WAITING:
        return Sign("disk", WAITING, "disk", "disk-low", facts)
    return Sign("disk", DONE, "check", "disk-room", {"gb": contact.free_bytes // 1024**3})


def _program(machine: Machine) -> Sign:
    program = machine.program
    if not program:
        return Sign("program", PLAIN, "info", "unknown")
    if program == PROGRAM:
        return Sign("program", DONE, "check", "program-same", {"version": program})
    return Sign("program", WAITING, "info", "program-other", {"version": program})


def _numbers(machine: Machine, now: datetime) -> Sign:
    current = [one for one in machine.held if one.current]
    if not current:
        return Sign("numbers", WAITING, "number", "numbers-none")
    least = min(current, key=lambda one: one.left)
    facts: dict[str, int | str] = {"n": least.left, "register": least.register.value}
    if least.left == 0:
        return Sign("numbers", DANGER, "stop", "numbers-out", facts)
    if machine.asked:
        return Sign("numbers", WAITING, "number", "numbers-asked", {"n": machine.asked})
    if low := [one for one in current if one.low]:
        least = min(low, key=lambda one: one.left)
        facts = {"n": least.left, "register": least.register.value}
        return Sign("numbers", WAITING, "number", "numbers-low", facts)
    today = thai_date(now)
    ahead = {one.register for one in machine.held if one.year > current[0].year}
    lacking = [one for one in current if one.register not in ahead]
    if today.month >= NEXT_YEAR_MONTH and lacking:
        facts = {"register": lacking[0].register.value, "year": current[0].year + 1}
        return Sign("numbers", WAITING, "number", "numbers-next", facts)
    return Sign("numbers", DONE, "check", "numbers-left", facts)


def _alarms(machine: Machine) -> Sign:
    if machine.alarms:
        return Sign("alarms", DANGER, "stop", "alarms", {"n": len(machine.alarms)})
    if machine.turned_away:
        return Sign("alarms", WAITING, "warning", "turned-away", {"n": machine.turned_away})
    return Sign("alarms", DONE, "check", "no-alarms")


def _is_event(text: str) -> bool:
    return _seq(text) > 0


def _seq(event: str) -> int:
    try:
        return parse_event_id(event)[1]
    except NotAnIdentifier:
        return 0
