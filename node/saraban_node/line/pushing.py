"""Sends the journal after what the centre holds, in batches that suit the line."""

from typing import Final

from saraban_node import journal, meta
from saraban_node.appliance import Appliance
from saraban_node.errors import CentreUnreachable
from saraban_node.identity import agreement
from saraban_node.line import outbox, sync_state
from saraban_node.line.answers import FormerLife
from saraban_node.line.file_exchange import CycleReport
from saraban_node.line.transport import Centre
from saraban_sync.batching import BatchSize, batches
from saraban_sync.ids import EventId, parse_event_id
from saraban_sync.wire import Document

_ALL: Final = 2**62
_NOTHING: Final = "-"
_FORMER_REFUSED: Final = "former_refused"
"""Note: after which event of the time before its fork the centre took nothing from this machine."""


class Pusher:
    """Sends events; fewer at once while the line is thin.

    Args:
        node: the appliance.
        size: how many to send at once, to begin with.
    """

    def __init__(self, node: Appliance, size: BatchSize) -> None:
        self._node = node
        self._size = size

    def push(self, centre: Centre, report: CycleReport, *, through: int = _ALL) -> None:
        """Send what the centre does not hold.

        Args:
            centre: the line.
            report: what this exchange has done.
            through: place in the journal of the last event to send.

        Raises:
            JournalsDiverge: the centre holds another history of this node.
            CentreUnreachable: the line broke; what was sent stays there.
        """
        held = agreement.agree(self._node, centre)
        sent = held
        while documents := self._after(sent, through):
            sized = [(document, len(document.payload) + 200) for document in documents]
            for batch in batches(sized, self._size.documents):
                refused = self._push_batch(centre, batch)
                _, sent = parse_event_id(batch[-1].id)
                report.pushed += len(batch) - len(refused)
                report.refused += len(refused)
                if refused:
                    outbox.note_refused(self._node.db, refused)
                    agreement.agree(self._node, centre)
                    return
        if sent > held:
            agreement.agree(self._node, centre)

    def push_former(self, centre: Centre, life: FormerLife, report: CycleReport) -> None:
        """Bring again what this machine has of the time before its fork and the centre has not.

        Nothing is done when the centre's last event of that time is not this machine's: then
        another one goes on there. What was refused once is not sent again and again.

        Raises:
            CentreUnreachable: the line broke; what was sent stays there.
        """
        with self._node.db.read() as cursor:
            base = meta.get(cursor, meta.ORIGIN)
            ours = journal.hash_of(cursor, EventId(life.after)) if life.after else life.hash
            refused_after = sync_state.get(cursor, _FORMER_REFUSED)
        if not base or ours != life.hash or refused_after == (life.after or _NOTHING):
            return
        through = parse_event_id(base)[1]
        sent = parse_event_id(life.after)[1] if life.after else 0
        while documents := self._after(sent, through):
            refused = self._push_batch(centre, documents)
            _, sent = parse_event_id(documents[-1].id)
            report.pushed += len(documents) - len(refused)
            if refused:
                with self._node.db.write() as write:
                    sync_state.put(write, _FORMER_REFUSED, life.after or _NOTHING)
                return

    def _after(self, sent: int, through: int) -> list[Document]:
        limit = min(self._size.documents, through - sent)
        if limit <= 0:
            return []
        with self._node.db.read() as cursor:
            return list(outbox.documents_after(cursor, sent, limit=limit))

    def _push_batch(self, centre: Centre, batch: list[Document]) -> list[tuple[str, str]]:
        began = self._node.clock.monotonic()
        try:
            refused = centre.push(batch)
        except CentreUnreachable:
            self._size = self._size.after_failure()  # a thin line: the next try is shorter
            raise
        self._size = self._size.after(len(batch), self._node.clock.monotonic() - began)
        return refused
