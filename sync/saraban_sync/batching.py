"""How much to send in one request: aim at three seconds, never too much, never nothing.

A fixed page size is wrong on every line but one; a size that only shrinks stays small for ever. So
each finished request moves the size towards what would have taken :data:`AIM_SECONDS`, by at most
a factor of two a step, up as well as down.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, TypeVar

from saraban_sync.wire import MAX_REQUEST_BYTES

AIM_SECONDS: Final = 3.0
MAX_DOCUMENTS: Final = 1_000
_START: Final = 200

_T = TypeVar("_T")


class BatchSize(NamedTuple):
    """How many documents to send at once."""

    documents: int = _START

    def after(self, sent: int, seconds: float) -> "BatchSize":
        """Give the next size.

        Args:
            sent: documents in the request that just ended.
            seconds: how long it took.
        """
        if sent < self.documents and seconds <= AIM_SECONDS:
            return self  # a short batch says nothing about a longer one
        fitting = sent * AIM_SECONDS / max(seconds, 0.001)
        bounded = min(max(fitting, self.documents / 2), self.documents * 2)
        return BatchSize(max(1, min(MAX_DOCUMENTS, int(bounded))))

    def after_failure(self) -> "BatchSize":
        """Give the size after a request that broke off."""
        return BatchSize(max(1, self.documents // 2))


def batches(items: Iterable[tuple[_T, int]], size: int) -> Iterator[list[_T]]:
    """Cut items into batches of at most ``size`` and at most one request's bytes, never empty.

    Args:
        items: each item with its length in bytes.
        size: greatest number of items in a batch.
    """
    batch: list[_T] = []
    length = 0
    for item, bytes_ in items:
        if batch and (len(batch) >= size or length + bytes_ > MAX_REQUEST_BYTES):
            yield batch
            batch, length = [], 0
        batch.append(item)
        length += bytes_
    if batch:
        yield batch
