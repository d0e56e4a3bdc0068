"""A node served by the program itself, in a process of its own, and clerks who log in over HTTP."""

import html
import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import httpx

from saraban_base.passwords import Passwords
from saraban_node import people
from saraban_node.appliance import Appliance
from saraban_node.journal import SYSTEM
from saraban_node.people import CLERK

PASSWORD: Final = "ลมพัดใบไผ่ ริมห้วยน้ำใส"
_CHEAP: Final = Passwords(memory_kib=64)
_PATIENCE: Final = 60.0
_ROOT: Final = Path(__file__).resolve().parents[1]


def add_clerk(
    node: Appliance, username: str, name: str, *, roles: frozenset[str] = frozenset({CLERK})
) -> None:
    """Give a person an account with :data:`PASSWORD`, as after the first log-in."""
    with node.db.write() as write:
        account, _ = people.add_person(
            write,
            node.journal,
            _CHEAP,
            username=username,
            name=name,
            roles=roles,
            actor=SYSTEM,
        )
        write.cursor.execute(
            "UPDATE credential SET hash = ?, one_time = 0, expires_ms = NULL WHERE person = ?",
            (_CHEAP.hash(PASSWORD), account.person),
        )


@dataclass
class ServedOffice:
    """``saraban-node serve`` on a port of 127.0.0.1 that was free a moment ago.

    Args:
        folder: the node.
        command: what begins a command line of the program.
    """

    folder: Path
    port: int = field(default_factory=lambda: free_port())
    command: tuple[str, ...] = (sys.executable, "-m", "saraban_node")
    process: "subprocess.Popen[bytes] | None" = None
    clerks: list["Clerk"] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "ServedOffice":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        wrong: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self.folder.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command, "serve", "--folder", str(self.folder), "--port", str(self.port)],
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}")
            try:
                if httpx.get(f"{self.address}/healthz", trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.02)
        raise RuntimeError("the server does not answer")

    def kill(self) -> None:
        """Kill the server as the kernel does, without a word."""
        self._running().kill()
        self._running().wait()

    def stop(self) -> None:
        """End the server as an operator does, and let the clerks go home."""
        for clerk in self.clerks:
            clerk.client.close()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(_PATIENCE)

    def clerk(self, username: str) -> "Clerk":
        """Log a clerk in."""
        self.clerks.append(Clerk.log_in(self.address, username))
        return self.clerks[-1]

    def _running(self) -> "subprocess.Popen[bytes]":
        if self.process is None:
            raise RuntimeError("the server was not started")
        return self.process


@dataclass
class Clerk:
    """A program that works for a clerk who has logged in. Many threads may use it at once."""

    client: httpx.Client
    token: str

    @classmethod
    def log_in(cls, address: str, username: str) -> "Clerk":
        """Log in through the JSON API."""
        limits = httpx.Limits(max_connections=64)
        client = httpx.Client(base_url=address, trust_env=False, timeout=30, limits=limits)
        given = client.get("/api/v1/session").raise_for_status().json()["token"]
        answer = client.post(
            "/api/v1/session",
            json={"username": username, "password": PASSWORD},
            headers={"X-Saraban-Token": given},
        )
        return cls(client, answer.raise_for_status().json()["token"])

    def register(self, key: str, **letter: Any) -> httpx.Response:
        """Register a letter; ``key`` is what makes a repeated question the same question."""
        return self.client.post(
            "/api/v1/letters",
            json={"register": "incoming", **letter},
            headers={"X-Saraban-Token": self.token, "Idempotency-Key": key},
        )

    def page(self, path: str, language: str = "th") -> str:
        """Read what a page says, without its marks and in one line."""
        self.client.cookies.set("saraban-language", language)
        answer = self.client.get(path, follow_redirects=True)
        text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", answer.text, flags=re.DOTALL)
        return " ".join(html.unescape(text).split())

    def upload(self, content: bytes, name: str) -> dict[str, Any]:
        """Upload a file; gives what a letter says to have it."""
        answer = self.client.post(
            "/api/v1/files",
            params={"name": name},
            content=content,
            headers={"X-Saraban-Token": self.token, "content-type": "application/pdf"},
        )
        made = answer.raise_for_status().json()
        return {"sha256": made["sha256"], "name": made["name"]}


def free_port() -> int:
    """Give a port of loopback that was free a moment ago."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])
