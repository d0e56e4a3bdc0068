"""A centre of few lines, for what a real one can hardly be brought to: it holds what it is told.

It speaks the wire as ``docs/reference/protocol.md`` has it and keeps one node's journal, mailbox,
ratchet and epoch. Where the real centre runs, tests use the real one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from saraban_node.appliance import Appliance
from saraban_node.errors import CentreUnreachable
from saraban_node.line.syncer import Syncer
from saraban_node.line.transport import Centre
from saraban_sync.body import Signed
from saraban_sync.events import Event
from saraban_sync.wire import CENTRE, Document, event_document
from tests.offices import MORNING


@dataclass
class PlayedCentre:
    """Stands where :class:`saraban_node.line.strict.Gate` does."""

    moment: datetime = MORNING
    journal: dict[str, dict[str, Any]] = field(default_factory=dict)
    mailbox: list[dict[str, Any]] = field(default_factory=list)
    current: str = ""
    history: set[str] = field(default_factory=set)
    epoch: int = 1
    generation: int = 1
    given: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Answers to requests for an epoch, by their ``next``."""
    claimed: set[int] = field(default_factory=set)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    says: dict[str, Any] = field(default_factory=dict)
    """What is added to the answer to a status, or with ``error`` is its whole answer."""
    marks: list[dict[str, Any]] = field(default_factory=list)
    welcome: dict[str, Any] = field(default_factory=dict)
    """What a machine that is taken in is told."""
    enrolled: list[dict[str, Any]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    """Public keys that are other nodes'."""
    lose: str = ""
    """The question of which the answer is lost, once: ``put``, ``post``, ``get``, ``ask`` or
    ``enrol``."""

    def line(self, node: Appliance) -> Syncer:
        """The node's exchange with this centre."""
        return Syncer(node, connect=lambda there: Centre(self, node=there.node))

    def hold(self, events: Iterable[Event]) -> None:
        """Hold events as if they had been sent."""
        for event in events:
            self.journal[event.id] = event_document(event).as_json()

    def deliver(self, text: Signed | Event) -> None:
        """Put a grant or a colleague's event into the mailbox."""
        name = f"{len(self.mailbox) + 1:012d}"
        if isinstance(text, Event):
            document = event_document(text, name=name, sender=text.node)
        else:
            document = Document(
                id=name, payload=text.p.encode("utf-8"), signature=text.s, sender=CENTRE
            )
        self.mailbox.append(document.as_json())

    def enrol(self, url: str, asked: Any, *, timeout: float) -> tuple[int, Any]:
        """Take a machine in; stands where :func:`saraban_node.line.strict.post_once` does."""
        self.enrolled.append(asked)
        if asked["key"] in self.taken:
            return 422, {"error": "refused", "code": "SRB-222", "detail": "SRB-222"}
        return 201, self._answered("enrol", dict(self.welcome))

    def close(self) -> None:
        pass

    def centre_time(self) -> datetime:
        return self.moment

    def put(self, database: str, *path: str, body: object) -> Any:
        return self._answered("put", self._status(body))

    def get(self, database: str, *path: str, params: dict[str, str] | None = None) -> Any:
        asked = params or {}
        if path == ("_all_docs",):
            return self._answered("get", {"rows": self._rows(asked)})
        since = int(asked.get("since", "0").partition("-")[0])
        box = self.mailbox if database.startswith("mailbox-") else []
        found = box[since : since + int(asked["limit"])]
        return self._answered(
            "get",
            {
                "results": [{"id": doc["_id"], "doc": doc} for doc in found],
                "last_seq": f"{since + len(found)}-g{self.generation}",
            },
        )

    def post(self, database: str, path: str, body: object) -> Any:
        assert isinstance(body, dict)
        if path == "_bulk_docs":
            for doc in body["docs"]:
                self.journal[doc["_id"]] = doc
            return self._answered("post", [])
        if path == "_all_docs":
            rows = [
                {"id": name, "value": {"rev": self.journal[name]["_rev"]}}
                if name in self.journal
                else {"key": name, "error": "not_found"}
                for name in body["keys"]
            ]
            return self._answered("post", {"rows": rows})
        return self._answered("post", {})

    def ask(self, name: str, asked: object) -> tuple[int, Any]:
        assert isinstance(asked, dict)
        assert name == "epoch"
        again = self.given.get(asked["next"])
        answer = again or self._epoch(asked)
        status = 409 if "error" in answer else 200
        if status == 200:
            self.given[asked["next"]] = answer
            self.history.add(self.current)
            self.current = asked["next"]
        return status, self._answered("ask", answer)

    def _epoch(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["base"] not in self.journal:
            return {"error": "base-unknown", "reason": asked["base"]}
        if asked["claim"]:
            if self.epoch + 1 in self.claimed or self.epoch != int(asked["base"][:4]):
                return {"error": "epoch-taken", "reason": "another machine has it"}
        elif asked["base"] != max(self.journal):
            return {"error": "heal-first", "reason": max(self.journal)}
        self.epoch += 1
        self.claimed.add(self.epoch)
        return {"epoch": self.epoch, "generation": self.generation, "marks": self.marks}

    def _status(self, body: object) -> dict[str, Any]:
        assert isinstance(body, dict)
        self.statuses.append(body)
        if "error" in self.says:
            return dict(self.says)
        answer = {"ok": True, "rev": "0-1", "generation": self.generation, **self.says}
        if body["fenced"]:
            return answer
        token, following = body["ratchet"]["token"], body["ratchet"]["next"]
        known = not self.current or self.current in (token, following)
        if not known and token in self.history:
            return {"error": "twin", "reason": "an old token"}
        if not known and not body["centre_behind"]:
            return {"error": "ratchet", "reason": "unknown token", "current": self.current}
        self.history.add(self.current)
        self.current = following
        return answer

    def _rows(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        names = sorted(self.journal, reverse="descending" in asked)
        first, last = (asked.get(key, "").strip('"') for key in ("startkey", "endkey"))
        found = [name for name in names if first <= name and (not last or name <= last)]
        return [
            {"id": name, "value": {"rev": self.journal[name]["_rev"]}, "doc": self.journal[name]}
            for name in found[: int(asked["limit"])]
        ]

    def _answered(self, question: str, answer: Any) -> Any:
        if self.lose == question:
            self.lose = ""
            raise CentreUnreachable("the answer was lost", why="test")
        return answer
