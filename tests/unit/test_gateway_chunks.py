"""Files travel in chunks: anybody may bring one, only those whom a letter names it may fetch it."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from saraban_central.post.router import Router
from saraban_central.records import SET_ASIDE
from saraban_sync.body import FileRef
from saraban_sync.events import FilesAdded, LetterRegistered, LetterSent
from saraban_sync.registers import Register
from saraban_sync.wire import CHUNK_BYTES, chunk_json, chunk_name, chunk_revision
from tests.central_district import YEAR, District, Office
from tests.served_centre import client, serving


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    made = District(tmp_path_factory.mktemp("district"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def url(district: District) -> Iterator[str]:
    with serving(district.centre) as address:
        yield address


@dataclass
class Lines:
    """A school that sends, an area office that receives, and a stranger."""

    school: Office
    area: Office
    sender: httpx.Client
    receiver: httpx.Client
    stranger: httpx.Client


@pytest.fixture
def lines(district: District, url: str) -> Iterator[Lines]:
    number = len(district.offices)
    offices = [district.office(f"{kind}-{number}") for kind in ("school", "area", "other")]
    with (
        client(url, offices[0]) as sender,
        client(url, offices[1]) as receiver,
        client(url, offices[2]) as stranger,
    ):
        yield Lines(offices[0], offices[1], sender, receiver, stranger)


def _bring(http: httpx.Client, *docs: dict[str, Any]) -> Any:
    answer = http.post("/chunks/_bulk_docs", json={"docs": docs, "new_edits": False})
    assert answer.status_code == 201, answer.text
    return answer.json()


def _fetch(http: httpx.Client, *names: str) -> list[dict[str, Any]]:
    asked = {"docs": [{"id": name, "rev": chunk_revision(name)} for name in names]}
    answer = http.post("/chunks/_bulk_get", json=asked)
    assert answer.status_code == 200
    return [row["docs"][0] for row in answer.json()["results"]]


def _ref(*parts: bytes) -> FileRef:
    whole = b"".join(parts)
    chunks = tuple(chunk_name(part) for part in parts) if len(parts) > 1 else ()
    return FileRef(
        name="หนังสือ.pdf",
        media="application/pdf",
        size=len(whole),
        sha256=chunk_name(whole),
        chunks=chunks,
    )


def _send(lines: Lines, number: int, *files: FileRef) -> None:
    """Register and send a letter with files, and let the router carry it."""
    entry = lines.school.do(
        LetterRegistered(
            register=Register.OUTGOING, year=YEAR, number=number, subject="ส่งแฟ้ม", files=files
        )
    )
    lines.school.do(
        LetterSent(
            entry=entry.id, offices=(lines.area.code,), year=YEAR, number=number,
            subject="ส่งแฟ้ม", files=files,
        )
    )  # fmt: skip
    Router(lines.school.centre).run()


def test_a_file_of_a_letter_reaches_its_addressee_and_nobody_else(lines: Lines) -> None:
    parts = bytes(CHUNK_BYTES), b"the rest"
    names = [chunk_name(part) for part in parts]
    assert _bring(lines.sender, *(chunk_json(part) for part in parts)) == []
    _send(lines, 1, _ref(*parts))

    for http in (lines.receiver, lines.sender):
        assert [base64.b64decode(doc["ok"]["data"]) for doc in _fetch(http, *names)] == list(parts)
        assert http.get(f"/chunks/{names[1]}").json() == chunk_json(parts[1])
    for doc in _fetch(lines.stranger, *names):
        assert doc["error"]["error"] == "forbidden"
    assert lines.stranger.get(f"/chunks/{names[0]}").status_code == 403


def test_a_chunk_on_its_way_is_not_found_yet(lines: Lines) -> None:
    data = b"not here yet"
    _send(lines, 1, _ref(data))

    assert _fetch(lines.receiver, chunk_name(data))[0]["error"]["error"] == "not_found"
    assert lines.receiver.get(f"/chunks/{chunk_name(data)}").status_code == 404

    _bring(lines.sender, chunk_json(data))
    assert "ok" in _fetch(lines.receiver, chunk_name(data))[0]


def test_files_put_to_a_letter_later_can_be_fetched_by_their_own_node(lines: Lines) -> None:
    data = b"added later"
    _bring(lines.sender, chunk_json(data))
    lines.school.do(FilesAdded(entry="0001-0000000001", files=(_ref(data),)))
    Router(lines.school.centre).run()

    assert lines.sender.get(f"/chunks/{chunk_name(data)}").status_code == 200
    assert lines.receiver.get(f"/chunks/{chunk_name(data)}").status_code == 403


def test_who_brings_a_chunk_may_not_fetch_it_for_that(lines: Lines) -> None:
    """Otherwise a guess at the content of a file could be confirmed."""
    data = b"some bytes"
    _bring(lines.stranger, chunk_json(data))

    assert lines.stranger.get(f"/chunks/{chunk_name(data)}").status_code == 403


def test_what_is_here_is_not_sent_again(lines: Lines) -> None:
    here, lacking = b"here already", b"not here"
    _bring(lines.sender, chunk_json(here))
    asked = {chunk_name(data): [chunk_revision(chunk_name(data))] for data in (here, lacking)}

    answer = lines.sender.post("/chunks/_revs_diff", json=asked)

    name = chunk_name(lacking)
    assert answer.json() == {name: {"missing": [chunk_revision(name)]}}
    assert _bring(lines.sender, chunk_json(here)) == []


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ({"_id": "0" * 64}, "refused: chunk: chunk 000000000000 has other content than its name"),
        ({"data": "!!!"}, "refused: chunk:"),
        ({"data": 7}, "refused: chunk:"),
        ({"_id": "x"}, "refused: chunk:"),
        ({"data": base64.b64encode(bytes(CHUNK_BYTES + 1)).decode()}, "refused: chunk:"),
    ],
)
def test_a_chunk_that_is_not_what_its_name_says_is_refused_and_the_others_are_kept(
    lines: Lines, spoil: dict[str, Any], reason: str
) -> None:
    good = [chunk_json(f"good {n} {lines.school.node}".encode()) for n in range(2)]
    bad = chunk_json(b"bad") | spoil

    rows = _bring(lines.sender, good[0], bad, good[1])

    assert len(rows) == 1
    assert rows[0]["reason"].startswith(reason)
    store = lines.school.centre.store
    assert store.missing_chunks([one["_id"] for one in good]) == set()
    (note,) = store.records(SET_ASIDE, f"{lines.school.node}/")
    assert note.value.reason.startswith("chunk:")


def test_a_name_that_is_no_chunks_name_is_answered_like_a_strangers(lines: Lines) -> None:
    for name in ("abc", "0" * 63, "Z" * 64):
        assert lines.sender.get(f"/chunks/{name}").status_code in (403, 404)
    assert _fetch(lines.sender, "x" * 5000)[0]["error"]["error"] == "forbidden"
