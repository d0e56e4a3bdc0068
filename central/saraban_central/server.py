"""Runs a centre: gateway, router and pages, in one process."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

import uvicorn

from saraban_base.settling import settle
from saraban_central.app import build_app
from saraban_central.centre import Centre, open_centre


class _Server(uvicorn.Server):
    """Says when it serves, and ends open feeds when it is asked to end."""

    def __init__(
        self, config: uvicorn.Config, centre: Centre, ready: Callable[[str], None]
    ) -> None:
        super().__init__(config)
        self._centre = centre
        self._ready = ready

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        for one in self.servers:
            host, port = one.sockets[0].getsockname()[:2]
            self._ready(f"http://{host}:{port}")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._centre.signals.close()
        super().handle_exit(sig, frame)


def _end(*_: object) -> NoReturn:
    sys.exit(0)


def serve(
    folder: Path,
    *,
    host: str | None = None,
    port: int | None = None,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until interrupted, then end cleanly.

    Args:
        folder: the centre's folder.
        host: address to listen on; the settings' when None.
        port: port to listen on; the settings' when None.
        ready: told the address once requests are answered.
    """
    centre = open_centre(folder)
    # uvicorn ends in order and then raises the signal again, so that it is seen who ended it. For a
    # service that was asked to stop this is a good end: exit code 0, files closed.
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    try:
        config = uvicorn.Config(
            build_app(centre),
            host=host or centre.config.host,
            port=centre.config.port if port is None else port,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=10,
        )
        settle()
        _Server(config, centre, ready).run()
    finally:
        centre.close()
