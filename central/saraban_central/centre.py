"""The wiring: from a folder to a centre that services can be asked of.

folder/central.toml    settings
folder/keys/           the signing key, mode 0600
folder/central.db      the store and the accounts
folder/readmodel.db    what the pages show; may be deleted and made again at any time
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from saraban_base.clock import Clock, SystemClock
from saraban_base.sqlite import Database
from saraban_central import keys
from saraban_central.config import FILE, CentralConfig, read_config, write_config
from saraban_central.errors import AlreadyACentre, KeyProblem, NotACentre, Raced
from saraban_central.readmodel.model import ReadModel
from saraban_central.records import IDENTITY, Identity
from saraban_central.signals import Signals
from saraban_central.store.interface import Open, Put, Store
from saraban_central.store.sqlite import SqliteStore, open_database
from saraban_sync.registers import instant
from saraban_sync.signing import SigningKey
from saraban_sync.wire import DIRECTORY

T = TypeVar("T")

_DATABASE: Final = "central.db"
_READMODEL: Final = "readmodel.db"
_TRIES: Final = 20


@dataclass(frozen=True)
class Centre:
    """Everything the services of the centre work with."""

    folder: Path
    config: CentralConfig
    clock: Clock
    database: Database
    """Where accounts and sessions live; documents and records only through ``store``."""
    store: Store
    readmodel: ReadModel
    key: SigningKey
    signals: Signals

    @property
    def identity(self) -> Identity:
        """Which centre this is, and in which generation: read anew, for that may change.

        Raises:
            NotACentre: the database does not say.
        """
        held = self.store.record(IDENTITY, "centre")
        if held is None:
            raise NotACentre("no identity in the database", folder=self.folder)
        return held.value

    def now(self) -> str:
        """This moment, as documents write it."""
        return instant(self.clock.now())

    def decide(self, attempt: Callable[[], T]) -> T:
        """Run something that reads, decides and commits, again whenever another was faster.

        Raises:
            Raced: others were faster twenty times.
        """
        for _ in range(_TRIES - 1):
            try:
                return attempt()
            except Raced:
                continue
        return attempt()

    def close(self) -> None:
        """Give back files and connections."""
        self.readmodel.close()
        self.store.close()


def make_centre(folder: Path, config: CentralConfig, *, clock: Clock | None = None) -> Centre:
    """Set up a new centre in a folder and open it.

    The settings file comes last: a folder without it is no centre, so an interrupted set-up can
    simply be started again once what is left of it has been looked at.

    Raises:
        AlreadyACentre: there is one already, or a key that must not be overwritten.
    """
    if (folder / FILE).exists():
        raise AlreadyACentre(str(folder), folder=folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = keys.make_key(folder)
    clock = clock or SystemClock()
    database = open_database(folder / _DATABASE, clock)
    identity = Identity(
        uuid=secrets.token_hex(16),
        generation=1,
        key=key.public,
        made_at=instant(clock.now()),
    )
    SqliteStore(database).commit(Put(IDENTITY, "centre", identity), Open(DIRECTORY))
    database.close()
    write_config(folder, config)
    return open_centre(folder, clock=clock)


def open_centre(folder: Path, *, clock: Clock | None = None) -> Centre:
    """Open the centre in a folder.

    Raises:
        NotACentre: there is none.
        ConfigProblem: its settings cannot be used.
        KeyProblem: its key is missing, readable by others, or another centre's.
        DatabaseProblem: its database cannot be trusted.
    """
    config = read_config(folder)
    key = keys.read_key(folder)
    clock = clock or SystemClock()
    signals = Signals()
    database = open_database(folder / _DATABASE, clock)
    store = SqliteStore(database, signals.changed)
    try:
        _check_key(store, key, folder)
        readmodel = ReadModel.open(folder / _READMODEL, clock=clock)
    except BaseException:
        database.close()
        raise
    return Centre(
        folder=folder,
        config=config,
        clock=clock,
        database=database,
        store=store,
        readmodel=readmodel,
        key=key,
        signals=signals,
    )


def _check_key(store: Store, key: SigningKey, folder: Path) -> None:
    held = store.record(IDENTITY, "centre")
    if held is None:
        raise NotACentre("no identity in the database", folder=folder)
    if held.value.key != key.public:
        raise KeyProblem(
            "not this centre's key", file=keys.FILE, problem="belongs to another centre"
        )
