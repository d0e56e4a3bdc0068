"""The exchange with the centre goes on over thin lines, bad disks and a centre that goes astray."""

import base64
import gzip
import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import cast

import pytest

from saraban_base.clock import SystemClock
from saraban_base.sqlite import Database, rows
from saraban_central import directory, enrolment
from saraban_central.centre import Centre, make_centre
from saraban_central.config import CentralConfig
from saraban_node import keys
from saraban_node.appliance import MIGRATIONS, Appliance
from saraban_node.books import letters
from saraban_node.books.files import FileStore
from saraban_node.books.letters import NewLetter
from saraban_node.errors import (
    CentreRefused,
    CentreStrange,
    CentreUnreachable,
    FolderInUse,
    NotSendable,
)
from saraban_node.line import enrolment as joining
from saraban_node.line import outbox, postbox, syncer, transport
from saraban_node.line.answers import Enrolment
from saraban_node.line.syncer import Syncer
from saraban_sync.body import FileRef
from saraban_sync.ids import OfficeCode
from saraban_sync.registers import Register
from saraban_sync.wire import CHUNK_BYTES
from tests.offices import (
    SOMSRI,
    FarOffice,
    a_letter,
    an_office,
    carry,
    events_of,
    introduce,
    put_file,
    register,
)
from tests.served_centre import serving

Say = Callable[[str, str, bytes], bytes | None]


class Astray:
    """A real HTTP server in the centre's place; what it says is the test's. None hangs up."""

    def __init__(self) -> None:
        self.say: Say = lambda _method, _path, _body: None
        self.asked: list[tuple[str, str]] = []


@pytest.fixture
def astray() -> Iterator[tuple[Astray, str]]:
    pretended = Astray()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            pretended.asked.append((self.command, self.path))
            said = pretended.say(self.command, self.path, body)
            if said is None:
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("saraban-time", "2026-11-22T02:00:00.000Z")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - named by the library

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that hangs up is part of these tests

    server = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield pretended, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def school_of(folder: Path, url: str) -> Appliance:
    node = an_office(folder, settings={"centre_url": url})
    keys.keep(node.keys, keys.CENTRE_SECRET, "s" * 43)
    return node


@pytest.fixture
def district(tmp_path: Path) -> Iterator[tuple[Centre, str]]:
    centre = make_centre(tmp_path / "centre", CentralConfig())
    for code in ("school-a", "area-1"):
        directory.add_office(centre, code, name=code, prefix="ศธ 04")
    with serving(centre) as url:
        yield centre, url
    centre.close()


def test_a_centre_that_gives_the_same_page_for_ever_ends_the_exchange(
    tmp_path: Path, astray: tuple[Astray, str]
) -> None:
    pretended, url = astray
    page = [{"id": f"{n:010d}", "doc": {}} for n in range(200)]

    def say(_method: str, path: str, _body: bytes) -> bytes:
        if "_changes" in path:
            return json.dumps({"results": page, "last_seq": "7"}).encode()
        return b'{"ok":true,"id":"x","rev":"0-1","rows":[]}' if "_bulk" not in path else b"[]"

    pretended.say = say
    node = school_of(tmp_path / "node", url)
    with pytest.raises(CentreStrange):
        Syncer(node).run_cycle()
    node.close()

    assert sum("_changes" in path for _, path in pretended.asked) <= 3


def test_letters_too_long_for_one_answer_are_fetched_in_smaller_pages(
    astray: tuple[Astray, str],
) -> None:
    pretended, url = astray

    def say(_method: str, path: str, _body: bytes) -> bytes:
        limit = int(path.split("limit=")[1].split("&")[0])
        page = [{"id": "1", "doc": {"p": "ก" * 50_000}} for _ in range(limit)]
        return json.dumps({"results": page, "last_seq": "9"}, ensure_ascii=False).encode()

    pretended.say = say
    centre = transport.Centre.at(url, node="school-a", secret="s", timeout=10)
    last, documents = centre.changes("directory", "0", limit=200)
    centre.close()

    assert (last, len(documents)) == ("9", 100)


def test_a_line_that_breaks_under_a_batch_gets_a_shorter_one_next_time(
    tmp_path: Path, astray: tuple[Astray, str]
) -> None:
    pretended, url = astray
    node = school_of(tmp_path / "node", url)
    for n in range(40):
        register(node, a_letter(n))
    brought: list[int] = []

    def say(_method: str, path: str, body: bytes) -> bytes | None:
        if "_bulk_docs" in path:
            brought.append(len(body))
            return None
        return b'{"ok":true,"id":"x","rev":"0-1","rows":[]}'

    pretended.say = say
    line = Syncer(node)
    for _ in range(6):
        with pytest.raises(CentreUnreachable):
            line.run_cycle()
    node.close()

    assert brought[-1] < brought[0] / 4


def test_a_bug_in_the_exchange_is_shown_and_not_only_logged(
    tmp_path: Path, astray: tuple[Astray, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretended, url = astray
    pretended.say = lambda _method, _path, _body: b'{"ok":true,"id":"x","rev":"0-1","rows":[]}'
    node = school_of(tmp_path / "node", url)

    def broken(*_: object, **__: object) -> None:
        raise KeyError("no such key")

    monkeypatch.setattr(outbox, "documents_after", broken)
    with pytest.raises(KeyError):
        Syncer(node).run_cycle()
    with node.db.read() as cursor:
        state = syncer.state(cursor, enrolled=True)
    node.close()

    assert state.error_code == "SRB-000"


def test_a_file_damaged_on_the_senders_disk_is_never_called_sent(
    tmp_path: Path, district: tuple[Centre, str]
) -> None:
    centre, url = district
    code = enrolment.make_code(centre, "school-a").code
    node = joining.join(tmp_path / "node", url=url, code=code)
    bad, good = put_file(node, os.urandom(3 * CHUNK_BYTES)), put_file(node, b"good")
    with node.db.write() as write:
        outbox.queue_files(write, (bad, good))
    path = node.files.path(bad.sha256)
    path.write_bytes(b"\0" * 10 + path.read_bytes()[10:])

    Syncer(node).run_cycle()
    with node.db.read() as cursor:
        left = [part.chunk for part in outbox.parts(cursor, limit=10)]
        refused = syncer.state(cursor, enrolled=True).refused
    node.close()

    assert left == [bad.chunks[0]]
    assert refused == ((f"chunk {bad.chunks[0]}", f"SRB-311 {bad.sha256}"),)
    assert centre.store.missing_chunks([*bad.chunks, good.sha256]) == {bad.chunks[0]}


def arrived(node: Appliance, *files: FileRef) -> FarOffice:
    far = FarOffice()
    introduce(node, far)
    for place, ref in enumerate(files, 1):
        carry(far.sends("school-a", place, files=(ref,)), node, place=place)
    return far


def answering(parts: dict[str, bytes]) -> Say:
    """Say what a centre says that holds these parts."""

    def say(_method: str, path: str, body: bytes) -> bytes:
        if "_bulk_get" in path:
            asked = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
            return json.dumps(
                {
                    "results": [
                        {"id": one["id"], "docs": [{"ok": {
                            "_id": one["id"],
                            "data": base64.b64encode(parts[one["id"]]).decode(),
                        }}]}
                        for one in asked["docs"] if one["id"] in parts
                    ]
                }
            ).encode()  # fmt: skip
        if "_bulk_docs" in path:
            return b"[]"
        if "_changes" in path:
            return b'{"results":[],"last_seq":"0"}'
        return b'{"ok":true,"id":"x","rev":"0-1","rows":[]}'

    return say


def test_one_file_that_can_never_be_whole_does_not_hold_up_the_others(
    tmp_path: Path, astray: tuple[Astray, str]
) -> None:
    pretended, url = astray
    node, elsewhere = school_of(tmp_path / "node", url), an_office(tmp_path / "far", code="far")
    content = os.urandom(CHUNK_BYTES + 1)
    good, part = put_file(elsewhere, content), put_file(elsewhere, b"another")
    lie = FileRef(
        name="ลวง.pdf", media="application/pdf", size=7, sha256="ab" * 32, chunks=(part.sha256,)
    )
    arrived(node, lie, good)
    pretended.say = answering(
        {
            part.sha256: b"another",
            good.chunks[0]: content[:CHUNK_BYTES],
            good.chunks[1]: content[CHUNK_BYTES:],
        }
    )

    report = Syncer(node).run_cycle()
    with node.db.read() as cursor:
        waiting = postbox.wanted_files(cursor)
        aside = rows(cursor, "SELECT id, problem FROM set_aside")
    assert (report.files_fetched, waiting) == (1, [])
    assert node.files.read(good) == content
    assert aside == [(f"file {'ab' * 32}", f"SRB-103 SRB-311 {'ab' * 32}")]
    node.close()
    elsewhere.close()


def test_a_part_damaged_on_this_disk_is_fetched_again(
    tmp_path: Path, astray: tuple[Astray, str]
) -> None:
    pretended, url = astray
    node, elsewhere = school_of(tmp_path / "node", url), an_office(tmp_path / "far", code="far")
    content = os.urandom(2 * CHUNK_BYTES)
    ref = put_file(elsewhere, content)
    arrived(node, ref)
    node.files.keep_chunk(ref.chunks[0], b"not what it was")
    pretended.say = answering(
        {ref.chunks[0]: content[:CHUNK_BYTES], ref.chunks[1]: content[CHUNK_BYTES:]}
    )

    fetched = [Syncer(node).run_cycle().files_fetched for _ in range(2)]

    assert fetched == [0, 1]
    assert node.files.read(ref) == content
    node.close()
    elsewhere.close()


def test_a_file_larger_than_this_office_may_send_still_arrives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, elsewhere = an_office(tmp_path / "node"), an_office(tmp_path / "far", code="far")
    ref = put_file(elsewhere, b"x" * 1000)
    node.files.keep_chunk(ref.sha256, b"x" * 1000)
    monkeypatch.setattr(FileStore.put, "__kwdefaults__", {"limit": 10})

    node.files.assemble(ref, (ref.sha256,))

    assert node.files.has(ref.sha256)
    node.close()
    elsewhere.close()


def test_an_enrolment_whose_answer_was_lost_is_finished_with_the_same_code(
    tmp_path: Path, district: tuple[Centre, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    centre, url = district
    code = enrolment.make_code(centre, "school-a").code
    ask = transport.enrol

    def lost(*args: object, **facts: object) -> Enrolment:
        ask(*args, **facts)  # type: ignore[arg-type] # passed on as they come
        raise CentreUnreachable("cut", why="cut")

    monkeypatch.setattr(transport, "enrol", lost)
    with pytest.raises(CentreUnreachable):
        joining.join(tmp_path / "node", url=url, code=code)
    monkeypatch.setattr(transport, "enrol", ask)

    node = joining.join(tmp_path / "node", url=url, code=code)
    Syncer(node).run_cycle()
    node.close()

    assert not (tmp_path / "node" / "joining").exists()


def test_a_wrong_code_leaves_the_folder_free_for_the_right_one(
    tmp_path: Path, district: tuple[Centre, str]
) -> None:
    centre, url = district
    with pytest.raises(CentreRefused):
        joining.join(tmp_path / "node", url=url, code="aaaa-bbbb-cccc-dddd")
    code = enrolment.make_code(centre, "school-a").code
    joining.join(tmp_path / "node", url=url, code=code).close()

    with pytest.raises(FolderInUse):
        joining.join(tmp_path / "node", url=url, code=code)


@pytest.mark.parametrize(
    ("book", "to"),
    [(Register.INCOMING, "area-1"), (Register.OUTGOING, "school-a")],
    ids=["an incoming letter", "to itself"],
)
def test_what_can_never_arrive_anywhere_gets_no_number(
    tmp_path: Path, book: Register, to: str
) -> None:
    node = an_office(tmp_path / "node")
    introduce(node, FarOffice(), node)
    letter = NewLetter(register=book, subject="แจ้งเวียน", offices=(OfficeCode(to),))

    with pytest.raises(NotSendable), node.db.write() as write:
        letters.register_letter(write, node.journal, letter, actor=SOMSRI)

    assert not events_of(node, "letter.sent")
    node.close()


def test_two_programs_that_bring_a_database_up_to_date_at_once_both_can(tmp_path: Path) -> None:
    class Overtaken:
        """The folder of migrations; while it is being listed, the other program does them all."""

        def iterdir(self) -> Iterator[Traversable]:
            Database.open(path, migrations=MIGRATIONS, clock=SystemClock()).close()
            return iter(list(MIGRATIONS.iterdir()))

    path = tmp_path / "node.db"
    folder = cast(Traversable, Overtaken())
    database = Database.open(path, migrations=folder, clock=SystemClock())
    with database.read() as cursor:
        assert not rows(cursor, "SELECT * FROM journal")
    database.close()
