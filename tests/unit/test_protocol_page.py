"""The protocol page is true: its examples verify, and it names everything there is."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from saraban_central.gateway import documents, routes
from saraban_sync import events, grants, signing, wire
from saraban_sync.admission import EMPTY, Head, Verdict, judge
from saraban_sync.ids import NodeId
from saraban_sync.signing import SigningKey
from saraban_sync.wire import Document, read_document, signed

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "protocol.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES: list[dict[str, Any]] = [
    json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
]
NODE = SigningKey.from_bytes(bytes(range(32)))
CENTRE = SigningKey.from_bytes(bytes(range(32, 64)))


def _document(place: int) -> Document:
    return read_document(EXAMPLES[place])


def test_the_keys_of_the_page_are_those_it_says() -> None:
    assert f"node   {NODE.public}\n" in TEXT
    assert f"centre {CENTRE.public}\n" in TEXT


def test_the_events_of_the_page_are_admitted_one_after_the_other() -> None:
    head = EMPTY
    for place in (0, 1):
        judged = judge(
            _document(place),
            node=NodeId("school-1"),
            key=NODE.public,
            epoch=1,
            head=head,
            known=lambda _: None,
        )
        assert judged.verdict is Verdict.ADMITTED
        assert judged.event is not None
        head = Head(judged.event.epoch, judged.event.seq, judged.event.hash)


def test_range_and_directory_entry_of_the_page_are_the_centres() -> None:
    grant = grants.read_grant(signed(_document(2)), CENTRE.public)
    entry = grants.read_entry(signed(_document(3)), CENTRE.public)

    assert (grant.first, grant.last, grant.node) == (1, 500, "school-1")
    assert (entry.code, entry.key, f"{entry.version:010d}") == (
        "school-1", NODE.public, EXAMPLES[3]["_id"],
    )  # fmt: skip
    assert [example.get("from") for example in EXAMPLES[2:]] == ["centre", "centre"]


@pytest.mark.parametrize("kind", sorted(events.KINDS))
def test_every_type_of_event_is_described_with_all_its_fields(kind: str) -> None:
    events_section = TEXT.partition("## 3. Events")[2].partition("\n## ")[0]
    (row,) = re.findall(rf"^\| `{re.escape(kind)}` \|(.*)\|$", events_section, re.MULTILINE)

    fields = {field.encode_name for field in msgspec.structs.fields(events.KINDS[kind])}
    assert fields <= set(re.findall(r"`([a-z_]+)`", row))


@pytest.mark.parametrize("label", [signing.EVENT, signing.GRANT, signing.DIRECTORY, signing.REPORT])
def test_every_context_label_is_on_the_page(label: bytes) -> None:
    assert f"`{label.decode()[:-1]}\\0`" in TEXT


def test_every_request_that_exists_is_on_the_page_and_no_other() -> None:
    described: set[tuple[str, str]] = set()
    for methods, endpoint in re.findall(
        r"^\| (`[A-Z`, ]*) ?/db/\{db\}(\S*)` \|", TEXT, re.MULTILINE
    ):
        path = endpoint.lstrip("/")
        name = {"{id}": "/", "_local/{id}": "_local/"}.get(path, path)
        described |= {(method, name) for method in re.findall("[A-Z]+", methods)}

    assert described == set(routes._ROUTES)


def test_every_limit_is_on_the_page() -> None:
    limits = {
        wire.MAX_BODY_BYTES,
        wire.MAX_REQUEST_BYTES,
        wire.CHUNK_BYTES,
        events.MAX_PAYLOAD_BYTES,
        documents.MAX_DOCUMENT_BYTES,
    }

    told = re.findall(r"([0-9,]+) bytes|at most ([0-9,]+)", TEXT.partition("## 14. Limits")[2])
    assert limits <= {int(number.replace(",", "")) for pair in told for number in pair if number}
