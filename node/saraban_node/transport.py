"""The line to the centre: pycouchdb behind a strict gate. The only module that knows pycouchdb.

Left alone, pycouchdb takes a proxy's error page for success, follows redirects to a log-in page,
checks no certificates and waits for ever. :class:`_StrictResource` refuses every answer that is not
plainly the centre's: JSON, with a status below 300, not redirected, not endless.
"""

import gzip
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec
import requests
from pycouchdb.client import Database, Server
from pycouchdb.exceptions import ApiError, Conflict
from pycouchdb.resource import Resource
from pycouchdb.utils import urljoin
from requests.structures import CaseInsensitiveDict

from saraban_node.errors import CentreRefused, CentreStrange, CentreUnreachable
from saraban_sync import wire
from saraban_sync.errors import Unintelligible
from saraban_sync.registers import parse_instant
from saraban_sync.wire import Document

MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
_CONNECT_SECONDS: Final = 10
_STATUS: Final = "_local/status"
_GZIP_FROM: Final = 400
_ENDLESS: Final = "endless answer"


@dataclass(frozen=True)
class Unreadable:
    """A document that is no document of this protocol, and why."""

    id: str
    reason: str


@dataclass(frozen=True)
class ClockReading:
    """The centre's time as it came with an answer, and how long the question took."""

    centre: datetime
    seconds: float


@dataclass(frozen=True)
class Enrolment:
    """What the centre gives a node that shows a good code."""

    node: str
    office: str
    office_name: str
    prefix: str
    secret: str
    centre_key: str
    epoch: int
    generation: int


class Centre:
    """One node's view of the centre's databases over one kept-alive connection.

    Args:
        url: the centre's address, such as ``https://centre.example``.
        node: the node's name.
        secret: the credential given at enrolment.
        timeout: seconds to wait for an answer.
    """

    def __init__(self, url: str, *, node: str, secret: str, timeout: float) -> None:
        parts = urlsplit(url)
        netloc = f"{quote(node)}:{quote(secret, safe='')}@{parts.netloc}"
        base = urlunsplit((parts.scheme, netloc, parts.path.rstrip("/") + "/db/", "", ""))
        server = Server(base, authmethod="basic", verify=True, timeout=timeout)
        session = server.resource.session
        session.trust_env = False
        session.verify = True
        self._session = session
        self._resource = _StrictResource(
            server.base_url, session=session, verify=True, timeout=timeout
        )
        self._node = node
        self._status_revision: str | None = None

    def close(self) -> None:
        """Drop the connection."""
        self._session.close()

    def put_status(self, status: Mapping[str, object]) -> ClockReading:
        """Tell the centre how this node is.

        Raises:
            CentreUnreachable: there is no line.
            CentreRefused: the centre says no.
            CentreStrange: what answered is not the centre.
        """
        document = {"_id": _STATUS, **status}
        if self._status_revision:
            document["_rev"] = self._status_revision
        journal = self._database(wire.journal_database(self._node))
        began = time.monotonic()
        try:
            saved = journal.save(document)
        except Conflict:  # a plain CouchDB wants the revision of what is there
            document["_rev"] = journal.get(_STATUS)["_rev"]
            began = time.monotonic()
            saved = journal.save(document)
        seconds = time.monotonic() - began
        self._status_revision = saved.get("_rev")
        return ClockReading(self._resource.centre_time(), seconds)

    def last_event(self) -> tuple[str, str] | None:
        """Ask for id and revision of the last event the centre holds; None when it holds none."""
        params = {"descending": "true", "limit": "1"}
        answer = self._get(wire.journal_database(self._node), "_all_docs", params)
        match answer:
            case {"rows": []}:
                return None
            case {"rows": [{"id": str(name), "value": {"rev": str(revision)}}]}:
                return name, revision
            case _:
                raise CentreStrange("no rows in _all_docs", why="_all_docs")

    def push(self, documents: Iterable[Document]) -> list[tuple[str, str]]:
        """Send events; sending again is safe.

        Returns:
            Id and reason of each document the centre did not take.
        """
        return self._bulk(
            wire.journal_database(self._node), [document.as_json() for document in documents]
        )

    def missing_chunks(self, names: list[str]) -> set[str]:
        """Ask which chunks the centre does not have."""
        answer = self._post(
            wire.CHUNKS, "_revs_diff", {name: [wire.chunk_revision(name)] for name in names}
        )
        return set(answer) if isinstance(answer, dict) else set()

    def push_chunks(self, chunks: Iterable[bytes]) -> list[tuple[str, str]]:
        """Send chunks of files."""
        return self._bulk(wire.CHUNKS, [wire.chunk_json(data) for data in chunks])

    def chunks(self, names: list[str]) -> dict[str, bytes]:
        """Fetch chunks; those the centre does not have yet are not in the answer."""
        answer = self._post(wire.CHUNKS, "_bulk_get", {"docs": [{"id": name} for name in names]})
        found: dict[str, bytes] = {}
        for result in answer.get("results", []) if isinstance(answer, dict) else []:
            for part in result.get("docs", []):
                if "ok" in part:
                    name, data = wire.read_chunk(part["ok"])
                    found[name] = data
        return found

    def changes(
        self, database: str, since: str, *, limit: int
    ) -> tuple[str, list[Document | Unreadable]]:
        """Fetch what came after a cursor.

        Args:
            database: ``directory`` or the node's mailbox.
            since: the cursor; ``0`` for everything.
            limit: greatest number of documents; fewer come when they are long.

        Returns:
            The next cursor, and each document or why it cannot be read.
        """
        params = {"since": since, "limit": str(limit), "include_docs": "true"}
        try:
            answer = self._get(database, "_changes", params)
        except CentreStrange as wrong:
            if wrong.detail != _ENDLESS or limit == 1:
                raise
            return self.changes(database, since, limit=limit // 2)  # long documents: fewer at once
        match answer:
            case {"last_seq": last, "results": list(results)}:
                return str(last), [_document(result) for result in results]
            case _:
                raise CentreStrange("no results in _changes", why="_changes")

    def mailbox(self) -> str:
        """Name of this node's mailbox."""
        return wire.mailbox_database(self._node)

    def _bulk(self, database: str, documents: list[dict[str, Any]]) -> list[tuple[str, str]]:
        answer = self._post(database, "_bulk_docs", {"docs": documents, "new_edits": False})
        if not isinstance(answer, list):
            raise CentreStrange("no list from _bulk_docs", why="_bulk_docs")
        return [
            (str(row.get("id", "")), str(row.get("reason", row.get("error", ""))))
            for row in answer
            if isinstance(row, dict) and "error" in row
        ]

    def _get(self, database: str, path: str, params: dict[str, str]) -> Any:
        return self._answer(lambda: self._resource(database, path).get(params=params))

    def _post(self, database: str, path: str, body: object) -> Any:
        data = msgspec.json.encode(body)
        return self._answer(lambda: self._resource(database, path).post(data=data))

    def _answer(self, ask: Any) -> Any:
        try:
            _, result = ask()
        except ApiError as wrong:
            raise CentreRefused(str(wrong), why=str(wrong)[:120]) from wrong
        return result

    def _database(self, name: str) -> "_Status":
        return _Status(self._resource(name), name)


class _Status(Database):
    """A database whose local documents are saved with their slash as it is."""

    def save(self, doc: dict[str, Any], batch: bool = False) -> dict[str, Any]:
        try:
            return dict(super().save(doc, batch))
        except Conflict:
            raise
        except ApiError as wrong:
            raise CentreRefused(str(wrong), why=str(wrong)[:120]) from wrong


class _StrictResource(Resource):
    """pycouchdb's resource, except that only the centre's own plain answers are taken."""

    def __call__(self, *path: str) -> "_StrictResource":
        child = _StrictResource(
            urljoin(self.base_url, *path), session=self.session, timeout=self.timeout
        )
        child.headers_seen = self.headers_seen
        return child

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("verify", True)
        super().__init__(*args, **kwargs)
        self.headers_seen = CaseInsensitiveDict[str]()

    def centre_time(self) -> datetime:
        """The time the centre gave with its last answer."""
        try:
            return parse_instant(self.headers_seen["Saraban-Time"])
        except (KeyError, ValueError) as wrong:
            raise CentreStrange("no Saraban-Time", why="Saraban-Time") from wrong

    def _request_response(
        self,
        method: str,
        path: Any = None,
        params: Any = None,
        data: bytes | None = None,
        headers: Any = None,
        stream: bool = False,
        **kwargs: Any,
    ) -> Any:
        url = self.base_url if not path else "/".join((self.base_url, *_listed(path)))
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        if data is not None:
            headers["Content-Type"] = "application/json"
            if len(data) >= _GZIP_FROM:
                data = gzip.compress(data, 6, mtime=0)
                headers["Content-Encoding"] = "gzip"
        try:
            response = self.session.request(
                method,
                url,
                params=params,
                data=data,
                headers=headers,
                timeout=(_CONNECT_SECONDS, self.timeout),
                allow_redirects=False,
                stream=True,
            )
            content = _bounded(response)
        except requests.RequestException as wrong:
            raise CentreUnreachable(str(wrong), why=_why(wrong)) from wrong
        self.headers_seen.clear()
        self.headers_seen.update(response.headers)
        return response, _judged(response, content)


def enrol(url: str, *, code: str, key: str, program: str, timeout: float) -> Enrolment:
    """Show the centre a one-time code and the node's public key.

    Raises:
        CentreUnreachable: there is no line.
        CentreRefused: the code is wrong, used or too old.
        CentreStrange: what answered is not the centre.
    """
    session = requests.Session()
    session.trust_env = False
    try:
        response = session.post(
            url.rstrip("/") + "/api/v1/enrol",
            json={"code": code, "key": key, "program": program},
            timeout=(_CONNECT_SECONDS, timeout),
            allow_redirects=False,
            stream=True,
        )
        result = _judged(response, _bounded(response))
    except requests.RequestException as wrong:
        raise CentreUnreachable(str(wrong), why=_why(wrong)) from wrong
    finally:
        session.close()
    if response.status_code >= 300:
        why = result.get("detail") or result.get("reason") or response.status_code
        raise CentreRefused(f"enrol: {result}", why=why)
    try:
        return msgspec.convert(result, Enrolment)
    except msgspec.ValidationError as wrong:
        raise CentreStrange(str(wrong), why="enrol") from wrong


def _judged(response: requests.Response, content: bytes) -> Any:
    """Take only what is plainly the centre's answer; a captive portal says 200 or 302 in HTML."""
    status = response.status_code
    if "application/json" not in response.headers.get("content-type", ""):
        if status in (401, 403):
            raise CentreRefused(f"status {status}", why=f"HTTP {status}")
        raise CentreStrange(f"status {status}, no JSON", why=f"HTTP {status}")
    try:
        result = json.loads(content) if content else None
    except (ValueError, RecursionError) as wrong:
        raise CentreStrange("broken JSON", why="JSON") from wrong
    if status in (401, 403):
        raise CentreRefused(f"status {status}: {result}", why=f"HTTP {status}")
    if status in (502, 503, 504):
        raise CentreUnreachable(f"status {status}", why=f"HTTP {status}")
    if 300 <= status < 400 or status >= 500:
        raise CentreStrange(f"status {status}", why=f"HTTP {status}")
    return result


def _bounded(response: requests.Response) -> bytes:
    data = bytearray()
    for piece in response.iter_content(64 * 1024):
        data += piece
        if len(data) > MAX_ANSWER_BYTES:
            response.close()
            raise CentreStrange(_ENDLESS, why=f"> {MAX_ANSWER_BYTES} bytes")
    return bytes(data)


def _document(result: Any) -> Document | Unreadable:
    try:
        return wire.read_document(result["doc"])
    except (Unintelligible, KeyError, TypeError) as wrong:
        name = result.get("id", "") if isinstance(result, dict) else ""
        return Unreadable(str(name)[:100], str(wrong))


def _listed(path: Any) -> list[str]:
    return [path] if isinstance(path, str) else list(path)


def _why(wrong: requests.RequestException) -> str:
    return type(wrong).__name__
