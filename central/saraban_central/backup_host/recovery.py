"""Taking back what a node did to its repository: sessions after a good one are moved aside.

    door closed ──> the session before the harm ──> later segments, index and hints moved aside
         ──> settings put back if the key was overwritten ──> borg builds its index anew and checks

borg documents this for append-only repositories. Nothing is deleted: what was moved lies in
``HOST/aside`` until the administrator removes it. Backups made after that session are among it,
which is said before anything is done.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from saraban_central.backup_host import borg, doors, host, keeping, looking, segments
from saraban_central.backup_host.errors import (
    HostProblem,
    InUse,
    NothingToRecover,
    RecoveryFailed,
)
from saraban_central.backup_host.host import Host
from saraban_central.backup_host.judging import before_harm
from saraban_central.backup_host.keeping import Version
from saraban_central.backup_host.looking import Seen
from saraban_central.centre import Centre

_INDEX = ("index.", "hints.", "integrity.")


@dataclass(frozen=True)
class Plan:
    """What taking back would do."""

    node: str
    to: int
    """The transaction that becomes the last again; the present one if only the key is put back."""
    to_at: str
    undone: int
    """Sessions that are taken back."""
    come_back: tuple[str, ...]
    """Backups that are whole again."""
    go: tuple[str, ...]
    """Backups made later, which are moved aside too."""
    key: Version | None
    """The copy of the settings that is put back, if any."""


@dataclass(frozen=True)
class Recovered:
    """What was done."""

    plan: Plan
    aside: Path
    backups: tuple[str, ...]
    """All backups that are there now."""


def plan(centre: Centre, node: str, *, to: int | None = None, key: str | None = None) -> Plan:
    """Tell what taking back would do, without doing it.

    Args:
        centre: whose node.
        node: one that keeps its backups here.
        to: the transaction to go back to; the last one before harm was done if not given.
        key: which copy of the settings to put back, by the moment in its name. None is put back by
            itself, for a changed passphrase looks the same as a destroyed key.

    Raises:
        NotHosted: the node has no place here.
        NothingToRecover: no harm was done, or there is no such transaction or copy.
    """
    place = host.host_of(centre)
    host.hosted(centre, node)
    return _plan(place, looking.check(centre, node), to, key)


def recover(
    centre: Centre, node: str, *, to: int | None = None, key: str | None = None,
    patience: float = 10,
) -> Recovered:  # fmt: skip
    """Take back what a node did after a good session.

    Args:
        centre: whose node.
        node: one that keeps its backups here.
        to: as in :func:`plan`.
        key: as in :func:`plan`.
        patience: seconds to wait for a session of the node that is running.

    Raises:
        NotHosted: the node has no place here.
        NothingToRecover: as in :func:`plan`.
        InUse: the node is using its repository.
        RecoveryFailed: the repository is still not right; all that was moved is kept.
    """
    place = host.host_of(centre)
    host.hosted(centre, node)
    repository = place.repository(node)
    with doors.closed(place.door(node), node=node, patience=patience):
        wanted = _plan(place, looking.check(centre, node), to, key)
        if holder := borg.clear_dead_lock(repository):
            raise InUse(f"locked by {holder}", node=node)
        stamp = f"{centre.clock.now():%Y%m%dT%H%M%SZ}"
        aside = place.folder / "aside" / f"{node}-{stamp}"
        _move_aside(repository, aside, wanted.to)
        if wanted.key is not None:
            keeping.put_back(wanted.key, repository)
        try:
            borg.check(repository)  # builds the index anew
        except HostProblem as wrong:
            raise RecoveryFailed(str(wrong), node=node, why=wrong, folder=aside) from wrong
        looking.settle(centre, node, transaction=wanted.to)
        seen = looking.check(centre, node)
    if seen.history.last != wanted.to:
        why = f"{seen.history.last} != {wanted.to}"
        raise RecoveryFailed(why, node=node, why=why, folder=aside)
    return Recovered(wanted, aside, tuple(one.name for one in seen.judgement.here))


def _plan(place: Host, seen: Seen, to: int | None, key: str | None) -> Plan:
    history = seen.history
    version = _version(place, seen.node, key)
    last = history.transactions[-1] if history.transactions else None
    target = before_harm(history, seen.judgement) if to is None else history.transaction(to)
    # A recovery that was cut short, or files that were put back by hand: the rest is done anew.
    unfinished = any(one.name == "turned-back" for one in seen.findings)
    if target is None and to is None and (version is not None or unfinished):
        target = last
    if target is None:
        why = "no harm was found" if to is None else f"no transaction {to}"
        raise NothingToRecover(why, node=seen.node, why=why)
    whole = version is None and not unfinished
    if last is not None and target.number == last.number and whole:
        why = f"{target.number} is the last one"
        raise NothingToRecover(why, node=seen.node, why=why)
    back, gone = [], []
    for one in seen.judgement.backups:
        came = max((history.came.get(key, 2**63) for key in one.archives), default=2**63)
        if came > target.number:
            if one.state in {"here", "partly"}:
                gone.append(one.name)
        elif one.state != "here":
            back.append(one.name)
    undone = sum(one.number > target.number for one in history.transactions)
    return Plan(seen.node, target.number, target.at, undone, tuple(back), tuple(gone), version)


def _version(place: Host, node: str, key: str | None) -> Version | None:
    if key is None:
        return None
    for one in keeping.versions(place.kept(node)):
        if one.kept_at == key:
            return one
    raise NothingToRecover(f"no copy {key}", node=node, why=f"no copy of the settings {key}")


def _move_aside(repository: Path, aside: Path, last: int) -> None:
    """Move what came after a transaction, the newest first.

    If this is cut short, the repository ends with an earlier session than it did, and starting
    again goes on where it stopped: the target is not among what is moved.
    """
    for name in ("data", "index"):
        (aside / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in sorted(repository.iterdir()):
        # They speak of segments that go: borg makes them anew from the segments.
        if path.name.startswith(_INDEX):
            path.rename(aside / "index" / path.name)
    for number, path in reversed(segments.files(repository)):
        if number > last:
            path.rename(aside / "data" / path.name)
    _cut_times(repository, aside, last)


def _cut_times(repository: Path, aside: Path, last: int) -> None:
    """Take the sessions that were moved out of borg's list, or their numbers would come twice."""
    noted = repository / "transactions"
    if not noted.is_file():
        return
    lines = noted.read_text("utf-8", "replace").splitlines(keepends=True)
    kept = []
    for line in lines:
        number = line.split(",")[0].removeprefix("transaction ")
        if number.isdecimal() and int(number) <= last:
            kept.append(line)
    owner = noted.stat()
    new = repository / "transactions.new"
    new.write_text("".join(kept), encoding="utf-8")
    new.chmod(0o600)
    os.chown(new, owner.st_uid, owner.st_gid)
    noted.rename(aside / "transactions")
    new.rename(noted)
