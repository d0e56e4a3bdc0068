"""A centre that really serves: uvicorn on a port of its own, its workers running, over HTTP."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn

from saraban_central.app import build_app
from saraban_central.centre import Centre
from saraban_central.enrolment import secret_hash
from saraban_central.records import CREDENTIALS, PENDING, SET_ASIDE, Credential, SetAside
from saraban_central.store.interface import Put
from saraban_sync.events import EntryNoted, Event
from saraban_sync.signing import EVENT
from saraban_sync.wire import Document, event_document, journal_database
from tests.central_district import Office


@contextmanager
def serving(centre: Centre, *, port: int = 0) -> Iterator[str]:
    """Serve a centre on loopback, on a free port unless one is named; gives its address."""
    config = uvicorn.Config(
        build_app(centre),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the centre did not start")
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        centre.signals.close()
        server.should_exit = True
        thread.join(20)


def new_secret(office: Office, secret: str = "s" * 43) -> tuple[str, str]:
    """Give a node a secret that the test knows; name and secret, as HTTP Basic wants them."""
    store = office.centre.store
    held = store.record(CREDENTIALS, office.node)
    record = Credential(sha256=secret_hash(secret))
    store.commit(Put(CREDENTIALS, office.node, record, held.revision if held else None))
    return office.node, secret


def client(address: str, office: Office) -> httpx.Client:
    """A plain HTTP client that is the office's node."""
    return httpx.Client(base_url=address + "/db", auth=new_secret(office), timeout=20)


def basic(name: str, secret: str) -> dict[str, str]:
    """The header of HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def bulk(events: list[Event] | list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A body for ``_bulk_docs``."""
    docs = [event_document(e).as_json() if isinstance(e, Event) else e for e in events]
    return {"docs": docs, "new_edits": False, **more}


def push(http: httpx.Client, office: Office, events: list[Event] | list[dict[str, Any]]) -> Any:
    """Send documents to the office's journal; gives the rows of those not taken."""
    answer = http.post(f"/{journal_database(office.node)}/_bulk_docs", json=bulk(events))
    assert answer.status_code == 201, answer.text
    return answer.json()


def signed_document(office: Office, payload: bytes, name: str) -> dict[str, Any]:
    """Whatever bytes, properly signed by the office's node."""
    signature = office.key.sign(EVENT, payload)
    return Document(id=name, payload=payload, signature=signature).as_json()


def journal_ids(office: Office) -> list[str]:
    """What the centre holds of the office's journal, in order."""
    found = office.centre.store.page(journal_database(office.node), limit=100_000)
    return [document.id for document in found]


HELD = 2
"""Events of a new office that the centre holds before a test begins."""


@dataclass
class Line:
    """A school's line to a serving centre, through which it pushes its journal."""

    school: Office
    area: Office
    http: httpx.Client
    url: str

    def events(self, count: int) -> list[Event]:
        return [
            self.school.write(EntryNoted(entry="0001-0000000001", action=f"เสนอครั้งที่ {n}"))
            for n in range(1, count + 1)
        ]

    def push(self, docs: list[Event] | list[dict[str, Any]]) -> Any:
        return push(self.http, self.school, docs)

    def held(self) -> list[str]:
        return journal_ids(self.school)[HELD:]

    def set_aside(self) -> list[SetAside]:
        store = self.school.centre.store
        return [kept.value for kept in store.records(SET_ASIDE, f"{self.school.node}/")]

    def pending(self) -> int:
        return self.school.centre.store.count(PENDING, f"{self.school.node}/")

    @property
    def path(self) -> str:
        return f"/{journal_database(self.school.node)}/_bulk_docs"


def as_json(events: list[Event]) -> list[dict[str, Any]]:
    """The events as documents."""
    return [event_document(event).as_json() for event in events]


def ids(events: list[Event]) -> list[str]:
    """The events' ids."""
    return [event.id for event in events]


def batches(events: list[Event], size: int) -> list[list[Event]]:
    """The events in batches."""
    return [events[start : start + size] for start in range(0, len(events), size)]


def altered(event: Event) -> dict[str, Any]:
    """The event's document with a signature that does not fit."""
    doc = event_document(event).as_json()
    first = "A" if doc["s"][0] != "A" else "B"
    return doc | {"s": first + doc["s"][1:]}
