"""Sorts the verified events of one office's journals into what the checks need."""

from dataclasses import dataclass, field

from saraban_central.audit.evidence import Held, Letters, SentLetter, Told
from saraban_central.audit.findings import Finding, Numbers, Place, found
from saraban_central.audit.tally import Tally
from saraban_sync.body import Source
from saraban_sync.errors import BadSignature, RangeProblem, Unintelligible
from saraban_sync.events import (
    Event,
    LetterArrived,
    LetterRegistered,
    LetterSent,
    RangeAccepted,
    ReceiptGiven,
)
from saraban_sync.grants import Grant, read_grant
from saraban_sync.number_events import EmergencyCorrelated, EmergencyRegistered, RangeTold
from saraban_sync.registers import SENDABLE, Register


@dataclass
class JournalReader:
    """Reads the events of one node, in order.

    Args:
        office: whose node it is.
        journal: its name.
        centre: the centre's public key, for the grants inside the journal.
        held: the grants that the centre still lists.
        tally: the office's numbers, filled by reading.
        letters: everybody's letters, filled by reading.
    """

    office: str
    journal: str
    centre: str
    held: Held
    tally: Tally
    letters: Letters
    unlisted: list[Grant] = field(default_factory=list)
    """Grants with the centre's signature that it does not list any more."""
    findings: list[Finding] = field(default_factory=list)
    _sources: dict[str, Source] = field(default_factory=dict)
    """What brought letters that were registered in the emergency register."""

    def read(self, event: Event) -> None:
        """Take one verified event."""
        self.tally.take(event, self.journal)
        match event.body:
            case LetterRegistered(source=Source() as source, year=year, number=number):
                self.letters.registered.append(self._told(event, source, (year, number)))
            case EmergencyRegistered(source=Source() as source):
                self._sources[event.id] = source
                self.letters.registered.append(self._told(event, source))
            case EmergencyCorrelated(entry=entry, year=year, number=number):
                if entry in self._sources:
                    told = self._told(event, self._sources[entry], (year, number))
                    self.letters.registered.append(told)
            case RangeAccepted() as body:
                self._accepted(event, body)
            case RangeTold() as body:
                self._range_told(event, body)
            case LetterSent() as body:
                self._sent(event, body)
            case LetterArrived(source=source):
                self.letters.arrived.append(self._told(event, source))
            case ReceiptGiven(source=source, year=year, number=number):
                self.letters.receipted.append(self._told(event, source, (year, number)))
            case _:
                pass  # says nothing about ranges or letters

    def _accepted(self, event: Event, body: RangeAccepted) -> None:
        try:
            grant = read_grant(body.grant, self.centre)
        except (BadSignature, Unintelligible, RangeProblem):
            name = body.grant.p[:40]
            self.findings.append(found("grant-signature", self._place(event), grant=name))
            return
        if grant.grant not in self.held.ids:
            self.unlisted.append(grant)
            numbers = Numbers(grant.register, grant.year, grant.first, grant.last)
            self.findings.append(
                found("grant-unknown", self._place(event), numbers, first=grant.first)
            )

    def _range_told(self, event: Event, body: RangeTold) -> None:
        told = (body.grant, event.node, body.register, body.year, body.first, body.last)
        for grants in self.held.by_series.values():
            for one in grants:
                if told == (one.grant, one.node, one.register, one.year, one.first, one.last):
                    return
        numbers = Numbers(body.register, body.year, body.first, body.last)
        self.findings.append(found("range-told", self._place(event), numbers))

    def _sent(self, event: Event, body: LetterSent) -> None:
        label = body.letter_no or f"{body.number}/{body.year}"
        line = self.tally.named(self.journal, body.entry)
        known = self.tally.bearing(self.journal, body.entry, body.year, body.number)
        if known is None or known.series.register not in SENDABLE:
            register = line.series.register if line else Register.OUTGOING
            numbers = Numbers(register, body.year, body.number)
            self.findings.append(
                found("sent-unregistered", self._place(event), numbers, letter=label)
            )
        self.letters.send(
            SentLetter(self.office, event.node, event.id, event.at, event.hash, body.offices, label)
        )

    def _told(self, event: Event, source: Source, numbers: tuple[int, int] = (0, 0)) -> Told:
        return Told(
            self.office, event.node, event.id, event.at, (source.node, source.event), source.hash,
            numbers,
        )  # fmt: skip

    def _place(self, event: Event) -> Place:
        return Place(self.office, self.journal, event.id, event.at)
