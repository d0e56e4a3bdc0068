"""The strict gate to the centre. The only module that knows pycouchdb and its sessions.

Left alone, pycouchdb takes a proxy's error page for success, follows redirects to a log-in page,
checks no certificates and waits for ever. :class:`_StrictResource` refuses every answer that is not
plainly the centre's: JSON, with a status below 300, not redirected, not endless.
"""

import gzip
import json
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec
import requests
from pycouchdb.client import Server
from pycouchdb.exceptions import ApiError, Conflict
from pycouchdb.resource import Resource
from pycouchdb.utils import urljoin
from requests.structures import CaseInsensitiveDict

from saraban_node.errors import CentreRefused, CentreStrange, CentreUnreachable
from saraban_node.line.answers import ENDLESS, OldRevision
from saraban_sync.registers import parse_instant

MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
_CONNECT_SECONDS: Final = 10
_GZIP_FROM: Final = 400


class Gate:
    """Databases of the centre over one kept-alive connection.

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
        self._api = url.rstrip("/") + "/api/v1/"
        self._timeout = timeout

    def close(self) -> None:
        """Drop the connection."""
        self._session.close()

    def centre_time(self) -> datetime:
        """The time the centre gave with its last answer.

        Raises:
            CentreStrange: it gave none.
        """
        return self._resource.centre_time()

    def get(self, database: str, *path: str, params: dict[str, str] | None = None) -> Any:
        """Read.

        Raises:
            CentreUnreachable: there is no line.
            CentreRefused: the centre says no.
            CentreStrange: what answered is not the centre.
        """
        return _answer(lambda: self._resource(database).get(list(path), params=params))

    def post(self, database: str, path: str, body: object) -> Any:
        """Ask with a body, or send documents; raises as :meth:`get`."""
        data = msgspec.json.encode(body)
        return _answer(lambda: self._resource(database).post([path], data=data))

    def put(self, database: str, *path: str, body: object) -> Any:
        """Save a document; raises as :meth:`get`.

        Returns:
            The answer, also when the centre says with status 409 why it did not take it.

        Raises:
            OldRevision: it wants the revision of what is there.
        """
        data = msgspec.json.encode(body)
        try:
            _, result = self._resource(database).put(list(path), data=data)
        except Conflict as wrong:
            raise OldRevision from wrong
        except ApiError as wrong:
            said = wrong.args[0] if wrong.args else None
            if not isinstance(said, dict):
                raise CentreRefused(str(wrong), why=str(wrong)[:120]) from wrong
            return said
        return result

    def ask(self, name: str, asked: object) -> tuple[int, Any]:
        """Ask something that is no database; gives the status and the answer."""
        return _posted(self._session, self._api + name, asked, timeout=self._timeout)


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


def post_once(url: str, asked: object, *, timeout: float) -> tuple[int, Any]:
    """Ask something without being known yet; gives the status and the answer.

    Raises:
        CentreUnreachable: there is no line.
        CentreStrange: what answered is not the centre.
    """
    session = requests.Session()
    session.trust_env = False
    try:
        return _posted(session, url, asked, timeout=timeout)
    finally:
        session.close()


def _posted(
    session: requests.Session, url: str, asked: object, *, timeout: float
) -> tuple[int, Any]:
    """Ask something that is no database; gives the status and what was answered."""
    try:
        response = session.post(
            url,
            json=asked,
            timeout=(_CONNECT_SECONDS, timeout),
            allow_redirects=False,
            stream=True,
        )
        return response.status_code, _judged(response, _bounded(response))
    except requests.RequestException as wrong:
        raise CentreUnreachable(str(wrong), why=_why(wrong)) from wrong


def _answer(ask: Any) -> Any:
    try:
        _, result = ask()
    except ApiError as wrong:
        raise CentreRefused(str(wrong), why=str(wrong)[:120]) from wrong
    return result


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
            raise CentreStrange(ENDLESS, why=f"> {MAX_ANSWER_BYTES} bytes")
    return bytes(data)


def _listed(path: Any) -> list[str]:
    return [path] if isinstance(path, str) else list(path)


def _why(wrong: requests.RequestException) -> str:
    return type(wrong).__name__
