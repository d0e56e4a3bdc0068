"""The key kit: recovery sheets printed, tried, lost.

    passphrase ──> two halves on paper, for two officers ──> tried together once a quarter
                                                │
                                                └── one is lost ──> a new sheet

What happens to sheets and passphrases is in the journal, so that the page, and the centre, can say
who holds which half since when. The secrets themselves are never in it.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from saraban_base.backup import errors
from saraban_base.backup.repository import Repository, Tell, quiet
from saraban_node.appliance import Appliance
from saraban_node.backup import halves, passphrases, sheet_paper, sheets
from saraban_node.backup.key_errors import NoPlaceToTry, NoSuchSheet, TwoHoldersNeeded
from saraban_node.backup.passphrase_change import append, must_write, to_end
from saraban_node.backup.places import Place, places_of
from saraban_node.backup.sheet_paper import Office, RepositoryKey
from saraban_sync.backup_events import SheetChecked, SheetEnded, SheetPrinted
from saraban_sync.errors import SarabanError
from saraban_sync.ids import PersonId
from saraban_sync.thai import tidy

HOLDER_LENGTH: Final = 100
REPLACED: Final = "replaced"
LOST: Final = "lost"


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A new sheet: three papers, none of which is kept."""

    sheet: str
    holders: tuple[str, str]
    papers: tuple[bytes, bytes, bytes]
    """First half, second half, keys of the repositories."""
    keys_of: tuple[str, ...]
    """Places whose key is on the third paper."""
    missing: tuple[str, ...]
    """Places that were not there."""
    ended: tuple[str, ...]
    """Sheets that it takes the place of; their halves are to be destroyed."""
    kept: tuple[str, ...]
    """Older sheets that must be kept, as a place that is not there still has the passphrase of."""


@dataclass(frozen=True)
class Tried:
    """Whether a sheet opens the repository at one place."""

    place: str
    archives: int = 0
    problem: SarabanError | None = None


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What came of trying both halves."""

    sheet: str
    known: bool
    """Whether the journal tells of a sheet of that name that has not ended."""
    places: tuple[Tried, ...]
    absent: tuple[str, ...]
    learned: tuple[str, ...] = ()
    """Places that this machine could not open before, as after a restore from an older backup."""

    @property
    def good(self) -> bool:
        """Whether it opens every repository that is there."""
        return bool(self.places) and all(one.problem is None for one in self.places)


def print_sheet(
    node: Appliance, holders: tuple[str, str], *, actor: PersonId, tell: Tell = quiet
) -> Printed:
    """Make a new recovery sheet and write down who holds it. Older ones end.

    Raises:
        TwoHoldersNeeded: there are not two different names.
        PassphraseTooLong: it does not fit on paper.
        Fenced: the database was restored or copied; nothing is printed.
    """
    first, second = (tidy(one) for one in holders)
    if not first or not second or first == second or max(len(first), len(second)) > HOLDER_LENGTH:
        raise TwoHoldersNeeded(f"{first!r} {second!r}", most=HOLDER_LENGTH)
    must_write(node)
    passphrase = passphrases.main_file(node.folder).read_text("utf-8").removesuffix("\n")
    sheet = "".join(secrets.choice(halves.ALPHABET) for _ in range(halves.SHEET_NAME))
    said = halves.split(passphrase, sheet, secrets.token_bytes(halves.pad_length(passphrase)))
    places = places_of(node.folder, node.config)
    keys, missing = _repository_keys(places, tell)
    office = Office(name=node.office_name, node=node.node, sheet=sheet, printed_at=node.clock.now())
    papers = (
        sheet_paper.half_paper(office, 1, said[0], (first, second), places),
        sheet_paper.half_paper(office, 2, said[1], (first, second), places),
        sheet_paper.keys_paper(office, keys, missing),
    )
    needed = to_end(node.folder) if passphrases.waiting(node.folder) else ()
    with node.db.write() as write:
        there = [one.sheet for one in sheets.valid(write.cursor)]
        old = tuple(one for one in there if one not in needed)
        for one in old:
            node.journal.append(write, SheetEnded(sheet=one, why=REPLACED), actor=actor)
        node.journal.append(write, SheetPrinted(sheet=sheet, holders=(first, second)), actor=actor)
    return Printed(
        sheet=sheet,
        holders=(first, second),
        papers=papers,
        keys_of=tuple(one.place for one in keys),
        missing=tuple(one.name for one in missing),
        ended=old,
        kept=tuple(one for one in there if one in needed),
    )


def check(
    node: Appliance, first: str, second: str, *, actor: PersonId, tell: Tell = quiet
) -> Checked:
    """Try both halves on every repository that is there, and write down what came of it.

    A repository that the sheet opens and this machine cannot is one whose passphrase was changed
    after the backup this machine was restored from: it is opened with the sheet's from now on, and
    takes the machine's own at its next backup.

    Args:
        node: the node.
        first: one half, as it was typed or scanned.
        second: the other.
        actor: who tries.
        tell: takes a line for each place.

    Raises:
        HalfMistyped, HalvesApart, HalfTwice: the halves give no passphrase.
        NoPlaceToTry: no repository is there; nothing is known of the sheet then.
    """
    joined = halves.open_both(first, second)
    there, absent = _there(places_of(node.folder, node.config))
    if not there:
        raise NoPlaceToTry(", ".join(absent))
    with passphrases.tried(joined.passphrase, node.folder / "backup") as file:
        places = tuple(_try(place, file, tell) for place in there)
    opened = {one.place for one in places if one.problem is None}
    learned = [
        one.name
        for one in there
        if one.name in opened and _learn(node, one, joined.passphrase, tell)
    ]
    with node.db.read() as cursor:
        known = joined.sheet in {one.sheet for one in sheets.valid(cursor)}
    done = Checked(
        sheet=joined.sheet, known=known, places=places, absent=absent,
        learned=tuple(learned),
    )  # fmt: skip
    if done.good or any(isinstance(one.problem, errors.WrongPassphrase) for one in places):
        # A stick that failed says nothing about the paper.
        append(node, SheetChecked(sheet=joined.sheet, good=done.good), actor)
    return done


def lost(node: Appliance, sheet: str, *, actor: PersonId) -> None:
    """Write down that a half of a sheet is lost, or both: it does not count any more.

    Raises:
        NoSuchSheet: no such sheet is in force.
        Fenced: the database was restored or copied.
    """
    with node.db.write() as write:
        known = [one.sheet for one in sheets.valid(write.cursor)]
        if sheet.upper() not in known:
            raise NoSuchSheet(sheet, sheet=sheet, known=", ".join(known) or "–")
        node.journal.append(write, SheetEnded(sheet=sheet.upper(), why=LOST), actor=actor)


def _repository_keys(
    places: Iterable[Place], tell: Tell
) -> tuple[list[RepositoryKey], list[Place]]:
    keys, missing = [], []
    for place in places:
        repository = place.repository(tell=tell)
        try:
            if not place.present() or not repository.exists():
                missing.append(place)
                continue
            text = repository.key_text()
        except SarabanError as wrong:
            tell(f"{place.name}: {wrong.code} {wrong.sentence('th')} · {wrong.sentence('en')}")
            missing.append(place)
        else:
            keys.append(RepositoryKey(place.name, repository.location, text))
    return keys, missing


def _there(places: Iterable[Place]) -> tuple[list[Place], tuple[str, ...]]:
    """Tell places with a repository from those that have none now."""
    there, absent = [], []
    for place in places:
        if place.present() and place.repository().exists():
            there.append(place)
        else:
            absent.append(place.name)
    return there, tuple(absent)


def _learn(node: Appliance, place: Place, passphrase: str, tell: Tell) -> bool:
    own = passphrases.file_for(node.folder, place.name)
    if own.is_file() and own.read_text("utf-8").removesuffix("\n") == passphrase:
        return False
    if _try(place, own, tell).problem is None:
        return False
    passphrases.remember_before(node.folder, place.name, passphrase)
    return True


def _try(place: Place, file: Path, tell: Tell) -> Tried:
    repository: Repository = replace(place.repository(tell=tell), passphrase_file=file)
    try:
        found = repository.archives(ignore_lock=True)
    except SarabanError as wrong:
        return Tried(place.name, problem=wrong)
    return Tried(place.name, archives=len(found))
