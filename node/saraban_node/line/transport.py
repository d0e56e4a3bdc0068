"""The line to the centre: what is asked of it, and what its answers mean.

Which answers are the centre's at all is decided in :mod:`saraban_node.line.strict`.
"""

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

import msgspec

from saraban_node.errors import CentreRefused, CentreStrange
from saraban_node.line.answers import (
    ENDLESS,
    ClockReading,
    Contest,
    Enrolment,
    EpochAsked,
    EpochGiven,
    ForkOf,
    FormerLife,
    OldRevision,
    ReturnOf,
    StatusAnswer,
    Unreadable,
)
from saraban_sync import wire
from saraban_sync.errors import NotAnIdentifier, Unintelligible
from saraban_sync.ids import parse_event_id
from saraban_sync.wire import Document

_STATUS: Final = ("_local", "status")
_CONTESTED: Final = 409
_MOST_NAME: Final = 80
_T = TypeVar("_T")


class Gate(Protocol):
    """Carries questions to the centre; :class:`saraban_node.line.strict.Gate` does so over HTTP."""

    def get(self, database: str, *path: str, params: dict[str, str] | None = None) -> Any:
        """Read."""
        ...

    def post(self, database: str, path: str, body: object) -> Any:
        """Ask with a body, or send documents."""
        ...

    def put(self, database: str, *path: str, body: object) -> Any:
        """Save a document."""
        ...

    def ask(self, name: str, asked: object) -> tuple[int, Any]:
        """Ask something that is no database; gives the status and the answer."""
        ...

    def centre_time(self) -> datetime:
        """The time the centre gave with its last answer."""
        ...

    def close(self) -> None:
        """Drop the connection."""
        ...


class Centre:
    """One node's view of the centre's databases.

    Args:
        gate: carries the questions.
        node: the node's name.
    """

    def __init__(self, gate: Gate, *, node: str) -> None:
        self._gate = gate
        self._node = node
        self._journal = wire.journal_database(node)
        self._status_revision: str | None = None

    @classmethod
    def at(cls, url: str, *, node: str, secret: str, timeout: float) -> "Centre":
        """Reach a centre over HTTP, on one kept-alive connection.

        Args:
            url: the centre's address, such as ``https://centre.example``.
            node: the node's name.
            secret: the credential given at enrolment.
            timeout: seconds to wait for an answer.
        """
        from saraban_node.line import strict  # HTTP is loaded by those who need a line

        return cls(strict.Gate(url, node=node, secret=secret, timeout=timeout), node=node)

    def close(self) -> None:
        """Drop the connection."""
        self._gate.close()

    def put_status(self, status: Mapping[str, object]) -> StatusAnswer | Contest:
        """Tell the centre how this node is.

        Returns:
            What it answers, or that it doubts who this is.

        Raises:
            CentreUnreachable: there is no line.
            CentreRefused: the centre says no.
            CentreStrange: what answered is not the centre.
        """
        document = {"_id": "/".join(_STATUS), **status}
        if self._status_revision:
            document["_rev"] = self._status_revision
        began = time.monotonic()
        try:
            saved = self._gate.put(self._journal, *_STATUS, body=document)
        except OldRevision:  # a plain CouchDB wants the revision of what is there
            document["_rev"] = self._gate.get(self._journal, *_STATUS)["_rev"]
            began = time.monotonic()
            saved = self._gate.put(self._journal, *_STATUS, body=document)
        seconds = time.monotonic() - began
        contest = _contest(saved)
        if contest is not None:
            return contest
        if not isinstance(saved, dict) or "error" in saved:
            raise CentreRefused(f"status: {saved}", why=str(saved)[:120])
        self._status_revision = saved.get("rev")
        return StatusAnswer(
            reading=ClockReading(self.time(), seconds),
            generation=_whole(saved.get("generation")),
            resume=saved.get("resume") is True,
            fork=saved.get("fork") is True,
            apart=str(saved.get("apart") or "")[:_MOST_NAME],
            former=_former(saved.get("former")),
        )

    def begin_epoch(self, asked: EpochAsked) -> EpochGiven | Contest:
        """Ask for a new epoch, or for the centre's word on one that was begun by hand.

        Raises:
            CentreUnreachable: there is no line; asking again is safe.
            CentreRefused: the centre says no.
            CentreStrange: what answered is not the centre.
        """
        status, result = self._gate.ask("epoch", msgspec.to_builtins(asked))
        contest = _contest(result) if status == _CONTESTED else None
        return contest or _converted(status, result, EpochGiven, what="epoch")

    def time(self) -> datetime:
        """The time the centre gave with its last answer.

        Raises:
            CentreStrange: it gave none.
        """
        return self._gate.centre_time()

    def last_event(self) -> tuple[str, str] | None:
        """Ask for id and revision of the last event the centre holds; None when it holds none."""
        params = {"descending": "true", "limit": "1"}
        answer = self._gate.get(self._journal, "_all_docs", params=params)
        match answer:
            case {"rows": []}:
                return None
            case {"rows": [{"id": str(name), "value": {"rev": str(revision)}}]}:
                return name, revision
            case _:
                raise CentreStrange("no rows in _all_docs", why="_all_docs")

    def revisions(self, names: list[str]) -> dict[str, str]:
        """Ask which of these events the centre holds, and their revisions."""
        answer = self._gate.post(self._journal, "_all_docs", {"keys": names})
        match answer:
            case {"rows": list(found)}:
                pass
            case _:
                raise CentreStrange("no rows in _all_docs", why="_all_docs")
        return {
            str(row["id"]): str(row["value"]["rev"])
            for row in found
            if isinstance(row, dict) and isinstance(row.get("value"), dict) and "id" in row
        }

    def events(self, first: str, last: str, *, limit: int) -> list[Document | Unreadable]:
        """Fetch events of this node's own journal, in order.

        Args:
            first: id of the first one wanted.
            last: id of the last one wanted.
            limit: greatest number of them; fewer come when they are long.
        """
        params = {
            "startkey": f'"{first}"', "endkey": f'"{last}"', "limit": str(limit),
            "include_docs": "true",
        }  # fmt: skip
        try:
            answer = self._gate.get(self._journal, "_all_docs", params=params)
        except CentreStrange as wrong:
            if wrong.detail != ENDLESS or limit == 1:
                raise
            return self.events(first, last, limit=limit // 2)
        match answer:
            case {"rows": list(found)}:
                return [_document(row) for row in found]
            case _:
                raise CentreStrange("no rows in _all_docs", why="_all_docs")

    def push(self, documents: Iterable[Document]) -> list[tuple[str, str]]:
        """Send events; sending again is safe.

        Returns:
            Id and reason of each document the centre did not take.
        """
        return self._bulk(self._journal, [document.as_json() for document in documents])

    def missing_chunks(self, names: list[str]) -> set[str]:
        """Ask which chunks the centre does not have."""
        answer = self._gate.post(
            wire.CHUNKS, "_revs_diff", {name: [wire.chunk_revision(name)] for name in names}
        )
        return set(answer) if isinstance(answer, dict) else set()

    def push_chunks(self, chunks: Iterable[bytes]) -> list[tuple[str, str]]:
        """Send chunks of files."""
        return self._bulk(wire.CHUNKS, [wire.chunk_json(data) for data in chunks])

    def chunks(self, names: list[str]) -> dict[str, bytes]:
        """Fetch chunks; those the centre does not have yet are not in the answer."""
        answer = self._gate.post(
            wire.CHUNKS, "_bulk_get", {"docs": [{"id": name} for name in names]}
        )
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
            answer = self._gate.get(database, "_changes", params=params)
        except CentreStrange as wrong:
            if wrong.detail != ENDLESS or limit == 1:
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
        answer = self._gate.post(database, "_bulk_docs", {"docs": documents, "new_edits": False})
        if not isinstance(answer, list):
            raise CentreStrange("no list from _bulk_docs", why="_bulk_docs")
        return [
            (str(row.get("id", "")), str(row.get("reason", row.get("error", ""))))
            for row in answer
            if isinstance(row, dict) and "error" in row
        ]


def enrol(
    url: str,
    *,
    code: str,
    key: str,
    program: str,
    timeout: float,
    fork: ForkOf | None = None,
    returning: ReturnOf | None = None,
) -> Enrolment:
    """Show the centre a one-time code and the node's public key.

    Args:
        url: the centre's address.
        code: as typed.
        key: the public key.
        program: version of this program.
        timeout: seconds to wait for an answer.
        fork: where the machine comes from, if it goes on under a new name.
        returning: what it was, if the centre has forgotten it.

    Raises:
        CentreUnreachable: there is no line.
        CentreRefused: the code is wrong, used or too old.
        CentreStrange: what answered is not the centre.
    """
    from saraban_node.line import strict  # HTTP is loaded by those who need a line

    asked: dict[str, object] = {"code": code, "key": key, "program": program}
    if fork is not None:
        asked["fork"] = msgspec.to_builtins(fork)
    if returning is not None:
        asked["returning"] = msgspec.to_builtins(returning)
    status, result = strict.post_once(url.rstrip("/") + "/api/v1/enrol", asked, timeout=timeout)
    return _converted(status, result, Enrolment, what="enrol")


def _converted(status: int, result: Any, kind: type[_T], *, what: str) -> _T:
    if status >= 300:
        said = result if isinstance(result, dict) else {}
        why = said.get("detail") or said.get("reason") or status
        raise CentreRefused(f"{what}: {result}", why=why, refusal=said.get("code", ""))
    try:
        return msgspec.convert(result, kind)
    except msgspec.ValidationError as wrong:
        raise CentreStrange(str(wrong), why=what) from wrong


def _contest(said: Any) -> Contest | None:
    match said:
        case {"error": "ratchet" | "twin" | "superseded" | "epoch-taken" | "base-unknown"
              | "heal-first" as error, **rest}:  # fmt: skip
            return Contest(
                error=str(error),
                reason=str(rest.get("reason", ""))[:200],
                current=str(rest.get("current", ""))[:64],
            )
        case _:
            return None


def _former(said: Any) -> FormerLife | None:
    """Read after which event of its former life the centre lacks what this node has."""
    try:
        after, hash_ = str(said["after"]), str(said["hash"])
        if after:
            parse_event_id(after)
    except (KeyError, TypeError, NotAnIdentifier):
        return None
    return FormerLife(after, hash_)


def _whole(said: Any) -> int:
    return said if isinstance(said, int) and not isinstance(said, bool) else 0


def _document(result: Any) -> Document | Unreadable:
    try:
        return wire.read_document(result["doc"])
    except (Unintelligible, KeyError, TypeError) as wrong:
        name = result.get("id", "") if isinstance(result, dict) else ""
        return Unreadable(str(name)[:100], str(wrong))
