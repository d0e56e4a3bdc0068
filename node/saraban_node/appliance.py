"""The only place that wires a node together."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from saraban_base import durable
from saraban_base.clock import Clock, SystemClock
from saraban_base.sqlite import Database
from saraban_node import config, keys, meta, projections
from saraban_node.books import letter_numbers
from saraban_node.books.files import FileStore
from saraban_node.clocks.clock_watch import ClockWatch
from saraban_node.config import NodeConfig, Setting
from saraban_node.errors import BadSettings, FolderInUse, NoNodeHere
from saraban_node.identity import machine as machines
from saraban_node.identity import marks
from saraban_node.identity.machine import Machine
from saraban_node.journal import SYSTEM, Journal
from saraban_sync.ids import NodeId, OfficeCode
from saraban_sync.journal_events import JournalOpened
from saraban_sync.signing import SigningKey

PROGRAM: Final = "0.1.0"
DATABASE: Final = machines.DATABASE
MIGRATIONS: Final = files("saraban_node") / "migrations"


@dataclass(frozen=True)
class Appliance:
    """A node ready for work: its settings, database, journal and files."""

    folder: Path
    config: NodeConfig
    db: Database
    journal: Journal
    files: FileStore
    clock: Clock
    node: NodeId
    office: OfficeCode
    office_name: str

    @property
    def keys(self) -> Path:
        """The folder of secrets."""
        return self.folder / "keys"

    @property
    def marks(self) -> tuple[Path, ...]:
        """The files that say, outside the database, how far the books were numbered."""
        return marks.places(self.folder, self.config, self.node)

    def close(self) -> None:
        """Close the database."""
        self.db.close()


def create(
    folder: Path,
    *,
    node: NodeId,
    office: OfficeCode,
    office_name: str,
    prefix: str = "",
    key: SigningKey | None = None,
    settings: Mapping[str, Setting] | None = None,
    clock: Clock | None = None,
) -> Appliance:
    """Make a new node in an empty folder and open its journal.

    Args:
        folder: where the node will live.
        node: its name.
        office: the office it belongs to.
        office_name: the office's Thai name.
        prefix: the office's letter prefix, such as ``ศธ 04123.45``.
        key: the signing key, when the centre has already been shown one.
        settings: keys of the settings file that differ from the defaults.
        clock: where time comes from; the machine's when not given.

    Raises:
        FolderInUse: the folder holds something already.
        BadSettings: a setting is wrong.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FolderInUse(str(folder), folder=folder)
    durable.make_folder(folder, mode=0o700)
    key = key or SigningKey.generate()
    keys.keep(folder / "keys", keys.SIGNING, key.to_bytes().hex())
    keys.keep(folder / "keys", keys.BACKUP_PASSPHRASE, secrets.token_urlsafe(32))
    clock = clock or SystemClock()
    database = Database.open(folder / DATABASE, migrations=MIGRATIONS, clock=clock)
    with database.write() as write:
        meta.put(write, meta.NODE, node)
        meta.put(write, meta.OFFICE, office)
        meta.put(write, meta.OFFICE_NAME, office_name)
        meta.put(write, meta.PREFIX, prefix)
        meta.put(write, meta.EPOCH, "1")
        journal = Journal(node, key, ClockWatch(clock), projections.project)
        journal.clock.vouched(write)  # who makes a node has looked at the clock
        opening = JournalOpened(office=office, key=key.public, program=PROGRAM)
        journal.append(write, opening, actor=SYSTEM)
    database.close()
    config.write_config(folder, settings or {})  # last: a folder without it is no node
    return open_appliance(folder, clock=clock)


def open_appliance(
    folder: Path,
    *,
    clock: Clock | None = None,
    vfs: str | None = None,
    machine: Machine | None = None,
) -> Appliance:
    """Open the node that lives in a folder.

    Args:
        folder: the node's folder.
        clock: where time comes from; the machine's when not given.
        vfs: SQLite's file layer; the checksumming one when not given.
        machine: what this machine is; the database is fenced if it was another's, or if it is
            older than its marks. Nobody looks when not given.

    Raises:
        NoNodeHere: the folder holds no node.
        BadSettings: the settings file is wrong.
        DatabaseProblem: the database cannot be trusted.
        DiskFull, DiskFailing: the disk refused.
    """
    settings = config.read_config(folder)
    if not (folder / DATABASE).is_file():
        raise NoNodeHere(str(folder), folder=folder)
    clock = clock or SystemClock()
    letter_files = FileStore(folder / "files")
    database = Database.open(folder / DATABASE, migrations=MIGRATIONS, clock=clock, vfs=vfs)
    try:
        with database.read() as cursor:
            node = NodeId(meta.get(cursor, meta.NODE))
            office = OfficeCode(meta.get(cursor, meta.OFFICE))
            name = meta.get(cursor, meta.OFFICE_NAME)
        key = _key(folder / "keys", node)
        if machine is not None:
            machines.check(database, machine)
            marks.check(database, marks.places(folder, settings, node))
        letter_numbers.keep_patterns(database, settings.number_patterns)
        watch = ClockWatch(clock)
        watch.first_look(database)
    except BaseException:
        database.close()
        raise
    return Appliance(
        folder=folder,
        config=settings,
        db=database,
        journal=Journal(node, key, watch, projections.project),
        files=letter_files,
        clock=clock,
        node=node,
        office=office,
        office_name=name,
    )


def _key(folder: Path, node: NodeId) -> SigningKey:
    try:
        return keys.load_signing_key(folder, node)
    except (OSError, ValueError) as wrong:
        raise BadSettings(str(wrong), file="keys/signing", what=wrong) from wrong
