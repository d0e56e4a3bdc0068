"""The centre's note of each backup of itself."""

from typing import Final

import msgspec

from saraban_central.store.interface import Shelf, Store


class OwnBackup(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One backup of the centre, or what kept it from being made."""

    at: str
    archive: str
    repository: str
    good: bool
    documents: int = 0
    borg_id: str = ""
    problem: str = ""
    by: str = ""


OWN_BACKUPS: Final = Shelf("own-backup", OwnBackup)
"""Key: the archive's name, which begins with the moment."""


def last(store: Store, *, good_only: bool = False) -> OwnBackup | None:
    """Give the newest backup of the centre, or the newest good one."""
    found = [kept.value for kept in store.records(OWN_BACKUPS)]
    return max(
        (one for one in found if one.good or not good_only), key=lambda one: one.at, default=None
    )
