"""An event with what the centre knows about it besides what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from saraban_sync.body import Source
from saraban_sync.errors import NotAnIdentifier
from saraban_sync.events import Event
from saraban_sync.ids import node_id, parse_event_id


@dataclass(frozen=True)
class Known:
    """Whose node is whose, and which was forked from which."""

    offices: Mapping[str, str]
    """The office of each node."""
    forks: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Of a forked node: the node from whose name it was forked, and the last event both share."""

    def journal_of(self, node: str, event: str) -> str:
        """Name the node whose journal has an event that this node speaks of."""
        while node in self.forks and event <= self.forks[node][1]:
            node = self.forks[node][0]
        return node

    def names(self, node: str) -> tuple[str, ...]:
        """List the names that a node's machine has had, its own first."""
        found = [node]
        while node in self.forks:
            node = self.forks[node][0]
            found.append(node)
        return tuple(found)

    def depth(self, node: str) -> int:
        """Count the forks before a node: journals are read after those they come from."""
        return len(self.names(node))


@dataclass(frozen=True)
class Arrived:
    """An event as it stands in a journal."""

    event: Event
    node: str
    """Whose journal it is; the event may bear the name that the node had before it was forked."""
    office: str
    stored_at: str
    known: Known

    def entry(self, name: str) -> tuple[str, str]:
        """Give journal and event of an entry that this event speaks of."""
        return self.known.journal_of(self.node, name), name


def letter_of(source: Source) -> tuple[str, str, str] | None:
    """Give node, event and hash of a sender, when what an office wrote can be such names."""
    try:
        parse_event_id(source.event)
        return node_id(source.node), source.event, source.hash[:64]
    except NotAnIdentifier:
        return None
