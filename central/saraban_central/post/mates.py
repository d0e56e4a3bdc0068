"""Several nodes of one office: what one of them writes into a register, the others are shown.

    journal of one node ──> mailbox of every other active node of its office
    a journal's abandoned tail ──> the node's own mailbox

Every journal is passed on in its own order, each event once. How far it has come to each node is
noted for every pair, so a node that joins later is told everything from the beginning. An abandoned
tail is what a restored database does not know any more: those letters have left the office, and the
numbers on them explain the gap that the node has left; so do acts on lines that it still has.
"""

from collections.abc import Callable
from functools import partial
from itertools import groupby
from typing import Final

from saraban_central import directory
from saraban_central.centre import Centre
from saraban_central.post.delivery import Delivery
from saraban_central.records import PASSED, TAILS, Node, Passed
from saraban_central.store.interface import Put
from saraban_sync.errors import Unintelligible
from saraban_sync.events import LetterSent, parse_event
from saraban_sync.wire import Document, journal_database

PAGE: Final = 200
SHOWN: Final = frozenset(
    {
        "letter.registered",
        "letter.sent",
        "entry.voided",
        "entry.noted",
        "number.reserved",
        "reservation.ended",
        "numbers.skipped",
        "numbers.returned",
        "emergency.opened",
        "emergency.closed",
        "emergency.registered",
        "emergency.correlated",
        "person.added",
        "person.changed",
    }
)
"""Events that touch a line of a register, or a number; and who the persons are that did it."""
TOLD_BACK: Final = SHOWN | {"files.added"}
"""What a node is told of a tail of its own."""


class Mates:
    """Passes journals on within offices."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    def run(self, nodes: list[Node], ends: dict[str, str]) -> int:
        """Pass on everything there is.

        Args:
            nodes: all of them.
            ends: the last event of each journal, by the database's name.

        Returns:
            the number of events looked at.
        """
        passed = {kept.key: kept.value.upto for kept in self._centre.store.records(PASSED)}
        looked = self._tails({node.node: node for node in nodes}, passed)
        for _, office in groupby(sorted(nodes, key=_by_office), key=lambda one: one.office):
            mates = list(office)
            for source in mates:
                end = ends.get(journal_database(source.node), "")
                for target in mates:
                    key = f"{source.node}/{target.node}"
                    if target.active and target.node != source.node and end > passed.get(key, ""):
                        start = target.base if target.origin == source.node else ""
                        looked += self._pass_on(source.node, target.node, key, start)
        return looked

    def _tails(self, nodes: dict[str, Node], passed: dict[str, str]) -> int:
        looked = 0
        for kept in self._centre.store.records(TAILS):
            name, _, began = kept.key.partition("/")
            key = f"{name}/{name}/{began}"
            tail = kept.value
            if name in nodes and nodes[name].active and passed.get(key, "") < tail.before:
                looked += self._pass_on(name, name, key, tail.after, before=tail.before)
        return looked

    def _pass_on(self, source: str, target: str, key: str, start: str, before: str = "") -> int:
        page = partial(self._page, source, target, key, start, before)
        return _all(lambda: self._centre.decide(page))

    def _page(self, source: str, target: str, key: str, start: str, before: str) -> int:
        store = self._centre.store
        held = store.record(PASSED, key)
        after = max(start, held.value.upto if held else "")
        documents = store.page(
            journal_database(source), after=after, last=before or _LAST, limit=PAGE
        )
        documents = [one for one in documents if one.id != before]
        if not documents and (not before or after == before):
            return 0
        office = directory.node(store, source).value.office
        delivery = Delivery()
        for document in documents:
            _add(delivery, document, source, target, office)
        upto = documents[-1].id if documents else before
        mark = Put(PASSED, key, Passed(upto=upto), held.revision if held else None)
        store.commit(*delivery.writes(self._centre), mark)
        return len(documents) or 1


_LAST: Final = "9999-9999999999"


def _add(delivery: Delivery, document: Document, source: str, target: str, office: str) -> None:
    try:
        event = parse_event(document.payload, document.signature)
    except Unintelligible:  # admitted by another version of this program
        return
    if event.type not in (TOLD_BACK if source == target else SHOWN):
        return
    if isinstance(event.body, LetterSent) and source != target and office in event.body.offices:
        return  # it comes to the office's registry node as a letter, and to nobody else
    delivery.add(event, target, journal=source)


def _all(page: Callable[[], int]) -> int:
    looked = 0
    while found := page():
        looked += found
    return looked


def _by_office(node: Node) -> tuple[str, str]:
    return node.office, node.node
