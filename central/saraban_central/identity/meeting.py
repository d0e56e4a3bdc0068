"""A contact: a node says how it is, and the centre says whether it is the one that bears the name.

    fenced ──> noted; it is told whether it may go on, must fork, or has to wait
    stopped, an overtaken token, an older epoch ──> a twin: it must fence itself
    an unknown token ──> it must look in its own past, and come again
    else ──> accepted: the ratchet moves, and what the centre has forgotten comes to light

All of it is decided from one look at the store and committed together, so a request that comes
twice, or two at once, end as one.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from msgspec import structs

from saraban_central import directory
from saraban_central.centre import Centre
from saraban_central.identity import generation, twins
from saraban_central.identity.records import (
    LOSSES,
    LOST_NODES,
    TOKENS,
    Loss,
    Sighting,
    Tokens,
)
from saraban_central.identity.sightings import BY_HAND, Decision, Standing, standing
from saraban_central.records import CONTACTS, NODES, Contact, Node
from saraban_central.store.interface import Keep, Kept, Put, Writing
from saraban_sync import ratchet
from saraban_sync.errors import NotAnIdentifier
from saraban_sync.ids import MAX_EPOCH, Whole, node_id
from saraban_sync.ratchet import Ratchet, Verdict
from saraban_sync.registers import instant, parse_instant
from saraban_sync.wire import journal_database

_SUPERSEDED: Final = "superseded"
_COLLEAGUES: Final = 50
_MEANS: Final = {"twin": "stranger", "diverged": "diverged", _SUPERSEDED: "epoch"}
"""What a fence says about a twin that nobody has found before."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A node's tokens: of its last contact that was answered, and of the next one."""

    next: str
    token: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """``_local/status``: what a node says at the start of each cycle."""

    time: str
    boot: str = ""
    last_event: str = ""
    last_hash: str = ""
    program: str = ""
    free_bytes: Whole = -1
    pushed_files_pending: Whole = 0
    backup_at: str = ""
    backup_good: bool = False
    ratchet: Step | None = None
    machine: str = ""
    """Hash of the machine and folder."""
    fenced: str = ""
    centre_behind: bool = False
    """The centre's token was found in the node's own past."""
    held: str = ""
    """The last event that the node has seen the centre hold."""
    epoch: Whole = 0
    generation: Whole = 0
    """The highest generation of the centre that the node knows of; 0 when it does not say."""
    colleagues: tuple[str, ...] = ()
    """The other nodes of its office that it knows from the directory."""


class Met(NamedTuple):
    """What a node is answered, and what is to be committed with it."""

    writes: list[Writing]
    generation: int = 0
    trouble: str = ""
    """``ratchet``, ``twin`` or ``superseded``; empty when the contact counts."""
    current: str = ""
    """With ``ratchet``: the token that the centre holds."""
    decision: Decision = Decision.WAIT
    """For a fenced node: what it is to do."""
    apart: str = ""
    """For a working node: see :func:`saraban_central.identity.twins.apart`."""


def meet(centre: Centre, name: str, said: Status) -> Met:
    """Decide what a node is answered; to be run by ``decide``, which commits the plan.

    Args:
        centre: where it came.
        name: the name it showed.
        said: what it says of itself.

    Raises:
        UnknownNode: there is no such node.
        ValueError: its time is no moment.
    """
    return _Meeting(centre, name, said).run()


class _Meeting:
    """One contact of one node."""

    def __init__(self, centre: Centre, name: str, said: Status) -> None:
        self._centre = centre
        self._said = said
        self._owner: Kept[Node] = directory.node(centre.store, name)
        self._node = self._owner.value
        self._held = centre.store.record(TOKENS, name)
        self._before = self._held.value if self._held else Tokens()
        self._generation = centre.identity.generation
        self._now = centre.now()
        self._writes: list[Writing] = []
        self._forgotten = generation.forgotten(centre, self._node, _names(said.colleagues))

    def run(self) -> Met:
        contact = self._contact()
        if self._said.fenced:
            return self._fenced(contact)
        verdict = self._verdict()
        if self._node.stopped:
            self._found("token")
            return Met(self._writes, self._generation, "twin")
        if verdict is Verdict.LATE:
            return Met([], self._generation, "ratchet", self._before.current)
        if 0 < self._said.epoch < self._node.epoch:
            self._found("epoch")
            return Met(self._writes, self._generation, _SUPERSEDED)
        if verdict is Verdict.OLD:
            return self._twin("token")
        ahead = self._said.epoch > self._node.epoch and self._token()
        if verdict is Verdict.UNKNOWN and not (self._said.centre_behind or ahead):
            return Met([], self._generation, "ratchet", self._before.current)
        if verdict is Verdict.UNKNOWN and ahead and self._another_was_here():
            self._learn(unknown=True)
            return self._twin("stranger")
        return self._accepted(contact, unknown=verdict is Verdict.UNKNOWN)

    def _accepted(self, contact: Contact, *, unknown: bool) -> Met:
        self._learn(unknown=unknown)
        self._writes += generation.came_back(
            self._centre, self._node, self._generation, contact.last_event
        )
        self._move(counts=True)
        self._note(contact)
        apart = twins.apart(self._centre.store, self._node.node, contact.machine)
        return Met(self._writes, self._generation, apart=apart)

    def _fenced(self, contact: Contact) -> Met:
        self._learn(unknown=False)
        self._move(counts=False)
        seen = self._seen()
        if self._said.fenced in BY_HAND and not self._node.stopped:
            decision = Decision.RESUME
        elif self._has_found_a_twin():
            self._twin(_MEANS[self._said.fenced])
            decision = Decision.FORK if self._has_parted(seen) else Decision.WAIT
        elif twins.concerns(self._centre.store, self._node, seen):
            decision, writes = twins.seen_again(self._centre, self._node, seen)
            self._writes += writes
        elif self._said.fenced in _MEANS:
            self._found("epoch")
            decision = Decision.FORK
        else:
            decision = Decision.RESUME
        if decision is not Decision.FORK and not self._has_parted(seen):
            self._note(contact)
        return Met(self._writes, self._generation, decision=decision)

    def _has_parted(self, seen: Sighting) -> bool:
        """Tell whether the machine's journal is not the one that the centre holds."""
        return standing(self._centre.store, self._node.node, seen) is Standing.PARTED

    def _has_found_a_twin(self) -> bool:
        """Tell whether this machine of the newest epoch has found another that nobody knew of."""
        found = self._said.fenced in ("twin", "diverged")
        return found and not self._node.stopped and self._said.epoch >= self._node.epoch

    def _twin(self, why: str) -> Met:
        """Stop the node: two machines have its name."""
        self._found(why)
        if not self._node.stopped:
            stopped = structs.replace(self._node, stopped=twins.STOPPED)
            self._change(stopped)
        return Met(self._writes, self._generation, "twin")

    def _found(self, why: str) -> None:
        self._writes += twins.found(self._centre, self._node, self._seen(), why)

    def _change(self, node: Node) -> None:
        self._writes = [
            one
            for one in self._writes
            if not (isinstance(one, Put) and one.shelf is NODES and one.key == node.node)
        ]
        self._writes.append(Put(NODES, node.node, node, self._owner.revision))
        self._node = node

    def _learn(self, *, unknown: bool) -> None:
        """See whether the node knows more than the centre, and what the centre lacks of it."""
        why = self._proof(unknown=unknown)
        epoch = min(self._said.epoch, MAX_EPOCH)
        raised = epoch > self._node.epoch
        node = structs.replace(self._node, epoch=epoch) if raised else self._node
        if why and self._is_news(why):
            self._generation, writes = generation.begin(
                self._centre, why=why, by=node.node, seen=self._said.generation,
                changed=node if raised else None,
            )  # fmt: skip
            self._writes += writes
        elif raised:
            self._writes.append(directory.publish(self._centre, node=node))
        if raised:
            self._change(node)
        if self._lacks_events():
            self._note_loss()
        self._writes += [
            Keep(LOST_NODES, f"{one.office}/{one.node}", one) for one in self._forgotten
        ]

    def _proof(self, *, unknown: bool) -> str:
        """Tell what the node knows that the centre should know; empty if there is nothing."""
        said, now, told = self._said, self._generation, self._before.told
        if said.generation > now or 0 < told < now == said.generation:
            return "generation"
        if said.epoch > self._node.epoch:
            return "epoch"
        if unknown:
            return "token"
        if self._lacks_events():
            return "events"
        return "node" if self._forgotten else ""

    def _is_news(self, why: str) -> bool:
        """Tell whether nobody has noticed yet that the centre was set back.

        Who was not here since the last time it was noticed, or has not heard of it, may speak of
        that time; unless it knows of this generation from a past that is gone.
        """
        if why == "generation":
            return True
        here = self._before.generation in (0, self._generation)
        return here and self._said.generation in (0, self._generation)

    def _another_was_here(self) -> bool:
        """Tell whether a contact since the centre was set back was not this machine's.

        It has not heard of the generation in which the ratchet moved last.
        """
        return 0 < self._said.generation < self._before.generation

    def _lacks_events(self) -> bool:
        """Tell whether the node has seen the centre hold an event that it does not hold."""
        return not generation.is_here(self._centre.store, self._node.node, self._acknowledged())

    def _acknowledged(self) -> str:
        return generation.event_or_nothing(self._said.held)

    def _note_loss(self) -> None:
        info = self._centre.store.database(journal_database(self._node.node))
        loss = Loss(
            node=self._node.node, generation=self._generation, acknowledged=self._acknowledged(),
            held=info.last if info else "", last_event=self._last_event(), at=self._now,
        )  # fmt: skip
        self._writes.append(Keep(LOSSES, f"{self._generation:06d}/{self._node.node}", loss))

    def _verdict(self) -> Verdict:
        step = self._said.ratchet
        if step is None:
            return Verdict.NEXT  # a program that knows no tokens
        held = Ratchet(self._before.current, self._before.past)
        return ratchet.judge(held, token=step.token, following=step.next)

    def _token(self) -> str:
        return self._said.ratchet.token if self._said.ratchet else ""

    def _move(self, *, counts: bool) -> None:
        """Keep the tokens, and what the node is told; the ratchet moves if the contact counts."""
        step, before = self._said.ratchet, self._before
        held = Ratchet(before.current, before.past)
        if counts and step is not None:
            held = ratchet.moved(held, step.next)
        after = Tokens(
            current=held.current,
            past=held.past,
            generation=self._generation if counts else before.generation or self._generation,
            told=max(self._generation, before.told),
            at=self._now if counts else before.at,
        )
        if after != before:
            revision = self._held.revision if self._held else None
            self._writes.append(Put(TOKENS, self._node.node, after, revision))

    def _note(self, contact: Contact) -> None:
        before = self._centre.store.record(CONTACTS, contact.node)
        revision = before.revision if before else None
        self._writes.append(Put(CONTACTS, contact.node, contact, revision))

    def _contact(self) -> Contact:
        said, now = self._said, self._centre.clock.now()
        return Contact(
            node=self._node.node,
            at=instant(now),
            claimed_at=said.time,
            offset_ms=_offset(now, said.time),
            boot=said.boot[:40],
            last_event=self._last_event(),
            last_hash=said.last_hash[:64],
            program=said.program[:60],
            free_bytes=said.free_bytes,
            pushed_files_pending=said.pushed_files_pending,
            backup_at=said.backup_at[:40],
            backup_good=said.backup_good,
            machine=said.machine[:64],
            epoch=said.epoch,
            fenced=said.fenced[:20],
        )

    def _seen(self) -> Sighting:
        said = self._said
        return Sighting(
            machine=said.machine[:64], boot=said.boot[:40], last_event=self._last_event(),
            last_hash=said.last_hash[:64], epoch=said.epoch, fenced=said.fenced[:20],
            first_at=self._now, last_at=self._now,
        )  # fmt: skip

    def _last_event(self) -> str:
        return generation.event_or_nothing(self._said.last_event)


def _names(said: Iterable[str]) -> Iterator[str]:
    """Give those of the first few names that can be nodes."""
    for name in list(said)[:_COLLEAGUES]:
        with suppress(NotAnIdentifier):
            yield node_id(name)


def _offset(now: datetime, claimed: str) -> int:
    return round((now - parse_instant(claimed)).total_seconds() * 1000)
