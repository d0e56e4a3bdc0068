"""The line to the centre takes only what is plainly the centre's answer."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from saraban_node.errors import CentreRefused, CentreStrange, CentreUnreachable
from saraban_node.line.transport import Centre, enrol
from saraban_sync.wire import Document

_DOCUMENT = Document(id="0001-0000000001", payload=b"{}", signature="s")


class _Answer:
    """What the pretended other side says to every question."""

    status = 200
    headers: dict[str, str] = {}  # noqa: RUF012 - set anew by each test
    body = b""
    cut_after: int | None = None


@pytest.fixture
def answer() -> type[_Answer]:
    """A fresh answer for each test."""
    return type("Answer", (_Answer,), {})


@pytest.fixture
def url(answer: type[_Answer]) -> Iterator[str]:
    """A real HTTP server on loopback that gives this answer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _say(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            self.rfile.read(length)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: answer.cut_after])
            self.close_connection = answer.cut_after is not None

        do_GET = do_POST = do_PUT = do_HEAD = _say  # noqa: N815 - named by the library

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that hangs up on purpose is part of these tests

    server = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def centre(url: str) -> Iterator[Centre]:
    """A node's connection to that server."""
    made = Centre.at(url, node="school-1-n1", secret="s/e:c@ret", timeout=5)
    yield made
    made.close()


_JSON = {"content-type": "application/json"}
_HTML = {"content-type": "text/html; charset=utf-8"}


@pytest.mark.parametrize(
    ("status", "headers", "body", "wrong"),
    [
        (200, _HTML, b"<html>Welcome to the hotel's network</html>", CentreStrange),
        (302, {"location": "http://login.example/", **_HTML}, b"", CentreStrange),
        (302, {"location": "http://login.example/", **_JSON}, b"{}", CentreStrange),
        (502, _HTML, b"<html>Bad gateway</html>", CentreStrange),
        (503, _JSON, b"{}", CentreUnreachable),
        (413, _HTML, b"<html>Too large</html>", CentreStrange),
        (200, {}, b"[]", CentreStrange),
        (200, _JSON, b'{"rows": [', CentreStrange),
        (200, _JSON, b"[" * 200_000, CentreStrange),
        (200, _JSON, b'{"ok": true}', CentreStrange),
        (401, _JSON, b'{"error":"unauthorized","reason":"no"}', CentreRefused),
        (403, _HTML, b"<html>Forbidden</html>", CentreRefused),
        (404, _JSON, b'{"error":"not_found","reason":"missing"}', CentreRefused),
        (500, _JSON, b'{"error":"internal"}', CentreStrange),
    ],
)
def test_no_strange_answer_is_taken_for_success(
    centre: Centre,
    answer: type[_Answer],
    status: int,
    headers: dict[str, str],
    body: bytes,
    wrong: type[Exception],
) -> None:
    answer.status, answer.headers, answer.body = status, headers, body

    with pytest.raises(wrong):
        centre.push([_DOCUMENT])
    with pytest.raises(wrong):
        centre.last_event()
    with pytest.raises(wrong):
        centre.changes("directory", "0", limit=10)


def test_an_answer_that_breaks_off_is_a_line_that_broke(
    centre: Centre, answer: type[_Answer]
) -> None:
    answer.headers, answer.body, answer.cut_after = _JSON, b"[" + b" " * 1000 + b"]", 10

    with pytest.raises(CentreUnreachable):
        centre.push([_DOCUMENT])


def test_an_endless_answer_is_not_read_to_its_end(
    centre: Centre, answer: type[_Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saraban_node.line.strict.MAX_ANSWER_BYTES", 100_000)
    answer.headers, answer.body = _JSON, b" " * 300_000 + b"[]"

    with pytest.raises(CentreStrange):
        centre.push([_DOCUMENT])


def test_what_the_centre_refuses_is_told_with_its_reason(
    centre: Centre, answer: type[_Answer]
) -> None:
    answer.headers = _JSON
    answer.body = b'[{"id":"0001-0000000001","error":"forbidden","reason":"refused: signature"}]'

    refused = centre.push([_DOCUMENT])

    assert refused == [("0001-0000000001", "refused: signature")]


def test_no_line_is_told_as_no_line() -> None:
    centre = Centre.at("http://127.0.0.1:1", node="school-1-n1", secret="x", timeout=2)

    with pytest.raises(CentreUnreachable) as told:
        centre.last_event()
    centre.close()

    assert "ลงทะเบียนทำต่อได้" in told.value.sentence("th")
    assert "Go on registering" in told.value.sentence("en")


def test_a_wrong_code_is_told_as_the_centre_says_it(url: str, answer: type[_Answer]) -> None:
    answer.status, answer.headers = 403, _JSON
    answer.body = b'{"detail":"this code was used"}'

    with pytest.raises(CentreRefused):
        enrol(url, code="AAAA-BBBB", key="k", program="0.1.0", timeout=5)


def test_a_log_in_page_is_not_an_enrolment(url: str, answer: type[_Answer]) -> None:
    answer.headers, answer.body = _HTML, b"<html>log in</html>"

    with pytest.raises(CentreStrange):
        enrol(url, code="AAAA-BBBB", key="k", program="0.1.0", timeout=5)
