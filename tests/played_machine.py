"""A machine that shows a node's name, played by hand: its tokens, its fence, what it asks for.

It speaks to the gateway's own functions; only sockets are left out. ``copy`` makes its twin.
"""

import json
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import msgspec

from saraban_central import directory
from saraban_central.centre import Centre
from saraban_central.gateway import notes
from saraban_central.gateway.admitting import Outcome, admit
from saraban_central.gateway.answers import Denied
from saraban_central.gateway.calls import Call, Kind
from saraban_central.identity.epochs import Asked, Given, begin
from saraban_central.records import Node
from saraban_sync import ratchet
from saraban_sync.admission import Verdict
from saraban_sync.events import EntryNoted, Event
from saraban_sync.ids import EventId, event_id
from saraban_sync.journal_events import EpochStarted
from saraban_sync.registers import instant
from saraban_sync.wire import event_document, journal_database
from tests.central_district import District, Office

_DRAW: Final = count(1)
HASH: Final = "3f8a07c2" + "0" * 56
OTHER: Final = "b41d9e60" + "0" * 56
THIRD: Final = "77e1a2f9" + "0" * 56


def token() -> str:
    """Draw a token."""
    return f"{next(_DRAW):032x}"


def raw(event: Event) -> msgspec.Raw:
    """An event as it travels."""
    return msgspec.Raw(msgspec.json.encode(event_document(event).as_json()))


def push(centre: Centre, node: str, events: list[Event]) -> list[Outcome]:
    """Let the gateway judge events, whoever wrote them."""
    return admit(centre, node_of(centre, node), [raw(event) for event in events])


def verdicts(outcomes: list[Outcome]) -> list[Verdict]:
    """What became of each."""
    return [one.verdict for one in outcomes]


def node_of(centre: Centre, name: str) -> Node:
    """The centre's record of a node."""
    return directory.node(centre.store, name).value


@dataclass
class Machine:
    """A machine with a node's database on it."""

    office: Office
    machine: str = HASH
    boot: str = "0a1b2c3d"
    fenced: str = ""
    token: str = ""
    pending: str = ""
    own: list[str] = field(default_factory=list)
    held: str = ""
    """The last event that it has seen the centre hold."""
    generation: int = 1
    said: dict[str, Any] = field(default_factory=dict)
    """The centre's last answer."""

    @property
    def centre(self) -> Centre:
        return self.office.centre

    @property
    def last(self) -> EventId | str:
        return event_id(self.office.epoch, self.office.seq) if self.office.seq else ""

    def copy(self, machine: str = OTHER, boot: str = "99999999") -> "Machine":
        """Copy the whole machine to another one, which notices that it is another."""
        kept = (self.office.centre, self.office.clock, self.office.key)
        memo: dict[int, Any] = {id(one): one for one in kept}
        twin = deepcopy(self, memo)
        twin.machine, twin.boot, twin.pending = machine, boot, ""
        return twin

    def status(self, **more: object) -> dict[str, Any]:
        """What it says of itself."""
        self.pending = self.pending or token()
        return {
            "time": instant(self.office.clock.now()),
            "boot": self.boot,
            "last_event": self.last,
            "last_hash": self.office.prev,
            "machine": self.machine,
            "fenced": self.fenced,
            "held": self.held,
            "epoch": self.office.epoch,
            "generation": self.generation,
            "ratchet": {"token": self.token, "next": self.pending},
            **more,
        }

    def say(self, **more: object) -> tuple[int, dict[str, Any]]:
        """Send its status once, and do nothing about the answer."""
        call = Call(
            centre=self.centre,
            node=node_of(self.centre, self.office.node),
            kind=Kind.JOURNAL,
            database=journal_database(self.office.node),
            name="status",
            query={},
            body=json.dumps(self.status(**more)).encode(),
        )
        try:
            answer = notes.write(call)
        except Denied as denied:
            answer = denied.answer()
        self.said = json.loads(answer.body)
        return answer.status, self.said

    def come(self, **more: object) -> str:
        """Do a whole contact, as a node does; gives ``ok``, ``twin`` or ``superseded``."""
        status, said = self.say(**more)
        if status == 409 and said["error"] == "ratchet":
            if not ratchet.centre_fell_behind(said["current"], self.own):
                self.fenced = "twin"
                return "twin"
            status, said = self.say(centre_behind=True, **more)
        if status == 409:
            self.fenced = self.fenced or said["error"]
            return str(said["error"])
        assert status == 201, said
        self.generation = max(self.generation, said["generation"])
        if not self.fenced:
            self.token, self.pending = self.pending, ""
            self.own.append(self.token)
        return "ok"

    def send(self, *events: Event) -> list[Outcome]:
        """Push events, all of its journal if none are named; remember what the centre holds."""
        wanted = list(events) or self.office.events
        outcomes = push(self.centre, self.office.node, wanted)
        info = self.centre.store.database(journal_database(self.office.node))
        self.held = info.last if info else ""
        return outcomes

    def ask(self, reason: str = "", **more: str) -> Given:
        """Ask for a new epoch."""
        self.pending = self.pending or token()
        asked = {
            "reason": reason or self.fenced or "restored",
            "base": str(self.last),
            "base_hash": self.office.prev,
            "machine": self.machine,
            "next": self.pending,
            **more,
        }
        return begin(self.centre, self.office.node, Asked(**asked))

    def go_on(self, given: Given) -> Event:
        """Begin the epoch that was given."""
        event = self.begin_epoch(given.epoch)
        self.token, self.pending, self.fenced = self.pending, "", ""
        self.own.append(self.token)
        self.generation = max(self.generation, given.generation)
        return event

    def begin_epoch(self, epoch: int, *, by_hand: bool = False) -> Event:
        """Write the first event of an epoch after the last one of the journal."""
        base = str(self.last)
        self.office.epoch = epoch
        return self.office.write(
            EpochStarted(reason=self.fenced or "restored", base=base, by_hand=by_hand)
        )

    def set_back(self, events: int) -> None:
        """Restore the database from a backup that had so many events."""
        kept = self.office.events[:events]
        self.office.events = kept
        last = kept[-1]
        self.office.epoch, self.office.seq, self.office.prev = last.epoch, last.seq, last.hash
        self.fenced = "restored"
        self.pending = ""


def a_machine(district: District, code: str = "school-1", *, size: int = 0) -> Machine:
    """An office with one machine that has been in contact once and has sent everything."""
    machine = Machine(district.office(code, size=size))
    assert machine.come() == "ok"
    machine.send()
    return machine


def noted(machine: Machine, text: str = "เสนอ") -> Event:
    """Write a note beside the first letter into a machine's journal."""
    return machine.office.write(EntryNoted(entry="0001-0000000001", action=text))


def epoch_of(machine: Machine) -> int:
    """Give the epoch in which the centre has the node."""
    return node_of(machine.centre, machine.office.node).epoch
