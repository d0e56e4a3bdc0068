"""How the centre and its nodes are, straight from the store: what the command line shows.

The pages show more, from the read model; this works even while the read model is being rebuilt.
"""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from saraban_central import directory
from saraban_central.backup import records as own_backups
from saraban_central.backup_host.findings import Finding
from saraban_central.backup_host.records import LOOKED, Looked
from saraban_central.centre import Centre
from saraban_central.records import (
    ALARMS,
    CONTACTS,
    FOLLOWED,
    PENDING,
    SET_ASIDE,
    WAITING,
    Contact,
    Node,
)
from saraban_central.store.interface import Shelf
from saraban_sync.ids import parse_event_id
from saraban_sync.registers import parse_instant
from saraban_sync.wire import journal_database


@dataclass(frozen=True)
class NodeCondition:
    """One node."""

    node: str
    office: str
    active: bool
    registry: bool
    last_contact: str
    """The centre's time; empty if it never came."""
    offset_ms: int
    program: str
    backup_at: str
    backup_good: bool
    events: int
    """Events held of its journal."""
    problems: tuple[str, ...]
    """Words a program can look for: silent, pending, set-aside, alarm, backup."""

    def as_dict(self) -> dict[str, Any]:
        """Give the fields as a program wants them."""
        return asdict(self)


@dataclass(frozen=True)
class CentreCondition:
    """The whole centre."""

    name: str
    key: str
    """The centre's public key."""
    generation: int
    offices: int
    nodes: int
    silent: int
    events: int
    unrouted_events: int
    waiting_letters: int
    """Letters for offices that have no node yet."""
    pending: int
    set_aside: int
    alarms: int
    backups_harmed: int
    """Nodes whose backups kept here were deleted or damaged, when last looked at."""
    own_backup_at: str
    """When the centre itself was last backed up well; empty if never."""
    own_backup_good: bool
    """Whether the last try was good, or none was made yet."""

    @property
    def good(self) -> bool:
        """Whether nothing needs a person."""
        return self.own_backup_good and not (
            self.silent or self.set_aside or self.alarms or self.backups_harmed
        )

    def as_dict(self) -> dict[str, Any]:
        """Give the fields as a program wants them."""
        return {**asdict(self), "good": self.good}


def of_nodes(centre: Centre) -> list[NodeCondition]:
    """Describe every node, those with problems first."""
    contacts = {kept.key: kept.value for kept in centre.store.records(CONTACTS)}
    events = {info.name: info.documents for info in centre.store.databases("journal-")}
    found = [
        _node(centre, node, contacts.get(node.node), events.get(journal_database(node.node), 0))
        for node in directory.nodes(centre.store)
    ]
    return sorted(found, key=lambda one: (-len(one.problems), one.node))


def of_centre(centre: Centre) -> CentreCondition:
    """Describe the centre."""
    store = centre.store
    known = of_nodes(centre)
    own_last, own_good = own_backups.last(store), own_backups.last(store, good_only=True)
    upto = {kept.key: kept.value.upto for kept in store.records(FOLLOWED)}
    return CentreCondition(
        name=centre.config.name,
        key=centre.key.public,
        generation=centre.identity.generation,
        offices=len(directory.offices(store)),
        nodes=len(known),
        silent=sum("silent" in one.problems for one in known),
        events=sum(one.events for one in known),
        unrouted_events=sum(_unrouted(centre, one.node, upto.get(one.node, "")) for one in known),
        waiting_letters=store.count(WAITING),
        pending=store.count(PENDING),
        set_aside=store.count(SET_ASIDE),
        alarms=store.count(ALARMS),
        backups_harmed=sum(_is_harmed(kept.value) for kept in store.records(LOOKED)),
        own_backup_at=own_good.at if own_good else "",
        own_backup_good=own_last is None or own_last.good,
    )


def _is_harmed(looked: Looked) -> bool:
    return any(Finding(name=one).grave for one in looked.problems)


def _node(centre: Centre, node: Node, contact: Contact | None, events: int) -> NodeCondition:
    return NodeCondition(
        node=node.node,
        office=node.office,
        active=node.active,
        registry=node.registry,
        last_contact=contact.at if contact else "",
        offset_ms=contact.offset_ms if contact else 0,
        program=contact.program if contact else node.program,
        backup_at=contact.backup_at if contact else "",
        backup_good=contact.backup_good if contact else False,
        events=events,
        problems=tuple(_problems(centre, node, contact)) if node.active else (),
    )


def _problems(centre: Centre, node: Node, contact: Contact | None) -> list[str]:
    patience = timedelta(hours=centre.config.silent_hours)
    seen = parse_instant(contact.at if contact else node.enrolled_at)
    found = ["silent"] if centre.clock.now() - seen > patience else []
    shelves: tuple[tuple[str, Shelf[Any]], ...] = (
        ("pending", PENDING),
        ("set-aside", SET_ASIDE),
        ("alarm", ALARMS),
    )
    found += [word for word, shelf in shelves if centre.store.count(shelf, f"{node.node}/")]
    if contact and contact.backup_at and not contact.backup_good:
        found.append("backup")
    return found


def _unrouted(centre: Centre, node: str, upto: str) -> int:
    info = centre.store.database(journal_database(node))
    if info is None or info.last <= upto:
        return 0
    return max(1, _seq(info.last) - _seq(upto))  # a new epoch may count again from further back


def _seq(event: str) -> int:
    return parse_event_id(event)[1] if event else 0
