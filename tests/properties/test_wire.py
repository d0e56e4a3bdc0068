"""Documents on the wire: the same fact is the same document everywhere; others are refused."""

import base64
import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from saraban_sync import wire
from saraban_sync.errors import DocumentTooLarge, RemoteProtocolError, Unintelligible
from saraban_sync.wire import CHUNK_BYTES, Document

Words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
Json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
Documents = st.builds(
    Document, id=Words, payload=Words.map(str.encode), signature=Words, sender=Words
)


@given(Documents)
def test_a_document_is_read_back_the_same_after_travelling_as_json(document: Document) -> None:
    travelled = json.loads(json.dumps(document.as_json()))

    assert wire.read_document(travelled) == document


@given(Documents, Words)
def test_a_document_with_a_revision_of_another_payload_is_refused(
    document: Document, other: str
) -> None:
    fields = document.as_json()
    if other.encode() == document.payload:
        return

    with pytest.raises(Unintelligible):
        wire.read_document({**fields, "_rev": wire.revision(other.encode())})


@given(Json)
def test_anything_else_is_a_document_or_is_refused(value: Any) -> None:
    for read in (wire.read_document, wire.read_chunk):
        try:
            read(value)
        except RemoteProtocolError:
            continue


@given(Documents, st.sampled_from(["_id", "_rev", "p", "s", "from"]), Json)
def test_a_document_with_anything_in_one_field_is_read_or_refused(
    document: Document, name: str, value: Any
) -> None:
    try:
        read = wire.read_document({**document.as_json(), name: value})
    except Unintelligible:
        return
    assert read.revision == wire.revision(read.payload)


@given(st.binary(max_size=2_000))
def test_a_chunk_is_read_back_the_same_and_named_by_its_content(data: bytes) -> None:
    fields = json.loads(json.dumps(wire.chunk_json(data)))

    assert wire.read_chunk(fields) == (wire.chunk_name(data), data)
    assert fields["_rev"] == wire.chunk_revision(wire.chunk_name(data))


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_chunk_with_other_content_than_its_name_is_refused(one: bytes, other: bytes) -> None:
    if one == other:
        return
    fields = wire.chunk_json(one)

    with pytest.raises(Unintelligible):
        wire.read_chunk({**fields, "data": base64.b64encode(other).decode()})


def test_a_chunk_that_is_too_long_is_neither_written_nor_read() -> None:
    data = bytes(CHUNK_BYTES + 1)

    with pytest.raises(DocumentTooLarge):
        wire.chunk_json(data)
    with pytest.raises(DocumentTooLarge):
        wire.read_chunk({"_id": wire.chunk_name(data), "data": base64.b64encode(data).decode()})


@given(st.integers(0, 20 * CHUNK_BYTES), st.integers(0, 25))
def test_the_names_of_a_file_s_parts_fit_its_size_or_are_refused(size: int, count: int) -> None:
    names = tuple(f"{number:064x}" for number in range(count))
    wanted = max(1, -(-size // CHUNK_BYTES))

    if max(count, 1) == wanted:
        assert len(wire.chunk_names(size, "a" * 64, names)) == wanted
    else:
        with pytest.raises(Unintelligible):
            wire.chunk_names(size, "a" * 64, names)
