"""Runs Saraban's own programs, as an office would: commands that end, and servers that stay."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_READY_SECONDS: Final = 60
_STOP_SECONDS: Final = 30


class Failed(Exception):
    """A step did not do what it had to; the message says which and why."""


def tell(english: str, thai: str) -> None:
    """Show progress; standard output is kept for the result."""
    print(f"» {english} · {thai}", file=sys.stderr, flush=True)


def run(program: str, *arguments: str, good: tuple[int, ...] = (0,)) -> dict[str, Any]:
    """Run one command with ``--json`` and give what it printed.

    Args:
        program: ``saraban_node`` or ``saraban_central``.
        arguments: the command line.
        good: exit codes that are no failure.

    Raises:
        Failed: it ended with another code or printed no JSON.
    """
    command = [sys.executable, "-m", program, *arguments, "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode not in good:
        raise Failed(f"{' '.join(command[2:])} → {done.returncode}\n{done.stderr.strip()}")
    lines = done.stdout.strip().splitlines()
    if done.stderr.strip():
        print(done.stderr.strip(), file=sys.stderr)
    try:
        answer = json.loads(lines[-1]) if lines else {}
    except ValueError as wrong:
        raise Failed(f"{' '.join(command[2:])} printed no JSON: {done.stdout!r}") from wrong
    return dict(answer)


class Server:
    """A program that stays until it is stopped.

    Args:
        name: what to call it.
        url: where it answers.
        log: where its own messages go.
        arguments: program and command line.
    """

    def __init__(self, name: str, url: str, log: Path, *arguments: str) -> None:
        self.name = name
        self.url = url
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C goes to this script, which then ends its servers in order.
                start_new_session=True,
            )
        self._wait_until_ready()

    def running(self) -> bool:
        """Tell whether it is still there."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End it cleanly, and by force only if it does not."""
        if not self.running():
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def last_words(self) -> str:
        """Give the end of its log."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-2_000:]

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if not self.running():
                raise Failed(f"{self.name} ended at once:\n{self.last_words()}")
            try:
                with urllib.request.urlopen(self.url + "/healthz", timeout=5) as answer:  # noqa: S310
                    if answer.status == 200:
                        return
            except urllib.error.HTTPError:
                return  # it answers, if only to ask for a log-in
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        self.stop()
        raise Failed(f"{self.name} does not answer at {self.url}:\n{self.last_words()}")


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Stop a server at the end of a block."""
    try:
        yield server
    finally:
        server.stop()


def free_ports(first: int, count: int) -> None:
    """Make sure that nobody else listens on the ports to be used.

    Raises:
        Failed: a port is taken.
    """
    for port in range(first, first + count):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as wrong:
                raise Failed(
                    f"port {port} is in use: end what uses it, or choose others with --port"
                ) from wrong


def quiet_environment() -> None:
    """Keep settings of the person's own shell away from the demonstration."""
    for name in list(os.environ):
        if name.startswith("SARABAN_") and name != "SARABAN_VENV":
            del os.environ[name]
