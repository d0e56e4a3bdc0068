"""What the auditor relies on: the centre's own signed papers, and the verified facts of journals.

Nothing is taken on trust from a table that a hand with a SQL shell could have changed: keys come
from the signed directory, ranges from signed grants, facts from signed events.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from saraban_central.audit.findings import Finding, Place, found
from saraban_central.audit.proving import pages
from saraban_central.records import SERIES, SeriesGrants
from saraban_central.store.interface import Store
from saraban_sync.body import Signed
from saraban_sync.errors import BadSignature, RangeProblem, Unintelligible
from saraban_sync.grants import DirectoryEntry, Grant, read_entry, read_grant
from saraban_sync.registers import Series
from saraban_sync.wire import DIRECTORY, signed


@dataclass(frozen=True)
class Rules:
    """How patient the auditor is."""

    back_s: int = 120
    """Seconds an event may be dated before the one that happened before it."""
    ahead_s: int = 600
    """Seconds an event may be dated after the moment the centre took it in."""
    late_days: int = 3
    """Days a letter may wait to be registered, or to reach its receiver."""


class Directory(NamedTuple):
    """Offices and nodes as the signed directory has them."""

    offices: dict[str, DirectoryEntry]
    nodes: dict[str, DirectoryEntry]
    findings: list[Finding]

    def nodes_of(self, office: str) -> list[DirectoryEntry]:
        """The nodes of an office, in order of their names, a forked one after its origin."""
        return sorted(
            (node for node in self.nodes.values() if node.office == office),
            key=lambda node: (len(self.keys(node)), node.code),
        )

    def keys(self, node: DirectoryEntry) -> dict[str, str]:
        """Give the keys that may have signed events of a journal, by names, its own first."""
        found = {node.code: node.key}
        while node.origin in self.nodes and node.origin not in found:
            node = self.nodes[node.origin]
            found[node.code] = node.key
        return found

    def forks(self, office: str) -> dict[str, tuple[str, str]]:
        """Tell from which node each forked one comes, and the last event both share."""
        return {
            node.code: (node.origin, node.base)
            for node in self.nodes.values()
            if node.office == office and node.origin in self.nodes and node.base
        }

    def name(self, office: str) -> str:
        """The name of an office; its code when nobody knows it."""
        entry = self.offices.get(office)
        return entry.name if entry else office

    def takers(self) -> frozenset[str]:
        """The offices that have a node to which letters can go."""
        nodes = self.nodes.values()
        return frozenset(node.office for node in nodes if node.registry and node.active)


def read_directory(store: Store, centre: str) -> Directory:
    """Read the signed directory; the last version of each entry stands.

    Args:
        store: where it is.
        centre: the centre's public key.
    """
    directory = Directory({}, {}, [])
    for page in pages(store, DIRECTORY):
        for document in page:
            try:
                entry = read_entry(signed(document), centre)
            except (BadSignature, Unintelligible):
                directory.findings.append(found("directory", Place("", "", document.id)))
                continue
            known = directory.offices if entry.kind == "office" else directory.nodes
            known[entry.code] = entry
    return directory


class Held(NamedTuple):
    """Granted ranges by series, and what is wrong with the papers."""

    by_series: dict[Series, list[Grant]]
    ids: set[str]
    findings: list[Finding]


def read_grants(store: Store, centre: str) -> Held:
    """Read every range ever granted, each checked against the centre's signature."""
    held = Held({}, set(), [])
    for series in store.records(SERIES):
        held.findings.extend(_answered_twice(series.value))
        for granted in series.value.grants:
            place = Place(series.value.office, granted.node, since=granted.at)
            try:
                grant = read_grant(Signed(p=granted.payload, s=granted.signature), centre)
            except (BadSignature, Unintelligible, RangeProblem):
                held.findings.append(found("grant-signature", place, grant=granted.grant))
                continue
            held.by_series.setdefault(grant.series, []).append(grant)
            held.ids.add(grant.grant)
    return held


def _answered_twice(series: SeriesGrants) -> list[Finding]:
    """Find requests for numbers that more than one range answers."""
    findings = []
    answers: dict[str, str] = {}
    for granted in series.grants:
        if granted.request and answers.setdefault(granted.request, granted.grant) != granted.grant:
            place = Place(series.office, granted.node, since=granted.at)
            findings.append(found("request-twice", place, request=granted.request))
    return findings


class Told(NamedTuple):
    """One office's word about a letter of another: arrived, registered or receipted."""

    office: str
    node: str
    event: str
    at: str
    source: tuple[str, str]
    """Node and event of the sender."""
    hash: str
    numbers: tuple[int, int] = (0, 0)
    """Year and number in the receiver's register, where the word is about them."""


class SentLetter(NamedTuple):
    """A letter as its sender's journal has it."""

    office: str
    node: str
    event: str
    at: str
    hash: str
    offices: tuple[str, ...]
    label: str


@dataclass
class Letters:
    """What all journals say about letters between offices."""

    sent: dict[tuple[str, str], list[SentLetter]] = field(default_factory=dict)
    """By node and event; two machines that had one name may have sent two letters under one id."""
    arrived: list[Told] = field(default_factory=list)
    registered: list[Told] = field(default_factory=list)
    receipted: list[Told] = field(default_factory=list)
    unproven: set[tuple[str, str]] = field(default_factory=set)
    """Events whose bytes prove nothing: nobody is accused on the strength of their absence."""
    gaps: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """Places in each journal that are missing."""

    def send(self, letter: SentLetter) -> None:
        """Add a letter."""
        self.sent.setdefault((letter.node, letter.event), []).append(letter)

    def every(self) -> Iterator[SentLetter]:
        """Give all letters."""
        for letters in self.sent.values():
            yield from letters

    def letter(self, told: Told) -> SentLetter | None:
        """Give the letter that another office's word is about: by its hash, if one has it."""
        same = self.sent.get(told.source, [])
        return next((one for one in same if one.hash == told.hash), same[0] if same else None)
