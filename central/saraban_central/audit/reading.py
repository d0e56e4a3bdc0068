"""Sorts the verified events of one office's journals into what the checks need."""

from dataclasses import dataclass, field

from saraban_central.audit.evidence import Letters, OfficeFacts, SentLetter, Told, Use
from saraban_central.audit.findings import Finding, Numbers, Place, found
from saraban_sync.body import Source
from saraban_sync.errors import BadSignature, RangeProblem, Unintelligible
from saraban_sync.events import (
    EntryVoided,
    Event,
    LetterArrived,
    LetterRegistered,
    LetterSent,
    RangeAccepted,
    ReceiptGiven,
)
from saraban_sync.grants import read_grant
from saraban_sync.ids import OfficeCode
from saraban_sync.registers import Register, Series, buddhist_year, parse_instant


@dataclass
class JournalReader:
    """Reads the events of one node, in order.

    Args:
        office: whose node it is.
        node: its name.
        centre: the centre's public key, for the grants inside the journal.
        known_grants: ids of the grants that the centre still lists.
        facts: the office's numbers, filled by reading.
        letters: everybody's letters, filled by reading.
    """

    office: str
    node: str
    centre: str
    known_grants: set[str]
    facts: OfficeFacts
    letters: Letters
    findings: list[Finding] = field(default_factory=list)
    _entries: dict[str, tuple[Register, int, int]] = field(default_factory=dict)

    def read(self, event: Event) -> None:
        """Take one verified event."""
        match event.body:
            case LetterRegistered() as body:
                self._registered(event, body)
            case EntryVoided(entry=entry):
                self._voided(event, entry)
            case RangeAccepted() as body:
                self._accepted(event, body)
            case LetterSent() as body:
                self._sent(event, body)
            case LetterArrived(source=source):
                self.letters.arrived.append(self._told(event, source))
            case ReceiptGiven(source=source, year=year, number=number):
                self.letters.receipted.append(self._told(event, source, (year, number)))
            case _:
                pass  # says nothing about numbers or letters

    def _registered(self, event: Event, body: LetterRegistered) -> None:
        series = Series(OfficeCode(self.office), body.register, body.year)
        use = Use(body.number, self.node, event.id, event.at, body.imported)
        self.facts.used.setdefault(series, []).append(use)
        self.facts.entries += 1
        self._entries[event.id] = (body.register, body.year, body.number)
        said = buddhist_year(parse_instant(event.at))
        if said != body.year and not body.imported:
            numbers = Numbers(body.register, body.year, body.number)
            self.findings.append(found("year", self._place(event), numbers, other=said))
        if body.source is not None:
            told = self._told(event, body.source, (body.year, body.number))
            self.letters.registered.append(told)

    def _voided(self, event: Event, entry: str) -> None:
        if entry in self._entries:
            self.facts.void += 1
        else:
            self.findings.append(found("void-unknown", self._place(event), entry=entry))

    def _accepted(self, event: Event, body: RangeAccepted) -> None:
        try:
            grant = read_grant(body.grant, self.centre)
        except (BadSignature, Unintelligible, RangeProblem):
            name = body.grant.p[:40]
            self.findings.append(found("grant-signature", self._place(event), grant=name))
            return
        if grant.grant not in self.known_grants:
            self.facts.unknown_grants.append(grant)
            numbers = Numbers(grant.register, grant.year, grant.first, grant.last)
            self.findings.append(
                found("grant-unknown", self._place(event), numbers, first=grant.first)
            )

    def _sent(self, event: Event, body: LetterSent) -> None:
        label = body.letter_no or f"{body.number}/{body.year}"
        if self._entries.get(body.entry) != (Register.OUTGOING, body.year, body.number):
            numbers = Numbers(Register.OUTGOING, body.year, body.number)
            self.findings.append(
                found("sent-unregistered", self._place(event), numbers, letter=label)
            )
        self.letters.sent[self.node, event.id] = SentLetter(
            self.office, self.node, event.id, event.at, event.hash, body.offices, label
        )

    def _told(self, event: Event, source: Source, numbers: tuple[int, int] = (0, 0)) -> Told:
        return Told(
            self.office, self.node, event.id, event.at, (source.node, source.event), source.hash,
            numbers,
        )  # fmt: skip

    def _place(self, event: Event) -> Place:
        return Place(self.office, self.node, event.id, event.at)
