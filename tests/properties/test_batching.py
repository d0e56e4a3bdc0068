"""How much goes in one request: never nothing, never too much, and in the end everything."""

from itertools import pairwise

import hypothesis.strategies as st
from hypothesis import given

from saraban_sync.batching import AIM_SECONDS, MAX_DOCUMENTS, BatchSize, batches
from saraban_sync.wire import MAX_REQUEST_BYTES

Sizes = st.lists(st.integers(0, 2 * MAX_REQUEST_BYTES), max_size=60)


@given(Sizes, st.integers(1, 20))
def test_batches_hold_everything_once_and_in_order(sizes: list[int], most: int) -> None:
    items = list(enumerate(sizes))

    cut = list(batches(items, most))

    assert [item for batch in cut for item in batch] == [number for number, _ in items]


@given(Sizes, st.integers(1, 20))
def test_a_batch_is_never_empty_and_never_over_unless_one_document_is(
    sizes: list[int], most: int
) -> None:
    for batch in batches(list(enumerate(sizes)), most):
        assert 1 <= len(batch) <= most
        assert len(batch) == 1 or sum(sizes[number] for number in batch) <= MAX_REQUEST_BYTES


@given(Sizes, st.integers(1, 20))
def test_no_batch_is_closed_while_the_next_document_would_still_fit(
    sizes: list[int], most: int
) -> None:
    cut = list(batches(list(enumerate(sizes)), most))

    for batch, following in pairwise(cut):
        length = sum(sizes[number] for number in batch)
        assert len(batch) == most or length + sizes[following[0]] > MAX_REQUEST_BYTES


@given(st.lists(st.tuples(st.integers(0, 2_000), st.floats(0, 300), st.booleans()), max_size=40))
def test_the_size_stays_between_one_and_the_most_whatever_the_line_does(
    requests: list[tuple[int, float, bool]],
) -> None:
    size = BatchSize()
    for sent, seconds, failed in requests:
        before = size.documents
        size = size.after_failure() if failed else size.after(min(sent, before), seconds)
        assert 1 <= size.documents <= MAX_DOCUMENTS
        assert before // 2 <= size.documents <= before * 2


@given(st.floats(0.001, 5.0))
def test_on_a_steady_line_requests_come_to_take_about_three_seconds(seconds_each: float) -> None:
    """The size settles where a request takes what it should, or at one document, or at the most."""
    size = BatchSize()
    for _ in range(30):
        size = size.after(size.documents, size.documents * seconds_each)

    taken = size.documents * seconds_each
    one_more = (size.documents + 1) * seconds_each
    assert taken <= AIM_SECONDS or size.documents == 1
    assert one_more > AIM_SECONDS * 0.99 or size.documents == MAX_DOCUMENTS
