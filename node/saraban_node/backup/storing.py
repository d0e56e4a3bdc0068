"""One snapshot into one repository, and afterwards what need not be kept there any longer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from saraban_base.backup import errors
from saraban_base.backup.protocol import Archive, Item
from saraban_base.backup.repository import Repository
from saraban_base.backup.retention import Keep, kept
from saraban_base.sqlite import looking_at
from saraban_node.backup import manifest as manifests
from saraban_node.backup import snapshot
from saraban_node.backup.listing import DATABASE_PART, FILES_PART, halves, whole
from saraban_node.backup.manifest import Manifest
from saraban_node.backup.progress import Keeper
from saraban_node.backup.verify import files_named

_INCOMING: Final = f"pp:{snapshot.FILES}/incoming"


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A snapshot that was checked, ready to be stored."""

    name: str
    folder: Path
    """The node's folder, whose letter files are stored from where they are."""
    snapshot: Path
    manifest: Manifest


@dataclass(frozen=True, kw_only=True)
class Made:
    """Two archives that are one backup."""

    files: Archive
    database: Archive
    bytes_added: int


def store(
    copy: Copy, repository: Repository, place: str, before: tuple[Archive, ...], keeper: Keeper
) -> Made:
    """Store both archives, unless an earlier backup there had more.

    Args:
        copy: the snapshot.
        repository: where to.
        place: the place's name.
        before: the archives that are there.
        keeper: is told how far it is.

    Raises:
        Shrunken: an earlier backup had more.
        SourceMissing: a letter's file was not stored.
        BackupProblem: an archive was not made.
    """
    for backup in whole(before):
        if less := manifests.lost(backup.summary, copy.manifest):
            what = f"{backup.name}: {', '.join(less)}"
            raise errors.Shrunken(what, what=what)
    keeper.step(
        f"กำลังเก็บแฟ้มหนังสือที่ {place}",
        f"Storing the letter files at {place}",
        weight=copy.manifest.file_bytes,
        place=place,
    )
    (copy.folder / snapshot.FILES).mkdir(exist_ok=True)
    files = repository.create(
        copy.name + FILES_PART,
        source=copy.folder,
        paths=(snapshot.FILES,),
        exclude=(_INCOMING,),
    )
    _all_files_stored(copy.snapshot, files.items)
    keeper.step(
        f"กำลังเก็บฐานข้อมูลที่ {place}",
        f"Storing the database at {place}",
        weight=(copy.snapshot / snapshot.DATABASE).stat().st_size,
        place=place,
    )
    database = repository.create(
        copy.name + DATABASE_PART,
        source=copy.snapshot,
        paths=snapshot.parts(copy.snapshot),
        chunker=snapshot.CHUNKER,
        comment=manifests.summary_line(copy.manifest),
    )
    return Made(
        files=files.archive,
        database=database.archive,
        bytes_added=files.bytes_added + database.bytes_added,
    )


def tidy(
    repository: Repository, there: tuple[Archive, ...], node: str, keep: Keep, *, last_good: str
) -> tuple[str, ...]:
    """Delete what need not be kept, and free its room.

    Only whole backups of this node are counted and deleted, and halves that a stopped backup left.
    The newest by its journal and the last good one are kept whatever their dates say.

    Args:
        repository: where.
        there: its archives.
        node: the node's name.
        keep: how many are kept.
        last_good: name of the backup that was made a moment ago.

    Returns:
        Names of the archives that were deleted.
    """
    backups = [one for one in whole(there) if one.node == node]
    made = {one.name: one.made_at for one in backups}
    if last_good not in made:
        return ()
    always = [last_good, backups[0].name]
    stays = kept(made, keep, always=always, now=made[last_good])
    gone = [name for name in made if name not in stays]
    # The database's half first: without it nobody takes the rest for a backup.
    names = (*(name + DATABASE_PART for name in gone), *(name + FILES_PART for name in gone))
    names += halves(there, node)
    if names:
        repository.delete(names)
        repository.compact()
    return names


def _all_files_stored(copy: Path, items: tuple[Item, ...]) -> None:
    stored = {(item.path, item.size) for item in items}
    with looking_at(copy / snapshot.DATABASE) as cursor:
        missing = [
            name
            for name, size in files_named(cursor)
            if (f"{snapshot.FILES}/{name[:2]}/{name}", size) not in stored
        ]
    if missing:
        what = f"{len(missing)} letter files, such as {missing[0][:12]}"
        raise errors.SourceMissing(what, what=what)
