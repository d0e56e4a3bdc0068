"""What a request may carry: packed or not, never more than fits, and never for ever."""

import asyncio
import gzip
import json
import resource
import socket
import time
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar.types import HTTPRequestEvent

from saraban_central.gateway import bodies
from saraban_central.gateway.answers import Denied
from saraban_central.gateway.bodies import Disconnected, read_body
from saraban_sync.wire import MAX_BODY_BYTES
from tests.central_district import District
from tests.served_centre import basic, client, new_secret, serving

EMPTY = b'{"docs":[]}'


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    made = District(tmp_path_factory.mktemp("district"))
    made.office("school-1", size=0)
    yield made
    made.close()


@pytest.fixture(scope="module")
def url(district: District) -> Iterator[str]:
    with serving(district.centre) as address:
        yield address


@pytest.fixture
def http(district: District, url: str) -> Iterator[httpx.Client]:
    with client(url, district.offices["school-1"]) as line:
        yield line


def _post(http: httpx.Client, body: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return http.post("/journal-school-1/_bulk_docs", content=body, headers=named)


def test_a_packed_request_is_unpacked(http: httpx.Client) -> None:
    assert _post(http, gzip.compress(EMPTY), Content_Encoding="gzip").json() == []
    assert _post(http, gzip.compress(EMPTY), Content_Encoding="GZIP").json() == []
    assert _post(http, EMPTY, Content_Encoding="identity").json() == []


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (EMPTY, "br", 415),
        (zlib.compress(EMPTY), "deflate", 415),
        (EMPTY, "gzip", 400),
        (gzip.compress(EMPTY)[:-4], "gzip", 400),
        (gzip.compress(EMPTY) + b"more", "gzip", 400),
        (gzip.compress(EMPTY) + gzip.compress(EMPTY), "gzip", 400),
        (gzip.compress(gzip.compress(EMPTY)), "gzip", 400),
        (gzip.compress(EMPTY), "gzip, gzip", 415),
        (b"", "gzip", 400),
    ],
    ids=[
        "brotli", "deflate", "plain", "cut", "more", "two-streams", "twice", "named-twice", "empty",
    ],
)  # fmt: skip
def test_what_is_not_one_gzip_stream_is_refused(
    http: httpx.Client, body: bytes, encoding: str, status: int
) -> None:
    answer = _post(http, body, Content_Encoding=encoding)

    assert answer.status_code == status, answer.text


def test_a_gzip_bomb_is_refused_before_it_unpacks(http: httpx.Client) -> None:
    """A hundred kilobytes that would become a hundred megabytes."""
    bomb = gzip.compress(b"[" * (100 * 1024 * 1024), 9)
    assert len(bomb) < 120_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    began = time.monotonic()
    answer = _post(http, bomb, Content_Encoding="gzip")

    assert answer.status_code == 413
    assert answer.json()["error"] == "too_large"
    assert time.monotonic() - began < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_a_request_at_the_limit_is_read_and_one_byte_more_is_refused(http: httpx.Client) -> None:
    padding = b" " * (MAX_BODY_BYTES - len(EMPTY))

    assert _post(http, EMPTY + padding).status_code == 201
    assert _post(http, EMPTY + padding + b" ").status_code == 413
    packed = gzip.compress(EMPTY + padding + b" ")
    assert _post(http, packed, Content_Encoding="gzip").status_code == 413


def test_an_endless_request_without_length_is_refused(http: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(9 * 16):
            yield b" " * 65536

    answer = http.post("/journal-school-1/_bulk_docs", content=endless())

    assert answer.status_code == 413


def test_a_request_that_stops_half_way_leaves_the_others_alone(
    district: District, url: str, http: httpx.Client
) -> None:
    header = basic(*new_secret(district.offices["school-1"]))["Authorization"]
    host, _, port = url.removeprefix("http://").partition(":")
    lines = [
        "POST /db/journal-school-1/_bulk_docs HTTP/1.1",
        f"Host: {host}",
        f"Authorization: {header}",
        "Content-Length: 1000",
        "",
        '{"docs":[',
    ]
    with socket.create_connection((host, int(port))) as stalled:
        stalled.sendall("\r\n".join(lines).encode())
        assert _post(http, EMPTY).status_code == 201
    assert _post(http, EMPTY).status_code == 201


async def _stalls() -> HTTPRequestEvent:
    await asyncio.sleep(60)
    raise AssertionError


async def _goes_away() -> Any:
    return {"type": "http.disconnect"}


def test_a_line_that_delivers_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_PIECE_SECONDS", 0.05)

    with pytest.raises(Denied) as denied:
        asyncio.run(read_body(_stalls, encoding="", announced=""))

    assert denied.value.status == 408


def test_a_node_that_goes_away_while_it_sends_is_no_error() -> None:
    with pytest.raises(Disconnected):
        asyncio.run(read_body(_goes_away, encoding="", announced=""))


def test_answers_are_packed_only_for_those_who_can_unpack(http: httpx.Client) -> None:
    path = "/journal-school-1/_all_docs?include_docs=true"
    packed = http.get(path, headers={"Accept-Encoding": "gzip"})
    plain = http.get(path, headers={"Accept-Encoding": "identity"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.json() == plain.json() == json.loads(plain.content)
    assert packed.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "query",
    ["limit=-1", "limit=1e3", "limit=abc", "limit=", "skip=%E0%B9%91", "startkey=abc",
     "startkey=[1]", "endkey=%22", "keys=7", "keys=[7]", "key=" + "[" * 5000,
     "&".join(f"a{n}=1" for n in range(200))],
)  # fmt: skip
def test_a_parameter_that_makes_no_sense_is_a_bad_request(http: httpx.Client, query: str) -> None:
    answer = http.get(f"/journal-school-1/_all_docs?{query}")

    assert answer.status_code == 400
    assert answer.json()["error"] == "bad_request"
