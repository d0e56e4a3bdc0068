"""Sixteen clerks, logged in, each sending one letter after the other over a kept connection."""

import asyncio
import http.client
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from saraban_base import accounts
from saraban_base.accounts import Origin
from saraban_base.passwords import Passwords
from saraban_node import appliance, people
from saraban_node.journal import SYSTEM
from scripts.benches.office import process
from scripts.benches.report import Report, percentile
from tests.letters import letters as realistic

CLERKS = 16
_PASSWORD = "ต้นมะม่วงหลังบ้าน ๔ ต้น"  # noqa: S105 - of invented people on a scratch node


@dataclass
class Clerk:
    """A clerk who has logged in."""

    cookie: str
    token: str


def measure(
    report: Report, folder: Path, *, requests: int, then: Callable[[int], None] | None = None
) -> None:
    """Start the node's own server and let the clerks at it.

    Args:
        report: where the figures go.
        folder: the node.
        requests: letters to register.
        then: called at the end, with the server's process id, before it is stopped.
    """
    names = [f"clerk{number}" for number in range(CLERKS)]
    add_clerks(folder, names)
    port = free_port()
    url = f"http://127.0.0.1:{port}/login"
    serve = ("saraban_node", "serve", "--folder", str(folder), "--port", str(port))
    with process(*serve, url=url, log=folder / "bench.log") as running:
        clerks = [log_in(port, name) for name in names]
        asyncio.run(_load(port, clerks, requests // 10))  # the first ones warm it up
        seconds, times = asyncio.run(_load(port, clerks, requests))
        if then is not None:
            then(running.pid)
    report.figures["http_per_s"] = len(times) / seconds
    report.figures["http_p99_ms"] = percentile(times, 0.99) * 1000
    report.detail |= {
        "http_requests": len(times),
        "http_p50_ms": round(percentile(times, 0.5) * 1000, 1),
        "http_max_ms": round(max(times) * 1000, 1),
    }


def add_clerks(folder: Path, names: list[str]) -> None:
    """Give people accounts and passwords of their own choice."""
    node, passwords = appliance.open_appliance(folder), Passwords()
    for name in names:
        with node.db.write() as write:
            account, first = people.add_person(
                write, node.journal, passwords,
                username=name, name=f"{name} (ตัวอย่าง)", roles=frozenset({"clerk"}), actor=SYSTEM,
            )  # fmt: skip
        accounts.change_password(
            node.db, passwords, account.person,
            current=first, new=_PASSWORD, origin=Origin("bench", "bench"),
        )  # fmt: skip
    node.close()


def log_in(port: int, name: str) -> Clerk:
    """Log in over the JSON API."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/api/v1/session")
    answer = connection.getresponse()
    token = json.loads(answer.read())["token"]
    cookies = _cookies(answer, {})
    body = json.dumps({"username": name, "password": _PASSWORD})
    headers = {
        "content-type": "application/json",
        "x-saraban-token": token,
        "cookie": _join(cookies),
    }
    connection.request("POST", "/api/v1/session", body=body.encode(), headers=headers)
    answer = connection.getresponse()
    said = json.loads(answer.read())
    if answer.status >= 300:
        raise RuntimeError(f"log-in of {name}: {answer.status} {said}")
    clerk = Clerk(_join(_cookies(answer, cookies)), said["token"])
    connection.close()
    return clerk


def free_port() -> int:
    """Ask the system for a port nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _load(port: int, clerks: list[Clerk], requests: int) -> tuple[float, list[float]]:
    times: list[float] = []
    each = max(1, requests // len(clerks))
    began = time.perf_counter()
    await asyncio.gather(
        *(_clerk(port, clerk, number, each, times) for number, clerk in enumerate(clerks))
    )
    return time.perf_counter() - began, times


async def _clerk(port: int, clerk: Clerk, number: int, count: int, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    unique = time.monotonic_ns()
    for place, fields in enumerate(realistic(unique % 10_000, count)):
        request = _request(clerk, f"bench-{unique}-{number}-{place}", dict(fields))
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(_length(head))
        times.append(time.perf_counter() - began)
        if not head.startswith(b"HTTP/1.1 201"):
            raise RuntimeError(head.decode("latin-1"))
    writer.close()
    await writer.wait_closed()


def _request(clerk: Clerk, key: str, fields: dict[str, object]) -> bytes:
    fields = {name: given for name, given in fields.items() if name != "offices" and given}
    if "letter_date" in fields:
        fields["letter_date"] = str(fields["letter_date"])
    body = json.dumps(fields, ensure_ascii=False).encode("utf-8")
    head = (
        "POST /api/v1/letters HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"cookie: {clerk.cookie}\r\nx-saraban-token: {clerk.token}\r\nidempotency-key: {key}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, given = line.partition(b":")
        if name.lower() == b"content-length":
            return int(given)
    raise RuntimeError("an answer without length")


def _cookies(answer: http.client.HTTPResponse, known: dict[str, str]) -> dict[str, str]:
    found = dict(known)
    for name, line in answer.getheaders():
        if name.lower() == "set-cookie":
            key, _, given = line.partition(";")[0].partition("=")
            found[key] = given
    return found


def _join(cookies: dict[str, str]) -> str:
    return "; ".join(f"{key}={given}" for key, given in cookies.items())
