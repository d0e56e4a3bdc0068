"""Runs a node: the clerk's pages, the line to the centre, the house and backups, in one process."""

from pathlib import Path

import uvicorn

from saraban_base.settling import settle
from saraban_node import appliance
from saraban_node.app import build_app
from saraban_node.backup import drill
from saraban_node.backup.schedule import Scheduler
from saraban_node.housekeeping import Housekeeper
from saraban_node.identity import machine, marks
from saraban_node.line.syncer import Syncer


def serve(folder: Path, *, host: str | None = None, port: int | None = None) -> None:
    """Serve until interrupted, then end cleanly.

    Args:
        folder: the node's folder.
        host: address to listen on; the settings' when None.
        port: port to listen on; the settings' when None.
    """
    while _serve(folder, host=host, port=port):
        pass  # the machine was forked: everything is opened again under its new name


def _serve(folder: Path, *, host: str | None, port: int | None) -> bool:
    """Serve until interrupted or until the node has another name; tells whether it has."""
    renamed: list[bool] = []

    def rename() -> None:
        renamed.append(True)
        server.should_exit = True

    node = appliance.open_appliance(folder, machine=machine.here(folder))
    syncer = Syncer(node, renamed=rename)
    keeper = marks.Keeper(node.db, node.marks)
    housekeeper = Housekeeper(node, wrote=syncer.try_now)
    backups = Scheduler(node, wrote=syncer.try_now, drill=drill.run)
    settings = uvicorn.Config(
        build_app(node, syncer, backups),
        host=host or node.config.host,
        port=node.config.port if port is None else port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(settings)
    drill.discard_remains(node)
    settle()
    syncer.start()
    housekeeper.start()
    backups.start()
    keeper.start()
    try:
        server.run()
    finally:
        backups.stop()
        housekeeper.stop()
        syncer.stop()
        keeper.stop()
        node.close()
    return bool(renamed)
